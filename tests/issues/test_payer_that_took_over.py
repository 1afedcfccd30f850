"""A payer that took over another one's business takes back what that one paid, under its number but in its own name.

Placed by hand, the reversal moved nothing but the money: the write-off and the patient's share of an answer that no longer
holds stayed, and the correction that came with it could not be posted either.
"""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.model.remittance import RemittanceClaim
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

PAID = clp("PCN1", 150, 100, "CO-45 30, PR-2 20", patient_last_name="ROE")
BACK = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", status="22", patient_last_name="ROE")
INSTEAD = clp("PCN1", 150, 80, "CO-45 40, PR-2 30", control="ICN2", patient_last_name="ROE")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def account(desk: Desk, claim: str) -> list[Decimal]:
    """Return what was paid, given up and put to the patient, and what is open."""
    return list(desk.account(claim).values())[1:]


def test_its_reversal_waits_for_a_person_and_then_undoes_all_of_it(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    told = remittance(
        BACK, INSTEAD, clp("ALIEN", 50, 50, control="X"), trace_number="T2", originator="1777777777"
    )
    posted = desk.post(told)
    doubts = [f.message for f in posted.findings if f.code == "ERA-SUSPENSE"]
    assert doubts[0].startswith("it takes back what was paid under another payer's name; ")
    assert account(desk, claim) == [100, 30, 20, 0]
    with desk.store.read() as tx:
        back, instead, _ = claim_payments.of_remittance(tx, posted.remittance_id)
    with pytest.raises(Refused, match=f"gateway match {back} {claim}"):
        desk.match(instead, claim)
    desk.match(back, claim)
    assert account(desk, claim) == [0, 0, 0, 150]
    desk.match(instead, claim)
    assert account(desk, claim) == [80, 40, 30, 0]
    desk.unmatch(instead)
    desk.unmatch(back)
    assert account(desk, claim) == [100, 30, 20, 0]


@pytest.mark.parametrize(
    "back",
    [
        clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", status="22", control="ICN7"),
        clp("PCN1", -150, -100, "CO-45 -50", status="22"),
    ],
    ids=["another number", "other amounts"],
)
def test_what_is_not_that_very_payment_takes_back_its_money_only(desk: Desk, back: RemittanceClaim) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    posted = desk.post(
        remittance(back, clp("ALIEN", 100, 100, control="X"), trace_number="T2", originator="1777777777")
    )
    with desk.store.read() as tx:
        placed, _ = claim_payments.of_remittance(tx, posted.remittance_id)
    desk.match(placed, claim)
    assert account(desk, claim) == [0, 30, 20, 100]
