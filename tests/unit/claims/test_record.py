"""The validator at the edge: every fault at once, in a biller's words, and never a value in an exception."""

import copy
import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from gateway.claims.intake.fields import ABOUT, FIELDS
from gateway.claims.intake.formats import parse_json
from gateway.claims.intake.record import MOST_FAULTS, validate
from gateway.claims.intake.schema import claim_record_markdown, claim_schema
from gateway.model import claim as model
from gateway.model.codec import to_json
from gateway.model.findings import Finding
from tests.office import record


def put(path: str, value: Any) -> dict[str, Any]:
    """Return a record with *value* at the dotted *path*."""
    changed = copy.deepcopy(record())
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    held: Any = changed
    for parent in parents:
        held = held[parent]
    if value is ...:
        del held[last]
    else:
        held[last] = value
    return changed


def faults(data: Any) -> list[Finding]:
    claim, found = validate(data)
    assert (claim is None) == bool(found)
    return found


def test_a_sound_record_is_a_claim() -> None:
    claim, found = validate(record())
    assert found == []
    assert claim is not None
    assert claim.charge == Decimal("165.50")
    assert claim.service_lines[1].service_date.isoformat() == "2026-01-10"
    assert claim.service_lines[0].diagnosis_pointers == (1, 2)


@pytest.mark.parametrize(
    ("path", "value", "code", "element"),
    [
        ("charge", ..., "IN-MISSING", "charge"),
        ("payer.id", ..., "IN-MISSING", "payer.id"),
        ("charge", "12.345", "IN-AMOUNT", "charge"),
        ("charge", Decimal("0.30000000000000004"), "IN-AMOUNT", "charge"),
        ("charge", "1,250.00", "IN-AMOUNT", "charge"),
        ("charge", "$5", "IN-AMOUNT", "charge"),
        ("charge", "1E+2", "IN-AMOUNT", "charge"),
        ("charge", "NaN", "IN-AMOUNT", "charge"),
        ("charge", float("nan"), "IN-AMOUNT", "charge"),
        ("charge", Decimal("Infinity"), "IN-AMOUNT", "charge"),
        ("charge", Decimal("1E+400"), "IN-AMOUNT", "charge"),
        ("charge", True, "IN-AMOUNT", "charge"),
        ("service_lines.0.units", "one", "IN-QUANTITY", "service_lines[0].units"),
        ("service_lines.0.service_date", "2026-02-30", "IN-DATE", "service_lines[0].service_date"),
        ("service_lines.0.service_date", "1/10/2026", "IN-DATE", "service_lines[0].service_date"),
        ("service_lines.0.service_date", 20260110, "IN-DATE", "service_lines[0].service_date"),
        ("service_lines.0.modifiers", "25", "IN-TYPE", "service_lines[0].modifiers"),
        ("service_lines.0.diagnosis_pointers", ["A"], "IN-COUNT", "service_lines[0].diagnosis_pointers[0]"),
        ("billing_provider.npi", 1098765435, "IN-TYPE", "billing_provider.npi"),
        ("payer", "60054", "IN-TYPE", "payer"),
        ("provider_signature", "perhaps", "IN-YES-NO", "provider_signature"),
        ("diagnoses", ["", "J0190"], "IN-EMPTY", "diagnoses[0]"),
        ("subscriber.last_name", "\ud800", "IN-ENCODING", "subscriber.last_name"),
        ("kind", "remittance", "IN-KIND", "kind"),
    ],
)
def test_a_fault_is_found_and_placed(path: str, value: Any, code: str, element: str) -> None:
    found = faults(put(path, value))
    assert [(f.code, f.element) for f in found] == [(code, element)]


@pytest.mark.parametrize("data", [None, [], "claim", 5, True])
def test_what_is_no_object_is_no_claim(data: Any) -> None:
    assert [f.code for f in faults(data)] == ["IN-TYPE"]


def test_all_faults_are_said_at_once() -> None:
    bad = put("service_lines.1.charge", "x")
    bad |= {"charge": "y", "pattient": {}, "diagnoses": 5}
    del bad["payer"]["name"]
    assert sorted(f.code for f in faults(bad)) == [
        "IN-AMOUNT",
        "IN-AMOUNT",
        "IN-MISSING",
        "IN-TYPE",
        "IN-UNKNOWN",
    ]
    assert all(f.claim == "ACC-1" for f in faults(bad))


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("pattient_paid", "did you mean patient_paid?"),
        ("subscriber.member_ID", "did you mean member_id?"),
        ("service_lines.0.cpt_code", "gateway schema claim"),
        ("member_id", "it belongs into subscriber"),
    ],
)
def test_an_unknown_field_is_a_fault_with_a_guess(path: str, hint: str) -> None:
    (fault,) = faults(put(path, "1"))
    assert fault.code == "IN-UNKNOWN"
    assert hint in fault.message


@pytest.mark.parametrize("nothing", [None, "", "   ", {}, []])
def test_nothing_means_absent(nothing: Any) -> None:
    claim, found = validate(put("note", nothing) if nothing not in ({}, []) else put("patient", None))
    assert found == []
    assert claim is not None
    assert claim.note is None


def test_an_object_of_nothing_is_absent_and_a_list_may_end_in_nothing() -> None:
    blank = {"last_name": "", "relationship": None, "address": {"line1": " "}}
    claim, found = validate(put("patient", blank) | {"diagnoses": ["J0190", "", None]})
    assert found == []
    assert claim is not None
    assert claim.patient is None
    assert claim.diagnoses == ("J0190",)


def test_null_is_kept_where_the_default_is_a_value() -> None:
    claim, _ = validate(put("claim_filing_indicator", None))
    assert claim is not None
    assert claim.claim_filing_indicator is None
    claim, _ = validate(put("place_of_service", None))
    assert claim is not None
    assert claim.place_of_service == "11"


@pytest.mark.parametrize("amount", ["125.5", 125, Decimal("125.50"), "+125.50", "125."])
def test_amounts_are_taken_exactly(amount: Any) -> None:
    claim, found = validate(put("charge", amount))
    assert found == []
    assert claim is not None
    assert claim.charge == Decimal(str(amount).lstrip("+"))


def test_a_field_given_twice_is_a_fault() -> None:
    text = json.dumps(record())[:-1] + ', "charge": "1.00", "charge": "2.00"}'
    assert [(f.code, f.element) for f in faults(parse_json(text))] == [("IN-TWICE", "charge")]


def test_what_read_prints_is_taken_back_with_its_residue() -> None:
    claim, _ = validate(record())
    assert claim is not None
    claim = dataclasses.replace(
        claim, residue=(model.Residue(loop="2300", segments=("K3*  X",), service_line=1),)
    )
    printed = {"kind": "claim", "schema_version": "1", "source": {"file": "x", "set": 1}, **to_json(claim)}
    assert validate(json.loads(json.dumps(printed))) == (claim, [])


def test_an_endless_record_is_cut_short() -> None:
    found = faults(put("diagnoses", [5] * 1000))
    assert len(found) == MOST_FAULTS + 1
    assert found[-1].code == "IN-MORE"


def test_no_exception_and_no_odd_place_carries_a_value() -> None:
    canary = "ZZCANARY999001234"
    bad = put("subscriber.birth_date", canary) | {"charge": canary, canary: {"x": canary}}
    for finding in faults(bad):
        assert finding.element is None or finding.element in {"charge", "subscriber.birth_date", canary}
        assert "input_value" not in finding.message
        assert "pydantic" not in finding.message


def test_every_field_is_described() -> None:
    for kind in ABOUT:
        assert set(FIELDS[kind]) == {f.name for f in dataclasses.fields(kind)}, kind
    assert set(ABOUT) == {v for v in vars(model).values() if dataclasses.is_dataclass(v)}


def test_the_schema_says_what_the_validator_does() -> None:
    schema = claim_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {
        "patient_control_number", "charge", "billing_provider", "subscriber", "payer", "service_lines",
    }  # fmt: skip
    assert set(schema["properties"]) == {*model.Claim.__slots__, "kind", "schema_version", "source"}
    assert all(
        part["description"]
        for kind in schema["$defs"].values()
        for part in kind["properties"].values()
        if "$ref" not in part
    )


def test_the_page_has_every_field() -> None:
    page = claim_record_markdown()
    for fields in FIELDS.values():
        assert all(f"| `{name}` |" in page for name in fields)


def test_a_claim_with_everything_is_taken_as_it_is_printed() -> None:
    """Whatever `gateway read` prints can be dropped again, the rarest parts included."""
    from tests.golden.every_field import everything

    claim, found = validate(parse_json(json.dumps(to_json(everything()))))
    assert found == []
    assert claim == everything()
