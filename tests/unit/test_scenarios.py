"""The scenarios of CORE rule 360: a list of the office's own, what it makes of denials, and that it only ever remarks."""

from datetime import date
from pathlib import Path

import pytest

from gateway.claims.codesets.files import read_code_file
from gateway.claims.codesets.load import load_codes
from gateway.errors import UsageError
from gateway.model.codesets import CodeSet
from gateway.responses.denials import Wanted, denials
from gateway.responses.scenarios import Combinations, combinations
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, remittance

LIST = """Business Scenario,CARC,CARC description,RARC,CAGC
Scenario #1,016,not ours,N29,CO or PI
2,16,not ours,n382,CO
NONCOV,96,not ours,N130,"CO, PR"
4,97,not ours,,
"""
DAY = date(2024, 1, 26)


def listed(text: str = LIST) -> list[str]:
    read = read_code_file(CodeSet.CORE360, "list.csv", text.encode(), most=100)
    return [row.code for row in read.rows]


def test_a_line_a_combination_and_a_group():
    assert listed() == [
        "DOC:16:N29:CO", "DOC:16:N29:PI", "DATA:16:N382:CO", "NONCOV:96:N130:CO", "NONCOV:96:N130:PR", "BUNDLED:97:-:-",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("scenario,carc\n5,16\n", "line 2: '5' is not a scenario"),
        ("scenario,carc,rarc\nDOC,16,WRONG\n", "line 2: 'DOC:16:WRONG:-' is not the shape"),
        ("scenario,carc,rarc,group\nDOC,16,N29,XX\n", "line 2: 'DOC:16:N29:XX' is not the shape"),
        ("code\n16\n", "Expected: a CSV or TSV whose first line names the columns scenario"),
        ("scenario,carc\n", "there is no code in it"),
    ],
)
def test_a_list_that_cannot_be_read_is_not_loaded(text: str, why: str):
    with pytest.raises(UsageError, match=r"list\.csv") as refused:
        listed(text)
    assert why in str(refused.value)


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def load(desk: Desk, text: str = LIST) -> Combinations:
    load_codes(
        desk.store, CodeSet.CORE360, text.encode(), name="list.csv", effective=date(2024, 1, 1), actor="pat",
        limits=desk.site.settings.limits,
    )  # fmt: skip
    return combinations(desk.site, DAY)


@pytest.mark.parametrize(
    ("group", "reason", "remarks", "expected"),
    [
        ("CO", "16", ["N29"], {"DOC"}),
        ("PI", "016", ["n29", "MA01"], {"DOC"}),
        ("CO", "16", ["N29", "N382"], {"DOC", "DATA"}),
        ("CO", "16", [], {"DOC", "DATA"}),
        ("CO", "16", ["MA01"], set()),
        ("OA", "16", ["N29"], set()),
        ("PR", "96", [], {"NONCOV"}),
        ("PR", "97", ["M15"], {"BUNDLED"}),
        ("CO", "29", ["N29"], None),
    ],
)
def test_what_the_list_says_of_an_adjustment(desk: Desk, group, reason, remarks, expected):
    assert load(desk).scenarios(group, reason, remarks) == expected


def test_without_a_list_nothing_is_said(desk: Desk):
    desk.claim("PCN1", 100)
    result = desk.post(remittance(clp("PCN1", 100, 0, "CO-16 100", remarks=("N999",)), handling="H"))
    assert [f.code for f in result.findings] == []
    with desk.store.read() as tx:
        (one,) = denials(tx, desk.site.settings, Wanted(), listed=combinations(desk.site, DAY))
    assert one.scenario is None


def test_an_unlisted_combination_is_a_remark_and_posts(desk: Desk):
    load(desk)
    claim = desk.claim("PCN1", 100)
    lines = (
        line("99213", 60, 0, "CO-16 60", remarks=("N130",)),
        line("87880", 40, 0, "CO-16 40", remarks=("N130",)),
    )
    result = desk.post(remittance(clp("PCN1", 100, 0, service_lines=lines), handling="H"))
    said = [f.message for f in result.findings if f.code == "ERA-CORE360"]
    assert (result.state, len(said)) == ("posted", 1)
    assert "CO-16 with the remarks N130" in said[0]
    with desk.store.read() as tx:
        (one,) = denials(tx, desk.site.settings, Wanted(), listed=combinations(desk.site, DAY))
    assert (one.claim, one.scenario) == (claim, None)


def test_a_list_judges_from_its_first_day(desk: Desk):
    load(desk)
    assert combinations(desk.site, date(2023, 12, 31)).scenarios("CO", "16", ["N999"]) is None
