"""CTX names the guilty claim of a 999; without it only positions are left to go by (ACK-07)."""

from gateway.mapping.compile import load_map
from gateway.mapping.read import read_record
from gateway.x12.separators import Separators

SEPARATORS = Separators(element="*", component=":", segment="~", repetition="^")


def test_the_claim_named_by_ctx_is_read():
    segments = [
        "AK1*HC*101*005010X222A1", "AK2*837*0001*005010X222A1", "IK3*CLM*19**8", "CTX*SITUATIONAL TRIGGER*CLM*19",
        "CTX*CLM01:PCN0001", "IK4*2*782*1", "IK5*R*5", "AK9*R*1*1*0",
    ]  # fmt: skip
    read = read_record(load_map("999"), [s.split("*") for s in segments], SEPARATORS)
    (segment,) = read.record.sets[0].segments
    assert segment.patient_control_number == "PCN0001"
    assert [e.position for e in segment.elements] == [2]
