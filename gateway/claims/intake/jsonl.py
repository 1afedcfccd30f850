"""JSON lines: one claim a line. A bad line is refused alone."""

from collections.abc import Collection, Iterator

from gateway.claims.intake.formats import BadJson, Intake, parse_json
from gateway.claims.intake.placing import DroppedRecord, RecordPlaces
from gateway.claims.intake.record import validate
from gateway.model.findings import error
from gateway.settings import Limits


def read_jsonl(text: str, *, limits: Limits) -> Iterator[Intake]:
    """Yield every line of *text* that is not blank."""
    for count, (number, line) in enumerate(_lines(text), start=1):
        if count > limits.intake_records:
            found = error(
                "IN-RECORDS",
                f"more than {limits.intake_records} claims (limits.intake_records): nothing from line {number} on was "
                "taken in; drop the rest as another file",
                line=number,
            )
            rest = text[_offset(text, number) :].strip()
            yield Intake(row=number, claim=None, findings=(found,), raw=rest)
            return
        yield read_line(number, line, limits=limits)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start, number = 0, 1
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].strip()
        if line:
            yield number, line
        start, number = end + 1, number + 1


def pick(text: str, rows: Collection[int]) -> Iterator[DroppedRecord]:
    """Yield the lines of *rows* as they were dropped."""
    for number, line in _lines(text):
        if number in rows:
            yield DroppedRecord(line, RecordPlaces(row=number))


def _offset(text: str, number: int) -> int:
    at = 0
    for _ in range(number - 1):
        at = text.index("\n", at) + 1
    return at


def read_line(number: int, line: str, *, limits: Limits) -> Intake:
    """Return the claim on line *number*, or what is wrong with it."""
    if len(line) > limits.intake_record_bytes:
        found = error(
            "IN-RECORD-SIZE",
            f"longer than {limits.intake_record_bytes} bytes (limits.intake_record_bytes); is a line break missing?",
        )
        return Intake(row=number, claim=None, findings=(found.at(line=number),), raw=line)
    try:
        record = parse_json(line)
    except BadJson as fault:
        found = error(fault.code, f"{fault.message} (column {fault.offset + 1})", line=number)
        return Intake(row=number, claim=None, findings=(found,), raw=line)
    claim, faults = validate(record)
    return Intake(
        row=number, claim=claim, findings=tuple(f.at(line=number, field=f.element) for f in faults), raw=line
    )
