"""The answers before the money: TA1, 999 and 277CA."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from gateway.model.acknowledgement import (
    BatchVerdict,
    ClaimAcknowledgement,
    ClaimStatus,
    Outcome,
    Responder,
    Status,
)
from gateway.model.claim import Claim
from gateway.model.findings import Severity
from gateway.sandbox.adjudicate import ZERO
from gateway.sandbox.memory import IDLE_NUMBER, MISSING_NUMBER, Refusal, lacks_number, names_number_idly
from gateway.sandbox.scripts import Script, script_of
from gateway.sandbox.submitted import SubmittedClaim, SubmittedInterchange, SubmittedSet
from gateway.x12.envelope import SetBody
from gateway.x12.reader import GroupHeader, TransactionSet, read_x12

FUNCTIONAL_VERSION = "005010X231A1"
"""What we call our 999s; pyx12 makes them after the same guide and calls them by its older name."""

_UNPRINTABLE = re.compile(r"[^ -)+-}]")

ACCEPTED_SET = frozenset({"A", "E"})


def ta1_of(interchange: SubmittedInterchange, *, duplicate: bool, usage: str) -> tuple[str, ...] | None:
    """Return the TA1's elements where one is due: asked for, or something is wrong with the envelope."""
    isa = interchange.header
    status, note = "A", "000"
    if duplicate:
        status, note = "R", "025"
    elif (fault := envelope_note(interchange)) is not None:
        status, note = "R", fault
    elif isa.usage not in usage:
        status, note = "R", "020"
    if status == "A" and not isa.ack_requested:
        return None
    return (isa.control_number, isa.date, isa.time, status, note)


_ENVELOPE_NOTES = {
    "ENV-TRUNCATED": "023",
    "ENV-IEA-MISSING": "023",
    "ENV-IEA-CONTROL": "001",
    "ENV-IEA-COUNT": "021",
    "ENV-SEGMENT-LONG": "022",
    "ENV-SEGMENT-PLACE": "024",
}
"""TA105 for what is wrong between ISA and IEA; faults of groups and sets are the 999's business."""


def envelope_note(interchange: SubmittedInterchange) -> str | None:
    """Say in TA105's words what is wrong with the envelope, None when it holds."""
    if interchange.intact:
        return None
    codes = {finding.code for finding in interchange.findings if finding.severity is Severity.ERROR}
    return next((note for code, note in _ENVELOPE_NOTES.items() if code in codes), None)


class FunctionalAnswer:
    """The 999 on one group, as segments that can still be changed.

    pyx12 makes it; `reject` puts the scripted rejections on top; where pyx12 could not speak, `refusal` rejects all.
    """

    def __init__(self, *, segments: list[list[str]]) -> None:
        self.segments = segments

    @property
    def group_control_number(self) -> str:
        """Return the GS06 that this answers."""
        return next((s[2] for s in self.segments if s[0] == "AK1"), "")

    def accepted_sets(self) -> set[str]:
        """Return the ST02 of the sets that are accepted."""
        accepted: set[str] = set()
        current = ""
        for segment in self.segments:
            if segment[0] == "AK2":
                current = segment[2]
            if segment[0] == "IK5" and segment[1] in ACCEPTED_SET:
                accepted.add(current)
        return accepted

    def reject(self, control_number: str, claim: SubmittedClaim) -> None:
        """Reject one accepted set for the sake of *claim*: its place of service is said to be no valid code."""
        body: list[list[str]] = []
        current = ""
        for segment in self.segments:
            if segment[0] == "AK2":
                current = segment[2]
            if segment[0] == "IK5" and current == control_number and segment[1] in ACCEPTED_SET:
                body.append(["IK3", "CLM", str(claim.position), "2300", "8"])
                body.append(["CTX", f"CLM01:{claim.claim.patient_control_number}"])
                body.append(["IK4", "5:1:1", "1331", "7"])
                body.append(["IK5", "R", "5"])
            else:
                body.append(segment)
        self.segments = body
        self._count_again()

    def _count_again(self) -> None:
        total = sum(1 for s in self.segments if s[0] == "IK5")
        good = sum(1 for s in self.segments if s[0] == "IK5" and s[1] in ACCEPTED_SET)
        for segment in self.segments:
            if segment[0] == "AK9":
                segment[1] = "A" if good == total else "P" if good else "R"
                segment[4] = str(good)

    def body(self, control_number: str) -> SetBody:
        """Return the 999's segments to be put in an envelope."""
        return SetBody(control_number=control_number, segments=tuple("*".join(s) for s in self.segments))


def functional_answers(acknowledgement: bytes) -> list[FunctionalAnswer]:
    """Take the 999s out of the envelope that pyx12 gave them."""
    answers: list[FunctionalAnswer] = []
    for interchange in read_x12(io.BytesIO(acknowledgement)):
        component = interchange.header.separators.component
        for part in interchange.parts():
            if isinstance(part, TransactionSet) and part.set_id == "999":
                segments = [[_clean(e, component) for e in s] for s in part.segments()]
                answers.append(FunctionalAnswer(segments=segments))
    return answers


def _clean(element: str, component: str) -> str:
    """Make an element fit our separators; IK404 quotes the bad value, whatever bytes it had."""
    return _UNPRINTABLE.sub(" ", element.replace(component, ":")).rstrip()


def refusal(group: GroupHeader, sets: Sequence[SubmittedSet]) -> FunctionalAnswer:
    """Reject a whole group that the checker could not even work on."""
    segments = [["AK1", group.functional_id, group.control_number, group.version]]
    for submitted in sets:
        segments.append(["AK2", submitted.set_id, submitted.control_number, submitted.implementation])
        segments.append(["IK5", "R", "5"])
    count = str(len(sets))
    segments.append(["AK9", "R", count, count, "0"])
    return FunctionalAnswer(segments=segments)


def _status(category: str, code: str, entity: str | None, *, good: bool, day: date) -> Status:
    return Status(category=category, code=code, entity=entity, action="WQ" if good else "U", effective=day)


Verdict = tuple[Outcome, Status]


def clearinghouse_verdict(claim: Claim, day: date) -> Verdict | None:
    """Return what the clearinghouse says about a claim, None when it says nothing."""
    script = script_of(claim)
    if script is Script.MUTE:
        return None
    if script is Script.RCHA:
        return Outcome.REJECTED, _status("A7", "507", None, good=False, day=day)
    if lacks_number(claim):
        return Outcome.REJECTED, _status(*MISSING_NUMBER, good=False, day=day)
    if names_number_idly(claim):
        return Outcome.REJECTED, _status(*IDLE_NUMBER, good=False, day=day)
    return Outcome.RECEIVED, _status("A1", "19", "PR", good=True, day=day)


def reaches_payer(claim: Claim) -> bool:
    """Tell whether the clearinghouse passes the claim on."""
    if lacks_number(claim) or names_number_idly(claim):
        return False
    return script_of(claim) not in {Script.MUTE, Script.RCHA}


def step_of(script: Script, *, at_payer: bool) -> str:
    """Return the step at which a claim is answered by its payer (*at_payer*) or by the clearinghouse."""
    if script is Script.LATE and at_payer:
        return "late"
    if script is Script.SWAP:
        at_payer = not at_payer
    return "payer" if at_payer else "clearinghouse"


def payer_verdict(refused: Refusal | None, day: date) -> Verdict:
    """Return what the payer says about a claim that reached it; *refused* is what it has against it."""
    if refused is not None:
        return Outcome.REJECTED, _status(*refused, good=False, day=day)
    return Outcome.ACCEPTED, _status("A2", "20", "PR", good=True, day=day)


def claim_acknowledgement(
    submitted: SubmittedSet,
    *,
    responder: Responder,
    claims: Sequence[tuple[SubmittedClaim, str, Verdict | None]],
    reference: str,
    received: date,
    now: datetime,
) -> ClaimAcknowledgement | None:
    """Make the 277CA of one answerer on one of the sets it got.

    Args:
        submitted: the 837 set.
        responder: the clearinghouse or a payer.
        claims: the claims it got, each with the payer's own number for it and what is said about it.
        reference: BHT03 of the answer, also its receipt number.
        received: the day it got the set.
        now: the moment of the answer.

    Returns:
        None when nothing is to be said.

    """
    reports: list[ClaimStatus] = []
    for item, icn, verdict in claims:
        if verdict is None:
            continue
        outcome, status = verdict
        number = icn if outcome is Outcome.ACCEPTED else None
        reports.append(_report(item, outcome=outcome, status=status, icn=number))
    if not reports or submitted.header is None:
        return None
    reports.sort(key=lambda r: r.provider_npi or "")  # one level a billing provider; sorting is stable
    sums: Counter[bool] = Counter()
    charges = {True: ZERO, False: ZERO}
    for report in reports:
        good = report.outcome is not Outcome.REJECTED
        sums[good] += 1
        charges[good] += report.charge or ZERO
    return ClaimAcknowledgement(
        batch_reference=submitted.header.reference,
        responder=responder,
        claims=tuple(reports),
        batch_verdicts=_batch_verdicts(reports, day=now.date(), total=charges[True] + charges[False]),
        accepted_count=sums[True],
        rejected_count=sums[False],
        accepted_charge=charges[True],
        rejected_charge=charges[False],
        receipt_date=received,
        process_date=now.date(),
        reference=reference,
        created=now,
        receipt_reference=reference,
        receiver_name=submitted.header.submitter_name,
        receiver_id=submitted.header.submitter_id,
    )


def _report(item: SubmittedClaim, *, outcome: Outcome, status: Status, icn: str | None) -> ClaimStatus:
    claim = item.claim
    patient = claim.patient or claim.subscriber
    dates = [d for line in claim.service_lines for d in (line.service_date, line.service_date_to) if d]
    return ClaimStatus(
        patient_control_number=claim.patient_control_number,
        outcome=outcome,
        statuses=(status,),
        charge=claim.charge,
        payer_control_number=icn,
        claim_reference=claim.claim_key,
        member_id=claim.subscriber.member_id,
        last_name=patient.last_name,
        first_name=patient.first_name,
        service_from=min(dates, default=None),
        service_to=max(dates, default=None),
        provider_npi=claim.billing_provider.npi,
        provider_name=claim.billing_provider.name,
    )


def _batch_verdicts(reports: Sequence[ClaimStatus], *, day: date, total: Decimal) -> tuple[BatchVerdict, ...]:
    """Summaries above the patient level: received, whatever is said about single claims (domain.md 3.4)."""
    status = _status("A1", "19", "PR", good=True, day=day)
    verdicts = [
        BatchVerdict(level="receiver", outcome=Outcome.RECEIVED, statuses=(status,), charge=total),
    ]
    providers = {r.provider_npi: r.provider_name for r in reports}
    for npi, name in providers.items():
        charge = sum((r.charge or ZERO for r in reports if r.provider_npi == npi), ZERO)
        verdicts.append(
            BatchVerdict(
                level="provider",
                outcome=Outcome.RECEIVED,
                statuses=(status,),
                provider_npi=npi,
                provider_name=name,
                charge=charge,
            ),
        )
    return tuple(verdicts)
