"""A claim whose answer was taken off again went back to *sent*, whatever had been acknowledged, and nobody asked for its answer.

The silence alarms wait for a remittance where the payer took the claim, and for the next 277CA where the one before it came: of
a claim that stood at *sent* behind its 999 they knew nothing, and its money could stay away unseen for ever.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.model.acknowledgement import Outcome
from gateway.model.lifecycle import SubmissionState
from gateway.responses import sort
from gateway.responses.unmatch import unmatch_payment
from gateway.settings import Settings
from gateway.store import alarms, claim_payments, ledger
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.mailroom import Mailroom, envelope, group, status
from tests.unit.test_acknowledge import said_999
from tests.unit.test_sort import era

S = SubmissionState


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


def paid(room: Mailroom, claim: str) -> str:
    """Let the payer pay PCN1, and return the claim payment."""
    room.receipt(envelope(group("HP", "005010X221A1", era("PCN1"))).encode())
    sort.process(room.site)
    with room.store.read() as tx:
        (payment,) = claim_payments.posted(tx, [claim])[claim]
    return payment.id


def taken_off(room: Mailroom, payment: str) -> None:
    unmatch_payment(room.site, payment, reason="it is the sister's claim", actor="pat")
    with room.store.read() as tx:
        ledger.check_books(tx)


def silent(room: Mailroom, clock: MovableClock) -> list[str]:
    """Return by which alarms PCN1 is asked for after a year; what is asked of its file is left out."""
    clock.advance(timedelta(days=365))
    with room.store.read() as tx:
        found = alarms.silent(tx, "north", room.settings.partner["north"], clock.now())
    return [one.rule for one in found if one.id.startswith("C-")]


def acknowledge(room: Mailroom, sent: str, *said: str) -> None:
    for word in said:
        match word:
            case "TA1":
                room.ta1(room.number(sent), "A")
            case "999":
                room.ack_999(said_999(room.number(sent), "A"))
            case "clearinghouse":
                room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"), role="clearinghouse")
            case "received":
                room.ack_277ca(status("PCN1", Outcome.RECEIVED, "A1:19"))
            case "split":
                room.ack_277ca(status("PCN1", Outcome.SPLIT, "A5:15"))
            case "payer":
                room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"))


@pytest.mark.parametrize("late", [False, True], ids=["acknowledged before", "acknowledged meanwhile"])
@pytest.mark.parametrize(
    ("said", "state", "asked"),
    [
        ((), S.SENT, []),
        (("TA1",), S.INTERCHANGE_ACCEPTED, []),
        (("TA1", "999"), S.SET_ACCEPTED, ["no-clearinghouse-277ca"]),
        (("999", "clearinghouse"), S.CLEARINGHOUSE_ACCEPTED, ["no-payer-277ca"]),
        (("999", "received"), S.CLEARINGHOUSE_ACCEPTED, ["no-payer-277ca"]),
        (("999", "clearinghouse", "split"), S.SPLIT, ["no-payer-277ca"]),
        (("999", "clearinghouse", "payer"), S.PAYER_ACCEPTED, ["no-remittance"]),
        (("999", "payer", "clearinghouse"), S.PAYER_ACCEPTED, ["no-remittance"]),
    ],
)
def test_it_stands_where_its_acknowledgements_had_brought_it(
    room: Mailroom, clock: MovableClock, said: tuple[str, ...], state: S, asked: list[str], *, late: bool
):
    """Of a file that has no 999 the file's own alarm speaks."""
    sent = room.send(["PCN1"])
    if not late:
        acknowledge(room, sent, *said)
    payment = paid(room, room.claim_of(sent, "PCN1"))
    if late:
        acknowledge(room, sent, *said)
    assert room.states(sent) == {"PCN1": "paid"}
    taken_off(room, payment)
    assert room.states(sent) == {"PCN1": state.value}
    assert room.told()[-1]["stage"] == state.value
    assert silent(room, clock) == asked
