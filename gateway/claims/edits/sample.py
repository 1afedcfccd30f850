"""The claim that the edits' examples change: sound, small, of nobody."""

import copy
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.claims.edits.rules import EditContext
from gateway.model.claim import Claim
from gateway.model.codec import claim_from_json
from gateway.model.codesets import CodeSet, Standing, Verdict

_SINCE = date(2025, 10, 1)
_WRONG = {
    (CodeSet.ICD10CM, "J01"): Standing.HEADING,
    (CodeSet.CPT, "99999"): Standing.UNKNOWN,
    (CodeSet.MODIFIERS, "XX"): Standing.UNKNOWN,
    (CodeSet.TAXONOMY, "999999999X"): Standing.UNKNOWN,
    (CodeSet.POS, "97"): Standing.UNKNOWN,
}
"""What the tables of the examples have something against."""


class _Tables:
    """Tables that know every code but these, as if all sets were loaded; of places of service only the wrong one."""

    def judge(self, code_set: CodeSet, code: str, day: date) -> Verdict | None:  # noqa: ARG002 - every day alike
        standing = _WRONG.get((code_set, code))
        if standing is None and code_set is CodeSet.POS:
            return None
        return Verdict(standing or Standing.VALID, _SINCE)


CONTEXT = EditContext(today=date(2026, 2, 2), codes=_Tables())
"""The day on which the examples are judged, and by which tables."""

SAMPLE: dict[str, Any] = {
    "patient_control_number": "ROE-1",
    "charge": "165.50",
    "billing_provider": {
        "name": "ROE CLINIC",
        "npi": "1098765435",
        "tax_id": "123456789",
        "taxonomy": "207Q00000X",
        "address": {"line1": "1 EXAMPLE WAY", "city": "SPRINGFIELD", "state": "IL", "zip": "627010001"},
    },
    "payer": {"id": "60054", "name": "EXAMPLE HEALTH PLAN"},
    "subscriber": {
        "last_name": "POE",
        "first_name": "PAULA",
        "member_id": "MBR00001",
        "birth_date": "1980-05-17",
        "sex": "F",
        "address": {"line1": "12 OAK AVE", "city": "SPRINGFIELD", "state": "IL", "zip": "62702"},
    },
    "diagnoses": ["J0190", "R509"],
    "service_lines": [
        {
            "procedure": "99213",
            "modifiers": ["25"],
            "charge": "125.50",
            "units": "1",
            "service_date": "2026-01-10",
            "diagnosis_pointers": [1, 2],
        },
        {
            "procedure": "87880",
            "charge": "40.00",
            "units": "1",
            "service_date": "2026-01-10",
            "diagnosis_pointers": [1],
        },
    ],
}

_STEP = re.compile(r"([a-z_0-9]+)(?:\[(\d+)\])?(?:\.|\Z)")


def changed(changes: Mapping[str, Any]) -> Claim:
    """Return the sample claim with the value at each JSON path of *changes* put in; None takes the field away."""
    record = copy.deepcopy(SAMPLE)
    for path, value in changes.items():
        _put(record, path, value)
    return claim_from_json(record)


def _put(record: dict[str, Any], path: str, value: Any) -> None:
    steps: list[str | int] = []
    for name, index in _STEP.findall(path):
        steps += [name, int(index)] if index else [name]
    at: Any = record
    for step in steps[:-1]:
        at = at[step] if isinstance(step, int) else at.setdefault(step, {})
    if value is None:
        del at[steps[-1]]
    else:
        at[steps[-1]] = copy.deepcopy(value)
