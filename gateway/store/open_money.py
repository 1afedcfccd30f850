"""Money that is not explained: deposits without their remittance, remittances without their deposit, each with its age."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from gateway.model.deposit import CHECK, business_days
from gateway.model.reassociation import OpenDeposit, OpenRemittance, Suggestion, Unpaid, Windows, suggestions
from gateway.settings import Settings, zone
from gateway.store import deposits, notes
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.notes import Note
from gateway.store.schema import remittance

NO_DEPOSIT = "no-deposit"
NO_REMITTANCE = "no-remittance-for-deposit"
ALARMS = (NO_DEPOSIT, NO_REMITTANCE)
"""The names of the two alarms; each has its page in the runbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDeposit:
    """Money without remittance: *age* in business days, *due* when it is overdue.

    *suggestions* are ranked; *held* are remittances that the bank names and that are not posted; *twins* are deposits
    recorded before that name the same payment and amount.
    """

    deposit: OpenDeposit
    age: int
    due: bool
    suggestions: tuple[Suggestion, ...]
    held: tuple[str, ...]
    twins: tuple[str, ...]

    @property
    def likeliest(self) -> tuple[Suggestion, ...]:
        """The suggestions that nothing puts before each other: which of them it is, only a person can say."""
        if not self.suggestions:
            return ()
        best = self.suggestions[0]
        alike = (best.rank, abs(best.difference))
        return tuple(one for one in self.suggestions if (one.rank, abs(one.difference)) == alike)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRemittance:
    """A posted remittance without its money: *age* in business days since *day*, *due* when it is overdue.

    *day* is BPR16, and the day on which it was posted where it says none. A remittance from before the first deposit is
    never due: the bank was not looked at then. Nor is one of which a person said in its newest *note* that nothing more comes.
    """

    remittance: OpenRemittance
    day: date
    age: int
    due: bool
    note: Note | None = None

    @property
    def is_closed(self) -> bool:
        """Tell whether a person said that no more of its money comes."""
        return self.note is not None and self.note.kind == notes.CLOSED


def windows(settings: Settings) -> Windows:
    """Return how far apart deposit and remittance may be."""
    return Windows(transfer=settings.deposits.window_days, check=settings.deposits.check_window_days)


def today(settings: Settings, now: datetime) -> date:
    """Return the day that *now* is for the office."""
    return now.astimezone(zone(settings.submitter.time_zone)).date()


def waiting_deposits(tx: Tx, settings: Settings, now: datetime) -> list[WaitingDeposit]:
    """Return the deposits that are not explained in full, the oldest first."""
    found = deposits.open_deposits(tx)
    if not found:
        return []
    unpaid, limits = Unpaid(deposits.open_remittances(tx)), windows(settings)
    held, day = _held(tx, found), today(settings, now)
    twins = deposits.told_before(tx, found, days=settings.deposits.window_days)
    waiting = []
    for one in found:
        age = business_days(one.date, day)
        waiting.append(
            WaitingDeposit(
                deposit=one,
                age=age,
                due=age > settings.deposits.due_days,
                suggestions=tuple(suggestions(one, unpaid, limits)),
                held=tuple(held.get(one.id, ())),
                twins=tuple(twins.get(one.id, ())),
            )
        )
    return waiting


def waiting_remittances(tx: Tx, settings: Settings, now: datetime) -> list[WaitingRemittance]:
    """Return the posted remittances whose money the bank has not shown in full, the oldest first."""
    since, now_it_is, limits = deposits.first_day(tx), today(settings, now), settings.deposits
    found = deposits.open_remittances(tx)
    noted = notes.latest(tx, (one.id for one in found))
    waiting = []
    for one in found:
        paid_on = one.date or today(settings, one.posted_at)
        age = business_days(paid_on, now_it_is)
        allowed = limits.check_due_days if one.method == "CHK" else limits.due_days
        watched = since is not None and paid_on >= since
        unpaid = WaitingRemittance(remittance=one, day=paid_on, age=age, due=False, note=noted.get(one.id))
        waiting.append(replace(unpaid, due=watched and age > allowed and not unpaid.is_closed))
    return waiting


def _held(tx: Tx, found: list[OpenDeposit]) -> dict[str, list[str]]:
    """Return by deposit the quarantined remittances whose trace number it names."""
    by_number: dict[str, list[str]] = {}
    for one in found:
        for name in one.names:
            if name.kind != CHECK:
                by_number.setdefault(name.number.strip().upper(), []).append(one.id)
    held: dict[str, list[str]] = {}
    for part in chunked(by_number):
        trace = func.upper(remittance.c.trace_number)
        rows = tx.execute(
            select(remittance.c.id, trace.label("trace")).where(
                trace.in_(part), remittance.c.state == "quarantined", remittance.c.released_by.is_(None)
            )
        )
        for row in rows:
            for owner in by_number[row.trace]:
                held.setdefault(owner, []).append(row.id)
    return held
