"""Every file that came in: looked at by content, each interchange and each set on its own, applied, and marked done.

One unit of work a transaction set, keyed by its place in the receipt: a crash in the middle reads the file again and
changes nothing twice; a set that cannot be used is parked with its reason, and the rest goes on.
"""

import io

from gateway import failpoints
from gateway.errors import Refused, X12Error
from gateway.logs import log
from gateway.model.findings import Finding, Severity, error, errors_in
from gateway.responses import apply, late, paper, recognise, send_999, split_receipts
from gateway.responses.reading import ProcessReport, Reading, Release
from gateway.responses.recognise import Look, Survey
from gateway.site import Site
from gateway.store import acknowledgements, findings, holds, inbox, interchanges, remittances
from gateway.store.interchanges import PARTLY, PROCESSED, QUARANTINED, InterchangeRow
from gateway.x12.reader import ReadLimits, read_x12
from gateway.x12.wrappers import UnpackLimits, unpack

AFTER_APPLY = failpoints.declare(
    "sort.after_apply", "what a file says is applied and posted; the receipt is not marked processed"
)

QUARANTINE = "quarantine"
"""The kind of hold that an unusable receipt, or one with an unusable part, gets."""

LOSING = frozenset(
    {
        "ENV-TRUNCATED",
        "ENV-IEA-MISSING",
        "ENV-GE-MISSING",
        "ENV-SEGMENT-LONG",
        "ENV-TA1-PLACE",
        "ENV-SEGMENT-PLACE",
    }
)
"""Envelope faults with which something may have been lost: a person looks. Other faults of an envelope around whole
answers only warn (TRAP-13)."""


def process(site: Site) -> ProcessReport:
    """Work off every received file; one that cannot be used never keeps the next one back.

    Raises:
        TryLater: the database did not answer; what is not marked processed is read again next time.
        IntegrityError: the archive or the books are damaged.

    """
    report = ProcessReport()
    with site.store.read() as tx:
        waiting = [one.id for one in inbox.pending(tx)]
    for receipt_id in waiting:
        _process_one(site, receipt_id, actor="daemon", report=report)
    return report


def process_receipt(site: Site, receipt_id: str, *, actor: str) -> ProcessReport:
    """Work off one received file at once, for *actor*, who waits for it."""
    report = ProcessReport()
    _process_one(site, receipt_id, actor=actor, report=report)
    return report


def reread(site: Site, receipt_id: str, actor: str, *, release: Release | None = None) -> ProcessReport:
    """Read a receipt again from the archive (law 4): what was applied stays as it is, what was parked gets a new try."""
    report = ProcessReport()
    with site.store.write("reread", actor=actor) as tx:
        tx.audit(receipt_id, {"partner": inbox.get(tx, receipt_id).partner})
    _process_one(site, receipt_id, actor=actor, report=report, release=release)
    late.place_waiting(site, actor=actor)
    return report


def recall(site: Site, receipt_id: str, *, actor: str) -> int:
    """Put the remittances of a receipt that were taken out of the queue back into it, for a reread; return how many."""
    with site.store.write("recall", actor=actor) as tx:
        partner = inbox.get(tx, receipt_id).partner
        recalled = remittances.recall(tx, receipt_id)
        tx.audit(receipt_id, {"partner": partner, "recalled": recalled})
    return recalled


def dismiss(site: Site, receipt_id: str, *, reason: str, actor: str) -> int:
    """Take a receipt out of the queue: what waits or is parked in it is dealt with, for *reason*; return how many."""
    with site.store.write("dismiss", actor=actor) as tx:
        partner = inbox.get(tx, receipt_id).partner
        settled = acknowledgements.resolve(tx, receipt_id)
        settled += holds.release(tx, receipt_id, reason=reason, kind=QUARANTINE)
        if not settled:
            raise Refused(f"nothing of {receipt_id} waits for a person")
        tx.audit(receipt_id, {"partner": partner, "settled": settled, "reason": reason})
    return settled


def _process_one(
    site: Site, receipt_id: str, *, actor: str, report: ProcessReport, release: Release | None = None
) -> None:
    with site.store.read() as tx:
        received = inbox.get(tx, receipt_id)
    data = site.archive.get(received.blob)
    if received.partner == paper.HAND:
        _one_paper(Reading(site, receipt_id, received.partner, actor, report, release=release), data)
        report.receipts += 1
        return
    limits = site.settings.limits
    read_limits = recognise.read_limits(site.settings, received.partner)
    reading, posted = (
        Reading(site, receipt_id, received.partner, actor, report, release=release),
        report.remittances,
    )
    try:
        files = unpack(data, UnpackLimits(size=limits.receipt_bytes, files=limits.archive_files))
    except X12Error as fault:
        reading.park("file", [error(fault.code, fault.message)])
        states = {QUARANTINED}
    else:
        states = {_one_file(reading, one.data, read_limits) for one in files}
    _make_room(reading, posted)
    failpoints.hit(AFTER_APPLY)
    _finish(reading, QUARANTINED if states == {QUARANTINED} else PROCESSED)
    report.receipts += 1


def _one_paper(reading: Reading, data: bytes) -> None:
    """Post a remittance that a person entered from paper: there is no envelope around it, and nothing else in it."""
    said, faults = paper.parse(data)
    place, posted = paper.PLACE, reading.report.remittances
    if said is None:
        reading.park(place, faults)
    else:
        with reading.site.store.read() as tx:
            by = inbox.remote_name(tx, reading.receipt)
        usage = reading.site.settings.environment.isa15
        with apply.alone(reading, place):
            apply.post_set(
                reading, place, said.remittance, [], content=said.content, usage=usage,
                entered=paper.Entered(by, said.entered_from),
            )  # fmt: skip
    _make_room(reading, posted)
    failpoints.hit(AFTER_APPLY)
    _finish(reading, QUARANTINED if reading.parked else PROCESSED)


def _make_room(reading: Reading, posted: int) -> None:
    """Move what waited in suspense for an answer of this receipt: a correction for its reversal, a later payer's answer.

    *posted* is how many remittances had been read before it. A receipt that is read again after a crash does it again.
    """
    if reading.report.remittances > posted:
        with apply.alone(reading, "suspense"):
            late.place_waiting(reading.site, actor=reading.actor)


def _one_file(reading: Reading, data: bytes, limits: ReadLimits) -> str:
    """Apply a file, or one of several out of an archive, and return the state it ends in."""
    before = len(reading.rows)
    seen = recognise.survey(data, file=reading.receipt, limits=limits, first=before + 1)
    reading.whole &= seen.fault is None and all(
        look.intact and all(look.sets.values()) for look in seen.looks
    )
    if seen.looks:
        _apply_all(reading, data, seen, limits)
    return _verdict(reading, data, seen, reading.rows[before:])


def _apply_all(reading: Reading, data: bytes, seen: Survey, limits: ReadLimits) -> None:
    looks = iter(seen.looks)
    first = seen.looks[0].header.ordinal
    try:
        for interchange in read_x12(io.BytesIO(data), file=reading.receipt, limits=limits, first=first):
            look = next(looks)
            kinds: list[str] = []
            before, units = reading.parked, 0
            for place, part in recognise.parts_with_places(interchange.parts(), interchange.header):
                units += 1
                kinds.append(apply.apply_part(reading, look, place, part))
            usable = units - (reading.parked - before)
            reading.found += look.findings
            if not units or {f.code for f in look.findings} & LOSING:
                reading.parked += 1
                reading.report.quarantined += 1
            whole = reading.parked == before
            state = PROCESSED if whole else PARTLY if usable else QUARANTINED
            _note(reading, look, kinds, state)
    except X12Error:
        pass  # the survey met the same fault at the same place and speaks of it


def _note(reading: Reading, look: Look, kinds: list[str], state: str) -> None:
    header = look.header
    reading.rows.append(
        InterchangeRow(
            ordinal=header.ordinal,
            state=state,
            sender=header.sender,
            receiver=header.receiver,
            isa13=header.control_number,
            environment=header.usage,
            kinds=" ".join(dict.fromkeys(kinds)),
        )
    )


def _verdict(reading: Reading, data: bytes, seen: Survey, rows: list[InterchangeRow]) -> str:
    """Return the state that a file with these interchanges ends in, and note the fault at which reading stopped, if any."""
    fault = seen.fault
    if fault is None:
        return QUARANTINED if rows and all(row.state == QUARANTINED for row in rows) else PROCESSED
    if not seen.looks and recognise.is_report(fault, data):
        reading.report.others += 1
        note = "a text report, not X12: kept, and passed on in inbound/raw"
        reading.found.append(
            Finding(code="RCV-REPORT", severity=Severity.INFO, message=note, file=reading.receipt)
        )
        return PROCESSED
    place = f" (byte {fault.offset})" if fault.offset else ""
    reading.park("end", [error(fault.code, f"{fault.message}{place}")])
    return PROCESSED if any(row.state != QUARANTINED for row in rows) else QUARANTINED


def _finish(reading: Reading, state: str) -> None:
    """Mark the receipt done, with its interchanges and findings; one with parked parts is held for a person."""
    with reading.site.store.write("processed", actor=reading.actor) as tx:
        for row in reading.rows:
            interchanges.keep(tx, reading.receipt, row)
        reading.found += interchanges.repeated(tx, reading.receipt, reading.rows)
        known = set(findings.of(tx, reading.receipt))
        fresh = [f for f in dict.fromkeys(reading.found) if f not in known]
        limit = reading.site.settings.limits.findings_per_file
        findings.keep(tx, reading.receipt, fresh[:limit])
        if reading.parked:
            codes = sorted({f.code for f in errors_in(reading.found)}) or ["RCV-UNREADABLE"]
            holds.place(tx, reading.receipt, QUARANTINE, ", ".join(codes))
        else:
            holds.release(tx, reading.receipt, reason="read without faults", kind=QUARANTINE)
        inbox.finish(tx, reading.receipt, state)
        if any("835" in row.kinds.split() for row in reading.rows):
            send_999.queue(tx, reading.site, inbox.get(tx, reading.receipt))
            if reading.whole:
                split_receipts.queue(tx, reading.site, reading.receipt)
        facts = {"partner": reading.partner, "state": state, "parked": reading.parked}
        tx.audit(reading.receipt, {**facts, "kinds": [row.kinds for row in reading.rows]})
    log.info(
        "processed",
        receipt=reading.receipt,
        partner=reading.partner,
        state=state,
        interchanges=len(reading.rows),
        findings=len(reading.found),
        quarantined=reading.parked,
    )
