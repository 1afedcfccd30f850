"""What is known of the claims that answers may speak of: who may be meant, and what stands on a claim meanwhile."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.model.remittance import RemittanceClaim, RemittanceReference
from gateway.responses.worksheet import Worksheet, control_numbers
from gateway.settings import Settings
from gateway.store import claim_payments, claims, remittances, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, remittance

PAYER = "EIN-1512345678"


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def again(desk: Desk, claim_id: str, **changed: Any) -> str:
    """Send a claim once more, with what *changed* of it, and return the submission's id."""
    with desk.store.write("intake") as tx:
        content = claims.content(tx, claims.get(tx, claim_id).version_id)
        member = changed.pop("member_id", content.subscriber.member_id)
        subscriber = replace(content.subscriber, member_id=member)
        version = claims.new_version(tx, claim_id, replace(content, subscriber=subscriber, **changed))
        tx.audit(subject=claim_id)
    return desk.submit(claim_id, version, frequency="7")


def first_sent(desk: Desk, claim_id: str) -> str:
    """Return the oldest submission of a claim."""
    with desk.store.read() as tx:
        return submissions.of_claim(tx, claim_id)[0].id


def by_member(desk: Desk, answer: RemittanceClaim) -> list[list[str]]:
    """Return, claim by claim, of which submissions an answer without a number may speak."""
    with desk.store.read() as tx:
        sheet = Worksheet.of_remittance(tx, [answer], payer_key=PAYER)
        groups = sheet.by_member(str(answer.member_id), answer.charge)
    return [[one.submission_id for one in group] for group in groups]


@pytest.mark.parametrize("changed", [{"charge": money(90)}, {"member_id": "MBR000222"}, {"member_id": None}])
def test_a_member_is_answered_in_what_was_sent_for_it_with_this_very_charge(
    desk: Desk, changed: dict[str, Any]
):
    """Another version of the same claim, for another member or of another charge, is not meant."""
    claim = desk.claim("PCN1", 100)
    again(desk, claim, **changed)
    assert by_member(desk, clp("0", 100, 100, member_id="mbr-000111")) == [[first_sent(desk, claim)]]


def test_a_version_without_a_member_is_nobodys(desk: Desk):
    claim = desk.claim("PCN1", 100, member="XXXX")
    again(desk, claim, member_id=None)
    assert by_member(desk, clp("0", 100, 100, member_id="XXXX")) == [[first_sent(desk, claim)]]


# ---- what was booked meanwhile ---------------------------------------------------------------------------------------

DENIED = clp("PCN1", 100, 0, "CO-16 100", status="4", control="ICN0")
PAID = clp("PCN1", 100, 60, "CO-45 30, PR-1 10", control="ICN1")
BACK = clp("PCN1", -100, -60, "CO-45 -30, PR-1 -10", control="ICN1", status="22")
CORRECTED = clp("PCN1", 100, 80, "CO-45 15, PR-1 5", control="ICN2")
PART, REST = clp("PCN1", 60, 50, "PR-1 10", control="A"), clp("PCN1", 40, 30, "CO-45 10", control="B")
ELSE = clp("ZZZ9", 500, 500, control="ICN9")


def known(sheet: Worksheet, claim: str) -> dict[str, Any]:
    """Return all that later answers to a claim are judged by."""
    numbers = ("ICN0", "ICN1", "ICN2", "A", "B")
    return {
        "account": sheet.account(claim),
        "standing": sheet.standing(claim),
        "first": sheet.first_payer(claim),
        "called": [n for n in numbers if sheet.by_payer_number([n])],
    }


@pytest.mark.parametrize("before", [[], [DENIED], [PAID], [PAID, BACK], [PART, REST]])
@pytest.mark.parametrize("answers", [[PAID], [DENIED], [PART, REST], [BACK, CORRECTED], [BACK]])
def test_what_is_booked_is_known_as_if_it_were_read_again(
    desk: Desk, before: list[RemittanceClaim], answers: list[RemittanceClaim]
):
    """Of several answers in one remittance the next one is judged by the very same as one that comes tomorrow."""
    claim = desk.claim("PCN1", 100)
    for n, answer in enumerate([before] if before == [PART, REST] else [[one] for one in before]):
        desk.post(remittance(*answer, ELSE, trace_number=f"B{n}"))
    looked_up = [*answers, *(clp("0", 100, 0, control=n) for n in ("ICN0", "ICN1", "ICN2", "A", "B"))]
    with desk.store.read() as tx:
        sheet = Worksheet.of_remittance(tx, looked_up, payer_key=PAYER)
    done = desk.post(remittance(*answers, ELSE, trace_number="T1"))
    with desk.store.read() as tx:
        for answer, payment_id in zip(
            answers, claim_payments.of_remittance(tx, done.remittance_id), strict=False
        ):
            payment = claim_payments.get(tx, payment_id)
            if payment.state == remittances.POSTED:
                sheet.book(payment, answer)
        afresh = Worksheet.of_remittance(tx, looked_up, payer_key=PAYER)
    assert known(sheet, claim) == known(afresh, claim)


def test_the_first_payer_stays_it_where_a_person_placed_what_took_its_answer_back(desk: Desk):
    """Only an answer that a person matched leaves the order of payers in doubt; a reversal is none."""
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(PAID, trace_number="B0"))
    desk.post(remittance(replace(BACK, payer_control_number="ICN7"), ELSE, trace_number="B1"))
    with desk.store.read() as tx:
        (back,) = (one for one in claim_payments.in_suspense(tx) if one.status_code == "22")
    desk.match(back.id, claim)
    with desk.store.read() as tx:
        sheet = Worksheet.of_remittance(tx, [CORRECTED], payer_key=PAYER)
    assert (sheet.standing(claim), sheet.first_payer(claim)) == ([], PAYER)


def test_nothing_is_booked_to_no_claim(desk: Desk):
    desk.post(remittance(ELSE))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
        sheet = Worksheet.of_remittance(tx, [ELSE], payer_key=PAYER)
        with pytest.raises(ValueError, match=r"^a payment posted to no claim$"):
            sheet.book(waiting, ELSE)


# ---- what a reversal names -------------------------------------------------------------------------------------------


def test_what_a_reversal_names_is_read_by_reason_and_by_line(desk: Desk):
    claim = desk.claim("PCN1", 100)
    answer = clp("PCN1", 100, 60, "PR-1 10", service_lines=(line("99213", 100, 70, "CO-45 20, CO-45 10"),))
    desk.post(remittance(answer, trace_number="B0"))
    with desk.store.read() as tx:
        sheet = Worksheet.of_remittance(tx, [BACK], payer_key=PAYER)
    (paid,) = sheet.standing(claim)
    assert sheet.adjustments(paid) == {("PR", "1"): money(10), ("CO", "45"): money(30)}
    assert [(one.line, one.paid, one.contractual, one.patient) for one in sheet.lines(paid)] == [
        (0, money(-10), money(0), money(10)),
        (1, money(70), money(30), money(0)),
    ]
    assert sheet.lines(None) == []


def test_a_payer_names_an_answer_by_its_number_and_by_the_original_one():
    """CLP07, and REF*F8 where a correction has a number of its own; other references are no claim numbers."""
    references = tuple(
        RemittanceReference(qualifier=qualifier, id=number)
        for qualifier, number in (("EA", "MEDREC7"), ("F8", "ICN1"), ("F8", "ICN0"))
    )
    answer = clp("PCN1", 100, 100, control="ICN2", references=references)
    assert control_numbers(answer) == ["ICN2", "ICN1", "ICN0"]
    assert control_numbers(replace(answer, payer_control_number=None, references=())) == []
