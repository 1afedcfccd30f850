"""A reversal put the number of what it took back in the place of the number of the answer that stands.

A replacement or void of the claim then named, in REF*F8, an answer that the payer itself had taken back.
"""

from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.store import submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

REST = clp("PCN9", 500, 500, control="ICN9")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(store, settings, archive, tmp_path)
    made.claim("PCN9", 500)
    return made


def told_number(desk: Desk, claim: str) -> str | None:
    with desk.store.read() as tx:
        return submissions.told_number(tx, claim, "60054")


@pytest.mark.parametrize(("gone", "left"), [("A", "B"), ("B", "A")])
def test_the_part_that_stands_gives_the_number(desk: Desk, gone: str, left: str):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 60, 60, control="A"), clp("PCN1", 40, 40, control="B")))
    assert told_number(desk, claim) == "B"
    amount = {"A": -60, "B": -40}[gone]
    back = clp("PCN1", amount, amount, control=gone, status="22")
    assert desk.post(remittance(back, REST, trace_number="T2")).claims == {"posted": 2}
    assert told_number(desk, claim) == left


@pytest.mark.parametrize("reversal_first", [True, False])
def test_the_correction_gives_the_number_wherever_it_stands(desk: Desk, *, reversal_first: bool):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 40"), trace_number="T1"))
    back = clp("PCN1", -100, -60, "CO-45 -40", status="22")
    instead = clp("PCN1", 100, 80, "CO-45 20", control="ICN2")
    both = [back, instead] if reversal_first else [instead, back]
    desk.post(remittance(*both, REST, trace_number="T2"))
    desk.place_waiting()
    assert desk.account(claim)["paid"] == 80
    assert told_number(desk, claim) == "ICN2"


def test_what_was_taken_back_and_not_answered_anew_keeps_its_number(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 40"), trace_number="T1"))
    back = clp("PCN1", -100, -60, "CO-45 -40", status="22")
    desk.post(remittance(back, REST, trace_number="T2"))
    assert told_number(desk, claim) == "ICN1"
