"""The validator at the edge: a parsed record becomes a `Claim`, or all of its faults at once, in a biller's words.

Models with the strictness of an edge are made from the dataclasses of `gateway.model.claim`, field by field, so that
the two cannot drift apart. Pydantic's own messages carry the offending value: they never leave this module (law 11).
"""

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Optional

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError, PydanticUndefined

from gateway.claims.intake.fields import ABOUT, FIELDS
from gateway.claims.intake.formats import TWICE
from gateway.model.claim import Claim, Residue
from gateway.model.codec import QUANTITIES
from gateway.model.findings import Finding, error
from gateway.model.money import is_cents, parse_decimal

PRINTED_BY_READ = ("kind", "schema_version", "source")
"""What `gateway read` puts before the record; accepted and left aside."""

MOST_FAULTS = 100
"""Faults said of one record; after so many it is not the record that is wrong, but its making."""

LARGEST_EXPONENT = 15
QUOTED = 40
"""So much of a wrong value is shown."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
_YES = frozenset({"y", "yes", "true", "1"})
_NO = frozenset({"n", "no", "false", "0"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def _fault(code: str, sentence: str) -> PydanticCustomError:
    # Braces would be taken as holes by pydantic's message templates; no sentence of ours has any.
    return PydanticCustomError(code, sentence)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _fault("IN-TYPE", 'must be text in quotes, such as "0123"')
    if not value:
        raise _fault("IN-EMPTY", "is empty in the middle of a list; later ones would change their number")
    if not value.isascii() and _SURROGATE.search(value):
        raise _fault("IN-ENCODING", "holds half a character; write it whole")
    return value


def _number(value: Any, code: str) -> Decimal:
    if isinstance(value, str):
        parsed = parse_decimal(value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        parsed = Decimal(value)
    else:
        parsed = None
    if parsed is None or not parsed.is_finite():
        raise _fault(code, "is not a plain number such as 125.50 (no currency sign, no thousands comma)")
    if parsed != 0 and abs(parsed.adjusted()) > LARGEST_EXPONENT:
        raise _fault(code, "is too large or too small to be true")
    return parsed


def _money(value: Any) -> Decimal:
    amount = _number(value, "IN-AMOUNT")
    if not is_cents(amount):
        raise _fault("IN-AMOUNT", "has more than two decimals; write dollars and cents")
    return amount


def _quantity(value: Any) -> Decimal:
    return _number(value, "IN-QUANTITY")


def _day(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value) and value.isascii():
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _fault("IN-DATE", "is not a day of the calendar") from None
    raise _fault("IN-DATE", 'must be a date, written "2026-01-31" or "20260131"')


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _YES | _NO:
        return value.lower() in _YES
    raise _fault("IN-YES-NO", "must be true or false (in CSV: Y or N)")


def _count(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value):
        return int(value)
    raise _fault("IN-COUNT", "must be a whole number such as 1")


_MONEY_SCHEMA = {"type": ["string", "number"], "pattern": r"^[+-]?(\d+(\.\d{0,2})?|\.\d{1,2})$"}
_QUANTITY_SCHEMA = {"type": ["string", "number"], "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)$"}
_DAY_SCHEMA = {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2}|\d{8})$"}

_LEAVES: dict[Any, Any] = {
    str: Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})],
    bool: Annotated[bool, PlainValidator(_truth), WithJsonSchema({"type": "boolean"})],
    int: Annotated[int, PlainValidator(_count), WithJsonSchema({"type": "integer"})],
    date: Annotated[date, PlainValidator(_day), WithJsonSchema(_DAY_SCHEMA)],
}
_MONEY = Annotated[Decimal, PlainValidator(_money), WithJsonSchema(_MONEY_SCHEMA)]
_QUANTITY = Annotated[Decimal, PlainValidator(_quantity), WithJsonSchema(_QUANTITY_SCHEMA)]

_edges: dict[type, Any] = {}


def edge(kind: type) -> Any:
    """Return the strict type of the dataclass *kind*; validating yields the dataclass itself."""
    if kind not in _edges:
        hints = typing.get_type_hints(kind)
        fields = {
            f.name: (
                _edge_of(hints[f.name], f.name),
                Field(
                    PydanticUndefined if f.default is dataclasses.MISSING else f.default,
                    description=FIELDS[kind].get(f.name),
                ),
            )
            for f in dataclasses.fields(kind)
        }
        made: type[BaseModel] = create_model(  # type: ignore[call-overload]
            kind.__name__,
            __config__=ConfigDict(extra="forbid", hide_input_in_errors=True),
            __doc__=ABOUT[kind],
            **fields,
        )
        _edges[kind] = Annotated[made, AfterValidator(lambda m: kind(**m.__dict__))]
    return _edges[kind]


def _edge_of(hint: Any, name: str) -> Any:
    bare = _bare(hint)
    if bare is not hint:
        return Optional[_edge_of(bare, name)]  # noqa: UP045 - the type is known at run time only
    if typing.get_origin(hint) is tuple:
        return tuple[_edge_of(typing.get_args(hint)[0], name), ...]  # type: ignore[misc]
    if hint is Decimal:
        return _QUANTITY if name in QUANTITIES else _MONEY
    return _LEAVES.get(hint) or edge(hint)


def _bare(hint: Any) -> Any:
    """Return *hint* without None."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint


def part_of(kind: type, name: str) -> type | None:
    """Return the dataclass that the field *name* of *kind* holds (one or many), None where it holds plain values."""
    hint = _bare(typing.get_type_hints(kind).get(name))
    if typing.get_origin(hint) is tuple:
        hint = typing.get_args(hint)[0]
    return hint if dataclasses.is_dataclass(hint) else None  # type: ignore[return-value]


_Tidier = Callable[[Any], Any]
_tidiers: dict[type, Mapping[str, tuple[_Tidier | None, bool]]] = {}


def _plan(kind: type) -> Mapping[str, tuple[_Tidier | None, bool]]:
    """Say of each field which part it holds, and whether null is a value of its own (its default is another)."""
    if kind not in _tidiers:
        plan: dict[str, tuple[_Tidier | None, bool]] = {}
        hints = typing.get_type_hints(kind)
        for f in dataclasses.fields(kind):
            part = part_of(kind, f.name)
            meant = _bare(hints[f.name]) is not hints[f.name] and f.default is not None
            plan[f.name] = (None if part is None else _tidier(part), meant)
        _tidiers[kind] = plan
    return _tidiers[kind]


def _tidier(kind: type) -> _Tidier:
    return lambda value: [_tidy(v, kind) for v in value] if isinstance(value, list) else _tidy(value, kind)


def _tidy(value: Any, kind: type) -> Any:
    """Trim texts and take out what is empty, because empty means absent; residue stays as it is."""
    if not isinstance(value, dict) or kind is Residue:
        return value
    plan = _plan(kind)
    tidied: dict[str, Any] = {}
    for name, part in value.items():
        if name not in plan:  # an unknown field is a fault even when it says nothing
            tidied[name] = part
            continue
        tidier, null_is_meant = plan[name]
        if part is None:
            if null_is_meant:
                tidied[name] = None
            continue
        held = tidier(part) if tidier is not None else _trim(part)
        if held not in ("", {}):
            tidied[name] = held
    return tidied


def _trim(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        trimmed = ["" if part is None else _trim(part) for part in value]
        while trimmed and trimmed[-1] == "":
            trimmed.pop()
        return trimmed
    return value


_adapter: TypeAdapter[Claim] | None = None


def adapter() -> TypeAdapter[Claim]:
    """Return the validator of whole claims, made once."""
    global _adapter  # noqa: PLW0603 - a cache
    if _adapter is None:
        _adapter = TypeAdapter(edge(Claim))
    return _adapter


def validate(record: Any) -> tuple[Claim | None, list[Finding]]:
    """Return the claim that *record* (parsed JSON, numbers as Decimal) says, or None with every fault in it.

    A finding's ``element`` is the JSON path (``service_lines[0].charge``); file and line are the caller's to add.
    """
    if not isinstance(record, dict):
        return None, [error("IN-TYPE", "a claim must be an object in curly braces")]
    kind = record.get("kind", "claim")
    if kind != "claim":
        shown = _quoted(kind)
        return None, [
            error("IN-KIND", f"this line is {shown}, not a claim; only claims go out", element="kind")
        ]
    tidied = _tidy({k: v for k, v in record.items() if k not in PRINTED_BY_READ}, Claim)
    try:
        return adapter().validate_python(tidied), []
    except ValidationError as fault:
        found = fault.errors(include_url=False, include_context=False, include_input=False)
    number = tidied.get("patient_control_number")
    claim = number if isinstance(number, str) else None
    said = [
        _say(item["type"], item["loc"], item["msg"], tidied).at(claim=claim) for item in found[:MOST_FAULTS]
    ]
    if len(found) > MOST_FAULTS:
        said.append(
            error("IN-MORE", f"and {len(found) - MOST_FAULTS} more faults in this record", claim=claim)
        )
    return None, said


def _say(kind: str, loc: Sequence[str | int], message: str, record: Any) -> Finding:
    path, where = path_of(loc), _words(loc)
    if kind == "missing":
        return error("IN-MISSING", f"missing: {where}", element=path)
    if kind == "extra_forbidden" and path.endswith(TWICE):
        return error("IN-TWICE", f"{where}: leave one", element=path.removesuffix(TWICE))
    if kind == "extra_forbidden":
        return error("IN-UNKNOWN", f"{where}: there is no such field{_meant(loc)}", element=path)
    if kind == "tuple_type":
        return error("IN-TYPE", f"{where} must be a list in square brackets", element=path)
    if not kind.startswith("IN-"):
        return error("IN-TYPE", f"{where} must be an object in curly braces", element=path)
    value = _at(record, loc)
    shown = f" {_quoted(value)}" if isinstance(value, str | int | Decimal) and value != "" else ""
    return error(kind, f"{where}{shown} {message}", element=path)


def path_of(loc: Sequence[str | int]) -> str:
    """Write a place in a record as a JSON path such as ``service_lines[0].charge``."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{_clean(part)}"
    return path.removeprefix(".")


def _words(loc: Sequence[str | int]) -> str:
    """Write a place in a record as a person says it: ``service line 1, charge``."""
    words: list[str] = []
    for part in loc:
        if isinstance(part, int):
            words[-1] = f"{words[-1].removesuffix('s')} {part + 1}"
        else:
            words.append(_clean(part).replace("_", " "))
    return ", ".join(words) or "the record"


def _clean(name: str) -> str:
    return _SURROGATE.sub("?", name)[:QUOTED]


def _meant(loc: Sequence[str | int]) -> str:
    """Guess which field was meant, here or in another part of the record."""
    kind: type = Claim
    for part in loc[:-1]:
        if isinstance(part, str):
            kind = part_of(kind, part) or kind
    name = str(loc[-1])
    close = difflib.get_close_matches(name.lower(), FIELDS[kind], n=1, cutoff=0.7)
    if close:
        return f"; did you mean {close[0]}?"
    homes = [owner.__name__ for owner, fields in FIELDS.items() if name in fields and owner is not Claim]
    if homes:
        parts = [f for f in FIELDS[kind] if (p := part_of(kind, f)) is not None and p.__name__ in homes]
        if parts:
            return f"; it belongs into {' or '.join(parts[:3])}"
    return "; see: gateway schema claim"


def _at(record: Any, loc: Sequence[str | int]) -> Any:
    for part in loc:
        try:
            record = record[part]
        except (KeyError, IndexError, TypeError):
            return None
    return record


def _quoted(value: Any) -> str:
    text = _clean(str(value))
    return f'"{text}{"..." if len(str(value)) > QUOTED else ""}"'
