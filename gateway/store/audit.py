"""The audit chain: each event's hash covers the event and the hash before it.

``hash = HMAC-SHA-256(key, canonical(event) + prev_hash)``. Edits, deletions and reorderings show in `verify`; a cut-off
tail shows against an anchor, a copy of (seq, hash) kept elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, desc, insert, select

from gateway.store.schema import audit_event

GENESIS = "0" * 64
VERSION = 1
ROWS_AT_ONCE = 1000


def append(
    connection: Connection,
    key: bytes,
    *,
    at: datetime,
    actor: str,
    kind: str,
    subject: str | None,
    facts: Mapping[str, Any],
    changes: str,
) -> None:
    """Add one event to the end of the chain, inside the caller's transaction."""
    # Writers go one at a time (store/db.py): between this look and our insert nobody adds an event.
    before, prev = head(connection)
    seq = before + 1
    facts_text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    row = {
        "seq": seq, "at": at, "actor": actor, "kind": kind, "subject": subject, "facts": facts_text, "changes": changes,
        "prev_hash": prev,
    }  # fmt: skip
    connection.execute(insert(audit_event).values(**row, hash=_hash(key, row)))


def _hash(key: bytes, row: Mapping[Any, Any]) -> str:
    canonical = json.dumps(
        [
            VERSION, row["seq"], row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), row["actor"], row["kind"], row["subject"],
            row["facts"], row["changes"], row["prev_hash"],
        ],
        separators=(",", ":"),
    )  # fmt: skip
    return hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `verify` found: *fault* is None when the chain holds; *seq* is the first event that does not fit."""

    events: int
    head: str
    fault: str | None = None
    seq: int | None = None


def head(connection: Connection) -> tuple[int, str]:
    """Return seq and hash of the last event; (0, zeros) before the first."""
    last = connection.execute(
        select(audit_event.c.seq, audit_event.c.hash).order_by(desc(audit_event.c.seq)).limit(1),
    ).first()
    return (last.seq, last.hash) if last else (0, GENESIS)


def verify(
    connection: Connection,
    key: bytes,
    *,
    anchor: tuple[int, str] | None = None,
    anchors: Mapping[int, str] | None = None,
) -> ChainReport:
    """Walk the whole chain; *anchor* and *anchors* are (seq, hash) kept elsewhere that must still be in it."""
    kept = dict(anchors or {}) | (dict([anchor]) if anchor else {})
    prev, seq = GENESIS, 0
    rows = connection.execute(
        select(audit_event).order_by(audit_event.c.seq).execution_options(yield_per=ROWS_AT_ONCE)
    )
    for row in rows.mappings():
        if (fault := _fault_in(row, prev, seq + 1, key, kept)) is not None:
            rows.close()
            return ChainReport(seq, prev, fault, seq + 1)
        prev, seq = row["hash"], seq + 1
    beyond = [anchored for anchored in kept if anchored > seq]
    if beyond:
        return ChainReport(
            seq,
            prev,
            f"the tail was cut off: the chain ends at event {seq}, but event {max(beyond)} was anchored",
            seq + 1,
        )
    return ChainReport(seq, prev)


def _fault_in(
    row: Mapping[Any, Any], prev: str, expected: int, key: bytes, anchors: Mapping[int, str]
) -> str | None:
    if row["seq"] != expected:
        return f"event {expected} is missing"
    if row["prev_hash"] != prev:
        return f"event {expected} does not follow its predecessor"
    try:
        whole = hmac.compare_digest(row["hash"].encode(), _hash(key, row).encode())
    except (AttributeError, TypeError):  # a column emptied, or of another type
        whole = False
    if not whole:
        return f"event {expected} was altered"
    if anchors.get(expected, row["hash"]) != row["hash"]:
        return f"event {expected} is not the one that was anchored"
    return None
