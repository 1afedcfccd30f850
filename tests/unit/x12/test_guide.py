"""The guides as read out of the installed pyx12."""

import pytest

from gateway.errors import MapError
from gateway.x12.guide import load_guide


def test_a_loop_printed_twice_stands_once_after_the_patient() -> None:
    guide = load_guide("005010X222A1")
    assert guide.set_id == "837"
    assert {parent.id for parent in guide.parents("2300")} == {"2000B", "2000C"}
    orders = [
        guide.loops[name].first for name in ("2000B", "2010BB", "2000C", "2010CA", "2300", "2400", "2430")
    ]
    assert orders == sorted(orders)


def test_own_segments_may_stand_after_loops() -> None:
    """AK9 closes a 999: it belongs to the header and comes after every AK2 loop."""
    guide = load_guide("005010X231A1")
    header = guide.loops["HEADER"]
    assert [segment.id for segment in header.segments] == ["AK1", "AK9"]
    assert header.segments[1].order > guide.loops["2110"].last


def test_elements_carry_usage_type_codes_and_components() -> None:
    claim = load_guide("005010X222A1").loops["2300"].segments[0]
    place = claim.element(5)
    assert claim.id == "CLM"
    assert claim.element(2).numeric
    assert claim.element(3).usage == "N"
    assert [part.usage for part in place.components] == ["R", "R", "R"]
    assert place.components[1].codes == {"B"}
    assert claim.element(21) is None


def test_qualifiers_tell_namesakes_apart() -> None:
    loop = load_guide("005010X222A1").loops["2010BB"]
    payer, provider = [segment for segment in loop.segments if segment.id == "REF"]
    assert payer.codes == {"2U", "EI", "FY", "NF"}
    assert provider.codes == {"G2", "LU"}
    assert payer.order < provider.order
    level = load_guide("005010X222A1").loops["2000C"].segments[0]
    assert (level.id, level.qualifier, level.codes) == ("HL", 3, {"23"})


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(MapError, match="005010X999"):
        load_guide("005010X999")
