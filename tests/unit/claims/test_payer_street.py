"""A payer's city without a street: the guide allows it, billing systems drop it, and it goes out as it came."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.claims.edits import EditContext, run_edits
from gateway.mapping.compile import load_map
from gateway.mapping.write import write_claims
from gateway.model.claim import Address, Claim, Subscriber
from tests.claims import BILLING, claim
from tests.strategies import HEADER

CITY = Address(city="SPRINGFIELD", state="IL", zip="62702")


def faults(said: Claim) -> list[tuple[str, str | None]]:
    return [(f.code, f.element) for f in run_edits(said, context=EditContext(today=date(2026, 11, 30)))]


def test_a_payers_city_alone_passes_and_is_written_as_n4_alone() -> None:
    said = claim(payer=replace(claim().payer, address=CITY))
    assert faults(said) == []
    written = write_claims(load_map("837p"), HEADER, [said])
    at = list(written.segments)
    payer = next(n for n, s in enumerate(at) if s.startswith("NM1*PR*"))
    assert at[payer + 1] == "N4*SPRINGFIELD*IL*62702"
    assert not any(written.findings)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        (claim(billing_provider=replace(BILLING, address=replace(CITY, zip="627020001"))), "billing_provider.address.line1"),
        (claim(billing_provider=replace(BILLING, pay_to_address=CITY)), "billing_provider.pay_to_address.line1"),
        (claim(subscriber=replace(claim().subscriber, address=CITY)), "subscriber.address.line1"),
        (claim(payer=replace(claim().payer, address=replace(CITY, line2="SUITE 4"))), "payer.address.line1"),
    ],
)  # fmt: skip
def test_every_other_address_needs_its_street(said: Claim, path: str) -> None:
    assert isinstance(said.subscriber, Subscriber)
    assert ("P-ADDRESS", path) in faults(said)
