"""The laws of the claim map: written claims please the guide, and come back as what X12 can carry of them."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mapping.canonical import canonical
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_claims
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim
from gateway.x12.check import check_x12
from gateway.x12.separators import Separators
from tests.draws import maybe as _maybe
from tests.strategies import HEADER, batches, claims
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
