"""An 835 as it is read: one payment with the claims it speaks of. Amounts keep the sign and digits they came with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.parties import Address
from gateway.model.remittance_parts import (
    BankAccount,
    ClaimGroup,
    Delivery,
    InpatientFacts,
    OutpatientFacts,
    RemittanceContact,
    RemittanceEntity,
)

CROSSED_OVER = frozenset({"19", "20", "21"})
"""CLP02 of a payer that has sent the claim on to the next payer itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceReference:
    """A REF as it came."""

    qualifier: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceAmount:
    """An AMT as it came: information only, never part of balancing (RFI 2601); 0 where it cannot be read."""

    qualifier: str
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceQuantity:
    """A QTY as it came: information only; 0 where it cannot be read."""

    qualifier: str
    quantity: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The payer (N1*PR) or the payee (N1*PE); *id_type* is N103 (XX NPI, FI tax id, XV plan id).

    *contacts* are the payer's: PER*BL is whom one calls about a file. *delivery* is the payee's (RDM).
    """

    name: str | None = None
    id_type: str | None = None
    id: str | None = None
    references: tuple[RemittanceReference, ...] = ()
    address: Address | None = None
    contacts: tuple[RemittanceContact, ...] = ()
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One CAS triplet: positive *amount* reduces the payment; *reason* is the CARC as received."""

    group: str
    reason: str
    amount: Decimal
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceLine:
    """One SVC; *units* absent means 1 (TRAP-71); *submitted_procedure* is SVC06 where it differs.

    *remarks* are the RARCs (LQ*HE), *drug_reject_codes* a pharmacy's reject codes (LQ*RX); *residue* are segments that no
    field takes, written with ``*`` and ``:``.
    """

    procedure: str
    modifiers: tuple[str, ...]
    charge: Decimal
    paid: Decimal
    units: Decimal | None = None
    line_control_number: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    procedure_type: str | None = None
    revenue_code: str | None = None
    submitted_procedure: str | None = None
    submitted_modifiers: tuple[str, ...] = ()
    submitted_units: Decimal | None = None
    service_date: date | None = None
    service_date_to: date | None = None
    remarks: tuple[str, ...] = ()
    references: tuple[RemittanceReference, ...] = ()
    amounts: tuple[RemittanceAmount, ...] = ()
    submitted_procedure_type: str | None = None
    submitted_description: str | None = None
    drug_reject_codes: tuple[str, ...] = ()
    quantities: tuple[RemittanceQuantity, ...] = ()
    residue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceClaim:
    """One CLP with what stands below it; *adjustments* are claim level only.

    *member_id* is the patient's (NM1*QC), where that has none the subscriber's; its *member_id_type* absent means MI.
    *rendering* says more of the provider whose NPI is *rendering_npi*, or another id of a provider without one.
    *corrected* holds only what the payer corrects. *group* counts `Remittance.groups` from 1; absent where there is
    only one without sums. *residue* are segments that no field takes, written with ``*`` and ``:``.
    """

    patient_control_number: str
    status_code: str
    charge: Decimal
    paid: Decimal
    patient_responsibility: Decimal | None = None
    payer_control_number: str | None = None
    claim_filing_indicator: str | None = None
    facility_code: str | None = None
    frequency: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    service_lines: tuple[RemittanceLine, ...] = ()
    patient_last_name: str | None = None
    patient_first_name: str | None = None
    member_id: str | None = None
    corrected_member_id: str | None = None
    crossover_payer: str | None = None
    rendering_npi: str | None = None
    statement_from: date | None = None
    statement_to: date | None = None
    received_date: date | None = None
    remarks: tuple[str, ...] = ()
    references: tuple[RemittanceReference, ...] = ()
    amounts: tuple[RemittanceAmount, ...] = ()
    position: int | None = None
    diagnosis_related_group: str | None = None
    drg_weight: Decimal | None = None
    discharge_fraction: Decimal | None = None
    patient_middle_name: str | None = None
    patient_suffix: str | None = None
    member_id_type: str | None = None
    subscriber: RemittanceEntity | None = None
    corrected: RemittanceEntity | None = None
    rendering: RemittanceEntity | None = None
    crossover_payer_id_type: str | None = None
    crossover_payer_id: str | None = None
    priority_payer: str | None = None
    priority_payer_id_type: str | None = None
    priority_payer_id: str | None = None
    other_subscriber: RemittanceEntity | None = None
    inpatient: InpatientFacts | None = None
    outpatient: OutpatientFacts | None = None
    coverage_expired: date | None = None
    contacts: tuple[RemittanceContact, ...] = ()
    quantities: tuple[RemittanceQuantity, ...] = ()
    group: int | None = None
    residue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAdjustment:
    """One PLB pair: positive *amount* takes money from the provider (domain.md 4.8)."""

    provider: str
    reason: str
    reference: str | None
    amount: Decimal
    fiscal_year_end: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """One ST 835: one payment, or one notice without money.

    *handling* is BPR01, *credit_debit* BPR03, *payment_method* BPR04, *payment_format* BPR05, *paying_company* and its
    *paying_company_division* BPR10-11, *payment_date* BPR16; *trace_number* TRN02, *originator* TRN03 (the payer's EIN with a
    leading 1), *originator_division* TRN04; *receiver_id* REF*EV, *system_version* REF*F2. *residue* are segments that no
    field takes and that belong to no claim.
    """

    payer: Party
    payee: Party
    payment_method: str | None
    payment_amount: Decimal
    payment_date: date | None
    trace_number: str | None
    claims: tuple[RemittanceClaim, ...]
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    handling: str | None = None
    credit_debit: str | None = None
    originator: str | None = None
    production_date: date | None = None
    receiver_id: str | None = None
    currency: str | None = None
    payment_format: str | None = None
    payer_account: BankAccount | None = None
    paying_company: str | None = None
    paying_company_division: str | None = None
    payee_account: BankAccount | None = None
    originator_division: str | None = None
    system_version: str | None = None
    groups: tuple[ClaimGroup, ...] = ()
    residue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imbalance:
    """An equation of domain.md 4.7 that does not hold: *rule* B1-B5, *level* line, claim or transaction."""

    rule: str
    level: str
    claim: str | None
    expected: Decimal
    found: Decimal
    line: int | None = None
