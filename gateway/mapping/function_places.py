"""Which fields of the record stand where in the segments that the claim map's named functions write and read.

Each takes a segment as the function reads it - what follows the tag and the row's constants -, the fields' values
before it and the component separator, and yields (element, component, field, rest): the element counts from 1 in what
is given, the component from 1 (0: a simple element), the field in the row's `fields`; the rest completes the path.
"""

from collections.abc import Callable, Iterator

from gateway.mapping.shared_functions import NUMBERS, Values
from gateway.mapping.values import read_number

Places = Iterator[tuple[int, int, int, str]]


def diagnoses(tail: list[str], values: Values, separator: str) -> Places:
    """HI: the codes in their order; the kind of code is what the first qualifier says."""
    number = len(values[0] or ())
    if not number:
        yield 1, 1, 1, ""
    for position, element in enumerate(tail, start=1):
        yield position, 2, 0, f"[{number}]"
        number += bool(element.partition(separator)[2])


def codes(tail: list[str], values: Values, separator: str) -> Places:
    """HI: one code a composite."""
    number = len(values[0] or ())
    for position, element in enumerate(tail, start=1):
        yield position, 2, 0, f"[{number}]"
        number += bool(element.partition(separator)[2])


def date_or_range(tail: list[str], values: Values, separator: str) -> Places:  # noqa: ARG001
    """DTP03: the day, and of a range both days."""
    yield 2, 0, 0, ""
    if len(tail) > 1 and "-" in tail[1]:
        yield 2, 0, 1, ""


def disability(tail: list[str], values: Values, separator: str) -> Places:  # noqa: ARG001
    """DTP03: both days under 314, the first under 360, the last under 361."""
    if tail[:1] != ["361"]:
        yield 3, 0, 0, ""
    if tail[:1] != ["360"]:
        yield 3, 0, 1, ""


def contact(tail: list[str], values: Values, separator: str) -> Places:  # noqa: ARG001
    """PER02-08: the name, then numbers told by their qualifiers."""
    if tail[:1] != [""]:
        yield 1, 0, 0, ""
    for index in range(1, len(tail) - 1, 2):
        field = NUMBERS.index(tail[index]) + 1 if tail[index] in NUMBERS else 0
        if 0 < field < len(values):
            yield index + 2, 0, field, ""


def adjustments(tail: list[str], values: Values, separator: str) -> Places:  # noqa: ARG001
    """CAS: the group, then reason, amount and quantity of up to six adjustments."""
    number = len(values[0] or ())
    for start in range(1, max(len(tail), 2), 3):
        reason, amount = (*tail[start : start + 2], "", "")[:2]
        yield 1, 0, 0, f"[{number}].group"
        for offset, name in enumerate(("reason", "amount", "quantity"), start=1):
            yield start + offset, 0, 0, f"[{number}].{name}"
        number += bool(reason or amount) and read_number(amount) is not None


def pay_to_entity(tail: list[str], values: Values, separator: str) -> Places:  # noqa: ARG001
    """NM102 of the pay-to address."""
    yield 1, 0, 0, ""


def equipment(tail: list[str], values: Values, separator: str) -> Places:  # noqa: ARG001
    """SV5: the line's procedure once more, days, prices, frequency."""
    yield 1, 2, 0, ""
    for field, position in enumerate((3, 4, 5, 6), start=1):
        yield position, 0, field, ""


def payer_numbers(tail: list[str], values: Values, separator: str) -> Places:
    """REF02, and the payer of another payer's number in REF04."""
    own, others = values
    said = [*tail, "", "", ""]
    if own is None and not said[2].partition(separator)[2]:
        yield 1, 0, 0, ""
        return
    number = len(others or ())
    yield 1, 0, 1, f"[{number}].id"
    yield 3, 2, 1, f"[{number}].payer"


PLACES: dict[str, Callable[[list[str], Values, str], Places]] = {
    "diagnoses": diagnoses,
    "anesthesia_procedures": codes,
    "condition_codes": codes,
    "date_or_range": date_or_range,
    "disability": disability,
    "contact": contact,
    "contact_by_phone": contact,
    "contact_with_all_numbers": contact,
    "adjustments": adjustments,
    "grouped_adjustments": adjustments,
    "pay_to_entity": pay_to_entity,
    "equipment": equipment,
    "payer_numbers": payer_numbers,
}
"""By the name that a row's `by` gives."""
