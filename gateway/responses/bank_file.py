"""A bank's export of credits, as offices get it in CSV, read into `BankLine`s; whole or not at all (docs/deposits.md).

Banks name their columns as they like and put titles above them; the header is the first line that has a date and an amount.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from gateway.errors import UsageError
from gateway.model.deposit import CHECK, TRN, BankLine, PaymentName, is_cut_short, traces_in
from gateway.model.findings import Finding, error, warning
from gateway.model.money import is_cents, parse_decimal

HEADERS: Mapping[str, tuple[str, ...]] = {
    "date": (
        "deposit date", "settlement date", "effective date", "value date", "posting date", "posted date", "post date",
        "date", "transaction date",
    ),
    "amount": ("amount", "deposit amount", "credit amount", "credit", "credits", "deposit", "deposits", "paid in"),
    "debit": ("debit", "debits", "debit amount", "withdrawal", "withdrawals", "paid out"),
    "side": ("dr cr", "cr dr", "debit credit", "credit debit", "credit or debit"),
    "reference": (
        "reference", "addenda", "addenda text", "payment related information", "remittance information", "description",
        "details", "memo", "text", "narrative", "notes",
    ),
    "payer": ("payer", "payer name", "originator", "originator name", "company", "company name", "name"),
    "originator": ("originator id", "company id", "originating company id", "trn03"),
    "trace": ("trace", "trace number", "trn", "trn02", "eft number", "eft trace", "reassociation trace number"),
    "check": ("check", "check number", "check no", "check num", "chk", "serial number", "check serial number"),
    "account": ("account", "account number", "account last 4", "account last four", "last 4", "acct"),
    "bank_id": ("deposit id", "transaction id", "bank id", "bank reference", "bank reference number", "fitid", "unique id"),
}  # fmt: skip
"""Our name of a column -> what banks call it, compared without case and punctuation.

Of several columns for one thing the first in this order is read; of references all; of amounts and ids there may be one.
"""

_ONLY_ONE = ("amount", "debit", "bank_id")

_HEADER_WITHIN = 20
_DELIMITERS = (",", ";", "\t", "|")
_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y%m%d", "%m-%d-%Y")
_LARGEST = Decimal(10) ** 13
_ACCOUNT_SHOWN = 4


@dataclass(frozen=True, slots=True)
class BankFile:
    """What a file says: *lines* are its credits, *left_out* counts lines that brought no money.

    An error among *findings* means that nothing of it may be loaded.
    """

    lines: tuple[BankLine, ...]
    left_out: int
    findings: tuple[Finding, ...]


def read_bank_file(data: bytes, *, most_lines: int) -> BankFile:
    """Read a bank's CSV; every line that cannot be read is an error with its number.

    Raises:
        UsageError: no table with a date and an amount is in it, or it has more than *most_lines* lines.

    """
    text = _decoded(data)
    rows = _rows(text)
    start, columns = _header(rows)
    lines: list[BankLine] = []
    findings: list[Finding] = []
    left_out = 0
    for number, row in rows[start:]:
        if len(lines) + left_out >= most_lines:
            raise UsageError(f"more than {most_lines} lines (limits.bank_lines); load it in parts")
        made, found = _line(number, row, columns)
        findings += found
        if made is not None:
            lines.append(made)
        elif not any(f.severity.value == "error" for f in found):
            left_out += 1
    return BankFile(tuple(lines), left_out, tuple(findings))


def _decoded(data: bytes) -> str:
    if data.startswith((b"01,", b"01;")) and b"\n02," in data[:2000].replace(b"\r", b"\n"):
        raise UsageError("this is a BAI2 file, which is not read yet; ask the bank for the same as CSV")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with the line of the file it ends on, by the delimiter that fits."""
    best: list[tuple[int, list[str]]] = []
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            rows = [
                (reader.line_num, [cell.strip() for cell in row])
                for row in reader
                if any(map(str.strip, row))
            ]
        except csv.Error as fault:
            raise UsageError(f"line {reader.line_num} is no CSV: {fault}") from None
        if any({"date", "amount"} <= _columns(row).keys() for _, row in rows[:_HEADER_WITHIN]):
            return rows
        best = best or rows
    return best


def _header(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, dict[str, list[int]]]:
    for index, (number, row) in enumerate(rows[:_HEADER_WITHIN]):
        columns = _columns(row)
        if {"date", "amount"} <= columns.keys():
            double = [name for name in _ONLY_ONE if len(columns.get(name, ())) > 1]
            if double:
                said = ", ".join(f"{name} ({' and '.join(row[i] for i in columns[name])})" for name in double)
                raise UsageError(
                    f"line {number}: more than one column may be the {said}; leave one of them out"
                )
            return index + 1, {**columns, "": [len(row)]}
    raise UsageError(
        "no line names a date and an amount column; the columns that are known stand in docs/deposits.md"
    )


def _columns(row: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of each column that is known, in the order in which they are to be read."""
    plain = [" ".join(re.sub(r"[^a-z0-9]+", " ", title.casefold()).split()) for title in row]
    found = {
        name: [index for title in titles for index, said in enumerate(plain) if said == title]
        for name, titles in HEADERS.items()
    }
    return {
        name: places if name in {"reference", *_ONLY_ONE} else places[:1]
        for name, places in found.items()
        if places
    }


def _line(
    number: int, row: Sequence[str], columns: Mapping[str, Sequence[int]]
) -> tuple[BankLine | None, list[Finding]]:
    """Return one credit, or None with the reason: an error, or a warning where the line brought no money."""
    if len(row) > columns[""][0] and any(row[columns[""][0] :]):
        return None, [_bad(number, "has more columns than the header: a comma that is not between quotes?")]
    cells = {
        name: " ".join(row[i] for i in places if name and i < len(row) and row[i]).strip()
        for name, places in columns.items()
    }
    amount = _amount(cells["amount"])
    if cells.get("debit") and not cells["amount"]:
        taken = _amount(cells["debit"])
        amount = None if taken is None else -abs(taken)
    day = _day(cells["date"])
    if day is None:
        return None, [_bad(number, "has no date that can be read (2024-01-26 or 01/26/2024)", "date")]
    if amount is None:
        return None, [_bad(number, "has no amount that can be read (275.00)", "amount")]
    if cells.get("side", "")[:1].upper() == "D":
        amount = -abs(amount)
    if amount <= 0:
        what = "takes money out" if amount < 0 else "moves no money"
        said = f"left out: the line {what} and is no deposit; book it by hand if a payer took it back"
        return None, [warning("BANK-NO-DEPOSIT", said, line=number)]
    names, found = _names(number, cells)
    account = re.sub(r"[^0-9A-Za-z]", "", cells.get("account", ""))[-_ACCOUNT_SHOWN:]
    return BankLine(
        date=day,
        amount=amount,
        names=names,
        remitter=cells.get("payer") or None,
        originator=cells.get("originator", "")[:20] or None,
        reference=cells.get("reference") or None,
        account=account or None,
        bank_id=cells.get("bank_id") or None,
        line=number,
    ), found


def _names(number: int, cells: Mapping[str, str]) -> tuple[tuple[PaymentName, ...], list[Finding]]:
    """Return what names the payment: the TRN segments of the text, else the trace column, else a check number."""
    text = " ".join(filter(None, (cells.get("reference"), cells.get("trace"))))
    names = tuple(traces_in(text))
    if names:
        return names, []
    if is_cut_short(text):
        return (), [
            warning(
                "BANK-TRN",
                "the TRN of the addenda is cut short and names nothing; ask the bank for the whole addenda",
                line=number,
            )
        ]
    trace, check = cells.get("trace", ""), cells.get("check", "").lstrip("#").strip()
    if trace:
        return (
            PaymentName(kind=TRN, number=trace[:50], originator=cells.get("originator", "")[:20] or None),
        ), []
    if check.strip("0"):
        return (PaymentName(kind=CHECK, number=check[:50]),), []
    return (), []


def _bad(number: int, what: str, element: str | None = None) -> Finding:
    return error("BANK-LINE", f"the line {what}", line=number, element=element)


def _day(text: str) -> date | None:
    first = re.split(r"[ T]", text, maxsplit=1)[0]
    for wanted in _FORMATS:
        try:
            return datetime.strptime(first, wanted).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _amount(text: str) -> Decimal | None:
    """Read ``$1,234.50``, ``(12.00)``, ``12.00-``, ``12.00 CR``: None for what is no amount of whole cents."""
    plain = text.upper().replace("$", "").replace(" ", "").replace("USD", "")
    minus = False
    for mark in ("DR", "CR", "-"):
        if plain.endswith(mark):
            minus, plain = minus or mark != "CR", plain.removesuffix(mark)
    if plain.startswith("(") and plain.endswith(")"):
        minus, plain = True, plain[1:-1]
    if "," in plain:
        if not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
            return None
        plain = plain.replace(",", "")
    value = parse_decimal(plain)
    if value is None or not is_cents(value) or abs(value) >= _LARGEST:
        return None
    return -value if minus else value


def lines_of(file: BankFile) -> Iterator[tuple[BankLine, int]]:
    """Yield each line with how often the very same was met before it, so that identical lines of a day each count."""
    seen: dict[BankLine, int] = {}
    for line in file.lines:
        same = _without_place(line)
        yield line, seen.get(same, 0)
        seen[same] = seen.get(same, 0) + 1


def _without_place(line: BankLine) -> BankLine:
    return BankLine(
        date=line.date, amount=line.amount, names=line.names, remitter=line.remitter, originator=line.originator,
        reference=line.reference, account=line.account, bank_id=line.bank_id,
    )  # fmt: skip
