"""What stood in suspense and came to its claim after another answer was taken for the older of the two.

A second payer's answer came first, waited, and moved by itself when the first payer's was posted. By the days of their
remittances it stood before that one: the first payer's could be taken off from under it, and its correction waited for a person.
"""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance
from tests.issues.test_second_claim_answered_first import FIRST, SECOND, account, both, second


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


@pytest.fixture
def claim(desk: Desk) -> str:
    """A claim on which the second payer's answer, which came first, was placed last."""
    claim = both(desk)
    desk.post(second(SECOND))
    desk.post(remittance(FIRST, trace_number="T1"))
    assert desk.place_waiting() == 1
    return claim


def test_the_first_payers_answer_cannot_be_taken_off_from_under_it(desk: Desk, claim: str):
    with desk.store.read() as tx:
        first, later = claim_payments.posted(tx, [claim])[claim]
    assert (first.paid, later.paid) == (100, 35)
    with pytest.raises(Refused, match=f"{later.id} was posted to {claim} after {first.id}"):
        desk.unmatch(first.id)
    desk.unmatch(later.id)
    desk.unmatch(first.id)
    assert account(desk, claim) == [0, 0, 0, 200]


def test_the_first_payer_may_correct_itself(desk: Desk, claim: str):
    back = clp("PCN1", -200, -100, "CO-45 -55, PR-3 -45", status="22", patient_last_name="ROE")
    instead = clp("PCN1", 200, 90, "CO-45 55, PR-3 55", control="ICN2", patient_last_name="ROE")
    answer = remittance(back, instead, clp("ALIEN", 50, 50, control="X"), trace_number="T2")
    assert desk.post(answer).claims == {"posted": 2, "suspense": 1}
    assert account(desk, claim) == [125, 55, 20, 0]
