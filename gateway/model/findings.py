"""What the gateway has to say about a record or a file: data, never an exception."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: an error withholds the thing it speaks of, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault or remark, with its place and a sentence that a biller understands.

    *code* is our rule id (``P-BP-03``, ``ENV-WRAP``, ``999-IK4-7``); *line* counts from 1 (a CSV or JSONL line, or
    the segment's ordinal in an X12 transaction set, ST = 1); *segment* is a segment id, *element* an X12 position
    (``CLM02``, ``SV101-2``), a CSV column, or a JSON path; *loop* the guide's loop id; *claim* the patient control
    number. *field* is the path of the record's field (``service_lines[1].procedure``) and *x12* its address in what is
    sent (``2400/SV1/SV101-2``), where they are known. *message* may quote claim content: it is for people who may see claims, never for logs (law 11).
    """

    code: str
    severity: Severity
    message: str
    file: str | None = None
    line: int | None = None
    segment: str | None = None
    element: str | None = None
    loop: str | None = None
    claim: str | None = None
    field: str | None = None
    x12: str | None = None

    def at(self, **place: str | int | None) -> "Finding":
        """Return the same finding with more of its place filled in."""
        return replace(self, **place)  # type: ignore[arg-type]


def error(code: str, message: str, **place: str | int | None) -> Finding:
    """Make a finding that withholds what it speaks of."""
    return Finding(code=code, severity=Severity.ERROR, message=message, **place)  # type: ignore[arg-type]


def warning(code: str, message: str, **place: str | int | None) -> Finding:
    """Make a finding that informs and withholds nothing."""
    return Finding(code=code, severity=Severity.WARNING, message=message, **place)  # type: ignore[arg-type]


def errors_in(findings: "tuple[Finding, ...] | list[Finding]") -> list[Finding]:
    """Return the findings that withhold."""
    return [f for f in findings if f.severity is Severity.ERROR]
