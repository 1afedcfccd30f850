"""One record becomes a claim, a new version of one, or is refused: duplicates, edits, routing, and what is kept of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.claims import replacing
from gateway.claims.edits import EditContext, prepare, summed_up
from gateway.claims.intake.formats import Intake, fatal
from gateway.claims.route import UNROUTABLE, partner_for, route_faults
from gateway.errors import MapError
from gateway.logs import log
from gateway.mapping.canonical import canonical
from gateway.mapping.places import MapPlaces
from gateway.model.claim import Claim
from gateway.model.duplicates import content_key, is_another_patient
from gateway.model.findings import Finding, Severity, error
from gateway.model.lifecycle import ADJUDICATED_STATES, LIVE_STATES, is_voided
from gateway.model.money import MAX_AMOUNT, is_cents
from gateway.model.remittance import CROSSED_OVER
from gateway.settings import zone
from gateway.site import Site
from gateway.store import claim_payments, claims, findings, holds, intake, submissions
from gateway.store.claims import StoredClaim
from gateway.store.db import Tx
from gateway.store.intake import IntakeFile
from gateway.store.submissions import Submission

MENDED = ("edit", UNROUTABLE, "check", "rejected", "duplicate")
"""The holds that a mended version lifts; a person's own hold stays until that person lifts it."""


class Fate(StrEnum):
    """What became of a record."""

    READY = "ready"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A record judged as far as that needs no store; *holds* are (kind, reason) in our own words and codes."""

    record: Intake
    claim: Claim | None
    findings: tuple[Finding, ...]
    partner: str | None = None
    holds: tuple[tuple[str, str], ...] = ()


def context_for(site: Site, partner: str | None) -> EditContext:
    """Return what the edits may know: profile, codes, and today by the calendar that every date we write goes by (TRAP-49)."""
    settings = site.settings
    profile = settings.partner.get(partner) if partner else None
    here = zone(settings.submitter.time_zone)
    today = site.clock.now().astimezone(here).date()
    return EditContext(today=today, profile=profile, codes=site.codes, filing=settings.timely_filing)


def judge(site: Site, file: IntakeFile, record: Intake) -> Prepared:
    """Normalise, route and edit a record; a defect of ours in doing so refuses this record and no other."""
    if record.claim is None or fatal(record.findings):
        found = tuple(record.located(f, file.name) for f in record.findings)
        return Prepared(record=record, claim=None, findings=found)
    try:
        return _judged(site, file, record, record.claim)
    except Exception as fault:  # noqa: BLE001 - one record never stops a file (law 6)
        log.error("defect", part="intake", intake=file.id, line=record.row, exc_info=fault)
        said = error("IN-DEFECT", "the gateway failed on this record; it is not sent. Please report it")
        return Prepared(record=record, claim=None, findings=(record.located(said, file.name),))


def _judged(site: Site, file: IntakeFile, record: Intake, claim: Claim) -> Prepared:
    partner, claim, found = judge_claim(site, claim, folder=file.partner)
    sent = sent_places(site, partner) if partner and found else None
    located = summed_up(record.located(f, file.name, sent=sent) for f in found)
    return Prepared(
        record=record,
        claim=claim,
        findings=(*(record.located(f, file.name) for f in record.findings), *located),
        partner=partner,
        holds=tuple(holds_for(found)),
    )


def sent_places(site: Site, partner: str) -> MapPlaces | None:
    """Return where the partner's map puts each field; None where the map is broken, which whoever seals will say."""
    try:
        return site.claim_map(partner).places
    except MapError:
        return None


def judge_claim(site: Site, claim: Claim, *, folder: str | None) -> tuple[str | None, Claim, list[Finding]]:
    """Return the partner, the claim in its proper spelling, and all there is to say of it, by today's settings."""
    partner = partner_for(claim, folder=folder, settings=site.settings)
    claim, found = prepare(claim, context=context_for(site, partner))
    return partner, claim, [*found, *route_faults(claim, partner, site.settings)]


def holds_for(found: list[Finding]) -> Iterator[tuple[str, str]]:
    """Yield the holds that the errors in *found* make, each with its rule ids as reason."""
    wrong = [f.code for f in found if f.severity is Severity.ERROR]
    for kind, codes in (
        (UNROUTABLE, [c for c in wrong if c.startswith("ROUTE-")]),
        ("edit", [c for c in wrong if not c.startswith("ROUTE-")]),
    ):
        if codes:
            yield kind, ", ".join(dict.fromkeys(codes))


def admit(tx: Tx, site: Site, file: IntakeFile, prepared: Prepared) -> tuple[Fate, str | None]:
    """Store a judged record and return what became of it, with the claim's id where it became one."""
    prepared = numbered(tx, site, file, prepared)
    claim = prepared.claim
    if claim is None:
        return refuse(tx, file, prepared, prepared.findings)
    mended, fault = known_as(tx, claim)
    if fault is not None:
        said = prepared.record.located(fault, file.name)
        return refuse(tx, file, prepared, (said, *prepared.findings))
    if mended is not None:
        return keep_version(tx, mended, file, _crossed_over(tx, mended, file, prepared)), mended
    record = prepared.record
    spot = record.x12.text if record.x12 else None
    claim_id, _ = claims.new_claim(
        tx, claim, partner=prepared.partner, intake_file=file.id, row=record.row, place=spot
    )
    _remark(tx, claim_id, prepared)
    return (Fate.HELD if prepared.holds else Fate.READY), claim_id


def keep_version(tx: Tx, claim_id: str, file: IntakeFile | None, prepared: Prepared) -> Fate:
    """Keep a judged record as what is now said of a claim; *file* is None where it came from no file."""
    if prepared.claim is None:
        raise ValueError("a refused record is no version")
    record = prepared.record
    version = claims.new_version(
        tx, claim_id, prepared.claim, intake_file=file.id if file else None, row=record.row or None,
        place=record.x12.text if record.x12 else None,
    )  # fmt: skip
    claims.set_partner(tx, claim_id, prepared.partner)
    for kind in MENDED:
        holds.release(tx, claim_id, reason=f"mended by {version}", kind=kind)
    _remark(tx, claim_id, prepared)
    return Fate.HELD if holds.open_kinds(tx, claim_id) else Fate.READY


def _remark(tx: Tx, claim_id: str, prepared: Prepared) -> None:
    findings.keep(tx, claim_id, prepared.findings)
    for kind, reason in prepared.holds:
        holds.place(tx, claim_id, kind, reason)


def numbered(tx: Tx, site: Site, file: IntakeFile, prepared: Prepared) -> Prepared:
    """Give a replacement or void the payer's control number where it lacks it, and judge it once more with it."""
    record, claim = prepared.record, prepared.claim
    if claim is None or record.claim is None:
        return prepared
    told, said = replacing.numbered(tx, claim)
    if told is not claim:
        whole = replace(record.claim, payer_control_number=told.payer_control_number)
        prepared = judge(site, file, replace(record, claim=whole))
    located = tuple(record.located(f, file.name) for f in said)
    return replace(prepared, findings=(*prepared.findings, *located)) if said else prepared


def refuse(
    tx: Tx, file: IntakeFile, prepared: Prepared, found: tuple[Finding, ...]
) -> tuple[Fate, str | None]:
    """Note that a record does not become a claim, and why."""
    claim = prepared.claim or prepared.record.claim
    charge = claim.charge if claim is not None else None
    if charge is not None and (not is_cents(charge) or abs(charge) > MAX_AMOUNT):
        charge = None
    intake.refuse(tx, file.id, prepared.record.row, found, charge=charge)
    return Fate.REFUSED, None


def known_as(tx: Tx, claim: Claim) -> tuple[str | None, Finding | None]:
    """Return the claim that this is a new version of (None: a claim of its own), or why it cannot be taken."""
    for twin in claims.same_content(tx, claim):
        # A claim may be corrected back to what an earlier correction said; only its last word counts.
        if claim.frequency == "1" or _same_as(tx, claims.get(tx, twin), claim):
            sentence = f"this very claim is here already as {twin}; nothing was sent twice"
            return None, _fault(claim, "D-DUP-CONTENT", sentence)
    for known in claims.with_pcn(tx, claim.patient_control_number):
        if known.is_rejected and known.holds and _same_as(tx, known, claim):
            return None, _fault(
                claim,
                "D-DUP-REJECTED",
                f"{known.id} was rejected and this record says just the same again, so it does not go out; mend it. Where "
                f"nothing of it is wrong, because the payer has mended its own file: gateway resubmit {known.id} "
                "--reason ...",
            )
        fault = (
            _whose_else(tx, claim, known)
            or _why_not_mended(tx, claim, known)
            or _billed_elsewhere(tx, claim, known.id)
        )
        return (known.id, None) if fault is None else (None, fault)
    elsewhere = replacing.of_another_claim(tx, claim)
    return None, replacing.fault(claim, elsewhere) if elsewhere else _billed_elsewhere(tx, claim, None)


def _same_as(tx: Tx, known: StoredClaim, claim: Claim) -> bool:
    """Tell whether *claim* says what the newest version of *known* says."""
    stored = claims.content(tx, known.version_id)
    return content_key(canonical(stored)) == content_key(canonical(claim))


def _whose_else(tx: Tx, claim: Claim, known: StoredClaim) -> Finding | None:
    """Say that *known* is another patient's claim, so that this one is no version of it."""
    if is_another_patient(claims.content(tx, known.version_id), claim):
        return _open(claim, f"{known.id}, a claim of another patient; give each claim a number of its own")
    return None


def _crossed_over(tx: Tx, known: str, file: IntakeFile, prepared: Prepared) -> Prepared:
    """Hold what would go to a payer to whom the first one has sent the claim on already: ours is the second (TRAP-45)."""
    claim = prepared.claim
    paid = claim_payments.standing(claim_payments.posted(tx, [known])[known])
    if claim is None or claim.frequency != "1" or not any(one.status_code in CROSSED_OVER for one in paid):
        return prepared
    said = _fault(
        claim,
        "D-CROSSOVER",
        f"the payer that paid {known} sent the claim on to the next payer itself; release it only if that payer says "
        "that it never came",
    )
    return replace(
        prepared,
        findings=(*prepared.findings, prepared.record.located(said, file.name)),
        holds=(*prepared.holds, ("duplicate", said.code)),
    )


def _billed_elsewhere(tx: Tx, claim: Claim, known: str | None) -> Finding | None:
    """Say which other claim than *known* bills these very services already (2.17 item 20)."""
    twins = [] if claim.frequency != "1" else [c for c in claims.same_services(tx, claim) if c != known]
    if not twins:
        return None
    return _fault(
        claim,
        "D-DUP-SERVICE",
        f"the same services of the same patient are billed by {twins[0]} already; a service that was repeated "
        "carries modifier 76 or 77, a correction is frequency 7",
    )


def _why_not_mended(tx: Tx, claim: Claim, known: StoredClaim) -> Finding | None:
    """Say why *claim* cannot be a new version of *known*, which has its patient control number (2.17 item 15)."""
    history = submissions.of_claim(tx, known.id)
    live = [s for s in history if s.state in LIVE_STATES]
    waits = not known.holds and known.submitted_version != known.version_id
    if claim.frequency != "1" and claim.frequency in replacing.REPLACING:
        sentence = replacing.why_not(tx, claim, known, history)
        if sentence is not None:
            return replacing.fault(claim, sentence)
    if not live:
        return (
            None
            if known.holds
            else _open(
                claim,
                f"{known.id}, which waits to be sent; to change it, first: "
                f"gateway hold {known.id} --reason ...",
            )
        )
    if claim.frequency == "1":
        return None if _is_for_next_payer(claim, known, live) else _open(claim, _why_taken(known, live))
    if waits:
        return _fault(
            claim,
            "P-PCN-OPEN",
            f"a replacement or void of {known.id} waits to be sent already; to change it, first: "
            f"gateway hold {known.id} --reason ...",
        )
    return None


def _is_for_next_payer(claim: Claim, known: StoredClaim, live: Sequence[Submission]) -> bool:
    """Tell whether *claim* bills another payer for what every payer before it has answered, and none had taken back."""
    latest = {s.payer.upper(): s for s in live}
    return (
        claim.payer.id.upper() not in latest
        and claim.payer.id.upper() != known.payer.upper()
        and claim.payer_sequence != known.payer_sequence
        and all(s.state in ADJUDICATED_STATES for s in latest.values())
    )


def _why_taken(known: StoredClaim, live: Sequence[Submission]) -> str:
    if is_voided(live[-1].state, live[-1].frequency):
        return f"{known.id}, which was voided; bill it anew under another number"
    return (
        f"{known.id}, which is on its way or answered; to correct that claim send frequency 7 (gateway correct {known.id} "
        "FILE)"
    )


def _open(claim: Claim, where: str) -> Finding:
    return _fault(claim, "P-PCN-OPEN", f"this patient control number is in use by {where}")


def _fault(claim: Claim, code: str, message: str) -> Finding:
    return error(code, message, element="patient_control_number", claim=claim.patient_control_number)
