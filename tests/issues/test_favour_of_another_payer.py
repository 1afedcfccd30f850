"""A first payer corrects what a later one counted on: what is too much then is that payer's, not the patient's.

The credit advised to pay it to the patient, who may have paid nothing.
"""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import credit_balances
from gateway.store.archive import Archive
from gateway.store.credit_balances import Credit
from gateway.store.db import Store
from gateway.store.schema import claim_version
from tests.desk import Desk, clp, remittance

SUMMIT = Party(name="SUMMIT", references=(RemittanceReference(qualifier="2U", id="SUM03"),))
WHO = {"patient_last_name": "ROE"}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def in_favour(desk: Desk) -> list[Credit]:
    """Return the claims with a credit."""
    with desk.store.read() as tx:
        return credit_balances.open_credits(tx)


def test_the_later_payer_is_named_and_not_the_patient(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 100, "CO-45 30, PR-2 20", **WHO), trace_number="T1"))
    with desk.store.read() as tx:
        (version,) = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalars()
    desk.submit(claim, version, payer="SUM03", sequence="S")
    second = clp("PCN1", 150, 15, "OA-23 130, PR-3 5", status="2", control="S1", **WHO)
    desk.post(remittance(second, trace_number="S1", payer=SUMMIT, originator="1888888888"))
    back = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", status="22", **WHO)
    instead = clp("PCN1", 150, 110, "CO-45 40", control="ICN2", **WHO)
    desk.post(remittance(back, instead, trace_number="T2"))
    (owed,) = in_favour(desk)
    assert (owed.to_payers, owed.to_patient) == (0, 15)
    assert f"gateway show {claim}; SUMMIT counted on another payer's answer" in owed.next
    assert "ask it to correct its own" in owed.next
    undo = clp("PCN1", -150, -15, "OA-23 -130, PR-3 -5", status="22", control="S1", **WHO)
    desk.post(
        remittance(undo, clp("ALIEN", 15, 15), trace_number="S2", payer=SUMMIT, originator="1888888888")
    )
    assert in_favour(desk) == []


def test_it_is_named_too_where_the_first_one_took_its_answer_back_and_gave_no_other(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 100, "CO-45 30, PR-2 20", **WHO), trace_number="T1"))
    with desk.store.read() as tx:
        (version,) = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalars()
    desk.submit(claim, version, payer="SUM03", sequence="S")
    second = clp("PCN1", 150, 15, "OA-23 130, PR-3 5", status="2", control="S1", **WHO)
    desk.post(remittance(second, trace_number="S1", payer=SUMMIT, originator="1888888888"))
    back = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", status="22", **WHO)
    desk.post(remittance(back, clp("ALIEN", 100, 100), trace_number="T2"))
    (owed,) = in_favour(desk)
    assert (owed.payers, owed.later, owed.to_patient) == (("SUMMIT",), ("SUMMIT",), 15)
    assert "SUMMIT counted on another payer's answer" in owed.next


def test_of_one_payer_it_is_what_the_patient_paid(desk: Desk) -> None:
    desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 160, "CO-45 0, PR-3 -10")))
    (owed,) = in_favour(desk)
    assert "pay the patient back what he paid on it, by your own books" in owed.next
