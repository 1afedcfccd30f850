"""The reversal of one payer's answer was taken as another payer's word that it took the void that was sent to that one.

The void was `payer_accepted` from then on, so that nobody asked for its answer; and where the next payer of a claim that was
crossed over took its part back first, the claim was told as voided while the first payer had said nothing.
"""

from pathlib import Path

import pytest

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance
from tests.unit.test_settle import sent_again, told, voided

SECOND = {
    "payer": Party(name="POE INSURANCE", references=(RemittanceReference(qualifier="2U", id="77001"),)),
    "originator": "1998877665",
}
REST = clp("PCN9", 500, 500, control="ICN9")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(store, settings, archive, tmp_path)
    made.claim("PCN9", 500)
    return made


def states(desk: Desk, claim: str) -> list[str]:
    with desk.store.read() as tx:
        return [one.state.value for one in submissions.of_claim(tx, claim)]


def test_the_first_payer_says_nothing_of_the_void_at_the_next(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 20, PR-3 20"), trace_number="T1"))
    sent_again(desk, claim, frequency="1", sequence="S", payer="77001")
    voided(desk, claim, sequence="S", payer="77001")
    back = clp("PCN1", -100, -60, "CO-45 -20, PR-3 -20", status="22")
    assert desk.post(remittance(back, REST, trace_number="T2")).claims == {"posted": 2}
    assert states(desk, claim) == ["reversed", "sent", "sent"]


def test_the_next_payer_takes_the_void_that_was_sent_to_it(desk: Desk):
    """The first payer's answer stands, and the claim with it."""
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 20, PR-3 20"), trace_number="T1"))
    sent_again(desk, claim, frequency="1", sequence="S", payer="77001")
    second = clp("PCN1", 100, 10, "OA-23 80, PR-3 10", status="2", control="S1")
    assert desk.post(remittance(second, trace_number="S1", **SECOND)).claims == {"posted": 1}
    voided(desk, claim, sequence="S", payer="77001")
    back = clp("PCN1", -100, -10, "OA-23 -80, PR-3 -10", status="22", control="S1")
    assert desk.post(remittance(back, REST, trace_number="S2", **SECOND)).claims == {"posted": 2}
    assert states(desk, claim) == ["paid", "reversed", "payer_accepted"]
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim][-1] == "reversed"


def test_the_next_payer_says_nothing_of_the_void_at_the_first(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 20, PR-3 20", status="19"), trace_number="T1"))
    second = clp("PCN1", 100, 10, "OA-23 80, PR-3 10", status="2", control="S1")
    assert desk.post(remittance(second, trace_number="S1", **SECOND)).claims == {"posted": 1}
    voided(desk, claim)
    back = clp("PCN1", -100, -10, "OA-23 -80, PR-3 -10", status="22", control="S1")
    assert desk.post(remittance(back, REST, trace_number="S2", **SECOND)).claims == {"posted": 2}
    assert states(desk, claim)[-1] == "sent"
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim][-1] != "voided"
    first = clp("PCN1", -100, -60, "CO-45 -20, PR-3 -20", status="22")
    desk.claim("PCN8", 500)
    desk.post(remittance(first, clp("PCN8", 500, 500, control="ICN8"), trace_number="T2"))
    assert states(desk, claim)[-1] == "payer_accepted"
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim][-1] == "voided"


def test_who_was_sent_to_after_another_first_payer_may_take_the_void(desk: Desk):
    """The wrong payer had paid first and took it back; what went to the right one is voided by that one's reversal."""
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 40"), trace_number="T1"))
    desk.post(remittance(clp("PCN1", -100, -60, "CO-45 -40", status="22"), REST, trace_number="T2"))
    sent_again(desk, claim, frequency="1", payer="77001")
    second = clp("PCN1", 100, 70, "CO-45 30", control="S1")
    assert desk.post(remittance(second, trace_number="S1", **SECOND)).claims == {"posted": 1}
    voided(desk, claim, payer="77001")
    back = clp("PCN1", -100, -70, "CO-45 -30", status="22", control="S1")
    desk.claim("PCN8", 500)
    desk.post(remittance(back, clp("PCN8", 500, 500, control="ICN8"), trace_number="S2", **SECOND))
    assert states(desk, claim) == ["reversed", "reversed", "payer_accepted"]
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim][-1] == "voided"
