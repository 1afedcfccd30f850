"""Where in X12 a field of the claim record stands, and which field an element is: both ways, from one map.

A path is how a biller names a field, ``service_lines[1].procedure``; an address is how the map names an element,
``2400/SV1/SV101-2`` (the row, as overlays name it, then the element). `MapPlaces` knows them without a claim;
`ClaimPlaces` knows them for the segments of one claim, ours or dropped, with the position of each.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any

from gateway.mapping.bind import BoundLoop, BoundMap, BoundRow, flat
from gateway.mapping.claim_reader import means
from gateway.mapping.compile import CompiledMap
from gateway.mapping.fields import fields_of, resolve
from gateway.mapping.function_places import PLACES
from gateway.mapping.language import Const, Hole
from gateway.mapping.notes import aliased, trimmed
from gateway.mapping.walk import Instance, Walker

ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2}?)([0-9]{2})(?:-([0-9]{1,2}))?\Z")
"""An element as X12 people name it, such as ``SV101-2``: segment, element, component."""

_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Address:
    """An element of the transaction: *row* as overlays name it (``2400/SV1``), *component* 0 where it is simple."""

    loop: str
    row: str
    segment: str
    element: int
    component: int = 0

    @property
    def name(self) -> str:
        """Return the element as X12 people name it, such as ``SV101-2``."""
        return f"{self.segment}{self.element:02d}" + (f"-{self.component}" if self.component else "")

    @property
    def text(self) -> str:
        """Return the whole address, such as ``2400/SV1/SV101-2``."""
        return f"{self.row}/{self.name}"


@dataclass(frozen=True, slots=True)
class Spot:
    """One field of a claim at one place: *position* is its segment's (ST = 1)."""

    path: str
    at: Address
    position: int


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """One segment of a claim: *row* is None where no row of the map means it; *about* is the part it speaks of."""

    position: int
    elements: tuple[str, ...]
    loop: str
    row: str | None
    about: str


def template(path: str) -> str:
    """Return *path* without the indices."""
    return _INDEX.sub("", path)


def with_indices(path: str, near: str) -> str:
    """Return *path* with the indices of *near*, as far as both go the same way."""
    said = near.split(".")
    names = path.split(".")
    for number, name in enumerate(names):
        if number >= len(said) or template(said[number]) != name:
            break
        names[number] = said[number]
    return ".".join(names)


def in_words(path: str) -> str:
    """Say a path as a person reads it: ``service line 2, procedure``."""
    said = []
    for part in path.split("."):
        name, _, index = part.partition("[")
        words = name.replace("_", " ")
        if index:
            words = f"{_one(words)} {int(index.rstrip(']')) + 1}"
        said.append(words)
    return ", ".join(said)


def _one(words: str) -> str:
    irregular = {"diagnoses": "diagnosis"}
    return irregular.get(words, words.removesuffix("s"))


class MapPlaces:
    """The addresses of a map's fields, whatever the claim."""

    def __init__(self, bound: BoundMap) -> None:
        self._bound = bound

    def of(self, path: str) -> Address | None:
        """Return where the field stands, or the first element of a part of the record; None for no X12 at all."""
        found = self._by_path.get(template(path))
        return found[0] if found else self._first_inside(template(path))

    def all_of(self, path: str) -> tuple[Address, ...]:
        """Return every element that says the field."""
        return tuple(self._by_path.get(template(path), ()))

    def at(self, row: str, element: int, component: int = 0) -> tuple[str, ...]:
        """Return the fields (without indices) that an element of a row says."""
        return tuple(
            path
            for path, addresses in self._by_path.items()
            if any((a.row, a.element, a.component) == (row, element, component) for a in addresses)
        )

    def of_segment(self, loop: str, segment: str, near: str = "") -> str | None:
        """Return the part of the record that a loop's segments of that id say; *near* is a path that gives the indices."""
        paths = [
            path
            for path, addresses in self._by_path.items()
            if any(a.loop == loop and a.segment == segment for a in addresses)
        ]
        return with_indices(_common(paths), near) if paths else None

    def said_by(self, row: str) -> tuple[str, ...]:
        """Return the fields (without indices) that a row says anywhere."""
        return tuple(path for path, found in self._by_path.items() if any(a.row == row for a in found))

    def named(self, loop: str, element: str) -> str | None:
        """Return the field that an element of a loop says, where that is one field whatever the claim."""
        found = [
            path
            for path, addresses in self._by_path.items()
            if any(a.loop == loop and a.name == element for a in addresses)
        ]
        listed = {path for path in found if path.startswith(("service_lines.", "other_payers."))}
        return found[0] if len(found) == 1 and not listed else None

    def _first_inside(self, path: str) -> Address | None:
        inside = (found for known, found in self._by_path.items() if known.startswith(f"{path}."))
        return next((found[0] for found in inside), None)

    @cached_property
    def _by_path(self) -> dict[str, list[Address]]:
        found: dict[str, list[Address]] = {}
        for loop in self._bound.loops:
            record = _join(_scope(loop), loop.each or loop.of or ())
            for row in loop.rows:
                if row.writes:
                    for path, element, component in _row_places(row, loop, record):
                        address = Address(loop.id, row.address, row.row.tag, element, component)
                        if address not in found.setdefault(template(path), []):
                            found[template(path)].append(address)
        return found


def _scope(loop: BoundLoop) -> str:
    """Return the path of the record in which a loop's `each` and `of` are looked up."""
    parent = loop.parent
    while parent is not None:
        if parent.each is not None:
            return _join(_scope(parent), parent.each)
        parent = parent.parent
    return ""


def _join(record: str, names: Iterable[str]) -> str:
    return ".".join([*([record] if record else []), *names])


def _row_places(row: BoundRow, loop: BoundLoop, record: str) -> Iterator[tuple[str, int, int]]:
    """Yield (path, element, component) for whatever a row may say; of a list, for its first item."""
    reading = _Reading()
    if row.function is None:
        yield from reading.holes(row, record, [])
    elif row.function.write is not None:
        values = tuple(_sample(loop.record, path, row) for path in row.row.fields)
        for tail in row.function.write(values, str):
            yield from reading.function(row, record, tail)


_days = count()


def _sample(record: type, path: tuple[str, ...], row: BoundRow) -> Any:
    """Return a value that says everything that the field may say."""
    kind = resolve(record, path, row.row.where)[-1]
    value = _sample_of(kind.base)
    return (value,) if kind.many else value


def _sample_of(kind: type) -> Any:
    if is_dataclass(kind):
        inside = {
            name: (_sample_of(f.base),) if f.many else _sample_of(f.base)
            for name, f in fields_of(kind).items()
        }
        return kind(**inside)
    if kind is date:
        return date(2000, 1, 1) + timedelta(days=next(_days))
    return {Decimal: Decimal(1), int: 1, bool: True}.get(kind, "X")


@dataclass(slots=True)
class _Reading:
    """What has been met of one claim: how many items of each list, and the values of functions' fields."""

    separator: str = ":"
    items: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def function(self, row: BoundRow, record: str, tail: list[str]) -> Iterator[tuple[str, int, int]]:
        """Yield the fields in a segment that a named function reads; *tail* is what the function is given of it."""
        places = PLACES.get(row.row.by or "")
        if places is None or row.function is None:
            return
        paths = [_join(record, path) for path in row.row.fields]
        before = tuple(self.values.get(path) for path in paths)
        head = _head(row)
        for element, component, index, rest in places(tail, before, self.separator):
            yield paths[index] + rest, element + head - 1, component
        if row.function.read is not None:
            after = row.function.read(tail, before, self.separator, lambda *_: None)
            self.values |= {p: value for p, value in zip(paths, after, strict=True) if value is not None}

    def holes(self, row: BoundRow, record: str, elements: list[str]) -> Iterator[tuple[str, int, int]]:
        """Yield the fields that the holes of a row stand for, whether the segment says them or not."""
        record = self._item(row, record, elements)
        for position, component, part in flat(row):
            if not isinstance(part, Hole):
                continue
            inside = component or (1 if row.composite(position) else 0)
            if part.spread:
                yield from self._spread(part, _join(record, part.path), elements, (position, inside))
            elif not _guarded(row, position, elements):
                yield _join(record, part.path), position, inside

    def _item(self, row: BoundRow, record: str, elements: list[str]) -> str:
        """Return the path of the item that this segment of a list is."""
        if row.row.each is None:
            return record
        path = _join(record, row.row.each)
        number = self.items.get(path, 0)
        first = next((at, part) for at, _, part in flat(row) if isinstance(part, Hole))
        if first[1].path or _at(elements, first[0]):
            self.items[path] = number + 1
        return f"{path}[{number}]"

    def _spread(
        self, hole: Hole, path: str, elements: list[str], first: tuple[int, int]
    ) -> Iterator[tuple[str, int, int]]:
        position, component = first
        number = self.items.get(path, 0)
        for offset in range(hole.spread):
            at = (position, component + offset) if component else (position + offset, 0)
            yield f"{path}[{number}]", *at
            number += bool(value_at(elements, *at, separator=self.separator))
        self.items[path] = number


def _head(row: BoundRow) -> int:
    """Return how many elements stand before what a row's function reads: the tag and the row's own constants."""
    return 1 + sum(
        isinstance(part, Const) and "|" not in part.text and not row.composite(position)
        for position, _, part in flat(row)
    )


def _guarded(row: BoundRow, position: int, elements: list[str]) -> bool:
    """Tell whether the element before says that this one is something else than the row's (an id of another kind)."""
    before = [part for at, component, part in flat(row) if at == position - 1 and not component]
    if position < 3 or not before or not isinstance(before[0], Const):
        return False
    return _at(elements, position - 1) not in {"", before[0].text}


def _at(elements: Sequence[str], position: int) -> str:
    return elements[position] if position < len(elements) else ""


def value_at(elements: Sequence[str], element: int, component: int = 0, *, separator: str = ":") -> str:
    """Return what a segment says at an element or component, empty where it ends before."""
    said = _at(elements, element)
    return _at(said.split(separator), component - 1) if component else said


class ClaimPlaces:
    """The fields and segments of one claim as it stands in a file."""

    def __init__(self) -> None:
        self.segments: dict[int, SegmentPlace] = {}
        self._by_path: dict[str, Spot] = {}
        self._at: dict[tuple[int, int, int], list[str]] = {}
        self._parts: dict[str, int] = {}

    def add(self, placed: SegmentPlace, spots: Iterable[Spot]) -> None:
        """Take one segment with the fields in it."""
        self.segments[placed.position] = placed
        if placed.elements[0] == "CLM":
            self._parts[""] = placed.position
        else:
            self._parts.setdefault(placed.about, placed.position)
        for spot in spots:
            self._by_path.setdefault(spot.path, spot)
            self._at.setdefault((spot.position, spot.at.element, spot.at.component), []).append(spot.path)

    def spot(self, path: str) -> Spot | None:
        """Return where the field stands; of a part of the record, its first field."""
        found = self._by_path.get(path)
        if found is not None:
            return found
        inside = (s for known, s in self._by_path.items() if known.startswith((f"{path}.", f"{path}[")))
        return next(inside, None)

    def near(self, path: str) -> int | None:
        """Return the position of the first segment of the part of the record that a field belongs to."""
        while path:
            path = path.rpartition(".")[0]
            if path in self._parts:
                return self._parts[path]
        return self._parts.get("")

    def paths(
        self, position: int, element: int | None = None, component: int | None = None
    ) -> tuple[str, ...]:
        """Return the fields that an element says; without *element*, the part of the record its segment speaks of."""
        placed = self.segments.get(position)
        if placed is None:
            return ()
        if element is None:
            return (placed.about,) if placed.about else ()
        for inside in (component or 0, 1, 0):
            found = self._at.get((position, element, inside))
            if found:
                return tuple(found)
        return ()

    def value(self, spot: Spot, *, separator: str = ":") -> str:
        """Return what stands at *spot*."""
        said = self.segments[spot.position].elements
        return value_at(said, spot.at.element, spot.at.component, separator=separator)

    @property
    def spots(self) -> Iterator[Spot]:
        """Yield every field that has a place."""
        yield from self._by_path.values()


def locate(
    map: CompiledMap,  # noqa: A002
    segments: Iterable[tuple[int, list[str]]],
    separator: str = ":",
) -> ClaimPlaces:
    """Return the places of one claim: *segments*, with their positions, are its levels from the top and its own."""
    walker = Walker(map.bound.guide, opened=lambda _: None, closed=lambda _: None)
    for position, elements in segments:
        walker.step(trimmed(aliased(map, elements), separator), position, separator)
    walker.finish()
    return _Locator(map, separator).visit(walker.root)


class SetPlaces:
    """The places of the claims of one set that we wrote; *segments* are those between ST and SE."""

    def __init__(self, map: CompiledMap, segments: Sequence[list[str]], separator: str = ":") -> None:  # noqa: A002
        self._map = map
        self._segments = segments
        self._separator = separator
        self._levels = [index for index, segment in enumerate(segments) if segment[0] == "HL"]
        self._providers = [index for index in self._levels if _at(segments[index], 3) == "20"]
        self._latest: tuple[tuple[int, int], ClaimPlaces] | None = None

    def claim(self, first: int, last: int) -> ClaimPlaces:
        """Return the places of a claim: its own segments *first* (its subscriber's HL) to *last*, and its provider's."""
        if self._latest is None or self._latest[0] != (first, last):
            self._latest = ((first, last), locate(self._map, self._of(first, last), self._separator))
        return self._latest[1]

    def _of(self, first: int, last: int) -> Iterator[tuple[int, list[str]]]:
        before = bisect_left(self._providers, first - 2)
        if before:
            start = self._providers[before - 1]
            end = self._levels[bisect_right(self._levels, start)]
            yield from ((index + 2, self._segments[index]) for index in range(start, end))
        end = min(last - 1, len(self._segments))
        yield from ((index + 2, self._segments[index]) for index in range(first - 2, end))


class _Locator:
    """Goes through the loops of a claim as the reader does, and notes paths where the reader takes values."""

    def __init__(self, map: CompiledMap, separator: str) -> None:  # noqa: A002
        self.map = map
        self.separator = separator
        self.reading = _Reading(separator)
        self.loops: dict[str, int] = {}
        self.found = ClaimPlaces()

    def visit(self, root: Instance) -> ClaimPlaces:
        """Return the places of the claim that *root* holds."""
        self._below(root, "")
        return self.found

    def _below(self, instance: Instance, scope: str) -> None:
        met: set[str] = set()
        for child in instance.children:
            if child.loop.wrapper:
                self._below(child, scope)
                continue
            loop = self._meaning(child, met)
            if loop is None:
                self._unknown(child, scope)
            else:
                self._loop(child, loop, scope)

    def _meaning(self, instance: Instance, met: set[str]) -> BoundLoop | None:
        for loop in self.map.by_id.get(instance.loop.id, ()):
            if loop.each is not None:
                return loop
            if not (loop.rows and loop.key in met) and means(loop, instance):
                met.add(loop.key)
                return loop
        return None

    def _unknown(self, instance: Instance, scope: str) -> None:
        for _, elements, position in instance.segments:
            self.found.add(SegmentPlace(position, tuple(elements), instance.loop.id, None, scope), ())
        self._below(instance, scope)

    def _loop(self, instance: Instance, loop: BoundLoop, scope: str) -> None:
        if loop.each is not None:
            path = _join(scope, loop.each)
            number = self.loops.get(path, 0)
            self.loops[path] = number + 1
            scope = f"{path}[{number}]"
        record = _join(scope, loop.of or ())
        for order, elements, position in instance.segments:
            self._segment(loop, record, (order, elements, position))
        self._below(instance, scope)

    def _segment(self, loop: BoundLoop, record: str, came: tuple[int, list[str], int]) -> None:
        order, elements, position = came
        row = _choose([row for row in loop.rows if row.segment.order == order], elements)
        if row is None:
            self.found.add(SegmentPlace(position, tuple(elements), loop.id, None, record), ())
            return
        places = list(self._places(row, record, elements))
        spots = [
            Spot(path, Address(loop.id, row.address, row.row.tag, element, component), position)
            for path, element, component in places
        ]
        about = _common([path for path, _, _ in places]) or record
        self.found.add(SegmentPlace(position, tuple(elements), loop.id, row.address, about), spots)

    def _places(self, row: BoundRow, record: str, elements: list[str]) -> Iterator[tuple[str, int, int]]:
        if row.function is None:
            return self.reading.holes(row, record, elements)
        return self.reading.function(row, record, elements[_head(row) :])


def _choose(rows: list[BoundRow], elements: list[str]) -> BoundRow | None:
    """Return the row that a segment is read by: the first whose constants and codes are what stands there."""
    for row in rows:
        if all(_fits(part, elements, position) for position, component, part in flat(row) if not component):
            return row
    return rows[0] if rows else None


def _fits(part: Const | Hole, elements: list[str], position: int) -> bool:
    said = _at(elements, position)
    if isinstance(part, Const):
        return "|" in part.text or said == part.text
    return not part.codes or not said or said in part.codes


def _common(paths: list[str]) -> str:
    """Return the part of the record that all *paths* belong to."""
    if not paths:
        return ""
    if len(set(paths)) == 1:
        return paths[0]
    names = [path.split(".") for path in paths]
    same = []
    for parts in zip(*names, strict=False):
        if len(set(parts)) > 1:
            break
        same.append(parts[0])
    return ".".join(same)
