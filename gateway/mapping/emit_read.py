"""From bound rows to Python source that reads: one function a loop.

The generated function is ``read(segs, d, C, bad, rest)``: the loop's segments as ``(order, elements, position)``, the
draft of the scope's record, the component separator, the sink for values that cannot be read
``bad(position, elements, element, code, message)``, and the sink for segments no row names. The first value of a
field stands: a later segment never overwrites it, and goes to the sink too where the row reads one segment only.
"""

from typing import Any

from gateway.mapping.bind import BoundLoop, BoundRow, flat
from gateway.mapping.language import Const, Hole
from gateway.mapping.source import Source


def read_source(loop: BoundLoop) -> tuple[str, dict[str, Any]]:
    """Return the source of ``read`` for *loop* and the constants it needs."""
    source = Source(tracked=False)
    if loop.of is not None:
        for part in loop.of:
            source.add(f"d = sub(d, {part!r})")
    marks = sorted({mark for row in loop.rows if (mark := _mark(row)) is not None})
    if marks:
        source.add(" = ".join([*marks, "False"]))
    source.add("for o, e, p in segs:")
    source.depth = 2
    source.add("n = len(e)")
    groups: dict[int, list[BoundRow]] = {}
    for row in loop.rows:
        if row.reads:
            groups.setdefault(row.segment.order, []).append(row)
    word = "if"
    for order, rows in groups.items():
        source.add(f"{word} o == {order}:")
        source.depth = 3
        _choose(source, rows)
        source.depth = 2
        word = "elif"
    _catch_all(source, loop, word)
    opener = loop.guide.opener
    if opener is not None and opener.id in {"HL", "LX"} and opener.order not in groups:
        source.add(f"{'elif' if groups else 'if'} o == {opener.order}:")
        source.add("    pass")
    source.add("else:" if source.lines[-1].strip() != "n = len(e)" else "if True:")
    source.add("    rest(o, e, p)")
    return "def read(segs, d, C, bad, rest):\n" + "\n".join(source.lines) + "\n", source.constants


def _catch_all(source: Source, loop: BoundLoop, word: str) -> None:
    """A segment whose qualifier the guide does not know goes into the list its namesakes go into.

    Only where the record calls it a qualifier: a strange certificate is no condition of another kind.
    """
    seen: set[str] = set()
    for row in loop.rows:
        first = row.row.elements[0][0] if row.row.elements else None
        generic = isinstance(first, Hole) and first.path[-1:] == ("qualifier",)
        if row.reads and row.row.each and generic and row.row.tag not in seen:
            seen.add(row.row.tag)
            source.add(f"{word} o == -1 and e[0] == {row.row.tag!r} and n > 2 and e[1] and e[2]:")
            source.depth += 1
            _row(source, row)
            source.depth -= 1


def _choose(source: Source, rows: list[BoundRow]) -> None:
    """Take the first row whose constants are what stands there; else the first row at all."""
    if len(rows) == 1:
        _row(source, rows[0])
        return
    for index, row in enumerate(rows):
        tests = [
            f"(n > {position} and e[{position}] == {part.text!r})"
            for position, component, part in flat(row)
            if isinstance(part, Const) and not component and "|" not in part.text
        ]
        tests += [
            f"(n <= {position} or not e[{position}] or e[{position}] in {source.constant(part.codes)})"
            for position, component, part in flat(row)
            if isinstance(part, Hole) and part.codes and not component
        ]
        last = index == len(rows) - 1
        source.add(f"{'elif' if index else 'if'} {' and '.join(tests) or 'True'}:")
        source.depth += 1
        _row(source, row)
        source.depth -= 1
        if last and tests:
            source.add("else:")
            source.depth += 1
            _row(source, rows[0])
            source.depth -= 1
        if not tests:
            break


def _row(source: Source, row: BoundRow) -> None:
    _once(source, row)
    if row.function is not None:
        _function(source, row)
        return
    if row.row.each is not None:
        _each(source, row)
        return
    holes = [(position, component, part) for position, component, part in flat(row) if isinstance(part, Hole)]
    if not holes:
        source.add("pass")
    _holes(source, row, holes, "d")


def _once(source: Source, row: BoundRow) -> None:
    """Hand the sink a second segment of a row that reads one only."""
    mark = _mark(row)
    if mark is not None:
        source.add(f"if {mark}:")
        source.add("    rest(o, e, p)")
        source.add(f"{mark} = True")


def _mark(row: BoundRow) -> str | None:
    """Return the variable that tells whether a segment of this row came before; None where several may come."""
    if not row.reads or row.row.each is not None:
        return None
    if row.function is not None and row.segment.max_use != 1:
        return None
    holes = [part for _, _, part in flat(row) if isinstance(part, Hole)]
    if row.function is None and all(hole.spread for hole in holes):
        return None
    first = row.row.elements[0][0] if row.row.elements else None
    return f"s{row.segment.order}{first.text if isinstance(first, Const) and first.text.isalnum() else ''}"


def _each(source: Source, row: BoundRow) -> None:
    assert row.row.each is not None  # noqa: S101
    target = _draft("d", row.row.each[:-1])
    holes = [(position, component, part) for position, component, part in flat(row) if isinstance(part, Hole)]
    if holes and not holes[0][2].path:
        position = holes[0][0]
        source.add(f"if n > {position} and e[{position}]:")
        source.add(
            f"    {target}[{row.row.each[-1]!r}] = ({target}.get({row.row.each[-1]!r}) or ()) + (e[{position}],)"
        )
        return
    source.add("i = {}")
    source.add(f"{target}.setdefault({row.row.each[-1]!r}, []).append(i)")
    _holes(source, row, holes, "i")


def _draft(draft: str, path: tuple[str, ...]) -> str:
    """Return the expression of the draft at *path* inside *draft*."""
    for part in path:
        draft = f"sub({draft}, {part!r})"
    return draft


def _holes(source: Source, row: BoundRow, holes: list[tuple[int, int, Hole]], draft: str) -> None:
    composite = None
    for position, component, part in holes:
        guard = _guard(row, position) if not component else ""
        if component or row.composite(position):
            if composite != position:
                source.add(f"c = e[{position}].split(C) if n > {position} else ()")
                source.add("m = len(c)")
                composite = position
            _hole(
                source,
                row,
                part,
                "c",
                "m",
                (component or 1) - 1,
                f"{position}, {component or 1}",
                draft,
                guard,
            )
        else:
            _hole(source, row, part, "e", "n", position, f"{position}, 0", draft, guard)


def _guard(row: BoundRow, position: int) -> str:
    """A value is only read under the code the row says it stands under (an id under XX is no NPI under 24)."""
    if position < 3:
        return ""
    before = [part for at, component, part in flat(row) if at == position - 1 and not component]
    place = row.segment.element(position - 1)
    tells = position - 1 in row.segment.pairs or (place is not None and len(place.codes) > 1)
    if tells and before and isinstance(before[0], Const):
        return f" and e[{position - 1}] in ('', {before[0].text!r})"
    return ""


def _hole(  # noqa: PLR0917
    source: Source,
    row: BoundRow,
    hole: Hole,
    holder: str,
    size: str,
    index: int,
    spot: str,
    draft: str,
    guard: str,
) -> None:
    name = hole.path[-1]
    target = _draft(draft, hole.path[:-1])
    kind = row.types[hole.path]
    if hole.spread:
        source.add(f"x = [v for v in {holder}[{index}:{index + hole.spread}] if v]")
        source.add("if x:")
        if kind.base is int:
            source.add("    x = [v for v in map(INT, x) if v is not None]")
        source.add(f"    t = {target}")
        source.add(f"    t[{name!r}] = (t.get({name!r}) or ()) + tuple(x)")
        return
    source.add(f"if {size} > {index} and {holder}[{index}]{guard}:")
    source.depth += 1
    source.add(f"x = {holder}[{index}]")
    said = f"p, e, {spot}"
    if hole.table:
        source.add(f"v = {source.constant({code: value for value, code in hole.table})}.get(x)")
        _keep(source, target, name, said, "READ-CODE", "not a code that is known here")
    elif hole.fixed is not None:
        source.add(f"{target}.setdefault({name!r}, x)")
    else:
        _format(source, hole.format or kind.format, target, name, said, required=kind.required)
    source.depth -= 1
    if hole.format == "amount" and kind.required:
        source.add(f"elif {name!r} not in {target}:")
        source.add(f"    bad(p, e, {spot}, 'READ-AMOUNT', 'an amount is missing')")
    elif hole.format in {"amount", "number"} and kind.preset:
        source.add("else:")
        source.add(f"    bad(p, e, {spot}, 'READ-VALUE', 'a number is missing')")


def _format(source: Source, kind: str, target: str, name: str, said: str, *, required: bool) -> None:
    if kind in {"text", "last4"}:
        source.add(f"{target}.setdefault({name!r}, {'LAST4(x)' if kind == 'last4' else 'x'})")
    elif kind == "amount":
        source.add("v = NUM(x)")
        code = "READ-AMOUNT" if required else "READ-VALUE"
        _keep(source, target, name, said, code, "not an amount")
        source.add("if v is not None and not CENTS(v):")
        source.add(f"    bad({said}, 'READ-DECIMALS', 'an amount has more than two decimals')")
    elif kind in {"day", "time"}:
        source.add(f"if not {'MERGE_DAY' if kind == 'day' else 'MERGE_TIME'}({target}, {name!r}, x):")
        source.add(f"    bad({said}, 'READ-DATE', 'not a {'date' if kind == 'day' else 'time'}')")
    elif kind in {"y", "zero"}:
        source.add(f"{target}.setdefault({name!r}, x == {'Y' if kind == 'y' else '0'!r})")
    else:
        reader, code, words = {
            "number": ("NUM", "READ-VALUE", "not a number"),
            "int": ("INT", "READ-VALUE", "not a whole number"),
            "date": ("DATE", "READ-DATE", "not a date"),
            "yn": ("YES", "READ-VALUE", "neither Y nor N"),
        }[kind]
        source.add(f"v = {reader}(x)")
        _keep(source, target, name, said, code, words)


def _keep(source: Source, target: str, name: str, said: str, code: str, words: str) -> None:  # noqa: PLR0917
    source.add("if v is None:")
    source.add(f"    bad({said}, {code!r}, {words!r})")
    source.add("else:")
    source.add(f"    {target}.setdefault({name!r}, v)")


def _function(source: Source, row: BoundRow) -> None:
    assert row.function is not None  # noqa: S101
    # A constant that is only the head of a composite leaves the composite to the function, whole.
    skip = 1 + sum(
        1
        for position, _, part in flat(row)
        if isinstance(part, Const) and "|" not in part.text and not row.composite(position)
    )
    call = source.constant(row.function.read)
    targets = [(_draft("d", path[:-1]), path[-1]) for path in row.row.fields]
    old = ", ".join(f"{target}.get({name!r})" for target, name in targets)
    said = f"lambda at, code, message: bad(p, e, at + {skip - 1}, 0, code, message)"
    source.add(f"x = {call}(e[{skip}:], ({old},), C, {said})")
    for index, (target, name) in enumerate(targets):
        source.add(f"if x[{index}] is not None:")
        source.add(f"    {target}[{name!r}] = x[{index}]")
