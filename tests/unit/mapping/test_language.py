"""What a map may say, and what it is told when it says something else."""

from typing import Any

import pytest

from gateway.errors import MapError
from gateway.mapping.bind import bind
from gateway.mapping.language import Const, Direction, Hole, parse_row
from gateway.mapping.shapes import RECORDS


def part(text: str) -> object:
    return parse_row("here", f"REF*{text}").elements[0][0]


@pytest.mark.parametrize(
    ("text", "hole"),
    [
        ("{name}", Hole(("name",))),
        ("{address.line1}", Hole(("address", "line1"))),
        ("{.}", Hole(())),
        ("{charge:amount}", Hole(("charge",), format="amount")),
        ("{tax_id_type:EI|SY}", Hole(("tax_id_type",), codes=frozenset({"EI", "SY"}))),
        (
            "{role:payer=PR|clearinghouse=AY}",
            Hole(("role",), table=(("payer", "PR"), ("clearinghouse", "AY"))),
        ),
        ("{entity_type=1}", Hole(("entity_type",), fixed="1")),
        ("{modifiers+4}", Hole(("modifiers",), spread=4)),
        ("EI", Const("EI")),
        ("", None),
    ],
)
def test_parts(text: str, hole: object) -> None:
    assert part(text) == hole


def test_a_row_with_everything() -> None:
    row = parse_row(
        "here", {"seg": "REF*{qualifier:G2|LU}*{id}", "each": "a.b", "when": "x in 7 8", "direction": "read"}
    )
    assert row.each == ("a", "b")
    assert row.when is not None
    assert (row.when.path, row.when.values, row.when.negated) == (("x",), ("7", "8"), False)
    assert row.direction is Direction.READ
    assert row.qualifiers == {"G2", "LU"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"seg": "NM1*85", "evry": "x"}, "unknown key evry"),
        ("nm1*85", "segment id"),
        ("HL*1", "engine"),
        ("LX*1", "engine"),
        ("REF*{Name}", "not a hole"),
        ("REF*{name:Big}", "neither a format"),
        ("REF*{name + 1}", "not a hole"),
        ({"seg": "REF", "when": "a or b"}, "when is"),
        ({"seg": "REF", "by": "adjustments"}, "go together"),
        ({"seg": "REF", "direction": "up"}, "read or write"),
        (7, "segment text"),
    ],
)
def test_wrong_rows_are_refused_with_their_place(said: object, words: str) -> None:
    with pytest.raises(MapError, match=words) as caught:
        parse_row("837p.toml [loop.2300] row 4", said)
    assert "837p.toml [loop.2300] row 4" in str(caught.value)


def claim_map(**loops: dict[str, Any]) -> dict[str, Any]:
    return {
        "transaction": "837",
        "functional_id": "HC",
        "guide": "005010X222A1",
        "record": "Claim",
        "loop": {name.removeprefix("L"): table for name, table in loops.items()},
    }


REFERRING = {"of": "referring_provider", "segments": ["NM1*DN*1*{name}*****XX*{npi}"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (claim_map(L2999={}), "no loop 2999"),
        (claim_map(L2310A={"of": "refering_provider"}), "no field 'refering_provider'"),
        (claim_map(L2310A={**REFERRING, "segments": ["NM1*DN*1*{surname}"]}), "no field 'surname'"),
        (claim_map(L2310A={**REFERRING, "segments": ["NM1*XX*1*{name}"]}), "outside the code list"),
        (
            claim_map(L2310A={**REFERRING, "segments": ["NM1*DN*2*{name}"]}),
            "outside the guide's code list of NM102",
        ),
        (claim_map(L2310A={**REFERRING, "segments": ["NM1*DN*1*{name}***{npi}"]}), "NM106 is not used"),
        (claim_map(L2310A={**REFERRING, "segments": ["CUR*85"]}), "has no segment CUR"),
        (claim_map(L2310A={**REFERRING, "segments": ["NM1*DN" + "*" * 20 + "{name}"]}), "no element NM121"),
        (
            claim_map(L2310A={**REFERRING, "segments": ["REF*{qualifier:G2}*{id}", "NM1*DN*1*{name}"]}),
            "no field 'qualifier'",
        ),
        (claim_map(L2310A={**REFERRING, "segments": ["REF*G2*{npi}", "NM1*DN*1*{name}"]}), "too late"),
        (claim_map(L2310A={**REFERRING, "segments": ["REF*G2*{npi}"]}), "requires NM1"),
        (
            claim_map(L2310B={"of": "rendering_provider"}, L2310A={"of": "referring_provider"}),
            "guide's order",
        ),
        ({**claim_map(), "loop": {"2310A-82": REFERRING}}, "does not repeat 2310A for a role 82"),
        ({**claim_map(), "loop": {"2310B-82": REFERRING}}, "does not repeat 2310B for a role 82"),
        (claim_map(L2400={"each": "diagnoses"}), "not a list of records"),
        (claim_map(L2300={"segments": ["CLM*{modifiers+4}"]}), "no field 'modifiers'"),
        (claim_map(L2300={"segments": ["CLM*{diagnoses}"]}), "is a list"),
        (claim_map(L2300={"segments": ["CLM*{subscriber}"]}), "is a record"),
        (
            claim_map(L2300={"segments": [{"seg": "HI", "by": "magic", "fields": ["diagnoses"]}]}),
            "more than once",
        ),
        (
            claim_map(L2300={"segments": [{"seg": "HI*ABK", "by": "magic", "fields": ["diagnoses"]}]}),
            "no function",
        ),
        ({**claim_map(), "record": "Clam"}, "no record type"),
        ({**claim_map(), "guide": "004010"}, "no guide"),
        ({**claim_map(), "colour": 1}, "unknown key colour"),
    ],
)
def test_a_map_is_checked_against_record_and_guide(data: dict[str, Any], words: str) -> None:
    with pytest.raises(MapError, match=words):
        bind("837p.toml", data, RECORDS)
