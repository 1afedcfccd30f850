"""A segment of money where no field takes it holds its set: what is not understood is not posted around (law 9)."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.responses import sort
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import remittance
from tests.mailroom import Mailroom, envelope, group

ERA = [
    "BPR*I*100*C*ACH************20240126", "TRN*1*EFT1*1512345678", "DTM*405*20240126",
    "N1*PR*EXAMPLE HEALTH PLAN", "N3*PO BOX 1", "N4*CHICAGO*IL*60601", "REF*2U*60054", "PER*BL*EDI*TE*8005550100",
    "N1*PE*ROE CLINIC*XX*1098765435", "REF*TJ*123456789",
    "LX*1", "CLP*PCN1*1*125.5*100*0*12*ICN1*11*1", "NM1*QC*1*ROE*RICHARD****MI*MBR000111",
    "SVC*HC:99213*125.5*100**1", "CAS*CO*45*25.5", "DTM*472*20240110",
]  # fmt: skip


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


@pytest.mark.parametrize("stray", ["CAS*CO*50*10", "SVC*HC:99214*0*0"])
def test_money_in_the_head_of_a_set_holds_it(room: Mailroom, stray: str) -> None:
    sent = room.send(["PCN1"])
    room.receipt(envelope(group("HP", "005010X221A1", [*ERA[:6], stray, *ERA[6:]])).encode())
    sort.process(room.site)
    with room.store.read() as tx:
        (found,) = tx.execute(select(remittance)).all()
    assert (found.state, found.reason) == ("quarantined", "ERA-STRUCTURE")
    assert room.states(sent) == {"PCN1": "sent"}


def test_what_moves_no_money_is_only_remarked(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.receipt(envelope(group("HP", "005010X221A1", [*ERA[:6], "ZZZ*1", *ERA[6:]])).encode())
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "paid"}
