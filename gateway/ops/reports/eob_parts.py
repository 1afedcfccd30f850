"""What an explanation of a claim's payment consists of, before it is text or a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.store.ledger import ClaimAccount

ZERO = Decimal("0.00")

NOTHING = ClaimAccount(charge=ZERO, paid=ZERO, adjusted=ZERO, patient=ZERO, open=ZERO)

PARTS = (
    "paid",
    "contractual",
    "deductible",
    "coinsurance",
    "copay",
    "patient_other",
    "open",
    "other",
    "unexplained",
)
"""Where the charge of an answer went; their sum is the charge."""

PATIENT_PARTS = ("deductible", "coinsurance", "copay", "patient_other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One adjustment as the payer states it: *part* is one of PARTS, *words* what that is in plain words."""

    group: str
    code: str
    amount: Decimal
    part: str
    words: str
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One service line - or, with no *number*, what stands at claim level: charge = the sum of *parts*."""

    number: int | None
    procedure: str | None
    service_date: date | None
    units: Decimal | None
    charge: Decimal
    allowed: Decimal | None
    parts: Mapping[str, Decimal]
    reasons: Sequence[Reason]
    remarks: Sequence[tuple[str, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of one payer to the claim, and what it did to the claim's account (None where it did nothing)."""

    payment: str
    remittance: str
    payer: str | None
    payment_date: str | None
    payment_method: str | None
    trace_number: str | None
    payer_control_number: str | None
    status: str
    outcome: str
    charge: Decimal
    allowed: Decimal | None
    parts: Mapping[str, Decimal]
    rows: Sequence[Row]
    interest: Decimal
    posted: bool
    booked: str
    notes: Sequence[str]
    before: ClaimAccount | None
    after: ClaimAccount | None

    @property
    def patient(self) -> Decimal:
        """The patient's share as the payer states it."""
        return sum((self.parts[name] for name in PATIENT_PARTS), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A line of the claim's account: what moved, and all of it afterwards."""

    on: date
    what: str
    moved: ClaimAccount
    after: ClaimAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One claim: who, what was billed, the answers in their order, and the account. *claim* None: not known whose."""

    claim: str | None
    patient: str | None
    patient_control_number: str | None
    member_id: str | None
    provider: str | None
    first_day: date | None
    last_day: date | None
    answers: Sequence[Answer]
    account: Sequence[Movement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A provider adjustment by what the provider got of it (the sign of the PLB turned)."""

    reason: str
    reference: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The whole payment of a remittance: amount = paid on claims + provider adjustments."""

    remittance: str
    payer: str | None
    payment_date: str | None
    payment_method: str | None
    trace_number: str | None
    amount: Decimal
    on_claims: Decimal
    provider_adjustments: Sequence[Given]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What `gateway eob` prints: of a claim (C-), of one answer (P-) or of a whole remittance (M-)."""

    id: str
    made_on: date
    masked: bool
    described: bool
    payment: Payment | None
    explanations: Sequence[Explanation]
