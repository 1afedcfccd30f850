"""The legal moves of transmissions and submissions, in one table each (reliability.md 3, domain.md 3.6).

Docs print these tables; the store refuses a move that is not in them. A claim's own state is derived from its
versions, holds and submissions by `claim_state`.
"""

from enum import StrEnum


class TransmissionState(StrEnum):
    """Where one interchange that we send stands."""

    DRAFT = "draft"
    """Numbers are taken, bytes are not fixed yet."""
    SEALED = "sealed"
    """Bytes, sha256, size and remote name are fixed for ever; nothing is visible at the partner."""
    SENDING = "sending"
    """An attempt's intent is committed; a crash leaves this state behind for recover()."""
    UNCERTAIN = "uncertain"
    """The partner may have the file; somebody or something must look (law 3)."""
    DELIVERED = "delivered"
    """Proved: the partner has every byte."""
    RECEIVED = "received"
    """TA1 A or E."""
    ACCEPTED = "accepted"
    """999: every set accepted (A or E)."""
    PARTLY_ACCEPTED = "partly_accepted"
    """999: some sets accepted, some rejected."""
    REJECTED = "rejected"
    """TA1 R, or 999 with no set accepted."""
    HELD = "held"
    """Delivery is stopped until a person decides."""
    ABANDONED = "abandoned"
    """Never sent: a draft that crashed or was emptied by the check; its numbers are burnt."""


class SubmissionState(StrEnum):
    """Where one claim version on its way to one payer stands."""

    RESERVED = "reserved"
    SEALED = "sealed"
    SENT = "sent"
    INTERCHANGE_ACCEPTED = "interchange_accepted"
    INTERCHANGE_REJECTED = "interchange_rejected"
    SET_ACCEPTED = "set_accepted"
    SET_REJECTED = "set_rejected"
    CLEARINGHOUSE_ACCEPTED = "clearinghouse_accepted"
    CLEARINGHOUSE_REJECTED = "clearinghouse_rejected"
    FORWARDED = "forwarded"
    SPLIT = "split"
    PAYER_ACCEPTED = "payer_accepted"
    PAYER_REJECTED = "payer_rejected"
    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    ZERO_PAID = "zero_paid"
    DENIED = "denied"
    IN_REVIEW = "in_review"
    REVERSED = "reversed"
    WITHDRAWN = "withdrawn"
    """Taken out before sealing, or an innocent of a rejected set that went out again in another submission."""


class ClaimState(StrEnum):
    """What a biller is told about a claim; derived, never stored by hand."""

    READY = "ready"
    HELD = "held"
    IN_TRANSIT = "in_transit"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    ZERO_PAID = "zero_paid"
    DENIED = "denied"
    IN_REVIEW = "in_review"
    REVERSED = "reversed"
    VOIDED = "voided"
    """Taken back with frequency 8, and the payer has confirmed it: by its 277CA, or by reversing what it had paid."""


T, S = TransmissionState, SubmissionState

TRANSMISSION_MOVES: dict[TransmissionState, frozenset[TransmissionState]] = {
    T.DRAFT: frozenset({T.SEALED, T.ABANDONED, T.DELIVERED}),
    T.SEALED: frozenset({T.SENDING, T.HELD, T.ABANDONED}),
    T.SENDING: frozenset({T.DELIVERED, T.SEALED, T.UNCERTAIN, T.HELD}),
    T.UNCERTAIN: frozenset(
        {T.DELIVERED, T.SEALED, T.HELD, T.RECEIVED, T.ACCEPTED, T.PARTLY_ACCEPTED, T.REJECTED},
    ),
    T.DELIVERED: frozenset({T.RECEIVED, T.ACCEPTED, T.PARTLY_ACCEPTED, T.REJECTED, T.SENDING}),
    T.RECEIVED: frozenset({T.ACCEPTED, T.PARTLY_ACCEPTED, T.REJECTED, T.SENDING}),
    T.HELD: frozenset(
        {T.SEALED, T.DELIVERED, T.RECEIVED, T.ACCEPTED, T.PARTLY_ACCEPTED, T.REJECTED, T.ABANDONED}
    ),
    T.ACCEPTED: frozenset(),
    T.PARTLY_ACCEPTED: frozenset(),
    T.REJECTED: frozenset(),
    T.ABANDONED: frozenset(),
}
"""An answer that arrives while we still think ``sending`` proves delivery: it goes through DELIVERED first.
DELIVERED/RECEIVED -> SENDING is `retransmit`: the same bytes under the same numbers.
DRAFT -> DELIVERED is `register`: the previous system sent the file; we have no bytes of it, and never send it."""

_ANSWERED = frozenset(
    {
        S.INTERCHANGE_REJECTED, S.SET_ACCEPTED, S.SET_REJECTED, S.CLEARINGHOUSE_ACCEPTED, S.CLEARINGHOUSE_REJECTED,
        S.FORWARDED, S.SPLIT, S.PAYER_ACCEPTED, S.PAYER_REJECTED,
    },
)  # fmt: skip
_ADJUDICATED = frozenset({S.PAID, S.PARTLY_PAID, S.ZERO_PAID, S.DENIED, S.IN_REVIEW})

SUBMISSION_MOVES: dict[SubmissionState, frozenset[SubmissionState]] = {
    S.RESERVED: frozenset({S.SEALED, S.WITHDRAWN, S.SENT}),
    S.SEALED: frozenset({S.SENT, S.WITHDRAWN, S.INTERCHANGE_ACCEPTED}) | _ANSWERED | _ADJUDICATED,
    S.SENT: frozenset({S.INTERCHANGE_ACCEPTED}) | _ANSWERED | _ADJUDICATED,
    S.INTERCHANGE_ACCEPTED: _ANSWERED | _ADJUDICATED,
    S.SET_ACCEPTED: (_ANSWERED - {S.SET_ACCEPTED, S.INTERCHANGE_REJECTED, S.SET_REJECTED}) | _ADJUDICATED,
    S.CLEARINGHOUSE_ACCEPTED: frozenset(
        {S.CLEARINGHOUSE_REJECTED, S.FORWARDED, S.SPLIT, S.PAYER_ACCEPTED, S.PAYER_REJECTED},
    )
    | _ADJUDICATED,
    S.FORWARDED: frozenset({S.CLEARINGHOUSE_REJECTED, S.SPLIT, S.PAYER_ACCEPTED, S.PAYER_REJECTED})
    | _ADJUDICATED,
    S.SPLIT: frozenset({S.PAYER_ACCEPTED, S.PAYER_REJECTED}) | _ADJUDICATED,
    S.PAYER_ACCEPTED: frozenset({S.PAYER_REJECTED}) | _ADJUDICATED,
    S.PAID: _ADJUDICATED | {S.REVERSED},
    S.PARTLY_PAID: _ADJUDICATED | {S.REVERSED},
    S.ZERO_PAID: _ADJUDICATED | {S.REVERSED},
    S.DENIED: _ADJUDICATED | {S.REVERSED},
    S.IN_REVIEW: _ADJUDICATED | {S.REVERSED},
    S.REVERSED: _ADJUDICATED,
    S.INTERCHANGE_REJECTED: frozenset({S.WITHDRAWN}),
    S.SET_REJECTED: frozenset({S.WITHDRAWN}),
    S.CLEARINGHOUSE_REJECTED: frozenset(),
    S.PAYER_REJECTED: frozenset(),
    S.WITHDRAWN: frozenset(),
}

REJECTED_STATES = frozenset(
    {S.INTERCHANGE_REJECTED, S.SET_REJECTED, S.CLEARINGHOUSE_REJECTED, S.PAYER_REJECTED},
)
"""Rejected before adjudication: the claim may go again as frequency 1 under the same patient control number."""

ADJUDICATED_STATES = _ADJUDICATED

LIVE_STATES = frozenset(S) - REJECTED_STATES - {S.WITHDRAWN}
"""A claim with a submission in one of these may not be submitted again as an original (P-FREQ, D-DUP)."""

OPEN_STATES = LIVE_STATES - ADJUDICATED_STATES - {S.REVERSED}
"""Still waiting for somebody's answer."""

_CLAIM_STATE_OF: dict[SubmissionState, ClaimState] = {
    S.RESERVED: ClaimState.IN_TRANSIT,
    S.SEALED: ClaimState.IN_TRANSIT,
    S.SENT: ClaimState.SENT,
    S.INTERCHANGE_ACCEPTED: ClaimState.SENT,
    S.SET_ACCEPTED: ClaimState.SENT,
    S.CLEARINGHOUSE_ACCEPTED: ClaimState.SENT,
    S.FORWARDED: ClaimState.SENT,
    S.SPLIT: ClaimState.SENT,
    S.PAYER_ACCEPTED: ClaimState.ACCEPTED,
    S.PAID: ClaimState.PAID,
    S.PARTLY_PAID: ClaimState.PARTLY_PAID,
    S.ZERO_PAID: ClaimState.ZERO_PAID,
    S.DENIED: ClaimState.DENIED,
    S.IN_REVIEW: ClaimState.IN_REVIEW,
    S.REVERSED: ClaimState.REVERSED,
}


VOID = "8"
"""The frequency (CLM05-3) that takes a claim back."""


def is_voided(latest: SubmissionState | None, frequency: str | None) -> bool:
    """Tell whether a submission of this *frequency* is a void that the payer has confirmed."""
    return frequency == VOID and latest is SubmissionState.PAYER_ACCEPTED


def claim_state(latest: SubmissionState | None, *, held: bool, frequency: str | None = None) -> ClaimState:
    """Derive a claim's state from its latest submission, that one's *frequency*, and whether a hold is open on it.

    A rejection places a hold; a claim that was rejected and is not held was released to go again.
    """
    if is_voided(latest, frequency):
        return ClaimState.VOIDED
    if latest in REJECTED_STATES:
        return ClaimState.REJECTED if held else ClaimState.READY
    if latest is None or latest is SubmissionState.WITHDRAWN:
        return ClaimState.HELD if held else ClaimState.READY
    return _CLAIM_STATE_OF[latest]


def may_move(now: TransmissionState | SubmissionState, to: TransmissionState | SubmissionState) -> bool:
    """Tell whether the table allows the move; staying put is never a move."""
    if isinstance(now, TransmissionState):
        return to in TRANSMISSION_MOVES[now]
    return to in SUBMISSION_MOVES[now]
