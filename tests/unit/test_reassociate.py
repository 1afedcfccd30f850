"""Which deposits a posting finds by itself, and what the billing system is told of each match."""

from pathlib import Path

import pytest

from gateway.errors import UsageError
from gateway.model.deposit import CHECK, TRN, PaymentName
from gateway.responses import deposits as acts
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, money
from tests.unit.test_deposits import PAID_ON, PAYER, load, one_deposit, paid, row, told


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def names(*checks: str) -> list[PaymentName]:
    return [PaymentName(kind=CHECK, number=number) for number in checks]


@pytest.mark.parametrize("trace", ["0012345", "eft77a", "00eft7", "12345"])
@pytest.mark.parametrize("bank_first", [False, True])
def test_a_transfers_number_counts_with_its_zeros_in_whatever_case(
    desk: Desk, trace: str, *, bank_first: bool
):
    line = row(reference=f"TRN*1*{trace.upper()}*{PAYER}\\")
    if bank_first:
        load(desk, line)
    paid_by = paid(desk, trace=trace)
    if not bank_first:
        load(desk, line)
    assert [one["remittance"] for one in told(desk)] == [paid_by]


@pytest.mark.parametrize("bank_first", [False, True])
def test_a_checks_number_counts_without_its_zeros(desk: Desk, *, bank_first: bool):
    def come() -> None:
        acts.add_deposit(desk.site, day=PAID_ON, amount=money(275), names=names("00123a"), actor="pat")

    if bank_first:
        come()
    paid_by = paid(desk, trace="0000123A", payment_method="CHK")
    if not bank_first:
        come()
    assert [one["remittance"] for one in told(desk)] == [paid_by]


@pytest.mark.parametrize("given", [("000",), ("",), ("77", " 0 ")])
def test_zeros_are_no_number_of_a_check(desk: Desk, given: tuple[str, ...]):
    """A payer that writes 0 where it has no number would be paid by whatever check is entered without one."""
    paid(desk, trace="0", payment_method="CHK")
    with pytest.raises(UsageError, match="the number of its transfer or check"):
        acts.add_deposit(desk.site, day=PAID_ON, amount=money(275), names=names(*given), actor="pat")
    assert told(desk) == []


def test_the_rows_of_a_match_and_of_its_undoing(desk: Desk):
    paid_by = paid(desk, trace="123", payment_method="CHK")
    deposit_id, _ = acts.add_deposit(
        desk.site, day=PAID_ON, amount=money(275), names=names("00123"), actor="pat"
    )
    acts.unmatch_deposit(desk.site, deposit_id, reason="other clinic", actor="pat")
    matched, undone = told(desk)
    assert matched == {
        "posting_id": f"{deposit_id}-1",
        "remittance": paid_by,
        "partner": "north",
        "payer": "EXAMPLE HEALTH PLAN",
        "payer_id": f"EIN-{PAYER}",
        "payee_id": "XX:1098765435",
        "trace_number": "123",
        "payment_method": "CHK",
        "payment_date": "2024-01-26",
        "entered_by": None,
        "entered_from": None,
        "kind": "deposit",
        "disposition": "deposit",
        "amount": "275.00",
        "deposit": deposit_id,
        "deposit_date": "2024-01-26",
        "reference": "00123",
        "reverses": None,
    }
    assert undone == {
        **matched,
        "posting_id": f"{deposit_id}-2",
        "kind": "deposit_undone",
        "amount": "-275.00",
        "reverses": f"{deposit_id}-1",
    }


def test_of_transfers_and_of_several_checks_the_row_names_none(desk: Desk):
    paid(desk, trace="T1")
    load(desk, row(reference=f"TRN*1*T1*{PAYER}\\"))
    assert [name.kind for name in one_deposit(desk).said.names] == [TRN]
    for check in ("88", "89"):
        paid(desk, 100, trace=check, payment_method="CHK")
    acts.add_deposit(desk.site, day=PAID_ON, amount=money(200), names=names("88", "89"), actor="pat")
    assert [(one["trace_number"], one["reference"]) for one in told(desk)] == [
        ("T1", None),
        ("88", None),
        ("89", None),
    ]
