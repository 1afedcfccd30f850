"""An explanation of a claim's payment as plain text: 80 columns, to be read or printed as it is."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from gateway.model.money import plain
from gateway.ops.reports import eob_words as words
from gateway.ops.reports.eob_parts import (
    PARTS,
    PATIENT_PARTS,
    Answer,
    Document,
    Explanation,
    Movement,
    Payment,
    Row,
)

WIDTH = 80
FORM_FEED = "\f"


def as_text(document: Document) -> str:
    """Return *document* as text; each claim after the first begins a new page."""
    pages = []
    if document.payment is not None:
        pages.append(_payment(document.payment))
    pages += [_claim(one) for one in document.explanations]
    tail = list(_tail(document))
    return f"\n{FORM_FEED}".join("\n".join(page) + "\n" for page in pages) + "\n" + "\n".join(tail) + "\n"


def money(amount: Decimal | None) -> str:
    """Return an amount, with two places and a sign where it is negative; nothing for None."""
    return (plain(amount) or "") if amount is not None else ""


def _tail(document: Document) -> Iterator[str]:
    yield f"{document.id}, explained on {document.made_on}"
    yield from notes_of(document)


def notes_of(document: Document) -> list[str]:
    """Return what stands below every explanation."""
    notes = []
    if document.masked:
        notes.append("Names and numbers that tell who a person is are masked (***).")
    if not document.described:
        notes.append("The codes are the payer's; their list, once loaded, tells their names.")
    return notes


def _payment(payment: Payment) -> list[str]:
    lines = [_title("PAYMENT", payment.remittance), ""]
    lines += _facts(
        ("Payer", payment.payer),
        ("Check or transfer", " ".join(filter(None, (payment.payment_method, payment.trace_number)))),
        ("Date", payment.payment_date),
    )
    lines += ["", _sum("paid on claims", payment.on_claims)]
    lines += [
        _sum(
            words.given(given.reason, given.reference),
            given.amount,
        )
        for given in payment.provider_adjustments
    ]
    return [*lines, _rule(), _sum("the payment", payment.amount)]


def _claim(one: Explanation) -> list[str]:
    lines = [_title("EXPLANATION OF PAYMENT", one.claim or "claim not known"), ""]
    lines += _facts(
        ("Patient", one.patient),
        ("Patient control number", one.patient_control_number),
        ("Member id", one.member_id),
        ("Provider", one.provider),
        ("Services", days_of(one)),
    )
    for number, answer in enumerate(one.answers, start=1):
        lines += ["", *_answer(answer, number, len(one.answers))]
    if not one.answers:
        lines += ["", "No payer has answered yet."]
    if one.account:
        lines += ["", *_account(one)]
    return lines


def days_of(one: Explanation) -> str | None:
    """Return the days of service of a claim as a day or a span."""
    if one.first_day is None or one.first_day == one.last_day:
        return str(one.first_day) if one.first_day else None
    return f"{one.first_day} to {one.last_day}"


def paid_by(answer: Answer) -> str:
    """Return who answers, by what and when."""
    by = (answer.payer, answer.payment_date, answer.payment_method, answer.trace_number)
    return ", ".join(filter(None, by))


def _answer(answer: Answer, number: int, of: int) -> list[str]:
    lines = [_line(f"ANSWER {number} OF {of}: {answer.outcome.upper()}", answer.payment)]
    lines += _facts(
        ("Payer", paid_by(answer)),
        ("Payer's claim number", answer.payer_control_number),
        ("It says", answer.status),
        ("In the books", answer.booked),
    )
    lines += ["", _columns("", ("charge", "allowed", "paid", "contract", "patient", "open", "other"))]
    for row in answer.rows:
        lines += _row(row)
    lines += [_columns("all of it", amounts_of(answer.charge, answer.allowed, answer.parts)), ""]
    lines.append(f"  Where the {money(answer.charge)} went")
    lines += [
        _sum(words.part(name, posted=answer.posted), answer.parts[name]) for name in shown_parts(answer)
    ]
    lines += [_rule(), _sum("charge", sum(answer.parts.values(), Decimal("0.00")))]
    if answer.interest:
        lines += ["", _sum("interest, paid apart from the charge", answer.interest)]
    for note in answer.notes:
        lines += _folded(f"Note: {note}", "  ")
    return lines


def shown_parts(answer: Answer) -> list[str]:
    """Return the parts to show: the paid one, and those that are not zero."""
    return [name for name in PARTS if name == "paid" or answer.parts[name]]


def amounts_of(charge: Decimal, allowed: Decimal | None, parts: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Return the cells of a row: charge, allowed, and charge again in parts: paid, contract, patient, open, other."""
    patient = sum((parts[name] for name in PATIENT_PARTS), Decimal("0.00"))
    rest = parts["other"] + parts["unexplained"]
    return tuple(
        map(money, (charge, allowed, parts["paid"], parts["contractual"], patient, parts["open"], rest))
    )


def name_of(row: Row) -> str:
    """Return what a row is about: its number, procedure, day and units."""
    if row.number is None:
        return "the claim as a whole"
    units = f"x{row.units.normalize():f}" if row.units is not None else None
    return " ".join(filter(None, (f"{row.number}.", row.procedure, str(row.service_date or ""), units)))


def _row(row: Row) -> Iterator[str]:
    name = name_of(row)
    if len(name) > _NAME:
        yield f"  {name}"
        name = ""
    yield _columns(name, amounts_of(row.charge, row.allowed, row.parts))
    for reason in row.reasons:
        code = f"{reason.group}-{reason.code}"
        said = f"{reason.words}; {reason.description}" if reason.description else reason.words
        yield from _folded(f"{code:<8}{money(reason.amount):>10}  {said}", "      ", hang=20)
    for code, description in row.remarks:
        yield from _folded(f"remark {code}{f': {description}' if description else ''}", "      ", hang=2)


def _account(one: Explanation) -> Iterator[str]:
    yield "THE CLAIM'S ACCOUNT"
    yield _step("", ACCOUNT)
    for step in one.account:
        name = f"{step.on} {step.what}"
        if len(name) > _STEP:
            yield from _folded(name, "  ")
            name = ""
        yield _step(name, cells_of(step))
    yield _rule()
    yield from _folded(equation(one), "  ")


ACCOUNT = ("charge", "paid", "contract", "patient", "left open")
"""The columns of a claim's account."""


def cells_of(step: Movement) -> tuple[str, ...]:
    """Return the cells of a line of a claim's account: what moved, and what is left open after it."""
    moved = (step.moved.charge, step.moved.paid, step.moved.adjusted, step.moved.patient)
    return (*(money(amount) if amount else "" for amount in moved), money(step.after.open))


def equation(one: Explanation) -> str:
    """Return the proof of a claim's account: what was billed is all there."""
    now = one.account[-1].after
    return (
        f"charge {money(now.charge)} = paid {money(now.paid)} + contract {money(now.adjusted)}"
        f" + patient {money(now.patient)} + open {money(now.open)}"
    )


_NAME = 14
_STEP = 31
_LABEL = 62


def _columns(name: str, cells: Sequence[str]) -> str:
    return _cells(name, _NAME, cells)


def _cells(name: str, width: int, cells: Sequence[str]) -> str:
    """Return a name and its amounts, set to the right; however large, two amounts never touch."""
    return f"  {name:<{width}}" + "".join(f" {cell:>8}" for cell in cells)


def _step(name: str, cells: Sequence[str]) -> str:
    return f"{_cells(name, _STEP, cells[:-1])} {cells[-1]:>9}"


def _sum(label: str, amount: Decimal) -> str:
    *above, last = textwrap.wrap(label, _LABEL) or [""]
    return "".join(f"  {line}\n" for line in above) + f"  {last:<{_LABEL}}{money(amount):>15}"


def _rule() -> str:
    return "  " + "-" * (_LABEL + 15)


def _title(text: str, right: str) -> str:
    return f"{_line(text, right)}\n{'=' * WIDTH}"


def _line(left: str, right: str) -> str:
    return f"{left:<{WIDTH - len(right) - 1}} {right}"


def _facts(*facts: tuple[str, str | None]) -> list[str]:
    lines: list[str] = []
    for name, value in facts:
        if value:
            lines += _folded(f"{name:<24}{value}", "  ", hang=24)
    return lines


def _folded(text: str, indent: str, *, hang: int = 6) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + " " * hang, break_long_words=False
    )
