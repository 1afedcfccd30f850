"""`gateway correct` and `gateway void` as a person types them, with the process killed wherever sealing can be."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.exchange import seal
from tests.acceptance.test_commands import gateway
from tests.acceptance.test_register_command import CONFIG
from tests.mailroom import envelope, group
from tests.office import lines, record
from tests.payer import clp
from tests.unit.claims.test_correct import DEARER

from gateway.store.keys import new_key  # isort: skip


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office with one claim paid in full."""
    monkeypatch.chdir(tmp_path)
    for folder in ("house/outbound", "partner/in", "partner/out"):
        (tmp_path / folder).mkdir(parents=True)
    key = tmp_path / "house.key"
    key.write_text(new_key())
    key.chmod(0o600)
    path = tmp_path / "house" / "config.toml"
    path.write_text(CONFIG.format(key=key, partner=tmp_path / "partner"))
    (tmp_path / "house" / "outbound" / "day.jsonl").write_text(lines([record(1)]))
    run(path)
    pay(path, clp("ACC-1", "1", "165.5", "165.5"), "165.5")
    return path


def run(config: Path) -> None:
    assert gateway("run", "--once", config=config).code in {0, 1}


def pay(config: Path, claim: list[str], amount: str, number: int = 1) -> None:
    said = [
        f"BPR*I*{amount}*C*CHK************20260201", f"TRN*1*EFT{number}*1512345678", "N1*PR*EXAMPLE HEALTH PLAN",
        "REF*2U*60054", "N1*PE*ROE CLINIC*XX*1098765435", "LX*1", *claim,
    ]  # fmt: skip
    text = envelope(group("HP", "005010X221A1", said, number=number), number=number)
    (config.parent.parent / "partner" / "out" / f"pay{number}.835").write_text(text)
    run(config)
    run(config)


def arrived(config: Path) -> list[str]:
    return [path.read_text() for path in sorted((config.parent.parent / "partner" / "in").iterdir())]


def claim_of(config: Path) -> str:
    said = gateway("log", "--kind", "records", "--json", config=config)
    return str(json.loads(said.out.splitlines()[0])["facts"]["claims"][0])


def shown(config: Path, *words: str) -> dict[str, Any]:
    return json.loads(gateway("show", claim_of(config), "--json", *words, config=config).out)  # type: ignore[no-any-return]


def test_correct_and_void(config: Path, tmp_path: Path) -> None:
    claim = claim_of(config)
    assert shown(config)["state"] == "paid"
    changed = DEARER | {"subscriber": {**DEARER["subscriber"], "first_name": "Pauline"}}
    (tmp_path / "mended.jsonl").write_text(lines([changed]))
    tried = gateway("correct", claim, "mended.jsonl", "--dry-run", config=config)
    assert tried.code == 0
    assert "service_lines[1].charge" in tried.out
    assert "asked for: +10.00" in tried.out
    assert "PAULINE" not in tried.out.upper()
    assert "Pauline" in gateway("correct", claim, "mended.jsonl", "--dry-run", "--reveal", config=config).out
    assert gateway("log", "--kind", "reveal", "--json", config=config).out.count(claim) == 1
    assert shown(config)["versions"][-1]["version"] == 1

    (tmp_path / "wrong.jsonl").write_text(lines([{**changed, "charge": "999.00"}]))
    wrong = gateway("correct", claim, "wrong.jsonl", "--dry-run", config=config)
    assert (wrong.code, "it would be held" in wrong.out, "P-SUM" in wrong.err) == (1, True, True)

    done = gateway("correct", claim, "mended.jsonl", "--json", config=config)
    made = json.loads(done.out)
    assert (done.code, made["result"], made["frequency"], made["money"]) == (0, "ready", "7", "10.00")
    assert "ICN1" not in done.out + done.err
    again = gateway("correct", claim, "mended.jsonl", config=config)
    assert (again.code, "already" in again.err) == (2, True)
    run(config)
    assert "REF*F8*ICN1~" in arrived(config)[-1]
    seen = shown(config)
    assert {c["field"] for c in seen["changes"]} >= {"charge", "frequency", "subscriber.first_name"}
    assert "PAULINE" not in json.dumps(seen).upper()
    assert any(step["what"] == "changed" and "165.50 -> 175.50" in step["text"] for step in seen["story"])
    assert "changed" in gateway("show", claim, config=config).out

    assert gateway("void", claim, "--reason", "", config=config).code == 2
    waits = gateway("void", claim, "--reason", "wrong patient", config=config)
    assert (waits.code, "unanswered" in waits.err) == (2, True)
    pay(
        config,
        clp("ACC-1", "22", "-165.5", "-165.5")
        + clp("ACC-1", "1", "175.5", "175.5", icn="ICN2", frequency="7"),
        "10",
        2,
    )
    assert shown(config)["state"] == "paid"
    voided = gateway("void", claim, "--reason", "wrong patient", config=config)
    assert voided.code == 0
    assert "ICN2" not in voided.out + voided.err
    run(config)
    assert "REF*F8*ICN2~" in arrived(config)[-1]
    assert "***11:B:8*" in arrived(config)[-1]
    assert shown(config)["account"]["open"] == "-175.50"
    assert gateway("ledger", config=config).code == 0
    log = gateway("log", "--kind", "void", "--json", config=config)
    event = json.loads(log.out)
    assert event["facts"]["reason"] == "wrong patient"
    assert event["actor"].startswith("user:")


def test_what_is_refused_is_said_and_changes_nothing(config: Path, tmp_path: Path) -> None:
    claim = claim_of(config)
    (tmp_path / "two.jsonl").write_text(lines([record(1), record(2)]))
    for words, expected in (
        (("correct", "T-2222222222", "two.jsonl"), "not the id of a claim"),
        (("correct", claim, "nowhere.jsonl"), "nowhere.jsonl"),
        (("correct", claim, "two.jsonl"), "2 claims"),
        (("void", "C-2222222222", "--reason", "x"), "no claim"),
    ):
        said = gateway(*words, config=config)
        assert (said.code, expected in said.err) == (2, True), words
    assert len(shown(config)["versions"]) == 1


POINTS = (seal.AFTER_NUMBERS, seal.AFTER_CHECK, seal.AFTER_ARCHIVE, seal.AFTER_COMMIT)


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_sealing_a_replacement_sends_and_books_it_once(
    config: Path, tmp_path: Path, point: str
) -> None:
    claim = claim_of(config)
    (tmp_path / "mended.jsonl").write_text(lines([DEARER]))
    assert gateway("correct", claim, "mended.jsonl", config=config).code == 0
    killed = subprocess.run(
        [sys.executable, "-m", "gateway.ops.cli.main", "--config", str(config), "run", "--once"],
        env={**os.environ, "GATEWAY_FAILPOINTS": f"{point}=kill"}, capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    booked = "175.50" if point == seal.AFTER_COMMIT else "165.50"
    assert shown(config)["account"]["charge"] == booked
    assert gateway("ledger", config=config).code == 0
    for _ in range(2):
        run(config)
    assert sum("11:B:7*" in text for text in arrived(config)) == 1
    seen = shown(config)
    assert seen["account"]["charge"] == "175.50"
    assert sum(s["frequency"] == "7" and s["state"] != "withdrawn" for s in seen["submissions"]) == 1
    assert sum(e["kind"] == "charge" for e in seen["entries"]) == 4, "two entries of two lines"
    assert gateway("ledger", config=config).code == 0
