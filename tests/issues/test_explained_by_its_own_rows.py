"""To explain one claim every payment row ever told was read, and all of the claims beside it in its remittance were opened."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from gateway.ops.reports import eob
from gateway.settings import Settings
from gateway.store import claim_payments, statement
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def plans(desk: Desk, identifier: str) -> list[str]:
    """Return how SQLite finds the rows that were told, while something is explained."""
    found: list[str] = []

    def plan(_c: Any, cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        if "FROM export_row" in statement:
            rows = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(row[3] for row in rows)

    event.listen(desk.store.engine, "before_cursor_execute", plan)
    try:
        with desk.store.read() as tx:
            eob.explain(desk.site, tx, identifier, reveal=False)
    finally:
        event.remove(desk.store.engine, "before_cursor_execute", plan)
    return found


def test_nothing_is_read_from_end_to_end(store: Store, settings: Settings, archive: Archive, tmp_path: Path):
    desk = Desk(store, settings, archive, tmp_path)
    claim = desk.claim("PCN1", 100)
    posted = desk.post(
        remittance(*(clp(f"PCN{n}", 100, 80, "CO-45 20", control=f"I{n}") for n in range(1, 31)))
    )
    for identifier in (claim, posted.remittance_id):
        searched = [step for step in plans(desk, identifier) if "export_row" in step]
        assert searched
        assert all("posting_id>? AND posting_id<?" in step for step in searched)


def test_each_answer_is_told_its_own_rows_however_many_are_asked_for(desk: Desk):
    posted = desk.post(
        remittance(*(clp(f"X{n}", 100, 80, "CO-45 20", control=f"I{n}") for n in range(1, 26)))
    )
    with desk.store.read() as tx:
        payments = statement.of_remittance(tx, posted.remittance_id)
        assert [p.id for p in payments] == claim_payments.of_remittance(tx, posted.remittance_id)
        whole = statement.told(tx, payments)
        for part in ([payments[0]], payments[:11], payments[1:3]):
            told = statement.told(tx, part)
            assert told == {p.id: whole[p.id] for p in part}
        assert [row["reported_control_number"] for row in whole[payments[0].id]] == ["X1"]
