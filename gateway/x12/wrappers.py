"""Files in a wrapper: zip and gzip are unpacked by their magic bytes, within limits (TRAP-15). PGP never is: no key.

A wrapper says nothing of what is inside; whoever unpacks looks at each file on its own.
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from gateway.errors import X12Error

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_MAGIC_BYTES = 4
_TAR = slice(257, 262)
_DEPTH = 2
"""Wrappers within one another: a gzip of a zip is opened, more is not."""

_BROKEN = (
    zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
    struct.error,
)  # fmt: skip
"""What the standard library raises on damaged, cut or foreign archives."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file out of a wrapper; *name* is None where the wrapper does not say it."""

    name: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """What may at most come out of a wrapper: *size* bytes of all files together, and so many *files*."""

    size: int
    files: int


def is_wrapped(head: bytes) -> bool:
    """Tell by its first bytes whether a file is a zip archive or a gzip file."""
    return head.startswith((*_ZIP, _GZIP))


def files_in(stream: BinaryIO, limits: UnpackLimits) -> Iterator[tuple[str | None, BinaryIO]]:
    """Yield the files in *stream* with their names: itself, unread, where it is no wrapper.

    Raises:
        X12Error: as `unpack`.

    """
    start = stream.read(_MAGIC_BYTES)
    if not is_wrapped(start):
        yield None, cast("BinaryIO", _Again(start, stream))
        return
    for one in unpack(start + stream.read(limits.size), limits):
        yield one.name, io.BytesIO(one.data)


class _Again(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        start, self._start = self._start, b""
        return start or self._rest.read(size)


def unpack(data: bytes, limits: UnpackLimits) -> list[Unpacked]:
    """Return the files inside *data*, in their order; a file that is in no wrapper is itself.

    Raises:
        X12Error: ENV-ZIP, ENV-GZIP or ENV-ARCHIVE: damaged, locked with a password, empty, not what it seems, or
            larger than *limits* when unpacked.

    """
    return _unpacked(None, data, limits, _DEPTH)


def _unpacked(name: str | None, data: bytes, limits: UnpackLimits, depth: int) -> list[Unpacked]:
    if not is_wrapped(data) or not depth:
        return [Unpacked(name, data)]
    found: list[Unpacked] = []
    left = limits
    for one in _inside(name, data, limits):
        for inner in _unpacked(one.name, one.data, left, depth - 1):
            found.append(inner)
            left = UnpackLimits(left.size - len(inner.data), left.files - 1)
            if left.size < 0 or left.files < 0:
                raise _too_much(limits)
    return found


def _inside(name: str | None, data: bytes, limits: UnpackLimits) -> list[Unpacked]:
    code = "ENV-GZIP" if data.startswith(_GZIP) else "ENV-ZIP"
    try:
        return [_gunzipped(name, data, limits)] if code == "ENV-GZIP" else _unzipped(data, limits)
    except _BROKEN:
        what = "gzip file" if code == "ENV-GZIP" else "zip archive"
        raise X12Error(
            code, f"The {what} is damaged and cannot be unpacked. Have it sent again.", offset=0
        ) from None


def _gunzipped(name: str | None, data: bytes, limits: UnpackLimits) -> Unpacked:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        content = file.read(limits.size + 1)
    if len(content) > limits.size:
        raise _too_much(limits)
    if content[_TAR] == b"ustar":
        raise X12Error(
            "ENV-ARCHIVE",
            "The file is a tar archive. Unpack it and hand in what is inside, file by file.",
            offset=0,
        )
    return Unpacked(name.removesuffix(".gz") if name else None, content)


def _unzipped(data: bytes, limits: UnpackLimits) -> list[Unpacked]:
    found: list[Unpacked] = []
    left = limits.size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = [one for one in archive.infolist() if not one.is_dir() and not _beside(one.filename)]
        if any(one.filename == "[Content_Types].xml" for one in files):
            raise X12Error(
                "ENV-ZIP", "The file is an Office document (Excel, Word). Save the sheet as CSV.", offset=0
            )
        if not files:
            raise X12Error("ENV-ZIP", "The zip archive is empty. Ask the sender what was meant.", offset=0)
        if len(files) > limits.files:
            raise _too_much(limits)
        if any(one.flag_bits & 1 for one in files):
            raise X12Error(
                "ENV-ZIP",
                "The zip archive is locked with a password. Unpack it and hand in what is inside.",
                offset=0,
            )
        for one in files:
            with archive.open(one) as file:
                content = file.read(left + 1)
            left -= len(content)
            if left < 0:
                raise _too_much(limits)
            found.append(Unpacked(one.filename, content))
    return found


def _beside(name: str) -> bool:
    """Tell whether a name is what a Mac leaves beside the files."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] == ".DS_Store"


def _too_much(limits: UnpackLimits) -> X12Error:
    return X12Error(
        "ENV-UNPACKED-SIZE",
        f"The archive holds more than {limits.size} bytes or more than {limits.files} files when unpacked: nothing of it "
        "was read. Unpack it and hand in what is inside, or raise the limit.",
        offset=0,
    )
