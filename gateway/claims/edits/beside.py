"""The edit on what travels beside the record: text of a read 837 for which the claim has no field (`Residue`).

It goes out as it came. Where the guide has no place for it either, the check of the written file holds the claim just
before sending; said here, the biller hears of it when the file is dropped. A warning, because that check decides.
"""

from collections.abc import Iterator
from datetime import date

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.mapping.compile import load_map
from gateway.model.claim import Claim, Residue
from gateway.model.findings import Severity
from gateway.model.money import parse_decimal
from gateway.x12.guide import Guide, GuideElement, GuideLoop, GuideSegment


@edit(
    "P-BESIDE",
    snip=2,
    place="every element",
    text="what travels beside the record is what the guide allows where it stands",
    bad={"residue": [{"loop": "2300", "segments": ["DTP*434*D8*20260110"]}]},
    good={"residue": [{"loop": "2010AA", "segments": ["PER*IC*PAT LOE*TE*5555550101"]}]},
    severity=Severity.WARNING,
)
def beside(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Unknown segments, elements that are not used, codes that are not the guide's, required parts that are missing."""
    for index, kept in enumerate(claim.residue):
        for sentence in _faults(load_map("837p").bound.guide, kept):
            yield f"residue[{index}]", f"loop {kept.loop}: {sentence}"


@edit(
    "P-SBR02",
    snip=4,
    place="2000B SBR02",
    text="a read SBR02 is 18 where the patient is the subscriber, and empty where a dependent is the patient",
    bad={"residue": [{"loop": "2000B", "segments": ["SBR*P********CI"], "replaces": "SBR*P*18*******CI"}]},
    good={"residue": []},
)
def self_or_dependent(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """The record says it by having a patient or not; only text beside the record can say otherwise (TRAP-32)."""
    for index, kept in enumerate(claim.residue):
        for text in kept.segments if kept.loop == "2000B" else ():
            tag, *elements = text.split("*")
            said = elements[1] if tag == "SBR" and len(elements) > 1 else ""
            if tag != "SBR" or (said == "18") == (claim.patient is None):
                continue
            if claim.patient is None:
                yield (
                    f"residue[{index}]",
                    "SBR02 must be 18 (self): the claim stands at the subscriber's level (HL*22)",
                )
            else:
                yield (
                    f"residue[{index}]",
                    "SBR02 is 18 (self), yet the claim stands at a dependent's level (HL*23)",
                )


def _faults(guide: Guide, kept: Residue) -> Iterator[str]:
    loop = guide.loops.get(kept.loop)
    if loop is None:
        yield "the guide has no such loop"
        return
    if not kept.segments and kept.replaces:
        tag = kept.replaces.partition("*")[0]
        if any(segment.id == tag and segment.usage == "R" for segment in loop.segments):
            yield f"the required segment {tag} is missing"
    for text in kept.segments:
        tag, *elements = text.split("*")
        segment = _meant(loop.segments, tag, elements)
        if segment is None:
            yield f"the guide has no segment {_named(guide, tag, elements)} here"
            continue
        found = list(_of_segment(segment, elements))
        yield from found
        unread = next((at for at in range(1, len(elements) + 1) if _unreadable(segment, elements, at)), None)
        if unread is not None:
            yield f"{tag}{unread:02d} of {_named(guide, tag, elements)} is no {_kind(segment, unread)}"
        elif not found and segment.max_use == 1 and _is_left_over(kept, loop):
            yield f"{_named(guide, tag, elements)} may stand here once only"


def _unreadable(segment: GuideSegment, elements: list[str], position: int) -> bool:
    """Tell whether an element says no number or no date where one belongs: then the record could not take it."""
    said, place = elements[position - 1], segment.element(position)
    if not said or place is None:
        return False
    if place.numeric:
        return parse_decimal(said) is None
    if place.type == "DT" or (segment.id == "DTP" and position == 3 and elements[1] == "D8"):
        return not _is_date(said)
    if segment.id == "DTP" and position == 3 and elements[1] == "RD8":
        return not all(map(_is_date, said.split("-"))) or said.count("-") != 1
    return False


def _is_date(said: str) -> bool:
    try:
        return len(said) == 8 and bool(date.fromisoformat(said))
    except ValueError:
        return False


def _kind(segment: GuideSegment, position: int) -> str:
    place = segment.element(position)
    return "number" if place is not None and place.numeric else "date"


def _is_left_over(kept: Residue, loop: GuideLoop) -> bool:
    """Tell whether the record has taken one of the kind already: neither in its place, nor a whole loop."""
    opener = loop.opener.id if loop.opener is not None else ""
    return kept.replaces is None and kept.segments[0].partition("*")[0] != opener


def _meant(segments: tuple[GuideSegment, ...], tag: str, elements: list[str]) -> GuideSegment | None:
    """Return the segment of the loop that the text is, by its id and the element that tells it from namesakes."""
    for segment in segments:
        at = segment.qualifier
        if segment.id == tag and (
            not at or (len(elements) >= at and elements[at - 1].split(":")[0] in segment.codes)
        ):
            return segment
    return None


def _named(guide: Guide, tag: str, elements: list[str]) -> str:
    """Return ``DTP*434`` where the first element of such segments says what they are, else the id alone."""
    told = any(segment.id == tag and segment.qualifier == 1 for segment in guide.by_order.values())
    return f"{tag}*{elements[0].split(':')[0]}" if told and elements else tag


def _of_segment(segment: GuideSegment, elements: list[str]) -> Iterator[str]:
    for position in range(1, max(len(elements), len(segment.elements)) + 1):
        said = elements[position - 1] if position <= len(elements) else ""
        place = segment.element(position)
        name = f"{segment.id}{position:02d}"
        if place is None:
            yield f"{name} is more than the segment holds"
        elif place.components and said:
            parts = said.split(":")
            for number, component in enumerate(place.components, start=1):
                value = parts[number - 1] if number <= len(parts) else ""
                yield from _of_element(f"{name}-{number}", component, value)
        else:
            yield from _of_element(name, place, said)


def _of_element(name: str, place: GuideElement, said: str) -> Iterator[str]:
    if not said:
        if place.usage == "R":
            yield f"{name} ({place.name}) is required and missing"
    elif place.usage == "N":
        yield f"{name} is not used by the guide and must be empty"
    elif place.codes and said not in place.codes:
        yield f"{name} ({place.name}) holds a code that the guide does not have"
