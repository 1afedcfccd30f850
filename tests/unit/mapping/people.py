"""Synthetic people and their claims."""

from datetime import date
from decimal import Decimal
from typing import Any

from gateway.model.claim import (
    Address,
    BillingProvider,
    Claim,
    Patient,
    Payer,
    Provider,
    ServiceLine,
    Subscriber,
)

CLINIC = BillingProvider(
    name="ELM STREET CLINIC",
    npi="1098765435",
    tax_id="371234567",
    taxonomy="207Q00000X",
    address=Address(line1="100 ELM ST", city="SPRINGFIELD", state="IL", zip="627011234"),
)
SMITH = Provider(entity_type="1", name="SMITH", first_name="JANE", npi="1555123458", taxonomy="207Q00000X")


def line(number: int = 1, **changes: Any) -> ServiceLine:
    """A service line of 100."""
    given = {
        "procedure": "99213",
        "charge": Decimal(100),
        "units": Decimal(1),
        "service_date": date(2024, 1, 10),
        "diagnosis_pointers": (1,),
        "line_control_number": f"PCN0001L{number}",
    }
    return ServiceLine(**{**given, **changes})


def claim(**changes: Any) -> Claim:
    """A claim of Richard Roe, who is the patient."""
    given: dict[str, Any] = {
        "patient_control_number": "PCN0001",
        "charge": Decimal(100),
        "billing_provider": CLINIC,
        "subscriber": Subscriber(
            last_name="ROE",
            first_name="RICHARD",
            member_id="MBR000111",
            birth_date=date(1970, 5, 4),
            sex="M",
            address=Address(line1="12 OAK AVE", city="SPRINGFIELD", state="IL", zip="62702"),
        ),
        "payer": Payer(name="EXAMPLE HEALTH PLAN", id="EXH01"),
        "service_lines": (line(),),
        "diagnoses": ("J0190",),
        "rendering_provider": SMITH,
        "claim_key": "GWCLM0001",
    }
    return Claim(**{**given, **changes})


def child() -> Patient:
    """Peter, the subscriber's son."""
    return Patient(
        last_name="ROE",
        first_name="PETER",
        relationship="19",
        birth_date=date(2015, 3, 9),
        sex="M",
        address=Address(line1="9 PINE RD", city="SPRINGFIELD", state="IL", zip="62703"),
    )
