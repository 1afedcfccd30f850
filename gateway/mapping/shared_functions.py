"""What named functions are made of, and those that more than one map needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.mapping.values import Bad, Text, cents, number_text, read_number
from gateway.model.remittance import Adjustment

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A pair of functions on *fields* fields; *write* or *read* may be None in a row of one direction."""

    fields: int
    write: Callable[[Values, Text], list[list[str]]] | None
    read: Callable[[list[str], Values, str, Bad], Values] | None


NUMBERS = ("TE", "EX", "FX", "EM")


def write_contact(values: Values, text: Text) -> list[list[str]]:
    """PER02-08: name, then telephone, extension, fax and e-mail in pairs, three a segment; no name in a second one."""
    name, *numbers = values
    pairs = [(code, text(number)) for code, number in zip(NUMBERS, numbers, strict=False) if number]
    if not pairs and not name:
        return []
    segments = [[text(name), *(part for pair in pairs[:3] for part in pair)]]
    if pairs[3:]:
        segments.append(["", *(part for pair in pairs[3:] for part in pair)])
    return segments


def read_contact(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """PER02-08: what stands under TE, EX, FX and EM; other kinds of number have no field.

    A second segment goes on with the first one's numbers; one with a name of its own is another person's, left beside.
    """
    found = list(values)
    name = tail[0] if tail else ""
    if name and found[0] != name:
        if any(value is not None for value in found):
            return values
        found[0] = name
    for code, number in zip(tail[1::2], tail[2::2], strict=False):
        index = NUMBERS.index(code) + 1 if code in NUMBERS else 0
        if index and index < len(found) and found[index] is None and number:
            found[index] = number
    return tuple(found)


def write_adjustments(values: Values, text: Text) -> list[list[str]]:
    """CAS: one segment a group, six triplets each, in the order of the list."""
    segments: list[list[str]] = []
    for item in values[0] or ():
        triplet = [
            text(item.reason),
            number_text(item.amount),
            number_text(item.quantity) if item.quantity else "",
        ]
        last = segments[-1] if segments else None
        if last is not None and last[0] == item.group and len(last) < 19:
            last.extend(triplet)
        else:
            segments.append([text(item.group), *triplet])
    return segments


def read_adjustments(tail: list[str], values: Values, separator: str, bad: Bad) -> Values:  # noqa: ARG001
    """CAS: up to six triplets with gaps (TRAP-65); a reason without an amount is an error (TRAP-66)."""
    group = tail[0] if tail else ""
    found = []
    for start in range(1, len(tail), 3):
        reason, said, count = (*tail[start : start + 3], "", "")[:3]
        if not reason and not said:
            continue
        amount = read_number(said)
        if amount is None:
            bad(start + 2, "READ-AMOUNT", "an adjustment has no amount that can be read")
            continue
        quantity = read_number(count) if count else None
        if count and quantity is None:
            bad(start + 3, "READ-VALUE", "not a number")
        if not cents(amount):
            bad(start + 2, "READ-DECIMALS", "an amount has more than two decimals")
        found.append(Adjustment(group=group, reason=reason, amount=amount, quantity=quantity))
    return ((values[0] or ()) + tuple(found),)
