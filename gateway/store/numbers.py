"""Sequences that only go up: control numbers, batch references (domain.md 1.5)."""

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.db import Tx
from gateway.store.schema import number


def take(tx: Tx, sequence: str, *, wrap_after: int | None = None) -> int:
    """Return the next number of *sequence*, from 1; it is never given out again once the unit of work commits.

    After *wrap_after* (999999999 for ISA13) the sequence starts again at 1.
    """
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    following = number.c.value + 1
    if wrap_after is not None:
        following = case((number.c.value >= wrap_after, 1), else_=number.c.value + 1)
    statement = (
        insert(number)
        .values(sequence=sequence, value=1)
        .on_conflict_do_update(index_elements=[number.c.sequence], set_={"value": following})
        .returning(number.c.value)
    )
    return int(tx.execute(statement).scalar_one())
