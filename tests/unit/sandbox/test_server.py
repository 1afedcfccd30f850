"""The sandbox's SFTP server, spoken to by a real client."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.sandbox.server import SftpServer

PASSWORD = "open sesame"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    server = SftpServer(tmp_path)
    server.add_account("acme", password=PASSWORD)
    with server:
        yield server


@contextmanager
def client(server: SftpServer, username: str = "acme", **login: object) -> Iterator[paramiko.SFTPClient]:
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as wire:
        transport = paramiko.Transport(wire)
        transport.banner_timeout = transport.auth_timeout = 10
        try:
            transport.connect(username=username, **(login or {"password": PASSWORD}))
            sftp = transport.open_sftp_client()
            assert sftp is not None
            sftp.get_channel().settimeout(5)
            yield sftp
        finally:
            transport.close()


def put(sftp: paramiko.SFTPClient, path: str, data: bytes) -> int | None:
    with sftp.open(path, "wx") as file:
        file.write(data)
        return file.stat().st_size


def test_upload_under_a_temporary_name_then_rename(server: SftpServer, tmp_path: Path) -> None:
    data = bytes(range(256)) * 1500
    with client(server) as sftp:
        assert put(sftp, "inbound/claims.part", data) == len(data)
        sftp.rename("inbound/claims.part", "inbound/claims.837")
        assert sftp.stat("inbound/claims.837").st_size == len(data)
        assert sftp.listdir("inbound") == ["claims.837"]
    assert (tmp_path / "acme/inbound/claims.837").read_bytes() == data


def test_download_and_remove(server: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "acme/outbound/answer.999").write_bytes(b"ISA" * 90_000)
    with client(server) as sftp:
        with sftp.open("/outbound/answer.999") as file:
            assert file.read() == b"ISA" * 90_000
        sftp.remove("outbound/answer.999")
        assert sftp.listdir("outbound") == []


def test_creation_is_exclusive_and_rename_never_overwrites(server: SftpServer, tmp_path: Path) -> None:
    with client(server) as sftp:
        put(sftp, "inbound/first", b"first")
        put(sftp, "inbound/second", b"second")
        with pytest.raises(OSError, match="Failure"):
            sftp.open("inbound/first", "wx")
        with pytest.raises(OSError, match="Failure"):
            sftp.rename("inbound/second", "inbound/first")
    assert (tmp_path / "acme/inbound/first").read_bytes() == b"first"
    assert (tmp_path / "acme/inbound/second").read_bytes() == b"second"


def test_nothing_but_the_mailbox_can_be_seen(server: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "acme/outbound/link").symlink_to(tmp_path / "host_key")
    with client(server) as sftp:
        assert sorted(sftp.listdir("/")) == ["inbound", "outbound"]
        assert sftp.listdir("outbound") == []
        for path in (
            "password",
            ".sandbox",
            ".sandbox/state.json",
            "../host_key",
            "/../../etc/passwd",
            "inbound/../../host_key",
            "outbound/link",
        ):
            with pytest.raises(FileNotFoundError):
                sftp.stat(path)
            with pytest.raises(OSError):
                sftp.open(path, "r")
        with pytest.raises(OSError):
            sftp.open("/password", "w")
        for mailbox in ("/inbound", "/outbound"):
            with pytest.raises(PermissionError):
                sftp.rmdir(mailbox)
            with pytest.raises(PermissionError):
                sftp.rename(mailbox, "/inbound/moved")
    assert (tmp_path / "acme/password").read_text().strip() == PASSWORD


def test_login_by_key_and_every_refusal(server: SftpServer) -> None:
    secret, stranger = (Ed25519PrivateKey.generate() for _ in range(2))
    public = secret.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    server.add_account("acme", public_key=public.decode() + " a comment")
    with client(server, pkey=paramiko.Ed25519Key.from_private_key(_pem(secret))) as sftp:
        assert "inbound" in sftp.listdir("/")
    for login in (
        {"pkey": paramiko.Ed25519Key.from_private_key(_pem(stranger))},
        {"password": "wrong"},
        {"password": ""},
        {"password": PASSWORD, "username": "nobody"},
        {"password": PASSWORD, "username": "../acme"},
    ):
        with pytest.raises(paramiko.AuthenticationException), client(server, **login):
            pass
    server.refuse_logins = True
    with pytest.raises(paramiko.AuthenticationException), client(server):
        pass


def _pem(key: Ed25519PrivateKey):
    import io

    return io.StringIO(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ).decode()
    )


def test_host_key_is_kept_and_can_be_changed(server: SftpServer, tmp_path: Path) -> None:
    line = server.host_key_line()
    assert SftpServer(tmp_path).host_key_line() == line
    assert (tmp_path / "host_key").stat().st_mode & 0o077 == 0
    assert _presented(server) == line
    changed = server.change_host_key()
    assert changed != line
    assert _presented(server) == changed
    assert SftpServer(tmp_path).host_key_line() == changed


def _presented(server: SftpServer) -> str:
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as wire:
        transport = paramiko.Transport(wire)
        try:
            transport.start_client(timeout=10)
            key = transport.get_remote_server_key()
            return f"{key.get_name()} {key.get_base64()}"
        finally:
            transport.close()


def test_full_disk_denied_and_failing(server: SftpServer, tmp_path: Path) -> None:
    with client(server) as sftp:
        server.disk_full_after = 1000
        with pytest.raises(OSError, match="Failure"):
            put(sftp, "inbound/big", b"x" * 5000)
        server.behave()
        assert (tmp_path / "acme/inbound/big").stat().st_size == 1000
        server.denied = {"rename", "list", "stat"}
        with pytest.raises(PermissionError):
            sftp.rename("inbound/big", "inbound/other")
        with pytest.raises(PermissionError):
            sftp.listdir("inbound")
        with pytest.raises(PermissionError):
            sftp.stat("inbound/big")
        server.behave()
        server.failing = {"remove"}
        with pytest.raises(OSError, match="Failure"):
            sftp.remove("inbound/big")


@pytest.mark.parametrize(("switch", "there"), [("cut_before", "old"), ("cut_after", "new")])
def test_connection_cut_around_a_rename(server: SftpServer, tmp_path: Path, switch: str, there: str) -> None:
    with client(server) as sftp:
        put(sftp, "inbound/old", b"data")
        getattr(server, switch).add("rename")
        with pytest.raises((paramiko.SSHException, EOFError, OSError)):
            sftp.rename("inbound/old", "inbound/new")
    assert [p.name for p in (tmp_path / "acme/inbound").iterdir()] == [there]
    with client(server) as sftp:
        assert sftp.listdir("inbound") == [there]


def test_a_stalled_operation_ends_with_the_server(server: SftpServer) -> None:
    with client(server) as sftp:
        sftp.get_channel().settimeout(0.3)
        server.stalled = {"stat"}
        with pytest.raises(TimeoutError):
            sftp.stat("inbound")
    server.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_many_clients_at_once_and_noise(
    server: SftpServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    for noise in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 2000):
        with closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)) as wire:
            wire.sendall(noise)
    failures: list[BaseException] = []

    def work(n: int) -> None:
        try:
            with client(server) as sftp:
                put(sftp, f"inbound/{n}", bytes([n]) * 40_000)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert sorted(p.name for p in (tmp_path / "acme/inbound").iterdir()) == [str(n) for n in range(8)]
    server.stop()
    assert [r for r in caplog.records if r.name.startswith("gateway.sandbox")] == []
    assert capfd.readouterr().err == ""


def test_start_again_after_stop(server: SftpServer) -> None:
    line = server.host_key_line()
    server.stop()
    server.start()
    with client(server) as sftp:
        assert "inbound" in sftp.listdir("/")
    assert server.host_key_line() == line
