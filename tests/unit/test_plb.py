"""Provider adjustment accounts: what they hang on, what is only proposed, how they are closed, and interest (4.8, 4.16)."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.errors import NotFound, Refused
from gateway.model.identifiers import Kind, kind_of
from gateway.model.remittance import RemittanceAmount
from gateway.responses import plb as use_case
from gateway.responses.plb import Standing
from gateway.settings import Settings
from gateway.store import plb as accounts
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import export_row
from tests.desk import Desk, clp, line, money, plb, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def standing(desk: Desk, code: str | None = None) -> list[Standing]:
    with desk.store.read() as tx:
        found = list(use_case.standing(tx, accounts.accounts(tx)))
    return [one for one in found if code in {None, one.account.code}]


def test_forward_balance_names_its_remittance(desk):
    first = desk.post(
        remittance(
            clp("N1", 600, 600),
            clp("N2", -800, -800, status="22"),
            plbs=[plb("FB", -200, "EFT1")],
            trace_number="EFT1",
        )
    )
    (one,) = standing(desk)
    assert one.ties == (f"the remittance {first.remittance_id}, trace number EFT1",)
    assert (one.account.balance, one.account.is_open) == (money(200), True)
    assert kind_of(one.account.id) is Kind.ACCOUNT


def test_forward_balance_under_a_reference_of_nothing_is_only_proposed(desk):
    """TRAP-105."""
    desk.post(
        remittance(clp("N1", -80, -80, status="22"), plbs=[plb("FB", -80, "EFT1")], trace_number="EFT1")
    )
    desk.post(remittance(clp("N2", 100, 100), plbs=[plb("FB", 80, "EFT01")], trace_number="EFT2"))
    old, new = standing(desk)
    assert (old.account.balance, new.account.balance) == (money(80), money(-80))
    assert old.account.is_open
    assert new.account.is_open
    assert new.ties == ()
    assert new.proposals == (
        f"{old.account.id} (FB) stands at the opposite: perhaps the same matter under another reference",
    )
    assert new.next.endswith("its reference leads to nothing here")


def test_withholding_is_tied_to_its_claim(desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(clp("A", 150, 100, "CO-45 50", control="ICN7"), trace_number="T1"))
    back = desk.post(
        remittance(
            clp("A", -150, -100, "CO-45 -50", control="ICN7", status="22"),
            clp("A", 150, 60, "CO-45 50, PR-2 40", control="ICN7A"),
            plbs=[plb("WO", -40, "icn-7")],
            trace_number="T2",
        )
    )
    (one,) = standing(desk)
    (tie,) = one.ties
    assert tie.startswith(f"{claim}: {back.remittance_id} took back 40.00 (P-")
    assert one.proposals == ()


def test_withholding_under_another_reference_is_proposed_by_amount(desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(clp("A", 150, 100, "CO-45 50", control="ICN7"), trace_number="T1"))
    back = desk.post(
        remittance(
            clp("A", -150, -100, "CO-45 -50", control="ICN7", status="22"),
            plbs=[plb("WO", -100, "ICN7")],
            trace_number="T2",
        )
    )
    desk.post(remittance(clp("X", 300, 300), plbs=[plb("WO", 100, "CASE55")], trace_number="T3"))
    odd = next(one for one in standing(desk, "WO") if one.account.balance < 0)
    assert odd.ties == ()
    assert len(odd.proposals) == 2
    assert odd.proposals[1].startswith(f"{back.remittance_id} took back this very amount of {claim}")
    assert odd.account.balance == money(-100), "a proposal sets nothing off"


def test_other_payees_are_other_accounts(desk):
    first = plb("WO", 10, "R")
    second = type(first)(provider="1555123458", reason="WO", reference="R", amount=money(10))
    desk.post(remittance(clp("X", 100, 100), plbs=[first, second]))
    found = standing(desk)
    assert len({one.account.id for one in found}) == 2
    assert all(one.proposals == () for one in found)


def test_note_close_and_open_again(desk, clock: MovableClock):
    desk.post(remittance(clp("X", 100, 100), plbs=[plb("CS", 10, "R")], trace_number="T1"))
    account = standing(desk)[0].account
    clock.advance(timedelta(days=1))
    use_case.work(desk.site, account.id, reason="asked the payer", actor="pat")
    assert standing(desk)[0].account.is_open
    before = desk.totals()
    use_case.close(desk.site, account.id, reason="a fee we owe", actor="pat")
    assert desk.totals() == before
    (closed,) = standing(desk)
    assert not closed.account.is_open
    assert closed.next == "nothing: closed by pat, a fee we owe"
    with pytest.raises(Refused, match="not open"):
        use_case.close(desk.site, account.id, reason="again", actor="pat")
    clock.advance(timedelta(days=1))
    desk.post(remittance(clp("Y", 100, 100), plbs=[plb("CS", 5, "R")], trace_number="T2"))
    assert standing(desk)[0].account.is_open
    with pytest.raises(NotFound):
        use_case.close(desk.site, "A-2222222222", reason="x", actor="pat")


def test_age_counts_from_the_movement_that_opened_it(desk, clock: MovableClock):
    for trace, amount in (("T1", -10), ("T2", 10), ("T3", -5), ("T4", -5)):
        desk.post(remittance(clp(trace, 100, 100), plbs=[plb("WO", amount, "R")], trace_number=trace))
        clock.advance(timedelta(days=10))
    account = standing(desk)[0].account
    assert account.balance == money(10)
    assert account.since == account.movements[2].at
    assert (clock.now() - account.since).days == 20


def test_old_open_accounts_stand_in_the_queue(desk, clock: MovableClock):
    desk.post(remittance(clp("X", 100, 100), plbs=[plb("WO", 10, "R"), plb("L6", -1)]))

    def waiting() -> list[queue.QueueItem]:
        with desk.store.read() as tx:
            return [i for i in queue.items(tx, desk.site.settings, clock.now()) if i.kind == queue.OPEN]

    assert waiting() == []
    clock.advance(timedelta(days=30))
    (item,) = waiting()
    assert item.why == "WO (overpayment withheld) is open for 30 days or more"
    assert item.command.startswith(f"gateway plb {item.id}; ")


@pytest.mark.parametrize(
    ("stated", "paid", "warned"),
    [
        ("2.5", "2.5", False),
        ("2.5", None, True),
        (None, "2.5", True),
        ("2.5", "2.4", True),
        (None, None, False),
    ],
)
def test_interest_is_compared_with_what_claims_state(desk, stated, paid, warned):
    """TRAP-106, TRAP-107: whatever L6 pays is posted; a difference warns."""
    amounts = (RemittanceAmount(qualifier="I", amount=money(stated)),) if stated else ()
    item = remittance(clp("X", 100, 100, amounts=amounts), plbs=[plb("L6", -money(paid))] if paid else [])
    result = desk.post(item)
    assert result.state == "posted"
    assert [f.code for f in result.findings if f.code == "ERA-INTEREST"] == ["ERA-INTEREST"] * warned


def test_interest_is_told_apart_from_payments(desk):
    desk.claim("A", 100)
    desk.post(
        remittance(
            clp("A", 100, 100, service_lines=(line("99213", 100, 100),)),
            plbs=[plb("L6", "-2.5"), plb("LE", 1)],
        )
    )
    with desk.store.read() as tx:
        rows = [
            tx.unseal_json(row.content_sealed)
            for row in tx.execute(select(export_row).where(export_row.c.kind == "payment"))
        ]
    assert [(r["kind"], r["amount"]) for r in rows if r["disposition"] == "money"] == [
        ("payment", "100.00"),
        ("interest", "2.50"),
        ("provider_adjustment", "-1.00"),
    ]
