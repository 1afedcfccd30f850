"""The named functions of the remittance's map: people to call, the persons of a claim, hospital figures, PLB."""

from typing import Any

from gateway.mapping.shared_functions import Function, Values
from gateway.mapping.values import Bad, Text, cents, date_text, number_text, read_date, read_number
from gateway.model.remittance import ProviderAdjustment
from gateway.model.remittance_parts import (
    InpatientFacts,
    OutpatientFacts,
    RemittanceContact,
    RemittanceEntity,
)

_NUMBERS = {"TE": "phone", "EX": "phone_extension", "FX": "fax", "EM": "email", "UR": "url"}
_NAMES = ("last_name", "first_name", "middle_name", None, "suffix")
"""NM103-07; NM106 is not used."""


def _segments(role: str, pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Part the numbers of one contact into segments as the guide has room for them: the third of a CX is an extension."""
    phone = [pair for pair in pairs if pair[0] in {"TE", "EX"}]
    others = [pair for pair in pairs if pair[0] not in {"TE", "EX"}]
    if role == "BL":
        others.sort(key=lambda pair: pair[0] == "FX")
        ordered, size = phone + others, 3
        first, rest = ordered[:size], ordered[size:]
    elif len(phone) > 1:
        size, first, rest = 2, others[:1] + phone, others[1:]
    else:
        size, first, rest = 2, (phone + others)[:2], (phone + others)[2:]
    return [first, *(rest[start : start + size] for start in range(0, len(rest), size))]


def _contacts(role: str) -> Function:
    """PER: name, then numbers of five kinds, for the contacts of one *role* (PER01)."""

    def write(values: Values, text: Text) -> list[list[str]]:
        segments = []
        for one in values[0] or ():
            if one.role == role:
                said = ((code, text(getattr(one, field))) for code, field in _NUMBERS.items())
                for number, pairs in enumerate(_segments(role, [pair for pair in said if pair[1]])):
                    segments.append(
                        [text(one.name) if number == 0 else "", *(part for pair in pairs for part in pair)]
                    )
        return segments

    def read(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
        numbers: dict[str, str] = {}
        for at in range(1, len(tail), 2):
            code, number = (*tail[at : at + 2], "")[:2]
            field = _NUMBERS.get(code)
            if field is not None and number and field not in numbers:
                numbers[field] = number
            elif code or number:
                bad(at + 1, "READ-CODE", "a kind of number that is not known here, or one said twice")
        name = tail[0] if tail and tail[0] else None
        return ((values[0] or ()) + (RemittanceContact(role=role, name=name, **numbers),),)

    return Function(1, write, read)


def _entity(id_type: str, *, always: bool) -> Function:
    """NM102-09 into an entity and an id: the id under *id_type* is a field of its own, another one the entity's.

    With *always* the entity keeps every id, and the field takes the first there is.
    """

    def write(values: Values, text: Text) -> list[list[str]]:
        entity, own = values
        if entity is None:
            return [["1", "", "", "", "", "", id_type, text(own)]] if own and not always else []
        names = [text(getattr(entity, field)) if field else "" for field in _NAMES]
        kind, number = (entity.id_type, entity.id) if always or entity.id else (id_type if own else "", own)
        return [[text(entity.entity_type), *names, text(kind or (id_type if number else "")), text(number)]]

    def read(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
        entity, own = values
        said = [*tail, *[""] * (8 - len(tail))]
        names = {field: value for field, value in zip(_NAMES, said[1:6], strict=True) if field and value}
        kind, number = said[6], said[7]
        ours = not always and number and kind in {id_type, ""}
        if number and own is None and (ours or always):
            own = number
        if entity is None and (always or names or not ours):
            more = {} if ours else {"id_type": kind or None, "id": number or None}
            entity = RemittanceEntity(entity_type=said[0] or "1", **names, **more)
        return entity, own

    return Function(2, write, read)


_MIA = (
    "covered_days", "operating_outlier_amount", "lifetime_psychiatric_days", "drg_amount", None,
    "disproportionate_share_amount", "msp_pass_through_amount", "pps_capital_amount", "capital_federal_amount",
    "capital_hospital_amount", "capital_disproportionate_share_amount", "old_capital_amount", "capital_teaching_amount",
    "operating_hospital_amount", "cost_report_days", "operating_federal_amount", "capital_outlier_amount",
    "indirect_teaching_amount", "nonpayable_professional_amount", None, None, None, None, "capital_exception_amount",
)  # fmt: skip
_MOA = (
    "reimbursement_rate", "payable_amount", None, None, None, None, None, "esrd_amount", "nonpayable_professional_amount",
)  # fmt: skip
_REMARKS = 5
"""How many remark codes fit into a MIA, and into a MOA."""


def _write_facts(places: tuple[str | None, ...], facts: Any, remarks: list[str]) -> list[str]:
    said, codes = [], iter(remarks)
    for field in places:
        value = getattr(facts, field) if field and facts is not None else None
        said.append(next(codes, "") if field is None else number_text(value) if value is not None else "")
    return said


def _read_facts(
    places: tuple[str | None, ...], tail: list[str], bad: Bad
) -> tuple[dict[str, Any], tuple[str, ...]]:
    facts, remarks = {}, []
    for position, (field, said) in enumerate(zip(places, tail, strict=False), start=1):
        if not said:
            continue
        if field is None:
            remarks.append(said)
            continue
        value = read_number(said)
        if value is None:
            bad(position, "READ-VALUE", "not a number")
        else:
            facts[field] = value
    return facts, tuple(remarks)


def write_inpatient_facts(values: Values, text: Text) -> list[list[str]]:
    """MIA: the figures, and the first five remark codes of the claim (MIA05, 20-23)."""
    facts, remarks = values
    if facts is None:
        return []
    return [_write_facts(_MIA, facts, [text(code) for code in (remarks or ())[:_REMARKS]])]


def read_inpatient_facts(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """MIA: the figures; the remark codes go to the claim's (TRAP-86)."""
    facts, remarks = _read_facts(_MIA, tail, bad)
    return values[0] or InpatientFacts(**facts), (values[1] or ()) + remarks


def write_outpatient_facts(values: Values, text: Text) -> list[list[str]]:
    """MOA: the figures, and the remark codes that no MIA has room for, five a segment (MOA03-07)."""
    facts, remarks, inpatient = values
    codes = [text(code) for code in (remarks or ())[_REMARKS if inpatient is not None else 0 :]]
    if facts is None and not codes:
        return []
    starts = range(0, max(len(codes), 1), _REMARKS)
    return [_write_facts(_MOA, None if at else facts, codes[at : at + _REMARKS]) for at in starts]


def read_outpatient_facts(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """MOA: the figures; the remark codes go to the claim's (TRAP-86)."""
    facts, remarks = _read_facts(_MOA, tail, bad)
    known = values[0] or (OutpatientFacts(**facts) if facts else None)
    return known, (values[1] or ()) + remarks, None


def write_provider_adjustments(values: Values, text: Text) -> list[list[str]]:
    """PLB: one segment a provider and year, six pairs each; the 31 December of no year is made up."""
    segments: list[tuple[Any, list[str]]] = []
    for item in values[0] or ():
        key = (item.provider, item.fiscal_year_end)
        reference = text(item.reference)
        pair = [text(item.reason) + (f":{reference}" if reference else ""), number_text(item.amount)]
        if segments and segments[-1][0] == key and len(segments[-1][1]) < 14:
            segments[-1][1].extend(pair)
        else:
            year_end = date_text(item.fiscal_year_end) if item.fiscal_year_end else ""
            segments.append((key, [text(item.provider), year_end, *pair]))
    return [elements for _, elements in segments]


def read_provider_adjustments(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:
    """PLB: pairs of reason:reference and amount (TRAP-81, TRAP-82)."""
    provider = tail[0] if tail else ""
    year_end = read_date(tail[1]) if len(tail) > 1 and tail[1] else None
    if len(tail) > 1 and tail[1] and year_end is None:
        bad(2, "READ-DATE", "not a date")
    found = []
    for start in range(2, len(tail), 2):
        said, amount_text = (*tail[start : start + 2], "")[:2]
        if not said and not amount_text:
            continue
        reason, _, reference = said.partition(separator)
        amount = read_number(amount_text)
        if amount is None:
            bad(start + 2, "READ-AMOUNT", "a provider adjustment has no amount that can be read")
            continue
        if not cents(amount):
            bad(start + 2, "READ-DECIMALS", "an amount has more than two decimals")
        found.append(
            ProviderAdjustment(
                provider=provider,
                reason=reason,
                reference=reference.strip() or None,
                amount=amount,
                fiscal_year_end=year_end,
            )
        )
    return ((values[0] or ()) + tuple(found),)


def write_line_dates(values: Values, text: Text) -> list[list[str]]:  # noqa: ARG001
    """DTM*472 for one day, DTM*150 and DTM*151 for a span."""
    first, last = values
    if first is None:
        return []
    if last is None or last == first:
        return [["472", date_text(first)]]
    return [["150", date_text(first)], ["151", date_text(last)]]


def read_line_dates(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """DTM*472, 150 and 151; only these are dates of service (TRAP-75)."""
    first, last = values
    day = read_date(tail[1]) if len(tail) > 1 else None
    if day is None:
        bad(2, "READ-DATE", "not a date")
        return values
    if tail[0] == "151":
        return first, day if day != first else None
    return first or day, last


REMITTANCE_FUNCTIONS = {
    "business_contacts": _contacts("CX"),
    "technical_contacts": _contacts("BL"),
    "web_contacts": _contacts("IC"),
    "insured": _entity("MI", always=True),
    "corrected_insured": _entity("C", always=False),
    "rendering_provider": _entity("XX", always=False),
    "inpatient_facts": Function(2, write_inpatient_facts, read_inpatient_facts),
    "outpatient_facts": Function(3, write_outpatient_facts, read_outpatient_facts),
    "provider_adjustments": Function(1, write_provider_adjustments, read_provider_adjustments),
    "line_dates": Function(2, write_line_dates, read_line_dates),
}
"""What the map of the 835 may name with `by`."""
