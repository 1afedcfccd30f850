"""Two payers' checks of one number and amount: the queue named one of them for the first deposit, and none for the second."""

from datetime import date
from pathlib import Path

import pytest

from gateway.model.remittance import Party
from gateway.responses import deposits as office
from gateway.settings import Settings
from gateway.store import deposits, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

BANK = "Date,Amount,Check\n2024-01-29,100.00,1001\n2024-01-29,100.00,1001\n"


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def waiting(desk: Desk) -> list[queue.QueueItem]:
    """Return what the queue says of deposits."""
    with desk.store.read() as tx:
        found = queue.items(tx, desk.site.settings, desk.store.clock.now())
    return [one for one in found if one.id.startswith("D-")]


def test_each_deposit_names_both(desk: Desk) -> None:
    paid = []
    for pcn, payer, originator in (("PCN1", "NORTH", "1512345678"), ("PCN2", "SOUTH", "1888888888")):
        desk.claim(pcn, 100, member=f"M{pcn}")
        check = remittance(
            clp(pcn, 100, 100), payment_method="CHK", trace_number="1001", originator=originator,
            payer=Party(name=payer), payment_date=date(2024, 1, 26),
        )  # fmt: skip
        paid.append(desk.post(check).remittance_id)
    office.load_bank_file(desk.site, BANK.encode(), name="bank.csv", actor="pat")
    with desk.store.read() as tx:
        first, second = (one.id for one in sorted(deposits.every(tx), key=lambda one: one.said.line or 0))
    for one in waiting(desk):
        for remittance_id in paid:
            assert f"gateway deposit match {one.id} {remittance_id}" in one.command
    told_twice = next(one for one in waiting(desk) if one.id == second)
    assert f"gateway deposit withdraw {second}" in told_twice.command
    assert "if it is another payment: gateway deposit match" in told_twice.command
    office.match_deposit(desk.site, first, paid[0], actor="pat")
    office.match_deposit(desk.site, second, paid[1], actor="pat")
    assert waiting(desk) == []
    desk.check()
