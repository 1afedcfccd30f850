"""The worked remittance of domain.md 4.14, posted: its table of postings, to the cent, and what the biller is told."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import BillingEntity, Settings
from gateway.store import exports, ledger
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, export_row
from tests.desk import Desk, clp, line, money, plb, remittance

JAN10, JAN12, DEC1 = date(2024, 1, 10), date(2024, 1, 12), date(2023, 12, 1)


def sample():
    """Return the remittance of 4.14."""
    first = clp(
        "PCN0001", "185.5", 115, control="ICN5001", patient_responsibility=money(25),
        patient_last_name="ROE", patient_first_name="RICHARD", member_id="MBR000111", statement_from=JAN10,
        service_lines=(
            line("99213", "125.5", 75, "CO-45 25.5, PR-3 25", modifiers=("25",), units=money(1), service_date=JAN10, line_control_number="PCN0001L1"),
            line("87880", 60, 40, "CO-45 20", units=money(1), service_date=JAN10, line_control_number="PCN0001L2"),
        ),
    )  # fmt: skip
    second = clp(
        "PCN0003", 300, 240, "CO-45 30, PR-1 30", control="ICN5002", patient_responsibility=money(30),
        patient_last_name="LOE", patient_first_name="LINDA", member_id="MBR000333", statement_from=JAN12,
    )  # fmt: skip
    reversal = clp(
        "PCN0100", -150, -100, control="ICN4000", status="22",
        patient_last_name="KOE", patient_first_name="KIM", member_id="MBR000444",
        service_lines=(line("99213", -150, -100, "CO-45 -30, PR-2 -20", units=money(1), service_date=DEC1, line_control_number="PCN0100L1"),),
    )  # fmt: skip
    correction = clp(
        "PCN0100", 150, 60, control="ICN4000A", patient_responsibility=money(40),
        patient_last_name="KOE", patient_first_name="KIM", member_id="MBR000444",
        service_lines=(line("99213", 150, 60, "CO-45 50, PR-2 40", units=money(1), service_date=DEC1, line_control_number="PCN0100L1"),),
    )  # fmt: skip
    return remittance(
        first, second, reversal, correction,
        plbs=[plb("L6", "-2.5"), plb("WO", "42.5", "ICN3999")],
        payment_amount=money(275),
        payer=Party(name="EXAMPLE HEALTH PLAN", id_type="XV", id="EXH01"),
        payee=Party(name="ELM STREET CLINIC", id_type="XX", id="1098765435", references=(RemittanceReference(qualifier="TJ", id="371234567"),)),
        payment_date=date(2024, 1, 26),
    )  # fmt: skip


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    elm = BillingEntity(name="ELM STREET CLINIC", npi="1098765435", tax_id="371234567")
    return Desk(any_store, settings.model_copy(update={"billing_entity": (elm,)}), archive, tmp_path)


def test_postings(desk: Desk):
    desk.claim("PCN0001", "185.5", payer="EXH01", day=JAN10)
    desk.claim("PCN0003", 300, payer="EXH01", member="MBR000333", name=("LOE", "LINDA"), day=JAN12)
    desk.claim("PCN0100", 150, payer="EXH01", member="MBR000444", name=("KOE", "KIM"), day=DEC1)
    earlier = clp("PCN0100", 150, 100, "CO-45 30, PR-2 20", control="ICN4000", member_id="MBR000444")
    desk.post(remittance(earlier, trace_number="EFT0001111", payer=sample().payer, payee=sample().payee))
    before = desk.totals()

    result = desk.post(sample())
    assert (result.state, result.amount, result.claims) == ("posted", money(275), {"posted": 4})

    with desk.store.read() as tx:
        rows = tx.execute(
            select(claim_payment)
            .where(claim_payment.c.remittance == result.remittance_id)
            .order_by(claim_payment.c.ordinal)
        ).all()
        balances = ledger.trial_balance(tx)
    table = [(r.class_, r.paid, r.contractual, r.patient, r.charge) for r in rows]
    assert table == [
        ("paid", money(115), money("45.5"), money(25), money("185.5")),
        ("paid", money(240), money(30), money(30), money(300)),
        ("reversal", money(-100), money(-30), money(-20), money(-150)),
        ("paid", money(60), money(50), money(40), money(150)),
    ]
    assert balances["clearing:EIN-1512345678:EFT0009876"] == money(275)
    provider = {k.split(":")[3]: -v for k, v in balances.items() if k.startswith("provider:")}
    assert provider == {"L6": money("2.5"), "WO": money("-42.5")}
    after = desk.totals()
    assert after["paid"] - before["paid"] == money(315)
    assert after["contractual"] == money("125.5")
    assert after["patient"] == money(95)
    assert (after["open"], after["suspense"]) == (0, 0)


def test_rows_for_the_billing_system_add_up_to_the_same(desk: Desk):
    desk.claim("PCN0001", "185.5", payer="EXH01", day=JAN10)
    desk.claim("PCN0003", 300, payer="EXH01", member="MBR000333", day=JAN12)
    result = desk.post(sample())
    assert result.claims == {"posted": 2, "suspense": 2}
    with desk.store.read() as tx:
        sealed = tx.execute(
            select(export_row.c.content_sealed).where(export_row.c.kind == exports.PAYMENT)
        ).scalars()
        rows = [tx.unseal_json(one) for one in sealed]
    by_disposition: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_disposition[row["disposition"]] += Decimal(row["amount"])
    assert by_disposition == {"money": money(275), "contractual": money("75.5"), "patient": money(55)}
    assert {row["kind"] for row in rows} == {
        "payment",
        "adjustment",
        "patient_responsibility",
        "suspense",
        "interest",
        "provider_adjustment",
    }
    (copay,) = [
        r for r in rows if r["kind"] == "patient_responsibility" and r["patient_control_number"] == "PCN0001"
    ]
    wanted = {
        "amount": "25.00", "group": "PR", "reason": "3", "service_line": 1, "line_control_number": "PCN0001L1",
        "procedure": "99213", "modifiers": ["25"], "service_date": "2024-01-10", "payer_control_number": "ICN5001",
        "trace_number": "EFT0009876", "payment_date": "2024-01-26", "payer": "EXAMPLE HEALTH PLAN",
    }  # fmt: skip
    assert {k: copay[k] for k in wanted} == wanted


def test_off_by_a_cent_posts_nothing(desk: Desk):
    claim = desk.claim("PCN0001", "185.5", payer="EXH01", day=JAN10)
    result = desk.post(replace(sample(), payment_amount=money("275.01")))
    assert (result.state, result.reason) == ("quarantined", "ERA-B4")
    assert desk.account(claim)["open"] == money("185.5")
