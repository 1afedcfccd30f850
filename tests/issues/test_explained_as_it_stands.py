"""What `gateway eob` said of a payment that had been moved was of where it had stood before, or of somebody who had said nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.ops.reports import eob, eob_words
from gateway.ops.reports.eob_parts import Document
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

EVENING = datetime(2024, 2, 1, 2, tzinfo=UTC)
"""Nine in the evening of the day before in New York."""
SAID = "a person said whose payment it is"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(EVENING)


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def post(desk: Desk, said, trace: str = "T1") -> str:
    posted = desk.post(remittance(said, trace_number=trace))
    with desk.store.read() as tx:
        return claim_payments.of_remittance(tx, posted.remittance_id)[0]


def explained(desk: Desk, identifier: str) -> Document:
    with desk.store.read() as tx:
        return eob.explain(desk.site, tx, identifier, reveal=False)


def answer(desk: Desk, identifier: str):
    (one,) = explained(desk, identifier).explanations[0].answers
    return one


def words_of(one) -> list[str]:
    return [reason.words for row in one.rows for reason in row.reasons]


def test_what_moved_by_itself_was_said_by_nobody(desk: Desk):
    named = {"patient_last_name": "ROE", "member_id": "MBR000111"}
    payment = post(desk, clp("PCN1", 100, 80, "CO-45 20", **named))
    desk.claim("PCN1", 100)
    assert desk.place_waiting() == 1
    assert SAID not in answer(desk, payment).notes


def test_what_was_taken_off_again_is_given_up_by_nobody(desk: Desk):
    desk.claim("PCN1", 100)
    payment = post(desk, clp("PCN1", 100, 70, "CO-45 10, PR-2 20"))
    assert "given up" in words_of(answer(desk, payment))[0]
    desk.unmatch(payment)
    stranger = post(desk, clp("ALIEN", 100, 70, "CO-45 10, PR-2 20"), "T2")
    one, other = answer(desk, payment), answer(desk, stranger)
    assert (one.parts, words_of(one)) == (other.parts, words_of(other))
    assert "given up" not in words_of(one)[0]


def test_only_the_money_was_booked_where_it_stands_and_not_where_it_stood(desk: Desk):
    first, second = desk.claim("PCN1", 100), desk.claim("PCN2", 100)
    post(desk, clp("PCN1", 100, 60, "CO-45 40"))
    payment = post(desk, clp("STRANGE", 100, 70, "CO-45 10, PR-2 20", control="I2"), "T2")
    desk.match(payment, first)
    assert {eob_words.MONEY_ONLY, SAID} <= set(answer(desk, payment).notes)
    desk.unmatch(payment)
    desk.match(payment, second)
    assert answer(desk, payment).notes == [SAID]


def test_an_evening_is_not_the_next_day(desk: Desk):
    claim = desk.claim("PCN1", 100)
    page = explained(desk, claim)
    assert page.made_on == date(2024, 1, 31)
    assert [step.on for step in page.explanations[0].account] == [date(2024, 1, 31)]
