"""Codes of answers: unknown ones are remarked when a payment is posted, and shown with the words that the user loaded."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.claims.codesets.load import load_codes
from gateway.model.codesets import CodeSet
from gateway.model.findings import Severity
from gateway.ops.reports.code_words import code_words
from gateway.ops.reports.masking import opened
from gateway.settings import Limits, Settings
from gateway.store import views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import DAY, Desk, clp, line, remittance

PAID = date(2024, 1, 26)
SINCE = date(2023, 1, 1)


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def load(desk: Desk, code_set: CodeSet, *rows: str, effective: date = SINCE) -> None:
    text = "code,description,effective,terminated\n" + "\n".join(rows)
    load_codes(
        desk.store, code_set, text.encode(), name="x.csv", effective=effective, actor="user:roe", limits=Limits()
    )  # fmt: skip


PAYMENT = replace(
    clp("PCN1", 100, 40),
    service_lines=(
        replace(line("99213", 100, 40, "CO-45 20, CO-050 30, PR-2 10"), remarks=("N130", "ma01", "N130")),
    ),
)


def remarked(desk: Desk, **more: object) -> list[tuple[str, str, str]]:
    result = desk.post(remittance(PAYMENT, **more))
    assert result.state == "posted"
    assert all(f.severity is Severity.WARNING for f in result.findings)
    return [(f.code, f.message, f.claim or "") for f in result.findings if f.code in {"ERA-CARC", "ERA-RARC"}]


def test_without_lists_nothing_is_remarked(desk: Desk) -> None:
    desk.claim("PCN1", 100)
    assert remarked(desk) == []


def test_unknown_codes_are_remarked_once_each_and_post_all_the_same(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    load(desk, CodeSet.CARC, "45,Ours", "2,Ours")
    load(desk, CodeSet.RARC, "MA01,Ours")
    assert remarked(desk) == [
        ("ERA-CARC", "50 is not in the list of carc codes loaded for 2024-01-26", "PCN1"),
        ("ERA-RARC", "N130 is not in the list of rarc codes loaded for 2024-01-26", "PCN1"),
    ]
    assert str(desk.account(claim)["paid"]) == "40.00"


def test_a_code_is_judged_on_the_day_of_the_payment(desk: Desk) -> None:
    desk.claim("PCN1", 100)
    load(desk, CodeSet.CARC, "45", "2", "50,,,2024-01-26")
    assert remarked(desk) == []
    desk.claim("PCN2", 100)
    later = remittance(clp("PCN2", 100, 50, "CO-50 50"), payment_date=date(2024, 1, 27), trace_number="EFT2")
    assert [f.code for f in desk.post(later).findings if f.code.startswith("ERA-CARC")] == ["ERA-CARC"]


def words(desk: Desk, identifier: str) -> list[tuple[str, str, str]]:
    with desk.store.read() as tx:
        seen = opened(views.show(tx, identifier), reveal=False)
        return [tuple(one.values()) for one in code_words(tx, seen, date(2024, 6, 1))]  # type: ignore[misc]


def test_what_is_shown_is_told_in_the_loaded_words_of_the_day_of_service(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    load(desk, CodeSet.CARC, "45,Reason in our words", "50,Another")
    load(desk, CodeSet.RARC, "N130,Remark in our words")
    load(desk, CodeSet.CPT, "99213,Old words")
    load(desk, CodeSet.CPT, "99213,New words", effective=date(2024, 6, 1))
    desk.post(remittance(PAYMENT))
    shown = words(desk, claim)
    assert ("pos", "11", "Office") in shown
    assert ("cpt", "99213", "Old words" if date(2024, 6, 1) > DAY else "New words") in shown
    with desk.store.read() as tx:
        (payment,) = views.show(tx, claim)["payments"]
    told = words(desk, payment["id"])
    assert [one for one in told if one[0] in {"carc", "rarc"}] == [
        ("carc", "45", "Reason in our words"),
        ("carc", "50", "Another"),
        ("rarc", "N130", "Remark in our words"),
    ]


def test_status_codes_of_an_answer_are_found_in_their_pairs(desk: Desk) -> None:
    load(desk, CodeSet.STATUS_CATEGORIES, "A7,Category in our words")
    load(desk, CodeSet.STATUS_CODES, "562,Status in our words")
    seen = {"acknowledgements": [{"codes": "A7:562:85, A3:21"}]}
    with desk.store.read() as tx:
        assert [one["description"] for one in code_words(tx, seen, PAID)] == [
            "Category in our words",
            "Status in our words",
        ]
