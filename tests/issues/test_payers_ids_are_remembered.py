"""Of who spoke only the tax number was still known once a payment waited in suspense, and not the ids it named itself by.

So what a payer said of a claim that came to be known later, or that a person named, was taken for another payer's: a second payer's
denial stood on the first one's submission, and of a first payer that calls itself second only the money moved.
"""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, claims
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import submission
from tests.desk import DAY, Desk, clp, remittance

SECOND = {
    "payer": Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="70070"),)),
    "originator": "1999999999",
}
ROE = {"patient_last_name": "ROE", "member_id": "MBR000111", "statement_from": DAY}
PAID = {"paid": 70, "adjusted": 10, "patient": 20, "open": 0}


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def states(desk: Desk, claim: str) -> dict[str, str]:
    """Return the state of each submission of a claim, by place in line."""
    with desk.store.read() as tx:
        rows = tx.execute(
            select(submission.c.payer_sequence, submission.c.state).where(submission.c.claim == claim)
        )
        return {row.payer_sequence: row.state for row in rows}  # fmt: skip


def waiting(desk: Desk) -> str:
    with desk.store.read() as tx:
        (payment,) = claim_payments.in_suspense(tx)
    return payment.id


def with_second(desk: Desk) -> str:
    """Send a claim to two payers, the first of which has answered."""
    claim = desk.claim("PCN1", 100)
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    desk.submit(claim, version, payer="70070", sequence="S")
    desk.post(remittance(clp("PCN1", 100, 70, "CO-45 10, PR-2 20"), trace_number="T1"))
    return claim


def test_a_second_payers_denial_is_of_what_we_sent_it(desk: Desk):
    claim = with_second(desk)
    denied = clp("STRANGE", 100, 0, "CO-96 100", status="4", control="S1")
    desk.post(remittance(denied, trace_number="T2", **SECOND))
    desk.match(waiting(desk), claim)
    assert states(desk, claim) == {"P": "paid", "S": "denied"}


@pytest.mark.parametrize("by", ["itself", "hand"])
def test_a_first_payer_that_calls_itself_second_is_the_first(desk: Desk, by: str):
    said = {**ROE} if by == "itself" else {}
    number = "PCN1" if by == "itself" else "STRANGE"
    desk.post(remittance(clp(number, 100, 70, "CO-45 10, PR-2 20", status="2", **said)))
    claim = desk.claim("PCN1", 100)
    if by == "itself":
        assert desk.place_waiting() == 1
    else:
        desk.match(waiting(desk), claim)
    account = desk.account(claim)
    assert {name: account[name] for name in PAID} == PAID


def test_one_that_names_no_id_is_believed_as_if_the_claim_had_been_known(desk: Desk):
    nameless = Party(name="EXAMPLE HEALTH PLAN")
    answer = clp("PCN1", 100, 70, "CO-45 10, PR-2 20", status="3", **ROE)
    desk.post(remittance(answer, payer=nameless))
    claim = desk.claim("PCN1", 100)
    assert desk.place_waiting() == 1
    account = desk.account(claim)
    assert {name: account[name] for name in PAID} == PAID
