"""A payer makes a remittance anew and dates it anew: the same money, told twice, is posted once."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, plb, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def test_a_payment_with_another_date_is_held(desk: Desk):
    desk.claim("PCN1", 100)
    first = remittance(clp("PCN1", 100, 100), plbs=[plb("WO", -5, "ICN9")])
    posted = desk.post(first)
    again = desk.post(replace(first, payment_date=date(2024, 1, 29)))
    assert (again.state, again.reason) == ("quarantined", f"ERA-DUP {posted.remittance_id}")
    assert desk.totals()["received"] == money(105)


@pytest.mark.parametrize(
    "change",
    [{"trace_number": "T2"}, {"payment_amount": money(90), "provider_adjustments": (plb("WO", 10),)}],
)
def test_another_trace_number_or_amount_is_another_payment(desk: Desk, change: dict[str, object]):
    desk.claim("PCN1", 100)
    first = remittance(clp("PCN1", 100, 100))
    desk.post(first)
    assert desk.post(replace(first, **change)).state == "posted"


def test_notices_without_money_may_share_a_trace_number(desk: Desk):
    desk.claim("PCN1", 100)
    notice = remittance(clp("PCN1", 100, 0, "CO-50 100"), trace_number="NOPAY", handling="H")
    desk.post(notice)
    assert desk.post(replace(notice, payment_date=date(2024, 1, 29))).state == "posted"
