"""Synthetic claims that pass every check; changed by keyword where a test wants otherwise."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.model.claim import Address, BillingProvider, Claim, Payer, Provider, ServiceLine, Subscriber

BILLING = BillingProvider(
    name="ROE CLINIC",
    npi="1098765435",
    tax_id="123456789",
    taxonomy="207Q00000X",
    address=Address(line1="1 EXAMPLE WAY", city="SPRINGFIELD", state="IL", zip="627010001"),
)

OTHER_BILLING = replace(BILLING, name="POE CLINIC", npi="1555123458")


def claim(number: int = 1, **changes: Any) -> Claim:
    """Return claim *number* with one line of 125.50 and the subscriber as the patient."""
    values: dict[str, Any] = {
        "patient_control_number": f"PCN{number:04d}",
        "charge": Decimal("125.50"),
        "billing_provider": BILLING,
        "subscriber": Subscriber(
            last_name="LOE",
            first_name="JANE",
            member_id=f"MEM{number:06d}",
            birth_date=date(1980, 5, 17),
            sex="F",
            address=Address(line1="2 SAMPLE STREET", city="SPRINGFIELD", state="IL", zip="62702"),
        ),
        "payer": Payer(name="EXAMPLE HEALTH PLAN", id="66001"),
        "diagnoses": ("J020",),
        "rendering_provider": Provider(
            name="ROE", first_name="JOHN", entity_type="1", npi="1444987659", taxonomy="207Q00000X"
        ),
        "service_lines": (
            ServiceLine(
                procedure="99213",
                charge=Decimal("125.50"),
                units=Decimal(1),
                service_date=date(2026, 11, 2),
                diagnosis_pointers=(1,),
            ),
        ),
    }
    return Claim(**{**values, **changes})
