"""Money as X12 and billing systems write it: exact decimals, never floats."""

import re
from decimal import Decimal

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("99999999.99")
"""The guides cap element 782 at ten digits (domain.md 1.7)."""

_PLAINLY_COUNTABLE = 20
"""Amounts of so many digits and fewer are divided by a cent within the precision of the decimal context."""

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z")


def parse_decimal(text: str) -> Decimal | None:
    """Return the exact value of *text*, or None when it is not a plain decimal number.

    Accepts ``125.50``, ``125.``, ``.5``, ``0``, ``-0`` and ``+5`` (domain.md 1.7); refuses exponents, thousands
    separators, blanks and every non-ASCII digit.
    """
    if not text.isascii() or not _DECIMAL.match(text):
        return None
    value = Decimal(text)
    return abs(value) if value == 0 else value


def x12_decimal(value: Decimal) -> str:
    """Write *value* as element type R: no plus sign, no exponent, no needless zeros (TRAP-26)."""
    if value == 0:
        return "0"
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def plain(value: Decimal | None) -> str | None:
    """Write *value* for JSON and CSV as an exact decimal with at least two places, None as None."""
    if value is None:
        return None
    text = format(value, "f")
    if text[-3:-2] == ".":
        return text
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"


def is_cents(value: Decimal) -> bool:
    """Tell whether *value* is a whole number of cents, however long it is."""
    if not value.is_finite():
        return False
    if value.adjusted() < _PLAINLY_COUNTABLE:
        return value % CENT == 0
    _sign, digits, exponent = value.as_tuple()
    return int(exponent) >= -2 or not any(digits[int(exponent) + 2 :])
