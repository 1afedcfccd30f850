"""What the property test of the edits leaves open: spelling, relaxations, warnings."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from gateway.claims.edits import SPELLING, EditContext, normalise, prepare, run_edits
from gateway.claims.intake.record import validate
from gateway.mapping.canonical import canonical
from gateway.model.claim import (
    Address,
    Adjustment,
    Claim,
    Contact,
    Drug,
    LineAdjudication,
    PayerNumber,
    Provider,
    Reference,
)
from gateway.model.findings import Severity
from gateway.settings import Partner
from tests.office import record
from tests.sites import partner_of

CONTEXT = EditContext(today=date(2026, 11, 2))


def claim() -> Claim:
    made, found = validate(record())
    assert made is not None, found
    return made


def line(index: int = 0, **changes: object) -> Claim:
    sound = claim()
    lines = list(sound.service_lines)
    lines[index] = replace(lines[index], **changes)  # type: ignore[arg-type]
    return replace(sound, service_lines=tuple(lines))


def test_hyphens_dots_and_case_are_put_right() -> None:
    typed = replace(
        claim(),
        patient_control_number="acc-1",
        billing_provider=replace(claim().billing_provider, contact_phone="+1 (555) 555-0100"),
        subscriber=replace(claim().subscriber, member_id="1eg4-te5-mk 73", ssn="999-00-1234", sex="f"),
    )
    proper, changed = normalise(typed)
    assert proper.patient_control_number == "ACC-1"
    assert proper.billing_provider.tax_id == "123456789"
    assert proper.billing_provider.contact_phone == "5555550100"
    assert proper.billing_provider.address is not None
    assert proper.billing_provider.address.zip == "627010001"
    assert proper.subscriber.member_id == "1EG4TE5MK73"
    assert (proper.subscriber.ssn, proper.subscriber.sex) == ("999001234", "F")
    assert proper.diagnoses == ("J0190", "R509")
    assert {f.code for f in changed} == {SPELLING}
    assert {f.severity for f in changed} == {Severity.INFO}
    assert "subscriber.member_id" in {f.element for f in changed}
    told = prepare(typed, context=CONTEXT)[1]
    assert told[: len(changed)] == changed
    assert {f.code for f in told[len(changed) :]} == {SPELLING}  # what folding will change on the way out


def test_a_zip_outside_the_us_is_left_alone() -> None:
    abroad = Address(line1="1 King St", city="Toronto", zip="M5H 2N2", country="CA", country_subdivision="ON")
    proper, _ = normalise(replace(claim(), subscriber=replace(claim().subscriber, address=abroad)))
    assert proper.subscriber.address == abroad


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("0002-6063-51", "00002606351"),
        ("00026-063-51", "00026006351"),
        ("00026-0635-1", "00026063501"),
        ("00026-0635-12", "00026063512"),
        ("0002606351", "0002606351"),
    ],
)
def test_an_ndc_becomes_eleven_digits_where_that_is_certain(given: str, written: str) -> None:
    proper, _ = normalise(line(drug=Drug(ndc=given, quantity=Decimal(1), unit="ml")))
    drug = proper.service_lines[0].drug
    assert drug is not None
    assert (drug.ndc, drug.unit) == (written, "ML")


def test_double_diagnoses_go_and_the_pointers_follow() -> None:
    sound = claim()
    doubled = replace(
        sound,
        diagnoses=("J01.90", "R50.9", "j0190", "I10"),
        service_lines=(
            replace(sound.service_lines[0], diagnosis_pointers=(3, 4, 1)),
            replace(sound.service_lines[1], diagnosis_pointers=(2,)),
        ),
    )
    proper, changed = normalise(doubled)
    assert proper.diagnoses == ("J0190", "R509", "I10")
    assert [one.diagnosis_pointers for one in proper.service_lines] == [(1, 3), (2,)]
    assert "P-DX-DUP" in {f.code for f in changed}


def test_pointers_into_nothing_are_left_for_the_edit() -> None:
    sound = line(diagnosis_pointers=(1, 9))
    proper, found = prepare(replace(sound, diagnoses=(*sound.diagnoses, "J0190")), context=CONTEXT)
    assert proper.service_lines[0].diagnosis_pointers == (1, 9)
    assert "P-PTR" in {f.code for f in found}


def test_a_provider_named_twice_is_left_out_and_said_so() -> None:
    sound = claim()
    same = Provider(entity_type="1", name="Roe", first_name="Rita", npi=sound.billing_provider.npi)
    proper, found = prepare(replace(sound, rendering_provider=same), context=CONTEXT)
    assert proper.rendering_provider is None
    assert ("P-RENDERING", Severity.INFO) in {(f.code, f.severity) for f in found}
    assert not [f for f in found if f.severity is Severity.ERROR]


def test_a_rendering_provider_of_another_taxonomy_stays() -> None:
    sound = claim()
    other = Provider(name="Roe", npi=sound.billing_provider.npi, taxonomy="208D00000X")
    assert normalise(replace(sound, rendering_provider=other))[0].rendering_provider == other


def test_a_claims_rendering_provider_stays_where_a_line_has_another() -> None:
    sound = line(rendering_provider=Provider(name="Moe", npi="1444987659"))
    same = Provider(name="Roe", npi=sound.billing_provider.npi)
    given = replace(sound, rendering_provider=same)
    proper, found = prepare(given, context=CONTEXT)
    assert proper.rendering_provider == same
    assert not [f for f in found if f.severity is Severity.ERROR]


def test_a_facility_at_the_billing_address_is_left_out() -> None:
    sound = claim()
    here = Provider(
        name="Roe Clinic", address=Address(line1="1 EXAMPLE WAY.", city="X", state="IL", zip="62701")
    )
    proper, changed = normalise(replace(sound, service_facility=here))
    assert proper.service_facility is None
    assert "P-FACILITY" in {f.code for f in changed}
    elsewhere = replace(here, npi="1444987659")
    assert normalise(replace(sound, service_facility=elsewhere))[0].service_facility == elsewhere


def test_a_line_does_not_repeat_the_claim() -> None:
    proper, _ = normalise(line(place_of_service="11", service_date_to=date(2026, 1, 10)))
    assert (proper.service_lines[0].place_of_service, proper.service_lines[0].service_date_to) == (None, None)


def test_a_partner_who_wants_a_provider_twice_gets_it_twice() -> None:
    sound = claim()
    same = Provider(entity_type="1", name="Roe", first_name="Rita", npi=sound.billing_provider.npi)
    here = Provider(name="Roe Clinic", address=sound.billing_provider.address)
    given = replace(sound, rendering_provider=same, service_facility=here)
    profile = Partner.model_validate(partner_of(edits={"P-RENDERING": "off", "P-FACILITY": "off"}))
    proper, found = prepare(given, context=EditContext(today=CONTEXT.today, profile=profile))
    assert proper.rendering_provider == same
    assert proper.service_facility is not None
    assert not [f for f in found if f.severity is not Severity.INFO]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (replace(claim(), patient_control_number="0012"), "P-PCN-ZERO"),
        (replace(claim(), claim_filing_indicator="MB", clia_number="11D0000000"), "P-MBI"),
        (replace(claim(), claim_filing_indicator="MA"), "P-SBR09-MA"),
        (replace(claim(), place_of_service="98"), "P-POS-LIST"),
        (replace(claim(), clia_number="11X"), "P-CLIA"),
        (replace(claim(), rendering_provider=Provider(name="Loe")), "P-NPI-NONE"),
        (replace(claim(), payer=replace(claim().payer, name="Plan * of ~ Ohio")), "P-CHARS-TEXT"),
    ],
)
def test_a_warning_does_not_withhold(given: Claim, rule: str) -> None:
    _, found = prepare(given, context=CONTEXT)
    assert [(f.code, f.severity) for f in found if f.code != SPELLING] == [(rule, Severity.WARNING)]


def test_a_service_of_tomorrow_elsewhere_is_not_yet_today_here() -> None:
    late = line(service_date=date(2026, 11, 3))
    assert "P-DATE-FUTURE" in {f.code for f in run_edits(late, context=CONTEXT)}
    tomorrow = EditContext(today=date(2026, 11, 3))
    assert "P-DATE-FUTURE" not in {f.code for f in run_edits(late, context=tomorrow)}


def named(one: Claim, code: str) -> list[str | None]:
    return sorted(f.element or "" for f in run_edits(one, context=CONTEXT) if f.code == code)


def test_texts_and_numbers_are_measured_wherever_they_stand() -> None:
    long = line(
        file_information=("K" * 81,),
        adjudications=(
            LineAdjudication(
                payer_id="P1",
                paid=Decimal("1.001"),
                procedure="99213",
                units=Decimal("1.0000000000000001"),
                adjustments=(Adjustment(group="CO", reason="456789", amount=Decimal(1)),),
            ),
        ),
    )
    at = "service_lines[0].adjudications[0]"
    assert named(long, "P-LENGTH") == [f"{at}.adjustments[0].reason", "service_lines[0].file_information[0]"]
    assert named(long, "P-CENTS") == [f"{at}.paid"]
    assert named(long, "P-QUANTITY") == [f"{at}.units"]
    assert named(line(payer_referral_numbers=(PayerNumber(id="A*B"),)), "P-CHARS") == [
        "service_lines[0].payer_referral_numbers[0].id"
    ]


def test_providers_of_every_role_are_judged() -> None:
    wrong = line(ordering_provider=Provider(entity_type="2", name="Orders Inc", npi="1098765434"))
    assert named(wrong, "P-NPI") == ["service_lines[0].ordering_provider.npi"]
    assert named(wrong, "P-ENTITY") == ["service_lines[0].ordering_provider.entity_type"]
    assert named(line(purchased_service_provider=Provider(npi="1098765435")), "P-ENTITY") == []
    assert named(line(drug=Drug(ndc="UPC1", id_type="UP", quantity=Decimal(1), unit="UN")), "P-NDC") == []


def test_what_has_no_place_is_said_just_where_the_claim_would_lose_it() -> None:
    """Everything is said of every role; what the edit names is what does not come back from X12."""
    contact = Contact(name="ANN", phone="5555550100", fax="5555550101", email="A@B.C")
    full = Provider(
        name="ROE",
        entity_type="1",
        first_name="R",
        middle_name="M",
        suffix="JR",
        npi="1098765435",
        taxonomy="207Q00000X",
        address=Address(line1="1 ELM ST", city="PEORIA", state="IL", zip="616010001"),
        contact=contact,
        references=(Reference(qualifier="G2", id="1", payer="P1"),),
    )
    roles = (
        "rendering_provider",
        "referring_provider",
        "supervising_provider",
        "service_facility",
        "primary_care_provider",
    )
    more = ("ordering_provider", "purchased_service_provider")
    whole = replace(
        line(**dict.fromkeys((*roles, *more), full)),
        **dict.fromkeys(roles, full),
        subscriber=replace(claim().subscriber, contact=contact),
    )
    said = canonical(whole)

    def lost(before: object, after: object, path: str) -> Iterator[str]:
        for item in fields(before):  # type: ignore[arg-type]
            old, new = getattr(before, item.name), getattr(after, item.name)
            if is_dataclass(old) and new is not None:
                yield from lost(old, new, f"{path}.{item.name}")
            elif old is not None and new is None:
                yield f"{path}.{item.name}"
            elif item.name == "references":
                yield from lost(old[0], new[0], f"{path}.references[0]")

    expected = [p for role in roles for p in lost(getattr(whole, role), getattr(said, role), role)]
    for role in (*roles, *more):
        first, kept = whole.service_lines[0], said.service_lines[0]
        expected += lost(getattr(first, role), getattr(kept, role), f"service_lines[0].{role}")
    expected += lost(whole.subscriber.contact, said.subscriber.contact, "subscriber.contact")
    assert named(whole, "P-NO-PLACE") == sorted(expected)
    assert len(expected) > 30


def rules(given: Claim, partner: Partner | None = None) -> list[str]:
    """Return the rules that withhold *given*."""
    context = replace(CONTEXT, profile=partner)
    return [f.code for f in prepare(given, context=context)[1] if f.severity is Severity.ERROR]


@pytest.mark.parametrize("unit", ["UN", "MJ"])
@pytest.mark.parametrize("procedure", ["01953", "01996"])
def test_what_is_not_timed_among_anesthesia_goes_by_the_unit_too(procedure: str, unit: str) -> None:
    assert rules(line(procedure=procedure, modifiers=(), unit_type=unit)) == []
    assert rules(line(procedure="00142", modifiers=(), unit_type="UN")) == ["P-LINE-MJ"]


@pytest.mark.parametrize(
    ("street", "withheld"),
    [("RR 2 BOX 45", []), ("HC 1 BOX 7", []), ("BOX 45", ["P-BP-03"]), ("SUITE 4 PO BOX 12", ["P-BP-03"])],
)
def test_a_box_on_a_rural_route_is_a_street(street: str, withheld: list[str]) -> None:
    sound = claim()
    billing = sound.billing_provider
    assert billing.address is not None
    there = replace(billing, address=replace(billing.address, line1=street))
    assert rules(replace(sound, billing_provider=there)) == withheld


def test_the_emergency_room_may_come_before_the_admission() -> None:
    inpatient = replace(line(), place_of_service="21", admission_date=date(2026, 1, 10))
    first, *others = inpatient.service_lines
    before = replace(first, service_date=date(2026, 1, 9))
    in_bed = replace(inpatient, service_lines=(before, *others))
    assert rules(in_bed) == ["P-DATE-ADMISSION"]
    assert rules(replace(in_bed, service_lines=(replace(before, place_of_service="23"), *others))) == []


def test_a_partner_may_take_account_numbers_of_other_signs() -> None:
    """Many billing systems write them; law 14: named, for one partner."""
    takes = Partner.model_validate(partner_of(edits={"P-PCN-SIGNS": "off"}))
    for number in ("2026.11_7", "ROE 7", "R/7#1"):
        dotted = replace(claim(), patient_control_number=number)
        assert (rules(dotted), rules(dotted, takes)) == (["P-PCN-SIGNS"], [])
    for number in ("A" * 21, "A.1*2", "A:1", "A~1", ""):
        assert rules(replace(claim(), patient_control_number=number), takes) == ["P-PCN"]
