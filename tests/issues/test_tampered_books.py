"""Whatever is changed in the journal or in claim payments behind the gateway's back, the proof of the books says so."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

from gateway.errors import BooksBroken
from gateway.model.lifecycle import SubmissionState
from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, claims, ledger, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, journal_entry, journal_line
from tests.desk import Desk, clp, line, plb, remittance

SECOND = {
    "payer": Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="99999"),)),
    "originator": "1999999999",
    "trace_number": "T4",
}

TABLES = (journal_entry, journal_line, claim_payment)

UNWITNESSED = {
    "journal_entry": {"at"},
    "journal_line": set(),
    "claim_payment": {"in_review", "class_", "matched_by"},
}
"""Columns that move no money and that nothing else tells: *in_review* of a later payer's answer, the name of who matched,
the class of an answer but for that of a reversal."""


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Books with everything in them: paid, reversed and corrected, a later payer, suspense, by hand, PLB, untouched."""
    made = Desk(store, settings, archive, tmp_path)
    first = made.claim("PCN1", 200)
    made.claim("PCN2", 150)
    made.claim("PCN3", 80)
    found = made.claim("PCN4", 60)
    lines = (line("99213", 150, 60, "CO-45 55, PR-3 35"), line("87880", 50, 40, "PR-3 10"))
    made.post(
        remittance(clp("PCN1", 200, 100, service_lines=lines, status="19"), plbs=[plb("WO", 5, "ICN9")], trace_number="T1")
    )  # fmt: skip
    made.post(remittance(clp("PCN2", 150, 100, "CO-45 30, PR-2 20", control="A"), trace_number="T2"))
    made.post(
        remittance(
            clp("PCN2", -150, -100, "CO-45 -30, PR-2 -20", status="22", control="A"),
            clp("PCN2", 150, 60, "CO-45 50, PR-2 40", control="B"),
            clp("NOBODY", 60, 50, "CO-45 10"),
            clp("NOBODY", 30, 20, "CO-45 10", control="X"),
            trace_number="T3",
        )
    )
    made.post(remittance(clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="Z"), **SECOND))
    made.post(remittance(clp("PCN3", 80, 79), trace_number="T5"))  # out of balance: held
    with store.read() as tx:
        waiting = next(one for one in claim_payments.in_suspense(tx) if one.paid == 50)
    made.match(waiting.id, found)
    assert made.account(first)["open"] == 0
    return made


@pytest.fixture
def behind(desk: Desk) -> Iterator[sqlite3.Connection]:
    """The database as somebody with a shell has it: no triggers, no foreign keys."""
    connection = sqlite3.connect(str(desk.store.engine.url.database), isolation_level=None)
    connection.row_factory = sqlite3.Row
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    connection.close()


def rows_of(behind: sqlite3.Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in behind.execute(f"SELECT * FROM {table.name}")]


def proved(desk: Desk) -> bool:
    try:
        desk.check()
    except BooksBroken:
        return False
    return True


def other(value: Any, values: list[Any]) -> Any:
    """Return another value for a column: one of its other rows', or one near it."""
    for each in values:
        if each is not None and each != value:
            return each
    return value + 1 if isinstance(value, int) else "x"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_changed_value_shows(desk: Desk, behind: sqlite3.Connection, table: Table):
    rows, unseen = rows_of(behind, table), []
    for row in rows:
        proposal = {"claim"} if row.get("state") == "suspense" else set()
        for column in row.keys() - {"id"} - UNWITNESSED[table.name] - proposal:
            change = f"UPDATE {table.name} SET {column} = ? WHERE id = ?"
            changed = other(row[column], [each[column] for each in rows])
            try:
                behind.execute(change, (changed, row["id"]))
            except sqlite3.IntegrityError:  # a value that stands once
                changed = 4711
                behind.execute(change, (changed, row["id"]))
            if proved(desk):
                unseen.append((row["id"], column, row[column], changed))
            behind.execute(change, (row[column], row["id"]))
    assert proved(desk)
    assert not unseen


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_lost_row_shows(desk: Desk, behind: sqlite3.Connection, table: Table):
    unseen = []
    for row in rows_of(behind, table):
        behind.execute(f"DELETE FROM {table.name} WHERE id = ?", (row["id"],))
        if proved(desk):
            unseen.append(row["id"])
        marks = ", ".join("?" for _ in row)
        behind.execute(f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    assert proved(desk)
    assert not unseen


@pytest.mark.parametrize(
    "sides",
    [
        ("adjustment:other", "receivable:payer"),
        ("adjustment:contractual", "receivable:payer"),
        ("receivable:patient", "receivable:payer"),
        ("provider:EIN-1512345678:1098765435:WO:none", "revenue"),
        ("receivable:payer", "revenue"),
    ],
)
@pytest.mark.parametrize("of_claim", [True, False])
def test_an_entry_of_ones_own_shows(
    desk: Desk, behind: sqlite3.Connection, sides: tuple[str, str], of_claim: bool
):
    claim = behind.execute("SELECT claim FROM journal_line WHERE claim IS NOT NULL").fetchone()[0]
    entry = behind.execute(
        "INSERT INTO journal_entry (posting_id, kind, at, claim) VALUES ('own', 'write_off', '2024-02-01 00:00:00', ?)",
        (claim,),
    ).lastrowid
    for account, amount in zip(sides, (500, -500), strict=True):
        behind.execute(
            "INSERT INTO journal_line (entry, account, claim, amount) VALUES (?, ?, ?, ?)",
            (entry, account, claim if of_claim else None, amount),
        )
    assert not proved(desk)


def test_a_whole_posting_that_is_gone_shows(desk: Desk, behind: sqlite3.Connection):
    """Entry and lines deleted together leave every sum at zero."""
    unseen = []
    for entry in rows_of(behind, journal_entry):
        lines = [row for row in rows_of(behind, journal_line) if row["entry"] == entry["id"]]
        behind.execute("DELETE FROM journal_line WHERE entry = ?", (entry["id"],))
        behind.execute("DELETE FROM journal_entry WHERE id = ?", (entry["id"],))
        if proved(desk):
            unseen.append(entry["posting_id"])
        for name, rows in (("journal_entry", [entry]), ("journal_line", lines)):
            for row in rows:
                marks = ", ".join("?" for _ in row)
                behind.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    assert proved(desk)
    assert not unseen


@pytest.mark.parametrize("lost", ["correction", "void", "back"])
def test_a_later_charge_that_was_lost_or_altered_shows(desk: Desk, behind: sqlite3.Connection, lost: str):
    claim = desk.claim("PCN5", 100)
    with desk.store.write("mend") as tx:
        newest = claims.content(tx, claims.get(tx, claim).version_id)
        corrected = claims.new_version(tx, claim, replace(newest, charge=Decimal(70), frequency="7"))
        tx.audit(claim)
    sent = {"correction": desk.submit(claim, corrected, frequency="7", state="paid")}
    sent["void"] = sent["back"] = void = desk.submit(claim, corrected, frequency="8")
    with desk.store.write("reject") as tx:
        submissions.move(tx, void, SubmissionState.PAYER_REJECTED)
        tx.audit(void)
    assert desk.account(claim)["charge"] == 70
    assert proved(desk)
    posting_id = f"charge:{claim}:{sent[lost]}" + (":back" if lost == "back" else "")
    (entry,) = behind.execute("SELECT id FROM journal_entry WHERE posting_id = ?", (posting_id,)).fetchone()
    behind.execute("UPDATE journal_line SET amount = amount * 2 WHERE entry = ?", (entry,))
    assert not proved(desk)
    behind.execute("DELETE FROM journal_line WHERE entry = ?", (entry,))
    behind.execute("DELETE FROM journal_entry WHERE id = ?", (entry,))
    assert not proved(desk)


def test_a_charge_that_was_lowered_on_both_sides_shows(desk: Desk, behind: sqlite3.Connection):
    behind.execute(
        "UPDATE journal_line SET amount = amount / 2 WHERE entry = (SELECT id FROM journal_entry WHERE kind = 'charge')"
    )
    assert not proved(desk)


def test_a_payment_that_was_taken_back_twice_shows(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Both reversals mirror it to the cent, and every sum agrees with them."""
    back = clp("PCN2", -150, -60, "CO-45 -50, PR-2 -40", status="22", control="B")
    desk.post(remittance(back, clp("ALIEN", 90, 90, control="Y"), trace_number="T8"))
    monkeypatch.setattr(
        claim_payments, "standing", lambda posted: [p for p in posted if p.class_ != "reversal"]
    )
    desk.provable = False
    desk.post(remittance(back, clp("ALIEN", 95, 95, control="Z"), trace_number="T9"))
    with pytest.raises(BooksBroken, match="is reversed more than once"), desk.store.read() as tx:
        ledger.check_books(tx)
