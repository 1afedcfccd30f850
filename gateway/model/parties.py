"""Who takes part in a claim: providers, payer, subscriber, patient."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.submission import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; *zip* without hyphen, *country* only outside the US. Of a payer often the city alone is said."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_subdivision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A further identifier: *qualifier* says of what kind (``G2`` commercial, ``0B`` state licence ...).

    *payer* is the id of the other payer that asks for it; only for the providers of a service line.
    """

    qualifier: str
    id: str
    payer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A person or an organisation with an NPI.

    For a person *name* is the last name. *entity_type* is ``1`` (person) or ``2`` (organisation). X12 carries the
    *contact* of a service facility and of an ordering provider only.
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
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayToPlan:
    """The health plan that is to be paid in the billing provider's place (subrogation)."""

    name: str
    id: str
    tax_id: str
    id_type: str = "PI"
    address: Address | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingProvider:
    """Who bills and is paid; *tax_id_type* is ``EI`` (EIN) or ``SY`` (SSN), *currency* only where not US dollars."""

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
    contact_phone_extension: str | None = None
    contact_fax: str | None = None
    contact_email: str | None = None
    pay_to_entity_type: str | None = None
    pay_to_plan: PayToPlan | None = None
    currency: str | None = None


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
    """The insured. Birth date, sex and address are needed when the subscriber is the patient; *weight* is in pounds."""

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
    member_id_type: str = "MI"
    death_date: date | None = None
    weight: Decimal | None = None
    pregnant: bool | None = None
    property_casualty_claim_number: str | None = None
    contact: Contact | None = None


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
    member_id: str | None = None
    ssn: str | None = None
    death_date: date | None = None
    weight: Decimal | None = None
    pregnant: bool | None = None
    property_casualty_claim_number: str | None = None
    contact: Contact | None = None


__all__ = [
    "Address",
    "BillingProvider",
    "Contact",
    "Patient",
    "PayToPlan",
    "Payer",
    "Provider",
    "Reference",
    "Subscriber",
]
