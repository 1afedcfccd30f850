"""Load a map, check it, apply overlays, and compile it to Python once."""

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.errors import MapError
from gateway.mapping import values
from gateway.mapping.bind import BoundLoop, BoundMap, bind
from gateway.mapping.emit_read import read_source
from gateway.mapping.emit_write import write_source
from gateway.mapping.fields import sub
from gateway.mapping.shapes import RECORDS
from gateway.x12.guide import GuideSegment

if TYPE_CHECKING:
    from gateway.mapping.places import MapPlaces

NAMES = ("837p", "835", "277ca", "999", "ta1")
"""The maps the product ships."""

Sink = Callable[[str, str, str, str | None, str], None]
"""Takes code, loop, segment, element, message of a finding made while writing."""
Write = Callable[[Any, Callable[[Any], None], Sink, values.Text], None]
Read = Callable[[list[Any], dict[str, Any], str, Any, Any], None]


def check_required(sink: Sink, segment: GuideSegment, head: list[str], tail: list[str]) -> None:
    """Say which required elements of a segment that a named function wrote are empty."""
    said = [*head, *tail]
    for element in segment.elements:
        if element.usage == "R" and (len(said) < element.position or not said[element.position - 1]):
            spot = f"{segment.id}{element.position:02d}"
            sink("MAP-REQUIRED", segment.loop, segment.id, spot, f"{segment.loop} {spot} must have a value")


_TOOLS: dict[str, Any] = {
    "CHECK": check_required,
    "PAD": [""] * 20,
    "NUM": values.number_text,
    "DAY": values.date_text,
    "TIME": values.time_text,
    "CENTS": values.cents,
}
_READ_TOOLS: dict[str, Any] = {
    "NUM": values.read_number,
    "INT": values.read_int,
    "LAST4": values.last4,
    "DATE": values.read_date,
    "YES": values.read_yes,
    "CENTS": values.cents,
    "MERGE_DAY": values.merge_day,
    "MERGE_TIME": values.merge_time,
    "sub": sub,
}


@dataclass
class CompiledMap:
    """A map ready for use; *hash* is the SHA-256 (hex) of its effective text, overlay included.

    *set_id* is ST01, *functional_id* GS01, *version* GS08.
    """

    name: str
    set_id: str
    functional_id: str
    version: str
    hash: str
    bound: BoundMap
    aliases: dict[str, str]
    adapter: str | None
    readers: dict[str, Read] = field(default_factory=dict)

    @cached_property
    def write_header(self) -> Write:
        """Write the loops of the set's head."""
        return _writer(self.bound.header, tracked=False)

    @cached_property
    def write_shared(self) -> Write:
        """Write the loops that consecutive records share when they say the same."""
        return _writer(self.shared, tracked=False)

    @cached_property
    def write_own(self) -> Write:
        """Write the other loops of a record."""
        return _writer(self.own, tracked=False)

    @cached_property
    def track_header(self) -> Write:
        """As `write_header`, tracked."""
        return _writer(self.bound.header, tracked=True)

    @cached_property
    def track_shared(self) -> Write:
        """As `write_shared`, tracked."""
        return _writer(self.shared, tracked=True)

    @cached_property
    def track_own(self) -> Write:
        """As `write_own`, tracked."""
        return _writer(self.own, tracked=True)

    @property
    def shared(self) -> list[BoundLoop]:
        """Return the loops before the one named by `shared_until`."""
        until = self.bound.shared_until
        if until is None:
            return []
        return self.bound.loops[: [loop.id for loop in self.bound.loops].index(until)]

    @property
    def own(self) -> list[BoundLoop]:
        """Return the loops that every record writes for itself."""
        return self.bound.loops[len(self.shared) :]

    @cached_property
    def by_key(self) -> dict[str, BoundLoop]:
        """Return the map's loops by their name in the map."""
        return {loop.key: loop for loop in self.bound.every()}

    @cached_property
    def by_id(self) -> dict[str, list[BoundLoop]]:
        """Return the map's loops by the guide's id: one, or one a role."""
        found: dict[str, list[BoundLoop]] = {}
        for loop in self.bound.every():
            found.setdefault(loop.id, []).append(loop)
        return found

    @cached_property
    def places(self) -> "MapPlaces":
        """Return where in X12 each field of the record stands."""
        from gateway.mapping.places import MapPlaces

        return MapPlaces(self.bound)

    @cached_property
    def _first(self) -> dict[str, BoundLoop]:
        return {guide_id: loops[0] for guide_id, loops in self.by_id.items()}

    def loop(self, guide_id: str) -> BoundLoop | None:
        """Return the map's loop of that id in the guide, None where the map has none."""
        return self._first.get(guide_id)

    def reader(self, loop: str) -> Read:
        """Return the function that reads the segments of *loop* (its name in the map)."""
        found = self.readers.get(loop)
        if found is None:
            text, constants = read_source(self.by_key[loop])
            found = self.readers[loop] = _compiled(
                text, f"<map {self.name} {loop}>", {**_READ_TOOLS, **constants}
            )["read"]
        return found


def _writer(loops: list[BoundLoop], *, tracked: bool) -> Write:
    text, constants = write_source(loops, tracked=tracked)
    write: Write = _compiled(text, "<map>", {**_TOOLS, **constants})["write"]
    return write


def _compiled(text: str, title: str, names: dict[str, Any]) -> dict[str, Any]:
    exec(compile(text, title, "exec"), names)  # noqa: S102 - source made here from a checked map, never from input
    return names


def load_map(
    name: str, *, overlay: Mapping[str, str] | None = None, folder: Path | None = None
) -> CompiledMap:
    """Return map *name* compiled, with *overlay* (address -> row) applied.

    *folder* is an installation's `maps/`: a file of that name in it counts only when it declares ``override = true``.
    Raises MapError naming the file and the row that is wrong.
    """
    return _load(name, tuple(sorted((overlay or {}).items())), folder)


@cache
def _load(name: str, overlay: tuple[tuple[str, str], ...], folder: Path | None) -> CompiledMap:
    from gateway.mapping.overlay import apply_overlay

    where, data = _read_toml(name, folder)
    bound = bind(where, data, RECORDS)
    effective: dict[str, Any] = {"map": data, "overlay": dict(overlay)}
    apply_overlay(bound, dict(overlay))
    digest = hashlib.sha256(json.dumps(effective, sort_keys=True, default=str).encode()).hexdigest()
    for key in ("transaction", "functional_id", "guide"):
        if not isinstance(data.get(key), str):
            raise MapError(f"{where}: {key} is missing")
    compiled = CompiledMap(
        name,
        data["transaction"],
        data["functional_id"],
        data["guide"],
        digest,
        bound,
        dict(data.get("aliases", {})),
        data.get("adapter"),
    )
    _try_out(where, compiled)
    return compiled


def _try_out(where: str, compiled: CompiledMap) -> None:
    """Compile everything now: a map that cannot be compiled stops whoever loads it, not whoever uses it."""
    try:
        _ = (compiled.write_header, compiled.write_shared, compiled.write_own)
        for loop in compiled.by_key:
            compiled.reader(loop)
    except SyntaxError as fault:
        raise MapError(f"{where}: a row cannot be compiled: {fault.text}") from None


def _read_toml(name: str, folder: Path | None) -> tuple[str, dict[str, Any]]:
    if folder is not None and (folder / f"{name}.toml").is_file():
        path = folder / f"{name}.toml"
        data = _parse(str(path), path.read_text(encoding="utf-8"))
        if data.get("override") is not True:
            raise MapError(
                f"{path}: an installation's own map must declare override = true; "
                "for a partner's quirk use maps/partners/<name>/"
            )
        return str(path), data
    for source in (_packaged(name), _checkout(name)):
        if source is not None:
            return f"{name}.toml", _parse(f"{name}.toml", source)
    raise MapError(f"no map {name!r}; known: {', '.join(NAMES)}")


def _packaged(name: str) -> str | None:
    found = files("gateway").joinpath("_maps", f"{name}.toml")
    return found.read_text(encoding="utf-8") if found.is_file() else None


def _checkout(name: str) -> str | None:
    found = Path(__file__).parents[2] / "maps" / f"{name}.toml"
    return found.read_text(encoding="utf-8") if found.is_file() else None


def _parse(where: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise MapError(f"{where}: not valid TOML: {fault}") from None
