"""A claim that was answered by its first and second payer does not go to the first again as an original."""

from pathlib import Path
from typing import Any

from sqlalchemy import update

from gateway.store.schema import submission
from tests.office import record
from tests.trade import Trade

SECOND: dict[str, Any] = {"payer": {"id": "87726", "name": "Other Health Plan"}, "payer_sequence": "S"}


def _answered(trade: Trade, number: str) -> None:
    """Let the newest submission of a claim be paid."""
    found = trade.claim(number)
    with trade.site.store.write("answer") as tx:
        tx.execute(update(submission).where(submission.c.id == found.submission_id).values(state="paid"))
        tx.audit(found.id)


def test_the_record_is_refused_and_not_taken_to_wait_for_ever(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    trade.drop(record(1))
    trade.send()
    _answered(trade, "ACC-1")
    assert trade.drop(record(1, **SECOND)).ready == 1
    trade.send()
    _answered(trade, "ACC-1")

    report = trade.drop(record(1, diagnoses=["J02.9", "R50.9"]))

    assert (report.ready, report.refused) == (0, 1)
    assert trade.claim("ACC-1").payer == "87726"
