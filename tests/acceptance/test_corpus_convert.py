"""``gateway read`` and then ``gateway convert --keep-invalid``: every sample 837P comes back segment for segment.

The comparison shares no code with the gateway. Aside, because an engine numbers or replaces them: ST/SE, BHT, HL, LX, the
head of the set (1000A/B), number spellings, trailing empties. Every sample left out is left out by a named reason, and the
reasons are counted.
"""

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.test_corpus import run

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
    """Say why a sample is not held to the law, None when it is."""
    if row["envelope"] != "OK":
        return "envelope not clean"
    if not row["version_GS08"].startswith("005010"):
        return "version 4010"
    return None


def sets_of(text):
    """Yield the counted segments of each ST..SE, whatever the delimiters are."""
    text = text.lstrip("\ufeff\r\n\t ")
    start = text.index("ISA" + text[text.index("ISA") + 3])
    text = text[start:]
    sep, component, end = text[3], text[104], text[105]
    current = None
    for raw in re.split(re.escape(end) + r"[\r\n\s]*", text):
        segment = raw.strip("\r\n").lstrip(" \t").split(sep)
        if segment[0] == "ST":
            current, head = Counter(), True
        elif segment[0] == "SE":
            yield current
            current = None
        elif current is not None:
            head = head and segment[0] != "HL" and segment[:2] != ["NM1", "85"]
            if not head and segment[0] not in {"BHT", "HL", "LX"}:
                current[spelled(segment, component)] += 1


def spelled(segment, component):
    """Return a segment with one spelling for numbers and nothing behind its last value."""
    elements = []
    for element in segment:
        parts = [number(part) for part in element.split(component)]
        while len(parts) > 1 and not parts[-1]:
            parts.pop()
        elements.append(":".join(parts))
    while elements and not elements[-1]:
        elements.pop()
    return "*".join(elements)


def number(part):
    """Return 100.00, 0100.0 and 100. as 100; leave everything without a point as it is."""
    if re.fullmatch(r"-?\d*\.\d*", part) and any(c.isdigit() for c in part):
        whole, _, rest = part.partition(".")
        rest = rest.rstrip("0")
        return (whole.lstrip("0") or "0") + (f".{rest}" if rest else "")
    return part.rstrip(" ")


HELD = [name for name, why in samples() if why is None]


@pytest.mark.skipif(not CORPUS, reason="GATEWAY_CORPUS is not set: the sample files are not here")
def test_what_is_left_out_and_why():
    left = Counter(why for _name, why in samples() if why)
    assert set(left) <= {"envelope not clean", "version 4010"}
    assert len(HELD) >= 30
    print(f"{len(HELD)} of {len(samples())} sample 837Ps are held to the law; left out: {dict(left)}")


@pytest.mark.parametrize("name", HELD or ["none"])
@pytest.mark.skipif(not CORPUS, reason="GATEWAY_CORPUS is not set: the sample files are not here")
def test_read_and_convert_give_the_same_segments(name, tmp_path):
    path = Path(CORPUS) / name
    came = list(sets_of(path.read_text(encoding="latin-1")))
    code, out, err = run("read", str(path))
    assert code in {0, 1}, err
    claims = tmp_path / "claims.jsonl"
    claims.write_text(out, encoding="utf-8")
    if not out.strip():
        assert not any(k.startswith("CLM*") for bag in came for k in bag), "claims were dropped"
        return
    code, _out, err = run("convert", str(claims), "--keep-invalid", "-o", str(tmp_path / "out.837"))
    assert code in {0, 1}, err
    went = list(sets_of((tmp_path / "out.837").read_text(encoding="latin-1")))
    came = [bag for bag in came if any(k.startswith("CLM*") for k in bag)]
    assert len(went) == len(came)
    for mine, theirs in zip(went, came, strict=True):
        assert mine == theirs, ((theirs - mine), (mine - theirs))
