"""Whatever a person asks about the money is answered by both databases, and alike: lists, figures, pages, one thing at a time."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.model.deposit import CHECK, TRN, PaymentName
from gateway.model.remittance import Party, RemittanceReference
from gateway.ops.reports import eob
from gateway.ops.reports import money as money_report
from gateway.responses import denials, proposals
from gateway.responses import deposits as office
from gateway.responses import plb as provider_accounts
from gateway.settings import Settings
from gateway.store import (
    claims,
    credit_balances,
    crossovers,
    figures,
    open_money,
    plb,
    queue,
    unanswered,
    views,
)
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim, claim_payment, deposit
from gateway.store.schema import remittance as remittances
from tests.desk import Desk, clp, line, money, remittance
from tests.desk import plb as pair

SECOND = {
    "payer": Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="70070"),)),
    "originator": "1999999999",
}
ALIEN = clp("ALIEN", 500, 500, control="X")
DENIED_LINE = (line("99213", 60, 60), line("87880", 40, 0, "CO-50 40"))


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path, clock: MovableClock) -> Desk:
    """Return an office a year after it got one of everything."""
    made = Desk(any_store, settings, archive, tmp_path)
    sent = {n: made.claim(f"PCN{n}", 100) for n in range(1, 9)}
    with made.store.read() as tx:
        version = claims.get(tx, sent[2]).version_id
    made.submit(sent[2], version, payer="70070", sequence="S")
    made.post(
        remittance(
            clp("PCN1", 100, 70, "CO-45 30"),
            clp("PCN2", 100, 60, "CO-45 10, PR-2 30", control="B"),
            clp("PCN3", 100, 0, "CO-16 100", status="4", control="C"),
            clp("PCN4", 100, 60, service_lines=DENIED_LINE, control="D"),
            clp("PCN5", 100, 0, "OA-109 100", status="23", control="E"),
            clp("PCN6", 100, 0, "CO-24 100", control="F"),
            clp("PCN7", 100, 120, "OA-94 -20", control="G"),
            plbs=[pair("WO", 5, "ICN1"), pair("FB", -10, "OLD")],
            trace_number="T1",
        )
    )
    second = clp("PCN2", 100, 20, "OA-23 70, CO-45 10", status="2", control="S1")
    made.post(remittance(second, trace_number="T2", **SECOND))
    made.post(
        remittance(clp("PCN1", -100, -70, "CO-45 -30", status="22"), ALIEN, trace_number="T3", payment_method="CHK")
    )  # fmt: skip
    made.post(remittance(clp("PCN8", 100, 70, "CO-45 30"), trace_number="T4", payment_amount=money(1)))
    for amount, name in (
        (20, PaymentName(kind=TRN, number="t2", originator="1999999999")),
        (21, PaymentName(kind=TRN, number="T4", originator="1512345678")),
        (430, PaymentName(kind=CHECK, number="00T3")),
    ):
        office.add_deposit(made.site, day=date(2024, 1, 26), amount=money(amount), names=[name], actor="pat")
    clock.advance(timedelta(days=400))
    made.check()
    return made


def test_lists(desk: Desk):
    settings = desk.site.settings
    with desk.store.read() as tx:
        found = proposals.in_queue(tx, settings, queue.items(tx, settings, tx.now()))
        open_parts = list(denials.denials(tx, settings, denials.Wanted()))
        (credit,) = credit_balances.open_credits(tx)
        (back,) = unanswered.after_reversals(tx)
        (sent_on,) = crossovers.waiting(tx)
        standing = list(provider_accounts.standing(tx, plb.accounts(tx)))
        (money_alone,) = open_money.waiting_deposits(tx, settings, tx.now())
        (unpaid,) = open_money.waiting_remittances(tx, settings, tx.now())
    assert Counter((item.kind, item.id[0]) for item in found) == {
        ("unmatched", "P"): 1, ("unmatched", "D"): 1, ("quarantined", "M"): 1, ("denied", "P"): 1, ("open", "A"): 2,
        ("credit", "C"): 1, ("silent", "P"): 1, ("silent", "M"): 1,
    }  # fmt: skip
    assert Counter(one.class_ for one in open_parts) == {"denied": 2, "capitated": 1, "reversal": 1}
    assert (credit.to_payers, back.amount, sent_on.answered) == (20, 100, False)
    assert {one.account.code: (len(one.ties), one.account.balance) for one in standing} == {
        "WO": (1, -5),
        "FB": (0, 10),
    }
    assert (money_alone.deposit.amount, len(money_alone.held)) == (21, 1)
    assert unpaid.remittance.open == 315


def test_figures(desk: Desk):
    now = desk.store.clock.now()
    with desk.store.read() as tx:
        counted = figures.figures(tx)
    assert (counted.remittances_posted, counted.remittances_quarantined) == (3, 1)
    report = money_report.gather(desk.site, since=now - timedelta(days=500), until=now)
    assert [(one.payer, one.money.came_in, one.money.deposited) for one in report.payers] == [
        ("EXAMPLE HEALTH PLAN", 746, 430),
        ("SECOND PLAN", 20, 20),
    ]
    assert (report.all.money, report.all.money.not_deposited) == (report.ever, 315)
    assert (report.all.denied, report.all.review) == (140, 200)


def test_one_thing_at_a_time(desk: Desk):
    with desk.store.read() as tx:
        for table in (claim, claim_payment, remittances, deposit):
            for identifier in tx.execute(select(table.c.id)).scalars():
                assert views.show(tx, identifier)["type"] == table.name
                if table is not deposit:
                    assert eob.explain(desk.site, tx, identifier, reveal=True).id == identifier
                assert views.events(tx, partner="north", claim_id=identifier, limit=5) is not None
