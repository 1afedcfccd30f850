"""A denial closed on the wrong claim and put on the right one: what was said of the wrong one does not hide it there."""

from pathlib import Path

import pytest

from gateway.responses import denials
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def listed(desk: Desk) -> list[str]:
    """Return the claims among the denials."""
    with desk.store.read() as tx:
        return [one.claim for one in denials.denials(tx, desk.site.settings, Wanted())]


def test_it_stands_among_the_denials_of_the_right_one(desk: Desk) -> None:
    wrong, right = desk.claim("PCN1", 100), desk.claim("PCN2", 100, member="MBR2")
    posted = desk.post(remittance(clp("PCN1", 100, 0, "CO-50 100", status="4"), handling="H"))
    with desk.store.read() as tx:
        (denied,) = claim_payments.of_remittance(tx, posted.remittance_id)
    assert listed(desk) == [wrong]
    denials.close(desk.site, denied, reason="written off in our books", actor="pat")
    assert listed(desk) == []
    desk.unmatch(denied)
    desk.match(denied, right)
    assert listed(desk) == [right]
    denials.close(desk.site, denied, reason="appealed", actor="pat")
    assert listed(desk) == []
