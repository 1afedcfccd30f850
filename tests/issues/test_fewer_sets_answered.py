"""A 999 without AK2 that counts fewer sets than the group had does not say which of them it means."""

from pathlib import Path

import pytest

from gateway.model.acknowledgement import GroupAcknowledgement
from gateway.settings import Settings
from gateway.store.acknowledgements import Result
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.mailroom import Mailroom


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


@pytest.mark.parametrize(
    ("status", "counted", "expected", "state"),
    [
        ("A", 1, Result.UNKNOWN, "sent"),
        ("E", 1, Result.UNKNOWN, "sent"),
        ("A", 2, Result.ACCEPTED, "set_accepted"),
        ("R", 1, Result.REJECTED, "set_rejected"),
    ],
)
def test_a_short_count_accepts_no_set(
    room: Mailroom, status: str, counted: int, expected: Result, state: str
) -> None:
    sent = room.send(["PCN1"], ["PCN2"])
    said = GroupAcknowledgement(
        group_control_number=room.number(sent), functional_id="HC", version=None, group_status=status,
        sets_included=counted, sets_received=counted, sets_accepted=counted,
    )  # fmt: skip
    assert room.ack_999(said) == [expected, expected]
    assert room.states(sent) == {"PCN1": state, "PCN2": state}
