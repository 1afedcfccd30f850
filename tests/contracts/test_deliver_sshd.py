"""Delivery over a real sshd while answers get lost: exactly one file with the right bytes, whatever is cut (F2, P2)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import MovableClock
from gateway.errors import ConnectionLost, HostKeyRefused, TransportError
from gateway.exchange import collect, deliver, reconcile, retrying
from gateway.exchange.sftp import SftpTransport
from gateway.model.lifecycle import TransmissionState
from gateway.site import Site
from gateway.store import attempts, partners, transmissions
from tests.proxy import Faults, Proxy, running_proxy
from tests.sshd import Account, Sshd, running_sshd
from tests.wires import sealed, sftp_partner, site_of

pytestmark = pytest.mark.sshd

T = TransmissionState
DATA = b"ISA*synthetic~" * 50


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def proxy(sshd: Sshd) -> Iterator[Proxy]:
    with running_proxy(sshd.port) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


def site(tmp_path: Path, clock: MovableClock, server: Sshd, account: Account, port: int, **more: Any) -> Site:
    profile = sftp_partner(port, host_key=server.host_key, key=account.key, **more)
    transport = SftpTransport(profile, lambda ref: Path(ref.removeprefix("file:")).read_bytes())
    return site_of(tmp_path / "gateway", clock, lambda _name: transport, north=profile)


def state_of(site: Site, identifier: str) -> T:
    with site.store.read() as tx:
        return transmissions.get(tx, identifier).state


def once_more(site: Site) -> None:
    """One turn of the daemon for this partner."""
    for step in (deliver.deliver_due, reconcile.reconcile):
        try:
            step(site, "north")
        except TransportError:
            continue


@pytest.mark.parametrize("mode", ["rename", "direct"])
def test_answers_lost_anywhere_in_a_submit(
    tmp_path: Path, clock: MovableClock, sshd: Sshd, proxy: Proxy, mode: str
) -> None:
    account = sshd.account(f"{tmp_path.name}-{mode}")
    b = site(tmp_path, clock, sshd, account, proxy.port, upload={"mode": mode})
    sealed(b, "north", DATA, isa13=900)
    deliver.deliver_due(b, "north")
    whole = proxy.down
    for number, cut in enumerate(range(0, whole, whole // 12), start=1):
        identifier = sealed(b, "north", DATA + b"%d" % cut, isa13=number)
        proxy.reset(Faults(cut_down=cut))
        once_more(b)
        proxy.reset()
        for _ in range(4):
            if state_of(b, identifier) is T.DELIVERED:
                break
            clock.advance(timedelta(minutes=10))
            once_more(b)
        with b.store.read() as tx:
            tries = [(a.state.value, a.error) for a in attempts.of(tx, identifier)]
        there = account.root / f"in/837P_{number:09}.837"
        if mode == "direct" and state_of(b, identifier) is T.UNCERTAIN:
            assert not there.exists(), tries
            continue
        assert state_of(b, identifier) is T.DELIVERED, (cut, tries)
        assert there.read_bytes() == DATA + b"%d" % cut
    with b.store.read() as tx:
        delivered = {one.remote_name for one in transmissions.in_state(tx, T.DELIVERED)}
    assert {path.name for path in (account.root / "in").iterdir()} == delivered


@pytest.mark.parametrize(
    ("options", "upload"),
    [
        ("-P rename,posix-rename", {"mode": "direct"}),
        ("-P stat,lstat", {"mode": "rename", "can_stat": False}),
        ("-P stat,lstat,fstat,opendir", {"mode": "direct", "can_stat": False, "can_list": False}),
        ("-P remove", {"mode": "rename"}),
    ],
)
def test_servers_that_allow_less(
    tmp_path: Path, clock: MovableClock, sshd: Sshd, options: str, upload: dict[str, Any]
) -> None:
    account = sshd.account(tmp_path.name, options=options)
    b = site(tmp_path, clock, sshd, account, sshd.port, upload=upload)
    identifier = sealed(b, "north", DATA)
    deliver.deliver_due(b, "north")
    blind = "fstat" in options
    assert state_of(b, identifier) is (T.UNCERTAIN if blind else T.DELIVERED)
    assert [path.read_bytes() for path in (account.root / "in").iterdir()] == [DATA]


def test_rename_denied_is_held_and_says_what_to_do(tmp_path: Path, clock: MovableClock, sshd: Sshd) -> None:
    account = sshd.account(tmp_path.name, options="-P rename,posix-rename")
    b = site(tmp_path, clock, sshd, account, sshd.port)
    identifier = sealed(b, "north", DATA)
    assert deliver.deliver_due(b, "north").held == 1
    with b.store.read() as tx:
        assert "upload.mode" in (transmissions.get(tx, identifier).evidence or "")
    assert list((account.root / "in").iterdir()) == []


def test_a_read_only_account_is_held(tmp_path: Path, clock: MovableClock, sshd: Sshd) -> None:
    account = sshd.account(tmp_path.name, options="-R")
    b = site(tmp_path, clock, sshd, account, sshd.port)
    sealed(b, "north", DATA)
    assert deliver.deliver_due(b, "north").held == 1


def test_a_changed_host_key_pauses_the_partner(tmp_path: Path, clock: MovableClock) -> None:
    with running_sshd(tmp_path / "sshd") as server:
        account = server.account("one")
        b = site(tmp_path, clock, server, account, server.port)
        identifier = sealed(b, "north", DATA)
        server.change_host_key()
        with pytest.raises(HostKeyRefused):
            deliver.deliver_due(b, "north")
        with b.store.read() as tx:
            state = partners.get(tx, "north")
        assert state.paused
        assert "SHA256" in (state.paused_reason or "")
        assert state_of(b, identifier) is T.SEALED
        assert list((account.root / "in").iterdir()) == []


def test_collecting_over_a_cut(tmp_path: Path, clock: MovableClock, sshd: Sshd, proxy: Proxy) -> None:
    account = sshd.account(tmp_path.name)
    b = site(
        tmp_path, clock, sshd, account, proxy.port,
        download={"folders": ["out"], "quiet_polls": 1, "after": "delete"},
    )  # fmt: skip
    contents = {bytes([65 + n]) * 40_000 for n in range(3)}
    for content in contents:
        (account.root / "out" / f"{content[:1].decode()}.x12").write_bytes(content)
    proxy.reset(Faults(cut_down=50_000))
    with pytest.raises(ConnectionLost):
        collect.collect(b, "north")
    proxy.reset()
    collect.collect(b, "north")
    raw = [path.read_bytes() for path in (b.inbound / "raw/north").iterdir()]
    assert sorted(raw) == sorted(contents)
    assert list((account.root / "out").iterdir()) == []
