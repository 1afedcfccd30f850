"""Silence has deadlines (ACK-04), and everything that waits for a person names the command that resolves it."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.settings import Partner, Settings
from gateway.store import alarms, holds, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.mailroom import Mailroom
from tests.sites import partner_of

S = SubmissionState


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


def profile(**replies: object) -> Partner:
    return Partner.model_validate(partner_of(replies=replies))


def silent(room: Mailroom, clock: MovableClock, **replies: object) -> list[tuple[str, str]]:
    with room.store.read() as tx:
        return [(one.rule, one.id) for one in alarms.silent(tx, "north", profile(**replies), clock.now())]


def test_nothing_is_silent_before_its_deadline(room: Mailroom, clock: MovableClock) -> None:
    room.send(["PCN1"])
    clock.advance(timedelta(hours=3, minutes=59))
    assert silent(room, clock, ta1=True) == []


def test_missing_999_and_ta1(room: Mailroom, clock: MovableClock) -> None:
    sent = room.send(["PCN1"])
    clock.advance(timedelta(hours=4, minutes=1))
    assert silent(room, clock) == [("no-999", sent)]
    assert silent(room, clock, ta1=True) == [("no-ta1", sent), ("no-999", sent)]
    assert silent(room, clock, ack_999=False, clearinghouse_277ca=False, payer_277ca=False) == []


@pytest.mark.parametrize(
    ("state", "wait", "rule"),
    [
        (S.SET_ACCEPTED, timedelta(hours=25), "no-clearinghouse-277ca"),
        (S.CLEARINGHOUSE_ACCEPTED, timedelta(hours=73), "no-payer-277ca"),
        (S.FORWARDED, timedelta(hours=73), "no-payer-277ca"),
        (S.PAYER_ACCEPTED, timedelta(days=46), "no-remittance"),
    ],
)
def test_claims_that_nobody_speaks_of(
    room: Mailroom, clock: MovableClock, state: S, wait: timedelta, rule: str
) -> None:
    sent = room.send(["PCN1"])
    room.force(sent, state)
    clock.advance(wait)
    claim_id = room.claim_of(sent, "PCN1")
    assert (rule, claim_id) in silent(room, clock)
    room.force(sent, S.PAID)
    assert [one for one in silent(room, clock) if one[1] == claim_id] == []


@pytest.mark.parametrize(
    ("replies", "rule"),
    [
        ({"ack_999": False}, "no-clearinghouse-277ca"),
        ({"ack_999": False, "clearinghouse_277ca": False}, "no-payer-277ca"),
        ({"ack_999": False, "clearinghouse_277ca": False, "payer_277ca": False}, "no-remittance"),
    ],
)
def test_what_a_partner_never_sends_is_not_waited_for(
    room: Mailroom, clock: MovableClock, replies: dict[str, bool], rule: str
) -> None:
    room.send(["PCN1"])
    clock.advance(timedelta(days=46))
    assert {found for found, _ in silent(room, clock, **replies)} == {rule}


def test_every_kind_of_item_has_its_command(room: Mailroom, clock: MovableClock) -> None:
    claim_id, _ = room.claim("PCN9")
    uncertain = room.send(["PCN1"], state=TransmissionState.UNCERTAIN)
    rejected = room.send(["PCN2"])
    room.ta1(room.number(rejected), "R", "006")
    room.ta1("999", "A")
    silent_one = room.send(["PCN3"])
    with room.store.write("hold") as tx:
        holds.place(tx, claim_id, "edit", "P-BP-03")
        tx.audit("x")
    clock.advance(timedelta(hours=5))
    with room.store.read() as tx:
        found = {item.kind: item for item in queue.items(tx, room.settings, clock.now())}
    assert set(found) == {"held", "uncertain", "rejected", "unmatched", "silent"}
    assert (found["held"].id, found["held"].partner) == (claim_id, "north")
    assert "release" in found["held"].command
    assert found["uncertain"].id == uncertain
    assert f"gateway settle {uncertain}" in found["uncertain"].command
    assert "gateway resubmit" in found["rejected"].command
    assert "gateway reread" in found["unmatched"].command
    assert (found["silent"].id, f"gateway retransmit {silent_one}" in found["silent"].command) == (
        silent_one,
        True,
    )


def test_queue_shows_no_claim_content(room: Mailroom, clock: MovableClock) -> None:
    sent = room.send(["SECRETPCN"], member="SECRETMEMBER")
    room.ta1(room.number(sent), "R", "006")
    with room.store.read() as tx:
        shown = repr(queue.items(tx, room.settings, clock.now()))
    assert "SECRET" not in shown
    assert "ROE" not in shown
