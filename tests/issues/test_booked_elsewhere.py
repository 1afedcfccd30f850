"""Money in suspense that another system booked had no way out of the queue but to a claim that was never ours."""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.responses import proposals, release
from gateway.settings import Settings
from gateway.store import claim_payments, ledger, queue, views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import DAY, Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


@pytest.fixture
def stray(desk: Desk) -> str:
    """Return a payment for a claim of the system before."""
    said = clp("OLD1", 40, 30, "CO-45 10", member_id="MBR000111", statement_from=DAY)
    with_payment = desk.post(remittance(said))
    with desk.store.read() as tx:
        (one,) = claim_payments.of_remittance(tx, with_payment.remittance_id)
    return one


def queued(desk: Desk) -> list[queue.QueueItem]:
    with desk.store.read() as tx:
        items = queue.items(tx, desk.site.settings, desk.store.clock.now())
        return proposals.in_queue(tx, desk.site.settings, items)


def test_the_queue_says_how_much_why_and_both_ways_out(desk: Desk, stray: str):
    (item,) = queued(desk)
    assert (item.id, item.amount) == (stray, money(30))
    assert "no claim of ours has this number" in item.why
    assert item.command == (
        f"once you know whose it is: gateway match {stray} C-ID; "
        f"or if it is booked elsewhere: gateway release {stray} --reason TEXT"
    )


def test_booked_elsewhere_it_leaves_the_queue_and_its_money_stays(desk: Desk, stray: str):
    assert release.close_payment(desk.site, stray, reason="booked in the system before", actor="pat")
    assert queued(desk) == []
    desk.check()
    assert desk.totals()["suspense"] == money(30)
    with desk.store.read() as tx:
        (event,) = views.events(tx, kind="elsewhere")
        (note,) = views.show(tx, stray)["notes"]
    assert (event["actor"], event["subject"], event["facts"]["reason"]) == (
        "pat",
        stray,
        "booked in the system before",
    )
    assert (note["kind"], note["by"]) == ("elsewhere", "pat")
    with pytest.raises(Refused, match="does not wait any more"):
        release.close_payment(desk.site, stray, reason="again", actor="pat")


def test_another_payment_waits_as_before(desk: Desk, stray: str):
    """One note took every payment in suspense out of the queue."""
    desk.post(
        remittance(
            clp("OLD2", 25, 20, "CO-45 5", control="ICN2", member_id="MBR000111", statement_from=DAY),
            trace_number="EFT2",
        )
    )
    release.close_payment(desk.site, stray, reason="booked in the system before", actor="pat")
    (item,) = queued(desk)
    assert (item.id != stray, item.amount) == (True, money(20))
    claim = desk.claim("OLD2", 25)
    assert desk.place_waiting() == 1
    assert desk.account(claim)["paid"] == money(20)


def test_it_moves_by_itself_no_more_and_a_person_may_still_match_it(desk: Desk, stray: str):
    release.close_payment(desk.site, stray, reason="booked in the system before", actor="pat")
    claim = desk.claim("OLD1", 40)
    assert desk.place_waiting() == 0
    desk.match(stray, claim)
    assert desk.account(claim)["paid"] == money(30)
    assert desk.totals()["suspense"] == money(0)


def test_taken_off_its_claim_again_it_waits_for_a_person(desk: Desk, stray: str):
    release.close_payment(desk.site, stray, reason="booked in the system before", actor="pat")
    desk.match(stray, desk.claim("OLD1", 40))
    desk.unmatch(stray)
    assert [item.id for item in queued(desk)] == [stray]


def test_without_it_the_payment_moves_as_before(desk: Desk, stray: str):
    claim = desk.claim("OLD1", 40)
    assert desk.place_waiting() == 1
    assert desk.account(claim)["paid"] == money(30)
    with desk.store.read() as tx:
        ledger.check_books(tx)
