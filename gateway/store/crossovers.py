"""Claims that a payer sent on to another payer, and on which that one has not spoken (domain.md 4.15, 4.16).

Sent on with an answer of its own (claim status 19, 20, 21), or without one, because it is not this payer's claim (23).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from gateway.model.remittance import CROSSED_OVER
from gateway.store import denials, ledger, notes, sent_again
from gateway.store.db import Tx
from gateway.store.journal import ZERO
from gateway.store.remittances import NOTED, POSTED
from gateway.store.schema import claim_payment, remittance, unindexed

_FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """One answer, *id*, by which a payer sent the claim on; *partner* brought it, *since* when it was posted.

    *answered* tells that it settled its own part of the claim; *to* is the payer it went to, where that is said.
    """

    id: str
    claim: str
    partner: str
    since: datetime
    answered: bool
    to: str | None = None


def waiting(tx: Tx, *, partner: str | None = None) -> list[PassedOn]:
    """Return the answers by which claims were sent on that no other payer has answered, the oldest first; of one *partner* or all.

    Left out: what was reversed, what a person closed, what we sent once more ourselves, and claims on which nobody owes
    anything more.
    """
    found = list(_passed_on(tx, partner))
    accounts = ledger.claim_accounts(tx, {one.claim for one in found})
    kept = [one for one in found if accounts[one.claim].open + accounts[one.claim].patient > ZERO]
    said = denials.contents(tx, (one.id for one in kept))
    return [replace(one, to=said[one.id].crossover_payer) for one in kept]


def is_forwarded(submission_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that the payer of a submission sent it on as not its own claim: another one is to answer."""
    forwarded = claim_payment.alias()
    return exists().where(
        forwarded.c.submission == submission_id, forwarded.c.state == NOTED, forwarded.c.class_ == _FORWARDED
    )


def _passed_on(tx: Tx, partner: str | None) -> Iterator[PassedOn]:
    cp, reversal, other, theirs = (
        claim_payment.c,
        claim_payment.alias(),
        claim_payment.alias(),
        remittance.alias(),
    )
    undone = select(reversal.c.reverses).where(reversal.c.reverses.is_not(None))
    answered = exists().where(
        other.c.claim == cp.claim,
        unindexed(other.c.state) == POSTED,
        other.c.remittance == theirs.c.id,
        or_(
            theirs.c.payer_key != remittance.c.payer_key,
            (cp.state == NOTED) & (theirs.c.posted_at > remittance.c.posted_at),
        ),
    )
    query = (
        select(
            cp.id, cp.claim, remittance.c.partner, remittance.c.posted_at.label("since"),
            (cp.state == POSTED).label("answered"),
        )
        .join(remittance, remittance.c.id == cp.remittance)
        .where(
            or_(
                (cp.state == POSTED) & cp.status_code.in_(CROSSED_OVER),
                (cp.state == NOTED) & (cp.class_ == _FORWARDED) & cp.submission.is_not(None),
            ),
            cp.id.not_in(undone),
            ~answered,
            ~sent_again.to_anybody(),
            ~notes.is_closed(cp.id),
        )
        .order_by(remittance.c.posted_at, cp.remittance, cp.ordinal)
    )  # fmt: skip
    if partner is not None:
        query = query.where(remittance.c.partner == partner)
    yield from (PassedOn(**row) for row in tx.execute(query).mappings())
