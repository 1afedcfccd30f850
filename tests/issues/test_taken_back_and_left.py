"""A payer that takes a payment back and pays nothing in its place: the claim is open again, and it must stand somewhere."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.responses.denials import Wanted, close, denials
from gateway.settings import Settings
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

PAID = clp("PCN1", 150, 100, "CO-45 30, PR-2 20", control="ICN1")
BACK = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", control="ICN1", status="22")
AGAIN = clp("PCN1", 150, 60, "CO-45 50, PR-2 40", control="ICN1A")
OTHER = clp("PCN9", 500, 500, control="ICN9")


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(any_store, settings, archive, tmp_path)
    made.claim("PCN9", 500, member="MBR9")
    return made


def left(desk: Desk) -> list[tuple[str, str, Decimal]]:
    with desk.store.read() as tx:
        return [(one.class_, one.claim, one.amount) for one in denials(tx, desk.site.settings, Wanted())]


def test_a_void_stands_among_what_is_left_open(desk: Desk, clock: MovableClock):
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    assert left(desk) == [("reversal", claim, Decimal(150))]
    clock.advance(timedelta(days=desk.site.settings.follow_up.denial_days + 1))
    with desk.store.read() as tx:
        (item,) = queue.items(tx, desk.site.settings, clock.now())
    assert item.kind == "denied"


@pytest.mark.parametrize("together", [True, False])
def test_a_correction_takes_it_off(desk: Desk, together: bool):
    desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    if together:
        desk.post(remittance(BACK, AGAIN, OTHER, trace_number="T2"))
    else:
        desk.post(remittance(BACK, OTHER, trace_number="T2"))
        desk.post(remittance(AGAIN, trace_number="T3"))
    assert left(desk) == []


def test_taken_back_twice_stands_there_once(desk: Desk):
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    desk.post(remittance(AGAIN, trace_number="T3"))
    once_more = clp("PCN1", -150, -60, "CO-45 -50, PR-2 -40", control="ICN1A", status="22")
    more = clp("PCN9", -500, -500, control="ICN9", status="22")
    desk.post(remittance(once_more, more, clp("X", 900, 900, control="X"), trace_number="T4"))
    found = sorted(left(desk), key=lambda row: row[2])
    assert found[0] == ("reversal", claim, Decimal(150))
    assert [(class_, amount) for class_, _, amount in found[1:]] == [("reversal", Decimal(500))]


def test_a_part_of_a_split_claim_that_is_taken_back(desk: Desk):
    claim = desk.claim("PCN1", 150)
    first, second = clp("PCN1", 100, 80, "CO-45 20", control="A"), clp("PCN1", 50, 50, control="B")
    desk.post(remittance(first, second, trace_number="T1"))
    desk.post(remittance(clp("PCN1", -50, -50, control="B", status="22"), OTHER, trace_number="T2"))
    assert left(desk) == [("reversal", claim, Decimal(50))]


def test_a_person_takes_it_off_and_no_money_moves(desk: Desk):
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    with desk.store.read() as tx:
        (one,) = denials(tx, desk.site.settings, Wanted())
    close(desk.site, one.claim_payment, reason="billed the other payer", actor="pat")
    assert left(desk) == []
    assert desk.account(claim)["open"] == Decimal(150)
