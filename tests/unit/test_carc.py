"""Classes of answers by money and reason codes (domain.md 4.11)."""

import tomllib
from importlib.resources import files

import pytest
from pydantic import ValidationError

from gateway.responses.carc import (
    CarcClass,
    class_of,
    classes_of,
    classify,
    classify_line,
    contractual_pairs,
    plain_reason,
    shipped_classes,
)
from gateway.settings import Carc
from tests.desk import clp, line

PAIRS = contractual_pairs(["CO-45"])


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (clp("A", -100, -80, "CO-45 -20", status="22"), "reversal"),
        (clp("A", 100, 0, "OA-101 100", status="25"), "predetermination"),
        (clp("A", 100, 0, "OA-101 100", status="23"), "forwarded"),
        (clp("A", 100, 60, "CO-50 40"), "paid"),
        (clp("A", 100, 0, "CO-50 100", status="4"), "denied"),
        (clp("A", 100, 0, "PR-1 100"), "patient"),
        (clp("A", 100, 0, "CO-45 20, PR-1 50, PR-2 30"), "patient"),
        (clp("A", 100, 0, "CO-045 20, PR-01 80"), "patient"),
        (clp("A", 100, 0, "OA-23 80, CO-45 20"), "prior_payer"),
        (clp("A", 100, 0, "CO-18 100"), "duplicate"),
        (clp("A", 100, 0, "OA-18 100"), "duplicate"),
        (clp("A", 100, 0, "CO-24 100"), "capitated"),
        (clp("A", 100, 0, "CO-45 20, CO-197 80"), "denied"),
        (clp("A", 100, 0, "PR-96 100"), "denied"),
        (clp("A", 100, 0, "CO-9999 100"), "review"),
        (clp("A", 100, 0, "CO-50 60, CO-9999 40"), "review"),
        (clp("A", 100, 0, "OA-23 60, CO-50 40"), "review"),
        (clp("A", 100, 0, service_lines=(line("X", 100, 0, "CO-50 100"),)), "denied"),
        # Given up by contract to the last cent: nobody owes anything, and somebody should know why.
        (clp("A", 100, 0, "CO-45 100"), "review"),
        (clp("A", 1, 0, "CO-45 1"), "review"),
        (clp("A", 1, 0, "CO-50 1"), "denied"),
        (clp("A", 0, 0), "patient"),
        (clp("A", 100, 0, "CO-50 100, OA-94 -20, OA-94 20"), "denied"),
        (clp("A", 100, 0, "CO-50 120, OA-94 -20"), "review"),
    ],
)
def test_classes(claim, expected):
    assert classify(claim, contractual=PAIRS, classes=shipped_classes()).value == expected


def test_codes_are_compared_without_leading_zeros():
    assert contractual_pairs([" co-045", "PI-b7 "]) == {"CO-45", "PI-B7"}
    assert [plain_reason(code) for code in (" 045", "x01", "n0", "0")] == ["45", "X01", "N0", ""]
    table = shipped_classes()
    assert class_of("045", table) is CarcClass.CONTRACTUAL
    assert class_of("b7", table) is CarcClass.DENIAL
    assert class_of("P12", table) is CarcClass.REVIEW


def test_table_holds_bare_codes_only_and_each_once():
    assert all(code.isalnum() and len(code) <= 4 for code in shipped_classes())
    text = files("gateway").joinpath("_codes", "carc.toml").read_text(encoding="utf-8")
    listed = [code for codes in tomllib.loads(text).values() for code in codes]
    assert len(listed) == len(set(listed)) == len(shipped_classes()) > 150


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (line("X", 100, 60, "CO-50 40"), "paid"),
        (line("X", 100, 0, "CO-50 100"), "denied"),
        (line("X", 100, 0, "CO-97 100"), "bundled"),
        (line("X", 100, 0, "OA-94 100"), "bundled"),
        (line("X", 1, 0, "CO-97 1"), "bundled"),
        (line("X", 100, 0, "CO-94 100"), "review"),
        (line("X", 100, 0, "OA-23 100"), "prior_payer"),
        (line("X", 100, 0, "CO-18 100"), "duplicate"),
        (line("X", 100, 0, "CO-45 10, PR-1 90"), "patient"),
        (line("X", 100, 0, "PR-204 100"), "denied"),
        (line("X", 100, 0, "CO-9999 100"), "review"),
        (line("X", 0, 0), "patient"),
    ],
)
def test_lines(item, expected):
    """4.11 rules 2 and 6: a line without payment is judged on its own, and a bundled one is no denial."""
    assert classify_line(item, contractual=PAIRS, classes=shipped_classes()).value == expected


def test_an_office_has_classes_of_its_own():
    own = classes_of(Carc(denial=("9999",), review=("050",)))
    assert classify(clp("A", 100, 0, "CO-9999 100"), contractual=PAIRS, classes=own).value == "denied"
    assert classify(clp("A", 100, 0, "CO-50 100"), contractual=PAIRS, classes=own).value == "review"
    assert class_of("45", own) is CarcClass.CONTRACTUAL


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"contractual": ["97"]}, r"only the pairs of \[contractual\] reduce a receivable"),
        ({"denial": ["CO-97"]}, "denial"),
        ({"denial": ["96"], "patient": ["096"]}, "96: named twice"),
    ],
)
def test_what_the_section_refuses(section, says):
    with pytest.raises(ValidationError, match=says):
        Carc.model_validate(section)
