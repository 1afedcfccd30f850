"""The rarer fields of a service line, for the map's golden."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.model.claim import (
    Address,
    Adjustment,
    Ambulance,
    AmbulanceCertification,
    AmbulanceDropOff,
    Attachment,
    Contact,
    ContractInfo,
    Dme,
    Form,
    FormAnswer,
    LineAdjudication,
    LineRepricing,
    Measurement,
    PayerNumber,
    Provider,
    PurchasedService,
    Reference,
    ServiceLine,
)


def ambulance(reason: str, miles: str, place: str) -> Ambulance:
    return Ambulance(
        reason=reason,
        miles=Decimal(miles),
        weight=Decimal(155),
        round_trip_purpose=f"{place} round trip",
        stretcher_purpose=f"{place} stretcher",
        certifications=(
            AmbulanceCertification(applies=True, codes=("04", "09")),
            AmbulanceCertification(applies=False, codes=("12",)),
        ),
        pick_up=Address(line1=f"{place} pick-up 1", city="Springfield", state="IL", zip="62705"),
        drop_off=AmbulanceDropOff(
            name=f"{place} hospital",
            address=Address(line1="7 Hospital Way", city="Peoria", state="IL", zip="61602"),
        ),
    )


def priced(method: str, number: str) -> dict[str, Any]:
    return {
        "method": method,
        "allowed": Decimal("80.00"),
        "savings": Decimal("10.75"),
        "organization_id": f"REPRICER{number}",
        "rate": Decimal("1.25"),
        "group_code": f"APG{number}",
        "group_amount": Decimal("70.50"),
        "reject_reason": "T1",
        "policy_compliance": "1",
        "exception": "2",
    }


def rare_line(line: ServiceLine) -> ServiceLine:
    def person(name: str, *references: Reference, **more: Any) -> Provider:
        return Provider(entity_type="1", name=name, npi="1333111221", references=references, **more)

    return replace(
        line,
        copay_exempt=True,
        dme=Dme(
            days=Decimal(30),
            rental_price=Decimal("50.00"),
            purchase_price=Decimal("500.00"),
            rental_frequency="4",
            certification_type="I",
            months=Decimal(12),
            condition_applies=True,
            conditions=("38", "ZV"),
        ),
        attachments=(
            Attachment(type="03", transmission="BM", control_number="DOC2"),
            Attachment(type="CT", transmission="AD"),
        ),
        ambulance=ambulance("D", "7.5", "Line"),
        hospice_employee=False,
        prescription_date=date(2024, 4, 1),
        recertification_date=date(2024, 4, 2),
        begin_therapy_date=date(2024, 4, 3),
        last_certification_date=date(2024, 4, 4),
        last_seen_date=date(2024, 4, 5),
        hemoglobin_test_date=date(2024, 4, 6),
        creatinine_test_date=date(2024, 4, 7),
        shipped_date=date(2024, 4, 8),
        last_xray_date=date(2024, 4, 9),
        initial_treatment_date=date(2024, 4, 10),
        ambulance_patients=Decimal(2),
        obstetric_units=Decimal(3),
        measurements=(Measurement(kind="TR", test="R1", value=Decimal("10.5")),),
        contract=ContractInfo(type="09", code="CON2"),
        repriced_line_number="RPL1",
        adjusted_repriced_line_number="RPL2",
        payer_prior_authorizations=(PayerNumber(id="AUTH3", payer="FP001"),),
        mammography_certification="MAM002",
        referring_clia_number="14D0000002",
        immunization_batch="BATCH7",
        payer_referral_numbers=(PayerNumber(id="RFL3", payer="FP001"),),
        sales_tax=Decimal("1.10"),
        postage=Decimal("2.20"),
        file_information=("LINE STATE DATA",),
        note_type="DCP",
        third_party_note="For the repricer",
        purchased_service=PurchasedService(provider_id="PS1", charge=Decimal("9.99")),
        repricing=LineRepricing(**priced("06", "2"), procedure="99214", units=Decimal(2), unit_type="UN"),
        purchased_service_provider=Provider(
            npi="1234567893", references=(Reference(qualifier="G2", id="QB1"),)
        ),
        service_facility=Provider(
            name="Line Clinic",
            npi="1098765435",
            address=Address(line1="6 Side St", city="Springfield", state="IL", zip="627040002"),
            references=(Reference(qualifier="G2", id="FAC2", payer="FP001"),),
        ),
        supervising_provider=person("Lsuper"),
        ordering_provider=person(
            "Orderer",
            Reference(qualifier="1G", id="X99999"),
            address=Address(line1="8 Side St", city="Springfield", state="IL", zip="62704"),
            contact=Contact(name="Ora", phone="5555550114", fax="5555550115", email="o@example.com"),
        ),
        referring_provider=person("Lreferrer", Reference(qualifier="0B", id="LR1", payer="FP001")),
        primary_care_provider=person("Lprimary"),
        adjudications=(
            LineAdjudication(
                payer_id="FP001",
                paid=Decimal("90.00"),
                procedure="99213",
                modifiers=("25",),
                description="Long visit",
                units=Decimal(1),
                bundled_into=2,
                adjustments=(Adjustment(group="CO", reason="45", amount=Decimal("60.75")),),
                paid_on=date(2024, 1, 20),
                remaining_patient_liability=Decimal("5.00"),
            ),
            LineAdjudication(
                payer_id="FP002",
                paid=Decimal(0),
                procedure="99213",
                units=Decimal(1),
                paid_on=date(2024, 1, 21),
            ),
        ),
        forms=(
            Form(
                id="04.03",
                answers=(
                    FormAnswer(question="4", answer="Y"),
                    FormAnswer(question="5", text="2"),
                    FormAnswer(question="6", day=date(2024, 1, 5)),
                    FormAnswer(question="7", percent=Decimal("12.5")),
                ),
            ),
        ),
    )
