"""The sandbox's clock: the machine's, moved forward by what ``clock.json`` in its folder says.

Any process may move it while the sandbox runs, so days of waiting take a command.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.errors import UsageError

CLOCK_FILE = "clock.json"


class FolderClock:
    """A clock whose shift lies in *folder*/clock.json; a missing file means no shift."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CLOCK_FILE

    def now(self) -> datetime:
        """Return the sandbox's present moment, aware, in UTC."""
        return datetime.now(UTC) + _read_shift(self._path)


def _read_shift(path: Path) -> timedelta:
    try:
        return timedelta(seconds=float(json.loads(path.read_text("utf-8"))["shift_seconds"]))
    except FileNotFoundError:
        return timedelta()
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise UsageError(
            f"{path} is damaged: remove it to return to the machine's time, or write "
            '{"shift_seconds": 0} into it'
        ) from error


def write_atomically(path: Path, text: str) -> None:
    """Replace *path* in one step: a reader sees the old text or the new, never a part."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file *path* against other processes and threads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def advance_clock(folder: Path, by: timedelta) -> datetime:
    """Move the sandbox in *folder* forward by *by* and return its new present moment.

    Raises:
        UsageError: *by* is negative, or the clock file is damaged.

    """
    if by < timedelta():
        raise UsageError("a sandbox's clock only moves forward")
    path = folder / CLOCK_FILE
    with locked(folder / ".clock.lock"):
        shift = _read_shift(path) + by
        write_atomically(path, json.dumps({"shift_seconds": shift.total_seconds()}) + "\n")
    return datetime.now(UTC) + shift
