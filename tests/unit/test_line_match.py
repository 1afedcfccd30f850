"""Which of our lines a line of a remittance answers (domain.md 4.12, 4.10): many to one both ways, and never a guess."""

from datetime import date
from typing import Any

import pytest

from gateway.model.line_match import match_lines
from tests.desk import DAY, clp, line, money, service


def found(sent: list, *said: Any, **more: Any) -> list[tuple[str, str]]:
    answer = clp("PCN1", 100, 0, service_lines=said, **more)
    return [(" ".join(map(str, m.lines)), m.how.value) for m in match_lines(sent, answer)]


TWO = [service("99213", 100, line_control_number="K1"), service("87880", 60, line_control_number="K2")]


def test_our_own_number_comes_first():
    assert found(TWO, line("X9999", 1, 1, line_control_number="k2 "), line("99213", 100, 1)) == [
        ("2", "line_control"),
        ("1", "without_date"),
    ]


def test_a_number_that_two_of_our_lines_share_says_nothing():
    twice = [service("99213", 100, line_control_number="K"), service("87880", 60, line_control_number="K")]
    assert found(twice, line("87880", 60, 60, line_control_number="K", service_date=DAY)) == [("2", "exact")]


def test_the_line_counter_where_none_of_our_numbers_came_back():
    said = (line("87880", 60, 1, line_control_number="2"), line("99214", 100, 1, line_control_number="1"))
    assert found(TWO, *said) == [("2", "line_counter"), ("1", "line_counter")]


def test_a_counter_is_not_believed_beside_our_own_numbers_nor_against_everything():
    assert found(
        TWO, line("99213", 100, 1, line_control_number="K1"), line("X", 5, 1, line_control_number="2")
    ) == [
        ("1", "line_control"),
        ("", "none"),
    ]
    assert found(TWO, line("X", 5, 1, line_control_number="2")) == [("", "none")]
    assert found(TWO, line("X", 5, 1, line_control_number="3")) == [("", "none")]


@pytest.mark.parametrize(
    ("more", "how"),
    [
        ({"service_date": DAY, "modifiers": ("25",), "units": money(2)}, "exact"),
        ({"service_date": DAY, "modifiers": ("25",), "units": money(1)}, "without_units"),
        ({"service_date": DAY, "modifiers": (), "units": money(2)}, "without_mods"),
        ({"service_date": date(2024, 2, 1), "modifiers": (), "units": money(2)}, "without_date"),
    ],
)
def test_what_a_payer_drops(more: dict[str, Any], how: str):
    sent = [service("99213", 100, modifiers=("25",), units=money(2)), service("99213", 90)]
    assert found(sent, line("99213", 100, 1, **more)) == [("1", how)]


def test_the_day_of_the_claim_stands_for_a_line_without_one():
    sent = [service("99213", 100), service("99213", 100, service_date=date(2024, 1, 11))]
    assert found(sent, line("99213", 100, 1), statement_from=date(2024, 1, 11)) == [("2", "exact")]
    both = {"statement_from": DAY, "statement_to": date(2024, 1, 11)}
    assert found(sent, line("99213", 100, 1), **both) == [("1", "in_order")]


def test_equal_lines_pair_in_order_and_none_is_taken_twice():
    sent = [service("97110", 50), service("97110", 50)]
    one = line("97110", 50, 25, service_date=DAY)
    assert found(sent, one, one) == [("1", "in_order"), ("2", "in_order")]
    assert found(sent, one, one, one) == [("", "none")] * 3


def test_bundled_lines_by_what_was_submitted():
    sent = [service("A0001", 100), service("B0001", 100)]
    said = (
        line("C0001", 100, 120, "OA-94 -100, CO-45 80", submitted_procedure="A0001"),
        line("C0001", 100, 0, "CO-97 100", submitted_procedure="B0001"),
    )
    assert [one for one, _ in found(sent, *said)] == ["1", "2"]


def test_unbundled_lines_are_one_of_ours():
    sent = [service("P0001", 100), service("99213", 50)]
    said = (
        line("X0001", 100, 40, "CO-45 60", submitted_procedure="P0001"),
        line("Y0001", 0, 30, "OA-94 -30", submitted_procedure="P0001"),
        line("99213", 50, 50),
    )
    assert found(sent, *said) == [("1", "without_date"), ("1", "split"), ("2", "without_date")]


def test_split_units_come_to_the_line_they_were_split_from():
    sent = [service("97110", 100, units=money(10)), service("99213", 100)]
    parts = (line("97110", 60, 30, units=money(6)), line("97110", 40, 20, units=money(4)))
    assert found(sent, *parts) == [("1", "split"), ("1", "split")]
    assert found(sent, parts[0], parts[0]) == [("", "none"), ("", "none")]


def test_lines_that_were_put_together():
    sent = [service("97110", 50), service("97110", 50), service("99213", 100)]
    assert found(sent, line("97110", 100, 80, units=money(2))) == [("1 2", "combined")]
    assert found(sent, line("97110", 99, 80)) == [("", "none")]


def test_a_reversal_is_matched_by_amounts_without_their_sign():
    assert found(TWO, line("99213", -100, -50, units=money(-1), service_date=DAY)) == [("1", "exact")]


def test_what_was_submitted_counts_where_the_payer_paid_something_else():
    """SVC06 and SVC07 are ours as the payer read them; SVC01 and SVC05 are what it made of them (4.10)."""
    sent = [service("99213", 100, modifiers=("25",), units=money(3)), service("99213", 90, units=money(3))]
    said = line(
        "99212", 100, 60, modifiers=("57",), service_date=DAY, units=money(1),
        submitted_procedure="99213", submitted_modifiers=("25",), submitted_units=money(3),
    )  # fmt: skip
    assert found(sent, said) == [("1", "exact")]


def test_a_line_without_units_is_one_unit():
    sent = [service("99213", 100), service("99213", 100, units=money(2))]
    assert found(sent, line("99213", 100, 60, service_date=DAY)) == [("1", "exact")]
    assert found(sent, line("99213", 100, 60, service_date=DAY, units=money(2))) == [("2", "exact")]
    assert found(sent, line("99213", 100, 60, service_date=DAY, units=money(3))) == [("1", "in_order")]


def test_a_counter_may_have_leading_zeros_and_needs_the_procedure_or_the_charge():
    same = line("99213", 1, 1, line_control_number="0001")
    assert found(TWO, same, line("X", 60, 1, line_control_number="2")) == [
        ("1", "line_counter"),
        ("2", "line_counter"),
    ]
    assert found(TWO, line("99213", -100, -1, line_control_number="1")) == [("1", "line_counter")]
    assert found(TWO, line("87880", 60, 1, line_control_number="1")) == [("2", "without_date")]


def test_a_procedure_that_we_never_billed_does_not_hide_the_split_of_another():
    sent = [service("97110", 100, units=money(10)), service("99213", 50)]
    said = (
        line("Z9999", 10, 0),
        line("97110", 60, 30, units=money(6)),
        line("97110", 40, 20, units=money(4)),
    )
    assert found(sent, *said) == [("", "none"), ("1", "split"), ("1", "split")]


def test_the_parts_of_a_line_come_to_it_only_with_a_charge_of_nothing_once_it_is_taken():
    """Of what is left, only a line without charge that names what was submitted is a part; a dearer one is unknown."""
    sent = [service("P0001", 100), service("99213", 50)]
    taken = line("X0001", 100, 40, "CO-45 60", submitted_procedure="P0001")
    assert found(sent, taken, line("Y0001", 1, 1, submitted_procedure="P0001")) == [
        ("1", "without_date"),
        ("", "none"),
    ]
    assert found(sent, taken, line("P0001", 0, 1)) == [("1", "without_date"), ("", "none")]
    assert found(sent, taken, line("P0001", 100, 1)) == [("", "none"), ("", "none")]


def test_split_lines_of_a_reversal_come_to_their_line_too():
    sent = [service("97110", 100, units=money(10)), service("99213", 100)]
    parts = (line("97110", -60, -30, units=money(-6)), line("97110", -40, -20, units=money(-4)))
    assert found(sent, *parts) == [("1", "split"), ("1", "split")]
    three = [service("97110", 50), service("97110", 50), service("97110", 25)]
    assert found(three, line("97110", -125, -80)) == [("1 2 3", "combined")]


def test_what_is_free_is_never_given_twice():
    """Two lines that were put together in one, and the same line said again: the second answers nothing."""
    sent = [service("97110", 50), service("97110", 50)]
    said = line("97110", 100, 80, units=money(2))
    assert found(sent, said, said) == [("1 2", "combined"), ("", "none")]


def test_the_day_of_the_answer_says_nothing_of_a_line_that_we_billed_without_one():
    sent = [service("99213", 100, service_date=None), service("87880", 60)]
    assert found(sent, line("99213", 100, 1), statement_from=DAY) == [("1", "without_date")]
