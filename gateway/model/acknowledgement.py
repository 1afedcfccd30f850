"""TA1, 999/997 and 277CA as they are read: what the partner says, before anything is done about it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeAcknowledgement:
    """A TA1: *interchange_control_number* is our ISA13; *status* A, E or R; *note_code* TA105."""

    interchange_control_number: str
    status: str
    note_code: str
    interchange_date: str | None = None
    interchange_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementError:
    """IK4/AK4: element *position*, *component*, our data's *error* code; the bad value is not kept (it may be PHI)."""

    position: int | None
    component: int | None
    error: str
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentError:
    """IK3/AK3: *position* counts from ST = 1; *business_unit* is the CTX value after ``CLM01:`` when given."""

    segment: str
    position: int | None
    loop: str | None
    error: str | None
    elements: tuple[ElementError, ...] = ()
    patient_control_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAcknowledgement:
    """AK2..IK5 on one transaction set we sent."""

    set_control_number: str
    status: str
    error_codes: tuple[str, ...] = ()
    segments: tuple[SegmentError, ...] = ()
    set_id: str = "837"
    implementation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAcknowledgement:
    """A 999 or 997: the verdict on one functional group; *group_control_number* is our GS06."""

    group_control_number: str
    functional_id: str
    version: str | None
    group_status: str
    sets_included: int | None
    sets_received: int | None
    sets_accepted: int | None
    sets: tuple[SetAcknowledgement, ...] = ()
    error_codes: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What a 277CA says about a claim after rolling up every STC (ACK-08)."""

    ACCEPTED = "accepted"
    """A2: accepted into adjudication."""
    RECEIVED = "received"
    """A1: receipt only."""
    FORWARDED = "forwarded"
    """A0."""
    SPLIT = "split"
    """A5."""
    REJECTED = "rejected"
    """A3, A4, A6, A7 or A8 anywhere, at claim or line."""
    UNKNOWN = "unknown"
    """No category that a 277CA may carry: a person looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One STC triple; *action* is STC03 (WQ accept, U reject); *free_text* may quote PHI.

    Of a line, *service_line* is its control number (REF*FJ) and *procedure* what SVC says.
    """

    category: str
    code: str | None
    entity: str | None
    action: str | None = None
    effective: date | None = None
    free_text: str | None = None
    service_line: str | None = None
    procedure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Who answers: *role* ``payer`` (NM1*PR) or ``clearinghouse`` (NM1*AY)."""

    role: str
    name: str | None
    id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStatus:
    """One 2200D: *claim_reference* is REF*D9 (our claim key), *payer_control_number* REF*1K."""

    patient_control_number: str | None
    outcome: Outcome
    statuses: tuple[Status, ...]
    charge: Decimal | None = None
    payer_control_number: str | None = None
    claim_reference: str | None = None
    member_id: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    service_from: date | None = None
    service_to: date | None = None
    provider_npi: str | None = None
    provider_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchVerdict:
    """An STC above the patient level: decides only where no patient level is reported (TRAP-56).

    *level* is ``receiver`` (2200B) or ``provider`` (2200C); *charge* is STC04.
    """

    level: str
    outcome: Outcome
    statuses: tuple[Status, ...]
    provider_npi: str | None = None
    provider_name: str | None = None
    charge: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAcknowledgement:
    """One 277CA transaction set about one of our BHT03 (*batch_reference*).

    *reference* and *created* are its own BHT03 and BHT04/05, *receipt_reference* its 2200A TRN02, *receiver_name* and
    *receiver_id* the submitter it answers (NM1*41).
    """

    batch_reference: str | None
    responder: Responder
    claims: tuple[ClaimStatus, ...]
    batch_verdicts: tuple[BatchVerdict, ...] = ()
    accepted_count: int | None = None
    rejected_count: int | None = None
    accepted_charge: Decimal | None = None
    rejected_charge: Decimal | None = None
    receipt_date: date | None = None
    process_date: date | None = None
    reference: str | None = None
    created: datetime | None = None
    receipt_reference: str | None = None
    receiver_name: str | None = None
    receiver_id: str | None = None
