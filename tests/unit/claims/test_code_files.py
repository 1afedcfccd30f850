"""Files of codes as users have them: every layout we know, small and made up, and what is refused with what is expected."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.claims.codesets.files import CodeFile, read_code_file
from gateway.errors import UsageError
from gateway.model.codesets import CodeRow, CodeSet

MOST = 1000


def read(code_set: CodeSet, text: str | bytes, name: str = "codes.csv") -> CodeFile:
    return read_code_file(code_set, name, text if isinstance(text, bytes) else text.encode(), most=MOST)


def order_line(number: int, code: str, billable: int, title: str) -> str:
    return f"{number:05d} {code:<7} {billable} {title[:60]:<60} {title}\n"


ORDER = (
    order_line(1, "J01", 0, "Acute sinusitis")
    + order_line(2, "J0190", 1, "Acute sinusitis, unspecified")
    + order_line(3, "S52501A", 1, "Fracture of lower end of right radius, initial")
)


def anweb_line(code: str, kind: str, title: str, *, short: str = "", added: str = "", ended: str = "") -> str:
    head = f"{code:>5}00100{kind}{title:<80}{short:<28}"
    return f"{head:<268}{added:<8}{added:<8}{ended:<8}N".ljust(320) + "\n"


ANWEB = (
    "Note regarding coverage: this page of notices has no codes.\n\n"
    + anweb_line("RT", "7", "Right side", added="19900101")
    + anweb_line("J1100", "3", "Injection of something made up,", added="19950101")
    + anweb_line("J1100", "4", "1 mg")
    + anweb_line("G0008", "3", "Giving of a vaccine", added="20000101", ended="20261231")
)

ANWEB_SHEET = (
    "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,ADD DT,ACT EFF DT,TERM DT,ACTION CD\n"
    'J1100,00100,3,"Injection of something made up,",Inj,19950101,19950101,,N\n'
    "J1100,00200,4,1 mg,,,,,\n"
    "RT,00100,7,Right side,Right,19900101,19900101,,N\n"
)

NUCC = (
    "Code,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section\n"
    '207Q00000X,Physicians,Family Medicine,,"Made up, here",,Family Physician,Individual\n'
    '2085R0202X,Physicians,Radiology,Diagnostic Radiology,"More\nlines",,,Individual\n'
)


def test_icd_order_file_tells_headings_and_takes_the_long_title() -> None:
    found = read(CodeSet.ICD10CM, ORDER, "icd10cm_order_2027.txt")
    assert found.layout == "CMS order file"
    assert found.effective == date(2026, 10, 1)
    assert found.rows == (
        CodeRow("J01", "Acute sinusitis", billable=False),
        CodeRow("J0190", "Acute sinusitis, unspecified"),
        CodeRow("S52501A", "Fracture of lower end of right radius, initial"),
    )


def test_icd_code_list_and_pcs() -> None:
    found = read(
        CodeSet.ICD10CM, "J0190   Acute sinusitis\r\nR509    Fever\r\n", "icd10cm-codes-April-2026.txt"
    )
    assert (found.layout, found.effective) == ("CMS code list", date(2026, 4, 1))
    assert [row.code for row in found.rows] == ["J0190", "R509"]
    pcs = read(CodeSet.ICD10PCS, order_line(1, "0016070", 1, "Bypass"), "icd10pcs_order_2027.txt")
    assert [(row.code, row.billable) for row in pcs.rows] == [("0016070", True)]


def test_hcpcs_text_has_procedures_and_modifiers_apart_with_their_dates() -> None:
    found = read(CodeSet.HCPCS, ANWEB, "HCPC2026_OCT_ANWEB.txt")
    assert (found.layout, found.effective) == ("CMS ANWEB text", date(2026, 10, 1))
    assert found.rows == (
        CodeRow("J1100", "Injection of something made up, 1 mg", date(1995, 1, 1)),
        CodeRow("G0008", "Giving of a vaccine", date(2000, 1, 1), date(2026, 12, 31)),
    )
    modifiers = read(CodeSet.MODIFIERS, ANWEB, "HCPC2026_ANWEB.txt")
    assert modifiers.rows == (CodeRow("RT", "Right side", date(1990, 1, 1)),)
    assert modifiers.effective == date(2026, 1, 1)


def test_hcpcs_saved_from_its_sheet_reads_as_its_text_does() -> None:
    found = read(CodeSet.HCPCS, ANWEB_SHEET, "HCPC2026_OCT_ANWEB.csv")
    assert found.layout == "CMS ANWEB sheet"
    assert found.rows == (CodeRow("J1100", "Injection of something made up, 1 mg", date(1995, 1, 1)),)
    assert [row.code for row in read(CodeSet.MODIFIERS, ANWEB_SHEET).rows] == ["RT"]


def test_nuccs_taxonomy_with_lines_inside_its_definitions() -> None:
    found = read(CodeSet.TAXONOMY, NUCC, "nucc_taxonomy_261.csv")
    assert (found.layout, found.effective) == ("NUCC taxonomy", date(2026, 7, 1))
    assert found.rows == (
        CodeRow("207Q00000X", "Family Physician"),
        CodeRow("2085R0202X", "Radiology - Diagnostic Radiology"),
    )
    old = read(CodeSet.TAXONOMY, NUCC.replace("Made up", "Médecin").encode("cp1252"), "nucc_taxonomy_260.csv")
    assert old.effective == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("code_set", "text", "rows"),
    [
        (CodeSet.CPT, "code\n99213\n100\n0001U\n", [CodeRow("99213"), CodeRow("00100"), CodeRow("0001U")]),
        (
            CodeSet.CPT,
            "CPT Code\tEffective\tTerminated\n99213\t1/1/2020\t12/31/2026\n",
            [CodeRow("99213", None, date(2020, 1, 1), date(2026, 12, 31))],
        ),
        (CodeSet.ICD10CM, "ICD-10 code;Description\nj01.90;Sinus\n", [CodeRow("J0190", "Sinus")]),
        (CodeSet.MODIFIERS, "25\n59\nRT\n", [CodeRow("25"), CodeRow("59"), CodeRow("RT")]),
        (
            CodeSet.POS,
            "Place of Service Code(s),Place of Service Name\n1,Pharmacy\n28-30,Unassigned\n11,Office\n",
            [CodeRow("01", "Pharmacy"), CodeRow("11", "Office")],
        ),
        (
            CodeSet.CARC,
            "Code,Description,Start Date,Stop Date\n01,Ours,1995-01-01,\nA1,Theirs,19950101,2026-07-01 00:00:00\n",
            [
                CodeRow("1", "Ours", date(1995, 1, 1)),
                CodeRow("A1", "Theirs", date(1995, 1, 1), date(2026, 7, 1)),
            ],
        ),
        (CodeSet.RARC, "code,description\nMA01,Ours\nN130,Ours\nM1,\n", [CodeRow("MA01", "Ours"), CodeRow("N130", "Ours"), CodeRow("M1")]),
        (CodeSet.STATUS_CODES, "code,description\n0019,Ours\n", [CodeRow("19", "Ours")]),
        (CodeSet.STATUS_CATEGORIES, "code,description\nA3,Ours\n", [CodeRow("A3", "Ours")]),
    ],
)  # fmt: skip
def test_lists_of_ones_own(code_set: CodeSet, text: str, rows: list[CodeRow]) -> None:
    found = read(code_set, text)
    assert list(found.rows) == rows
    assert found.effective is None


def test_utf16_and_a_byte_order_mark_are_text() -> None:
    assert read(CodeSet.MODIFIERS, "code\n25\n".encode("utf-16")).rows == (CodeRow("25"),)
    assert read(CodeSet.MODIFIERS, b"\xef\xbb\xbfcode\n25\n").rows == (CodeRow("25"),)


@pytest.mark.parametrize(
    ("code_set", "data", "said"),
    [
        (CodeSet.CPT, b"PK\x03\x04", "zip or Excel file"),
        (CodeSet.CPT, b"\0\1\2", "not a text file"),
        (CodeSet.CPT, b"", "Expected: a CSV or TSV"),
        (CodeSet.ICD10CM, b"<html>", r"Expected: CMS's icd10cm_order_YYYY.txt"),
        (CodeSet.CPT, b"code\n", "there is no code in it"),
        (CodeSet.CPT, b"code,effective\n99213,soon\n", "line 2: 'soon' is not a date"),
        (CodeSet.CPT, b"code\n99213\nJ1100\n", r"line 3: 'J1100' is not the shape of procedures \(CPT\)"),
        (CodeSet.CPT, b"code,effective,terminated\n99213,20260101,20250101\n", "line 2: 99213 ends before it begins"),
        (CodeSet.ICD10CM, ORDER.encode() + b"00004 nonsense\n", "line 4: it is not laid out as the lines before it"),
        (CodeSet.HCPCS, (ANWEB + "oops\n").encode(), "line 7: it is not laid out"),
        (CodeSet.HCPCS, anweb_line("J1100", "3", "x", added="2026xx01").encode(), "line 1: its dates"),
        (CodeSet.CPT, b"code\n" + b"x\n" * 20, "; and 15 more"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_whole_with_what_to_do(
    code_set: CodeSet, data: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read(code_set, data)


def test_more_codes_than_the_limit_are_refused() -> None:
    many = "code\n" + "".join(f"{n:04d}F\n" for n in range(MOST + 1))
    with pytest.raises(UsageError, match=r"more than 1000 codes \(limits.codes\)"):
        read(CodeSet.CPT, many)


FRAGMENTS = st.sampled_from(
    ["code", "CPT Code", "effective", ",", "\t", ";", "|", "\n", '"', "99213", "J01.90", "2026-01-01", "20261301", "RT",
     "00001 J0190   1 x", "   RT001007", "HCPC,SEQNUM,RECID", "3", "8", "\x00", "é", "²", "1", "9" * 200_000],
)  # fmt: skip


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(list(CodeSet)),
    st.binary(max_size=300) | st.lists(FRAGMENTS, max_size=12).map(lambda parts: "".join(parts).encode()),
)
def test_any_bytes_are_read_or_refused_in_words(code_set: CodeSet, data: bytes) -> None:
    try:
        found = read(code_set, data)
    except UsageError as refused:
        assert str(refused).startswith("codes.csv: ")
    else:
        assert found.rows
        assert len(set(found.rows)) == len(found.rows)


@pytest.mark.parametrize(
    "text", ["2026-1-5", "01/05/2026", "1/5/2026", "20260105", "2026-01-05T00:00:00.000", "1/5/2026 0:00"]
)
def test_days_as_people_and_spreadsheets_write_them(text: str) -> None:
    assert read(CodeSet.CPT, f"code,effective\n99213,{text}\n").rows == (
        CodeRow("99213", None, date(2026, 1, 5)),
    )


@pytest.mark.parametrize(
    "text", ["2026105", "1/5/26", "2026-02-30", "20261301", "0000-01-01", "2026-01-05 08:00"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a date"):
        read(CodeSet.CPT, f"code,effective\n99213,{text}\n")
