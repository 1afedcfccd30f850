"""What a claim or a service line may say beside its everyday fields: ambulance, equipment, attachments, prices, forms."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.parties import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document that goes beside the claim: its kind, how it is sent, and the number that it carries."""

    type: str
    transmission: str
    control_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractInfo:
    """What a contract with the payer says of this claim or line."""

    type: str
    amount: Decimal | None = None
    percent: Decimal | None = None
    code: str | None = None
    terms_discount_percent: Decimal | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repricing:
    """What a repricer made of the claim; *allowed* is its amount, *rate* per diem or flat."""

    method: str
    allowed: Decimal
    savings: Decimal | None = None
    organization_id: str | None = None
    rate: Decimal | None = None
    group_code: str | None = None
    group_amount: Decimal | None = None
    reject_reason: str | None = None
    policy_compliance: str | None = None
    exception: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRepricing(Repricing):
    """What a repricer made of a line; *procedure* and *units* are those it approved."""

    procedure: str | None = None
    procedure_type: str = "HC"
    units: Decimal | None = None
    unit_type: str = "UN"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbulanceCertification:
    """Whether the conditions *codes* of an ambulance transport apply."""

    applies: bool
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbulanceDropOff:
    """Where an ambulance took the patient."""

    name: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambulance:
    """An ambulance transport: *weight* of the patient in pounds, *miles* with a patient on board."""

    reason: str | None = None
    miles: Decimal | None = None
    weight: Decimal | None = None
    round_trip_purpose: str | None = None
    stretcher_purpose: str | None = None
    certifications: tuple[AmbulanceCertification, ...] = ()
    pick_up: Address | None = None
    drop_off: AmbulanceDropOff | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpinalManipulation:
    """The condition that spinal manipulation treats."""

    condition: str
    description: str | None = None
    further_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionCondition:
    """Why spectacles or contact lenses were replaced; *category* is what was replaced."""

    category: str
    applies: bool
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpsdtReferral:
    """Whether a child's screening led to a referral, and the condition codes that say more."""

    given: bool
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dme:
    """Durable medical equipment: its price, and what certifies the need for it."""

    days: Decimal | None = None
    rental_price: Decimal | None = None
    purchase_price: Decimal | None = None
    rental_frequency: str | None = None
    certification_type: str | None = None
    months: Decimal | None = None
    condition_applies: bool | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A drug given on the line: NDC in 5-4-2 form without hyphens, quantity and unit (``ML`` ``UN`` ``GR`` ``ME`` ``F2``).

    *compound_link* ties the drugs of one compound together, where there is no *prescription_number*.
    """

    ndc: str
    quantity: Decimal | None = None
    unit: str | None = None
    prescription_number: str | None = None
    compound_link: str | None = None
    id_type: str = "N4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A test result: *kind* says whether it is a starting value or a result, *test* what was measured."""

    kind: str
    test: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerNumber:
    """An authorisation or referral number that another payer gave; *payer* is that payer's id."""

    id: str
    payer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchasedService:
    """What a service bought from another provider has cost; *provider_id* is that provider's identifier."""

    provider_id: str
    charge: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswer:
    """The answer to one question of a form: yes or no, a text, a day or a percentage."""

    question: str
    answer: str | None = None
    text: str | None = None
    day: date | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that accompanies the line, such as a certificate of medical necessity, question by question."""

    id: str
    answers: tuple[FormAnswer, ...]
    type: str = "UT"
