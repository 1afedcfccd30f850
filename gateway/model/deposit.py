"""A line of a bank's statement that brought money, and how it names the remittance it pays (domain.md 4.2, rule 370)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

TRN, CHECK = "trn", "check"

_TRN = re.compile(
    r"TRN\s*\*\s*1\s*\*\s*([^*\\~\r\n]{1,50}?)\s*\*\s*([0-9A-Za-z]{1,10})(\s*[*\\~]|(?![0-9A-Za-z]))",
    re.ASCII,
)
_FRIDAY = 4
_ORIGINATOR = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentName:
    """What names a payment on a bank line: *kind* trn (TRN02 with TRN03, the originator) or check (its number)."""

    kind: str
    number: str
    originator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One credit as the bank tells it; *line* is where in its file it stands, *account* the account's last digits.

    *remitter* is who paid, a payer or a patient; *reference* is the addenda or description as it came, *bank_id* the bank's own id of the transaction.
    """

    date: date
    amount: Decimal
    names: tuple[PaymentName, ...] = ()
    remitter: str | None = None
    originator: str | None = None
    reference: str | None = None
    account: str | None = None
    bank_id: str | None = None
    line: int | None = None


def traces_in(text: str) -> Iterator[PaymentName]:
    """Yield the TRN segments that stand whole in an addenda text, such as ``705TRN*1*EFT0009876*1512345678``.

    One that was cut short within TRN03 names nothing (RFI 1874): without an end it must have all ten characters.
    """
    seen: set[tuple[str, str]] = set()
    for found in _TRN.finditer(text):
        number, originator, end = found.groups()
        if not end and len(originator) < _ORIGINATOR:
            continue
        if (number, originator) not in seen:
            seen.add((number, originator))
            yield PaymentName(kind=TRN, number=number, originator=originator)


def is_cut_short(text: str) -> bool:
    """Tell whether *text* begins a TRN segment that it does not end."""
    return "TRN*" in text and not any(traces_in(text))


def loose_check(number: str) -> str:
    """Return a check number as banks and payers can both be told by: no blanks, no leading zeros, upper case."""
    return number.strip().upper().lstrip("0")


def business_days(start: date, end: date) -> int:
    """Return how many weekdays lie after *start* up to and with *end*; negative when *end* is before it.

    Bank holidays count as days: the window is wide enough for them.
    """
    if end < start:
        return -business_days(end, start)
    weeks, rest = divmod((end - start).days, 7)
    days = (start + timedelta(days=n) for n in range(1, rest + 1))
    return weeks * 5 + sum(day.weekday() <= _FRIDAY for day in days)
