"""A submission only moves forward; contradicting news is a conflict (ACK-02)."""

import pytest

from gateway.errors import NotFound, Refused
from gateway.model.lifecycle import ADJUDICATED_STATES, REJECTED_STATES, SubmissionState, may_move
from gateway.store import submissions
from gateway.store.db import Store
from gateway.store.submissions import Move, judge

S = SubmissionState
ANSWERS = [
    S.SENT,
    S.INTERCHANGE_ACCEPTED,
    S.SET_ACCEPTED,
    S.CLEARINGHOUSE_ACCEPTED,
    S.FORWARDED,
    S.SPLIT,
    S.PAYER_ACCEPTED,
    *sorted(REJECTED_STATES),
    *sorted(ADJUDICATED_STATES),
    S.REVERSED,
]


@pytest.mark.parametrize("now", list(S))
@pytest.mark.parametrize("to", ANSWERS)
def test_every_answer_in_every_state_has_a_verdict(now: S, to: S) -> None:
    verdict = judge(now, to)
    assert (verdict is Move.DONE) == may_move(now, to)
    assert bool(verdict) == (verdict is Move.DONE)
    if now is to:
        assert verdict is Move.KEPT or may_move(now, to)


@pytest.mark.parametrize(
    ("now", "to", "verdict"),
    [
        (S.PAYER_ACCEPTED, S.SET_ACCEPTED, Move.KEPT),
        (S.PAID, S.PAYER_ACCEPTED, Move.KEPT),
        (S.SET_REJECTED, S.INTERCHANGE_ACCEPTED, Move.KEPT),
        (S.SET_REJECTED, S.CLEARINGHOUSE_REJECTED, Move.KEPT),
        (S.SET_ACCEPTED, S.INTERCHANGE_REJECTED, Move.CONFLICT),
        (S.PAYER_ACCEPTED, S.SET_REJECTED, Move.CONFLICT),
        (S.PAID, S.PAYER_REJECTED, Move.CONFLICT),
        (S.SET_REJECTED, S.SET_ACCEPTED, Move.CONFLICT),
        (S.CLEARINGHOUSE_REJECTED, S.PAYER_ACCEPTED, Move.CONFLICT),
        (S.PAYER_REJECTED, S.PAID, Move.CONFLICT),
        (S.WITHDRAWN, S.PAYER_ACCEPTED, Move.CONFLICT),
        (S.SENT, S.REVERSED, Move.CONFLICT),
        (S.SET_ACCEPTED, S.SENT, Move.KEPT),
    ],
)
def test_old_news_and_contradictions(now: S, to: S, verdict: Move) -> None:
    assert judge(now, to) is verdict


@pytest.mark.parametrize(("now", "to"), [(S.SENT, S.WITHDRAWN), (S.SENT, S.RESERVED)])
def test_our_own_side_may_not_break_the_lifecycle(now: S, to: S) -> None:
    with pytest.raises(Refused):
        judge(now, to)


def test_unknown_submission(store: Store) -> None:
    with store.write("x") as tx:
        with pytest.raises(NotFound):
            submissions.move(tx, "S-2222222222", S.SENT)
        with pytest.raises(NotFound):
            submissions.get(tx, "S-2222222222")
        tx.audit("x")
