"""Verdicts as they came: one row for each thing a TA1, 999 or 277CA says, keyed so that a reread changes nothing.

A row whose outcome is in `WAITING` is work for a person (ACK-03); a reread may settle it, any other row is final.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update

from gateway.store.db import Tx
from gateway.store.schema import acknowledgement, receipt, transmission, transmission_set


class Result(StrEnum):
    """What a verdict came to: the column *outcome*."""

    ACCEPTED = "accepted"
    ERRORS_NOTED = "errors_noted"
    """TA1 or 999 with E: accepted, with remarks."""
    RECEIVED = "received"
    """277CA A1: receipt only."""
    FORWARDED = "forwarded"
    SPLIT = "split"
    REJECTED = "rejected"
    SECOND_COPY = "second_copy"
    """TA1 025 after a retry: the partner had the first copy already (ACK-06)."""
    UNMATCHED = "unmatched"
    """Speaks of nothing we sent."""
    UNKNOWN = "unknown"
    """Cannot be told from the answer whether it was accepted."""
    CONFLICT = "conflict"
    """Contradicts what a later layer said."""


WAITING = frozenset({Result.UNMATCHED, Result.UNKNOWN, Result.CONFLICT})
"""Results that wait for a person until `resolve`."""

_TAKEN = frozenset({Result.ACCEPTED, Result.RECEIVED, Result.FORWARDED, Result.SPLIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One verdict to keep. *source* says who speaks: interchange, group, clearinghouse or payer; *codes* are bare codes."""

    receipt: str
    place: str
    kind: str
    source: str
    outcome: Result
    transmission: str | None = None
    st02: str | None = None
    submission: str | None = None
    codes: str = ""
    detail: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A verdict that waits for a person."""

    receipt: str
    partner: str
    place: str
    kind: str
    outcome: Result
    codes: str
    submission: str | None
    transmission: str | None
    at: datetime


def known(tx: Tx, receipt_id: str, place: str) -> Result | None:
    """Return what the verdict at *place* of a receipt came to before, None where it is new."""
    found = tx.execute(
        select(acknowledgement.c.outcome).where(
            acknowledgement.c.receipt == receipt_id, acknowledgement.c.place == place
        )
    ).scalar()
    return None if found is None else Result(found)


def settled(tx: Tx, receipt_id: str, place: str) -> bool:
    """Tell whether the verdict at *place* has been dealt with, so that a reread leaves it alone."""
    found = tx.execute(
        select(acknowledgement.c.outcome, acknowledgement.c.resolved_by).where(
            acknowledgement.c.receipt == receipt_id, acknowledgement.c.place == place
        )
    ).first()
    return found is not None and (found.resolved_by is not None or Result(found.outcome) not in WAITING)


def keep(tx: Tx, verdict: Verdict) -> None:
    """Keep *verdict*; one that was waiting at the same place is replaced."""
    values = {
        "kind": verdict.kind,
        "source": verdict.source,
        "outcome": verdict.outcome.value,
        "transmission": verdict.transmission,
        "st02": None if verdict.st02 is None else verdict.st02[:9],
        "submission": verdict.submission,
        "codes": verdict.codes[:200],
        "detail_sealed": None if verdict.detail is None else tx.seal_json(verdict.detail),
        "at": tx.now(),
    }
    where = (acknowledgement.c.receipt == verdict.receipt) & (acknowledgement.c.place == verdict.place)
    if known(tx, verdict.receipt, verdict.place) is None:
        tx.execute(insert(acknowledgement).values(receipt=verdict.receipt, place=verdict.place, **values))
    else:
        tx.execute(update(acknowledgement).where(where).values(**values))


def waiting(tx: Tx) -> list[Waiting]:
    """Return every verdict that waits for a person, oldest first."""
    a = acknowledgement.c
    rows = tx.execute(
        select(
            a.receipt,
            receipt.c.partner,
            a.place,
            a.kind,
            a.outcome,
            a.codes,
            a.submission,
            a.transmission,
            a.at,
        )
        .join(receipt, receipt.c.id == a.receipt)
        .where(a.outcome.in_([r.value for r in WAITING]), a.resolved_by.is_(None))
        .order_by(a.at, a.id)
    ).mappings()
    return [Waiting(**{**row, "outcome": Result(row["outcome"])}) for row in rows]


def resolve(tx: Tx, receipt_id: str) -> int:
    """Mark what waits in a receipt as dealt with by the present actor and return how many verdicts that were."""
    return tx.execute(
        update(acknowledgement)
        .where(
            acknowledgement.c.receipt == receipt_id,
            acknowledgement.c.outcome.in_([r.value for r in WAITING]),
            acknowledgement.c.resolved_by.is_(None),
        )
        .values(resolved_by=tx.actor)
    ).rowcount


def taken(tx: Tx, submission_id: str) -> list[tuple[str, Result]]:
    """Return who took a submission or passed it on by a 277CA, and how, in the order in which it was heard."""
    a = acknowledgement.c
    rows = tx.execute(
        select(a.source, a.outcome)
        .where(a.submission == submission_id, a.kind == "277CA", a.outcome.in_([r.value for r in _TAKEN]))
        .order_by(a.id)
    )
    return [(row.source, Result(row.outcome)) for row in rows]


def set_states(tx: Tx, transmission_id: str) -> dict[str, str]:
    """Return the state of each transaction set of a transmission by its ST02."""
    rows = tx.execute(
        select(transmission_set.c.st02, transmission_set.c.state)
        .where(transmission_set.c.transmission == transmission_id)
        .order_by(transmission_set.c.id)
    )
    return {row.st02: row.state for row in rows}


def mark_set(tx: Tx, transmission_id: str, st02: str, state: str) -> None:
    """Write what a 999 said of one set: accepted, rejected or unknown."""
    tx.execute(
        update(transmission_set)
        .where(transmission_set.c.transmission == transmission_id, transmission_set.c.st02 == st02)
        .values(state=state)
    )


def mark_transmission(
    tx: Tx, transmission_id: str, *, ta1: str | None = None, ack_999: str | None = None
) -> None:
    """Note the last TA104 or AK901 heard of a transmission."""
    said = {name: value[:1] for name, value in (("ta1", ta1), ("ack_999", ack_999)) if value}
    tx.execute(update(transmission).where(transmission.c.id == transmission_id).values(**said))
