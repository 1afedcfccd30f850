"""The journal of each thing that a payment does to a claim: whole entries, as an auditor reads them."""

from dataclasses import replace

import pytest

from gateway.model.remittance import RemittanceClaim
from gateway.responses.carc import PaymentClass
from gateway.responses.decide import Decision
from gateway.responses.entries import Answer, of_answer, posting_prefix, taken_back
from gateway.store.claim_payments import StoredPayment
from gateway.store.journal import Entry, Line
from tests.desk import clp, money

SAID: RemittanceClaim = clp("PCN1", 100, 60, "CO-45 30, PR-1 10")
POSTED = Decision(state="posted", class_=PaymentClass.PAID)
PAYMENT = StoredPayment(
    id="P-2", remittance="M-2", ordinal=3, claim="C-1", submission="S-1", state="posted", status_code="1", class_="paid",
    charge=money(100), paid=money(60), contractual=money(30), patient=money(10), in_review=money(0), pcn_index="x",
    payer_control_index=None, reverses=None, matched_by=None, payer_key="EIN-1", how="number",
)  # fmt: skip
ABOUT = {"claim": "C-1", "claim_payment": "P-2", "remittance": "M-2", "submission": "S-1"}


def entries(payment: StoredPayment, decision: Decision = POSTED) -> list[Entry]:
    answer = Answer(said=SAID, decision=decision, payment=payment, number="PCN1", certain=True)
    return of_answer(answer, source="clearing:EIN-1:EFT1")


def test_a_payment_moves_three_amounts_off_what_the_payer_owes():
    """Every entry balances, names what it is about, and has the id by which an importer books it once."""
    assert entries(PAYMENT) == [
        Entry(
            posting_id="M-2-3-payment",
            kind="payment",
            lines=(
                Line("clearing:EIN-1:EFT1", money(60), "C-1"),
                Line("receivable:payer", money(-60), "C-1"),
            ),
            **ABOUT,
        ),
        Entry(
            posting_id="M-2-3-contractual",
            kind="contractual",
            lines=(
                Line("adjustment:contractual", money(30), "C-1"),
                Line("receivable:payer", money(-30), "C-1"),
            ),
            **ABOUT,
        ),
        Entry(
            posting_id="M-2-3-patient",
            kind="patient",
            lines=(
                Line("receivable:patient", money(10), "C-1"),
                Line("receivable:payer", money(-10), "C-1"),
            ),
            **ABOUT,
        ),
    ]


def test_a_reversal_names_the_postings_it_undoes():
    back = replace(PAYMENT, paid=money(-60), contractual=money(-30), patient=money(-10))
    undone = replace(PAYMENT, id="P-1", remittance="M-1", ordinal=7)
    found = entries(back, replace(POSTED, undone=undone))
    assert [(e.posting_id, e.kind, e.reverses) for e in found] == [
        ("M-2-3-payment", "reversal", "M-1-7-payment"),
        ("M-2-3-contractual", "reversal", "M-1-7-contractual"),
        ("M-2-3-patient", "reversal", "M-1-7-patient"),
    ]
    assert [e.lines[0].amount for e in found] == [money(-60), money(-30), money(-10)]
    assert all(sum(one.amount for one in e.lines) == 0 for e in found)


def test_what_waits_is_parked_and_touches_no_claim():
    waiting = replace(PAYMENT, state="suspense", contractual=money(0), patient=money(0))
    assert entries(waiting) == [
        Entry(
            posting_id="M-2-3-suspense",
            kind="suspense",
            lines=(Line("clearing:EIN-1:EFT1", money(60)), Line("suspense", money(-60))),
            claim_payment="P-2",
            remittance="M-2",
        )
    ]


def test_what_is_only_noted_is_no_entry():
    assert entries(replace(PAYMENT, state="noted")) == []


def test_what_is_taken_off_a_claim_goes_to_suspense_by_entries_of_its_own():
    assert taken_back(replace(PAYMENT, placed=1)) == [
        Entry(
            posting_id="M-2-3-match-back-payment",
            kind="unmatch",
            lines=(Line("suspense", money(-60), "C-1"), Line("receivable:payer", money(60), "C-1")),
            reverses="M-2-3-match-payment",
            **ABOUT,
        ),
        Entry(
            posting_id="M-2-3-match-back-contractual",
            kind="unmatch",
            lines=(
                Line("adjustment:contractual", money(-30), "C-1"),
                Line("receivable:payer", money(30), "C-1"),
            ),
            reverses="M-2-3-match-contractual",
            **ABOUT,
        ),
        Entry(
            posting_id="M-2-3-match-back-patient",
            kind="unmatch",
            lines=(
                Line("receivable:patient", money(-10), "C-1"),
                Line("receivable:payer", money(10), "C-1"),
            ),
            reverses="M-2-3-match-patient",
            **ABOUT,
        ),
    ]


@pytest.mark.parametrize(
    ("placed", "prefix"), [(0, "M-2-3"), (1, "M-2-3-match"), (2, "M-2-3-match2"), (3, "M-2-3-match3")]
)
def test_posting_ids_begin_alike_on_every_reread_and_anew_for_every_match(placed: int, prefix: str):
    assert posting_prefix(replace(PAYMENT, placed=placed)) == prefix
