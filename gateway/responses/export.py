"""Files for the billing system in inbound/: payments and claim status, as JSON lines and as CSV (docs/exports.md).

Files here go to the billing system and do carry patient control numbers; their names carry our opaque id only (law 11).
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway import failpoints
from gateway.errors import Refused
from gateway.responses import split_receipts
from gateway.site import Site
from gateway.store import exports
from gateway.store.exports import CLAIM_STATUS, PAYMENT, Export

SCHEMA_VERSION = 1

PAYMENT_COLUMNS = (
    "posting_id", "at", "kind", "disposition", "amount", "remittance", "claim_payment", "claim", "partner", "payer",
    "payer_id", "payee_id", "trace_number", "payment_method", "payment_date", "entered_by", "entered_from", "patient_control_number",
    "reported_control_number", "payer_control_number", "claim_status", "class", "service_line", "line_control_number",
    "procedure", "modifiers", "service_date", "group", "reason", "quantity", "remarks", "provider", "reference",
    "reverses", "note", "deposit", "deposit_date", "claim_line", "claim_line_control_number", "line_match",
    "share", "charge", "allowed", "units", "crossover_payer",
    "claim_key",
)  # fmt: skip

STATUS_COLUMNS = (
    "posting_id", "at", "claim", "submission", "partner", "patient_control_number", "state", "stage", "by", "codes",
    "outcome", "message", "reference", "charge", "paid", "contractual", "patient", "open", "payer_control_number", "file",
    "row", "findings", "place", "claim_key",
)  # fmt: skip

_COLUMNS = {PAYMENT: PAYMENT_COLUMNS, CLAIM_STATUS: STATUS_COLUMNS}

_BEFORE_WRITE = failpoints.declare(
    "export.before_write", "an export is committed as pending, no file is written"
)
_AFTER_WRITE = failpoints.declare(
    "export.after_write", "an export's files stand in inbound/, it is not marked written"
)


def export_pending(site: Site) -> list[str]:
    """Write what is queued for the billing system; return the ids of the exports written.

    An export that a crash left pending is written first, under the same name and with the same bytes. Safe to call at
    any time; raises OSError when inbound/ cannot be written, and the next call goes on from there.
    """
    with site.store.read() as tx:
        left = exports.pending(tx)
    written = [_write(site, one) for one in left]
    for kind in exports.TOLD:
        while (made := _open(site, kind)) is not None:
            written.append(_write(site, made))
    return [*written, *split_receipts.write_pending(site)]


def write_again(site: Site, export_id: str, *, actor: str) -> None:
    """Write an export's files once more, under the same names and with the same bytes, because a person asked.

    Raises:
        NotFound: there is no such export.
        Refused: it is one of rejected claims, which go back to the dropper.
        OSError: inbound/ cannot be written.

    """
    with site.store.read() as tx:
        made = exports.get(tx, export_id)
    if made.kind == exports.REJECTED:
        raise Refused(
            f"{export_id} gave rejected claims back; they lie in outbound/rejected/ until somebody takes them"
        )
    if made.kind == exports.SPLIT_835:
        split_receipts.write(site, made, actor=actor)
    else:
        _write(site, made, actor=actor)


def _open(site: Site, kind: str) -> Export | None:
    with site.store.read() as tx:
        if not exports.waiting(tx, kind):
            return None
    with site.store.write("export", actor="daemon") as tx:
        made = exports.open_export(tx, kind)
        if made is not None:
            tx.audit(subject=made.id, facts={"kind": kind, "rows": made.rows})
    return made


def _write(site: Site, made: Export, *, actor: str = "daemon") -> str:
    failpoints.hit(_BEFORE_WRITE)
    with site.store.read() as tx:
        rows = exports.rows_of(tx, made)
    lines = _json_lines(made.kind, rows)
    site.inbound.mkdir(parents=True, exist_ok=True)
    _put(site.inbound / f"{made.name}.jsonl", lines)
    _put(site.inbound / f"{made.name}.csv", _csv(_COLUMNS[made.kind], rows))
    failpoints.hit(_AFTER_WRITE)
    sha256 = hashlib.sha256(lines).hexdigest()
    with site.store.write("exported", actor=actor) as tx:
        exports.mark_written(tx, made.id, sha256=sha256)
        tx.audit(subject=made.id, facts={"kind": made.kind, "rows": made.rows, "sha256": sha256})
    return made.id


def _json_lines(kind: str, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return one JSON object a line; a payment's own ``kind`` is its sort of posting, a status row's is claim_status."""
    lead = {"schema_version": SCHEMA_VERSION, "kind": kind}
    return "".join(
        json.dumps({**lead, **row}, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    ).encode()


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """Return a value for CSV: a list of words side by side, findings as ``code: sentence``."""
    if value is None:
        return ""
    if not isinstance(value, list):
        return str(value)
    if any(isinstance(item, dict) for item in value):
        return "; ".join(f"{item.get('code')}: {item.get('message')}" for item in value)
    return " ".join(map(str, value))


def _put(path: Path, data: bytes) -> None:
    """Write *data* so that *path* holds all of it or is not there: temporary name, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
