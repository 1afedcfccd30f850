"""A claim's account as a statement: what moved it, step by step, read off the journal; and what was told of each step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from gateway.store import claim_payments, remittances
from gateway.store.chunks import chunked
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.exports import PAYMENT
from gateway.store.ledger import ClaimAccount, account_of
from gateway.store.schema import (
    claim_payment,
    export_row,
    journal_entry,
    journal_line,
    provider_adjustment,
    remittance,
    unindexed,
)

_FEW = 20
"""So many claim payments of a remittance are looked for one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One claim payment's, or another single entry's, effect on a claim: the account after it.

    *kind* is the journal's; *claim_payment* is None of what no payer's answer moved: a charge.
    """

    at: datetime
    kind: str
    claim_payment: str | None
    after: ClaimAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProviderAdjustment:
    """One PLB pair as kept; *amount* as received: positive takes money from the provider."""

    ordinal: int
    provider: str
    reason: str
    reference: str | None
    amount: Decimal


def steps(tx: Tx, claim_id: str) -> list[Step]:
    """Return what moved the account of *claim_id*, in the order of the journal; the last one's account is today's.

    Raises:
        BooksBroken: after some step charge = paid + adjusted + patient + open does not hold.

    """
    lines = tx.execute(
        select(
            journal_entry.c.at,
            journal_entry.c.kind,
            journal_entry.c.posting_id,
            journal_entry.c.claim_payment,
            journal_line.c.account,
            journal_line.c.amount,
        )
        .join(journal_line, journal_line.c.entry == journal_entry.c.id)
        .where(journal_line.c.claim == claim_id)
        .order_by(journal_line.c.id)
    )
    balances: dict[str, Decimal] = {}
    found: list[Step] = []
    for (payment, _), group in groupby(
        lines, key=lambda row: (row.claim_payment, None if row.claim_payment else row.posting_id)
    ):
        rows = list(group)
        for row in rows:
            balances[row.account] = balances.get(row.account, Decimal("0.00")) + row.amount
        after = account_of(claim_id, balances)
        found.append(Step(at=rows[0].at, kind=rows[0].kind, claim_payment=payment, after=after))
    return found


def of_claim(tx: Tx, claim_id: str) -> list[StoredPayment]:
    """Return the claim payments that are known to be of *claim_id*, in the order in which they were judged.

    Those in suspense are left out: there the claim is a proposal only.
    """
    found = claim_payments.posted(tx, [claim_id])[claim_id]
    of_it = claim_payment.c.claim == claim_id
    at = _posted_at(tx, of_it)
    for one in _kept(tx, of_it & (claim_payment.c.state == remittances.NOTED)):
        later = (n for n, p in enumerate(found) if at[p.remittance] > at[one.remittance])
        found.insert(next(later, len(found)), one)
    return found


def _posted_at(tx: Tx, which: Any) -> dict[str, datetime]:
    """Return when each remittance was posted that these claim payments stand in."""
    rows = tx.execute(
        select(remittance.c.id, remittance.c.posted_at)
        .join(claim_payment, claim_payment.c.remittance == remittance.c.id)
        .where(which)
    )
    return {row.id: row.posted_at for row in rows}


def of_remittance(tx: Tx, remittance_id: str) -> list[StoredPayment]:
    """Return the claim payments of a remittance in its own order."""
    return sorted(_kept(tx, claim_payment.c.remittance == remittance_id), key=lambda p: p.ordinal)


def provider_adjustments(tx: Tx, remittance_id: str) -> list[StoredProviderAdjustment]:
    """Return the PLB pairs of a remittance in order."""
    c = provider_adjustment.c
    rows = tx.execute(select(provider_adjustment).where(c.remittance == remittance_id).order_by(c.ordinal))
    return [
        StoredProviderAdjustment(
            ordinal=row.ordinal,
            provider=row.provider,
            reason=row.reason,
            reference=tx.unseal(row.reference_sealed).decode() if row.reference_sealed else None,
            amount=row.amount,
        )
        for row in rows
    ]


def told(tx: Tx, payments: Iterable[StoredPayment]) -> dict[str, list[dict[str, Any]]]:
    """Return, by claim payment, the rows that the billing system was told of it, in their order.

    Of a remittance with many of these *payments* all rows are read at once.
    """
    numbers: dict[str, list[int]] = {}
    for payment in payments:
        numbers.setdefault(payment.remittance, []).append(payment.ordinal)
    starts = (
        f"{remittance_id}-{number}"
        for remittance_id, some in numbers.items()
        for number in ([f"{n}-" for n in some] if len(some) <= _FEW else [""])
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for part in chunked(starts):
        rows = tx.execute(
            select(export_row)
            .where(unindexed(export_row.c.kind) == PAYMENT, or_(*(_begins(tx, start) for start in part)))
            .order_by(export_row.c.id)
        )
        for row in rows:
            content = tx.unseal_json(row.content_sealed)
            if content.get("claim_payment"):
                told_of = found.setdefault(content["claim_payment"], [])
                told_of.append({"posting_id": row.posting_id, **content})
    return found


def _begins(tx: Tx, start: str) -> ColumnElement[bool]:
    """Return the condition that a posting id begins so; SQLite has no index for it but for a range, and compares bytes."""
    posting_id = export_row.c.posting_id
    if tx.dialect == "sqlite":
        return posting_id.between(start, f"{start}\uffff")
    return posting_id.startswith(start, autoescape=True)


def _kept(tx: Tx, which: Any) -> list[StoredPayment]:
    query = select(claim_payment.c.id).where(which)
    return [claim_payments.get(tx, payment_id) for payment_id in tx.execute(query).scalars()]
