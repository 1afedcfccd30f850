"""SIGKILL at every step of taking a file in, then a start: every record is there once, or back with its reason (P7)."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import gateway.claims.intake  # noqa: F401  declares the failpoints
from gateway import failpoints
from gateway.clock import SystemClock
from gateway.store.archive import Archive
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from tests.drops import as_x12
from tests.office import Office, lines, record
from tests.sites import settings_of

POINTS = sorted(name for name in failpoints.NAMES if name.startswith("intake."))
RECORDS = 120
"""Two steps of a hundred at most, so that a kill between them leaves some stored and some not."""


def run(root: Path) -> None:
    """Do what the daemon does at its start and at each look; this is the process that dies."""
    from gateway.claims.intake import recover_intake, take_in

    keys = Keys(bytes(range(32)))
    settings = settings_of(intake_quiet_seconds=0)
    store = open_store(root, settings, keys, SystemClock())
    office = Office(root, settings, store, Archive(root / "state" / "archive", keys))
    recover_intake(office.site)
    take_in(office.site)
    store.close()


def process(root: Path, failpoint: str = "") -> int:
    """Run that in a process of its own and return how it ended."""
    code = "import sys; from pathlib import Path; from tests.crash.test_intake_crash import run; run(Path(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, "GATEWAY_FAILPOINTS": failpoint, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    ).returncode


def week(form: str) -> tuple[bytes, bytes]:
    """Return a week's file whose row 106 is a double and whose row 120 is broken, and what must come back of it."""
    dropped = [record(n) for n in range(1, RECORDS + 1)]
    dropped[105] = dropped[3]
    if form == "jsonl":
        text = lines([*dropped[:-1], "{oops"])
        return text.encode(), lines([json.dumps(dropped[3]), "{oops"]).encode()
    spoil = (b"CLM*ACC-120*165.5*", b"CLM*ACC-120*OOPS*")
    back = as_x12([dropped[3], dropped[-1]]).replace(*spoil)
    return as_x12(dropped).replace(*spoil), back.replace(b"~", b"~\n")


@pytest.mark.parametrize("form", ["jsonl", "837"])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(tmp_path: Path, point: str, form: str) -> None:
    (tmp_path / "outbound").mkdir()
    data, refused_again = week(form)
    (tmp_path / "outbound" / f"week.{form}").write_bytes(data)
    assert process(tmp_path, f"{point}=kill") == -signal.SIGKILL
    assert process(tmp_path) == 0
    # Judged by plain SQL and plain files, not by the code under test.
    with sqlite3.connect(tmp_path / "state" / "gateway.db") as db:
        taken = [row for (row,) in db.execute("select row from claim_version order by row")]
        refused = [row for (row,) in db.execute("select row from refused_record order by row")]
        files = list(db.execute("select state, records, accepted, held, refused from intake_file"))
        claims = db.execute("select count(*), count(distinct pcn_index) from claim").fetchone()
    assert refused == [106, 120]
    assert taken == [row for row in range(1, 120) if row != 106]
    assert claims == (118, 118)
    assert files == [("done", 120, 118, 0, 2)]
    (back,) = (tmp_path / "outbound" / "rejected").glob(f"F-??????????.{form}")
    assert back.read_bytes() == refused_again
    assert {p.name for p in (tmp_path / "outbound").iterdir()} == {"rejected"}
    assert list((tmp_path / "state" / "intake").iterdir()) == []
