"""An unbundled line beside a denied one: what its parts were paid stayed written off, and the denied line seemed smaller."""

from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, remittance, service


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


PARTS = (
    line("80048", 100, 40, "CO-45 60", submitted_procedure="80050"),
    line("80049", 0, 30, "OA-94 -30", submitted_procedure="80050"),
)
"""4.10: one panel of 100, paid as 40 and 30; 30 are given up."""


def test_the_denied_line_stays_open_in_full(desk: Desk):
    claim = desk.claim("PCN1", 150, services=[service("80050", 100), service("99213", 50)])
    denied = line("99213", 50, 0, "CO-50 50")
    desk.post(remittance(clp("PCN1", 150, 70, service_lines=(*PARTS, denied))))
    account = desk.account(claim)
    assert [account[n] for n in ("paid", "adjusted", "open")] == [money(70), money(30), money(50)]


def test_a_bundle_in_the_same_claim_changes_nothing_of_it(desk: Desk):
    services = [service("80050", 100), service("10000", 100), service("10001", 100)]
    claim = desk.claim("PCN1", 300, services=services)
    bundle = (
        line("10009", 100, 120, "OA-94 -100, CO-45 80", submitted_procedure="10000"),
        line("10009", 100, 0, "CO-97 100", submitted_procedure="10001"),
    )
    desk.post(remittance(clp("PCN1", 300, 190, service_lines=(*PARTS, *bundle))))
    account = desk.account(claim)
    assert [account[n] for n in ("paid", "adjusted", "open")] == [money(190), money(110), money(0)]
