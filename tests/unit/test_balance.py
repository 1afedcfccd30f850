"""The equations of domain.md 4.7, each broken alone."""

from decimal import Decimal

import pytest

from gateway.model.remittance import Imbalance
from gateway.responses.balance import all_codes, balanced, claim_holds, imbalances, lines_hold
from tests.desk import clp, line, plb, remittance

BALANCED = clp(
    "A",
    200,
    100,
    "PR-3 20",
    service_lines=(line("99213", 150, 90, "CO-45 60"), line("87880", 50, 30, "CO-45 20")),
)


def rules(item) -> list[str]:
    return [i.rule for i in imbalances(item)]


def test_claim_and_line_adjustments_together_balance():
    assert imbalances(remittance(BALANCED)) == []


@pytest.mark.parametrize(
    ("claim", "broken"),
    [
        (clp("A", 100, 60, service_lines=(line("99213", 100, 60, "CO-45 39.99"),)), ["B1", "B2"]),
        (clp("A", 100, 60, "CO-45 39.99"), ["B2"]),
        (clp("A", 100, 60, "CO-45 -10", service_lines=(line("99213", 90, 50, "CO-45 40"),)), ["B2", "B3"]),
        (clp("A", 100, 90, "CO-45 10", service_lines=(line("99213", 90, 90),)), ["B3"]),
        (clp("A", 100, 60, "PR-1 40", patient_responsibility=Decimal("39.00")), ["B5"]),
        (clp("A", 100, 60, "PR-1 40", patient_responsibility=None), []),
        (clp("A", 100, 0, status="4"), ["B2"]),
        (
            clp("A", -150, -100, "CO-45 -30, PR-2 -20", status="22", patient_responsibility=Decimal("20.00")),
            [],
        ),
    ],
)
def test_each_equation(claim, broken):
    assert rules(remittance(claim)) == broken


def test_transaction_counts_provider_adjustments_with_their_sign():
    item = remittance(BALANCED, plbs=[plb("L6", "-2.5"), plb("WO", "42.5")])
    assert item.payment_amount == Decimal("60.0")
    assert rules(item) == []
    off = remittance(BALANCED, plbs=[plb("L6", "-2.5")], payment_amount=Decimal("97.50"))
    (found,) = imbalances(off)
    assert (found.rule, found.level, found.expected, found.found) == (
        "B4",
        "transaction",
        Decimal("102.5"),
        Decimal("97.50"),
    )


def test_a_difference_is_told_with_its_place_and_both_amounts():
    """The set is held with the difference and the claims behind it: which line of which claim, expected and found."""
    claim = clp(
        "PCN9",
        200,
        100,
        "PR-3 20",
        patient_responsibility=Decimal("19.99"),
        service_lines=(line("99213", 150, 90, "CO-45 60"), line("87880", 49, 31, "CO-45 20")),
    )
    assert imbalances(remittance(BALANCED, claim)) == [
        Imbalance(rule="B1", level="line", claim="PCN9", line=2, expected=Decimal(29), found=Decimal(31)),
        Imbalance(rule="B3", level="claim", claim="PCN9", expected=Decimal(199), found=Decimal(200)),
        Imbalance(rule="B5", level="claim", claim="PCN9", expected=Decimal(20), found=Decimal("19.99")),
    ]
    assert imbalances(remittance(clp("PCN8", 100, 60, "CO-45 39.99"))) == [
        Imbalance(rule="B2", level="claim", claim="PCN8", expected=Decimal("60.01"), found=Decimal(60))
    ]
    assert imbalances(remittance(BALANCED, payment_amount=Decimal("99.99"))) == [
        Imbalance(rule="B4", level="transaction", claim=None, expected=Decimal(100), found=Decimal("99.99"))
    ]


@pytest.mark.parametrize(
    ("claim", "lines", "whole"),
    [
        (BALANCED, True, True),
        (clp("A", 100, 60, "CO-45 40"), True, True),
        # A line is a cent off, and the claim is: neither may be posted by.
        (clp("A", 100, 60, service_lines=(line("99213", 100, 60, "CO-45 39.99"),)), False, False),
        # Two lines are off against each other: the claim comes out, its lines do not.
        (
            clp("A", 100, 60, service_lines=(line("X", 50, 31, "CO-45 20"), line("Y", 50, 29, "CO-45 20"))),
            False,
            True,
        ),
        # The lines add up each, and come to less than the charge.
        (clp("A", 100, 60, "CO-45 10", service_lines=(line("X", 90, 60, "CO-45 30"),)), False, True),
        # The lines add up and come to the charge; the claim level says something that nobody explains.
        (clp("A", 100, 60, "CO-45 1", service_lines=(line("X", 100, 60, "CO-45 40"),)), True, False),
        # What the patient owes in sum is a warning, and no reason against the lines.
        (
            clp(
                "A",
                100,
                60,
                patient_responsibility=Decimal(1),
                service_lines=(line("X", 100, 60, "CO-45 40"),),
            ),
            True,
            True,
        ),
    ],
)
def test_by_lines_or_by_claim(claim, lines, whole):
    assert (lines_hold(claim), claim_holds(claim)) == (lines, whole)


def test_each_code_is_named_once_in_order():
    claim = clp(
        "A", 100, 10, "PR-3 20, CO-45 5", service_lines=(line("X", 90, 50, "CO-45 20, PR-3 10, OA-23 10"),)
    )
    assert all_codes(claim) == ["PR-3", "CO-45", "OA-23"]


def test_only_b5_lets_a_remittance_post():
    assert balanced(imbalances(remittance(clp("A", 100, 60, "PR-1 40", patient_responsibility=Decimal(39)))))
    assert not balanced(imbalances(remittance(clp("A", 100, 60, "CO-45 39"))))


@pytest.mark.parametrize(
    ("paid", "codes", "bpr02"),
    [
        (("600", "-800"), [("FB", "-200")], "0"),
        (("50",), [("FB", "200"), ("FB", "-150")], "0"),
        (("550",), [("FB", "200")], "350"),
        (("500", "-100", "60"), [("WO", "-40")], "500"),
        (("200",), [("WO", "40")], "160"),
        (("200",), [("WO", "40"), ("72", "-40")], "200"),
        ((), [("CT", "-12500")], "12500"),
        (("-20.16",), [("CS", "-20.16")], "0"),
    ],
)
def test_worked_provider_adjustments(paid, codes, bpr02):
    """domain.md 4.8."""
    claims = [clp(f"A{n}", p, p, status="22" if p.startswith("-") else "1") for n, p in enumerate(paid)]
    item = remittance(*claims, plbs=[plb(c, a) for c, a in codes], payment_amount=Decimal(bpr02))
    assert rules(item) == []
