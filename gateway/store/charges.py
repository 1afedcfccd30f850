"""Booking what claims bill: the journal follows the version that was sealed last (`model.charge`).

An entry books the difference between what is booked on the claim and what it bills from now on, and names the submission
that makes it so: the first is ``charge:C-...``, a later one ``charge:C-...:S-...``; a void that is rejected gives the
charge back as ``charge:C-...:S-...:back``. Where nothing differs, nothing is booked, so that booking twice changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select, update

from gateway.model.charge import Sealed, charge_of
from gateway.model.lifecycle import SubmissionState
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.journal import RECEIVABLE_PAYER, REVENUE, ZERO, Entry, Line, known, post_all
from gateway.store.schema import claim, claim_version, journal_line, submission, transmission, unindexed

REGISTERED = "registered"
"""The kind of a transmission that the previous system sent: there are no bytes of it here, and it never leaves."""

IS_SEALED = submission.c.first_segment.is_not(None) | (transmission.c.kind == REGISTERED)
"""Submissions, joined to their transmissions, whose bytes were fixed, here or by the previous system."""


def book(tx: Tx, submission_ids: Iterable[str], *, at: datetime | None = None) -> None:
    """Book what the claims of these submissions bill now that they are sealed; *at* is the day, where that is not now."""
    for part in chunked(submission_ids):
        _book(tx, part, "", at)


def follow(tx: Tx, submission_ids: Iterable[str]) -> None:
    """Book what the claims of these submissions bill now that they were rejected or withdrawn: a void's charge comes back."""
    for part in chunked(submission_ids):
        _book(tx, part, ":back", None)


def billed(tx: Tx, claim_ids: Iterable[str]) -> set[str]:
    """Return those of *claim_ids* that were ever billed."""
    posting_ids = {f"charge:{claim_id}": claim_id for claim_id in claim_ids}
    return {posting_ids[posting_id] for posting_id in known(tx, posting_ids)}


def _book(tx: Tx, submission_ids: list[str], suffix: str, at: datetime | None) -> None:
    query = select(submission.c.claim, submission.c.id).where(submission.c.id.in_(submission_ids))
    owners = {row.claim: row.id for row in tx.execute(query)}
    due = {claim_id: charge_of(history) for claim_id, history in _histories(tx, list(owners)).items()}
    booked, before = _booked(tx, list(owners)), billed(tx, owners)
    changed = {
        claim_id: more for claim_id, bills in due.items() if (more := bills - booked.get(claim_id, ZERO))
    }
    post_all(
        tx,
        (
            Entry(
                posting_id=f"charge:{claim_id}"
                if claim_id not in before
                else f"charge:{claim_id}:{owners[claim_id]}{suffix}",
                kind="charge",
                lines=(Line(RECEIVABLE_PAYER, more, claim_id), Line(REVENUE, -more, claim_id)),
                claim=claim_id,
                submission=owners[claim_id],
                at=at,
            )
            for claim_id, more in changed.items()
        ),
    )
    _show(tx, due)


def _show(tx: Tx, due: dict[str, Decimal]) -> None:
    rows = tx.execute(select(claim.c.id, claim.c.charge).where(claim.c.id.in_(list(due))))
    for row in [row for row in rows if row.charge != due[row.id]]:
        tx.execute(update(claim).where(claim.c.id == row.id).values(charge=due[row.id]))


def _histories(tx: Tx, claim_ids: list[str]) -> dict[str, list[Sealed]]:
    rows = tx.execute(
        select(
            submission.c.claim,
            submission.c.frequency,
            submission.c.payer_sequence,
            submission.c.state,
            claim_version.c.charge,
        )
        .join(claim_version, claim_version.c.id == submission.c.version)
        .join(transmission, transmission.c.id == submission.c.transmission)
        .where(submission.c.claim.in_(claim_ids), IS_SEALED)
        .order_by(submission.c.created_at, claim_version.c.version, submission.c.id)
    )
    found: dict[str, list[Sealed]] = {}
    for row in rows:
        found.setdefault(row.claim, []).append(
            Sealed(
                frequency=row.frequency,
                payer_sequence=row.payer_sequence,
                state=SubmissionState(row.state),
                charge=row.charge,
            )
        )
    return found


def _booked(tx: Tx, claim_ids: list[str]) -> dict[str, Decimal]:
    rows = tx.execute(
        select(journal_line.c.claim, func.sum(journal_line.c.amount).label("balance"))
        .where(journal_line.c.claim.in_(claim_ids), unindexed(journal_line.c.account) == REVENUE)
        .group_by(journal_line.c.claim)
    )
    return {row.claim: -row.balance for row in rows}
