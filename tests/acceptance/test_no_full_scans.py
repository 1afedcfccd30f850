"""What the daemon asks of the database on its way is answered by a narrow index: nothing that grows is read from end to end.

What a person asks may read a table once, and not once for each row of another: that takes seconds after a month, and hours
after years. SQLite plans for large tables whatever stands in them, so that a small day shows what a large one will do.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from gateway.ops.reports import money
from gateway.responses import denials, plb, proposals
from gateway.store import credit_balances, crossovers, figures, ledger, open_money, queue, unanswered
from gateway.store import plb as accounts
from tests.acceptance.house import House, house

_SCAN = re.compile(r"SCAN (\w+)")
_BROAD = re.compile(
    r"SEARCH (\w+) USING (?:COVERING )?INDEX ix_(?:remittance_state|claim_payment_state|journal_line_account)"
)
"""A search among all that is posted, or all of an account: most of the table."""
SMALL = frozenset({"partner_state", "lease", "installation", "code_release"})
"""Tables with a row a partner, a release of a list, or one."""
LAST = "ORDER BY audit_event.seq DESC"
"""How the last audit event is asked for: from the end of the table, one row."""


@contextmanager
def planned(made: House) -> Iterator[dict[str, set[str]]]:
    """Collect the statements that read most of a table, by table."""
    scans: dict[str, set[str]] = {}
    engine = made.site.store.engine

    def plan(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if many or not statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
            return
        values = parameters.values() if isinstance(parameters, Mapping) else parameters
        broad = {"posted", "receivable:payer", "receivable:patient", "revenue"} & set(values)
        for row in cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
            for table in _SCAN.findall(row[3]) + (_BROAD.findall(row[3]) if broad else []):
                scans.setdefault(table, set()).add(statement)

    event.listen(engine, "before_cursor_execute", plan)
    try:
        yield scans
    finally:
        event.remove(engine, "before_cursor_execute", plan)


@contextmanager
def nested(made: House) -> Iterator[set[str]]:
    """Collect the plans that read most of a table for each row of another one."""
    slow: set[str] = set()
    engine = made.site.store.engine

    def plan(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if many or not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            return
        steps = list(cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
        within = {step[0]: (step[1], step[3]) for step in steps}
        loops: set[int] = set()
        for _, parent, _, what in steps:
            if not what.startswith(("SCAN", "SEARCH")):
                continue
            inner = parent in loops
            loops.add(parent)
            above = parent
            while above in within and not inner:
                inner = within[above][1].startswith("CORRELATED")
                above = within[above][0]
            wide = _SCAN.findall(what) + _BROAD.findall(what)
            if inner and wide and wide[0] not in SMALL:
                slow.add(f"{what} in: {statement}")

    event.listen(engine, "before_cursor_execute", plan)
    try:
        yield slow
    finally:
        event.remove(engine, "before_cursor_execute", plan)


def test_what_a_person_asks_reads_no_table_once_for_each_row(tmp_path: Path) -> None:
    words = ("PAY", "DENY", "REVR", "UNKN", "SPLT", "WODL", "TWIN")
    with house(tmp_path, names=("north",)) as made:
        made.open()
        made.drop("a.jsonl", [made.claim(n, word) for n, word in enumerate(words)])
        made.settle()
        site, now = made.site, made.site.clock.now()
        with nested(made) as slow:
            with site.store.read() as tx:
                figures.figures(tx)
                proposals.in_queue(tx, site.settings, queue.items(tx, site.settings, now))
                assert list(denials.denials(tx, site.settings, denials.Wanted()))
                credit_balances.open_credits(tx)
                unanswered.after_reversals(tx)
                list(crossovers.waiting(tx))
                list(plb.standing(tx, accounts.accounts(tx)))
                open_money.waiting_deposits(tx, site.settings, now)
                open_money.waiting_remittances(tx, site.settings, now)
                ledger.check_books(tx)
            money.gather(site, since=now - timedelta(days=30), until=now)
    assert slow == set()


def test_the_daemon_reads_nothing_that_grows_from_end_to_end(tmp_path: Path) -> None:
    words = ("PAY", "DENY", "R999", "RCHA", "REVR", "UNKN", "NULP", "SPLT", "WODL", "TWIN", "MUTE")
    with house(tmp_path, names=("north",)) as made:
        made.open()
        made.drop("a.jsonl", [made.claim(n, word) for n, word in enumerate(words)])
        with planned(made) as scans:
            made.settle()
            made.drop("b.jsonl", [made.claim(20 + n, word) for n, word in enumerate(words)])
            made.settle()
        made.books_and_chain_hold()
    found = {
        table: sorted(few)
        for table, statements in scans.items()
        if table not in SMALL and (few := {one for one in statements if LAST not in one})
    }
    assert found == {}
