"""What happened to one claim, in order: received, judged, held, sent, answered, paid. Ids and codes, no claim content."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from gateway.model.lifecycle import SubmissionState
from gateway.model.money import plain
from gateway.store.db import Tx
from gateway.store.schema import (
    acknowledgement,
    claim_payment,
    claim_version,
    finding,
    hold,
    remittance,
    submission,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a claim's way: *what* in a word, *id* of the thing to look at, *text* for a person."""

    at: datetime
    what: str
    id: str
    text: str


def story(tx: Tx, claim_id: str) -> list[Step]:
    """Return every step of the claim's way, the first one first."""
    steps = [
        *_received(tx, claim_id),
        *_judged(tx, claim_id),
        *_holds(tx, claim_id),
        *_sent(tx, claim_id),
        *_answered(tx, claim_id),
        *_paid(tx, claim_id),
    ]
    return sorted(steps, key=lambda step: step.at)


def _received(tx: Tx, claim_id: str) -> Iterator[Step]:
    for row in tx.execute(select(claim_version).where(claim_version.c.claim == claim_id)):
        source = f"from row {row.row} of {row.intake_file}" if row.intake_file else "by hand"
        yield Step(
            at=row.created_at,
            what="received",
            id=row.intake_file or row.id,
            text=f"{source}, for payer {row.payer}, charge {plain(row.charge)} (version {row.version}, {row.id})",
        )


def _judged(tx: Tx, claim_id: str) -> Iterator[Step]:
    """Tell each finding once for each moment, however often it was found in the claim."""
    rows = tx.execute(
        select(func.min(finding.c.id), finding.c.at, finding.c.code, finding.c.severity)
        .where(finding.c.subject == claim_id)
        .group_by(finding.c.at, finding.c.code, finding.c.severity)
        .order_by(func.min(finding.c.id))
    )
    for row in rows:
        yield Step(at=row.at, what=row.severity, id=claim_id, text=row.code)


def _holds(tx: Tx, claim_id: str) -> Iterator[Step]:
    for row in tx.execute(select(hold).where(hold.c.subject == claim_id)):
        yield Step(at=row.at, what="held", id=claim_id, text=f"{row.kind}: {row.reason} (by {row.by})")
        if row.released_at is not None:
            text = f"{row.kind}: {row.released_reason} (by {row.released_by})"
            yield Step(at=row.released_at, what="released", id=claim_id, text=text)


_FREQUENCY = {"1": "original", "7": "replacement", "8": "void"}


def _sent(tx: Tx, claim_id: str) -> Iterator[Step]:
    for row in tx.execute(select(submission).where(submission.c.claim == claim_id)):
        sort = _FREQUENCY.get(row.frequency, f"frequency {row.frequency}")
        yield Step(
            at=row.created_at,
            what="batched",
            id=row.id,
            text=f"as {row.id} into {row.transmission}, set {row.st02} ({sort}, for payer {row.payer})",
        )
        if row.sent_at is not None:
            yield Step(at=row.sent_at, what="sent", id=row.transmission, text=f"in {row.transmission}")
        if row.state == SubmissionState.WITHDRAWN.value:
            at = row.answered_at or row.sent_at or row.created_at
            yield Step(
                at=at, what="withdrawn", id=row.id, text=f"{row.id}: {row.reason or 'taken out of the file'}"
            )


def _answered(tx: Tx, claim_id: str) -> Iterator[Step]:
    """Tell what was said of the claim itself, and of the set and the file that it went in."""
    rows = tx.execute(
        select(
            acknowledgement.c.at, acknowledgement.c.kind, acknowledgement.c.source, acknowledgement.c.outcome,
            acknowledgement.c.codes, acknowledgement.c.receipt, acknowledgement.c.submission,
        )
        .join(
            submission,
            or_(
                acknowledgement.c.submission == submission.c.id,
                and_(
                    acknowledgement.c.submission.is_(None),
                    acknowledgement.c.transmission == submission.c.transmission,
                    or_(acknowledgement.c.st02.is_(None), acknowledgement.c.st02 == submission.c.st02),
                ),
            ),
        )
        .where(submission.c.claim == claim_id)
        .order_by(acknowledgement.c.id)
    )  # fmt: skip
    for row in rows:
        by = f"the {row.source}" if row.submission else "its file"
        about = f"{row.kind} of {by}" if row.submission else f"{row.kind} about {by}"
        codes = f" ({row.codes})" if row.codes else ""
        yield Step(
            at=row.at,
            what="answered",
            id=row.receipt,
            text=f"{about}: {row.outcome}{codes}, in {row.receipt}",
        )


def _paid(tx: Tx, claim_id: str) -> Iterator[Step]:
    rows = tx.execute(
        select(claim_payment, remittance.c.received_at, remittance.c.posted_at)
        .join(remittance, remittance.c.id == claim_payment.c.remittance)
        .where(claim_payment.c.claim == claim_id)
        .order_by(remittance.c.received_at, claim_payment.c.ordinal)
    )
    for row in rows:
        parts = (("paid", row.paid), ("contractual", row.contractual), ("patient", row.patient))
        money = [f"{name} {plain(amount)}" for name, amount in parts if name == "paid" or amount]
        if row.in_review:
            money.append(f"in review {plain(row.in_review)}")
        state = "" if row.state == "posted" else f", {row.state}"
        state += f", matched by {row.matched_by}" if row.matched_by else ""
        yield Step(
            at=row.posted_at or row.received_at,
            what="835",
            id=row.id,
            text=f"{row.class_}: {', '.join(money)}{state} ({row.id} of {row.remittance})",
        )
