"""Classes of answers by money and reason codes (domain.md 4.11)."""

import pytest

from gateway.responses.carc import CLASS_OF, CarcClass, class_of, classify, contractual_pairs
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
    ],
)
def test_classes(claim, expected):
    assert classify(claim, contractual=PAIRS).value == expected


def test_codes_are_compared_without_leading_zeros():
    assert class_of("045") is CarcClass.CONTRACTUAL
    assert class_of("b7") is CarcClass.DENIAL
    assert class_of("P12") is CarcClass.REVIEW


def test_table_holds_bare_codes_only():
    assert all(code.isalnum() and len(code) <= 4 for code in CLASS_OF)
