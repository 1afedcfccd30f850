"""Whatever comes, reading ends in records, residue or findings: no traceback, no segment dropped in silence."""

from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mapping.compile import load_map
from gateway.mapping.read import read_claims, read_record
from gateway.mapping.residue import normal_form, raw_text
from gateway.mapping.write import write_claims
from gateway.x12.separators import Separators
from tests.strategies import HEADER
from tests.unit.mapping.test_read_record import FUNCTIONAL, PAYMENT, STATUS
from tests.x12files import SEGMENTS_837P

SEPARATORS = Separators("*", ":", "~", "^")
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MAP = load_map("837p")
WHOLE = (
    (Path(__file__).parents[1] / "golden" / "maps" / "837p_every_field.txt").read_text("ascii").splitlines()
)
ASIDE = ("BHT", "HL", "LX")
PLACES = {segment.id: segment for segment in MAP.bound.guide.by_order.values()}
VALUES = st.sampled_from(
    ("", "0", "1", "-5", "1.005", "20240229", "20239999", "XX", "ZZ:1:2", "NAME", ":", "Y", "N")
)
STRAY = st.sampled_from(
    ("REF*ZZ*1", "NM1*71*1*ROE", "HL*9*1*22*0", "HL", "LX", "SV1*HC:1*1*UN*1", "CLM*X*1", "N3*A", "XYZ*1", "SVD*P*1",
     "NM1*IL*1*POE", "NM1*85*2*CLINIC", "NM1*QC*1*POE", "PRV*PE*PXC*1", "SBR*S*18", "DTP*472*D8*20240101")
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, whole: list[str]) -> list[str]:
    """A set with some segments gone, doubled, moved, changed or strange."""
    segments = list(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(segments) - 1))
        act = draw(st.sampled_from(("drop", "double", "move", "change", "stray", "cut")))
        if act == "drop" and len(segments) > 1:
            del segments[at]
        elif act == "double":
            segments.insert(at, segments[at])
        elif act == "move":
            segments.insert(draw(st.integers(0, len(segments) - 1)), segments.pop(at))
        elif act == "change":
            elements = segments[at].split("*")
            where = draw(st.integers(1, max(1, len(elements) - 1)))
            elements[where:where] = [draw(VALUES)] if draw(st.booleans()) else []
            if where < len(elements):
                elements[where] = draw(VALUES)
            segments[at] = "*".join(elements)
        elif act == "stray":
            segments.insert(at, draw(STRAY))
        else:
            segments[at] = "*".join(segments[at].split("*")[: draw(st.integers(1, 4))])
    return segments


def bag(texts: list[str]) -> Counter[str]:
    kept = (raw_text(text.split("*"), SEPARATORS) for text in texts if not text.startswith(ASIDE))
    return Counter(normal_form(text, PLACES.get(text.partition("*")[0])) for text in kept)


@SLOW
@given(spoilt([*SEGMENTS_837P[4:], *WHOLE[4:]]))
def test_no_segment_of_a_claim_file_is_lost(claims: list[str]) -> None:
    """Each claim, written alone, says what it was read from; the rest is told. The set's head is aside."""
    segments = [*WHOLE[:4], *claims]
    records = list(read_claims(MAP, (text.split("*") for text in segments), SEPARATORS))
    header = records[0].header or HEADER
    kept: Counter[str] = Counter()
    for item in records:
        if item.record is not None:
            kept += bag(list(write_claims(MAP, header, [item.record], verbatim=True).segments))
    told = Counter(tag for item in records if item.record is None for tag in _told(item.findings))
    left = (bag(claims) - kept).elements()
    assert not Counter(text.partition("*")[0] for text in left) - told


def _told(findings: tuple) -> list[str]:
    return [
        tag for f in findings if f.code == "READ-RESIDUE" for tag in [f.segment] * int(f.message.split()[0])
    ]


@SLOW
@given(spoilt(PAYMENT.strip().splitlines()))
def test_a_spoilt_payment_is_read(segments: list[str]) -> None:
    item = read_record(load_map("835"), (text.split("*") for text in segments), SEPARATORS)
    claims = sum(1 for text in segments if text.partition("*")[0] == "CLP")
    assert len(item.record.claims) >= claims
    lines = sum(1 for text in segments if text.partition("*")[0] == "SVC")
    assert (
        sum(len(claim.service_lines) for claim in item.record.claims) == lines or item.findings or claims == 0
    )


@SLOW
@given(spoilt(STATUS.strip().splitlines()), spoilt(FUNCTIONAL.strip().splitlines()))
def test_spoilt_acknowledgements_are_read(statuses: list[str], functional: list[str]) -> None:
    said = read_record(load_map("277ca"), (text.split("*") for text in statuses), SEPARATORS)
    assert said.record is not None
    group = read_record(load_map("999"), (text.split("*") for text in functional), SEPARATORS)
    assert len(group.record.sets) >= sum(1 for text in functional if text.partition("*")[0] == "AK2")
