"""A JSON document: an array of claims, or one claim alone. A document that breaks off is refused as a whole."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from gateway.claims.intake.formats import BadJson, Intake, decode_json, place_of, whole
from gateway.claims.intake.placing import DroppedRecord, RecordPlaces
from gateway.claims.intake.record import validate
from gateway.model.findings import Finding, error
from gateway.settings import Limits

_BLANK = " \t\r\n"


def read_json(text: str, *, limits: Limits) -> Iterator[Intake]:
    """Yield each claim of the document; *raw* is its own piece of the document, *place* the line it starts on."""
    try:
        pieces = _pieces(text, limits.intake_records)
    except BadJson as fault:
        line, column = place_of(text, fault.offset)
        yield whole(
            error(
                fault.code,
                f"{fault.message} (line {line}, column {column}); nothing of the file was taken in, because what "
                "follows cannot be told from it - mend it, or send JSON lines, where each line stands alone",
                line=line,
            )
        )
        return
    if not pieces:
        yield whole(error("IN-FILE-EMPTY", "the array is empty; nothing was taken in"))
    line, counted = 1, 0
    for row, (start, end, record) in enumerate(pieces, start=1):
        line += text.count("\n", counted, start)
        counted = start
        yield _one(row, line, text[start:end], record, limits=limits)


def pick(text: str, rows: Collection[int], *, limits: Limits) -> Iterator[DroppedRecord]:
    """Yield the pieces of *rows* as they were dropped, each known by the line it starts on."""
    line, counted = 1, 0
    for row, (start, end, _) in enumerate(_pieces(text, limits.intake_records), start=1):
        line += text.count("\n", counted, start)
        counted = start
        if row in rows:
            yield DroppedRecord(text[start:end], RecordPlaces(row=row, column=partial(_at_line, line)))


def _at_line(line: int, path: str) -> tuple[int, str]:
    return line, path


def _one(row: int, line: int, raw: str, record: Any, *, limits: Limits) -> Intake:
    faults: list[Finding]
    if len(raw) > limits.intake_record_bytes:
        said = f"longer than {limits.intake_record_bytes} bytes (limits.intake_record_bytes)"
        claim, faults = None, [error("IN-RECORD-SIZE", said)]
    else:
        claim, faults = validate(record)
    return Intake(
        row=row,
        claim=claim,
        findings=tuple(f.at(line=line, field=f.element) for f in faults),
        raw=raw,
        place=partial(_at_line, line),
    )


def _pieces(text: str, most: int) -> list[tuple[int, int, Any]]:
    """Cut the document into (start, end, value); raise BadJson where it is not one."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        value, end = decode_json(text, at)
        _nothing_after(text, end)
        return [(at, end, value)]
    pieces: list[tuple[int, int, Any]] = []
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        _nothing_after(text, at + 1)
        return []
    while True:
        value, end = decode_json(text, at)
        if len(pieces) >= most:
            raise BadJson(
                "IN-RECORDS", f"more than {most} claims (limits.intake_records); cut the file in two", at
            )
        pieces.append((at, end, value))
        at = _skip(text, end)
        mark = text[at : at + 1]
        if mark == "]":
            _nothing_after(text, at + 1)
            return pieces
        if mark != ",":
            what = "the file breaks off" if not mark else "a comma between two claims is missing"
            raise BadJson("IN-JSON", f"not valid JSON: {what}", at)
        at = _skip(text, at + 1)


def _nothing_after(text: str, at: int) -> None:
    rest = _skip(text, at)
    if rest < len(text) and text[rest:].strip("\x1a" + _BLANK):
        raise BadJson("IN-JSON", "not valid JSON: there is more after the end", rest)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at
