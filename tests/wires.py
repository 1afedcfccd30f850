"""Partners and installations for tests of the exchange: a folder, a faulty folder, or an SFTP server on loopback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from gateway.claims.intake.origin import Origins
from gateway.clock import Clock
from gateway.errors import TransportError
from gateway.exchange.folder import FolderTransport
from gateway.exchange.transport import Transport
from gateway.mapping.compile import load_map
from gateway.settings import Partner
from gateway.site import Site
from gateway.store import transmissions
from gateway.store.archive import Archive
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from tests.sites import settings_of


def partner(**more: Any) -> Partner:
    """Return a test partner; *more* overrides or adds keys of its section."""
    section: dict[str, Any] = {
        "environment": "test",
        "submitter_id": "ROE01",
        "receiver_name": "POE CLEARINGHOUSE",
        "receiver_id": "POE99",
        "payers": ["66001"],
        "send_folder": "in",
        "envelope": {"sender_id": "ROEBILL", "receiver_id": "POECLEAR"},
        "upload": {"mode": "rename"},
        "download": {"folders": ["out"], "quiet_polls": 1},
    }
    return Partner.model_validate({**section, **more})


def folder_partner(path: Path, **more: Any) -> Partner:
    """Return a partner that is a folder on this machine."""
    for name in ("in", "out"):
        (path / name).mkdir(parents=True, exist_ok=True)
    return partner(folder={"path": path}, **more)


def sftp_partner(
    port: int, *, host_key: str | None, key: Path, username: str = "root", **more: Any
) -> Partner:
    """Return a partner on a loopback SFTP server; time limits are short."""
    sftp = {
        "host": "127.0.0.1", "port": port, "username": username, "private_key": f"file:{key}",
        "connect_seconds": 5, "answer_seconds": 5, "attempt_seconds": 60, **more.pop("sftp", {}),
    }  # fmt: skip
    return partner(sftp=sftp, host_keys=[host_key] if host_key else [], **more)


def site_of(
    root: Path, clock: Clock, transport: Callable[[str], Transport] | None = None, **partners: Partner
) -> Site:
    """Return an installation at *root* with *partners*, each reached by its folder unless *transport* says otherwise."""
    keys = Keys(bytes(range(32)))
    settings = settings_of(partner={name: p.model_dump() for name, p in partners.items()})
    return Site(
        root=root,
        settings=settings,
        store=open_store(root, settings, keys, clock),
        archive=Archive(root / "state" / "archive", keys),
        clock=clock,
        claim_map=lambda _partner: load_map("837p"),
        transport=transport or (lambda name: FolderTransport(settings.partner[name])),
        origins=Origins,
    )


def sealed(site: Site, partner: str, data: bytes, *, isa13: int = 1) -> str:
    """Put a transmission with these bytes into the store, as sealing does; return its id."""
    blob = site.archive.put(data, "transmission")
    with site.store.write("seal") as tx:
        identifier = transmissions.new_draft(
            tx, partner=partner, environment="test", kind="837P", sender="ZZ:ROEBILL", receiver="ZZ:POECLEAR",
            isa13=isa13, gs06=isa13, version="005010X222A1", claims=0,
        )  # fmt: skip
        transmissions.seal(
            tx,
            identifier,
            segments={},
            blob=blob,
            sha256=blob,
            size=len(data),
            remote_name=f"837P_{isa13:09}.837",
        )
        tx.audit(identifier, {})
    return identifier


class Faulty:
    """A folder whose answers go wrong where a test says: *before* an operation has an effect, or *after* it."""

    def __init__(self, profile: Partner) -> None:
        self._inner = FolderTransport(profile)
        self.before: dict[str, list[TransportError]] = {}
        self.after: dict[str, list[TransportError]] = {}
        self.calls: list[str] = []
        self.vanishing = False

    @contextmanager
    def connect(self) -> Iterator["Faulty"]:
        self._do("connect", lambda: None)
        with self._inner.connect() as session:
            self._session = session
            yield self

    def host_keys(self) -> Iterator[str]:
        return iter(())

    def list(self, folder: str, *, limit: int) -> Any:
        return self._do("list", lambda: self._session.list(folder, limit=limit))

    def size_of(self, path: str) -> Any:
        return self._do("stat", lambda: self._session.size_of(path))

    def upload(self, data: bytes, path: str) -> Any:
        def put() -> int | None:
            size = self._session.upload(data, path)
            if self.vanishing:
                self._session.remove(path)
            return size

        return self._do("upload", put)

    def rename(self, old: str, new: str) -> Any:
        return self._do("rename", lambda: self._session.rename(old, new))

    def remove(self, path: str) -> Any:
        return self._do("remove", lambda: self._session.remove(path))

    def download(self, path: str, into: BinaryIO, *, limit: int) -> Any:
        return self._do("download", lambda: self._session.download(path, into, limit=limit))

    def _do(self, op: str, step: Callable[[], Any]) -> Any:
        self.calls.append(op)
        if self.before.get(op):
            raise self.before[op].pop(0)
        result = step()
        if self.after.get(op):
            raise self.after[op].pop(0)
        return result
