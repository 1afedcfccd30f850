"""How one value is written into an element and read out of it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from gateway.model.money import parse_decimal, x12_decimal
from gateway.x12.characters import fold

Text = Callable[[str | None], str]
Bad = Callable[[int, str, str], None]
"""Says that a value could not be read: element position, code, message (which may quote nothing)."""


_SEPARATES_BUT_TERMINATOR = re.compile(r"[*:^]")


def plain_text(value: str | None) -> str:
    """Write text as it is but for what would separate: what reading compares with."""
    return _SEPARATES_BUT_TERMINATOR.sub(" ", value) if value else ""


_VERBATIM = re.compile(r"[ -~]*\Z")
_SEPARATES = re.compile(r"[*:~^]")


@cache
def text_writer(*, upper: bool, verbatim: bool = False) -> Text:
    """Return the function that folds text for output (domain.md 1.6), remembering what it has folded.

    With *verbatim* printable ASCII without a separator stays as it is, blanks and case included.
    """

    @lru_cache(maxsize=65536)
    def folded(value: str) -> str:
        if verbatim and _VERBATIM.match(value) and not _SEPARATES.search(value):
            return value
        return fold(value, upper=upper and not verbatim)

    def write(value: str | None) -> str:
        return folded(value) if value else ""

    return write


@lru_cache(maxsize=65536)
def number_text(value: Decimal) -> str:
    """Write an amount or a quantity (TRAP-26)."""
    return x12_decimal(value)


@lru_cache(maxsize=4096)
def date_text(value: date) -> str:
    """Write a day as CCYYMMDD."""
    return f"{value.year:04d}{value.month:02d}{value.day:02d}"


def time_text(value: datetime) -> str:
    """Write the time of day as HHMM."""
    return f"{value:%H%M}"


@lru_cache(maxsize=4096)
def read_date(text: str) -> date | None:
    """Read CCYYMMDD; None when it is no day of the calendar."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def read_number(text: str) -> Decimal | None:
    """Read a number exactly as it stands; None when it is none. Blanks around it are forgiven."""
    return parse_decimal(text.strip())


def last4(text: str) -> str:
    """Return the last four characters: as much as is kept of the number of a bank account."""
    return text[-4:]


def read_int(text: str) -> int | None:
    """Read a whole number of up to 12 digits."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def read_yes(text: str) -> bool | None:
    """Read Y or N."""
    return {"Y": True, "N": False}.get(text)


def cents(value: Decimal) -> bool:
    """Tell whether an amount has no more than two decimals."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and (exponent >= -2 or value == round(value, 2))


def merge_day(draft: dict[str, Any], name: str, text: str) -> bool:
    """Put the day *text* into the moment *name*, keeping its time of day; False when it cannot be read."""
    day = read_date(text) if len(text) == 8 else read_date("20" + text)
    if day is None:
        return False
    old = draft.get(name)
    draft[name] = datetime(
        day.year, day.month, day.day, old.hour if old else 0, old.minute if old else 0, tzinfo=UTC
    )
    return True


def merge_time(draft: dict[str, Any], name: str, text: str) -> bool:
    """Put the time *text* (HHMM and more) into the moment *name*; False when it cannot be read."""
    old = draft.get(name)
    if old is None or len(text) < 4 or not text.isascii() or not text[:4].isdigit():
        return False
    hour, minute = int(text[:2]), int(text[2:4])
    if hour > 23 or minute > 59:
        return False
    draft[name] = old.replace(hour=hour, minute=minute)
    return True
