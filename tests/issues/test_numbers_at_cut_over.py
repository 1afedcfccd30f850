"""An office that sent under these ids before goes on with higher numbers: a used ISA13 is refused by the partner (025)."""

from pathlib import Path

from tests.office import record
from tests.trade import Trade, group_number

IDS = {"sender_id": "SUB100", "receiver_id": "NORTH01"}


def _isa13(file: str) -> str:
    return file[90:99]


def test_numbers_begin_where_the_profile_says_also_when_it_says_so_late(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    trade.drop(record(1))
    trade.send()
    trade.close()

    trade = Trade(tmp_path, envelope={**IDS, "first_control_number": 4711})
    for number in (2, 3):
        trade.drop(record(number))
        trade.send()

    files = trade.arrived()
    assert [_isa13(file) for file in files] == ["000000001", "000004711", "000004712"]
    assert [group_number(file) for file in files] == ["1", "4711", "4712"]
