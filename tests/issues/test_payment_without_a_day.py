"""A remittance that did not say when it was paid (BPR16) was posted, and nobody was ever told that its money had not come."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.model.deposit import TRN, PaymentName
from gateway.responses import deposits as office
from gateway.settings import Settings
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def queued(desk: Desk, kind: str) -> list[queue.QueueItem]:
    with desk.store.read() as tx:
        found = queue.items(tx, desk.site.settings, desk.store.clock.now())
    return [one for one in found if one.kind == kind and one.id[0] in "DM"]


def deposit(desk: Desk, amount: int, number: str, day: date) -> str:
    names = [PaymentName(kind=TRN, number=number, originator="1512345678")]
    return office.add_deposit(desk.site, day=day, amount=money(amount), names=names, actor="pat")[0]


def test_its_money_is_asked_for_from_the_day_of_posting(desk: Desk, clock: MovableClock):
    today = clock.now().date()
    deposit(desk, 5, "ANOTHER", today - timedelta(days=10))
    desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 100), payment_date=None))
    assert posted.state == "posted"
    assert [one.id for one in queued(desk, queue.SILENT) if one.id[0] == "M"] == []
    clock.advance(timedelta(days=21))
    (item,) = [one for one in queued(desk, queue.SILENT) if one.id[0] == "M"]
    assert (item.id, item.amount) == (posted.remittance_id, 100)
    assert "no-deposit" in item.why


def test_a_deposit_that_names_it_is_a_persons_to_match(desk: Desk, clock: MovableClock):
    desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 100), payment_date=None))
    one = deposit(desk, 100, "EFT0009876", clock.now().date())
    (item,) = queued(desk, queue.UNMATCHED)
    assert item.id == one
    assert "does not say when it was paid" in item.why
    assert item.command.startswith(f"gateway deposit match {one} {posted.remittance_id}")
