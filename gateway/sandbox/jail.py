"""One account's view of the disk, as SFTP operations.

What a client may see is the account's mailbox directories and the plain files below them. What lies beside those
(keys, password, the clearinghouse's notes) and symbolic links are not there at all.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import paramiko
from paramiko.sftp import SFTP_FAILURE, SFTP_NO_SUCH_FILE, SFTP_OK, SFTP_PERMISSION_DENIED

from gateway.sandbox.faults import ServerFaults


class _Cut(Exception):
    """The connection was cut on purpose."""


def _code(error: OSError) -> int:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return int(SFTP_PERMISSION_DENIED)
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}:
        return int(SFTP_NO_SUCH_FILE)
    return int(SFTP_FAILURE)


def _replace(old: Path, new: Path) -> None:
    old.replace(new)


class Jail(paramiko.SFTPServerInterface):
    """The operations of one session, faults included."""

    def __init__(
        self, server: paramiko.ServerInterface, *, home: Path, faults: ServerFaults, cut: Callable[[], None]
    ) -> None:
        super().__init__(server)
        self.home = home
        self.faults = faults
        self._cut = cut

    def refusal(self, operation: str) -> int | None:
        """Return the answer a switched-on fault gives to *operation*, None when it may go on."""
        self.faults.wait_while_stalled(operation)
        if operation in self.faults.cut_before:
            self.faults.cut_before.discard(operation)
            self._cut()
            raise _Cut
        if operation in self.faults.denied:
            return int(SFTP_PERMISSION_DENIED)
        return int(SFTP_FAILURE) if operation in self.faults.failing else None

    def done(self, operation: str) -> None:
        """Cut the wire after *operation* where that fault is on."""
        if operation in self.faults.cut_after:
            self.faults.cut_after.discard(operation)
            self._cut()
            raise _Cut

    def _answer(self, operation: str, act: Callable[[], None]) -> int:
        refused = self.refusal(operation)
        if refused is not None:
            return refused
        try:
            act()
        except OSError as error:
            return _code(error)
        self.done(operation)
        return int(SFTP_OK)

    def real(self, path: str) -> Path:
        """Turn a client's path into ours.

        Raises:
            FileNotFoundError: it leads to what the client may not see.

        """
        parts = PurePosixPath(self.canonicalize(path)).parts[1:]
        place = self.home
        for index, part in enumerate(parts):
            place = place / part
            beside = index == 0 and (part.startswith(".") or not place.is_dir())
            if "\0" in part or beside or place.is_symlink():
                raise FileNotFoundError(errno.ENOENT, "outside")
        return place

    def below(self, path: str) -> Path:
        """Turn a client's path into ours where it lies inside a mailbox folder.

        Raises:
            PermissionError: it is a mailbox folder itself, or the root: those stay.

        """
        place = self.real(path)
        if self.home in {place, place.parent}:
            raise PermissionError(errno.EACCES, "mailbox folders stay")
        return place

    def canonicalize(self, path: str) -> str:
        """Resolve ``.`` and ``..`` without ever leaving the root."""
        return os.path.normpath("/" + path).replace("//", "/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        """List what the client may see, oldest first."""
        refused = self.refusal("list")
        if refused is not None:
            return refused
        entries: list[paramiko.SFTPAttributes] = []
        try:
            folder = self.real(path)
            for entry in os.scandir(folder):
                with contextlib.suppress(FileNotFoundError):  # it left while we were looking
                    info = entry.stat(follow_symlinks=False)
                    beside = folder == self.home and (entry.name.startswith(".") or not entry.is_dir())
                    if not beside and not entry.is_symlink():
                        entries.append(paramiko.SFTPAttributes.from_stat(info, entry.name))
        except OSError as error:
            return _code(error)
        self.done("list")
        return sorted(entries, key=lambda a: (a.st_mtime or 0, a.filename))

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        """Tell size and time of *path*."""
        refused = self.refusal("stat")
        if refused is not None:
            return refused
        try:
            attributes = paramiko.SFTPAttributes.from_stat(self.real(path).stat())
        except OSError as error:
            return _code(error)
        self.done("stat")
        return attributes

    lstat = stat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> "paramiko.SFTPHandle | int":  # noqa: ARG002 - paramiko's signature
        """Open a plain file; creation is exclusive where the client asks for that."""
        refused = self.refusal("open")
        if refused is not None:
            return refused
        writing = bool(flags & (os.O_WRONLY | os.O_RDWR))
        try:
            place = self.below(path)
            if place.is_dir():
                return int(SFTP_PERMISSION_DENIED)
            number = os.open(place, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            return _code(error)
        with contextlib.suppress(OSError):
            if writing:  # tells the clearinghouse that this file is still being written
                fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
        handle = _OpenFile(number, jail=self)
        self.done("open")
        return handle

    def remove(self, path: str) -> int:
        """Remove a file."""
        return self._answer("remove", lambda: self.below(path).unlink())

    def rename(self, oldpath: str, newpath: str) -> int:
        """Rename without overwriting, as the protocol's version 3 demands."""

        def act() -> None:
            old, new = self.below(oldpath), self.below(newpath)
            if old.is_dir():
                if new.exists():
                    raise FileExistsError(errno.EEXIST, "taken")
                old.rename(new)
                return
            os.link(old, new)  # fails where the name is taken, unlike rename
            old.unlink()

        return self._answer("rename", act)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        """Rename and overwrite: OpenSSH's extension."""
        return self._answer("rename", lambda: _replace(self.below(oldpath), self.below(newpath)))

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:  # noqa: ARG002 - paramiko's signature
        """Make a directory below the mailbox folders."""
        return self._answer("mkdir", lambda: self.below(path).mkdir())

    def rmdir(self, path: str) -> int:
        """Remove an empty directory."""
        return self._answer("rmdir", lambda: self.below(path).rmdir())

    def chattr(self, path: str, attr: paramiko.SFTPAttributes) -> int:  # noqa: ARG002 - paramiko's signature
        """Accept and ignore: clients that set times or modes shall not fail for it."""
        return int(SFTP_OK)


class _OpenFile(paramiko.SFTPHandle):
    """An open file; counts what is written so that a disk can be full."""

    def __init__(self, number: int, *, jail: Jail) -> None:
        super().__init__(0)
        self._number = number
        self._jail = jail
        self._open = True

    def read(self, offset: int, length: int) -> bytes | int:
        refused = self._jail.refusal("read")
        if refused is not None:
            return refused
        try:
            data = os.pread(self._number, min(length, 256 * 1024), offset)
        except OSError as error:
            return _code(error)
        self._jail.done("read")
        return data

    def write(self, offset: int, data: bytes) -> int:
        refused = self._jail.refusal("write")
        if refused is not None:
            return refused
        limit = self._jail.faults.disk_full_after
        room = len(data) if limit is None else max(0, min(len(data), limit - offset))
        try:
            done = 0
            while done < room:
                done += os.pwrite(self._number, data[done:room], offset + done)
        except OSError as error:
            return _code(error)
        if room < len(data):
            return int(SFTP_FAILURE)
        self._jail.done("write")
        return int(SFTP_OK)

    def stat(self) -> paramiko.SFTPAttributes | int:
        refused = self._jail.refusal("stat")
        if refused is not None:
            return refused
        try:
            return paramiko.SFTPAttributes.from_stat(os.fstat(self._number))
        except OSError as error:
            return _code(error)

    def chattr(self, attr: paramiko.SFTPAttributes) -> int:  # noqa: ARG002 - paramiko's signature
        return int(SFTP_OK)

    def close(self) -> None:
        if not self._open:
            return
        refused = None
        with contextlib.suppress(_Cut):
            refused = self._jail.refusal("close")
        self._open = False
        os.close(self._number)
        if refused is None:
            with contextlib.suppress(_Cut):
                self._jail.done("close")
