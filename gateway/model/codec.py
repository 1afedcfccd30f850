"""Records as JSON and back: how a claim is stored, printed by `gateway read`, and taken again.

Amounts and quantities are exact decimal strings (amounts with at least two places), days are ISO dates, codes are
text, absent is null. `to_json` says every field; `compact` leaves out absent and empty ones, for storing.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, TypeVar

from gateway.model.claim import Claim
from gateway.model.money import plain

QUANTITIES = frozenset(
    {
        "units", "quantity", "submitted_units", "ambulance_patients", "days", "miles", "months", "obstetric_units",
        "percent", "rate", "reimbursement_rate", "terms_discount_percent", "value", "weight",
        "average_drg_weight", "average_stay_days", "claim_count", "cost_report_days", "covered_days", "discharge_count",
        "discharge_fraction", "drg_weight", "lifetime_psychiatric_days", "noncovered_days", "outlier_days",
        "pip_claim_count",
    }
)  # fmt: skip
"""Fields that count or measure something and keep exactly the digits they came with; any other Decimal is money."""

_AS_IT_IS = frozenset({str, bool, int, type(None)})
"""Types whose values JSON carries as they are."""

R = TypeVar("R")
_Convert = Callable[[Any], Any]


def quantity(value: Decimal) -> str:
    """Write a quantity exactly, without an exponent."""
    return format(value, "f")


def to_json(record: Any) -> dict[str, Any]:
    """Return any record of the model as JSON can carry it, with every field; absent is None."""
    return {name: _jsonable(name, value) for name, _, value in _values(record)}


def compact(record: Any) -> dict[str, Any]:
    """Return *record* as `to_json` does, without fields that are absent or empty by default."""
    return {
        name: value if type(value) in _AS_IT_IS else _jsonable(name, value, inner=compact)
        for name, default, value in _values(record)
        if not (value is None or value == ()) or value != default
    }


def _values(record: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, default and value of every field."""
    names, defaults, values = _fields(type(record))
    return zip(names, defaults, values(record), strict=True)


def _jsonable(name: str, value: Any, *, inner: Callable[[Any], Any] = to_json) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Decimal):
        return quantity(value) if name in QUANTITIES else plain(value)
    if isinstance(value, tuple | list):
        return [_jsonable(name, part, inner=inner) for part in value]
    if dataclasses.is_dataclass(value):
        return inner(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{name}: a record cannot hold a {type(value).__name__}")


def from_json(kind: type[R], data: Mapping[str, Any]) -> R:
    """Return the record of *kind* that `to_json` or `compact` wrote as *data*.

    For trusted, stored content only: nothing is checked, an unknown field raises TypeError.
    """
    made: R = _builder(kind)(data)
    return made


def claim_from_json(data: Mapping[str, Any]) -> Claim:
    """Return the claim that `to_json` or `compact` wrote as *data*; trusted content only (see `from_json`)."""
    return from_json(Claim, data)


_Fields = tuple[tuple[str, ...], tuple[Any, ...], Callable[[Any], tuple[Any, ...]]]

_known_fields: dict[type, _Fields] = {}
_builders: dict[type, _Convert] = {}


def _fields(kind: type) -> _Fields:
    """Return the names and defaults of a record type's fields, and what takes all values out of a record."""
    known = _known_fields.get(kind)
    if known is None:
        fields = dataclasses.fields(kind)
        names = tuple(f.name for f in fields)
        values = attrgetter(*names) if len(names) > 1 else lambda record: (getattr(record, names[0]),)
        known = _known_fields[kind] = (names, tuple(f.default for f in fields), values)
    return known


def _builder(kind: type) -> _Convert:
    """Return the reader of one record type, compiled once."""
    build = _builders.get(kind)
    if build is None:
        build = _builders[kind] = _compile(kind)
    return build


def _compile(kind: type) -> _Convert:
    """Make the table of the fields that need more than taking over."""
    hints = typing.get_type_hints(kind)
    converters = {f.name: c for f in dataclasses.fields(kind) if (c := _converter(hints[f.name])) is not None}

    def build(data: Mapping[str, Any]) -> Any:
        values = {}
        for name, value in data.items():
            convert = converters.get(name)
            values[name] = value if convert is None or value is None else convert(value)
        return kind(**values)

    return build


def _converter(hint: Any) -> _Convert | None:
    """Return what turns JSON into a value of *hint*, None where the JSON value is the value."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is tuple:
        inner = _converter(typing.get_args(hint)[0])
        return tuple if inner is None else lambda parts: tuple(map(inner, parts))
    if hint in {str, bool, int}:
        return None
    if hint is Decimal:
        return Decimal
    if hint is datetime:
        return datetime.fromisoformat
    if hint is date:
        return date.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if dataclasses.is_dataclass(hint):
        return _builder(typing.cast("type", hint))
    raise TypeError(f"a record cannot hold {hint}")
