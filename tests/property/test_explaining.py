"""Every element of whatever claim is explained, and by the field whose value it says."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from gateway.mapping.compile import load_map
from gateway.mapping.explain import Element, Source, Wanted, explain_claim, value_of
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim
from gateway.x12.characters import fold
from tests.strategies import HEADER, claims

SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking a whole claim takes minutes
)
MAP = load_map("837p")


def says(text: str, value: Any) -> bool:
    """Tell whether *text* is how X12 says *value*: written here anew, the map's formats are not asked."""
    if isinstance(value, bool):
        return text in {"Y", "N", "0"} and (text != "N") == (value or text == "0")
    if isinstance(value, Decimal):
        return Decimal(text) == value
    if isinstance(value, date):
        return f"{value:%Y%m%d}" in text
    if isinstance(value, int):
        return text == str(value)
    return text == fold(value) or text == fold(value).replace(".", "")


CODED = {"diagnosis_type": {"ICD10": "ABK", "ICD9": "BK"}}


@SLOW
@given(claims())
def test_every_element_is_explained_by_the_field_it_says(claim: Claim) -> None:
    found = explain_claim(MAP, claim)
    written = write_claims(MAP, HEADER, [claim]).segments
    body = written[next(index for index, segment in enumerate(written) if segment.startswith("HL*")) :]
    values = [
        part for segment in body for element in segment.split("*")[1:] for part in element.split(":") if part
    ]
    assert [one.text for one in found] == values
    assert not [one.address for one in found if one.source is Source.RESIDUE]
    for one in found:
        assert (one.source is Source.ENGINE) == (one.segment in {"HL", "LX"})
        assert one in [other for other in found if Wanted.of(one.address).fits(other)]
        if one.source is Source.FIELD:
            assert any(_explains(claim, path, one) for path in one.paths), (one.address, one.paths)


def _explains(claim: Claim, path: str, one: Element) -> bool:
    value = value_of(claim, path)
    if value is None:
        return bool(one.row) and "=" in one.row.row.text  # a hole that is always written so
    coded = CODED.get(path.rpartition(".")[2])
    return coded.get(value) == one.text if coded else says(one.text, value)
