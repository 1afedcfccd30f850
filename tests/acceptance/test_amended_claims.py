"""Corrected and voided claims from the command line to the books, as payers answer them (docs/sandbox.md).

Every case ends with books that hold and agree with a count that shares no code with them.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.ops import synthetic
from gateway.store import ledger, queue
from tests.acceptance.house import House, house, rows
from tests.acceptance.independent import figures as count

VISIT, XRAY = ("99213", Decimal("125.50")), ("73110", Decimal("96.40"))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[House]:
    """An installation with the partner north, judged at the end of the day."""
    with house(tmp_path, names=("north",)) as one:
        one.open()
        yield one
        one.books_and_chain_hold()
        counted = count([one.server.folder / "north/.sandbox/received"], [one.root / "inbound/raw"])
        with one.site.store.read() as tx:
            money = ledger.totals(tx)
        names = ("billed", "paid", "contractual", "patient", "open", "suspense")
        assert {name: counted[name] for name in names} == {name: money[name] for name in names}


def record(made: House, number: int, word: str, *lines: tuple[str, Decimal]) -> dict[str, Any]:
    """Return a claim of the visit, or of *lines*."""
    return synthetic.with_lines(made.claim(number, word), lines or (VISIT,))


def paid(made: House, *words: str) -> list[str]:
    """Drop one claim a script word, settle, and return our ids of them in that order."""
    records = [record(made, n, word) for n, word in enumerate(words, start=1)]
    made.drop("monday.jsonl", records)
    made.settle()
    told = {}
    for path in made.root.glob("inbound/claim_status_*.jsonl"):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            told[row["patient_control_number"]] = row["claim"]
    return [told[one["patient_control_number"]] for one in records]


def correct(made: House, claim_id: str, corrected: dict[str, Any], *options: str) -> None:
    path = made.base / "corrected.json"
    path.write_text(json.dumps(corrected))
    code, out, said = made.typed("correct", claim_id, str(path), *options)
    assert code == 0, (out, said)


def void(made: House, claim_id: str, *options: str) -> None:
    code, out, said = made.typed("void", claim_id, "--reason", "billed for nobody", *options)
    assert code == 0, (out, said)


def shown(made: House, claim_id: str) -> dict[str, Any]:
    code, out, said = made.typed("show", claim_id, "--json")
    assert code == 0, said
    return json.loads(out)


def account(made: House, claim_id: str) -> tuple[Decimal, ...]:
    """Return what is charged, paid, adjusted, owed by the patient, and open."""
    with made.site.store.read() as tx:
        one = ledger.claim_account(tx, claim_id)
    return (one.charge, one.paid, one.adjusted, one.patient, one.open)


def amounts(*values: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, values))


def queued(made: House) -> dict[str, str]:
    with made.site.store.read() as tx:
        return {i.id: i.kind for i in queue.items(tx, made.site.settings, made.clock.now())}


def test_a_corrected_and_a_voided_claim(made: House) -> None:
    first, second, third = paid(made, "PAY", "PAY", "PAY")
    correct(made, first, record(made, 1, "PAY", VISIT, XRAY))
    void(made, second)
    made.settle()
    assert account(made, first) == amounts("221.90", "149.81", "44.38", "27.71", "0")
    assert account(made, second) == amounts("0", "0", "0", "0", "0")
    assert account(made, third) == amounts("125.50", "80.40", "25.10", "20.00", "0")
    assert [shown(made, each)["state"] for each in (first, second, third)] == ["paid", "voided", "paid"]
    assert queued(made) == {}


def test_a_claim_corrected_twice_and_then_voided(made: House) -> None:
    (only,) = paid(made, "PAY")
    correct(made, only, record(made, 1, "PAY", VISIT, XRAY))
    made.settle()
    correct(made, only, record(made, 1, "PAY", XRAY))
    made.settle()
    assert account(made, only) == amounts("96.40", "57.12", "19.28", "20.00", "0")
    void(made, only)
    made.settle()
    assert account(made, only) == amounts("0", "0", "0", "0", "0")
    statuses = rows(made.root, "select status_code from claim_payment order by rowid")
    assert [code for (code,) in statuses] == ["1", "22", "1", "22", "1", "22"]
    assert shown(made, only)["state"] == "voided"


def test_reversal_and_new_payment_weeks_apart(made: House) -> None:
    first, _other = paid(made, "APRT", "PAY")
    correct(made, first, record(made, 1, "APRT", VISIT, XRAY))
    made.settle()
    assert account(made, first) == amounts("221.90", "149.81", "44.38", "27.71", "0")
    assert shown(made, first)["state"] == "paid"
    assert rows(made.root, "select count(*) from remittance where state = 'posted'") == [(3,)]


def test_a_void_alone_leaves_a_debt_that_the_next_payment_takes_back(made: House) -> None:
    (only,) = paid(made, "PAY")
    void(made, only)
    made.settle()
    with made.site.store.read() as tx:
        money = ledger.totals(tx)
    assert (money["paid"], money["provider_adjustments"], money["received"]) == amounts("0", "80.40", "80.40")
    made.drop("tuesday.jsonl", [record(made, 2, "FULL", VISIT, XRAY)])
    made.settle()
    with made.site.store.read() as tx:
        money = ledger.totals(tx)
    assert (money["paid"], money["provider_adjustments"], money["received"]) == amounts(
        "221.90", "0", "221.90"
    )


def test_a_refused_replacement_waits_for_a_person_and_the_first_payment_stands(made: House) -> None:
    (only,) = paid(made, "NREP")
    correct(made, only, record(made, 1, "NREP", VISIT, XRAY))
    made.settle()
    assert shown(made, only)["state"] == "rejected"
    assert queued(made) == {only: "rejected"}
    assert account(made, only)[1] == Decimal("80.40")


def test_a_refused_void_gives_the_charge_back(made: House) -> None:
    (only,) = paid(made, "NVOD")
    void(made, only)
    made.settle()
    assert account(made, only) == amounts("125.50", "80.40", "25.10", "20.00", "0")
    assert queued(made) == {only: "rejected"}


def test_a_number_the_payer_does_not_know(made: House) -> None:
    (only,) = paid(made, "PAY")
    void(made, only, "--payer-control-number", "SB99999900100001")
    made.settle()
    assert account(made, only) == amounts("125.50", "80.40", "25.10", "20.00", "0")
    (answer,) = rows(made.root, "select codes from acknowledgement where outcome = 'rejected'")
    assert answer == ("A7:464",)


def test_a_duplicate_is_denied_and_stays_open_for_a_person(made: House) -> None:
    (only,) = paid(made, "DUPL")
    assert shown(made, only)["state"] == "denied"
    assert account(made, only) == amounts("125.50", "0", "0", "0", "125.50")
