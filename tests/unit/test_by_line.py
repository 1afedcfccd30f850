"""What an answer moves line by line: in sum what was decided, at the claim what the lines do not say, nothing twice."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.line_match import UNKNOWN, How, LineMatch
from gateway.model.remittance import RemittanceClaim
from gateway.responses.by_line import matches, postings
from gateway.responses.carc import PaymentClass, contractual_pairs
from gateway.responses.decide import Decision, first_payer
from gateway.responses.match import Match
from gateway.store.claim_payments import StoredPayment
from gateway.store.lines import LinePosting
from tests.desk import clp, line, money

CO45 = contractual_pairs(["CO-45"])
FIRST = LineMatch(lines=(1,), how=How.EXACT)
BOTH = LineMatch(lines=(1, 2), how=How.COMBINED)
TWO = clp(
    "A", 200, 100, "PR-3 20",
    service_lines=(line("99213", 150, 90, "CO-45 50, PR-1 10"), line("87880", 50, 30, "CO-45 15, CO-97 5")),
)  # fmt: skip
UNDONE = StoredPayment(
    id="P-1", remittance="M-1", ordinal=1, claim="C-1", submission="S-1", state="posted", status_code="1", class_="paid",
    charge=money(200), paid=money(100), contractual=money(65), patient=money(30), in_review=money(5), pcn_index="x",
    payer_control_index=None, reverses=None, matched_by=None, payer_key="EIN-1", how="number",
)  # fmt: skip


def moved(
    said: RemittanceClaim, decision: Decision, matched=(FIRST, BOTH), **more: Any
) -> list[tuple[Any, ...]]:
    """Return line, our lines, step, charge, paid, contractual, patient."""
    found = postings(said, decision, matched, contractual=CO45, **more)
    for name, total in (
        ("charge", said.charge),
        ("paid", decision.paid),
        ("contractual", decision.contractual),
    ):
        if found and not more:
            assert sum(getattr(one, name) for one in found) == total
    return [
        (
            one.line,
            one.claim_lines,
            one.how,
            *map(plain, (one.charge, one.paid, one.contractual, one.patient)),
        )
        for one in found
    ]


def plain(amount: Decimal) -> str:
    return f"{amount.normalize() + 0:f}"


def decided(said: RemittanceClaim, **more: Any) -> Decision:
    return replace(first_payer(said, PaymentClass.PAID, contractual=CO45), **more)


def test_lines_that_add_up_are_posted_by_and_the_claim_says_the_rest():
    assert moved(TWO, decided(TWO)) == [
        (0, (), "claim_level", "0", "-20", "0", "20"),
        (1, (1,), "exact", "150", "90", "50", "10"),
        (2, (1, 2), "combined", "50", "30", "15", "0"),
    ]


def test_a_claim_that_its_lines_say_whole_has_nothing_at_claim_level():
    said = clp("A", 200, 120, service_lines=TWO.service_lines)
    assert moved(said, decided(said)) == [
        (1, (1,), "exact", "150", "90", "50", "10"),
        (2, (1, 2), "combined", "50", "30", "15", "0"),
    ]


@pytest.mark.parametrize(
    ("adjustments", "rest"),
    [
        ("CO-45 7", ("0", "-7", "7", "0")),
        ("PR-1 7", ("0", "-7", "0", "7")),
        ("CO-50 7", ("0", "-7", "0", "0")),
    ],
)
def test_what_is_said_of_the_claim_as_a_whole_stands_at_claim_level(adjustments: str, rest):
    said = clp("A", 200, 113, adjustments, service_lines=TWO.service_lines)
    assert moved(said, decided(said))[0] == (0, (), "claim_level", *rest)


@pytest.mark.parametrize(
    "said",
    [
        clp("A", 100, 60, "CO-45 30, PR-1 10"),
        # The lines are off against each other, or come to less than the charge: none of them is believed.
        clp("A", 100, 60, "CO-45 30, PR-1 10", service_lines=(line("X", 50, 31), line("Y", 50, 29))),
        clp("A", 100, 60, "CO-45 30, PR-1 10", service_lines=(line("X", 50, 50), line("Y", 49, 49))),
    ],
)
def test_without_lines_to_go_by_everything_stands_at_claim_level(said: RemittanceClaim):
    known = (FIRST, BOTH)[: len(said.service_lines)]
    assert moved(said, decided(said), known) == [(0, (), "claim_level", "100", "60", "30", "10")]


def test_money_only_leaves_write_offs_and_shares_alone_on_every_line():
    said = clp("A", 200, 120, service_lines=TWO.service_lines)
    only = Decision(state="posted", class_=PaymentClass.PAID, paid=money(120), money_only=True)
    assert [row[4:] for row in moved(said, only)] == [("90", "0", "0"), ("30", "0", "0")]


def test_a_later_payer_writes_off_at_claim_level_what_is_left():
    """Rule ERA-SEC is a rule of the claim: no line of the second payer's is written off by its own CO-45."""
    said = clp("A", 200, 120, service_lines=TWO.service_lines)
    later = Decision(
        state="posted", class_=PaymentClass.PAID, paid=money(120), contractual=money(3), patient=money(-35),
        later_payer=True,
    )  # fmt: skip
    assert [row[4:] for row in moved(said, later)] == [
        ("0", "3", "-45"),
        ("90", "0", "10"),
        ("30", "0", "0"),
    ]


def test_offsets_between_unbundled_lines_come_off_the_write_off_only_where_that_was_decided():
    said = clp("A", 100, 70, service_lines=(line("X", 100, 40, "CO-45 60"), line("Y", 0, 30, "OA-94 -30")))
    assert [row[5] for row in moved(said, decided(said, netted=True, contractual=money(30)))] == ["60", "-30"]
    assert [row[5] for row in moved(said, decided(said, netted=False, contractual=money(60)))] == ["60", "0"]


BEFORE = (
    LinePosting(
        line=0, claim_lines=(), how="claim_level", charge=money(0), paid=money(0), contractual=money(0), patient=money(20)
    ),
    LinePosting(
        line=1, claim_lines=(1,), how="exact", charge=money(150), paid=money(90), contractual=money(50), patient=money(10)
    ),
)  # fmt: skip


def test_a_reversal_takes_back_line_by_line_what_was_posted():
    back = clp("A", -200, -100, "CO-45 -65, PR-1 -30, CO-97 -5", status="22")
    decision = Decision(
        state="posted", class_=PaymentClass.REVERSAL, paid=money(-100), contractual=money(-65), patient=money(-30),
        undone=UNDONE,
    )  # fmt: skip
    assert moved(back, decision, (), undone=BEFORE) == [
        (0, (), "claim_level", "0", "0", "0", "-20"),
        (1, (1,), "exact", "-150", "-90", "-50", "-10"),
    ]
    # What was posted before lines were kept is taken back at claim level, whatever lines the reversal has.
    lines = tuple(
        replace(one, charge=-one.charge, paid=-one.paid, adjustments=()) for one in TWO.service_lines
    )
    said = replace(back, adjustments=(), service_lines=lines)
    assert moved(said, decision) == [(0, (), "claim_level", "-200", "-100", "-65", "-30")]
    # What others posted is nothing to an answer that undoes none of it.
    first = clp("A", 100, 60, "CO-45 40")
    assert moved(first, decided(first), (), undone=BEFORE) == [(0, (), "claim_level", "100", "60", "40", "0")]


def test_what_waits_moves_no_line():
    assert moved(TWO, Decision(state="suspense", class_=PaymentClass.PAID, paid=money(0))) == []
    assert moved(TWO, Decision(state="noted", class_=PaymentClass.FORWARDED)) == []


def test_every_line_has_its_match_or_nothing_is_posted():
    said = clp("A", 200, 120, service_lines=TWO.service_lines)
    with pytest.raises(ValueError, match="zip"):
        postings(said, decided(said), (FIRST,), contractual=CO45)


def test_of_a_claim_that_nobody_knows_no_line_is_known():
    assert matches(Match(), TWO) == (UNKNOWN, UNKNOWN)
    assert matches(Match(), clp("A", 1, 1)) == ()
