"""Our way of driving pyx12 (own tokens, own counter, remembered segments) says what pyx12's own program says."""

import io
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.model.findings import Severity
from gateway.x12.check import check_x12
from gateway.x12.envelope import _SEGMENT as SEGMENT
from tests.x12files import SEGMENTS_837P, Read, file_837p

VALUES = st.sampled_from(
    ["", "X", "1", "20261399", "ZZ", "A" * 81, "HC:1:2", "18", "-5", "1.2.3", "x ", "B:C"]
)


def _spoil(segments: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(segments) - 1))
    what = data.draw(st.sampled_from(["drop", "twice", "swap", "element", "element", "longer"]))
    if what == "drop":
        del segments[at]
    elif what == "twice":
        segments.insert(at, segments[at])
    elif what == "swap":
        other = data.draw(st.integers(0, len(segments) - 1))
        segments[at], segments[other] = segments[other], segments[at]
    elif what == "longer":
        segments[at] += "*" + data.draw(VALUES)
    else:
        elements = segments[at].split("*")
        place = data.draw(st.integers(1, max(1, len(elements) - 1)))
        elements[place : place + 1] = [data.draw(VALUES)]
        segments[at] = "*".join(elements)


@pytest.fixture(autouse=True, scope="module")
def _maps_loaded_once() -> Iterator[None]:
    """Keep pyx12's own program from parsing its maps anew for every file."""
    load = pyx12.map_if.load_map_file
    loaded = cache(lambda name: load(name, pyx12.params.ParamsBase()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", lambda name, *_: loaded(name))
        yield


def _their_999(data: bytes) -> bytes | None:
    """Return the 999 that pyx12's own program writes, or None when it raises."""
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.edi"
        path.write_bytes(data)
        try:
            pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), str(path), out, None)
        except Exception:  # noqa: BLE001 - it raises whatever Python raises
            return None
    return out.getvalue().encode("latin-1")


def _verdicts(answer: bytes) -> list[list[list[str]]]:
    wanted = {"AK2", "IK3", "IK4", "IK5", "AK9"}
    return [sorted(s for s in segments if s[0] in wanted) for segments in Read(answer).segments]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_999_is_the_one_that_pyx12_writes(data: st.DataObject):
    bodies = []
    for _ in range(data.draw(st.integers(1, 2))):
        segments = list(SEGMENTS_837P)
        for _ in range(data.draw(st.integers(0, 3))):
            _spoil(segments, data)
        bodies.append(tuple(segments))
    assume(all(SEGMENT.match(segment) for body in bodies for segment in body))
    # What pyx12 notes of a segment that has no place in the guide, such as empty elements at its end, it books on the
    # segment after it; we do not.
    assume(not any(segment.endswith("*") for body in bodies for segment in body))
    spoiled = file_837p(*bodies)
    theirs = _their_999(spoiled)
    assume(theirs)
    verdict = check_x12(spoiled, want_999=True)
    # Where we differ on purpose: components too many break pyx12, and codes of changing lists only warn.
    assume("999-IK4-13" not in {f.code for f in verdict.findings})
    assume(all(f.severity is Severity.ERROR for f in verdict.findings))
    assert verdict.acknowledgement is not None
    assert _verdicts(verdict.acknowledgement) == _verdicts(theirs)
