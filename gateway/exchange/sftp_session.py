"""A logged-in SFTP session: file operations on paramiko's packets, errors translated at each call.

paramiko's public file object swallows errors at close and drops those of pipelined writes, and its listing dies of names
that are not UTF-8; the packets below it do neither, so they are used here.
"""
# ruff: noqa: SLF001 - the packets are paramiko's protected methods

import socket
import stat
import struct
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

import paramiko
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_DATA,
    CMD_HANDLE,
    CMD_NAME,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_WRITE,
    SFTPError,
    int64,
)

from gateway.errors import (
    ConnectionLost,
    RemoteDenied,
    RemoteExists,
    RemoteFailure,
    RemoteMissing,
    Stalled,
    TransportError,
)
from gateway.exchange.transport import RemoteFile

_CHUNK = 32768
"""Largest read or write that every server takes in one request."""
_WINDOW = 64
"""Requests under way at once: 2 MiB, so that a far partner does not cost a round trip a chunk."""

GARBAGE = (SFTPError, struct.error, UnicodeError, ValueError, IndexError)
"""What paramiko's decoding raises when the peer does not speak SFTP."""


class SftpSession:
    """A logged-in connection; after a cut or a time-out it is dead, and every later call says so at once."""

    def __init__(self, transport: paramiko.Transport, client: paramiko.SFTPClient, seconds: float) -> None:
        self._transport = transport
        self._client = client
        self._dead = False
        self._overdue = threading.Event()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def list(self, folder: str, *, limit: int) -> list[RemoteFile]:
        """Return the plain files in *folder*, at most *limit*, oldest first."""
        found: list[RemoteFile] = []
        with self._doing("list"):
            kind, reply = self._client._request(CMD_OPENDIR, _bytes(folder))
            _expect(kind, CMD_HANDLE)
            handle = reply.get_binary()
            while len(found) < limit:
                batch = self._read_directory(handle)
                if batch is None:
                    break
                found += batch[: limit - len(found)]
            self._client._request(CMD_CLOSE, handle)
        return sorted(found, key=lambda f: (f.mtime is None, f.mtime or 0, f.name))

    def size_of(self, path: str) -> int | None:
        """Return the size of *path*, None where the server will not say; raise RemoteMissing where it is not there."""
        with self._doing("stat"):
            size = self._client.stat(_bytes(path)).st_size
        return None if size is None else int(size)

    def upload(self, data: bytes, path: str) -> int | None:
        """Create *path* exclusively, write *data*, and return the size the open handle reports before closing.

        The error's *op* says how far it came: after ``open`` nothing of ours is there; after ``write`` or ``close`` a
        part may be.
        """
        try:
            with self._doing("open", changes=True):
                file = self._client.open(_bytes(path), "wx")
        except RemoteFailure as fault:
            raise self._exists_or(fault, path) from None
        file._closed = True  # its own close() swallows errors; the handle is closed below, seen
        handle = file.handle
        try:
            self._write(handle, data)
        except (RemoteFailure, RemoteDenied, RemoteMissing):
            with suppress(TransportError), self._doing("close", changes=True):
                self._client._request(CMD_CLOSE, handle)
            raise
        size: int | None = None
        with suppress(RemoteDenied, RemoteFailure, RemoteMissing), self._doing("write", changes=True):
            size = file.stat().st_size
        with self._doing("close", changes=True):
            self._client._request(CMD_CLOSE, handle)
        return size

    def _write(self, handle: bytes, data: bytes) -> None:
        """Write pipelined, yet read every answer: a full disk answers some write with a failure."""
        pending: deque[int] = deque()
        with self._doing("write", changes=True):
            for start in range(0, len(data), _CHUNK):
                pending.append(self._send(CMD_WRITE, handle, int64(start), data[start : start + _CHUNK]))
                if len(pending) >= _WINDOW:
                    self._client._read_response(pending.popleft())
            while pending:
                self._client._read_response(pending.popleft())

    def rename(self, old: str, new: str) -> None:
        """Rename without ever overwriting *new*: plain rename, which OpenSSH refuses onto a taken name."""
        try:
            with self._doing("rename", changes=True):
                self._client.rename(_bytes(old), _bytes(new))
        except RemoteFailure as fault:
            raise self._exists_or(fault, new) from None

    def remove(self, path: str) -> None:
        """Remove the file *path*."""
        with self._doing("remove", changes=True):
            self._client.remove(_bytes(path))

    def download(self, path: str, into: BinaryIO, *, limit: int) -> int:
        """Write the bytes of *path* to *into* and return how many; stop with RemoteFailure beyond *limit*.

        The end is where the server says EOF, whatever a listing said (a wrong size never makes us wait).
        """
        with self._doing("download"):
            file = self._client.open(_bytes(path), "r")
        file._closed = True
        handle = file.handle
        done = asked = 0
        pending: deque[int] = deque()
        while True:
            with self._doing("download"):
                while len(pending) < _WINDOW and asked <= limit:
                    pending.append(self._send(CMD_READ, handle, int64(asked), _CHUNK))
                    asked += _CHUNK
                chunk = self._read_chunk(pending.popleft())
                if (
                    len(chunk) < _CHUNK
                ):  # short or the end: what was asked beyond is void; go on behind what came
                    while pending:
                        self._read_chunk(pending.popleft())
                    asked = done + len(chunk)
            done += len(chunk)
            if not chunk or done > limit:
                break
            into.write(chunk)  # outside: a full disk of ours is not the partner's failure
        with self._doing("download"):
            self._client._request(CMD_CLOSE, handle)
        if done > limit:
            raise RemoteFailure("too_large", f"the file is larger than the limit of {limit} bytes")
        return done

    def end(self) -> None:
        """Log out."""
        self._timer.cancel()
        if not self._dead:
            with suppress(Exception):
                self._client.close()
        self._dead = True

    def _send(self, command: int, handle: bytes, offset: int64, content: int | bytes) -> int:
        try:
            return int(self._client._async_request(type(None), command, handle, offset, content))
        except EOFError:
            raise paramiko.SSHException("the connection is gone") from None

    def _read_chunk(self, number: int) -> bytes:
        try:
            kind, reply = self._client._read_response(number)
        except EOFError:  # the status EOF; a cut is an SSHException here
            return b""
        _expect(kind, CMD_DATA)
        return bytes(reply.get_binary())

    def _read_directory(self, handle: bytes) -> Sequence[RemoteFile] | None:
        """Return the next entries, None at the end. Names are bytes to us (F21)."""
        try:
            kind, reply = self._client._request(CMD_READDIR, handle)
        except EOFError:
            if self._transport.is_active():
                return None
            raise
        _expect(kind, CMD_NAME)
        return [entry for _ in range(reply.get_int()) if (entry := _entry(reply)) is not None]

    def _exists_or(self, fault: RemoteFailure, path: str) -> TransportError:
        """Tell a taken name from any other "Failure": the protocol has one word for both."""
        try:
            self.size_of(path)
        except TransportError:
            return fault
        return RemoteExists(fault.op, "the name is taken")

    def _expire(self) -> None:
        self._overdue.set()
        with suppress(OSError):
            self._transport.sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _doing(self, op: str, *, changes: bool = False) -> Iterator[None]:
        """Translate what fails inside; *changes* marks requests whose effect may outlive a lost answer."""
        if self._dead or self._overdue.is_set():
            raise ConnectionLost(op, "the session is over; connect again")
        try:
            yield
        except TransportError:
            raise
        except TimeoutError:
            self._kill()
            raise Stalled(op, "no answer within answer_seconds", maybe_done=changes) from None
        except FileNotFoundError:
            raise RemoteMissing(op, "no such file or folder") from None
        except PermissionError:
            raise RemoteDenied(op, "the partner does not allow it") from None
        except (paramiko.SSHException, EOFError, *GARBAGE, OSError) as fault:
            # a status "Failure" is an OSError with neither errno nor a dead channel behind it
            if (
                isinstance(fault, OSError)
                and fault.errno is None
                and self._transport.is_active()
                and not self._closed
            ):
                raise RemoteFailure(op, "the server answered: failure") from None
            self._kill()
            if self._overdue.is_set():
                raise Stalled(op, "attempt_seconds are used up", maybe_done=changes) from None
            raise ConnectionLost(op, "the connection broke", maybe_done=changes) from None

    @property
    def _closed(self) -> bool:
        channel = self._client.get_channel()
        return channel is None or bool(channel.closed)

    def _kill(self) -> None:
        """Close the socket under a broken session, so that nothing waits for it a second time."""
        self._dead = True
        with suppress(OSError):
            self._transport.sock.shutdown(socket.SHUT_RDWR)


def _entry(reply: paramiko.Message) -> RemoteFile | None:
    """Read one entry of a listing; None for what is not a plain file."""
    name, long_name = reply.get_binary(), reply.get_binary()
    attributes = paramiko.SFTPAttributes._from_msg(reply)
    mode = attributes.st_mode
    plain = stat.S_ISREG(mode) if mode is not None else not long_name.startswith((b"d", b"l"))
    if not plain or name in {b"", b".", b".."}:
        return None
    return RemoteFile(name.decode("utf-8", "surrogateescape"), attributes.st_size, attributes.st_mtime)


def _bytes(path: str) -> bytes:
    if "\0" in path:  # a C server would take the name to end there
        raise RemoteFailure("path", "a name that no file can have")
    return path.encode("utf-8", "surrogateescape")


def _expect(kind: int | None, wanted: int) -> None:
    if kind != wanted:
        raise SFTPError("an answer of another kind")
