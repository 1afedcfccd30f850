"""A reversal was taken off a claim while the correction beside it stood: what it had undone stood again, and all was paid twice."""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def test_the_correction_comes_off_before_the_reversal_that_makes_room_for_it(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 70, "CO-45 30"), trace_number="T1"))
    reversal = clp("PCN1", -100, -70, "CO-45 -30", status="22")
    posted = desk.post(remittance(reversal, clp("PCN1", 100, 80, "CO-45 20"), trace_number="T2"))
    with desk.store.read() as tx:
        back, instead = claim_payments.of_remittance(tx, posted.remittance_id)
    stood = desk.account(claim)
    with pytest.raises(Refused, match=f"{instead} was posted .* after {back} .*: gateway unmatch {instead} "):
        desk.unmatch(back)
    assert desk.account(claim) == stood
    desk.unmatch(instead)
    desk.unmatch(back)
    assert [desk.account(claim)[n] for n in ("paid", "adjusted", "open")] == [70, 30, 0]
    desk.match(back, claim)
    desk.match(instead, claim)
    assert desk.account(claim) == stood


def test_a_reversal_that_nothing_followed_comes_off(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 70, "CO-45 30"), trace_number="T1"))
    reversal = clp("PCN1", -100, -70, "CO-45 -30", status="22")
    posted = desk.post(remittance(reversal, clp("ALIEN", 90, 90, control="X"), trace_number="T2"))
    with desk.store.read() as tx:
        back = claim_payments.of_remittance(tx, posted.remittance_id)[0]
    desk.unmatch(back)
    assert desk.account(claim)["paid"] == 70
