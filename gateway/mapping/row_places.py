"""Which field each element of a segment is, by the row of the map that reads it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.mapping.addresses import element_at, join, value_at
from gateway.mapping.bind import BoundRow, flat
from gateway.mapping.function_places import PLACES
from gateway.mapping.language import Const, Hole


@dataclass(slots=True)
class RowReading:
    """What has been met of one claim: how many items of each list, and the values of functions' fields."""

    separator: str = ":"
    items: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def function(self, row: BoundRow, record: str, tail: list[str]) -> Iterator[tuple[str, int, int]]:
        """Yield the fields in a segment that a named function reads; *tail* is what the function is given of it."""
        places = PLACES.get(row.row.by or "")
        if places is None or row.function is None:
            return
        paths = [join(record, path) for path in row.row.fields]
        before = tuple(self.values.get(path) for path in paths)
        head = head_length(row)
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
                yield from self._spread(part, join(record, part.path), elements, (position, inside))
            elif not _guarded(row, position, elements):
                yield join(record, part.path), position, inside

    def _item(self, row: BoundRow, record: str, elements: list[str]) -> str:
        """Return the path of the item that this segment of a list is."""
        if row.row.each is None:
            return record
        path = join(record, row.row.each)
        number = self.items.get(path, 0)
        first = next((at, part) for at, _, part in flat(row) if isinstance(part, Hole))
        if first[1].path or element_at(elements, first[0]):
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


def head_length(row: BoundRow) -> int:
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
    return element_at(elements, position - 1) not in {"", before[0].text}
