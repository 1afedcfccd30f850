"""The queue read every payment in suspense by a dozen statements of its own, and not who was paid.

So it grew slow in the weeks after a change of system, and of what another clinic of the house was paid it told no reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from gateway.model.remittance import Party
from gateway.responses import late, proposals
from gateway.settings import Settings
from gateway.store import claim_payments, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.queue import QueueItem
from tests.desk import DAY, Desk, clp, remittance
from tests.sites import settings_of

HOUSE = [
    {"name": "ROE CLINIC", "npi": "1098765435", "tax_id": "123456789"},
    {"name": "POE CLINIC", "npi": "1555123458", "tax_id": "987654321"},
]


@pytest.fixture
def settings() -> Settings:
    return settings_of(billing_entity=HOUSE)


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(desk.store.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(desk.store.engine, "before_cursor_execute", note)


def queued(desk: Desk) -> list[QueueItem]:
    with desk.store.read() as tx:
        settings = desk.site.settings
        return proposals.in_queue(tx, settings, queue.items(tx, settings, tx.now()))


def strangers(desk: Desk, first: int, last: int) -> None:
    """Post two payments each of claims that nobody knows, a remittance each; the charge of one of ours is theirs."""
    for n in range(first, last):
        some = (
            clp(f"{kind}{n}", 100, 70, "CO-45 30", control=f"{kind}-{n}", statement_from=DAY) for kind in "AB"
        )
        desk.post(remittance(*some, trace_number=f"T{n}"))  # fmt: skip


def test_however_many_wait_the_queue_asks_as_much(desk: Desk):
    claim = desk.claim("A1", 90)
    strangers(desk, 1, 3)
    with counted(desk) as few:
        found = queued(desk)
    assert len(found) == 4
    assert [claim in item.why for item in found] == [True, False, False, False]
    strangers(desk, 3, 9)
    with counted(desk) as many:
        assert len(queued(desk)) == 16
    assert len(many) == len(few)


def test_what_may_have_become_known_is_asked_for_all_at_once(desk: Desk):
    for n in range(1, 9):
        desk.claim(f"A{n}", 90)
    strangers(desk, 1, 3)
    with counted(desk) as few:
        assert late.place_waiting(desk.site, actor="daemon") == 0
    strangers(desk, 3, 9)
    with counted(desk) as many:
        assert late.place_waiting(desk.site, actor="daemon") == 0
    assert len(many) == len(few)


def test_what_another_clinic_of_the_house_was_paid_says_so(desk: Desk):
    desk.claim("1001", 100)
    payee = Party(name="POE CLINIC", id_type="XX", id="1555123458")
    posted = desk.post(remittance(clp("1001", 100, 60, "CO-45 40", statement_from=DAY), payee=payee))
    assert posted.claims == {"suspense": 1}
    assert "another of your billing entities" in queued(desk)[0].why
    with desk.store.read() as tx:
        (payment,) = claim_payments.in_suspense(tx)
        waits = proposals.of_payment(tx, desk.site.settings, payment.id)
    assert waits is not None
    assert "another of your billing entities" in waits.doubt
