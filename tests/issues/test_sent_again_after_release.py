"""A remittance out of a broken file, released by a person and sent again whole, is told of, and posts by a word.

It says the very same as the broken one; what was released was the file, not the money, and skipping it would lose a payment
without a line in the queue.
"""

from pathlib import Path

from gateway.model.findings import error
from gateway.responses import release
from gateway.settings import Settings
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


def test_what_was_asked_for_anew_waits_for_a_person(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(store, settings, archive, tmp_path)
    claim = desk.claim("A", 100)
    said = remittance(clp("A", 100, 60, "CO-45 40"))
    broken = desk.post(said, findings=[error("ERA-INCOMPLETE", "have it sent again")])
    assert broken.state == "quarantined"
    release.dismiss_remittance(desk.site, broken.remittance_id, reason="asked for it again", actor="pat")

    receipt = desk.receipt()
    whole = desk.post(said, receipt_id=receipt)
    assert (whole.state, desk.account(claim)["paid"]) == ("quarantined", 0)
    with desk.store.read() as tx:
        waits = [i for i in queue.items(tx, desk.site.settings, tx.now()) if i.id == whole.remittance_id]
    assert len(waits) == 1
    assert f"gateway release {whole.remittance_id} --post" in waits[0].command
    assert desk.post(said, receipt_id=receipt, released=True).state == "posted"
    assert desk.account(claim)["paid"] == 60
    assert desk.post(said).state == "duplicate"
