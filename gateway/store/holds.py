"""Stops on claims, transmissions and receipts, placed and released by name."""

from collections.abc import Iterable

from sqlalchemy import insert, select, update

from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.schema import hold


def place(tx: Tx, subject: str, kind: str, reason: str, *, by: str | None = None) -> bool:
    """Hold *subject*; return False when a hold of this *kind* is already open on it.

    *kind* is edit, unroutable, check, rejected, user, uncertain, delivery, duplicate, or on a receipt quarantine; *reason*
    is our own words and codes.
    """
    if tx.execute(
        select(hold.c.id).where(hold.c.subject == subject, hold.c.kind == kind, hold.c.released_at.is_(None))
    ).first():
        return False
    tx.execute(
        insert(hold).values(subject=subject, kind=kind, reason=reason[:400], by=by or tx.actor, at=tx.now())
    )
    return True


def release(tx: Tx, subject: str, *, reason: str, kind: str | None = None) -> int:
    """Release the open holds on *subject* (of *kind*, or all) and return how many there were."""
    open_ones = update(hold).where(hold.c.subject == subject, hold.c.released_at.is_(None))
    if kind is not None:
        open_ones = open_ones.where(hold.c.kind == kind)
    return tx.execute(
        open_ones.values(released_at=tx.now(), released_by=tx.actor, released_reason=reason[:400])
    ).rowcount


def held(tx: Tx, subjects: Iterable[str]) -> set[str]:
    """Return those of *subjects* that a hold is open on."""
    found: set[str] = set()
    for part in chunked(subjects):
        query = select(hold.c.subject).where(hold.c.subject.in_(part), hold.c.released_at.is_(None))
        found.update(tx.execute(query).scalars())
    return found


def open_kinds(tx: Tx, subject: str) -> list[str]:
    """Return the kinds of the open holds on *subject*."""
    return list(
        tx.execute(
            select(hold.c.kind).where(hold.c.subject == subject, hold.c.released_at.is_(None))
        ).scalars()
    )
