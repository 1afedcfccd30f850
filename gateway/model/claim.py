"""The professional claim as a billing system thinks of it.

The published contract (`gateway schema claim`) is made from these classes and those of `parties`, `claim_parts` and `other_payers`,
so a field's docstring in `FIELDS` is what a biller reads. Codes are kept as text, amounts and quantities as Decimal, days as `date`. Nothing here knows of
X12 positions; `maps/837p.toml` does.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.claim_parts import (
    Ambulance,
    AmbulanceCertification,
    AmbulanceDropOff,
    Attachment,
    ContractInfo,
    Dme,
    Drug,
    EpsdtReferral,
    Form,
    FormAnswer,
    LineRepricing,
    Measurement,
    PayerNumber,
    PurchasedService,
    Repricing,
    SpinalManipulation,
    VisionCondition,
)
from gateway.model.other_payers import (
    LineAdjudication,
    OtherPayer,
    OtherPayerProvider,
    OtherSubscriber,
    OutpatientAdjudication,
)
from gateway.model.parties import (
    Address,
    BillingProvider,
    Contact,
    Patient,
    Payer,
    PayToPlan,
    Provider,
    Reference,
    Subscriber,
)
from gateway.model.remittance import Adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """Segments of a read 837 that the record has no field for, kept to be written back.

    *loop* is the guide's loop id that holds them; *service_line* the 1-based line when the loop is 2400 or below;
    *occurrence* the 1-based repetition of the nearest other loop that repeats (2320, 2430, 2440) when it is that or below;
    *segments* are raw, in file order, with ``*`` and ``:`` as separators and no terminator. A whole unknown loop is
    one residue whose first segment opens it. Where *replaces* is given, the segments stand in place of that segment
    of the loop, as long as the record still says exactly that; no segments then mean that it is left out.
    """

    loop: str
    segments: tuple[str, ...]
    service_line: int | None = None
    replaces: str | None = None
    occurrence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """One service; *units* in *unit_type* (``UN`` units, ``MJ`` minutes); pointers count diagnoses from 1."""

    procedure: str
    charge: Decimal
    units: Decimal
    service_date: date | None = None
    service_date_to: date | None = None
    procedure_type: str = "HC"
    modifiers: tuple[str, ...] = ()
    description: str | None = None
    unit_type: str = "UN"
    place_of_service: str | None = None
    diagnosis_pointers: tuple[int, ...] = ()
    emergency: bool | None = None
    epsdt: bool | None = None
    family_planning: bool | None = None
    line_control_number: str | None = None
    prior_authorization: str | None = None
    referral_number: str | None = None
    clia_number: str | None = None
    note: str | None = None
    drug: Drug | None = None
    rendering_provider: Provider | None = None
    copay_exempt: bool | None = None
    prescription_date: date | None = None
    recertification_date: date | None = None
    begin_therapy_date: date | None = None
    last_certification_date: date | None = None
    last_seen_date: date | None = None
    hemoglobin_test_date: date | None = None
    creatinine_test_date: date | None = None
    shipped_date: date | None = None
    last_xray_date: date | None = None
    initial_treatment_date: date | None = None
    attachments: tuple[Attachment, ...] = ()
    dme: Dme | None = None
    ambulance: Ambulance | None = None
    ambulance_patients: Decimal | None = None
    obstetric_units: Decimal | None = None
    hospice_employee: bool | None = None
    measurements: tuple[Measurement, ...] = ()
    contract: ContractInfo | None = None
    repriced_line_number: str | None = None
    adjusted_repriced_line_number: str | None = None
    payer_prior_authorizations: tuple[PayerNumber, ...] = ()
    payer_referral_numbers: tuple[PayerNumber, ...] = ()
    mammography_certification: str | None = None
    referring_clia_number: str | None = None
    immunization_batch: str | None = None
    sales_tax: Decimal | None = None
    postage: Decimal | None = None
    file_information: tuple[str, ...] = ()
    note_type: str = "ADD"
    third_party_note: str | None = None
    purchased_service: PurchasedService | None = None
    repricing: LineRepricing | None = None
    purchased_service_provider: Provider | None = None
    service_facility: Provider | None = None
    supervising_provider: Provider | None = None
    ordering_provider: Provider | None = None
    referring_provider: Provider | None = None
    primary_care_provider: Provider | None = None
    adjudications: tuple[LineAdjudication, ...] = ()
    forms: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A professional claim for one patient and one payer.

    *patient* is None when the subscriber is the patient. *frequency* is ``1`` original, ``7`` replacement, ``8``
    void; the latter two need *payer_control_number*. *payer_sequence* says which payer this claim goes to: ``P``
    primary, ``S`` secondary, ``T`` tertiary. *diagnoses* are ICD-10-CM codes, the principal one first. *claim_key* is
    what REF*D9 says: the billing system's own id as long as the claim is kept, ours in what is sent.
    """

    patient_control_number: str
    charge: Decimal
    billing_provider: BillingProvider
    subscriber: Subscriber
    payer: Payer
    service_lines: tuple[ServiceLine, ...]
    patient: Patient | None = None
    payer_sequence: str = "P"
    claim_filing_indicator: str | None = "CI"
    place_of_service: str = "11"
    frequency: str = "1"
    payer_control_number: str | None = None
    provider_signature: bool = True
    assignment: str = "A"
    benefits_assigned: str = "Y"
    release_of_information: str = "Y"
    patient_signature_source: str | None = None
    diagnosis_type: str = "ICD10"
    diagnoses: tuple[str, ...] = ()
    related_causes: tuple[str, ...] = ()
    accident_state: str | None = None
    accident_country: str | None = None
    accident_date: date | None = None
    onset_date: date | None = None
    initial_treatment_date: date | None = None
    last_seen_date: date | None = None
    lmp_date: date | None = None
    last_xray_date: date | None = None
    disability_from: date | None = None
    disability_to: date | None = None
    last_worked_date: date | None = None
    return_to_work_date: date | None = None
    admission_date: date | None = None
    discharge_date: date | None = None
    patient_paid: Decimal | None = None
    prior_authorization: str | None = None
    referral_number: str | None = None
    clia_number: str | None = None
    mammography_certification: str | None = None
    medical_record_number: str | None = None
    delay_reason: str | None = None
    special_program: str | None = None
    note: str | None = None
    note_type: str = "ADD"
    referring_provider: Provider | None = None
    rendering_provider: Provider | None = None
    service_facility: Provider | None = None
    supervising_provider: Provider | None = None
    acute_manifestation_date: date | None = None
    prescription_date: date | None = None
    assumed_care_date: date | None = None
    relinquished_care_date: date | None = None
    first_contact_date: date | None = None
    repricer_received_date: date | None = None
    attachments: tuple[Attachment, ...] = ()
    contract: ContractInfo | None = None
    service_authorization_exception: str | None = None
    medicare_crossover: str | None = None
    repriced_claim_number: str | None = None
    adjusted_repriced_claim_number: str | None = None
    investigational_device: str | None = None
    demonstration_project: str | None = None
    care_plan_oversight: str | None = None
    file_information: tuple[str, ...] = ()
    ambulance: Ambulance | None = None
    spinal_manipulation: SpinalManipulation | None = None
    vision_conditions: tuple[VisionCondition, ...] = ()
    homebound: bool | None = None
    epsdt_referral: EpsdtReferral | None = None
    anesthesia_procedures: tuple[str, ...] = ()
    condition_codes: tuple[str, ...] = ()
    repricing: Repricing | None = None
    primary_care_provider: Provider | None = None
    other_payers: tuple[OtherPayer, ...] = ()
    claim_key: str | None = None
    residue: tuple[Residue, ...] = ()


__all__ = [
    "Address",
    "Adjustment",
    "Ambulance",
    "AmbulanceCertification",
    "AmbulanceDropOff",
    "Attachment",
    "BillingProvider",
    "Claim",
    "Contact",
    "ContractInfo",
    "Dme",
    "Drug",
    "EpsdtReferral",
    "Form",
    "FormAnswer",
    "LineAdjudication",
    "LineRepricing",
    "Measurement",
    "OtherPayer",
    "OtherPayerProvider",
    "OtherSubscriber",
    "OutpatientAdjudication",
    "Patient",
    "PayToPlan",
    "Payer",
    "PayerNumber",
    "Provider",
    "PurchasedService",
    "Reference",
    "Repricing",
    "Residue",
    "ServiceLine",
    "SpinalManipulation",
    "Subscriber",
    "VisionCondition",
]
