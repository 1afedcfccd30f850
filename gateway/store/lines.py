"""What each line of a posted claim payment moved, and which of our service lines it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from gateway.store.chunks import chunked, pieces
from gateway.store.db import Tx
from gateway.store.schema import claim_payment, line_posting, submission, unindexed

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePosting:
    """One line of a claim payment: *line* counts the payer's lines, 0 is claim level.

    *claim_lines* are the numbers of our lines it answers (none: not known), *how* they were found.
    """

    line: int
    claim_lines: tuple[int, ...]
    how: str
    charge: Decimal
    paid: Decimal
    contractual: Decimal
    patient: Decimal


def add_all(tx: Tx, postings: Iterable[tuple[str, int, LinePosting]]) -> None:
    """Write line postings, each with its claim payment and that payment's placed."""
    for part in pieces(postings):
        tx.execute(insert(line_posting), [_row(*one) for one in part])


def _row(payment: str, placed: int, one: LinePosting) -> dict[str, Any]:
    return {
        "claim_payment": payment,
        "placed": placed,
        "line": one.line,
        "claim_lines": " ".join(map(str, one.claim_lines))[:400],
        "how": one.how,
        "charge": one.charge,
        "paid": one.paid,
        "contractual": one.contractual,
        "patient": one.patient,
    }


def of_payments(tx: Tx, payment_ids: Iterable[str]) -> dict[str, list[LinePosting]]:
    """Return the line postings of each claim payment as it stands now; none for one that was posted before they were kept."""
    found: dict[str, list[LinePosting]] = {payment_id: [] for payment_id in payment_ids}
    for part in chunked(found):
        rows = tx.execute(
            select(line_posting)
            .join(claim_payment, claim_payment.c.id == line_posting.c.claim_payment)
            .where(line_posting.c.claim_payment.in_(part), line_posting.c.placed == claim_payment.c.placed)
            .order_by(line_posting.c.claim_payment, line_posting.c.line)
        )
        for row in rows:
            found[row.claim_payment].append(_posting(row))
    return found


def _posting(row: Any) -> LinePosting:
    return LinePosting(
        line=row.line,
        claim_lines=tuple(int(n) for n in row.claim_lines.split()),
        how=row.how,
        charge=row.charge,
        paid=row.paid,
        contractual=row.contractual,
        patient=row.patient,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAccount:
    """Where one of our service lines stands, or several together that a payer answered as one; none: the claim level.

    *version* is the claim version whose lines are numbered; charge is what we billed, zero at claim level.
    """

    version: str
    claim_lines: tuple[int, ...]
    paid: Decimal
    contractual: Decimal
    patient: Decimal
    how: tuple[str, ...]


def accounts_of_claim(tx: Tx, claim_id: str) -> list[LineAccount]:
    """Return what all posted claim payments of a claim, reversals included, come to by line of the version they answer."""
    rows = tx.execute(
        select(line_posting, submission.c.version.label("version"))
        .join(claim_payment, claim_payment.c.id == line_posting.c.claim_payment)
        .join(submission, submission.c.id == claim_payment.c.submission)
        .where(
            claim_payment.c.claim == claim_id,
            unindexed(claim_payment.c.state) == "posted",
            line_posting.c.placed == claim_payment.c.placed,
        )
        .order_by(line_posting.c.id)
    )
    sums: dict[tuple[str, tuple[int, ...]], list[LinePosting]] = {}
    for row in rows:
        one = _posting(row)
        sums.setdefault((row.version, one.claim_lines), []).append(one)
    return [
        LineAccount(
            version=version,
            claim_lines=claim_lines,
            paid=sum((one.paid for one in parts), ZERO),
            contractual=sum((one.contractual for one in parts), ZERO),
            patient=sum((one.patient for one in parts), ZERO),
            how=tuple(dict.fromkeys(one.how for one in parts)),
        )
        for (version, claim_lines), parts in sorted(sums.items())
    ]
