"""`gateway money` and `gateway ledger check`: what came in, where it is, and that it is what the ledger says."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.errors import BooksBroken, UsageError
from gateway.model.deposit import TRN, PaymentName
from gateway.model.remittance import Party, RemittanceReference
from gateway.ops.cli import state
from gateway.ops.cli.main import app
from gateway.ops.reports import money as report
from gateway.responses import deposits, release
from gateway.settings import Settings
from gateway.site import Site
from gateway.store.archive import Archive
from gateway.store.claim_payments import in_suspense
from gateway.store.db import Store
from gateway.store.schema import remittance as remittances
from tests.desk import Desk, clp, money, plb, remittance

Run = Callable[..., str]

LAST = Party(name="LAST BENEFIT TRUST", references=(RemittanceReference(qualifier="2U", id="87726"),))


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return an office with money of every kind: posted, in suspense, held, dealt with elsewhere, twice."""
    made = Desk(store, settings, archive, tmp_path)
    made.claim("PCN1", 100)
    made.claim("PCN2", 200)
    made.post(
        remittance(
            clp("PCN1", 100, 70, "CO-45 20, PR-2 10"),
            clp("NOBODYS", 40, 30, "CO-45 10"),
            plbs=[plb("L6", "-2.5")],
            trace_number="EFT1",
        )
    )
    made.post(
        remittance(clp("PCN2", 200, 0, "CO-50 200"), trace_number="EFT2", payer=LAST, originator="1999999999")
    )
    off = replace(remittance(clp("PCN9", 50, 50), trace_number="EFT3"), payment_amount=money("50.01"))
    made.post(off)
    dismissed = made.post(replace(off, trace_number="EFT4", payment_amount=money("50.02")))
    release.dismiss_remittance(made.site, dismissed.remittance_id, reason="booked by hand", actor="pat")
    made.post(
        remittance(
            clp("PCN1", 100, 70, "CO-45 20, PR-2 10"),
            clp("NOBODYS", 40, 30, "CO-45 10"),
            plbs=[plb("L6", "-2.5")],
            trace_number="EFT1",
        )
    )
    name = PaymentName(kind=TRN, number="EFT1", originator="1512345678")
    deposits.add_deposit(made.site, day=date(2024, 1, 26), amount=money("102.50"), names=(name,), actor="pat")
    return made


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    @contextmanager
    def opened() -> Iterator[Site]:
        yield desk.site

    monkeypatch.setattr(state, "opened", opened)

    def call(*words: str) -> str:
        app(words, prog_name="gateway", standalone_mode=False)
        return capsys.readouterr().out

    return call


def test_every_cent_that_came_in_is_somewhere(desk: Desk):
    all_of_it = report.gather(desk.site, since=None, until=None).all.money
    assert (all_of_it.remittances, all_of_it.duplicates) == (4, 1)
    assert all_of_it.came_in == money("202.53") == all_of_it.posted + all_of_it.held + all_of_it.elsewhere
    assert (all_of_it.posted, all_of_it.held, all_of_it.elsewhere) == (
        money("102.50"),
        money("50.01"),
        money("50.02"),
    )
    assert (all_of_it.on_claims, all_of_it.suspense, all_of_it.provider) == (
        money(70),
        money(30),
        money("2.50"),
    )
    assert (all_of_it.deposited, all_of_it.not_deposited) == (money("102.50"), money("0.00"))
    assert (all_of_it.contractual, all_of_it.patient) == (money(20), money(10))


def test_each_payer_has_its_own_and_together_they_are_all(desk: Desk):
    told = report.gather(desk.site, since=None, until=None)
    assert [(one.payer, one.money.posted, one.denied) for one in told.payers] == [
        ("EXAMPLE HEALTH PLAN", money("102.50"), money(0)),
        ("LAST BENEFIT TRUST", money(0), money(200)),
    ]
    assert report.total(one.money for one in told.payers) == told.all.money == told.ever
    assert told.all.denied == money(200)


def test_money_that_is_matched_later_is_on_its_claim_then(desk: Desk):
    claim = desk.claim("PCN3", 40)
    with desk.store.read() as tx:
        (waiting,) = in_suspense(tx)
    desk.match(waiting.id, claim)
    moved = report.gather(desk.site, since=None, until=None).all.money
    assert (moved.on_claims, moved.suspense) == (money(100), money(0))
    desk.unmatch(waiting.id)
    back = report.gather(desk.site, since=None, until=None).all.money
    assert (back.on_claims, back.suspense) == (money(70), money(30))


def test_time_is_when_the_remittance_was_received(desk: Desk):
    now = desk.site.clock.now()
    with desk.store.write("age") as tx:
        tx.execute(
            update(remittances)
            .where(remittances.c.trace_number == "EFT1")
            .values(received_at=now - timedelta(days=30))
        )
        tx.audit(subject="test")
    recent = report.gather(desk.site, since=now - timedelta(days=7), until=None)
    assert recent.all.money.posted == money(0)
    assert recent.ever.posted == money("102.50")
    before = report.gather(desk.site, since=None, until=now - timedelta(days=7))
    assert before.all.money.came_in == money("102.50")
    assert before.all.denied == money(0)


def test_what_is_not_the_ledgers_is_refused(desk: Desk):
    with desk.store.write("tamper") as tx:
        tx.execute(
            update(remittances).where(remittances.c.trace_number == "EFT1").values(amount=money("102.51"))
        )
        tx.audit(subject="test")
    with pytest.raises(BooksBroken, match=r"received: 102\.51 of remittances, 102\.50 in the ledger"):
        report.gather(desk.site, since=None, until=None)


def test_screen_fits_and_json_says_the_same(run: Run):
    screen = run("money", "--since", "2000-01-01")
    assert max(map(len, screen.splitlines())) <= 80
    assert "came in  202.53 = posted 102.50 + held 50.01 + elsewhere 50.02" in screen
    *payers, everything = map(json.loads, run("money", "--since", "2000-01-01", "--json").splitlines())
    assert [one["payer"] for one in payers] == ["EXAMPLE HEALTH PLAN", "LAST BENEFIT TRUST"]
    assert everything["ties_to_ledger"] is True
    assert (everything["came_in"], everything["held"], everything["denied"]) == ("202.53", "50.01", "200.00")
    assert sum(Decimal(one["came_in"]) for one in payers) == Decimal(everything["came_in"])


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "soon"),
        ("--since", "x3d"),
        ("--since", "9999999999d"),
        ("--since", "2026-02-01", "--until", "2026-01-01"),
    ],
)
def test_a_time_that_is_none_is_refused_in_words(run: Run, words: tuple[str, ...]):
    with pytest.raises(UsageError):
        run("money", *words)


def test_ledger_check_says_of_how_much_it_is_the_proof(run: Run, desk: Desk):
    assert "the books balance: " in run("ledger", "check")
    told = json.loads(run("ledger", "check", "--json"))
    assert (told["kind"], told["ok"], told["claims"], told["remittances"]) == ("ledger_check", True, 2, 2)
