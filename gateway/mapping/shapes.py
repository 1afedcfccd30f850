"""The record types a map may name, and the shapes of sets whose levels the record keeps otherwise."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from gateway.model.acknowledgement import GroupAcknowledgement, InterchangeAcknowledgement, Status
from gateway.model.claim import Claim
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.model.remittance_parts import ClaimGroup
from gateway.model.submission import SetHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLevel:
    """2220D of a 277CA."""

    procedure_type: str | None = None
    procedure: str | None = None
    line_charge: Decimal | None = None
    statuses: tuple[Status, ...] = ()
    charge: Decimal | None = None
    line_control_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLevel:
    """2200D of a 277CA: one claim."""

    trace: str | None = None
    statuses: tuple[Status, ...] = ()
    charge: Decimal | None = None
    payer_control_number: str | None = None
    claim_reference: str | None = None
    service_from: date | None = None
    service_to: date | None = None
    lines: tuple[LineLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientLevel:
    """2000D of a 277CA."""

    last_name: str | None = None
    first_name: str | None = None
    member_id: str | None = None
    claims: tuple[TraceLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLevel:
    """2000C of a 277CA."""

    entity_type: str = "2"
    name: str | None = None
    npi: str | None = None
    trace: str | None = None
    statuses: tuple[Status, ...] = ()
    charge: Decimal | None = None
    patients: tuple[PatientLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSet:
    """A 277CA as its levels stand; `gateway.mapping.status` makes it a ClaimAcknowledgement and back."""

    reference: str | None = None
    created: datetime | None = None
    responder_role: str | None = None
    responder_name: str | None = None
    responder_id: str | None = None
    receipt_reference: str | None = None
    receipt_date: date | None = None
    process_date: date | None = None
    receiver_name: str | None = None
    receiver_id: str | None = None
    batch_reference: str | None = None
    statuses: tuple[Status, ...] = ()
    charge: Decimal | None = None
    accepted_count: int | None = None
    rejected_count: int | None = None
    accepted_charge: Decimal | None = None
    rejected_charge: Decimal | None = None
    providers: tuple[ProviderLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLevel(ClaimGroup):
    """2000 of an 835: a group with its claims."""

    claims: tuple[RemittanceClaim, ...] = ()
    residue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceSet(Remittance):
    """An 835 as its levels stand: the claims are in the groups; `gateway.mapping.groups` makes it a Remittance and back."""

    claims: tuple[RemittanceClaim, ...] = ()
    groups: tuple[GroupLevel, ...] = ()


RECORDS: dict[str, type] = {
    "Claim": Claim,
    "SetHeader": SetHeader,
    "RemittanceSet": RemittanceSet,
    "GroupAcknowledgement": GroupAcknowledgement,
    "InterchangeAcknowledgement": InterchangeAcknowledgement,
    "StatusSet": StatusSet,
}
"""Every record type that a map may name."""
