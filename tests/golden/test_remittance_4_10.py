"""The worked cases of domain.md 4.10: bundled, unbundled, split lines, and a claim split in two - to the cent, line by line."""

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.model.remittance import RemittanceClaim
from gateway.responses.export import export_pending
from gateway.settings import Settings
from gateway.store import ledger, views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, remittance, service


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def by_line(desk: Desk, claim: str) -> list[tuple[str, str, str, str, str | None]]:
    """Return line, paid, contractual, patient and open of each line as `gateway show` has them."""
    with desk.store.read() as tx:
        account = ledger.claim_account(tx, claim)
        rows = views.show(tx, claim)["service_lines"]
    for name in ("paid", "patient"):
        assert sum((r[name] for r in rows), Decimal(0)) == getattr(account, name)
    assert sum((r["contractual"] for r in rows), Decimal(0)) == account.adjusted
    return [
        (
            r["line"],
            *(str(r[n]) if r[n] is not None else None for n in ("paid", "contractual", "patient", "open")),
        )
        for r in rows
    ]


def post(desk: Desk, *answers: RemittanceClaim, **more: object) -> None:
    result = desk.post(remittance(*answers, **more))
    assert (result.state, result.claims) == ("posted", {"posted": len(answers)})


def claim(desk: Desk, charge: object, services: Sequence) -> str:
    return desk.claim("PCN1", charge, services=services)


def test_bundled(desk: Desk):
    sent = claim(desk, 200, [service("A0001", 100), service("B0001", 100)])
    post(
        desk,
        clp("PCN1", 200, 120, service_lines=(
            line("C0001", 100, 120, "OA-94 -100, CO-45 80", submitted_procedure="A0001"),
            line("C0001", 100, 0, "CO-97 100", submitted_procedure="B0001"),
        )),
    )  # fmt: skip
    # 200 - 80 = 120: what line 2 gave up to the bundle (CO-97) line 1 took over (OA-94), so that nothing is left open
    account = desk.account(sent)
    assert (account["paid"], account["adjusted"], account["open"]) == (money(120), money(80), 0)
    assert by_line(desk, sent) == [
        ("1", "120.00", "80.00", "0.00", "-100.00"),
        ("2", "0.00", "0.00", "0.00", "100.00"),
    ]


def test_unbundled(desk: Desk):
    sent = claim(desk, 100, [service("P0001", 100, line_control_number="K1")])
    post(
        desk,
        clp("PCN1", 100, 70, service_lines=(
            line("X0001", 100, 40, "CO-45 60", submitted_procedure="P0001", line_control_number="K1"),
            line("Y0001", 0, 30, "OA-94 -30", submitted_procedure="P0001", line_control_number="K1"),
        )),
    )  # fmt: skip
    # 100 - 30 = 70: the second part takes 30 over from the first, so 30 of the 60 were never given up
    account = desk.account(sent)
    assert (account["paid"], account["adjusted"], account["open"]) == (money(70), money(30), 0)
    assert by_line(desk, sent) == [("1", "70.00", "30.00", "0.00", "0.00")]


def test_split_units(desk: Desk):
    sent = claim(desk, 100, [service("97110", 100, units=money(10), line_control_number="K1")])
    post(
        desk,
        clp("PCN1", 100, 80, service_lines=(
            line("97110", 60, 50, "CO-45 10", units=money(6), line_control_number="K1"),
            line("97110", 40, 30, "PR-2 10", units=money(4), line_control_number="K1"),
        )),
    )  # fmt: skip
    assert by_line(desk, sent) == [("1", "80.00", "10.00", "10.00", "0.00")]


def test_a_claim_split_in_two_is_one_claim(desk: Desk):
    sent = claim(desk, 150, [service("99213", 100), service("87880", 50)])
    post(
        desk,
        clp("PCN1", 100, 70, control="ICN1", service_lines=(line("99213", 100, 70, "CO-45 30"),)),
        clp("PCN1", 50, 40, control="ICN2", service_lines=(line("87880", 50, 40, "PR-1 10"),)),
    )
    assert by_line(desk, sent) == [
        ("1", "70.00", "30.00", "0.00", "0.00"),
        ("2", "40.00", "0.00", "10.00", "0.00"),
    ]


def test_lines_that_come_to_nothing_of_ours_and_claim_level_amounts(desk: Desk):
    sent = claim(desk, 100, [service("99213", 60), service("87880", 40)])
    result = desk.post(
        remittance(
            clp("PCN1", 100, 75, "PR-3 10", service_lines=(
                line("99213", 60, 50, "CO-45 10"),
                line("ZZZZZ", 40, 35, "CO-45 5"),
            )),
        )
    )  # fmt: skip
    assert [f.code for f in result.findings if f.code == "ERA-LINE"] == ["ERA-LINE"]
    assert by_line(desk, sent) == [
        ("claim level", "25.00", "5.00", "10.00", None),
        ("1", "50.00", "10.00", "0.00", "0.00"),
    ]


def test_a_reversal_takes_back_line_by_line(desk: Desk):
    sent = claim(desk, 160, [service("99213", 100), service("87880", 60)])
    lines = (line("99213", 100, 70, "CO-45 20, PR-2 10"), line("87880", 60, 60))
    undone = (line("87880", -60, -60), line("99213", -100, -70, "CO-45 -20, PR-2 -10"))
    post(desk, clp("PCN1", 160, 130, service_lines=lines))
    desk.post(
        remittance(
            clp("PCN1", -160, -130, status="22", service_lines=undone),
            clp(
                "PCN1", 160, 140, control="ICN2", service_lines=(line("99213", 100, 80, "CO-45 20"), lines[1])
            ),
            trace_number="T2",
        )
    )
    assert by_line(desk, sent) == [
        ("1", "80.00", "20.00", "0.00", "0.00"),
        ("2", "60.00", "0.00", "0.00", "0.00"),
    ]


def test_the_billing_system_gets_our_line_beside_the_payers(desk: Desk):
    claim(
        desk,
        160,
        [service("99213", 100, line_control_number="K1"), service("87880", 60, line_control_number="K2")],
    )
    post(
        desk,
        clp(
            "PCN1",
            160,
            160,
            service_lines=(line("87880", 60, 60, line_control_number="2"), line("99213", 100, 100)),
        ),
    )
    export_pending(desk.site)
    (path,) = desk.site.inbound.glob("payments_*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [
        (
            r["service_line"],
            r["line_control_number"],
            r["claim_line"],
            r["claim_line_control_number"],
            r["line_match"],
        )
        for r in rows
    ] == [("1", "2", "2", "K2", "line_counter"), ("2", "", "1", "K1", "without_date")]
