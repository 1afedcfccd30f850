"""CSV: one row a service line. A column is named as the JSON path of the field it fills.

Rows with the same patient_control_number are one claim, wherever they stand; the claim's own columns need to be filled
in its first row only, and must not say something else further down.
"""

import csv
import dataclasses
import difflib
import io
import typing
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gateway.claims.intake.formats import Intake, whole
from gateway.claims.intake.placing import DroppedRecord, RecordPlaces
from gateway.claims.intake.record import part_of, validate
from gateway.model.claim import Address, BillingProvider, Claim, Reference, Residue, ServiceLine
from gateway.model.findings import Finding, error
from gateway.settings import Limits

LINES = "service_lines"
NUMBER = "patient_control_number"
DELIMITERS = (",", ";", "\t", "|")

_LEFT_OUT = {
    (Claim, LINES),
    (BillingProvider, "pay_to_address"),
    # Blanks mean something in it, so that it cannot be a list in a cell.
    (Claim, "file_information"),
    (ServiceLine, "file_information"),
}
_LINE = LINES + "."


@cache
def csv_columns() -> tuple[str, ...]:
    """Return every column there is, in the template's order: what every claim needs comes first."""
    claim = [*_columns_of(Claim, ""), *_columns_of(Address, "billing_provider.pay_to_address.")]
    lines = list(_columns_of(ServiceLine, _LINE))
    needed = [c for c in _NEEDED if c in claim or c in lines]
    return tuple(dict.fromkeys([*needed, *claim, *lines]))


_NEEDED = (
    NUMBER, "charge", "payer.id", "payer.name", "claim_filing_indicator", "place_of_service",
    "billing_provider.name", "billing_provider.npi", "billing_provider.tax_id", "billing_provider.taxonomy",
    "billing_provider.address.line1", "billing_provider.address.city", "billing_provider.address.state",
    "billing_provider.address.zip", "rendering_provider.entity_type", "rendering_provider.name",
    "rendering_provider.first_name", "rendering_provider.npi", "rendering_provider.taxonomy",
    "subscriber.member_id", "subscriber.last_name", "subscriber.first_name", "subscriber.birth_date",
    "subscriber.sex", "subscriber.group_number", "subscriber.address.line1", "subscriber.address.city",
    "subscriber.address.state", "subscriber.address.zip", "patient.relationship", "patient.last_name",
    "patient.first_name", "patient.birth_date", "patient.sex", "patient.address.line1", "patient.address.city",
    "patient.address.state", "patient.address.zip", "diagnoses", _LINE + "service_date", _LINE + "procedure",
    _LINE + "modifiers", _LINE + "charge", _LINE + "units", _LINE + "diagnosis_pointers",
    _LINE + "line_control_number",
)  # fmt: skip


def _columns_of(kind: type, prefix: str) -> Iterator[str]:
    for f in dataclasses.fields(kind):
        part = part_of(kind, f.name)
        if part is Residue or (kind, f.name) in _LEFT_OUT:
            continue
        if part not in {None, Reference} and typing.get_origin(typing.get_type_hints(kind)[f.name]) is tuple:
            continue  # a list of records has no place in a cell
        if part is None or part is Reference:
            yield prefix + f.name
        else:
            yield from _columns_of(part, f"{prefix}{f.name}.")


@cache
def _listed() -> frozenset[str]:
    """Return the columns whose cell is a list."""
    found = set()
    for column in csv_columns():
        *parents, name = column.split(".")
        kind: type = Claim
        for parent in parents:
            kind = part_of(kind, parent) or kind
        if typing.get_origin(typing.get_type_hints(kind)[name]) is tuple:
            found.add(column)
    return frozenset(found)


@cache
def _references() -> frozenset[str]:
    return frozenset(c for c in _listed() if c.endswith("references"))


@cache
def _required() -> tuple[str, ...]:
    """Return the columns without which no claim can be whole."""
    return (
        NUMBER, "charge", "payer.id", "payer.name", "billing_provider.name", "subscriber.last_name",
        _LINE + "procedure", _LINE + "charge", _LINE + "units",
    )  # fmt: skip


@dataclass(slots=True)
class _Group:
    """The rows of one claim: (line number, cells by column), and what is wrong with the rows as rows."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    raws: list[list[str]] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)
    first: int = 0


def read_csv(text: str, *, limits: Limits) -> Iterator[Intake]:
    """Yield each claim of the sheet, in the order of their first rows."""
    header, delimiter = _header(text)
    faults = _header_faults(header)
    if faults:
        yield whole(*faults)
        return
    try:
        groups = _groups(text, header, delimiter, limits)
    except csv.Error as fault:
        said = (
            "a cell is too long"
            if "field larger" in str(fault)
            else "a quote is not closed or stands inside a cell"
        )
        line = fault.args[1] if len(fault.args) > 1 else None
        yield whole(
            error(
                "IN-CSV",
                f"the sheet's quoting is broken: {said}"
                + (f" in or before line {line}" if line else "")
                + "; nothing of the file was taken in, because rows cannot be told apart",
                line=line,
            )
        )
        return
    if not groups:
        yield whole(error("IN-FILE-EMPTY", "the sheet has a header and no rows; nothing was taken in"))
    if len(groups) > limits.intake_records:
        yield whole(
            error(
                "IN-RECORDS",
                f"more than {limits.intake_records} claims (limits.intake_records); cut the file in two",
            )
        )
        return
    for group in groups:
        yield _claim_of(group, delimiter)


def pick(text: str, rows: Collection[int], *, limits: Limits) -> Iterator[DroppedRecord]:
    """Yield the claims whose first rows are *rows* as they were dropped."""
    header, delimiter = _header(text)
    for group in _groups(text, header, delimiter, limits):
        if group.first in rows:
            places = RecordPlaces(row=group.first, column=_places(group))
            yield DroppedRecord(_written(group.raws, delimiter), places)


def header_line(text: str) -> str:
    """Return the header as it stands, to be put over rows given back."""
    return text.lstrip("\r\n").partition("\n")[0].rstrip("\r")


def _header(text: str) -> tuple[list[str], str]:
    line = header_line(text)
    known = set(csv_columns())

    def cut(delimiter: str) -> list[str]:
        try:
            return [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        except csv.Error:
            return [line]

    best = max(DELIMITERS, key=lambda d: sum(cell in known for cell in cut(d)))
    cells = cut(best)
    while cells and not cells[-1]:
        cells.pop()
    return cells, best


def _header_faults(header: Sequence[str]) -> list[Finding]:
    known = csv_columns()
    faults = []
    for position, name in enumerate(header, start=1):
        if header.count(name) > 1 and header.index(name) == position - 1:
            faults.append(
                error(
                    "IN-CSV-COLUMN",
                    f"the column {name[:60]!r} stands there twice; leave one",
                    line=1,
                    element=name[:60],
                )
            )
        elif name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            hint = (
                f"; did you mean {close[0]}?"
                if close
                else "; `gateway schema claim --csv` prints the columns"
            )
            shown = repr(name[:60]) if name else f"number {position} (it has no name)"
            faults.append(
                error("IN-CSV-COLUMN", f"there is no column {shown}{hint}", line=1, element=name[:60] or None)
            )
    faults += [
        error(
            "IN-CSV-COLUMN",
            f"the column {name} is missing; no claim is whole without it",
            line=1,
            element=name,
        )
        for name in _required()
        if name not in header
    ]
    return faults


def _groups(text: str, header: list[str], delimiter: str, limits: Limits) -> list[_Group]:
    """Collect the rows by claim; raise csv.Error where the quoting is broken."""
    reader = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter, strict=True)
    groups: dict[str, _Group] = {}
    skipped = len(text) - len(text.lstrip("\r\n"))
    offset = text.count("\n", 0, skipped)
    before = csv.field_size_limit(limits.intake_record_bytes)
    try:
        next(reader, None)
        start = reader.line_num + 1
        for cells in reader:
            line, start = start + offset, reader.line_num + 1
            if any(cell.strip() for cell in cells):
                _add_row(groups, header, cells, line)
            if len(groups) > limits.intake_records:
                break
    except csv.Error as fault:
        raise csv.Error(*fault.args[:1], reader.line_num + offset) from None
    finally:
        csv.field_size_limit(before)
    return list(groups.values())


def _add_row(groups: dict[str, _Group], header: list[str], cells: list[str], line: int) -> None:
    named = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    number = named.get(NUMBER) or ""
    group = groups.setdefault(number or f"\0{line}", _Group(first=line))
    group.raws.append(cells)
    extra = [cell for cell in cells[len(header) :] if cell.strip()]
    if len(cells) < len(header) or extra:
        group.faults.append(
            error(
                "IN-CSV-CELLS",
                f"line {line} has {len(cells)} cells where the header has {len(header)}; a quote or a delimiter is "
                "missing or too many",
                line=line,
                claim=number or None,
            )
        )
    if group.rows:
        first = group.rows[0][1]
        for name, cell in named.items():
            if cell and not name.startswith(_LINE):
                if not first.get(name):
                    first[name] = cell
                elif first[name] != cell:
                    group.faults.append(
                        error(
                            "IN-CSV-CONFLICT",
                            f"{name} differs from line {group.first} of the same claim; a claim has one {name}",
                            line=line,
                            element=name,
                            claim=number,
                        )
                    )
    group.rows.append((line, named))


def _claim_of(group: _Group, delimiter: str) -> Intake:
    record: dict[str, Any] = {}
    lines: list[dict[str, Any]] = []
    for index, (_, cells) in enumerate(group.rows):
        service: dict[str, Any] = {}
        for name, cell in cells.items():
            if name.startswith(_LINE):
                _put(service, name.removeprefix(_LINE), cell, listed=name)
            elif index == 0:
                _put(record, name, cell, listed=name)
        lines.append(service)
    place = _places(group)
    if any(fault.code == "IN-CSV-CELLS" for fault in group.faults):
        raw = _written(group.raws, delimiter)
        return Intake(row=group.first, claim=None, findings=tuple(group.faults), raw=raw, place=place)
    claim, faults = validate({**record, LINES: lines})
    found = [
        f.at(line=place(f.element)[0], element=place(f.element)[1], field=f.element) if f.element else f
        for f in faults
    ]
    if group.faults:
        claim = None
    return Intake(
        row=group.first,
        claim=claim,
        findings=(*group.faults, *found),
        raw=_written(group.raws, delimiter),
        place=place,
    )


def _put(record: dict[str, Any], path: str, cell: str, *, listed: str) -> None:
    """Put a cell where its column says; an empty cell says nothing."""
    if not cell:
        return
    *parents, name = path.split(".")
    for parent in parents:
        record = record.setdefault(parent, {})
    if listed in _references():
        pairs = (part.partition(":") for part in _parts(cell))
        record[name] = [{"qualifier": qualifier, "id": identifier} for qualifier, _, identifier in pairs]
    elif listed in _listed():
        record[name] = _parts(cell)
    else:
        record[name] = cell


def _parts(cell: str) -> list[str]:
    for mark in ",;|":
        cell = cell.replace(mark, " ")
    return cell.split()


def _places(group: _Group) -> Callable[[str], tuple[int, str]]:
    """Return what turns a JSON path into the line and column it came from."""
    numbers = [line for line, _ in group.rows]

    def place(path: str) -> tuple[int, str]:
        line, rest = group.first, path
        if path.startswith(LINES + "["):
            index, _, rest = path.removeprefix(LINES + "[").partition("]")
            line = numbers[int(index)] if index.isdigit() and int(index) < len(numbers) else line
            rest = LINES + rest
        return line, rest.partition("[")[0]

    return place


def _written(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().removesuffix("\n")
