"""ISA..IEA around transaction sets and TA1 answers, exact to the byte (domain.md 1.1, 1.2, 1.11)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.model.submission import EnvelopeIds, Environment

ELEMENT = "*"
COMPONENT = ":"
REPETITION = "^"
TERMINATOR = "~"
"""The separators that everything we write uses."""

MAX_CONTROL_NUMBER = 999_999_999

_ISA_ID = re.compile(r"[!-)+-9;-=?-\]_-{}]([ -)+-9;-=?-\]_-{}]{0,13}[!-)+-9;-=?-\]_-{}])?\Z")
"""1 to 15 printable ASCII characters, no separator (``* : ~ ^ | >``), no blank at either end."""

_QUALIFIER = re.compile(r"[0-9A-Z]{2}\Z")
_CONTROL_NUMBER = re.compile(r"[0-9A-Z]{4,9}\Z")
_VERSION = re.compile(r"[0-9]{6}(X[0-9]{3}([A-Z][0-9])?)?\Z")
_SEGMENT = re.compile(r"(?!(?:ISA|IEA|GS|GE|ST|SE|TA1)(?:\*|\Z))[A-Z][A-Z0-9]{1,2}(?:\*[ -}]*)?\Z")
"""A segment that reads back as itself: not an envelope's, printable ASCII, no terminator."""


@dataclass(frozen=True, slots=True)
class SetBody:
    """The segments of one transaction set without ST and SE, each without its terminator."""

    control_number: str
    segments: Sequence[str]


def write_interchange(
    ids: EnvelopeIds,
    *,
    isa13: int,
    gs06: int,
    functional_id: str,
    set_id: str,
    version: str,
    environment: Environment,
    created: datetime,
    sets: Sequence[SetBody],
    line_breaks: bool = False,
    st03: bool = True,
) -> bytes:
    """Return one interchange with one functional group that holds *sets*.

    *created* is written as it stands, in the zone the partner expects. *version* is GS08 (one of 4010 makes an ISA of 4010)
    and, unless *st03* is
    False (the 835 does without), ST03. *line_breaks* puts LF after each terminator; CRLF never is.

    Raises:
        ValueError: something does not fit its element, or a segment could not be read back. The message names the
            element and never its value.

    """
    _expect(bool(sets), "an interchange needs at least one transaction set")
    _expect(re.fullmatch(r"[A-Z]{2}", functional_id) is not None, "GS01 must be two letters")
    _expect(re.fullmatch(r"[0-9]{3}", set_id) is not None, "ST01 must be three digits")
    _expect(_VERSION.match(version) is not None, "GS08 must name a guide such as 005010X222A1")
    _expect(1 <= gs06 <= MAX_CONTROL_NUMBER, "GS06 must be between 1 and 999999999")
    numbers = [body.control_number for body in sets]
    _expect(
        len(set(numbers)) == len(numbers), "ST02 must differ between the transaction sets of an interchange"
    )
    older = version.startswith("004")
    lines = [_isa(ids, isa13=isa13, environment=environment, created=created, older=older)]
    group = [_gs_id("GS02", ids.group_sender), _gs_id("GS03", ids.group_receiver)]
    stamp = [f"{created.year:04d}{created:%m%d}", f"{created:%H%M}"]
    lines.append(ELEMENT.join(["GS", functional_id, *group, *stamp, str(gs06), "X", version]))
    for body in sets:
        lines.extend(_set(body, set_id=set_id, version=version if st03 else None))
    lines.append(f"GE*{len(sets)}*{gs06}")
    lines.append(f"IEA*1*{isa13:09d}")
    return _bytes(lines, line_breaks=line_breaks)


def write_ta1(
    ids: EnvelopeIds,
    *,
    isa13: int,
    environment: Environment,
    created: datetime,
    answers: Sequence[tuple[str, ...]],
    line_breaks: bool = False,
) -> bytes:
    """Return an interchange of TA1 segments alone; each of *answers* holds TA101 to TA105.

    Raises:
        ValueError: something does not fit its element.

    """
    _expect(bool(answers), "a TA1 interchange needs at least one answer")
    lines = [_isa(ids, isa13=isa13, environment=environment, created=created)]
    for answer in answers:
        _expect(len(answer) == 5, "a TA1 has five elements")
        _expect(re.fullmatch(r"[0-9]{9}", answer[0]) is not None, "TA101 must be nine digits")
        _expect(re.fullmatch(r"[0-9]{6}", answer[1]) is not None, "TA102 must be YYMMDD")
        _expect(re.fullmatch(r"[0-9]{4}", answer[2]) is not None, "TA103 must be HHMM")
        _expect(answer[3] in {"A", "E", "R"}, "TA104 must be A, E or R")
        _expect(re.fullmatch(r"[0-9]{3}", answer[4]) is not None, "TA105 must be three digits")
        lines.append(ELEMENT.join(("TA1", *answer)))
    lines.append(f"IEA*0*{isa13:09d}")
    return _bytes(lines, line_breaks=line_breaks)


def _isa(
    ids: EnvelopeIds, *, isa13: int, environment: Environment, created: datetime, older: bool = False
) -> str:
    """Return the ISA; *older* is that of version 4010, which knows no repetition separator."""
    _expect(1 <= isa13 <= MAX_CONTROL_NUMBER, "ISA13 must be between 1 and 999999999")
    _expect(_QUALIFIER.match(ids.sender_qualifier) is not None, "ISA05 must be two letters or digits")
    _expect(_QUALIFIER.match(ids.receiver_qualifier) is not None, "ISA07 must be two letters or digits")
    _expect(_ISA_ID.match(ids.sender_id) is not None, _ID_RULE.format("ISA06"))
    _expect(_ISA_ID.match(ids.receiver_id) is not None, _ID_RULE.format("ISA08"))
    elements = (
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        ids.sender_qualifier,
        ids.sender_id.ljust(15),
        ids.receiver_qualifier,
        ids.receiver_id.ljust(15),
        f"{created.year % 100:02d}{created:%m%d}",
        f"{created:%H%M}",
        "U" if older else REPETITION,
        "00401" if older else "00501",
        f"{isa13:09d}",
        "1" if ids.request_ta1 else "0",
        environment.isa15,
        COMPONENT,
    )
    return ELEMENT.join(elements)


_ID_RULE = "{} must be 1 to 15 printable ASCII characters without blanks at its ends and without * : ~ ^ | >"


def _gs_id(name: str, value: str) -> str:
    _expect(
        len(value) >= 2 and _ISA_ID.match(value) is not None, _ID_RULE.format(name).replace("1 to", "2 to")
    )
    return value


def _set(body: SetBody, *, set_id: str, version: str | None) -> Iterator[str]:
    _expect(_CONTROL_NUMBER.match(body.control_number) is not None, "ST02 must be 4 to 9 letters or digits")
    yield ELEMENT.join(["ST", set_id, body.control_number, *([version] if version else [])])
    for segment in body.segments:
        _expect(
            _SEGMENT.match(segment) is not None,
            "a segment must start with its id, be no envelope segment, and hold printable ASCII without ~",
        )
        yield segment
    yield f"SE*{len(body.segments) + 2}*{body.control_number}"


def _bytes(lines: list[str], *, line_breaks: bool) -> bytes:
    end = TERMINATOR + "\n" if line_breaks else TERMINATOR
    return (end.join(lines) + end).encode("ascii")


def _expect(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)
