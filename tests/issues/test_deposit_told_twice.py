"""A bank that tells a line anew in other words: one deposit would be two, and cash too high. A person is told at once."""

from datetime import date
from pathlib import Path

import pytest

from gateway.responses import deposits as office
from gateway.settings import Settings
from gateway.store import deposits, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance

HEAD = "Date,Amount,Description,Account\n"
LINE = "2024-01-26,100.00,TRN*1*EFT1*1512345678\\,1234\n"
ANEW = "2024-01-29,100.00,ACH CREDIT POSTED TRN*1*EFT1*1512345678\\,1234\n"


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk with a remittance of 100.00 that the bank names."""
    desk = Desk(store, settings, archive, tmp_path)
    desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 100), trace_number="EFT1", payment_date=date(2024, 1, 26)))
    return desk


def load(desk: Desk, *lines: str) -> office.LoadReport:
    """Load a bank's file of these lines."""
    report = office.load_bank_file(desk.site, (HEAD + "".join(lines)).encode(), name="bank.csv", actor="pat")
    desk.check()
    return report


def waiting(desk: Desk) -> list[queue.QueueItem]:
    """Return what the queue says of deposits."""
    with desk.store.read() as tx:
        found = queue.items(tx, desk.site.settings, desk.store.clock.now())
    return [one for one in found if one.id.startswith("D-")]


@pytest.mark.parametrize("together", [False, True], ids=["in another file", "in one file"])
def test_it_is_told_at_once_and_withdrawn_by_the_command_told(desk: Desk, together: bool) -> None:
    if together:
        report = load(desk, LINE, ANEW)
    else:
        load(desk, LINE)
        report = load(desk, ANEW)
        assert [f.code for f in report.findings] == ["BANK-SAME"]
    assert report.matched == (1 if together else 0)
    with desk.store.read() as tx:
        first, second = deposits.every(tx)
    (item,) = waiting(desk)
    assert (item.id, item.kind) == (second.id, queue.UNMATCHED)
    assert first.id in item.why
    assert f"gateway deposit withdraw {second.id}" in item.command
    office.withdraw(desk.site, second.id, reason="told twice", actor="pat")
    desk.check()
    assert not waiting(desk)
    assert desk.totals()["deposited"] == money(100)


def test_two_halves_of_one_payment_are_no_twins(desk: Desk) -> None:
    half = LINE.replace("100.00", "50.00")
    assert load(desk, half, half).matched == 1
    assert not waiting(desk)


def test_the_same_number_long_after_is_another_payment(desk: Desk) -> None:
    load(desk, LINE)
    load(desk, ANEW.replace("2024-01-29", "2024-06-03"))
    (item,) = waiting(desk)
    assert "withdraw" not in item.command
