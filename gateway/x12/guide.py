"""Implementation guides as compact, frozen structures: loops, segments, elements, usage, codes, order.

The guides themselves are licensed texts. What is used here is the machine-readable abridgement that ships inside
the installed pyx12 package; it is read at run time and never copied. A loop that a guide prints twice (2300 below
the subscriber and below the patient) is one loop here, placed where it comes last.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.errors import MapError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as XmlElement

_FILES = {
    "837P": "837.5010.X222.A1.xml",
    "835": "835.5010.X221.A1.xml",
    "277CA": "277.5010.X214.xml",
    "999": "999.5010X231.A1.xml",
    "TA1": "x12.control.00501.xml",
}
_BY_VERSION = {
    "005010X222A1": "837P",
    "005010X221A1": "835",
    "005010X214": "277CA",
    "005010X231A1": "999",
    "00501": "TA1",
}
UNBOUNDED = 1 << 30
"""How often what has no limit may be repeated."""


@dataclass(frozen=True, slots=True)
class GuideElement:
    """One element or component.

    *usage* is R, S or N; *codes* is empty where any value may stand or where the code list is somebody else's
    (*external*); *components* is not empty for a composite. Lengths are in characters.
    """

    position: int
    name: str
    usage: str
    type: str
    min_length: int
    max_length: int
    codes: frozenset[str]
    external: str | None
    components: tuple["GuideElement", ...]

    @property
    def numeric(self) -> bool:
        """Tell whether the value is a number, so that ``125.50`` and ``125.5`` are the same."""
        return self.type == "R" or self.type.startswith("N")


@dataclass(frozen=True, slots=True)
class GuideSegment:
    """One segment at its place: *order* counts the segments of the whole guide in the order they are written."""

    id: str
    name: str
    loop: str
    usage: str
    max_use: int
    elements: tuple[GuideElement, ...]
    qualifier: int
    """Position of the element that tells this segment from its namesakes; 0 where there is none."""
    codes: frozenset[str]
    """The values that element may have."""
    pairs: frozenset[int]
    """Positions whose element and the next one are sent both or not at all (syntax note P)."""
    order: int = -1

    def element(self, position: int) -> GuideElement | None:
        """Return the element at *position*, counted from 1."""
        return self.elements[position - 1] if 0 < position <= len(self.elements) else None


@dataclass(slots=True)
class GuideLoop:
    """One loop: its own *segments* (the first one opens it), its *children*, and both together in *items*.

    *wrapper* marks the guide's tables (header, detail, footer), which no segment opens. *first* and *last* are the
    orders of the first segment and of the last one in the loop or below it; *own_last* of the last own segment.
    """

    id: str
    name: str
    usage: str
    repeat: int
    wrapper: bool
    items: tuple["GuideSegment | GuideLoop", ...] = ()
    segments: tuple[GuideSegment, ...] = ()
    children: tuple["GuideLoop", ...] = ()
    first: int = -1
    own_last: int = -1
    last: int = -1

    @property
    def opener(self) -> GuideSegment | None:
        """Return the segment that opens the loop; None for a table."""
        return None if self.wrapper or not self.segments else self.segments[0]


@dataclass(slots=True)
class Guide:
    """One implementation guide; *root* is the transaction set without ST and SE."""

    version: str
    set_id: str
    root: GuideLoop
    loops: dict[str, GuideLoop]
    qualified: dict[str, frozenset[str]] = field(default_factory=dict)
    """Segment id -> every qualifier the guide knows for it."""
    by_order: dict[int, GuideSegment] = field(default_factory=dict)
    """Every segment by its order."""

    def parents(self, loop: str) -> list[GuideLoop]:
        """Return the loops that may hold *loop*."""
        return [p for p in self.loops.values() if any(c.id == loop for c in p.children)]


@cache
def load_guide(version: str) -> Guide:
    """Return the guide of *version* (``005010X222A1`` ...; ``00501`` for TA1); raise MapError where there is none."""
    kind = _BY_VERSION.get(version)
    if kind is None:
        raise MapError(f"no guide for version {version}; known: {', '.join(sorted(_BY_VERSION))}")
    folder = _folder()
    types = _data_elements(folder / "dataele.xml")
    xml = _parse(folder / _FILES[kind])
    if kind == "TA1":
        return _interchange_guide(version, xml, types)
    return _build(version, _st_loop(xml), types)


_X_NUMBER = slice(0, 10)
_ALIKE = {
    ("005010X212", "HN"): "277.5010.X212.xml",
    ("005010X212", "HR"): "276.4010.X093.A1.xml",
    ("005010X217", "HI"): "278.4010.X094.A1.xml",
    ("005010X224", "HC"): "837.4010.X097.A1.xml",
    ("005010X279", "HB"): "271.4010.X092.A1.xml",
    ("005010X279", "HS"): "270.4010.X092.A1.xml",
    ("005010X291", "HC"): "837.5010.X222.A1.xml",
    ("005010X230", "FA"): "997.4010.xml",
    ("005010", "FA"): "997.4010.xml",
}
"""What lays out files whose guide pyx12 lists no file for: its own file where it has one, else the nearest relative."""
_AT_HOME = frozenset({"277.5010.X212.xml"})


@cache
def layout_guide(version: str, functional_id: str) -> tuple[Guide, bool] | None:
    """Return the guide that lays out a group of GS08 *version* and GS01 *functional_id*, for looking only.

    The flag tells whether it is that guide (or another edition of it) and not a relative of it, whose loops may go by
    other names. None where there is nothing near enough.
    """
    number = version[_X_NUMBER]
    files = [
        (str(entry.get("vriic")), str(entry.text))
        for entry in _parse(_folder() / "maps.xml").iter("map")
        if entry.get("fic") == functional_id and entry.get("vriic")
    ]
    exact = next((file for known, file in files if known == version), None)
    file = exact or next((file for known, file in files if known[_X_NUMBER] == number), None)
    relative = None if file else _ALIKE.get((number, functional_id))
    if not (file or relative):
        return None
    chosen = _folder() / str(file or relative)
    guide = _build(version, _st_loop(_parse(chosen)), _data_elements(_folder() / "dataele.xml"))
    return guide, file is not None or relative in _AT_HOME


def _interchange_guide(version: str, xml: "XmlElement", types: dict[str, tuple[str, int, int]]) -> Guide:
    found = next(node for node in xml.iter("segment") if node.get("xid") == "TA1")
    segment = _segment(found, "TA1", types)
    loop = GuideLoop("TA1", "Interchange acknowledgement", "S", UNBOUNDED, wrapper=False, items=(segment,))
    root = GuideLoop("ISA_LOOP", "Interchange", "R", 1, wrapper=True, items=(loop,), children=(loop,))
    return _finish(version, "TA1", root)


def _folder() -> Path:
    spec = find_spec("pyx12")
    if spec is None or not spec.submodule_search_locations:
        raise MapError("the package pyx12 is not installed; its guides are needed")
    return Path(spec.submodule_search_locations[0]) / "map"


def _parse(path: Path) -> "XmlElement":
    from defusedxml.ElementTree import parse  # type: ignore[import-untyped]

    root: XmlElement = parse(path).getroot()
    return root


def _data_elements(path: Path) -> dict[str, tuple[str, int, int]]:
    return {
        str(node.get("ele_num")): (
            str(node.get("data_type")),
            int(node.get("min_len", "1")),
            int(node.get("max_len", "80")),
        )
        for node in _parse(path).iter("data_ele")
    }


def _st_loop(xml: "XmlElement") -> "XmlElement":
    return next(node for node in xml.iter("loop") if node.get("xid") == "ST_LOOP")


def _said(node: "XmlElement", key: str, default: str = "") -> str:
    value: Any = node.get(key) or node.findtext(key) or default
    return str(value)


def _build(version: str, node: "XmlElement", types: dict[str, tuple[str, int, int]]) -> Guide:
    set_id = "".join(
        c.text or "" for s in node.findall("segment") if s.get("xid") == "ST" for c in s.iter("code")
    )[:3]
    return _finish(version, set_id, _loop(node, types, seen={}))


def _loop(
    node: "XmlElement", types: dict[str, tuple[str, int, int]], seen: dict[str, GuideLoop]
) -> GuideLoop:
    name = str(node.get("xid"))
    if name in seen:
        return seen[name]
    repeat = _said(node, "repeat", "1")
    loop = GuideLoop(
        name,
        _said(node, "name"),
        _said(node, "usage", "S"),
        int(repeat) if repeat.isdigit() else UNBOUNDED,
        wrapper=node.get("type") in {"wrapper", "explicit"},
    )
    seen[name] = loop
    items = [
        _loop(item, types, seen) if item.tag == "loop" else _segment(item, name, types)
        for item in node
        if item.tag == "loop" or (item.tag == "segment" and item.get("xid") not in {"ST", "SE"})
    ]
    loop.items = tuple(items)
    loop.children = tuple(item for item in items if isinstance(item, GuideLoop))
    return loop


def _segment(node: "XmlElement", loop: str, types: dict[str, tuple[str, int, int]]) -> GuideSegment:
    elements = tuple(
        _element(part, index, types)
        for index, part in enumerate((p for p in node if p.tag in {"element", "composite"}), start=1)
    )
    name = str(node.get("xid"))
    position = 3 if name == "HL" else 1
    codes: frozenset[str] = frozenset()
    if len(elements) >= position:
        decisive = elements[position - 1]
        if decisive.components:
            decisive = decisive.components[0]
        # What may be left out tells nothing apart (CR101).
        codes = decisive.codes if decisive.usage == "R" else frozenset()
    use = _said(node, "max_use", "1")
    return GuideSegment(
        name,
        _said(node, "name"),
        loop,
        _said(node, "usage", "S"),
        int(use) if use.isdigit() else UNBOUNDED,
        elements,
        position if codes else 0,
        codes,
        _pairs(node),
    )


def _pairs(node: "XmlElement") -> frozenset[int]:
    notes = [note.text or "" for note in node.findall("syntax")]
    paired = [
        [int(note[i : i + 2]) for i in range(1, len(note), 2)] for note in notes if note.startswith("P")
    ]
    return frozenset(first for group in paired for first in group if first + 1 in group)


def _element(node: "XmlElement", position: int, types: dict[str, tuple[str, int, int]]) -> GuideElement:
    if node.tag == "composite":
        parts = tuple(_element(part, i, types) for i, part in enumerate(node.findall("element"), start=1))
        return GuideElement(
            position, _said(node, "name"), _said(node, "usage", "S"), "C", 0, 0, frozenset(), None, parts
        )
    kind, shortest, longest = types.get(_said(node, "data_ele"), ("AN", 1, 80))
    valid = node.find("valid_codes")
    codes = frozenset(c.text or "" for c in valid.iter("code")) if valid is not None else frozenset()
    external = valid.get("external") if valid is not None else None
    return GuideElement(
        position,
        _said(node, "name"),
        _said(node, "usage", "S"),
        kind,
        shortest,
        longest,
        codes,
        external,
        (),
    )


def _finish(version: str, set_id: str, root: GuideLoop) -> Guide:
    guide = Guide(version, set_id, root, {})
    visits = Counter(loop.id for loop in _preorder(root))
    orders = count()

    def number(loop: GuideLoop) -> None:
        visits[loop.id] -= 1
        if visits[loop.id]:
            visits.subtract(below.id for child in loop.children for below in _preorder(child))
            return
        guide.loops[loop.id] = loop
        items: list[GuideSegment | GuideLoop] = []
        for item in loop.items:
            if isinstance(item, GuideLoop):
                number(item)
                items.append(item)
            else:
                items.append(replace(item, order=next(orders)))
        loop.items = tuple(items)
        loop.segments = tuple(item for item in items if isinstance(item, GuideSegment))

    number(root)
    _spans(root)
    known: dict[str, set[str]] = {}
    for loop in guide.loops.values():
        for segment in loop.segments:
            guide.by_order[segment.order] = segment
            if segment.qualifier:
                known.setdefault(segment.id, set()).update(segment.codes)
    guide.qualified = {tag: frozenset(codes) for tag, codes in known.items()}
    return guide


def _preorder(loop: GuideLoop) -> Iterator[GuideLoop]:
    yield loop
    for child in loop.children:
        yield from _preorder(child)


def _spans(loop: GuideLoop) -> None:
    """Fill in the orders of the first and last segment of *loop* and of the loops below it."""
    for child in loop.children:
        _spans(child)
    own = [segment.order for segment in loop.segments]
    loop.first = own[0] if own else min((c.first for c in loop.children), default=-1)
    loop.own_last = own[-1] if own else loop.first
    loop.last = max([*own, *(child.last for child in loop.children)], default=-1)
