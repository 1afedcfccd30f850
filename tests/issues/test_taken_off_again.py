"""A payment taken off its claim leaves nothing behind: not the payer's number for another's claim, not the old word of its state."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.settings import Settings
from gateway.store import claim_payments, exports, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import export_row, submission
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def post(desk: Desk, number: str, paid: int, control: str, trace: str) -> str:
    """Post a remittance of one answer and return its claim payment."""
    posted = desk.post(
        remittance(clp(number, 100, paid, f"CO-45 {100 - paid}", control=control), trace_number=trace)
    )
    with desk.store.read() as tx:
        return claim_payments.of_remittance(tx, posted.remittance_id)[0]


def payers_number(desk: Desk, claim: str) -> str | None:
    """Return what a replacement or void of the claim would name (REF*F8)."""
    with desk.store.read() as tx:
        one = tx.execute(select(submission.c.id).where(submission.c.claim == claim)).scalar_one()
        told = submissions.told_number(tx, claim, "60054")
        assert told == submissions.payer_control_number(tx, one)
        return told


def said(desk: Desk, claim: str) -> list[dict[str, str]]:
    """Return what the billing system was told of the claim's state, in order."""
    with desk.store.read() as tx:
        rows = tx.execute(
            select(export_row).where(export_row.c.kind == exports.CLAIM_STATUS).order_by(export_row.c.id)
        )
        told = [tx.unseal_json(row.content_sealed) for row in rows]
    return [row for row in told if row["claim"] == claim]


def test_the_number_of_the_other_claim_goes_with_it(desk: Desk) -> None:
    wrong = desk.claim("PCN1", 100)
    moved = post(desk, "STRANGE", 70, "ICN-OF-ANOTHER", "T1")
    desk.match(moved, wrong)
    assert payers_number(desk, wrong) == "ICN-OF-ANOTHER"
    desk.unmatch(moved)
    assert payers_number(desk, wrong) is None


def test_the_number_that_another_answer_gave_comes_back(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    post(desk, "PCN1", 60, "ICN1", "T1")
    moved = post(desk, "STRANGE", 70, "ICN-OF-ANOTHER", "T2")
    desk.match(moved, claim)
    desk.unmatch(moved)
    assert payers_number(desk, claim) == "ICN1"


def test_the_billing_system_hears_where_the_claim_stands_again(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    moved = post(desk, "PCN1", 70, "ICN1", "T1")
    desk.unmatch(moved)
    before, now = said(desk, claim)
    assert (before["state"], before["paid"]) == ("paid", "70.00")
    assert (now["state"], now["stage"], now["outcome"]) == ("sent", "sent", "unmatched")
    assert (now["paid"], now["contractual"], now["open"]) == ("0.00", "0.00", "100.00")
    assert now["patient_control_number"] == "PCN1"
    assert now["payer_control_number"] is None
    desk.match(moved, claim)
    desk.unmatch(moved)
    assert [row["paid"] for row in said(desk, claim)] == ["70.00", "0.00", "70.00", "0.00"]
    assert desk.account(claim)["open"] == money(100)
