"""277CA levels into a ClaimAcknowledgement and back: the roll-up of ACK-08 (domain.md 3.4)."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from gateway.mapping.shapes import LineLevel, PatientLevel, ProviderLevel, StatusSet, TraceLevel
from gateway.model.acknowledgement import (
    BatchVerdict,
    ClaimAcknowledgement,
    ClaimStatus,
    Outcome,
    Responder,
    Status,
)

REJECTING = frozenset({"A3", "A4", "A6", "A7", "A8"})
_GOOD = (
    ("A2", Outcome.ACCEPTED),
    ("A5", Outcome.SPLIT),
    ("A0", Outcome.FORWARDED),
    ("A1", Outcome.RECEIVED),
)


def roll_up(statuses: Iterable[Status]) -> Outcome:
    """Return what all *statuses* of one claim say together: any rejection wins, then A2, A5, A0, A1 (ACK-08).

    Categories that do not belong into a 277CA: F and P count as accepted where nothing better is said, R, E and D
    leave it to a person.
    """
    categories = {status.category.strip().upper() for status in statuses}
    if categories & REJECTING:
        return Outcome.REJECTED
    for category, outcome in _GOOD:
        if category in categories:
            return outcome
    letters = {category[:1] for category in categories}
    if letters and letters <= {"F", "P"}:
        return Outcome.ACCEPTED
    return Outcome.UNKNOWN


def from_levels(levels: StatusSet) -> ClaimAcknowledgement:
    """Make the acknowledgement of the *levels* as they were read."""
    claims: list[ClaimStatus] = []
    verdicts = _verdict("receiver", levels.statuses, None, None, levels.charge)
    for provider in levels.providers:
        verdicts += _verdict("provider", provider.statuses, provider.npi, provider.name, provider.charge)
        for patient in provider.patients:
            claims.extend(_claim(provider, patient, trace) for trace in patient.claims)
    return ClaimAcknowledgement(
        batch_reference=levels.batch_reference,
        responder=Responder(
            role=levels.responder_role or "payer", name=levels.responder_name, id=levels.responder_id
        ),
        claims=tuple(claims),
        batch_verdicts=tuple(verdicts),
        accepted_count=levels.accepted_count,
        rejected_count=levels.rejected_count,
        accepted_charge=levels.accepted_charge,
        rejected_charge=levels.rejected_charge,
        receipt_date=levels.receipt_date,
        process_date=levels.process_date,
        reference=levels.reference,
        created=levels.created,
        receipt_reference=levels.receipt_reference,
        receiver_name=levels.receiver_name,
        receiver_id=levels.receiver_id,
    )


def _verdict(
    level: str, statuses: tuple[Status, ...], npi: str | None, name: str | None, charge: Decimal | None
) -> list[BatchVerdict]:
    if not statuses:
        return []
    return [
        BatchVerdict(
            level=level,
            outcome=roll_up(statuses),
            statuses=statuses,
            provider_npi=npi,
            provider_name=name,
            charge=charge,
        )
    ]


def _claim(provider: ProviderLevel, patient: PatientLevel, trace: TraceLevel) -> ClaimStatus:
    statuses = trace.statuses + tuple(
        replace(status, service_line=line.line_control_number, procedure=line.procedure)
        for line in trace.lines
        for status in line.statuses
    )
    return ClaimStatus(
        patient_control_number=trace.trace,
        outcome=roll_up(statuses),
        statuses=statuses,
        charge=trace.charge,
        payer_control_number=trace.payer_control_number,
        claim_reference=trace.claim_reference,
        member_id=patient.member_id,
        last_name=patient.last_name,
        first_name=patient.first_name,
        service_from=trace.service_from,
        service_to=trace.service_to,
        provider_npi=provider.npi,
        provider_name=provider.name,
    )


def to_levels(record: ClaimAcknowledgement) -> StatusSet:
    """Spread an acknowledgement over the levels of the guide, to be written.

    Verdicts that the guide requires above the patients and the record lacks are a plain receipt (A1:19).
    """
    total = sum((claim.charge or Decimal(0) for claim in record.claims), Decimal(0))
    receiver = next((v for v in record.batch_verdicts if v.level == "receiver"), None)
    receipt = Status(category="A1", code="19", entity="PR", action="WQ", effective=record.receipt_date)
    return StatusSet(
        reference=record.reference or record.batch_reference,
        created=record.created,
        responder_role=record.responder.role,
        responder_name=record.responder.name,
        responder_id=record.responder.id,
        receipt_reference=record.receipt_reference or "0",
        receipt_date=record.receipt_date,
        process_date=record.process_date or record.receipt_date,
        receiver_name=record.receiver_name,
        receiver_id=record.receiver_id,
        batch_reference=record.batch_reference,
        statuses=receiver.statuses if receiver else (receipt,),
        charge=receiver.charge if receiver and receiver.charge is not None else total,
        accepted_count=record.accepted_count,
        rejected_count=record.rejected_count,
        accepted_charge=record.accepted_charge,
        rejected_charge=record.rejected_charge,
        providers=tuple(_providers(record, receipt)),
    )


def _providers(record: ClaimAcknowledgement, receipt: Status) -> Iterable[ProviderLevel]:
    def key(claim: ClaimStatus | BatchVerdict) -> str:
        return claim.provider_npi or claim.provider_name or ""

    verdicts = {key(v): v for v in record.batch_verdicts if v.level == "provider"}
    groups = {k: list(claims) for k, claims in groupby(sorted(record.claims, key=key), key=key)}
    for provider in sorted({*groups, *verdicts}):
        claims = groups.get(provider, [])
        first = (*claims, verdicts.get(provider))[0]
        verdict = verdicts.get(provider)
        charge = sum((claim.charge or Decimal(0) for claim in claims), Decimal(0))
        statuses = verdict.statuses if verdict else (receipt,)
        yield ProviderLevel(
            name=first.provider_name if first else None,
            npi=first.provider_npi if first else None,
            trace="0",
            statuses=tuple(replace(status, effective=None) for status in statuses),
            charge=verdict.charge if verdict and verdict.charge is not None else charge,
            patients=tuple(_patient(claim, record) for claim in claims),
        )


def _patient(claim: ClaimStatus, record: ClaimAcknowledgement) -> PatientLevel:
    def dated(status: Status) -> Status:
        return replace(status, effective=status.effective or record.receipt_date)

    whole = tuple(dated(status) for status in claim.statuses if not _of_line(status))
    lines = tuple(
        LineLevel(
            statuses=(dated(status),),
            line_control_number=status.service_line,
            procedure_type="HC" if status.procedure else None,
            procedure=status.procedure,
        )
        for status in claim.statuses
        if _of_line(status)
    )
    return PatientLevel(
        last_name=claim.last_name,
        first_name=claim.first_name,
        member_id=claim.member_id,
        claims=(
            TraceLevel(
                trace=claim.patient_control_number,
                statuses=whole,
                charge=claim.charge,
                payer_control_number=claim.payer_control_number,
                claim_reference=claim.claim_reference,
                service_from=claim.service_from,
                service_to=claim.service_to,
                lines=lines,
            ),
        ),
    )


def _of_line(status: Status) -> bool:
    """Tell whether a status stands at a service line."""
    return status.service_line is not None or status.procedure is not None
