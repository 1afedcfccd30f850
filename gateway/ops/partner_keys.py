"""The keys of a partner: which must be said, what a key wants, and what stands in for what a person must fill in."""

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.errors import UsageError
from gateway.profiles import section_of
from gateway.settings import Partner

PLACEHOLDER = "EDIT-ME"
NO_HOST = ".invalid"
_STANDS_FOR = {"sftp.host": f"sftp.example{NO_HOST}", "upload.mode": "direct"}


def field_of(key: str) -> FieldInfo:
    """Return the field that dotted *key* of a partner names; raise UsageError when there is none."""
    model: type[BaseModel] | None = Partner
    *tables, last = key.split(".")
    for table in tables:
        known = model.model_fields.get(table) if model else None
        model = section_of(known.annotation) if known else None
    known = model.model_fields.get(last) if model else None
    if known is None or section_of(known.annotation) is not None:
        raise UsageError(f"no such key of a partner: {key}; docs/configuration.md lists them")
    return known


def required_keys(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the dotted keys that must be said and are not in *values*; an SFTP server is taken for granted."""
    yield from _required(Partner, values, "")


def _required(model: type[BaseModel], values: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, known in model.model_fields.items():
        section = section_of(known.annotation)
        if section is None:
            if known.is_required() and key not in values:
                yield above + key
        elif known.is_required() or key in values or above + key == "sftp":
            inside = values.get(key, {})
            yield from _required(section, inside if isinstance(inside, dict) else {}, f"{above}{key}.")


def is_list(key: str) -> bool:
    """Tell whether *key* holds a list."""
    return typing.get_origin(field_of(key).annotation) is tuple


def placeholder(key: str) -> Any:
    """Return a value that loads in the place of one that a person must give."""
    return [PLACEHOLDER] if is_list(key) else _STANDS_FOR.get(key, PLACEHOLDER)


def is_placeholder(value: Any) -> bool:
    """Tell whether *value* is one that nobody has filled in yet."""
    return PLACEHOLDER in str(value) or str(value).endswith(NO_HOST)


def typed(key: str, text: str) -> Any:
    """Return *text* as *key* wants it: a list by commas, a number, true or false, or the text itself.

    Raises:
        UsageError: there is no such key, or a number is expected.

    """
    annotation = field_of(key).annotation
    if is_list(key):
        return [part.strip() for part in text.split(",") if part.strip()]
    if annotation is bool:
        return {"true": True, "false": False}.get(text, text)
    try:
        return annotation(text) if annotation in {int, float} else text
    except ValueError:
        raise UsageError(f"{key}: a number is expected") from None


def nested(key: str, value: Any) -> dict[str, Any]:
    """Return *value* under dotted *key*, table in table."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)
