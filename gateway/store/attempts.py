"""Each try to deliver a transmission: its intent, how far it came, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update

from gateway.store.db import Tx
from gateway.store.schema import attempt


class AttemptState(StrEnum):
    """How far one attempt came."""

    OPEN = "open"
    """Intent committed; nothing of ours is under the final name yet."""
    VISIBLE = "visible"
    """Committed just before the step that makes the final name appear: from here on the partner may have it."""
    OK = "ok"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver."""

    n: int
    temp_name: str | None
    final_name: str
    state: AttemptState
    started_at: datetime
    ended_at: datetime | None
    error: str | None
    evidence: str | None


def begin(tx: Tx, transmission_id: str, *, final_name: str, temp_name: str | None) -> int:
    """Commit to an attempt before the first byte leaves; return its number, which replaces ``{n}`` in *temp_name*."""
    last = tx.execute(select(func.max(attempt.c.n)).where(attempt.c.transmission == transmission_id)).scalar()
    n = (last or 0) + 1
    tx.execute(
        insert(attempt).values(
            transmission=transmission_id,
            n=n,
            temp_name=temp_name.replace("{n}", str(n)) if temp_name else None,
            final_name=final_name,
            state=AttemptState.OPEN.value,
            started_at=tx.now(),
        )
    )
    return n


def make_visible(tx: Tx, transmission_id: str, n: int) -> None:
    """Note that the next step makes the final name appear."""
    _set_attempt(tx, transmission_id, n, state=AttemptState.VISIBLE.value)


def end(
    tx: Tx,
    transmission_id: str,
    n: int,
    state: AttemptState,
    *,
    error: str | None = None,
    evidence: str | None = None,
) -> None:
    """Close attempt *n*; *error* is an error's class and step, never a value."""
    _set_attempt(
        tx,
        transmission_id,
        n,
        state=state.value,
        ended_at=tx.now(),
        error=error[:60] if error else None,
        evidence=evidence[:200] if evidence else None,
    )


def of(tx: Tx, transmission_id: str) -> list[Attempt]:
    """Return the attempts to deliver a transmission, oldest first."""
    columns = attempt.c
    query = (
        select(
            columns.n, columns.temp_name, columns.final_name, columns.state, columns.started_at, columns.ended_at,
            columns.error, columns.evidence,
        )
        .where(columns.transmission == transmission_id)
        .order_by(columns.n)
    )  # fmt: skip
    return [Attempt(**{**row, "state": AttemptState(row["state"])}) for row in tx.execute(query).mappings()]


def _set_attempt(tx: Tx, transmission_id: str, n: int, **values: Any) -> None:
    tx.execute(
        update(attempt).where(attempt.c.transmission == transmission_id, attempt.c.n == n).values(**values)
    )


def failures(tx: Tx, transmission_id: str) -> int:
    """Return how many of the newest attempts failed in a row."""
    count = 0
    for each in reversed(of(tx, transmission_id)):
        if each.state is not AttemptState.FAILED:
            break
        count += 1
    return count
