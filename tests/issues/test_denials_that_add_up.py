"""What stands in the denials of a claim comes to what is open on it, also where answers contradicted each other.

An answer of which only the money was posted was listed below zero when what it took something off was gone; a later
payer's refusal was listed with all that earlier payers had settled; an offset that was netted, as if something were open.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.model.remittance import Party, RemittanceReference
from gateway.responses import denials
from gateway.responses.denials import Denial, Wanted
from gateway.settings import Contractual, Settings
from gateway.store import claim_payments, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_version
from tests.desk import Desk, clp, line, remittance, service

PAID = clp("PCN1", 150, 100, "CO-45 30, PR-2 20", patient_last_name="ROE")
BACK = clp("PCN1", -150, -100, "CO-45 -30, PR-2 -20", status="22", patient_last_name="ROE")
INSTEAD = clp("PCN1", 150, 80, "CO-45 40, PR-2 30", control="ICN2", patient_last_name="ROE")
ALIEN = clp("ALIEN", 500, 500, control="X")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


@pytest.fixture
def either_desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk on SQLite, and one on PostgreSQL."""
    return Desk(any_store, settings, archive, tmp_path)


def listed(desk: Desk) -> list[Denial]:
    """Return the denials."""
    with desk.store.read() as tx:
        return list(denials.denials(tx, desk.site.settings, Wanted()))


def account(desk: Desk, claim: str) -> list[Decimal]:
    """Return what was paid, given up and put to the patient, and what is open."""
    return list(desk.account(claim).values())[1:]


def waiting(desk: Desk) -> list[str]:
    """Return what waits for a person and is no stranger's, the oldest first."""
    with desk.store.read() as tx:
        return [one.id for one in claim_payments.in_suspense(tx) if abs(one.paid) != 500]


def test_a_correction_matched_before_its_reversal_came(either_desk: Desk) -> None:
    desk = either_desk
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(INSTEAD, trace_number="T2"))
    (instead,) = waiting(desk)
    desk.match(instead, claim)
    desk.post(remittance(BACK, ALIEN, trace_number="T3"))
    assert account(desk, claim) == [80, 0, 0, 70]
    (open_,) = listed(desk)
    assert (open_.claim_payment, open_.class_, open_.amount) == (instead, "review", 70)
    assert (
        f"gateway unmatch {instead} --reason TEXT, then gateway match {instead} {claim}; else" in open_.next
    )
    desk.unmatch(instead)
    desk.match(instead, claim)
    assert account(desk, claim) == [80, 40, 30, 0]
    assert listed(desk) == []


def test_a_reversal_that_was_taken_back_itself(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, ALIEN, trace_number="T2"))
    again = clp("PCN1", 150, 100, "CO-45 30, PR-2 20", status="22", patient_last_name="ROE")
    desk.post(remittance(again, trace_number="T3"))
    (wrong_sign,) = waiting(desk)
    desk.match(wrong_sign, claim)
    assert account(desk, claim) == [100, 0, 0, 50]
    assert [one.amount for one in listed(desk)] == [50]


def test_what_was_taken_off_stays_beside_what_it_was_taken_off(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    wrong = clp("PCN1", -150, -100, "CO-45 -50", status="22", patient_last_name="ROE")
    desk.post(remittance(wrong, INSTEAD, ALIEN, trace_number="T2"))
    back, instead = waiting(desk)
    desk.match(back, claim)
    desk.match(instead, claim)
    assert account(desk, claim) == [80, 30, 20, 20]
    assert [one.amount for one in listed(desk)] == [100, -80]
    denials.close(desk.site, back, reason="asked the payer", actor="pat")
    assert [(one.claim_payment, one.amount) for one in listed(desk)] == [(instead, 20)]


def test_a_later_payer_that_refuses_all(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    with desk.store.read() as tx:
        (version,) = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalars()
    desk.submit(claim, version, payer="SUM03", sequence="S")
    refused = clp("PCN1", 150, 0, "OA-23 130, CO-22 20", status="2", control="S1", patient_last_name="ROE")
    summit = Party(name="SUMMIT", references=(RemittanceReference(qualifier="2U", id="SUM03"),))
    desk.post(remittance(refused, trace_number="T2", originator="1888888888", handling="H", payer=summit))
    assert account(desk, claim) == [100, 30, 20, 0]
    assert [(one.class_, one.amount) for one in listed(desk)] == [("review", 20)]


def test_a_later_payer_that_denies_a_line(either_desk: Desk) -> None:
    desk = either_desk
    billed = [service("99213", 100, line_control_number="L1"), service("87880", 50, line_control_number="L2")]
    claim = desk.claim("PCN1", 150, services=billed)
    paid = line("99213", 100, 60, "CO-45 30, PR-2 10"), line("87880", 50, 30, "CO-45 10, PR-2 10")
    desk.post(
        remittance(clp("PCN1", 150, 90, service_lines=paid, patient_last_name="ROE"), trace_number="T1")
    )
    with desk.store.read() as tx:
        (version,) = tx.execute(select(claim_version.c.id).where(claim_version.c.claim == claim)).scalars()
    desk.submit(claim, version, payer="SUM03", sequence="S")
    part = line("99213", 100, 10, "OA-23 90"), line("87880", 50, 0, "OA-23 40, CO-50 10")
    second = clp("PCN1", 150, 10, status="2", control="S1", service_lines=part, patient_last_name="ROE")
    summit = Party(name="SUMMIT", references=(RemittanceReference(qualifier="2U", id="SUM03"),))
    desk.post(remittance(second, trace_number="T2", originator="1888888888", payer=summit))
    assert account(desk, claim) == [100, 40, 0, 10]
    (denied,) = listed(desk)
    assert (denied.class_, denied.line, denied.amount) == ("denied", 2, 10)
    assert [one.pair for one in denied.reasons] == ["CO-50"]


def test_an_offset_that_was_netted(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 0, "CO-45 150, OA-94 -50"), handling="H"))
    assert account(desk, claim) == [0, 100, 0, 0]
    assert [(one.class_, one.amount) for one in listed(desk)] == [("review", 0)]


def test_what_a_contract_gives_up_and_the_office_has_not_named(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 98, "CO-45 30, CO-253 2, PR-2 20")))
    assert account(desk, claim) == [98, 30, 20, 2]
    (left,) = listed(desk)
    assert "name CO-253 in [contractual] of config.toml" in left.next


def test_what_is_given_up_whole_by_a_pair_that_is_named(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 0, "CO-45 150"), handling="H"))
    assert account(desk, claim) == [0, 150, 0, 0]
    (whole,) = listed(desk)
    assert whole.next.startswith("look and decide")


def test_a_pair_that_the_office_names_later(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 98, "CO-45 30, CO-253 2, PR-2 20")))
    named = desk.site.settings.model_copy(update={"contractual": Contractual(pairs=("CO-45", "CO-253"))})
    desk.site = replace(desk.site, settings=named)
    (left,) = listed(desk)
    assert left.amount == 2
    again = (
        f"gateway unmatch {left.claim_payment} --reason TEXT, then gateway match {left.claim_payment} {claim}"
    )
    assert left.next.startswith("by [contractual] as it stands today nothing of it is open")
    assert left.next.endswith(again)
    desk.unmatch(left.claim_payment)
    desk.match(left.claim_payment, claim)
    assert account(desk, claim) == [98, 32, 20, 0]
    assert listed(desk) == []


def test_a_refusal_that_names_the_payer_to_bill_first(desk: Desk) -> None:
    desk.claim("PCN1", 150)
    refused = clp("PCN1", 150, 0, "CO-22 150", priority_payer="SUMMIT", priority_payer_id="SUM03")
    desk.post(remittance(refused, handling="H"))
    (denied,) = listed(desk)
    assert denied.next.startswith(
        "the payer says that SUMMIT SUM03 comes before it: bill that one first; else correct it"
    )


def test_the_queue_says_what_hangs_on_a_refusal_to_the_patient(desk: Desk, clock: MovableClock) -> None:
    desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 0, "PR-31 150", status="4"), handling="H"))
    clock.advance(timedelta(days=20))
    with desk.store.read() as tx:
        (item,) = queue.items(tx, desk.site.settings, clock.now())
    assert (item.kind, item.amount) == (queue.DENIED, 150)


def test_a_second_reversal_of_one_payment_is_for_a_person(desk: Desk) -> None:
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, ALIEN, trace_number="T2"))
    desk.post(remittance(BACK, ALIEN, trace_number="T3"))
    (again,) = waiting(desk)
    desk.match(again, claim)
    assert account(desk, claim) == [-100, 0, 0, 250]
    found = {one.claim_payment: one for one in listed(desk)}
    assert sum(one.amount for one in found.values()) == 250
    assert found[again].next.startswith("look and decide")
