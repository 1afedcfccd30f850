"""What each interchange of a receipt turned out to be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from gateway.model.findings import Finding, warning
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


def repeated(tx: Tx, receipt_id: str, rows: Iterable[InterchangeRow]) -> Iterator[Finding]:
    """Warn of interchanges with remittances whose number the sender used before (4.13): senders do, so that is all."""
    columns = interchange.c
    for row in rows:
        if row.isa13 is None or "835" not in row.kinds.split():
            continue
        before = tx.execute(
            select(columns.receipt)
            .where(
                columns.isa13 == row.isa13[:15],
                columns.sender == (row.sender and row.sender[:40]),
                columns.receiver == (row.receiver and row.receiver[:40]),
                columns.receipt != receipt_id,
            )
            .order_by(columns.id)
            .limit(1)
        ).scalar()
        if before is not None:
            yield warning(
                "RCV-ISA13",
                f"the sender used this interchange number before, in {before}; nothing is left out for that, each payment is "
                "looked at by itself",
                file=receipt_id,
                segment="ISA",
                element="ISA13",
            )
