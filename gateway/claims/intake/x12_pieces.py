"""A dropped 837 cut into claims, and claims put together again as an 837: raw text, whatever the segments say.

Each claim keeps the levels it stands under as they came, so that what is refused can be given back as a file of the
same kind that holds just the refused claims, in a sound envelope, to be mended and dropped again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.x12.reader import GroupHeader, InterchangeHeader, TransactionSet
from gateway.x12.separators import Separators

_DEPTH = {"20": 0, "22": 1, "23": 2}
"""Levels of an 837 by HL03: billing provider, subscriber, patient."""

Segment = list[str]


@dataclass(slots=True, eq=False)
class Level:
    """One HL with the segments of its own; *parent* is False where HL02 names another level than the one above."""

    code: str
    segments: list[Segment]
    position: int
    parent: bool = True
    claims: int = 0


@dataclass(slots=True, eq=False)
class SetText:
    """What a set is made of besides its claims.

    *whole* is its text from behind ST to its SE, if it had one, where it is given back untouched.
    """

    interchange: InterchangeHeader
    group: GroupHeader | None
    set_id: str
    control_number: str
    version: str | None
    head: list[Segment] = field(default_factory=list)
    whole: list[Segment] | None = None


@dataclass(slots=True, eq=False)
class Piece:
    """One refused claim as it came: its set, its levels from the top, its segments; or *rest*, text beyond reading.

    A claim of a set that is given back untouched has no segments of its own.
    """

    of: SetText | None
    levels: tuple[Level, ...] = ()
    segments: list[Segment] = field(default_factory=list)
    rest: str = ""


@dataclass(slots=True, eq=False)
class Cut:
    """One claim of a set: *first* to *last* are its positions (ST = 1), its subscriber's HL included where not shared."""

    levels: tuple[Level, ...]
    position: int
    first: int
    last: int = 0
    segments: list[Segment] = field(default_factory=list)

    @property
    def numbered(self) -> Iterator[tuple[int, Segment]]:
        """Yield the segments of the claim and of the levels above it, with their positions."""
        for level in self.levels:
            yield from enumerate(level.segments, start=level.position)
        yield from enumerate(self.segments, start=self.position)

    @property
    def misplaced(self) -> Level | None:
        """Return the level above the claim whose HL02 names a parent that does not stand above it."""
        return next((level for level in self.levels if not level.parent), None)


class Cutter:
    """Takes the segments of a set one by one and cuts them into claims; `take` hands out a claim that is complete."""

    def __init__(self, part: TransactionSet) -> None:
        self.of = set_text(part)
        self._levels: list[Level] = []
        self._open: Cut | None = None
        self._cuts: dict[int, Cut] = {}

    def pass_on(self, segments: Iterable[Segment]) -> Iterator[Segment]:
        """Yield *segments*, the first of which has position 2, having cut each first."""
        position = 1
        for position, segment in enumerate(segments, start=2):
            self._take(segment, position)
            yield segment
        self._close(position)

    def take(self, position: int) -> Cut | None:
        """Hand out the claim whose CLM stands at *position*."""
        return self._cuts.pop(position, None)

    def left(self) -> list[Cut]:
        """Return the claims that nobody took."""
        return list(self._cuts.values())

    def _take(self, segment: Segment, position: int) -> None:
        tag = segment[0].strip()
        if tag == "HL":
            self._close(position - 1)
            self._level(segment, position)
        elif tag == "CLM":
            self._close(position - 1)
            alone = bool(self._levels) and self._levels[-1].claims == 0
            first = self._begins(position) if alone else position
            for level in self._levels:
                level.claims += 1
            self._open = Cut(tuple(self._levels), position, first, segments=[segment])
        elif self._open is not None:
            self._open.segments.append(segment)
        elif self._levels:
            self._levels[-1].segments.append(segment)
        else:
            self.of.head.append(segment)

    def _begins(self, position: int) -> int:
        """Return where the claim's first own level stands: nothing below the provider was used by a claim before."""
        own = [level.position for level in self._levels if level.code != "20" and level.claims == 0]
        return min(own, default=position)

    def _level(self, segment: Segment, position: int) -> None:
        code = _element(segment, 3)
        depth = _DEPTH.get(code, len(_DEPTH))
        while self._levels and _DEPTH.get(self._levels[-1].code, len(_DEPTH)) >= depth:
            self._levels.pop()
        above = _element(self._levels[-1].segments[0], 1) if self._levels else ""
        self._levels.append(Level(code, [segment], position, parent=_element(segment, 2) == above))

    def _close(self, last: int) -> None:
        if self._open is not None:
            self._open.last = last
            self._cuts[self._open.position] = self._open
            self._open = None


def set_text(part: TransactionSet) -> SetText:
    """Return what stands around the claims of *part*."""
    return SetText(part.interchange, part.group, part.set_id, part.control_number, part.version)


def untouched(part: TransactionSet) -> SetText:
    """Return a set with all of its text, for giving it back as it came, its faults included; reads *part* to its end."""
    said = set_text(part)
    said.whole = list(part.segments())
    if part.trailer is not None:
        said.whole.append(part.trailer)
    return said


def _element(segment: Segment, position: int) -> str:
    return segment[position].strip() if position < len(segment) else ""


def joined(pieces: Iterable[Piece]) -> str:
    """Put *pieces* together as X12: interchanges, groups and sets as they were, but only with these claims in them.

    Counts and levels are made anew. A set that is given back untouched keeps even the SE it came with.
    """
    return "".join(_Joiner().join(pieces))


class _Joiner:
    """Writes pieces one after the other, opening and closing what is around them."""

    def __init__(self) -> None:
        self._set: SetText | None = None
        self._body: list[Segment] = []
        self._written: dict[int, Level] = {}
        self._sets = 0
        self._groups = 0
        self._end = ""

    def join(self, pieces: Iterable[Piece]) -> Iterator[str]:
        """Yield the text segment by segment."""
        for piece in pieces:
            if piece.of is None:
                yield from self._leave()
                yield piece.rest
                continue
            if piece.of is not self._set:
                yield from self._enter(piece.of)
            for depth, level in enumerate(piece.levels):
                if self._written.get(depth) is not level:
                    self._written = {d: one for d, one in self._written.items() if d < depth} | {depth: level}
                    self._body += level.segments
            self._body += piece.segments
        yield from self._leave()

    def _enter(self, new: SetText) -> Iterator[str]:
        old = self._set
        same_interchange = old is not None and old.interchange.ordinal == new.interchange.ordinal
        same_group = same_interchange and old is not None and _ordinal(old) == _ordinal(new)
        yield from self._leave_set()
        if old is not None and not same_group:
            yield from self._leave_group(old)
        if old is not None and not same_interchange:
            yield from self._leave_interchange(old)
        if not same_interchange:
            self._end = _end(new.interchange.separators)
            self._groups = 0
            yield self._line(new, _isa(new.interchange))
        if not same_group:
            self._sets = 0
            if new.group is not None:
                self._groups += 1
                yield self._line(new, _gs(new.group))
        self._set, self._body, self._written = new, list(new.head), {}
        self._sets += 1

    def _leave(self) -> Iterator[str]:
        if self._set is not None:
            yield from self._leave_set()
            yield from self._leave_group(self._set)
            yield from self._leave_interchange(self._set)
            self._set = None

    def _leave_set(self) -> Iterator[str]:
        said = self._set
        if said is None:
            return
        st = ["ST", said.set_id, said.control_number, *([said.version] if said.version else [])]
        yield self._line(said, st)
        if said.whole is not None:
            yield from (self._line(said, segment) for segment in said.whole)
            return
        yield from (self._line(said, segment) for segment in _numbered(self._body))
        yield self._line(said, ["SE", str(len(self._body) + 2), said.control_number])

    def _leave_group(self, said: SetText) -> Iterator[str]:
        if said.group is not None:
            yield self._line(said, ["GE", str(self._sets), said.group.control_number])

    def _leave_interchange(self, said: SetText) -> Iterator[str]:
        yield self._line(said, ["IEA", str(self._groups), said.interchange.control_number])

    def _line(self, said: SetText, segment: Segment) -> str:
        return said.interchange.separators.element.join(segment) + self._end


def _ordinal(said: SetText) -> int:
    return said.group.ordinal if said.group is not None else 0


def _end(separators: Separators) -> str:
    return separators.segment if separators.ends_lines else separators.segment + "\n"


def _numbered(body: list[Segment]) -> Iterator[Segment]:
    """Yield the segments with their levels counted anew: HL01, the parent in HL02, and HL04 where it was said."""
    levels = [index for index, segment in enumerate(body) if segment[0].strip() == "HL"]
    depths = {index: _DEPTH.get(_element(body[index], 3), len(_DEPTH)) for index in levels}
    numbers = {index: str(number) for number, index in enumerate(levels, start=1)}
    following = dict(pairwise(levels))
    path: list[int] = []
    for index, segment in enumerate(body):
        if index not in numbers:
            yield segment
            continue
        while path and depths[path[-1]] >= depths[index]:
            path.pop()
        parent = numbers[path[-1]] if path else ""
        path.append(index)
        below = following.get(index)
        child = "1" if below is not None and depths[below] > depths[index] else "0"
        yield ["HL", numbers[index], parent, *segment[3:4], *([child] if len(segment) > 4 else [])]


def _isa(header: InterchangeHeader) -> Segment:
    """Return the ISA at its fixed width; what stood in its authorisation and password fields is not kept."""
    separators = header.separators
    return [
        "ISA", "00", " " * 10, "00", " " * 10,
        header.sender_qualifier.ljust(2), header.sender.ljust(15),
        header.receiver_qualifier.ljust(2), header.receiver.ljust(15),
        header.date, header.time, separators.repetition or "U", header.version, header.control_number,
        "1" if header.ack_requested else "0", header.usage, separators.component,
    ]  # fmt: skip


def _gs(group: GroupHeader) -> Segment:
    return [
        "GS", group.functional_id, group.sender, group.receiver, group.date, group.time, group.control_number, "X",
        group.version,
    ]  # fmt: skip
