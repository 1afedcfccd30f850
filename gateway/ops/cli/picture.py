"""One stored thing for a person: what it is, its story, its parts as tables; raw content last. `--json` has everything."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from gateway.ops.cli import output
from gateway.ops.reports.masking import MASK
from gateway.ops.reports.meanings import explained, meaning

COLUMNS: dict[str, tuple[str, ...]] = {
    "submissions": ("id", "claim", "transmission", "payer", "state", "sent_at", "reason"),
    "payments": (
        "id",
        "claim",
        "class",
        "state",
        "#charge",
        "#paid",
        "#contractual",
        "#patient",
        "#in_review",
    ),
    "service_lines": (
        "line",
        "version",
        "control_number",
        "procedure",
        "#charge",
        "#paid",
        "#contractual",
        "#patient",
        "#open",
        "how",
    ),
    "acknowledgements": ("at", "kind", "source", "outcome", "receipt", "submission", "codes"),
    "entries": ("at", "kind", "account", "#amount"),
    "holds": ("at", "kind", "by", "released_at", "released_by", "reason"),
    "versions": ("id", "#version", "claim", "intake_file", "#row", "payer", "frequency", "#charge"),
    "sets": ("st02", "state", "reference", "#segments"),
    "attempts": ("#n", "state", "started_at", "ended_at", "error", "evidence"),
    "interchanges": ("#ordinal", "sender", "receiver", "isa13", "environment", "kinds", "state"),
    "remittances": ("id", "state", "payer_name", "trace_number", "payment_date", "#amount", "reason"),
    "proposals": ("claim", "facts", "command"),
    "differences": ("rule", "claim", "number", "what"),
    "provider_adjustments": ("#ordinal", "provider", "reason", "#amount"),
    "deposits": ("at", "deposit", "how", "#amount", "by", "reason"),
    "movements": ("at", "target", "remittance", "how", "#amount", "by", "reason"),
    "adjustments": ("#line", "group_code", "reason", "#amount", "#quantity"),
    "notes": ("at", "kind", "by", "reason"),
    "refused": ("#row", "code", "#charge"),
    "words": ("code_set", "code", "description"),
}
"""The parts of a thing, in the order they are shown, and the columns of each; an empty column is left out."""

HIDDEN = frozenset({"type", "story", "changes", "account", "findings", "content", "blob"})
MOST_ROWS = 20


def draw(seen: Mapping[str, Any]) -> None:
    """Print what `views.show` returned, masked or revealed as it came."""
    output.pairs(
        (name, value)
        for name, value in seen.items()
        if name not in HIDDEN and value is not None and not isinstance(value, dict | list)
    )
    if seen.get("account"):
        _title("account")
        output.amounts(seen["account"].items(), indent=2)
    if seen.get("story"):
        _title("story (UTC)")
        output.table(
            ("", "", ""),
            [(step["at"], step["what"], _told(step)) for step in seen["story"]],
            indent=2,
            heading=False,
        )
    if seen.get("findings"):
        _title("findings")
        output.table(
            ("severity", "code", "#line", "where", "sent as", "what"),
            [(f["severity"], f["code"], f["line"], _where(f), f["x12"], _words(f)) for f in seen["findings"]],
            indent=2,
        )
    if seen.get("next"):
        _title("next")
        for step in seen["next"]:
            typer.echo(f"  {step}")
    for name, columns in COLUMNS.items():
        _part(name, columns, seen.get(name) or [], seen["id"])
    content = seen.get("content") or next((v["content"] for v in reversed(seen.get("versions") or [])), None)
    if content and seen["type"] in {"claim", "claim_version", "claim_payment", "deposit"}:
        _title("content")
        _tree(content, 2)


def _title(text: str) -> None:
    typer.echo(f"\n{text}")


def _told(step: Mapping[str, Any]) -> str:
    return (
        explained(step["text"])
        if step["what"] in {"held", "error", "warning", "info", "answered"}
        else step["text"]
    )


def _words(finding: Mapping[str, Any]) -> str:
    """Return what a finding says, or what its code means where its own words are masked."""
    said = str(finding["message"])
    return said if said != MASK else meaning(finding["code"]) or f"{said} (--reveal shows it)"


def _where(finding: Mapping[str, Any]) -> str | None:
    """Return the column, path or element as the sender knows it, and the field where that is another name."""
    where, field = finding["element"] or finding["segment"], finding["field"]
    if field is None or field == where:
        return None if where is None else _shortened(str(where))
    return f"{where} ({field})" if where else _shortened(str(field))


def _shortened(fields: str) -> str:
    """Name the first two of many fields; --json has them all."""
    named = fields.split(", ")
    return fields if len(named) <= 3 else f"{', '.join(named[:2])} and {len(named) - 2} more"


def _part(name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], owner: str) -> None:
    """Print one part as a table, without the columns that are empty or say only whose part it is."""
    if not rows:
        return
    kept = [
        column
        for column in columns
        if any(row.get(column.removeprefix("#")) not in (None, "", owner) for row in rows)
        and not (column == "submission" and len({row.get(column) for row in rows}) == 1)
    ]
    _title(name.replace("_", " ") if len(rows) <= MOST_ROWS else f"{name.replace('_', ' ')} ({len(rows)})")
    output.table(
        kept,
        [[row.get(column.removeprefix("#")) for column in kept] for row in rows[:MOST_ROWS]],
        indent=2,
    )
    if len(rows) > MOST_ROWS:
        typer.echo(f"  ... {len(rows) - MOST_ROWS} more: --json lists them all")


def _tree(value: Any, indent: int) -> None:
    """Print nested content, a name and its value on a line; what is absent is left out."""
    margin = " " * indent
    if isinstance(value, Mapping):
        for name, part in value.items():
            if part in (None, [], {}):
                continue
            if isinstance(part, Mapping):
                typer.echo(f"{margin}{name}")
                _tree(part, indent + 2)
            elif isinstance(part, list) and isinstance(part[0], Mapping):
                for n, one in enumerate(part, start=1):
                    typer.echo(f"{margin}{name} {n}")
                    _tree(one, indent + 2)
            elif isinstance(part, list):
                typer.echo(f"{margin}{name}: {' '.join(map(str, part))}")
            else:
                typer.echo(f"{margin}{name}: {part}")
    else:
        typer.echo(f"{margin}{value}")
