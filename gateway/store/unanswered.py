"""Claims of which a payer took its answer back and gave none in its place: a void, or a correction that never came (4.9)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from gateway.store import ledger, notes, sent_again
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.journal import ZERO
from gateway.store.remittances import POSTED
from gateway.store.schema import claim_payment, remittance

_REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The newest reversal *id* of a payer on a claim, and how much of the charge is open and unanswered since."""

    id: str
    claim: str
    partner: str
    payer_key: str
    payer_name: str | None
    since: datetime
    amount: Decimal
    open: Decimal


def after_reversals(tx: Tx) -> list[Unanswered]:
    """Return what payers took back and have not answered anew, the oldest first.

    Left out: what a person closed, what went to that payer again since, and what is not open any more.
    """
    newest = {(row["claim"], row["payer_key"]): row for row in _reversals(tx)}
    accounts = ledger.claim_accounts(tx, {claim for claim, _ in newest})
    standing = _answered(tx, accounts)
    found = []
    for key, row in newest.items():
        account = accounts[row["claim"]]
        amount = min(account.open, account.charge - standing.get(key, ZERO))
        if amount > ZERO:
            found.append(Unanswered(**row, amount=amount, open=account.open))
    return sorted(found, key=lambda one: one.since)


def _reversals(tx: Tx) -> Iterator[dict[str, Any]]:
    """Yield the reversals that undid an answer, in the order in which they were posted."""
    cp = claim_payment.c
    query = (
        select(
            cp.id, cp.claim, remittance.c.partner, remittance.c.payer_key, remittance.c.payer_name,
            remittance.c.posted_at.label("since"),
        )
        .join(remittance, remittance.c.id == cp.remittance)
        .where(cp.state == POSTED, cp.class_ == _REVERSAL, cp.reverses.is_not(None))
        .where(~sent_again.to_the_same_payer(), ~notes.is_closed(cp.id))
        .order_by(remittance.c.posted_at, cp.remittance, cp.ordinal)
    )  # fmt: skip
    yield from (dict(row) for row in tx.execute(query).mappings())


def _answered(tx: Tx, claims: Iterable[str]) -> dict[tuple[str, str], Decimal]:
    """Return, by claim and payer, for how much of the charge an answer stands."""
    cp, reversal = claim_payment.c, claim_payment.alias()
    undone = select(reversal.c.reverses).where(reversal.c.reverses.is_not(None))
    found: dict[tuple[str, str], Decimal] = {}
    for part in chunked(claims):
        query = (
            select(cp.claim, remittance.c.payer_key, func.sum(cp.charge).label("charge"))
            .join(remittance, remittance.c.id == cp.remittance)
            .where(cp.claim.in_(part), cp.state == POSTED, cp.class_ != _REVERSAL, cp.id.not_in(undone))
            .group_by(cp.claim, remittance.c.payer_key)
        )
        found |= {(row.claim, row.payer_key): row.charge for row in tx.execute(query)}
    return found
