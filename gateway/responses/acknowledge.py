"""What a TA1, a 999 and a 277CA do to what we sent (domain.md 3). Each works inside the caller's unit of work.

Every verdict is kept once under its place in the receipt, so that a reread changes nothing (ACK-01); late good news
of an older layer changes nothing either, contradicting news waits for a person (ACK-02), and so does an answer to
nothing we sent (ACK-03).
"""

from gateway.responses.acknowledge_claims import apply_277ca
from gateway.responses.acknowledge_interchange import apply_ta1
from gateway.responses.acknowledge_sets import apply_999
from gateway.responses.tell import Origin

__all__ = ["Origin", "apply_277ca", "apply_999", "apply_ta1"]
