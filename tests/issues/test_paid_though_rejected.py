"""A payer pays a claim that was rejected before: the queue named a command that is always refused."""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.responses import proposals
from gateway.settings import Settings
from gateway.store import claim_payments, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

WHO = {"patient_last_name": "ROE", "member_id": "MBR000111"}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def waiting(desk: Desk) -> queue.QueueItem:
    """Return what the queue says of the payment in suspense."""
    with desk.store.read() as tx:
        found = queue.items(tx, desk.site.settings, desk.store.clock.now())
        told = proposals.in_queue(tx, desk.site.settings, found)
    (item,) = [one for one in told if one.id.startswith("P-")]
    return item


def test_no_command_is_named_that_is_refused(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150, state="payer_rejected")
    posted = desk.post(remittance(clp("PCN1", 150, 100, "CO-45 30, PR-2 20", **WHO)))
    with desk.store.read() as tx:
        (payment,) = claim_payments.of_remittance(tx, posted.remittance_id)
    with pytest.raises(Refused, match="is no claim that was sent and not rejected"):
        desk.match(payment, claim)
    item = waiting(desk)
    assert "the claim was rejected before adjudication, and yet a payer speaks of it" in item.why
    assert f"it may be for {claim}" in item.why
    assert "gateway match" not in item.command
    assert item.command == (
        f"gateway show {claim}; ask the payer whether it has that claim after all; "
        f"or if it is booked elsewhere: gateway release {payment} --reason TEXT"
    )
