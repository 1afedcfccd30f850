"""What the billing system is told: rows queued in the unit of work that made them, files written from rows (law 5).

A row is queued once under its posting id. An export covers a run of row ids of one kind; it is committed as pending
before its file is written and marked afterwards, so that a crash in between writes the same file again, with the same
name and the same bytes, and nothing is ever written under two names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from gateway.errors import NotFound
from gateway.model.identifiers import Kind, new_id
from gateway.store.chunks import pieces
from gateway.store.db import Tx
from gateway.store.schema import export, export_row

CLAIM_STATUS = "claim_status"
PAYMENT = "payment"
REJECTED = "rejected"
"""Not told but given back: claims that were rejected after they were taken in (`claims.intake.rejected`)."""
TOLD = (CLAIM_STATUS, PAYMENT)
SPLIT_835 = "835"
"""A receipt whose 835s are written again, a file a billing entity (`responses.split_receipts`)."""
ANSWER_999 = "999"
"""A receipt whose 835s are answered by a 999 (`responses.send_999`)."""
KINDS = (*TOLD, REJECTED, SPLIT_835, ANSWER_999)

_FILE_STEM = {
    CLAIM_STATUS: "claim_status",
    PAYMENT: "payments",
    REJECTED: "rejected",
    SPLIT_835: "835",
    ANSWER_999: "999",
}

ROWS_PER_EXPORT = 50_000
"""Most rows in one file, so that no file outgrows the memory of what reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One file for the billing system, as JSON lines and as CSV; *name* is its stem."""

    id: str
    kind: str
    state: str
    name: str
    from_id: int
    to_id: int
    rows: int
    sha256: str | None
    created_at: datetime
    written_at: datetime | None


def queue(tx: Tx, kind: str, posting_id: str, content: Mapping[str, Any]) -> bool:
    """Queue one row for the billing system; return False when *posting_id* was queued before (nothing is done).

    *content* is what `responses.export` writes: JSON values only, amounts as exact decimal text.
    """
    return queue_all(tx, kind, [(posting_id, content)]) == 1


def queue_all(tx: Tx, kind: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    """Queue *rows*, each a posting id with its content, as `queue` does; return how many were new."""
    return queue_sealed(tx, kind, ((key, tx.seal_json(content)) for key, content in rows))


def sealed(tx: Tx, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, bytes]]:
    """Return *rows* as `queue_sealed` takes them."""
    return [(key, tx.seal_json(content)) for key, content in rows]


def queue_sealed(tx: Tx, kind: str, rows: Iterable[tuple[str, bytes]]) -> int:
    """Queue *rows* as `queue_all` does, their contents sealed before."""
    if kind not in KINDS:
        raise ValueError(f"no export kind {kind!r}")
    now, new = tx.now(), 0
    for part in map(dict, pieces(rows)):
        query = select(export_row.c.posting_id).where(export_row.c.posting_id.in_(list(part)))
        known = set(tx.execute(query).scalars())
        values = [
            {"kind": kind, "posting_id": key, "content_sealed": content, "at": now}
            for key, content in part.items()
            if key not in known
        ]
        if values:
            tx.execute(insert(export_row), values)
        new += len(values)
    return new


def pending(tx: Tx, kinds: Iterable[str] = TOLD) -> list[Export]:
    """Return the exports of *kinds* whose files may not have been written, oldest first."""
    wanted = (export.c.state == "pending", export.c.kind.in_(list(kinds)))
    return _exports(tx, select(export).where(*wanted).order_by(export.c.created_at))


def get(tx: Tx, export_id: str) -> Export:
    """Return one export; raise NotFound when there is none of that id."""
    found = _exports(tx, select(export).where(export.c.id == export_id))
    if not found:
        raise NotFound(f"no export {export_id}")
    return found[0]


def waiting(tx: Tx, kind: str) -> int:
    """Return how many rows of *kind* are in no export yet."""
    return int(tx.execute(_next_rows(tx, kind, func.count())).scalar_one())


def open_export(tx: Tx, kind: str) -> Export | None:
    """Make a pending export of the next rows of *kind*; None when there are none."""
    ids = list(
        tx.execute(
            _next_rows(tx, kind, export_row.c.id).order_by(export_row.c.id).limit(ROWS_PER_EXPORT)
        ).scalars()
    )
    if not ids:
        return None
    export_id = new_id(Kind.EXPORT)
    tx.execute(
        insert(export).values(
            id=export_id,
            kind=kind,
            state="pending",
            from_id=_last(tx, kind) + 1,
            to_id=ids[-1],
            rows=len(ids),
            name=f"{_FILE_STEM[kind]}_{export_id}",
            created_at=tx.now(),
        )
    )
    return get(tx, export_id)


def rows_of(tx: Tx, made: Export) -> list[dict[str, Any]]:
    """Return the content of an export's rows in order, each with its ``posting_id`` and ``at``."""
    rows = tx.execute(
        select(export_row)
        .where(export_row.c.kind == made.kind, export_row.c.id.between(made.from_id, made.to_id))
        .order_by(export_row.c.id)
    )
    return [
        {
            "posting_id": row.posting_id,
            "at": row.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            **tx.unseal_json(row.content_sealed),
        }
        for row in rows
    ]


def mark_written(tx: Tx, export_id: str, *, sha256: str) -> None:
    """Note that an export's files stand in inbound/; *sha256* is of the JSON lines."""
    tx.execute(
        update(export)
        .where(export.c.id == export_id)
        .values(state="written", sha256=sha256, written_at=tx.now())
    )


def _last(tx: Tx, kind: str) -> int:
    last = tx.execute(select(func.max(export.c.to_id)).where(export.c.kind == kind)).scalar()
    return last or 0


def _next_rows(tx: Tx, kind: str, what: Any) -> Select[Any]:
    return select(what).where(export_row.c.kind == kind, export_row.c.id > _last(tx, kind))


def _exports(tx: Tx, query: Select[Any]) -> list[Export]:
    return [Export(**row) for row in tx.execute(query).mappings()]
