"""Held remittances whose payment is in the books already by another file: what came cut off, or wrong, and then whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.journal import ZERO
from gateway.store.remittances import POSTED, StoredRemittance
from gateway.store.schema import remittance


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A posted remittance *id* of the same payer and trace number; *amount* tells whether of the same amount too."""

    id: str
    amount: Decimal


def posted_like(tx: Tx, held: Iterable[StoredRemittance]) -> dict[str, Twin]:
    """Return, by the id of a *held* remittance with money, the posted one of the same payer and trace number, if any.

    Of several, one of the same amount: that came cut off, or in other words; another amount may be the corrected one.
    """
    by_trace: dict[str | None, list[StoredRemittance]] = {}
    for one in held:
        if one.trace_number and one.amount:
            by_trace.setdefault(one.trace_number, []).append(one)
    found: dict[str, Twin] = {}
    for part in chunked(by_trace):
        rows = tx.execute(
            select(remittance.c.id, remittance.c.payer_key, remittance.c.trace_number, remittance.c.amount)
            .where(
                remittance.c.trace_number.in_(part), remittance.c.state == POSTED, remittance.c.amount != ZERO
            )
            .order_by(remittance.c.received_at, remittance.c.id)
        )
        for row in rows:
            for one in by_trace[row.trace_number]:
                better = one.id not in found or row.amount == one.amount
                if one.payer_key == row.payer_key and better:
                    found[one.id] = Twin(id=row.id, amount=row.amount)
    return found
