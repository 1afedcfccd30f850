"""A remittance that came on paper, as a person enters it: the remittance record in JSON, and what it was read from."""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gateway.model.findings import Finding, error
from gateway.model.remittance import Remittance

HAND = "(hand)"
"""Stands where a receipt names its partner; no partner of the configuration can be called so."""

PLACE = "1/1/1"
LEFT_ASIDE = frozenset({"kind", "schema_version", "source", "balanced", "imbalances"})
"""What `gateway read` prints around a remittance."""

LONGEST_SOURCE = 200
MOST_FAULTS = 100
_MOST_DIGITS = 40
"""So many digits before or after the point are no amount any more; what is too large for money is told by the gate."""
_NOWHERE = Decimal("NaN")

_SENTENCES = {
    "missing": "is missing",
    "string_type": 'must be text in quotes, such as "0123"',
    "tuple_type": "must be a list in square brackets",
    "dataclass_type": "must be an object in curly braces",
}


@dataclass(frozen=True, slots=True)
class Entered:
    """Who entered a paper remittance, and from what: a check image's reference or the like, no patient's name."""

    by: str
    source: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What an entered file says; *content* is the hash of its fields, whatever a version makes of them."""

    remittance: Remittance
    entered_from: str
    content: str


def parse(data: bytes) -> tuple[Paper | None, list[Finding]]:
    """Return what *data* says, or None with all that is wrong with it; a finding's element is the JSON path."""
    try:
        said = json.loads(data.decode("utf-8-sig"), parse_float=_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None, [
            error("HAND-JSON", "this is no JSON in UTF-8: gateway schema remittance shows the form")
        ]
    if not isinstance(said, dict):
        return None, [error("HAND-JSON", "a remittance must be an object in curly braces")]
    source = said.get("entered_from")
    faults = []
    if not isinstance(source, str) or not source.strip() or len(source) > LONGEST_SOURCE:
        faults.append(
            error(
                "HAND-SOURCE",
                "must say what this was read from, such as the reference of the check image (no patient's name)",
                element="entered_from",
            )
        )
    record = {name: value for name, value in said.items() if name not in LEFT_ASIDE | {"entered_from"}}
    remittance, wrong = _record(record)
    faults += wrong
    if remittance is None or faults:
        return None, faults[:MOST_FAULTS]
    content = hashlib.sha256(json.dumps(_given(record), sort_keys=True).encode()).hexdigest()
    return Paper(remittance, str(source).strip(), content), []


def _given(value: Any) -> Any:
    """Return a field without what is null, numbers as text without needless zeros."""
    if isinstance(value, dict):
        return {name: _given(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_given(part) for part in value]
    return format(Decimal(value).normalize(), "f") if isinstance(value, Decimal | int) else value


def _number(text: str) -> Decimal:
    """Return a number as it stands; one beyond all measure belongs nowhere, and is said to with its place."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return _NOWHERE
    return value if _is_within_reason(value) else _NOWHERE


def _is_within_reason(value: Decimal) -> bool:
    return abs(value.adjusted()) <= _MOST_DIGITS


def _no_number(_: str) -> Any:
    raise ValueError


def _record(record: dict[str, Any]) -> tuple[Remittance | None, list[Finding]]:
    faults = [
        error("HAND-UNKNOWN", "there is no such field: gateway schema remittance", element=path)
        for path in _unknown(record, Remittance, "")
    ]
    try:
        made = _adapter().validate_python(_filled(record, Remittance))
    except ValidationError as fault:
        wrong = fault.errors(include_url=False, include_context=False, include_input=False)
        return None, [*faults, *(_no_field(_path(item["loc"]), item["type"]) for item in wrong)]
    return made, [*faults, *(_no_field(path) for path in _beyond_reason(made, ""))]


def _no_field(path: str, kind: str = "") -> Finding:
    # Pydantic's own messages carry the value: never said (law 11).
    sentence = _SENTENCES.get(kind, "is not what belongs here: gateway schema remittance")
    return error("HAND-FIELD", sentence, element=path)


def _beyond_reason(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of numbers that a later step could not write out: 1e999999 takes a million digits."""
    if isinstance(value, Decimal):
        if not _is_within_reason(value):
            yield path.removeprefix(".")
    elif isinstance(value, tuple):
        for n, part in enumerate(value):
            yield from _beyond_reason(part, f"{path}[{n}]")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _beyond_reason(getattr(value, field.name), f"{path}.{field.name}")


@cache
def _adapter() -> TypeAdapter[Remittance]:
    return TypeAdapter(Remittance)


def _filled(value: Any, kind: type | None) -> Any:
    """Take out what is null, and put in the absent fields of *kind* that may be absent: null means absent, and no more."""
    if isinstance(value, list):
        return [_filled(part, kind) for part in value]
    if not isinstance(value, dict) or kind is None:
        return value
    hints = typing.get_type_hints(kind)
    made: dict[str, Any] = {
        name: _filled(part, _dataclass_in(hints[name]))
        for name, part in value.items()
        if part is not None and name in hints
    }
    for field in dataclasses.fields(kind):
        if field.name not in made and field.default is dataclasses.MISSING:
            if typing.get_origin(hints[field.name]) is tuple:
                made[field.name] = ()
            elif type(None) in typing.get_args(hints[field.name]):
                made[field.name] = None
    return made


def _unknown(value: Any, kind: type, path: str) -> Iterator[str]:
    """Yield the paths of fields that *kind* does not have, in it and in what it holds."""
    if not isinstance(value, dict):
        return
    hints = typing.get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}
    for name, part in value.items():
        if name not in known:
            yield f"{path}{name[:40]}"
            continue
        inside = _dataclass_in(hints[name])
        if inside is not None:
            for n, one in enumerate(part if isinstance(part, list) else [part]):
                place = f"{path}{name}[{n}]." if isinstance(part, list) else f"{path}{name}."
                yield from _unknown(one, inside, place)


def _dataclass_in(hint: Any) -> type | None:
    if typing.get_origin(hint) in {types.UnionType, typing.Union, tuple}:
        return next((found for part in typing.get_args(hint) if (found := _dataclass_in(part))), None)
    return hint if dataclasses.is_dataclass(hint) and isinstance(hint, type) else None


def _path(loc: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
