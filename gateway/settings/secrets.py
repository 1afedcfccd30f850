"""Secrets, which settings hold by reference only: file:/path, env:NAME or cred:name."""

import os
from pathlib import Path

from gateway.errors import ConfigError


def secret(reference: str, *, base: Path) -> bytes:
    """Return the value that *reference* names; raise ConfigError when it is not there or open to others."""
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if value is None:
            raise ConfigError(f"secret env:{rest} is not set")
        return value.encode()
    if scheme == "cred":
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise ConfigError(f"secret cred:{rest}: CREDENTIALS_DIRECTORY is not set")
        path = Path(folder) / rest
    else:
        path = Path(rest).expanduser()
        path = path if path.is_absolute() else base / path
    try:
        if scheme == "file" and path.stat().st_mode & 0o077:
            raise ConfigError(f"secret file {path} can be read by others; run: chmod 600 {path}")
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"secret {reference} is missing ({path})") from None
    except OSError as fault:
        raise ConfigError(f"secret {reference} cannot be read: {fault.strerror}") from None
