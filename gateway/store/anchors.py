"""Copies of the audit chain's head outside the database: what shows that its tail was cut off (reliability.md 7).

A hash chain alone does not miss its last events. So the head goes into ``state/audit.anchor``, a line each, only ever
appended; copy that file to another machine and the chain cannot be shortened unseen by whoever holds this one.
"""

import json
import os
from pathlib import Path

from gateway.errors import AuditBroken
from gateway.store.audit import ChainReport
from gateway.store.db import Store
from gateway.store.disk import sync_folder
from gateway.store.installation import ANCHOR_NAME

TORN_BYTES = 4096
"""More than any line is long."""


def anchor(store: Store, state: Path) -> int:
    """Append the chain's present head to the anchor file in *state* and return its seq; an unchanged head adds nothing.

    Raises:
        AuditBroken: the anchor file itself cannot be read as one.

    """
    with store.read() as tx:
        seq, digest = tx.audit_head()
    path = state / ANCHOR_NAME
    known = read_anchors(path)
    if seq == 0 or known.get(seq) == digest:
        return seq
    line = json.dumps({"seq": seq, "hash": digest, "at": f"{store.clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"})
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        _drop_torn_line(descriptor)
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not known:
        sync_folder(state)
    return seq


def _drop_torn_line(descriptor: int) -> None:
    """Cut off what a power cut left of a line, so that the next one stands on its own."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, TORN_BYTES, max(0, size - TORN_BYTES))
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(descriptor, size - len(tail) + tail.rfind(b"\n") + 1)


def read_anchors(path: Path) -> dict[int, str]:
    """Return the anchors in the file *path*: hash by seq. A last line that a crash cut short is left aside.

    Raises:
        AuditBroken: a line is not an anchor, or two lines contradict each other.

    """
    try:
        lines = path.read_text(encoding="ascii").split("\n")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise AuditBroken(f"{path.name} is not an anchor file") from None
    anchors: dict[int, str] = {}
    for number, line in enumerate(lines[:-1], start=1):
        try:
            said = json.loads(line)
            seq, digest = int(said["seq"]), str(said["hash"])
        except (ValueError, KeyError, TypeError):
            raise AuditBroken(f"{path.name}, line {number} is not an anchor") from None
        if anchors.setdefault(seq, digest) != digest:
            raise AuditBroken(f"{path.name}, line {number} contradicts an earlier anchor of event {seq}")
    return anchors


def verify_chain(store: Store, state: Path) -> ChainReport:
    """Walk the whole audit chain and hold it against every anchor in *state*; a fault is named, not raised."""
    try:
        anchors = read_anchors(state / ANCHOR_NAME)
    except AuditBroken as fault:
        return ChainReport(0, "", str(fault), None)
    with store.read() as tx:
        return tx.verify_audit(anchors)
