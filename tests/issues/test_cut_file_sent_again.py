"""A file that came cut off and then whole left its first half in the queue, without a word that the payment is posted."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.findings import error
from gateway.settings import Settings
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(store, settings, archive, tmp_path)
    made.claim("PCN1", 100)
    return made


def held(desk: Desk) -> queue.QueueItem:
    with desk.store.read() as tx:
        (item,) = queue.items(tx, desk.site.settings, desk.store.clock.now())
    return item


def test_the_queue_names_the_posted_one(desk: Desk):
    whole = remittance(clp("PCN1", 100, 70, "CO-45 30"))
    cut = replace(whole, claims=())
    first = desk.post(cut, findings=[error("ENV-TRUNCATED", "the file breaks off")])
    assert "is posted" not in held(desk).why
    second = desk.post(whole)
    item = held(desk)
    assert item.id == first.remittance_id
    assert f"{second.remittance_id} of the same payer, trace number and amount is posted" in item.why
    assert item.command == (
        f"gateway show {second.remittance_id}; if it is the same payment: gateway release {first.remittance_id} --reason TEXT"
    )


def test_another_amount_is_another_payment(desk: Desk):
    whole = remittance(clp("PCN1", 100, 70, "CO-45 30"))
    desk.post(replace(whole, payment_amount=whole.payment_amount + 1))
    second = desk.post(whole)
    item = held(desk)
    assert "is posted" not in item.why
    assert (
        f"{second.remittance_id} of the same payer and trace number stands in the books with 70.00"
        in item.why
    )
    assert "when it is dealt with elsewhere: gateway release" in item.command
