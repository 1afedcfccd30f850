"""The published shape of a remittance as `gateway read` prints it: JSON Schema and docs/remittance-record.md."""

import dataclasses
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from gateway.model.codec import QUANTITIES
from gateway.model.remittance import Imbalance, Remittance
from gateway.ops.remittance_fields import ABOUT, FIELDS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrintedRemittance(Remittance):
    """A remittance with what `gateway read` says of it."""

    balanced: bool
    imbalances: tuple[Imbalance, ...]


_PRINTED = {
    "balanced": "whether everything adds up (B1 to B4)",
    "imbalances": "the equations that do not hold",
}
_AROUND: dict[str, Any] = {
    "kind": {"const": "remittance"},
    "schema_version": {"type": "string", "description": "version of these shapes"},
    "source": {
        "type": "object",
        "description": "file, interchange, group, set and position it was read from",
    },
}


def remittance_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line of kind `remittance`: every field is there, what is absent is null."""
    made = TypeAdapter(PrintedRemittance).json_schema(mode="serialization")
    known = {kind.__name__: kind for kind in FIELDS}
    _describe(made, {**FIELDS[Remittance], **_PRINTED})
    for name, part in made["$defs"].items():
        _describe(part, FIELDS[known[name]])
        part["description"] = ABOUT[known[name]]
    made["properties"] = {**_AROUND, **made["properties"]}
    return {"$schema": _DIALECT, **made, "title": "Remittance", "description": ABOUT[Remittance]}


def _describe(schema: dict[str, Any], meanings: dict[str, str]) -> None:
    schema.pop("title", None)
    schema["required"] = list(schema["properties"])
    for name, field in schema["properties"].items():
        field.pop("title", None)
        field.pop("default", None)
        field["description"] = meanings[name]


def remittance_markdown() -> str:
    """Return docs/remittance-record.md."""
    said = [_HEAD]
    for kind in _kinds():
        title = "The remittance" if kind is Remittance else kind.__name__
        said.append(f"## {title}\n\n{ABOUT[kind]}\n\n{_table(kind)}\n")
    return "\n".join(said).rstrip() + "\n"


def _kinds() -> Iterator[type]:
    seen: list[type] = []
    waiting: list[type] = [Remittance]
    while waiting:
        kind = waiting.pop(0)
        if kind not in seen:
            seen.append(kind)
            yield kind
            hints = typing.get_type_hints(kind)
            parts = (_bare(hints[f.name]) for f in dataclasses.fields(kind))
            waiting += [typing.cast("type", part) for part in parts if dataclasses.is_dataclass(part)]
    yield Imbalance


def _bare(hint: Any) -> Any:
    return next((part for part in typing.get_args(hint) if part not in {type(None), ...}), hint)


def _table(kind: type) -> str:
    hints = typing.get_type_hints(kind)
    rows = ["| field | what it is | form |", "| --- | --- | --- |"]
    meanings = FIELDS[kind]
    rows += [
        f"| `{f.name}` | {meanings[f.name]} | {_form(hints[f.name], f.name)} |"
        for f in dataclasses.fields(kind)
    ]
    if kind is Remittance:
        rows += [
            f"| `balanced` | {_PRINTED['balanced']} | true or false |",
            f"| `imbalances` | {_PRINTED['imbalances']} | list of [Imbalance](#imbalance) |",
        ]
    return "\n".join(rows)


def _form(hint: Any, name: str) -> str:
    bare = _bare(hint)
    if dataclasses.is_dataclass(bare):
        title = typing.cast("type", bare).__name__
        one = f"[{title}](#{title.lower()})"
    elif bare is Decimal:
        one = "quantity" if name in QUANTITIES else "amount"
    else:
        one = {str: "text", int: "number"}.get(bare, "date")
    return f"list of {one}" if typing.get_origin(hint) is tuple else one


_HEAD = """\
# The remittance record

An 835 as `gateway read` prints it, one line of kind `remittance` a payment (ST). This page is made from the code; `gateway
schema remittance` prints the same as JSON Schema. Whatever the guide lets a payer say has its field.

- Every field is there; what was not said is `null`, or an empty list.
- **Amounts** are exact decimals in text with at least two places, `"125.50"`, with the sign they came with.
- **Quantities** are exact decimals in text, with the digits they came with.
- **Dates** are `"2026-01-31"`. Codes and numbers are text as received; no description of a code is shipped.
- Reading is forgiving: segments in odd order, unknown qualifiers and kinds of codes are read with a finding. A segment that no
  field takes stands in the `residue` of the line, claim or payment it came with. One that moves money and stands where it means
  nothing (a second BPR, a CAS before any claim) holds the payment: it is not posted.
- Files of version 4010 are read by the same rules, with the finding `ERA-VERSION`; a few sums of 4010 groups (TS306 to TS319
  where 5010 has none) are left in the file.
"""
