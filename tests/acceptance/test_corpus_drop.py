"""Every sample 837P of version 5010 with a clean envelope goes in as a drop, and out segment for segment.

Read as the daemon reads a dropped file and rendered as it renders what it sends, text left as it stands; compared by code
that shares nothing with the gateway (test_corpus_convert). What is left out is left out by a named reason.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from gateway.claims.convert import convert_files, terms_for
from gateway.claims.intake import read_records
from gateway.clock import SystemClock
from gateway.settings import Limits
from tests.acceptance.test_corpus_convert import sets_of

pytestmark = pytest.mark.corpus
CORPUS = os.environ.get("GATEWAY_CORPUS")


def samples():
    """Return (file, reason for leaving it out or None) for every 837P of the corpus."""
    if not CORPUS:
        return []
    with (Path(CORPUS) / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["transaction"].startswith("837P")]
    return [(row["file"], reason(row)) for row in rows]


def reason(row):
    """Say why a sample cannot go in, None when it must."""
    if row["envelope"] != "OK" and not row["envelope"].startswith("GS08!=ST03"):
        return "envelope not clean"
    if not row["version_GS08"].startswith("005010"):
        return "version 4010"
    if "X291" in row["version_GS08"]:
        return "predetermination, no claim"
    text = (Path(CORPUS) / row["file"]).read_text(encoding="latin-1")
    element = text[text.index("ISA") + 3]
    claims = text.count(f"CLM{element}")
    if not claims:
        return "no claim in it"
    if claims > 1 and f"HL{element}" not in text:
        return "several claims and no levels (HL): refused by X12-HL"
    return None


DROPPED = [name for name, why in samples() if why is None]


@pytest.mark.skipif(not CORPUS, reason="GATEWAY_CORPUS is not set: the sample files are not here")
def test_what_is_left_out_and_why():
    left = Counter(why for _name, why in samples() if why)
    assert len(DROPPED) >= 30
    assert left["no claim in it"] <= 2
    assert left["several claims and no levels (HL): refused by X12-HL"] <= 1
    print(f"{len(DROPPED)} of {len(samples())} sample 837Ps go in as a drop; left out: {dict(left)}")


@pytest.mark.parametrize("name", DROPPED or ["none"])
@pytest.mark.skipif(not CORPUS, reason="GATEWAY_CORPUS is not set: the sample files are not here")
def test_a_drop_comes_out_segment_for_segment(name):
    data = (Path(CORPUS) / name).read_bytes()
    read = [one for one in read_records(data, name=name, limits=Limits()) if one.row]
    assert all(one.as_read is not None and one.x12 is not None for one in read)
    made = convert_files([(name, data)], terms_for(clock=SystemClock()), limits=Limits(), keep_invalid=True)
    assert made.written == len(read)
    assert made.data is not None
    came = [bag for bag in sets_of(data.decode("latin-1")) if any(k.startswith("CLM*") for k in bag)]
    went = list(sets_of(made.data.decode("latin-1")))
    assert len(went) == len(came)
    for mine, theirs in zip(went, came, strict=True):
        assert mine == theirs, ((theirs - mine), (mine - theirs))
