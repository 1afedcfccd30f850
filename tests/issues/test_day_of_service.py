"""Today is the submitter's today, by which every date of the file is written (TRAP-49), wherever the partner is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.model.lifecycle import ClaimState
from tests.office import record
from tests.trade import Trade


@pytest.mark.parametrize(
    ("moment", "day", "state"),
    [
        (
            "2026-05-02T05:30",
            "2026-05-02",
            ClaimState.READY,
        ),  # 0:30 in Chicago, still yesterday in Los Angeles
        ("2026-05-02T04:30", "2026-05-02", ClaimState.HELD),  # 23:30 the day before in Chicago
    ],
)
@pytest.mark.parametrize("partner_zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_a_service_of_today_is_not_in_the_future(
    tmp_path: Path, moment: str, day: str, state: ClaimState, partner_zone: str
) -> None:
    clock = MovableClock(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    trade = Trade(tmp_path, clock, schedule={"time_zone": partner_zone})
    dropped = record(1)
    dropped["service_lines"][0]["service_date"] = day

    trade.drop(dropped)

    assert trade.claim("ACC-1").state is state
