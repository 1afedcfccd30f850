"""The bare codes of TA1 and 999 in a queue or a story, and the faults of a file's envelope, in words of our own."""

import re
from collections.abc import Iterator

from gateway.responses import words

ENVELOPE = {
    "ENV-ARCHIVE": "the file is an archive that is not opened here; unpack it, or ask for plain X12",
    "ENV-BINARY": "the file holds binary data, not X12",
    "ENV-ELEMENTS": "a segment has too many elements",
    "ENV-EMPTY": "the file is empty",
    "ENV-EMPTY-SEGMENT": "two terminators stood in a row; skipped",
    "ENV-GE-CONTROL": "the group's trailer has another number than its header",
    "ENV-GE-COUNT": "the group's trailer counts another number of sets than there are",
    "ENV-GE-MISSING": "a group has no trailer (GE)",
    "ENV-GS": "a group's header is not whole",
    "ENV-GS-DUPLICATE": "two groups have the same number",
    "ENV-GS-MISSING": "a transaction set or a trailer stands outside any group",
    "ENV-GS-TYPE": "the group's kind is not the transaction's",
    "ENV-GZIP": "the gzip file cannot be unpacked",
    "ENV-HTML": "a web page, usually an error page saved in place of the file",
    "ENV-IEA-CONTROL": "the interchange's trailer has another number than its header",
    "ENV-IEA-COUNT": "the interchange's trailer counts another number of groups than there are",
    "ENV-IEA-MISSING": "the interchange has no trailer (IEA); it may be cut off",
    "ENV-IEA-TERMINATOR": "the last segment has no terminator",
    "ENV-ISA-BROKEN": "the interchange's header cannot be read",
    "ENV-ISA-CONTROL": "the interchange's number is not nine digits",
    "ENV-ISA-DUPLICATE": "two interchanges of the file have the same number",
    "ENV-ISA-REPETITION": "the repetition separator is not one",
    "ENV-ISA-USAGE": "the file says neither test nor production",
    "ENV-ISA-WIDTH": "the interchange's header does not have its fixed width",
    "ENV-LEADING-TEXT": "text before the first interchange was skipped",
    "ENV-NO-ISA": "the file has X12 segments and no interchange around them",
    "ENV-NOT-X12": "the file is not X12",
    "ENV-PDF": "the file is a PDF document, not X12",
    "ENV-PGP": "the file is encrypted; ask for a plain one",
    "ENV-SE-CONTROL": "the set's trailer has another number than its header",
    "ENV-SE-COUNT": "the set's trailer counts another number of segments than there are: something may be missing",
    "ENV-SE-MISSING": "a transaction set has no trailer (SE); it may be cut off",
    "ENV-SEGMENT-CASE": "segment ids in lower case were read as capitals",
    "ENV-SEGMENT-ID": "a segment has no proper id",
    "ENV-SEGMENT-LONG": "a segment is longer than limits allow: perhaps a terminator is missing",
    "ENV-SEGMENT-PLACE": "something stands where no segment may",
    "ENV-SET": "a transaction set could not be read",
    "ENV-SET-LONG": "a transaction set has more segments than limits allow",
    "ENV-ST": "a transaction set's header is not whole",
    "ENV-ST-DUPLICATE": "two sets of a group have the same number",
    "ENV-ST-VERSION": "the set names another guide than its group",
    "ENV-TA1-PLACE": "a TA1 stands where it does not belong",
    "ENV-TRAILING": "what stands after the last interchange was left aside",
    "ENV-TRUNCATED": "the file breaks off in the middle; ask the partner to send it again",
    "ENV-UNPACKED-SIZE": "unpacked, the file is larger than limits.receipt_bytes",
    "ENV-UTF16": "the file is written in UTF-16; ask for plain text",
    "ENV-WRAP": "line ends inside segments were taken out",
    "ENV-WRITE": "an envelope could not be written",
    "ENV-ZIP": "the zip archive cannot be unpacked",
}
"""Code of `gateway.x12` -> sentence, without any value of a file. A test holds it against the codes in the source."""

_FILE_CHECK = re.compile(r"by the file check: (.+?)(?: \(by [^)]*\))?$|^99[79] [^(]*\(([^)]*)\)")
_TA1 = re.compile(r"^TA1 [^(]*\([A-Z] (\d{3})\)")
_SET = re.compile(r"(?:set )?[A-Z]((?: I?\d{1,2})*)")
_FAULT = re.compile(r"([A-Z][A-Z0-9]{1,2}(?:\d{2}(?:-\d{1,2})?)?)(?: (I?\d{1,2}))?")
_NO_FAULT = "000"


def said(text: str) -> Iterator[str]:
    """Yield in words what the bare codes of a TA1 or 999 in *text* (a reason, a step of a story) say."""
    if (ta1 := _TA1.match(text)) and ta1[1] != _NO_FAULT:
        yield words.ta1_note(ta1[1])
    if found := _FILE_CHECK.search(text):
        yield from _of_999((found[1] or found[2]).strip())


def _of_999(codes: str) -> Iterator[str]:
    """Yield what ``CLM 8, CLM05-1 7`` or ``set R 5`` says; a segment's code that only sums up its elements' is left out."""
    if whole := _SET.fullmatch(codes):
        yield from (words.set_error(code) for code in whole[1].split())
        return
    faults = [found.groups() for part in codes.split(", ") if (found := _FAULT.fullmatch(part))]
    elements = [place for place, _ in faults if _is_element(place)]
    for place, code in faults:
        if _is_element(place):
            yield f"{place}: {words.element_error(code or '')}"
        elif code != words.FAULTY_ELEMENTS or not any(one.startswith(place) for one in elements):
            yield f"{place}: {words.segment_error(code)}"


def _is_element(place: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][A-Z0-9]{1,2}\d{2}(-\d{1,2})?", place)) and len(place) > 3
