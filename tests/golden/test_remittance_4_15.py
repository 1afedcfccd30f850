"""The secondary example of domain.md 4.15 and rule ERA-SEC: never the contractual amount of a second payer on top."""

from pathlib import Path

import pytest

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance

SECOND = Party(name="POE INSURANCE", references=(RemittanceReference(qualifier="2U", id="77001"),))
SECONDARY = {"originator": "1998877665", "trace_number": "SEC1", "payer": SECOND}

STYLES = {
    "a: OA-23 is all that the primary took care of": "OA-23 155, PR-3 10",
    "b: OA-23 is the prior payment, CO-45 is said again": "OA-23 100, CO-45 55, PR-3 10",
}


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def parts(desk: Desk, claim: str) -> tuple:
    account = desk.account(claim)
    return tuple(account[name] for name in ("paid", "adjusted", "patient", "open"))


def four(*amounts: object) -> tuple:
    return tuple(map(money, amounts))


def after_primary(desk: Desk, adjustments: str = "CO-45 55, PR-2 45") -> str:
    """Charge 200, the primary paid 100, wrote off 55, and left 45."""
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(clp("PCN1", 200, 100, adjustments, control="A1")))
    return claim


def secondary(desk: Desk, paid: int, adjustments: str) -> dict:
    said = clp("PCN1", 200, paid, adjustments, status="2", control="B1")
    return desk.post(remittance(said, **SECONDARY)).claims


@pytest.mark.parametrize("style", STYLES)
def test_both_styles_leave_the_same(desk: Desk, style: str):
    claim = after_primary(desk)
    assert parts(desk, claim) == four(100, 55, 45, 0)
    assert secondary(desk, 35, STYLES[style]) == {"posted": 1}
    # payment +35, write-off 0, patient 10
    assert parts(desk, claim) == four(135, 55, 10, 0)


def test_what_is_left_is_written_off_where_this_payer_s_contract_covers_it(desk: Desk):
    claim = after_primary(desk)
    # before 45; paid 20, patient 10: 15 left, and CO-45 of this 835 covers it
    assert secondary(desk, 20, "OA-23 155, CO-45 15, PR-3 10") == {"posted": 1}
    assert parts(desk, claim) == four(120, 70, 10, 0)


def test_a_co_45_larger_than_what_is_left_writes_off_only_what_is_left(desk: Desk):
    claim = after_primary(desk)
    # the whole CO-45 of 70 is said once more on top of the 15 that are left
    assert secondary(desk, 20, "OA-23 100, CO-45 70, PR-3 10") == {"posted": 1}
    assert parts(desk, claim) == four(120, 70, 10, 0)


def test_what_no_contract_covers_stays_open(desk: Desk):
    claim = after_primary(desk)
    assert secondary(desk, 20, "OA-23 155, CO-50 15, PR-3 10") == {"posted": 1}
    assert parts(desk, claim) == four(120, 55, 10, 15)


def test_more_than_was_left_is_a_question_not_a_posting(desk: Desk):
    claim = after_primary(desk)
    assert secondary(desk, 60, "OA-23 130, PR-3 10") == {"suspense": 1}
    assert parts(desk, claim) == four(100, 55, 45, 0)


def test_what_was_open_with_the_first_payer_counts_as_left(desk: Desk):
    claim = after_primary(desk, "CO-45 55, CO-50 30, PR-2 15")
    assert parts(desk, claim) == four(100, 55, 15, 30)
    # before = open 30 + patient 15
    assert secondary(desk, 35, "OA-23 155, PR-3 10") == {"posted": 1}
    assert parts(desk, claim) == four(135, 55, 10, 0)


def test_a_second_payer_that_says_nothing_of_its_own_changes_nothing(desk: Desk):
    claim = after_primary(desk)
    assert secondary(desk, 0, "OA-23 155, CO-45 45") == {"posted": 1}
    assert parts(desk, claim) == four(100, 55, 45, 0)
