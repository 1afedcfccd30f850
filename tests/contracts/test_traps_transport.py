"""The traps of the transport (domain.md 9.6), one test each, over real SFTP: OpenSSH's sshd, and a server that lies."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import paramiko
import pytest

from gateway import failpoints
from gateway.clock import MovableClock
from gateway.errors import HostKeyRefused, TransportError
from gateway.exchange import collect, deliver, reconcile, retrying
from gateway.exchange.sftp import SftpTransport
from gateway.model.lifecycle import TransmissionState
from gateway.responses import sort
from gateway.sandbox.jail import Jail
from gateway.sandbox.server import SftpServer
from gateway.site import Site
from gateway.store import holds, inbox, ledger, partners, queue, remittances, transmissions
from tests.door import VERSION, answer, payment
from tests.mailroom import envelope, group
from tests.proxy import Faults, running_proxy
from tests.sshd import Account, Sshd, running_sshd
from tests.wires import sealed, sftp_partner, site_of

pytestmark = pytest.mark.sshd

DATA = b"ISA*synthetic~" * 4000
ERA = envelope(group("HP", VERSION, payment("100", answer("X1", "100", "100"))), receiver="ROEBILL").replace(
    "*ZZ*NORTH01        *", "*ZZ*POECLEAR       *"
)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


def reached(
    tmp_path: Path,
    clock: MovableClock,
    server: Sshd,
    account: Account,
    *,
    port: int | None = None,
    **more: Any,
) -> Site:
    """Return an installation whose partner north is *account* on *server*."""
    profile = sftp_partner(port or server.port, host_key=server.host_key, key=account.key, **more)
    transport = SftpTransport(profile, lambda ref: Path(ref.removeprefix("file:")).read_bytes())
    return site_of(tmp_path / "gateway", clock, lambda _name: transport, north=profile)


def download(**more: Any) -> dict[str, Any]:
    return {"download": {"folders": ["out"], "quiet_polls": 1, **more}}


def raw(site: Site) -> list[bytes]:
    """Return what was copied into inbound/raw/, in no order."""
    folder = site.inbound / "raw/north"
    return sorted(path.read_bytes() for path in folder.iterdir()) if folder.is_dir() else []


def posted(site: Site) -> list[tuple[str, Decimal | None]]:
    """Return state and amount of every remittance, with the books proved."""
    with site.store.read() as tx:
        ledger.check_books(tx)
        return [(one.state, one.amount) for one in remittances.quarantined(tx)] + [
            ("clearing", amount)
            for name, amount in ledger.trial_balance(tx).items()
            if name.startswith("clearing:")
        ]


def test_trap_116_a_file_that_is_still_being_written(tmp_path: Path, clock: MovableClock, sshd: Sshd) -> None:
    """It waits until it stood still; where it stood still in the middle, its missing trailer holds it, and the whole one posts."""
    account = sshd.account(tmp_path.name)
    site = reached(tmp_path, clock, sshd, account, **download(quiet_polls=2))
    there = account.root / "out" / "era.835"
    for part in (400, 500):
        there.write_text(ERA[:part])
        assert collect.collect(site, "north").waiting == 1
    assert collect.collect(site, "north").received == 1
    sort.process(site)
    assert posted(site) == [("quarantined", Decimal(100))]
    there.write_text(ERA)
    assert [collect.collect(site, "north").received for _ in range(2)] == [0, 1]
    sort.process(site)
    assert posted(site) == [("quarantined", Decimal(100)), ("clearing", Decimal(100))]


STEPS = (collect.AFTER_DOWNLOAD, collect.AFTER_ARCHIVE, collect.AFTER_COMMIT, collect.AFTER_COPY)


@pytest.mark.parametrize("step", STEPS)
def test_trap_117_the_partners_copy_goes_last_of_all(
    tmp_path: Path, clock: MovableClock, sshd: Sshd, step: str
) -> None:
    account = sshd.account(f"{tmp_path.name}")
    site = reached(tmp_path, clock, sshd, account, **download(after="delete"))
    there = account.root / "out" / "era.835"
    there.write_text(ERA)
    failpoints.arm(step, "raise")
    with pytest.raises(OSError, match="failpoint"):
        collect.collect(site, "north")
    assert there.exists()
    collect.collect(site, "north")
    assert not there.exists()
    assert raw(site) == [ERA.encode()]
    sort.process(site)
    assert posted(site) == [("clearing", Decimal(100))]


def test_trap_118_one_name_for_ever_new_content(tmp_path: Path, clock: MovableClock, sshd: Sshd) -> None:
    account = sshd.account(tmp_path.name)
    site = reached(tmp_path, clock, sshd, account, **download())
    there = account.root / "out" / "TODAY.835"
    second = ERA.replace("EFT1", "EFT2")
    for day, (content, new) in enumerate(((ERA, 1), (ERA, 0), (second, 1)), start=1):
        there.write_text(content)
        os.utime(there, (day * 86_400, day * 86_400))
        assert collect.collect(site, "north").received == new
    (account.root / "out" / "COPY.835").write_text(ERA)
    assert collect.collect(site, "north").duplicates == 1
    assert raw(site) == sorted((ERA.encode(), second.encode()))


@pytest.mark.parametrize("mode", ["rename", "direct"])
def test_trap_119_an_upload_that_breaks_off(
    tmp_path: Path, clock: MovableClock, sshd: Sshd, mode: str
) -> None:
    """Under the final name stands the whole file or none; what is left of a part is never added to."""
    account = sshd.account(f"{tmp_path.name}")
    with running_proxy(sshd.port) as proxy:
        site = reached(tmp_path, clock, sshd, account, port=proxy.port, upload={"mode": mode})
        identifier = sealed(site, "north", DATA)
        final = account.root / "in" / "837P_000000001.837"
        proxy.reset(Faults(cut_up=30_000))
        with pytest.raises(TransportError):
            deliver.deliver_due(site, "north")
        if mode == "rename":
            assert not final.exists()
        proxy.reset()
        for _ in range(3):
            clock.advance(timedelta(minutes=10))
            for step in (reconcile.reconcile, deliver.deliver_due):
                step(site, "north")
    with site.store.read() as tx:
        state = transmissions.get(tx, identifier).state
        held = holds.open_kinds(tx, identifier)
    if state is TransmissionState.DELIVERED:
        assert [path.name for path in (account.root / "in").iterdir()] == [final.name]
        assert final.read_bytes() == DATA
    else:
        assert mode == "direct"
        assert held, "a person is told that a part of the file stands at the partner"


def test_trap_120_another_host_key_is_refused_until_a_person_says_so(
    tmp_path: Path, clock: MovableClock
) -> None:
    with running_sshd(tmp_path / "sshd") as server:
        account = server.account("one")
        site = reached(tmp_path, clock, server, account, **download())
        (account.root / "out" / "era.835").write_text(ERA)
        identifier = sealed(site, "north", DATA)
        server.change_host_key()
        with pytest.raises(HostKeyRefused):
            deliver.deliver_due(site, "north")
        assert collect.collect(site, "north").received == 0
        with site.store.read() as tx:
            assert partners.get(tx, "north").paused
            (item,) = [one for one in queue.items(tx, site.settings, clock.now()) if one.id == "north"]
            assert transmissions.get(tx, identifier).state is TransmissionState.SEALED
        assert "SHA256" in item.why
        assert item.command.endswith("gateway partner resume north")
        assert raw(site) == []
        assert list((account.root / "in").iterdir()) == []


PLAIN, CONTROL = "plain.835", "a\nb\x1b[31m.835"
OTHERS = ("../../escape.835", "..", "/etc/passwd")
"""What the server lists beside the two files that it has."""


def test_trap_121_names_that_lead_elsewhere(
    tmp_path: Path, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a remote name becomes a path of ours; it is kept, sealed, for people."""
    real = Jail.list_folder

    def lying(self: Jail, path: str) -> Any:
        entries = real(self, path)
        if isinstance(entries, int) or not path.strip("/").endswith("out"):
            return entries
        for name in OTHERS:
            one = paramiko.SFTPAttributes.from_stat((home / "out" / PLAIN).stat())
            one.filename = name
            entries.append(one)
        return entries

    monkeypatch.setattr(Jail, "list_folder", lying)
    server = SftpServer(tmp_path / "server")
    home = server.add_account("north", password="secret")
    for name in ("in", "out"):
        (home / name).mkdir(exist_ok=True)
    (home / "out" / PLAIN).write_text(ERA)
    (home / "out" / CONTROL).write_text(ERA.replace("EFT1", "EFT2"))
    with server:
        profile = sftp_partner(
            server.port, host_key=server.host_key_line(), key=tmp_path, username="north",
            sftp={"private_key": None, "password": "file:x"}, **download(),
        )  # fmt: skip
        transport = SftpTransport(profile, lambda _ref: b"secret")
        site = site_of(tmp_path / "gateway", clock, lambda _name: transport, north=profile)
        before = {path for path in tmp_path.rglob("*") if "gateway" not in path.parts}
        result = collect.collect(site, "north")
    assert result.received == 2
    assert raw(site) == sorted((ERA.encode(), ERA.replace("EFT1", "EFT2").encode()))
    with site.store.read() as tx:
        ids = {one.id for one in inbox.pending(tx)}
        assert {path.name for path in (site.inbound / "raw/north").iterdir()} == {f"{one}.x12" for one in ids}
        assert {inbox.remote_name(tx, one) for one in ids} == {PLAIN, CONTROL}
    assert {path for path in tmp_path.rglob("*") if "gateway" not in path.parts} == before
    assert not (tmp_path / "escape.835").exists()


FIRST = payment("100", answer("X1", "100", "100"))
LATER = payment("0", answer("X1", "-100", "-100", status="22"), trace="EFT2", plb="FB:EFT2*-100")


@pytest.mark.parametrize("odd", ["1970-01-01", "2024-02-29", "2099-12-31"])
def test_trap_122_the_partners_clock_decides_nothing(
    tmp_path: Path, clock: MovableClock, sshd: Sshd, odd: str
) -> None:
    """A file is fetched and posted whatever day its listing says, and so is one that is older than what came before."""
    account = sshd.account(tmp_path.name)
    site = reached(tmp_path, clock, sshd, account, **download())
    stamp = datetime.fromisoformat(odd).replace(tzinfo=UTC).timestamp()
    for number, content in enumerate((FIRST, LATER), start=1):
        data = envelope(group("HP", VERSION, content), number=number, receiver="ROEBILL")
        path = account.root / "out" / f"{number}.835"
        path.write_text(data.replace("*ZZ*NORTH01        *", "*ZZ*POECLEAR       *"))
        os.utime(path, (stamp - number, stamp - number))
        assert collect.collect(site, "north").received == 1
        sort.process(site)
    assert posted(site) == [("clearing", Decimal(100)), ("clearing", Decimal(0))]
    assert collect.collect(site, "north").received == 0


def test_every_trap_from_116_to_122_has_its_test() -> None:
    named = re.findall(r"^def test_trap_(\d+)_", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert {int(n) for n in named} == set(range(116, 123))
