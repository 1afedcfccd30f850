"""A claim that a payer sent on itself (4.15): ours is not sent, and when nobody speaks of it any more, somebody is told."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.model.remittance import Party, RemittanceReference
from gateway.responses.release import close_payment
from gateway.settings import Settings
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

ON = clp("PCN1", 100, 80, "PR-2 20", status="19")
SECOND = Party(name="POE MUTUAL", references=(RemittanceReference(qualifier="2U", id="77001"),))
THEIRS = {"originator": "1998877665", "trace_number": "SEC1", "payer": SECOND}


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(any_store, settings, archive, tmp_path)
    made.claim("PCN1", 100)
    made.post(remittance(ON, trace_number="T1"))
    return made


def silent(desk: Desk) -> list[queue.QueueItem]:
    with desk.store.read() as tx:
        return [i for i in queue.items(tx, desk.site.settings, desk.store.clock.now()) if i.kind == "silent"]


def test_thirty_days_are_none_too_many(desk: Desk, clock: MovableClock):
    clock.advance(timedelta(days=30) - timedelta(minutes=5))
    assert silent(desk) == []
    clock.advance(timedelta(minutes=10))
    (item,) = silent(desk)
    assert "no remittance of that one came within 30 days" in item.why
    assert item.command.endswith(f"gateway release {item.id} --reason TEXT")


def test_the_next_payers_answer_ends_it(desk: Desk, clock: MovableClock):
    desk.post(remittance(clp("PCN1", 100, 15, "OA-23 80, PR-3 5", status="2", control="S1"), **THEIRS))
    clock.advance(timedelta(days=31))
    assert silent(desk) == []


def test_a_reversal_ends_it(desk: Desk, clock: MovableClock):
    desk.post(
        remittance(
            clp("PCN1", -100, -80, "PR-2 -20", status="22"), clp("X", 90, 90, control="X"), trace_number="T2"
        )
    )
    clock.advance(timedelta(days=31))
    assert silent(desk) == []


def test_nobody_waits_for_a_claim_that_is_paid_in_full(desk: Desk, clock: MovableClock):
    desk.claim("PCN2", 50, member="MBR2")
    desk.post(remittance(clp("PCN2", 50, 50, status="19", control="ICN2"), trace_number="T2"))
    clock.advance(timedelta(days=31))
    assert len(silent(desk)) == 1


def test_a_person_ends_it_once(desk: Desk, clock: MovableClock):
    clock.advance(timedelta(days=31))
    (item,) = silent(desk)
    close_payment(desk.site, item.id, reason="billed the patient", actor="pat")
    assert silent(desk) == []
    with pytest.raises(Refused):
        close_payment(desk.site, item.id, reason="again", actor="pat")
