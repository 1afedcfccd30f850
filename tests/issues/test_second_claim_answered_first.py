"""The answer to our claim for the second payer came before the first payer's, and was posted as if nothing had to come before.

The patient's share of it was booked at once, and the first payer's answer, which came in order later, waited for a person,
who could bring its money but neither its write-off nor its patient share.
"""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.model.remittance import Party, Remittance, RemittanceClaim, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_version
from tests.desk import Desk, clp, money, remittance

FIRST = clp("PCN1", 200, 100, "CO-45 55, PR-3 45", patient_last_name="ROE")
SECOND = clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="Z", patient_last_name="ROE")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def both(desk: Desk, **first: str) -> str:
    """Send one claim to the first payer and to the second."""
    claim = desk.claim("PCN1", 200, **first)
    with desk.store.read() as tx:
        (version,) = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalars()
    desk.submit(claim, version, payer="87726", sequence="S")
    return claim


def second(*claims: RemittanceClaim) -> Remittance:
    payer = Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="87726"),))
    return remittance(*claims, payer=payer, originator="1999999999", trace_number="S1")


def account(desk: Desk, claim: str) -> list[object]:
    found = desk.account(claim)
    return [found[name] for name in ("paid", "adjusted", "patient", "open")]


def test_it_waits_for_the_first_payers_and_then_moves_by_itself(desk: Desk):
    claim = both(desk)
    assert desk.post(second(SECOND)).claims == {"suspense": 1}
    assert account(desk, claim) == [0, 0, 0, money(200)]
    assert desk.post(remittance(FIRST, trace_number="T1")).claims == {"posted": 1}
    assert desk.place_waiting() == 1
    assert account(desk, claim) == [money(135), money(55), money(10), 0]


def test_a_denial_of_the_first_payer_is_an_answer(desk: Desk):
    claim = both(desk)
    desk.post(remittance(clp("PCN1", 200, 0, "CO-50 200", status="4"), trace_number="T1"))
    answer = clp("PCN1", 200, 150, "CO-45 40, PR-3 10", status="2", control="Z")
    assert desk.post(second(answer)).claims == {"posted": 1}
    assert account(desk, claim) == [money(150), money(40), money(10), 0]


def test_a_first_payer_that_rejected_the_claim_has_nothing_more_to_say(desk: Desk):
    claim = both(desk, state="payer_rejected")
    answer = clp("PCN1", 200, 150, "CO-45 40, PR-3 10", status="2", control="Z")
    assert desk.post(second(answer)).claims == {"posted": 1}
    assert account(desk, claim) == [money(150), money(40), money(10), 0]


@pytest.mark.parametrize("sent_on", [True, False])
def test_it_waits_for_all_parts_of_a_split_answer(desk: Desk, sent_on: bool):
    """The second part's patient share was added to what the second payer had left to the patient."""
    claim = desk.claim("PCN1", 200) if sent_on else both(desk)
    parts = [
        clp("PCN1", 120, 60, "CO-45 30, PR-3 30", control="P1", patient_last_name="ROE"),
        clp("PCN1", 80, 40, "CO-45 25, PR-3 15", control="P2", patient_last_name="ROE"),
    ]
    for n, part in enumerate(parts, start=1):
        assert desk.post(remittance(part, trace_number=f"T{n}")).claims == {"suspense": 1}
    desk.match(waiting(desk, "P1"), claim)
    assert desk.post(second(SECOND)).claims == {"suspense": 1}
    desk.match(waiting(desk, "P2"), claim)
    desk.place_waiting()
    if waiting(desk, "Z"):
        desk.match(waiting(desk, "Z"), claim)
    assert account(desk, claim) == [money(135), money(55), money(10), 0]


def waiting(desk: Desk, control: str) -> str:
    """Return the payment in suspense under a payer's number, if any."""
    with desk.store.read() as tx:
        for one in claim_payments.in_suspense(tx):
            if claim_payments.content(tx, one.id).payer_control_number == control:
                return one.id
    return ""
