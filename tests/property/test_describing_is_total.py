"""Whatever bytes come, `describe` shows them: no traceback, no segment dropped, nobody named whose place has slipped."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model.findings import Finding
from gateway.ops.seeing.describe import Privacy, Seen, describe
from gateway.ops.seeing.page import Page, seen_json
from tests.golden.test_seeing import HERE, WHO_THEY_ARE
from tests.x12files import file_837p

SLOW = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
FILES = {name: (HERE / name).read_bytes() for name in sorted(WHO_THEY_ARE)}
ODD = st.sampled_from(
    (
        b"*",
        b"~",
        b":",
        b"^",
        b"\n",
        b"\x00",
        b"\xe9",
        b"ISA*",
        b"ST*837*1~",
        b"IEA*1*1~",
        b"HL*1**22~",
        b"A",
        b"9",
    )
)


def described(data: bytes, privacy: Privacy = Privacy.MASKED) -> list[Seen | Finding]:
    """Describe *data*, print it every way there is, and return what was said."""
    said: list[Seen | Finding] = []
    describe(io.BytesIO(data), said.append, privacy=privacy)
    page = Page(lambda _: None, paint=lambda text, _: text, width=80, raw=True, full=True)
    for item in said:
        page.take(item)
        if isinstance(item, Seen):
            assert seen_json(item)["segment"] is not None
    return said


def text_of(data: bytes) -> str:
    """Return the masked page of *data*, raw segments included."""
    out = io.StringIO()
    describe(io.BytesIO(data), Page(out.write, paint=lambda text, _: text, raw=True).take)
    return out.getvalue()


@SLOW
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    assert described(data)


@SLOW
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.floats(0, 1), ODD, st.integers(0, 3)), max_size=8),
    st.floats(0.02, 1),
)
def test_a_spoilt_file(name: str, changes: list[tuple[float, bytes, int]], keep: float) -> None:
    data = FILES[name]
    for where, what, cut in changes:
        at = int(where * len(data))
        data = data[:at] + what + data[at + cut :]
    data = data[: int(keep * len(data))]
    for privacy in Privacy:
        assert described(data, privacy)


@SLOW
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=4))
def test_nobody_is_named_when_elements_slip(name: str, slips: list[tuple[bool, int]]) -> None:
    """An element separator too many or too few moves names into places where codes and amounts are shown."""
    head, body = FILES[name][:107], FILES[name][107:]
    for insert, nth in slips:
        places = [at for at, byte in enumerate(body) if byte == ord("*")]
        at = places[nth % len(places)]
        body = body[:at] + (b"**" if insert else b"") + body[at + 1 :]
    said = text_of(head + body)
    assert [value for value in WHO_THEY_ARE[name] if value in said] == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_lost_terminator(name: str) -> None:
    """Two segments that have become one: what belonged to the second stands in places of the first."""
    head, body = FILES[name][:107], FILES[name][107:]
    for at in (at for at, byte in enumerate(body) if byte == ord("~")):
        said = text_of(head + body[:at] + body[at + 1 :])
        assert [value for value in WHO_THEY_ARE[name] if value in said] == []


def test_memory_does_not_grow_with_the_file() -> None:
    """Thousands of claims in one set: what is held while reading is what stands open."""
    import tracemalloc

    whole = file_837p().decode()
    head, body, tail = (
        whole.partition("HL*2*1*22*0~")[0],
        "HL*2*1*22*0~",
        "SE*1*0001~GE*1*101~IEA*1*000000101~",
    )
    claim = body + whole.partition(body)[2].partition("HL*3*")[0]

    def held(count: int) -> int:
        data = (head + claim * count + tail).encode()
        seen = 0

        def take(_: object) -> None:
            nonlocal seen
            seen += 1

        stream = io.BytesIO(data)
        tracemalloc.start()
        describe(stream, take)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seen > 15 * count
        return peak

    held(20)
    assert held(240) < held(60) + 1_000_000


def test_golden_files_are_where_this_looks() -> None:
    assert {path.name for path in Path(HERE).glob("*.8*")} == set(FILES)
