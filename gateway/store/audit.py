"""The audit chain: each event's hash covers the event and the hash before it.

``hash = HMAC-SHA-256(key, canonical(event) + prev_hash)``. Edits, deletions and reorderings show in `verify`; a cut-off
tail shows against an anchor, a copy of (seq, hash) kept elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, desc, insert, select

from gateway.store.schema import audit_event

GENESIS = "0" * 64
VERSION = 1


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
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(837835)")
    last = connection.execute(
        select(audit_event.c.seq, audit_event.c.hash).order_by(desc(audit_event.c.seq)).limit(1),
    ).first()
    seq, prev = (last.seq + 1, last.hash) if last else (1, GENESIS)
    facts_text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    row = {
        "seq": seq, "at": at, "actor": actor, "kind": kind, "subject": subject, "facts": facts_text, "changes": changes,
        "prev_hash": prev,
    }  # fmt: skip
    connection.execute(insert(audit_event).values(**row, hash=_hash(key, row)))


def _hash(key: bytes, row: Mapping[Any, Any]) -> str:
    canonical = json.dumps(
        [
            VERSION, row["seq"], row["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"), row["actor"], row["kind"], row["subject"],
            row["facts"], row["changes"], row["prev_hash"],
        ],
        separators=(",", ":"),
    )  # fmt: skip
    return hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `verify` found: *fault* is None when the chain holds."""

    events: int
    head: str
    fault: str | None = None
    seq: int | None = None


def verify(connection: Connection, key: bytes, *, anchor: tuple[int, str] | None = None) -> ChainReport:
    """Walk the whole chain; *anchor* is a (seq, hash) kept elsewhere that must still be in it."""
    prev, expected, anchored = GENESIS, 1, anchor is None
    for row in connection.execute(select(audit_event).order_by(audit_event.c.seq)).mappings():
        if row["seq"] != expected:
            return ChainReport(expected - 1, prev, f"event {expected} is missing", expected)
        if row["prev_hash"] != prev:
            return ChainReport(
                expected - 1, prev, f"event {expected} does not follow its predecessor", expected
            )
        if not hmac.compare_digest(row["hash"], _hash(key, row)):
            return ChainReport(expected - 1, prev, f"event {expected} was altered", expected)
        prev = row["hash"]
        if anchor and anchor[0] == expected:
            if anchor[1] != prev:
                return ChainReport(
                    expected, prev, f"event {expected} is not the one that was anchored", expected
                )
            anchored = True
        expected += 1
    if anchor and not anchored:
        return ChainReport(
            expected - 1, prev, f"the chain ends before the anchored event {anchor[0]}", expected
        )
    return ChainReport(expected - 1, prev)
