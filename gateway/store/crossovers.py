"""Claims that a payer sent on to the next payer, and on which that one has not spoken (domain.md 4.15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from gateway.model.remittance import CROSSED_OVER
from gateway.store import ledger, notes
from gateway.store.db import Tx
from gateway.store.journal import ZERO
from gateway.store.remittances import POSTED
from gateway.store.schema import claim_payment, remittance


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """One answer, *id*, by which a payer sent the claim on; *partner* brought it, *since* when it was posted."""

    id: str
    claim: str
    partner: str
    since: datetime


def waiting(tx: Tx) -> list[PassedOn]:
    """Return the answers by which claims were sent on that no other payer has answered, the oldest first.

    Left out: what was reversed, what a person closed, and claims on which nobody owes anything more.
    """
    found = list(_passed_on(tx))
    accounts = ledger.claim_accounts(tx, {one.claim for one in found})
    return [one for one in found if accounts[one.claim].open + accounts[one.claim].patient > ZERO]


def _passed_on(tx: Tx) -> Iterator[PassedOn]:
    cp, reversal, other, theirs = (
        claim_payment.c,
        claim_payment.alias(),
        claim_payment.alias(),
        remittance.alias(),
    )
    undone = select(reversal.c.reverses).where(reversal.c.reverses.is_not(None))
    answered = exists().where(
        other.c.claim == cp.claim,
        other.c.state == POSTED,
        other.c.remittance == theirs.c.id,
        theirs.c.payer_key != remittance.c.payer_key,
    )
    query = (
        select(cp.id, cp.claim, remittance.c.partner, remittance.c.posted_at.label("since"))
        .join(remittance, remittance.c.id == cp.remittance)
        .where(
            cp.state == POSTED,
            cp.status_code.in_(CROSSED_OVER),
            cp.id.not_in(undone),
            ~answered,
            ~notes.is_closed(cp.id),
        )
        .order_by(remittance.c.posted_at, cp.remittance, cp.ordinal)
    )
    yield from (PassedOn(**row) for row in tx.execute(query).mappings())
