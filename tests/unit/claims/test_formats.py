"""JSON lines, JSON and CSV in every state a billing system leaves them in. No file raises; every finding says what to do."""

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.claims.intake import Intake, read_records
from gateway.claims.intake.csv_rows import csv_columns
from gateway.claims.intake.schema import csv_template
from gateway.errors import NotFound
from gateway.ops.synthetic import as_csv
from gateway.settings import Limits
from tests.office import lines, record

LIMITS = Limits()
RECORDS = [record(1), record(2), record(3)]


def read(data: str | bytes, name: str, limits: Limits = LIMITS) -> list[Intake]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_records(raw, name=name, limits=limits))


def codes(found: Sequence[Intake]) -> list[tuple[int, list[str]]]:
    return [(one.row, [f.code for f in one.findings]) for one in found]


def sheet(records: Sequence[dict[str, Any]]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(records, csv_columns()))))


def written(rows: list[list[str]], **how: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **how).writerows(rows)
    return out.getvalue()


def cell(rows: list[list[str]], row: int, column: str, value: str) -> list[list[str]]:
    changed = [list(one) for one in rows]
    changed[row][changed[0].index(column)] = value
    return changed


def test_three_formats_say_the_same() -> None:
    by_line = read(lines(RECORDS), "a.jsonl")
    as_array = read(json.dumps(RECORDS, indent=2), "a.json")
    as_sheet = read(as_csv(RECORDS, csv_columns()), "a.csv")
    wanted = [one.claim for one in by_line]
    assert None not in wanted
    assert [one.claim for one in as_array] == wanted
    assert [one.claim for one in as_sheet] == wanted
    assert [one.row for one in by_line] == [1, 2, 3]
    assert [one.row for one in as_array] == [1, 2, 3]
    assert [one.row for one in as_sheet] == [2, 4, 6]


@pytest.mark.parametrize("name", ["a", "a.txt", "a.JSONL", "a.ndjson", "a.json", "a.dat"])
def test_content_tells_json_lines(name: str) -> None:
    assert len([one for one in read(lines(RECORDS), name) if one.claim]) == 3


def test_one_pretty_printed_record_is_a_file() -> None:
    (one,) = read(json.dumps(RECORDS[0], indent=4), "a.json")
    assert one.claim is not None


def test_a_bad_line_does_not_stop_the_file() -> None:
    found = read(lines([RECORDS[0], "{oops", "", "[1]", {**RECORDS[1], "x": 1}, RECORDS[2]]), "a.jsonl")
    assert codes(found) == [(1, []), (2, ["IN-JSON"]), (4, ["IN-TYPE"]), (5, ["IN-UNKNOWN"]), (6, [])]
    assert found[1].raw == "{oops"
    assert found[3].findings[0].line == 5
    assert found[3].findings[0].file == "a.jsonl"
    assert "column 2" in found[1].findings[0].message


def test_windows_line_ends_and_an_end_mark_are_fine() -> None:
    found = read(lines(RECORDS).replace("\n", "\r\n") + "\x1a", "a.jsonl")
    assert codes(found) == [(1, []), (2, []), (3, [])]


@pytest.mark.parametrize(
    "text",
    ['[{"a": 1}', "[{}, ]", '[{} {"a"}]', "[{}] and more", '{"a": 1', "[" * 100_000, '{"a": tru}'],
)
def test_a_broken_document_is_refused_as_a_whole(text: str) -> None:
    (one,) = read(text, "a.json")
    assert (one.row, one.claim) == (0, None)
    assert one.findings[0].code == "IN-JSON"
    assert "nothing of the file was taken in" in one.findings[0].message


def test_numbers_beyond_bounds_refuse_their_record_only() -> None:
    big = json.dumps(RECORDS[0]).replace('"165.50"', "9" * 5000)
    nan = json.dumps(RECORDS[0]).replace('"165.50"', "NaN")
    found = read(f"[{big}, {nan}, {json.dumps(RECORDS[1])}]", "a.json")
    assert codes(found) == [(1, ["IN-AMOUNT"]), (2, ["IN-AMOUNT"]), (3, [])]


def test_json_numbers_are_exact() -> None:
    text = json.dumps(RECORDS[0]).replace('"165.50"', "165.50")
    (one,) = read(text, "a.json")
    assert one.claim is not None
    assert one.claim.charge == Decimal("165.50")


def test_findings_in_a_document_name_line_and_path() -> None:
    found = read(json.dumps([RECORDS[0], {**RECORDS[1], "charge": "x"}], indent=2), "a.json")
    (fault,) = found[1].findings
    assert fault.element == "charge"
    assert fault.line is not None
    assert fault.line > 10


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "IN-FILE-EMPTY"),
        (b"\n \r\n", "IN-FILE-EMPTY"),
        (b"\xef\xbb\xbf", "IN-FILE-EMPTY"),
        (b"[]", "IN-FILE-EMPTY"),
        (b"\x00" * 40, "IN-FILE-EMPTY"),
        (b"\xd0\xcf\x11\xe0rest", "IN-BINARY"),
        (b"%PDF-1.7", "IN-BINARY"),
        (bytes(range(32)) * 10, "IN-BINARY"),
        ('{"a": 1}'.encode("utf-16-le"), "IN-BINARY"),
        (b"\xff\xfe\x00\xd8x", "IN-ENCODING"),
        (b"ISA*00*", "ENV-ISA-BROKEN"),
        (b"\xef\xbb\xbfISA*00*", "ENV-ISA-BROKEN"),
        (b"GS*HC*A*B*20260101*1200*1*X*005010X222A1~", "ENV-NO-ISA"),
        (b"<html></html>", "IN-FORMAT"),
    ],
)
def test_what_cannot_be_used_says_so(data: bytes, code: str) -> None:
    (one,) = read(data, "a.txt")
    assert (one.row, one.claim) == (0, None)
    assert [f.code for f in one.findings] == [code]


@pytest.mark.parametrize(
    ("encoding", "warns"), [("utf-8", False), ("utf-8-sig", False), ("cp1252", True), ("utf-16", True)]
)
def test_encodings_are_read(encoding: str, warns: bool) -> None:
    accented = record(1, payer={"id": "60054", "name": "Núñez Salud"})
    text = json.dumps(accented, ensure_ascii=False) + "\n"
    found = read(text.encode(encoding), "a.jsonl")
    assert found[-1].claim is not None
    assert found[-1].claim.payer.name == "Núñez Salud"
    assert [one.findings[0].code for one in found if one.row == 0] == (["IN-ENCODING"] if warns else [])


def test_one_badly_encoded_line_spoils_no_other() -> None:
    names = [record(n, payer={"id": "60054", "name": "Núñez"}) for n in (1, 2)]
    first, second = (json.dumps(one, ensure_ascii=False) for one in names)
    found = read(first.encode() + b"\n" + second.encode("cp1252") + b"\n", "a.jsonl")
    assert found[0].findings[0].line == 2
    assert [one.claim.payer.name for one in found if one.claim] == ["Núñez", "Núñez"]


def test_limits_have_names() -> None:
    assert (
        "limits.intake_file_bytes"
        in read(lines(RECORDS), "a", Limits(intake_file_bytes=50))[0].findings[0].message
    )
    long = read(lines(RECORDS), "a.jsonl", Limits(intake_record_bytes=100))
    assert codes(long) == [(n, ["IN-RECORD-SIZE"]) for n in (1, 2, 3)]
    many = Limits(intake_records=2)
    assert codes(read(as_csv(RECORDS, csv_columns()), "a.csv", many)) == [(0, ["IN-RECORDS"])]
    assert codes(read(json.dumps(RECORDS), "a.json", many)) == [(0, ["IN-RECORDS"])]


def test_what_is_beyond_the_limit_of_records_comes_back() -> None:
    found = read(lines(RECORDS), "a.jsonl", Limits(intake_records=2))
    assert codes(found) == [(1, []), (2, []), (3, ["IN-RECORDS"])]
    assert json.loads(found[2].raw) == RECORDS[2]


def test_the_template_is_every_column() -> None:
    assert csv_template().strip().split(",") == list(csv_columns())
    assert len(set(csv_columns())) == len(csv_columns())


def test_a_sheet_of_few_columns_in_any_order_and_case() -> None:
    rows = sheet(RECORDS)
    used = [i for i, name in enumerate(rows[0]) if any(row[i] for row in rows[1:])]
    short = [[row[i] for i in reversed(used)] for row in rows]
    short[0] = [name.upper() for name in short[0]]
    for how in ({"delimiter": ";"}, {"delimiter": "\t"}, {"quoting": csv.QUOTE_ALL}):
        found = read(written(short, **how), "a.csv")
        assert [one.claim for one in found] == [one.claim for one in read(lines(RECORDS), "a.jsonl")]


def test_rows_of_a_claim_need_not_stand_together() -> None:
    head, a1, a2, b1, b2, *_ = sheet(RECORDS)
    found = read(written([head, a1, b1, b2, a2]), "a.csv")
    assert [one.claim and len(one.claim.service_lines) for one in found] == [2, 2]


def test_claim_columns_may_be_empty_further_down() -> None:
    rows = sheet(RECORDS[:1])
    for index, name in enumerate(rows[0]):
        if not name.startswith("service_lines.") and name != "patient_control_number":
            rows[2][index] = ""
    (one,) = read(written(rows), "a.csv")
    assert one.claim is not None


def test_rows_of_a_claim_must_not_contradict_each_other() -> None:
    rows = cell(sheet(RECORDS[:2]), 2, "subscriber.last_name", "Loe")
    bad, good = read(written(rows), "a.csv")
    assert bad.claim is None
    assert [(f.code, f.line, f.element) for f in bad.findings] == [
        ("IN-CSV-CONFLICT", 3, "subscriber.last_name")
    ]
    assert good.claim is not None


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [("charge", "x", 2), ("service_lines.units", "x", 3), ("service_lines.service_date", "13/13/13", 3)],
)
def test_a_fault_in_a_cell_names_line_and_column(column: str, value: str, line: int) -> None:
    rows = cell(sheet(RECORDS[:1]), 1 if column == "charge" else 2, column, value)
    rows = cell(rows, 2, "charge", value) if column == "charge" else rows
    (one,) = read(written(rows), "a.csv")
    assert [(f.line, f.element) for f in one.findings] == [(line, column)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda h: h.replace("payer.id", "payer_id", 1), "did you mean payer.id?"),
        (lambda h: h.replace("payer.id,", "", 1), "the column payer.id is missing"),
        (lambda h: h.replace("note_type", "note", 1), "stands there twice"),
        (lambda h: h.replace("note_type", "", 1), "it has no name"),
    ],
)
def test_a_wrong_header_refuses_the_sheet(change: Any, said: str) -> None:
    header, rest = as_csv(RECORDS, csv_columns()).split("\n", 1)
    (one,) = read(change(header) + "\n" + rest, "a.csv")
    assert one.row == 0
    assert said in " ".join(f.message for f in one.findings)


def test_a_row_with_too_few_or_too_many_cells_refuses_its_claim_only() -> None:
    rows = sheet(RECORDS)
    rows[1] = rows[1][:-3]
    rows[5] = [*rows[5], "surplus"]
    found = read(written(rows), "a.csv")
    assert codes(found) == [(2, ["IN-CSV-CELLS"]), (4, []), (6, ["IN-CSV-CELLS"])]


def test_a_row_without_a_number_is_refused_alone() -> None:
    rows = cell(sheet(RECORDS[:2]), 2, "patient_control_number", "")
    found = read(written(rows), "a.csv")
    assert codes(found) == [(2, []), (3, ["IN-MISSING"]), (4, [])]


def test_broken_quoting_refuses_the_sheet() -> None:
    text = as_csv(RECORDS, csv_columns())
    for broken in (text.replace("Paula", '"Paula', 1), text.replace("Paula", 'Pau"la"x', 1) + '"'):
        (one,) = read(broken, "a.csv")
        assert (one.row, [f.code for f in one.findings]) == (0, ["IN-CSV"])


def test_quoted_line_breaks_do_not_shift_the_lines() -> None:
    rows = cell(sheet(RECORDS[:2]), 1, "note", "first\nsecond")
    rows = cell(rows, 2, "note", "first\nsecond")
    rows = cell(rows, 4, "service_lines.charge", "x")
    good, bad = read(written(rows), "a.csv")
    assert good.claim is not None
    assert bad.row == 6
    assert bad.findings[0].line == 7


def test_a_sheet_that_comes_back_is_read_again() -> None:
    text = as_csv(RECORDS, csv_columns())
    found = read(text, "a.csv")
    header = text.split("\n", 1)[0]
    again = read("\n".join([header, *(one.raw for one in found)]), "a.csv")
    assert [one.claim for one in again] == [one.claim for one in found]


def test_a_path_that_is_not_there_is_not_found(tmp_path: Any) -> None:
    with pytest.raises(NotFound):
        list(read_records(tmp_path / "none.jsonl", name="none.jsonl", limits=LIMITS))


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")),
        st.sampled_from([lines(RECORDS).encode(), as_csv(RECORDS, csv_columns()).encode()]).flatmap(
            lambda whole: st.integers(0, len(whole)).map(lambda n: whole[:n])
        ),
    ),
    st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.txt"]),
)
def test_no_bytes_raise(data: bytes, name: str) -> None:
    for one in read(data, name):
        assert one.claim is not None or one.findings
