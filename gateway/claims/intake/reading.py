"""Bytes with a name become records: the one way in for the daemon and for `gateway convert`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.claims.intake.csv_rows import header_line, read_csv
from gateway.claims.intake.formats import Format, Intake, decode, fatal, plain_x12, sniff, unusable, whole
from gateway.claims.intake.json_array import read_json
from gateway.claims.intake.jsonl import read_jsonl
from gateway.claims.intake.x12 import read_x12_claims
from gateway.errors import NotFound, X12Error
from gateway.model.findings import Finding, error
from gateway.model.submission import Environment
from gateway.settings import Limits
from gateway.x12.sniff import looks_like_x12, refusal
from gateway.x12.wrappers import UnpackLimits, is_wrapped, unpack

X12_NAMES = (".837", ".837p", ".x12", ".edi", ".clm")
"""Extensions that say that X12 is meant, whatever the content is."""

LEADING_BYTES = 64 * 1024
"""So far into a file an interchange may begin after lines of other text."""

_ISA_LINE = re.compile(rb"^ISA[^A-Za-z0-9\s]", re.MULTILINE)
_READERS = {Format.JSONL: read_jsonl, Format.JSON: read_json, Format.CSV: read_csv}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An opened file: *format* is None where *findings* say why nothing can be read from it.

    *header* is the header line of a sheet, to be put over rows given back; *data* and *encoding* are those of X12.
    """

    format: Format | None
    findings: tuple[Finding, ...]
    text: str = ""
    header: str = ""
    data: bytes = b""
    encoding: str = "utf-8"

    def records(self, limits: Limits, environment: Environment | None = None) -> Iterator[Intake]:
        """Yield the records, and as row 0 what is to be said of the file as a whole.

        *environment* is the installation's, for files that say themselves what they are.
        """
        if self.format is Format.X12:
            yield from read_x12_claims(self.data, limits=limits, environment=environment)
        elif self.format is not None:
            yield from _READERS[self.format](self.text, limits=limits)


def open_dropped(data: bytes, *, name: str, limits: Limits) -> Dropped:
    """Tell the format of *data*, dropped as *name*, and decode it."""
    if len(data) > limits.intake_file_bytes:
        return Dropped(format=None, findings=(too_large(limits),))
    if is_wrapped(data):
        return _unpacked(data, name=name, limits=limits)
    if looks_like_x12(data):
        return _x12(data)
    fault = unusable(data)
    if fault is not None:
        return Dropped(format=None, findings=(fault,))
    text, findings = decode(data)
    if text is None:
        return Dropped(format=None, findings=tuple(findings))
    found = sniff(text, name)
    if isinstance(found, Finding):
        if _ISA_LINE.search(data[:LEADING_BYTES]):
            return _x12(data)
        code, message = refusal(data[:4096])
        if code == "ENV-NO-ISA" or name.lower().endswith(X12_NAMES):
            found = error(code, message)
        return Dropped(format=None, findings=(*findings, found))
    header = header_line(text) if found is Format.CSV else ""
    return Dropped(format=found, findings=tuple(findings), text=text, header=header)


def _unpacked(data: bytes, *, name: str, limits: Limits) -> Dropped:
    """Open the one file in a zip archive or gzip file (TRAP-15); several are for the sender to drop one by one."""
    try:
        files = unpack(data, UnpackLimits(size=limits.intake_file_bytes, files=limits.archive_files))
    except X12Error as fault:
        return Dropped(format=None, findings=(error(fault.code, fault.message),))
    if len(files) > 1:
        said = (
            f"the archive holds {len(files)} files; nothing was taken in, unpack it and drop them one by one"
        )
        return Dropped(format=None, findings=(error("IN-ARCHIVE", said),))
    inner = files[0].name or name.lower().removesuffix(".gz")
    if is_wrapped(files[0].data):
        said = "an archive within archives; nothing was taken in, unpack it and drop what is inside"
        return Dropped(format=None, findings=(error("IN-ARCHIVE", said),))
    return open_dropped(files[0].data, name=inner, limits=limits)


def _x12(data: bytes) -> Dropped:
    plain, encoding, odd = plain_x12(data)
    return Dropped(format=Format.X12, findings=tuple(odd), data=plain, encoding=encoding)


def too_large(limits: Limits) -> Finding:
    """Say that a file is beyond the limit."""
    return error(
        "IN-FILE-SIZE",
        f"the file is larger than {limits.intake_file_bytes} bytes (limits.intake_file_bytes); nothing was taken in; "
        "drop it in parts",
    )


def read_records(source: Path | bytes, *, name: str, limits: Limits) -> Iterator[Intake]:
    """Yield the claim records of a file or of bytes, whatever the format; *name* stands in the findings.

    What is wrong with the file as a whole comes as an `Intake` of row 0. Findings carry file, line and path or column.

    Raises:
        NotFound: *source* is a path and cannot be read.

    """
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                source = file.read(limits.intake_file_bytes + 1)
        except OSError as fault:
            raise NotFound(f"{name}: {fault.strerror}") from None
    dropped = open_dropped(source, name=name, limits=limits)
    if dropped.findings:
        yield whole(*(f.at(file=name) for f in dropped.findings))
    for one in dropped.records(limits):
        yield Intake(
            row=one.row,
            claim=None if fatal(one.findings) else one.claim,
            findings=tuple(one.located(f, name) for f in one.findings)
            if one.row
            else tuple(f.at(file=name) for f in one.findings),
            raw=one.raw,
            place=one.place,
            x12=one.x12,
            as_read=one.as_read,
            spots=one.spots,
        )
