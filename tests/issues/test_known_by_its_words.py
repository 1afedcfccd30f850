"""A notice without money that had been posted was posted again from another file once a newer version read more of it.

Its identity was a hash of the record, which changes with what a version reads; now it is one of the words as they came.
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gateway.responses import release, sort
from gateway.responses.content import Words
from gateway.settings import BillingEntity, Settings
from gateway.store import ledger, remittances
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, remittance
from gateway.x12.separators import Separators
from tests.eras import FIRST, Answer, Era, Service, file_of
from tests.mailroom import Mailroom

DENIED = Answer(
    "K", FIRST, "PCN1", "4", 12550, 0, "I1", (Service("99213", 12550, 0, (("CO", "50", 12550),)),)
)
NOTICE = Era(FIRST, "NOPAY", (DENIED,))
PAID = Era(FIRST, "T1", (replace(DENIED, status="1", paid=10000, services=(), cas=(("CO", "45", 2550),)),))


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    made = Mailroom(store, settings, archive, tmp_path)
    made.send(["PCN1"])
    return made


def come(room: Mailroom, *eras: Era, number: int = 1, change: tuple[str, str] = ("", "")) -> list[str]:
    """Let a file come, and return the states of all remittances."""
    room.receipt(
        file_of(eras, number=number).decode().replace(*change).encode()
        if change[0]
        else file_of(eras, number=number)
    )
    sort.process(room.site)
    with room.store.read() as tx:
        ledger.check_books(tx)
        return sorted(tx.execute(select(remittance.c.state)).scalars())


def forget(room: Mailroom) -> None:
    """Leave what is kept as an earlier version kept it: told by what it read."""
    with room.store.write("old") as tx:
        tx.execute(update(remittance).values(content_hash="ab" * 32))
        tx.execute(
            update(remittance).where(remittance.c.amount == Decimal(0)).values(payment_key=remittance.c.id)
        )
        tx.audit("x")


def test_a_notice_of_an_earlier_version_is_known_in_another_file(room: Mailroom):
    come(room, Era(FIRST, "T9", ()), NOTICE)
    forget(room)
    assert come(room, NOTICE, number=2) == ["duplicate", "posted", "posted"]
    with room.store.read() as tx:
        assert tx.execute(select(func.count(claim_payment.c.id))).scalar_one() == 1


def test_another_notice_under_the_same_number_is_posted(room: Mailroom):
    room.send(["PCN2"])
    come(room, NOTICE)
    forget(room)
    other = replace(NOTICE, answers=(replace(DENIED, number="PCN2", control="I2"),))
    assert come(room, other, number=2) == ["posted", "posted"]


def test_a_payment_of_an_earlier_version_is_skipped_and_not_held(room: Mailroom):
    come(room, PAID)
    forget(room)
    assert come(room, PAID, number=2) == ["duplicate", "posted"]


def test_what_a_person_took_out_of_the_queue_waits_again(room: Mailroom):
    ours = room.site.settings
    stranger = BillingEntity(name="POE CLINIC", npi="1555123458", tax_id="987654321")
    room.site = replace(room.site, settings=ours.model_copy(update={"billing_entity": (stranger,)}))
    come(room, NOTICE)
    with room.store.read() as tx:
        (held,) = remittances.quarantined(tx)
    release.dismiss_remittance(room.site, held.id, reason="booked by hand", actor="pat")
    forget(room)
    room.site = replace(room.site, settings=ours)
    assert come(room, NOTICE, number=2) == ["quarantined", "quarantined"]
    with room.store.read() as tx:
        (waiting,) = remittances.quarantined(tx)
    assert waiting.reason == f"ERA-DUP {held.id}"


def test_a_lost_file_of_an_earlier_version_keeps_nothing_back(room: Mailroom):
    """What cannot be read again is not known to be the same: a payment is held for a person."""
    come(room, PAID)
    forget(room)
    for blob in (room.site.root / "state" / "archive").rglob("*"):
        if blob.is_file():
            blob.unlink()
    assert come(room, PAID, number=2) == ["posted", "quarantined"]


@pytest.mark.parametrize(
    "change",
    [("*125.5*", "*125.50*"), ("LX*1~", "LX*7~"), ("NM1*QC*1*ROE*RICHARD~", "NM1*QC*1*ROE *RICHARD***~")],
)
def test_how_it_is_written_does_not_count(room: Mailroom, change: tuple[str, str]):
    come(room, NOTICE)
    assert change[0] in file_of([NOTICE]).decode()
    assert come(room, NOTICE, number=2, change=change) == ["duplicate", "posted"]


def test_what_no_field_takes_counts_too(room: Mailroom):
    come(room, NOTICE)
    change = ("TE*8005550100~", "TE*8005550100*ZZ*77~")
    assert come(room, NOTICE, number=2, change=change) == ["posted", "posted"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["SVC", "HC:99213", "10.00"], ["svc", "HC:99213::", "10", ""], True),
        (["SVC", "HC:99213", "0.50"], ["SVC", "HC:99213", ".5"], True),
        (["SVC", "HC:99213", "10.05"], ["SVC", "HC:99213", "10.5"], False),
        (["CAS", "CO", "045", "1"], ["CAS", "CO", "45", "1"], False),
        (["REF", "6R", "."], ["REF", "6R", ""], False),
        (["REF", "6R", "100"], ["REF", "6R", "1"], False),
        (["CLP", "A", "", "1"], ["CLP", "A", "1"], False),
    ],
)
def test_words(one: list[str], other: list[str], same: bool):
    said = []
    for segment in (one, other):
        words = Words(Separators(element="*", component=":", segment="~", repetition="^"))
        assert list(words.heard([segment])) == [segment]
        said.append(words.said())
    assert (said[0] == said[1]) is same
