"""pyx12's error codes in words of our own, with severity: what each means for whoever has to mend the file.

Codes are those of the 999 (``999-IK3-3``: IK304 = 3, ``999-IK4-7``: IK403 = 7), so that what the checker says before
sending and what a partner says afterwards can be laid side by side.
"""

import re
from dataclasses import dataclass
from typing import Any

from gateway.model.findings import Severity

_LOOP = re.compile(r"[0-9]{4}[A-Z]{0,2}\Z")
_REFDES = re.compile(r"([A-Z][A-Z0-9]{1,2})([0-9]{2})(?:-0?([0-9]+))?\Z")
X_NUMBER = 10
"""Characters of a guide's name up to its X-number: 005010X222 (TRAP-22)."""

_CHANGING_LISTS = frozenset({"pos", "remark_code", "claim_status", "claim_status_cat"})
"""Code lists that change several times a year; pyx12's copies are old, so an unknown code only warns (law 9)."""

_SEGMENT_WORDS = {
    "1": "The guide has no such segment at this place, or not with the code in its first element.",
    "2": "The guide says that this segment or loop is not used.",
    "4": "The loop occurs more often than the guide allows.",
    "5": "The segment occurs more often than the guide allows.",
    "8": "The segment has errors in its elements.",
}
_ELEMENT_WORDS = {
    "1": "is required and missing",
    "2": "is required together with another element of the segment, or at least one of a group is required",
    "3": "is one element more than the guide knows; nothing may follow the last one",
    "4": "is too short",
    "5": "is too long",
    "6": "holds a character that may not stand there (control character, trailing blank, or not a number)",
    "7": "holds a code or a form that the guide does not allow",
    "8": "is not a valid date",
    "9": "is not a valid time",
    "10": "may not be present together with another element of the segment",
    "13": "has more components than the guide knows",
    "I10": "is not used by the guide and must be empty",
}
_COUNTED_BY_US = {"isa": {"001", "021", "023", "024"}, "gs": {"3", "4", "5"}, "st": {"2", "3", "4"}}
"""Envelope faults that our own reader reports under ENV- codes."""

_READER_WORDS = {
    ("gs", "6"): ("ENV-GS-DUPLICATE", "The interchange holds two groups with the same GS06."),
    ("st", "23"): ("ENV-ST-DUPLICATE", "The group holds two transaction sets with the same ST02."),
    ("seg", "HL1"): ("CHK-HL", "HL01 must count 1, 2, 3 ... through the transaction set."),
    ("seg", "HL2"): ("CHK-HL-PARENT", "HL02 names no HL that may be its parent."),
    ("seg", "LX"): ("CHK-LX", "LX01 must count the claim's service lines from 1."),
    ("seg", "SEG1"): ("999-IK3-8", "The segment ends in empty elements; they must be left out."),
    ("seg", "1"): ("999-IK3-1", "The segment id is not valid."),
    ("seg", "8"): ("999-IK3-8", "The segment holds nothing."),
}


@dataclass(slots=True)
class Fault:
    """One thing that pyx12 objects to.

    *line* is the position in the transaction set (ST = 1), *set_ordinal* the set's number in the interchange, both
    None for envelope segments. With *gap* something is missing before the segment at *line*.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    segment: str | None = None
    element: str | None = None
    loop: str | None = None
    line: int | None = None
    set_ordinal: int | None = None
    gap: bool = False

    @property
    def rejects(self) -> bool:
        """Tell whether the fault makes a 999 reject."""
        return self.severity is Severity.ERROR

    @classmethod
    def no_guide(cls) -> "Fault":
        """There is no guide for the group, so that only its envelope is checked."""
        return cls(
            "CHK-NO-GUIDE",
            "No guide is at hand for the version in GS08 together with GS01 and ISA12; only the envelope was checked.",
            Severity.WARNING,
            segment="GS",
            element="GS08",
        )

    @classmethod
    def no_answer(cls) -> "Fault":
        """An acknowledgement would speak of sets that nobody has looked at."""
        return cls(
            "CHK-NO-999",
            "No acknowledgement can be written, because a group's guide is not at hand.",
            Severity.WARNING,
        )

    @classmethod
    def other_name(cls, known: str) -> "Fault":
        """The group names an older or newer edition of a guide that is at hand (TRAP-22)."""
        return cls(
            "CHK-GUIDE-ALIAS",
            f"GS08 names an edition of the guide that is not at hand; {known} was used to check.",
            Severity.WARNING,
            segment="GS",
            element="GS08",
        )

    @classmethod
    def no_such_set(cls) -> "Fault":
        """ST01 names a transaction set that the group's guide is not about."""
        return cls(
            "999-IK5-1",
            "The guide named in GS08 is not about the transaction set named in ST01.",
            segment="ST",
            element="ST01",
        )

    @classmethod
    def too_many_components(cls, segment: str, place: int, node: Any) -> "Fault":
        """A composite has more components than the guide knows."""
        element = f"{segment}{place:02d}"
        message = f"{element} {_ELEMENT_WORDS['13']}."
        return cls("999-IK4-13", message, segment=segment, element=element, loop=_loop_of(node))


def engine_fault(error: Exception, segment: str | None) -> Fault:
    """Say that pyx12 broke; only the kind of its error is told, its text may quote the file."""
    if segment is None:
        message = f"The checker could not write its acknowledgement ({type(error).__name__})."
        return Fault("CHK-NO-999", message, Severity.WARNING)
    message = f"The checker broke on this segment ({type(error).__name__}): it is malformed in a way it does not know."
    return Fault("CHK-ENGINE", message, segment=segment)


def reader_fault(kind: str, code: str, segment: str, node: Any) -> Fault | None:
    """Translate what pyx12's reader noted while counting; None for what our own reader reports."""
    if code in _COUNTED_BY_US.get(kind, ()):
        return None
    ours, message = _READER_WORDS.get((kind, code), ("CHK-ENVELOPE", "The checker objects to the envelope."))
    return Fault(ours, message, segment=segment, loop=_loop_of(node))


def walk_fault(error: Any, segment: str) -> Fault:
    """Translate what the walk through the guide found: something missing, too often, or out of place."""
    node = error.map_node
    loop = _loop_of(node)
    if error.err_cde != "3":
        message = _SEGMENT_WORDS.get(error.err_cde, "The guide does not allow this segment here.")
        return Fault(f"999-IK3-{error.err_cde}", message, segment=segment, loop=loop)
    missing = node.id or segment
    what = f"{missing} ({node.name})" if node.name else missing
    where = f" in loop {loop}" if loop else ""
    message = f"The required segment {what} is missing{where}."
    return Fault("999-IK3-3", message, segment=missing, loop=loop, gap=True)


def element_fault(error: Any, segment: str, node: Any, *, known_as: str) -> Fault | None:
    """Translate an error in an element; None when it only says that a guide goes by another name (TRAP-22)."""
    element = _element_of(error.refdes, segment)
    if error.err_cde == "7" and _is_other_edition(element, str(error.err_val), known_as):
        return None
    code, severity = error.err_cde, Severity.ERROR
    leaf = error.map_node
    if code == ("5" if leaf is None else "10"):
        code = "I10"
    elif leaf is None and code == "3" and error.refdes and not error.refdes.isdigit():
        code = "13"
    words = _ELEMENT_WORDS.get(code, "is not as the guide wants it")
    if leaf is not None and code == "7" and leaf.external_codes in _CHANGING_LISTS:
        severity = Severity.WARNING
        words = "is not in the checker's copy of the code list, which may be older than the code"
    name = f" ({leaf.name})" if leaf is not None and leaf.name else ""
    return Fault(
        f"999-IK4-{code}",
        f"{element or segment}{name} {words}.",
        severity,
        segment=segment,
        element=element,
        loop=_loop_of(node),
    )


def _is_other_edition(element: str | None, value: str, known_as: str) -> bool:
    """Tell whether a version is refused only for its edition; a GS08 without a guide is reported as such already."""
    return element == "GS08" or (element == "ST03" and value[:X_NUMBER] == known_as[:X_NUMBER])


def _loop_of(node: Any) -> str | None:
    """Return the id of the guide's loop in which *node* stands, None in headers and trailers."""
    while node is not None and not node.is_map_root():
        if node.is_loop() and _LOOP.match(node.id or ""):
            return str(node.id)
        node = node.parent
    return None


def _element_of(refdes: Any, segment: str) -> str | None:
    """Write pyx12's reference (``CLM05-03``, ``03``, 9) as ours (``CLM05-3``, ``SV103``, ``NM109``)."""
    text = str(refdes) if refdes is not None else ""
    if text.isdigit():
        return f"{segment}{int(text):02d}"
    match = _REFDES.match(text)
    if match is None:
        return text or None
    return f"{match[1]}{match[2]}" + (f"-{match[3]}" if match[3] else "")
