"""Any X12 file, segment by segment, as a person reads it: what `gateway describe` shows.

The reader judges the file and this module watches it: every raw segment is described as it passes, and what the reader
has to say of it follows at once. Whatever comes is described; nothing is kept but the place where we are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO

from gateway.errors import X12Error
from gateway.model.findings import Finding, error, warning
from gateway.ops.seeing.layout import Layout, Loop, Place
from gateway.ops.seeing.privacy import MASK, Judge
from gateway.ops.seeing.segments import words_of
from gateway.ops.seeing.values import Part, parts_of
from gateway.settings import Limits
from gateway.x12.guide import layout_guide
from gateway.x12.headers import element, group_header
from gateway.x12.reader import (
    GroupHeader,
    Interchange,
    InterchangeHeader,
    ReadLimits,
    TransactionSet,
    read_x12,
)
from gateway.x12.wrappers import UnpackLimits, files_in

_ENDS_SET = frozenset({"SE", "ST", "GS", "GE", "ISA", "IEA"})
_ENDLESS = 1 << 62


class Privacy(Enum):
    """Whether a description says who the patients are."""

    MASKED = "masked"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One segment, described.

    *position* counts from ST = 1, None outside a set; *claim* counts the file's claims (CLM, CLP, a patient's level of a
    277) and is None where none is open. *name* is what the segment is called here, with what its qualifier says.
    """

    tag: str
    name: str
    parts: tuple[Part, ...]
    raw: str
    interchange: str
    group: str | None = None
    set: str | None = None
    set_id: str | None = None
    position: int | None = None
    loops: tuple[Loop, ...] = ()
    claim: int | None = None


Take = Callable[[Seen | Finding], None]


@dataclass
class _Set:
    """The transaction set we are in."""

    id: str
    control_number: str
    layout: Layout | None
    position: int = 1
    level: str = ""
    claim: int | None = None


@dataclass
class _Watch:
    """Describes what passes, and hands on what the reader found about it."""

    take: Take
    privacy: Privacy
    interchange: Interchange | None = None
    part: TransactionSet | None = None
    header: InterchangeHeader | None = None
    group: GroupHeader | None = None
    inside: _Set | None = None
    claims: int = 0
    told: dict[str, int] = field(default_factory=lambda: {"interchange": 0, "part": 0})

    def begin(self, interchange: Interchange) -> None:
        """Describe an ISA."""
        self.interchange, self.header = interchange, interchange.header
        self.part = self.group = self.inside = None
        self.told = {"interchange": 0, "part": 0}
        self._describe(interchange.isa, Place())

    def enter(self, part: TransactionSet) -> None:
        """Listen to what is found in a transaction set."""
        self.flush()
        self.part, self.told["part"] = part, 0

    def flush(self) -> None:
        """Hand on what was found since."""
        for name, source in (("part", self.part), ("interchange", self.interchange)):
            if source is not None:
                found = source.findings[self.told[name] :]
                self.told[name] += len(found)
                for finding in found:
                    self.take(finding)

    def witness(self, elements: list[str]) -> None:
        """Describe a segment, after what was found about the one before."""
        self.flush()
        tag = elements[0]
        if tag == "GS":
            self.group = group_header(elements, 0)
        if tag == "ST":
            self._enter_set(elements)
        elif self.inside is not None:
            if tag in _ENDS_SET - {"SE"}:
                self.inside = None
            else:
                self.inside.position += 1
        if tag == "SE" and self.inside is not None:
            self.inside.claim = None
        self._describe(elements, self._place(elements))
        if tag == "SE":
            self.inside = None
        elif tag == "GE":
            self.group = None

    def _enter_set(self, elements: list[str]) -> None:
        found = None
        if self.group is not None:
            found = layout_guide(element(elements, 3) or self.group.version, self.group.functional_id)
        if found is None and self.group is not None:
            found = layout_guide(self.group.version, self.group.functional_id)
        set_id = element(elements, 1)
        if found is not None and found[0].set_id != set_id:
            found = None
        self.inside = _Set(set_id, element(elements, 2), Layout(found[0]) if found is not None else None)
        if found is None:
            self.take(
                warning(
                    "SEE-NO-GUIDE",
                    "No guide for this set is at hand; its loops are not shown.",
                    line=1,
                    segment="ST",
                )
            )
        elif not found[1]:
            self.take(
                warning(
                    "SEE-OTHER-GUIDE",
                    "The guide of this set is not at hand; loops are shown as a related guide has them and may go by other names.",
                    line=1,
                    segment="ST",
                )
            )

    def _place(self, elements: list[str]) -> Place:
        inside = self.inside
        if inside is None or self.header is None or elements[0] in {"ST", "SE"}:
            return Place()
        self._count(inside, elements)
        if inside.layout is None:
            return Place()
        return inside.layout.place(elements, inside.position, self.header.separators.component)

    def _count(self, inside: _Set, elements: list[str]) -> None:
        """Keep the level and the claim in force."""
        tag = elements[0]
        if tag == "HL":
            inside.level = element(elements, 3)
            inside.claim = None
        begins = tag in {"CLM", "CLP"} or (tag == "HL" and inside.level == "PT")
        if begins:
            self.claims += 1
            inside.claim = self.claims
        elif tag == "PLB" or (tag == "LX" and inside.id == "835"):
            inside.claim = None

    def _describe(self, elements: list[str], place: Place) -> None:
        assert self.header is not None  # noqa: S101 - an ISA came first
        inside, separators = self.inside, self.header.separators
        judge = None
        if self.privacy is Privacy.MASKED:
            judge = Judge(elements, set_id=inside.id if inside else "", level=inside.level if inside else "")
        words = words_of(elements[0])
        tag = elements[0] if judge is None or words or place.segment is not None else MASK
        name, parts = parts_of(tag, elements, words, place.segment, separators, judge)
        self.take(
            Seen(
                tag=tag,
                name=name,
                parts=parts,
                raw=_raw(tag, elements, parts, separators.element),
                interchange=self.header.control_number,
                group=self.group.control_number if self.group else None,
                set=inside.control_number if inside else None,
                set_id=inside.id if inside else None,
                position=inside.position if inside else None,
                loops=place.path,
                claim=inside.claim if inside else None,
            )
        )


def _raw(tag: str, elements: list[str], parts: tuple[Part, ...], separator: str) -> str:
    """Return the segment as it came, or with every element of which something is masked blotted out whole."""
    hidden = {part.position for part in parts if part.masked}
    said = [MASK if position in hidden else text for position, text in enumerate(elements)][1:]
    return separator.join([tag, *said])


def describe(
    stream: BinaryIO, take: Take, *, file: str | None = None, privacy: Privacy = Privacy.MASKED
) -> bool:
    """Hand every segment of *stream* to *take*, described, and every finding after the segment it is about.

    A zip or gzip file is unpacked. Returns whether there was an interchange to describe. Never raises on account of the
    file: what cannot be read any further is a last finding.
    """
    limits = Limits()
    some = False
    try:
        for _, one in files_in(stream, UnpackLimits(size=limits.receipt_bytes, files=limits.archive_files)):
            watch = _Watch(take, privacy)
            _describe_plain(one, watch, file)
            some = some or watch.header is not None
    except X12Error as broken:
        take(error(broken.code, broken.message, file=file))
    return some


def _describe_plain(stream: BinaryIO, watch: _Watch, file: str | None) -> None:
    limits = ReadLimits(set_segments=_ENDLESS)
    try:
        for interchange in read_x12(stream, file=file, limits=limits, witness=watch.witness):
            watch.begin(interchange)
            for part in interchange.parts():
                if isinstance(part, TransactionSet):
                    watch.enter(part)
                    for _ in part.segments():
                        pass
            watch.flush()
    except X12Error as broken:
        watch.flush()
        place = f" (byte {broken.offset})" if broken.offset else ""
        watch.take(error(broken.code, f"{broken.message}{place}", file=file))
