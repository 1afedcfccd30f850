"""A paper remittance entered as JSON: archived, judged and posted as one that came by wire, once, under a name."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import UsageError
from gateway.model import codec
from gateway.ops.cli import state
from gateway.ops.cli.main import app
from gateway.responses import enter, export, paper, sort
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import claim_payments, exports, inbox, queue, remittances, statement, views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, plb, remittance

SOURCE = "check image 2024-01-26/0017"


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def check(**changes: Any) -> dict[str, Any]:
    """Return a check for one claim as a person types it."""
    claim = {
        "patient_control_number": "PCN0100", "status_code": "1", "charge": "150.00", "paid": 100.00, "member_id": "MBR000111",
        "payer_control_number": "ICN4000",
        "service_lines": [
            {"procedure": "99213", "charge": 150, "paid": "100", "adjustments": [
                {"group": "CO", "reason": "45", "amount": "30"}, {"group": "PR", "reason": "2", "amount": "20"}]}
        ],
    }  # fmt: skip
    return {
        "entered_from": SOURCE,
        "payer": {"name": "EXAMPLE HEALTH PLAN", "references": [{"qualifier": "2U", "id": "60054"}]},
        "payee": {"name": "ROE CLINIC", "id_type": "XX", "id": "1098765435"},
        "payment_method": "CHK", "payment_amount": "97.50", "payment_date": "2024-01-26", "trace_number": "0017",
        "claims": [claim],
        "provider_adjustments": [{"provider": "1098765435", "reason": "WO", "amount": "2.50"}],
        **changes,
    }  # fmt: skip


def entered(desk: Desk, record: dict[str, Any], *, trial: bool = False) -> enter.EnteredRemittance:
    data = json.dumps(record).encode()
    said, faults = paper.parse(data)
    assert faults == []
    assert said is not None
    done = (enter.rehearse if trial else enter.enter)(desk.site, said, data, actor="user:pat")
    desk.check()
    return done


def test_posts_like_one_that_came_by_wire(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    done = entered(desk, check())
    assert (done.remittance.state, done.remittance.amount) == ("posted", money("97.5"))
    assert (done.remittance.entered_by, done.remittance.entered_from) == ("user:pat", SOURCE)
    assert desk.account(claim) == {"charge": 150, "paid": 100, "adjusted": 30, "patient": 20, "open": 0}
    assert done.receipt is not None
    with desk.store.read() as tx:
        received = inbox.get(tx, done.receipt)
        rows = statement.told(tx, done.payments)[done.payments[0].id]
        events = [e for e in views.events(tx) if e["subject"] == done.receipt]
    assert (received.partner, received.state, received.raw_copied) == (paper.HAND, "processed", True)
    assert json.loads(desk.site.archive.get(received.blob)) == json.loads(json.dumps(check()))
    assert {(row["entered_by"], row["entered_from"], row["partner"]) for row in rows} == {
        ("user:pat", SOURCE, paper.HAND)
    }
    assert {e["actor"] for e in events} == {"user:pat"}
    export.export_pending(desk.site)
    (csv,) = desk.site.inbound.glob("payments_*.csv")
    assert SOURCE in csv.read_text()


def test_same_bytes_and_same_check_post_once(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    first = entered(desk, check())
    again = entered(desk, check())
    assert (again.again, again.remittance.id, again.receipt) == (True, first.remittance.id, first.receipt)
    other = entered(desk, check(entered_from="the same check, another image"))
    assert other.remittance.state == "duplicate"
    changed = check(payment_amount="100", provider_adjustments=[])
    assert entered(desk, changed).remittance.state in {"posted", "quarantined"}
    assert desk.account(claim)["paid"] == 100


def test_the_835_that_comes_after_its_paper_is_held(desk: Desk):
    desk.claim("PCN0100", 150)
    said, _ = paper.parse(json.dumps(check()).encode())
    assert said is not None
    first = entered(desk, check())
    for day in (26, 27):
        late = desk.post(replace(said.remittance, payment_date=date(2024, 1, day)))
        assert (late.state, (late.reason or "").split()[:2]) == (
            "quarantined",
            ["ERA-DUP", first.remittance.id],
        )


def test_trial_shows_what_would_post_and_keeps_nothing(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    before = desk.totals()
    with desk.store.read() as tx:
        events = len(views.events(tx))
    done = entered(desk, check(), trial=True)
    assert (done.receipt, done.remittance.state) == (None, "posted")
    (payment,) = done.payments
    assert (payment.claim, payment.paid, payment.contractual, payment.patient) == (claim, 100, 30, 20)
    assert desk.totals() == before
    with desk.store.read() as tx:
        assert len(views.events(tx)) == events
        assert exports.waiting(tx, exports.PAYMENT) == 0
        assert inbox.pending(tx) == []
    assert entered(desk, check()).again is False


def test_what_does_not_add_up_is_held_and_said(desk: Desk):
    claim = desk.claim("PCN0100", 150)
    trial = entered(desk, check(payment_amount="99"), trial=True)
    assert [f.code for f in trial.findings if f.severity.value == "error"] == ["ERA-B4"]
    done = entered(desk, check(payment_amount="99"))
    assert (done.remittance.state, done.remittance.reason) == ("quarantined", "ERA-B4")
    assert desk.account(claim)["paid"] == 0
    with desk.store.read() as tx:
        items = queue.items(tx, desk.site.settings, desk.site.clock.now())
    assert done.remittance.id in [item.id for item in items]
    assert entered(desk, check()).remittance.state == "posted"


def test_unknown_claim_waits_in_suspense_and_keeps_its_source(desk: Desk):
    done = entered(desk, check())
    (payment,) = done.payments
    assert payment.state == "suspense"
    claim = desk.claim("PCN0200", 150)
    desk.match(payment.id, claim)
    with desk.store.read() as tx:
        rows = statement.told(tx, [payment])[payment.id]
    assert {row["entered_from"] for row in rows} == {SOURCE}


def test_crash_before_posting_is_made_good_by_the_daemon(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    claim = desk.claim("PCN0100", 150)
    data = json.dumps(check()).encode()
    said, _ = paper.parse(data)
    assert said is not None
    with monkeypatch.context() as broken:
        broken.setattr(
            enter.sort, "process_receipt", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            enter.enter(desk.site, said, data, actor="user:pat")
    assert desk.account(claim)["paid"] == 0
    sort.process(desk.site)
    assert desk.account(claim)["paid"] == 100
    with desk.store.read() as tx:
        (payment,) = claim_payments.posted(tx, [claim])[claim]
        assert remittances.get(tx, payment.remittance).entered_by == "user:pat"
    assert entered(desk, check()).again is True
    done = entered(desk, check())
    assert done.receipt is not None
    sort.reread(desk.site, done.receipt, "user:sam")
    assert desk.account(claim)["paid"] == 100


WRONG: tuple[tuple[Callable[[dict[str, Any]], Any], str, str], ...] = (
    (lambda r: r.pop("entered_from"), "HAND-SOURCE", "entered_from"),
    (lambda r: r.update(entered_from=" "), "HAND-SOURCE", "entered_from"),
    (lambda r: r.pop("payment_amount"), "HAND-FIELD", "payment_amount"),
    (lambda r: r.update(payment_amount="much"), "HAND-FIELD", "payment_amount"),
    (lambda r: r.update(payment_amount="NaN"), "HAND-FIELD", "payment_amount"),
    (lambda r: r.update(payment_date="26.1.2024"), "HAND-FIELD", "payment_date"),
    (lambda r: r["claims"][0].update(charge=None), "HAND-FIELD", "claims[0].charge"),
    (lambda r: r["claims"][0].update(chrage=1), "HAND-UNKNOWN", "claims[0].chrage"),
    (
        lambda r: r["claims"][0]["service_lines"][0].update(units={}),
        "HAND-FIELD",
        "claims[0].service_lines[0].units",
    ),
    (lambda r: r.update(claims={}), "HAND-FIELD", "claims"),
)


@pytest.mark.parametrize(("spoil", "code", "element"), WRONG)
def test_faults_name_their_place_and_quote_nothing(
    spoil: Callable[[dict[str, Any]], Any], code: str, element: str
):
    record = check()
    spoil(record)
    said, faults = paper.parse(json.dumps(record).encode())
    assert said is None
    assert (code, element) in [(f.code, f.element) for f in faults]
    assert all("much" not in f.message and "PCN" not in f.message for f in faults)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b'{"entered_from": NaN}', b"[" * 100_000])
def test_no_json_is_said(data: bytes):
    said, faults = paper.parse(data)
    assert said is None
    assert faults[0].code == "HAND-JSON"


def test_what_read_prints_can_be_entered():
    item = remittance(
        clp("PCN1", 100, 90, "CO-45 10", service_lines=(line("99213", 100, 90, "CO-45 10"),)),
        plbs=[plb("L6", "-1")],
    )
    printed = {"kind": "remittance", "schema_version": "1", "source": {}, "balanced": True, "imbalances": []}
    said, faults = paper.parse(json.dumps({**printed, **codec.to_json(item), "entered_from": "x"}).encode())
    assert faults == []
    assert said is not None
    assert codec.to_json(said.remittance) == codec.to_json(item)


def test_command(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    @contextmanager
    def opened() -> Iterator[Site]:
        yield desk.site

    monkeypatch.setattr(state, "opened", opened)
    claim = desk.claim("PCN0100", 150)
    file = tmp_path / "check.json"
    file.write_text(json.dumps(check()))

    def call(*words: str) -> tuple[Any, str]:
        code = app(["remit", *words], prog_name="gateway", standalone_mode=False)
        return code, capsys.readouterr().out

    code, out = call(str(file), "--dry-run")
    assert code == 0
    assert "would be posted; nothing was kept, 97.50" in out
    assert claim in out
    code, out = call(str(file), "--json")
    *_, last = map(json.loads, out.splitlines())
    assert (code, last["kind"], last["state"], last["amount"], last["again"]) == (
        0,
        "remit",
        "posted",
        "97.50",
        False,
    )
    file.write_text("{}")
    with pytest.raises(UsageError, match="says no remittance"):
        call(str(file))
    file.write_text(json.dumps(check(payment_amount="1", trace_number="0018")))
    assert call(str(file))[0] == 1
