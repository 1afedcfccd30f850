"""Hypothesis strategies for claims: valid ones over every shape the record has, and rough text in them.

`claims()` gives claims that pass the guide once written: names in any script, lower case, separators inside names,
fields at their longest, subscriber and dependent, every optional field present or absent.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from gateway.model.claim import (
    BillingProvider,
    Claim,
    Patient,
    ServiceLine,
    Subscriber,
)
from gateway.model.submission import Contact, SetHeader
from tests.claim_shapes import CLAIM_SHAPES, LINE_SHAPES, PATIENT_SHAPES, PROVIDER_SHAPES
from tests.draws import (
    NPIS,
    STATES,
    TAXONOMIES,
    addresses,
    amounts,
    births,
    codes,
    days,
    digits,
    maybe,
    names,
    references,
)
from tests.part_draws import drugs, extras, facilities, payers, persons, rendering


@st.composite
def billing_providers(draw: st.DrawFn) -> BillingProvider:
    person = draw(st.booleans())
    phone = draw(maybe(digits(10)))
    plain = BillingProvider(
        entity_type="1" if person else "2",
        name=draw(names(60)),
        first_name=draw(names(35)) if person else None,
        middle_name=draw(maybe(names(25))) if person else None,
        npi=draw(st.sampled_from(NPIS)),
        tax_id=draw(digits(9)),
        tax_id_type=draw(st.sampled_from(("EI", "SY"))),
        taxonomy=draw(maybe(st.sampled_from(TAXONOMIES))),
        address=draw(addresses(nine=True)),
        pay_to_address=draw(maybe(addresses())),
        contact_name=draw(maybe(names(60))) if phone else None,
        contact_phone=phone,
        references=draw(references("0B", "1G")),
        payer_references=draw(references("G2", "LU")),
    )
    return replace(plain, **draw(extras(PROVIDER_SHAPES, 2)))


@st.composite
def subscribers(draw: st.DrawFn, is_patient: bool) -> Subscriber:
    # A group name is said only where there is no group number.
    number = draw(maybe(codes(30)))
    return Subscriber(
        last_name=draw(names(60)),
        first_name=draw(maybe(names(35))),
        middle_name=draw(maybe(names(25))),
        suffix=draw(maybe(st.sampled_from(("SR", "IV")))),
        member_id=draw(codes(20, 2)),
        birth_date=draw(births) if is_patient else None,
        sex=draw(st.sampled_from(("F", "M", "U"))) if is_patient else None,
        address=draw(addresses()) if is_patient else None,
        group_number=number,
        group_name=None if number else draw(maybe(names(60))),
        ssn=draw(maybe(digits(9))),
        member_id_type=draw(st.sampled_from(("MI", "II"))),
        **(draw(extras(PATIENT_SHAPES, 2)) if is_patient else {}),
    )


@st.composite
def patients(draw: st.DrawFn) -> Patient:
    number = draw(st.sampled_from(("member_id", "ssn", None)))
    return Patient(
        last_name=draw(names(60)),
        relationship=draw(st.sampled_from(("01", "19", "20", "21", "39", "40", "53", "G8"))),
        first_name=draw(names(35)),
        middle_name=draw(maybe(names(25))),
        suffix=draw(maybe(st.just("JR"))),
        birth_date=draw(births),
        sex=draw(st.sampled_from(("F", "M", "U"))),
        address=draw(addresses()),
        **({number: draw(digits(9))} if number else {}),
        **draw(extras(PATIENT_SHAPES, 2)),
    )


@st.composite
def service_lines(draw: st.DrawFn, diagnoses: int) -> ServiceLine:
    first = draw(days)
    more = draw(extras(LINE_SHAPES))
    pointers = st.lists(st.integers(1, diagnoses), min_size=1, max_size=min(4, diagnoses), unique=True)
    return ServiceLine(
        procedure=draw(st.from_regex(r"\A[0-9]{4}[0-9]\Z")),
        charge=draw(amounts()),
        units=draw(st.decimals("0.1", "999", places=1)),
        service_date=first,
        service_date_to=draw(maybe(st.integers(0, 40).map(lambda n: first + timedelta(days=n)))),
        modifiers=tuple(draw(st.lists(codes(2, 2), max_size=4, unique=True))),
        description=draw(maybe(names(80))),
        unit_type=draw(st.sampled_from(("UN", "MJ"))),
        place_of_service=draw(maybe(st.sampled_from(("11", "22", "12")))),
        diagnosis_pointers=tuple(draw(pointers)),
        emergency=draw(maybe(st.booleans())),
        epsdt=draw(maybe(st.booleans())),
        family_planning=draw(maybe(st.booleans())),
        line_control_number=draw(maybe(codes(20))),
        prior_authorization=draw(maybe(codes(30))),
        referral_number=draw(maybe(codes(30))),
        clia_number=draw(maybe(st.just("14D0000000"))),
        note=draw(maybe(names(80))),
        drug=draw(maybe(drugs())),
        rendering_provider=draw(maybe(rendering())),
        **more,
    )


@st.composite
def claims(draw: st.DrawFn, *, provider: BillingProvider | None = None) -> Claim:
    """A whole claim, valid by the guide; *provider* gives several claims one billing provider."""
    patient = draw(maybe(patients()))
    count = draw(st.integers(1, 12))
    diagnoses = draw(
        st.lists(
            st.from_regex(r"\A[A-TV-Z][0-9][0-9A-Z]([.][0-9]{1,4})?\Z"),
            min_size=count,
            max_size=count,
            unique=True,
        )
    )
    lines = tuple(draw(st.lists(service_lines(count), min_size=1, max_size=4)))
    causes = tuple(draw(st.lists(st.sampled_from(("AA", "EM", "OA")), max_size=2, unique=True)))
    frequency = draw(st.sampled_from(("1", "7", "8")))
    begin = draw(days)
    return Claim(
        patient_control_number=draw(codes(20)),
        charge=sum((line.charge for line in lines), Decimal(0)),
        billing_provider=provider or draw(billing_providers()),
        subscriber=draw(subscribers(is_patient=patient is None)),
        payer=draw(payers()),
        service_lines=lines,
        patient=patient,
        payer_sequence=draw(st.sampled_from(("P", "S", "T"))),
        claim_filing_indicator=draw(maybe(st.sampled_from(("CI", "MB", "MC", "BL", "12")))),
        place_of_service=draw(st.sampled_from(("11", "21", "22"))),
        frequency=frequency,
        payer_control_number=draw(codes(20)) if frequency != "1" else None,
        provider_signature=draw(st.booleans()),
        assignment=draw(st.sampled_from("ABC")),
        benefits_assigned=draw(st.sampled_from("YNW")),
        release_of_information=draw(st.sampled_from("YI")),
        patient_signature_source=draw(maybe(st.just("P"))),
        diagnoses=tuple(diagnoses),
        related_causes=causes,
        accident_state=draw(st.sampled_from(STATES)) if "AA" in causes else None,
        accident_date=draw(days) if causes else None,
        onset_date=draw(maybe(days)),
        initial_treatment_date=draw(maybe(days)),
        last_seen_date=draw(maybe(days)),
        lmp_date=draw(maybe(days)),
        last_xray_date=draw(maybe(days)),
        disability_from=draw(maybe(st.just(begin))),
        disability_to=draw(maybe(st.just(begin + timedelta(days=10)))),
        last_worked_date=draw(maybe(days)),
        return_to_work_date=draw(maybe(days)),
        admission_date=draw(maybe(days)),
        discharge_date=draw(maybe(days)),
        patient_paid=draw(maybe(amounts("99.99"))),
        prior_authorization=draw(maybe(codes(50))),
        referral_number=draw(maybe(codes(50))),
        clia_number=draw(maybe(st.just("14D0000000"))),
        mammography_certification=draw(maybe(codes(10))),
        medical_record_number=draw(maybe(codes(50))),
        delay_reason=draw(maybe(st.sampled_from(("1", "7", "11", "15")))),
        special_program=draw(maybe(st.sampled_from(("02", "03", "05", "09")))),
        note=draw(maybe(names(80))),
        note_type=draw(st.sampled_from(("ADD", "CER", "DCP", "DGN", "TPO"))),
        referring_provider=draw(maybe(persons("0B", "1G", "G2"))),
        rendering_provider=draw(maybe(rendering())),
        service_facility=draw(maybe(facilities())),
        supervising_provider=draw(maybe(persons("0B", "1G", "G2", "LU"))),
        claim_key=draw(maybe(codes(12))),
        **draw(extras(CLAIM_SHAPES)),
    )


@st.composite
def batches(draw: st.DrawFn, most: int = 4) -> list[Claim]:
    """Claims of one or two billing providers, with distinct patient control numbers."""
    found: list[Claim] = []
    for _ in range(draw(st.integers(1, 2))):
        provider = draw(billing_providers())
        found += draw(st.lists(claims(provider=provider), min_size=1, max_size=max(1, most // 2)))
    return [
        claim
        for index, claim in enumerate(found)
        if claim.patient_control_number not in {other.patient_control_number for other in found[:index]}
    ]


HEADER = SetHeader(
    reference="BATCH0001",
    created=datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
    submitter_name="ACME BILLING LLC",
    submitter_id="SUBMITTER1",
    contact=Contact(name="PAT DOE", phone="5555550100", email="EDI@EXAMPLE.COM"),
    receiver_name="PAYER HUB",
    receiver_id="PAYERHUB",
)
"""The head of a set, valid by the guide."""
