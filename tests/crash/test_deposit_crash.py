"""SIGKILL while a bank's file is loaded, then the same command again: every line counts once and pays what it names."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import failpoints
from gateway.clock import SystemClock
from gateway.responses.deposits import load_bank_file
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from tests.desk import Desk, clp, remittance
from tests.sites import settings_of

POINTS = sorted(name for name in failpoints.NAMES if name.startswith("deposit."))
BANK = "date,amount,reference\n" + "".join(
    f"2024-01-26,{n}.00,TRN*1*T{n}*1512345678\\\n" for n in range(1, 6)
)


def desk_of(root: Path) -> tuple[Store, Desk]:
    """Open the installation."""
    keys, settings = Keys(bytes(range(32))), settings_of()
    store = open_store(root, settings, keys, SystemClock())
    return store, Desk(store, settings, Archive(root / "state" / "archive", keys), root)


def run(root: Path) -> None:
    """Load the file; this is the process that dies."""
    store, desk = desk_of(root)
    load_bank_file(desk.site, BANK.encode(), name="bank.csv", actor="pat")
    store.close()


def process(root: Path, failpoint: str = "") -> int:
    """Run that in a process of its own and return how it ended."""
    code = "import sys; from pathlib import Path; from tests.crash.test_deposit_crash import run; run(Path(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, "GATEWAY_FAILPOINTS": failpoint, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    ).returncode


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_step_counts_nothing_twice(tmp_path: Path, point: str) -> None:
    store, desk = desk_of(tmp_path)
    for n in range(1, 5):
        desk.post(remittance(clp(f"X{n}", n, n, control=f"X{n}"), trace_number=f"T{n}"))
    store.close()
    assert process(tmp_path, f"{point}=kill") == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "state" / "gateway.db") as db:
        halfway = db.execute(
            "select (select count(*) from deposit), count(*) from deposit_movement"
        ).fetchone()
    assert halfway in {(0, 0), (5, 4)}, "recorded and matched, or neither"
    assert process(tmp_path) == 0
    # Judged by plain SQL, not by the code under test; amounts are cents.
    with sqlite3.connect(tmp_path / "state" / "gateway.db") as db:
        cash = db.execute("select sum(amount) from journal_line where account like 'cash:%'").fetchone()
        open_ = db.execute(
            "select sum(amount) from journal_line where account = 'deposits:unapplied'"
        ).fetchone()
        due = db.execute("select sum(amount) from journal_line where account like 'clearing:%'").fetchone()
        rows = db.execute("select count(*) from export_row where posting_id like 'D-%'").fetchone()
    assert (cash, open_, due, rows) == ((1500,), (-500,), (0,), (4,))
    store, desk = desk_of(tmp_path)
    desk.check()
    store.close()
