"""A payment that no claim is known for: proposed, matched by a person, remembered, taken off again, moved when the claim comes."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.errors import Refused
from gateway.responses import proposals
from gateway.settings import Settings
from gateway.store import claim_payments, queue, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, journal_entry
from tests.desk import DAY, Desk, clp, money, remittance


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def waiting(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        return [one.id for one in claim_payments.in_suspense(tx)]


def payment(desk: Desk, remittance_id: str):
    with desk.store.read() as tx:
        return tx.execute(select(claim_payment).where(claim_payment.c.remittance == remittance_id)).one()


def state(desk: Desk, claim: str) -> str:
    with desk.store.read() as tx:
        return submissions.of_claim(tx, claim)[-1].state.value


WHO = {
    "member_id": "MBR000111",
    "patient_last_name": "ROE",
    "patient_first_name": "RICHARD",
    "statement_from": DAY,
}


def answer(number: str, charge: int = 100, paid: int = 70, *, control: str = "ICN1", **more):
    return clp(number, charge, paid, f"CO-45 {charge - paid}", control=control, **{**WHO, **more})


def waiting_items(tx, desk: Desk):
    items = queue.items(tx, desk.site.settings, desk.store.clock.now())
    return proposals.in_queue(tx, desk.site.settings, items)


def test_what_waits_comes_with_ranked_proposals(desk: Desk):
    other = desk.claim("TWIN", 100, day=date(2024, 3, 1))
    best = desk.claim("TWIN", 100)
    desk.claim("ELSE", 55, member="MBR8")
    desk.post(remittance(answer("TWIN", patient_last_name=None)))
    ids = waiting(desk)
    with desk.store.read() as tx:
        seen = proposals.of_payment(tx, desk.site.settings, ids[0])
        (item,) = [i for i in waiting_items(tx, desk) if i.id == ids[0]]
    assert seen is not None
    ranked = seen.proposals
    assert [one.claim for one in ranked] == [best, other]
    assert ranked[0].facts == ("number", "charge", "dates", "member")
    assert ranked[0].command == f"gateway match {ids[0]} {best}"
    assert (
        f"{best} (number, charge, dates, member agrees); {other} (number, charge, member agrees)" in item.why
    )
    assert item.command.startswith(ranked[0].command)


def test_a_match_by_hand_is_remembered_for_that_payer_and_number(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(answer("OLD-77", member_id=None, statement_from=None, patient_last_name=None)))
    (one,) = waiting(desk)
    desk.match(one, claim)
    assert desk.account(claim)["paid"] == money(70)
    undo = clp("OLD-77", -100, -70, "CO-45 -30", status="22", control="ICN1")
    again = desk.post(
        remittance(undo, answer("OLD-77", paid=80, control="ICN2", member_id=None), trace_number="T2")
    )
    assert again.claims == {"posted": 2}
    assert [f.code for f in again.findings].count("ERA-REMEMBERED") == 2
    assert desk.account(claim)["paid"] == money(80)
    # another payer means something else by the same number
    foreign = desk.post(
        remittance(answer("OLD-77", member_id=None), trace_number="T3", originator="1999999999")
    )
    assert foreign.claims == {"suspense": 1}
    # taken off again, it is forgotten
    with desk.store.read() as tx:
        learnt = tx.execute(select(claim_payment.c.id).where(claim_payment.c.how == "by hand")).scalar_one()
    desk.unmatch(last_of(desk, again.remittance_id))
    desk.unmatch(reversal_of(desk, again.remittance_id))
    desk.unmatch(learnt)
    other = remittance(
        answer("OLD-77", member_id=None, statement_from=None, control="ICN8"), trace_number="T4"
    )
    assert desk.post(other).claims == {"suspense": 1}


def last_of(desk: Desk, remittance_id: str, class_: str = "paid") -> str:
    """Return the payment of a class in a remittance."""
    mine = (claim_payment.c.remittance == remittance_id, claim_payment.c.class_ == class_)
    with desk.store.read() as tx:
        return tx.execute(select(claim_payment.c.id).where(*mine)).scalar_one()


def reversal_of(desk: Desk, remittance_id: str) -> str:
    return last_of(desk, remittance_id, "reversal")


def test_a_match_is_undone_by_new_entries_and_done_anew(desk: Desk):
    wrong, right = desk.claim("PCN1", 100), desk.claim("PCN2", 100, member="MBR2")
    posted = desk.post(remittance(answer("OLD-77", member_id=None, statement_from=None)))
    (one,) = waiting(desk)
    desk.match(one, wrong)
    assert desk.totals()["suspense"] == 0
    desk.unmatch(one)
    assert desk.totals()["suspense"] == money(70)
    assert desk.account(wrong) == {
        "charge": money(100),
        "paid": 0,
        "adjusted": 0,
        "patient": 0,
        "open": money(100),
    }
    assert state(desk, wrong) == "sent"
    desk.match(one, right)
    assert desk.account(right)["paid"] == money(70)
    with desk.store.read() as tx:
        ids = (
            tx.execute(select(journal_entry.c.posting_id).where(journal_entry.c.claim_payment == one))
            .scalars()
            .all()
        )
    start = f"{posted.remittance_id}-1"
    assert [i for i in ids if i.endswith("payment")] == [
        f"{start}-match-payment",
        f"{start}-match-back-payment",
        f"{start}-match2-payment",
    ]
    with pytest.raises(Refused, match="is not posted to a claim"):
        desk.unmatch(nobodys(desk))


def nobodys(desk: Desk) -> str:
    """Return a payment for a claim that nobody knows."""
    desk.post(remittance(answer("NOBODY", member_id=None), trace_number="T9"))
    return waiting(desk)[0]


def test_what_was_posted_by_itself_can_be_taken_off_too(desk: Desk):
    claim = desk.claim("PCN1", 100)
    posted = desk.post(remittance(answer("PCN1")))
    one = payment(desk, posted.remittance_id).id
    desk.unmatch(one)
    assert desk.account(claim)["open"] == money(100)
    assert desk.totals()["suspense"] == money(70)
    assert desk.totals()["received"] == money(70)
    assert desk.place_waiting() == 0  # a person took it off: a person decides
    desk.match(one, claim)
    assert desk.account(claim)["paid"] == money(70)


def test_what_others_count_on_is_not_pulled_from_under_them(desk: Desk):
    claim = desk.claim("PCN1", 100)
    first = desk.post(remittance(answer("PCN1")))
    one = payment(desk, first.remittance_id).id
    undo = clp("PCN1", -100, -70, "CO-45 -30", status="22")
    second = desk.post(remittance(undo, answer("PCN1", paid=80, control="ICN2"), trace_number="T2"))
    assert second.claims == {"posted": 2}
    with pytest.raises(Refused, match="was reversed by P-"):
        desk.unmatch(one)
    reversal = reversal_of(desk, second.remittance_id)
    with pytest.raises(Refused, match="counts on it; take that off first"):
        desk.unmatch(reversal)
    assert desk.account(claim)["paid"] == money(80)


def test_money_moves_by_itself_once_the_claim_is_known(desk: Desk):
    posted = desk.post(remittance(answer("PCN1"), answer("PCN2", member_id="MBR000222")))
    assert posted.claims == {"suspense": 2}
    assert desk.place_waiting() == 0
    claim = desk.claim("PCN1", 100)
    # of PCN2 the number agrees, and nothing else does
    stranger = desk.claim("PCN2", 90, name=("POE", "PAT"), member="MBR7")
    assert desk.place_waiting() == 1
    assert desk.account(claim) == {
        "charge": money(100), "paid": money(70), "adjusted": money(30), "patient": 0, "open": 0,
    }  # fmt: skip
    assert desk.account(stranger)["paid"] == 0
    assert state(desk, claim) == "paid"
    with desk.store.read() as tx:
        rows = tx.execute(select(claim_payment.c.matched_by, claim_payment.c.state)).all()
    assert sorted(map(tuple, rows), key=str) == [("gateway", "posted"), (None, "suspense")]
    assert desk.place_waiting() == 0
