"""From bound rows to Python source that writes: one function for a list of loops, nothing looked up while it runs.

The generated function is ``write(r, A, F, T)``: the record, the sink for segments, the sink for findings
``F(code, loop, segment, element, message)`` and the text writer. The *tracked* variant hands ``A`` a tuple
``(loop, place, order, address, text)`` in place of the text: reading compares it with what came, explanations and
residue find their place by it. The place is the service line and the occurrence of the loop that repeats, both from 1.

HL segments are written as marks (`hl_mark`) that `gateway.mapping.write` numbers once the set is complete.
"""

from collections.abc import Iterator
from typing import Any

from gateway.mapping.bind import BoundLoop, BoundRow, flat
from gateway.mapping.emit_text import Value, text_of
from gateway.mapping.language import Const, Hole
from gateway.mapping.source import Source, condition, fetch
from gateway.x12.guide import UNBOUNDED, GuideElement, GuideSegment

HL_MARK = "\x00"

Place = tuple[str, str]
"""The expressions of the service line and of the occurrence in hand."""
_NOWHERE: Place = ("None", "None")


def hl_mark(level: int, code: str, *, children: bool) -> str:
    """Return the mark of an HL: its depth, its level code, and whether HL04 is written."""
    return f"{HL_MARK}{level}{'1' if children else '0'}{code}"


def write_source(loops: list[BoundLoop], *, tracked: bool) -> tuple[str, dict[str, Any]]:
    """Return the source of ``write`` for *loops* (of one record) and the constants it needs."""
    source = Source(tracked)
    inside = {loop.id for loop in loops}
    top = [loop for loop in loops if _each_above(loop, inside) is None]
    _scope(source, top, loops, record="r", place=_NOWHERE, prefix="")
    body = "\n".join(source.lines) or "    pass"
    return f"def write(r, A, F, T):\n{body}\n", source.constants


def _each_above(loop: BoundLoop, inside: set[str]) -> BoundLoop | None:
    """Return the nearest loop above *loop* that is written once an item."""
    above = loop.parent
    while above is not None and above.id in inside:
        if above.each is not None:
            return above
        above = above.parent
    return None


def _units(loops: list[BoundLoop]) -> Iterator[tuple[int, BoundLoop, list[BoundRow] | None]]:
    """Yield what a scope writes, in the guide's order: openers and loops (None), and the rows of one segment."""
    units: list[tuple[int, BoundLoop, list[BoundRow] | None]] = []
    for loop in loops:
        if loop.each is not None or loop.hl is not None or loop.lx:
            units.append((loop.guide.first, loop, None))
        if loop.each is None:
            units.extend(_row_units(loop))
    return iter(sorted(units, key=lambda unit: rank(unit[1], unit[0])))


def rank(loop: BoundLoop, order: int) -> tuple[float, ...]:
    """Return what sorts the segments of one scope: a loop for a role stays together, the roles as the map has them."""
    if loop.role is None:
        return (float(order),)
    return (float(loop.guide.first), float(loop.number), float(order))


def _row_units(loop: BoundLoop) -> Iterator[tuple[int, BoundLoop, list[BoundRow]]]:
    groups: dict[int, list[BoundRow]] = {}
    for row in loop.rows:
        if row.writes:
            groups.setdefault(row.segment.order, []).append(row)
    for order, rows in groups.items():
        yield order, loop, rows


def _scope(  # noqa: PLR0917
    source: Source, loops: list[BoundLoop], every: list[BoundLoop], record: str, place: Place, prefix: str
) -> None:
    """Write the code of all *loops* that speak of the record in the variable *record*."""
    records: dict[str, str] = {}
    for loop in loops:
        if loop.each is None:
            records[loop.key] = record
            if loop.of is not None:
                name = records[loop.key] = source.name("r")
                fetch(source, name, record, loop.of)
    for _, loop, rows in _units(loops):
        depth = source.depth
        if loop.each is not None:
            _each_loop(source, loop, every, record, place, prefix)
            continue
        said = f"{prefix}{'.'.join(loop.of)}." if loop.of else prefix
        if loop.of is not None:
            source.add(f"if {records[loop.key]} is not None:")
            source.depth += 1
        if loop.when is not None:
            source.add(f"if {condition(loop.when, record)}:")
            source.depth += 1
        if rows is None:
            _opener(source, loop, place, "1")
        else:
            _segment(source, loop, rows, records[loop.key], place, said)
        source.depth = depth


def _each_loop(  # noqa: PLR0917
    source: Source, loop: BoundLoop, every: list[BoundLoop], record: str, outer: Place, prefix: str
) -> None:
    assert loop.each is not None  # noqa: S101
    items, item, counter = source.name("l"), source.name("r"), source.name("n")
    place = (counter, "None") if loop.lx else (outer[0], counter)
    fetch(source, items, record, loop.each)
    _at_most(source, loop, items, loop.guide.repeat, f"{prefix}{'.'.join(loop.each)}")
    source.add(f"{counter} = 0")
    source.add(f"for {item} in {items} or ():")
    source.depth += 1
    source.add(f"{counter} += 1")
    _opener(source, loop, place, counter)
    inside = {other.id for other in every}
    below = [other for other in every if _each_above(other, inside) is loop]
    said = f"{prefix}{'.'.join(loop.each)}."
    own = [(order, rows) for order, _, rows in sorted(_row_units(loop), key=lambda unit: unit[0])]
    first_below = min((other.guide.first for other in below), default=1 << 30)
    for order, rows in own:
        if order < first_below:
            _segment(source, loop, rows, item, place, said)
    if below:
        _scope(source, below, every, record=item, place=place, prefix=said)
    for order, rows in own:
        if order > first_below:
            _segment(source, loop, rows, item, place, said)
    source.depth -= 1


def _at_most(  # noqa: PLR0917
    source: Source, loop: BoundLoop, items: str, most: int, title: str, row: BoundRow | None = None
) -> None:
    """Write the code that says when there are more items than the guide has room for; they are written all the same."""
    if most >= UNBOUNDED:
        return
    tag = row.row.tag if row is not None else loop.guide.segments[0].id
    message = f"{title}: no more than {most} fit into {loop.id}"
    source.add(f"if {items} and len({items}) > {most}:")
    source.add(f"    F('MAP-TOO-MANY', {loop.id!r}, {tag!r}, None, {message!r})")


def _opener(source: Source, loop: BoundLoop, place: Place, number: str) -> None:
    opener = loop.guide.opener
    if opener is None or opener.id not in {"HL", "LX"}:
        return
    if loop.hl is not None:
        last = opener.element(4)
        text = repr(hl_mark(loop.level, loop.hl, children=last is not None and last.usage != "N"))
    else:
        text = f'f"LX*{{{number}}}"'
    _emit(source, loop, opener, f"{loop.id}/{opener.id}", text, place)


def _emit(  # noqa: PLR0917
    source: Source, loop: BoundLoop, segment: GuideSegment, address: str, text: str, place: Place
) -> None:
    if source.tracked:
        source.add(f"A(({loop.id!r}, ({place[0]}, {place[1]}), {segment.order}, {address!r}, {text}))")
    else:
        source.add(f"A({text})")


def _segment(  # noqa: PLR0917
    source: Source, loop: BoundLoop, rows: list[BoundRow], record: str, place: Place, said: str
) -> None:
    """Write the rows of one segment of the guide, and the finding when it is required and none was written."""
    segment = rows[0].segment
    required = segment.usage == "R"
    done = source.name("w")
    if required:
        source.add(f"{done} = False")
    for row in rows:
        depth = source.depth
        if row.row.when is not None:
            source.add(f"if {condition(row.row.when, record)}:")
            source.depth += 1
        if not required:
            _guard(source, row, record)
        if row.function is not None:
            _function(source, loop, row, record, place, done if required else None)
        elif row.row.each is not None:
            _each_row(source, loop, row, record, place, said, done if required else None)
        else:
            _plain(source, loop, row, record, place, said, done if required else None)
        source.depth = depth
    if required:
        holes = [f"{said}{part.name}" for row in rows for _, _, part in flat(row) if isinstance(part, Hole)]
        holes += [f"{said}{'.'.join(path)}" for row in rows for path in row.row.fields]
        what = ", ".join(dict.fromkeys(holes)) or "a value"
        message = (
            f"the guide requires {segment.id} in {loop.id}, and there is nothing to say in it: give {what}"
        )
        source.add(f"if not {done}:")
        source.add(f"    F('MAP-REQUIRED', {loop.id!r}, {segment.id!r}, None, {message!r})")


def _guard(source: Source, row: BoundRow, record: str) -> None:
    """Pass over a row quickly when there is nothing that it could say: its one field, or the part it speaks of."""
    if row.row.each is not None:
        return
    paths = (
        row.row.fields
        if row.function is not None
        else [part.path for _, _, part in flat(row) if isinstance(part, Hole)]
    )
    if not paths:
        return
    if len(paths) == 1 and row.function is None:
        common = paths[0]
    else:
        common = paths[0][:-1]
        if not common or any(path[: len(common)] != common for path in paths):
            return
    name = source.name("g")
    fetch(source, name, record, common)
    source.add(f"if {name} is not None:")
    source.depth += 1


def _function(  # noqa: PLR0917
    source: Source, loop: BoundLoop, row: BoundRow, record: str, place: Place, done: str | None
) -> None:
    assert row.function is not None  # noqa: S101
    names = []
    for path in row.row.fields:
        name = source.name("v")
        fetch(source, name, record, path)
        names.append(name)
    # A constant that is only the head of a composite leaves the composite to the function, whole.
    constants = [
        part.text
        for position, _, part in flat(row)
        if isinstance(part, Const) and "|" not in part.text and not row.composite(position)
    ]
    head = [row.row.tag, *constants]
    call, check = source.constant(row.function.write), source.constant(row.segment)
    tail = source.name("t")
    source.add(f"for {tail} in {call}(({', '.join(names)},), T):")
    source.depth += 1
    source.add(f"CHECK(F, {check}, {[*head[1:]]!r}, {tail})")
    if done:
        source.add(f"{done} = True")
    text = f'"*".join(({", ".join(map(repr, head))}, *{tail})).rstrip("*")'
    _emit(source, loop, row.segment, row.address, text, place)
    source.depth -= 1


def _each_row(  # noqa: PLR0917
    source: Source, loop: BoundLoop, row: BoundRow, record: str, place: Place, said: str, done: str | None
) -> None:
    assert row.row.each is not None  # noqa: S101
    items, item = source.name("l"), source.name("i")
    fetch(source, items, record, row.row.each)
    sharing = [other for other in loop.rows if other.row.each == row.row.each and other.writes]
    if sharing == [row]:
        _at_most(source, loop, items, row.segment.max_use, f"{said}{'.'.join(row.row.each)}", row)
    source.add(f"for {item} in {items} or ():")
    source.depth += 1
    first = row.row.elements[0][0] if row.row.elements else None
    if isinstance(first, Hole) and first.codes:
        value = f"{item}.{first.path[0]}"
        source.add(f"if {value} not in {source.constant(first.codes)}:")
        others = frozenset().union(*(other.row.qualifiers for other in sharing))
        union = source.constant(others)
        if sharing[0] is row:
            message = f"{said}{'.'.join(row.row.each)}: this {first.name} may not stand in {loop.id}; one of "
            source.add(f"    if {value} not in {union}:")
            source.add(
                f"        F('MAP-CODE', {loop.id!r}, {row.row.tag!r}, '{row.row.tag}01', "
                f"{message + ', '.join(sorted(others))!r})"
            )
        source.add("    continue")
    _plain(source, loop, row, item, place, f"{said}{'.'.join(row.row.each)}.", done)
    source.depth -= 1


def _plain(  # noqa: PLR0917
    source: Source, loop: BoundLoop, row: BoundRow, record: str, place: Place, said: str, done: str | None
) -> None:
    values: dict[int, Value] = {}
    for position, component, part in flat(row):
        if isinstance(part, Hole):
            name = source.name("v")
            values[id(part)] = Value(name, part, row.types[part.path], position, component)
            _value(source, row, values[id(part)], record, loop, said)
    needed = row.segment.usage == "R"
    data = [v.name for v in values.values() if v.data or (needed and v.hole.fixed is None)]
    if loop.of is not None and row.segment is loop.guide.opener:
        data = []  # the record is there, so its loop is
    depth = source.depth
    if data:
        source.add(f"if {' or '.join(data)}:")
        source.depth += 1
    _required(source, loop, row, values, said)
    if done:
        source.add(f"{done} = True")
    _emit(source, loop, row.segment, row.address, text_of(row, values), place)
    source.depth = depth


def _value(  # noqa: PLR0917
    source: Source, row: BoundRow, value: Value, record: str, loop: BoundLoop, said: str
) -> None:
    """Write the code that puts a hole's text into its variable, with its findings."""
    hole, name = value.hole, value.name
    if hole.fixed is not None:
        source.add(f"{name} = {hole.fixed!r}")
        return
    fetch(source, name, record, hole.path) if hole.path else source.add(f"{name} = {record}")
    where = f"{loop.id!r}, {row.row.tag!r}, {_spot(row, value)!r}"
    title = f"{said}{hole.name}".removesuffix(".")
    if hole.spread:
        item = "str(x)" if value.kind.base is int else "T(x)"
        source.add(f"{name} = [{item} for x in {name}] if {name} else []")
        message = f"{title}: no more than {hole.spread} fit here"
        source.add(f"if len({name}) > {hole.spread}:")
        source.add(f"    F('MAP-TOO-MANY', {where}, {message!r})")
        source.add(f"    {name} = {name}[:{hole.spread}]")
        return
    if hole.table:
        table = source.constant(dict(hole.table))
        source.add(f"{name} = {table}.get({name}, '')")
        return
    kind = hole.format or value.kind.format
    if kind == "amount":
        message = f"{title}: an amount has no more than two decimals"
        source.add(f"if {name} is not None and not CENTS({name}):")
        source.add(f"    F('MAP-DECIMALS', {where}, {message!r})")
    source.add(f"{name} = {_FORMAT[kind].format(v=name)}")
    if hole.codes and not (row.row.each and value.position == 1):
        codes = source.constant(hole.codes)
        message = f"{title}: one of {', '.join(sorted(hole.codes))} is wanted here"
        source.add(f"if {name} and {name} not in {codes}:")
        source.add(f"    F('MAP-CODE', {where}, {message!r})")


_FORMAT = {
    "text": "T({v}) if {v} else ''",
    "last4": "T({v}) if {v} else ''",
    "amount": "'' if {v} is None else NUM({v})",
    "number": "'' if {v} is None else NUM({v})",
    "date": "'' if {v} is None else DAY({v})",
    "day": "'' if {v} is None else DAY({v})",
    "time": "'' if {v} is None else TIME({v})",
    "int": "'' if {v} is None else str({v})",
    "yn": "'' if {v} is None else 'Y' if {v} else 'N'",
    "y": "'Y' if {v} else ''",
    "zero": "'0' if {v} else ''",
}


def _spot(row: BoundRow, value: Value) -> str:
    return f"{row.row.tag}{value.position:02d}" + (f"-{value.component}" if value.component else "")


def _required(source: Source, loop: BoundLoop, row: BoundRow, values: dict[int, Value], said: str) -> None:
    """Write the code that says which required elements of a written segment have no value."""
    checks = []
    for value in values.values():
        place: GuideElement | None = row.segment.element(value.position)
        whole = place
        if place is not None and value.component:
            inside = place.components
            place = inside[value.component - 1] if value.component <= len(inside) else None
        if place is None or place.usage != "R" or (whole is not None and whole.usage != "R"):
            continue
        if not value.hole.fixed:
            checks.append((value, _spot(row, value)))
    if not checks:
        return
    source.add(f"if not ({' and '.join(value.name for value, _ in checks)}):")
    for value, spot in checks:
        title = f"{said}{value.hole.name}".removesuffix(".")
        message = f"{title} is missing: {loop.id} {spot} must have a value"
        source.add(f"    if not {value.name}:")
        source.add(f"        F('MAP-REQUIRED', {loop.id!r}, {row.row.tag!r}, {spot!r}, {message!r})")
