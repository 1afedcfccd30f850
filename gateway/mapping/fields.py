"""What the record types say about a field: the map compiler's view of the dataclasses."""

import types
import typing
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from gateway.errors import MapError


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of one field.

    *base* is the type without None and without the tuple around it; *preset* tells that the field has a default which
    says something, so that its being set is no news.
    """

    base: type
    optional: bool
    many: bool
    preset: bool
    required: bool

    @property
    def record(self) -> bool:
        """Tell whether the value is itself a record."""
        return is_dataclass(self.base)

    @property
    def format(self) -> str:
        """Return the format a hole has when the map names none."""
        return _FORMATS.get(self.base, "text")


_FORMATS: dict[type, str] = {Decimal: "number", date: "date", int: "int", bool: "yn"}
_EMPTY: dict[type, Any] = {Decimal: Decimal(0), int: 0, bool: False, str: ""}


@cache
def fields_of(record: type) -> dict[str, FieldType]:
    """Return the fields of dataclass *record* in order."""
    hints = typing.get_type_hints(record)
    found = {}
    for item in fields(record):
        base, optional = _without_none(hints[item.name])
        many = typing.get_origin(base) is tuple
        if many:
            base = typing.get_args(base)[0]
        default = item.default if item.default is not MISSING else None
        found[item.name] = FieldType(
            base if isinstance(base, type) else object,
            optional,
            many,
            preset=default not in (None, ()),
            required=item.default is MISSING and item.default_factory is MISSING,
        )
    return found


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        return rest[0], len(rest) < len(typing.get_args(hint))
    return hint, False


def resolve(record: type, path: tuple[str, ...], where: str) -> list[FieldType]:
    """Return the types along *path* from *record*; raise MapError where a field is unknown."""
    found: list[FieldType] = []
    at = record
    for index, name in enumerate(path):
        known = fields_of(at) if is_dataclass(at) else {}
        if name not in known:
            said = ".".join(path)
            raise MapError(f"{where}: {at.__name__} has no field {name!r} ({said})")
        found.append(known[name])
        if index < len(path) - 1 and (found[-1].many or not found[-1].record):
            raise MapError(f"{where}: {'.'.join(path[: index + 1])} is not a single record")
        at = found[-1].base
    return found


def sub(draft: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the draft of the record *name* inside *draft*, begun when there is none."""
    found = draft.get(name)
    if found is None:
        found = draft[name] = {}
    return typing.cast("dict[str, Any]", found)


@cache
def _plan(
    record: type,
) -> tuple[dict[str, tuple[type, bool]], tuple[tuple[str, Any, type | None], ...]]:
    known = fields_of(record)
    nested = {name: (kind.base, kind.many) for name, kind in known.items() if kind.record}
    missing = tuple(
        (
            name,
            None if kind.optional else () if kind.many else _EMPTY.get(kind.base),
            kind.base if kind.record and not kind.many and not kind.optional else None,
        )
        for name, kind in known.items()
        if kind.required or (kind.preset and kind.optional)
    )
    return nested, missing


def build(record: type, draft: dict[str, Any], lacking: list[str] | None = None) -> Any:
    """Make a *record* of *draft*; what is missing is None, empty or zero, so that reading never fails.

    A field whose default says something but which may be None is None when nothing was read for it.

    Lists of records stand in the draft as lists of drafts (or of records that a named function made). Required amounts
    that were missing are named in *lacking*.
    """
    nested, missing = _plan(record)
    for name, value in draft.items():
        if value is None or name not in nested:
            continue
        base, many = nested[name]
        if many:
            draft[name] = tuple(
                [build(base, item, lacking) if isinstance(item, dict) else item for item in value]
            )
        elif isinstance(value, dict):
            draft[name] = build(base, value, lacking)
    for name, empty, base_of in missing:
        if name not in draft:
            draft[name] = build(base_of, {}) if base_of is not None else empty
            if lacking is not None and isinstance(empty, Decimal):
                lacking.append(f"{record.__name__}.{name}")
    return record(**draft)
