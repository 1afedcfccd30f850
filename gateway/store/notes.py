"""What people noted on a thing that waits: that they work on it, or that it is closed. A note never touches money."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, insert, select

from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.schema import note

WORKED, CLOSED, ELSEWHERE = "worked", "closed", "elsewhere"
"""Somebody works on it; it is closed; a payment in suspense is booked elsewhere, and waits for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note: *kind* worked, closed or elsewhere, by a named user, for a reason."""

    subject: str
    kind: str
    reason: str
    by: str
    at: datetime


def add(tx: Tx, subject: str, kind: str, reason: str) -> None:
    """Note *kind* (worked, closed or elsewhere) on *subject* under the name of who is at work."""
    tx.execute(
        insert(note).values(subject=subject, kind=kind, reason=reason[:400], by=tx.actor[:60], at=tx.now())
    )


def latest(tx: Tx, subjects: Iterable[str]) -> dict[str, Note]:
    """Return the newest note on each of *subjects* that has one."""
    found: dict[str, Note] = {}
    for part in chunked(subjects):
        rows = tx.execute(select(note).where(note.c.subject.in_(part)).order_by(note.c.id))
        for row in rows:
            found[row.subject] = Note(
                subject=row.subject, kind=row.kind, reason=row.reason, by=row.by, at=row.at
            )
    return found


def is_closed(subject: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that somebody closed the thing whose id stands in *subject*, and nobody noted more since."""
    return _is_newest(subject, CLOSED)


def is_elsewhere(subject: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that the newest note on the thing in *subject* says that it is booked elsewhere."""
    return _is_newest(subject, ELSEWHERE)


def _is_newest(subject: ColumnElement[str], kind: str) -> ColumnElement[bool]:
    later = note.alias()
    newer = exists().where(later.c.subject == note.c.subject, later.c.id > note.c.id)
    return exists().where(note.c.subject == subject, note.c.kind == kind, ~newer)
