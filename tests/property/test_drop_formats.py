"""A claim is the same claim in whatever format it is dropped: as our record, or as the 837 that says the same."""

import json
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings

from gateway.claims.edits import normalise
from gateway.claims.intake import read_records
from gateway.mapping.canonical import canonical
from gateway.model.claim import Claim
from gateway.model.codec import compact
from gateway.model.duplicates import content_key, service_key
from gateway.settings import Limits
from tests.drops import body_837p
from tests.strategies import batches
from tests.x12files import file_837p

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def stored(data: bytes, name: str) -> list[Claim]:
    """Return the claims as intake would store them."""
    found = list(read_records(data, name=name, limits=Limits()))
    assert all(one.claim is not None for one in found if one.row), [one.findings for one in found]
    return [canonical(normalise(one.claim)[0]) for one in found if one.claim is not None]


def keys(claims: Sequence[Claim]) -> list[tuple[str, str]]:
    return [(content_key(claim), service_key(claim)) for claim in claims]


@SLOW
@given(batches(most=6))
def test_an_837_and_our_record_make_the_same_claim(batch: list[Claim]) -> None:
    as_lines = "".join(json.dumps(compact(claim)) + "\n" for claim in batch).encode()
    by_line = stored(as_lines, "a.jsonl")
    by_set = stored(file_837p(body_837p(batch)), "a.837")
    assert by_set == by_line
    assert keys(by_set) == keys(by_line)
