"""The equations of domain.md 4.7 with its own numbers: lines and claim level together, and the whole of the sample of 4.14."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.responses.balance import imbalances, transaction_amount
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, remittance
from tests.golden.test_remittance_4_14 import sample

BOTH_LEVELS = clp(
    "PCN1",
    200,
    100,
    "PR-3 20",
    service_lines=(line("99213", 150, 90, "CO-45 60"), line("87880", 50, 30, "CO-45 20")),
)


def test_the_sample_adds_up():
    # 115 + 240 - 100 + 60 = 315; PLB -2.5 + 42.5 = 40; 315 - 40 = 275 = BPR02
    assert sum(c.paid for c in sample().claims) == money(315)
    assert transaction_amount(sample()) == money(275) == sample().payment_amount
    assert imbalances(sample()) == []


def test_claim_level_and_line_level_together(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
):
    # B1 150 - 60 = 90, 50 - 20 = 30; B2 200 - 20 - 80 = 100; B3' 120 - 20 = 100
    assert imbalances(remittance(BOTH_LEVELS)) == []
    desk = Desk(store, settings, archive, tmp_path)
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(BOTH_LEVELS))
    account = desk.account(claim)
    assert tuple(account[n] for n in ("paid", "adjusted", "patient", "open")) == (
        money(100),
        money(80),
        money(20),
        0,
    )


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (
            "B1",
            replace(
                BOTH_LEVELS,
                service_lines=(line("99213", 150, "90.01", "CO-45 60"), BOTH_LEVELS.service_lines[1]),
            ),
        ),
        ("B2", replace(BOTH_LEVELS, paid=money("100.01"))),
        ("B3", replace(BOTH_LEVELS, charge=money("200.01"), paid=money("100.01"))),
        ("B5", replace(BOTH_LEVELS, patient_responsibility=money("20.01"))),
    ],
)
def test_one_cent_breaks_exactly_one_equation(rule: str, broken):
    assert [one.rule for one in imbalances(remittance(broken))] == [rule]


def test_one_cent_on_the_payment():
    (one,) = imbalances(remittance(BOTH_LEVELS, payment_amount=money("99.99")))
    assert (one.rule, one.expected, one.found) == ("B4", money(100), money("99.99"))
