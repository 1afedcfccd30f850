"""The same payment by file and on paper: paper names no TRN03 and often another payee number, and yet it posts once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, findings
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_version
from tests.desk import Desk, clp, money, remittance

SECOND = Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="87726"),))
TAX_ID = Party(
    name="ROE CLINIC",
    id_type="FI",
    id="123456789",
    references=(RemittanceReference(qualifier="TJ", id="123456789"),),
)


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def second_answer(desk: Desk) -> tuple[str, Any]:
    """Post what the first payer and the second say by file; return the claim, and the second's remittance."""
    claim = desk.claim("PCN1", 300)
    desk.post(remittance(clp("PCN1", 300, 100, "CO-45 55, CO-50 100, PR-2 45"), trace_number="EFT1"))
    with desk.store.read() as tx:
        version = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalar_one()
    desk.submit(claim, version, payer="87726", sequence="S")
    said = remittance(
        clp("PCN1", 300, 35, "OA-23 155, PR-3 10, CO-50 100", status="2", control="S1"),
        payer=SECOND, originator="1999999999", trace_number="0004711", payment_method="CHK",
    )  # fmt: skip
    assert desk.post(said).claims == {"posted": 1}
    return claim, said


@pytest.mark.parametrize(
    "paper",
    [
        {"originator": None},
        {"payee": TAX_ID},
        {"originator": None, "trace_number": "4711", "payee": TAX_ID},
        {"originator": None, "payer": Party(name="2nd Plan of the State")},
    ],
    ids=["no TRN03", "another payee number", "a check number without its zeros", "another name"],
)
def test_what_differs_is_how_payer_and_payee_are_named(desk: Desk, paper: dict[str, Any]) -> None:
    claim, said = second_answer(desk)
    before = desk.account(claim)
    again = desk.post(replace(said, **paper), partner="(hand)")
    assert again.state == "quarantined"
    assert again.reason is not None
    assert again.reason.startswith("ERA-DUP M-")
    assert desk.account(claim) == before
    with desk.store.read() as tx:
        (told,) = [f.message for f in findings.of(tx, again.remittance_id) if f.code == "ERA-DUP"]
    assert "the same trace number and amount" in told
    assert "gateway release ID --post" in told


def test_it_posts_when_a_person_says_that_it_is_another_payment(desk: Desk) -> None:
    second_answer(desk)
    other = desk.claim("PCN2", 35, member="MBR2")
    paid = remittance(
        clp("PCN2", 35, 35, control="Z1"),
        payer=Party(name="THIRD PLAN"),
        originator=None,
        trace_number="4711",
    )
    assert desk.post(paid).state == "quarantined"
    assert desk.post(paid, released=True).claims == {"posted": 1}
    assert desk.account(other)["paid"] == money(35)


def test_one_claim_of_it_that_comes_under_another_number_waits(desk: Desk) -> None:
    """Whoever typed the check number wrongly: the payer's own claim number and the amounts say that it is the same."""
    claim, said = second_answer(desk)
    before = desk.account(claim)
    typo = replace(said, originator=None, trace_number="4712")
    assert desk.post(typo, partner="(hand)").claims == {"suspense": 1}
    assert desk.account(claim) == before
    with desk.store.read() as tx:
        assert len(claim_payments.in_suspense(tx)) == 1


def test_two_payers_that_name_their_tax_number_are_two(desk: Desk) -> None:
    second_answer(desk)
    other = desk.claim("PCN2", 35, member="MBR2")
    paid = remittance(
        clp("PCN2", 35, 35, control="Z1"), payer=SECOND, originator="1777777777", trace_number="4711"
    )
    assert desk.post(paid).claims == {"posted": 1}
    assert desk.account(other)["paid"] == money(35)


def test_the_second_payer_does_not_answer_twice_under_two_names(desk: Desk) -> None:
    """Trace number and claim number typed wrongly: that it answers what was answered already still tells."""
    claim, said = second_answer(desk)
    before = desk.account(claim)
    (answer,) = said.claims
    typo = replace(
        said, originator=None, trace_number="4712", claims=(replace(answer, payer_control_number="S0"),)
    )
    posted = desk.post(typo, partner="(hand)")
    assert posted.claims == {"suspense": 1}
    assert desk.account(claim) == before
    with desk.store.read() as tx:
        (told,) = [f.message for f in findings.of(tx, posted.remittance_id) if f.code == "ERA-SUSPENSE"]
    assert "was answered already" in told
