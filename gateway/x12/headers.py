"""The envelope's headers as records, and the small comparisons that envelopes need."""

from dataclasses import dataclass

from gateway.x12.separators import FoundIsa, Separators


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What outside input may at most hold (law 16); the defaults are those of the settings.

    *fold_segment_ids* reads segment ids in lower case as if they were capitals (TRAP-17).
    """

    segment_bytes: int = 64 * 1024
    segment_elements: int = 200
    set_segments: int = 5_000_000
    fold_segment_ids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeHeader:
    """The ISA segment, ids trimmed (TRAP-19); *ordinal* counts the file's interchanges from 1."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    version: str
    control_number: str
    ack_requested: bool
    usage: str
    separators: Separators
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHeader:
    """The GS segment; *version* is GS08 as received, *ordinal* counts the interchange's groups from 1."""

    functional_id: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    version: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Ta1Segment:
    """A TA1 as raw elements, tag first; it stands outside the groups."""

    elements: list[str]


def interchange_header(found: FoundIsa, ordinal: int) -> InterchangeHeader:
    """Make the header of an interchange from its ISA."""
    isa = [element.strip() for element in found.elements]
    return InterchangeHeader(
        sender_qualifier=isa[5],
        sender=isa[6],
        receiver_qualifier=isa[7],
        receiver=isa[8],
        date=isa[9],
        time=isa[10],
        version=isa[12],
        control_number=isa[13],
        ack_requested=isa[14] == "1",
        usage=isa[15],
        separators=found.separators,
        ordinal=ordinal,
    )


def group_header(segment: list[str], ordinal: int) -> GroupHeader:
    """Make the header of a functional group from its GS; missing elements are empty."""
    elements = [*(e.strip() for e in segment), *[""] * 9]
    return GroupHeader(
        functional_id=elements[1],
        sender=elements[2],
        receiver=elements[3],
        date=elements[4],
        time=elements[5],
        control_number=elements[6],
        version=elements[8],
        ordinal=ordinal,
    )


def element(segment: list[str], position: int) -> str:
    """Return an element without blanks around it, empty where the segment is shorter."""
    return segment[position].strip() if position < len(segment) else ""


def same_number(text: str, expected: str) -> bool:
    """Tell whether *text* writes the number *expected* (no leading zeros), with or without leading zeros."""
    return text.isascii() and text.isdigit() and (text.lstrip("0") or "0") == expected


def agreement(opened: str, closed: str) -> bool | None:
    """Return None when two control numbers agree, True when only as numbers, False when not at all."""
    if opened == closed:
        return None
    return opened.isdigit() and same_number(closed, opened.lstrip("0") or "0")
