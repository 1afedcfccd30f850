"""What goes where: data on stdout, findings and progress on stderr, so that another program can read us.

Every JSON line has ``kind`` and ``schema_version``; amounts are exact decimal strings; absent is null. Colour and
progress bars appear only on a terminal.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from gateway.model.findings import Finding, Severity
from gateway.model.money import plain

SCHEMA_VERSION = "1"
MASK = "***"


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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(v) for v in value]
    return value


def emit(kind: str, record: Mapping[str, Any], *, source: Mapping[str, Any] | None = None) -> None:
    """Write one JSON line to stdout."""
    line: dict[str, Any] = {"kind": kind, "schema_version": SCHEMA_VERSION}
    if source is not None:
        line["source"] = dict(source)
    sys.stdout.write(json.dumps({**line, **jsonable(record)}, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """Say *text* to the person at the terminal, on stderr."""
    sys.stderr.write(text + "\n")


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return *finding* in its published shape."""
    keys = ("code", "severity", "file", "line", "segment", "element", "loop", "claim", "message")
    return {key: jsonable(getattr(finding, key)) for key in keys}


def report_findings(findings: Iterable[Finding], *, to: Path | None = None, as_json: bool = False) -> None:
    """Write *findings* as JSON lines to the file *to*, or to stderr as sentences (or JSON lines)."""
    if to is not None:
        with to.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(finding_json(f), ensure_ascii=False) + "\n" for f in findings)
        return
    for finding in findings:
        say(json.dumps(finding_json(finding), ensure_ascii=False) if as_json else sentence(finding))


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
    mark = _paint(
        finding.severity.value, "31" if finding.severity is Severity.ERROR else "33", sys.stderr.isatty()
    )
    return f"{place + ': ' if place else ''}{mark} {finding.code}{' (' + what + ')' if what else ''}: {finding.message}"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """Print a table for a person on stdout; plain text when stdout is not a terminal."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, justify="right" if column.startswith("#") else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*("" if cell is None else str(jsonable(cell)) for cell in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200, highlight=False, markup=False).print(
        drawn
    )


def pairs(items: Iterable[tuple[str, Any]], *, indent: int = 0) -> None:
    """Print name and value lines, values aligned."""
    listed = [(name, jsonable(value)) for name, value in items]
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        sys.stdout.write(f"{' ' * indent}{name:<{width}}  {'-' if value is None else value}\n")


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Any]:
    """Show a progress bar on stderr while the block runs; yields a function ``advance(n, text=None)``."""
    if not sys.stderr.isatty():
        yield lambda *_args, **_named: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(amount: float = 1, text: str | None = None) -> None:
            bar.update(task, advance=amount, description=text or title)

        yield advance


def mask(text: str | None) -> str | None:
    """Hide all but the first letter of *text*."""
    if not text:
        return text
    return text[0] + MASK


def masked(value: Any) -> Any:
    """Hide every text in *value* that may tell who a person is; codes, dates of service and amounts stay."""
    if isinstance(value, Mapping):
        return {k: (_hide(v) if k in PERSONAL else masked(v)) for k, v in value.items()}
    if isinstance(value, list):
        return [masked(v) for v in value]
    return value


def _hide(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {k: _hide(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_hide(v) for v in value]
    return None if value is None else MASK


PERSONAL = frozenset(
    {
        "subscriber", "patient", "patient_control_number", "payer_control_number", "member_id", "corrected_member_id",
        "patient_last_name", "patient_first_name", "last_name", "first_name", "middle_name", "birth_date",
        "medical_record_number", "note", "residue", "prior_authorization", "referral_number", "line_control_number",
        "address", "ssn", "claim", "message", "free_text", "reference", "group_number",
    },
)  # fmt: skip
"""Fields hidden in views of stored claims unless ``--reveal`` is given (law 11)."""


def _paint(text: str, colour: str, terminal: bool) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if terminal else text
