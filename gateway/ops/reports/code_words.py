"""What codes are called in the lists that the user loaded: for a person who looks at a claim or its payment."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from gateway import default_codes
from gateway.claims.codesets.shapes import plain_code
from gateway.model.codesets import CodeSet
from gateway.store import codes
from gateway.store.db import Tx

_STATUS = re.compile(r"\b([A-Z][0-9]{1,2}):([0-9]{1,4})\b")
_FIELDS = {
    "diagnoses": CodeSet.ICD10CM,
    "modifiers": CodeSet.MODIFIERS,
    "place_of_service": CodeSet.POS,
    "remarks": CodeSet.RARC,
    "taxonomy": CodeSet.TAXONOMY,
}


def code_words(tx: Tx, seen: Mapping[str, Any], today: date) -> list[dict[str, str]]:
    """Return (set, code, description) for each code in *seen* - as it is shown, masked or not - that a list describes.

    A code is described as of the first day of service shown with it, today where there is none.
    """
    asked: dict[tuple[CodeSet, date], dict[str, None]] = {}
    for code_set, code, day in _codes(seen, today):
        asked.setdefault((code_set, day), {})[plain_code(code_set, code)] = None
    said: dict[tuple[CodeSet, str], str] = {}
    for (code_set, day), wanted in asked.items():
        found = codes.descriptions(tx, code_set, wanted, day)
        if code_set is CodeSet.POS:
            found = {one.code: one.name for one in default_codes.place_list() if one.code in wanted} | found
        said = {(code_set, code): text for code, text in found.items()} | said
    order = list(CodeSet)
    return [
        {"code_set": code_set.value, "code": code, "description": text}
        for (code_set, code), text in sorted(
            said.items(), key=lambda one: (order.index(one[0][0]), one[0][1])
        )
    ]


def _codes(part: Any, day: date) -> Iterator[tuple[CodeSet, str, date]]:
    if isinstance(part, list | tuple):
        for one in part:
            yield from _codes(one, day)
    if not isinstance(part, Mapping):
        return
    day = _first_day(part) or day
    for name, value in part.items():
        if isinstance(value, Mapping | list | tuple):
            yield from _codes(value, day)
        values = value if isinstance(value, list | tuple) else [value]
        texts = [one for one in values if isinstance(one, str)]
        if name == "procedure":
            yield from ((CodeSet.CPT if text[:1].isdigit() else CodeSet.HCPCS, text, day) for text in texts)
        elif name == "reason" and ("group" in part or "group_code" in part):
            yield from ((CodeSet.CARC, text, day) for text in texts)
        elif name == "codes":
            for category, status in (pair for text in texts for pair in _STATUS.findall(text)):
                yield CodeSet.STATUS_CATEGORIES, category, day
                yield CodeSet.STATUS_CODES, status, day
        elif name in _FIELDS:
            yield from ((_FIELDS[name], text, day) for text in texts)


def _first_day(part: Mapping[str, Any]) -> date | None:
    """Return the day of service that *part*, or the first of its lines, says."""
    lines = part.get("service_lines")
    days = [
        part.get("service_date"),
        *(line.get("service_date") for line in lines or () if isinstance(line, Mapping)),
    ]
    for said in days:
        if isinstance(said, str):
            try:
                return date.fromisoformat(said)
            except ValueError:
                continue
    return None
