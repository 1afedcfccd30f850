"""The reader against the traps of domain.md 9.1, one by one."""

import io

import pytest

from gateway.errors import X12Error
from gateway.model.findings import Severity
from gateway.x12.reader import ReadLimits, TransactionSet, read_x12
from tests.x12files import SEGMENTS_837P, Read, file_837p, replaced

GOOD = file_837p()
BODY = [segment.split("*") for segment in SEGMENTS_837P]
ISA = GOOD[:106]
TA1_ONLY = b"TA1*000000101*260115*0930*A*000~IEA*0*000000101~"


def test_sound_file_reads_without_finding():
    read = Read(GOOD)
    (isa,) = read.interchanges
    assert read.codes == []
    assert read.intact == [True]
    assert read.segments == [BODY]
    assert (isa.header.sender, isa.header.receiver, isa.header.control_number) == (
        "SUBMITTER1",
        "PAYERHUB",
        "000000101",
    )
    assert (isa.header.ack_requested, isa.header.usage, isa.header.version) == (True, "T", "00501")
    (part,) = read.sets
    assert part.group is not None
    assert (part.set_id, part.control_number, part.version, part.implementation) == (
        "837",
        "0001",
        "005010X222A1",
        "005010X222A1",
    )
    assert (part.group.functional_id, part.group.control_number, part.group.ordinal) == ("HC", "101", 1)
    assert (part.interchange.ordinal, part.ordinal, part.intact) == (1, 1, True)


def test_isa_inside_data_opens_nothing():  # TRAP-01
    body = replaced(("NM1*IL", "NM1*IL*1*ISAAC*NARCISA****MI*ISA*GS"))
    read = Read(file_837p(body))
    assert len(read.interchanges) == 1
    assert read.codes == []
    assert ["NM1", "IL", "1", "ISAAC", "NARCISA", "", "", "", "MI", "ISA", "GS"] in read.segments[0]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda isa: isa.replace(b"SUBMITTER1     ", b"SUBMITTER1"),
        lambda isa: isa.replace(b"PAYERHUB       ", b"PAYERHUBOFTHEWHOLECOUNTRY"),
        lambda isa: isa.replace(b"          ", b""),
        lambda isa: isa[:-1] + b" ~",
        lambda isa: isa[:-1] + b"   ~",
    ],
)
def test_isa_of_another_width_is_read_with_a_warning(spoil):  # TRAP-02, TRAP-03
    read = Read(spoil(ISA) + GOOD[106:])
    assert read.codes == ["ENV-ISA-WIDTH"]
    assert read.intact == [True]
    assert read.segments == [BODY]
    assert read.interchanges[0].findings[0].severity is Severity.WARNING


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_end_as_terminator(end):  # TRAP-04
    read = Read(GOOD.replace(b"~", end))
    assert (read.codes, read.intact, read.segments) == ([], [True], [BODY])


@pytest.mark.parametrize("end", [b"~\n", b"~\r\n", b"~\r\n\r\n", b"~\n   ", b"~ \t\n"])
def test_line_ends_and_blanks_between_segments(end):  # TRAP-05
    read = Read(GOOD.replace(b"~", end))
    assert (read.codes, read.intact, read.segments) == ([], [True], [BODY])


@pytest.mark.parametrize("width", [80, 64, 53, 33, 7])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_hard_wrapped_lines_are_joined(width, end):  # TRAP-06
    wrapped = end.join(GOOD[at : at + width] for at in range(0, len(GOOD), width))
    read = Read(wrapped)
    assert (read.codes, read.intact, read.segments) == (["ENV-WRAP"], [True], [BODY])


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b" \r\n\t ", b"\xef\xbb\xbf\r\n", b"\n" * 200_000])
@pytest.mark.parametrize("after", [b"", b"\x1a", b"\0\0\0", b"\r\n \x1a", b" " * 200_000])
def test_blanks_around_the_file_mean_nothing(before, after):  # TRAP-07
    read = Read(before + GOOD + after)
    assert (read.codes, read.intact, read.segments) == ([], [True], [BODY])


@pytest.mark.parametrize("separators", ["\x1d\x1f\x1e^", "|>~^", "!\\'^", "+:\n*", "~^_*"])
def test_separators_come_from_the_isa(separators):  # TRAP-08
    element, component, segment, repetition = separators
    table = bytes.maketrans(b"*:~^", (element + component + segment + repetition).encode())
    read = Read(GOOD.translate(table))
    found = read.interchanges[0].header.separators
    assert (found.element, found.component, found.segment, found.repetition) == tuple(separators)
    assert (read.codes, read.intact) == ([], [True])
    assert [s[0] for s in read.segments[0]] == [s[0] for s in BODY]


def test_second_interchange_has_its_own_separators():  # TRAP-08, TRAP-12
    other = file_837p(isa13=102).translate(bytes.maketrans(b"*:~", b"|>\n"))
    read = Read(GOOD + b"\r\n" + other + b"\xef\xbb\xbf" + file_837p(isa13=103))
    assert [i.header.separators.element for i in read.interchanges] == ["*", "|", "*"]
    assert [i.header.ordinal for i in read.interchanges] == [1, 2, 3]
    assert read.intact == [True, True, True]
    assert read.codes == []
    assert [len(s) for s in read.segments] == [len(BODY)] * 3


@pytest.mark.parametrize(("version", "isa11"), [("00401", "U"), ("00401", "^"), ("00501", "U")])
def test_isa11_is_a_separator_only_when_it_can_be(version, isa11):  # TRAP-09
    data = GOOD.replace(b"*^*00501*", f"*{isa11}*{version}*".encode())
    read = Read(data)
    assert read.interchanges[0].header.separators.repetition is None
    assert read.codes == (["ENV-ISA-REPETITION"] if version == "00501" else [])
    assert read.intact == [True]


def test_terminator_in_data_is_a_structural_fault():  # TRAP-10
    read = Read(GOOD.replace(b"ELM STREET", b"ELM~STREET"))
    assert read.intact == [True]
    assert read.sets[0].intact is False
    assert read.codes == ["ENV-SEGMENT-ID", "ENV-SE-COUNT"]
    place = read.sets[0].findings[0]
    assert (place.line, place.file) == (9, "in.edi")
    assert "STREET" not in place.message


@pytest.mark.parametrize("start", [b"GS*HC*A*B*20260115*0930*1*X*005010X222A1~", b"ST*835*0001~BPR*I*1~"])
def test_file_without_isa_is_refused(start):  # TRAP-11
    with pytest.raises(X12Error) as refused:
        Read(start)
    assert (refused.value.code, refused.value.offset) == ("ENV-NO-ISA", 0)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (b"ISA*00*broken~GS*HC~", "ENV-ISA-BROKEN"),
        (b"GS*HC*A*B~", "ENV-TRAILING"),
        (b"-- end of transmission --", "ENV-TRAILING"),
        (b"ISABEL", "ENV-TRAILING"),
    ],
)
def test_broken_second_interchange_leaves_the_first(second, code):  # TRAP-12
    interchanges = read_x12(io.BytesIO(GOOD + b"\r\n" + second))
    first = next(interchanges)
    (part,) = [(p, list(p.segments())) for p in first.parts() if isinstance(p, TransactionSet)]
    with pytest.raises(X12Error) as refused:
        next(interchanges)
    assert (refused.value.code, refused.value.offset) == (code, len(GOOD) + 2)
    assert (first.intact, part[0].intact, part[1]) == (True, True, BODY)


@pytest.mark.parametrize(
    ("old", "new", "codes", "set_intact", "intact"),
    [
        (b"SE*53*0001", b"SE*52*0001", ["ENV-SE-COUNT"], False, True),
        (b"SE*53*0001", b"SE*x*0001", ["ENV-SE-COUNT"], False, True),
        (b"SE*53*0001", b"SE*53", ["ENV-SE-CONTROL"], False, True),
        (b"SE*53*0001", b"SE*53*0002", ["ENV-SE-CONTROL"], False, True),
        (b"SE*53*0001", b"SE*53*1", ["ENV-SE-CONTROL"], True, True),
        (b"SE*53*0001", b"SE*053*0001 ", [], True, True),
        (b"SE*53*0001~", b"", ["ENV-SE-MISSING"], False, True),
        (b"GE*1*101", b"GE*2*101", ["ENV-GE-COUNT"], True, False),
        (b"GE*1*101", b"GE*1*102", ["ENV-GE-CONTROL"], True, False),
        (b"GE*1*101", b"GE*1*0101", ["ENV-GE-CONTROL"], True, True),
        (b"GE*1*101~", b"", ["ENV-GE-MISSING"], True, False),
        (b"SE*53*0001~GE*1*101~", b"", ["ENV-GE-MISSING", "ENV-SE-MISSING"], False, False),
        (b"IEA*1*000000101", b"IEA*2*000000101", ["ENV-IEA-COUNT"], True, False),
        (b"IEA*1*000000101", b"IEA*1*000000102", ["ENV-IEA-CONTROL"], True, False),
        (b"IEA*1*000000101", b"IEA", ["ENV-IEA-COUNT", "ENV-IEA-CONTROL"], True, False),
        (b"IEA*1*000000101~", b"", ["ENV-TRUNCATED"], True, False),
        (b"IEA*1*000000101~", b"IEA*1*000000101", ["ENV-IEA-TERMINATOR"], True, True),
        (b"IEA*1*000000101~", b"IEA*1*000", ["ENV-TRUNCATED"], True, False),
        (b"GE*1*101~IEA", b"GE*1*101~ZZZ*1~ZZZ*2~IEA", ["ENV-SEGMENT-PLACE"], True, False),
        (b"GE*1*101~IEA", b"GE*1*101~GE*1*101~IEA", ["ENV-GS-MISSING"], True, False),
        (b"GS*HC", b"ISB*1~GS*HC", ["ENV-SEGMENT-PLACE"], True, True),
        (b"GS*HC*", b"GS*HP*", ["ENV-GS-TYPE"], True, True),
        (b"*005010X222A1~", b"*005010X222~", ["ENV-ST-VERSION"], True, True),
        (b"*X*005010X222A1~", b"*X~", ["ENV-GS", "ENV-ST-VERSION"], True, True),
        (b"ST*837*0001*", b"ST*837**", ["ENV-ST", "ENV-SE-CONTROL"], False, True),
        (b"NM1*40*", b"nm1*40*", ["ENV-SEGMENT-ID"], False, True),
        (b"NM1*40*", b"TA1*1~NM1*40*", ["ENV-TA1-PLACE", "ENV-SE-COUNT"], False, True),
        (b"~PER*", b"~~~PER*", ["ENV-EMPTY-SEGMENT"], True, True),
        (b"*0*T*:", b"*0*X*:", ["ENV-ISA-USAGE"], True, True),
        (b"*000000101*1*T", b"*00000010A*1*T", ["ENV-ISA-CONTROL", "ENV-IEA-CONTROL"], True, False),
    ],
)
def test_envelope_faults_have_names(
    old, new, codes, set_intact, intact
):  # TRAP-13, TRAP-14, TRAP-17, TRAP-20
    data = GOOD.replace(b"*1*T*:", b"*0*T*:") if old.startswith(b"*0*T") else GOOD
    assert old in data
    read = Read(data.replace(old, new, 1))
    assert read.codes == codes
    assert [s.intact for s in read.sets] == [set_intact]
    assert read.intact == [intact]
    assert all(f.file == "in.edi" for i in read.interchanges for f in i.findings)


def test_set_outside_a_group_is_read_and_marked():
    read = Read(GOOD.replace(b"GE*1*101~", b"").replace(GOOD[106 : GOOD.index(b"ST*")], b""))
    assert read.codes == ["ENV-IEA-COUNT", "ENV-GS-MISSING"]
    assert read.sets[0].group is None
    assert read.sets[0].implementation == "005010X222A1"
    assert read.segments == [BODY]


def test_missing_iea_does_not_swallow_the_next_interchange():
    cut = GOOD[: GOOD.index(b"IEA")]
    for whole in (cut, cut[: cut.index(b"GE*")], cut[: cut.index(b"SE*")]):
        read = Read(whole + file_837p(isa13=102))
        assert read.intact == [False, True]
        assert "ENV-IEA-MISSING" in read.codes
        assert [i.header.control_number for i in read.interchanges] == ["000000101", "000000102"]
        assert read.segments == [BODY, BODY]


@pytest.mark.parametrize("cut", range(107, len(GOOD), 97))
def test_truncated_download_is_seen_and_no_cut_segment_comes_out(cut):  # TRAP-14
    read = Read(GOOD[:cut])
    assert "ENV-TRUNCATED" in read.codes
    assert read.intact == [False]
    for part, segments in zip(read.sets, read.segments, strict=True):
        assert part.intact is False or part.set_id == "837"
        assert segments == BODY[: len(segments)]


def test_two_sets_the_first_without_se():
    two = file_837p(SEGMENTS_837P, SEGMENTS_837P)
    read = Read(two.replace(b"SE*53*0001~", b"", 1))
    assert [s.intact for s in read.sets] == [False, True]
    assert read.segments == [BODY, BODY]
    assert read.intact == [True]


def test_ids_are_trimmed_and_independent():  # TRAP-19
    read = Read(GOOD.replace(b"GS*HC*SUBMITTER1*PAYERHUB*", b"GS*HC*OTHER  *SOMEBODY *"))
    group = read.sets[0].group
    assert group is not None
    assert (group.sender, group.receiver, read.interchanges[0].header.sender) == (
        "OTHER",
        "SOMEBODY",
        "SUBMITTER1",
    )


def test_ta1_alone_and_beside_groups():  # TRAP-20, TRAP-21
    alone = Read(ISA + TA1_ONLY)
    assert (alone.codes, alone.intact) == ([], [True])
    assert alone.ta1 == [["TA1", "000000101", "260115", "0930", "A", "000"]]
    beside = Read(GOOD.replace(b"GS*", b"TA1*000000101*260115*0930*A*000~GS*", 1))
    assert (beside.codes, len(beside.ta1), len(beside.sets)) == ([], 1, 1)
    inside = Read(GOOD.replace(b"ST*", b"TA1*000000101*260115*0930*A*000~ST*", 1))
    assert (inside.codes, inside.intact, len(inside.ta1)) == (["ENV-TA1-PLACE"], [False], 1)


def test_bytes_above_ascii_are_kept():  # TRAP-23
    read = Read(GOOD.replace(b"*ROE*", "*NÚÑEZ*".encode()))
    name = next(s for s in read.segments[0] if s[:2] == ["NM1", "IL"])[3]
    assert name.encode("latin-1").decode("utf-8") == "NÚÑEZ"
    assert read.codes == []


def test_going_on_drains_what_was_not_read():
    data = file_837p(SEGMENTS_837P, SEGMENTS_837P, SEGMENTS_837P) + file_837p(isa13=102)
    interchanges = read_x12(io.BytesIO(data))
    first = next(interchanges)
    parts = first.parts()
    one = next(parts)
    assert isinstance(one, TransactionSet)
    next(one.segments())
    two = next(parts)
    assert (one.intact, two.intact) == (True, None)  # type: ignore[union-attr]
    assert first.intact is None
    second = next(interchanges)
    assert first.intact is True
    assert second.header.control_number == "000000102"
    assert next(interchanges, None) is None
    assert second.intact is True


def test_text_before_the_first_isa_is_skipped_with_a_warning():
    letter = b"Dear biller,\r\n\r\nISA is the first segment of what follows:\r\n\r\n"
    read = Read(letter + GOOD)
    assert (read.codes, read.intact, read.segments) == (["ENV-LEADING-TEXT"], [True], [BODY])
    with pytest.raises(X12Error) as refused:
        Read(b"Dear biller, " + GOOD)
    assert refused.value.code == "ENV-NOT-X12"


def test_limits_are_named_and_stop_only_what_they_must():
    endless = GOOD.replace(b"*ELM STREET CLINIC*", b"*" + b"X" * 70_000 + b"*")
    read = Read(endless)
    assert read.intact == [False]
    assert read.sets[0].intact is False
    assert read.codes == ["ENV-SEGMENT-LONG", "ENV-SEGMENT-LONG"]
    assert read.segments == [BODY[:6]]
    few = ReadLimits(set_segments=10)
    interchange = next(read_x12(io.BytesIO(GOOD), limits=few))
    part = next(interchange.parts())
    assert isinstance(part, TransactionSet)
    assert len(list(part.segments())) == 9
    assert part.intact is False
    assert [f.code for f in part.findings] == ["ENV-SET-LONG"]


def test_too_many_elements_is_a_fault_of_the_set():
    interchange = next(read_x12(io.BytesIO(GOOD), limits=ReadLimits(segment_elements=9)))
    part = next(interchange.parts())
    assert isinstance(part, TransactionSet)
    assert len(list(part.segments())) == len(BODY)
    assert part.intact is False
    assert {f.code for f in part.findings} == {"ENV-ELEMENTS"}
