"""By hand in any order: what only its money could move of is refused while that which it counts on waits too, by its command.

A first payer's answer that was matched while a second payer's take-back waited, or a second payer's before the first one's,
lost its write-off and the patient's share; and a first payer's answer was taken off from under a second one's.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.model.remittance import Party, Remittance, RemittanceClaim
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

STRANGER = clp("ALIEN", 500, 500, control="X")
FIRST = clp("QQ", 200, 100, "CO-45 40, PR-2 60", status="19", control="I")
SECOND = clp("QQ", 200, 35, "OA-23 140, CO-45 15, PR-3 10", status="2", control="Z")
BACK = clp("QQ", -200, -35, "OA-23 -140, CO-45 -15, PR-3 -10", status="22", control="Z")
INSTEAD = clp("QQ", 200, 20, "OA-23 140, CO-45 30, PR-3 10", status="2", control="ZN")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def second(*answers: RemittanceClaim, trace: str) -> Remittance:
    """Return a remittance of a payer that the claim was sent on to."""
    return remittance(*answers, payer=Party(name="SECOND PLAN"), originator="1999999999", trace_number=trace)


def waiting(desk: Desk) -> dict[str, str]:
    """Return what waits of the claim, by what is paid."""
    with desk.store.read() as tx:
        return {str(p.paid): p.id for p in claim_payments.in_suspense(tx) if p.charge != STRANGER.charge}


def account(desk: Desk, claim: str) -> list[int]:
    books = desk.account(claim)
    return [int(books[name]) for name in ("paid", "adjusted", "patient", "open")]


def test_a_second_payers_answer_is_matched_after_the_first_ones(desk: Desk):
    claim = desk.claim("PCN1", 200)
    desk.post(second(SECOND, trace="S1"))
    desk.post(remittance(FIRST, trace_number="T1"))
    ids = waiting(desk)
    with pytest.raises(
        Refused, match=f"counts on {ids['100.00']}, .*: gateway match {ids['100.00']} {claim}"
    ):
        desk.match(ids["35.00"], claim)
    desk.match(ids["100.00"], claim)
    desk.match(ids["35.00"], claim)
    assert account(desk, claim) == [135, 55, 10, 0]


def test_of_a_chain_the_first_one_is_named(desk: Desk):
    """The correction counts on its reversal, that on what it takes back, and that on the first payer's answer."""
    claim = desk.claim("PCN1", 200)
    desk.post(second(BACK, INSTEAD, STRANGER, trace="S2"))
    desk.post(second(SECOND, trace="S1"))
    desk.post(remittance(FIRST, trace_number="T1"))
    ids = waiting(desk)
    for one in ("20.00", "-35.00", "35.00"):
        with pytest.raises(Refused, match=f": gateway match {ids['100.00']} {claim}"):
            desk.match(ids[one], claim)
    for one in ("100.00", "35.00", "-35.00", "20.00"):
        desk.match(ids[one], claim)
    assert account(desk, claim) == [120, 70, 10, 0]


def test_a_first_payers_answer_waits_for_the_second_ones_take_back(desk: Desk):
    claim = desk.claim("PCN1", 200)
    desk.post(second(SECOND, trace="S1"))
    # Nothing else is known yet, so a person has its money moved, and no more. What comes then is under another number.
    desk.match(waiting(desk)["35.00"], claim)
    back, instead, first = (replace(one, patient_control_number="RR") for one in (BACK, INSTEAD, FIRST))
    desk.post(second(back, instead, STRANGER, trace="S2"))
    desk.post(remittance(first, trace_number="T1"))
    ids = waiting(desk)
    for one in ("100.00", "20.00"):
        with pytest.raises(Refused, match=f": gateway match {ids['-35.00']} {claim}"):
            desk.match(ids[one], claim)
    for one in ("-35.00", "100.00", "20.00"):
        desk.match(ids[one], claim)
    assert account(desk, claim) == [120, 70, 10, 0]


def test_what_is_for_another_claim_holds_nothing_up(desk: Desk):
    """Nothing that waits would help: the money moves, and the rest is for a person."""
    claim, other = desk.claim("PCN1", 200), desk.claim("PCN2", 90)
    desk.post(second(SECOND, trace="S1"))
    desk.post(remittance(clp("QQ", 900, 80, "CO-45 820", control="I9"), trace_number="T1"))
    desk.match(waiting(desk)["35.00"], claim)
    assert account(desk, claim) == [35, 0, 0, 165]
    assert account(desk, other) == [0, 0, 0, 90]


def test_a_first_payers_answer_stays_under_a_second_one_that_was_reversed(desk: Desk):
    """The second one's would stand again, on nothing, once its reversal is taken off: so it is taken off first."""
    claim = desk.claim("QQ", 200)
    desk.post(remittance(FIRST, trace_number="T1"))
    desk.post(second(SECOND, trace="S1"))
    desk.post(second(BACK, INSTEAD, STRANGER, trace="S2"))
    whole = account(desk, claim)
    assert whole == [120, 70, 10, 0]
    with desk.store.read() as tx:
        ids = {str(p.paid): p.id for p in claim_payments.posted(tx, [claim])[claim]}
    desk.unmatch(ids["20.00"])
    with pytest.raises(Refused, match=f"{ids['35.00']} was posted .*: gateway unmatch {ids['35.00']}"):
        desk.unmatch(ids["100.00"])
    with pytest.raises(Refused, match=f"gateway unmatch {ids['-35.00']}"):
        desk.unmatch(ids["35.00"])
    for one in ("-35.00", "35.00", "100.00"):
        desk.unmatch(ids[one])
    for one in ("100.00", "35.00", "-35.00", "20.00"):
        desk.match(ids[one], claim)
    assert account(desk, claim) == whole
