"""An answer proves that what it answers arrived: law 3's way out of ``uncertain``."""

from gateway.model.lifecycle import TransmissionState, may_move
from gateway.store import attempts, transmissions
from gateway.store.attempts import AttemptState
from gateway.store.db import Tx
from gateway.store.transmissions import Transmission

T = TransmissionState


def was_sent(tx: Tx, sent: Transmission) -> bool:
    """Tell whether a byte of the transmission can have left us, so that an answer can be meant for it."""
    if sent.state in {T.DRAFT, T.ABANDONED}:
        return False
    return sent.state is not T.SEALED or bool(attempts.of(tx, sent.id))


def prove_delivery(tx: Tx, sent: Transmission, *, receipt: str) -> TransmissionState:
    """Take a transmission that the partner has answered to DELIVERED at least, whatever we thought; return its state."""
    evidence = f"answered in {receipt}"
    if sent.state is T.SEALED:
        transmissions.move(tx, sent.id, T.SENDING, evidence)
    if sent.state not in {T.SEALED, T.SENDING, T.UNCERTAIN, T.HELD}:
        return sent.state
    for one in attempts.of(tx, sent.id):
        if one.state is not AttemptState.FAILED:
            attempts.end(tx, sent.id, one.n, AttemptState.OK, evidence=evidence)
    transmissions.move(tx, sent.id, T.DELIVERED, evidence)
    return T.DELIVERED


def advance(
    tx: Tx, transmission_id: str, now: TransmissionState, to: TransmissionState, *, receipt: str
) -> bool:
    """Move a transmission to what an answer says; return False where it already stands there or further."""
    if not may_move(now, to):
        return False
    transmissions.move(tx, transmission_id, to, f"answered in {receipt}")
    return True
