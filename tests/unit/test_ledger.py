"""The journal's own laws, and that its proofs see what is wrong."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from gateway.errors import BooksBroken
from gateway.settings import Settings
from gateway.store import charges, journal, ledger, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.journal import Line
from gateway.store.schema import journal_entry, journal_line
from tests.desk import Desk, clp, money, plb, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def test_entries_must_sum_to_zero(store: Store):
    with pytest.raises(BooksBroken), store.write("test") as tx:
        journal.post(tx, "p-1", "payment", [Line("suspense", money(1)), Line("revenue", money("-0.99"))])


def test_a_posting_id_is_posted_once(store: Store):
    with store.write("test") as tx:
        sides = [Line("suspense", money(1)), Line("revenue", money(-1))]
        assert journal.post(tx, "p-1", "payment", sides)
        assert not journal.post(tx, "p-1", "payment", sides)
        assert not journal.post(tx, "p-2", "payment", [Line("suspense", money(0))])
        tx.audit()
        assert ledger.trial_balance(tx) == {"revenue": money(-1), "suspense": money(1)}


def test_a_charge_is_booked_once(desk: Desk):
    claim = desk.claim("PCN1", 100)
    with desk.store.write("seal") as tx:
        assert charges.billed(tx, [claim]) == {claim}
        (sent,) = submissions.of_claim(tx, claim)
        charges.book(tx, [sent.id])
        assert ledger.claim_account(tx, claim).charge == money(100)


def test_totals_satisfy_their_equations(desk: Desk):
    desk.claim("PCN1", 100)
    desk.claim("PCN2", 50)
    desk.post(
        remittance(
            clp("PCN1", 100, 60, "CO-45 10, PR-1 10, CO-50 20"), clp("ALIEN", 30, 30), plbs=[plb("L6", -2)]
        )
    )
    assert desk.totals() == {
        "billed": money(150),
        "paid": money(60),
        "contractual": money(10),
        "other_adjustments": money(0),
        "patient": money(10),
        "open": money(70),
        "in_review": money(20),
        "suspense": money(30),
        "provider_adjustments": money(2),
        "received": money(92),
        "deposited": money(0),
        "not_deposited": money(92),
        "deposits_open": money(0),
        "deposits_elsewhere": money(0),
    }


def test_report_counts_what_was_walked(desk: Desk):
    desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 100)))
    with desk.store.read() as tx:
        assert ledger.check_books(tx) == ledger.BooksReport(entries=2, claims=1, remittances=1)


def test_an_empty_journal_holds(store: Store):
    with store.read() as tx:
        assert ledger.trial_balance(tx) == {}
        assert ledger.check_books(tx).entries == 0
        assert set(ledger.totals(tx).values()) == {Decimal(0)}


def _entry(tx, posting_id: str, *sides: tuple[str, int, str | None], **more) -> None:
    """Write an entry behind the ledger's back."""
    key = tx.execute(
        insert(journal_entry).values(posting_id=posting_id, kind="payment", at=tx.now(), **more)
    ).inserted_primary_key
    tx.execute(
        insert(journal_line),
        [
            {"entry": key[0], "account": account, "amount": money(amount), "claim": claim}
            for account, amount, claim in sides
        ],
    )


@pytest.mark.parametrize(
    "fault",
    ["unbalanced", "lost_claim", "foreign_account", "no_payment", "empty", "suspense", "cash", "held"],
)
def test_the_proof_sees_what_is_wrong(desk: Desk, fault: str):
    claim = desk.claim("PCN1", 100)
    posted = desk.post(remittance(clp("PCN1", 100, 80, "PR-1 20")))
    held = desk.post(remittance(clp("PCN2", 100, 80), trace_number="T2"))
    sides = {
        "unbalanced": [("suspense", 1, None)],
        "lost_claim": [("receivable:payer", 1, claim), ("suspense", -1, None)],
        "foreign_account": [("provider:x", 1, claim), ("suspense", -1, None)],
        "no_payment": [("clearing:x:y", 1, claim), ("receivable:payer", -1, claim)],
        "empty": [],
        "suspense": [("clearing:x:y", 1, None), ("suspense", -1, None)],
        "cash": [("clearing:x:y", 1, None), ("provider:x", -1, None)],
        "held": [("adjustment:other", 1, None), ("provider:x", -1, None)],
    }[fault]
    owner = {"cash": posted.remittance_id, "held": held.remittance_id}.get(fault)
    with desk.store.write("test") as tx:
        if sides:
            _entry(tx, "p-1", *sides, remittance=owner)
        else:
            tx.execute(insert(journal_entry).values(posting_id="p-1", kind="payment", at=tx.now()))
        tx.audit()
    with desk.store.read() as tx, pytest.raises(BooksBroken):
        ledger.check_books(tx)


def test_the_journal_is_append_only(desk: Desk):
    desk.claim("PCN1", 100)
    for table in ("journal_entry", "journal_line"):
        with pytest.raises(Exception, match="append-only"), desk.store.write("test") as tx:
            tx.execute(text(f"DELETE FROM {table}"))
