"""What the daemon remembers of each partner across a restart: pauses, failures in a row, what is due when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Executable, insert, select, update

from gateway.store import transmissions
from gateway.store.db import Tx
from gateway.store.schema import partner_state

BREAKER = "breaker"
"""Who paused a partner when failures did: such a pause ends with the first success, a person's does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerState:
    """The state of one partner; a partner never heard of is simply not paused, with nothing due yet.

    *failures* counts failed contacts in a row; *last_error* is an error's code, never a value; *poll_due_at* and
    *cutoff_due_at* are None until the daemon has planned them.
    """

    partner: str
    paused: bool = False
    paused_reason: str | None = None
    paused_by: str | None = None
    failures: int = 0
    poll_due_at: datetime | None = None
    cutoff_due_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_error: str | None = None
    map_hash: str | None = None

    @property
    def tripped(self) -> bool:
        """Paused by failures, not by a person: to be probed now and then."""
        return self.paused and self.paused_by == BREAKER


def get(tx: Tx, partner: str) -> PartnerState:
    """Return the state of *partner*."""
    row = tx.execute(select(partner_state).where(partner_state.c.partner == partner)).mappings().first()
    return PartnerState(**row) if row else PartnerState(partner=partner)


def get_all(tx: Tx) -> dict[str, PartnerState]:
    """Return the state of every partner that has one, by name."""
    rows = tx.execute(select(partner_state).order_by(partner_state.c.partner)).mappings()
    return {row["partner"]: PartnerState(**row) for row in rows}


def pause(tx: Tx, partner: str, reason: str) -> bool:
    """Pause *partner* by the will of the unit of work's actor; return False when a person had done so already.

    A pause by failures becomes the person's, so that a success no longer ends it.
    """
    state = get(tx, partner)
    if state.paused and not state.tripped:
        return False
    _set(tx.execute, partner, paused=True, paused_reason=reason[:400], paused_by=tx.actor)
    return True


def resume(tx: Tx, partner: str) -> bool:
    """End a pause, whoever made it, and forget the failures; return False when there was none."""
    if not get(tx, partner).paused:
        return False
    _set(tx.execute, partner, paused=False, paused_reason=None, paused_by=None, failures=0)
    transmissions.hasten(tx, partner)
    return True


def record_failure(tx: Tx, partner: str, code: str, breaker_failures: int) -> bool:
    """Count a failed contact; return True when this one pauses the partner (the *breaker_failures*-th in a row).

    *code* is an error's class name or rule id.
    """
    state = get(tx, partner)
    failures = state.failures + 1
    trips = failures >= breaker_failures and not state.paused
    changes: dict[str, Any] = {"failures": failures, "last_error": code[:60]}
    if trips:
        changes |= {
            "paused": True,
            "paused_reason": f"{failures} failures in a row, the last: {code[:60]}",
            "paused_by": BREAKER,
        }
    _set(tx.execute, partner, **changes)
    return trips


def record_success(tx: Tx, partner: str) -> bool:
    """Note a contact that worked; return True when it ends a pause that failures had made."""
    tripped = get(tx, partner).tripped
    changes: dict[str, Any] = {"failures": 0, "last_error": None, "last_contact_at": tx.now()}
    if tripped:
        changes |= {"paused": False, "paused_reason": None, "paused_by": None}
    _set(tx.execute, partner, **changes)
    if tripped:
        transmissions.hasten(tx, partner)
    return tripped


def set_due(
    tx: Tx, partner: str, *, poll_due_at: datetime | None = None, cutoff_due_at: datetime | None = None
) -> None:
    """Plan the next poll, the next cutoff, or both; what is not given stays. A plan needs no audit event."""
    plans = {"poll_due_at": poll_due_at, "cutoff_due_at": cutoff_due_at}
    if given := {name: moment for name, moment in plans.items() if moment is not None}:
        _set(tx.housekeep, partner, **given)


def set_map_hash(tx: Tx, partner: str, map_hash: str) -> None:
    """Remember the hash of the effective map, so that a change of it is an event."""
    _set(tx.execute, partner, map_hash=map_hash)


def _set(run: Callable[[Executable], CursorResult[Any]], partner: str, **values: Any) -> None:
    # Writers go one at a time (store/db.py), so that an update that met no row may insert.
    if not run(update(partner_state).where(partner_state.c.partner == partner).values(**values)).rowcount:
        run(insert(partner_state).values(partner=partner, **values))
