"""What a file from a partner is, by its content and never by its name (TRAP-21, TRAP-22, TRAP-61)."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from gateway.errors import X12Error
from gateway.mapping.compile import CompiledMap, load_map
from gateway.model.findings import Finding, warning
from gateway.responses.oddities import version_remarks
from gateway.settings import Settings
from gateway.x12.reader import InterchangeHeader, ReadLimits, Ta1Segment, TransactionSet, read_x12

REPORT = "report"
"""Plain text beside the X12: a receipt notice, a listing."""

_GUIDE = re.compile(r"X(\d{3})")
_SEGMENTS = re.compile(rb"(?:^|[~\r\n])\s*(?:ISA|GS|ST|SE|BPR|CLP|STC|HL|NM1|IEA)[*|^]")


@dataclass(slots=True)
class Look:
    """What a first reading of one interchange shows: whether it is whole, and each of its sets."""

    header: InterchangeHeader
    intact: bool = False
    findings: list[Finding] = field(default_factory=list)
    sets: dict[str, bool] = field(default_factory=dict)
    set_findings: dict[str, list[Finding]] = field(default_factory=dict)


@dataclass(slots=True)
class Survey:
    """A file read once from end to end, before anything in it is acted on; *fault* is where reading stopped."""

    looks: list[Look] = field(default_factory=list)
    fault: X12Error | None = None


def place_of(header: InterchangeHeader, part: TransactionSet | Ta1Segment, ordinal: int) -> str:
    """Return the place of a part: interchange/group/set ordinals, or interchange/ta1/ordinal."""
    if isinstance(part, Ta1Segment):
        return f"{header.ordinal}/ta1/{ordinal}"
    return f"{header.ordinal}/{part.group.ordinal if part.group else 0}/{part.ordinal}"


def parts_with_places(
    interchange_parts: Iterator[TransactionSet | Ta1Segment], header: InterchangeHeader
) -> Iterator[tuple[str, TransactionSet | Ta1Segment]]:
    """Yield the parts of an interchange, each with its place in the file."""
    answers = 0
    for part in interchange_parts:
        if isinstance(part, Ta1Segment):
            answers += 1
        yield place_of(header, part, answers), part


def read_limits(settings: Settings, partner: str) -> ReadLimits:
    """Return within what limits, and how leniently, a partner's files are read."""
    limits, profile = settings.limits, settings.partner.get(partner)
    return ReadLimits(
        segment_bytes=limits.segment_bytes,
        segment_elements=limits.segment_elements,
        set_segments=limits.set_segments,
        fold_segment_ids=profile is not None and profile.download.case_fold_segment_ids,
    )


def survey(data: bytes, *, file: str, limits: ReadLimits, first: int = 1) -> Survey:
    """Read *data* from end to end and tell what is whole: an 835 must not be posted from half a file (TRAP-14).

    *first* is the ordinal of its first interchange.
    """
    seen = Survey()
    try:
        for interchange in read_x12(io.BytesIO(data), file=file, limits=limits, first=first):
            look = Look(interchange.header)
            seen.looks.append(look)
            look.findings = interchange.findings
            for place, part in parts_with_places(interchange.parts(), interchange.header):
                if isinstance(part, Ta1Segment):
                    continue
                look.sets[place] = False
                for _ in part.segments():
                    pass
                look.sets[place] = bool(part.intact)
                look.set_findings[place] = part.findings
            look.intact = bool(interchange.intact)
    except X12Error as fault:
        seen.fault = fault
    return seen


def is_report(fault: X12Error, data: bytes) -> bool:
    """Tell a text report from a damaged file: words of text, with nothing in it that looks like a segment."""
    return fault.code == "ENV-NOT-X12" and not _SEGMENTS.search(data[:65536])


def kind_of(part: TransactionSet, first: list[str] | None) -> tuple[str, list[Finding]]:
    """Return what a transaction set is - ``999``, ``997``, ``277CA``, ``835``, else its own name - with remarks.

    A 277 is told by the guide's X-number, errata aside; BHT01 in *first*, its first segment, decides only where no
    guide is named, and is cross-checked otherwise.
    """
    set_id = part.set_id
    if set_id == "835":
        return set_id, version_remarks(part)
    if set_id in {"999", "997"}:
        return set_id, []
    if set_id != "277":
        return set_id or "?", []
    guide = _GUIDE.search(part.implementation)
    structure = first[1].strip() if first and first[0] == "BHT" and len(first) > 1 else ""
    said = guide.group(1) if guide else {"0085": "214", "0010": "212"}.get(structure, "")
    kind = "277CA" if said == "214" else "277"
    expected = "0085" if kind == "277CA" else "0010"
    if structure and structure != expected:
        remark = f"the guide named is that of a {kind}, but BHT01 says {structure}"
        return kind, [warning("ACK-277-KIND", remark, segment="BHT", element="BHT01")]
    return kind, []


@cache
def shipped_map(name: str) -> CompiledMap:
    """Return the map of an answer: ``999``, ``277ca``, ``835``; answers are read alike for all partners."""
    return load_map(name)
