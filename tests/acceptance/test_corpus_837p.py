"""Sample 837Ps that nobody here wrote: read into claims, written again, they say the same segment for segment.

Compared per transaction set as a multiset, ST/SE, BHT, HL, LX, loops 1000A and 1000B, number spellings and trailing
empties aside. Nothing of a sample is kept in the repository; where GATEWAY_CORPUS is not set this is one visible skip.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import X12Error
from gateway.mapping.compile import load_map
from gateway.mapping.read import ReadRecord, read_claims, read_record, read_ta1
from gateway.mapping.residue import normal_form, raw_text
from gateway.mapping.write import write_claims
from gateway.model.claim import Residue
from gateway.x12.reader import Ta1Segment, TransactionSet, read_x12
from tests.strategies import HEADER

pytestmark = pytest.mark.corpus

CORPUS = Path(os.environ["GATEWAY_CORPUS"]) if os.environ.get("GATEWAY_CORPUS") else None
MAP = load_map("837p")
MAPS = {"835": "835", "277": "277ca", "999": "999", "997": "999", "837": "837p"}
ASIDE = frozenset({"BHT", "HL", "LX"})


def rows() -> list[dict[str, str]]:
    if CORPUS is None or not (CORPUS / "index.tsv").is_file():
        return []
    with (CORPUS / "index.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def clean_837p() -> list[str]:
    return [
        row["file"]
        for row in rows()
        if row["file"].startswith(("837p/", "synthetic/837p"))
        and row["envelope"] == "OK"
        and row["version_GS08"].startswith("005010")
    ]


def every_file() -> list[str]:
    if CORPUS is None:
        return []
    return sorted(
        str(path.relative_to(CORPUS))
        for path in CORPUS.rglob("*")
        if path.is_file() and path.suffix != ".tsv"
    )


def sets_of(name: str) -> Iterator[TransactionSet]:
    assert CORPUS is not None
    with (CORPUS / name).open("rb") as source:
        for interchange in read_x12(source, file=name):
            for part in interchange.parts():
                if isinstance(part, TransactionSet):
                    yield part


def bag(texts: list[str]) -> Counter[str]:
    """Return what counts of a set's segments: numbers in one spelling, the head and what engines number left out."""
    places = {segment.id: segment for segment in MAP.bound.guide.by_order.values()}
    kept: Counter[str] = Counter()
    head = True
    for text in texts:
        tag = text.partition("*")[0]
        if tag == "HL" or text.startswith(("NM1*85", "NM1*87")):
            head = False
        if head or tag in ASIDE:
            continue
        kept[normal_form(text, places.get(tag))] += 1
    return kept


def read_set(part: TransactionSet) -> tuple[list[str], list[ReadRecord]]:
    segments = list(part.segments())
    separators = part.interchange.separators
    return [raw_text(s, separators) for s in segments], list(read_claims(MAP, segments, separators))


@pytest.mark.skipif(CORPUS is None, reason="GATEWAY_CORPUS is not set")
def test_the_corpus_is_there() -> None:
    assert len(clean_837p()) > 30


@pytest.mark.parametrize("name", clean_837p())
def test_a_clean_837p_comes_back_segment_for_segment(name: str) -> None:
    for part in sets_of(name):
        came, records = read_set(part)
        claims = [item.record for item in records if item.record is not None]
        if not claims:
            # Hierarchical levels without any claim: told, not dropped.
            assert any(finding.code == "READ-RESIDUE" for item in records for finding in item.findings)
            continue
        written = write_claims(MAP, records[0].header or HEADER, claims, verbatim=True)
        assert bag(list(written.segments)) == bag(came)


def why_residue(kept: Residue) -> Counter[str]:
    """Say of each segment kept beside the record why no field holds it; "named" where the guide has a place for it."""
    if not kept.segments:
        tag = (kept.replaces or "").partition("*")[0]
        required = any(s.usage == "R" for s in MAP.bound.guide.loops[kept.loop].segments if s.id == tag)
        return Counter({"required by the guide, missing in the file" if required else "named": 1})
    return Counter(reason(kept.loop, text) for text in kept.segments)


def reason(loop: str, text: str) -> str:
    tag, *elements = text.split("*")
    same = [s for s in MAP.bound.guide.loops[loop].segments if s.id == tag]
    segment = next((s for s in same if not s.qualifier or elements[s.qualifier - 1] in s.codes), None)
    if segment is None:
        return "the guide has no such segment there"
    for position, value in enumerate(elements, start=1):
        place = segment.element(position)
        if value and (place is None or place.usage == "N"):
            return "the guide does not use an element of it"
        if value and place is not None and place.codes and value not in place.codes:
            return "a code that is not the guide's"
    first, _, last = elements[-1].partition("-")
    if tag == "DTP" and first == last:
        return "a range of one day, written as that day"
    return "named"


def test_what_the_guide_names_needs_no_residue() -> None:
    """Residue is for what the guide does not know, not a way around knowing."""
    total = without = 0
    why: Counter[str] = Counter()
    for name in clean_837p():
        before = why.total()
        for part in sets_of(name):
            came, records = read_set(part)
            total += len(came)
            for item in records:
                for kept in item.record.residue if item.record is not None else ():
                    why += why_residue(kept)
        without += why.total() == before
    assert why["named"] == 0
    assert set(why) <= {
        "required by the guide, missing in the file",
        "the guide has no such segment there",
        "the guide does not use an element of it",
        "a range of one day, written as that day",
    }
    print(
        f"{without} of {len(clean_837p())} files without residue; {total} segments, beside the record: {dict(why)}"
    )


@pytest.mark.parametrize("name", every_file())
def test_no_file_ends_in_a_traceback(name: str) -> None:
    assert CORPUS is not None
    maps = {set_id: load_map(map_name) for set_id, map_name in MAPS.items()}
    with (CORPUS / name).open("rb") as source:
        try:
            for interchange in read_x12(source, file=name):
                for part in interchange.parts():
                    if isinstance(part, Ta1Segment):
                        assert read_ta1(part.elements).status is not None
                    elif part.set_id == "837":
                        _, records = read_set(part)
                        assert records
                    elif part.set_id in maps:
                        read = read_record(maps[part.set_id], part.segments(), part.interchange.separators)
                        assert read.record is not None
        except X12Error as fault:
            assert fault.code
