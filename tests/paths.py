"""Records by JSON path: look at a value, put another in, walk over all that is said."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from gateway.model.claim import Claim, Residue

_STEP = re.compile(r"([a-z_0-9]+)(?:\[(\d+)\])?(?:\.|\Z)")


class Absent(Exception):
    """The record has nothing at the path."""


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for name, index in _STEP.findall(path):
        steps += [name, int(index)] if index else [name]
    return steps


def get(record: Any, path: str) -> Any:
    """Return what stands at *path*; raise Absent where a part on the way is not there."""
    for step in _steps(path):
        record = _at(record, step)
    return record


def _at(record: Any, step: str | int) -> Any:
    if record is None:
        raise Absent
    if isinstance(step, int):
        if step >= len(record):
            raise Absent
        return record[step]
    return getattr(record, step)


def put(record: Any, path: str, value: Any) -> Any:
    """Return *record* with *value* at *path*."""
    return _put(record, _steps(path), value)


def _put(record: Any, steps: list[str | int], value: Any) -> Any:
    if not steps:
        return value
    step, *rest = steps
    inner = _put(_at(record, step), rest, value)
    if isinstance(step, int):
        return (*record[:step], inner, *record[step + 1 :])
    return dataclasses.replace(record, **{step: inner})


def leaves(record: Any, path: str = "") -> Iterator[tuple[str, type, str, Any]]:
    """Yield (path, type of the part, field, value) of everything said, list items one by one; residue aside."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        here = f"{path}{field.name}"
        items = (
            [(f"{here}[{n}]", item) for n, item in enumerate(value)]
            if isinstance(value, tuple)
            else [(here, value)]
        )
        for place, item in items:
            if item is None or isinstance(item, Residue):
                continue
            if dataclasses.is_dataclass(item):
                yield from leaves(item, f"{place}.")
            else:
                yield place, type(record), field.name, item


def place(claim: Claim, path: str) -> str:
    """Return *path* with its stand-ins put in."""
    path = path.replace("@patient", "patient" if claim.patient else "subscriber")
    return path.replace("[*]", f"[{len(claim.service_lines) - 1}]")
