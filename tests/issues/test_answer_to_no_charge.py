"""A claim without a charge, sent for the record only, is answered like any other and does not wait in suspense."""

from pathlib import Path

from gateway.settings import Settings
from gateway.store import submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


def test_it_is_posted(store: Store, settings: Settings, archive: Archive, tmp_path: Path):
    desk = Desk(store, settings, archive, tmp_path)
    claim = desk.claim("PCN1", 0)
    assert desk.post(remittance(clp("PCN1", 0, 0), handling="H")).claims == {"posted": 1}
    with store.read() as tx:
        assert submissions.of_claim(tx, claim)[-1].state.value == "zero_paid"
