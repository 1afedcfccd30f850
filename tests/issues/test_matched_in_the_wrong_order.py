"""What a person matched before what it counts on moved its money and nothing else: write-off and patient share were lost.

A payment, its reversal and its correction waited in suspense under a number that nobody knew.
"""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance

PAID = clp("QQ", 150, 100, "CO-45 30, PR-2 20", control="I1")
BACK = clp("QQ", -150, -100, "CO-45 -30, PR-2 -20", control="I1", status="22")
INSTEAD = clp("QQ", 150, 60, "CO-45 50, PR-2 40", control="I2")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def waiting(desk: Desk) -> dict[str, str]:
    with desk.store.read() as tx:
        return {p.status_code + str(p.paid): p.id for p in claim_payments.in_suspense(tx)}


def told(desk: Desk) -> tuple[str, str, str]:
    """Let all three come; return what was paid, its reversal, and what stands in its place."""
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, INSTEAD, clp("ALIEN", 500, 500, control="X"), trace_number="T2"))
    found = waiting(desk)
    return found["1100.00"], found["22-100.00"], found["160.00"]


def test_a_reversal_waits_for_what_it_takes_back(desk: Desk):
    claim = desk.claim("PCN1", 150)
    paid, back, instead = told(desk)
    with pytest.raises(Refused, match=f"takes back {paid}, .*: gateway match {paid} {claim}"):
        desk.match(back, claim)
    desk.match(paid, claim)
    with pytest.raises(Refused, match=f"stands in the place of what {back} .*: gateway match {back} {claim}"):
        desk.match(instead, claim)
    desk.match(back, claim)
    desk.match(instead, claim)
    account = desk.account(claim)
    assert [account[n] for n in ("paid", "adjusted", "patient", "open")] == [60, 50, 40, 0]


def test_a_correction_that_came_first_leaves_one_thing_to_do(desk: Desk):
    """The payment it corrects waits for a person, for it could be another; then the reversal moves by itself."""
    claim = desk.claim("PCN1", 150)
    named = {"patient_last_name": "ROE"}
    desk.post(remittance(clp("PCN1", 150, 60, "CO-45 50, PR-2 40", control="I2", **named), trace_number="T1"))
    extra = clp("ALIEN", 500, 500, control="X")
    back = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", control="I1", status="22", **named)
    desk.post(remittance(back, extra, trace_number="T2"))
    desk.post(
        remittance(clp("PCN1", 150, 100, "CO-45 30, PR-2 20", control="I1", **named), trace_number="T3")
    )
    assert desk.place_waiting() == 0
    desk.match(waiting(desk)["1100.00"], claim)
    assert desk.place_waiting() == 1
    account = desk.account(claim)
    assert [account[n] for n in ("paid", "adjusted", "patient", "open")] == [60, 50, 40, 0]


def test_what_moved_is_what_another_one_waited_for(desk: Desk):
    """The correction came before both: it is looked at again once the reversal has moved."""
    named = {"patient_last_name": "ROE"}
    desk.post(
        remittance(
            clp("PCN1", 150, 100, "CO-45 30, PR-2 20", control="I1", **named),
            clp("PCN1", 150, 60, "CO-45 50, PR-2 40", control="I2", **named),
            trace_number="T1",
        )
    )
    back = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", control="I1", status="22", **named)
    desk.post(remittance(back, clp("ALIEN", 500, 500, control="X"), trace_number="T2"))
    claim = desk.claim("PCN1", 150)
    assert desk.place_waiting() == 3
    assert desk.account(claim)["patient"] == money(40)
