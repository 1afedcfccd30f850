"""The named functions of maps: what no row of constants and holes can say.

Each takes the values of its fields and gives the elements that follow the tag and the row's constants, one list a
segment; and the other way round: from those elements and the values so far, the values after this segment.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from gateway.mapping.claim_functions import CLAIM_FUNCTIONS
from gateway.mapping.remittance_functions import REMITTANCE_FUNCTIONS
from gateway.mapping.shared_functions import (
    Function,
    Values,
    read_adjustments,
    read_contact,
    write_adjustments,
    write_contact,
)
from gateway.mapping.values import (
    Bad,
    Text,
    date_text,
    number_text,
    read_date,
    read_number,
)
from gateway.model.acknowledgement import Status


def write_diagnoses(values: Values, text: Text) -> list[list[str]]:
    """HI: the principal diagnosis under ABK (ICD-9: BK), the others under ABF (BF), without dots."""
    codes, kind = values
    first, other = ("BK", "BF") if kind == "ICD9" else ("ABK", "ABF")
    said = [text(code).replace(".", "") for code in codes or ()]
    return [[f"{other if index else first}:{code}" for index, code in enumerate(said)]] if said else []


def read_diagnoses(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:
    """HI: take the segment that begins with a principal diagnosis; leave the other kinds of HI alone."""
    codes, kind = values
    found = []
    for position, element in enumerate(tail, start=1):
        qualifier, _, rest = element.partition(separator)
        code = rest.partition(separator)[0]
        if qualifier not in {"ABK", "BK", "ABF", "BF"} or not code:
            bad(position, "READ-VALUE", "not a diagnosis")
            continue
        kind = kind or ("ICD9" if qualifier in {"BK", "BF"} else "ICD10")
        found.append(code)
    return (codes or ()) + tuple(found), kind


def write_date_or_range(values: Values, text: Text) -> list[list[str]]:  # noqa: ARG001
    """DTP02-03: D8 for one day, RD8 for a span of days."""
    first, last = values
    if first is None:
        return []
    if last is None or last == first:
        return [["D8", date_text(first)]]
    return [["RD8", f"{date_text(first)}-{date_text(last)}"]]


def read_date_or_range(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """DTP02-03: a day leaves the second date empty, a range of one day too."""
    if values[0] is not None:
        return values
    said = tail[1] if len(tail) > 1 else ""
    first_text, _, last_text = said.partition("-")
    first, last = read_date(first_text), read_date(last_text) if last_text else None
    if first is None or (last_text and last is None):
        bad(2, "READ-DATE", "not a date")
        return values
    return first, last if last != first else None


def write_disability(values: Values, text: Text) -> list[list[str]]:  # noqa: ARG001
    """DTP*314 RD8 where both dates are known, else 360 (from) or 361 (to)."""
    first, last = values
    if first and last:
        return [["314", "RD8", f"{date_text(first)}-{date_text(last)}"]]
    if first:
        return [["360", "D8", date_text(first)]]
    return [["361", "D8", date_text(last)]] if last else []


def read_disability(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """DTP*314, 360 or 361."""
    qualifier, said = tail[0], tail[2] if len(tail) > 2 else ""
    first_text, _, last_text = said.partition("-")
    first, last = read_date(first_text), read_date(last_text)
    if first is None or (qualifier == "314" and last is None):
        bad(3, "READ-DATE", "not a date or a range of dates")
        return values
    if qualifier == "314":
        return first, last
    return (first, values[1]) if qualifier == "360" else (values[0], first)


def read_business_unit(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """CTX: the claim's own number after CLM01; other contexts are not kept (they may quote the claim)."""
    name, _, said = (tail[0] if tail else "").partition(separator)
    return (values[0] or said or None,) if name.strip().upper() == "CLM01" else values


def write_statuses(values: Values, text: Text) -> list[list[str]]:
    """STC: one segment a status, the charge on each."""
    statuses, charge = values
    amount = number_text(charge) if charge is not None else ""
    segments = []
    for item in statuses or ():
        code = ":".join((text(item.category), text(item.code), text(item.entity))).rstrip(":")
        day = date_text(item.effective) if item.effective else ""
        tail = [code, day, text(item.action), amount, *[""] * 7, text(item.free_text)]
        segments.append(tail)
    return segments


def read_statuses(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:
    """STC: the triples of STC01, STC10 and STC11, with action, day and free text; STC04 is the charge."""
    statuses, charge = values
    said = [*tail, *[""] * (12 - len(tail))]
    effective: date | None = read_date(said[1]) if said[1] else None
    if said[1] and effective is None:
        bad(2, "READ-DATE", "not a date")
    amount: Decimal | None = read_number(said[3]) if said[3] else None
    if said[3] and amount is None:
        bad(4, "READ-VALUE", "not an amount")
    found = [
        Status(
            category=category,
            code=code or None,
            entity=entity or None,
            action=said[2] or None,
            effective=effective,
            free_text=said[11] or None,
        )
        for category, code, entity in _triples((said[0], said[9], said[10]), separator)
    ]
    return (statuses or ()) + tuple(found), charge if charge is not None else amount


def _triples(elements: tuple[str, ...], separator: str) -> Iterator[tuple[str, str, str]]:
    for element in elements:
        category, code, entity = (*element.split(separator), "", "", "")[:3]
        if category or code:
            yield category, code, entity


FUNCTIONS = {
    "diagnoses": Function(2, write_diagnoses, read_diagnoses),
    "date_or_range": Function(2, write_date_or_range, read_date_or_range),
    "disability": Function(2, write_disability, read_disability),
    "contact": Function(2, write_contact, read_contact),
    "contact_by_phone": Function(3, write_contact, read_contact),
    "contact_with_all_numbers": Function(5, write_contact, read_contact),
    "adjustments": Function(1, write_adjustments, read_adjustments),
    "business_unit": Function(1, None, read_business_unit),
    "statuses": Function(2, write_statuses, read_statuses),
    **CLAIM_FUNCTIONS,
    **REMITTANCE_FUNCTIONS,
}
"""Every function that a row may name with `by`."""
