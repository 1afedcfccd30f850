"""A claim with every field, against the 837P a person wrote for it: the map can be wrong both ways, a person once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from gateway.mapping.canonical import canonical
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_claims
from gateway.mapping.write import write_claims
from gateway.model.claim import (
    Address,
    BillingProvider,
    Claim,
    Drug,
    Patient,
    Payer,
    Provider,
    Reference,
    ServiceLine,
    Subscriber,
)
from gateway.x12.check import check_x12
from gateway.x12.separators import Separators
from tests.strategies import HEADER
from tests.x12files import file_837p

GOLDEN = Path(__file__).parent / "maps" / "837p_every_field.txt"
MAP = load_map("837p")


def everything() -> Claim:
    """A dependent's claim in which every field has a value of its own."""
    return Claim(
        patient_control_number="PCN0009",
        charge=Decimal("250.75"),
        billing_provider=BillingProvider(
            name="Loe",
            entity_type="1",
            first_name="Ann",
            middle_name="B",
            suffix="MD",
            npi="1444987659",
            tax_id="371234567",
            tax_id_type="SY",
            taxonomy="207Q00000X",
            address=Address(
                line1="100 Elm St", line2="Suite 2", city="Springfield", state="IL", zip="627011234"
            ),
            pay_to_address=Address(line1="PO Box 7", city="Peoria", state="IL", zip="616010007"),
            contact_name="Pat Doe",
            contact_phone="5555550199",
            references=(Reference(qualifier="0B", id="LIC1"), Reference(qualifier="1G", id="UPIN1")),
            payer_references=(Reference(qualifier="G2", id="COM1"), Reference(qualifier="LU", id="LOC1")),
        ),
        subscriber=Subscriber(
            last_name="Poe",
            first_name="Paula",
            middle_name="Q",
            suffix="SR",
            member_id="MBR000222",
            group_number="GRP200",
            insurance_type="12",
            ssn="123456789",
        ),
        patient=Patient(
            last_name="Núñez-Poe",
            first_name="Peter",
            middle_name="R",
            suffix="JR",
            relationship="19",
            birth_date=date(2015, 3, 9),
            sex="M",
            address=Address(line1="9 Pine Rd", city="Springfield", state="IL", zip="62703"),
        ),
        payer=Payer(
            name="Example Health Plan",
            id="EXH01",
            address=Address(line1="1 Plan Way", city="Chicago", state="IL", zip="60601"),
            references=(Reference(qualifier="2U", id="PAY2"), Reference(qualifier="NF", id="12345")),
        ),
        payer_sequence="S",
        claim_filing_indicator="MB",
        place_of_service="22",
        frequency="7",
        payer_control_number="ICN5001",
        provider_signature=False,
        assignment="C",
        benefits_assigned="N",
        release_of_information="I",
        patient_signature_source="P",
        diagnoses=("J01.90", "R50.9"),
        related_causes=("AA", "EM"),
        accident_state="IL",
        accident_country="US",
        accident_date=date(2024, 1, 2),
        onset_date=date(2024, 1, 3),
        initial_treatment_date=date(2024, 1, 4),
        last_seen_date=date(2024, 1, 5),
        lmp_date=date(2024, 1, 6),
        last_xray_date=date(2024, 1, 7),
        disability_from=date(2024, 1, 8),
        disability_to=date(2024, 1, 9),
        last_worked_date=date(2024, 1, 10),
        return_to_work_date=date(2024, 1, 11),
        admission_date=date(2024, 1, 12),
        discharge_date=date(2024, 1, 13),
        patient_paid=Decimal("10.00"),
        prior_authorization="AUTH1",
        referral_number="RFL1",
        clia_number="14D0000000",
        mammography_certification="MAM001",
        medical_record_number="MRN1",
        delay_reason="7",
        special_program="09",
        note="Seen twice: same day",
        note_type="DCP",
        referring_provider=Provider(
            entity_type="1",
            name="Roe",
            first_name="Rita",
            npi="1333111221",
            references=(Reference(qualifier="G2", id="R1"),),
        ),
        rendering_provider=Provider(
            entity_type="1", name="Smith", first_name="Jane", npi="1555123458", taxonomy="207R00000X"
        ),
        service_facility=Provider(
            name="Side Clinic",
            npi="1234567893",
            address=Address(line1="5 Side St", city="Springfield", state="IL", zip="627040001"),
            references=(Reference(qualifier="LU", id="F1"),),
        ),
        supervising_provider=Provider(entity_type="1", name="Super", first_name="Sam", npi="1098765435"),
        claim_key="GWCLM0009",
        service_lines=(
            ServiceLine(
                procedure="99213",
                modifiers=("25", "RT"),
                description="Long visit",
                charge=Decimal("150.75"),
                units=Decimal("1.5"),
                unit_type="UN",
                place_of_service="11",
                diagnosis_pointers=(2, 1),
                emergency=True,
                epsdt=True,
                family_planning=True,
                service_date=date(2024, 1, 12),
                service_date_to=date(2024, 1, 13),
                line_control_number="PCN0009L1",
                prior_authorization="AUTH2",
                referral_number="RFL2",
                clia_number="14D0000001",
                note="Line note",
                drug=Drug(ndc="00026063512", quantity=Decimal("2.5"), unit="ML", prescription_number="RX1"),
                rendering_provider=Provider(
                    entity_type="2",
                    name="Loe Group",
                    npi="1444987659",
                    taxonomy="208D00000X",
                    references=(Reference(qualifier="LU", id="L1"),),
                ),
            ),
            ServiceLine(
                procedure="00100",
                charge=Decimal(100),
                units=Decimal(45),
                unit_type="MJ",
                diagnosis_pointers=(1,),
                service_date=date(2024, 1, 12),
                line_control_number="PCN0009L2",
            ),
        ),
    )


def golden() -> list[str]:
    return GOLDEN.read_text(encoding="ascii").splitlines()


def test_writing_says_what_a_person_wrote() -> None:
    written = write_claims(MAP, HEADER, [everything()])
    assert list(written.segments) == golden()
    assert written.findings == ((),)


def test_reading_gives_the_claim_again() -> None:
    [read] = read_claims(MAP, (line.split("*") for line in golden()), Separators("*", ":", "~", "^"))
    assert (read.findings, read.residue, read.header) == ((), 0, HEADER)
    assert read.record == canonical(everything())
    assert read.position == 2 + next(i for i, line in enumerate(golden()) if line.startswith("CLM*"))


def test_pyx12_agrees() -> None:
    assert check_x12(file_837p(tuple(golden()))).findings == ()


def test_every_field_of_the_claim_is_in_the_golden() -> None:
    """Taking any field away changes what is written: none is forgotten by the map."""
    whole = write_claims(MAP, HEADER, [everything()]).segments
    for name in Claim.__slots__:
        one = everything()
        if name in {"residue", "diagnosis_type"}:
            continue
        value = getattr(one, name)
        other = {str: "ZZ", bool: not value, Decimal: Decimal("1.11"), date: date(2020, 1, 1), tuple: ()}
        change = other.get(type(value))
        if change is not None:
            assert write_claims(MAP, HEADER, [replace(one, **{name: change})]).segments != whole, name
