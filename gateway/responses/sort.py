"""Every file that came in: looked at by content, each interchange and each set on its own, applied, and marked done.

One unit of work a transaction set, keyed by its place in the receipt: a crash in the middle reads the file again and
changes nothing twice; a set that cannot be used is parked with its reason, and the rest goes on.
"""

import io
import itertools
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway import failpoints
from gateway.errors import IntegrityError, Refused, TryLater, X12Error
from gateway.logs import log
from gateway.mapping.read import read_record, read_ta1
from gateway.model.acknowledgement import ClaimAcknowledgement, GroupAcknowledgement
from gateway.model.findings import Finding, Severity, error, errors_in
from gateway.model.remittance import Remittance
from gateway.responses import late, paper, post, recognise, send_999, split_receipts
from gateway.responses.acknowledge import Origin, apply_277ca, apply_999, apply_ta1
from gateway.responses.placing import AnswerPlaces
from gateway.responses.recognise import Look, Survey
from gateway.site import Site
from gateway.store import acknowledgements, findings, holds, inbox, interchanges, remittances
from gateway.store.acknowledgements import WAITING, Result
from gateway.store.interchanges import PARTLY, PROCESSED, QUARANTINED, InterchangeRow
from gateway.x12.reader import ReadLimits, Ta1Segment, TransactionSet, read_x12
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


@dataclass(slots=True)
class ProcessReport:
    """What one pass over the inbox came to; *waiting* counts verdicts that a person must look at."""

    receipts: int = 0
    acknowledgements: int = 0
    remittances: int = 0
    others: int = 0
    waiting: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A person lets the remittance at *place* post, for *reason*, although parts of it do not add up."""

    place: str
    reason: str


@dataclass(slots=True)
class _Reading:
    """One receipt in the hand: where it is from, what has been found, what each interchange holds."""

    site: Site
    receipt: str
    partner: str
    actor: str
    report: ProcessReport
    found: list[Finding] = field(default_factory=list)
    rows: list[InterchangeRow] = field(default_factory=list)
    parked: int = 0
    whole: bool = True
    release: Release | None = None
    places: AnswerPlaces = field(init=False)

    def __post_init__(self) -> None:
        self.places = AnswerPlaces(self.site)


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
        _one_paper(_Reading(site, receipt_id, received.partner, actor, report, release=release), data)
        report.receipts += 1
        return
    limits = site.settings.limits
    profile = site.settings.partner.get(received.partner)
    read_limits = ReadLimits(
        segment_bytes=limits.segment_bytes,
        segment_elements=limits.segment_elements,
        set_segments=limits.set_segments,
        fold_segment_ids=profile is not None and profile.download.case_fold_segment_ids,
    )
    reading = _Reading(site, receipt_id, received.partner, actor, report, release=release)
    try:
        files = unpack(data, UnpackLimits(size=limits.receipt_bytes, files=limits.archive_files))
    except X12Error as fault:
        _park(reading, "file", [error(fault.code, fault.message)])
        states = {QUARANTINED}
    else:
        states = {_one_file(reading, one.data, read_limits) for one in files}
    failpoints.hit(AFTER_APPLY)
    _finish(reading, QUARANTINED if states == {QUARANTINED} else PROCESSED)
    report.receipts += 1


def _one_paper(reading: _Reading, data: bytes) -> None:
    """Post a remittance that a person entered from paper: there is no envelope around it, and nothing else in it."""
    said, faults = paper.parse(data)
    place = paper.PLACE
    if said is None:
        _park(reading, place, faults)
    else:
        with reading.site.store.read() as tx:
            by = inbox.remote_name(tx, reading.receipt)
        usage = reading.site.settings.environment.isa15
        _post(reading, place, said.remittance, [], usage=usage, entered=paper.Entered(by, said.entered_from))
    failpoints.hit(AFTER_APPLY)
    _finish(reading, QUARANTINED if said is None else PROCESSED)


def _one_file(reading: _Reading, data: bytes, limits: ReadLimits) -> str:
    """Apply a file, or one of several out of an archive, and return the state it ends in."""
    before = len(reading.rows)
    seen = recognise.survey(data, file=reading.receipt, limits=limits, first=before + 1)
    reading.whole &= seen.fault is None and all(
        look.intact and all(look.sets.values()) for look in seen.looks
    )
    if seen.looks:
        _apply_all(reading, data, seen, limits)
    return _verdict(reading, data, seen, reading.rows[before:])


def _apply_all(reading: _Reading, data: bytes, seen: Survey, limits: ReadLimits) -> None:
    looks = iter(seen.looks)
    first = seen.looks[0].header.ordinal
    try:
        for interchange in read_x12(io.BytesIO(data), file=reading.receipt, limits=limits, first=first):
            look = next(looks)
            kinds: list[str] = []
            before, units = reading.parked, 0
            for place, part in recognise.parts_with_places(interchange.parts(), interchange.header):
                units += 1
                kinds.append(_one_unit(reading, look, place, part))
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


def _note(reading: _Reading, look: Look, kinds: list[str], state: str) -> None:
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


def _one_unit(reading: _Reading, look: Look, place: str, part: TransactionSet | Ta1Segment) -> str:
    """Apply one set or TA1 in its own unit of work; whatever goes wrong with it is parked and the next one comes."""
    kind = "TA1" if isinstance(part, Ta1Segment) else part.set_id
    try:
        if isinstance(part, Ta1Segment):
            _apply_ta1(reading, look, place, part)
            return kind
        stream = part.segments()
        first = next(stream, None)
        kind, remarks = recognise.kind_of(part, first)
        reading.found += remarks
        segments = itertools.chain([first] if first else [], stream)
        if kind in {"999", "997", "277CA"}:
            _apply_answer(reading, look, place, part, kind=kind, segments=segments)
        elif kind == "835":
            _apply_remittance(reading, look, place, segments)
        else:
            _pass_on(reading, place, kind)
    except (TryLater, IntegrityError):
        raise
    except Exception as fault:  # noqa: BLE001 - one poisonous set must not stop the others (law 6)
        _park(reading, place, [_poison(fault)])
        log.error("part_failed", receipt=reading.receipt, partner=reading.partner, exc_info=fault)
    return kind


def _poison(fault: Exception) -> Finding:
    # The text of a foreign exception may quote the file; its class and our line may not (law 11).
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return error(
        "RCV-DEFECT",
        f"this part could not be processed: {type(fault).__name__}{where}; nothing of it was applied. "
        "Report it, and reread the receipt with a mended version",
    )


def _park(reading: _Reading, place: str, why: Iterable[Finding]) -> None:
    reading.parked += 1
    reading.report.quarantined += 1
    reading.found += [f.at(file=reading.receipt) for f in why] or [
        error("RCV-UNREADABLE", f"the part at {place} could not be read", file=reading.receipt)
    ]


def _apply_ta1(reading: _Reading, look: Look, place: str, part: Ta1Segment) -> None:
    if len(part.elements) < 5:
        _park(reading, place, [error("ACK-TA1", "a TA1 lacks its elements", segment="TA1")])
        return
    said = read_ta1(part.elements)
    if not _for_us(reading, look, None):
        _park(reading, place, [_not_ours()])
        return
    origin = Origin(receipt=reading.receipt, place=place, partner=reading.partner, places=reading.places)
    with reading.site.store.write("answer", actor=reading.actor) as tx:
        outcome = apply_ta1(tx, reading.site.partner(reading.partner).envelope, said, origin)
        tx.audit(reading.receipt, {"partner": reading.partner, "kind": "TA1", "outcome": outcome.value})
    _count(reading, [outcome])


def _apply_answer(
    reading: _Reading,
    look: Look,
    place: str,
    part: TransactionSet,
    *,
    kind: str,
    segments: Iterable[list[str]],
) -> None:
    name = "277ca" if kind == "277CA" else "999"
    read = read_record(recognise.shipped_map(name), segments, look.header.separators)
    reading.found += [f.at(file=reading.receipt) for f in read.findings]
    faults = [*errors_in(look.set_findings.get(place, []))]
    if not look.sets.get(place) or read.record is None:
        _park(reading, place, faults)
        return
    if not _for_us(reading, look, part):
        _park(reading, place, [_not_ours()])
        return
    origin = Origin(receipt=reading.receipt, place=place, partner=reading.partner, places=reading.places)
    with reading.site.store.write("answer", actor=reading.actor) as tx:
        if isinstance(read.record, GroupAcknowledgement):
            outcomes = apply_999(tx, read.record, origin, kind=kind)
        elif isinstance(read.record, ClaimAcknowledgement):
            replies = reading.site.partner(reading.partner).replies
            outcomes = apply_277ca(tx, replies, read.record, origin)
        else:
            raise TypeError(type(read.record).__name__)
        facts = {"partner": reading.partner, "kind": kind, "place": place, **_tally(outcomes)}
        tx.audit(reading.receipt, facts)
    _count(reading, outcomes)


def _tally(outcomes: Iterable[Result]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for outcome in outcomes:
        tally[outcome.value] = tally.get(outcome.value, 0) + 1
    return tally


def _count(reading: _Reading, outcomes: list[Result]) -> None:
    reading.report.acknowledgements += 1
    reading.report.waiting += sum(outcome in WAITING for outcome in outcomes)


def _apply_remittance(reading: _Reading, look: Look, place: str, segments: Iterable[list[str]]) -> None:
    """Hand an 835 to the books; from a broken set or interchange it is kept, but posts nothing (TRAP-13, TRAP-14)."""
    read = read_record(recognise.shipped_map("835"), segments, look.header.separators)
    faults = [*look.set_findings.get(place, [])]
    if not look.intact:
        faults += look.findings
        faults.append(
            error(
                "ERA-INCOMPLETE",
                "the interchange is not whole, so nothing in it is posted; have it sent again",
            )
        )
    if not isinstance(read.record, Remittance):
        _park(reading, place, [*faults, *read.findings])
        return
    _post(reading, place, read.record, [*read.findings, *faults], usage=look.header.usage)


def _post(
    reading: _Reading,
    place: str,
    remittance: Remittance,
    said: Iterable[Finding],
    *,
    usage: str,
    entered: paper.Entered | None = None,
) -> None:
    release = reading.release if reading.release and reading.release.place == place else None
    with reading.site.store.write("remittance", actor=reading.actor) as tx:
        posted = post.post_remittance(
            tx,
            reading.site,
            remittance,
            receipt_id=reading.receipt,
            place=place,
            partner=reading.partner,
            interchange_usage=usage,
            findings=said,
            released=release is not None,
            entered=entered,
        )
        facts = {"partner": reading.partner, "kind": "835", "place": place, **posted.facts}
        if release is not None:
            facts["released"] = release.reason
        tx.audit(reading.receipt, facts)
    reading.report.quarantined += posted.state == QUARANTINED
    reading.report.remittances += 1


def _pass_on(reading: _Reading, place: str, kind: str) -> None:
    """Note a set that this gateway does nothing with; the raw file is in inbound/raw for whoever does."""
    reading.report.others += 1
    reading.found.append(
        Finding(
            code="RCV-OTHER",
            severity=Severity.INFO,
            message=f"a {kind} at {place}: not acted on here, the file is in inbound/raw",
            file=reading.receipt,
            segment="ST",
        )
    )


def _for_us(reading: _Reading, look: Look, part: TransactionSet | None) -> bool:
    """Tell whether an answer is addressed to us: control numbers alone would also fit somebody else's file."""
    profile = reading.site.partner(reading.partner)
    ids = profile.envelope
    ours = {ids.sender_id, ids.group_sender or ids.sender_id, *profile.replies.receiver_ids}
    named = {look.header.receiver}
    if part is not None and part.group is not None:
        named.add(part.group.receiver)
    return bool({one.strip().upper() for one in ours} & {one.strip().upper() for one in named})


def _not_ours() -> Finding:
    return error(
        "RCV-NOT-OURS",
        "this answer is addressed to somebody else: neither ISA08 nor GS03 is ours. Tell the partner, or add the id "
        "to replies.receiver_ids if it means us",
        segment="ISA",
        element="ISA08",
    )


def _verdict(reading: _Reading, data: bytes, seen: Survey, rows: list[InterchangeRow]) -> str:
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
    _park(reading, "end", [error(fault.code, f"{fault.message}{place}")])
    return PROCESSED if any(row.state != QUARANTINED for row in rows) else QUARANTINED


def _finish(reading: _Reading, state: str) -> None:
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
