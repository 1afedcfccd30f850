"""Claims that answers may speak of, found by keyed hashes (domain.md 4.12); who decides is `responses.match`.

Everything is asked for many answers at once: first which claims a number leads to, then what was sent of those claims.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from gateway.model.lifecycle import REJECTED_STATES, SubmissionState
from gateway.model.matching import MEMBER, PCN_LOOSE, exact_pcn, loose_id, loose_pcn
from gateway.store.chunks import chunked
from gateway.store.claim_payments import control_index, pcn_index
from gateway.store.db import Tx
from gateway.store.remittances import POSTED
from gateway.store.schema import claim, claim_payment, claim_version, submission, unindexed

_NEVER_SENT = (SubmissionState.RESERVED.value, SubmissionState.WITHDRAWN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One submission that went out (or may have), with what tells it from others.

    *written_here* tells that its bytes are ours, and not those of the system before us (`register`).
    """

    submission_id: str
    claim_id: str
    version_id: str
    partner: str | None
    payer: str
    payer_sequence: str
    frequency: str
    payer_control_index: str | None
    state: SubmissionState
    charge: Decimal
    created_at: datetime
    written_here: bool

    @property
    def rejected(self) -> bool:
        """Tell whether it was turned away before adjudication, so that no payer should speak of it."""
        return self.state in REJECTED_STATES


def by_pcn(tx: Tx, numbers: Iterable[str]) -> dict[str, set[str]]:
    """Return, by `exact_pcn`, the claims with exactly this patient control number."""
    keys = {pcn_index(tx, number): exact_pcn(number) for number in numbers}
    return _claims(tx, claim.c.pcn_index, claim.c.id, keys)


def by_loose_pcn(tx: Tx, numbers: Iterable[str]) -> dict[str, set[str]]:
    """Return, by `loose_pcn`, the claims whose number may have become this one in a payer's hands."""
    loose = {loose_pcn(number) for number in numbers} - {""}
    return _claims(tx, claim.c.pcn_loose_index, claim.c.id, {tx.index(PCN_LOOSE, one): one for one in loose})


def by_payer_control(tx: Tx, numbers: Iterable[str]) -> dict[str, set[str]]:
    """Return, by `loose_id`, the claims that the payer calls by this number (277CA, or an earlier 835)."""
    keys = {control_index(tx, number): loose_id(number) for number in numbers if loose_id(number)}
    found = _claims(tx, submission.c.payer_control_index, submission.c.claim, keys)
    paid = _claims(
        tx,
        claim_payment.c.payer_control_index,
        claim_payment.c.claim,
        keys,
        unindexed(claim_payment.c.state) == POSTED,
    )
    for number, claim_ids in paid.items():
        found.setdefault(number, set()).update(claim_ids)
    return found


def by_member(tx: Tx, wanted: Iterable[tuple[str, Decimal]]) -> dict[tuple[str, Decimal], set[str]]:
    """Return, by member (`loose_id`) and charge, the claims of which a version bills exactly that for the member."""
    members = {(loose_id(member), charge) for member, charge in wanted if loose_id(member)}
    keys = {tx.index(MEMBER, member): member for member, _ in members}
    version, found = claim_version.c, dict[tuple[str, Decimal], set[str]]()
    for part in chunked(keys):
        query = select(version.member_index, version.charge, version.claim).where(
            version.member_index.in_(part)
        )
        for row in tx.execute(query.distinct()):
            if (key := (keys[row.member_index], row.charge)) in members:
                found.setdefault(key, set()).add(row.claim)
    return found


def _claims(tx: Tx, index: Any, owner: Any, keys: Mapping[str, str], *where: Any) -> dict[str, set[str]]:
    """Return, by key, the claims in *owner* where *index* holds the key's hash."""
    found: dict[str, set[str]] = {}
    for part in chunked(keys):
        query = select(index.label("key"), owner.label("claim")).where(index.in_(part), *where).distinct()
        for row in tx.execute(query):
            found.setdefault(keys[row.key], set()).add(row.claim)
    return found


def of_claims(tx: Tx, claim_ids: Iterable[str]) -> dict[str, list[Candidate]]:
    """Return, by claim, its submissions that may have gone out, oldest first; a claim without any is left out."""
    found: dict[str, list[Candidate]] = {}
    for part in chunked(claim_ids):
        rows = tx.execute(
            select(
                submission.c.id.label("submission_id"),
                submission.c.claim.label("claim_id"),
                submission.c.version.label("version_id"),
                claim.c.partner,
                submission.c.payer,
                submission.c.payer_sequence,
                submission.c.frequency,
                submission.c.payer_control_index,
                submission.c.state,
                claim_version.c.charge,
                submission.c.created_at,
                submission.c.first_segment.is_not(None).label("written_here"),
            )
            .join(claim, claim.c.id == submission.c.claim)
            .join(claim_version, claim_version.c.id == submission.c.version)
            .where(submission.c.claim.in_(part), submission.c.state.not_in(_NEVER_SENT))
            .order_by(submission.c.created_at, submission.c.id)
        )
        for row in rows.mappings():
            candidate = Candidate(**{**row, "state": SubmissionState(row["state"])})
            found.setdefault(candidate.claim_id, []).append(candidate)
    return found
