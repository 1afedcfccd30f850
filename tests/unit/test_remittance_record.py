"""The published shape of a remittance is what `gateway read` prints, and what was stored before stays readable."""

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway.mapping.compile import load_map
from gateway.mapping.write import write_record
from gateway.model import codec
from gateway.model.remittance import RemittanceAmount, RemittanceClaim
from gateway.ops.remittance_fields import ABOUT, FIELDS
from gateway.ops.remittance_record import remittance_markdown, remittance_schema
from gateway.ops.reports.masking import MASK, hidden
from tests.mailroom import envelope, group
from tests.remittances import CLAIM, FULL
from tests.unit.test_cli_files import Said, gateway  # noqa: F401  a fixture


def test_every_field_is_explained() -> None:
    assert set(ABOUT) == set(FIELDS)
    for kind, meanings in FIELDS.items():
        assert {f.name for f in dataclasses.fields(kind)} == set(meanings)
    page = remittance_markdown()
    assert all(f"`{name}`" in page for meanings in FIELDS.values() for name in meanings)


def shape(value: Any, schema: dict[str, Any], defs: dict[str, Any]) -> None:
    """Assert that *value* has exactly the fields that *schema* names, all the way down."""
    options = [schema, *schema.get("anyOf", ())]
    target = next((defs[one["$ref"].rpartition("/")[2]] for one in options if "$ref" in one), schema)
    if isinstance(value, dict) and "properties" in target:
        assert set(value) == set(target["properties"])
        assert set(target["required"]) <= set(value)
        for name, part in value.items():
            shape(part, target["properties"][name], defs)
    elif isinstance(value, list):
        assert target["type"] == "array"
        for part in value:
            shape(part, target["items"], defs)
    elif value is not None and not isinstance(value, dict) and "const" not in target:
        kind = {str: "string", int: "integer", bool: "boolean"}[type(value)]
        assert kind in {one.get("type") for one in options}


def test_what_read_prints_has_the_published_shape(tmp_path: Path, gateway: Callable[..., Said]) -> None:  # noqa: F811
    segments = write_record(load_map("835"), FULL).segments
    path = tmp_path / "full.835"
    path.write_text(envelope(group("HP", "005010X221A1", segments)))
    said = gateway("read", path)
    (line,) = said.lines
    schema = remittance_schema()
    shape(line, schema, schema["$defs"])
    assert (line["balanced"], line["imbalances"]) == (True, [])
    assert line["payer_account"]["account"] == "6789"
    assert "123456789" not in json.dumps(line)
    assert json.loads(gateway("schema", "remittance").out)["properties"].keys() == schema["properties"].keys()


def test_a_payment_stored_before_its_record_grew_is_still_read() -> None:
    """QTYs stood among the amounts then; nothing else of it meant anything else."""
    old = {
        "patient_control_number": "ACC-1", "status_code": "1", "charge": "125.50", "paid": "100.00",
        "member_id": "MBR00001", "position": 13, "amounts": [{"qualifier": "CA", "amount": "3"}],
        "service_lines": [
            {"procedure": "99213", "modifiers": [], "charge": "125.50", "paid": "100.00", "remarks": ["N130"]}
        ],
    }  # fmt: skip
    claim = codec.from_json(RemittanceClaim, old)
    assert claim.amounts == (RemittanceAmount(qualifier="CA", amount=Decimal(3)),)
    assert (claim.inpatient, claim.group, claim.residue, claim.service_lines[0].quantities) == (
        None,
        None,
        (),
        (),
    )


def test_a_stored_payment_comes_back_as_it_was() -> None:
    assert codec.from_json(RemittanceClaim, codec.compact(CLAIM)) == CLAIM
    assert codec.from_json(RemittanceClaim, codec.to_json(CLAIM)) == CLAIM


def test_a_view_hides_who_the_people_of_a_payment_are() -> None:
    shown = hidden(codec.to_json(CLAIM))
    assert shown["inpatient"]["covered_days"] == str(CLAIM.inpatient and CLAIM.inpatient.covered_days)
    assert shown["quantities"][0] == {"qualifier": "CA", "quantity": "3"}
    for name in ("subscriber", "corrected", "other_subscriber"):
        assert set(shown[name].values()) <= {MASK, None}
    hides = json.dumps(shown)
    assert not any(one in hides for one in ("PAUL", "MBR0", "POE", "POW", "NOE", "OTH01"))
