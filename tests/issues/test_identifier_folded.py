"""An identifier that X12 cannot carry as it is holds the claim; it never goes out as another identifier."""

from pathlib import Path

import pytest

from gateway.model.lifecycle import ClaimState
from tests.office import record
from tests.trade import Trade


@pytest.mark.parametrize(
    "member",
    ["\u0410BR00001", "\u00d8BR00001", "MBR0000\u00b2", "MBR\u200b00001", "\uff2dBR00001"],
    ids=["cyrillic", "slashed", "superscript", "invisible", "full width"],
)
def test_a_member_id_with_a_foreign_character_is_held(tmp_path: Path, member: str) -> None:
    trade = Trade(tmp_path)
    dropped = record(1)
    dropped["subscriber"]["member_id"] = member

    trade.drop(dropped)

    assert trade.claim("ACC-1").state is ClaimState.HELD
    trade.send()
    assert trade.arrived() == []


def test_a_typographic_hyphen_is_a_hyphen(tmp_path: Path) -> None:
    trade = Trade(tmp_path)

    trade.drop(record(1, prior_authorization="PA\u20111234"))
    trade.send()

    assert "REF*G1*PA-1234~" in trade.arrived()[0]
