"""One account's mailbox on disk: what came in, what is to be answered when, what went out. Plain files throughout.

    inbound/             uploads; taken away once they are whole
    outbound/            answers, until the client removes them
    .sandbox/state.json  numbers, the files received, the schedule of answers, the payers' claims, what payees owe
    .sandbox/received/   every upload as it came, under its number and name
    .sandbox/sent/       every answer as it went out
    .sandbox/outbox/     answers on their way to outbound/

A step's answers become visible only after the state that records them is in place, and each exactly once: a sandbox
that is killed in between goes on where it stood.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.errors import UsageError
from gateway.sandbox.accounts import INBOUND, OUTBOUND, PRIVATE
from gateway.sandbox.clock import write_atomically

_EMPTY: dict[str, Any] = {
    "next_number": 1,
    "received": {},
    "schedule": [],
    "debts": {},
    "claims": {},
    "publish": [],
    "last_sent": None,
}


class Mailbox:
    """The mailbox of the account that lives in *home*. Use by one thread of one process at a time."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.inbound = home / INBOUND
        self.outbound = home / OUTBOUND
        self._private = home / PRIVATE
        for sub in ("received", "sent", "outbox"):
            (self._private / sub).mkdir(parents=True, exist_ok=True)
        self.outbound.mkdir(exist_ok=True)
        self.state = self._load()
        self._publish_recorded()

    def _load(self) -> dict[str, Any]:
        path = self._private / "state.json"
        try:
            state = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return json.loads(json.dumps(_EMPTY))  # type: ignore[no-any-return]
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{path} cannot be read; move the account's {PRIVATE} folder away to begin afresh"
            ) from error
        if not isinstance(state, dict) or not state.keys() >= _EMPTY.keys():
            raise UsageError(
                f"{path} lacks entries; move the account's {PRIVATE} folder away to begin afresh"
            )
        return state

    def take_number(self) -> int:
        """Return the next control number for an answer; it is burnt when the step is not saved."""
        number = int(self.state["next_number"])
        self.state["next_number"] = number % 999_999_999 + 1
        return number

    def post(self, name: str, data: bytes) -> None:
        """Lay out an answer; it becomes visible with the next `save`."""
        (self._private / "sent" / name).write_bytes(data)
        (self._private / "outbox" / name).write_bytes(data)
        self.state["publish"].append(name)
        self.state["last_sent"] = name

    def save(self) -> None:
        """Fix the state, then make its new answers visible."""
        write_atomically(
            self._private / "state.json", json.dumps(self.state, indent=1, ensure_ascii=False) + "\n"
        )
        self._publish_recorded()

    def _publish_recorded(self) -> None:
        for name in self.state["publish"]:
            with contextlib.suppress(FileNotFoundError):  # visible already, before a crash
                (self._private / "outbox" / name).rename(self.outbound / name)
        self.state["publish"] = []

    def last_sent(self) -> tuple[str, bytes] | None:
        """Return the newest answer's name and bytes."""
        name = self.state["last_sent"]
        return None if name is None else (name, (self._private / "sent" / name).read_bytes())

    def raw(self, number: str) -> bytes:
        """Return the bytes of received file *number*."""
        return self._received()[number].read_bytes()

    def _received(self) -> dict[str, Path]:
        return {p.name[:6]: p for p in sorted((self._private / "received").iterdir())}

    def take(self, *, quiet_seconds: float, ignore: tuple[str, ...]) -> None:
        """Move whole uploads out of inbound/, oldest first, and give each a number."""
        last = max((int(number) for number in self._received()), default=0)
        for path in self.waiting(quiet_seconds=quiet_seconds, ignore=ignore):
            last += 1
            path.rename(self._private / "received" / f"{last:06d} {path.name[:60]}")

    def unprocessed(self) -> Iterator[tuple[str, Path]]:
        """Yield received files without an entry in the state."""
        for number, path in self._received().items():
            if number not in self.state["received"]:
                yield number, path

    def waiting(self, *, quiet_seconds: float, ignore: tuple[str, ...]) -> list[Path]:
        """Return the uploads that are whole: closed by the server and ended by an IEA, or left alone for a while."""
        found: list[tuple[int, Path]] = []
        for path in self.inbound.iterdir():
            if path.name.startswith(".") or path.name.endswith(ignore) or path.is_symlink():
                continue
            with contextlib.suppress(OSError):
                if path.is_file() and _is_whole(path, quiet_seconds=quiet_seconds):
                    found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]

    def note(self, number: str, entry: dict[str, Any], *, data: bytes, at: datetime) -> None:
        """Record what became of received file *number*."""
        self.state["received"][number] = {
            "at": at.isoformat(timespec="seconds"),
            "sha256": hashlib.sha256(data).hexdigest(),
            **entry,
        }


def _is_whole(path: Path, *, quiet_seconds: float) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False  # the server holds it: a client is writing
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 64))
        tail = file.read()
        quiet = datetime.now(UTC).timestamp() - os.fstat(file.fileno()).st_mtime
    return b"IEA" in tail or quiet >= quiet_seconds
