"""Laws of spelling: folding is idempotent, what is written is read, and no bytes break the reader."""

import io
import string
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import X12Error
from gateway.model.submission import EnvelopeIds, Environment
from gateway.x12.characters import fold
from gateway.x12.check import check_x12
from gateway.x12.envelope import SetBody, write_interchange
from gateway.x12.reader import TransactionSet, read_x12
from tests.x12files import Read, file_837p

GOOD = file_837p()
FEW = settings(max_examples=50, deadline=None)

_id = st.text(alphabet="ABCabc019&/-. ", min_size=2, max_size=15).filter(
    lambda t: t == t.strip() and len(t) > 1
)
_qualifier = st.sampled_from(["ZZ", "30", "01", "14"])
_ids = st.builds(
    EnvelopeIds,
    sender_qualifier=_qualifier,
    sender_id=_id,
    receiver_qualifier=_qualifier,
    receiver_id=_id,
    group_sender=_id,
    group_receiver=_id,
    request_ta1=st.booleans(),
)
_tag = st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True).filter(
    lambda t: t not in {"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"}
)
_text = "".join(c for c in string.printable[:95] if c != "~")
_segment = st.builds(lambda tag, rest: f"{tag}*{rest}", _tag, st.text(alphabet=_text, max_size=40))
_numbers = st.lists(st.from_regex(r"[0-9]{4,9}", fullmatch=True), min_size=1, max_size=4, unique=True)


@FEW
@given(
    ids=_ids,
    isa13=st.integers(1, 999_999_999),
    gs06=st.integers(1, 999_999_999),
    numbers=_numbers,
    segments=st.lists(_segment, max_size=8),
    created=st.datetimes(),
    environment=st.sampled_from(Environment),
    line_breaks=st.booleans(),
)
def test_whatever_is_written_reads_back_clean(
    ids: EnvelopeIds,
    isa13: int,
    gs06: int,
    numbers: list[str],
    segments: list[str],
    created: datetime,
    environment: Environment,
    line_breaks: bool,
):
    data = write_interchange(
        ids,
        isa13=isa13,
        gs06=gs06,
        functional_id="HC",
        set_id="837",
        version="005010X222A1",
        environment=environment,
        created=created,
        sets=[SetBody(number, segments) for number in numbers],
        line_breaks=line_breaks,
    )
    read = Read(data)
    assert read.codes == []
    assert read.intact == [True]
    assert [s.control_number for s in read.sets] == numbers
    assert all(s.intact for s in read.sets)
    assert read.segments == [[segment.split("*") for segment in segments]] * len(numbers)
    (isa,) = read.interchanges
    assert (isa.header.sender, isa.header.receiver) == (ids.sender_id, ids.receiver_id)
    assert int(isa.header.control_number) == isa13
    assert isa.header.usage == environment.isa15


@FEW
@given(st.text(), st.booleans())
def test_folding_is_idempotent_and_leaves_only_plain_characters(text: str, upper: bool):
    folded = fold(text, upper=upper)
    assert fold(folded, upper=upper) == folded
    assert folded == folded.strip()
    assert "  " not in folded
    assert all(" " <= c <= "}" and c not in "*:^|>" for c in folded)


@FEW
@given(st.data())
def test_no_mutation_breaks_the_reader(data: st.DataObject):
    spoiled = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        what = data.draw(st.sampled_from(["change", "cut", "insert", "terminator", "separator"]))
        if what == "change":
            spoiled[at] = data.draw(st.integers(0, 255))
        elif what == "cut":
            del spoiled[at : at + data.draw(st.integers(1, 40))]
        else:
            spoiled[at:at] = {"insert": b"ISA*", "terminator": b"~", "separator": b"*"}[what]
    try:
        for interchange in read_x12(io.BytesIO(bytes(spoiled))):
            for part in interchange.parts():
                if isinstance(part, TransactionSet):
                    list(part.segments())
                    assert part.intact is not None
            assert interchange.intact is not None
            assert interchange.intact or interchange.findings
    except X12Error as refused:
        assert refused.code.startswith("ENV-")
    verdict = check_x12(bytes(spoiled), want_999=True)
    assert all(finding.code and finding.message for finding in verdict.findings)


@FEW
@given(st.binary(max_size=300))
def test_arbitrary_bytes_after_an_isa_never_break_the_checker(tail: bytes):
    verdict = check_x12(GOOD[:106] + tail, want_999=True)
    assert verdict.findings
    assert all(finding.message.endswith(".") for finding in verdict.findings)
