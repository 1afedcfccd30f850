"""A deposit entered under a wrong year and withdrawn: from then on the money of every old remittance was asked for."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.model.deposit import TRN, PaymentName
from gateway.responses import deposits as office
from gateway.settings import Settings
from gateway.store import open_money
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def overdue(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        found = open_money.waiting_remittances(tx, desk.site.settings, tx.now())
    return [one.remittance.id for one in found if one.due]


def enter(desk: Desk, day: date) -> str:
    names = [PaymentName(kind=TRN, number="ANOTHER", originator="1512345678")]
    return office.add_deposit(desk.site, day=day, amount=money(5), names=names, actor="pat")[0]


def test_what_was_withdrawn_does_not_say_since_when_the_bank_is_looked_at(desk: Desk, clock: MovableClock):
    desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 100), payment_date=date(2024, 1, 26)))
    clock.advance(timedelta(days=60))
    mistyped = enter(desk, date(2014, 3, 25))
    assert overdue(desk) == [posted.remittance_id]
    office.withdraw(desk.site, mistyped, reason="the wrong year", actor="pat")
    assert overdue(desk) == []
    enter(desk, date(2024, 1, 25))
    assert overdue(desk) == [posted.remittance_id]
