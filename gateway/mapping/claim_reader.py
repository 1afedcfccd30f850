"""An 837 read claim by claim: each carries what its levels say above it, and what no field holds beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.mapping.bind import BoundLoop
from gateway.mapping.compile import CompiledMap
from gateway.mapping.fields import build, sub
from gateway.mapping.notes import Notes, ReadRecord, aliased, read_loop, trimmed
from gateway.mapping.residue import Place, RawLoop, find_residue, residue_size
from gateway.mapping.walk import Instance, Walker
from gateway.model.findings import warning
from gateway.model.submission import SetHeader
from gateway.x12.separators import Separators

_NO_TIME = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands for the moment of a set whose BHT says none."""


def read_claims(
    map: CompiledMap,  # noqa: A002
    segments: Iterable[list[str]],
    separators: Separators,
    *,
    keep_residue: bool = True,
) -> Iterator[ReadRecord]:
    """Read an 837 claim by claim; each carries what its levels say above it.

    With *keep_residue* off a claim keeps only what its fields hold.
    """
    return _ClaimReader(map, separators, keep_residue=keep_residue).read(segments)


class _ClaimReader:
    """Collects the loops of one claim and hands the claim out when the next one begins."""

    def __init__(self, map: CompiledMap, separators: Separators, *, keep_residue: bool) -> None:  # noqa: A002
        self.map = map
        self.separators = separators
        self.keep_residue = keep_residue
        self.walker = Walker(map.bound.guide, opened=self._opened, closed=lambda _: None)
        self.claim_loop = _claim_loop(map)
        self.pending: Instance | None = None
        self.ready: list[Instance] = []
        self.header: SetHeader | None = None
        self.header_read = False
        self.claims = 0
        self.retired: list[Instance] = []
        self.beside = Notes(separators, words="they belong to no claim")

    def read(self, segments: Iterable[list[str]]) -> Iterator[ReadRecord]:
        """Yield the claims of *segments*, and at the end what belonged to no claim."""
        for position, elements in enumerate(segments, start=2):
            whole = trimmed(aliased(self.map, elements), self.separators.component)
            self.walker.step(whole, position, self.separators.component)
            while self.ready:
                yield self._claim(self.ready.pop(0))
            while self.retired:
                self._left_over(self.retired.pop())
        if self.pending is not None:
            yield self._claim(self.pending)
        self.walker.finish()
        self._read_header()
        self._left_over(self.walker.root)
        if not self.claims:
            self.beside.found.append(warning("READ-NO-CLAIM", "the transaction set holds no claim", line=1))
        if self.beside.strange or self.beside.found:
            left = sum(self.beside.strange.values())
            yield ReadRecord(None, 1, self.beside.told(), left, self.header)

    def _opened(self, instance: Instance) -> None:
        if instance.loop.id == self.claim_loop:
            if self.pending is not None:
                self.ready.append(self.pending)
            self.pending = instance
        elif (
            instance.loop.opener is not None and instance.loop.opener.id == "HL" and self.pending is not None
        ):
            self.ready.append(self.pending)
            self.pending = None
        if _is_level(instance) and instance.parent is not None:
            above = instance.parent
            self.retired += [child for child in above.children if _is_level(child) and child is not instance]
            above.children[:] = [
                child for child in above.children if not _is_level(child) or child is instance
            ]

    def _left_over(self, instance: Instance) -> None:
        """Note the segments of a level, and of the loops below it, that went into no claim."""
        self.beside.loop = instance.loop.id
        for order, elements, position in instance.segments[instance.taken :]:
            self.beside.rest(order, elements, position)
        instance.taken = len(instance.segments)
        for child in instance.children:
            self._left_over(child)

    def _claim(self, instance: Instance) -> ReadRecord:
        self.claims += 1
        path = _path(instance)
        self._read_header()
        notes = Notes(self.separators)
        draft: dict[str, Any] = {}
        raw: list[RawLoop] = []
        for level in path[1:]:
            self._level(level, draft, notes, raw)
        self._tree(instance, self.map.by_key[self.claim_loop], draft, notes, raw, (None, None))
        lacking: list[str] = []
        claim = build(self.map.bound.record, draft, lacking)
        notes.lack(lacking)
        notes.claim = claim.patient_control_number or None
        notes.strange.clear()
        residue = find_residue(self.map, claim, raw, self.separators)
        if self.keep_residue and residue:
            claim = replace(claim, residue=residue)
        if instance.parent is not None:
            instance.parent.children.remove(instance)
        position = instance.segments[0][2] if instance.segments else 0
        return ReadRecord(claim, position, notes.told(), residue_size(residue), self.header)

    def _level(self, level: Instance, draft: dict[str, Any], notes: Notes, raw: list[RawLoop]) -> None:
        """Read one level above the claim: its own segments and its loops, but no other claim or level."""
        self._loop(level, self.map.loop(level.loop.id), draft, notes, raw, (None, None))
        below = [c for c in level.children if c.loop.id != self.claim_loop and not _is_level(c)]
        self._below(below, draft, notes, raw, (None, None))

    def _below(
        self,
        instances: list[Instance],
        draft: dict[str, Any],
        notes: Notes,
        raw: list[RawLoop],
        place: Place,
    ) -> None:
        """Read the loops of one parent, each by the map's loop that means it."""
        met: set[str] = set()
        for instance in instances:
            loop = self._meaning(instance, met)
            if loop is None:
                whole = RawLoop(instance.loop.id, place, known=False)
                _gather(instance, whole)
                raw.append(whole)
            else:
                self._tree(instance, loop, draft, notes, raw, place)

    def _tree(  # noqa: PLR0917
        self,
        instance: Instance,
        loop: BoundLoop,
        draft: dict[str, Any],
        notes: Notes,
        raw: list[RawLoop],
        place: Place,
    ) -> None:
        """Read a loop and what is below it; *place* is that of the record *draft* becomes."""
        if loop.each is not None:
            for part in loop.each[:-1]:
                draft = sub(draft, part)
            items: list[dict[str, Any]] = draft.setdefault(loop.each[-1], [])
            draft = {}
            items.append(draft)
            place = (len(items), None) if loop.lx else (place[0], len(items))
        self._loop(instance, loop, draft, notes, raw, place)
        self._below(instance.children, draft, notes, raw, place)

    def _meaning(self, instance: Instance, met: set[str]) -> BoundLoop | None:
        """Return the map's loop whose rows mean this one, None where they do not.

        They mean the first of its kind only, and a referring provider's rows do not mean a primary care one.
        """
        for loop in self.map.by_id.get(instance.loop.id, ()):
            if loop.each is not None:
                return loop
            if not (loop.rows and loop.key in met) and means(loop, instance):
                met.add(loop.key)
                return loop
        return None

    def _loop(  # noqa: PLR0917
        self,
        instance: Instance,
        loop: BoundLoop | None,
        draft: dict[str, Any],
        notes: Notes,
        raw: list[RawLoop],
        place: Place,
    ) -> None:
        if loop is not None:
            read_loop(self.map, loop, instance, draft, notes)
        came = RawLoop(instance.loop.id, place, known=True)
        came.segments = [(order, e) for order, e, _ in instance.segments if e[0] not in {"HL", "LX"}]
        instance.taken = len(instance.segments)
        raw.append(came)

    def _read_header(self) -> None:
        """Read the head of the set once; what it has no field for is told with the end of the set."""
        if self.header_read:
            return
        self.header_read = True
        draft: dict[str, Any] = {}
        for child in self.walker.root.children:
            for part in (child, *child.children):
                loop = self.map.loop(part.loop.id)
                if loop is not None and loop in self.map.bound.header:
                    read_loop(self.map, loop, part, draft, self.beside)
                    part.taken = len(part.segments)
        if draft:
            draft.setdefault("created", _NO_TIME)
            self.header = build(SetHeader, draft)


def means(loop: BoundLoop, instance: Instance) -> bool:
    """Tell whether the segment that opens *instance* is one of those that open *loop*."""
    if not instance.segments or instance.implicit:
        return True
    order, elements, _ = instance.segments[0]
    rows = [row for row in loop.rows if row.segment.order == order and row.reads]
    if not rows or not rows[0].segment.qualifier:
        return True
    value = elements[1] if len(elements) > 1 else ""
    return any(not row.row.qualifiers or value in row.row.qualifiers for row in rows)


def _is_level(instance: Instance) -> bool:
    """Tell whether HL opens the loop."""
    return instance.loop.opener is not None and instance.loop.opener.id == "HL"


def _claim_loop(map: CompiledMap) -> str:  # noqa: A002
    """Return the loop that is one claim: the one above the service lines."""
    lines = next(loop for loop in map.own if loop.each is not None)
    parent = lines.parent
    return parent.id if parent is not None else lines.id


def _path(instance: Instance) -> list[Instance]:
    """Return the instances from the root down to the one above *instance*."""
    found: list[Instance] = []
    at = instance.parent
    while at is not None:
        found.append(at)
        at = at.parent
    return [level for level in reversed(found) if level.parent is None or not level.loop.wrapper]


def _gather(instance: Instance, whole: RawLoop) -> None:
    whole.segments += [(order, e) for order, e, _ in instance.segments if e[0] not in {"HL", "LX"}]
    instance.taken = len(instance.segments)
    for child in instance.children:
        _gather(child, whole)
