"""The archive: every file we sent or received, whole, under its own hash, encrypted (laws 1, 2, 12).

A blob's name is the sha256 of its plain bytes; its file is ``archive/ab/abcd...``, written once and never changed:

    GWA1 | length of kind | kind | nonce, data key wrapped by the archive key | nonce | ciphertext | tag

Each blob has a data key of its own (AES-256-GCM, associated data: name and kind), so that the installation's key can be
changed by re-wrapping data keys, and one file can be made unreadable for ever by destroying its own.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway import failpoints
from gateway.errors import ArchiveDamaged, StoreUnavailable
from gateway.store.disk import private_folder, sync_folder
from gateway.store.keys import KEY_BYTES, NONCE_BYTES, Keys

MAGIC = b"GWA1"
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
CHUNK_BYTES = 1024 * 1024
ABANDONED_SECONDS = 24 * 3600
_NAME = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z0-9_]{1,40}")

BEFORE_RENAME = failpoints.declare(
    "archive.before_rename", "a blob is on disk under a temporary name; its final name does not exist yet"
)
AFTER_RENAME = failpoints.declare(
    "archive.after_rename", "a blob stands in the archive; nothing in the database speaks of it yet"
)


class Archive:
    """Write-once files under *root*; `put` returns only when the bytes would survive a power cut."""

    def __init__(self, root: Path, keys: Keys) -> None:
        self._root = root
        self._wrap = AESGCM(keys.archive_key)
        self._temporary = root / "tmp"
        for folder in (root, self._temporary):
            private_folder(folder)
        self._sweep()

    @property
    def root(self) -> Path:
        """The folder that holds the blobs."""
        return self._root

    def put(self, data: bytes, kind: str) -> str:
        """Keep *data* and return its blob id; what is there already is success.

        *kind* is a word such as ``receipt`` or ``transmission``, kept beside the bytes and authenticated with them.

        Raises:
            StoreUnavailable: the disk is full or refuses; nothing was kept.

        """
        if not _KIND.fullmatch(kind):
            raise ValueError("a kind is a word of small letters, digits and underscores")
        blob = hashlib.sha256(data).hexdigest()
        path = self._path(blob)
        if path.exists() and self._is_whole(blob):
            return blob
        temporary = self._temporary / secrets.token_hex(16)
        try:
            self._write(temporary, data, blob, kind)
            failpoints.hit(BEFORE_RENAME)
            if not path.parent.exists():
                private_folder(path.parent)
                sync_folder(self._root)
            temporary.replace(path)
            sync_folder(path.parent)
        except OSError as fault:
            temporary.unlink(missing_ok=True)
            raise StoreUnavailable(
                f"the archive cannot be written: {fault.strerror}; look at the disk under {self._root}"
            ) from fault
        failpoints.hit(AFTER_RENAME)
        return blob

    def get(self, blob: str) -> bytes:
        """Return the plain bytes of *blob*.

        Raises:
            ArchiveDamaged: the file is missing, was altered, or another key is in use.

        """
        try:
            stored = self._path(blob).read_bytes()
        except FileNotFoundError:
            raise ArchiveDamaged(
                f"archive file {blob[:12]} is missing; restore state/archive from a backup"
            ) from None
        except OSError as fault:
            raise StoreUnavailable(f"archive file {blob[:12]} cannot be read: {fault.strerror}") from fault
        try:
            data = self._open(stored, blob)
        except (InvalidTag, IndexError, ValueError):
            raise ArchiveDamaged(
                f"archive file {blob[:12]} was altered, or the key is another installation's"
            ) from None
        if hashlib.sha256(data).hexdigest() != blob:
            raise ArchiveDamaged(f"archive file {blob[:12]} does not have the bytes of its name")
        return data

    def exists(self, blob: str) -> bool:
        """Tell whether *blob* is in the archive; `get` tells whether it is whole."""
        return self._path(blob).exists()

    def blobs(self) -> Iterator[str]:
        """Yield the id of every blob there is, in order."""
        for shard in sorted(self._root.iterdir()):
            if len(shard.name) == 2 and shard.is_dir():
                yield from sorted(file.name for file in shard.iterdir() if _NAME.fullmatch(file.name))

    def _path(self, blob: str) -> Path:
        if not _NAME.fullmatch(blob):
            raise ValueError("a blob id is 64 hex digits")
        return self._root / blob[:2] / blob

    def _is_whole(self, blob: str) -> bool:
        """Tell whether *blob* can be read; a damaged one is written anew when its bytes come by again."""
        try:
            self.get(blob)
        except ArchiveDamaged:
            return False
        return True

    def _write(self, path: Path, data: bytes, blob: str, kind: str) -> None:
        about = blob.encode() + b"\0" + kind.encode()
        data_key, wrap_nonce, nonce = (secrets.token_bytes(n) for n in (KEY_BYTES, NONCE_BYTES, NONCE_BYTES))
        encryptor = Cipher(algorithms.AES256(data_key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(about)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + bytes([len(kind)]) + kind.encode())
            file.write(wrap_nonce + self._wrap.encrypt(wrap_nonce, data_key, about))
            file.write(nonce)
            view = memoryview(data)
            for start in range(0, len(view), CHUNK_BYTES):
                file.write(encryptor.update(view[start : start + CHUNK_BYTES]))
            file.write(encryptor.finalize() + encryptor.tag)
            file.flush()
            os.fsync(file.fileno())

    def _open(self, stored: bytes, blob: str) -> bytes:
        view = memoryview(stored)
        if view[: len(MAGIC)] != MAGIC:
            raise ValueError("not a blob")
        start = len(MAGIC) + 1 + view[len(MAGIC)]
        kind = bytes(view[len(MAGIC) + 1 : start])
        wrapped = view[start : start + WRAPPED_BYTES]
        body = view[start + WRAPPED_BYTES :]
        if len(body) < NONCE_BYTES + TAG_BYTES:
            raise ValueError("cut short")
        about = blob.encode() + b"\0" + kind
        data_key = self._wrap.decrypt(bytes(wrapped[:NONCE_BYTES]), bytes(wrapped[NONCE_BYTES:]), about)
        mode = modes.GCM(bytes(body[:NONCE_BYTES]), bytes(body[-TAG_BYTES:]))
        decryptor = Cipher(algorithms.AES256(data_key), mode).decryptor()
        decryptor.authenticate_additional_data(about)
        # Nothing leaves this function before finalize() has proved the tag.
        return decryptor.update(body[NONCE_BYTES:-TAG_BYTES]) + decryptor.finalize()

    def _sweep(self) -> None:
        """Remove what a crash left half-written; another process's file in progress is younger."""
        for file in self._temporary.iterdir():
            try:
                if time.time() - file.stat().st_mtime > ABANDONED_SECONDS:
                    file.unlink()
            except FileNotFoundError:
                continue
