"""The check: a clean file is clean, a spoiled one is told where, in which claim, and in our words."""

import io
import logging

import pytest

from gateway.model.findings import Severity
from gateway.model.submission import Environment
from gateway.x12.check import Verdict, check_x12
from gateway.x12.envelope import write_ta1
from gateway.x12.oracle import guide_file
from gateway.x12.reader import TransactionSet, read_x12
from tests.x12files import CREATED, IDS, SEGMENTS_837P, Read, file_837p, position_of, replaced


def places(verdict: Verdict) -> list[tuple[str, int | None, str | None, str | None, str | None, str | None]]:
    return [(f.code, f.line, f.segment, f.element, f.loop, f.claim) for f in verdict.findings]


def spoiled(*changes: tuple[str, str | None]) -> list[tuple]:
    return places(check_x12(file_837p(replaced(*changes))))


def acknowledgement(data: bytes) -> dict[str, list[list[str]]]:
    """Return the segments of the 999 by their ids; the 999 itself must be sound."""
    made = check_x12(data, want_999=True).acknowledgement
    assert made is not None
    read = Read(made)
    assert read.codes == []
    found: dict[str, list[list[str]]] = {}
    for segments in read.segments:
        for segment in segments:
            found.setdefault(segment[0], []).append(segment[1:])
    return found


def test_a_clean_file_has_no_finding():
    verdict = check_x12(file_837p())
    assert verdict.findings == ()
    assert verdict.clean
    assert [(s.control_number, s.accepted, s.findings) for s in verdict.sets] == [("0001", True, ())]
    assert verdict.acknowledgement is None


@pytest.mark.parametrize("end", [b"~", b"~\r\n", b"\n"])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
def test_layout_does_not_disturb_the_checker(end, before):
    assert check_x12(before + file_837p().replace(b"~", end)).findings == ()


CLM1, CLM2 = position_of("CLM*PCN0001"), position_of("CLM*PCN0002")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # SNIP 1 and 2, by the examples of domain.md 6
        ([("DTP*472", "DTP*472*D8*20261310")], ("999-IK4-8", 26, "DTP", "DTP03", "2400", "PCN0001")),
        ([("REF*D9", "ZZZ*1")], ("999-IK3-1", 20, "ZZZ", None, "2300", "PCN0001")),
        ([("NM1*85", "NM1*85*2*ELM STREET CLINIC*****XX")], ("999-IK4-2", 8, "NM1", "NM108", "2010AA", None)),
        ([("N3*100", None)], ("999-IK3-3", 8, "N3", None, "2010AA", None)),
        (
            [("CLM*PCN0001", "CLM*PCN0001*185.5***11:C:1*Y*A*Y*Y")],
            ("999-IK4-7", CLM1, "CLM", "CLM05-2", "2300", "PCN0001"),
        ),
        ([("LX*1", "LX*1*")], ("999-IK3-8", 24, "LX", None, "2400", "PCN0001")),
        ([("LX*2", "LX*3")], ("CHK-LX", 28, "LX", None, "2400", "PCN0001")),
        ([("DMG*D8*1970", "DMG*D8*19700504*M*X")], ("999-IK4-I10", 17, "DMG", "DMG04", "2010BA", "PCN0001")),
        ([("PAT*19", "PAT*18")], ("999-IK3-1", 37, "PAT", None, "2000C", "PCN0002")),
        ([("N3*9 PINE", "N3*" + "X" * 56)], ("999-IK4-5", 39, "N3", "N301", "2010CA", "PCN0002")),
        ([("HL*4*3", "HL*4*9*23*0")], ("CHK-HL-PARENT", 36, "HL", None, "2000C", "PCN0002")),
        ([("HL*4*3", "HL*5*3*23*0")], ("CHK-HL", 36, "HL", None, "2000C", "PCN0002")),
        (
            [("SV1*HC:99213", "SV1*HC:99213:25::::::::::X*125.5*UN*1***1:2")],
            ("999-IK4-13", 25, "SV1", "SV101", "2400", "PCN0001"),
        ),
        ([("BHT", "BHT*0019*00*B1*20260115*0930*XX")], ("999-IK4-7", 2, "BHT", "BHT06", None, None)),
        ([("PER*IC", None)], ("999-IK3-3", 3, "PER", None, "1000A", None)),
        ([("SBR*P*18", None)], ("999-IK3-3", 12, "SBR", None, "2000B", "PCN0001")),
        ([("NM1*PR", None)], ("999-IK3-3", 17, "NM1", None, "2010BB", "PCN0001")),
        # what is missing at a claim's end belongs to that claim, not to the one whose start tells it
        (
            [
                ("LX*2", None),
                ("SV1*HC:87880", None),
                ("DTP*472*D8*20260110", None),
                ("DTP*472*D8*20260110", None),
            ],
            ("999-IK3-3", 25, "DTP", None, "2400", "PCN0001"),
        ),
        # SNIP 3 and 4
        (
            [("CLM*PCN0002", "CLM*PCN0002*200.01***11:B:1*Y*A*Y*Y")],
            ("P-SUM", CLM2, "CLM", "CLM02", "2300", "PCN0002"),
        ),
        ([("HL*3*1*22*1", "HL*3*1*22*0")], ("P-HL04", 32, "HL", "HL04", "2000B", "PCN0002")),
        ([("HL*2*1*22*0", "HL*2*1*22*1")], ("P-HL04", 12, "HL", "HL04", "2000B", "PCN0001")),
        ([("HL*1**20*1", "HL*1**20*0")], ("P-HL04", 6, "HL", "HL04", "2000A", None)),
    ],
)
def test_faults_are_told_with_their_place(changes, expected):
    assert expected in spoiled(*changes)


def test_a_sum_is_exact():
    body = replaced(
        ("CLM*PCN0001", "CLM*PCN0001*.3***11:B:1*Y*A*Y*Y"),
        ("SV1*HC:99213", "SV1*HC:99213:25*0.10*UN*1***1:2"),
        ("SV1*HC:87880", "SV1*HC:87880*.2*UN*1***1"),
    )
    assert check_x12(file_837p(body)).findings == ()


def test_only_the_guilty_claim_is_named():
    body = replaced(("HI*ABK:S52501A", "HI*ABK:S52501A:::::::::X"))
    verdict = check_x12(file_837p(body))
    assert {f.claim for f in verdict.findings} == {"PCN0002"}
    assert verdict.sets[0].accepted is False


def test_one_spoiled_set_leaves_its_neighbours_accepted():
    spoilt = replaced(("N3*100", None), ("CLM*PCN0001", "CLM*PCN0001*1***11:B:1*Y*A*Y*Y"))
    data = file_837p(SEGMENTS_837P, spoilt, SEGMENTS_837P)
    verdict = check_x12(data)
    assert [(s.control_number, s.accepted) for s in verdict.sets] == [
        ("0001", True),
        ("0002", False),
        ("0003", True),
    ]
    assert {f.code for f in verdict.sets[1].findings} == {"999-IK3-3", "P-SUM"}
    made = acknowledgement(data)
    assert made["AK9"] == [["R", "3", "3", "2"]]
    assert [verdict[0] for verdict in made["IK5"]] == ["A", "R", "A"]


def test_messages_quote_nothing_from_the_file():
    body = replaced(
        ("NM1*IL*1*ROE", "NM1*IL*1*ROE*RICHARD****QQ*MBR000111 "),
        ("DMG*D8*1970", "DMG*D8*19709904*M"),
        ("N4*SPRINGFIELD*IL*62702", "N4*SPRINGFIELD*ZZ*62702"),
    )
    verdict = check_x12(file_837p(body))
    assert len(verdict.findings) >= 3
    text = " ".join(finding.message for finding in verdict.findings)
    assert not any(value in text for value in ("ROE", "MBR000111", "19709904", "QQ", "ZZ"))


def test_pyx12_prints_nothing(caplog, capsys):
    with caplog.at_level(logging.DEBUG):
        check_x12(
            file_837p(replaced(("NM1*IL*1*ROE", "NM1*IL*1*ROE*RICHARD****QQ*MBR000111"))), want_999=True
        )
    captured = capsys.readouterr()
    assert caplog.text + captured.out + captured.err == ""


def test_codes_of_changing_lists_only_warn():
    verdict = check_x12(
        file_837p(replaced(("CLM*PCN0001", "CLM*PCN0001*185.5***00:B:1*Y*A*Y*Y"))), want_999=True
    )
    (finding,) = verdict.findings
    assert (finding.code, finding.severity, finding.element) == ("999-IK4-7", Severity.WARNING, "CLM05-1")
    assert verdict.sets[0].accepted
    assert verdict.acknowledgement is not None
    assert b"IK5*A~" in verdict.acknowledgement


def test_999_speaks_of_the_same_faults():
    body = replaced(("CLM*PCN0001", "CLM*PCN0001****11:B:1*Y*A*Y*Y"))
    data = file_837p(body)
    assert ("999-IK4-1", CLM1, "CLM", "CLM02", "2300", "PCN0001") in places(check_x12(data))
    made = acknowledgement(data)
    assert made["AK1"] == [["HC", "101", "005010X222A1"]]
    assert made["AK2"] == [["837", "0001", "005010X222A1"]]
    assert made["IK3"] == [["CLM", str(CLM1), "", "8"]]
    assert made["IK4"] == [["2", "782", "1"]]
    assert made["IK5"] == [["R", "5"]]
    assert made["AK9"][0][0] == "R"


def test_999_of_a_clean_file_accepts():
    made = acknowledgement(file_837p(SEGMENTS_837P, SEGMENTS_837P))
    assert made["IK5"] == [["A"], ["A"]]
    assert made["AK9"] == [["A", "2", "2", "2"]]


def test_each_interchange_gets_its_999():
    made = check_x12(file_837p() + file_837p(isa13=102), want_999=True).acknowledgement
    assert made is not None
    answered = [
        next(s[2] for s in part.segments() if s[0] == "AK1")
        for interchange in read_x12(io.BytesIO(made))
        for part in interchange.parts()
        if isinstance(part, TransactionSet)
    ]
    assert answered == ["101", "102"]


def test_two_interchanges_with_one_number():
    codes = [f.code for f in check_x12(file_837p() + file_837p()).findings]
    assert codes == ["ENV-ISA-DUPLICATE"]


def test_two_sets_and_two_groups_with_one_number():
    data = file_837p(SEGMENTS_837P, SEGMENTS_837P).replace(b"*0002", b"*0001")
    codes = [f.code for f in check_x12(data).findings]
    assert codes == ["ENV-ST-DUPLICATE"]
    group = data[106 : data.index(b"IEA")].replace(b"*0001", b"*0009", 1)
    twice = file_837p()
    group = twice[106 : twice.index(b"IEA")]
    data = twice[:106] + group + group + b"IEA*2*000000101~"
    assert [f.code for f in check_x12(data).findings] == ["ENV-GS-DUPLICATE"]


@pytest.mark.parametrize(
    ("version", "functional_id", "expected"),
    [
        ("005010X222A1", "HC", "005010X222A1"),
        ("005010X222", "HC", "005010X222A1"),
        ("005010X222A2", "HC", "005010X222A1"),
        ("005010X223A3", "HC", "005010X223A2"),
        ("005010X221", "HP", "005010X221A1"),
        ("005010X231", "FA", "005010X231"),
        ("005010X231A1", "FA", "005010X231A1"),
        ("005010X214", "HN", "005010X214"),
        ("005010X224A2", "HC", None),
        ("005010X222A1", "HP", None),
        ("005010", "HC", None),
        ("", "HC", None),
    ],
)
def test_guides_are_found_by_their_x_number(version, functional_id, expected):  # TRAP-22
    found = guide_file("00501", functional_id, version)
    assert (found[1] if found else None) == expected


def test_another_edition_warns_and_checks():
    data = file_837p(replaced(("N3*100", None))).replace(b"005010X222A1", b"005010X222A2")
    verdict = check_x12(data, want_999=True)
    assert [(f.code, f.severity) for f in verdict.findings] == [
        ("CHK-GUIDE-ALIAS", Severity.WARNING),
        ("999-IK3-3", Severity.ERROR),
    ]
    assert verdict.acknowledgement is not None
    assert b"AK2*837*0001*005010X222A2~" in verdict.acknowledgement


def test_no_guide_is_said_and_nothing_is_acknowledged():
    verdict = check_x12(file_837p().replace(b"005010X222A1", b"005010X224A2"), want_999=True)
    assert [(f.code, f.severity) for f in verdict.findings] == [
        ("CHK-NO-GUIDE", Severity.WARNING),
        ("CHK-NO-999", Severity.WARNING),
    ]
    assert verdict.acknowledgement is None
    assert verdict.sets[0].accepted


def test_a_set_of_another_kind_is_refused():
    data = file_837p().replace(b"ST*837*", b"ST*835*")
    verdict = check_x12(data, want_999=True)
    assert "999-IK5-1" in [f.code for f in verdict.findings]
    assert verdict.sets[0].accepted is False
    assert acknowledgement(data)["IK5"][0][0] == "R"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"SE*53*", b"SE*52*", "ENV-SE-COUNT"),
        (b"GE*1*", b"GE*x*", "ENV-GE-COUNT"),
        (b"SE*53*0001~", b"", "ENV-SE-MISSING"),
        (b"GS*HC", b"GX*HC", "ENV-GS-MISSING"),
    ],
)
def test_envelope_faults_reject_and_break_nothing(old, new, code):
    verdict = check_x12(file_837p().replace(old, new), want_999=True)
    assert code in [f.code for f in verdict.findings]
    assert any(f.severity is Severity.ERROR for f in verdict.findings)


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "ENV-EMPTY"), (b"hello", "ENV-NOT-X12"), (b"PK\x03\x04", "ENV-ZIP")]
)
def test_no_x12_is_one_finding(data, code):
    verdict = check_x12(data, file="in.edi", want_999=True)
    assert [(f.code, f.file) for f in verdict.findings] == [(code, "in.edi")]
    assert (verdict.sets, verdict.acknowledgement) == ((), None)


def test_good_interchange_before_garbage_keeps_its_verdict():
    verdict = check_x12(file_837p() + b"garbage")
    assert [s.accepted for s in verdict.sets] == [True]
    assert [f.code for f in verdict.findings] == ["ENV-TRAILING"]


def test_ta1_interchange_is_clean():
    data = write_ta1(
        IDS,
        isa13=9,
        environment=Environment.TEST,
        created=CREATED,
        answers=[("000000101", "260115", "0930", "A", "000")],
    )
    assert check_x12(data).findings == ()


def test_findings_are_capped():
    body = SEGMENTS_837P[:4] + tuple("ZZZ*1" for _ in range(50)) + SEGMENTS_837P[4:]
    verdict = check_x12(file_837p(body), max_findings=10)
    assert len(verdict.findings) == 11
    assert verdict.findings[-1].code == "CHK-MANY"
    assert len(verdict.sets[0].findings) > 40


def test_engine_errors_become_findings(monkeypatch):
    from gateway.x12 import oracle

    def stumble(*_: object) -> None:
        raise IndexError("MBR000111")

    monkeypatch.setattr(oracle.walk_tree, "walk_errors", stumble)
    verdict = check_x12(file_837p(), want_999=True)
    assert {f.code for f in verdict.findings} >= {"CHK-ENGINE"}
    assert "MBR000111" not in " ".join(f.message for f in verdict.findings)
    assert verdict.sets[0].accepted is False


def test_the_second_of_two_namesakes_is_sound_too():
    """A certificate of medical necessity begins like any attachment of type CT."""
    service = ("SV1*HC:87880*60*UN*1***1", "SV1*HC:87880*60*UN*1***1~PWK*CT*AD")
    lines = [part for text in replaced(service) for part in text.split("~")]
    assert check_x12(file_837p(tuple(lines))).findings == ()
    wrong = [line.replace("PWK*CT*AD", "PWK*CT*ZZ") for line in lines]
    assert [f.element for f in check_x12(file_837p(tuple(wrong))).findings] == ["PWK02"]
