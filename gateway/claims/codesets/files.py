"""Reading a file of codes: which layout it is, by its content; its rows; and from when it holds, where its name says so."""

import re
from dataclasses import dataclass
from datetime import date

from gateway.claims.codesets import combinations, tables
from gateway.claims.codesets.lines import Fault, Line, fixed_layout
from gateway.claims.codesets.shapes import fits, plain_code
from gateway.errors import UsageError
from gateway.model.codesets import WHAT, CodeRow, CodeSet

MOST_FAULTS = 5
"""So many bad lines are named; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """What a file holds: its *layout* in words, its *rows*, and from when it holds by its name (None: it does not say)."""

    layout: str
    rows: tuple[CodeRow, ...]
    effective: date | None


def read_code_file(code_set: CodeSet, name: str, data: bytes, *, most: int) -> CodeFile:
    """Read *data*, a file called *name*, as codes of *code_set*; all of it or nothing. *most* codes are taken.

    Raises:
        UsageError: no layout that we know, a line that holds no such code, no code at all, or too many.

    """
    text = _text(name, data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    of_columns = combinations.layout if code_set is CodeSet.CORE360 else tables.table_layout
    layout, lines = fixed_layout(code_set, text) or of_columns(code_set, text) or (None, iter(()))
    if layout is None:
        raise UsageError(f"{name}: {_expected(code_set)}")
    rows: dict[CodeRow, None] = {}
    faults: list[Fault] = []
    for line in lines:
        row = _row(code_set, line)
        if isinstance(row, Fault):
            faults.append(row)
        else:
            rows[row] = None
        if len(rows) > most:
            raise UsageError(f"{name}: more than {most} codes (limits.codes)")
    if faults:
        raise UsageError(f"{name}: nothing was loaded. {_said(faults)}")
    if not rows:
        raise UsageError(f"{name}: there is no code in it. {_expected(code_set)}")
    return CodeFile(layout=layout, rows=tuple(rows), effective=_by_name(code_set, name))


def _text(name: str, data: bytes) -> str:
    if data[:2] == b"PK":
        raise UsageError(
            f"{name}: a zip or Excel file; take the text file out of it, or save the sheet as CSV (UTF-8)"
        )
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise UsageError(f"{name}: not a text file; save it as CSV (UTF-8)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Windows and NUCC's older files have


def _row(code_set: CodeSet, line: Line | Fault) -> CodeRow | Fault:
    if isinstance(line, Fault):
        return line
    code = plain_code(code_set, line.code)
    if not fits(code_set, code):
        return Fault(line.number, f"{line.code[:20]!r} is not the shape of {WHAT[code_set]}")
    if line.starts and line.ends and line.ends < line.starts:
        return Fault(line.number, f"{code} ends before it begins")
    return CodeRow(code, line.description or None, line.starts, line.ends, line.billable)


def _said(faults: list[Fault]) -> str:
    named = "; ".join(f"line {fault.line}: {fault.why}" for fault in faults[:MOST_FAULTS])
    more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
    return f"{named}{more}. Mend or take out these lines, then load it again"


_OWN = {
    CodeSet.ICD10CM: "CMS's icd10cm_order_YYYY.txt or icd10cm_codes_YYYY.txt",
    CodeSet.ICD10PCS: "CMS's icd10pcs_order_YYYY.txt or icd10pcs_codes_YYYY.txt",
    CodeSet.HCPCS: "CMS's HCPCYYYY_..._ANWEB.txt, or its sheet saved as CSV",
    CodeSet.MODIFIERS: "CMS's HCPCYYYY_..._ANWEB.txt (for its modifiers), or its sheet saved as CSV",
    CodeSet.TAXONOMY: "NUCC's nucc_taxonomy_NNN.csv",
}


def _expected(code_set: CodeSet) -> str:
    """Say what a file of *code_set* may be."""
    if code_set is CodeSet.CORE360:
        return (
            f"not a file of {WHAT[code_set]} that we know. Expected: a CSV or TSV whose first line names the columns scenario "
            "(DOC, DATA, NONCOV, BUNDLED, or 1 to 4) and carc, and where there are any rarc and group"
        )
    own = f"{_OWN[code_set]}, or " if code_set in _OWN else ""
    return (
        f"not a file of {WHAT[code_set]} that we know. Expected: {own}a CSV or TSV whose first line names its columns: "
        "code, and where there are any description, effective, terminated"
    )


_MONTH = re.compile(r"(?<![A-Z])(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*", re.IGNORECASE)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _by_name(code_set: CodeSet, name: str) -> date | None:
    """Return from when a file holds by the name its publisher gave it."""
    month = _MONTH.search(name.replace("_", " ").replace("-", " "))
    number = _MONTHS.index(month[1].upper()) + 1 if month else None
    if code_set in {CodeSet.ICD10CM, CodeSet.ICD10PCS}:
        year = re.search(rf"{code_set.value}.*(20[0-9]{{2}})", name, re.IGNORECASE)
        if year is None:
            return None
        return date(int(year[1]), number, 1) if number else date(int(year[1]) - 1, 10, 1)
    if code_set in {CodeSet.HCPCS, CodeSet.MODIFIERS}:
        year = re.search(r"HCPC(20[0-9]{2})", name, re.IGNORECASE)
        return date(int(year[1]), number or 1, 1) if year else None
    if code_set is CodeSet.TAXONOMY:
        version = re.search(r"nucc_taxonomy_([0-9]{2})([01])", name, re.IGNORECASE)
        return date(2000 + int(version[1]), 7 if version[2] == "1" else 1, 1) if version else None
    return None
