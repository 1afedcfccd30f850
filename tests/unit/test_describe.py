"""Describing X12: every kind of file, findings in place, filters, positions, what is masked where."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway.model.findings import Finding
from gateway.ops.seeing import codes
from gateway.ops.seeing.describe import Privacy, Seen, describe
from gateway.ops.seeing.page import Page, seen_json
from gateway.ops.seeing.segments import Word, words_of
from gateway.ops.seeing.select import Selection, Wanted
from gateway.ops.seeing.values import readable_day
from gateway.x12.guide import layout_guide
from tests.x12files import SEGMENTS_837P, file_837p, position_of


def wrapped(
    body: str, *, kind: str = "HC", version: str = "005010X222A1", isa12: str = "00501", set_: str = "837"
) -> bytes:
    """Return *body* (segments with ``~``) as one set of one interchange; SE counts right."""
    count = body.count("~") + 2
    return (
        f"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240115*0930*^*{isa12}*000000101*0*T*:~"
        f"GS*{kind}*SENDER*RECEIVER*20240115*0930*101*X*{version}~ST*{set_}*0001~{body}SE*{count}*0001~GE*1*101~IEA*1*000000101~"
    ).encode("latin-1")


def seen(data: bytes, wanted: Wanted | None = None, privacy: Privacy = Privacy.MASKED) -> list[Any]:
    said: list[Any] = []
    describe(io.BytesIO(data), Selection(wanted or Wanted(), said.append), privacy=privacy)
    return said


def printed(data: bytes, wanted: Wanted | None = None, **how: Any) -> str:
    out = io.StringIO()
    page = Page(out.write, paint=lambda text, _: text, **how)
    describe(io.BytesIO(data), Selection(wanted or Wanted(), page.take))
    return out.getvalue()


def test_positions_are_those_of_a_999() -> None:
    at = position_of("SV1")
    [one] = [s for s in seen(file_837p(), Wanted(position=at, set="0001")) if isinstance(s, Seen)]
    assert (one.tag, one.position, one.loops[-1].id) == ("SV1", at, "2400")


def test_one_position_is_shown_with_every_element() -> None:
    said = printed(file_837p(), Wanted(position=position_of("CLM")), full=True)
    assert "CLM05-3" in said
    assert "original (1)" in said
    assert "2300  claim" in said
    assert "set 0001" in said


def test_a_claim_is_shown_with_who_it_is_about() -> None:
    shown = [one for one in seen(file_837p(), Wanted(claim=2)) if isinstance(one, Seen)]
    assert [one.position for one in shown] == list(range(position_of("HL", 3), len(SEGMENTS_837P) + 2))
    assert {one.claim for one in shown} == {None, 2}
    assert seen(file_837p(), Wanted(claim=3)) == []


def test_a_loop_is_shown_with_what_is_below_it() -> None:
    loops = {one.loops[-1].id for one in seen(file_837p(), Wanted(loop="2300"))}
    assert loops == {"2300", "2310B", "2400"}


@pytest.mark.parametrize("number", ["0002", "2"])
def test_a_set_is_named_by_its_control_number(number: str) -> None:
    data = file_837p(SEGMENTS_837P, SEGMENTS_837P)
    shown = seen(data, Wanted(set=number))
    assert {one.set for one in shown} == {"0002"}
    assert len(shown) == len(SEGMENTS_837P) + 2


def test_findings_stand_where_they_arise() -> None:
    data = wrapped("BHT*0019*00*B1*20240115*0930*CH~").replace(b"SE*3", b"SE*9")
    kinds = [one.code if isinstance(one, Finding) else one.tag for one in seen(data)]
    assert kinds == ["ISA", "GS", "ST", "BHT", "SE", "ENV-SE-COUNT", "GE", "IEA"]


def test_a_file_that_breaks_off_is_shown_to_its_last_letter() -> None:
    data = wrapped("BHT*0019*00*B1*20240115*0930*CH~NM1*41*2*ACME*****46*SUB1~")
    cut = data[: data.index(b"****46")]
    said = seen(cut)
    assert [one.tag for one in said if isinstance(one, Seen)][-1] == "NM1"
    assert said[-1].code == "ENV-TRUNCATED"


def test_text_after_the_last_interchange_is_said() -> None:
    said = seen(wrapped("BHT*0019~") + b"and more")
    assert said[-1].code == "ENV-TRAILING"
    assert [one.tag for one in said if isinstance(one, Seen)][-1] == "IEA"


def test_what_is_in_a_wrapper_is_described() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as into:
        into.writestr("one.837", wrapped("BHT*0019~"))
        into.writestr("two.837.gz", gzip.compress(wrapped("BHT*0018~")))
    plain = [one.tag for one in seen(wrapped("BHT*0019~"))]
    assert [one.tag for one in seen(archive.getvalue())] == plain * 2
    assert [one.code for one in seen(archive.getvalue()[:60])] == ["ENV-ZIP"]


def test_two_interchanges_with_other_separators() -> None:
    other = (
        wrapped("BHT*0019*00*B2*20240115*0930*CH~")
        .replace(b"*", b"|")
        .replace(b"~", b"\n")
        .replace(b"000000101", b"000000102")
    )
    shown = [one for one in seen(wrapped("BHT*0019~") + other) if isinstance(one, Seen)]
    assert [one.interchange for one in shown] == ["000000101"] * 7 + ["000000102"] * 7
    assert [one.tag for one in shown] == ["ISA", "GS", "ST", "BHT", "SE", "GE", "IEA"] * 2


def test_a_segment_outside_every_set_is_shown() -> None:
    data = wrapped("BHT*0019~").replace(b"GE*1", b"REF*EA*CHART1~GE*1")
    said = seen(data)
    [stray] = [one for one in said if isinstance(one, Seen) and one.tag == "REF"]
    assert stray.position is None
    assert "CHART1" not in stray.raw
    assert [one.code for one in said if isinstance(one, Finding)] == ["ENV-SEGMENT-PLACE"]


def test_ta1_and_999_in_words() -> None:
    body = "AK1*HC*101*005010X222A1~AK2*837*0001*005010X222A1~IK3*NM1*14*2010BA*8~CTX*CLM01:PCN0001~IK4*9:1*67*7*MBR000111~IK5*R*5~AK9*R*1*1*0~"
    data = wrapped(body, kind="FA", version="005010X231A1", set_="999").replace(
        b"GS*", b"TA1*000000101*240115*0930*A*000~GS*", 1
    )
    said = printed(data)
    assert (
        "interchange acknowledgement: control number 000000101; day 2024-01-15; time 09:30; verdict accepted (A); note no fault (000)"
        in said
    )
    assert (
        "faulty segment: segment NM1; at position 14; loop 2010BA; fault the segment has faulty elements (8)"
        in said
    )
    assert "fault the code is not one of those allowed (7)" in said
    assert "MBR000111" not in said
    assert "PCN0001" not in said


def test_whose_trace_it_is_decides_whether_it_shows() -> None:
    body = "BHT*0085*08*X1*20240115*1015*TH~HL*1**20*1~NM1*PR*2*PLAN*****PI*EXH01~TRN*1*RCPT1~HL*2*1*21*1~NM1*41*2*ACME*****46*SUB1~TRN*2*BATCH0001~HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1098765435~HL*4*3*PT~NM1*QC*1*ROE*RICHARD****MI*MBR000111~TRN*2*PCN0001~STC*A7:562:82*20240115*U*200********CALL ROE~"
    said = printed(wrapped(body, kind="HN", version="005010X214", set_="277"))
    assert "RCPT1" in said
    assert "BATCH0001" in said
    assert "status rejected because values" not in said
    assert (
        "status rejected because information is not valid (A7), code 562, about rendering provider (82)"
        in said
    )
    assert not {"PCN0001", "ROE", "RICHARD", "MBR000111", "CALL"} & set(said.replace(";", " ").split())


@pytest.mark.parametrize(
    ("version", "kind", "exact"),
    [
        ("005010X222", "HC", True), ("005010X223A3", "HC", True), ("005010X224A2", "HC", False), ("005010X221A1", "HP", True),
        ("005010X214", "HN", True), ("005010X212", "HN", True), ("005010X279A1", "HS", False), ("005010X279A1", "HB", False),
        ("005010X220A1", "BE", True), ("005010X218", "RA", True), ("005010X217", "HI", False), ("004010X098A1", "HC", True),
        ("005010X231A1", "FA", True), ("004010X091A1", "HP", True),
    ],
)  # fmt: skip
def test_a_guide_is_found_for(version: str, kind: str, exact: bool) -> None:
    found = layout_guide(version, kind)
    assert found is not None
    assert found[1] is exact
    assert found[0].loops


def test_without_a_guide_segments_are_shown_and_it_is_said() -> None:
    said = seen(wrapped("BEG*00*SA*PO1~CTT*1~", kind="PO", version="004010", isa12="00401", set_="850"))
    assert [one.code for one in said if isinstance(one, Finding)] == ["SEE-NO-GUIDE"]
    assert [one.tag for one in said if isinstance(one, Seen)] == [
        "ISA",
        "GS",
        "ST",
        "***",
        "CTT",
        "SE",
        "GE",
        "IEA",
    ]


def test_what_nobody_here_knows_is_hidden_with_its_name() -> None:
    [one] = [one for one in seen(wrapped("ROE*RICHARD~")) if isinstance(one, Seen) and one.position == 2]
    assert (one.tag, one.name, one.raw) == ("***", "", "***~".replace("~", "") + "*" + "***")
    assert "ROE" not in str(seen_json(one))


def test_money_and_days_are_readable_and_raw_is_kept() -> None:
    [clm] = seen(file_837p(), Wanted(position=position_of("CLM")))
    charge = next(part for part in clm.parts if part.ref == "CLM02")
    assert (charge.value, charge.shown) == ("185.5", "185.50")
    assert readable_day("20260304") == "2026-03-04"
    assert readable_day("20260301-20260304") == "2026-03-01 to 2026-03-04"
    assert readable_day("260304") == "2026-03-04"
    assert readable_day("202603041130") == "2026-03-04 11:30"
    assert readable_day("20269999") == "20269999"
    assert "CLM*" in printed(file_837p(), Wanted(position=position_of("CLM")), raw=True)


def test_every_word_names_a_table_that_is_there() -> None:
    def tables(word: Word) -> set[str]:
        return {table for part in word.parts for table in tables(part)} | (
            {word.table} if word.table else set()
        )

    for guide in (
        layout_guide("005010X222A1", "HC"),
        layout_guide("005010X221A1", "HP"),
        layout_guide("005010X214", "HN"),
        layout_guide("005010X231A1", "FA"),
        layout_guide("005010X223A2", "HC"),
    ):
        assert guide is not None
        for segment in guide[0].by_order.values():
            words = words_of(segment.id)
            assert words is not None, segment.id
            for element in segment.elements:
                if element.usage == "N":
                    continue
                assert element.position <= len(words.elements), (segment.id, element.position)
                word = words.elements[element.position - 1]
                assert word.label, (segment.id, element.position)
                assert tables(word) <= set(codes.TABLES)
                used = [part for part in element.components if part.usage != "N"]
                assert not used or len(word.parts) >= used[-1].position, (segment.id, element.position)


def test_the_words_are_short_and_ours() -> None:
    """Labels, not sentences: no licensed text can hide in them."""
    for name, table in codes.TABLES.items():
        for code, meaning in table.items():
            assert len(meaning) <= 80, (name, code)
            assert not meaning.endswith("."), (name, code)


def test_pages_fold_on_a_terminal(tmp_path: Path) -> None:
    said = printed(file_837p(), width=70)
    assert max(map(len, said.splitlines())) <= 70
    assert " ".join(said.split()) == " ".join(printed(file_837p()).split())


OTHER_KINDS = {
    "834": (
        "BE",
        "005010X220A1",
        "BGN*00*ENR1*20240101~N1*P5*ACME*FI*371234567~N1*IN*PLAN*FI*381234567~INS*Y*18*021*28*A***FT~REF*0F*111223333~REF*1L*POL777~NM1*IL*1*ROE*RICHARD****34*111223333~PER*IP**HP*5555551212*EM*ROE@X.COM~N3*12OAK~N4*SPRINGFIELD*IL*62702~DMG*D8*19700504*M~HD*021**HLT*POL777*FAM~DTP*348*D8*20240101~",
    ),
    "271": (
        "HB",
        "005010X279A1",
        "BHT*0022*11*X1*20240101*1200~HL*1**20*1~NM1*PR*2*PLAN*****PI*EXH01~HL*2*1*21*1~NM1*1P*2*CLINIC*****XX*1098765435~HL*3*2*22*0~TRN*2*MBR000111*9EXH~NM1*IL*1*ROE*RICHARD****MI*MBR000111~N3*12OAK~DMG*D8*19700504*M~DTP*346*D8*20240101~EB*1*FAM*30**POL777~MSG*CALL VOICE~LS*2120~NM1*P3*1*LOE*LEA~LE*2120~",
    ),
    "276": (
        "HR",
        "005010X212",
        "BHT*0010*13*X1*20240101*1200~HL*1**20*1~NM1*PR*2*PLAN*****PI*EXH01~HL*2*1*21*1~NM1*41*2*ACME*****46*SUB1~HL*3*2*19*1~NM1*1P*2*CLINIC*****XX*1098765435~HL*4*3*22*0~DMG*D8*19700504*M~NM1*IL*1*ROE*RICHARD****MI*MBR000111~TRN*1*MBR000111~REF*EJ*POL777~AMT*T3*125.5~DTP*472*D8*20240110~",
    ),
    "278": (
        "HI",
        "005010X217",
        "BHT*0007*13*X1*20240101*1200~HL*1**20*1~NM1*X3*2*PLAN*****PI*EXH01~HL*2*1*21*1~NM1*1P*1*LOE*LEA****XX*1098765435~HL*3*2*22*1~NM1*IL*1*ROE*RICHARD****MI*MBR000111~DMG*D8*19700504*M~HL*4*3*EV*0~TRN*1*POL777~UM*HS*I*3*11:B~MSG*CALL VOICE~",
    ),
    "820": (
        "RA",
        "005010X218",
        "BPR*I*100*C*ACH*CTX*01*111000025*DA*POL777*1512345678**01*222000111*DA*111223333*20240126~TRN*3*CHK100~N1*PE*PLAN*FI*381234567~N1*PR*ACME~ENT*1*2J*34*111223333~NM1*QE*1*ROE*RICHARD****34*111223333~RMR*AZ*POL777**100~DTM*582****RD8*20240101-20240131~",
    ),
}


@pytest.mark.parametrize("set_", sorted(OTHER_KINDS))
def test_nobody_is_named_in_other_kinds_of_set(set_: str) -> None:
    kind, version, body = OTHER_KINDS[set_]
    data = wrapped(body, kind=kind, version=version, set_=set_)
    said = printed(data, raw=True) + printed(data, full=True)
    who = (
        "ROE",
        "RICHARD",
        "MBR000111",
        "111223333",
        "12OAK",
        "19700504",
        "1970-05-04",
        "POL777",
        "VOICE",
        "371234567",
    )
    assert [one for one in who if one in said] == []
    assert (
        "2000" in {loop.id for one in seen(data) if isinstance(one, Seen) for loop in one.loops}
        or set_ != "834"
    )
    assert all(one.loops for one in seen(data) if isinstance(one, Seen) and one.tag in {"HL", "INS", "ENT"})


def test_every_code_of_a_remittance_has_its_word() -> None:
    guide = layout_guide("005010X221A1", "HP")
    assert guide is not None
    missing = set()
    for segment in guide[0].by_order.values():
        words = words_of(segment.id)
        assert words is not None
        for element in segment.elements:
            word = words.elements[element.position - 1] if element.position <= len(words.elements) else None
            places = [(element, word)]
            if element.components and word is not None:
                places = list(zip(element.components, word.parts, strict=False))
            for place, said in places:
                table = codes.TABLES.get(said.table) if said is not None and said.table else None
                if place.usage != "N" and table is not None:
                    missing |= {
                        (segment.id, element.position, code) for code in place.codes if code not in table
                    }
    assert missing == set()
