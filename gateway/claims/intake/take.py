"""The way of a dropped file: claimed by rename, archived, noted, read, stored in steps, given back where need be.

Each step leaves enough behind for the next start to go on: `recover_intake`. A record is taken once, because the rows
that are done are known in the same transaction that does them.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path

from gateway import failpoints
from gateway.claims.intake import giveback
from gateway.claims.intake.accept import Fate, Prepared, admit, judge
from gateway.claims.intake.claiming import about, claim_file, folder_of, forget, move
from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import Dropped, open_dropped, too_large
from gateway.claims.intake.watch import REJECTED, whole_files
from gateway.claims.intake.x12_pieces import Piece
from gateway.claims.route import UNROUTABLE
from gateway.errors import GatewayError, StoreUnavailable
from gateway.logs import log
from gateway.model.findings import Finding, Severity, error, errors_in
from gateway.model.identifiers import Kind, kind_of
from gateway.site import Site
from gateway.store import findings, intake
from gateway.store.intake import IntakeFile, Tally

RECORDS_PER_STEP = 100
"""Records stored in one transaction."""

MENDABLE = frozenset({"edit", UNROUTABLE})
"""The holds that the biller can do something about."""

RETRY_SECONDS = 60.0
"""How long a file that we failed on is left alone."""

AFTER_ARCHIVE = failpoints.declare(
    "intake.after_archive", "a dropped file is archived, the store does not know it"
)
AFTER_ROW = failpoints.declare("intake.after_row", "a dropped file is noted in the store, no record is taken")
AFTER_STEP = failpoints.declare("intake.after_step", "some records of a file are stored, others are not")
AFTER_GIVE_BACK = failpoints.declare(
    "intake.after_give_back", "refused records came back, the file is not finished"
)
AFTER_FINISH = failpoints.declare(
    "intake.after_finish", "a file is finished, its copy in state/intake is not removed"
)


@dataclass(slots=True)
class IntakeReport:
    """What one pass over outbound/ did; *strangers* counts files in folders that no partner of config.toml has.

    *remark* says which codes could be checked only for their shape, once for all claims of the pass.
    """

    files: int = 0
    records: int = 0
    ready: int = 0
    held: int = 0
    refused: int = 0
    unreadable: int = 0
    strangers: int = 0
    remark: str | None = None
    ids: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)


def take_in(site: Site, *, wait: bool = False) -> IntakeReport:
    """Make one pass over outbound/: take in every file that is whole; *wait* for fresh ones (a single run).

    Raises:
        StoreUnavailable: the database or the archive cannot be written; what was begun is finished by the next pass.

    """
    report = IntakeReport()
    site.codes.refresh()
    _go_on(site, report)
    files, report.strangers = whole_files(site, wait=wait)
    for seen in files:
        file_id = claim_file(site, seen)
        if file_id is not None:
            _guarded(site, file_id, report)
    if report.strangers != _strangers.get(site.root, 0):  # once, not at every look
        _strangers[site.root] = report.strangers
        log.warning("unknown_folder", files=report.strangers)
    _remark(site, report)
    _raise_first(report)
    return report


def recover_intake(site: Site) -> IntakeReport:
    """Finish what a crash left half-way: no record is lost, none is taken twice."""
    _not_before.clear()
    report = IntakeReport()
    site.codes.refresh()
    _go_on(site, report)
    _remark(site, report)
    _raise_first(report)
    return report


def _go_on(site: Site, report: IntakeReport) -> None:
    folder = folder_of(site)
    waiting = {path.name.partition(".")[0] for path in folder.iterdir() if path.suffix in {".note", ".data"}}
    with site.store.read() as tx:
        waiting |= {file.id for file in intake.unfinished(tx)}
    for file_id in sorted(waiting):
        if kind_of(file_id) is Kind.INTAKE_FILE and time.monotonic() >= _not_before.get(file_id, 0.0):
            _guarded(site, file_id, report)


_not_before: dict[str, float] = {}
"""When a file that we failed on is tried again; a fresh process tries at once."""


_strangers: dict[Path, int] = {}
"""What was last said, by installation, of files in folders that no partner has."""


_remarked: dict[Path, str | None] = {}
"""What was last logged of codes without a table, by installation."""


def _remark(site: Site, report: IntakeReport) -> None:
    """Say once a pass which codes no table judged; log it when that changes, not at every look."""
    if not report.records:
        return
    report.remark = site.codes.remark()
    if report.remark != _remarked.get(site.root):
        _remarked[site.root] = report.remark
        if report.remark is not None:
            log.warning("codes_not_judged", code_sets=",".join(site.codes.unjudged()))


def _guarded(site: Site, file_id: str, report: IntakeReport) -> None:
    """Process one file; a defect of ours is kept for the end of the pass, so that the other files go on (law 6)."""
    try:
        _process(site, file_id, report)
    except GatewayError:
        raise
    except Exception as fault:  # noqa: BLE001
        log.error("defect", part="intake", intake=file_id, exc_info=fault)
        _not_before[file_id] = time.monotonic() + RETRY_SECONDS
        report.faults.append(fault)
    else:
        _not_before.pop(file_id, None)


def _raise_first(report: IntakeReport) -> None:
    if report.faults:
        raise report.faults[0]


def _process(site: Site, file_id: str, report: IntakeReport) -> None:
    """Bring a claimed file to its end, from wherever it stands."""
    with site.store.read() as tx:
        file = intake.find(tx, file_id)
    data = folder_of(site) / f"{file_id}.data"
    if file is None:
        if not data.exists():
            forget(site, file_id)
            return
        if data.stat().st_size > site.settings.limits.intake_file_bytes:
            _send_away(site, file_id, report)
            return
        file = _note(site, file_id, data.read_bytes())
    if file.state == intake.CLAIMED:
        try:
            content = data.read_bytes() if data.exists() else site.archive.get(file.blob)
        except OSError as fault:
            raise StoreUnavailable(f"{file_id} cannot be read: {fault.strerror}") from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            content = site.archive.get(file.blob)
        _take_records(site, file, content, report)
        failpoints.hit(AFTER_FINISH)
    forget(site, file_id)


def _note(site: Site, file_id: str, content: bytes) -> IntakeFile:
    """Archive first, then tell the store (law 1)."""
    name, partner = about(site, file_id)
    blob = site.archive.put(content, "intake")
    failpoints.hit(AFTER_ARCHIVE)
    with site.store.write("intake") as tx:
        sha256 = hashlib.sha256(content).hexdigest()
        intake.add(tx, file_id, partner=partner, name=name, sha256=sha256, size=len(content), blob=blob)
        tx.audit(file_id, {"partner": partner, "sha256": sha256, "bytes": len(content)})
        file = intake.get(tx, file_id)
    failpoints.hit(AFTER_ROW)
    return file


def _take_records(site: Site, file: IntakeFile, content: bytes, report: IntakeReport) -> None:
    limits = site.settings.limits
    opened = open_dropped(content, name=file.name, limits=limits)
    of_file = list(opened.findings)
    with site.store.read() as tx:
        taken, refused = intake.rows_taken(tx, file.id), intake.rows_refused(tx, file.id)
        held = {row for row, _, _ in intake.held_rows(tx, file.id)}
    raws: dict[int, str | Piece] = {}
    places: dict[int, str] = {}
    said, seen = len(of_file), 0
    records = _records(opened, site, of_file)
    while step := list(islice(records, RECORDS_PER_STEP)):
        seen += len(step)
        places |= {one.row: one.x12.text for one in step if one.x12 is not None}
        raws |= {one.row: one.raw for one in step if one.row in refused or one.row in held}
        new = [one for one in step if one.row not in taken and one.row not in refused]
        judged = [judge(site, file, one) for one in new]
        said += sum(len(one.findings) for one in judged)
        if said > limits.findings_per_file:
            judged = [replace(one, findings=_first_error(one.findings)) for one in judged]
        raws |= {one.row: one.raw for one in _store(site, file, judged)}
        failpoints.hit(AFTER_STEP)
    if not of_file and not seen:
        of_file = [error("IN-FILE-EMPTY", "there is no claim in the file")]
    of_file = [f.at(file=file.name) for f in of_file]
    given = _Given(opened, content, raws, places)
    _finish(site, file, of_file, given=given, report=report)


@dataclass(frozen=True, slots=True)
class _Given:
    """A file as it was dropped: what of it may come back by row, and where in it each record stands (X12)."""

    opened: Dropped
    content: bytes
    records: dict[int, str | Piece]
    places: dict[int, str]


def _first_error(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what must be said even of a file that has no end of faults."""
    return tuple(f for f in found if f.severity is Severity.ERROR)[:1]


def _records(opened: Dropped, site: Site, of_file: list[Finding]) -> Iterator[Intake]:
    """Yield the records; what is said of the file as a whole goes to *of_file*."""
    for one in opened.records(site.settings.limits, site.settings.environment):
        if one.row == 0:
            of_file += one.findings
        else:
            yield one


def _store(site: Site, file: IntakeFile, step: Sequence[Prepared]) -> list[Intake]:
    """Store the judged records of one step in one transaction; return those that were refused or are held."""
    if not step:
        return []
    back: list[Intake] = []
    ids: list[str] = []
    fates: dict[Fate, int] = dict.fromkeys(Fate, 0)
    with site.store.write("records") as tx:
        for one in step:
            fate, claim_id = admit(tx, site, file, one)
            fates[fate] += 1
            if fate is not Fate.READY:
                back.append(one.record)
            if claim_id is not None:
                ids.append(claim_id)
        tx.audit(file.id, {**{fate.value: n for fate, n in fates.items()}, "claims": ids})
    return back


def _finish(
    site: Site,
    file: IntakeFile,
    of_file: list[Finding],
    *,
    given: _Given,
    report: IntakeReport,
) -> None:
    opened = given.opened
    with site.store.read() as tx:
        counted = intake.tally(tx, file.id)
        reasons = [
            giveback.Reason(row=row, outcome="refused", findings=said, place=given.places.get(row))
            for row, said in intake.refusals(tx, file.id)
        ]
        reasons += [
            giveback.Reason(
                row=row,
                outcome="held",
                claim=claim_id,
                place=given.places.get(row),
                findings=[
                    f
                    for f in findings.of(tx, claim_id, since=file.received_at)
                    if f.severity is not Severity.INFO
                ],
            )
            for row, claim_id, kinds in intake.held_rows(tx, file.id)
            if not MENDABLE.isdisjoint(kinds)
        ]
    unreadable = counted.records == 0
    if unreadable:
        reasons = [giveback.Reason(row=0, outcome="refused", findings=of_file)]
    elif of_file and (reasons or errors_in(of_file)):
        reasons.insert(0, giveback.Reason(row=0, outcome="noted", findings=of_file))
    if reasons:
        whole = unreadable or opened.format is None
        giveback.give_back(
            site,
            file.id,
            name=file.name,
            records=counted.records,
            reasons=sorted(reasons, key=lambda reason: reason.row),
            content=given.content if whole else _mendable(given, {reason.row for reason in reasons}),
            extension=giveback.extension_of(file.name) if opened.format is None else opened.format.value,
        )
    failpoints.hit(AFTER_GIVE_BACK)
    state = intake.UNREADABLE if unreadable else intake.DONE
    with site.store.write("intake_done") as tx:
        findings.keep(tx, file.id, of_file[: site.settings.limits.findings_per_file])
        intake.finish(
            tx,
            file.id,
            state,
            file_format=opened.format.value if opened.format else None,
            counted=counted,
        )
        tx.audit(
            file.id,
            {
                "state": state, "records": counted.records, "ready": counted.accepted, "held": counted.held,
                "refused": counted.refused, "billed": str(counted.billed),
            },
        )  # fmt: skip
    _tell(file, state, counted, report)


def _mendable(given: _Given, rows: set[int]) -> bytes | None:
    """Return the records of *rows* as a file of their own kind."""
    back = [raw for row, raw in sorted(given.records.items(), key=itemgetter(0)) if row in rows]
    return giveback.joined(given.opened, back) if back else None


def _tell(file: IntakeFile, state: str, counted: Tally, report: IntakeReport) -> None:
    report.files += 1
    report.ids.append(file.id)
    report.records += counted.records
    report.ready += counted.accepted
    report.held += counted.held
    report.refused += counted.refused
    report.unreadable += state == intake.UNREADABLE
    log.info(
        "taken_in", intake=file.id, state=state, bytes=file.size, records=counted.records, ready=counted.accepted,
        held=counted.held, refused=counted.refused, billed=counted.billed,
    )  # fmt: skip


def _send_away(site: Site, file_id: str, report: IntakeReport) -> None:
    """Put a file beyond the limit into outbound/rejected/ as it is: it is not read, and not archived for its size."""
    name, partner = about(site, file_id)
    data = folder_of(site) / f"{file_id}.data"
    size = data.stat().st_size
    said = too_large(site.settings.limits).at(file=name)
    extension = giveback.extension_of(name)
    giveback.give_back(
        site,
        file_id,
        name=name,
        records=0,
        reasons=[giveback.Reason(row=0, outcome="refused", findings=[said])],
        content=None,
        extension=extension,
    )
    with site.store.write("intake_refused") as tx:
        tx.audit(file_id, {"partner": partner, "bytes": size, "code": said.code})
    target = site.outbound / REJECTED / f"{file_id}.{extension}"
    move(data, target)
    forget(site, file_id)
    report.files += 1
    report.unreadable += 1
    report.ids.append(file_id)
    log.warning("taken_in", intake=file_id, state=intake.UNREADABLE, bytes=size, code=said.code)
