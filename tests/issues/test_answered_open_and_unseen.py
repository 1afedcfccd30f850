"""A claim that a payer answered, with something open, stood on no list where no answer gave a reason for it.

What the payer took back without a correction, the part of a split claim that never came, what belongs to a capitation, and
what a person matched in doubt: the charge was open, the claim counted as answered, and no alarm asked for it.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.responses import denials
from gateway.responses.denials import Denial, Wanted
from gateway.settings import Contractual, Settings
from gateway.store import claim_payments, claims, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, remittance

PAID = clp("A", 150, 100, "CO-45 30, PR-2 20")
BACK = clp("A", -150, -100, "CO-45 -30, PR-2 -20", status="22")
OTHER = clp("Z", 500, 500, control="Z")


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    made = Desk(any_store, settings, archive, tmp_path)
    made.claim("Z", 500, member="MBRZ")
    return made


def listed(desk: Desk) -> list[Denial]:
    with desk.store.read() as tx:
        return list(denials.denials(tx, desk.site.settings, Wanted()))


def told(desk: Desk) -> list[tuple[str, int | None, Decimal]]:
    return [(one.class_, one.line, one.amount) for one in listed(desk)]


def matched(desk: Desk, claim: str) -> None:
    with desk.store.read() as tx:
        (payment,) = claim_payments.in_suspense(tx)
    desk.match(payment.id, claim)


def test_what_was_taken_back_without_a_correction(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    assert told(desk) == []
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    (one,) = listed(desk)
    assert (one.claim, one.class_, one.amount) == (claim, "reversal", 150)
    assert one.next.startswith("the payer took its answer back and gave no other")
    desk.store.clock.advance(timedelta(days=14))
    with desk.store.read() as tx:
        items = queue.items(tx, desk.site.settings, desk.store.clock.now())
    assert [(i.kind, i.id) for i in items] == [("denied", one.claim_payment)]
    desk.post(remittance(clp("A", 150, 60, "CO-45 90", control="ICN2"), trace_number="T3"))
    assert told(desk) == []


def test_it_is_closed_by_a_person_or_by_sending_the_claim_again(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(BACK, OTHER, trace_number="T2"))
    (one,) = listed(desk)
    denials.work(desk.site, one.claim_payment, reason="asked for the correction", actor="pat")
    assert [d.note.reason for d in listed(desk) if d.note] == ["asked for the correction"]
    desk.store.clock.advance(timedelta(hours=1))
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    desk.submit(claim, version, frequency="7")
    assert told(desk) == []
    desk.post(remittance(clp("A", 150, 0, "CO-50 150", control="ICN7"), trace_number="T4"))
    assert told(desk) == [("denied", None, money(150))]
    denials.close(desk.site, listed(desk)[0].claim_payment, reason="given up", actor="pat")
    assert told(desk) == []


def test_the_part_of_a_split_claim_that_never_came(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(clp("A", 60, 60), trace_number="T1"))
    matched(desk, claim)
    assert told(desk) == [("review", None, money(90))]
    desk.post(remittance(clp("A", 90, 90, control="ICN2"), trace_number="T2"))
    matched(desk, claim)
    assert told(desk) == []


def test_a_reversal_that_a_person_matched_in_doubt(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    wrong = clp("A", -150, -90, "CO-45 -40, PR-2 -20", status="22")
    desk.post(remittance(wrong, OTHER, trace_number="T2"))
    matched(desk, claim)
    assert told(desk) == [("review", None, money(90))]


def test_a_patient_s_share_that_a_person_matched_in_doubt(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(clp("A", 170, 0, "PR-1 170")))
    matched(desk, claim)
    assert desk.account(claim)["open"] == money(150)
    assert told(desk) == [("review", None, money(150))]


def test_a_capitated_claim(desk: Desk):
    claim = desk.claim("A", 150)
    desk.post(remittance(clp("A", 150, 0, "CO-24 130, PR-3 20")))
    (one,) = listed(desk)
    assert (one.class_, one.amount, one.reasons[0].pair) == ("capitated", 130, "CO-24")
    assert one.next.startswith("nothing is to come for it")
    denials.close(desk.site, one.claim_payment, reason="in the capitation of May", actor="pat")
    assert told(desk) == []
    assert desk.account(claim)["open"] == money(130)


def test_a_capitated_line_of_a_paid_claim(desk: Desk):
    desk.claim("A", 150)
    lines = (line("99213", 100, 80, "CO-45 20"), line("87880", 50, 0, "CO-24 50"))
    desk.post(remittance(clp("A", 150, 80, service_lines=lines)))
    assert told(desk) == [("capitated", 2, money(50))]


def test_an_office_that_gives_capitated_charges_up(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
):
    own = settings.model_copy(update={"contractual": Contractual(pairs=("CO-45", "CO-24"))})
    desk = Desk(store, own, archive, tmp_path)
    claim = desk.claim("A", 150)
    desk.post(remittance(clp("A", 150, 0, "CO-24 130, PR-3 20")))
    assert desk.account(claim) == {
        "charge": money(150), "paid": 0, "adjusted": money(130), "patient": money(20), "open": 0,
    }  # fmt: skip
    assert told(desk) == []
