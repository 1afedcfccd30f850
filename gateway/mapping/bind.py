"""A map bound to its record types and its guide, with everything checked that can be checked before data comes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import MapError
from gateway.mapping.fields import FieldType, resolve
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.language import Const, Direction, Hole, Row, parse_row
from gateway.mapping.shared_functions import Function
from gateway.x12.guide import Guide, GuideElement, GuideLoop, GuideSegment, load_guide

_LOOP_KEYS = frozenset({"of", "each", "when", "segments", "position"})


@dataclass(slots=True)
class BoundRow:
    """One row at its place in the guide; *address* is what overlays and explanations call it."""

    row: Row
    segment: GuideSegment
    address: str
    function: Function | None = None
    types: dict[tuple[str, ...], FieldType] = field(default_factory=dict)
    item: FieldType | None = None

    @property
    def writes(self) -> bool:
        """Tell whether the row is written."""
        return self.row.direction is not Direction.READ

    @property
    def reads(self) -> bool:
        """Tell whether the row is read."""
        return self.row.direction is not Direction.WRITE

    def composite(self, position: int) -> bool:
        """Tell whether the guide has a composite at *position*."""
        place = self.segment.element(position)
        return place is not None and bool(place.components)


@dataclass(slots=True)
class BoundLoop:
    """One loop of the map.

    *key* is its name in the map: the guide's id, and the *role* it is for where the guide repeats it for several.
    *scope* is the record in hand (the item of the nearest `each`, else the transaction's record), *record* the type
    the rows speak of, *of* the way from the one to the other.
    """

    guide: GuideLoop
    key: str
    role: str | None
    scope: type
    record: type
    of: tuple[str, ...] | None
    each: tuple[str, ...] | None
    when: Any
    position: str | None
    rows: list[BoundRow]
    level: int = 0
    number: int = 0
    """Counts the loops of the map."""
    parent: "BoundLoop | None" = None

    @property
    def id(self) -> str:
        """Return the guide's loop id."""
        return self.guide.id

    @property
    def hl(self) -> str | None:
        """Return HL03 where HL opens the loop."""
        opener = self.guide.opener
        return next(iter(opener.codes)) if opener is not None and opener.id == "HL" else None

    @property
    def lx(self) -> bool:
        """Tell whether LX opens the loop."""
        return self.guide.opener is not None and self.guide.opener.id == "LX"


@dataclass(slots=True)
class BoundMap:
    """A whole map, checked: *loops* in guide order, *header* the loops of the set's head where that is a record."""

    name: str
    guide: Guide
    record: type
    header_record: type | None
    header: list[BoundLoop]
    loops: list[BoundLoop]
    shared_until: str | None

    def every(self) -> Iterator[BoundLoop]:
        """Yield the loops of the header and of the record."""
        yield from self.header
        yield from self.loops


def bind(name: str, data: dict[str, Any], records: dict[str, type]) -> BoundMap:
    """Check *data*, the TOML of map *name*, and bind it; raise MapError naming the row that is wrong."""
    known = {"transaction", "functional_id", "guide", "record", "header_record", "header", "loop"}
    known |= {"shared_until", "aliases", "adapter", "override"}
    unknown = sorted(set(data) - known)
    if unknown:
        raise MapError(f"{name}: unknown key {', '.join(unknown)}")
    guide = load_guide(str(data.get("guide")))
    record = _record(name, data.get("record"), records)
    head = _record(name, data["header_record"], records) if "header_record" in data else None
    header = _loops(name, guide, head, data.get("header", {})) if head is not None else []
    loops = _loops(name, guide, record, data.get("loop", {}))
    until = data.get("shared_until")
    if until is not None and until not in {loop.id for loop in loops}:
        raise MapError(f"{name}: shared_until names no loop of the map: {until}")
    return BoundMap(name, guide, record, head, header, loops, until)


def _record(name: str, said: object, records: dict[str, type]) -> type:
    if not isinstance(said, str) or said not in records:
        raise MapError(f"{name}: no record type {said!r}; known: {', '.join(sorted(records))}")
    return records[said]


def _loops(name: str, guide: Guide, record: type, tables: dict[str, Any]) -> list[BoundLoop]:
    bound: dict[str, BoundLoop] = {}
    last = -1
    for key, table in tables.items():
        where = f"{name} [loop.{key}]"
        loop_id, _, role = key.partition("-")
        place = guide.loops.get(loop_id)
        if place is None:
            raise MapError(f"{where}: the guide {guide.version} has no loop {loop_id}")
        if role and (place.opener is None or role not in place.opener.codes or place.repeat < 2):
            raise MapError(f"{where}: the guide does not repeat {loop_id} for a role {role}")
        unknown = sorted(set(table) - _LOOP_KEYS)
        if unknown:
            raise MapError(f"{where}: unknown key {', '.join(unknown)}")
        if place.first < last and not place.wrapper:
            raise MapError(f"{where}: stands before an earlier loop; loops go in the guide's order")
        last = max(last, place.first)
        bound[key] = _loop(where, guide, place, record, table, bound)
    return list(bound.values())


def _loop(  # noqa: PLR0917
    where: str, guide: Guide, place: GuideLoop, root: type, table: dict[str, Any], bound: dict[str, BoundLoop]
) -> BoundLoop:
    parent = _parent(guide, place, bound)
    scope = _scope(parent, root)
    said: dict[str, Any] = {key: table[key] for key in ("each", "when") if key in table}
    probe = parse_row(where, {"seg": "ZZ", **said})
    of = parse_row(where, {"seg": "ZZ", "each": table["of"]}).each if "of" in table else None
    record = scope
    if probe.each is not None:
        kind = resolve(scope, probe.each, where)[-1]
        if not kind.many or not kind.record:
            raise MapError(f"{where}: each = {'.'.join(probe.each)} is not a list of records")
        record = kind.base
    elif of is not None:
        kind = resolve(scope, of, where)[-1]
        if kind.many or not kind.record:
            raise MapError(f"{where}: of = {'.'.join(of)} is not a record")
        record = kind.base
    level = sum(1 for _ in _hl_above(parent))
    key = where.partition("[loop.")[2].removesuffix("]")
    loop = BoundLoop(
        place,
        key,
        key.partition("-")[2] or None,
        scope,
        record,
        of,
        probe.each,
        probe.when,
        table.get("position"),
        [],
        level=level,
        number=len(bound),
        parent=parent,
    )
    if probe.when is not None:
        resolve(scope, probe.when.path, where)
    if loop.position is not None:
        resolve(record, (loop.position,), where)
    _rows(where, loop, table.get("segments", []))
    return loop


def _parent(guide: Guide, place: GuideLoop, bound: dict[str, BoundLoop]) -> BoundLoop | None:
    """Return the map's loop that stands nearest above *place*."""
    above = [p.id for p in guide.parents(place.id)]
    while above:
        inside = [bound[loop_id] for loop_id in above if loop_id in bound]
        if inside:
            return inside[-1]
        above = [p.id for loop_id in above for p in guide.parents(loop_id)]
    return None


def _scope(parent: BoundLoop | None, root: type) -> type:
    while parent is not None:
        if parent.each is not None:
            return parent.record
        parent = parent.parent
    return root


def _hl_above(parent: BoundLoop | None) -> Iterator[BoundLoop]:
    while parent is not None:
        if parent.hl is not None:
            yield parent
        parent = parent.parent


def _rows(where: str, loop: BoundLoop, texts: list[Any]) -> None:
    last = -1
    for index, text in enumerate(texts, start=1):
        row = parse_row(f"{where} row {index}", text)
        bound = bind_row(loop, row)
        if bound.segment.order < last:
            raise MapError(f"{row.where}: {row.tag} stands too late; rows go in the guide's order")
        last = bound.segment.order
        loop.rows.append(bound)
    check_whole(where, loop)


def check_whole(where: str, loop: BoundLoop) -> None:
    """Raise MapError where the guide requires a segment that no row writes."""
    writing = {row.segment.order for row in loop.rows if row.writes}
    if not writing:
        return
    for segment in loop.guide.segments:
        if segment.usage == "R" and segment.order not in writing and segment.id not in {"HL", "LX"}:
            raise MapError(f"{where}: the guide requires {_label(segment)}, and no row writes it")


def _label(segment: GuideSegment) -> str:
    return f"{segment.id}*{'|'.join(sorted(segment.codes)[:4])}" if segment.qualifier == 1 else segment.id


def bind_row(loop: BoundLoop, row: Row) -> BoundRow:
    """Bind *row* to its segment of *loop* and to the fields it names; raise MapError."""
    segment = _segment(loop, row)
    qualifiers = row.qualifiers
    shown = next(iter(qualifiers)) if len(qualifiers) == 1 and segment.qualifier else None
    bound = BoundRow(row, segment, f"{loop.key}/{row.tag}{'*' + shown if shown else ''}")
    base = loop.record
    if row.each is not None:
        bound.item = resolve(base, row.each, row.where)[-1]
        if not bound.item.many:
            raise MapError(f"{row.where}: each = {'.'.join(row.each)} is not a list")
    if row.when is not None:
        resolve(base, row.when.path, row.where)
    if row.by is not None:
        bound.function = FUNCTIONS.get(row.by)
        if bound.function is None:
            raise MapError(f"{row.where}: no function {row.by!r}; known: {', '.join(sorted(FUNCTIONS))}")
        if len(row.fields) != bound.function.fields:
            raise MapError(f"{row.where}: {row.by} takes {bound.function.fields} fields")
        for path in row.fields:
            resolve(base, path, row.where)
        return bound
    _elements(bound, base)
    return bound


def _segment(loop: BoundLoop, row: Row) -> GuideSegment:
    same = [s for s in loop.guide.segments if s.id == row.tag]
    if not same:
        raise MapError(f"{row.where}: loop {loop.id} of the guide has no segment {row.tag}")
    if len(same) == 1 and not same[0].qualifier:
        return same[0]
    qualifiers = row.qualifiers
    if not qualifiers:
        if len(same) == 1:
            return same[0]
        raise MapError(
            f"{row.where}: {row.tag} occurs more than once in {loop.id}; say which, as in {{x:A|B}}"
        )
    for segment in same:
        if segment.qualifier != 1 or qualifiers & segment.codes:
            strange = qualifiers - segment.codes if segment.qualifier == 1 else frozenset()
            if strange and row.direction is not Direction.READ:
                raise MapError(f"{row.where}: {', '.join(sorted(strange))} is not in the guide's code list")
            return segment
    raise MapError(
        f"{row.where}: {row.tag}*{'|'.join(sorted(qualifiers))} is not in loop {loop.id} of the guide: "
        "the constant is outside the code list"
    )


def _elements(bound: BoundRow, base: type) -> None:
    row = bound.row
    at = _flat_position(bound)
    for position, component, part in at:
        spot = f"{row.tag}{position:02d}" + (f"-{component}" if component else "")
        place = bound.segment.element(position)
        if place is not None and component and place.components:
            place = place.components[component - 1] if component <= len(place.components) else None
        if place is None:
            raise MapError(f"{row.where}: the guide has no element {spot}")
        if place.usage == "N" and row.direction is not Direction.READ:
            raise MapError(f"{row.where}: the guide says that {spot} is not used")
        if isinstance(part, Const):
            _constant(row, spot, place, part)
        else:
            _hole(bound, base, part)


def _constant(row: Row, spot: str, place: GuideElement, part: Const) -> None:
    strange = set(part.text.split("|")) - place.codes
    if place.codes and strange and row.direction is not Direction.READ:
        raise MapError(f"{row.where}: {part.text} is outside the guide's code list of {spot}")


def _hole(bound: BoundRow, base: type, part: Hole) -> None:
    row = bound.row
    if bound.item is not None:
        if not part.path:
            bound.types[part.path] = bound.item
            return
        base = bound.item.base
    kind = resolve(base, part.path, row.where)[-1]
    if kind.many != bool(part.spread):
        raise MapError(f"{row.where}: {part.name} is {'a list: write +N' if kind.many else 'no list'}")
    if kind.record:
        raise MapError(f"{row.where}: {part.name} is a record, not a value")
    bound.types[part.path] = kind


def _flat_position(bound: BoundRow) -> Iterator[tuple[int, int, Const | Hole]]:
    """Yield element position, component (0 where simple) and part; spread holes take their places."""
    position = 0
    for element in bound.row.elements:
        position += 1
        place = bound.segment.element(position)
        composite = (place is not None and bool(place.components)) or len(element) > 1
        component = 0
        for part in element:
            component += 1
            if isinstance(part, Hole) and part.spread:
                yield position, component if composite else 0, part
                if composite:
                    component += part.spread - 1
                else:
                    position += part.spread - 1
                yield position, component if composite else 0, part
            elif part is not None:
                yield position, component if composite else 0, part


def flat(bound: BoundRow) -> list[tuple[int, int, Const | Hole]]:
    """Return the parts of a row with the place where each begins."""
    seen: set[int] = set()
    found = []
    for position, component, part in _flat_position(bound):
        if isinstance(part, Hole) and part.spread:
            if id(part) in seen:
                continue
            seen.add(id(part))
        found.append((position, component, part))
    return found
