"""A field of the record and its place in X12 name each other, for every field that the map writes."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gateway.mapping.addresses import in_words
from gateway.mapping.bind import flat
from gateway.mapping.canonical import canonical
from gateway.mapping.claim_places import ClaimPlaces, SetPlaces
from gateway.mapping.compile import load_map
from gateway.mapping.function_places import PLACES
from gateway.mapping.language import Hole
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim, Residue
from gateway.model.money import parse_decimal
from tests.claim_shapes import CLAIM_SHAPES, LINE_SHAPES, PATIENT_SHAPES, PROVIDER_SHAPES
from tests.property.test_claim_round_trip import filled_in
from tests.strategies import HEADER, batches
from tests.unit.mapping.people import claim as plain

SLOW = settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
MAP = load_map("837p")

CODED = {"diagnosis_type": {"ICD10": "ABK", "ICD9": "BK"}}
"""Fields that X12 says by another code than the record."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Yield (path, value, whether the value is the field's default) of everything a record says."""
    for field in fields(value):
        said = getattr(value, field.name)
        at = f"{path}.{field.name}" if path else field.name
        default = field.default is not MISSING and said == field.default
        items = (
            [(f"{at}[{n}]", one) for n, one in enumerate(said)] if isinstance(said, tuple) else [(at, said)]
        )
        for where, one in items:
            if isinstance(one, Residue) or one is None:
                continue
            if is_dataclass(one):
                yield from leaves(one, where)
            else:
                yield where, one, default


def says(text: str, value: Any, name: str) -> bool:
    """Tell whether an element's text says the record's value."""
    if name in CODED:
        return text == CODED[name][value]
    if isinstance(value, bool):
        return text in {"Y", "0"} if value else text in {"N", ""}
    if isinstance(value, Decimal | int):
        return parse_decimal(text) == value
    if isinstance(value, date):
        return f"{value:%Y%m%d}" in text.split("-")
    return text == value


def places_of(batch: list[Claim]) -> list[ClaimPlaces]:
    written = write_claims(MAP, HEADER, batch)
    segments = [segment.split("*") for segment in written.segments]
    places = SetPlaces(MAP, segments)
    return [places.claim(first, last) for first, last in written.spans]


def value_of(claim: Any, path: str) -> Any:
    for name, index in re.findall(r"([a-z_0-9]+)(?:\[(\d+)\])?", path):
        claim = getattr(claim, name)
        if index:
            claim = claim[int(index)]
    return claim


def check(claim: Claim, places: ClaimPlaces) -> None:
    said = canonical(claim)
    for path, value, default in leaves(said):
        spot = places.spot(path)
        if spot is None or (spot.path == path and default and not places.value(spot)):
            assert default, f"{path} is {value!r} and has no place"
            continue
        assert spot.path == path
        assert path in places.paths(spot.position, spot.at.element, spot.at.component)
        assert says(places.value(spot), value, path.rpartition(".")[2]), (path, value, places.value(spot))
        assert spot.at.row in {address.row for address in MAP.places.all_of(path)}, path
    for spot in places.spots:
        if places.value(spot):
            value_of(said, spot.path)


@SLOW
@given(batches())
def test_every_field_finds_its_element_and_the_element_its_field(batch: list[Claim]) -> None:
    for claim, places in zip(batch, places_of(batch), strict=True):
        check(claim, places)


SHAPES = {
    **{f"claim: {name}": shape for name, shape in CLAIM_SHAPES.items()},
    **{f"line: {name}": shape for name, shape in LINE_SHAPES.items()},
    **{f"patient: {name}": shape for name, shape in PATIENT_SHAPES.items()},
    **{f"provider: {name}": shape for name, shape in PROVIDER_SHAPES.items()},
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_rarer_shape_has_its_places(name: str) -> None:
    @settings(SLOW, max_examples=3)
    @given(SHAPES[name])
    def placed(filled: dict[str, Any]) -> None:
        whole = filled_in(name.partition(":")[0], filled)
        check(whole, places_of([whole])[0])

    placed()


def test_every_function_of_the_claim_map_says_where_its_fields_stand() -> None:
    rows = [row for loop in MAP.bound.loops for row in loop.rows]
    assert {row.row.by for row in rows if row.row.by} <= set(PLACES)


def test_every_field_the_map_names_has_an_address_and_back() -> None:
    for loop in MAP.bound.loops:
        for row in loop.rows:
            for position, component, part in flat(row):
                if isinstance(part, Hole):
                    inside = component or (1 if row.composite(position) else 0)
                    (path, *_) = MAP.places.at(row.address, position, inside)
                    assert any(a.element == position for a in MAP.places.all_of(path))


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("service_lines[2].procedure", "2400/SV1/SV101-2"),
        ("billing_provider.npi", "2010AA/NM1*85/NM109"),
        ("diagnoses[1]", "2300/HI/HI01-2"),
        ("accident_date", "2300/DTP*439/DTP03"),
        ("service_lines[0].service_date_to", "2400/DTP*472/DTP03"),
        ("billing_provider", "2000A/PRV*BI/PRV03"),
    ],
)
def test_addresses_a_person_knows(path: str, address: str) -> None:
    found = MAP.places.of(path)
    assert found is not None
    assert found.text == address


def test_an_overlay_moves_a_field() -> None:
    moved = load_map(
        "837p", overlay={"2300/REF*EA": "REF*EA*{claim_key}", "2300/REF*D9": "REF*D9*{medical_record_number}"}
    )
    assert moved.places.of("medical_record_number").text == "2300/REF*D9/REF02"
    assert MAP.places.of("medical_record_number").text == "2300/REF*EA/REF02"


def test_a_missing_value_has_a_place_too() -> None:
    (places,) = places_of([plain()])
    assert places.spot("accident_date") is None
    clm = places.near("accident_date")
    assert places.segments[clm].elements[0] == "CLM"
    line = places.near("service_lines[0].note")
    assert places.segments[line].about == "service_lines[0]"


def test_a_path_in_words() -> None:
    assert in_words("service_lines[1].procedure") == "service line 2, procedure"
    assert in_words("diagnoses[0]") == "diagnosis 1"
    assert in_words("billing_provider.address.zip") == "billing provider, address, zip"
