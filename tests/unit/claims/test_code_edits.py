"""Codes judged at intake by what is loaded: on which day, how it is said, and what is said where no table is about it."""

from dataclasses import replace
from datetime import date

import pytest

from gateway import default_codes
from gateway.claims.codesets.load import load_codes, remove_codes
from gateway.claims.edits import EditContext, run_edits
from gateway.claims.intake import take_in
from gateway.model.claim import Claim, ServiceLine
from gateway.model.codesets import CodeSet, Span
from gateway.model.findings import Severity
from gateway.settings import Limits
from tests.claims import claim
from tests.code_tables import Tables, table_of
from tests.office import Office, lines, record

TODAY = date(2026, 11, 2)
FY26, FY27 = date(2025, 10, 1), date(2026, 10, 1)
SEPTEMBER, OCTOBER = date(2026, 9, 20), date(2026, 10, 20)
ENDED, NEW = Span(FY26, FY27), Span(FY27, None)
ICD = table_of(
    CodeSet.ICD10CM,
    {"J020": Span(FY26, None), "B20": ENDED, "Z9999": NEW, "J02": Span(FY26, None, billable=False)},
    releases=(FY26, FY27),
)


def said(one: Claim, *tables: object, rule: str) -> list[tuple[str | None, str]]:
    context = EditContext(today=TODAY, codes=Tables(*tables))  # type: ignore[arg-type]
    return [(f.element, f.message) for f in run_edits(one, context=context) if f.code == rule]


def on(day: date, **changes: object) -> ServiceLine:
    return replace(claim().service_lines[0], service_date=day, **changes)  # type: ignore[arg-type]


def test_a_diagnosis_is_judged_on_the_days_of_the_lines_that_point_at_it() -> None:
    two = (on(SEPTEMBER, diagnosis_pointers=(1,)), on(OCTOBER, diagnosis_pointers=(2,)))
    fits = claim(diagnoses=("B20", "Z9999"), service_lines=two)
    assert said(fits, ICD, rule="P-DX-CODE") == []
    crossed = claim(diagnoses=("Z9999", "B20"), service_lines=two)
    assert said(crossed, ICD, rule="P-DX-CODE") == [
        ("diagnoses[0]", "diagnosis Z9999 is valid from 2026-10-01 on, and the day of service is 2026-09-20"),
        ("diagnoses[1]", "diagnosis B20 was valid until 2026-09-30, and the day of service is 2026-10-20"),
    ]


def test_a_diagnosis_that_no_line_points_at_is_judged_on_the_first_day() -> None:
    two = (on(OCTOBER, diagnosis_pointers=(1,)), on(SEPTEMBER, diagnosis_pointers=(1,)))
    assert said(claim(diagnoses=("J020", "B20"), service_lines=two), ICD, rule="P-DX-CODE") == []
    assert len(said(claim(diagnoses=("J020", "Z9999"), service_lines=two), ICD, rule="P-DX-CODE")) == 1


def test_a_heading_needs_more_characters_and_a_stranger_is_named_with_the_table() -> None:
    found = said(claim(diagnoses=("J02", "K999"), service_lines=(on(OCTOBER),)), ICD, rule="P-DX-CODE")
    assert found == [
        ("diagnoses[0]", "diagnosis J02 needs more characters: it is a heading, and one of the codes below it is billed"),
        ("diagnoses[1]", "diagnosis K999 is not in the table of 2026-10-01, which judges the day of service 2026-10-20"),
    ]  # fmt: skip


def test_days_no_release_is_about_are_not_judged() -> None:
    for day in (date(2025, 9, 30), date(2027, 10, 1)):
        assert said(claim(diagnoses=("K999",), service_lines=(on(day),)), ICD, rule="P-DX-CODE") == []


def test_a_void_is_not_judged() -> None:
    void = claim(
        diagnoses=("K999",), service_lines=(on(OCTOBER),), frequency="8", payer_control_number="ICN1"
    )
    assert said(void, ICD, rule="P-DX-CODE") == []


def test_cpt_modifiers_pass_a_table_that_has_only_those_of_hcpcs() -> None:
    mine = claim(service_lines=(on(SEPTEMBER, modifiers=("25", "RT", "XX")),))
    table = table_of(CodeSet.MODIFIERS, ("RT", "LT"), releases=(date(2026, 1, 1),))
    assert [m for _, m in said(mine, table, rule="P-MOD-CODE")] == [
        "modifier XX is not in the table of 2026-01-01, which judges the day of service 2026-09-20"
    ]
    both = table_of(CodeSet.MODIFIERS, ("RT", "59"), releases=(date(2026, 1, 1),))
    assert len(said(mine, both, rule="P-MOD-CODE")) == 2


def test_hcpcs_and_cpt_are_judged_each_by_its_own_table() -> None:
    mine = claim(service_lines=(on(SEPTEMBER), on(SEPTEMBER, procedure="J9999")))
    year = (date(2026, 1, 1),)
    assert len(said(mine, table_of(CodeSet.HCPCS, ("J1100",), releases=year), rule="P-PROC-CODE")) == 1
    assert len(said(mine, table_of(CodeSet.CPT, ("99214",), releases=year), rule="P-PROC-CODE")) == 1
    other = claim(service_lines=(on(SEPTEMBER, procedure_type="ER"),))
    assert said(other, table_of(CodeSet.CPT, (), releases=year), rule="P-PROC-CODE") == []


@pytest.mark.parametrize(
    ("place", "day", "warned"),
    [("27", date(2023, 9, 30), True), ("27", date(2023, 10, 1), False), ("10", date(2021, 12, 31), True),
     ("98", TODAY, True), ("11", date(2016, 1, 1), False), ("66", date(2024, 8, 1), False)],
)  # fmt: skip
def test_places_that_come_with_the_gateway_warn_by_their_days(place: str, day: date, warned: bool) -> None:
    mine = claim(place_of_service=place, service_lines=(on(day),))
    found = [f for f in run_edits(mine, context=EditContext(today=TODAY)) if f.code == "P-POS-LIST"]
    assert [f.severity for f in found] == ([Severity.WARNING] if warned else [])


def test_a_loaded_table_of_places_decides_instead() -> None:
    mine = claim(place_of_service="98", service_lines=(on(SEPTEMBER, place_of_service="11"),))
    table = table_of(CodeSet.POS, ("98",))
    assert said(mine, table, rule="P-POS-LIST") == []
    assert said(mine, table, rule="P-POS-CODE") == [
        ("service_lines[0].place_of_service", "place of service 11 is not in the table of 2025-10-01, which judges the day of service 2026-09-20"),
    ]  # fmt: skip


def test_the_shipped_places_are_cmss_with_names() -> None:
    listed = default_codes.place_list()
    assert len({one.code for one in listed}) == len(listed) >= 50
    assert all(len(one.code) == 2 and one.code.isdigit() and one.name for one in listed)


def test_the_packages_release_judges_its_own_days_only() -> None:
    table = default_codes.icd10cm()
    assert table is not None, "the extra icd10cm is installed for development"
    (effective,) = table.releases
    assert len(table.spans) > 90_000
    standing = {code: table.judge(code, effective).standing.value for code in ("J0190", "J01", "J019X")}  # type: ignore[union-attr]
    assert standing == {"J0190": "valid", "J01": "heading", "J019X": "unknown"}
    assert table.judge("J0190", date(effective.year, 10, 1)) is None
    assert table.judge("J0190", date(effective.year - 1, 12, 31)) is None


def load(office: Office, text: str, code_set: CodeSet = CodeSet.ICD10CM, effective: date = FY26) -> None:
    load_codes(
        office.site.store, code_set, text.encode(), name="x.csv", effective=effective, actor="user:roe", limits=Limits()
    )  # fmt: skip


@pytest.fixture
def office(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose machine has no ICD package."""
    monkeypatch.setattr(default_codes, "icd10cm", lambda: None)
    return office


def test_a_claim_is_held_for_a_code_that_the_loaded_table_does_not_have(office: Office) -> None:
    load(office, "code\nJ0190\n")
    report = office.take_records(
        record(1),
        record(2, diagnoses=["J01.90"], service_lines=[record(2)["service_lines"][1]], charge="40.00"),
    )
    assert (report.ready, report.held) == (1, 1)
    assert office.claim("ACC-1").holds == ("edit",)
    (file_id,) = report.ids
    assert office.codes(file_id) == ["P-DX-CODE"]


def test_the_pass_says_once_what_no_table_judged_and_the_next_load_is_seen(office: Office) -> None:
    first = office.take_records(record(1), record(2))
    assert first.ready == 2
    assert first.remark is not None
    assert first.remark.count("no icd10cm table is loaded") == 1
    assert "no cpt table is loaded" in first.remark
    assert "hcpcs" not in first.remark
    load(office, "code\nJ0190\nR509\n")
    load(office, "code\n99213\n87880\n", CodeSet.CPT, date(2026, 1, 1))
    load(office, "code\n25\n59\n", CodeSet.MODIFIERS, date(2026, 1, 1))
    load(office, "code\n207Q00000X\n", CodeSet.TAXONOMY)
    second = office.take("tuesday.jsonl", lines([record(3)]))
    assert (second.ready, second.remark) == (1, None)
    assert take_in(office.site).remark is None
    remove_codes(office.site.store, CodeSet.CPT, date(2026, 1, 1), actor="user:roe")
    load(office, "code\n99213\n", CodeSet.CPT, date(2026, 2, 1))
    third = office.take("wednesday.jsonl", lines([record(4)]))
    assert "the cpt table begins on 2026-02-01, the day of service is 2026-01-10" in (third.remark or "")


def test_tables_are_read_once_for_all_claims(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.store import codes

    asked: list[CodeSet] = []
    real = codes.table

    def counted(tx: object, code_set: CodeSet) -> object:
        asked.append(code_set)
        return real(tx, code_set)  # type: ignore[arg-type]

    monkeypatch.setattr(codes, "table", counted)
    load(office, "code\nJ0190\nR509\n")
    office.take_records(*(record(number) for number in range(1, 8)))
    office.take("tuesday.jsonl", lines([record(9)]))
    assert len(asked) == len(set(asked))
