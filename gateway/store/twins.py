"""Held remittances whose payment is in the books already by another file: what came cut off and then whole."""

from collections.abc import Iterable

from sqlalchemy import select

from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.remittances import POSTED, StoredRemittance
from gateway.store.schema import remittance


def posted_like(tx: Tx, held: Iterable[StoredRemittance]) -> dict[str, str]:
    """Return, by the id of a *held* remittance, the posted one of the same payer, trace number and amount, if any."""
    by_trace: dict[str | None, list[StoredRemittance]] = {}
    for one in held:
        if one.trace_number and one.amount:
            by_trace.setdefault(one.trace_number, []).append(one)
    found: dict[str, str] = {}
    for part in chunked(by_trace):
        rows = tx.execute(
            select(
                remittance.c.id, remittance.c.payer_key, remittance.c.trace_number, remittance.c.amount
            ).where(remittance.c.trace_number.in_(part), remittance.c.state == POSTED)
        )
        for row in rows:
            for one in by_trace[row.trace_number]:
                if (one.payer_key, one.amount) == (row.payer_key, row.amount):
                    found[one.id] = row.id
    return found
