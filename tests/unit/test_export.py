"""Files for the billing system: written once, again only after a crash - then the same - or when asked (law 5)."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from gateway import failpoints
from gateway.errors import NotFound
from gateway.model.remittance import RemittanceAmount
from gateway.responses.export import PAYMENT_COLUMNS, STATUS_COLUMNS, export_pending, write_again
from gateway.settings import Settings
from gateway.store import claim_payments, exports
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, plb, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def inbound(desk: Desk) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(desk.site.inbound.iterdir())}


def lines(desk: Desk, stem: str) -> list[dict]:
    return [
        json.loads(text)
        for name, data in inbound(desk).items()
        if name.startswith(stem) and name.endswith(".jsonl")
        for text in data.decode().splitlines()
    ]


def paid(desk: Desk, pcn: str = "PCN1", trace: str = "T1") -> None:
    desk.claim(pcn, 100)
    services = (
        line("99213", 100, 70, "CO-45 20, PR-2 10", line_control_number="L1", modifiers=("25", "59")),
    )
    desk.post(
        remittance(clp(pcn, 100, 70, service_lines=services), plbs=[plb("L6", "-1.5")], trace_number=trace)
    )


def test_payments_and_status_reach_inbound(desk: Desk):
    paid(desk)
    written = export_pending(desk.site)
    assert len(written) == 2
    rows = lines(desk, "payments_")
    assert [(r["kind"], r["disposition"], r["amount"]) for r in rows] == [
        ("payment", "money", "70.00"),
        ("adjustment", "contractual", "20.00"),
        ("patient_responsibility", "patient", "10.00"),
        ("interest", "money", "1.50"),
    ]
    assert len({r["posting_id"] for r in rows}) == len(rows)
    assert all(r["schema_version"] == 1 for r in rows)
    (status,) = lines(desk, "claim_status_")
    wanted = {
        "kind": "claim_status",
        "patient_control_number": "PCN1",
        "state": "paid",
        "by": "835",
        "codes": "CO-45 PR-2",
        "open": "0.00",
    }
    assert {k: status[k] for k in wanted} == wanted


def test_csv_says_the_same_as_json(desk: Desk):
    paid(desk)
    export_pending(desk.site)
    for stem, columns in (("payments_", PAYMENT_COLUMNS), ("claim_status_", STATUS_COLUMNS)):
        (name,) = [n for n in inbound(desk) if n.startswith(stem) and n.endswith(".csv")]
        table = list(csv.DictReader(inbound(desk)[name].decode().splitlines()))
        assert tuple(table[0]) == columns
        for row, said in zip(table, lines(desk, stem), strict=True):
            assert set(said) - {"schema_version"} <= set(columns) | {"kind"}
            for column in columns:
                value = said.get(column)
                assert row[column] == (
                    " ".join(value)
                    if isinstance(value, list)
                    else value
                    if isinstance(value, str)
                    else ""
                    if value is None
                    else str(value)
                )


def test_nothing_is_written_twice(desk: Desk):
    paid(desk)
    export_pending(desk.site)
    before = inbound(desk)
    assert export_pending(desk.site) == []
    assert inbound(desk) == before
    paid(desk, "PCN2", "T2")
    assert len(export_pending(desk.site)) == 2
    rows = lines(desk, "payments_")
    assert len({r["posting_id"] for r in rows}) == len(rows) == 8


@pytest.mark.parametrize("where", ["export.before_write", "export.after_write"])
def test_crash_between_commit_and_mark_writes_the_same_file_again(desk: Desk, where: str):
    paid(desk)
    failpoints.arm(where, "raise")
    with pytest.raises(OSError, match=where):
        export_pending(desk.site)
    left = inbound(desk) if desk.site.inbound.exists() else {}
    with desk.store.read() as tx:
        (pending,) = exports.pending(tx)
    written = export_pending(desk.site)
    assert written[0] == pending.id
    after = inbound(desk)
    assert all(after[name] == data for name, data in left.items())
    assert len(after) == 4
    with desk.store.read() as tx:
        assert exports.pending(tx) == []
        assert exports.get(tx, pending.id).state == "written"


def test_a_file_is_whole_or_not_there(desk: Desk):
    paid(desk)
    export_pending(desk.site)
    assert all(re.fullmatch(r"(payments|claim_status)_X-\w{10}\.(jsonl|csv)", name) for name in inbound(desk))


def test_written_again_only_when_asked(desk: Desk):
    paid(desk)
    export_id = export_pending(desk.site)[0]
    before = inbound(desk)
    for path in desk.site.inbound.iterdir():
        path.unlink()
    assert export_pending(desk.site) == []
    write_again(desk.site, export_id, actor="pat")
    assert all(before[name] == data for name, data in inbound(desk).items())
    assert len(inbound(desk)) == 2
    with pytest.raises(NotFound):
        write_again(desk.site, "X-2222222222", actor="pat")


def test_queueing_a_posting_id_twice_is_nothing(desk: Desk):
    with desk.store.write("test") as tx:
        assert exports.queue(tx, exports.PAYMENT, "M-1-payment", {"amount": "1.00"})
        assert not exports.queue(tx, exports.PAYMENT, "M-1-payment", {"amount": "2.00"})
        tx.audit()
        with pytest.raises(ValueError, match="export kind"):
            exports.queue(tx, "gossip", "M-2", {})


def test_long_runs_are_cut_into_files(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exports, "ROWS_PER_EXPORT", 3)
    with desk.store.write("test") as tx:
        for n in range(7):
            exports.queue(tx, exports.PAYMENT, f"M-{n}", {"kind": "payment", "amount": "1.00"})
        tx.audit()
    assert len(export_pending(desk.site)) == 3
    assert sorted(r["posting_id"] for r in lines(desk, "payments_")) == [f"M-{n}" for n in range(7)]


def test_money_out_of_suspense_is_told_so_that_it_is_not_counted_twice(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("WRONG", 100, 70, "CO-45 30")))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    export_pending(desk.site)
    rows = lines(desk, "payments_")
    assert [(r["kind"], r["amount"]) for r in rows] == [
        ("suspense", "70.00"),
        ("suspense", "-70.00"),
        ("payment", "70.00"),
        ("adjustment", "30.00"),
    ]
    assert sum(Decimal(r["amount"]) for r in rows if r["disposition"] == "money") == 70
    assert rows[2]["patient_control_number"] == "PCN1"
    assert rows[2]["reported_control_number"] == "WRONG"


def test_rows_say_share_allowed_units_and_who_comes_next(desk: Desk):
    desk.claim("PCN0001", 150)
    allowed = (
        RemittanceAmount(qualifier="B6", amount=money(120)),
        RemittanceAmount(qualifier="KH", amount=money(1)),
    )
    said = clp(
        "PCN0001", 150, 60, "PR-1 5, PR-66 5", status="19", member_id="MBR000111", crossover_payer="POE MUTUAL",
        amounts=(RemittanceAmount(qualifier="AU", amount=money("120")),),
        service_lines=(line("99213", 150, 70, "CO-45 30, PR-2 40, PR-003 10", units=money(2), amounts=allowed),),
    )  # fmt: skip
    desk.post(remittance(said))
    export_pending(desk.site)
    (path,) = desk.site.inbound.glob("payments_*.jsonl")
    rows = [json.loads(text) for text in path.read_text().splitlines()]
    assert {(row["group"], row["reason"]): row["share"] for row in rows if row.get("group")} == {
        ("PR", "1"): "deductible", ("PR", "66"): "other", ("CO", "45"): None, ("PR", "2"): "coinsurance",
        ("PR", "003"): "copay",
    }  # fmt: skip
    assert {(row["charge"], row["allowed"], row.get("units")) for row in rows} == {
        ("150.00", "120.00", "2"), ("150.00", "120.00", None)
    }  # fmt: skip
    assert {row["crossover_payer"] for row in rows} == {"POE MUTUAL"}
    told = Path(__file__).parents[2] / "docs" / "exports.md"
    assert all(f"`{column}`" in told.read_text() for column in PAYMENT_COLUMNS)
