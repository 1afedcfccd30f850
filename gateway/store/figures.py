"""The numbers a billing office lives by, counted from what is stored and from nothing else.

Each figure says what it counts: claims (accounts) unless its name says records, files or money. A claim is counted in
one *state* only, so the states add up to all claims; *ever* figures (sent, accepted, rejected) may overlap.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import case, func, literal_column, select

from gateway.model.lifecycle import ClaimState, SubmissionState, claim_state
from gateway.store import ledger
from gateway.store.db import Tx
from gateway.store.schema import (
    acknowledgement,
    claim,
    hold,
    intake_file,
    refused_record,
    remittance,
    submission,
    transmission,
)
from gateway.store.transmissions import REGISTERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look at the installation."""

    files_received: int
    records_received: int
    records_refused: int
    refused_by_code: dict[str, int]
    claims: int
    states: dict[str, int]
    claims_sent: int
    claims_accepted_by_payer: int
    claims_rejected_by_999: int
    claims_rejected_by_277ca: int
    transmissions: int
    remittances_posted: int
    remittances_quarantined: int
    money: dict[str, Decimal]

    def state(self, name: ClaimState) -> int:
        """Return how many claims are in the state *name*."""
        return self.states.get(name.value, 0)


def figures(tx: Tx) -> Figures:
    """Count everything in one consistent view."""
    row = tx.execute(
        select(
            func.count(intake_file.c.id),
            func.coalesce(func.sum(intake_file.c.records), 0),
            func.coalesce(func.sum(intake_file.c.refused), 0),
        ),
    ).one()
    files, records, refused = (int(value) for value in row)
    by_code = tx.execute(select(refused_record.c.code, func.count()).group_by(refused_record.c.code)).all()
    return Figures(
        files_received=files,
        records_received=records,
        records_refused=refused,
        refused_by_code={str(code): int(count) for code, count in sorted(map(tuple, by_code))},
        claims=_count(tx, select(func.count(claim.c.id))),
        states=claim_states(tx),
        claims_sent=_count(
            tx,
            select(func.count(func.distinct(submission.c.claim)))
            .join(transmission, transmission.c.id == submission.c.transmission)
            .where(submission.c.sent_at.is_not(None), transmission.c.kind != REGISTERED),
        ),
        claims_accepted_by_payer=_count(
            tx,
            select(func.count(func.distinct(submission.c.claim)))
            .join(acknowledgement, acknowledgement.c.submission == submission.c.id)
            .where(
                acknowledgement.c.kind == "277CA",
                acknowledgement.c.source == "payer",
                acknowledgement.c.outcome == "accepted",
            ),
        ),
        claims_rejected_by_999=_rejected(
            tx, SubmissionState.SET_REJECTED, SubmissionState.INTERCHANGE_REJECTED
        ),
        claims_rejected_by_277ca=_rejected(
            tx,
            SubmissionState.CLEARINGHOUSE_REJECTED,
            SubmissionState.PAYER_REJECTED,
        ),
        transmissions=_count(
            tx,
            select(func.count(transmission.c.id)).where(
                transmission.c.delivered_at.is_not(None), transmission.c.kind != REGISTERED
            ),
        ),
        remittances_posted=_count(
            tx, select(func.count(remittance.c.id)).where(remittance.c.state == "posted")
        ),
        remittances_quarantined=_count(
            tx, select(func.count(remittance.c.id)).where(remittance.c.state == "quarantined")
        ),
        money=ledger.totals(tx),
    )


def claim_states(tx: Tx) -> dict[str, int]:
    """Count claims by their derived state; the counts add up to all claims."""
    latest = (
        select(submission.c.claim, func.max(submission.c.created_at).label("at"))
        .group_by(submission.c.claim)
        .subquery()
    )
    newest = (
        select(
            submission.c.claim,
            func.max(submission.c.state).label("state"),
            func.max(submission.c.frequency).label("frequency"),
        )
        .join(latest, (latest.c.claim == submission.c.claim) & (latest.c.at == submission.c.created_at))
        .group_by(submission.c.claim)
        .subquery()
    )
    # A claim that still charges something is not voided: a later payer's part of it was.
    frequency = case((claim.c.charge == literal_column("0"), newest.c.frequency), else_=None)
    held = select(hold.c.subject).where(hold.c.released_at.is_(None)).distinct().subquery()
    rows = tx.execute(
        select(newest.c.state, frequency, held.c.subject.is_not(None), func.count())
        .select_from(claim)
        .outerjoin(newest, newest.c.claim == claim.c.id)
        .outerjoin(held, held.c.subject == claim.c.id)
        .group_by(newest.c.state, frequency, held.c.subject.is_not(None)),
    ).all()
    counted: Counter[str] = Counter()
    for state, kind, is_held, count in map(tuple, rows):
        stands = SubmissionState(state) if state else None
        counted[claim_state(stands, held=bool(is_held), frequency=kind).value] += count
    return dict(sorted(counted.items()))


def _count(tx: Tx, statement: object) -> int:
    return int(tx.execute(statement).scalar_one())  # type: ignore[arg-type]


def _rejected(tx: Tx, *states: SubmissionState) -> int:
    return _count(
        tx,
        select(func.count(func.distinct(submission.c.claim))).where(
            submission.c.state.in_([s.value for s in states])
        ),
    )
