"""Sound claims over every shape: drawn by the guide, then put right where the edits want more than the guide.

`pool()` is a fixed handful of them, for tests that try many things on each.
"""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.claims.edits import EditContext, normalise
from gateway.claims.edits.dates import INPATIENT
from gateway.model.claim import Address, BillingProvider, Claim, Patient, ServiceLine
from gateway.model.codec import claim_from_json, compact
from tests import strategies
from tests.claims import claim
from tests.coherent import coherent
from tests.golden.every_field import everything

CONTEXT = EditContext(today=date(2026, 12, 31))

UNUSUAL = frozenset({"P-CHARS-TEXT", "P-NPI-NONE"})
"""Warnings that a sound claim of some shapes has: a separator in a name, a provider who has no NPI."""

FEWEST = 12
"""Claims of the pool besides the one that says everything."""


def put_right(claim: Claim) -> Claim:
    """Return a claim that is valid by the guide so that the edits have nothing against it either."""
    billing = claim.billing_provider
    claim = replace(
        claim,
        patient_control_number="A" + claim.patient_control_number[1:],
        claim_filing_indicator=claim.claim_filing_indicator or "CI",
        billing_provider=_billing(billing),
        service_lines=tuple(_line(line, n) for n, line in enumerate(claim.service_lines, start=1)),
    )
    if claim.claim_filing_indicator == "MB":
        claim = replace(claim, subscriber=replace(claim.subscriber, member_id="1EG4TE5MK73"))
    return normalise(coherent(_admitted(claim)))[0]


def _billing(billing: BillingProvider) -> BillingProvider:
    tax_id = billing.tax_id or "371234567"
    return replace(
        billing,
        tax_id="371234567" if len(set(tax_id)) == 1 else tax_id,
        taxonomy=billing.taxonomy or "207Q00000X",
    )


def _line(line: ServiceLine, number: int) -> ServiceLine:
    minutes = line.procedure_type == "HC" and "00100" <= line.procedure <= "01999"
    return replace(line, unit_type="MJ" if minutes else "UN", line_control_number=f"L{number}")


def _admitted(claim: Claim) -> Claim:
    first = min(line.service_date for line in claim.service_lines if line.service_date is not None)
    admitted = claim.admission_date
    if admitted is None and claim.place_of_service in INPATIENT:
        admitted = first
    if admitted is not None:
        admitted = min(admitted, first)
    discharged = claim.discharge_date
    if admitted is not None and discharged is not None:
        discharged = max(admitted, discharged)
    return replace(claim, admission_date=admitted, discharge_date=discharged)


def sound_claims() -> st.SearchStrategy[Claim]:
    """Claims of every shape that the generator knows, sound by every edit."""
    return strategies.claims().map(put_right)


@cache
def pool() -> tuple[Claim, ...]:
    """Return two claims that say everything, a child's, and a dozen drawn ones, the same in every run."""
    found = subprocess.run(
        [sys.executable, "-c", "from tests.sound import draw; draw()"],
        cwd=Path(__file__).parents[1], check=True, capture_output=True, text=True,
    )  # fmt: skip
    drawn = (claim_from_json(json.loads(line)) for line in found.stdout.splitlines())
    return (put_right(everything()), put_right(_everything_abroad()), _child(), *drawn)


def draw() -> None:
    """Print the drawn claims, a line each.

    It has a process of its own: Hypothesis also tries the constants of whatever modules are loaded, so that within a
    test run the claims would depend on which tests ran before.
    """

    @settings(
        max_examples=FEWEST,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sound_claims())
    def drawn(claim: Claim) -> None:
        print(json.dumps(compact(claim)))

    drawn()


def _everything_abroad() -> Claim:
    """Return that claim as one of a subscriber who lives abroad, by an organisation, with another plan by name.

    Of the transport it speaks for the claim as a whole only.
    """
    claim = everything()
    abroad = Address(
        line1="1 CALLE ROE", city="TIJUANA", zip="22000", country="MX", country_subdivision="BCN"
    )
    (other,) = claim.other_payers
    billing = claim.billing_provider
    return replace(
        claim,
        patient=None,
        billing_provider=replace(billing, entity_type="2", first_name=None, middle_name=None, suffix=None),
        subscriber=replace(claim.subscriber, address=abroad, group_number=None, group_name="POE WORKS"),
        other_payers=(replace(other, group_number=None, group_name="ROE WORKS"),),
        service_lines=tuple(replace(line, ambulance=None) for line in claim.service_lines),
    )


def _child() -> Claim:
    """Return a plain claim of a dependent who is known by a social security number."""
    sound = claim()
    child = Patient(
        last_name="LOE",
        first_name="JIM",
        relationship="19",
        birth_date=date(2015, 1, 1),
        sex="M",
        address=sound.subscriber.address,
        ssn="999001234",
    )
    subscriber = replace(sound.subscriber, birth_date=None, sex=None, address=None)
    return put_right(replace(sound, patient=child, subscriber=subscriber))
