"""Credits: claims on which more stands than they charge, whoever paid it, and how each leaves the list."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.errors import NotFound, Refused
from gateway.model.remittance import Party, RemittanceReference
from gateway.responses import credit_balances, denials
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import claims, queue
from gateway.store.archive import Archive
from gateway.store.credit_balances import Credit, open_credits
from gateway.store.db import Store
from gateway.store.schema import audit_event, claim_payment
from tests.desk import Desk, clp, line, money, remittance

PAID = clp("A", 150, 100, "CO-45 30, PR-2 20", control="ICN1")
BACK = clp("A", -150, -100, "CO-45 -30, PR-2 -20", control="ICN1", status="22")
OTHER = clp("Z", 500, 500, control="ICNZ")
SECOND = {
    "originator": "1998877665",
    "payer": Party(name="POE INSURANCE", references=(RemittanceReference(qualifier="2U", id="77001"),)),
}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def found(desk: Desk) -> list[Credit]:
    with desk.store.read() as tx:
        return open_credits(tx)


def waiting(desk: Desk) -> list[queue.QueueItem]:
    with desk.store.read() as tx:
        return [
            i for i in queue.items(tx, desk.site.settings, desk.store.clock.now()) if i.kind == queue.CREDIT
        ]


def void(desk: Desk, claim: str) -> None:
    """Send the void that the payer confirms by its 277CA, and by nothing else."""
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    desk.store.clock.advance(timedelta(hours=1))
    desk.submit(claim, version, frequency="8", state="payer_accepted")


def paid_and_voided(desk: Desk) -> str:
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    void(desk, claim)
    desk.check()
    return claim


@pytest.fixture
def voided(desk: Desk) -> str:
    """A claim that was paid and then voided; the payer confirmed the void and kept silent about its money."""
    return paid_and_voided(desk)


def test_on_either_database(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path):
    desk = Desk(any_store, settings, archive, tmp_path)
    voided = paid_and_voided(desk)
    assert [credit.claim for credit in found(desk)] == [voided]
    credit_balances.close(desk.site, voided, reason="check 4711 sent", actor="pat")
    assert found(desk) == []


def test_a_paid_and_voided_claim_that_nobody_reversed_stands_in_the_queue(desk: Desk, voided: str):
    assert desk.account(voided)["open"] == money(-150)
    (credit,) = found(desk)
    assert (credit.claim, credit.partner, credit.payers) == (voided, "north", ("EXAMPLE HEALTH PLAN",))
    assert (credit.to_payers, credit.to_patient) == (150, 0)
    assert waiting(desk) == []
    desk.store.clock.advance(timedelta(days=30))
    (item,) = waiting(desk)
    assert (item.id, item.since) == (voided, credit.since)
    assert item.why == (
        "150.00 more stands on the claim and nothing is charged any more, by payments of EXAMPLE HEALTH PLAN "
        "(charge 0.00, paid 100.00, written off 30.00, patient 20.00, open -150.00)"
    )
    assert item.command.endswith(f"gateway release {voided} --credit --reason TEXT")


def test_the_payer_s_reversal_settles_it_by_itself(desk: Desk, voided: str):
    desk.claim("Z", 500, member="MBRZ")
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    assert desk.account(voided)["open"] == 0
    assert found(desk) == []


def test_a_person_closes_it_and_the_books_stay_as_they_are(desk: Desk, voided: str):
    before = desk.totals()
    credit_balances.work(desk.site, voided, reason="refund asked for", actor="pat")
    (noted,) = [credit.note for credit in found(desk)]
    assert noted is not None
    assert (noted.kind, noted.reason, noted.by) == ("worked", "refund asked for", "pat")
    credit_balances.close(desk.site, voided, reason="check 4711 sent", actor="pat")
    desk.store.clock.advance(timedelta(days=90))
    assert (found(desk), waiting(desk)) == ([], [])
    desk.check()
    assert desk.totals() == before
    with pytest.raises(Refused, match="gateway ledger"):
        credit_balances.close(desk.site, voided, reason="again", actor="pat")
    with desk.store.read() as tx:
        events = tx.execute(
            select(audit_event.c.actor, audit_event.c.kind)
            .where(audit_event.c.subject == voided, audit_event.c.kind.startswith("credit"))
            .order_by(audit_event.c.at)
        ).all()
    assert [tuple(e) for e in events] == [("pat", "credit_worked"), ("pat", "credit_closed")]


def test_it_comes_back_when_the_account_moves_again(desk: Desk, voided: str):
    credit_balances.close(desk.site, voided, reason="check 4711 sent", actor="pat")
    desk.store.clock.advance(timedelta(days=1))
    desk.post(remittance(clp("A", 150, 40, "CO-45 110", control="ICN9"), trace_number="T3"))
    with desk.store.read() as tx:
        (payment,) = tx.execute(
            select(claim_payment.c.id).where(claim_payment.c.state == "suspense")
        ).scalars()
    assert found(desk) == []
    desk.match(payment, voided)
    (credit,) = found(desk)
    assert (credit.to_payers, credit.account.paid) == (190, 140)


def test_two_payers_that_both_paid_as_the_first(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(clp("A", 150, 90, "CO-45 60", control="B1"), trace_number="S1", **SECOND))
    assert found(desk) == []
    with desk.store.read() as tx:
        (payment,) = tx.execute(
            select(claim_payment.c.id).where(claim_payment.c.state == "suspense")
        ).scalars()
    desk.match(payment, claim)
    (credit,) = found(desk)
    assert (credit.to_payers, credit.payers) == (90, ("POE INSURANCE", "EXAMPLE HEALTH PLAN"))


def test_a_correction_at_a_lower_charge_that_the_payer_does_not_follow(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    with desk.store.write("intake") as tx:
        stored = claims.get(tx, claim)
        content = claims.content(tx, stored.version_id)
        cheaper = claims.new_version(tx, claim, replace(content, charge=money(100)))
        tx.audit(subject=claim)
    desk.submit(claim, cheaper, frequency="7")
    (credit,) = found(desk)
    assert (credit.to_payers, credit.account.charge) == (50, 100)
    assert "50.00 more stands on the claim than it charges" in credit.why


def test_a_bonus_beyond_the_charge_is_a_credit_and_no_denial(desk: Desk):
    """A negative CO-144 (TRAP-68) pays more than was billed; no rule says that the office may keep it."""
    claim = desk.claim("A", 100)
    desk.post(remittance(clp("A", 100, 80, "CO-45 25, CO-144 -5")))
    assert desk.account(claim)["open"] == money(-5)
    (credit,) = found(desk)
    assert credit.to_payers == 5
    with desk.store.read() as tx:
        assert list(denials.denials(tx, desk.site.settings, Wanted())) == []


def test_a_bonus_that_leaves_something_open_stays_with_the_denials(desk: Desk):
    desk.claim("A", 100)
    lines = (line("99213", 60, 65, "CO-144 -5"), line("87880", 40, 0, "CO-50 40"))
    desk.post(remittance(clp("A", 100, 65, service_lines=lines)))
    assert found(desk) == []
    with desk.store.read() as tx:
        listed = list(denials.denials(tx, desk.site.settings, Wanted()))
    assert [(d.line, d.amount) for d in listed] == [(2, money(40)), (None, money(-5))]


def test_what_the_payers_leave_in_the_patient_s_favour(desk: Desk):
    claim = desk.claim("A", 100)
    desk.post(remittance(clp("A", 100, 80, "CO-45 30, PR-2 -10")))
    assert desk.account(claim)["patient"] == money(-10)
    (credit,) = found(desk)
    assert (credit.to_payers, credit.to_patient) == (0, 10)
    assert "leave 10.00 in the patient's favour" in credit.why
    assert credit.next.startswith("pay the patient back")


def test_it_counts_from_when_it_last_began(desk: Desk, voided: str, clock: MovableClock):
    """Taken back and paid again later: the first days are over and done with."""
    desk.claim("Z", 500, member="MBRZ")
    clock.advance(timedelta(days=20))
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    clock.advance(timedelta(days=20))
    desk.post(remittance(clp("A", 150, 40, "CO-45 110", control="ICN9"), trace_number="T3"))
    (credit,) = found(desk)
    assert clock.now() - credit.since < timedelta(days=1)
    assert waiting(desk) == []


def test_a_claim_in_order_has_none(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID))
    assert found(desk) == []
    with pytest.raises(Refused):
        credit_balances.work(desk.site, claim, reason="x", actor="pat")
    with pytest.raises(NotFound):
        credit_balances.close(desk.site, "C-2222222222", reason="x", actor="pat")
