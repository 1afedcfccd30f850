"""A number, a charge and a day that agree by chance: the payment of another patient, or of another clinic in the house."""

from pathlib import Path
from typing import Any

import pytest

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, findings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import DAY, Desk, clp, money, remittance
from tests.sites import settings_of

HOUSE = [
    {"name": "ROE CLINIC", "npi": "1098765435", "tax_id": "123456789"},
    {"name": "ROE LAB", "npi": "1333111221", "tax_id": "123456789"},
    {"name": "POE CLINIC", "npi": "1555123458", "tax_id": "987654321"},
]
ROE = {
    "patient_last_name": "ROE",
    "patient_first_name": "RICHARD",
    "member_id": "MBR000111",
    "statement_from": DAY,
}
POE_CLINIC = Party(name="POE CLINIC", id_type="XX", id="1555123458")


@pytest.fixture
def settings() -> Settings:
    """Return settings of a house with two clinics, one of which has a laboratory."""
    return settings_of(billing_entity=HOUSE)


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


@pytest.mark.parametrize(
    ("who", "state"),
    [
        ({"patient_last_name": "POE", "member_id": "MBR9"}, "suspense"),
        ({"patient_last_name": "POE", "member_id": "MBR000111"}, "posted"),
        ({"patient_last_name": "ROE", "member_id": "MBR9"}, "posted"),
        ({"patient_last_name": "ROE"}, "posted"),
    ],
)
def test_another_patient_is_told_by_name_and_member_id(desk: Desk, who: dict[str, Any], state: str) -> None:
    claim = desk.claim("1001", 100)
    answer = clp("1001", 100, 60, "CO-45 40", statement_from=DAY, **who)
    assert desk.post(remittance(answer)).claims == {state: 1}
    assert desk.account(claim)["paid"] == money(60 if state == "posted" else 0)


@pytest.mark.parametrize(
    ("payee", "who", "state"),
    [
        (POE_CLINIC, {"statement_from": DAY}, "suspense"),
        (POE_CLINIC, {}, "suspense"),
        (POE_CLINIC, {**ROE, "member_id": None}, "posted"),
        (Party(name="ROE LAB", id_type="XX", id="1333111221"), {}, "posted"),
        (Party(name="ROE CLINIC", id_type="FI", id="12-3456789"), {}, "posted"),
        (
            Party(
                name="?",
                id_type="XX",
                id="1444987659",
                references=(RemittanceReference(qualifier="TJ", id="123456789"),),
            ),
            {},
            "posted",
        ),
    ],
)
def test_another_clinic_of_the_house_is_told_by_the_payee(
    desk: Desk, payee: Party, who: dict[str, Any], state: str
) -> None:
    claim = desk.claim("1001", 100)
    posted = desk.post(remittance(clp("1001", 100, 60, "CO-45 40", **who), payee=payee))
    assert posted.claims == {state: 1}
    assert desk.account(claim)["paid"] == money(60 if state == "posted" else 0)
    if state == "suspense":
        with desk.store.read() as tx:
            said = [f.message for f in findings.of(tx, posted.remittance_id) if f.code == "ERA-SUSPENSE"]
        assert "another of your billing entities" in said[0]


def test_of_two_claims_with_one_number_the_payee_tells_which(desk: Desk) -> None:
    ours = desk.claim("1001", 100)
    theirs = desk.claim("1001", 100, npi="1555123458", member="MBR2", name=("POE", "PETER"))
    assert desk.post(remittance(clp("1001", 100, 60, "CO-45 40"), payee=POE_CLINIC)).claims == {"posted": 1}
    assert desk.account(theirs)["paid"] == money(60)
    assert desk.account(ours)["paid"] == money(0)


def test_what_came_too_early_is_not_placed_on_another_clinics_claim_later(desk: Desk) -> None:
    desk.post(
        remittance(clp("1001", 100, 60, "CO-45 40", statement_from=DAY, member_id="MBR9"), payee=POE_CLINIC)
    )
    claim = desk.claim("1001", 100)
    assert desk.place_waiting() == 0
    assert desk.account(claim)["paid"] == money(0)
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert desk.account(claim)["paid"] == money(60)
