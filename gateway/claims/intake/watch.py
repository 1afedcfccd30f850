"""Which dropped files are whole: temporary names are left alone, and so is a file that still changes.

Renaming into place is the contract; a file that keeps size and time is the fallback. What was seen is kept in a small
file in state/, so that `run --once` learns across its runs; a file once seen is looked at for ever.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.site import Site
from gateway.store.disk import private_folder, write_whole

REJECTED = "rejected"
"""The folder of outbound/ where refused records come back; never taken in."""

TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".swx", ".lock", "~")
SECOND_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """A file in outbound/; *partner* is the folder's, None in outbound/ itself; *stamp* what changes with its bytes."""

    path: Path
    partner: str | None
    stamp: tuple[int, int, int]
    age: float


def dropped(site: Site) -> tuple[list[Seen], int]:
    """Return the files there are, oldest first, and how many stand in folders that no partner has."""
    found: list[Seen] = []
    strangers = 0
    now = site.clock.now().timestamp()
    for folder, partner in _folders(site.outbound):
        for seen in _files(folder, partner, now):
            if partner is None or partner in site.settings.partner:
                found.append(seen)
            else:
                strangers += 1
    return sorted(found, key=lambda seen: (-seen.age, seen.path.name)), strangers


def _folders(outbound: Path) -> Iterator[tuple[Path, str | None]]:
    yield outbound, None
    try:
        names = sorted(entry.name for entry in os.scandir(outbound) if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return
    for name in names:
        if name != REJECTED and not name.startswith("."):
            yield outbound / name, name


def _files(folder: Path, partner: str | None, now: float) -> Iterator[Seen]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_temporary(entry.name) or not entry.is_file(follow_symlinks=False):
                    continue
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                stamp = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
                yield Seen(folder / entry.name, partner, stamp, now - facts.st_mtime)
    except FileNotFoundError:
        return


def is_temporary(name: str) -> bool:
    """Tell whether a name says that its file is not finished, or is none of ours."""
    return name.startswith((".", "~$", "#")) or name.lower().endswith(TEMPORARY)


def whole_files(site: Site, *, wait: bool = False) -> tuple[list[Seen], int]:
    """Return the files that have kept size and time for ``intake_quiet_seconds``, and the count of strangers.

    A file is whole when an earlier look, at least so long ago, saw the same; or when it is that old and a second look
    a moment later sees the same. With *wait*, fresh files are given the time they need (for a single run).
    """
    quiet = site.settings.intake_quiet_seconds
    first, strangers = dropped(site)
    if not first or quiet == 0:
        return first, strangers
    memory = _Memory(site)
    ready = [seen for seen in first if max(seen.age, memory.known_for(seen)) >= quiet]
    fresh = [seen for seen in first if seen not in ready]
    memory.keep(fresh)
    if fresh and wait:
        # A real pause for a real writer, so not by the site's clock.
        time.sleep(min(quiet, quiet - min(seen.age for seen in fresh)) + SECOND_LOOK_SECONDS)
        ready = first
    elif any(memory.known_for(seen) < quiet for seen in ready):
        time.sleep(SECOND_LOOK_SECONDS)
    again = {seen.path: seen.stamp for seen in dropped(site)[0]}
    return [seen for seen in ready if again.get(seen.path) == seen.stamp], strangers


class _Memory:
    """When each fresh file was first seen with its present size and time, by keyed hash of its name (law 11)."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._path = site.state / "intake" / "looks.json"
        self._now = site.clock.now().timestamp()
        try:
            self._looks: dict[str, list[float]] = json.loads(self._path.read_text())
        except (OSError, ValueError):
            self._looks = {}

    def _key(self, seen: Seen) -> str:
        return self._site.store.keys.index("dropped", f"{seen.partner}/{seen.path.name}")[:32]

    def _since(self, seen: Seen) -> float | None:
        look = self._looks.get(self._key(seen))
        return look[3] if look is not None and tuple(look[:3]) == seen.stamp else None

    def known_for(self, seen: Seen) -> float:
        """Return for how many seconds the file has looked as it does; 0 where it never did."""
        since = self._since(seen)
        return 0.0 if since is None else self._now - since

    def keep(self, files: list[Seen]) -> None:
        """Remember what is fresh, and forget everything else."""
        looks: dict[str, list[float]] = {}
        for seen in files:
            since = self._since(seen)
            looks[self._key(seen)] = [*seen.stamp, self._now if since is None else since]
        if looks != self._looks:
            private_folder(self._path.parent)
            write_whole(self._path, json.dumps(looks).encode())
