"""SFTP against a real sshd under faults: each ends in the right error, with the right *maybe_done* (reliability.md 4, 5)."""

import io
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import (
    AuthRefused,
    ConfigError,
    ConnectionLost,
    HostKeyRefused,
    RemoteDenied,
    RemoteFailure,
    Stalled,
    TransportError,
    Unreachable,
)
from gateway.exchange.sftp import SftpTransport
from tests.proxy import Faults, Proxy, running_proxy
from tests.sshd import Account, Sshd, free_port, running_sshd
from tests.wires import sftp_partner

pytestmark = pytest.mark.sshd

DATA = os.urandom(200_000)


def read(reference: str) -> bytes:
    return Path(reference.removeprefix("file:")).read_bytes()


def transport(server: Sshd, account: Account, *, port: int | None = None, **sftp: object) -> SftpTransport:
    return SftpTransport(
        sftp_partner(port or server.port, host_key=server.host_key, key=account.key, sftp=sftp), read
    )


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def account(sshd: Sshd, tmp_path: Path) -> Account:
    return sshd.account(tmp_path.name)


@pytest.fixture
def proxy(sshd: Sshd) -> Iterator[Proxy]:
    with running_proxy(sshd.port) as running:
        yield running


def test_host_keys_are_shown_without_a_login(sshd: Sshd, account: Account) -> None:
    shown = list(transport(sshd, account).host_keys())
    assert shown == [" ".join(sshd.host_key.split()[:2])]


def test_unknown_host_key_is_refused_before_login(sshd: Sshd, account: Account, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    profile = sftp_partner(sshd.port, host_key=(tmp_path / "other.pub").read_text(), key=account.key)
    before = (sshd.folder / "sshd.log").read_text().count("Accepted")
    with pytest.raises(HostKeyRefused, match="SHA256"), SftpTransport(profile, read).connect():
        pytest.fail("connected")
    assert (sshd.folder / "sshd.log").read_text().count("Accepted") == before


def test_no_pinned_key_means_no_connection(sshd: Sshd, account: Account) -> None:
    profile = sftp_partner(sshd.port, host_key=None, key=account.key)
    with pytest.raises(HostKeyRefused, match="partner trust"), SftpTransport(profile, read).connect():
        pytest.fail("connected")


def test_changed_host_key_is_refused(tmp_path: Path) -> None:
    with running_sshd(tmp_path) as server:
        account = server.account("one")
        wire = transport(server, account)
        with wire.connect() as session:
            assert session.list("out", limit=1) == []
        server.change_host_key()
        with pytest.raises(HostKeyRefused), wire.connect():
            pytest.fail("connected")


def test_known_hosts_and_agent_are_not_asked(
    sshd: Sshd, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = account.root.parent / "home"
    (home / ".ssh").mkdir(parents=True, exist_ok=True)
    (home / ".ssh/known_hosts").write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_key}\n")
    monkeypatch.setenv("HOME", str(home))
    profile = sftp_partner(sshd.port, host_key=None, key=account.key)
    with pytest.raises(HostKeyRefused), SftpTransport(profile, read).connect():
        pytest.fail("connected")


def test_wrong_key_is_auth_refused(sshd: Sshd, account: Account, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "wrong")], check=True)
    profile = sftp_partner(sshd.port, host_key=sshd.host_key, key=tmp_path / "wrong")
    with pytest.raises(AuthRefused), SftpTransport(profile, read).connect():
        pytest.fail("connected")


def test_password_where_only_keys_are_allowed_is_auth_refused(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    sftp = {"private_key": None, "password": f"file:{tmp_path}/password"}
    profile = sftp_partner(sshd.port, host_key=sshd.host_key, key=tmp_path, sftp=sftp)
    with pytest.raises(AuthRefused) as fault, SftpTransport(profile, read).connect():
        pytest.fail("connected")
    assert "secret" not in str(fault.value)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_every_kind_with_passphrase(sshd: Sshd, tmp_path: Path, kind: str) -> None:
    account = sshd.account(tmp_path.name)
    account.key.unlink()
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "open sesame", "-f", str(account.key)], check=True)
    public = account.key.with_suffix(".key.pub").read_text().strip()
    with (sshd.folder / "authorized_keys").open("a") as file:
        file.write(f'restrict,command="internal-sftp -d {account.root}" {public}\n')
    (tmp_path / "phrase").write_text("open sesame\n")
    with transport(sshd, account, passphrase=f"file:{tmp_path}/phrase").connect() as session:
        assert session.upload(b"x", "in/a") == 1
    with pytest.raises(ConfigError, match="passphrase"), transport(sshd, account).connect():
        pytest.fail("connected")


def test_a_file_that_is_no_key_is_a_config_error(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\x00 no key")
    profile = sftp_partner(sshd.port, host_key=sshd.host_key, key=tmp_path / "key")
    with pytest.raises(ConfigError, match="private_key"), SftpTransport(profile, read).connect():
        pytest.fail("connected")


def test_nobody_there_is_unreachable(sshd: Sshd, account: Account) -> None:
    with pytest.raises(Unreachable), transport(sshd, account, port=free_port()).connect():
        pytest.fail("connected")
    with pytest.raises(Unreachable), transport(sshd, account, host="no-such-host.invalid").connect():
        pytest.fail("connected")


def test_a_server_that_is_not_ssh(sshd: Sshd, account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def serve() -> None:
            listener.settimeout(5)
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"220 ftp ready\r\n")
                stop.wait(5)

        thread = threading.Thread(target=serve)
        thread.start()
        began = time.monotonic()
        wire = transport(sshd, account, port=listener.getsockname()[1], connect_seconds=1)
        with pytest.raises((Unreachable, Stalled)), wire.connect():
            pytest.fail("connected")
        assert time.monotonic() - began < 5
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("options", "attempt"), [("-P rename", "rename"), ("-P stat,lstat", "stat"), ("-R", "upload")]
)
def test_denied_operations(sshd: Sshd, tmp_path: Path, options: str, attempt: str) -> None:
    account = sshd.account(tmp_path.name, options=options)
    (account.root / "in/there").write_bytes(b"x")
    with transport(sshd, account).connect() as session, pytest.raises(RemoteDenied) as fault:
        {
            "rename": lambda: session.rename("in/there", "in/b"),
            "stat": lambda: session.size_of("in/there"),
            "upload": lambda: session.upload(b"x", "in/c"),
        }[attempt]()
    assert not fault.value.maybe_done


def test_fstat_denied_means_size_unknown(sshd: Sshd, tmp_path: Path) -> None:
    account = sshd.account(tmp_path.name, options="-P fstat")
    with transport(sshd, account).connect() as session:
        assert session.upload(b"xyz", "in/a") is None
        assert session.size_of("in/a") == 3


def test_full_disk_is_seen(sshd: Sshd, tmp_path: Path) -> None:
    account = sshd.account(tmp_path.name)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(account.root / "in")], check=False
    ).returncode:
        pytest.skip("a small tmpfs cannot be mounted here")
    try:
        with transport(sshd, account).connect() as session:
            with pytest.raises(RemoteFailure) as fault:
                session.upload(DATA, "in/a.part")
            assert fault.value.op == "write"
            assert not fault.value.maybe_done
            session.remove("in/a.part")
    finally:
        subprocess.run(["umount", str(account.root / "in")], check=True)


def test_lost_reply_to_rename_is_maybe_done(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    with transport(sshd, account, port=proxy.port).connect() as session:
        session.upload(DATA, "in/a.part")
        proxy.reset(Faults(cut_down=0))
        with pytest.raises(ConnectionLost) as fault:
            session.rename("in/a.part", "in/a.837")
        assert fault.value.maybe_done
        with pytest.raises(ConnectionLost) as after:
            session.size_of("in/a.837")
        assert not after.value.maybe_done
    assert (account.root / "in/a.837").read_bytes() == DATA


def test_lost_replies_elsewhere(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    (account.root / "out/a").write_bytes(DATA)
    for op, changes in (
        ("upload", True),
        ("remove", True),
        ("size_of", False),
        ("list", False),
        ("download", False),
    ):
        proxy.reset()
        with transport(sshd, account, port=proxy.port).connect() as session:
            calls = {
                "upload": lambda session=session: session.upload(DATA, "in/b"),
                "remove": lambda session=session: session.remove("out/a"),
                "size_of": lambda session=session: session.size_of("out/a"),
                "list": lambda session=session: session.list("out", limit=5),
                "download": lambda session=session: session.download("out/a", io.BytesIO(), limit=10**6),
            }
            (account.root / "out/a").write_bytes(DATA)
            proxy.reset(Faults(cut_down=0))
            with pytest.raises(ConnectionLost) as fault:
                calls[op]()
            assert fault.value.maybe_done is changes, op


def test_cut_in_the_middle_of_an_upload(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    with transport(sshd, account, port=proxy.port).connect() as session:
        proxy.reset(Faults(cut_up=70_000))
        with pytest.raises(ConnectionLost) as fault:
            session.upload(DATA, "in/a.part")
    assert fault.value.maybe_done
    assert fault.value.op in {"write", "close"}


def test_cut_in_the_middle_of_a_download(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    (account.root / "out/a").write_bytes(DATA)
    with transport(sshd, account, port=proxy.port).connect() as session:
        proxy.reset(Faults(cut_down=70_000))
        with pytest.raises(ConnectionLost):
            session.download("out/a", io.BytesIO(), limit=10**6)


@pytest.mark.parametrize("op", ["upload", "rename", "size_of"])
def test_black_hole_ends_in_stalled(sshd: Sshd, account: Account, proxy: Proxy, op: str) -> None:
    (account.root / "in/there").write_bytes(b"x")
    with transport(sshd, account, port=proxy.port, answer_seconds=0.7).connect() as session:
        proxy.reset(Faults(hole_down=0))
        began = time.monotonic()
        with pytest.raises(Stalled) as fault:
            {
                "upload": lambda: session.upload(DATA, "in/a"),
                "rename": lambda: session.rename("in/there", "in/b"),
                "size_of": lambda: session.size_of("in/there"),
            }[op]()
    assert time.monotonic() - began < 3, "leaving the session must not wait again"
    assert fault.value.maybe_done is (op != "size_of")


def test_black_hole_during_login_stalls(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    with transport(sshd, account, port=proxy.port).connect():
        pass
    whole = proxy.down
    for share in (0, 0.5, 0.8):  # the rest may be the logout, which comes after the login
        proxy.reset(Faults(hole_down=int(whole * share)))
        began = time.monotonic()
        wire = transport(sshd, account, port=proxy.port, connect_seconds=0.5, answer_seconds=0.5)
        with pytest.raises((Stalled, Unreachable, ConnectionLost)) as fault, wire.connect():
            pytest.fail("connected")
        assert not fault.value.maybe_done
        assert time.monotonic() - began < 4


def test_attempt_seconds_bound_the_whole_session(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    with transport(sshd, account, port=proxy.port, answer_seconds=30, attempt_seconds=1).connect() as session:
        proxy.reset(Faults(hole_down=0))
        began = time.monotonic()
        with pytest.raises(Stalled, match="attempt_seconds") as fault:
            session.rename("in/a", "in/b")
        assert fault.value.maybe_done
        assert time.monotonic() - began < 3


def test_cuts_swept_over_login_are_transient(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    """A cut during login looks like a refusal to paramiko; calling it one would page a person and pause the partner."""
    wire = transport(sshd, account, port=proxy.port)
    with wire.connect():
        pass
    whole = proxy.down
    for cut in range(0, whole, max(1, whole // 24)):
        proxy.reset(Faults(cut_down=cut))
        try:
            with wire.connect() as session:
                session.size_of("in")
        except TransportError as fault:
            assert isinstance(fault, Unreachable | Stalled | ConnectionLost), (cut, type(fault))
            assert not fault.maybe_done


def test_reply_loss_swept_over_a_whole_submit(sshd: Sshd, account: Account, proxy: Proxy) -> None:
    """Whatever reply is lost: when no error says *maybe_done*, the effect did not happen after all."""
    wire = transport(sshd, account, port=proxy.port)
    with wire.connect() as session:
        start = proxy.down
        session.upload(b"x" * 100, "in/w.part")
        session.rename("in/w.part", "in/w.837")
        whole = proxy.down - start
    for cut in range(0, whole + 1, 24):
        proxy.reset()
        target = account.root / f"in/f{cut}.837"
        with wire.connect() as session:
            proxy.reset(Faults(cut_down=cut))
            try:
                session.upload(b"x" * 100, f"in/f{cut}.part")
                session.rename(f"in/f{cut}.part", f"in/f{cut}.837")
            except TransportError as fault:
                assert fault.maybe_done or not target.exists(), cut
            else:
                assert target.read_bytes() == b"x" * 100


def test_nothing_of_paramiko_reaches_a_log(
    sshd: Sshd, account: Account, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with transport(sshd, account, port=proxy.port).connect() as session:
        session.upload(b"x", "in/ROE-JANE.837")
        proxy.reset(Faults(cut_down=0))
        with pytest.raises(ConnectionLost):
            session.size_of("in/ROE-JANE.837")
    assert "ROE" not in caplog.text
    assert not [r for r in caplog.records if r.name.startswith("paramiko")]
