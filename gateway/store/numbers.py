"""Sequences that only go up: control numbers, batch references (domain.md 1.5)."""

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.db import Tx
from gateway.store.schema import number


def take(tx: Tx, sequence: str, *, first: int = 1, wrap_after: int | None = None) -> int:
    """Return the next number of *sequence*; it is never given out again once the unit of work commits.

    No number is below *first*, also where *first* was raised meanwhile. After *wrap_after* (999999999 for ISA13) the
    sequence starts again at *first*.
    """
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    starts_again = number.c.value + 1 < first
    if wrap_after is not None:
        starts_again |= number.c.value >= wrap_after
    following = case((starts_again, first), else_=number.c.value + 1)
    statement = (
        insert(number)
        .values(sequence=sequence, value=first)
        .on_conflict_do_update(index_elements=[number.c.sequence], set_={"value": following})
        .returning(number.c.value)
    )
    return int(tx.execute(statement).scalar_one())
