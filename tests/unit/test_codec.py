"""Records survive the way to JSON and back, to the last digit."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gateway.model.claim import Address, BillingProvider, Claim, Drug, Payer, Residue, ServiceLine, Subscriber
from gateway.model.codec import claim_from_json, compact, from_json, to_json
from gateway.model.findings import Finding, Severity
from gateway.model.remittance import Party, ProviderAdjustment, Remittance

CLAIM = Claim(
    patient_control_number="A-1",
    charge=Decimal("125.5"),
    billing_provider=BillingProvider(name="ELM CLINIC", address=Address(line1="1 ELM ST")),
    subscriber=Subscriber(last_name="ROE", birth_date=date(1990, 1, 2)),
    payer=Payer(name="PLAN", id="60054"),
    service_lines=(
        ServiceLine(
            procedure="J1100",
            charge=Decimal("125.50"),
            units=Decimal("2.50"),
            modifiers=("25", "59"),
            diagnosis_pointers=(1, 2),
            emergency=False,
            drug=Drug(ndc="00026063512", quantity=Decimal(10), unit="ML"),
        ),
    ),
    residue=(Residue(loop="2300", segments=("K3*  TWO BLANKS",)),),
)


def test_amounts_have_two_places_and_quantities_keep_their_digits():
    written = to_json(CLAIM)
    assert written["charge"] == "125.50"
    assert written["service_lines"][0]["units"] == "2.50"
    assert written["service_lines"][0]["drug"]["quantity"] == "10"
    assert written["subscriber"]["birth_date"] == "1990-01-02"
    assert written["service_lines"][0]["modifiers"] == ["25", "59"]


def test_absent_is_null_and_every_field_is_named():
    written = to_json(CLAIM)
    assert written["patient"] is None
    assert written["rendering_provider"] is None
    assert set(written) == set(Claim.__slots__)


def test_more_than_two_decimals_are_kept():
    assert to_json(replace(CLAIM, charge=Decimal("1.125")))["charge"] == "1.125"


@pytest.mark.parametrize("write", [to_json, compact])
def test_a_claim_comes_back_as_it_was(write):
    assert claim_from_json(json.loads(json.dumps(write(CLAIM)))) == CLAIM


@pytest.mark.parametrize("write", [to_json, compact])
def test_absence_is_not_the_default_where_the_default_is_a_value(write):
    silent = replace(CLAIM, claim_filing_indicator=None)
    assert claim_from_json(json.loads(json.dumps(write(silent)))) == silent


def test_the_stored_form_leaves_out_what_is_absent():
    stored = compact(CLAIM)
    assert "patient" not in stored
    assert "line2" not in stored["billing_provider"]["address"]
    assert stored["service_lines"][0]["emergency"] is False


def test_other_records_go_the_same_way():
    remittance = Remittance(
        payer=Party(name="PLAN"),
        payee=Party(id="1098765435"),
        payment_method="ACH",
        payment_amount=Decimal("-3.1"),
        payment_date=date(2026, 1, 2),
        trace_number="T1",
        claims=(),
        provider_adjustments=(
            ProviderAdjustment(provider="1098765435", reason="FB", reference=None, amount=Decimal(0)),
        ),
    )
    written = to_json(remittance)
    assert written["payment_amount"] == "-3.10"
    assert written["provider_adjustments"][0]["amount"] == "0.00"
    assert from_json(Remittance, written) == remittance


def test_enums_are_written_as_their_value():
    finding = Finding(code="X", severity=Severity.ERROR, message="m", line=3)
    assert to_json(finding)["severity"] == "error"
    assert from_json(Finding, to_json(finding)) == finding


def test_a_record_with_something_else_in_it_is_refused():
    with pytest.raises(TypeError, match="charge"):
        to_json(replace(CLAIM, charge=1.5))  # type: ignore[arg-type]


def test_a_claim_stored_before_the_record_was_widened_is_read():
    """What was left out then is absent now; residue of then keeps its place."""
    old = {
        "patient_control_number": "A-1",
        "charge": "125.50",
        "billing_provider": {"name": "ELM CLINIC", "references": [{"qualifier": "0B", "id": "L1"}]},
        "subscriber": {"last_name": "ROE", "member_id": "M1"},
        "payer": {"name": "PLAN", "id": "60054"},
        "service_lines": [
            {"procedure": "J1100", "charge": "125.50", "units": "1", "drug": {"ndc": "00026063512"}}
        ],
        "residue": [
            {"loop": "2320", "segments": ["SBR*S*18", "OI***Y***Y", "NM1*IL*1*ROE"]},
            {"loop": "2430", "segments": ["SVD*P*0*HC:J1100**1"], "service_line": 1},
        ],
    }
    claim = claim_from_json(old)
    assert claim.subscriber.member_id_type == "MI"
    assert (claim.other_payers, claim.service_lines[0].forms, claim.ambulance) == ((), (), None)
    assert claim.service_lines[0].drug.id_type == "N4"
    assert [(kept.service_line, kept.occurrence) for kept in claim.residue] == [(None, None), (1, None)]
    assert claim_from_json(compact(claim)) == claim


def test_every_part_of_a_claim_comes_back():
    from tests.golden.every_field import everything

    whole = everything()
    for write in (to_json, compact):
        assert claim_from_json(json.loads(json.dumps(write(whole)))) == whole
