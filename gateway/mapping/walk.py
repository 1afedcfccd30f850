"""A walk through a transaction set with the guide in hand: every segment into a loop, whatever comes.

Order is forgiven, missing openers are supplied (a claim without LX, a subscriber without HL), unknown qualifiers go by
the segment's id where that is unambiguous, and what the guide does not know stays in the loop it was found in.
Where a segment goes depends on the loops that are open and on its id and qualifier only, so each decision is made
once and remembered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.x12.guide import Guide, GuideLoop, GuideSegment

_SUPPLIED = frozenset({"HL", "LX", "TRN"})
"""Openers that may be missing: they number or name what follows and carry no data of their own."""

_MONEY = "BPR"
"""Opens an 835, whatever its first code says."""
_TOLD_BY_CODE = frozenset({"HL", "DTM"})
"""Segments that mean nothing without a qualifier that is known: a date of another kind is no day of service."""


@dataclass(slots=True, eq=False)
class Instance:
    """One occurrence of a loop: its segments as (order in the guide or -1, elements, position)."""

    loop: GuideLoop
    parent: "Instance | None"
    path: tuple[str, ...]
    implicit: bool = False
    segments: list[tuple[int, list[str], int]] = field(default_factory=list)
    children: list["Instance"] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    last: dict[str, "Instance"] = field(default_factory=dict)
    scope: Any = None
    ignored: bool = False
    number: int = 0
    taken: int = 0
    """How many of the segments a record has taken, kept by whoever reads."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How to get from the open loop to a segment's loop: close *ups* loops, open *down*, there it is *order*."""

    ups: int
    down: tuple[GuideLoop, ...]
    order: int


class Walker:
    """Puts segments into instances of loops; *opened* and *closed* are called as that happens."""

    def __init__(
        self, guide: Guide, *, opened: Callable[[Instance], None], closed: Callable[[Instance], None]
    ) -> None:
        self.guide = guide
        self.root = Instance(guide.root, None, (guide.root.id,))
        self.at = self.root
        self._opened = opened
        self._closed = closed
        self._ways: dict[tuple[tuple[str, ...], str, str | None], _Way] = {}

    def step(self, elements: list[str], position: int, component: str) -> tuple[Instance, int]:
        """Take one segment; return the instance it went to and its order in the guide (-1: unknown there)."""
        tag = elements[0]
        qualifier = self._qualifier(tag, elements, component)
        key = (self.at.path, tag, qualifier)
        way = self._ways.get(key)
        if way is None:
            way = self._ways[key] = self._find(tag, qualifier)
        if way.ups and not way.down and self._belated(way):
            above = self._above(way.ups)
            above.segments.append((way.order, elements, position))
            return above, way.order
        for _ in range(way.ups):
            self._up()
        for index, loop in enumerate(way.down):
            self._down(loop, way.down[index + 1] if index + 1 < len(way.down) else None, way.order)
        if not way.down and self.at.implicit and self._repeats(way.order):
            self._again()
        self.at.segments.append((way.order, elements, position))
        return self.at, way.order

    def finish(self) -> None:
        """Close every loop that is open."""
        while self.at.parent is not None:
            self._up()
        self._closed(self.root)

    def _belated(self, way: _Way) -> bool:
        """Tell whether a segment of an 835 belongs before the open loop: a claim's own, amid its lines.

        It goes to its loop, and the line stays open for what follows, or the line's adjustments would be the claim's.
        """
        return self.guide.set_id == "835" and way.order < self.at.loop.first

    def _above(self, ups: int) -> Instance:
        at = self.at
        for _ in range(ups):
            at = at.parent or at
        return at

    def _repeats(self, order: int) -> bool:
        """Tell whether the open loop, whose opener was missing, begins anew with this segment."""
        return any(segment.order == order for segment in _leads(self.at.loop)) and any(
            came == order for came, _, _ in self.at.segments
        )

    def _qualifier(self, tag: str, elements: list[str], component: str) -> str | None:
        known = self.guide.qualified.get(tag)
        if known is None:
            return None
        index = 3 if tag == "HL" else 1
        value = elements[index].split(component, 1)[0] if len(elements) > index else ""
        return value if value in known else None

    def _up(self) -> None:
        self._closed(self.at)
        if self.at.parent is not None:
            self.at = self.at.parent

    def _down(self, loop: GuideLoop, following: GuideLoop | None, order: int) -> None:
        """Open *loop* below the open one, or enter the one that is there; *following* is opened inside it next."""
        parent = self.at
        again = parent.last.get(loop.id)
        if loop.wrapper:
            if again is None:
                self._begin(loop, implicit=False)
            else:
                self.at = again
        elif following is not None:
            if again is None or (again.implicit and _full(again, following)):
                self._begin(loop, implicit=True)
            else:
                self.at = again
        else:
            if parent.implicit and _full(parent, loop):
                self._again()
            self._begin(loop, implicit=loop.opener is None or loop.opener.order != order)

    def _again(self) -> None:
        """Close the open loop and open another one of its kind, whose opener is missing too."""
        loop = self.at.loop
        self._up()
        self._begin(loop, implicit=True)

    def _begin(self, loop: GuideLoop, *, implicit: bool) -> None:
        parent = self.at
        instance = Instance(loop, parent, (*parent.path, loop.id), implicit=implicit)
        parent.counts[loop.id] = instance.number = parent.counts.get(loop.id, 0) + 1
        parent.last[loop.id] = instance
        parent.children.append(instance)
        self.at = instance
        self._opened(instance)

    def _open_loops(self) -> list[GuideLoop]:
        found = []
        at: Instance | None = self.at
        while at is not None:
            found.append(at.loop)
            at = at.parent
        return found

    def _find(self, tag: str, qualifier: str | None) -> _Way:
        """Search outward from the open loop: exact matches, then missing openers, then by the id alone."""
        open_loops = self._open_loops()
        exact = (
            self._own(open_loops, tag, qualifier)
            or self._supplied(open_loops, tag, qualifier)
            or self._by_id(open_loops, tag)
        )
        return exact or _Way(0, (), -1)

    @staticmethod
    def _own(open_loops: list[GuideLoop], tag: str, qualifier: str | None) -> _Way | None:
        for ups, loop in enumerate(open_loops):
            for down, segment in _within(loop):
                if _matches(segment, tag, qualifier):
                    return _Way(ups, down, segment.order)
            for down, child in _below(loop):
                if child.opener is not None and _matches(child.opener, tag, qualifier):
                    return _Way(ups, (*down, child), child.opener.order)
        return None

    @staticmethod
    def _supplied(open_loops: list[GuideLoop], tag: str, qualifier: str | None) -> _Way | None:
        for ups, loop in enumerate(open_loops):
            for down in _suppliable(loop):
                leaf = down[-1]
                for segment in _leads(leaf):
                    if _matches(segment, tag, qualifier):
                        return _Way(ups, down, segment.order)
                for way, child in _below(leaf):
                    if child.opener is not None and _matches(child.opener, tag, qualifier):
                        return _Way(ups, (*down, *way, child), child.opener.order)
        return None

    @staticmethod
    def _by_id(open_loops: list[GuideLoop], tag: str) -> _Way | None:
        if tag in _TOLD_BY_CODE:
            return None
        own = [(down, segment) for down, segment in _within(open_loops[0]) if segment.id == tag]
        if len(own) == 1 and (tag == _MONEY or not open_loops[0].wrapper):
            return _Way(0, own[0][0], own[0][1].order)
        for ups, loop in enumerate(open_loops):
            named = [(d, c) for d, c in _below(loop) if c.opener is not None and c.opener.id == tag]
            if len(named) == 1:
                down, child = named[0]
                assert child.opener is not None  # noqa: S101
                return _Way(ups, (*down, child), child.opener.order)
            if named:
                return None
        return None


def _full(parent: Instance, loop: GuideLoop) -> bool:
    return parent.counts.get(loop.id, 0) >= loop.repeat


def _matches(segment: GuideSegment, tag: str, qualifier: str | None) -> bool:
    return segment.id == tag and (not segment.qualifier or qualifier in segment.codes)


def _within(loop: GuideLoop) -> Iterator[tuple[tuple[GuideLoop, ...], GuideSegment]]:
    """Yield the loop's own segments but for its opener; at the root those of the guide's tables."""
    opener = loop.opener
    for segment in loop.segments:
        if segment is not opener:
            yield (), segment
    for child in loop.children:
        if child.wrapper:
            for segment in child.segments:
                yield (child,), segment


def _below(loop: GuideLoop) -> Iterator[tuple[tuple[GuideLoop, ...], GuideLoop]]:
    """Yield the loops that may be opened from *loop*, with the tables on the way."""
    for child in loop.children:
        if child.wrapper:
            for grandchild in child.children:
                yield (child,), grandchild
        else:
            yield (), child


def _suppliable(loop: GuideLoop) -> Iterator[tuple[GuideLoop, ...]]:
    """Yield the ways down through loops whose opener may be missing, the nearer ones first."""
    level = [(*down, child) for down, child in _below(loop) if _may_lack_opener(child)]
    while level:
        yield from level
        level = [
            (*way, *down, child)
            for way in level
            for down, child in _below(way[-1])
            if _may_lack_opener(child)
        ]


def _may_lack_opener(loop: GuideLoop) -> bool:
    return loop.opener is not None and loop.opener.id in _SUPPLIED


def _leads(loop: GuideLoop) -> Iterator[GuideSegment]:
    """Yield what may follow a missing opener: the segments up to the first required one."""
    for segment in loop.segments[1:]:
        yield segment
        if segment.usage == "R":
            return
