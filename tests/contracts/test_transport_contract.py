"""One suite for every transport: what the exchange may rely on, whatever the wire (reliability.md 4 and 11)."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.errors import RemoteDenied, RemoteExists, RemoteFailure, RemoteMissing, TransportError
from gateway.exchange.folder import FolderTransport
from gateway.exchange.sftp import SftpTransport
from gateway.exchange.transport import RemoteFile, Transport
from tests.sshd import Sshd, running_sshd
from tests.wires import folder_partner, sftp_partner


@dataclass
class Wire:
    """A transport and the folder that its server shows."""

    transport: Transport
    root: Path


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(params=["folder", pytest.param("sshd", marks=pytest.mark.sshd)])
def wire(request: pytest.FixtureRequest, tmp_path: Path) -> Wire:
    if request.param == "folder":
        return Wire(FolderTransport(folder_partner(tmp_path)), tmp_path)
    server: Sshd = request.getfixturevalue("sshd")
    account = server.account(tmp_path.name)
    profile = sftp_partner(server.port, host_key=server.host_key, key=account.key)
    return Wire(
        SftpTransport(profile, lambda ref: Path(ref.removeprefix("file:")).read_bytes()), account.root
    )


@pytest.mark.parametrize("size", [0, 1, 32767, 32768, 32769, 5_000_003])
def test_what_is_uploaded_arrives_and_comes_back(wire: Wire, size: int) -> None:
    data = os.urandom(size)
    with wire.transport.connect() as session:
        assert session.upload(data, "in/a.837") == size
        assert session.size_of("in/a.837") == size
        into = io.BytesIO()
        assert session.download("in/a.837", into, limit=size) == size
    assert into.getvalue() == data == (wire.root / "in/a.837").read_bytes()


def test_upload_never_overwrites(wire: Wire) -> None:
    (wire.root / "in/a.837").write_bytes(b"first")
    with wire.transport.connect() as session:
        with pytest.raises(RemoteExists) as fault:
            session.upload(b"second", "in/a.837")
        assert not fault.value.maybe_done
        assert session.size_of("in/a.837") == 5
    assert (wire.root / "in/a.837").read_bytes() == b"first"


def test_rename_moves_and_never_overwrites(wire: Wire) -> None:
    with wire.transport.connect() as session:
        session.upload(b"one", "in/a.part")
        session.rename("in/a.part", "in/a.837")
        session.upload(b"two!", "in/b.part")
        with pytest.raises(RemoteExists) as fault:
            session.rename("in/b.part", "in/a.837")
    assert not fault.value.maybe_done
    assert (wire.root / "in/a.837").read_bytes() == b"one"
    assert (wire.root / "in/b.part").read_bytes() == b"two!"
    assert not (wire.root / "in/a.part").exists()


def test_rename_to_a_sibling_folder(wire: Wire) -> None:
    with wire.transport.connect() as session:
        session.upload(b"one", "out/a.837")
        session.rename("out/a.837", "in/a.837")
    assert (wire.root / "in/a.837").read_bytes() == b"one"


def test_missing_things_are_missing_and_the_session_lives_on(wire: Wire) -> None:
    with wire.transport.connect() as session:
        for attempt in (
            lambda: session.size_of("in/none"),
            lambda: session.download("in/none", io.BytesIO(), limit=10),
            lambda: session.remove("in/none"),
            lambda: session.rename("in/none", "in/other"),
            lambda: session.list("nowhere", limit=10),
            lambda: session.upload(b"x", "nowhere/a.837"),
        ):
            with pytest.raises(RemoteMissing) as fault:
                attempt()
            assert not fault.value.maybe_done
        assert session.upload(b"x", "in/a.837") == 1


def test_remove(wire: Wire) -> None:
    (wire.root / "in/a.part").write_bytes(b"x")
    with wire.transport.connect() as session:
        session.remove("in/a.part")
    assert not (wire.root / "in/a.part").exists()


def test_listing_shows_plain_files_oldest_first_and_keeps_to_the_limit(wire: Wire) -> None:
    (wire.root / "out/folder").mkdir()
    (wire.root / "out/link").symlink_to(wire.root / "in")
    for index, name in enumerate(["c", "a", "b"]):
        (wire.root / "out" / name).write_bytes(b"x" * index)
        os.utime(wire.root / "out" / name, (1_700_000_000 + index, 1_700_000_000 + index))
    with wire.transport.connect() as session:
        assert session.list("out", limit=100) == [
            RemoteFile("c", 0, 1_700_000_000),
            RemoteFile("a", 1, 1_700_000_001),
            RemoteFile("b", 2, 1_700_000_002),
        ]
        assert len(session.list("out", limit=2)) == 2
        assert session.list("in", limit=10) == []


def test_many_files_are_listed(wire: Wire) -> None:
    for index in range(1500):
        (wire.root / "out" / f"{index:04}.x12").touch()
    with wire.transport.connect() as session:
        assert len(session.list("out", limit=10_000)) == 1500
        assert len(session.list("out", limit=700)) == 700


@pytest.mark.parametrize(
    "name",
    [
        b"with blank.x12",
        b"\xff\xfe\x80latin.x12",
        b"new\nline",
        b"-rf",
        b"..hidden",
        b"*",
        b"n" * 255,
        "Ñandú.x12".encode(),
    ],
)
def test_hostile_names_survive_the_whole_way(wire: Wire, name: bytes) -> None:
    (Path(os.fsdecode(os.fsencode(wire.root) + b"/out/" + name))).write_bytes(b"content")
    with wire.transport.connect() as session:
        (entry,) = session.list("out", limit=10)
        assert entry.name.encode("utf-8", "surrogateescape") == name
        into = io.BytesIO()
        session.download(f"out/{entry.name}", into, limit=100)
        session.rename(f"out/{entry.name}", "in/plain")
        assert session.list("out", limit=10) == []
    assert into.getvalue() == b"content"


def test_names_no_file_can_have_are_errors_of_the_family(wire: Wire) -> None:
    with wire.transport.connect() as session:
        with pytest.raises(TransportError):
            session.upload(b"x", "in/" + "n" * 300)
        with pytest.raises(TransportError):
            session.upload(b"x", "in/nul\0")


def test_download_stops_at_its_limit(wire: Wire) -> None:
    (wire.root / "out/big").write_bytes(b"x" * 3_000_000)
    with wire.transport.connect() as session:
        into = io.BytesIO()
        with pytest.raises(RemoteFailure, match="larger than the limit"):
            session.download("out/big", into, limit=1_000_000)
        assert len(into.getvalue()) <= 1_000_000
        assert session.size_of("out/big") == 3_000_000


def test_errors_never_carry_the_remote_name(wire: Wire) -> None:
    with wire.transport.connect() as session:
        with pytest.raises(RemoteMissing) as missing:
            session.size_of("in/ROE-JANE.837")
        (wire.root / "in/ROE-JANE.837").touch()
        with pytest.raises(RemoteExists) as taken:
            session.upload(b"x", "in/ROE-JANE.837")
    for fault in (missing, taken):
        assert "ROE" not in str(fault.value)
        assert fault.value.__cause__ is None


def test_a_folder_does_not_let_a_path_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with FolderTransport(folder_partner(tmp_path / "root")).connect() as session, pytest.raises(RemoteDenied):
        session.size_of("out/../../secret")
