"""What each interchange of a receipt turned out to be."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from gateway.store.db import Tx
from gateway.store.schema import interchange

PROCESSED = "processed"
PARTLY = "partly"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeRow:
    """One ISA..IEA: ids as received, *kinds* the transaction sets found in it, *state* what became of them."""

    ordinal: int
    state: str
    sender: str | None = None
    receiver: str | None = None
    isa13: str | None = None
    environment: str | None = None
    kinds: str = ""


def keep(tx: Tx, receipt_id: str, row: InterchangeRow) -> None:
    """Write what became of an interchange; a reread replaces it."""
    values = {
        "state": row.state,
        "sender": row.sender and row.sender[:40],
        "receiver": row.receiver and row.receiver[:40],
        "isa13": row.isa13 and row.isa13[:15],
        "environment": row.environment and row.environment[:1],
        "kinds": row.kinds[:60],
    }
    where = (interchange.c.receipt == receipt_id) & (interchange.c.ordinal == row.ordinal)
    if tx.execute(select(interchange.c.id).where(where)).first():
        tx.execute(update(interchange).where(where).values(**values))
    else:
        tx.execute(insert(interchange).values(receipt=receipt_id, ordinal=row.ordinal, **values))
