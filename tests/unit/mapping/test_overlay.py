"""A partner's rows set at addresses of the shipped map."""

from pathlib import Path

import pytest

from gateway.errors import MapError
from gateway.mapping.check import check_maps
from gateway.mapping.compile import NAMES, load_map
from gateway.mapping.overlay import load_overlay
from gateway.mapping.write import write_claims
from gateway.model.findings import Severity
from tests.strategies import HEADER
from tests.unit.mapping.people import claim


def segments(overlay: dict[str, str]) -> tuple[str, ...]:
    return write_claims(load_map("837p", overlay=overlay), HEADER, [claim()]).segments


def test_a_row_is_replaced() -> None:
    overlay = {"2310B/PRV*PE": "PRV*PE*PXC*{npi}"}
    assert "PRV*PE*PXC*1555123458" in segments(overlay)
    assert "PRV*PE*PXC*207Q00000X" not in segments(overlay)


def test_a_row_the_guide_knows_is_added_at_its_place() -> None:
    said = segments({"2300/REF*4N": "REF*4N*{place_of_service}"})
    assert said.index("REF*4N*11") < said.index("REF*D9*GWCLM0001")


def test_the_address_names_one_of_several_namesakes() -> None:
    said = segments({"2010BB/REF*G2": "REF*G2*{billing_provider.npi}"})
    assert "REF*G2*1098765435" in said


@pytest.mark.parametrize(
    ("address", "row", "words"),
    [
        ("2010ZZ/REF*G2", "REF*G2*{payer.id}", "matches nothing"),
        ("2010BB", "REF*G2*{payer.id}", "matches nothing"),
        ("2010BB/REF*ZZ", "REF*ZZ*{payer.id}", "outside the code list"),
        ("2010BB/REF*G2", "N3*{payer.id}", "the row says N3"),
        ("2010BB/REF*G2", "REF*2U*{payer.id}", "another segment"),
        ("2010BB/REF", "REF*G2*{payer.id}", "more than one"),
        ("2010BB/REF*G2", "REF*G2*{payer.nmae}", "no field 'nmae'"),
    ],
)
def test_what_matches_nothing_stops_the_load(address: str, row: str, words: str) -> None:
    with pytest.raises(MapError, match=words):
        load_map("837p", overlay={address: row})


def test_the_hash_is_that_of_the_effective_map() -> None:
    plain = load_map("837p")
    changed = load_map("837p", overlay={"2310B/PRV*PE": "PRV*PE*PXC*{npi}"})
    assert len(plain.hash) == 64
    assert plain.hash != changed.hash
    assert load_map("837p").hash == plain.hash


def test_overlays_are_found_in_the_installation(tmp_path: Path) -> None:
    folder = tmp_path / "partners" / "north"
    folder.mkdir(parents=True)
    (folder / "837p.toml").write_text('[rows]\n"2310B/PRV*PE" = "PRV*PE*PXC*{npi}"\n', encoding="utf-8")
    assert load_overlay("837p", "north", tmp_path) == {"2310B/PRV*PE": "PRV*PE*PXC*{npi}"}
    assert load_overlay("837p", "south", tmp_path) == {}
    (folder / "835.toml").write_text('[rows]\n"9999/PRV" = "PRV*PE"\n', encoding="utf-8")
    said = {title: (severity, sentence) for title, severity, sentence in check_maps(tmp_path)}
    assert said["north/837p"][0] is Severity.INFO
    assert said["north/835"][0] is Severity.ERROR
    assert "9999/PRV" in said["north/835"][1]


def test_an_installations_own_map_must_say_that_it_overrides(tmp_path: Path) -> None:
    (tmp_path / "ta1.toml").write_text('transaction = "TA1"\n', encoding="utf-8")
    with pytest.raises(MapError, match="override = true"):
        load_map("ta1", folder=tmp_path)
    with pytest.raises(MapError, match="not valid TOML"):
        (tmp_path / "999.toml").write_text("[", encoding="utf-8")
        load_map("999", folder=tmp_path)


def test_the_shipped_maps_are_right() -> None:
    assert {title: severity for title, severity, _ in check_maps()} == dict.fromkeys(NAMES, Severity.INFO)
