"""Segments into records: forgiving and total.

Odd order, unknown qualifiers and extra segments become findings and residue, never a lost claim or payment; nothing
here raises because of what a file says. Records are built loop by loop as the segments pass.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from gateway.mapping.bind import BoundLoop
from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.fields import build
from gateway.mapping.residue import RawLoop, find_residue, residue_size
from gateway.mapping.status import ADAPTERS
from gateway.mapping.walk import Instance, Walker
from gateway.model.acknowledgement import InterchangeAcknowledgement
from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.submission import SetHeader
from gateway.x12.separators import Separators

_ERRORS = frozenset({"READ-AMOUNT"})
_NO_TIME = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands for the moment of a set whose BHT says none."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record as read: *position* is its first segment's (ST = 1), *residue* counts the segments kept beside it.

    *record* is None in a last entry that tells of segments which belong to no claim; *header* is the head of an 837.
    """

    record: Any | None
    position: int
    findings: tuple[Finding, ...]
    residue: int
    header: SetHeader | None = None


@dataclass
class _Notes:
    """Findings of one record; segments no row names are told once a kind."""

    separators: Separators
    found: list[Finding] = field(default_factory=list)
    strange: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    loop: str = ""
    claim: str | None = None
    words: str = "no field in the record"

    def bad(  # noqa: PLR0917
        self, position: int, elements: list[str], element: int, component: int, code: str, words: str
    ) -> None:
        """Note a value that cannot be read."""
        spot = f"{elements[0]}{element:02d}" + (f"-{component}" if component else "")
        severity = Severity.ERROR if code in _ERRORS else Severity.WARNING
        self.found.append(
            Finding(
                code=code,
                severity=severity,
                message=f"{spot}: {words}",
                line=position,
                segment=elements[0],
                element=spot,
                loop=self.loop,
            )
        )

    def rest(self, order: int, elements: list[str], position: int) -> None:  # noqa: ARG002
        """Note a segment that no row reads."""
        key = (self.loop, elements[0])
        self.strange[key] += 1
        self.first.setdefault(key, position)

    def lack(self, names: list[str]) -> None:
        """Note required amounts that never came, where no segment has been blamed for it."""
        if names and not any(finding.code == "READ-AMOUNT" for finding in self.found):
            said = ", ".join(dict.fromkeys(names))
            self.found.append(error("READ-AMOUNT", f"nothing was read for {said}"))

    def told(self) -> tuple[Finding, ...]:
        """Return the findings, the strange segments counted."""
        extra = [
            Finding(
                code="READ-RESIDUE",
                severity=Severity.WARNING,
                message=f"{count} {tag} in loop {loop}: {self.words}",
                line=self.first[loop, tag],
                segment=tag,
                loop=loop,
            )
            for (loop, tag), count in self.strange.items()
        ]
        return (
            *(f if f.claim or not self.claim else replace(f, claim=self.claim) for f in self.found),
            *extra,
        )


def read_record(map: CompiledMap, segments: Iterable[list[str]], separators: Separators) -> ReadRecord:  # noqa: A002
    """Read one transaction set into its one record (835, 277CA, 999, 997)."""
    notes = _Notes(separators)
    draft: dict[str, Any] = {}
    reader = _Reader(map, notes, draft)
    walker = Walker(map.bound.guide, opened=reader.opened, closed=reader.closed)
    walker.root.scope = draft
    for position, elements in enumerate(segments, start=2):
        walker.step(_aliased(map, elements), position, separators.component)
    walker.finish()
    lacking: list[str] = []
    record = build(map.bound.record, draft, lacking)
    notes.lack(lacking)
    if map.adapter is not None:
        record = ADAPTERS[map.adapter].from_levels(record)
    return ReadRecord(record, 2, notes.told(), sum(notes.strange.values()))


def _aliased(map: CompiledMap, elements: list[str]) -> list[str]:  # noqa: A002
    tag = elements[0].strip()
    tag = map.aliases.get(tag, tag)
    return elements if tag == elements[0] else [tag, *elements[1:]]


class _Reader:
    """Reads each loop of a set into drafts when it closes, so that no segment is kept longer than its loop."""

    def __init__(self, map: CompiledMap, notes: _Notes, draft: dict[str, Any]) -> None:  # noqa: A002
        self.map = map
        self.notes = notes
        self.draft = draft

    def opened(self, instance: Instance) -> None:
        """Give a new loop its draft."""
        parent = instance.parent
        scope = parent.scope if parent is not None else self.draft
        loop = self.map.by_id.get(instance.loop.id)
        if loop is not None and loop.each is not None:
            target = scope
            for part in loop.each[:-1]:
                target = target.setdefault(part, {})
            item: dict[str, Any] = {}
            target.setdefault(loop.each[-1], []).append(item)
            scope = item
        elif loop is not None and loop.rows and instance.number > 1:
            instance.ignored = True
        instance.scope = scope

    def closed(self, instance: Instance) -> None:
        """Read what came into the loop."""
        loop = self.map.by_id.get(instance.loop.id)
        self.notes.loop = instance.loop.id
        if loop is None or instance.ignored:
            for order, elements, position in instance.segments:
                if elements[0] not in {"HL", "LX"}:
                    self.notes.rest(order, elements, position)
        else:
            read_loop(self.map, loop, instance, instance.scope, self.notes)
        instance.segments = []
        if instance.parent is not None and loop is not None and loop.each is not None:
            instance.parent.children.remove(instance)


def read_loop(
    map: CompiledMap,  # noqa: A002
    loop: BoundLoop,
    instance: Instance,
    draft: dict[str, Any],
    notes: _Notes,
) -> None:
    """Read the segments of one loop into the draft of its scope's record."""
    if not instance.segments:
        return
    notes.loop = loop.id
    if loop.position is not None:
        draft.setdefault(loop.position, instance.segments[0][2])
    map.reader(loop.id)(instance.segments, draft, notes.separators.component, notes.bad, notes.rest)


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
        self.beside = _Notes(separators, words="they belong to no claim")

    def read(self, segments: Iterable[list[str]]) -> Iterator[ReadRecord]:
        """Yield the claims of *segments*, and at the end what belonged to no claim."""
        for position, elements in enumerate(segments, start=2):
            self.walker.step(_aliased(self.map, elements), position, self.separators.component)
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
        notes = _Notes(self.separators)
        draft: dict[str, Any] = {}
        raw: list[RawLoop] = []
        for level in path[1:]:
            self._level(level, draft, notes, raw)
        line_numbers: Counter[str] = Counter()
        self._tree(instance, draft, notes, raw, line_numbers, None)
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

    def _level(self, level: Instance, draft: dict[str, Any], notes: _Notes, raw: list[RawLoop]) -> None:
        """Read one level above the claim: its own segments and its loops, but no other claim or level."""
        self._loop(level, draft, notes, raw, None)
        for child in level.children:
            if child.loop.id != self.claim_loop and not _is_level(child):
                self._tree(child, draft, notes, raw, Counter(), None)

    def _tree(  # noqa: PLR0917
        self,
        instance: Instance,
        draft: dict[str, Any],
        notes: _Notes,
        raw: list[RawLoop],
        numbers: Counter[str],
        line: int | None,
    ) -> None:
        loop = self.map.by_id.get(instance.loop.id)
        scope = draft
        if loop is not None and loop.each is not None:
            numbers[loop.id] += 1
            line = numbers[loop.id]
            scope = {}
            draft.setdefault(loop.each[-1], []).append(scope)
        elif instance.loop.id != self.claim_loop and not self._reads(loop, instance):
            whole = RawLoop(instance.loop.id, line, known=False)
            _gather(instance, whole)
            raw.append(whole)
            return
        self._loop(instance, scope, notes, raw, line)
        for child in instance.children:
            self._tree(child, scope, notes, raw, numbers, line)

    @staticmethod
    def _reads(loop: BoundLoop | None, instance: Instance) -> bool:
        """Tell whether the map's rows mean this loop.

        They mean the first of its kind only, and a referring provider's row does not mean a primary care one.
        """
        if loop is None or (instance.number > 1 and loop.rows):
            return False
        if not instance.segments or instance.implicit:
            return True
        order, elements, _ = instance.segments[0]
        rows = [row for row in loop.rows if row.segment.order == order and row.reads]
        if not rows or not rows[0].segment.qualifier:
            return True
        value = elements[1] if len(elements) > 1 else ""
        return any(not row.row.qualifiers or value in row.row.qualifiers for row in rows)

    def _loop(
        self, instance: Instance, draft: dict[str, Any], notes: _Notes, raw: list[RawLoop], line: int | None
    ) -> None:
        loop = self.map.by_id.get(instance.loop.id)
        if loop is not None:
            read_loop(self.map, loop, instance, draft, notes)
        came = RawLoop(instance.loop.id, line, known=True)
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
                loop = self.map.by_id.get(part.loop.id)
                if loop is not None and loop in self.map.bound.header:
                    read_loop(self.map, loop, part, draft, self.beside)
                    part.taken = len(part.segments)
        if draft:
            draft.setdefault("created", _NO_TIME)
            self.header = build(SetHeader, draft)


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


def read_ta1(elements: list[str]) -> InterchangeAcknowledgement:
    """Read one TA1 segment."""
    map_ta1 = load_map("ta1")
    notes = _Notes(Separators("*", ":", "~", None))
    draft: dict[str, Any] = {}
    loop = map_ta1.by_id["TA1"]
    instance = Instance(loop.guide, None, ("TA1",), segments=[(loop.guide.segments[0].order, elements, 1)])
    read_loop(map_ta1, loop, instance, draft, notes)
    record: InterchangeAcknowledgement = build(InterchangeAcknowledgement, draft)
    return record


__all__ = ["ReadRecord", "read_claims", "read_record", "read_ta1"]
