"""Partner profiles for tests of the exchange: a folder, or an SFTP server on loopback."""

from pathlib import Path
from typing import Any

from gateway.settings import Partner


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
