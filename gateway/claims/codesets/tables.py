"""Files of columns with a delimiter: anybody's list of codes, HCPCS saved from its sheet, NUCC's taxonomy."""

import csv
import re
from collections.abc import Mapping
from datetime import date

from gateway.claims.codesets.lines import LOOKED_AT, Fault, Line, Lines
from gateway.claims.codesets.shapes import fits, plain_code
from gateway.model.codesets import CodeSet

CODE = "code"
_NAMES: Mapping[str, tuple[str, ...]] = {
    CODE: (
        "code", "codes", "hcpc", "hcpcs", "hcpcscode", "cpt", "cptcode", "procedurecode", "icd10", "icd10cm", "icd10code",
        "icd10cmcode", "diagnosiscode", "modifier", "modifiercode", "pos", "poscode", "placeofservicecode",
        "placeofservicecodes", "taxonomycode", "carc", "carccode", "rarc", "rarccode", "reasoncode", "remarkcode",
        "statuscode", "categorycode", "claimstatuscode", "claimstatuscategorycode",
    ),
    "description": (
        "description", "longdescription", "displayname", "placeofservicename", "name", "title", "shortdescription", "text",
    ),
    "starts": (
        "effective", "effectivedate", "effectivefrom", "validfrom", "from", "start", "startdate", "adddt", "adddate",
    ),
    "ends": (
        "terminated", "terminationdate", "termdt", "termdate", "effectiveto", "validto", "to", "end", "enddate", "stop",
        "stopdate", "deactivationdate", "expirationdate",
    ),
    "kind": ("recid",),
    "class": ("classification",),
    "special": ("specialization",),
}  # fmt: skip
"""What the columns we use are called, without case, blanks and signs; the first that is there counts."""

_DAY = re.compile(
    r"(?:(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})|(?P<y2>[0-9]{4})(?P<m2>[0-9]{2})(?P<d2>[0-9]{2})"
    r"|(?P<m3>[0-9]{1,2})/(?P<d3>[0-9]{1,2})/(?P<y3>[0-9]{4}))(?:[ T]0?0:00(?::00(?:\.0+)?)?)?\Z"
)
"""A date as people and spreadsheets write it; a spreadsheet may have put midnight behind it."""
_PROCEDURE, _MODIFIER, _CONTINUED = "3", "7", frozenset("48")


def table_layout(code_set: CodeSet, lines: list[str]) -> tuple[str, Lines] | None:
    """Return the layout of *lines* in words and its rows, None where no line near the top names a column of codes."""
    for index, line in enumerate(lines[:LOOKED_AT]):
        for delimiter in (",", "\t", ";", "|"):
            columns = _columns(line, delimiter)
            if CODE in columns:
                wanted = _MODIFIER if code_set is CodeSet.MODIFIERS else _PROCEDURE
                return _title(delimiter, columns), _rows(lines, index, delimiter, columns, wanted)
    return _without_heading(code_set, lines)


def _title(delimiter: str, columns: Mapping[str, int]) -> str:
    if "kind" in columns:
        return "CMS ANWEB sheet"
    if "special" in columns:
        return "NUCC taxonomy"
    return "tab-separated columns" if delimiter == "\t" else "CSV"


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line, none where it cannot be cut into any."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _columns(line: str, delimiter: str) -> dict[str, int]:
    """Return where the columns we use stand in the heading *line*."""
    heads = [re.sub(r"[^a-z0-9]", "", head.lower()) for head in _cells(line, delimiter)]
    found = {}
    for name, known in _NAMES.items():
        place = next((heads.index(head) for head in known if head in heads), None)
        if place is not None:
            found[name] = place
    return found


def _without_heading(code_set: CodeSet, lines: list[str]) -> tuple[str, Lines] | None:
    """Codes, and perhaps a description, from the very first line on."""
    first = next((line for line in lines if line.strip()), "")
    for delimiter in (",", "\t", ";", "|"):
        cells = _cells(first, delimiter)
        if cells and len(cells) <= 2 and fits(code_set, plain_code(code_set, cells[0])):
            columns = {CODE: 0, "description": 1}
            return "codes without a heading", _rows(lines, -1, delimiter, columns, _PROCEDURE)
    return None


def _rows(lines: list[str], heading: int, delimiter: str, columns: Mapping[str, int], wanted: str) -> Lines:
    reader = csv.reader((f"{line}\n" for line in lines[heading + 1 :]), delimiter=delimiter)
    begun: Line | Fault | None = None
    try:
        for cells in reader:
            number = heading + 1 + reader.line_num
            cell = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
            if not any(cell.values()) or _is_gap(cell):
                continue
            kind = cell.get("kind", wanted)
            if kind in _CONTINUED:
                begun = _longer(begun, cell)
                continue
            if begun is not None:
                yield begun
            begun = _line(number, cell) if kind == wanted else None
    except csv.Error as fault:
        yield Fault(heading + 1 + reader.line_num, str(fault))
    if begun is not None:
        yield begun


def _is_gap(cell: Mapping[str, str]) -> bool:
    """Tell whether a row only says that codes are free: CMS's ``28-30 Unassigned``."""
    return cell.get("description", "").casefold().startswith("unassigned")


def _longer(begun: Line | Fault | None, cell: Mapping[str, str]) -> Line | Fault | None:
    """Return *begun* with the words of a record that continues it."""
    if not isinstance(begun, Line) or begun.code != cell[CODE]:
        return begun
    return Line(
        number=begun.number, code=begun.code, description=f"{begun.description} {cell.get('description', '')}".strip(),
        starts=begun.starts, ends=begun.ends,
    )  # fmt: skip


def _line(number: int, cell: Mapping[str, str]) -> Line | Fault:
    days: dict[str, date | None] = {}
    for name in ("starts", "ends"):
        try:
            days[name] = _day(cell.get(name, ""))
        except ValueError:
            return Fault(
                number, f"{cell[name][:20]!r} is not a date such as 2026-10-01, 20261001 or 10/01/2026"
            )
    description = cell.get("description") or " - ".join(
        filter(None, (cell.get("class"), cell.get("special")))
    )
    return Line(
        number=number, code=cell[CODE], description=description, starts=days["starts"], ends=days["ends"]
    )


def _day(text: str) -> date | None:
    """Read a date, None where there is none; raise ValueError where it is no date."""
    if not text:
        return None
    found = _DAY.match(text)
    if found is None:
        raise ValueError(text)
    part = found.groupdict()
    year, month, day = (part[name] or part[f"{name}2"] or part[f"{name}3"] for name in "ymd")
    return date(int(year), int(month), int(day))
