"""Silence as a state with a deadline (ACK-04): rules over stored facts, one function a rule.

A new alarm is a function and its line in `RULES`. A rule looks at one partner, whose profile says which answers are to
be expected at all and by when; it never changes anything, and falls quiet by itself when the answer comes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select

from gateway.model.lifecycle import OPEN_STATES, REJECTED_STATES, VOID, SubmissionState, TransmissionState
from gateway.settings import Partner
from gateway.store import crossovers
from gateway.store.db import Tx
from gateway.store.schema import submission, transmission, transmission_set
from gateway.store.transmissions import ANSWER, REGISTERED

S, T = SubmissionState, TransmissionState

OURS = transmission.c.kind.not_in([REGISTERED, ANSWER])
"""What we sent ourselves. What the previous system sent may have been acknowledged to it: of that, only the money is
waited for."""

_ON_THE_WAY = (T.DELIVERED, T.RECEIVED, T.PARTLY_ACCEPTED, T.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One answer that has not come: *id* is the transmission or claim that waits, *since* when it was sent."""

    rule: str
    id: str
    partner: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm: its *name*, also its page in the runbook, what it means, and the function that finds cases."""

    name: str
    meaning: str
    find: Callable[[Tx, str, Partner, datetime], Iterator[Silence]]


def silent(tx: Tx, partner: str, profile: Partner, now: datetime) -> list[Silence]:
    """Return what *partner* should have answered by *now*, longest silence first."""
    found = [silence for rule in RULES for silence in rule.find(tx, partner, profile, now)]
    return sorted(found, key=lambda silence: silence.since)


def no_ta1(tx: Tx, partner: str, profile: Partner, now: datetime) -> Iterator[Silence]:
    """Find transmissions without TA1 at partners who promise one; a 999 makes it needless."""
    if not profile.replies.ta1:
        return
    allowed = timedelta(hours=profile.replies.ack_hours)
    rows = tx.execute(
        select(transmission.c.id, transmission.c.delivered_at).where(
            transmission.c.partner == partner,
            transmission.c.state == T.DELIVERED.value,
            OURS,
            transmission.c.ta1.is_(None),
            transmission.c.delivered_at < now - allowed,
        )
    )
    for row in rows:
        why = f"no TA1 within {_span(allowed)}"
        yield Silence(rule="no-ta1", id=row.id, partner=partner, since=row.delivered_at, why=why)


def no_999(tx: Tx, partner: str, profile: Partner, now: datetime) -> Iterator[Silence]:
    """Find transmissions with a set that no 999 has spoken of."""
    if not profile.replies.ack_999:
        return
    allowed = timedelta(hours=profile.replies.ack_hours)
    rows = tx.execute(
        select(
            transmission.c.id, transmission.c.delivered_at, func.count(transmission_set.c.id).label("sets")
        )
        .join(transmission_set, transmission_set.c.transmission == transmission.c.id)
        .where(
            transmission.c.partner == partner,
            transmission.c.state.in_([s.value for s in _ON_THE_WAY]),
            OURS,
            transmission_set.c.state == "open",
            transmission.c.delivered_at < now - allowed,
        )
        .group_by(transmission.c.id, transmission.c.delivered_at)
    )
    for row in rows:
        why = f"no 999 for {row.sets} transaction set(s) within {_span(allowed)}"
        yield Silence(rule="no-999", id=row.id, partner=partner, since=row.delivered_at, why=why)


def no_clearinghouse_277ca(tx: Tx, partner: str, profile: Partner, now: datetime) -> Iterator[Silence]:
    """Find claims that the file check took and the clearinghouse has not spoken of."""
    replies = profile.replies
    if not replies.clearinghouse_277ca:
        return
    waiting = {S.SET_ACCEPTED}
    if not replies.ack_999:
        waiting |= {S.SENT, S.INTERCHANGE_ACCEPTED}
    allowed = timedelta(hours=replies.clearinghouse_hours)
    why = f"no 277CA from the clearinghouse within {_span(allowed)}"
    yield from _claims(tx, partner, waiting, now - allowed, rule="no-clearinghouse-277ca", why=why)


def no_payer_277ca(tx: Tx, partner: str, profile: Partner, now: datetime) -> Iterator[Silence]:
    """Find claims that were passed on and that the payer has not spoken of."""
    replies = profile.replies
    if not replies.payer_277ca:
        return
    waiting = {S.CLEARINGHOUSE_ACCEPTED, S.FORWARDED, S.SPLIT}
    if not replies.clearinghouse_277ca:
        waiting |= {S.SET_ACCEPTED} | (set() if replies.ack_999 else {S.SENT, S.INTERCHANGE_ACCEPTED})
    allowed = timedelta(hours=replies.payer_hours)
    why = f"no 277CA from the payer within {_span(allowed)}"
    yield from _claims(tx, partner, waiting, now - allowed, rule="no-payer-277ca", why=why)


def no_remittance(tx: Tx, partner: str, profile: Partner, now: datetime) -> Iterator[Silence]:
    """Find claims on which money is overdue and no earlier answer is still to be expected."""
    replies = profile.replies
    if not replies.remittance:
        return
    waiting = {S.PAYER_ACCEPTED}
    if not replies.payer_277ca:
        waiting |= {S.CLEARINGHOUSE_ACCEPTED, S.FORWARDED, S.SPLIT}
        if not replies.clearinghouse_277ca:
            waiting |= {S.SET_ACCEPTED} | (set() if replies.ack_999 else {S.SENT, S.INTERCHANGE_ACCEPTED})
    allowed = timedelta(days=replies.remittance_days)
    why = f"no remittance within {_span(allowed)}"
    yield from _claims(tx, partner, waiting, now - allowed, rule="no-remittance", why=why)
    yield from _claims(
        tx,
        partner,
        OPEN_STATES,
        now - allowed,
        rule="no-remittance",
        why=why,
        which=transmission.c.kind == REGISTERED,
    )


def no_crossover_answer(tx: Tx, partner: str, profile: Partner, now: datetime) -> Iterator[Silence]:
    """Find answers by which a payer sent a claim on, and no other payer has spoken of it since."""
    if not profile.replies.remittance:
        return
    allowed = timedelta(days=profile.replies.crossover_days)
    for one in crossovers.waiting(tx, partner=partner):
        if one.since < now - allowed:
            to = one.to or ("the next one" if one.answered else "another one")
            own = "" if one.answered else " as not its own"
            why = f"the payer sent {one.claim} on to {to}{own}, and no remittance of that one came within {_span(allowed)}"
            yield Silence(rule="no-crossover-answer", id=one.id, partner=partner, since=one.since, why=why)


RULES: tuple[Rule, ...] = (
    Rule("no-ta1", "the partner has not acknowledged a file", no_ta1),
    Rule("no-999", "the partner has not checked a transaction set", no_999),
    Rule(
        "no-clearinghouse-277ca",
        "the clearinghouse has not said whether it took a claim",
        no_clearinghouse_277ca,
    ),
    Rule("no-payer-277ca", "the payer has not said whether it took a claim", no_payer_277ca),
    Rule("no-remittance", "the payer has not said what becomes of a claim's money", no_remittance),
    Rule(
        "no-crossover-answer", "a claim was sent on, and the next payer has not spoken", no_crossover_answer
    ),
)


def _claims(
    tx: Tx,
    partner: str,
    states: Iterable[SubmissionState],
    before: datetime,
    *,
    rule: str,
    why: str,
    which: ColumnElement[bool] = OURS,
) -> Iterator[Silence]:
    """Find claims in *states* since *before*.

    Not asked for is what was replaced or voided since, a void that is confirmed, and what its payer sent on to another one
    (`no_crossover_answer`).
    """
    sent = func.coalesce(submission.c.sent_at, submission.c.created_at)
    later = submission.alias("later")
    superseded = exists().where(
        later.c.claim == submission.c.claim,
        later.c.payer == submission.c.payer,
        later.c.frequency.in_(("7", VOID)),
        later.c.created_at > submission.c.created_at,
        later.c.state.not_in([s.value for s in REJECTED_STATES | {S.WITHDRAWN}]),
    )
    done_with = (submission.c.frequency == VOID) & (submission.c.state == S.PAYER_ACCEPTED.value)
    rows = tx.execute(
        select(submission.c.claim, submission.c.sent_at, submission.c.created_at)
        .join(transmission, transmission.c.id == submission.c.transmission)
        .where(
            transmission.c.partner == partner,
            submission.c.state.in_([s.value for s in states]),
            which,
            sent < before,
            ~superseded,
            ~done_with,
            ~crossovers.is_forwarded(submission.c.id),
        )
        .order_by(submission.c.claim)
    )
    for row in rows:
        since = row.sent_at or row.created_at
        yield Silence(rule=rule, id=row.claim, partner=partner, since=since, why=why)


def _span(allowed: timedelta) -> str:
    hours = allowed.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours"
