"""TA1: the partner's word on a whole interchange (domain.md 3.2)."""

from gateway.model.acknowledgement import InterchangeAcknowledgement
from gateway.model.findings import Finding, error
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.responses import proof, tell
from gateway.responses.tell import Origin
from gateway.responses.words import ta1_note
from gateway.settings import Envelope
from gateway.store import acknowledgements, attempts, findings, submissions, transmissions
from gateway.store.acknowledgements import Result
from gateway.store.db import Tx
from gateway.store.submissions import Move
from gateway.store.transmissions import Transmission

KIND = "TA1"
SOURCE = "interchange"
USED_BEFORE = "025"

_ANSWERED = frozenset(
    {TransmissionState.RECEIVED, TransmissionState.ACCEPTED, TransmissionState.PARTLY_ACCEPTED}
)
"""States in which the partner has taken a copy before."""


def apply_ta1(tx: Tx, ids: Envelope, said: InterchangeAcknowledgement, origin: Origin) -> Result:
    """Apply a TA1 to the interchange it names among those we sent to the partner, and return what it came to.

    *ids* is the pair of ISA ids that we send under: the TA1 comes from the reversed pair.
    """
    if tell.settled(tx, origin):
        return Result(acknowledgements.known(tx, origin.receipt, origin.place) or Result.UNMATCHED)
    codes = f"{said.status} {said.note_code}".strip()
    sent = _sent(tx, ids, said.interchange_control_number, origin.partner)
    if sent is None or not proof.was_sent(tx, sent):
        return tell.keep(tx, origin, KIND, SOURCE, Result.UNMATCHED, codes=codes, detail=_detail(said))
    if said.status in {"A", "E"}:
        outcome = _accept(tx, origin, said, sent)
    elif said.status != "R":
        outcome = Result.UNKNOWN
    elif said.note_code == USED_BEFORE and _sent_twice(tx, sent):
        # The first copy arrived: wait for its 999, never renumber (TRAP-63).
        _received(tx, origin, sent)
        outcome = Result.SECOND_COPY
    else:
        outcome = _reject(tx, origin, said, sent)
    return tell.keep(
        tx, origin, KIND, SOURCE, outcome, transmission=sent.id, codes=codes, detail=_detail(said)
    )


def _detail(said: InterchangeAcknowledgement) -> dict[str, str]:
    return {"interchange_control_number": said.interchange_control_number}


def _sent(tx: Tx, ids: Envelope, number: str, partner: str) -> Transmission | None:
    # The ids of the profile may have changed since; the number is then looked for under whatever ids it had.
    pair = {
        "sender": f"{ids.sender_qualifier}:{ids.sender_id}",
        "receiver": f"{ids.receiver_qualifier}:{ids.receiver_id}",
    }
    found = transmissions.by_interchange(tx, partner, number, **pair)
    return found or transmissions.by_interchange(tx, partner, number)


def _accept(tx: Tx, origin: Origin, said: InterchangeAcknowledgement, sent: Transmission) -> Result:
    arrived = SubmissionState.INTERCHANGE_ACCEPTED
    carried = submissions.of_transmission(tx, sent.id)
    if any(submissions.judge(one.state, arrived) is Move.CONFLICT for one in carried):
        return Result.CONFLICT
    acknowledgements.mark_transmission(tx, sent.id, ta1=said.status)
    _received(tx, origin, sent)
    return Result.ACCEPTED if said.status == "A" else Result.ERRORS_NOTED


def _received(tx: Tx, origin: Origin, sent: Transmission) -> None:
    """Take the transmission and its claims to "the interchange arrived"."""
    state = proof.prove_delivery(tx, sent, receipt=origin.receipt)
    proof.advance(tx, sent.id, state, TransmissionState.RECEIVED, receipt=origin.receipt)
    for one in submissions.of_transmission(tx, sent.id):
        if one.state is not SubmissionState.WITHDRAWN:
            submissions.move(tx, one.id, SubmissionState.INTERCHANGE_ACCEPTED)


def _sent_twice(tx: Tx, sent: Transmission) -> bool:
    """Tell whether "number used before" can speak of our own first copy (ACK-06)."""
    return sent.state in _ANSWERED or len(attempts.of(tx, sent.id)) > 1


def _reject(tx: Tx, origin: Origin, said: InterchangeAcknowledgement, sent: Transmission) -> Result:
    """Nothing inside was processed: every claim goes back, unless a later layer has already spoken for it."""
    carried = [
        s for s in submissions.of_transmission(tx, sent.id) if s.state is not SubmissionState.WITHDRAWN
    ]
    rejected = SubmissionState.INTERCHANGE_REJECTED
    if any(submissions.judge(one.state, rejected) is Move.CONFLICT for one in carried):
        return Result.CONFLICT
    state = proof.prove_delivery(tx, sent, receipt=origin.receipt)
    proof.advance(tx, sent.id, state, TransmissionState.REJECTED, receipt=origin.receipt)
    acknowledgements.mark_transmission(tx, sent.id, ta1=said.status)
    findings.keep(tx, sent.id, [_why(said)])
    for one in carried:
        if submissions.move(tx, one.id, rejected, f"TA1 {said.note_code}"):
            why = tell.placed(tx, origin, one, [_why(said)])
            tell.reject(
                tx, origin, one, rejected, by="interchange check", codes=f"TA1 {said.note_code}", said=why
            )
    return Result.REJECTED


def _why(said: InterchangeAcknowledgement) -> Finding:
    advice = "nothing in the file was processed; find the cause, then resubmit the claims under new numbers"
    if said.note_code == USED_BEFORE:
        advice = "ask the partner what they have under that number before the claims are resubmitted"
    return error(
        f"TA1-{said.note_code or '000'}",
        f"the partner rejected the whole file: {ta1_note(said.note_code)}; {advice}",
        segment="ISA",
    )
