"""The elements of one segment as a person reads them: label, value in readable form, what a code means."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from gateway.model.money import is_cents, parse_decimal
from gateway.ops.seeing import codes
from gateway.ops.seeing.privacy import MASK, Judge
from gateway.ops.seeing.segments import SegmentWords, Word
from gateway.x12.guide import GuideElement, GuideSegment
from gateway.x12.separators import Separators

_CENTURY_TURNS = 70
_LONG = 24
"""An amount of so many characters is no amount of anybody's; it is shown as it came."""


@dataclass(frozen=True, slots=True)
class Part:
    """One element or component that has a value.

    *ref* is how X12 people call it (``CLM05-3``); *value* the raw text, *shown* the readable one (both masked alike);
    *meaning* what a code means. *lead* marks the qualifier that names the segment, *quiet* what says nothing beside
    the others, *bare* what needs no label in a line, *glued* what is read with the next; *group* is the label of its composite.
    """

    ref: str
    position: int
    label: str
    value: str
    shown: str
    meaning: str | None = None
    masked: bool = False
    lead: bool = False
    quiet: bool = False
    bare: bool = False
    glued: bool = False
    group: str | None = None


def parts_of(  # noqa: PLR0917
    tag: str,
    elements: list[str],
    words: SegmentWords | None,
    guide: GuideSegment | None,
    separators: Separators,
    judge: Judge | None,
) -> tuple[str, tuple[Part, ...]]:
    """Return what a segment is called, and its parts; *judge* masks, None shows everything. *tag* is its id as shown."""
    parts = tuple(_parts(tag, elements, words, guide, separators, judge))
    name = words.name if words else ("" if judge is not None else "segment without a description")
    lead = next((part for part in parts if part.lead), None)
    if lead is None:
        return name, parts
    if lead.meaning:
        return f"{lead.meaning} ({lead.shown})", parts
    return f"{name} {lead.shown}", parts


def _parts(  # noqa: PLR0917
    tag: str,
    elements: list[str],
    words: SegmentWords | None,
    guide: GuideSegment | None,
    separators: Separators,
    judge: Judge | None,
) -> Iterator[Part]:
    isa = tag == "ISA"
    for position, text in enumerate(elements[1:], start=1):
        if not text.strip():
            continue
        known = words.elements if words else ()
        word = known[position - 1] if position <= len(known) else Word("")
        place = guide.element(position) if guide else None
        ref = f"{tag}{position:02d}"
        repeats = [text] if isa or not separators.repetition else text.split(separators.repetition)
        for said in repeats:
            composite = word.parts or (place is not None and place.components)
            if composite or (not isa and separators.component in said):
                yield from _composite(ref, position, said.split(separators.component), word, place, judge)
            elif said:
                yield _part(ref, position, said, word, place, judge)


def _composite(  # noqa: PLR0917
    ref: str, position: int, texts: list[str], word: Word, place: GuideElement | None, judge: Judge | None
) -> Iterator[Part]:
    inside = word.parts or (word,) * len(texts)
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            continue
        known = inside[number - 1] if number <= len(inside) else Word("")
        below = (
            place.components[number - 1] if place is not None and number <= len(place.components) else None
        )
        group = word.label if word.parts and not word.bare else ""
        yield replace(_part(f"{ref}-{number}", position, text, known, below, judge), group=group)


def _part(  # noqa: PLR0917
    ref: str, position: int, text: str, word: Word, place: GuideElement | None, judge: Judge | None
) -> Part:
    said = text.strip()
    label = word.label or ref
    if judge is not None and not judge.shows(word, said) and not _is_a_code_of(word, place, said):
        return Part(ref, position, label, MASK, MASK, masked=True, bare=word.bare, glued=word.glued)
    meaning = codes.meaning(word.table, said) if word.table else None
    if word.form == "place":
        meaning = codes.meaning("place", said) if len(said) == 2 and not said.startswith("8") else None
    return Part(
        ref,
        position,
        label,
        text,
        _readable(word, said),
        meaning,
        lead=word.leads,
        quiet=word.quiet,
        bare=word.bare,
        glued=word.glued,
    )


def _is_a_code_of(word: Word, place: GuideElement | None, said: str) -> bool:
    """Tell whether an element that has no words here is a code of the guide's, or an amount."""
    if word.label or place is None:
        return False
    return said in place.codes or (place.type == "R" and parse_decimal(said) is not None)


def _readable(word: Word, said: str) -> str:
    if word.form == "$":
        amount = parse_decimal(said)
        if amount is None:
            return said
        return f"{amount:,.2f}" if is_cents(amount) and len(said) < _LONG else said
    if word.form in {"@", "day"} or word.label in {"born", "died", "day"}:
        return readable_day(said)
    if word.form == "time" and len(said) >= 4 and said[:4].isdigit():
        return ":".join((said[:2], said[2:4], *([said[4:6]] if len(said) >= 6 else [])))
    return said


def readable_day(said: str) -> str:
    """Write ``20260304``, a span of days, or a day and time, as people do; what is no day of the calendar stays."""
    first, dash, last = said.partition("-")
    return f"{_day(first)} to {_day(last)}" if dash else _day(first)


def _day(said: str) -> str:
    if not (said.isascii() and said.isdigit() and len(said) in {6, 8, 12, 14}):
        return said
    full = said
    if len(said) == 6:
        full = ("19" if int(said[:2]) >= _CENTURY_TURNS else "20") + said
    try:
        day = date(int(full[:4]), int(full[4:6]), int(full[6:8]))
    except ValueError:
        return said
    rest = full[8:]
    return day.isoformat() + (f" {rest[:2]}:{rest[2:4]}" if rest else "")
