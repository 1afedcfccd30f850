"""Where each claim version on its way to a payer stands, and how it is found again when somebody answers.

`move` is the only place that changes a submission's state. It knows the rule of domain.md ACK-02: late good news of an
older layer changes nothing, and news that contradicts what a later layer said is a conflict for a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, select, update

from gateway.errors import NotFound, Refused
from gateway.model import matching
from gateway.model.charge import is_over
from gateway.model.lifecycle import (
    ADJUDICATED_STATES,
    OPEN_STATES,
    REJECTED_STATES,
    SubmissionState,
    may_move,
)
from gateway.store import charges
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.schema import (
    Moment,
    claim,
    claim_version,
    intake_file,
    submission,
    transmission,
    transmission_set,
)

S = SubmissionState

_LAYER: dict[SubmissionState, int] = {
    S.RESERVED: 0, S.SEALED: 0, S.SENT: 1,
    S.INTERCHANGE_ACCEPTED: 2, S.INTERCHANGE_REJECTED: 2,
    S.SET_ACCEPTED: 3, S.SET_REJECTED: 3, S.WITHDRAWN: 3,
    S.CLEARINGHOUSE_ACCEPTED: 4, S.CLEARINGHOUSE_REJECTED: 4, S.FORWARDED: 4, S.SPLIT: 4,
    S.PAYER_ACCEPTED: 5, S.PAYER_REJECTED: 5,
    S.PAID: 6, S.PARTLY_PAID: 6, S.ZERO_PAID: 6, S.DENIED: 6, S.IN_REVIEW: 6, S.REVERSED: 6,
}  # fmt: skip
"""Who speaks: us, the wire, TA1, 999, clearinghouse, payer, money."""

_NEGATIVE = REJECTED_STATES | {S.WITHDRAWN}


class Move(StrEnum):
    """What became of a move; true only when the state changed."""

    DONE = "done"
    KEPT = "kept"
    """Said before, or overtaken by a later layer: nothing to do (ACK-02)."""
    CONFLICT = "conflict"
    """The news contradicts what we know: a person looks."""

    def __bool__(self) -> bool:
        return self is Move.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One submission with what answers are matched by; *reference* is its set's BHT03."""

    id: str
    claim_id: str
    version_id: str
    transmission_id: str
    partner: str
    payer: str
    payer_sequence: str
    frequency: str
    st02: str
    reference: str | None
    state: SubmissionState
    charge: Decimal
    first_segment: int | None
    last_segment: int | None
    created_at: datetime
    sent_at: datetime | None


def _query() -> Select[Any]:
    return (
        select(
            submission.c.id,
            submission.c.claim.label("claim_id"),
            submission.c.version.label("version_id"),
            submission.c.transmission.label("transmission_id"),
            transmission.c.partner,
            submission.c.payer,
            submission.c.payer_sequence,
            submission.c.frequency,
            submission.c.st02,
            transmission_set.c.reference,
            submission.c.state,
            claim_version.c.charge,
            submission.c.first_segment,
            submission.c.last_segment,
            submission.c.created_at,
            submission.c.sent_at,
        )
        .join(transmission, transmission.c.id == submission.c.transmission)
        .join(claim, claim.c.id == submission.c.claim)
        .join(claim_version, claim_version.c.id == submission.c.version)
        .outerjoin(
            transmission_set,
            (transmission_set.c.transmission == submission.c.transmission)
            & (transmission_set.c.st02 == submission.c.st02),
        )
        .order_by(submission.c.created_at, submission.c.st02, submission.c.first_segment, submission.c.id)
    )


def _found(tx: Tx, query: Select[Any]) -> list[Submission]:
    return [
        Submission(**{**row, "state": SubmissionState(row["state"])}) for row in tx.execute(query).mappings()
    ]


def get(tx: Tx, submission_id: str) -> Submission:
    """Return the submission; raise NotFound when there is none of that id."""
    found = _found(tx, _query().where(submission.c.id == submission_id))
    if not found:
        raise NotFound(f"no submission {submission_id}")
    return found[0]


def of_transmission(tx: Tx, transmission_id: str, st02: str | None = None) -> list[Submission]:
    """Return the submissions of a transmission (of one of its sets), in file order."""
    query = _query().where(submission.c.transmission == transmission_id)
    return _found(tx, query if st02 is None else query.where(submission.c.st02 == st02))


def of_claim(tx: Tx, claim_id: str) -> list[Submission]:
    """Return every submission of a claim, oldest first."""
    return _found(tx, _query().where(submission.c.claim == claim_id))


def of_reference(tx: Tx, partner: str, reference: str) -> list[Submission]:
    """Return the submissions of the set that carried BHT03 *reference* to *partner*."""
    return _found(
        tx, _query().where(transmission.c.partner == partner, transmission_set.c.reference == reference)
    )


def of_pcn(tx: Tx, partner: str, number: str) -> list[Submission]:
    """Return the submissions to *partner* whose patient control number is exactly *number*."""
    wanted = tx.index(matching.PCN, matching.exact_pcn(number))
    return _found(tx, _query().where(transmission.c.partner == partner, claim.c.pcn_index == wanted))


def of_loose_pcn(tx: Tx, partner: str, number: str) -> list[Submission]:
    """Return the submissions to *partner* whose patient control number is *number* as a careless partner spells it."""
    loose = matching.loose_pcn(number)
    if not loose:
        return []
    wanted = tx.index(matching.PCN_LOOSE, loose)
    return _found(tx, _query().where(transmission.c.partner == partner, claim.c.pcn_loose_index == wanted))


def waiting_with_charge(tx: Tx, partner: str, charge: Decimal, *, limit: int = 500) -> list[Submission]:
    """Return open submissions to *partner* with exactly this *charge*: candidates for matching by content."""
    return _found(
        tx,
        _query()
        .where(
            transmission.c.partner == partner,
            claim_version.c.charge == charge,
            submission.c.state.in_([s.value for s in OPEN_STATES]),
        )
        .limit(limit),
    )


def counts(tx: Tx) -> dict[SubmissionState, int]:
    """Return how many submissions stand in each state."""
    rows = tx.execute(
        select(submission.c.state, func.count(submission.c.id).label("n")).group_by(submission.c.state)
    )
    return {SubmissionState(row.state): row.n for row in rows}


def judge(now: SubmissionState, to: SubmissionState) -> Move:
    """Tell what a move from *now* to *to* would be.

    Raises:
        Refused: our own side asks for a step that the lifecycle does not know.

    """
    if may_move(now, to):
        return Move.DONE
    if now is to or (now in REJECTED_STATES and to in REJECTED_STATES):
        return Move.KEPT
    if to in REJECTED_STATES:
        return Move.KEPT if now is S.WITHDRAWN else Move.CONFLICT
    if to is S.REVERSED:
        return Move.CONFLICT
    if to in _NEGATIVE or to is S.RESERVED:
        raise Refused(f"a submission that is {now.value} cannot become {to.value}")
    if now in _NEGATIVE:
        return Move.CONFLICT if _LAYER[to] >= _LAYER[now] else Move.KEPT
    if to in ADJUDICATED_STATES:
        return Move.CONFLICT
    return Move.KEPT


def move(tx: Tx, submission_id: str, state: SubmissionState, reason: str | None = None) -> Move:
    """Move a submission to *state*, if the lifecycle allows it; *reason* is codes and our own words (no claim content).

    Returns `Move.KEPT` for old news and `Move.CONFLICT` for contradicting news; neither changes anything.

    Raises:
        NotFound: no such submission.
        Refused: our own side asks for a step that the lifecycle does not know.

    """
    return move_all(tx, {submission_id: state}, reason)[submission_id]


def move_all(tx: Tx, to: Mapping[str, SubmissionState], reason: str | None = None) -> dict[str, Move]:
    """Move each submission to its state as `move` does, for one *reason*; return what became of each.

    Raises:
        NotFound: no such submission.
        Refused: our own side asks for a step that the lifecycle does not know; nothing was moved.

    """
    now = states(tx, to)
    verdicts = {submission_id: judge(now[submission_id], state) for submission_id, state in to.items()}
    moved: dict[SubmissionState, list[str]] = {}
    for submission_id, verdict in verdicts.items():
        if verdict is Move.DONE:
            moved.setdefault(to[submission_id], []).append(submission_id)
    for state, ids in moved.items():
        values = _values_of(state, tx.now(), reason)
        for part in chunked(ids):
            tx.execute(update(submission).where(submission.c.id.in_(part)).values(**values))
        if is_over(state):
            charges.follow(tx, ids)
    return verdicts


def await_again(tx: Tx, submission_id: str, state: SubmissionState, reason: str) -> None:
    """Put a submission back to *state*: the answer that was taken for its own is another claim's, and its own is awaited."""
    values = {"state": state.value, "reason": reason[:200]}
    tx.execute(update(submission).where(submission.c.id == submission_id).values(**values))


def _values_of(state: SubmissionState, now: datetime, reason: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {"state": state.value}
    if reason is not None:
        values["reason"] = reason[:200]
    if _LAYER[state] >= 1 and state is not S.WITHDRAWN:
        # An answer proves that the claim was sent, even before our own commit says so (law 3).
        values["sent_at"] = func.coalesce(submission.c.sent_at, literal(now, Moment()))
    if _LAYER[state] > 1 and state is not S.WITHDRAWN:
        values["answered_at"] = now
    return values


def states(tx: Tx, submission_ids: Iterable[str]) -> dict[str, SubmissionState]:
    """Return the state of each submission; raise NotFound when there is none of one of the ids."""
    wanted = list(submission_ids)
    found: dict[str, SubmissionState] = {}
    for part in chunked(wanted):
        query = select(submission.c.id, submission.c.state).where(submission.c.id.in_(part))
        found |= {row.id: SubmissionState(row.state) for row in tx.execute(query)}
    for submission_id in wanted:
        if submission_id not in found:
            raise NotFound(f"no submission {submission_id}")
    return found


def keep_payer_control_number(tx: Tx, submission_id: str, number: str) -> None:
    """Remember the payer's claim control number, sealed, with its keyed hash to find it again."""
    keep_payer_control_numbers(tx, {submission_id: number})


def keep_payer_control_numbers(tx: Tx, numbers: Mapping[str, str]) -> None:
    """Remember the payer's claim control number of each submission, as `keep_payer_control_number` does."""
    if numbers:
        tx.execute(
            update(submission).where(submission.c.id == bindparam("submission_id")),
            [
                {
                    "submission_id": submission_id,
                    "payer_control_sealed": tx.seal(number),
                    "payer_control_index": tx.index(matching.PAYER_CONTROL, matching.loose_id(number)),
                }
                for submission_id, number in numbers.items()
            ],
        )


def forget_payer_control_number(tx: Tx, submission_id: str, index: str, *, instead: str | None) -> None:
    """Put *instead*, or nothing, where the payer's number of a submission is the one with this *index* (keyed hash)."""
    tx.execute(
        update(submission)
        .where(submission.c.id == submission_id, submission.c.payer_control_index == index)
        .values(
            payer_control_sealed=tx.seal(instead) if instead else None,
            payer_control_index=tx.index(matching.PAYER_CONTROL, matching.loose_id(instead))
            if instead
            else None,
        )
    )


def payer_control_number(tx: Tx, submission_id: str) -> str | None:
    """Return the payer's claim control number learnt for the submission, if any."""
    sealed = tx.execute(
        select(submission.c.payer_control_sealed).where(submission.c.id == submission_id)
    ).scalar()
    return None if sealed is None else tx.unseal(sealed).decode()


def told_number(tx: Tx, claim_id: str, payer: str) -> str | None:
    """Return what the payer last called the claim: CLP07, or before that the 277CA's REF*1K, of its newest submission.

    A submission that was rejected or withdrawn says nothing; a later one that has no number yet leaves the earlier one's.
    """
    rows = tx.execute(
        select(submission.c.payer, submission.c.state, submission.c.payer_control_sealed)
        .where(submission.c.claim == claim_id, submission.c.payer_control_sealed.is_not(None))
        .order_by(submission.c.created_at.desc(), submission.c.id.desc())
    )
    for row in rows:
        if matching.loose_id(row.payer) == matching.loose_id(payer) and not is_over(
            SubmissionState(row.state)
        ):
            return tx.unseal(row.payer_control_sealed).decode()
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """The record that a submission came from: the name of its *file*, its *row*, and in an 837 its *place*."""

    file: str | None = None
    row: int | None = None
    place: str | None = None


def dropped_as(tx: Tx, submission_ids: Iterable[str]) -> dict[str, Dropped]:
    """Return the record that each submission's version came from; all None where it was not dropped."""
    found: dict[str, Dropped] = {}
    names: dict[str, str] = {}
    for part in chunked(submission_ids):
        query = (
            select(submission.c.id, claim_version.c.intake_file, claim_version.c.row, claim_version.c.place)
            .join(claim_version, claim_version.c.id == submission.c.version)
            .where(submission.c.id.in_(part))
        )
        rows = list(tx.execute(query))
        names |= _names(tx, {row.intake_file for row in rows if row.intake_file} - set(names))
        found |= {
            row.id: Dropped(file=names.get(row.intake_file), row=row.row, place=row.place) for row in rows
        }
    return found


def _names(tx: Tx, file_ids: set[str]) -> dict[str, str]:
    """Return the names that files were dropped under."""
    found: dict[str, str] = {}
    for part in chunked(file_ids):
        query = select(intake_file.c.id, intake_file.c.name_sealed).where(intake_file.c.id.in_(part))
        found |= {row.id: tx.unseal(row.name_sealed).decode() for row in tx.execute(query)}
    return found
