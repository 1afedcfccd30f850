"""835s that came in, written again into inbound/835/, a file a billing entity, where the configuration wants it (law 5).

A receipt is queued in the unit of work that marks it processed; its files are written once, at least once across a crash,
under the same names and with the same bytes.
"""

from pathlib import Path

from gateway.errors import Refused
from gateway.logs import log
from gateway.model.findings import error
from gateway.responses.split import SplitReport, by_entity, split_835
from gateway.site import Site
from gateway.store import exports, findings, holds, inbox
from gateway.store.db import Tx
from gateway.store.exports import SPLIT_835, Export
from gateway.x12.reader import ReadLimits
from gateway.x12.wrappers import UnpackLimits, unpack

QUARANTINE = "quarantine"


def queue(tx: Tx, site: Site, receipt_id: str) -> None:
    """Queue a whole receipt with 835s in it, where the configuration wants it cut up; a reread queues nothing again."""
    if site.settings.split.per_billing_entity:
        exports.queue(tx, SPLIT_835, f"{receipt_id}-835", {"receipt": receipt_id})


def write_pending(site: Site) -> list[str]:
    """Write what is queued; return the ids of the exports. Raises OSError when inbound/ cannot be written."""
    with site.store.read() as tx:
        left = exports.pending(tx, [SPLIT_835])
    written = []
    while left or (left := _open(site)):
        made = left.pop(0)
        write(site, made)
        written.append(made.id)
    return written


def write(site: Site, made: Export, *, actor: str = "daemon") -> None:
    """Write the files of an export, a receipt at a time; one that cannot be cut up is held for a person."""
    with site.store.read() as tx:
        receipts = [row["receipt"] for row in exports.rows_of(tx, made)]
    sets = 0
    for receipt_id in receipts:
        try:
            sets += split_receipt(site, receipt_id, site.inbound / "835").sets
        except Refused as why:
            _hold(site, receipt_id, str(why))
    with site.store.write("exported", actor=actor) as tx:
        exports.mark_written(tx, made.id, sha256="")
        tx.audit(made.id, {"kind": made.kind, "rows": made.rows, "sets": sets})


def split_receipt(site: Site, receipt_id: str, folder: Path) -> SplitReport:
    """Write the 835s of a receipt into *folder*, as ``<NPI of the billing entity>/<receipt>.835``.

    Raises:
        NotFound: there is no such receipt.
        Refused: it is not whole X12, or has no 835.
        OSError: the files cannot be written.

    """
    with site.store.read() as tx:
        received = inbox.get(tx, receipt_id)
    limits = site.settings.limits
    profile = site.settings.partner.get(received.partner)
    return split_835(
        (one.data for one in unpack(site.archive.get(received.blob), UnpackLimits(limits.receipt_bytes, limits.archive_files))),
        limits=ReadLimits(
            limits.segment_bytes, limits.segment_elements, limits.set_segments,
            fold_segment_ids=profile is not None and profile.download.case_fold_segment_ids,
        ),
        name=by_entity(site.settings.billing_entity),
        path=lambda name: folder / name / f"{receipt_id}.835",
    )  # fmt: skip


def _open(site: Site) -> list[Export]:
    with site.store.read() as tx:
        if not exports.waiting(tx, SPLIT_835):
            return []
    with site.store.write("export", actor="daemon") as tx:
        made = exports.open_export(tx, SPLIT_835)
        if made is not None:
            tx.audit(subject=made.id, facts={"kind": SPLIT_835, "rows": made.rows})
    return [made] if made else []


def _hold(site: Site, receipt_id: str, why: str) -> None:
    with site.store.write("split_refused", actor="daemon") as tx:
        findings.keep(
            tx, receipt_id, [error("RCV-SPLIT", f"its 835s were not cut up: {why}", file=receipt_id)]
        )
        holds.place(tx, receipt_id, QUARANTINE, "RCV-SPLIT")
        tx.audit(receipt_id, {"code": "RCV-SPLIT"})
    log.warning("split_refused", receipt=receipt_id, code="RCV-SPLIT")
