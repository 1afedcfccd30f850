"""What goes where: data on stdout, findings and progress on stderr, so that another program can read us.

Every JSON line has ``kind`` and ``schema_version``; amounts are exact decimal strings; absent is null. Colour and
progress bars appear only on a terminal.
"""

import dataclasses
import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from gateway.errors import UsageError
from gateway.model.findings import Finding, Severity
from gateway.model.money import plain

SCHEMA_VERSION = "1"


FINDING_KEYS = (
    "code",
    "severity",
    "file",
    "line",
    "segment",
    "element",
    "loop",
    "claim",
    "field",
    "x12",
    "message",
)
"""A finding everywhere, in this order; what is not known is null."""


def jsonable(value: Any) -> Any:
    """Return *value* as JSON can carry it; Decimal becomes an exact string, a moment ends in ``Z``."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(v) for v in value]
    return value


def emit(kind: str, record: Mapping[str, Any], *, source: Mapping[str, Any] | None = None) -> None:
    """Write one JSON line to stdout; a *record* that has a kind of its own (a journal entry's, a file's) says it as `what`."""
    line: dict[str, Any] = {"kind": kind, "schema_version": SCHEMA_VERSION}
    if source is not None:
        line["source"] = dict(source)
    for name, value in jsonable(record).items():
        line["what" if name == "kind" else name] = value
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """Say *text* to the person at the terminal, on stderr."""
    sys.stderr.write(text + "\n")


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return *finding* in its published shape."""
    return {key: jsonable(getattr(finding, key)) for key in FINDING_KEYS}


def finding_line(finding: Mapping[str, Any]) -> str:
    """Return a finding in its published shape as one JSON line."""
    return json.dumps(jsonable(finding), ensure_ascii=False) + "\n"


def report_findings(findings: Iterable[Finding], *, to: Path | None = None) -> None:
    """Write *findings* as JSON lines to the file *to*, or to stderr as sentences."""
    if to is not None:
        write_findings((finding_json(f) for f in findings), to)
        return
    for finding in findings:
        say(sentence(finding))


def write_findings(findings: Iterable[Mapping[str, Any]], to: Path) -> None:
    """Write findings in their published shape as JSON lines to the file *to*."""
    try:
        with to.open("w", encoding="utf-8") as out:
            out.writelines(map(finding_line, findings))
    except OSError as fault:
        raise UsageError(f"{to}: cannot be written ({fault.strerror or type(fault).__name__})") from None


def sentence(finding: Finding) -> str:
    """Return *finding* as a line for a person."""
    place = ":".join(str(p) for p in (finding.file, finding.line) if p is not None)
    what = " ".join(
        p
        for p in (
            finding.loop,
            finding.element or finding.segment,
            f"claim {finding.claim}" if finding.claim else "",
        )
        if p
    )
    mark = paint(
        finding.severity.value, "31" if finding.severity is Severity.ERROR else "33", sys.stderr.isatty()
    )
    return f"{place + ': ' if place else ''}{mark} {finding.code}{' (' + what + ')' if what else ''}: {finding.message}"


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, indent: int = 0, heading: bool = True
) -> None:
    """Print a table for a person on stdout; a column whose name begins with ``#`` is set to the right.

    On a terminal the last column is folded into the width there is, and of a table that is still too wide the columns that
    do not fit stand below each row, by name; elsewhere a row is one line, to be searched. Without rows nothing is printed.
    """
    listed = [[_cell(cell) for cell in row] for row in rows]
    if not listed:
        return
    names = [column.removeprefix("#") for column in columns]
    shown = [names, *listed] if heading else listed
    widths = [max((len(row[i]) for row in shown), default=0) for i in range(len(names) - 1)]
    if heading and sys.stdout.isatty():
        room = shutil.get_terminal_size().columns - indent
        widest = max(len(row[-1]) for row in shown)
        if sum(widths) + 2 * len(widths) + min(widest, _NARROWEST) > room:
            _stacked(columns, listed, [*widths, widest], indent=indent, room=room)
            return
    margin = " " * indent
    rest = shutil.get_terminal_size().columns - indent - sum(widths) - 2 * len(widths)
    for n, row in enumerate(shown):
        cells = [
            cell.rjust(width) if column.startswith("#") else cell.ljust(width)
            for cell, width, column in zip(row[:-1], widths, columns[:-1], strict=True)
        ]
        last = row[-1]
        if columns[-1].startswith("#"):
            last = last.rjust(max(len(other[-1]) for other in shown))
        front = margin + "".join(f"{cell}  " for cell in cells)
        folded = _folded(last, rest)
        first = f"{front}{folded[0]}".rstrip()
        sys.stdout.write((paint(first, "1", sys.stdout.isatty()) if heading and n == 0 else first) + "\n")
        for line in folded[1:]:
            sys.stdout.write(f"{' ' * len(front)}{line}\n")


_NARROWEST = 24
"""So many characters the last column is folded into at the least."""

_BELOW = 4
"""So far what stands below a row is moved in."""


def _stacked(
    columns: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int], *, indent: int, room: int
) -> None:
    """Print of each row the columns that fit, as a table, and below it the others by name, those that say something."""
    fit = 1
    while sum(widths[: fit + 1]) + 2 * fit <= room:
        fit += 1
    names, margin = [column.removeprefix("#") for column in columns], " " * indent
    for n, row in enumerate([names, *rows]):
        cells = [
            cell.rjust(width) if column.startswith("#") else cell.ljust(width)
            for cell, width, column in zip(row[:fit], widths, columns, strict=False)
        ]
        line = (margin + "  ".join(cells)).rstrip()
        sys.stdout.write((line if n else paint(line, "1", terminal=True)) + "\n")
        beside = (
            ""
            if n == 0
            else "  ".join(
                f"{name}: {cell}" for name, cell in zip(names[fit:], row[fit:], strict=True) if cell
            )
        )
        for folded in _folded(beside, room - _BELOW) if beside else ():
            sys.stdout.write(f"{margin}{' ' * _BELOW}{folded}\n")


def _folded(text: str, width: int) -> list[str]:
    if not sys.stdout.isatty() or len(text) <= width:
        return [text]
    return textwrap.wrap(text, max(width, _NARROWEST), break_long_words=False, break_on_hyphens=False) or [""]


def _cell(value: Any) -> str:
    """Return *value* for a person: a moment by the clock of UTC without its letters, yes and no for truth values."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(jsonable(value))


def pairs(items: Iterable[tuple[str, Any]], *, indent: int = 0) -> None:
    """Print name and value lines, values aligned."""
    table(
        ("", ""),
        [(name, "-" if value is None else value) for name, value in items],
        indent=indent,
        heading=False,
    )


def amounts(items: Iterable[tuple[str, Decimal | int]], *, indent: int = 0) -> None:
    """Print names and numbers, the numbers set to the right."""
    table(("", "#"), list(items), indent=indent, heading=False)


Advance = Callable[..., None]
"""`(amount, text=None)`: moves a progress bar on by so much, and says what is being done."""


@contextmanager
def progress(title: str, total: float | None = None) -> Iterator[Advance]:
    """Show a progress bar on stderr while the block runs, on a terminal only; without a *total* it just moves."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(amount: float, text: str | None = None) -> None:
            bar.update(task, advance=amount, description=text or title)

        yield advance


def paint(text: str, colour: str, terminal: bool) -> str:
    """Return *text* in a colour (an SGR code such as ``31``), on a terminal only."""
    return f"\x1b[{colour}m{text}\x1b[0m" if terminal else text
