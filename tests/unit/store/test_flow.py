"""What passed in a span of time: each thing is counted in its own span, and in no other."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.model.acknowledgement import GroupAcknowledgement, Outcome, SegmentError, SetAcknowledgement
from gateway.model.lifecycle import SubmissionState
from gateway.settings import Settings
from gateway.store import claims, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.flow import Flow, flow
from tests.desk import Desk, clp, remittance
from tests.mailroom import HEAD, SPAN, Mailroom, status

NOTHING = {
    "files": 0, "records": 0, "refused": 0, "held": 0, "files_sent": 0, "claims_sent": 0, "replacements": 0, "voids": 0,
    "innocents": 0, "sets_rejected": 0, "claims_in_rejected_sets": 0, "came_back": 0, "verdicts": {}, "payments": 0, "paid": Decimal(0),
    "decided": 0, "reversed": 0,
}  # fmt: skip


class Watch:
    """Looks at what passed since the last look, an hour apart."""

    def __init__(self, store: Store, clock: MovableClock) -> None:
        self._store = store
        self._clock = clock
        self._last = clock.now()

    def since(self) -> dict[str, object]:
        now: datetime = self._clock.now()
        with self._store.read() as tx:
            passed = flow(tx, self._last, now)
        self._last = now
        self._clock.advance(timedelta(hours=1))
        return {name: value for name in Flow.__slots__ if (value := getattr(passed, name)) != NOTHING[name]}


@pytest.fixture
def watch(store: Store, clock: MovableClock) -> Watch:
    return Watch(store, clock)


def test_answers_count_when_they_came(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path, watch: Watch
) -> None:
    room = Mailroom(store, settings, archive, tmp_path)
    assert watch.since() == {}
    sent = room.send(["PCN1", "PCN2", "PCN3"], ["PCN4"])
    assert watch.since() == {"files_sent": 1, "claims_sent": 4}
    guilty = SegmentError(segment="CLM", position=HEAD + 1 + SPAN, loop=None, error="8", elements=())
    room.ack_999(
        GroupAcknowledgement(
            group_control_number=room.number(sent), functional_id="HC", version="005010X222A1", group_status="P", sets_included=2, sets_received=2, sets_accepted=1,
            sets=(
                SetAcknowledgement(set_control_number="0001", status="R", error_codes=("5",), segments=(guilty,)),
                SetAcknowledgement(set_control_number="0002", status="A"),
            ),
        )
    )  # fmt: skip
    assert watch.since() == {"sets_rejected": 1, "claims_in_rejected_sets": 3}
    room.ack_277ca(status("PCN4", Outcome.RECEIVED, "A1:19"), role="clearinghouse")
    assert watch.since() == {"verdicts": {("clearinghouse", "received"): 1}}
    room.ack_277ca(status("PCN4", Outcome.REJECTED, "A7:562"))
    assert watch.since() == {"verdicts": {("payer", "rejected"): 1}}
    assert watch.since() == {}


def test_the_innocents_are_those_who_go_again_as_they_were(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path, watch: Watch
) -> None:
    room = Mailroom(store, settings, archive, tmp_path)
    claim_id, version_id = room.claim("PCN1")
    sent = room.dispatch([[(claim_id, version_id)]])
    with store.write("test") as tx:
        (first,) = submissions.of_claim(tx, claim_id)
        submissions.move(tx, first.id, SubmissionState.SET_REJECTED)
        submissions.move(tx, first.id, SubmissionState.WITHDRAWN)
        tx.audit(sent)
    watch.since()
    room.dispatch([[(claim_id, version_id)]])
    assert watch.since() == {"files_sent": 1, "claims_sent": 1, "innocents": 1}
    with store.write("test") as tx:
        again = submissions.of_claim(tx, claim_id)[-1]
        submissions.move(tx, again.id, SubmissionState.PAYER_REJECTED)
        mended = claims.new_version(tx, claim_id, claims.content(tx, version_id))
        tx.audit(sent)
    room.dispatch([[(claim_id, mended)]])
    assert watch.since() == {"files_sent": 1, "claims_sent": 1}


def test_money_counts_when_it_is_posted_and_reversals_apart(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path, watch: Watch
) -> None:
    desk = Desk(store, settings, archive, tmp_path)
    desk.claim("PCN1", 100)
    watch.since()
    desk.post(remittance(clp("PCN1", 100, 100)))
    assert watch.since() == {"payments": 1, "paid": Decimal(100), "decided": 1}
    desk.post(
        remittance(
            clp("PCN1", -100, -100, status="22"),
            clp("PCN1", 100, 100, control="ICN2"),
            trace_number="EFT2",
        )
    )
    assert watch.since() == {"payments": 1, "decided": 1, "reversed": 1}
