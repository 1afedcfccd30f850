"""Explaining a claim's elements: addresses as people write them, overlays, residue, what is not there."""

from dataclasses import replace

import pytest

from gateway.errors import UsageError
from gateway.mapping.compile import load_map
from gateway.mapping.explain import Source, Wanted, explain_claim, value_of, would_write
from gateway.model.claim import Residue
from tests.claims import claim
from tests.unit.mapping.people import child
from tests.unit.mapping.people import claim as plain

MAP = load_map("837p")


def lines(count: int):
    """Return a claim of so many lines."""
    one = claim()
    return replace(one, service_lines=one.service_lines * count)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("CLM05-3", ["2300/CLM05-3"]),
        ("clm05-3", ["2300/CLM05-3"]),
        ("CLM05", ["2300/CLM05-1", "2300/CLM05-2", "2300/CLM05-3"]),
        ("2010BB/NM1*PR", ["2010BB/NM101", "2010BB/NM102", "2010BB/NM103", "2010BB/NM108", "2010BB/NM109"]),
        ("NM109*85", ["2010AA/NM109"]),
        ("2010AA/NM109", ["2010AA/NM109"]),
        ("2400[2]/SV101-2", ["2400[2]/SV101-2"]),
        ("SV101-2", ["2400[1]/SV101-2", "2400[2]/SV101-2"]),
        ("service_lines[1].procedure", ["2400[2]/SV101-2"]),
        ("service_lines.procedure", ["2400[1]/SV101-2", "2400[2]/SV101-2"]),
        ("payer.id", ["2010BB/NM109"]),
        ("REF*F8", []),
        ("2400[3]/SV101", []),
    ],
)
def test_addresses(address: str, found: list[str]) -> None:
    wanted = Wanted.of(address)
    assert [one.address for one in explain_claim(MAP, lines(2)) if wanted.fits(one)] == found


@pytest.mark.parametrize("address", ["", "what is this", "CLM05-", "2300//CLM", "CLM*", "[2]/CLM"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="not an address"):
        Wanted.of(address)


def test_of_two_rows_with_one_address_the_one_that_wrote() -> None:
    def row(one):
        return next(e.row.row.text for e in explain_claim(MAP, one) if e.element == "SBR01" and e.row)

    assert row(plain()).startswith("SBR*{payer_sequence}*18*")
    assert row(plain(patient=child())).startswith("SBR*{payer_sequence}**")


def test_an_overlay_row_is_named() -> None:
    changed = load_map("837p", overlay={"2310B/PRV*PE": "PRV*PE*PXC*{npi}"})
    [one] = [one for one in explain_claim(changed, claim()) if one.address == "2310B/PRV03"]
    assert one.paths == ("rendering_provider.npi",)
    assert one.row is not None
    assert "overlay" in one.row.row.where


def test_residue_is_told_from_what_a_row_wrote() -> None:
    odd = replace(claim(), residue=(Residue(loop="2300", segments=("REF*ZZ*ODD1",)),))
    told = {
        one.address: one.source
        for one in explain_claim(MAP, odd)
        if one.segment == "REF" and one.loop == "2300"
    }
    assert set(told.values()) == {Source.RESIDUE}
    assert {one.source for one in explain_claim(MAP, odd) if one.segment == "CLM"} == {
        Source.FIELD,
        Source.CONSTANT,
    }


def test_whatever_residue_says_is_explained() -> None:
    texts = ("BHT*0019*00", "ZZZ*1:2**3", "NM1*41*2*X", "SV1*HC:1", "PLB*1", "REF")
    for loop in ("2000A", "2010BA", "2300", "2400", "HEADER", "1000A", "NONE"):
        for line in (None, 1, 9):
            odd = replace(claim(), residue=(Residue(loop=loop, segments=texts, service_line=line),))
            assert [one for one in explain_claim(MAP, odd) if one.segment == "CLM"]


def test_what_would_write_an_element_that_is_not_there() -> None:
    rows = would_write(MAP, Wanted.of("2300/REF*F8"))
    assert [(row.address, paths) for row, paths in rows] == [("2300/REF*F8", ("payer_control_number",))]
    assert [paths for _, paths in would_write(MAP, Wanted.of("CLM20"))] == [("delay_reason",)]
    assert would_write(MAP, Wanted.of("CLM04")) == []
    assert [row.address for row, _ in would_write(MAP, Wanted.of("ambulance.miles"))] == [
        "2300/CR1",
        "2400/CR1",
    ][:1]


def test_values_at_paths() -> None:
    two = lines(2)
    assert value_of(two, "service_lines[1].procedure") == "99213"
    assert value_of(two, "service_lines[2].procedure") is None
    assert value_of(two, "patient.last_name") is None
    assert value_of(two, "diagnoses[0]") == "J020"
