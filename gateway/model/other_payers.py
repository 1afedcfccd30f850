"""Coordination of benefits: the other payers of a claim and what they have decided (domain.md 2.11)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.parties import Address, Payer, Reference
from gateway.model.remittance import Adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class OutpatientAdjudication:
    """Medicare's outpatient adjudication of the claim, from the remittance's MOA."""

    reimbursement_rate: Decimal | None = None
    hcpcs_payable: Decimal | None = None
    remarks: tuple[str, ...] = ()
    esrd_payment: Decimal | None = None
    professional_component: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSubscriber:
    """The person whom another payer insures."""

    last_name: str
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    entity_type: str = "1"
    member_id: str | None = None
    member_id_type: str = "MI"
    address: Address | None = None
    ssn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPayerProvider:
    """The numbers that another payer has given to one of the claim's providers."""

    references: tuple[Reference, ...]
    entity_type: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPayer:
    """Another payer of the claim; once it has decided, what it paid and why not more.

    *adjustments* are those of the claim as a whole; those of a line stand in its `LineAdjudication`.
    """

    payer_sequence: str
    subscriber: OtherSubscriber
    payer: Payer
    relationship: str = "18"
    group_number: str | None = None
    group_name: str | None = None
    insurance_type: str | None = None
    claim_filing_indicator: str | None = None
    benefits_assigned: str = "Y"
    patient_signature_source: str | None = None
    release_of_information: str = "Y"
    paid: Decimal | None = None
    noncovered: Decimal | None = None
    remaining_patient_liability: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    outpatient: OutpatientAdjudication | None = None
    paid_on: date | None = None
    payer_control_number: str | None = None
    prior_authorization: str | None = None
    referral_number: str | None = None
    adjustment_indicator: str | None = None
    referring_provider: OtherPayerProvider | None = None
    primary_care_provider: OtherPayerProvider | None = None
    rendering_provider: OtherPayerProvider | None = None
    service_facility: OtherPayerProvider | None = None
    supervising_provider: OtherPayerProvider | None = None
    billing_provider: OtherPayerProvider | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAdjudication:
    """What another payer decided on a line: *paid*, for which procedure and units, and why not more.

    *payer_id* is that of one of the claim's other payers; *bundled_into* the line that this one was paid with.
    """

    payer_id: str
    paid: Decimal
    procedure: str
    units: Decimal
    procedure_type: str = "HC"
    modifiers: tuple[str, ...] = ()
    description: str | None = None
    bundled_into: int | None = None
    adjustments: tuple[Adjustment, ...] = ()
    paid_on: date | None = None
    remaining_patient_liability: Decimal | None = None
