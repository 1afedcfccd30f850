"""The rarer parts of a claim, each added to a sound claim so that it stays sound: amounts balance, days follow each other.

`tests.strategies` draws what the guide lets be said; here is what can be true.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.model.claim import (
    Address,
    Adjustment,
    Ambulance,
    AmbulanceCertification,
    AmbulanceDropOff,
    Attachment,
    Claim,
    Contact,
    ContractInfo,
    Dme,
    Drug,
    EpsdtReferral,
    Form,
    FormAnswer,
    LineAdjudication,
    LineRepricing,
    Measurement,
    OtherPayer,
    OtherPayerProvider,
    OtherSubscriber,
    OutpatientAdjudication,
    Payer,
    PayerNumber,
    PayToPlan,
    Provider,
    PurchasedService,
    Reference,
    Repricing,
    SpinalManipulation,
    VisionCondition,
)

Part = Callable[[Claim], Claim]

STREET = Address(line1="9 PINE RD", city="PEORIA", state="IL", zip="616011234")
ABROAD = Address(line1="1 MAIN ST", city="OSLO", zip="0150", country="NO", country_subdivision="03")
PHONE = Contact(name="ANN ROE", phone="5555550100", phone_extension="12")
ZOE = Provider(entity_type="1", name="ZOE", first_name="ZORA", npi="1333111221")
TRANSPORT = Ambulance(
    reason="A",
    miles=Decimal(12),
    weight=Decimal(150),
    certifications=(AmbulanceCertification(applies=True, codes=("01", "09")),),
    pick_up=STREET,
    drop_off=AmbulanceDropOff(name="EAST HOSPITAL", address=STREET),
)
EQUIPMENT = Dme(
    days=Decimal(30), rental_price=Decimal("10.00"), purchase_price=Decimal("99.00"), rental_frequency="4",
    certification_type="I", months=Decimal(12), condition_applies=True, conditions=("38",),
)  # fmt: skip


def whole(**changes: Any) -> Part:
    """A part of the claim."""
    return lambda claim: replace(claim, **changes)


def first_line(**changes: Any) -> Part:
    """A part of the first line."""

    def add(claim: Claim) -> Claim:
        first, *others = claim.service_lines
        return replace(claim, service_lines=(replace(first, **changes), *others))

    return add


def insured(**changes: Any) -> Part:
    """A part of whoever the patient is."""

    def add(claim: Claim) -> Claim:
        name = "patient" if claim.patient else "subscriber"
        return replace(claim, **{name: replace(getattr(claim, name), **changes)})

    return add


def billing(**changes: Any) -> Part:
    return lambda claim: replace(claim, billing_provider=replace(claim.billing_provider, **changes))


def every_day(claim: Claim) -> Claim:
    """Every day of the claim and of its first line, in an order that can be."""
    first = min(line.service_date for line in claim.service_lines if line.service_date)
    before = first - timedelta(days=30)
    early = ("onset_date", "initial_treatment_date", "last_seen_date", "lmp_date", "last_xray_date", "first_contact_date",
             "acute_manifestation_date", "prescription_date", "assumed_care_date", "repricer_received_date")  # fmt: skip
    claim = insured(sex="F")(replace(claim, **dict.fromkeys(early, before)))
    of_line = ("prescription_date", "begin_therapy_date", "last_certification_date", "last_seen_date", "last_xray_date",
               "hemoglobin_test_date", "creatinine_test_date", "initial_treatment_date", "recertification_date", "shipped_date")  # fmt: skip
    return first_line(**dict.fromkeys(of_line, before))(
        replace(
            claim,
            disability_from=before,
            disability_to=before + timedelta(days=900),
            last_worked_date=before,
            return_to_work_date=first,
            relinquished_care_date=first,
        )
    )


def decided(
    claim: Claim, *, by_line: bool = True, percent: int = 60, copay: Decimal = Decimal("0.01")
) -> Claim:
    """Another payer, first in the order, that paid *percent* of each line; the copay is adjusted on the claim."""
    lines, paid = [], Decimal(0)
    for line in claim.service_lines:
        share = (line.charge * percent / 100).quantize(Decimal("0.01"))
        paid += share
        rest = tuple(
            Adjustment(group=group, reason=reason, amount=amount)
            for group, reason, amount in (
                ("CO", "45", (line.charge - share) / 2),
                ("PR", "2", (line.charge - share) / 2),
                ("CO", "253", Decimal(0)),
            )
        )
        # Half a cent is nobody's: what the halves lose goes to the first.
        halves = [
            replace(one, amount=one.amount.quantize(Decimal("0.01"), rounding="ROUND_DOWN")) for one in rest
        ]
        lost = line.charge - share - sum((one.amount for one in halves), Decimal(0))
        halves[0] = replace(halves[0], amount=halves[0].amount + lost)
        lines.append(
            replace(
                line,
                adjudications=(
                    LineAdjudication(
                        payer_id="FP001", paid=share, procedure=line.procedure, units=line.units,
                        procedure_type=line.procedure_type, modifiers=line.modifiers, adjustments=tuple(halves),
                        paid_on=TODAY,
                    ),
                )
                if by_line
                else (),
            )
        )  # fmt: skip
    copay = min(copay, paid)
    of_claim = [Adjustment(group="PR", reason="3", amount=copay)]
    if not by_line:
        of_claim.append(Adjustment(group="CO", reason="45", amount=claim.charge - paid))
    return replace(
        claim,
        payer_sequence="S",
        service_lines=tuple(lines),
        other_payers=(
            OtherPayer(
                payer_sequence="P", relationship="01", group_number="GRP9", claim_filing_indicator="CI",
                subscriber=OtherSubscriber(last_name="POE", first_name="PAUL", member_id="OTH333", address=STREET),
                payer=Payer(name="FIRST PLAN", id="FP001", references=(Reference(qualifier="2U", id="A1"),)),
                paid=paid - copay, adjustments=tuple(of_claim), remaining_patient_liability=copay,
                paid_on=None if by_line else TODAY, payer_control_number="FPICN77",
                outpatient=OutpatientAdjudication(remarks=("MA01",)),
                rendering_provider=OtherPayerProvider(references=(Reference(qualifier="LU", id="A2"),)),
            ),
        ),
    )  # fmt: skip


TODAY = date(2026, 10, 20)


def medicare_second(claim: Claim) -> Claim:
    """Medicare as another payer that was not asked, since it does not cover the service."""
    plan = decided(claim, by_line=False).other_payers[0]
    return replace(
        claim,
        other_payers=(
            replace(
                plan, payer_sequence="S", claim_filing_indicator="MB", insurance_type="12", noncovered=claim.charge,
                paid=None, adjustments=(), remaining_patient_liability=None, paid_on=None, outpatient=None,
            ),
        ),
    )  # fmt: skip


def serve(procedure: str, *modifiers: str, place: str | None = None, **changes: Any) -> Part:
    """Make the first line another service."""

    def add(claim: Claim) -> Claim:
        plain: dict[str, Any] = {
            "unit_type": "UN",
            "drug": None,
            "obstetric_units": None,
            "place_of_service": place,
            **changes,
        }
        return first_line(procedure=procedure, modifiers=modifiers, **plain)(claim)

    return add


PARTS: dict[str, Part] = {
    "days": every_day,
    "death": insured(death_date=TODAY, weight=Decimal(120)),
    "casualty": insured(property_casualty_claim_number="PC1", contact=PHONE),
    "abroad": insured(address=ABROAD),
    "attachments": whole(
        attachments=(
            Attachment(type="OZ", transmission="FX", control_number="ATT1"),
            Attachment(type="XP", transmission="AA"),
        )
    ),
    "contract": whole(contract=ContractInfo(type="02", amount=Decimal("9.99"), percent=Decimal("12.5"), code="C1")),
    "numbers": whole(
        service_authorization_exception="7", medicare_crossover="N", repriced_claim_number="R1",
        adjusted_repriced_claim_number="R2", investigational_device="G1", demonstration_project="D1",
        care_plan_oversight="1098765435", medical_record_number="MR1", delay_reason="7", special_program="02",
        file_information=("KEPT AS TOLD",),
    ),
    "ambulance": lambda claim: serve("A0428", "RH", place="41")(replace(claim, ambulance=TRANSPORT)),
    "ambulance of a line": serve("A0425", "HR", place="42", ambulance=TRANSPORT, ambulance_patients=Decimal(2)),
    "equipment": serve("E1130", "RR", dme=EQUIPMENT, ordering_provider=replace(ZOE, address=STREET, contact=PHONE)),
    "certificate": serve(
        "K0001",
        ordering_provider=ZOE,
        attachments=(Attachment(type="CT", transmission="AB"),),
        forms=(
            Form(
                id="0102A",
                answers=(
                    FormAnswer(question="1", answer="Y"),
                    FormAnswer(question="2", text="DAILY"),
                    FormAnswer(question="3", day=date(2025, 12, 1)),
                    FormAnswer(question="4", percent=Decimal(50)),
                ),
            ),
        ),
        measurements=(Measurement(kind="TR", test="HT", value=Decimal("70.5")),),
    ),
    "chiropractic": lambda claim: serve("98941")(
        replace(claim, spinal_manipulation=SpinalManipulation(condition="M", description="LOW BACK"))
    ),
    "laboratory": serve("87880", clia_number="11D0000000", referring_clia_number="14D0000000"),
    "mammogram": serve("77067", mammography_certification="A12345"),
    "vision": lambda claim: serve("V2020")(
        replace(claim, vision_conditions=(VisionCondition(category="E1", applies=True, codes=("L1", "L3")),))
    ),
    "drug": serve(
        "J1100", drug=Drug(ndc="00026063512", quantity=Decimal("2.5"), unit="ML", prescription_number="RX1")
    ),
    "compound": serve("J7999", description="MIXED BY HAND", drug=Drug(ndc="UPC1", id_type="UP", quantity=Decimal(1), unit="UN", compound_link="C1")),
    "unlisted": serve("64999", description="NERVE BLOCK BY LASER"),
    "obstetric": serve("01967", unit_type="MJ", obstetric_units=Decimal(2)),
    "screening": lambda claim: first_line(epsdt=True)(
        replace(claim, epsdt_referral=EpsdtReferral(given=True, codes=("AV", "ST")))
    ),
    "no referral": whole(epsdt_referral=EpsdtReferral(given=False, codes=("NU",))),
    "homebound": whole(homebound=True, anesthesia_procedures=("33510",), condition_codes=("A1", "17")),
    "hospice": serve("99213", "GV", hospice_employee=False),
    "repricing": lambda claim: first_line(
        repricing=LineRepricing(method="06", allowed=Decimal("1.00"), procedure="99213", units=Decimal(1))
    )(replace(claim, repricing=Repricing(method="00", allowed=Decimal("1.00"), reject_reason="T1"))),
    "purchased": first_line(
        purchased_service=PurchasedService(provider_id="A1", charge=Decimal("0.01")),
        purchased_service_provider=Provider(entity_type="2", npi="1444987659"),
    ),
    "line's people": lambda claim: replace(
        first_line(
            supervising_provider=ZOE,
            referring_provider=ZOE,
            primary_care_provider=replace(ZOE, references=(Reference(qualifier="G2", id="A1", payer="P1"),)),
            service_facility=Provider(name="WEST HOSPITAL", npi="1234567893", address=STREET),
            payer_prior_authorizations=(PayerNumber(id="A1", payer="FP001"),),
            payer_referral_numbers=(PayerNumber(id="A2"),),
            immunization_batch="B1",
            third_party_note="SEEN AT HOME",
            note="AS SAID BEFORE",
            note_type="DCP",
        )(claim)
    ),
    "two referrals": whole(primary_care_provider=replace(ZOE, npi="1234567893"), referring_provider=ZOE),
    "plan": billing(pay_to_plan=PayToPlan(name="POE PLAN", id="P001", tax_id="371234567", address=STREET)),
    "billing contact": billing(
        contact_name="RITA ROE", contact_phone="5555550100", contact_fax="5555550101", contact_email="RITA@EXAMPLE.COM",
        references=(Reference(qualifier="0B", id="L1"),), payer_references=(Reference(qualifier="G2", id="G1"),),
    ),
    "replacement": whole(frequency="7", payer_control_number="ICN1"),
    "decided": decided,
    "decided on the claim": lambda claim: decided(claim, by_line=False),
    "paid nothing": lambda claim: decided(claim, percent=0),
    "not asked": medicare_second,
}  # fmt: skip

_SECOND_LAST = ("decided", "decided on the claim", "paid nothing", "not asked")
"""What looks at the whole claim comes after what changes its lines."""


@st.composite
def with_parts(draw: st.DrawFn, claims: st.SearchStrategy[Claim]) -> Claim:
    """A sound claim with a few of the rarer parts."""
    claim = draw(claims)
    chosen = draw(st.lists(st.sampled_from(sorted(PARTS)), max_size=4, unique=True))
    of_payers = [name for name in chosen if name in _SECOND_LAST][:1]
    for name in [*(name for name in chosen if name not in _SECOND_LAST), *of_payers]:
        claim = PARTS[name](claim)
    return claim
