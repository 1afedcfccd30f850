"""The claim that the edits' examples change, and parts to change it with: sound, small, of nobody."""

import copy
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.claims.edits.rules import EditContext
from gateway.model.claim import Claim
from gateway.model.codec import claim_from_json
from gateway.model.codesets import CodeSet, Standing, Verdict
from gateway.settings import TimelyFiling

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


CONTEXT = EditContext(today=date(2026, 2, 2), codes=_Tables(), filing=TimelyFiling())
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
            "procedure": "36415",
            "charge": "40.00",
            "units": "1",
            "service_date": "2026-01-10",
            "diagnosis_pointers": [1],
        },
    ],
}

INSURED = {"last_name": "POE", "first_name": "PAULA", "member_id": "MBR00001"}
CHILD = {
    "last_name": "POE",
    "first_name": "PIA",
    "relationship": "19",
    "birth_date": "2015-01-01",
    "sex": "F",
    "address": {"line1": "9 PINE RD", "city": "SPRINGFIELD", "state": "IL", "zip": "62703"},
}
LOE = {"entity_type": "1", "name": "LOE", "first_name": "LEA", "npi": "1555123458"}
FACILITY = {
    "name": "EAST HOSPITAL",
    "npi": "1444987659",
    "address": {"line1": "5 EAST ST", "city": "SPRINGFIELD", "state": "IL", "zip": "627010002"},
}
FIRST_PLAN: dict[str, Any] = {
    "payer_sequence": "P",
    "subscriber": {"last_name": "POE", "first_name": "PAUL", "member_id": "OTH333"},
    "payer": {"id": "FP001", "name": "FIRST PLAN"},
    "relationship": "01",
}
"""Another payer of the claim, that has not decided yet."""

DECIDED: dict[str, Any] = {
    "payer_sequence": "S",
    "other_payers": [
        {
            **FIRST_PLAN,
            "paid": "110.00",
            "adjustments": [{"group": "PR", "reason": "3", "amount": "10.00"}],
        }
    ],
    "service_lines[0].adjudications": [
        {
            "payer_id": "FP001", "paid": "90.00", "procedure": "99213", "units": "1", "paid_on": "2026-01-20",
            "adjustments": [{"group": "CO", "reason": "45", "amount": "35.50"}],
        }
    ],
    "service_lines[1].adjudications": [
        {
            "payer_id": "FP001", "paid": "30.00", "procedure": "36415", "units": "1", "paid_on": "2026-01-20",
            "adjustments": [{"group": "PR", "reason": "2", "amount": "10.00"}],
        }
    ],
}  # fmt: skip
"""What the other payer decided: 125.50 = 90.00 + 35.50, 40.00 = 30.00 + 10.00, and 110.00 = 120.00 - 10.00."""


def other_payer(**more: Any) -> dict[str, Any]:
    """Return the changes that give the claim another payer, who pays first."""
    return {"payer_sequence": "S", "other_payers": [{**FIRST_PLAN, **more}]}


def reasons(count: int) -> list[dict[str, Any]]:
    """Return so many contractual adjustments of a dollar."""
    return [{"group": "CO", "reason": str(n), "amount": "1.00"} for n in range(1, count + 1)]


def decided(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `DECIDED` with further *changes*."""
    return {**DECIDED, **changes}


PICK_UP = {"line1": "12 OAK AVE", "city": "SPRINGFIELD", "state": "IL", "zip": "62702"}
DROP_OFF = {
    "name": "EAST HOSPITAL",
    "address": {"line1": "5 EAST ST", "city": "SPRINGFIELD", "state": "IL", "zip": "62701"},
}


def ambulance() -> dict[str, Any]:
    """Return an ambulance transport, said whole."""
    return {"reason": "A", "miles": "12", "pick_up": PICK_UP, "drop_off": DROP_OFF}


def line(procedure: str, *modifiers: str, place_of_service: str = "11", **more: Any) -> dict[str, Any]:
    """Return the change that makes the first line another service, at another place."""
    first = {**SAMPLE["service_lines"][0], "procedure": procedure, "modifiers": list(modifiers), **more}
    return {"place_of_service": place_of_service, "service_lines[0]": first}


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
