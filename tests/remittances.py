"""A remittance that says everything the guide lets one say, for tests of the map."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

from gateway.model.parties import Address
from gateway.model.remittance import (
    Adjustment,
    Party,
    ProviderAdjustment,
    Remittance,
    RemittanceAmount,
    RemittanceClaim,
    RemittanceLine,
    RemittanceQuantity,
    RemittanceReference,
)
from gateway.model.remittance_parts import (
    BankAccount,
    ClaimGroup,
    Delivery,
    InpatientFacts,
    OutpatientFacts,
    RemittanceContact,
    RemittanceEntity,
)

DAY = date(2026, 1, 10)
_HOME = Address(line1="12 OAK AVE", line2="SUITE 3", city="AUSTIN", state="TX", zip="787010000")
_ABROAD = Address(
    line1="12 OAK AVE", line2="SUITE 3", city="ROMA", zip="00100", country="IT", country_subdivision="RM"
)


def _figures(kind: type, start: int) -> dict[str, Decimal]:
    """Return a number of its own for every numeric field of *kind*."""
    names = [f.name for f in fields(kind) if "Decimal" in str(f.type)]
    return {name: Decimal(start + n) / 4 for n, name in enumerate(names)}


def _references(*qualifiers: str) -> tuple[RemittanceReference, ...]:
    return tuple(RemittanceReference(qualifier=one, id=f"ID{one}") for one in qualifiers)


def _entity(last: str, id_type: str, number: str) -> RemittanceEntity:
    return RemittanceEntity(
        last_name=last, first_name="PAULA", middle_name="Q", suffix="JR", id_type=id_type, id=number
    )


def _adjustments(group: str) -> tuple[Adjustment, ...]:
    return tuple(
        Adjustment(group=group, reason=str(n), amount=Decimal(n), quantity=Decimal(1)) for n in range(1, 7)
    )


LINE = RemittanceLine(
    procedure_type="HC",
    procedure="99213",
    modifiers=("25", "26", "59", "GT"),
    charge=Decimal(121),
    paid=Decimal(100),
    revenue_code="0510",
    units=Decimal(2),
    submitted_procedure_type="HP",
    submitted_procedure="99214",
    submitted_modifiers=("AA", "AB", "AC", "AD"),
    submitted_description="VISIT",
    submitted_units=Decimal(3),
    service_date=DAY,
    service_date_to=date(2026, 1, 12),
    adjustments=_adjustments("CO"),
    references=_references("1S", "G1", "HPI", "0K"),
    line_control_number="L1",
    amounts=(
        RemittanceAmount(qualifier="B6", amount=Decimal(110)),
        RemittanceAmount(qualifier="ZK", amount=Decimal(7)),
    ),
    quantities=(RemittanceQuantity(qualifier="ZK", quantity=Decimal("1.5")),),
    remarks=("N130", "M15"),
    drug_reject_codes=("70",),
)

CLAIM = RemittanceClaim(
    patient_control_number="ACC-1",
    status_code="1",
    charge=Decimal(121),
    paid=Decimal(79),
    patient_responsibility=Decimal(21),
    claim_filing_indicator="12",
    payer_control_number="ICN1",
    facility_code="11",
    frequency="1",
    diagnosis_related_group="470",
    drg_weight=Decimal("1.25"),
    discharge_fraction=Decimal("0.5"),
    adjustments=_adjustments("PR"),
    patient_last_name="POE",
    patient_first_name="PAUL",
    patient_middle_name="R",
    patient_suffix="III",
    member_id_type="MR",
    member_id="MBR00001",
    subscriber=_entity("POE", "MI", "MBR00002"),
    corrected=RemittanceEntity(last_name="POW", first_name="PAUL", middle_name="S", suffix="IV"),
    corrected_member_id="MBR00009",
    rendering=RemittanceEntity(last_name="LOE", first_name="LARA", middle_name="T", suffix="SR"),
    rendering_npi="1444987659",
    crossover_payer="SECOND PLAN",
    crossover_payer_id_type="PI",
    crossover_payer_id="SEC01",
    priority_payer="FIRST PLAN",
    priority_payer_id_type="XV",
    priority_payer_id="FIR01",
    other_subscriber=_entity("NOE", "II", "OTH01"),
    inpatient=InpatientFacts(**_figures(InpatientFacts, 4)),
    outpatient=OutpatientFacts(**_figures(OutpatientFacts, 40)),
    remarks=("MA01", "MA02", "MA03", "MA04", "MA05", "N1", "N2", "N3", "N4", "N5"),
    references=_references("1L", "EA", "0B", "1C"),
    statement_from=DAY,
    statement_to=date(2026, 1, 12),
    coverage_expired=date(2025, 12, 31),
    received_date=date(2026, 1, 14),
    contacts=(
        RemittanceContact(
            role="CX", name="CLAIMS", phone="8005550111", phone_extension="7", fax="8005550112"
        ),
        RemittanceContact(role="CX", name="CLAIMS BY MAIL", phone="8005550115", email="claims@example.com"),
    ),
    amounts=(
        RemittanceAmount(qualifier="AU", amount=Decimal(120)),
        RemittanceAmount(qualifier="I", amount=Decimal("2.5")),
    ),
    quantities=(RemittanceQuantity(qualifier="CA", quantity=Decimal(3)),),
    service_lines=(LINE,),
    group=1,
)

FULL = Remittance(
    handling="I",
    payment_amount=Decimal(58),
    credit_debit="C",
    payment_method="ACH",
    payment_format="CCP",
    payer_account=BankAccount(bank_id_type="01", bank_id="111000025", account_type="DA", account="123456789"),
    paying_company="1512345678",
    paying_company_division="DIV000001",
    payee_account=BankAccount(bank_id_type="01", bank_id="222000111", account_type="SG", account="987654321"),
    payment_date=date(2026, 1, 26),
    trace_number="EFT1",
    originator="1512345678",
    originator_division="DIV000001",
    currency="USD",
    receiver_id="SUB100",
    system_version="V7",
    production_date=date(2026, 1, 25),
    payer=Party(
        name="EXAMPLE HEALTH PLAN",
        id_type="XV",
        id="EXH01",
        address=_HOME,
        references=_references("2U", "EO", "HI", "NF"),
        contacts=(
            RemittanceContact(
                role="CX", name="DESK", phone="8005550101", phone_extension="1", email="desk@example.com"
            ),
            RemittanceContact(
                role="BL", name="EDI", phone="8005550100", phone_extension="2", url="example.com/edi"
            ),
            RemittanceContact(role="BL", name="EDI BY MAIL", email="edi@example.com"),
            RemittanceContact(role="IC", url="www.example.com"),
        ),
    ),
    payee=Party(
        name="ROE CLINIC",
        id_type="XX",
        id="1098765435",
        address=_ABROAD,
        references=_references("0B", "D3", "PQ", "TJ"),
        delivery=Delivery(method="EM", name="ROE CLINIC", address="era@example.com"),
    ),
    groups=(
        ClaimGroup(
            provider="1098765435",
            facility_code="11",
            fiscal_year_end=date(2026, 12, 31),
            **_figures(ClaimGroup, 80),
        ),
        ClaimGroup(),
    ),
    claims=(
        CLAIM,
        RemittanceClaim(
            patient_control_number="ACC-2",
            status_code="4",
            charge=Decimal(5),
            paid=Decimal(0),
            adjustments=(Adjustment(group="CO", reason="50", amount=Decimal(5)),),
            claim_filing_indicator="12",
            payer_control_number="ICN2",
            patient_last_name="POE",
            member_id="MBR00003",
            rendering=RemittanceEntity(entity_type="2", last_name="ROE LAB", id_type="FI", id="371234567"),
            group=2,
        ),
    ),
    provider_adjustments=tuple(
        ProviderAdjustment(
            provider="1098765435",
            reason="WO",
            reference=f"ICN{n}",
            amount=Decimal(n),
            fiscal_year_end=date(2026, 12, 31),
        )
        for n in range(1, 7)
    ),
)
"""Balanced: 79 paid, 21 taken back. What it says of its parts need not make sense to a payer."""
