"""A sound claim passes every edit; one spoiled element is caught by its own edit and by no stranger."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.claims.edits import EDITS, FOLDED, SPELLING, EditContext, normalise, prepare, run_edits
from gateway.model.claim import (
    Address,
    Adjustment,
    AmbulanceDropOff,
    Attachment,
    BillingProvider,
    Claim,
    Contact,
    Drug,
    EpsdtReferral,
    Form,
    FormAnswer,
    LineAdjudication,
    OtherSubscriber,
    Patient,
    Payer,
    PayToPlan,
    Provider,
    PurchasedService,
    Reference,
    Repricing,
    Residue,
    ServiceLine,
    Subscriber,
)
from gateway.model.codesets import CodeSet, Span
from gateway.model.findings import Severity
from gateway.settings import TimelyFiling
from tests import strategies
from tests.code_tables import SINCE, Tables, table_of
from tests.sound_parts import EQUIPMENT, PARTS, TRANSPORT, with_parts

TODAY = date(2026, 11, 2)
CONTEXT = EditContext(today=TODAY, filing=TimelyFiling())
DIAGNOSES = (
    "J0190",
    "R509",
    "E119",
    "I10",
    "M545",
    "S52501A",
    "C4A0",
    "Z3A01",
    "U071",
    "F329",
    "K219",
    "N390",
)
THIRTEEN = tuple(f"A{n:02}" for n in range(13))
OVER = Span(SINCE, date(2025, 11, 1))
HEADING = Span(SINCE, None, billable=False)
PROCEDURES = (SINCE, date(2026, 1, 1))
CODED = EditContext(
    today=TODAY,
    codes=Tables(
        table_of(
            CodeSet.ICD10CM,
            dict.fromkeys((*DIAGNOSES, *THIRTEEN), Span(SINCE, None)) | {"J01": HEADING, "B20": OVER},
        ),
        table_of(CodeSet.CPT, ("00142", "01967", "36415", "99213", "0001U"), releases=PROCEDURES),
        table_of(CodeSet.HCPCS, ("G0008", "A0425", "A0428"), releases=PROCEDURES),
        table_of(CodeSet.MODIFIERS, ("25", "59", "RT", "LT", "76", "RH", "HR"), releases=PROCEDURES),
        table_of(CodeSet.TAXONOMY, ("207Q00000X",)),
        table_of(CodeSet.POS, ("11", "12", "21", "41", "42")),
    ),
)
"""Where tables are loaded that have every code of `sound`."""

NPIS = ("1555123458", "1444987659", "1333111221", "1234567893")

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

addresses = st.builds(
    Address,
    line1=st.sampled_from(["12 OAK AVE", "9 PINE RD", "400 BIRCH LN APT 3", "1 BOXWOOD CT", "77 POBLANO ST"]),
    city=st.just("SPRINGFIELD"),
    state=st.sampled_from(["IL", "NY"]),
    zip=st.sampled_from(["62702", "627021234"]),
)
persons = st.builds(
    Provider,
    entity_type=st.just("1"),
    name=st.sampled_from(["LOE", "Núñez"]),
    first_name=st.just("LEA"),
    npi=st.sampled_from(NPIS),
    taxonomy=st.sampled_from([None, "207Q00000X"]),
)
in_other_roles = persons.map(lambda person: replace(person, taxonomy=None))
BILLING = BillingProvider(
    name="ROE CLINIC",
    npi="1098765435",
    tax_id="123456789",
    taxonomy="207Q00000X",
    address=Address(line1="1 EXAMPLE WAY", city="SPRINGFIELD", state="IL", zip="627010001"),
)
FACILITY = Provider(
    name="EAST HOSPITAL",
    npi="1444987659",
    address=Address(line1="5 EAST ST", city="SPRINGFIELD", state="IL", zip="627010002"),
)


@st.composite
def lines(draw: st.DrawFn, diagnoses: int) -> ServiceLine:
    anesthesia = draw(st.booleans())
    day = draw(st.dates(date(2026, 1, 1), date(2026, 9, 30)))
    pointers = st.lists(st.integers(1, diagnoses), min_size=1, max_size=min(4, diagnoses), unique=True)
    return ServiceLine(
        procedure=draw(
            st.sampled_from(["00142", "01967"] if anesthesia else ["99213", "36415", "0001U", "G0008"])
        ),
        unit_type="MJ" if anesthesia else "UN",
        charge=draw(st.decimals("0.01", "9999.99", places=2)),
        units=draw(st.decimals("0.5", "99", places=1)),
        service_date=day,
        service_date_to=draw(st.sampled_from([None, day + timedelta(days=2)])),
        modifiers=tuple(draw(st.lists(st.sampled_from(["25", "59", "RT", "76"]), max_size=4, unique=True))),
        diagnosis_pointers=tuple(draw(pointers)),
        drug=draw(st.sampled_from([None, Drug(ndc="00026063512", quantity=Decimal("2.5"), unit="ML")])),
    )


@st.composite
def sound(draw: st.DrawFn) -> Claim:
    """A claim of the usual kind with nothing to be said of it."""
    diagnoses = tuple(draw(st.lists(st.sampled_from(DIAGNOSES), min_size=1, max_size=12, unique=True)))
    services = tuple(
        replace(line, line_control_number=f"L{index}")
        for index, line in enumerate(draw(st.lists(lines(len(diagnoses)), min_size=1, max_size=4)))
    )
    about = {"birth_date": date(1980, 5, 17), "sex": draw(st.sampled_from("FMU")), "address": draw(addresses)}
    patient = draw(
        st.sampled_from([None, Patient(last_name="POE", relationship="19", first_name="PIA", **about)])
    )
    admitted = draw(st.booleans())
    return Claim(
        patient_control_number=draw(st.from_regex(r"\A[A-Z1-9][A-Z0-9-]{0,19}\Z")),
        charge=sum((line.charge for line in services), Decimal(0)),
        billing_provider=replace(BILLING, pay_to_address=draw(st.none() | addresses)),
        subscriber=Subscriber(
            last_name="POE", first_name="PAULA", member_id="MBR0001", **({} if patient else about)
        ),
        payer=Payer(name="EXAMPLE HEALTH PLAN", id="60054", references=(Reference(qualifier="2U", id="A1"),)),
        service_lines=services,
        patient=patient,
        diagnoses=diagnoses,
        claim_filing_indicator=draw(st.sampled_from(["CI", "BL", "MC"])),
        place_of_service="21" if admitted else "11",
        admission_date=date(2025, 12, 30) if admitted else None,
        related_causes=(causes := draw(st.sampled_from([(), ("AA",), ("EM",), ("OA", "EM")]))),
        accident_state="IL" if "AA" in causes else None,
        accident_date=date(2025, 12, 1) if causes else None,
        rendering_provider=draw(st.none() | persons),
        referring_provider=draw(st.none() | in_other_roles),
        supervising_provider=draw(st.none() | in_other_roles),
        service_facility=draw(st.sampled_from([None, FACILITY])),
        note=draw(st.sampled_from([None, "seen twice; see chart"])),
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(with_parts(sound()))
def test_a_sound_claim_with_rarer_parts_passes_every_edit(claim: Claim) -> None:
    proper, told = prepare(claim, context=CONTEXT)
    assert proper == claim
    assert {f.code for f in told} <= {SPELLING, FOLDED}


@few
@given(sound())
def test_a_sound_claim_passes_every_edit(claim: Claim) -> None:
    for context in (CONTEXT, CODED):
        proper, told = prepare(claim, context=context)
        assert proper == claim
        assert {f.code for f in told} <= {SPELLING, FOLDED}  # what folding will change on the way out
        assert len({f.element for f in told}) == len(told)


@pytest.mark.parametrize("name", sorted(PARTS))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(claim=sound())
def test_each_of_the_rarer_parts_alone_passes_every_edit(name: str, claim: Claim) -> None:
    given_so = PARTS[name](claim)
    assert given_so != claim
    proper, told = prepare(given_so, context=CONTEXT)
    assert proper == given_so
    assert {f.code for f in told} <= {SPELLING, FOLDED}


@few
@given(strategies.claims())
def test_normalising_twice_changes_nothing_more(claim: Claim) -> None:
    once, _ = normalise(claim)
    assert normalise(once) == (once, [])


@few
@given(strategies.claims())
def test_no_claim_makes_an_edit_fail(claim: Claim) -> None:
    known = {edit.rule for edit in EDITS}
    for finding in run_edits(claim, context=CONTEXT):
        assert finding.code in known
        assert finding.element
        assert finding.message


Spoil = Callable[[Claim], Claim]


def line(index: int = 0, **changes: Any) -> Spoil:
    """Spoil one service line."""

    def spoil(claim: Claim) -> Claim:
        changed = list(claim.service_lines)
        changed[index] = replace(changed[index], **changes)
        return replace(claim, service_lines=tuple(changed))

    return spoil


def top(**changes: Any) -> Spoil:
    return lambda claim: replace(claim, **changes)


def part(name: str, /, **changes: Any) -> Spoil:
    """Spoil one part of the claim."""
    return lambda claim: replace(claim, **{name: replace(getattr(claim, name), **changes)})


def billing(**changes: Any) -> Spoil:
    return part("billing_provider", **changes)


def billing_address(**changes: Any) -> Spoil:
    return billing(address=replace(BILLING.address, **changes))


def patient(**changes: Any) -> Spoil:
    """Spoil whoever the patient is."""
    return lambda claim: part("patient" if claim.patient else "subscriber", **changes)(claim)


def both(*spoils: Spoil) -> Spoil:
    def spoil(claim: Claim) -> Claim:
        for one in spoils:
            claim = one(claim)
        return claim

    return spoil


CHILD = Patient(
    last_name="POE", relationship="19", first_name="PIA", birth_date=date(2015, 1, 1), sex="F",
    address=Address(line1="9 PINE RD", city="SPRINGFIELD", state="IL", zip="62702"),
)  # fmt: skip


def child(**changes: Any) -> Spoil:
    """Spoil a patient who is not the subscriber."""

    def spoil(claim: Claim) -> Claim:
        insured = replace(claim.subscriber, birth_date=None, sex=None, address=None)
        return replace(claim, subscriber=insured, patient=replace(CHILD, **changes))

    return spoil


def other(name: str, /, **changes: Any) -> Spoil:
    """Spoil another payer that has decided, as the part *name* makes it."""

    def spoil(claim: Claim) -> Claim:
        claim = PARTS[name](claim)
        return replace(claim, other_payers=(replace(claim.other_payers[0], **changes),))

    return spoil


def judged(change: Callable[[LineAdjudication], LineAdjudication]) -> Spoil:
    """Spoil what another payer decided on the first line."""

    def spoil(claim: Claim) -> Claim:
        claim = PARTS["decided"](claim)
        return line(adjudications=(change(claim.service_lines[0].adjudications[0]),))(claim)

    return spoil


def a_cent_more(one: LineAdjudication) -> LineAdjudication:
    first, *others = one.adjustments
    return replace(one, adjustments=(replace(first, amount=first.amount + Decimal("0.01")), *others))


LOE = Provider(entity_type="1", name="LOE", first_name="LEA", npi="1555123458")

SPOILS: list[tuple[str, Spoil]] = [
    ("P-SUM", lambda c: replace(c, charge=c.charge + Decimal("0.01"))),
    ("P-NEGATIVE", top(patient_paid=Decimal("-1.00"))),
    ("P-ZERO", lambda c: replace(c, charge=Decimal(0), service_lines=(replace(c.service_lines[0], charge=Decimal(0)),))),
    ("P-CENTS", top(repricing=Repricing(method="00", allowed=Decimal("1.001")))),
    ("P-AMOUNT", top(repricing=Repricing(method="00", allowed=Decimal("100000000.00")))),
    ("P-NEGATIVE", top(repricing=Repricing(method="00", allowed=Decimal("1.00"), rate=Decimal(-1)))),
    ("P-NPI", billing(npi="1098765434")),
    ("P-NPI", top(rendering_provider=replace(LOE, npi="155512345"))),
    ("P-NPI", line(rendering_provider=replace(LOE, npi="3555123458"))),
    ("P-BP-01", billing(npi=None)),
    ("P-BP-02", billing(first_name="ROE")),
    ("P-BP-02", billing(entity_type="1")),
    ("P-BP-02", billing(entity_type="X")),
    ("P-BP-03", billing_address(line1="P.O. Box 12")),
    ("P-BP-03", billing_address(line2="po box 7")),
    ("P-BP-03", billing_address(line1="Lockbox 9")),
    ("P-BP-03", billing_address(line1="PMB 321")),
    ("P-BP-04", billing_address(zip="62701")),
    ("P-BP-04", top(service_facility=replace(FACILITY, address=replace(FACILITY.address, zip="62701")))),
    ("P-BP-05", billing(address=None)),
    ("P-BP-06", billing(tax_id=None)),
    ("P-BP-06", billing(tax_id="111111111")),
    ("P-BP-06", billing(tax_id="12345678")),
    ("P-BP-07", billing(taxonomy=None)),
    ("P-BP-08", billing(contact_name="PAT", contact_phone="555")),
    ("P-TAXONOMY", billing(taxonomy="207Q0000")),
    ("P-ENTITY", top(rendering_provider=replace(LOE, entity_type="2"))),
    ("P-ENTITY", top(referring_provider=Provider(name="LOE GROUP", npi="1555123458"))),
    ("P-ENTITY", top(rendering_provider=replace(LOE, name=None))),
    ("P-ADDRESS", billing_address(state="Illinois")),
    ("P-ADDRESS", patient(address=Address(line1="1 OAK", city="X CITY", state="IL", zip="6270"))),
    ("P-ADDRESS", patient(address=Address(line1="1 OAK", state="IL", zip="62702"))),
    ("P-STATE", billing_address(state="XX")),
    ("P-SBR02", lambda c: replace(c, residue=(Residue(loop="2000B", segments=("SBR*P*18*******CI" if c.patient else "SBR*P********CI",), replaces="SBR*P"),))),
    ("P-HIER", child(relationship="18")),
    ("P-HIER", child(relationship="99")),
    ("P-DMG", patient(birth_date=None)),
    ("P-DMG", patient(sex="X")),
    ("P-DMG", patient(address=None)),
    ("P-SBR01", top(payer_sequence="Z")),
    ("P-SBR05", part("subscriber", insurance_type="12")),
    ("P-SBR09", top(claim_filing_indicator="09")),
    ("P-SBR09", top(claim_filing_indicator=None)),
    ("P-FACILITY", top(service_facility=replace(FACILITY, npi=None, address=BILLING.address))),
    ("P-FACILITY", both(top(service_facility=FACILITY, place_of_service="12", admission_date=None))),
    ("P-RENDERING", top(rendering_provider=replace(LOE, npi=BILLING.npi))),
    ("P-RENDERING", both(top(rendering_provider=LOE), line(rendering_provider=LOE))),
    ("P-MEMBER", part("subscriber", member_id=None)),
    ("P-PCN", top(patient_control_number="A" * 21)),
    ("P-PCN", top(patient_control_number="A*1")),
    ("P-PCN-SIGNS", top(patient_control_number="A_1")),
    ("P-FREQ", top(frequency="6")),
    ("P-FREQ", top(frequency="7")),
    ("P-FREQ", top(frequency="8")),
    ("P-FREQ", top(payer_control_number="ICN1")),
    ("P-6R", lambda c: replace(c, charge=c.charge * 2, service_lines=(*c.service_lines, *c.service_lines))),
    ("P-NDC", line(drug=Drug(ndc="0002606351", quantity=Decimal(1), unit="ML"))),
    ("P-CODE", line(drug=Drug(ndc="00026063512", quantity=Decimal(1), unit="CC"))),
    ("P-CTP", line(drug=Drug(ndc="00026063512"))),
    ("P-DX", both(top(diagnoses=()), line(diagnosis_pointers=(1,)), lambda c: replace(c, charge=c.service_lines[0].charge, service_lines=c.service_lines[:1]))),
    ("P-DX", lambda c: replace(c, diagnoses=THIRTEEN)),
    ("P-DX-DUP", lambda c: replace(c, diagnoses=(*c.diagnoses[:11], c.diagnoses[0]))),
    ("P-DX-SHAPE", lambda c: replace(c, diagnoses=("J01.90", *c.diagnoses[1:]))),
    ("P-DX-SHAPE", lambda c: replace(c, diagnoses=("ZZZ99", *c.diagnoses[1:]))),
    ("P-CODE", top(diagnosis_type="ICD11")),
    ("P-DX-ERA", both(top(admission_date=None, place_of_service="11"), line(service_date=date(2015, 9, 30), service_date_to=None), top(delay_reason="7", related_causes=(), accident_date=None, accident_state=None))),
    ("P-PTR", lambda c: line(diagnosis_pointers=(len(c.diagnoses) + 1,))(c)),
    ("P-PTR", line(diagnosis_pointers=())),
    ("P-PTR", line(diagnosis_pointers=(0,))),
    ("P-PTR", line(diagnosis_pointers=(1, 1))),
    ("P-LINES", top(service_lines=())),
    ("P-LINES", lambda c: replace(c, charge=c.service_lines[0].charge * 51, service_lines=tuple(replace(c.service_lines[0], line_control_number=str(n)) for n in range(51)))),
    ("P-LINE-DATE", line(service_date=None, service_date_to=None)),
    ("P-LINE-UNITS", line(units=Decimal(0))),
    ("P-LINE-PROC", line(procedure="D0120", unit_type="UN")),
    ("P-LINE-PROC", line(procedure="9921", unit_type="UN")),
    ("P-CODE", line(procedure_type="AD")),
    ("P-LINE-MOD", line(modifiers=("25", "25"))),
    ("P-LINE-MOD", line(modifiers=("2",))),
    ("P-LINE-MOD", line(modifiers=("25", "59", "RT", "76", "LT"))),
    ("P-LINE-MJ", line(procedure="99213", unit_type="MJ")),
    ("P-LINE-MJ", line(procedure="00142", unit_type="UN")),
    ("P-CODE", line(unit_type="F2")),
    ("P-POS", line(place_of_service="1")),
    ("P-POS", line(place_of_service="00")),
    ("P-DX-CODE", lambda c: replace(c, diagnoses=("Z9999", *c.diagnoses[1:]))),
    ("P-DX-CODE", lambda c: replace(c, diagnoses=("J01", *c.diagnoses[1:]))),
    ("P-DX-CODE", lambda c: replace(c, diagnoses=("B20", *c.diagnoses[1:]))),
    ("P-PROC-CODE", line(procedure="99998", unit_type="UN")),
    ("P-PROC-CODE", line(procedure="G9998", unit_type="UN")),
    ("P-PROC-CODE", top(anesthesia_procedures=("99998",))),
    ("P-MOD-CODE", line(modifiers=("99",))),
    ("P-MOD-CODE", line(modifiers=("RT", "XX"))),
    ("P-TAXONOMY-CODE", billing(taxonomy="207Q00001X")),
    ("P-TAXONOMY-CODE", line(rendering_provider=replace(LOE, taxonomy="999999999X"))),
    ("P-POS-CODE", line(place_of_service="22")),
    ("P-DATE-ORDER", lambda c: line(service_date_to=c.service_lines[0].service_date - timedelta(days=1))(c)),
    ("P-DATE-ORDER", top(disability_from=date(2026, 2, 1), disability_to=date(2026, 1, 1))),
    ("P-DATE-FUTURE", line(service_date=TODAY + timedelta(days=1), service_date_to=None)),
    ("P-DATE-FUTURE", top(onset_date=TODAY + timedelta(days=1))),
    ("P-DATE-BIRTH", patient(birth_date=date(2026, 10, 31))),
    ("P-DATE-BIRTH", patient(birth_date=date(1880, 1, 1))),
    ("P-DATE-ACCIDENT", top(related_causes=("OA",), accident_date=None)),
    ("P-DATE-ACCIDENT", top(related_causes=("AA",), accident_date=date(2025, 1, 1), accident_state=None)),
    ("P-DATE-ADMISSION", top(place_of_service="21", admission_date=None)),
    ("P-DATE-ADMISSION", top(place_of_service="21", admission_date=date(2026, 10, 1))),
    ("P-CODE", top(assignment="X")),
    ("P-CODE", top(delay_reason="12")),
    ("P-CODE", billing(tax_id_type="XX")),
    ("P-CODE", top(related_causes=("ZZ",), accident_date=date(2025, 1, 1))),
    ("P-LENGTH", top(note="x" * 81)),
    ("P-LENGTH", top(note="ß" * 41)),
    ("P-LENGTH", part("payer", name="P" * 61)),
    ("P-LENGTH", billing_address(line1="E" * 56)),
    ("P-LENGTH", line(line_control_number="L" * 31)),
    ("P-LENGTH", part("payer", id="P")),
    ("P-QUANTITY", line(units=Decimal("1.123456789012345"))),
    ("P-FOLD", part("payer", name="***")),
    ("P-FOLD", part("subscriber", last_name="李")),
    ("P-CHARS", top(prior_authorization="A*1")),
    ("P-CHARS", part("subscriber", member_id="A:1")),
    ("P-MEMBER-ID", part("subscriber", member_id="A 1")),
    ("P-MEMBER-ID", part("subscriber", member_id="mbr1")),
    ("P-SSN", part("subscriber", ssn="99900123A")),
    ("P-SSN", part("subscriber", ssn="000000000")),
    ("P-COUNTRY", patient(address=Address(line1="1 OAK", city="X CITY", state="IL", zip="62702", country="US"))),
    ("P-COUNTRY", patient(address=Address(line1="1 OAK", city="X CITY", state="IL", zip="62702", country_subdivision="IL"))),
    ("P-ADDRESS", patient(address=Address(line1="1 OAK", city="X CITY", zip="M5H 2N2", country="CA"))),
    ("P-COUNT", top(related_causes=("AA", "EM", "OA"), accident_date=date(2025, 12, 1), accident_state="IL")),
    ("P-COUNT", top(condition_codes=tuple(f"{n:02}" for n in range(25)))),
    ("P-COUNT", top(attachments=(Attachment(type="XP", transmission="AA"),) * 11)),
    ("P-COUNT", top(epsdt_referral=EpsdtReferral(given=True, codes=()))),
    ("P-REF", billing(references=(Reference(qualifier="G5", id="A1"),))),
    ("P-REF", billing(payer_references=(Reference(qualifier="G2", id="A1"),) * 3)),
    ("P-PWK", top(attachments=(Attachment(type="OZ", transmission="FX"),))),
    ("P-PWK", top(attachments=(Attachment(type="CT", transmission="AB"),))),
    ("P-CR1", top(ambulance=replace(TRANSPORT, reason=None))),
    ("P-CR1", top(ambulance=replace(TRANSPORT, miles=None))),
    ("P-CR1", top(ambulance=replace(TRANSPORT, drop_off=AmbulanceDropOff(name="X")))),
    ("P-DME", line(dme=replace(EQUIPMENT, rental_price=None))),
    ("P-DME", line(dme=replace(EQUIPMENT, months=None))),
    ("P-DME", line(dme=replace(EQUIPMENT, conditions=()))),
    ("P-CTP", line(drug=Drug(ndc="00026063512", quantity=Decimal(0), unit="ML"))),
    ("P-CTP", line(drug=Drug(ndc="00026063512", quantity=Decimal(1), unit="ML", prescription_number="1", compound_link="2"))),
    ("P-FORM", line(forms=(Form(id="F1", answers=(FormAnswer(question="1"),)),))),
    ("P-PS1", line(purchased_service=PurchasedService(provider_id="A1", charge=Decimal("1.00")))),
    ("P-PS1", line(purchased_service_provider=Provider(entity_type="2", npi="1444987659"))),
    ("P-CONTACT", line(ordering_provider=replace(LOE, contact=Contact(name="ANN")))),
    ("P-CONTACT", patient(property_casualty_claim_number="PC1", contact=Contact(name="ANN"))),
    ("P-PAY-TO", billing(pay_to_plan=PayToPlan(name="POE PLAN", id="P001", tax_id="371234567"))),
    ("P-PATIENT-ID", child(member_id="A1", ssn="999001234")),
    ("P-EPSDT", top(epsdt_referral=EpsdtReferral(given=True, codes=("NU",)))),
    ("P-EPSDT", top(epsdt_referral=EpsdtReferral(given=False, codes=("AV",)))),
    ("P-AMBULANCE", both(PARTS["ambulance"], top(ambulance=None))),
    ("P-AMBULANCE", both(PARTS["ambulance"], top(ambulance=replace(TRANSPORT, pick_up=None)))),
    ("P-AMBULANCE", both(PARTS["ambulance of a line"], line(ambulance=replace(TRANSPORT, drop_off=None)))),
    ("COB-1", judged(a_cent_more)),
    ("COB-2", lambda c: other("decided", paid=PARTS["decided"](c).other_payers[0].paid + 1)(c)),
    ("COB-3", other("decided on the claim", paid=Decimal("12345678.00"))),
    ("COB-PAID", other("decided", paid=None)),
    ("COB-PAID", other("decided on the claim", paid=None)),
    ("COB-DATE", judged(lambda one: replace(one, paid_on=None))),
    ("COB-DATE", other("decided on the claim", paid_on=None)),
    ("COB-SVD", judged(lambda one: replace(one, bundled_into=1))),
    ("COB-SVD", judged(lambda one: replace(one, bundled_into=9))),
    ("COB-CAS", judged(lambda one: replace(one, adjustments=(*one.adjustments, *[Adjustment(group="CO", reason="1", amount=Decimal(0))] * 5)))),
    ("COB-A8", other("decided", noncovered=Decimal("1.00"))),
    ("COB-MEMBER", other("decided", subscriber=OtherSubscriber(last_name="POE"))),
    ("P-SBR01-SAME", other("not asked", payer_sequence="P", insurance_type=None)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "spoil"), SPOILS, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(SPOILS)])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(claim=sound())
def test_one_spoiled_element_is_caught_by_its_own_edit(rule: str, spoil: Spoil, claim: Claim) -> None:
    found = run_edits(spoil(claim), context=CODED)
    assert {f.code for f in found} == {rule}
    assert all(f.severity is Severity.ERROR for f in found)
    assert all(f.claim == spoil(claim).patient_control_number for f in found)


def test_every_edit_that_withholds_is_spoiled_here() -> None:
    assert {rule for rule, _ in SPOILS} == {e.rule for e in EDITS if e.severity is Severity.ERROR}


def test_what_is_spelling_is_never_the_only_thing_said() -> None:
    assert SPELLING not in {e.rule for e in EDITS}
