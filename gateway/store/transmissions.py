"""What we send: transmissions with their sets and the submissions they carry.

`move` is the only place that changes a transmission's state, by the table in `model.lifecycle`. Answers find their
transmission by `by_interchange` (TA1) and `by_group` (999).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, desc, func, insert, literal, or_, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import NotFound, Refused
from gateway.model.identifiers import Kind, new_id
from gateway.model.lifecycle import OPEN_STATES, REJECTED_STATES, SubmissionState, TransmissionState, may_move
from gateway.store import attempts, charges, holds, submissions
from gateway.store.attempts import AttemptState
from gateway.store.db import Tx
from gateway.store.schema import Moment, receipt, submission, transmission, transmission_set

T = TransmissionState
REGISTERED = charges.REGISTERED
ANSWER = "999"
"""The kind of a transmission that is our own answer: nothing answers it, and no claim is in it."""
HOLD_KINDS = ("uncertain", "delivery")

_ARRIVED = frozenset({T.DELIVERED, T.RECEIVED, T.ACCEPTED, T.PARTLY_ACCEPTED, T.REJECTED})
"""States that prove the partner has the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """One interchange that we send, as stored."""

    id: str
    partner: str
    environment: str
    kind: str
    state: TransmissionState
    sender: str
    receiver: str
    isa13: int
    gs06: int
    version: str
    map_hash: str | None
    remote_name: str | None
    sha256: str | None
    size: int | None
    blob: str | None
    claims: int
    billed: Decimal
    created_at: datetime
    sealed_at: datetime | None
    delivered_at: datetime | None
    due_at: datetime | None
    evidence: str | None
    ta1: str | None
    ack_999: str | None


def new_draft(tx: Tx, **values: Any) -> str:
    """Insert a draft with its numbers and return its id; *values* are the columns of `schema.transmission`."""
    identifier = new_id(Kind.TRANSMISSION)
    tx.execute(insert(transmission).values(id=identifier, state=T.DRAFT.value, created_at=tx.now(), **values))
    return identifier


def add_set(tx: Tx, transmission_id: str, st02: str, reference: str) -> None:
    """Add one ST..SE; *reference* is its BHT03, unique for ever."""
    tx.execute(
        insert(transmission_set).values(
            transmission=transmission_id, st02=st02, reference=reference, state="open"
        )
    )


def reserve(
    tx: Tx,
    transmission_id: str,
    st02: str,
    *,
    claim_id: str,
    version_id: str,
    payer: str,
    payer_sequence: str,
    frequency: str,
) -> str | None:
    """Reserve a submission and return its id; None when the claim is on its way to this payer already (P2).

    For originals the database itself refuses a second live one; for every frequency a submission that has not even
    left yet is reason enough to wait, and so is an unanswered replacement or void. A version goes out once, unless it
    was rejected or taken back.
    """
    waiting = [SubmissionState.RESERVED.value, SubmissionState.SEALED.value]
    unanswered = [s.value for s in OPEN_STATES - {SubmissionState.PAYER_ACCEPTED}]
    over = [s.value for s in REJECTED_STATES | {SubmissionState.WITHDRAWN}]
    to_payer = (submission.c.claim == claim_id) & (submission.c.payer == payer)
    if tx.execute(
        select(submission.c.id).where(
            (to_payer & submission.c.state.in_(waiting))
            | (to_payer & (submission.c.frequency != "1") & submission.c.state.in_(unanswered))
            | (to_payer & (submission.c.version == version_id) & submission.c.state.not_in(over))
        )
    ).first():
        return None
    dialect = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = (
        dialect(submission)
        .values(
            id=new_id(Kind.SUBMISSION),
            claim=claim_id,
            version=version_id,
            transmission=transmission_id,
            st02=st02,
            payer=payer,
            payer_sequence=payer_sequence,
            frequency=frequency,
            state=SubmissionState.RESERVED.value,
            created_at=tx.now(),
        )
        .on_conflict_do_nothing()
        .returning(submission.c.id)
    )
    reserved: str | None = tx.execute(statement).scalar()
    return reserved


def place_submission(tx: Tx, submission_id: str, *, first_segment: int, last_segment: int) -> None:
    """Note where in its set the submission stands; positions count from ST = 1."""
    tx.execute(
        update(submission)
        .where(submission.c.id == submission_id)
        .values(first_segment=first_segment, last_segment=last_segment)
    )


def seal(tx: Tx, transmission_id: str, *, segments: dict[str, int], **values: Any) -> None:
    """Fix a draft's bytes for ever: *values* are blob, sha256, size, remote_name, map_hash, claims, billed.

    *segments* gives each remaining set's number of segments by ST02; sets that were emptied by the check go.
    """
    tx.execute(
        delete(transmission_set).where(
            transmission_set.c.transmission == transmission_id, transmission_set.c.st02.not_in(list(segments))
        )
    )
    for st02, count in segments.items():
        tx.execute(
            update(transmission_set)
            .where(transmission_set.c.transmission == transmission_id, transmission_set.c.st02 == st02)
            .values(segments=count)
        )
    move(tx, transmission_id, T.SEALED)
    tx.execute(
        update(transmission)
        .where(transmission.c.id == transmission_id)
        .values(sealed_at=tx.now(), due_at=tx.now(), **values)
    )


def has_reference(tx: Tx, reference: str) -> bool:
    """Tell whether a set of ours bears this reference already."""
    query = select(transmission_set.c.id).where(transmission_set.c.reference == reference)
    return tx.execute(query).first() is not None


def name_is_taken(tx: Tx, partner: str, remote_name: str) -> bool:
    """Tell whether a transmission to *partner* bears this remote name already."""
    query = select(transmission.c.id).where(
        transmission.c.partner == partner, transmission.c.remote_name == remote_name
    )
    return tx.execute(query).first() is not None


def get(tx: Tx, transmission_id: str) -> Transmission:
    """Return the transmission; raise NotFound when there is none of that id."""
    found = _found(tx, transmission.c.id == transmission_id)
    if not found:
        raise NotFound(f"no transmission {transmission_id}")
    return found[0]


def by_group(tx: Tx, partner: str, gs06: int | str) -> Transmission | None:
    """Return the transmission to *partner* that a 999 means by AK102; GS06 is unique per partner."""
    number = _number(gs06)
    if number is None:
        return None
    return next(iter(_found(tx, transmission.c.partner == partner, transmission.c.gs06 == number)), None)


def by_pair(tx: Tx, *, sender: str, receiver: str, isa13: int) -> Transmission | None:
    """Return the transmission that bears the interchange number under this pair of ids, to whomever it went."""
    found = _found(
        tx,
        transmission.c.sender == sender,
        transmission.c.receiver == receiver,
        transmission.c.isa13 == isa13,
    )
    return found[0] if found else None


def by_interchange(
    tx: Tx, partner: str, isa13: int | str, *, sender: str | None = None, receiver: str | None = None
) -> Transmission | None:
    """Return the newest transmission to *partner* that a TA1 means by TA101.

    *sender* and *receiver* are ``qualifier:id`` as ISA05-08 had them; ISA13 is unique per such pair.
    """
    number = _number(isa13)
    if number is None:
        return None
    conditions: list[Any] = [transmission.c.partner == partner, transmission.c.isa13 == number]
    if sender is not None:
        conditions.append(transmission.c.sender == sender)
    if receiver is not None:
        conditions.append(transmission.c.receiver == receiver)
    found = _found(tx, *conditions)
    return found[-1] if found else None


def in_state(tx: Tx, *states: TransmissionState, partner: str | None = None) -> list[Transmission]:
    """Return the transmissions in any of *states* (of *partner*), oldest first."""
    conditions: list[Any] = [transmission.c.state.in_([s.value for s in states])]
    if partner is not None:
        conditions.append(transmission.c.partner == partner)
    return _found(tx, *conditions)


def due(tx: Tx, partner: str) -> list[Transmission]:
    """Return what is to be sent to *partner* now: sealed ones, and delivered ones that a person wants sent again."""
    states = [s.value for s in (T.SEALED, T.DELIVERED, T.RECEIVED)]
    return _found(
        tx,
        transmission.c.partner == partner,
        transmission.c.state.in_(states),
        transmission.c.kind != REGISTERED,
        transmission.c.due_at <= tx.now(),
    )


def due_uncertain(tx: Tx, partner: str) -> list[Transmission]:
    """Return the uncertain transmissions to *partner* whose next look is due."""
    return _found(
        tx,
        transmission.c.partner == partner,
        transmission.c.state == T.UNCERTAIN.value,
        or_(transmission.c.due_at.is_(None), transmission.c.due_at <= tx.now()),
    )


def sets(tx: Tx, transmission_id: str) -> list[dict[str, Any]]:
    """Return the sets of a transmission as rows: st02, reference, state, segments."""
    columns = transmission_set.c
    query = (
        select(columns.st02, columns.reference, columns.state, columns.segments)
        .where(columns.transmission == transmission_id)
        .order_by(columns.st02)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def submissions_of(tx: Tx, transmission_id: str, st02: str | None = None) -> list[submissions.Submission]:
    """Return the submissions that a transmission (one of its sets) carries, in file order."""
    return submissions.of_transmission(tx, transmission_id, st02)


def move_submissions(tx: Tx, transmission_id: str, state: SubmissionState, reason: str | None = None) -> int:
    """Move every submission of a transmission that the lifecycle lets move; return how many did."""
    moves = submissions.move_all(tx, {one.id: state for one in submissions_of(tx, transmission_id)}, reason)
    return sum(bool(move) for move in moves.values())


def set_due(tx: Tx, transmission_id: str, due_at: datetime | None) -> None:
    """Say when the transmission is to be looked at next."""
    tx.execute(update(transmission).where(transmission.c.id == transmission_id).values(due_at=due_at))


def hasten(tx: Tx, partner: str) -> None:
    """Have what waits for its next try at *partner* tried now: the partner is back."""
    waiting = (transmission.c.partner == partner) & (transmission.c.state == T.SEALED.value)
    tx.execute(update(transmission).where(waiting, transmission.c.due_at > tx.now()).values(due_at=tx.now()))


def move(
    tx: Tx,
    transmission_id: str,
    state: TransmissionState,
    evidence: str | None = None,
    *,
    due_at: datetime | None = None,
) -> None:
    """Move a transmission to *state*; *evidence* says in our own words how we know, *due_at* when to go on.

    Arriving at the partner, by whatever proof, also marks its submissions as sent and releases its delivery holds.

    Raises:
        NotFound: no such transmission.
        Refused: the lifecycle does not allow the move.

    """
    now = tx.execute(
        select(transmission.c.state).where(transmission.c.id == transmission_id).with_for_update()
    ).scalar()
    if now is None:
        raise NotFound(f"no transmission {transmission_id}")
    if not may_move(TransmissionState(now), state):
        raise Refused(f"a transmission that is {now} cannot become {state.value}")
    values: dict[str, Any] = {"state": state.value, "due_at": due_at}
    if evidence is not None:
        values["evidence"] = evidence[:200]
    if state in _ARRIVED:
        values["delivered_at"] = func.coalesce(transmission.c.delivered_at, literal(tx.now(), Moment()))
    tx.execute(update(transmission).where(transmission.c.id == transmission_id).values(**values))
    if state in _ARRIVED:
        for each in attempts.of(tx, transmission_id):
            if each.state not in {AttemptState.OK, AttemptState.FAILED}:
                attempts.end(tx, transmission_id, each.n, AttemptState.OK, evidence=evidence)
        move_submissions(tx, transmission_id, SubmissionState.SENT)
        for kind in HOLD_KINDS:
            holds.release(tx, transmission_id, kind=kind, reason=evidence or "proved to have arrived")


def stored_blobs(tx: Tx, *, limit: int) -> Sequence[str]:
    """Return the archive ids of the newest files we sent or received, newest first."""
    both = union_all(
        select(transmission.c.blob, transmission.c.sealed_at.label("at")).where(
            transmission.c.blob.is_not(None)
        ),
        select(receipt.c.blob, receipt.c.received_at.label("at")),
    ).subquery()
    return list(tx.execute(select(both.c.blob).order_by(desc(both.c.at)).limit(limit)).scalars())


def _found(tx: Tx, *conditions: Any) -> list[Transmission]:
    query = select(transmission).where(*conditions).order_by(transmission.c.created_at, transmission.c.id)
    return [
        Transmission(**{**row, "state": TransmissionState(row["state"])})
        for row in tx.execute(query).mappings()
    ]


def _number(text: int | str) -> int | None:
    digits = str(text).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None
