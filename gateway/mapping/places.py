"""Where in X12 the fields of a map's record stand, and which field an element is, whatever the claim."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any

from gateway.mapping.addresses import Address, common_part, join, template, with_indices
from gateway.mapping.bind import BoundLoop, BoundMap, BoundRow
from gateway.mapping.fields import fields_of, resolve
from gateway.mapping.row_places import RowReading


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
        return with_indices(common_part(paths), near) if paths else None

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
            record = join(_scope(loop), loop.each or loop.of or ())
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
            return join(_scope(parent), parent.each)
        parent = parent.parent
    return ""


def _row_places(row: BoundRow, loop: BoundLoop, record: str) -> Iterator[tuple[str, int, int]]:
    """Yield (path, element, component) for whatever a row may say; of a list, for its first item."""
    reading = RowReading()
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
