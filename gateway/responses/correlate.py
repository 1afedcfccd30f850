"""Which of our submissions a 277CA speaks of (domain.md 3.4, ACK-09); the first rule that gives one answer wins."""

from gateway.model.acknowledgement import ClaimStatus
from gateway.model.claim import Claim
from gateway.model.identifiers import Kind, kind_of
from gateway.model.lifecycle import OPEN_STATES, SubmissionState
from gateway.model.matching import loose_id, loose_pcn
from gateway.store import claims, submissions
from gateway.store.db import Tx
from gateway.store.submissions import Submission


def find(tx: Tx, partner: str, status: ClaimStatus, *, batch_reference: str | None) -> Submission | None:
    """Return the submission to *partner* that *status* speaks of, None where it cannot be told."""
    return (
        _by_claim_key(tx, partner, status, batch_reference)
        or _by_number_in_batch(tx, partner, status, batch_reference)
        or _by_number(tx, partner, status)
        or _by_content(tx, partner, status, batch_reference)
    )


def _by_claim_key(tx: Tx, partner: str, status: ClaimStatus, reference: str | None) -> Submission | None:
    """(a) REF*D9 is our claim key; the batch, where named, tells which submission of it."""
    key = (status.claim_reference or "").strip().upper()
    if kind_of(key) is not Kind.CLAIM:
        return None
    sent = [s for s in submissions.of_claim(tx, key) if s.partner == partner]
    in_batch = [s for s in sent if reference and s.reference == reference]
    standing = [s for s in sent if s.state is not SubmissionState.WITHDRAWN]
    newest = in_batch or standing or sent
    return newest[-1] if newest else None


def _by_number_in_batch(
    tx: Tx, partner: str, status: ClaimStatus, reference: str | None
) -> Submission | None:
    """(b) TRN02 is CLM01 within the BHT03 that 2200B names; spelling aside, since the batch is sure."""
    number = status.patient_control_number
    if not number or not reference:
        return None
    for look in (submissions.of_pcn, submissions.of_loose_pcn):
        found = [s for s in look(tx, partner, number) if s.reference == reference]
        if len(found) == 1:
            return found[0]
    return None


def _by_number(tx: Tx, partner: str, status: ClaimStatus) -> Submission | None:
    """(c) TRN02 is CLM01 of exactly one open claim - or of exactly one claim at all, for answers that come late."""
    if not status.patient_control_number:
        return None
    found = submissions.of_pcn(tx, partner, status.patient_control_number)
    still_open = [s for s in found if s.state in OPEN_STATES]
    if still_open:
        return still_open[0] if len(still_open) == 1 else None
    standing = [s for s in found if s.state is not SubmissionState.WITHDRAWN]
    return standing[0] if len(standing) == 1 else None


def _by_content(tx: Tx, partner: str, status: ClaimStatus, reference: str | None) -> Submission | None:
    """(d) Charge and date of service agree, and so does a cut or respelled TRN02, or the member id (TRAP-60)."""
    if status.charge is None or status.service_from is None:
        return None
    number = loose_pcn(status.patient_control_number or "")
    if reference and number == loose_pcn(reference):
        number = ""
    found = []
    for candidate in submissions.waiting_with_charge(tx, partner, status.charge):
        content = claims.content(tx, candidate.version_id)
        if _same_days(content, status) and (_cut_alike(content, number) or _same_member(content, status)):
            found.append(candidate)
    return found[0] if len(found) == 1 else None


def _same_days(content: Claim, status: ClaimStatus) -> bool:
    days = [line.service_date for line in content.service_lines if line.service_date]
    return bool(days) and status.service_from in {min(days), *days}


def _cut_alike(content: Claim, number: str) -> bool:
    # Six characters are the least that a cut number may keep and still tell one claim from another.
    return len(number) >= 6 and loose_pcn(content.patient_control_number).startswith(number)


def _same_member(content: Claim, status: ClaimStatus) -> bool:
    ours, theirs = content.subscriber.member_id, status.member_id
    return bool(ours and theirs) and loose_id(ours or "") == loose_id(theirs or "")
