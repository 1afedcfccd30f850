"""Named functions that only the claim's map needs; see `gateway.mapping.functions` for what they take and give."""

from gateway.mapping.shared_functions import Function, Values, read_adjustments, write_adjustments
from gateway.mapping.values import Bad, Text, number_text, read_number
from gateway.model.claim import PayerNumber

_CONDITIONS = 12
"""So many condition codes fit into one HI."""


def write_anesthesia(values: Values, text: Text) -> list[list[str]]:
    """HI: the principal procedure that the anesthesia was for under BP, a second one under BO."""
    said = [text(code) for code in values[0] or ()]
    return [[f"{'BO' if index else 'BP'}:{code}" for index, code in enumerate(said)]] if said else []


def write_conditions(values: Values, text: Text) -> list[list[str]]:
    """HI: condition codes under BG, twelve a segment."""
    said = [f"BG:{text(code)}" for code in values[0] or ()]
    return [said[start : start + _CONDITIONS] for start in range(0, len(said), _CONDITIONS)]


def read_codes(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """HI: every code of the segment, whatever its qualifier."""
    found = [element.split(separator)[1] for element in tail if separator in element]
    return ((values[0] or ()) + tuple(code for code in found if code),)


def write_pay_to(values: Values, text: Text) -> list[list[str]]:
    """NM1*87: a person or an organisation, as the billing provider is unless said otherwise."""
    own, billing = values
    return [[text(own or billing)]]


def read_pay_to(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """NM1*87: kept only where it differs from the billing provider's."""
    said = tail[0] if tail else ""
    return (said if said and said != values[1] else values[0], values[1])


def write_equipment(values: Values, text: Text) -> list[list[str]]:
    """SV5: the line's procedure once more, the days, what it costs to rent and to buy."""
    procedure, days, rental, purchase, frequency = values
    if days is None and rental is None and purchase is None and not frequency:
        return []
    numbers = ["" if value is None else number_text(value) for value in (days, rental, purchase)]
    return [[f"HC:{text(procedure)}", "DA", *numbers, text(frequency)]]


def read_equipment(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """SV5: the procedure is the line's and is not read again."""
    said = [*tail, *[""] * 6]
    numbers = []
    for position in (3, 4, 5):
        value = read_number(said[position - 1]) if said[position - 1] else None
        if said[position - 1] and value is None:
            bad(position, "READ-VALUE", "not a number")
        numbers.append(value)
    return (values[0], *numbers, said[5] or None)


def write_payer_numbers(values: Values, text: Text) -> list[list[str]]:
    """REF: the number for the claim's payer, then those of other payers with the payer's id in REF04."""
    own, others = values
    said = [[text(own)]] if own else []
    for item in others or ():
        payer = text(item.payer)
        said.append([text(item.id), "", f"2U:{payer}"] if payer else [text(item.id)])
    return said


def read_payer_numbers(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """REF: the first number without REF04 is for the claim's payer."""
    own, others = values
    said = [*tail, "", "", ""]
    payer = said[2].partition(separator)[2]
    if not said[0]:
        return values
    if own is None and not payer:
        return said[0], others
    return own, (others or ()) + (PayerNumber(id=said[0], payer=payer or None),)


def write_grouped_adjustments(values: Values, text: Text) -> list[list[str]]:
    """CAS: one segment a group code, wherever in the list its adjustments stand (domain.md 2.11)."""
    items = list(values[0] or ())
    groups = list(dict.fromkeys(item.group for item in items))
    return write_adjustments((sorted(items, key=lambda item: groups.index(item.group)),), text)


CLAIM_FUNCTIONS = {
    "anesthesia_procedures": Function(1, write_anesthesia, read_codes),
    "condition_codes": Function(1, write_conditions, read_codes),
    "pay_to_entity": Function(2, write_pay_to, read_pay_to),
    "equipment": Function(5, write_equipment, read_equipment),
    "payer_numbers": Function(2, write_payer_numbers, read_payer_numbers),
    "grouped_adjustments": Function(1, write_grouped_adjustments, read_adjustments),
}
