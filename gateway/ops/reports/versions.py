"""What the versions of a claim say otherwise than the ones before them, as a screen may show it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from gateway.claims.difference import Change, differences
from gateway.model.codec import claim_from_json
from gateway.ops.reports import masking

_INDEX = re.compile(r"\[[0-9]+\]")
MOST = 12
"""So many changes of one version are told in a story; `--json` has them all."""


def shown(change: Change, *, reveal: bool) -> dict[str, str | None]:
    """Return a change as plain text, with what may tell who a person is masked unless *reveal*."""
    return {
        "field": change.path,
        "what": change.what,
        "before": _value(change.path, change.before, reveal=reveal),
        "after": _value(change.path, change.after, reveal=reveal),
    }


def _value(path: str, value: str | None, *, reveal: bool) -> str | None:
    """Mask a value as the whole record that it stands in would be masked."""
    if reveal or value is None:
        return value
    names = _INDEX.sub("", path).split(".")
    nested: Any = value
    for name in reversed(names):
        nested = {name: nested}
    hidden: Any = masking.hidden(nested)
    for name in names:
        hidden = hidden[name]
    return str(hidden)


def compared(versions: Sequence[Mapping[str, Any]], *, reveal: bool) -> list[dict[str, Any]]:
    """Return every change from version to version; *versions* as `views.show` gives them, their content still sealed."""
    ordered = sorted(versions, key=lambda version: int(version["version"]))
    found: list[dict[str, Any]] = []
    for older, newer in pairwise(ordered):
        before, after = (claim_from_json(one["content"].value) for one in (older, newer))
        found += [
            {"version": newer["version"], "version_id": newer["id"], **shown(change, reveal=reveal)}
            for change in differences(before, after)
        ]
    return found


def steps(seen: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a step of the claim's story for each change, at the moment its version came."""
    came = {version["id"]: version["created_at"] for version in seen["versions"]}
    for version_id, at in came.items():
        of_version = [c for c in changes if c["version_id"] == version_id]
        told = of_version[:MOST] if len(of_version) > MOST + 1 else of_version
        for c in told:
            text = f"version {c['version']}: {c['field']}: {_said(c['before'])} -> {_said(c['after'])}"
            yield {"at": at, "what": "changed", "id": version_id, "text": text}
        if len(told) < len(of_version):
            text = f"version {told[0]['version']}: {len(of_version) - len(told)} more changes (--json)"
            yield {"at": at, "what": "changed", "id": version_id, "text": text}


def _said(value: str | None) -> str:
    return "(nothing)" if value is None else value
