"""Segments into records: forgiving and total.

Odd order, unknown qualifiers and extra segments become findings and residue, never a lost claim or payment; nothing
here raises because of what a file says. Records are built loop by loop as the segments pass.
"""

from collections.abc import Iterable
from typing import Any

from gateway.mapping.adapters import ADAPTERS
from gateway.mapping.claim_reader import read_claims
from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.fields import build, fields_of
from gateway.mapping.notes import Notes, ReadRecord, aliased, read_loop
from gateway.mapping.residue import raw_text
from gateway.mapping.values import last4
from gateway.mapping.walk import Instance, Walker
from gateway.model.acknowledgement import InterchangeAcknowledgement
from gateway.x12.separators import Separators


def read_record(map: CompiledMap, segments: Iterable[list[str]], separators: Separators) -> ReadRecord:  # noqa: A002
    """Read one transaction set into its one record (835, 277CA, 999, 997)."""
    notes = Notes(separators)
    draft: dict[str, Any] = {}
    reader = _Reader(map, notes, draft)
    walker = Walker(map.bound.guide, opened=reader.opened, closed=reader.closed)
    walker.root.scope = draft
    for position, elements in enumerate(segments, start=2):
        walker.step(aliased(map, elements), position, separators.component)
    walker.finish()
    lacking: list[str] = []
    record = build(map.bound.record, draft, lacking)
    notes.lack(lacking)
    if map.adapter is not None:
        record = ADAPTERS[map.adapter].from_levels(record)
    return ReadRecord(record, 2, notes.told(), sum(notes.strange.values()))


_ACCOUNTS = {"BPR": (7, 9, 13, 15)}
"""Elements with the numbers of banks and accounts, which are never kept whole."""


class _Reader:
    """Reads each loop of a set into drafts when it closes, so that no segment is kept longer than its loop."""

    def __init__(self, map: CompiledMap, notes: Notes, draft: dict[str, Any]) -> None:  # noqa: A002
        self.map = map
        self.notes = notes
        self.draft = draft
        self.keeps = "residue" in fields_of(map.bound.record)
        root = map.bound.guide.root
        self.outline = {
            below.id
            for loop in (root, *root.children)
            if loop is root or loop.wrapper
            for below in loop.children
        }
        self.latest = root
        if self.keeps:
            notes.keep = self._keep
        self.scope = draft

    def _keep(self, elements: list[str]) -> None:
        """Keep a segment that no row reads beside the record that it stands with."""
        for at in _ACCOUNTS.get(elements[0], ()):
            elements = [last4(part) if index == at else part for index, part in enumerate(elements)]
        text = raw_text(elements, self.notes.separators)
        self.scope["residue"] = (*self.scope.get("residue", ()), text)

    def _in_order(self, instance: Instance) -> None:
        """Note a loop of the set's outline that comes after what follows it in the guide (TRAP-78, TRAP-81)."""
        if instance.loop.first >= self.latest.first:
            self.latest = instance.loop
        elif not instance.loop.wrapper:
            self.notes.late(instance.loop, self.latest)

    def opened(self, instance: Instance) -> None:
        """Give a new loop its draft."""
        if instance.loop.id in self.outline:
            self._in_order(instance)
        parent = instance.parent
        scope = parent.scope if parent is not None else self.draft
        loop = self.map.loop(instance.loop.id)
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
        loop = self.map.loop(instance.loop.id)
        self.notes.loop = instance.loop.id
        self.scope = instance.scope if instance.scope is not None else self.draft
        if loop is None or instance.ignored:
            for order, elements, position in instance.segments:
                if elements[0] not in {"HL", "LX"}:
                    self.notes.rest(order, elements, position)
        else:
            read_loop(self.map, loop, instance, instance.scope, self.notes)
        instance.segments = []
        instance.children = []


def read_ta1(elements: list[str]) -> InterchangeAcknowledgement:
    """Read one TA1 segment."""
    map_ta1 = load_map("ta1")
    notes = Notes(Separators("*", ":", "~", None))
    draft: dict[str, Any] = {}
    loop = map_ta1.by_key["TA1"]
    instance = Instance(loop.guide, None, ("TA1",), segments=[(loop.guide.segments[0].order, elements, 1)])
    read_loop(map_ta1, loop, instance, draft, notes)
    record: InterchangeAcknowledgement = build(InterchangeAcknowledgement, draft)
    return record


__all__ = ["ReadRecord", "read_claims", "read_record", "read_ta1"]
