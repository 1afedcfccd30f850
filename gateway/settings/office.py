"""The office in config.toml: who bills, and how what payers answer is worked off."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from gateway.settings.kinds import Digits9, Npi, Section, Zone


class Submitter(Section):
    """Who submits: loop 1000A."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="NM103 of loop 1000A")
    contact_name: Annotated[str, Field(max_length=60)] | None = Field(
        None, description="whom the partner asks for (PER02)"
    )
    contact_phone: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = Field(
        None, description="ten digits; this or contact_email must be given"
    )
    contact_email: str | None = Field(None, description="e-mail address of the contact")
    time_zone: Zone = Field(
        "America/New_York", description="the zone of every date and time we write into X12"
    )

    @model_validator(mode="after")
    def _reachable(self) -> "Submitter":
        if not (self.contact_phone or self.contact_email):
            raise ValueError("give contact_phone or contact_email")
        return self


class BillingEntity(Section):
    """One of our billing providers; a payment for anybody else is somebody else's."""

    name: str = Field(description="for people; payments are told by the two numbers")
    npi: Npi = Field(description="its National Provider Identifier, ten digits")
    tax_id: Digits9 = Field(description="its EIN or SSN, nine digits without a hyphen")


class Contractual(Section):
    """Group and reason pairs that reduce a receivable by themselves (law 7)."""

    pairs: tuple[str, ...] = Field(("CO-45",), description="GROUP-CARC; anything else stays open, in review")


class TimelyFiling(Section):
    """How many days after a service a payer takes a claim; an older one is told by a warning (P-TIMELY)."""

    days: int = Field(365, ge=1, description="for every payer that is not named under payer_days")
    payer_days: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description='days by payer id, such as "60054" = 90'
    )

    def days_for(self, payer: str) -> tuple[int, str]:
        """Return the days of *payer*, an id in whatever letters, and the key that says so."""
        wanted = payer.strip().upper()
        for name, days in self.payer_days.items():
            if name.strip().upper() == wanted:
                return days, "timely_filing.payer_days"
        return self.days, "timely_filing.days"


CarcCode = Annotated[str, Field(pattern=r"^[A-Z]{0,2}[0-9]{1,4}$")]


class Carc(Section):
    """Our own class of adjustment reasons, where it is another than the shipped table's (docs/denials.md).

    It decides what is a denial and who looks at it, never a write-off.
    """

    denial: tuple[CarcCode, ...] = Field((), description="the payer refuses: these go to `gateway denials`")
    patient: tuple[CarcCode, ...] = Field((), description="the patient's share")
    informational: tuple[CarcCode, ...] = Field(
        (), description="account for an amount, ask nothing of anybody"
    )
    review: tuple[CarcCode, ...] = Field((), description="a person decides")
    resubmit_remarks: tuple[str, ...] = Field(
        ("MA130",),
        description="remark codes after which a denied claim goes again as a new one, not as a correction",
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_written_off_here(cls, said: Any) -> Any:
        if isinstance(said, dict) and "contractual" in said:
            raise ValueError(
                "a reason is not made contractual here: only the pairs of [contractual] reduce a receivable; "
                'name GROUP and CARC there, such as pairs = ["CO-45", "CO-253"]'
            )
        return said

    @model_validator(mode="after")
    def _one_class_each(self) -> "Carc":
        named = [
            code.lstrip("0")
            for codes in (self.denial, self.patient, self.informational, self.review)
            for code in codes
        ]
        if twice := sorted({code for code in named if named.count(code) > 1}):
            raise ValueError(f"{', '.join(twice)}: named twice; a reason has one class")
        return self


class FollowUp(Section):
    """After how many days what the payers left open stands in `gateway queue`."""

    denial_days: int = Field(14, ge=0, description="denials and answers in review that nobody closed")
    plb_days: int = Field(30, ge=0, description="provider adjustments that should have cleared and did not")
    credit_days: int = Field(
        30, ge=0, description="claims on which more was paid than they charge, and nobody took it back"
    )


class Deposits(Section):
    """How deposits and remittances are told to belong together, and when either is overdue (domain.md 4.2, rule 370)."""

    window_days: int = Field(
        5,
        ge=0,
        le=30,
        description="business days by which a deposit may differ from BPR16 and match by itself",
    )
    check_window_days: int = Field(
        30, ge=0, le=120, description="the same for checks, which are mailed and carried to the bank"
    )
    due_days: int = Field(
        3,
        ge=1,
        le=60,
        description="business days after which a deposit without remittance, or a remittance without "
        "deposit, is an alarm",
    )
    check_due_days: int = Field(15, ge=1, le=120, description="the same for the deposit of a check")


class Split(Section):
    """835s for systems that read X12 only, cut up by who is paid (docs/exports.md)."""

    per_billing_entity: bool = Field(
        False,
        description="write each 835 that comes in into inbound/835/NPI/ as well, a file a billing entity",
    )
