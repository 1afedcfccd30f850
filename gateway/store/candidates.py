"""Claims that an answer may speak of, found by keyed hashes (domain.md 4.12); who decides is `responses.match`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select

from gateway.model.claim import Claim
from gateway.model.lifecycle import REJECTED_STATES, SubmissionState
from gateway.model.matching import MEMBER, PCN, PCN_LOOSE, exact_pcn, loose_id, loose_pcn
from gateway.store import claims
from gateway.store.db import Tx
from gateway.store.remittances import POSTED, control_index
from gateway.store.schema import claim, claim_payment, claim_version, submission

_NEVER_SENT = (SubmissionState.RESERVED.value, SubmissionState.WITHDRAWN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One submission that went out (or may have), with what tells it from others."""

    submission_id: str
    claim_id: str
    version_id: str
    partner: str | None
    payer: str
    payer_sequence: str
    state: SubmissionState
    charge: Decimal
    created_at: datetime

    @property
    def rejected(self) -> bool:
        """Tell whether it was turned away before adjudication, so that no payer should speak of it."""
        return self.state in REJECTED_STATES


def by_pcn(tx: Tx, number: str) -> list[Candidate]:
    """Return the submissions of claims with exactly this patient control number."""
    return _found(tx, claim.c.pcn_index == tx.index(PCN, exact_pcn(number)))


def by_loose_pcn(tx: Tx, number: str) -> list[Candidate]:
    """Return the submissions of claims whose number may have become this one in a payer's hands."""
    loose = loose_pcn(number)
    return _found(tx, claim.c.pcn_loose_index == tx.index(PCN_LOOSE, loose)) if loose else []


def by_payer_control(tx: Tx, numbers: Sequence[str]) -> list[Candidate]:
    """Return the submissions of claims that the payer calls by one of these numbers (277CA, or an earlier 835)."""
    indexes = [control_index(tx, number) for number in numbers if loose_id(number)]
    if not indexes:
        return []
    known = select(submission.c.claim).where(submission.c.payer_control_index.in_(indexes))
    paid = select(claim_payment.c.claim).where(
        claim_payment.c.payer_control_index.in_(indexes), claim_payment.c.state == POSTED
    )
    return _found(tx, claim.c.id.in_(known) | claim.c.id.in_(paid))


def by_member(tx: Tx, member_id: str, charge: Decimal) -> list[Candidate]:
    """Return the submissions for a member with exactly this charge."""
    member = loose_id(member_id)
    if not member:
        return []
    return _found(
        tx, (claim_version.c.member_index == tx.index(MEMBER, member)) & (claim_version.c.charge == charge)
    )


def of_claim(tx: Tx, claim_id: str) -> list[Candidate]:
    """Return the submissions of one claim."""
    return _found(tx, claim.c.id == claim_id)


def content(tx: Tx, candidate: Candidate) -> Claim:
    """Return what was sent."""
    return claims.content(tx, candidate.version_id)


def _found(tx: Tx, condition: ColumnElement[bool]) -> list[Candidate]:
    rows = tx.execute(
        select(
            submission.c.id.label("submission_id"),
            submission.c.claim.label("claim_id"),
            submission.c.version.label("version_id"),
            claim.c.partner,
            submission.c.payer,
            submission.c.payer_sequence,
            submission.c.state,
            claim_version.c.charge,
            submission.c.created_at,
        )
        .join(claim, claim.c.id == submission.c.claim)
        .join(claim_version, claim_version.c.id == submission.c.version)
        .where(condition, submission.c.state.not_in(_NEVER_SENT))
        .order_by(submission.c.created_at, submission.c.id)
    )
    return [_candidate(row) for row in rows.mappings()]


def _candidate(row: Any) -> Candidate:
    return Candidate(**{**row, "state": SubmissionState(row["state"])})
