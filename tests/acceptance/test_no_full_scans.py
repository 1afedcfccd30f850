"""What the daemon asks of the database on its way is answered by a narrow index: nothing that grows is read from end to end.

SQLite plans for large tables whatever stands in them, so that a small day shows what a large one will do.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

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
