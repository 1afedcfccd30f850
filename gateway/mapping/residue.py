"""What a read claim has no field for: found by writing the claim again and comparing, put back at its place.

Nothing of a read 837 is lost, by construction: after a claim is read it is written (unfolded) and compared with the
segments it came from, loop by loop. A segment that came and is not written becomes a residue; one that is written
differently from how it came becomes a residue that *replaces* the written text - and only while the record still
says just that, so that an edited claim is never overruled by what it said once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.mapping.compile import CompiledMap, Sink
from gateway.mapping.emit_write import rank
from gateway.mapping.values import Text, plain_text
from gateway.model.claim import Claim, Residue
from gateway.model.money import parse_decimal, x12_decimal
from gateway.x12.guide import GuideLoop, GuideSegment
from gateway.x12.separators import Separators

Place = tuple[int | None, int | None]
"""Service line, and occurrence of the loop that repeats."""
Item = tuple[str, Place, int, str, str]
"""A written segment: loop, place, order in the guide, address of its row, text."""

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{1,2}(\*|\Z)")
_OWNED = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA", "HL", "LX"})


@dataclass(slots=True)
class RawLoop:
    """One loop as it came: *known* when the map read it; else it is kept whole, with the loops below it."""

    loop: str
    place: Place
    known: bool
    segments: list[tuple[int, list[str]]] = field(default_factory=list)


def raw_text(elements: list[str], separators: Separators) -> str:
    """Write a segment with ``*`` and ``:``, without trailing empty elements and components."""
    parts = elements
    if separators.element != "*":
        parts = [part.replace("*", " ") for part in parts]
    if separators.component != ":":
        parts = [part.replace(":", " ").replace(separators.component, ":") for part in parts]
    if separators.repetition and separators.repetition != "^":
        parts = [part.replace("^", " ").replace(separators.repetition, "^") for part in parts]
    return "*".join([part.rstrip(":") for part in parts]).rstrip("*")


def normal_form(text: str, segment: GuideSegment | None) -> str:
    """Return *text* with its numbers in one spelling."""
    if segment is None:
        return text
    tag, *elements = text.split("*")
    said = [tag]
    for position, element in enumerate(elements, start=1):
        place = segment.element(position)
        if place is None:
            said.append(element)
        elif place.components:
            inside = place.components
            parts = element.split(":")
            said.append(
                ":".join(
                    _number(part) if index < len(inside) and inside[index].numeric else part
                    for index, part in enumerate(parts)
                )
            )
        else:
            said.append(_number(element) if place.numeric else element)
    return "*".join(said)


def _number(text: str) -> str:
    value = parse_decimal(text.strip())
    return text if value is None else x12_decimal(value)


def find_residue(
    map: CompiledMap,  # noqa: A002
    claim: Claim,
    raw: list[RawLoop],
    separators: Separators,
) -> tuple[Residue, ...]:
    """Compare *claim* with the loops it was read from and return what it cannot say."""
    written: dict[tuple[str, Place], list[Item]] = {}
    items: list[Item] = []
    for write in (map.track_shared, map.track_own):
        write(claim, items.append, _deaf, plain_text)
    for item in items:
        if item[4][0] != "\x00" and not item[4].startswith("LX*"):
            written.setdefault((item[0], item[1]), []).append(item)
    orders = map.bound.guide.by_order
    # First whatever came as it is written, in every loop, so that nothing odd takes the place of a segment that came too.
    left: list[tuple[RawLoop, list[tuple[int, str]]]] = []
    for came in raw:
        texts = [(order, raw_text(elements, separators)) for order, elements in came.segments]
        if came.known:
            texts = _unwritten(texts, written.setdefault((came.loop, came.place), []), orders)
        left.append((came, texts))
    found: list[Residue] = []
    for came, texts in left:
        if came.known:
            found.extend(_instead(came, texts, written[came.loop, came.place]))
        elif texts:
            found.append(_kept(came.loop, came.place, tuple(text for _, text in texts)))
    for (loop, place), unsaid in written.items():
        found.extend(_kept(loop, place, (), item[4]) for item in unsaid)
    return tuple(found)


def _kept(loop: str, place: Place, segments: tuple[str, ...], replaces: str | None = None) -> Residue:
    line, occurrence = place
    return Residue(loop=loop, segments=segments, service_line=line, replaces=replaces, occurrence=occurrence)


def _deaf(*_: object) -> None:
    """Take no findings: the claim is only compared."""


def _unwritten(
    texts: list[tuple[int, str]], written: list[Item], orders: dict[int, GuideSegment]
) -> list[tuple[int, str]]:
    """Take out of *written* what came just so; return what came otherwise."""
    left = []
    for order, text in texts:
        match = next((item for item in written if item[4] == text), None)
        if match is None and order >= 0:
            wanted = normal_form(text, orders[order])
            same = (item for item in written if item[2] == order)
            match = next((item for item in same if normal_form(item[4], orders[order]) == wanted), None)
        if match is None:
            left.append((order, text))
        else:
            written.remove(match)
    return left


def _instead(came: RawLoop, texts: list[tuple[int, str]], written: list[Item]) -> Iterable[Residue]:
    """Yield residue for what came otherwise, in place of the segment that is written for it, where there is one."""
    for order, text in texts:
        there = [item for item in written if item[2] == order]
        alike = (item for item in there if item[4].split("*")[1:2] == text.split("*")[1:2])
        match = next(alike, next(iter(there), None))
        if match is not None:
            written.remove(match)
        yield _kept(came.loop, came.place, (text,), match[4] if match is not None else None)


def residue_size(residue: Iterable[Residue]) -> int:
    """Count the segments kept as residue."""
    return sum(len(item.segments) or 1 for item in residue)


def fold_segment(segment: str, text: Text) -> str:
    """Fold every value of a raw segment for output, leaving its separators."""
    return re.sub(r"[^*:^]+", lambda found: text(found[0]), segment).rstrip("*:^")


def place_residue(
    map: CompiledMap,  # noqa: A002
    items: list[Item],
    residue: Iterable[Residue],
    text: Text,
    sink: Sink,
) -> list[str]:
    """Put *residue* among the written *items* and return the texts in the guide's order."""
    guide = map.bound.guide
    chains = _Chains(map)
    keyed = [(chains.key(item[0], item[1], *_rank(map, item)), item[4]) for item in items]
    places = [(item[0], item[1]) for item in items]
    for kept in residue:
        loop = guide.loops.get(kept.loop)
        here = (kept.service_line, kept.occurrence)
        segments = [fold_segment(segment, text) for segment in kept.segments]
        wrong = [s for s in segments if not _SEGMENT.match(s) or s.partition("*")[0] in _OWNED]
        if loop is None or wrong:
            sink(
                "MAP-RESIDUE",
                kept.loop,
                "",
                None,
                f"residue of loop {kept.loop} is not segments of the guide",
            )
            continue
        if kept.replaces is not None:
            old = fold_segment(kept.replaces, text)
            index = next(
                (i for i, (_, said) in enumerate(keyed) if said == old and places[i] == (kept.loop, here)),
                None,
            )
            if index is not None:
                key = keyed[index][0]
                keyed[index : index + 1] = [(key, segment) for segment in segments]
                places[index : index + 1] = [("", (None, None))] * len(segments)
            continue
        for order, segment in _ordered(loop, segments, whole_stays=(loop.id, here) in places):
            keyed.append((chains.key(loop.id, here, order), segment))
            places.append(("", (None, None)))
    keyed.sort(key=lambda pair: pair[0])
    return [said for _, said in keyed]


class _Chains:
    """The repeating loops around each loop, outermost first, which tell where a segment of it sorts."""

    def __init__(self, map: CompiledMap) -> None:  # noqa: A002
        self.map = map
        self.known: dict[str, tuple[tuple[int, bool], ...]] = {}

    def key(self, loop: str, place: Place, *order: float) -> tuple[float, ...]:
        """Return the sorting key of a segment of *loop* at *place*; *order* sorts it inside its repetition."""
        chain = self.known.get(loop)
        if chain is None:
            chain = self.known[loop] = self._chain(loop)
        said: list[float] = []
        for first, is_line in chain:
            number = place[0] if is_line else place[1]
            if number is None:
                break
            said += (first, number)
        return (*said, *order)

    def _chain(self, loop: str) -> tuple[tuple[int, bool], ...]:
        guide = self.map.bound.guide
        at = self.map.loop(loop)
        while at is None and (above := guide.parents(loop)):
            loop = above[-1].id
            at = self.map.loop(loop)
        found = []
        while at is not None:
            if at.each is not None:
                found.append((at.guide.first, at.lx))
            at = at.parent
        return tuple(reversed(found))


def _rank(map: CompiledMap, item: Item) -> tuple[float, ...]:  # noqa: A002
    loop = map.by_key.get(item[3].partition("/")[0])
    return (float(item[2]),) if loop is None else rank(loop, item[2])


def _ordered(loop: GuideLoop, segments: list[str], *, whole_stays: bool) -> Iterable[tuple[float, str]]:
    """Say where in the guide's order each raw segment goes: a whole loop stays together after its namesakes."""
    opener = loop.opener
    first = segments[0].split("*") if segments else []
    whole = opener is not None and bool(first) and _is(opener, first)
    if whole and (len(segments) > 1 or whole_stays):
        yield from ((loop.last + 0.5, segment) for segment in segments)
        return
    for segment in segments:
        elements = segment.split("*")
        place = next((s for s in loop.segments if _is(s, elements)), None)
        yield (float(place.order) if place is not None else loop.own_last + 0.25), segment


def _is(segment: GuideSegment, elements: list[str]) -> bool:
    if segment.id != elements[0]:
        return False
    if not segment.qualifier:
        return True
    value = elements[segment.qualifier].split(":")[0] if len(elements) > segment.qualifier else ""
    return value in segment.codes


__all__ = ["Item", "RawLoop", "find_residue", "fold_segment", "place_residue", "raw_text", "residue_size"]
