"""A remittance that a person released as dealt with elsewhere was posted after all when its receipt was read again."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.responses import release, sort
from gateway.settings import BillingEntity, Settings
from gateway.store import ledger, remittances
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import journal_entry, remittance
from tests.mailroom import Mailroom, envelope, group
from tests.unit.test_sort import era

OTHER = "1555123458"


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


def states(room: Mailroom) -> list[str]:
    with room.store.read() as tx:
        ledger.check_books(tx)
        return list(
            tx.execute(
                select(remittance.c.state).order_by(remittance.c.received_at, remittance.c.place)
            ).scalars()
        )


def paid(room: Mailroom) -> int:
    with room.store.read() as tx:
        return tx.execute(
            select(func.count(journal_entry.c.id)).where(journal_entry.c.kind == "payment")
        ).scalar_one()


def held(room: Mailroom) -> tuple[str, str, bytes]:
    """Receive a remittance while its payee is not known here, release it, and then make the payee known."""
    ours = room.site.settings
    stranger = BillingEntity(name="POE CLINIC", npi=OTHER, tax_id="987654321")
    _know(room, ours.model_copy(update={"billing_entity": (stranger,)}))
    data = envelope(group("HP", "005010X221A1", era("PCN1"))).encode()
    receipt_id = room.receipt(data)
    sort.process(room.site)
    with room.store.read() as tx:
        (waiting,) = remittances.quarantined(tx)
    release.dismiss_remittance(room.site, waiting.id, reason="booked by hand", actor="pat")
    _know(room, ours)
    return receipt_id, waiting.id, data


def _know(room: Mailroom, settings: Settings) -> None:
    room.site = replace(room.site, settings=settings)


def test_a_reread_leaves_it_dealt_with(room: Mailroom) -> None:
    room.send(["PCN1"])
    receipt_id, _, _ = held(room)
    report = sort.reread(room.site, receipt_id, "pat")
    assert states(room) == ["quarantined"]
    assert paid(room) == 0
    assert report.remittances == 1


def test_the_same_content_in_another_file_waits_for_a_person(room: Mailroom) -> None:
    room.send(["PCN1"])
    _, _, data = held(room)
    room.receipt(data.replace(b"*000000001*", b"*000000002*").replace(b"IEA*1*000000001", b"IEA*1*000000002"))
    sort.process(room.site)
    assert sorted(states(room)) == ["quarantined", "quarantined"]
    assert paid(room) == 0
    with room.store.read() as tx:
        (waiting,) = remittances.quarantined(tx)
    assert (waiting.reason or "").startswith("ERA-DUP M-")


def test_it_posts_once_where_a_person_asks_for_it(room: Mailroom) -> None:
    room.send(["PCN1"])
    receipt_id, _, _ = held(room)
    assert sort.recall(room.site, receipt_id, actor="pat") == 1
    sort.reread(room.site, receipt_id, "pat")
    sort.reread(room.site, receipt_id, "pat")
    assert states(room) == ["posted"]
    assert paid(room) == 1


def test_an_interchange_number_that_comes_again_only_warns(room: Mailroom) -> None:
    room.send(["PCN1"], ["PCN2"])
    first = room.receipt(envelope(group("HP", "005010X221A1", era("PCN1"))).encode())
    second = room.receipt(envelope(group("HP", "005010X221A1", era("PCN2", trace="EFT2"))).encode())
    sort.process(room.site)
    assert states(room) == ["posted", "posted"]
    assert (room.findings(first), room.findings(second)) == ([], ["RCV-ISA13"])
    sort.reread(room.site, second, "pat")
    assert room.findings(second) == ["RCV-ISA13"]
