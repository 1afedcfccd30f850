"""What is open on a claim that was registered or matched after its answer was read: its first submission is no second try."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.responses import denials
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import claim_payments, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_version
from tests.desk import DAY, Desk, clp, remittance

WHO = {"patient_last_name": "ROE", "member_id": "MBR000111", "statement_from": DAY}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk where a denial waits in suspense for its claim."""
    desk = Desk(store, settings, archive, tmp_path)
    desk.post(remittance(clp("PCN1", 100, 0, "CO-50 100", status="4", **WHO), handling="H"))
    store.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    return desk


def listed(desk: Desk) -> list[str]:
    """Return the claims among the denials."""
    with desk.store.read() as tx:
        return [one.claim for one in denials.denials(tx, desk.site.settings, Wanted())]


@pytest.mark.parametrize("by_hand", [False, True], ids=["by itself", "by hand"])
def test_it_stands_among_the_denials_and_in_the_queue(desk: Desk, clock: MovableClock, by_hand: bool) -> None:
    claim = desk.claim("PCN1", 100)
    if by_hand:
        with desk.store.read() as tx:
            (waiting,) = claim_payments.in_suspense(tx)
        desk.match(waiting.id, claim)
    else:
        assert desk.place_waiting() == 1
    assert listed(desk) == [claim]
    clock.advance(timedelta(days=30))
    with desk.store.read() as tx:
        found = queue.items(tx, desk.site.settings, clock.now())
    assert queue.DENIED in {one.kind for one in found}


def test_it_leaves_the_list_when_the_claim_goes_to_the_payer_again(desk: Desk, clock: MovableClock) -> None:
    claim = desk.claim("PCN1", 100)
    desk.place_waiting()
    clock.advance(timedelta(days=1))
    with desk.store.read() as tx:
        version = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalar_one()
    desk.submit(claim, version, frequency="7")
    assert listed(desk) == []


def test_what_a_part_of_it_left_open_is_listed_too(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, settings, archive, tmp_path)
    desk.post(remittance(clp("PCN1", 60, 40, "CO-45 20", **WHO)))
    store.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    claim = desk.claim("PCN1", 100)
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert listed(desk) == [claim]


def test_what_was_taken_back_before_it_was_known_is_listed_too(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, settings, archive, tmp_path)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 40", **WHO), trace_number="T1"))
    back = clp("PCN1", -100, -60, "CO-45 -40", status="22", **WHO)
    desk.post(remittance(back, clp("NOBODY", 60, 60, control="Z"), trace_number="T2"))
    store.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    claim = desk.claim("PCN1", 100)
    assert desk.place_waiting() == 2
    assert listed(desk) == [claim]
