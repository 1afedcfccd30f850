"""Several payers on one claim: who comes first is not told by the order in which their answers arrive."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import MovableClock
from gateway.model.remittance import Party, Remittance, RemittanceClaim, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def account(desk: Desk, claim_id: str) -> tuple[Decimal, ...]:
    """Return paid, adjusted, patient, open."""
    found = desk.account(claim_id)
    return tuple(found[name] for name in ("paid", "adjusted", "patient", "open"))


def amounts(*values: Any) -> tuple[Decimal, ...]:
    return tuple(map(money, values))


def state(desk: Desk, claim_id: str) -> str:
    with desk.store.read() as tx:
        return submissions.of_claim(tx, claim_id)[-1].state.value


def second(*claims: RemittanceClaim, trace: str, ids: bool = True) -> Remittance:
    """Return a remittance of a payer we never sent the claim to."""
    references = (RemittanceReference(qualifier="2U", id="99999"),) if ids else ()
    payer = Party(name="SECOND PLAN", references=references)
    return remittance(*claims, payer=payer, originator="1999999999", trace_number=trace)


FIRST = clp("PCN1", 200, 100, "CO-45 55, PR-3 45", status="19")
LUMPED = clp("PCN1", 200, 35, "CO-45 155, PR-3 10", status="2", control="Z")
"""A second payer's answer that puts the first one's payment under CO-45 instead of OA-23."""
CROSSED = clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="Z")
BACK = clp("PCN1", -200, -100, "CO-45 -55, PR-3 -45", status="22")


def test_a_second_payer_that_is_early_writes_nothing_off(desk: Desk):
    claim = desk.claim("PCN1", 200)
    assert desk.post(second(LUMPED, trace="S1")).claims == {"suspense": 1}
    assert account(desk, claim) == amounts(0, 0, 0, 200)
    assert desk.post(remittance(FIRST)).claims == {"posted": 1}
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert account(desk, claim) == amounts(135, 55, 10, 0)


def test_an_early_second_payer_matched_by_hand_brings_its_money_and_no_write_off(desk: Desk):
    claim = desk.claim("PCN1", 200)
    desk.post(second(LUMPED, trace="S1"))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert account(desk, claim) == amounts(35, 0, 0, 165)


@pytest.mark.parametrize("status", ["2", "3"])
def test_a_payer_that_always_calls_itself_third_is_the_one_we_sent_to(desk: Desk, status: str):
    """By its id, or by naming none (domain.md 4.4)."""
    by_id, nameless = desk.claim("PCN1", 200), desk.claim("PCN2", 200)
    desk.post(remittance(clp("PCN1", 200, 150, "CO-45 50", status=status), trace_number="T1"))
    desk.post(second(clp("PCN2", 200, 150, "CO-45 50", status=status), trace="T2", ids=False))
    assert account(desk, by_id) == account(desk, nameless) == amounts(150, 50, 0, 0)


def test_the_first_payer_may_correct_after_the_second_has_paid(desk: Desk, clock: MovableClock):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(FIRST, trace_number="T1"))
    clock.advance(timedelta(minutes=1))
    desk.post(second(CROSSED, trace="S1"))
    assert account(desk, claim) == amounts(135, 55, 10, 0)
    clock.advance(timedelta(minutes=1))
    corrected = clp("PCN1", 200, 90, "CO-45 55, PR-3 55", control="ICN2", status="19")
    desk.claim("PCN9", 50)
    back = desk.post(remittance(BACK, corrected, clp("PCN9", 50, 50), trace_number="T2"))
    assert back.claims == {"posted": 3}
    assert account(desk, claim) == amounts(125, 55, 20, 0)
    assert state(desk, claim) == "paid"
    clock.advance(timedelta(minutes=1))
    again = desk.post(
        second(
            clp("PCN1", -200, -35, "OA-23 -155, PR-3 -10", status="22", control="Z"),
            clp("PCN1", 200, 45, "OA-23 145, PR-3 10", status="2", control="Z2"),
            trace="S2",
        )
    )
    assert again.claims == {"posted": 2}
    assert account(desk, claim) == amounts(135, 55, 10, 0)


def test_a_correction_that_leaves_the_patient_in_credit_is_for_review(desk: Desk, clock: MovableClock):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(FIRST, trace_number="T1"))
    clock.advance(timedelta(minutes=1))
    desk.post(second(CROSSED, trace="S1"))
    clock.advance(timedelta(minutes=1))
    desk.post(remittance(BACK, clp("PCN1", 200, 120, "CO-45 50, PR-3 30", control="ICN2"), trace_number="T2"))
    assert account(desk, claim) == amounts(155, 50, -5, 0)
    assert state(desk, claim) == "in_review"


def test_a_second_payer_does_not_become_the_first_when_the_first_takes_back(desk: Desk, clock: MovableClock):
    claim = desk.claim("PCN1", 200)
    desk.claim("PCN9", 500)
    desk.post(remittance(FIRST, trace_number="T1"))
    clock.advance(timedelta(minutes=1))
    desk.post(second(CROSSED, trace="S1", ids=False))
    clock.advance(timedelta(minutes=1))
    desk.post(remittance(BACK, clp("PCN9", 500, 500), trace_number="T2"))
    clock.advance(timedelta(minutes=1))
    taken = clp("PCN1", -200, -35, "OA-23 -155, PR-3 -10", status="22", control="Z")
    result = desk.post(second(taken, LUMPED, trace="S2", ids=False))
    assert result.claims == {"posted": 1, "suspense": 1}
    assert account(desk, claim) == amounts(0, 0, 0, 200)
