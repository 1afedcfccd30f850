"""A line denied inside a paid claim, its amount given back by another line: nothing is open, and yet somebody should look."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.responses import denials
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, remittance, service


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk with one claim of two lines."""
    desk = Desk(store, settings, archive, tmp_path)
    desk.claim("PCN1", 200, services=[service("99213", 100), service("87880", 100)])
    return desk


def listed(desk: Desk) -> list[tuple[int | None, str, str]]:
    """Return what stands among the denials: line, class and amount."""
    with desk.store.read() as tx:
        return [(d.line, d.class_, str(d.amount)) for d in denials.denials(tx, desk.site.settings, Wanted())]


def test_a_denial_that_an_offset_hides_is_listed(desk: Desk) -> None:
    lines = (line("99213", 100, 0, "CO-50 100"), line("87880", 100, 200, "OA-121 -100"))
    desk.post(remittance(clp("PCN1", 200, 200, service_lines=lines)))
    assert listed(desk) == [(1, "denied", "100.00"), (None, "review", "-100.00")]


@pytest.mark.parametrize(
    "lines",
    [
        (line("C", 100, 120, "OA-94 -100, CO-45 80"), line("C", 100, 0, "CO-97 100")),
        (line("99213", 100, 0, "CO-45 100"), line("87880", 100, 120, "OA-121 -20")),
        (line("99213", 100, 0, "OA-23 100"), line("87880", 100, 200, "OA-23 -100")),
    ],
    ids=["bundled", "given up by contract", "another payer's"],
)
def test_what_is_no_denial_is_not(desk: Desk, clock: MovableClock, lines: tuple[object, ...]) -> None:
    paid = sum((one.paid for one in lines), money(0))  # type: ignore[attr-defined]
    desk.post(remittance(clp("PCN1", 200, paid, service_lines=lines)))
    assert not [one for one in listed(desk) if one[0] is not None]
    clock.advance(timedelta(days=90))
    with desk.store.read() as tx:
        waiting = queue.items(tx, desk.site.settings, clock.now())
    assert [one.kind for one in waiting if one.kind == queue.DENIED] == [queue.DENIED][: len(listed(desk))]
