"""A payment posts once, whatever it is called and however often it comes (4.13), and what a person dealt with stays so."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.errors import Refused
from gateway.model.findings import Finding
from gateway.model.remittance import Party
from gateway.responses import release, sort
from gateway.settings import Settings
from gateway.store import ledger, queue, remittances
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment
from tests.desk import Desk, clp, money, plb, remittance
from tests.mailroom import Mailroom, envelope, group
from tests.unit.test_sort import era

FIRST = remittance(clp("A", 100, 60, "CO-45 40"), clp("B", 50, 40, "CO-45 10"))


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def differences(found: tuple[Finding, ...]) -> list[tuple[str | None, str]]:
    return [(f.claim, f.message) for f in found if f.code == "ERA-DUP-DIFF"]


def test_other_content_is_held_with_both_sides_shown(desk):
    posted = desk.post(FIRST)
    other = desk.post(remittance(clp("A", 100, 50, "CO-45 40, PR-2 10"), clp("C", 50, 50)))
    assert (other.state, other.reason) == ("quarantined", f"ERA-DUP {posted.remittance_id}")
    there = f"only in {posted.remittance_id}"
    assert differences(other.findings) == [
        ("A", f"{there}: status 1, charge 100.00, paid 60.00, CO-45 40.00"),
        ("B", f"{there}: status 1, charge 50.00, paid 40.00, CO-45 10.00"),
        ("A", "only in this one: status 1, charge 100.00, paid 50.00, CO-45 40.00, PR-2 10.00"),
        ("C", "only in this one: status 1, charge 50.00, paid 50.00"),
    ]


def test_other_provider_adjustments_and_date_are_shown(desk):
    posted = desk.post(remittance(clp("A", 100, 100), plbs=[plb("WO", 10, "R1")]))
    other = desk.post(
        remittance(clp("A", 100, 100), plbs=[plb("CS", 10, "R1")], payment_date=date(2024, 2, 1))
    )
    assert [said for _, said in differences(other.findings)] == [
        f"{posted.remittance_id} is dated 2024-01-26, this one 2024-02-01",
        f"only in {posted.remittance_id}: provider adjustment WO 10.00",
        "only in this one: provider adjustment CS 10.00",
    ]


def test_many_differences_are_counted(desk):
    desk.post(remittance(*(clp(f"A{n}", 10, 10, control=f"I{n}") for n in range(30))))
    other = desk.post(remittance(*(clp(f"B{n}", 10, 10, control=f"J{n}") for n in range(30))))
    said = differences(other.findings)
    assert len(said) == 21
    assert said[-1] == (None, "and 40 differences more")


def test_twenty_differences_are_all_told(desk):
    desk.post(remittance(*(clp(f"A{n}", 10, 10, control=f"I{n}") for n in range(10))))
    other = desk.post(remittance(*(clp(f"B{n}", 10, 10, control=f"J{n}") for n in range(10))))
    assert [claim for claim, _ in differences(other.findings)] == [f"{s}{n}" for s in "AB" for n in range(10)]


def test_where_no_amount_differs_that_is_told(desk):
    """Long codes are kept shortened, and so compared."""
    long = replace(plb("WO", 10, "R1"), provider="9" * 90, reason="WOXYZ")
    desk.post(remittance(clp("A", 100, 100), plbs=[long]))
    other = desk.post(remittance(clp("A", 100, 100, patient_last_name="POE"), plbs=[long]))
    assert differences(other.findings) == [
        (None, "claims and amounts are the same; names, dates of service or codes differ")
    ]


def test_of_one_that_was_dated_anew_the_dates_are_told(desk):
    posted = desk.post(FIRST)
    other = desk.post(replace(FIRST, payment_date=date(2024, 2, 1)))
    assert differences(other.findings) == [
        (None, f"{posted.remittance_id} is dated 2024-01-26, this one 2024-02-01")
    ]


OTHER = (clp("A", 100, 50, "CO-45 50"), clp("B", 50, 50))
SAME_NAMES = (
    "was posted with the same payer, payee, trace number and amount, but says something else or names another date; ask the "
    "payer which of the two holds"
)
OTHER_NAMES = (
    "was posted with the same trace number and amount, and names payer or payee in another way: compare the two; if this one "
    "is the same payment once more, such as on paper, take it out: gateway release ID --reason TEXT"
)
ANOTHER_PAYMENT = "if it is another payment: gateway release ID --post --reason TEXT"
ONE_PAYMENT = "one payment posts once; if the payer corrected it, ask for a reversal and a correction"


@pytest.mark.parametrize(
    ("differing", "alike", "way_out"),
    [
        ({"payment_date": date(2024, 2, 1)}, SAME_NAMES, ANOTHER_PAYMENT),
        ({}, SAME_NAMES, ONE_PAYMENT),
        ({"originator": None}, OTHER_NAMES, ANOTHER_PAYMENT),
    ],
)
def test_what_it_has_in_common_is_told_with_the_way_out(desk, differing, alike, way_out):
    posted = desk.post(FIRST)
    held = desk.post(remittance(*OTHER, **differing))
    assert held.reason == f"ERA-DUP {posted.remittance_id}"
    assert [f.message for f in held.findings if f.code == "ERA-DUP"] == [
        f"{posted.remittance_id} {alike}; {way_out}"
    ]


def test_notices_with_one_trace_number_post_once_each(desk):
    """TRAP-92."""
    notices = [
        remittance(clp(pcn, 100, 0, "CO-50 100"), trace_number="0", handling="H", payment_method="NON")
        for pcn in ("A", "B")
    ]
    assert [desk.post(n).state for n in notices] == ["posted", "posted"]
    assert [desk.post(n).state for n in notices] == ["duplicate", "duplicate"]


def test_the_same_answer_in_another_payment_waits_for_a_person(desk):
    """4.13, claim level: money or none, an answer that was given word for word before is not posted again."""
    claim = desk.claim("A", 100)
    first = desk.post(remittance(clp("A", 100, 0, "CO-50 100"), trace_number="T1", handling="H"))
    again = desk.post(remittance(clp("A", 100, 0, "CO-50 100"), trace_number="T2", handling="H"))
    assert (first.claims, again.claims) == ({"posted": 1}, {"suspense": 1})
    assert any(first.remittance_id in f.message for f in again.findings)
    assert desk.account(claim)["open"] == money(100)
    other = desk.post(
        remittance(clp("A", 100, 0, "CO-50 100", control="ICN2"), trace_number="T3", handling="H")
    )
    assert other.claims == {"posted": 1}


def test_what_was_dealt_with_does_not_post_by_itself(desk):
    """A remittance taken out of the queue does not post by a reread, nor when it comes in another file: that one waits."""
    theirs = replace(FIRST, payee=Party(name="POE CLINIC", id_type="XX", id="1555123458"))
    receipt_id = desk.receipt()
    held = desk.post(theirs, receipt_id=receipt_id)
    assert held.state == "quarantined"
    release.dismiss_remittance(desk.site, held.remittance_id, reason="booked by hand", actor="pat")
    desk.site = replace(desk.site, settings=_knowing(desk.site.settings, "1555123458"))
    again = desk.post(theirs, receipt_id=receipt_id)
    assert (again.state, again.again) == ("quarantined", True)
    elsewhere = desk.post(theirs)
    assert (elsewhere.state, elsewhere.reason) == ("quarantined", f"ERA-DUP {held.remittance_id}")
    assert elsewhere.findings[-1].message == (
        f"the same remittance was taken out of the queue as {held.remittance_id} by pat, unposted; if it was dealt with "
        "elsewhere, take this one out too: gateway release ID --reason TEXT; if its money is not in the books: "
        "gateway release ID --post --reason TEXT"
    )
    with desk.store.read() as tx:
        assert ledger.trial_balance(tx) == {}
        waits = queue.items(tx, desk.site.settings, tx.now())
    assert [(one.id, "--post" in one.command) for one in waits] == [(elsewhere.remittance_id, True)]
    release.dismiss_remittance(desk.site, elsewhere.remittance_id, reason="it came again", actor="pat")
    with desk.store.write("recall") as tx:
        assert remittances.recall(tx, receipt_id) == 1
        tx.audit(subject=receipt_id)
    assert desk.post(theirs, receipt_id=receipt_id).state == "quarantined", "the other one was dealt with too"
    assert desk.post(theirs, receipt_id=receipt_id, released=True).state == "posted"
    assert desk.post(theirs).state == "duplicate"


def test_a_corrected_remittance_posts_after_its_faulty_one_was_dealt_with(desk):
    held = desk.post(replace(FIRST, payment_amount=money("100.01")))
    release.dismiss_remittance(desk.site, held.remittance_id, reason="asked for a new one", actor="pat")
    assert desk.post(FIRST).state == "posted"


def test_another_payment_of_the_same_number_and_amount_posts_by_a_named_person(desk):
    """Cheque numbers come round: what has another date may be another payment, and a person says so."""
    desk.post(FIRST)
    receipt_id = desk.receipt()
    later = replace(remittance(clp("C", 100, 100, control="ICN9")), payment_date=date(2025, 1, 26))
    held = desk.post(later, receipt_id=receipt_id)
    assert held.state == "quarantined"
    posted = desk.post(later, receipt_id=receipt_id, released=True)
    assert posted.state == "posted"
    with desk.store.read() as tx:
        assert remittances.get(tx, posted.remittance_id).released_by


def test_one_payment_key_posts_once_whatever_anybody_says(desk):
    desk.post(FIRST)
    receipt_id = desk.receipt()
    other = remittance(clp("C", 100, 100, control="ICN9"))
    desk.post(other, receipt_id=receipt_id)
    assert desk.post(other, receipt_id=receipt_id, released=True).state == "quarantined"
    with desk.store.read() as tx:
        paid = tx.execute(select(claim_payment.c.paid)).scalars().all()
    assert sum(paid) == money(100)


def test_dismissing_twice_is_refused(desk):
    held = desk.post(replace(FIRST, payment_amount=money("100.01")))
    release.dismiss_remittance(desk.site, held.remittance_id, reason="x", actor="pat")
    with pytest.raises(Refused, match="taken out of the queue by pat"):
        release.dismiss_remittance(desk.site, held.remittance_id, reason="x", actor="sam")


def test_a_named_person_posts_it_from_the_archive(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
):
    """`gateway release M-ID --post`: the same cheque number and amount, a year later."""
    room = Mailroom(store, settings, archive, tmp_path)
    room.send(["PCN1"], ["PCN2"])
    first = era("PCN1")
    later = [segment.replace("20240126", "20250126") for segment in era("PCN2")]
    assert later != era("PCN2")
    for segments in (first, later):
        room.receipt(envelope(group("HP", "005010X221A1", segments)).encode())
    sort.process(room.site)
    with store.read() as tx:
        (held,) = remittances.quarantined(tx)
    assert held.reason is not None
    assert held.reason.startswith("ERA-DUP M-")
    release.post_in_spite(room.site, held.id, reason="another cheque", actor="pat")
    with store.read() as tx:
        after = remittances.get(tx, held.id)
        ledger.check_books(tx)
    assert (after.state, after.released_by) == ("posted", "pat")


def _knowing(settings: Settings, npi: str) -> Settings:
    entity = settings.billing_entity[0].model_copy(update={"npi": npi})
    return settings.model_copy(update={"billing_entity": (*settings.billing_entity, entity)})
