"""A billing system that knows nothing but docs/exports.md posts by its example, and has the ledger's figures to the cent."""

import json
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.model.deposit import TRN, PaymentName
from gateway.model.remittance import Party, RemittanceReference
from gateway.responses import deposits
from gateway.responses.export import export_pending, write_again
from gateway.settings import Settings
from gateway.store import claim_payments, claims, ledger
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, plb, remittance

PAGE = Path(__file__).parents[2] / "docs" / "exports.md"
SECOND = "1999999999"


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def importer(folder: Path) -> Path:
    """Write the page's program as a user would copy it."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = folder / "importer.py"
    path.write_text(program, encoding="utf-8")
    return path


def imported(desk: Desk, folder: Path) -> dict:
    books = folder / "books.json"
    subprocess.run(
        [sys.executable, str(importer(folder)), str(desk.site.inbound), str(books)], check=True, timeout=60
    )
    return json.loads(books.read_text())


def agrees_with_the_ledger(desk: Desk, told: dict) -> None:
    with desk.store.read() as tx:
        totals = ledger.totals(tx)
        for claim_id, sums in told["claims"].items():
            account = ledger.claim_account(tx, claim_id)
            assert [Decimal(sums.get(name, 0)) for name in ("money", "contractual", "patient")] == [
                account.paid,
                account.adjusted,
                account.patient,
            ], claim_id
            assert [one.id for one in claims.with_pcn(tx, sums["account"])] == [claim_id]
    paid = sum((Decimal(sums.get("money", 0)) for sums in told["claims"].values()), Decimal(0))
    other = {name: Decimal(amount) for name, amount in told["other"].items()}
    assert paid == totals["paid"]
    assert other.get("suspense", 0) == totals["suspense"]
    assert other.get("interest", 0) + other.get("provider_adjustment", 0) == totals["provider_adjustments"]
    assert other.get("deposit", 0) == totals["received"] - totals["not_deposited"]


def everything_a_payer_does(desk: Desk) -> None:
    """Play payments, denials, a bonus, splits, a second payer, a reversal with its correction, interest, debts, a stranger."""
    for number, charge in (("PCN1", 185.5), ("PCN2", 100), ("PCN3", 200), ("PCN4", 80), ("PCN5", 60)):
        desk.claim(number, charge)
    services = (
        line("99213", "125.50", "80.40", "CO-45 25.10, PR-3 20"),
        line("87880", 60, "43.20", "CO-45 12, PR-2 4.80"),
    )
    taken_back = (
        line("99213", "-125.50", "-80.40", "CO-45 -25.10, PR-3 -20"),
        line("87880", -60, "-43.20", "CO-45 -12, PR-2 -4.80"),
    )
    desk.post(
        remittance(
            clp("PCN1", "185.50", "123.60", service_lines=services),
            clp("PCN2", 100, 0, "CO-50 100", control="ICN2"),
            clp("PCN3", 200, 100, "CO-45 55, PR-2 45", control="ICN3"),
            clp("PCN4", 40, 30, "CO-45 10", control="ICN4"),
            clp("PCN4", 40, 25, "CO-45 10, PR-1 5", control="ICN4S2"),
            clp("PCN5", 60, 65, "CO-144 -5", control="ICN5"),
            clp("STRANGE", 40, 30, "CO-45 10", control="ICN6"),
            plbs=[plb("L6", "-1.50"), plb("WO", 20, "ICN0"), plb("FB", -5, "EFT1")],
            trace_number="EFT1",
        )
    )
    second = Party(name="SECOND HEALTH PLAN", references=(RemittanceReference(qualifier="2U", id="87726"),))
    desk.post(
        remittance(
            clp("PCN3", 200, 35, "OA-23 155, PR-3 10", status="2", control="ICN3B"),
            payer=second,
            originator=SECOND,
            trace_number="EFT2",
        )
    )
    desk.post(
        remittance(
            clp("PCN2", 100, 60, "CO-45 25, PR-1 15", control="ICN2A"),
            clp("PCN2", -100, 0, "CO-50 -100", status="22", control="ICN2"),
            clp("PCN1", "-185.50", "-123.60", status="22", service_lines=taken_back),
            plbs=[plb("FB", "-63.60", "EFT3")],
            trace_number="EFT3",
        )
    )
    name = PaymentName(kind=TRN, number="EFT2", originator=SECOND)
    deposits.add_deposit(desk.site, day=date(2024, 1, 26), amount=money(35), names=(name,), actor="pat")


def test_the_page_s_program_has_the_ledgers_figures(desk: Desk, tmp_path: Path):
    everything_a_payer_does(desk)
    export_pending(desk.site)
    told = imported(desk, tmp_path)
    assert len(told["claims"]) == 5
    assert Decimal(told["other"]["suspense"]) == 30
    agrees_with_the_ledger(desk, told)


def test_it_follows_what_people_match_and_take_back_and_posts_no_file_twice(desk: Desk, tmp_path: Path):
    everything_a_payer_does(desk)
    written = export_pending(desk.site)
    imported(desk, tmp_path)
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    claim = desk.claim("OURS9", 40)
    desk.match(waiting.id, claim)
    export_pending(desk.site)
    matched = imported(desk, tmp_path)
    assert matched["claims"][claim] == {"account": "OURS9", "money": "30.00", "contractual": "10.00"}
    agrees_with_the_ledger(desk, matched)
    desk.unmatch(waiting.id)
    export_pending(desk.site)
    for one in written:
        write_again(desk.site, one, actor="pat")
    undone = imported(desk, tmp_path)
    assert undone["claims"][claim] == {"account": "OURS9", "money": "0.00", "contractual": "0.00"}
    agrees_with_the_ledger(desk, undone)
    assert imported(desk, tmp_path) == undone


def test_what_is_taken_off_a_claim_names_it_as_the_office_does(desk: Desk):
    """The rows of `unmatch` named the claim by the payer's number: another account of the office, or none."""
    desk.post(remittance(clp("WRONG1", 40, 30, "CO-45 10")))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    claim = desk.claim("OURS9", 40)
    desk.match(waiting.id, claim)
    desk.unmatch(waiting.id)
    export_pending(desk.site)
    rows = [
        json.loads(text)
        for path in desk.site.inbound.glob("payments_*.jsonl")
        for text in path.read_text().splitlines()
    ]
    assert {row["patient_control_number"] for row in rows if row.get("claim") == claim} == {"OURS9"}
    assert {row["patient_control_number"] for row in rows if row["kind"] == "suspense"} == {"WRONG1"}
