"""A check that is never cashed, or a cent that the bank kept, stood in the queue for ever: no command took it out."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.model.deposit import TRN, PaymentName
from gateway.responses import deposits as office
from gateway.responses import release
from gateway.settings import Settings
from gateway.store import open_money, queue, views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def overdue(desk: Desk) -> list[queue.QueueItem]:
    """Return what the queue says of remittances."""
    with desk.store.read() as tx:
        found = queue.items(tx, desk.site.settings, desk.store.clock.now())
    return [one for one in found if one.id.startswith("M-")]


def deposit(desk: Desk, amount: str, number: str, day: date) -> str:
    """Enter a deposit that names a transfer."""
    names = [PaymentName(kind=TRN, number=number, originator="1512345678")]
    return office.add_deposit(desk.site, day=day, amount=money(amount), names=names, actor="pat")[0]


def test_a_cent_that_the_bank_kept_leaves_the_queue_and_stays_open(desk: Desk, clock: MovableClock) -> None:
    today = clock.now().date()
    desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 100), payment_date=today)).remittance_id
    short = deposit(desk, "99.99", "EFT0009876", today)
    office.match_deposit(desk.site, short, posted, actor="pat")
    clock.advance(timedelta(days=30))
    (item,) = overdue(desk)
    assert (item.id, item.amount) == (posted, money("0.01"))
    assert item.command.endswith(f"; or if no more of it comes: gateway release {posted} --reason TEXT")
    before = desk.totals()
    assert release.close_remittance(desk.site, posted, reason="the bank's fee", actor="pat")
    assert overdue(desk) == []
    assert desk.totals() == before
    with desk.store.read() as tx:
        (still,) = open_money.waiting_remittances(tx, desk.site.settings, clock.now())
        assert [one["reason"] for one in views.show(tx, posted)["notes"]] == ["the bank's fee"]
    assert (still.remittance.open, still.due, still.is_closed) == (money("0.01"), False, True)
    with pytest.raises(Refused, match="does not wait for a person"):
        release.close_remittance(desk.site, posted, reason="again", actor="pat")


def test_money_that_comes_after_all_is_matched(desk: Desk, clock: MovableClock) -> None:
    today = clock.now().date()
    desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 100), payment_date=today)).remittance_id
    deposit(desk, "1.00", "ANOTHER", today)
    clock.advance(timedelta(days=30))
    assert release.close_remittance(desk.site, posted, reason="stale check", actor="pat")
    deposit(desk, "100.00", "EFT0009876", today)
    with desk.store.read() as tx:
        assert open_money.waiting_remittances(tx, desk.site.settings, clock.now()) == []


def test_one_whose_money_is_not_overdue_waits_for_nobody(desk: Desk, clock: MovableClock) -> None:
    desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 100), payment_date=clock.now().date())).remittance_id
    with pytest.raises(Refused, match="does not wait for a person; it is posted"):
        release.close_remittance(desk.site, posted, reason="another one was meant", actor="pat")
