"""A person corrects or voids a claim by hand: the same rules as for a dropped record that says so itself.

`correct` takes the whole claim as it should have been; `void` takes it back as it was sent. Either makes a new version
that goes out at the next cutoff, unless the edits or a person hold it.
"""

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal

from gateway.claims import replacing
from gateway.claims.difference import Change, charge_difference, differences
from gateway.claims.intake import accept
from gateway.claims.intake.accept import Fate, Prepared
from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import open_dropped
from gateway.errors import Refused, UsageError
from gateway.model.claim import Claim
from gateway.model.findings import Finding, errors_in
from gateway.model.identifiers import Kind, new_id
from gateway.model.lifecycle import VOID
from gateway.model.matching import exact_pcn
from gateway.site import Site
from gateway.store import claims, intake, submissions
from gateway.store.claims import StoredClaim
from gateway.store.db import Tx
from gateway.store.intake import IntakeFile

REPLACEMENT = "7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What became of it: *fate* is None where it was only tried; *money* is by how much more is asked for."""

    claim: str
    frequency: str
    payer_control_number: str | None
    changes: tuple[Change, ...]
    money: Decimal
    findings: tuple[Finding, ...]
    fate: Fate | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """What a person gave: the one record in a file, with its bytes."""

    record: Intake
    name: str
    data: bytes
    format: str


def correct(
    site: Site,
    claim_id: str,
    data: bytes,
    *,
    name: str,
    number: str | None = None,
    dry_run: bool = False,
    actor: str,
) -> Correction:
    """Replace a claim by the one record in *data*, a file called *name*, in any intake format.

    The record says the whole claim; frequency 7 is set here. *number* is the payer's own number for the claim, where the
    record leaves it out and the payer's answers do not tell it, or tell it wrongly. With *dry_run* nothing is kept.

    Raises:
        NotFound: no such claim.
        Refused: the payer has nothing to correct, or another correction is on its way; or the record is another claim's.
        UsageError: the file holds no record that can be read, or several.
        StoreUnavailable: the database or the archive cannot be written.

    """
    given = _one_record(site, data, name)
    content = given.record.claim
    if content is None:
        raise UsageError(f"{name} holds no claim")
    if content.frequency == VOID:
        raise Refused(
            f"the record says frequency 8; to void the claim: gateway void {claim_id} --reason TEXT"
        )
    wanted = replace(
        content, frequency=REPLACEMENT, payer_control_number=number or content.payer_control_number
    )
    given = replace(given, record=replace(given.record, claim=wanted))
    if dry_run:
        with site.store.read() as tx:
            return _planned(tx, site, claim_id, given.record, name)[0]
    blob = site.archive.put(data, "intake")
    with site.store.write("correct", actor=actor) as tx:
        plan, prepared = _planned(tx, site, claim_id, given.record, name)
        file = _note(tx, given, blob)
        made = _keep(tx, plan, prepared, file)
        counted = intake.tally(tx, file.id)
        intake.finish(tx, file.id, intake.DONE, file_format=given.format, counted=counted)
        tx.audit(
            claim_id,
            {"version": made.version, "frequency": made.frequency, "fate": str(made.fate), "file": file.id},
        )
    return made


def void(
    site: Site,
    claim_id: str,
    *,
    reason: str,
    number: str | None = None,
    payer: str | None = None,
    dry_run: bool = False,
    actor: str,
) -> Correction:
    """Take a claim back from its payer: what was sent goes again with frequency 8, and *reason* into the audit log.

    *payer* says from which one, where it went to several.

    Raises:
        NotFound: no such claim.
        Refused: the payer has nothing to void, or another correction is on its way; or it went to several payers.
        StoreUnavailable: the database cannot be written.

    """
    if dry_run:
        with site.store.read() as tx:
            return _planned(tx, site, claim_id, _as_void(tx, claim_id, number, payer))[0]
    with site.store.write("void", actor=actor) as tx:
        plan, prepared = _planned(tx, site, claim_id, _as_void(tx, claim_id, number, payer))
        made = _keep(tx, plan, prepared, None)
        tx.audit(claim_id, {"version": made.version, "reason": reason[:200], "fate": str(made.fate)})
    return made


def _as_void(tx: Tx, claim_id: str, number: str | None, payer: str | None) -> Intake:
    stored = claims.get(tx, claim_id)
    history = submissions.of_claim(tx, claim_id)
    payers = list(dict.fromkeys(s.payer for s in history if replacing.standing([s], s.payer)))
    if payer is None and len(payers) > 1:
        raise Refused(f"{claim_id} went to {', '.join(payers)}; say with --payer from whom to take it back")
    owner = payer or next(iter(payers), stored.payer)
    sent = replacing.standing(history, owner)
    content = claims.content(tx, sent[-1].version_id if sent else stored.version_id)
    known = number or submissions.told_number(tx, claim_id, owner) or content.payer_control_number
    said = replace(
        content, frequency=VOID, payer_control_number=known, payer=replace(content.payer, id=owner)
    )
    return Intake(row=0, claim=said, findings=())


def _one_record(site: Site, data: bytes, name: str) -> _Given:
    limits = site.settings.limits
    opened = open_dropped(data, name=name, limits=limits)
    found = list(opened.records(limits, site.settings.environment)) if opened.format else []
    records = [one for one in found if one.row]
    wrong = errors_in([*opened.findings, *(f for one in found for f in one.findings)])
    if wrong:
        first = wrong[0]
        place = f", {first.element}" if first.element else ""
        raise UsageError(f"{name}{place}: {first.message} ({first.code})")
    if len(records) != 1 or records[0].claim is None or opened.format is None:
        raise UsageError(
            f"{name} holds {len(records)} claims; give a file with the one claim as it should be"
        )
    return _Given(records[0], name, data, opened.format.value)


def _planned(
    tx: Tx, site: Site, claim_id: str, record: Intake, name: str | None = None
) -> tuple[Correction, Prepared]:
    """Judge what is said of the claim as intake does, and compare it with what the payer has."""
    stored = claims.get(tx, claim_id)
    content = record.claim
    if content is None:
        raise ValueError("there is nothing to plan")
    history = submissions.of_claim(tx, claim_id)
    sent = replacing.standing(history, content.payer.id)
    original = claims.content(tx, sent[-1].version_id if sent else stored.version_id)
    if exact_pcn(content.patient_control_number) != exact_pcn(original.patient_control_number):
        raise Refused(
            f"the record's patient control number is not that of {claim_id}; a correction keeps the number under which the "
            "claim was sent"
        )
    nowhere = IntakeFile(
        id="", partner=stored.partner, name=name or claim_id, format=None, sha256="", size=0, blob="", state="", received_at=tx.now()
    )  # fmt: skip
    prepared = accept.judge(site, nowhere, record)
    prepared = accept.numbered(tx, site, nowhere, prepared)
    if prepared.claim is None:
        raise UsageError("; ".join(f"{f.message} ({f.code})" for f in errors_in(list(prepared.findings))[:3]))
    _must_be_due(tx, prepared.claim, stored)
    changes = tuple(differences(original, prepared.claim))
    told = {change.path for change in changes} - {"frequency", "payer_control_number"}
    newest = not sent or sent[-1].version_id == stored.version_id
    if not told and newest and prepared.claim.frequency != VOID:
        raise Refused(
            f"the record says what the payer has already; there is nothing to correct in {claim_id}"
        )
    made = Correction(
        claim=claim_id,
        frequency=prepared.claim.frequency,
        payer_control_number=prepared.claim.payer_control_number,
        changes=changes,
        money=charge_difference(original, prepared.claim),
        findings=prepared.findings,
    )
    return made, prepared


def _must_be_due(tx: Tx, claim: Claim, stored: StoredClaim) -> None:
    known, fault = accept.known_as(tx, claim)
    if fault is not None:
        raise Refused(f"{fault.message} ({fault.code})")
    if known != stored.id:
        raise Refused(f"the record is a version of {known or 'no claim here'}, not of {stored.id}")


def _note(tx: Tx, given: _Given, blob: str) -> IntakeFile:
    file_id = new_id(Kind.INTAKE_FILE)
    intake.add(
        tx, file_id, partner=None, name=given.name, sha256=hashlib.sha256(given.data).hexdigest(), size=len(given.data),
        blob=blob, state=intake.DONE,
    )  # fmt: skip
    return intake.get(tx, file_id)


def _keep(tx: Tx, plan: Correction, prepared: Prepared, file: IntakeFile | None) -> Correction:
    fate = accept.keep_version(tx, plan.claim, file, prepared)
    return replace(plan, fate=fate, version=claims.get(tx, plan.claim).version_id)
