"""Claims that the previous system sent: made known without sending, so that their answers and payments find them.

`gateway register` reads a file like any dropped one (837 or records). Each claim gets its account, its version and a
submission in a transmission of the kind *registered*, under the numbers of the file; its charge is booked on the day it
was sent. Nothing of it is ever due, so nothing ever sends it; a claim alive here already is refused.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice

from gateway.claims.intake.accept import MENDED, Prepared, judge, known_as, refuse
from gateway.claims.intake.formats import Intake, X12Place
from gateway.claims.intake.reading import open_dropped
from gateway.errors import NotFound, Refused
from gateway.logs import log
from gateway.model.claim import Claim
from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.identifiers import Kind, new_id
from gateway.settings import zone
from gateway.site import Site
from gateway.store import claims, findings, holds, intake, registered
from gateway.store.db import Tx
from gateway.store.intake import IntakeFile
from gateway.store.registered import Sent

CLAIMS_PER_STEP = 100
"""Claims registered in one transaction. A run that was broken off is gone on with by registering the file again."""

RECORDS_SET = "0001"
"""The set of claims that come as records, which know none."""


@dataclass(slots=True)
class Registered:
    """What came of one file; *ids* are the transmissions that stand for it, *findings* what was said of its records."""

    file: str
    intake_file: str | None = None
    records: int = 0
    registered: int = 0
    refused: int = 0
    billed: Decimal = Decimal("0.00")
    ids: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    """One file being registered; *opened* gives the transmission and its sets by interchange, group and partner."""

    site: Site
    file: IntakeFile
    sent_on: date
    sent_at: datetime
    actor: str
    report: Registered
    opened: dict[tuple[int, int, str], str] = field(default_factory=dict)
    sets: dict[tuple[str, int], str] = field(default_factory=dict)


def register(
    site: Site, data: bytes, *, name: str, sent_on: date, partner: str | None = None, actor: str
) -> Registered:
    """Register the claims in *data*, a file called *name*, as sent on *sent_on*, to *partner* or by their payers.

    Raises:
        NotFound: there is no such partner.
        Refused: the day is in the future.
        StoreUnavailable: the database or the archive cannot be written; register the file again to go on.

    """
    if partner is not None and partner not in site.settings.partner:
        known = ", ".join(sorted(site.settings.partner)) or "none"
        raise NotFound(f"no partner {partner!r} in config.toml (there are: {known})")
    here = zone(site.settings.submitter.time_zone)
    if sent_on > site.clock.now().astimezone(here).date():
        raise Refused(f"{sent_on} is in the future; claims are registered that were sent already")
    report = Registered(file=name)
    limits = site.settings.limits
    opened = open_dropped(data, name=name, limits=limits)
    report.findings += [f.at(file=name) for f in opened.findings]
    if opened.format is None:
        return report
    sent_at = datetime.combine(sent_on, time.min, here)
    run = _Run(site, _note(site, data, name, partner, actor), sent_on, sent_at, actor, report)
    report.intake_file = run.file.id
    records = _records(opened.records(limits, site.settings.environment), report)
    while step := list(islice(records, CLAIMS_PER_STEP)):
        _step(run, [judge(site, run.file, one) for one in step])
    _finish(run, opened.format.value)
    return report


def _note(site: Site, data: bytes, name: str, partner: str | None, actor: str) -> IntakeFile:
    """Archive the file and note it, as one that nobody takes in."""
    file_id = new_id(Kind.INTAKE_FILE)
    blob = site.archive.put(data, "intake")
    sha256 = hashlib.sha256(data).hexdigest()
    with site.store.write("register", actor=actor) as tx:
        intake.add(
            tx, file_id, partner=partner, name=name, sha256=sha256, size=len(data), blob=blob,
            state=intake.REGISTERED,
        )  # fmt: skip
        tx.audit(file_id, {"partner": partner, "sha256": sha256, "bytes": len(data)})
        return intake.get(tx, file_id)


def _records(found: Iterator[Intake], report: Registered) -> Iterator[Intake]:
    """Yield the records; what is said of the file as a whole goes into the report."""
    for one in found:
        if one.row:
            yield one
        else:
            report.findings += [f.at(file=report.file) for f in one.findings]


def _step(run: _Run, step: Sequence[Prepared]) -> None:
    done: dict[str, list[tuple[str, Decimal]]] = {}
    with run.site.store.write("register_claims", actor=run.actor) as tx:
        for one in step:
            run.report.records += 1
            transmission_id, claim_id, said = _one(tx, run, one)
            run.report.findings += said
            if transmission_id is not None and claim_id is not None and one.claim is not None:
                done.setdefault(transmission_id, []).append((claim_id, one.claim.charge))
            else:
                run.report.refused += 1
        for transmission_id, inside in done.items():
            billed = sum((charge for _, charge in inside), Decimal("0.00"))
            registered.count(tx, transmission_id, claims=len(inside), billed=billed)
            run.report.registered += len(inside)
            run.report.billed += billed
        tx.audit(
            run.file.id,
            {
                "sent_on": run.sent_on.isoformat(), "transmissions": sorted(done),
                "claims": [claim_id for inside in done.values() for claim_id, _ in inside],
                "refused": len(step) - sum(map(len, done.values())),
            },
        )  # fmt: skip


def _one(tx: Tx, run: _Run, one: Prepared) -> tuple[str | None, str | None, list[Finding]]:
    """Register one claim; return its transmission and its id, both None where it was refused, and what is to be said."""
    claim, partner = one.claim, one.partner
    stops = [f for f in one.findings if f.severity is Severity.ERROR]
    if claim is not None:
        stops = [_unrouted(f) if f.code == "ROUTE-PAYER" else f for f in stops if f.code.startswith("ROUTE-")]
    known: str | None = None
    if claim is not None and not stops:
        known, fault = known_as(tx, claim)
        stops = [one.record.located(fault, run.file.name)] if fault is not None else []
    if claim is None or partner is None or stops:
        refuse(tx, run.file, one, tuple(stops))
        return None, None, stops
    said = [_as_remark(f) for f in one.findings]
    claim_id, version_id = _kept(tx, run, one, claim, known)
    transmission_id, st02, lost = _place(tx, run, one.record.x12, partner)
    place = one.record.x12
    made = registered.add_claim(
        tx, transmission_id, st02, claim_id=claim_id, version_id=version_id, claim=claim, sent_at=run.sent_at,
        span=(place.first, place.last) if place else (None, None),
    )  # fmt: skip
    if made is None:
        raise Refused(f"{claim_id} is on its way to this payer; nothing of this step was registered")
    findings.keep(tx, claim_id, said)
    return transmission_id, claim_id, [f.at(file=run.file.name) for f in lost]


def _unrouted(finding: Finding) -> Finding:
    """Nothing waits to be released here: say to whom the claim was sent, and register it again."""
    return replace(
        finding,
        message="the claim's payer is in no partner's payers list; add it to one in config.toml, or say --partner NAME, and "
        "register the file again",
    )


def _as_remark(finding: Finding) -> Finding:
    """The claim is sent, whatever the edits say: their errors are told as warnings."""
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def _kept(tx: Tx, run: _Run, one: Prepared, claim: Claim, known: str | None) -> tuple[str, str]:
    """Keep the claim: as one of its own, or as what is now said of *known*, which was held or rejected here."""
    place = one.record.x12.text if one.record.x12 else None
    row = one.record.row
    if known is None:
        return claims.new_claim(tx, claim, partner=one.partner, intake_file=run.file.id, row=row, place=place)
    version = claims.new_version(tx, known, claim, intake_file=run.file.id, row=row, place=place)
    claims.set_partner(tx, known, one.partner)
    for kind in MENDED:
        holds.release(tx, known, reason=f"sent by the previous system: {version}", kind=kind)
    return known, version


def _place(tx: Tx, run: _Run, place: X12Place | None, partner: str) -> tuple[str, str, list[Finding]]:
    """Return the transmission and the set that the claim went out in, made at the first claim of each."""
    interchange, group, one_set = place.key if place else (0, 0, 0)
    key = (interchange, group, partner)
    said: list[Finding] = []
    if key not in run.opened:
        made, lost = registered.open_transmission(
            tx,
            _sent(run, place, partner),
            evidence=f"registered: the previous system sent it on {run.sent_on}",
        )
        run.opened[key] = made
        if made not in run.report.ids:
            run.report.ids.append(made)
        said += [_lost(name) for name in lost]
    transmission_id = run.opened[key]
    if (transmission_id, one_set) not in run.sets:
        st02 = _st02(run, transmission_id, place, one_set)
        run.sets[transmission_id, one_set] = st02
        if not registered.open_set(tx, transmission_id, st02, place.reference if place else None) and place:
            said.append(_lost("BHT03"))
    return transmission_id, run.sets[transmission_id, one_set], said


def _st02(run: _Run, transmission_id: str, place: X12Place | None, one_set: int) -> str:
    """Return ST02 as it was, or a name of ours where it cannot tell the sets of the group apart."""
    if place is None:
        return RECORDS_SET
    used = {st02 for (owner, _), st02 in run.sets.items() if owner == transmission_id}
    fits = 0 < len(place.st02) <= registered.MAX_ST02 and place.st02 not in used
    return place.st02 if fits else f"set{one_set}"[: registered.MAX_ST02]


def _sent(run: _Run, place: X12Place | None, partner: str) -> Sent:
    profile = run.site.partner(partner)
    ids = profile.envelope
    sender, receiver = (
        f"{ids.sender_qualifier}:{ids.sender_id}",
        f"{ids.receiver_qualifier}:{ids.receiver_id}",
    )
    isa13 = gs06 = None
    version = ""
    if place is not None:
        header = place.interchange
        sender, receiver = (
            f"{header.sender_qualifier}:{header.sender}",
            f"{header.receiver_qualifier}:{header.receiver}",
        )
        isa13 = _number(header.control_number)
        if place.group is not None:
            gs06, version = _number(place.group.control_number), place.group.version
    return Sent(
        partner=partner, environment=profile.environment.value, sender=sender[:40], receiver=receiver[:40],
        isa13=isa13, gs06=gs06, version=version, sent_at=run.sent_at,
    )  # fmt: skip


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < len(digits) <= 9 else None


_MEANT = {
    "ISA13": "a TA1 for this file",
    "GS06": "a 999 for this file",
    "BHT03": "a 277CA for this set, by its batch,",
}


def _lost(name: str) -> Finding:
    return warning(
        "REG-NUMBER",
        f"{name} is borne by another file or set already: {_MEANT[name]} will not find it; answers that name the claim will",
        element=name,
    )


def _finish(run: _Run, file_format: str) -> None:
    report = run.report
    if not report.records and not any(f.severity is Severity.ERROR for f in report.findings):
        report.findings.append(error("IN-FILE-EMPTY", "there is no claim in the file", file=report.file))
    with run.site.store.write("registered", actor=run.actor) as tx:
        findings.keep(tx, run.file.id, report.findings[: run.site.settings.limits.findings_per_file])
        counted = intake.tally(tx, run.file.id)
        intake.finish(tx, run.file.id, intake.REGISTERED, file_format=file_format, counted=counted)
        tx.audit(
            run.file.id,
            {
                "sent_on": run.sent_on.isoformat(), "records": report.records, "registered": report.registered,
                "refused": report.refused, "billed": str(report.billed), "transmissions": report.ids,
            },
        )  # fmt: skip
    log.info(
        "registered", intake=run.file.id, records=report.records, accepted=report.registered, refused=report.refused,
        billed=report.billed, transmissions=len(report.ids),
    )  # fmt: skip
