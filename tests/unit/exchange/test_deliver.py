"""Delivering and reconciling: what every fault leaves behind, and that nothing is ever sent again blindly."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.errors import (
    AuthRefused,
    ConnectionLost,
    HostKeyRefused,
    Refused,
    RemoteDenied,
    RemoteFailure,
    Stalled,
    TransportError,
    Unreachable,
)
from gateway.exchange import deliver, reconcile, retrying
from gateway.model.lifecycle import TransmissionState
from gateway.settings import Partner
from gateway.site import Site
from gateway.store import attempts, holds, partners, transmissions
from gateway.store.attempts import AttemptState
from gateway.store.schema import audit_event
from tests.wires import Faulty, folder_partner, sealed, site_of

T = TransmissionState
DATA = b"ISA*synthetic~" * 100


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


class Bench:
    """An installation with one partner that is a faulty folder."""

    def __init__(self, tmp_path: Path, clock: MovableClock, **profile: Any) -> None:
        self.root = tmp_path / "partner"
        self.profile: Partner = folder_partner(self.root, **profile)
        self.wire = Faulty(self.profile)
        self.clock = clock
        self.site: Site = site_of(tmp_path / "gateway", clock, lambda _name: self.wire, north=self.profile)
        self.id = sealed(self.site, "north", DATA)

    @property
    def final(self) -> Path:
        return self.root / "in" / "837P_000000001.837"

    @property
    def state(self) -> TransmissionState:
        with self.site.store.read() as tx:
            return transmissions.get(tx, self.id).state

    @property
    def evidence(self) -> str:
        with self.site.store.read() as tx:
            return transmissions.get(tx, self.id).evidence or ""

    @property
    def tries(self) -> list[attempts.Attempt]:
        with self.site.store.read() as tx:
            return attempts.of(tx, self.id)

    def holds(self) -> list[str]:
        with self.site.store.read() as tx:
            return holds.open_kinds(tx, self.id)

    def deliver(self) -> deliver.DeliverResult:
        return deliver.deliver_due(self.site, "north")

    def deliver_broken(self) -> None:
        with pytest.raises(TransportError):
            self.deliver()

    def reconcile(self) -> int:
        return reconcile.reconcile(self.site, "north")

    def files(self) -> list[str]:
        return sorted(p.name for p in (self.root / "in").iterdir())


@pytest.fixture
def bench(tmp_path: Path, clock: MovableClock) -> Callable[..., Bench]:
    return lambda **profile: Bench(tmp_path, clock, **profile)


UPLOADS = [
    {"mode": "direct"},
    {"mode": "rename"},
    {"mode": "rename", "temp_suffix": ".tmp"},
    {"mode": "sibling", "temp_folder": "out"},
    {"mode": "rename", "can_stat": False},
    {"mode": "rename", "can_list": False},
    {"mode": "direct", "can_stat": False, "can_list": False},
]


@pytest.mark.parametrize("upload", UPLOADS, ids=str)
def test_delivers_once_with_evidence(bench: Callable[..., Bench], upload: dict[str, Any]) -> None:
    b = bench(upload=upload)
    assert b.deliver() == deliver.DeliverResult(delivered=1)
    assert b.final.read_bytes() == DATA
    assert b.files() == [b.final.name]
    assert b.state is T.DELIVERED
    assert str(len(DATA)) in b.evidence
    assert [a.state for a in b.tries] == [AttemptState.OK]
    assert b.deliver() == deliver.DeliverResult()
    with b.site.store.read() as tx:
        assert transmissions.get(tx, b.id).delivered_at is not None
        kinds = tx.execute(select(audit_event.c.kind).where(audit_event.c.subject == b.id)).scalars().all()
    assert kinds == ["seal", "sending", "about_to_appear", "delivery"]


def test_capabilities_are_respected(bench: Callable[..., Bench]) -> None:
    b = bench(upload={"mode": "direct", "can_stat": False, "can_list": False})
    b.deliver()
    assert b.wire.calls == ["connect", "upload"]


def test_partner_that_takes_files_at_close(bench: Callable[..., Bench]) -> None:
    b = bench(upload={"mode": "direct", "vanishes_on_close": True})
    b.wire.vanishing = True
    assert b.deliver().delivered == 1
    assert "picked up" in b.evidence


def test_a_file_gone_unasked_is_uncertain_and_never_sent_again(bench: Callable[..., Bench]) -> None:
    b = bench(upload={"mode": "direct"})
    b.wire.vanishing = True
    assert b.deliver().uncertain == 1
    b.clock.advance(timedelta(minutes=10))
    assert b.reconcile() == 0
    assert b.deliver() == deliver.DeliverResult()
    b.clock.advance(timedelta(minutes=121))
    b.reconcile()
    assert b.state is T.HELD
    assert b.holds() == ["uncertain"]
    assert b.wire.calls.count("upload") == 1


def test_our_own_file_is_there_already(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.final.write_bytes(DATA)
    assert b.deliver().delivered == 1
    assert "already there" in b.evidence
    assert "upload" not in b.wire.calls


def test_a_foreign_file_under_our_name_is_held(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.final.write_bytes(b"somebody else's")
    assert b.deliver().held == 1
    assert b.final.read_bytes() == b"somebody else's"
    assert b.holds() == ["delivery"]


def test_lost_reply_at_rename_is_uncertain_then_found(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.after["rename"] = [ConnectionLost("rename", "cut", maybe_done=True)]
    b.deliver_broken()
    assert b.state is T.UNCERTAIN
    assert b.reconcile() == 1
    assert b.state is T.DELIVERED
    assert "reconciled" in b.evidence
    assert [a.state for a in b.tries] == [AttemptState.OK]
    assert b.final.read_bytes() == DATA


def test_rename_that_never_happened_is_proved_by_the_temporary_file(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.before["rename"] = [Stalled("rename", "silence", maybe_done=True)]
    b.deliver_broken()
    assert b.state is T.UNCERTAIN
    assert b.reconcile() == 0
    assert b.state is T.SEALED
    assert b.files() == []
    assert b.deliver().delivered == 1
    assert b.files() == [b.final.name]


def test_renamed_and_taken_is_never_sent_again(bench: Callable[..., Bench]) -> None:
    """Neither name is there: the partner may have taken it, so only its answer or a person decides."""
    b = bench()
    b.wire.after["rename"] = [ConnectionLost("rename", "cut", maybe_done=True)]
    b.deliver_broken()
    b.final.unlink()
    b.reconcile()
    assert b.state is T.UNCERTAIN
    b.clock.advance(timedelta(minutes=121))
    b.reconcile()
    assert b.state is T.HELD
    assert b.wire.calls.count("upload") == 1


def test_cut_in_an_upload_under_a_temporary_name_is_tried_again(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.after["upload"] = [ConnectionLost("write", "cut", maybe_done=True)]
    b.deliver_broken()
    assert b.state is T.SEALED
    assert b.deliver() == deliver.DeliverResult(), "not before it is due"
    b.clock.advance(timedelta(minutes=2))
    assert b.deliver().delivered == 1
    assert b.files() == [b.final.name], "the first attempt's temporary file is tidied away"


@pytest.mark.parametrize(
    ("op", "left", "then"),
    [("write", 700, T.SEALED), ("write", None, T.SEALED), ("close", None, T.UNCERTAIN)],
)
def test_cut_in_a_direct_upload(bench: Callable[..., Bench], op: str, left: int | None, then: T) -> None:
    b = bench(upload={"mode": "direct"})
    b.wire.before["upload"] = [ConnectionLost(op, "cut", maybe_done=True)]
    b.deliver_broken()
    assert b.state is T.UNCERTAIN
    if left:
        b.final.write_bytes(DATA[:left])
    b.reconcile()
    assert b.state is then
    if then is T.SEALED:
        assert b.deliver().delivered == 1
        assert b.final.read_bytes() == DATA


def test_full_disk_is_failed_tidied_and_held_after_the_last_wait(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.after["upload"] = [RemoteFailure("write", "disk full") for _ in range(6)]
    for _ in range(6):
        b.deliver()
        assert b.files() == []
        b.clock.advance(timedelta(hours=6))
    assert b.state is T.HELD
    assert b.holds() == ["delivery"]
    assert len(b.tries) == 6


@pytest.mark.parametrize("mode", ["direct", "rename"])
def test_short_file_is_taken_back(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    b = bench(upload={"mode": mode})
    whole = b.wire.upload
    monkeypatch.setattr(b.wire, "upload", lambda data, path: whole(data[:-5], path))
    assert b.deliver().failed == 1
    assert b.files() == []
    assert b.state is T.SEALED


@pytest.mark.parametrize("op", ["upload", "rename"])
def test_denied_is_held_at_once(bench: Callable[..., Bench], op: str) -> None:
    b = bench()
    b.wire.before[op] = [RemoteDenied("open" if op == "upload" else op, "no")]
    assert b.deliver().held == 1
    assert b.files() == []
    assert b.holds() == ["delivery"]


def test_one_bad_transmission_keeps_no_other_back(bench: Callable[..., Bench]) -> None:
    b = bench()
    second = sealed(b.site, "north", DATA + b"2", isa13=2)
    b.wire.before["upload"] = [RemoteFailure("open", "no")]
    result = b.deliver()
    assert (result.failed, result.delivered) == (1, 1)
    with b.site.store.read() as tx:
        assert transmissions.get(tx, second).state is T.DELIVERED


@pytest.mark.parametrize("fault", [AuthRefused("login", "no"), HostKeyRefused("connect", "another key")])
def test_refused_login_pauses_and_is_not_repeated(bench: Callable[..., Bench], fault: TransportError) -> None:
    b = bench()
    b.wire.before["connect"] = [fault]
    b.deliver_broken()
    assert b.state is T.SEALED
    assert b.tries == []
    with b.site.store.read() as tx:
        assert partners.get(tx, "north").paused
    b.clock.advance(timedelta(days=1))
    assert b.deliver() == deliver.DeliverResult()
    assert b.wire.calls == ["connect"]


def test_unreachable_is_retried_within_the_step_then_later_then_probed(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.before["connect"] = [Unreachable("connect", "down") for _ in range(100)]
    for _ in range(5):
        b.deliver_broken()
        assert b.deliver() == deliver.DeliverResult()
        b.clock.advance(timedelta(hours=6))
    assert b.wire.calls == ["connect"] * 15
    with b.site.store.read() as tx:
        assert partners.get(tx, "north").tripped
    b.deliver_broken()
    assert b.deliver() == deliver.DeliverResult(), "the next probe is not due yet"
    b.clock.advance(timedelta(hours=6))
    b.wire.before.clear()
    assert b.deliver().delivered == 1, "the probe went through"
    with b.site.store.read() as tx:
        assert not partners.get(tx, "north").paused
    assert b.state is T.DELIVERED


def test_settle_by_a_person(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.after["rename"] = [ConnectionLost("rename", "cut", maybe_done=True)]
    b.deliver_broken()
    with pytest.raises(Refused, match="settle"):
        deliver.retransmit(b.site, b.id, actor="user:poe")
    b.final.unlink()
    deliver.settle(b.site, b.id, delivered=False, evidence="called them", actor="user:poe")
    assert b.deliver().delivered == 1
    with pytest.raises(Refused, match="nothing to settle"):
        deliver.settle(b.site, b.id, delivered=True, evidence="x", actor="user:poe")


def test_settle_as_delivered_releases_the_hold(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.before["upload"] = [RemoteDenied("open", "no")]
    b.deliver()
    deliver.settle(b.site, b.id, delivered=True, evidence="sent by mail", actor="user:poe")
    assert b.state is T.DELIVERED
    assert b.holds() == []
    assert "sent by mail" in b.evidence


def test_retransmit_sends_the_same_bytes_under_the_same_name(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.deliver()
    b.final.unlink()
    deliver.retransmit(b.site, b.id, actor="user:poe")
    assert b.deliver().delivered == 1
    assert b.final.read_bytes() == DATA
    assert len(b.tries) == 2


def test_test_and_production_must_agree_at_the_door(bench: Callable[..., Bench]) -> None:
    b = bench()
    with b.site.store.write("seal") as tx:
        made = transmissions.new_draft(
            tx, partner="north", environment="production", kind="837P", sender="a", receiver="b", isa13=9, gs06=9,
            version="v",
        )  # fmt: skip
        transmissions.seal(tx, made, segments={}, blob=None, sha256="0", size=0, remote_name="x")
        tx.audit(made, {})
    assert b.deliver().delivered == 1
    with b.site.store.read() as tx:
        assert transmissions.get(tx, made).state is T.HELD


def test_a_session_that_breaks_leaves_the_rest_due(bench: Callable[..., Bench]) -> None:
    b = bench()
    second = sealed(b.site, "north", DATA, isa13=2)
    b.wire.after["upload"] = [ConnectionLost("write", "cut", maybe_done=True)]
    b.deliver_broken()
    with b.site.store.read() as tx:
        assert transmissions.get(tx, second).state is T.SEALED
        assert attempts.of(tx, second) == []
    assert b.deliver().delivered == 1


def test_only_what_proves_nothing_done_is_retried_within_a_step() -> None:
    calls = []

    def step(fault: Exception) -> None:
        calls.append(fault)
        raise fault

    for fault, tries in (
        (Unreachable("connect", "down"), 3),
        (Stalled("connect", "silence"), 3),
        (Stalled("rename", "silence", maybe_done=True), 1),
        (AuthRefused("login", "no"), 1),
        (HostKeyRefused("connect", "no"), 1),
        (ConnectionLost("login", "cut"), 1),
        (ValueError("a defect"), 1),
    ):
        calls.clear()
        with pytest.raises(type(fault)) as caught:
            retrying.connecting(lambda fault=fault: step(fault))
        assert caught.value is fault, "a permanent error comes out unchanged"
        assert len(calls) == tries


def test_waits_grow_with_jitter_and_end(bench: Callable[..., Bench]) -> None:
    b = bench()
    now = b.clock.now()
    delivery = b.site.settings.delivery
    for failures, minutes in enumerate(delivery.retry_minutes, start=1):
        for _ in range(20):
            due = retrying.next_due(delivery, failures, now)
            assert due is not None
            assert 0.8 * minutes <= (due - now).total_seconds() / 60 <= 1.2 * minutes
    assert retrying.next_due(delivery, 6, now) is None
