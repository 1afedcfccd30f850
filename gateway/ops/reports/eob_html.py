"""An explanation of a claim's payment as one HTML file: everything in it, no scripts, a page a claim when printed."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from html import escape

from gateway.ops.reports import eob_words as words
from gateway.ops.reports.eob_parts import Answer, Document, Explanation, Payment, Row
from gateway.ops.reports.eob_text import (
    ACCOUNT,
    amounts_of,
    cells_of,
    days_of,
    equation,
    money,
    name_of,
    notes_of,
    paid_by,
    shown_parts,
)

STYLE = """
@page { size: letter; margin: 15mm 14mm; }
body { font: 10pt/1.35 "Liberation Sans", Arial, Helvetica, sans-serif; color: #111; max-width: 190mm; margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 15pt; margin: 0 0 2mm; border-bottom: 2px solid #111; display: flex; justify-content: space-between; align-items: baseline; }
h2 { font-size: 11.5pt; margin: 7mm 0 1.5mm; display: flex; justify-content: space-between; align-items: baseline; }
h1 small, h2 small { font: 9pt "Liberation Mono", monospace; color: #444; }
h3 { font-size: 10pt; margin: 4mm 0 1mm; }
dl { display: grid; grid-template-columns: 46mm 1fr; gap: .6mm 3mm; margin: 0; }
dt { color: #555; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; border-bottom: 1px solid #111; padding: .8mm 1.5mm; white-space: nowrap; }
td { text-align: right; padding: .8mm 1.5mm; vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
tr.why td { color: #333; font-size: 9pt; padding: .2mm 1.5mm .2mm 6mm; text-align: left; white-space: normal; }
tr.why b { display: inline-block; min-width: 14mm; font-weight: 600; }
tr.why i { display: inline-block; min-width: 18mm; text-align: right; font-style: normal; padding-right: 3mm; }
tr.all td { border-top: 1px solid #111; font-weight: 600; }
table.lines, table.account { table-layout: fixed; }
table.lines th:first-child { width: 32%; } table.account th:first-child { width: 45%; }
table.sum { width: auto; min-width: 110mm; }
p { margin: 1mm 0; } p.note { border-left: 3px solid #999; padding-left: 3mm; }
footer { margin-top: 6mm; color: #555; font-size: 8.5pt; }
section + section { break-before: page; margin-top: 12mm; }
tbody.line, table.sum, h2, h3, dl { break-inside: avoid; } h2, h3 { break-after: avoid; }
@media print { body { margin: 0; padding: 0; max-width: none; } section + section { margin-top: 0; } }
"""


def as_html(document: Document) -> str:
    """Return *document* as a whole HTML page; everything that came from outside is escaped."""
    parts = [_payment(document.payment)] if document.payment is not None else []
    parts += [_claim(one) for one in document.explanations]
    notes = "".join(f"<p>{escape(note)}</p>" for note in notes_of(document))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(document.id)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{''.join(parts)}"
        f"<footer><p>{escape(document.id)}, explained on {document.made_on}</p>{notes}</footer>\n</body>\n</html>\n"
    )


def _payment(payment: Payment) -> str:
    way = " ".join(filter(None, (payment.payment_method, payment.trace_number)))
    facts = (("Payer", payment.payer), ("Check or transfer", way), ("Date", payment.payment_date))
    rows = [("paid on claims", payment.on_claims)]
    rows += [
        (words.given(given.reason, given.reference), given.amount) for given in payment.provider_adjustments
    ]
    return (
        f"<section>\n{_head(1, 'Payment', payment.remittance)}{_facts(facts)}"
        f"{_sums(rows, ('the payment', payment.amount))}</section>\n"
    )


def _claim(one: Explanation) -> str:
    facts = (
        ("Patient", one.patient),
        ("Patient control number", one.patient_control_number),
        ("Member id", one.member_id),
        ("Provider", one.provider),
        ("Services", days_of(one)),
    )
    answers = [_answer(answer, n, len(one.answers)) for n, answer in enumerate(one.answers, start=1)]
    return (
        f"<section>\n{_head(1, 'Explanation of payment', one.claim or 'claim not known')}{_facts(facts)}"
        f"{''.join(answers) or '<p>No payer has answered yet.</p>'}{_account(one)}</section>\n"
    )


def _answer(answer: Answer, number: int, of: int) -> str:
    facts = (
        ("Payer", paid_by(answer)),
        ("Payer's claim number", answer.payer_control_number),
        ("It says", answer.status),
        ("In the books", answer.booked),
    )
    heads = _cells("th", ("", "charge", "allowed", "paid", "contract", "patient", "open", "other"))
    body = "".join(f'<tbody class="line">{"".join(_row(row))}</tbody>\n' for row in answer.rows)
    total = _cells("td", ("all of it", *amounts_of(answer.charge, answer.allowed, answer.parts)))
    interest = (
        f"<p>Interest, paid apart from the charge: <b>{money(answer.interest)}</b></p>"
        if answer.interest
        else ""
    )
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in answer.notes)
    where = _sums(
        [(words.part(name, posted=answer.posted), answer.parts[name]) for name in shown_parts(answer)],
        ("charge", answer.charge),
    )
    return (
        f"{_head(2, f'Answer {number} of {of}: {answer.outcome}', answer.payment)}{_facts(facts)}"
        f'<table class="lines">\n<thead><tr>{heads}</tr></thead>\n{body}<tbody><tr class="all">{total}</tr></tbody>\n</table>\n'
        f"<h3>Where the {money(answer.charge)} went</h3>\n{where}{interest}{notes}"
    )


def _row(row: Row) -> Iterator[str]:
    cells = (name_of(row), *amounts_of(row.charge, row.allowed, row.parts))
    yield f"<tr>{_cells('td', cells)}</tr>\n"
    for reason in row.reasons:
        said = f"{reason.words}; {reason.description}" if reason.description else reason.words
        yield (
            f'<tr class="why"><td colspan="8"><b>{escape(f"{reason.group}-{reason.code}")}</b>'
            f"<i>{money(reason.amount)}</i>{escape(said)}</td></tr>\n"
        )
    for code, description in row.remarks:
        said = f"remark {code}{f': {description}' if description else ''}"
        yield f'<tr class="why"><td colspan="8">{escape(said)}</td></tr>\n'


def _account(one: Explanation) -> str:
    if not one.account:
        return ""
    heads = _cells("th", ("", *ACCOUNT))
    body = "".join(
        f"<tr>{_cells('td', (f'{step.on} {step.what}', *cells_of(step)))}</tr>\n" for step in one.account
    )
    return (
        f'<h2>The claim\'s account</h2>\n<table class="account">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>{body}</tbody>\n</table>\n<p><b>{escape(equation(one))}</b></p>\n"
    )


def _head(level: int, text: str, identifier: str) -> str:
    return f"<h{level}>{escape(text)} <small>{escape(identifier)}</small></h{level}>\n"


def _facts(facts: Iterable[tuple[str, str | None]]) -> str:
    said = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n" for name, value in facts if value)
    return f"<dl>\n{said}</dl>\n"


def _sums(rows: Sequence[tuple[str, Decimal]], total: tuple[str, Decimal]) -> str:
    body = "".join(f"<tr>{_cells('td', (label, money(amount)))}</tr>\n" for label, amount in rows)
    return (
        f'<table class="sum">\n<tbody>{body}<tr class="all">{_cells("td", (total[0], money(total[1])))}</tr></tbody>\n'
        "</table>\n"
    )


def _cells(tag: str, cells: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
