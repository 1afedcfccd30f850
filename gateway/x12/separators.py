"""The four separators of an interchange, and how they are found in its ISA segment (domain.md 1.2, 1.3)."""

import re
from dataclasses import dataclass

from gateway.errors import X12Error

ISA_WIDTH = 106
"""Bytes of an ISA segment including its terminator, when the ids are padded as the standard wants."""

HEAD_BYTES = 2048
"""How much text is looked at to find the separators; far more than the widest ISA with the segment after it."""

_SEPARATOR_OFFSETS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_FIRST_REPETITION_VERSION = "00402"
_LINE_ENDS = str.maketrans("", "", "\r\n")
_NEVER_SEPARATES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.")
_NEXT_SEGMENT = r"[\s\x00]*(?:[A-Za-z][A-Za-z0-9]{1,2}%s|(?:[A-Za-z][A-Za-z0-9]{0,2})?[\s\x00\x1a]*\Z)"
"""A segment id and a separator, or as much of them as there is before the text ends."""


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that separate elements, components, repetitions and segments of one interchange.

    *repetition* is None where the interchange has none: before version 00402, or where ISA11 is a letter or digit.
    """

    element: str
    component: str
    segment: str
    repetition: str | None

    @property
    def ends_lines(self) -> bool:
        """Tell whether the segment terminator is a line end, so that CR, LF and CRLF all end a segment."""
        return self.segment in "\r\n"


@dataclass(frozen=True, slots=True)
class FoundIsa:
    """An ISA segment as found: its elements (tag first), separators, and how far it reaches.

    *width* counts the characters consumed including the terminator. *exact* is False when the segment does not
    have the standard's fixed width (TRAP-02, TRAP-03); *wrapped* is True when line ends stood inside it (TRAP-06).
    *note* is a remark on ISA11, or None.
    """

    elements: list[str]
    separators: Separators
    width: int
    exact: bool
    wrapped: bool
    note: str | None


def discover(head: str, *, offset: int | None = None) -> FoundIsa:
    """Find the separators in *head*, which starts with an ISA segment and holds the start of the next one.

    The fixed offsets of the standard are tried first; then the sixteenth separator is counted off (TRAP-02), a
    blank before the terminator being skipped (TRAP-03). Line ends inside the ISA are taken out when the text as it
    stands does not fit (TRAP-06).

    Raises:
        X12Error: ENV-ISA-BROKEN, when no reading makes sense of it; *offset* is carried along.

    """
    text = head[:HEAD_BYTES]
    for measure in (_fixed, _counted):
        found = measure(text)
        if found is not None:
            return found
        found = _unwrapped(text, measure(text.translate(_LINE_ENDS)))
        if found is not None:
            return found
    raise X12Error(
        "ENV-ISA-BROKEN",
        "The ISA segment is damaged: its sixteen elements and the separators cannot be made out. "
        "Ask the sender for the file again.",
        offset=offset,
    )


def stands_exactly(text: str) -> bool:
    """Tell whether *text* starts with an ISA of the exact width that is followed by another segment."""
    return _fixed(text[:HEAD_BYTES]) is not None


def _fixed(text: str) -> FoundIsa | None:
    if len(text) < ISA_WIDTH - 1 or not text.startswith("ISA"):
        return None
    separator = text[3]
    if any(text[at] != separator for at in _SEPARATOR_OFFSETS) or text.count(separator, 0, 104) != 16:
        return None
    if len(text) == ISA_WIDTH - 1:
        return None
    return _finish(text, component_at=104, terminator_at=105, exact=True)


def _counted(text: str) -> FoundIsa | None:
    if not text.startswith("ISA") or len(text) < 4:
        return None
    separator = text[3]
    at = -1
    for _ in range(16):
        at = text.find(separator, at + 1)
        if at < 0:
            return None
    terminator_at = at + 2
    while terminator_at < len(text) and text[terminator_at] == " ":
        terminator_at += 1
    if terminator_at >= len(text):
        return None
    return _finish(text, component_at=at + 1, terminator_at=terminator_at, exact=False)


def _finish(text: str, *, component_at: int, terminator_at: int, exact: bool) -> FoundIsa | None:
    element, component, segment = text[3], text[component_at], text[terminator_at]
    if segment == " " and exact:
        return None
    if len({element, component, segment}) != 3 or _NEVER_SEPARATES & {element, component, segment}:
        return None
    if component in "\r\n" or element in "\r\n":
        return None
    follows = text[terminator_at + 1 :]
    if segment not in "\r\n":
        follows = follows.translate(_LINE_ENDS)
    if not re.match(_NEXT_SEGMENT % re.escape(element), follows):
        return None
    elements = [*text[:component_at].split(element)[:16], component]
    repetition, note = _repetition(elements[11], elements[12], {element, component, segment})
    return FoundIsa(
        elements=elements,
        separators=Separators(element, component, segment, repetition),
        width=terminator_at + 1,
        exact=exact,
        wrapped=False,
        note=note,
    )


def _repetition(isa11: str, version: str, others: set[str]) -> tuple[str | None, str | None]:
    """Return the repetition separator and a remark; ISA11 is a standards id before 00402 (TRAP-09)."""
    if version.strip() < _FIRST_REPETITION_VERSION:
        return None, None
    if len(isa11) != 1 or isa11 in _NEVER_SEPARATES:
        return (
            None,
            "ISA11 is not a separator, so no element of this interchange is taken apart into repetitions.",
        )
    if isa11 in others:
        return None, "ISA11 repeats another separator, so no element is taken apart into repetitions."
    return isa11, None


def _unwrapped(raw: str, found: FoundIsa | None) -> FoundIsa | None:
    """Carry a find in the text without line ends back to the raw text."""
    if found is None:
        return None
    seen = 0
    for at, character in enumerate(raw):
        if character in "\r\n":
            continue
        seen += 1
        if seen == found.width:
            return FoundIsa(
                elements=found.elements,
                separators=found.separators,
                width=at + 1,
                exact=found.exact,
                wrapped=True,
                note=found.note,
            )
    return None
