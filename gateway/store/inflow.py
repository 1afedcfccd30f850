"""The money that came in, payer by payer: every remittance received in a time, and where its money stands now.

Counted from the remittances and from the journal entries that carry them; `ops.reports.money` holds the sum of all of it
against the ledger's totals, which are counted from the accounts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from gateway.store.db import Tx
from gateway.store.journal import (
    CLEARING,
    CONTRACTUAL,
    PROVIDER,
    RECEIVABLE_PATIENT,
    SUSPENSE,
    ZERO,
)
from gateway.store.remittances import DUPLICATE, POSTED, QUARANTINED
from gateway.store.schema import claim_payment, deposit_movement, journal_entry, journal_line, remittance


@dataclass(slots=True, kw_only=True)
class Inflow:
    """What came in from one payer, or from all: money as it stands now, of remittances received in a time.

    came_in = posted + held + elsewhere (taken out of the queue unposted, by name); a duplicate is counted and is no money.
    posted = on_claims + suspense + provider (PLB, money given positive) = deposited + not_deposited. *contractual* and
    *patient* are what these answers moved beside the money.
    """

    remittances: int = 0
    duplicates: int = 0
    came_in: Decimal = ZERO
    posted: Decimal = ZERO
    held: Decimal = ZERO
    elsewhere: Decimal = ZERO
    on_claims: Decimal = ZERO
    suspense: Decimal = ZERO
    provider: Decimal = ZERO
    deposited: Decimal = ZERO
    contractual: Decimal = ZERO
    patient: Decimal = ZERO

    @property
    def not_deposited(self) -> Decimal:
        """Return what was posted and the bank has not shown."""
        return self.posted - self.deposited

    def add(self, other: "Inflow") -> None:
        """Add what *other* says."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def by_payer(tx: Tx, *, since: datetime | None = None, until: datetime | None = None) -> dict[str, Inflow]:
    """Return what came in from each payer, by its key, of remittances received from *since* until before *until*."""
    found: dict[str, Inflow] = {}
    within = _within(since, until)
    for row in _remittances(tx, within):
        one = found.setdefault(row.payer_key, Inflow())
        if row.state == DUPLICATE:
            one.duplicates += row.number
            continue
        amount = row.amount or ZERO
        one.remittances += row.number
        one.came_in += amount
        if row.state == POSTED:
            one.posted += amount
        elif row.dismissed:
            one.elsewhere += amount
        else:
            one.held += amount
    for row in _lines(tx, within):
        _place(found.setdefault(row.payer_key, Inflow()), row)
    for row in _deposited(tx, within):
        found.setdefault(row.payer_key, Inflow()).deposited += row.amount
    return found


def names(tx: Tx) -> dict[str, str]:
    """Return what each payer mostly calls itself, by its key."""
    rows = tx.execute(
        select(remittance.c.payer_key, remittance.c.payer_name)
        .where(remittance.c.payer_name.is_not(None))
        .group_by(remittance.c.payer_key, remittance.c.payer_name)
        .order_by(func.count(), remittance.c.payer_name)
    )
    return {row.payer_key: row.payer_name for row in rows}


def payments_of(tx: Tx, *, since: datetime | None = None, until: datetime | None = None) -> set[str]:
    """Return the claim payments of the remittances received in that time."""
    query = select(claim_payment.c.id).join(remittance, remittance.c.id == claim_payment.c.remittance)
    return set(tx.execute(query.where(*_within(since, until))).scalars())


def _within(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    limits = []
    if since is not None:
        limits.append(remittance.c.received_at >= since)
    if until is not None:
        limits.append(remittance.c.received_at < until)
    return limits


def _remittances(tx: Tx, within: list[ColumnElement[bool]]) -> Iterator[Any]:
    dismissed = remittance.c.released_by.is_not(None) & (remittance.c.state == QUARANTINED)
    yield from tx.execute(
        select(
            remittance.c.payer_key,
            remittance.c.state,
            dismissed.label("dismissed"),
            func.count().label("number"),
            func.sum(remittance.c.amount).label("amount"),
        )
        .where(*within)
        .group_by(remittance.c.payer_key, remittance.c.state, dismissed)
    )


def _lines(tx: Tx, within: list[ColumnElement[bool]]) -> Iterator[Any]:
    """Yield the sums of the journal's lines by payer, kind of account, and whether they speak of a claim."""
    account = case(
        *((journal_line.c.account.startswith(prefix), prefix) for prefix in (CLEARING, PROVIDER)),
        else_=journal_line.c.account,
    )
    of_claim = journal_line.c.claim.is_not(None)
    yield from tx.execute(
        select(
            remittance.c.payer_key,
            account.label("account"),
            of_claim.label("of_claim"),
            func.sum(journal_line.c.amount).label("amount"),
        )
        .join(journal_entry, journal_entry.c.id == journal_line.c.entry)
        .join(remittance, remittance.c.id == journal_entry.c.remittance)
        .where(*within)
        .group_by(remittance.c.payer_key, account, of_claim)
    )


def _deposited(tx: Tx, within: list[ColumnElement[bool]]) -> Iterator[Any]:
    """Yield by payer what deposits were matched to its remittances, less what was taken back."""
    yield from tx.execute(
        select(remittance.c.payer_key, func.sum(deposit_movement.c.amount).label("amount"))
        .join(remittance, remittance.c.id == deposit_movement.c.remittance)
        .where(*within)
        .group_by(remittance.c.payer_key)
    )


def _place(one: Inflow, row: Any) -> None:
    """Add a sum of lines to the parts that it belongs to."""
    if row.of_claim and row.account in {CLEARING, SUSPENSE}:
        one.on_claims += row.amount
    if row.account == SUSPENSE:
        one.suspense -= row.amount
    elif row.account == PROVIDER:
        one.provider -= row.amount
    elif row.account == CONTRACTUAL:
        one.contractual += row.amount
    elif row.account == RECEIVABLE_PATIENT:
        one.patient += row.amount
