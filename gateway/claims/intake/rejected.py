"""Claims rejected after they were taken in - by the check before sending, a 999, a 277CA - come back like refused records.

``outbound/rejected/F-....X-....jsonl`` (or .json, .csv, .837, as dropped) with the reasons beside it: F- is the dropped
file, X- this time of giving back. A row is queued with the rejection and written once (law 5); a claim that was mended,
resubmitted or released meanwhile does not come back.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from gateway import failpoints
from gateway.claims.intake import giveback
from gateway.claims.intake.origin import Origins
from gateway.claims.intake.x12_pieces import Piece
from gateway.model.findings import Finding, Severity
from gateway.site import Site
from gateway.store import claims, exports, holds, intake
from gateway.store.db import Tx
from gateway.store.exports import REJECTED, Export
from gateway.store.intake import DroppedVersion

AFTER_WRITE = failpoints.declare(
    "rejected.after_write", "rejected claims came back to outbound/rejected/, the store does not know it"
)

WAITING = frozenset({"rejected", "check"})
"""The holds of a claim whose record comes back."""


def give_back_rejected(site: Site) -> list[str]:
    """Put what is queued into outbound/rejected/; return the ids under which it came back.

    Safe to call at any time: what a crash left half-way is written again under the same name.
    """
    with site.store.read() as tx:
        left = exports.pending(tx, (REJECTED,))
    done = [_write(site, made) for made in left]
    while (made := _open(site)) is not None:
        done.append(_write(site, made))
    return done


def _open(site: Site) -> Export | None:
    with site.store.read() as tx:
        if not exports.waiting(tx, REJECTED):
            return None
    with site.store.write("give_back", actor="daemon") as tx:
        made = exports.open_export(tx, REJECTED)
        if made is not None:
            tx.audit(subject=made.id, facts={"kind": REJECTED, "rows": made.rows})
    return made


def _write(site: Site, made: Export) -> str:
    with site.store.read() as tx:
        rows = [row for row in exports.rows_of(tx, made) if _waits(tx, row)]
        by_file: dict[str, list[tuple[DroppedVersion | None, dict[str, Any]]]] = {}
        for row in rows:
            dropped = intake.dropped_version(tx, row["version"])
            by_file.setdefault(dropped.file if dropped else "", []).append((dropped, row))
        origins = Origins(site)
        for file_id, group in by_file.items():
            _one_file(site, tx, origins, f"{file_id}.{made.id}" if file_id else made.id, group)
    failpoints.hit(AFTER_WRITE)
    ids = ",".join(sorted(row["claim"] for row in rows))
    with site.store.write("gave_back", actor="daemon") as tx:
        exports.mark_written(tx, made.id, sha256=hashlib.sha256(ids.encode()).hexdigest())
        tx.audit(subject=made.id, facts={"kind": REJECTED, "rows": made.rows, "claims": len(rows)})
    return made.id


def _waits(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Tell whether the rejected version is still the claim's newest, and still held for it."""
    return claims.get(tx, row["claim"]).version_id == row["version"] and bool(
        WAITING.intersection(holds.open_kinds(tx, row["claim"]))
    )


def _one_file(
    site: Site,
    tx: Tx,
    origins: Origins,
    stem: str,
    group: Iterable[tuple[DroppedVersion | None, Mapping[str, Any]]],
) -> None:
    """Give the rejected claims of one dropped file back."""
    reasons: dict[str, giveback.Reason] = {}
    raws: dict[int, str | Piece] = {}
    name, opened = "", None
    for dropped, row in group:
        said = [Finding(**{**f, "severity": Severity(f["severity"])}) for f in row["findings"]]
        before = reasons.get(row["claim"])
        reasons[row["claim"]] = giveback.Reason(
            row=dropped.row if dropped else 0,
            outcome=giveback.LATER,
            by=row["by"],
            findings=[*(before.findings if before else ()), *said],
            claim=row["claim"],
            place=dropped.place if dropped else None,
        )
        if dropped is None:
            continue
        name = dropped.name
        found = origins.record(tx, row["version"])
        if found is not None:
            opened = origins.file(tx, row["version"])
            raws[dropped.row] = found.raw
    content = giveback.joined(opened, [raw for _, raw in sorted(raws.items())]) if opened and raws else None
    giveback.give_back(
        site,
        stem,
        name=name,
        records=len(reasons),
        reasons=sorted(reasons.values(), key=lambda reason: reason.row),
        content=content,
        extension=opened.format.value if opened and opened.format else "bin",
    )
