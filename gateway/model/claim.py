"""The professional claim as a billing system thinks of it.

The published contract (`gateway schema claim`) is made from these classes, so a field's docstring in `FIELDS` is
what a biller reads. Codes are kept as text, amounts and quantities as Decimal, days as `date`. Nothing here knows of
X12 positions; `maps/837p.toml` does.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; *zip* without hyphen, *country* only outside the US."""

    line1: str
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_subdivision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A further identifier: *qualifier* says of what kind (``G2`` commercial, ``0B`` state licence ...)."""

    qualifier: str
    id: str


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
class Provider:
    """A person or an organisation with an NPI.

    For a person *name* is the last name. *entity_type* is ``1`` (person) or ``2`` (organisation).
    """

    name: str | None = None
    entity_type: str = "2"
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    npi: str | None = None
    taxonomy: str | None = None
    address: Address | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingProvider:
    """Who bills and is paid; *tax_id_type* is ``EI`` (EIN) or ``SY`` (SSN)."""

    name: str
    entity_type: str = "2"
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    npi: str | None = None
    tax_id: str | None = None
    tax_id_type: str = "EI"
    taxonomy: str | None = None
    address: Address | None = None
    pay_to_address: Address | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    references: tuple[Reference, ...] = ()
    payer_references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """The payer that the claim goes to; *id* comes from the clearinghouse's payer list, not from the card."""

    name: str
    id: str
    id_type: str = "PI"
    address: Address | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """The insured. Birth date, sex and address are needed when the subscriber is the patient."""

    last_name: str
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    entity_type: str = "1"
    member_id: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    address: Address | None = None
    group_number: str | None = None
    group_name: str | None = None
    insurance_type: str | None = None
    ssn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The patient where not the subscriber; *relationship* as in domain.md 2.2 (``01`` spouse, ``19`` child ...)."""

    last_name: str
    relationship: str
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A drug given on the line: NDC in 5-4-2 form without hyphens, quantity and unit (``ML`` ``UN`` ``GR`` ``ME`` ``F2``)."""

    ndc: str
    quantity: Decimal | None = None
    unit: str | None = None
    prescription_number: str | None = None


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
    claim_key: str | None = None
    residue: tuple[Residue, ...] = ()
