"""What waits for an answer after a claim was registered late: its first submission is not a second one to anybody."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.responses import denials
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import crossovers
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import DAY, Desk, clp, remittance

WHO = {"patient_last_name": "ROE", "member_id": "MBR000111", "statement_from": DAY}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def later(desk: Desk) -> None:
    desk.store.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]


def test_the_next_payer_is_waited_for(desk: Desk) -> None:
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 30, PR-2 10", status="19", **WHO)))
    later(desk)
    claim = desk.claim("PCN1", 100)
    assert desk.place_waiting() == 1
    with desk.store.read() as tx:
        assert [one.claim for one in crossovers.waiting(tx)] == [claim]


def test_what_was_taken_back_is_listed(desk: Desk) -> None:
    desk.post(remittance(clp("PCN1", 100, 70, "CO-45 30", **WHO)))
    back = clp("PCN1", -100, -70, "CO-45 -30", status="22", **WHO)
    desk.post(remittance(back, clp("PCN2", 90, 90, control="ICN2"), trace_number="T2"))
    later(desk)
    claim = desk.claim("PCN1", 100)
    assert desk.place_waiting() == 2
    with desk.store.read() as tx:
        found = list(denials.denials(tx, desk.site.settings, Wanted()))
    assert [(one.claim, one.class_) for one in found] == [(claim, "reversal")]
