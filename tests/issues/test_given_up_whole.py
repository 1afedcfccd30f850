"""A claim given up by contract from the first cent to the last is not the patient's, and nobody's routine."""

from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.store import submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


@pytest.mark.parametrize(
    ("adjustments", "expected"), [("CO-45 100", "in_review"), ("CO-45 99, PR-1 1", "zero_paid")]
)
def test_nothing_paid_and_nothing_owed_is_for_review(desk: Desk, adjustments: str, expected: str):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 0, adjustments), handling="H"))
    with desk.store.read() as tx:
        assert submissions.of_claim(tx, claim)[-1].state.value == expected
    assert desk.account(claim)["open"] == money(0)
