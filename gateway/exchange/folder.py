"""A folder on this machine in place of SFTP: a mounted share, or a test. Held to the same contract as `sftp`."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway import failpoints
from gateway.errors import (
    ConfigError,
    RemoteDenied,
    RemoteExists,
    RemoteFailure,
    RemoteMissing,
    Unreachable,
)
from gateway.exchange.transport import RemoteFile
from gateway.settings import Partner

_CHUNK = 1024 * 1024

MID_UPLOAD = failpoints.declare("folder.mid_upload", "half of a file's bytes are in the partner's folder")


class FolderTransport:
    """The folder that the profile names; "connecting" checks that it is there."""

    def __init__(self, profile: Partner) -> None:
        if profile.folder is None:
            raise ConfigError("this partner has no [folder] section")
        self._root = profile.folder.path

    @contextmanager
    def connect(self) -> Iterator["FolderSession"]:
        """Yield a session; raise Unreachable where the folder is not there (a share that is not mounted)."""
        if not self._root.is_dir():
            raise Unreachable("connect", "the partner's folder is not there; is the share mounted?")
        yield FolderSession(self._root)

    def host_keys(self) -> Iterator[str]:
        """Return nothing: a folder has no host key."""
        return iter(())


class FolderSession:
    """File operations below one root; a path that would leave it is denied."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, folder: str, *, limit: int) -> list[RemoteFile]:
        """Return the plain files in *folder*, at most *limit*, oldest first."""
        found: list[RemoteFile] = []
        with _doing("list"), os.scandir(self._path(folder, "list")) as entries:
            for entry in entries:
                if len(found) >= limit:
                    break
                if entry.is_file(follow_symlinks=False):
                    facts = entry.stat(follow_symlinks=False)
                    found.append(RemoteFile(entry.name, facts.st_size, int(facts.st_mtime)))
        return sorted(found, key=lambda f: (f.mtime or 0, f.name))

    def size_of(self, path: str) -> int | None:
        """Return the size of *path*; raise RemoteMissing where it is not there."""
        with _doing("stat"):
            return self._path(path, "stat").stat().st_size

    def upload(self, data: bytes, path: str) -> int | None:
        """Create *path* exclusively, write *data* durably, and return the size before closing."""
        with _doing("open"):
            handle = os.open(self._path(path, "open"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
        with _doing("write"), os.fdopen(handle, "wb") as file:
            half = len(data) // 2
            file.write(data[:half])
            file.flush()
            failpoints.hit(MID_UPLOAD)
            file.write(data[half:])
            file.flush()
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size

    def rename(self, old: str, new: str) -> None:
        """Rename without ever overwriting *new*."""
        with _doing("rename"):
            source, target = self._path(old, "rename"), self._path(new, "rename")
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError as fault:
                if fault.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK} or target.exists():
                    raise
                source.rename(target)  # a file system without hard links: the check above is all there is
            else:
                source.unlink()
            _sync(target.parent)

    def remove(self, path: str) -> None:
        """Remove the file *path*."""
        with _doing("remove"):
            self._path(path, "remove").unlink()

    def download(self, path: str, into: BinaryIO, *, limit: int) -> int:
        """Write the bytes of *path* to *into* and return how many; stop with RemoteFailure beyond *limit*."""
        done = 0
        with _doing("download"):
            file = self._path(path, "download").open("rb")
        with file:
            while True:
                with _doing("download"):
                    chunk = file.read(_CHUNK)
                done += len(chunk)
                if done > limit:
                    raise RemoteFailure("too_large", f"the file is larger than the limit of {limit} bytes")
                if not chunk:
                    return done
                into.write(chunk)  # outside: a full disk of ours is not the partner's failure

    def _path(self, path: str, op: str) -> Path:
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if ".." in parts:
            raise RemoteDenied(op, "the path leaves the partner's folder")
        return self._root.joinpath(*parts)


@contextmanager
def _doing(op: str) -> Iterator[None]:
    """Translate a local error; a local file system answers, so nothing is ever *maybe_done*."""
    try:
        yield
    except FileNotFoundError:
        raise RemoteMissing(op, "no such file or folder") from None
    except FileExistsError:
        raise RemoteExists(op, "the name is taken") from None
    except PermissionError:
        raise RemoteDenied(op, "not allowed") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "a name that no file can have"
        raise RemoteFailure(op, str(reason)) from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
