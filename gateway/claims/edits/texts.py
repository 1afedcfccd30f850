"""Every text of a claim that goes out, with its path: free words, numbers, codes."""

import dataclasses
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

from gateway.model.claim import Residue

NEVER_SENT = frozenset({"claim_key"})
"""Texts in whose place something of ours goes out."""


@cache
def _plan(kind: type) -> tuple[tuple[str, bool], ...]:
    """Return the fields of *kind* that are or hold texts: (name, holds further parts)."""
    found = []
    for name, hint in typing.get_type_hints(kind).items():
        inner = {part for part in typing.get_args(hint) or (hint,) if part not in {type(None), Ellipsis}}
        parts = [part for part in inner if dataclasses.is_dataclass(part) and part is not Residue]
        if parts and any(_plan(typing.cast("type", part)) for part in parts):
            found.append((name, True))
        elif str in inner and name not in NEVER_SENT:
            found.append((name, False))
    return tuple(found)


def every_text(record: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every text in *record* and below that says something; residue has its own law."""
    for name, has_parts in _plan(record.__class__):
        value = getattr(record, name)
        if not value:
            continue
        here = f"{path}{name}"
        if not isinstance(value, tuple):
            if has_parts:
                yield from every_text(value, f"{here}.")
            else:
                yield here, value
            continue
        for index, one in enumerate(value):
            if has_parts:
                yield from every_text(one, f"{here}[{index}].")
            elif one:
                yield f"{here}[{index}]", one
