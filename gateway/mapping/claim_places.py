"""Where the fields of one claim stand in a file, ours or dropped: each with the position of its segment."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.mapping.addresses import Address, common_part, element_at, join, value_at
from gateway.mapping.bind import BoundLoop, BoundRow, flat
from gateway.mapping.claim_reader import means
from gateway.mapping.compile import CompiledMap
from gateway.mapping.language import Const, Hole
from gateway.mapping.notes import aliased, trimmed
from gateway.mapping.row_places import RowReading, head_length
from gateway.mapping.walk import Instance, Walker


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
        self._providers = [index for index in self._levels if element_at(segments[index], 3) == "20"]
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
        self.reading = RowReading(separator)
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
            path = join(scope, loop.each)
            number = self.loops.get(path, 0)
            self.loops[path] = number + 1
            scope = f"{path}[{number}]"
        record = join(scope, loop.of or ())
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
        about = common_part([path for path, _, _ in places]) or record
        self.found.add(SegmentPlace(position, tuple(elements), loop.id, row.address, about), spots)

    def _places(self, row: BoundRow, record: str, elements: list[str]) -> Iterator[tuple[str, int, int]]:
        if row.function is None:
            return self.reading.holes(row, record, elements)
        return self.reading.function(row, record, elements[head_length(row) :])


def _choose(rows: list[BoundRow], elements: list[str]) -> BoundRow | None:
    """Return the row that a segment is read by: the first whose constants and codes are what stands there."""
    for row in rows:
        if all(_fits(part, elements, position) for position, component, part in flat(row) if not component):
            return row
    return rows[0] if rows else None


def _fits(part: Const | Hole, elements: list[str], position: int) -> bool:
    said = element_at(elements, position)
    if isinstance(part, Const):
        return "|" in part.text or said == part.text
    return not part.codes or not said or said in part.codes
