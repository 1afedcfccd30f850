"""A payer that writes one number for everybody: a match that a person made of it is not taken for the next patient's money."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance

ROE = {"patient_last_name": "ROE", "patient_first_name": "RICHARD", "member_id": "MBR000111"}
DAY = {"statement_from": date(2024, 1, 10)}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk on which a denial under the number UNKNOWN was matched to Richard Roe's claim."""
    desk = Desk(store, settings, archive, tmp_path)
    claim = desk.claim("ROE1", 100)
    denied = clp("UNKNOWN", 100, 0, "CO-50 100", status="4", control="ICN1", patient_last_name="ROE")
    posted = desk.post(remittance(denied, trace_number="T1", handling="H"))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.of_remittance(tx, posted.remittance_id)
    desk.match(waiting, claim)
    return desk


@pytest.mark.parametrize(
    ("who", "claims"),
    [
        ({**ROE, **DAY}, {"posted": 1}),
        ({**ROE, **DAY, "patient_last_name": "POE", "member_id": "MBR999"}, {"suspense": 1}),
        ({**ROE, **DAY, "member_id": "MBR999"}, {"suspense": 1}),
        ({**DAY, "patient_last_name": "POE"}, {"suspense": 1}),
        ({}, {"suspense": 1}),
    ],
)
def test_the_rest_must_say_that_it_is_this_claim(
    desk: Desk, who: dict[str, Any], claims: dict[str, int]
) -> None:
    paid = clp("UNKNOWN", 100, 60, "CO-45 40", control="ICN2", **who)
    assert desk.post(remittance(paid, trace_number="T2")).claims == claims
    parked = money(60) if "suspense" in claims else money(0)
    assert desk.totals()["suspense"] == parked
