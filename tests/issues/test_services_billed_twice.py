"""The same services never go out under two patient control numbers (domain.md 2.17 item 20, P2)."""

from pathlib import Path
from typing import Any

import pytest

from gateway.claims import batch
from gateway.errors import Refused
from tests.office import record
from tests.trade import Trade


@pytest.fixture
def trade(tmp_path: Path) -> Trade:
    """A claim that the partner's 999 rejected."""
    made = Trade(tmp_path)
    made.drop(record(1))
    made.send()
    made.put_out_999(made.arrived()[0], "R")
    made.fetch()
    assert made.claim("ACC-1").is_rejected
    return made


def _again(**changes: Any) -> dict[str, Any]:
    return record(1, patient_control_number="ACC-1-B", **changes)


def test_a_rejected_claim_is_not_resubmitted_once_its_services_went_under_another_number(
    trade: Trade,
) -> None:
    assert trade.drop(_again()).ready == 1

    with pytest.raises(Refused, match="nothing is billed twice"):
        batch.resubmit(trade.site, [trade.claim("ACC-1").id], reason="again", actor="pat")

    trade.send()
    assert trade.numbers_arrived() == ["ACC-1", "ACC-1-B"]


def test_a_rejected_claim_is_not_mended_once_its_services_went_under_another_number(trade: Trade) -> None:
    trade.drop(_again())
    mended = record(1, diagnoses=["J02.9", "R50.9"])

    assert trade.drop(mended).refused == 1

    trade.send()
    assert trade.numbers_arrived() == ["ACC-1", "ACC-1-B"]


def test_services_are_not_taken_under_another_number_once_their_claim_was_released(trade: Trade) -> None:
    batch.resubmit(trade.site, [trade.claim("ACC-1").id], reason="again", actor="pat")

    assert trade.drop(_again()).refused == 1

    trade.send()
    assert trade.numbers_arrived() == ["ACC-1", "ACC-1"], "rejected once, then resubmitted"


def test_a_rejected_claim_may_still_be_mended(trade: Trade) -> None:
    assert trade.drop(record(1, diagnoses=["J02.9", "R50.9"])).ready == 1
