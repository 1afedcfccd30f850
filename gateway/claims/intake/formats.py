"""What a dropped file is, by its content and then its name, and the text in it.

Nothing here knows a claim. A file that cannot be used is a finding that says what to do; nothing raises.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from json import JSONDecodeError, JSONDecoder
from typing import Any

from gateway.claims.intake.placing import RecordPlaces
from gateway.claims.intake.x12_pieces import Piece
from gateway.mapping.claim_places import ClaimPlaces
from gateway.mapping.places import MapPlaces
from gateway.model.claim import Claim
from gateway.model.findings import Finding, Severity, error, warning
from gateway.x12.characters import fold
from gateway.x12.reader import GroupHeader, InterchangeHeader


class Format(StrEnum):
    """The formats taken in; the value is also the extension of a file given back."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    X12 = "837"


@dataclass(frozen=True, slots=True)
class X12Place:
    """Where in a dropped 837 a claim stands, and under which numbers: what its answers will name.

    *key* counts interchange, group and set from 1; *reference* is BHT03; *position* is the claim's CLM in its set
    (ST = 1), *first* to *last* are all of its segments.
    """

    interchange: InterchangeHeader
    group: GroupHeader | None
    key: tuple[int, int, int]
    st02: str
    reference: str
    position: int
    first: int | None = None
    last: int | None = None

    @property
    def text(self) -> str:
        """Write the place as interchange/group/set/segment."""
        return "/".join(map(str, (*self.key, self.position)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One record of a file, or what is to be said of the file as a whole (*row* 0).

    *row* tells the records of a file apart: the line (JSON lines), the first of its lines (CSV), or the count (JSON, X12).
    *claim* is None where *findings* hold an error. *raw* is the record as it was dropped, so that it can be given back
    for mending. *place* turns a JSON path into the line and the column or path that the biller knows it by. Of X12,
    *x12* is the place in the file, *spots* gives the places of its fields, and *as_read* is the claim even where it
    lacks what a claim must have.
    """

    row: int
    claim: Claim | None
    findings: tuple[Finding, ...]
    raw: str | Piece = ""
    place: Callable[[str], tuple[int, str]] | None = None
    x12: X12Place | None = None
    as_read: Claim | None = None
    spots: Callable[[], ClaimPlaces] | None = None

    @property
    def places(self) -> RecordPlaces:
        """Return how the record's fields are found in its file."""
        return RecordPlaces(row=self.row, column=self.place, x12=self.spots)

    def located(self, finding: Finding, file: str | None, *, sent: MapPlaces | None = None) -> Finding:
        """Return *finding* with its file, line and column, path or element filled in; *sent* is the map it goes by."""
        return self.places.put(finding, file=file, sent=sent)


def whole(*findings: Finding) -> Intake:
    """Return what is to be said of the file as a whole."""
    return Intake(row=0, claim=None, findings=findings)


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save the sheet as CSV"),
    (b"-----BEGIN PGP", "PGP-encrypted; decrypt it first"),
)

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def unusable(data: bytes) -> Finding | None:
    """Say why *data* is no text that could hold claims; None where it may."""
    if not data.strip(b"\x00\t\n\r \xef\xbb\xbf\x1a"):
        return error("IN-FILE-EMPTY", "the file is empty; nothing was taken in")
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return error("IN-BINARY", f"the file is {what}; nothing was taken in")
    head = data[:4096]
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return None
    if b"\x00" in head:
        return error(
            "IN-BINARY",
            "the file holds zero bytes: it is binary, or UTF-16 without its mark; save it as UTF-8 and drop it again",
        )
    if len(_CONTROL.findall(head)) * 20 > len(head):
        return error("IN-BINARY", "the file is binary, not text; nothing was taken in")
    return None


def decode(data: bytes) -> tuple[str | None, list[Finding]]:
    """Return the text of *data* with what was odd about it, or None with the reason.

    UTF-8 is meant; UTF-16 with its mark is read; a line that is not UTF-8 is read as Windows-1252, line by line, so
    that one bad line spoils no other.
    """
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return None, [
                error("IN-ENCODING", "the file is broken UTF-16; save it as UTF-8 and drop it again")
            ]
        return text, [warning("IN-ENCODING", "the file is UTF-16; it was read, but UTF-8 is what we ask for")]
    data = data.removeprefix(codecs.BOM_UTF8).rstrip(b"\x1a\x00")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    lines, odd = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            odd.append(number)
            lines.append(_western(line))
    said = f"line {odd[0]}" if len(odd) == 1 else f"{len(odd)} lines, the first is {odd[0]},"
    return "\n".join(lines), [
        warning(
            "IN-ENCODING",
            f"{said} not UTF-8: read as Windows-1252; look at names with accents",
            line=odd[0],
        )
    ]


def plain_x12(data: bytes) -> tuple[bytes, str, list[Finding]]:
    """Return an X12 file as the bytes that the reader takes (latin-1), its encoding, and what was odd about it.

    X12 is plain ASCII; a file that is UTF-8 all through is meant as such, and what latin-1 has no letter for is folded,
    as it would be on the way out. Anything else keeps its bytes (TRAP-23).
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.isascii():
        return data, "latin-1", []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data, "latin-1", [_not_ascii("latin-1")]
    plain = "".join(c if ord(c) < 256 else fold(c, upper=False) or " " for c in text)
    return plain.encode("latin-1"), "utf-8", [_not_ascii("UTF-8")]


def _not_ascii(read_as: str) -> Finding:
    return warning(
        "IN-ENCODING",
        f"letters beyond ASCII, which X12 does not have: read as {read_as}, sent without accents",
    )


def _western(line: bytes) -> str:
    """Read *line* as Windows-1252; its five bytes without a meaning become the mark for a lost character."""
    return line.decode("cp1252", errors="replace")


def sniff(text: str, name: str) -> Format | Finding:
    """Tell the format of *text* by its first character, and by the extension of *name* where that leaves a choice."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    first = text.lstrip()[:1]
    if first == "[":
        return Format.JSON
    if first == "{":
        if extension in {"jsonl", "ndjson"}:
            return Format.JSONL
        return Format.JSONL if _is_object(text.lstrip().partition("\n")[0]) else Format.JSON
    if extension in {"jsonl", "ndjson"}:
        return Format.JSONL
    header = text.lstrip().partition("\n")[0]
    if extension == "csv" or "patient_control_number" in header:
        return Format.CSV
    return error(
        "IN-FORMAT",
        "neither X12, nor JSON lines, nor JSON, nor CSV with our columns; `gateway schema claim --csv` prints the columns",
    )


def _is_object(line: str) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except BadJson:
        return False


class BadJson(ValueError):
    """JSON that cannot be used; *message* is our sentence, *offset* where in the text."""

    def __init__(self, code: str, message: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


TWICE = " (given twice)"
"""Marks a field that an object has twice, as a field of its own: no value is silently the last one."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        made |= {name + TWICE: True for name in made if names.count(name) > 1}
    return made


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 20 else Decimal(digits)


_decoder = JSONDecoder(
    parse_float=Decimal,
    parse_int=_integer,
    parse_constant=float,  # NaN and Infinity stay floats, which no field takes
    object_pairs_hook=_object,
)


def parse_json(text: str) -> Any:
    """Return the one JSON value in *text*, numbers with a point as Decimal.

    Raises:
        BadJson: anything else.

    """
    start = len(text) - len(text.lstrip())
    value, end = decode_json(text, start)
    if text[end:].strip():
        raise BadJson("IN-JSON", "there is more after the end of the record", end)
    return value


def decode_json(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value at *start* and where it ends; raise BadJson where there is none."""
    try:
        return _decoder.raw_decode(text, start)
    except JSONDecodeError as fault:
        raise BadJson("IN-JSON", _explain(fault.msg), fault.pos) from None
    except RecursionError:
        raise BadJson("IN-JSON", "brackets within brackets without end", start) from None
    except ArithmeticError:
        raise BadJson("IN-JSON", "a number is beyond all bounds", start) from None


_SENTENCES = {
    "Expecting value": "a value is missing or not in quotes",
    "Expecting property name enclosed in double quotes": "a field name in double quotes is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Unterminated string starting at": "a text has no closing quote",
    "Illegal trailing comma before end of object": "there is a comma before a closing bracket",
    "Illegal trailing comma before end of array": "there is a comma before a closing bracket",
    "Invalid control character at": "a text holds a line break or control character",
}


def _explain(message: str) -> str:
    sentence = next(
        (ours for theirs, ours in _SENTENCES.items() if message.startswith(theirs)), message.lower()
    )
    return f"not valid JSON: {sentence}"


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of *offset* in *text*."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def fatal(findings: Iterator[Finding] | list[Finding] | tuple[Finding, ...]) -> bool:
    """Tell whether any of *findings* withholds."""
    return any(f.severity is Severity.ERROR for f in findings)
