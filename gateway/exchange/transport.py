"""What the exchange needs of a wire, and nothing more. `sftp` and `folder` provide it; one contract suite holds both.

Paths are remote, ``folder/name`` with forward slashes. Every method raises only the TransportError family, with
*maybe_done* telling whether the partner may have carried the operation out.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One entry of a listing; *size* and *mtime* (seconds, the partner's clock) are None where the server hides them."""

    name: str
    size: int | None
    mtime: int | None


class Session(Protocol):
    """A logged-in connection."""

    def list(self, folder: str, *, limit: int) -> list[RemoteFile]:
        """Return the plain files in *folder*, at most *limit*, oldest first."""
        ...

    def size_of(self, path: str) -> int | None:
        """Return the size of *path*, None where the server will not say; raise RemoteMissing where it is not there."""
        ...

    def upload(self, data: bytes, path: str) -> int | None:
        """Create *path* exclusively, write *data*, and return the size the open handle reports before closing.

        Raises:
            RemoteExists: the name is taken; nothing was written.

        """
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename without ever overwriting *new*."""
        ...

    def remove(self, path: str) -> None:
        """Remove the file *path*."""
        ...

    def download(self, path: str, into: BinaryIO, *, limit: int) -> int:
        """Write the bytes of *path* to *into* and return how many; stop with RemoteFailure beyond *limit*."""
        ...


class Transport(Protocol):
    """Something one can connect with."""

    def connect(self) -> AbstractContextManager[Session]:
        """Open a session; leaving the context logs out."""
        ...

    def host_keys(self) -> Iterator[str]:
        """Return the host keys the server presents, unverified, as ``type base64`` lines; empty where there are none."""
        ...
