"""The laws of the claim map: written claims please the guide, and come back as what X12 can carry of them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.mapping.canonical import canonical
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_claims
from gateway.mapping.write import write_claims
from gateway.model.claim import Adjustment, Claim, OtherPayer, OtherSubscriber, Payer
from gateway.x12.check import check_x12
from gateway.x12.separators import Separators
from tests.claim_shapes import CLAIM_SHAPES, LINE_SHAPES, PATIENT_SHAPES, PROVIDER_SHAPES
from tests.draws import maybe as _maybe
from tests.strategies import HEADER, batches, claims
from tests.unit.mapping.people import CLINIC, child
from tests.unit.mapping.people import claim as plain
from tests.unit.mapping.people import line as plain_line
from tests.x12files import file_837p

SEPARATORS = Separators("*", ":", "~", "^")
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MAP = load_map("837p")


def round_trip(batch: list[Claim], *, upper: bool, keep_residue: bool = True) -> list[Claim]:
    written = write_claims(MAP, HEADER, batch, upper=upper)
    assert written.findings == ((),) * len(batch)
    assert written.header_findings == ()
    read = list(
        read_claims(
            MAP, (segment.split("*") for segment in written.segments), SEPARATORS, keep_residue=keep_residue
        )
    )
    assert all(item.findings == () and item.residue == 0 for item in read)
    assert all(item.header == HEADER or not upper for item in read)
    return [item.record for item in read]


@SLOW
@given(batches(), st.booleans(), st.booleans())
def test_what_is_read_is_what_x12_carries(batch: list[Claim], upper: bool, keep_residue: bool) -> None:
    back = round_trip(batch, upper=upper, keep_residue=keep_residue)
    assert back == [canonical(claim, upper=upper) for claim in batch]


@SLOW
@given(claims(), st.booleans())
def test_canonical_says_nothing_new_the_second_time(claim: Claim, upper: bool) -> None:
    once = canonical(claim, upper=upper)
    assert canonical(once, upper=upper) == once


@SLOW
@given(batches(most=6))
def test_pyx12_finds_nothing_in_what_is_written(batch: list[Claim]) -> None:
    written = write_claims(MAP, HEADER, batch)
    verdict = check_x12(file_837p(written.segments))
    assert verdict.findings == ()


@SLOW
@given(batches(most=6))
def test_spans_tell_where_each_claim_stands(batch: list[Claim]) -> None:
    written = write_claims(MAP, HEADER, batch)
    text = ["ST", *written.segments]
    for claim, (first, last) in zip(batch, written.spans, strict=True):
        own = text[first - 1 : last]
        assert own[0].split("*")[3] == "22"
        clm = [segment for segment in own if segment.startswith("CLM*")]
        assert [segment.split("*")[1] for segment in clm] == [claim.patient_control_number]
    assert written.spans[-1][1] == len(text)


@SLOW
@given(claims(), _maybe(st.just(None)))
def test_reading_the_canonical_claim_again_changes_nothing(claim: Claim, _: None) -> None:
    once = round_trip([claim], upper=True)
    assert round_trip(once, upper=True) == once
    assert all(replace(item, residue=()) == item for item in once)


SHAPES = {
    **{f"claim: {name}": shape for name, shape in CLAIM_SHAPES.items()},
    **{f"line: {name}": shape for name, shape in LINE_SHAPES.items()},
    **{f"patient: {name}": shape for name, shape in PATIENT_SHAPES.items()},
    **{f"provider: {name}": shape for name, shape in PROVIDER_SHAPES.items()},
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_shape_is_carried_and_pleases_the_guide(name: str) -> None:
    """Each by itself in an ordinary claim, so that none hides behind the others."""

    @settings(SLOW, max_examples=5, phases=(Phase.explicit, Phase.generate))
    @given(SHAPES[name])
    def carried(filled: dict[str, Any]) -> None:
        whole = filled_in(name.partition(":")[0], filled)
        [back] = round_trip([whole], upper=True, keep_residue=False)
        assert back == canonical(whole)
        assert check_x12(file_837p(write_claims(MAP, HEADER, [whole]).segments)).findings == ()

    carried()


def filled_in(part: str, filled: dict[str, Any]) -> Claim:
    """Return an ordinary claim with *filled* in one of its parts."""
    if part == "claim":
        return plain(**filled)
    if part == "line":
        return plain(charge=Decimal(200), service_lines=(replace(plain_line(1), **filled), plain_line(2)))
    if part == "patient":
        return plain(patient=replace(child(), **filled))
    return plain(billing_provider=replace(CLINIC, **filled))


def test_numbers_of_an_adjustment_are_kept_by_group() -> None:
    """Two groups mixed in the list are two segments, and come back by group (domain.md 2.11)."""
    mixed = [("PR", "1", "5"), ("CO", "45", "7.50"), ("PR", "2", "1.25")]
    adjustments = tuple(Adjustment(group=g, reason=r, amount=Decimal(a)) for g, r, a in mixed)
    payer = OtherPayer(
        payer_sequence="S",
        subscriber=OtherSubscriber(last_name="POE", member_id="M1"),
        payer=Payer(name="SECOND PLAN", id="SP1"),
        adjustments=adjustments,
    )
    [back] = round_trip([plain(other_payers=(payer,))], upper=True)
    said = [s for s in write_claims(MAP, HEADER, [back]).segments if s.startswith("CAS")]
    assert said == ["CAS*PR*1*5**2*1.25", "CAS*CO*45*7.5"]
    assert [item.reason for item in back.other_payers[0].adjustments] == ["1", "2", "45"]
