"""Reversals and corrections by the nine points of domain.md 4.9, with its numbers."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.journal import RECEIVABLE_PATIENT
from gateway.store.schema import claim_payment, journal_entry, journal_line
from tests.desk import Desk, clp, line, money, remittance

FIRST = clp(
    "PCN0100", 150, 100, control="ICN4000", service_lines=(line("99213", 150, 100, "CO-45 30, PR-2 20"),)
)
BACK = clp(
    "PCN0100", -150, -100, control="ICN4000", status="22", service_lines=(line("99213", -150, -100, "CO-45 -30, PR-2 -20"),)
)  # fmt: skip
CORRECTION = clp(
    "PCN0100", 150, 60, control="ICN4000A", service_lines=(line("99213", 150, 60, "CO-45 50, PR-2 40"),)
)
OTHER = clp("PCN9", 500, 500, control="ICN9")
"""So much money that a net of what is taken back is a payment still."""


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(any_store, settings, archive, tmp_path)
    made.claim("PCN9", 500, member="MBR9")
    return made


def account(desk: Desk, claim: str) -> tuple:
    found = desk.account(claim)
    return tuple(found[name] for name in ("paid", "adjusted", "patient", "open"))


def four(paid, written_off, patient, open_) -> tuple:
    return tuple(map(money, (paid, written_off, patient, open_)))


def payments(desk: Desk, *columns: str) -> list[tuple]:
    with desk.store.read() as tx:
        rows = tx.execute(
            select(claim_payment).where(claim_payment.c.charge != money(500)).order_by(claim_payment.c.id)
        )
        return sorted(tuple(getattr(row, name) for name in columns) for row in rows)


@pytest.mark.parametrize("order", [(BACK, CORRECTION), (CORRECTION, BACK)], ids=["22 first", "22 last"])
def test_reversal_and_correction_net_out_in_either_order(desk: Desk, order):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(FIRST, trace_number="T1"))
    assert account(desk, claim) == four(100, 30, 20, 0)
    result = desk.post(remittance(*order, OTHER, trace_number="T2"))
    assert result.claims == {"posted": 3}
    # 100 - 100 + 60; 30 - 30 + 50; 20 - 20 + 40
    assert account(desk, claim) == four(60, 50, 40, 0)


def test_new_entries_linked_to_what_they_undo(desk: Desk):
    desk.claim("PCN0100", 150)
    first = desk.post(remittance(FIRST, trace_number="T1"))
    second = desk.post(remittance(BACK, OTHER, trace_number="T2"))
    with desk.store.read() as tx:
        links = tx.execute(
            select(journal_entry.c.posting_id, journal_entry.c.reverses).where(
                journal_entry.c.kind == "reversal"
            )
        ).all()
    assert sorted(map(tuple, links)) == [
        (f"{second.remittance_id}-1-{kind}", f"{first.remittance_id}-1-{kind}")
        for kind in ("contractual", "patient", "payment")
    ]


def test_a_void_shows_the_22_only(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(FIRST, trace_number="T1"))
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    assert account(desk, claim) == four(0, 0, 0, 150)


def test_amounts_that_differ_post_nothing_to_the_claim(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(FIRST, trace_number="T1"))
    wrong = clp("PCN0100", -150, -90, "CO-45 -40, PR-2 -20", control="ICN4000", status="22")
    assert desk.post(remittance(wrong, OTHER, trace_number="T2")).claims == {"posted": 1, "suspense": 1}
    assert account(desk, claim) == four(100, 30, 20, 0)
    assert desk.totals()["suspense"] == money(-90)


def test_what_was_paid_before_we_went_live_waits_with_its_claim_proposed(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    assert payments(desk, "state", "claim") == [("suspense", claim)]
    assert account(desk, claim) == four(0, 0, 0, 150)


def test_the_second_of_two_reversals_waits(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(FIRST, trace_number="T1"))
    desk.post(remittance(BACK, BACK, OTHER, trace_number="T2"))
    assert sorted(payments(desk, "class_", "state")) == [
        ("paid", "posted"),
        ("reversal", "posted"),
        ("reversal", "suspense"),
    ]
    assert account(desk, claim) == four(0, 0, 0, 150)


def test_a_4010_reversal_with_group_cr(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(FIRST, trace_number="T1"))
    old = clp("PCN0100", -150, -100, "CR-45 -50", control="ICN4000", status="22")
    desk.post(remittance(old, CORRECTION, OTHER, trace_number="T2"))
    assert account(desk, claim) == four(60, 50, 40, 0)


def test_the_patient_s_balance_changed(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(FIRST, trace_number="T1"))
    result = desk.post(remittance(BACK, CORRECTION, OTHER, trace_number="T2"))
    (said,) = [f for f in result.findings if f.code == "ERA-PATIENT"]
    assert f"what the patient owes on {claim} changed by 20.00, from 20.00 to 40.00" in said.message
    with desk.store.read() as tx:
        owed = tx.execute(
            select(journal_line.c.amount)
            .where(journal_line.c.account == RECEIVABLE_PATIENT)
            .order_by(journal_line.c.id)
        ).scalars()
        assert list(owed) == [money(20), money(-20), money(40)]


def test_no_word_of_a_balance_that_did_not_change(desk: Desk):
    desk.claim("PCN0100", 150)
    first = desk.post(remittance(FIRST, trace_number="T1"))
    same = desk.post(
        remittance(
            BACK, clp("PCN0100", 150, 90, "CO-45 40, PR-2 20", control="NEW"), OTHER, trace_number="T2"
        )
    )
    assert [f.code for r in (first, same) for f in r.findings if f.code == "ERA-PATIENT"] == []
