"""Partner profiles for transport tests: one folder on this machine, one SFTP server on loopback."""

from pathlib import Path
from typing import Any

from gateway.settings import Partner

_PROFILE: dict[str, Any] = {
    "environment": "test",
    "submitter_id": "SUB100",
    "receiver_name": "NORTH CLEARING",
    "receiver_id": "NORTH01",
    "send_folder": "in",
    "envelope": {"sender_id": "SUB100", "receiver_id": "NORTH01"},
    "upload": {"mode": "rename"},
    "download": {"folders": ["out"]},
}


def folder_partner(path: Path, **changes: Any) -> Partner:
    """Return the profile of a partner whose server is the folder *path*, with ``in`` and ``out`` in it."""
    for name in ("in", "out"):
        (path / name).mkdir(parents=True, exist_ok=True)
    return Partner.model_validate({**_PROFILE, "folder": {"path": str(path)}, **changes})


def sftp_partner(
    port: int, *, host_key: str | None, key: Path, sftp: dict[str, Any] | None = None, **changes: Any
) -> Partner:
    """Return the profile of a partner on loopback *port*; *host_key* None pins nothing, *sftp* changes [sftp]."""
    server = {
        "host": "127.0.0.1",
        "port": port,
        "username": "root",
        "private_key": f"file:{key}",
        **(sftp or {}),
    }
    pinned = (host_key,) if host_key else ()
    return Partner.model_validate({**_PROFILE, "sftp": server, "host_keys": pinned, **changes})
