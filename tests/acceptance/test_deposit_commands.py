"""`gateway deposit` as a person types it: load the bank's file, see what is open, match, take back, set aside."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import open_site
from tests.acceptance.test_commands import gateway
from tests.acceptance.test_register_command import config  # noqa: F401  a fixture
from tests.desk import Desk, clp, remittance

DAY = date(2024, 1, 26)
HEAD = "Posting Date,Amount,Originator Name,Addenda\n"


@pytest.fixture
def typed(config: Path) -> Callable[..., Any]:  # noqa: F811
    """Type a command in an installation where two remittances are posted."""

    def run(*words: str) -> Any:
        return gateway(*words, config=config)

    site = open_site(config)
    desk = Desk(site.store, site.settings, site.archive, site.root)
    for number, amount in ((1, 275), (2, 40)):
        control = f"X{number}"
        result = desk.post(
            remittance(clp(control, amount, amount, control=control), trace_number=f"EFT000{number}")
        )
        assert result.state == "posted"
    site.store.close()
    return run


def bank(path: Path, *rows: str) -> str:
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return path.name


def paid(number: int, amount: str) -> str:
    return f"{DAY},{amount},EXAMPLE HEALTH PLAN,705TRN*1*EFT000{number}*1512345678\\"


def test_a_bank_file_is_tried_loaded_and_loaded_again(typed: Any, tmp_path: Path) -> None:
    name = bank(tmp_path / "bank.csv", paid(1, "275.00"), f"{DAY},12.00,,CARD", f"{DAY},-3.00,,FEE")
    tried = typed("deposit", "load", name, "--dry-run")
    assert (tried.code, tried.out) == (
        1,
        "2 new deposits of 287.00 would be recorded; 1 line left out, no money came by them; "  # noqa: ISC004
        "1 remittance would be matched, 275.00; 1 not explained: gateway deposit list --open\n",
    )
    assert "bank.csv:4" in tried.err
    assert "takes money out" in tried.err
    loaded = typed("deposit", "load", name, "--json")
    (line,) = loaded.lines
    assert (line["kind"], line["new"], line["amount"], line["matched"], line["unexplained"]) == (
        "bank_file", 2, "287.00", 1, 1,
    )  # fmt: skip
    assert [f["code"] for f in line["findings"]] == ["BANK-NO-DEPOSIT"]
    again = typed("deposit", "load", name)
    assert again.code == 0
    assert again.out.startswith("0 new deposits of 0.00 recorded; 2 lines known before")
    balances = {row["account"]: row["balance"] for row in typed("ledger", "--json").lines}
    assert (balances["cash:bank"], balances["deposits:unapplied"]) == ("287.00", "-12.00")
    assert typed("ledger").code == 0
    assert typed("doctor").out.count("FAIL books") == 0


def test_a_bad_line_loads_nothing(typed: Any, tmp_path: Path) -> None:
    name = bank(tmp_path / "bank.csv", paid(1, "275.00"), f"{DAY},one,,x")
    said = typed("deposit", "load", name)
    assert (said.code, said.out) == (
        2, "nothing is loaded; mend the lines, or leave them out, and load the file again\n",
    )  # fmt: skip
    assert "bank.csv:3: error BANK-LINE (amount): the line has no amount that can be read" in said.err
    assert "no deposit is recorded" in typed("deposit", "list").err


def test_what_is_open_is_shown_matched_and_taken_back(typed: Any, tmp_path: Path) -> None:
    typed("deposit", "load", bank(tmp_path / "bank.csv", paid(1, "275.00"), paid(2, "39.99")))
    (money, remit) = typed("deposit", "list", "--open", "--json").lines
    assert (money["kind"], money["open"], money["due"]) == ("deposit", "39.99", True)
    assert money["suggestions"][0]["difference"] == "-0.01"
    assert (remit["kind"], remit["open"], remit["trace"]) == (
        "remittance_without_deposit",
        "40.00",
        "EFT0002",
    )
    seen = typed("deposit", "list", "--open").out
    assert "(the deposit is 0.01 less): the bank names this remittance, but the amounts differ" in seen
    waiting = {line["id"]: line for line in typed("queue", "--json").lines}
    assert waiting[money["id"]]["command"].startswith(f"gateway deposit match {money['id']} {remit['id']}")
    assert "no-deposit" in waiting[remit["id"]]["why"]
    matched = typed("deposit", "match", money["id"], remit["id"])
    assert (matched.code, matched.out) == (
        1, f"{money['id']}: 39.99 pays {remit['id']}; 0.01 of {remit['id']} is still to come\n",
    )  # fmt: skip
    back = typed("deposit", "unmatch", money["id"], "--reason", "another clinic's")
    assert (back.code, back.out) == (0, f"{money['id']}: taken back: 39.99 ({remit['id']})\n")
    aside = typed("release", money["id"], "--reason", "sent back to the other clinic")
    assert aside.code == 0
    assert money["id"] not in typed("queue").out
    shown = typed("show", money["id"])
    assert shown.out.count(remit["id"]) == 2
    assert "another clinic's" in shown.out
    assert "EXAMPLE HEALTH" not in shown.out
    assert "EXAMPLE HEALTH" in typed("show", money["id"], "--reveal").out
    kinds = [line["event"] for line in typed("log", "--json").lines]
    assert kinds[-5:] == ["bank_file", "deposit_match", "deposit_unmatch", "deposit_elsewhere", "reveal"]
    status = json.loads(typed("status", "--json").out)["money"]
    assert (status["deposited"], status["not_deposited"], status["deposits_elsewhere"]) == (
        "314.99", "40.00", "39.99",
    )  # fmt: skip


def test_a_deposit_is_entered_by_hand_known_again_and_withdrawn(typed: Any, tmp_path: Path) -> None:
    words = ("deposit", "add", "--date", str(DAY), "--amount", "40.00")
    added = typed(*words, "--trace", "EFT0002", "--originator", "1512345678")
    assert added.code == 0
    assert "40.00 pays M-" in added.out
    twice = typed(*words, "--trace", "EFT0002", "--originator", "1512345678")
    assert (twice.code, "is this deposit already" in twice.err) == (2, True)
    name = bank(tmp_path / "bank.csv", paid(2, "40.00"))
    assert "1 entered by hand before, now told by the bank" in typed("deposit", "load", name).out
    check = typed(*words, "--check", "77", "--json")
    deposit = check.lines[0]["id"]
    gone = typed("deposit", "withdraw", deposit, "--reason", "returned by the bank")
    assert (gone.code, gone.out) == (0, f"{deposit}: 40.00 withdrawn\n")
    assert typed("deposit", "withdraw", deposit, "--reason", "again").code == 2
    listed = typed("deposit", "list").out
    assert "withdrawn" in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deposit", "load", "nothing.csv"), "No such file"),
        (("deposit", "add", "--date", "2024-01-26", "--amount", "5.00"), "give --trace"),
        (("deposit", "add", "--date", "2024-01-26", "--amount", "5.001", "--check", "1"), "dollars and cents"),
        (("deposit", "add", "--date", "2024-01-26", "--amount", "5", "--check", "1", "--originator", "1"), "goes with"),
        (("deposit", "match", "C-2222222222", "M-2222222222"), "not the id of a deposit"),
        (("deposit", "match", "D-2222222222", "D-2222222222"), "not the id of a remittance"),
        (("deposit", "match", "D-2222222222", "M-2222222222"), "no deposit D-2222222222"),
        (("deposit", "unmatch", "D-2222222222", "--reason", " "), "--reason must say something"),
        (("release", "D-2222222222", "--reason", "x"), "no deposit D-2222222222"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_clear_line(typed: Any, words: tuple[str, ...], said: str) -> None:
    done = typed(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_the_days_are_business_days(typed: Any, tmp_path: Path) -> None:
    late = DAY + timedelta(days=11)
    row = f"{late},275.00,EXAMPLE HEALTH PLAN,TRN*1*EFT0001*1512345678\\"
    said = typed("deposit", "load", bank(tmp_path / "bank.csv", row))
    assert "0 remittances matched" in said.out
    assert "the days are too far apart" in typed("deposit", "list", "--open").out
