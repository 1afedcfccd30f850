"""Accounts are directories: mailbox folders, and beside them who may log in."""

import hmac
import os
import re
from pathlib import Path

from gateway.errors import UsageError

INBOUND = "inbound"
"""To the clearinghouse."""

OUTBOUND = "outbound"
"""From the clearinghouse."""

PRIVATE = ".sandbox"
"""The clearinghouse's own notes; never visible over SFTP."""

PASSWORD_FILE = "password"  # noqa: S105 - a file name
KEYS_FILE = "authorized_keys"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}\Z")


def account_names(folder: Path) -> list[str]:
    """Return the accounts in *folder*: the directories that have an ``inbound`` folder."""
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if _NAME.match(p.name) and (p / INBOUND).is_dir())


def create_account(
    folder: Path, name: str, *, password: str | None = None, public_key: str | None = None
) -> Path:
    """Make account *name* in *folder*, or add to what is there, and return its directory.

    Args:
        folder: the sandbox's folder.
        name: login name, lower case letters, digits, ``.`` ``_`` ``-``.
        password: replaces the password where given.
        public_key: one OpenSSH public key line, added to those that may log in.

    Raises:
        UsageError: the name cannot be a directory's name.

    """
    if not _NAME.match(name):
        raise UsageError(
            "an account name has lower case letters, digits, '.', '_' and '-', at most 32 characters"
        )
    home = folder / name
    for sub in (INBOUND, OUTBOUND, PRIVATE):
        (home / sub).mkdir(parents=True, exist_ok=True)
    if password is not None:
        _write_private(home / PASSWORD_FILE, password + "\n")
    if public_key is not None:
        keys = authorized_keys(home)
        if " ".join(public_key.split()[:2]) not in keys:
            _write_private(home / KEYS_FILE, "\n".join([*keys, public_key.strip()]) + "\n")
    return home


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def authorized_keys(home: Path) -> list[str]:
    """Return the public keys that may log in, as ``type base64``; lines that are no key are passed over."""
    try:
        lines = (home / KEYS_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    parts = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [" ".join(p[:2]) for p in parts if len(p) >= 2]


def password_matches(home: Path, password: str) -> bool:
    """Compare with the account's password file; no file or an empty one means that no password is good."""
    try:
        known = (home / PASSWORD_FILE).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return False
    return bool(known) and hmac.compare_digest(known.encode(), password.encode("utf-8", "replace"))
