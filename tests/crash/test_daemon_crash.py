"""SIGKILL in the middle of `gateway run --once`, over the whole way from a dropped file to an export, then plain passes.

Judged by a count that shares no code with the gateway, and by plain SQL: every claim exactly once at the clearinghouse,
every cent once in the books and once in what the billing system was told.
"""

import csv
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway import failpoints
from gateway.clock import SystemClock
from gateway.sandbox.clearinghouse import Sandbox
from gateway.sandbox.settings import SandboxSettings
from tests.acceptance.house import House, balance, house, rows, run, sent_claims
from tests.acceptance.independent import figures as count

PROMPT = SandboxSettings(clearinghouse_minutes=0, payer_hours=0, payment_days=0)
CLAIMS = 5

OVER_THE_PASS = (
    "intake.after_rename", "intake.after_step", "seal.after_numbers", "seal.after_commit", "deliver.after_visible",
    "deliver.after_effect", "collect.after_commit", "sort.after_apply", "export.after_write",
)  # fmt: skip


@pytest.mark.parametrize("name", OVER_THE_PASS)
def test_killed_anywhere_in_a_pass_the_next_ones_finish_it(tmp_path: Path, name: str) -> None:
    assert name in failpoints.NAMES
    with house(tmp_path, names=("north",), start=datetime.now(UTC), claims_per_set=2) as made:
        made.sandbox = Sandbox(made.server.folder, SystemClock(), settings=PROMPT)
        made.drop("monday.jsonl", [made.claim(n, "FULL") for n in range(1, CLAIMS + 1)])
        killed = 0
        for _ in range(3):  # answers come after the first pass
            done = run(made.config, "run", "--once", failpoint=name)
            killed += done.returncode == -signal.SIGKILL
            if killed:
                break
            assert done.returncode == 0, done.stderr
            made.sandbox.work_off()
        assert killed, "the failpoint was never reached"
        made.open()
        for _ in range(12):
            report = made.pass_()
            moved = made.sandbox.work_off().moved
            if not report.moved and not moved:
                break
            made.clock.advance(timedelta(minutes=6))
        else:
            raise AssertionError("not settled")
        judge(made)
        made.books_and_chain_hold()
        assert made.queue() == []


def judge(made: House) -> None:
    wanted = {f"NO{n:06d}" for n in range(1, CLAIMS + 1)}
    assert Counter(sent_claims(made.server.folder)["north"]) == Counter(wanted), "every claim exactly once"
    counted = count([made.server.folder / "north/.sandbox/received"], [made.root / "inbound/raw"])
    assert counted["control_numbers_unique"]
    assert counted["lines_add_up"]
    assert counted["unbalanced"] == []
    assert (counted["billed"], counted["suspense"]) == (counted["paid"], 0), "all of them are paid in full"
    assert balance(made.root) == 0
    assert rows(made.root, "select count(*) from claim") == [(CLAIMS,)]
    assert rows(
        made.root, "select count(*), count(distinct claim) from claim_payment where state = 'posted'"
    ) == [(CLAIMS, CLAIMS)]
    assert rows(made.root, "select count(*) from journal_entry where kind = 'charge'") == [(CLAIMS,)]
    assert rows(made.root, "select distinct state from transmission where state != 'abandoned'") == [
        ("accepted",)
    ]
    assert rows(made.root, "select count(*) from receipt where state = 'received' or not raw_copied") == [
        (0,)
    ]
    told: dict[str, Decimal] = {}
    for path in made.root.glob("inbound/payments_*.csv"):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                assert row["posting_id"] not in told, "told twice"
                told[row["posting_id"]] = Decimal(row["amount"] or 0)
    assert sum(told.values()) == counted["paid"]
    left = [*list((made.root / "state").rglob("*.data")), *(made.root / "state/staging").rglob("*.*")]
    assert left == [], "nothing is left half-done"
