"""A line without a number of the sender's goes out with one of ours (REF*6R), and the payment must be tied by it.

Two lines alike in every respect, paid differently, come back in another order: only the number tells them apart.
"""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import line_posting, submission, transmission
from tests.desk import Desk, clp, line, remittance, service


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def answered(desk: Desk) -> list[tuple[str, str]]:
    said = clp(
        "PCN-1",
        200,
        80,
        service_lines=(
            line("99213", 100, 80, "CO-45 20", line_control_number="PCN-1L2"),
            line("99213", 100, 0, "CO-97 100", line_control_number="PCN-1L1"),
        ),
    )
    assert desk.post(remittance(said)).claims == {"posted": 1}
    with desk.store.read() as tx:
        rows = tx.execute(
            select(line_posting.c.claim_lines, line_posting.c.how).where(line_posting.c.line > 0)
        )
        return [tuple(row) for row in rows]


def test_lines_are_tied_by_the_number_they_went_out_with(desk: Desk):
    desk.claim("PCN-1", 200, services=[service("99213", 100), service("99213", 100)])
    assert answered(desk) == [("2", "line_control"), ("1", "line_control")]


def test_what_another_system_sent_has_none_of_our_numbers(desk: Desk):
    claim = desk.claim("PCN-1", 200, services=[service("99213", 100), service("99213", 100)])
    with desk.store.write("register") as tx:
        sent = select(submission.c.transmission).where(submission.c.claim == claim)
        tx.execute(update(transmission).where(transmission.c.id.in_(sent)).values(kind="registered"))
        tx.execute(
            update(submission)
            .where(submission.c.claim == claim)
            .values(first_segment=None, last_segment=None)
        )
        tx.audit(subject=claim)
    assert answered(desk) == [("1", "in_order"), ("2", "in_order")]
