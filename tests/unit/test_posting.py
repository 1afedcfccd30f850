"""What remittances do to the books: domain.md 4.7 to 4.16 and the traps of 9.4 and 9.5, on a real store."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.errors import NotFound, Refused
from gateway.model.findings import error
from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, claims, remittances, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, journal_entry
from tests.desk import DAY, NPI, Desk, clp, line, money, plb, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def account(charge, paid, adjusted, patient, open_) -> dict[str, Decimal]:
    names = ("charge", "paid", "adjusted", "patient", "open")
    return dict(zip(names, map(money, (charge, paid, adjusted, patient, open_)), strict=True))


def state(desk: Desk, claim_id: str) -> str:
    with desk.store.read() as tx:
        return submissions.of_claim(tx, claim_id)[-1].state.value


def payments(desk: Desk) -> list:
    with desk.store.read() as tx:
        return tx.execute(select(claim_payment).order_by(claim_payment.c.ordinal)).all()


def entries(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        return list(tx.execute(select(journal_entry.c.posting_id).order_by(journal_entry.c.id)).scalars())


def suspended(desk: Desk) -> list:
    with desk.store.read() as tx:
        return claim_payments.in_suspense(tx)


# ---- the usual -----------------------------------------------------------------------------------------------------


def test_paid_claim(desk):
    claim = desk.claim("PCN1", 100)
    result = desk.post(remittance(clp("PCN1", 100, 70, "CO-45 20, PR-2 10")))
    assert (result.state, result.claims) == ("posted", {"posted": 1})
    assert desk.account(claim) == account(100, 70, 20, 10, 0)
    assert state(desk, claim) == "paid"


def test_unlisted_contractual_obligation_stays_open(desk):
    """TRAP-100: a denial is never written off by itself."""
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 50, "CO-45 20, CO-50 30")))
    assert desk.account(claim) == account(100, 50, 20, 0, 30)
    assert state(desk, claim) == "partly_paid"
    assert desk.totals()["in_review"] == money(30)


@pytest.mark.parametrize(
    ("adjustments", "status", "expected", "books"),
    [
        ("CO-50 100", "1", "denied", (100, 0, 0, 0, 100)),
        ("CO-50 100", "4", "denied", (100, 0, 0, 0, 100)),
        ("PR-1 100", "1", "zero_paid", (100, 0, 0, 100, 0)),
        ("CO-45 20, PR-1 80", "1", "zero_paid", (100, 0, 20, 80, 0)),
        ("OA-23 100", "1", "zero_paid", (100, 0, 0, 0, 100)),
        ("PI-9999 100", "1", "in_review", (100, 0, 0, 0, 100)),
        ("CO-18 100", "1", "denied", (100, 0, 0, 0, 100)),
    ],
)
def test_zero_paid(desk, adjustments, status, expected, books):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 0, adjustments, status=status), handling="H", payment_method="NON"))
    assert state(desk, claim) == expected
    assert desk.account(claim) == account(*books)


def test_incentive_raises_the_payment_and_is_seen(desk):
    """TRAP-68."""
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 105, "CO-144 -5")))
    assert desk.account(claim) == account(100, 105, 0, 0, -5)
    assert state(desk, claim) == "in_review"


def test_answer_is_valid_from_any_state_after_sealing(desk):
    claim = desk.claim("PCN1", 100, state="sealed")
    desk.post(remittance(clp("PCN1", 100, 100)))
    assert state(desk, claim) == "paid"


# ---- held whole ----------------------------------------------------------------------------------------------------

GOOD = remittance(clp("PCN1", 100, 100))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (remittance(clp("PCN1", 100, 99, "CO-45 0.99")), "ERA-B2"),
        (replace(GOOD, payment_amount=money("100.01")), "ERA-B4"),
        (remittance(clp("PCN1", 100, 0, status="4")), "ERA-B2"),
        (replace(GOOD, payee=Party(name="POE CLINIC", id_type="XX", id="1555123458")), "ERA-PAYEE"),
        (replace(GOOD, currency="CAD"), "ERA-CURRENCY"),
        (replace(GOOD, handling="P"), "ERA-PRENOTE"),
        (replace(GOOD, handling="D"), "ERA-MONEY-ONLY"),
        (replace(GOOD, handling="H"), "ERA-NOTICE"),
        (replace(GOOD, credit_debit="D"), "ERA-DEBIT"),
        (replace(GOOD, trace_number=None), "ERA-TRACE"),
        (remittance(clp("PCN1", 100, -50, "CO-45 150")), "ERA-NEGATIVE"),
        (remittance(clp("PCN1", 100, "99.995", "CO-45 0.005")), "ERA-AMOUNT"),
        (remittance(clp("PCN1", "1e30", "1e30")), "ERA-AMOUNT"),
    ],
)
def test_quarantine_posts_nothing(desk, item, reason):
    claim = desk.claim("PCN1", 100)
    result = desk.post(item)
    assert (result.state, result.reason) == ("quarantined", reason)
    assert result.findings
    assert desk.account(claim) == account(100, 0, 0, 0, 100)
    assert entries(desk) == [f"charge:{claim}"]
    assert state(desk, claim) == "sent"
    with desk.store.read() as tx:
        assert [r.id for r in remittances.quarantined(tx)] == [result.remittance_id]


@pytest.mark.parametrize("usage", ["P", None, "X"])
def test_other_environment_is_never_posted(desk, usage):
    """TRAP-16."""
    desk.claim("PCN1", 100)
    assert desk.post(GOOD, interchange_usage=usage).reason == "ERA-USAGE"


def test_reader_error_holds_the_set(desk):
    desk.claim("PCN1", 100)
    result = desk.post(GOOD, findings=[error("ENV-SE-COUNT", "the set is cut off")])
    assert result.reason == "ENV-SE-COUNT"


def test_payee_by_tax_id_posts_with_a_warning(desk):
    desk.claim("PCN1", 100)
    payee = Party(
        name="ROE CLINIC",
        id_type="XX",
        id="1555123458",
        references=(RemittanceReference(qualifier="TJ", id="12-3456789"),),
    )
    result = desk.post(replace(GOOD, payee=payee))
    assert result.state == "posted"
    assert [f.code for f in result.findings] == ["ERA-PAYEE-NPI"]


def test_reread_of_a_held_set_posts_it_once_it_may(desk):
    claim, receipt = desk.claim("PCN1", 100), desk.receipt()
    held = desk.post(GOOD, receipt_id=receipt, findings=[error("MAP-X", "not understood")])
    again = desk.post(GOOD, receipt_id=receipt)
    assert (held.state, again.state) == ("quarantined", "posted")
    assert held.remittance_id == again.remittance_id
    assert desk.account(claim)["paid"] == money(100)


# ---- once ----------------------------------------------------------------------------------------------------------


def test_reread_posts_nothing_twice(desk):
    claim, receipt = desk.claim("PCN1", 100), desk.receipt()
    first = desk.post(GOOD, receipt_id=receipt)
    before = entries(desk)
    second = desk.post(GOOD, receipt_id=receipt)
    assert second.again
    assert second.remittance_id == first.remittance_id
    assert entries(desk) == before
    assert desk.account(claim)["paid"] == money(100)


def test_same_payment_in_another_file_is_a_duplicate(desk):
    """TRAP-91."""
    desk.claim("PCN1", 100)
    desk.post(GOOD)
    before = entries(desk)
    assert desk.post(GOOD, partner="south").state == "duplicate"
    assert entries(desk) == before


def test_same_key_with_other_content_is_held(desk):
    desk.claim("PCN1", 100)
    desk.post(GOOD)
    other = remittance(clp("PCN2", 100, 100))
    result = desk.post(other)
    assert result.state == "quarantined"
    assert result.reason.startswith("ERA-DUP M-")


def test_zero_pay_notices_with_one_trace_number_both_post(desk):
    """TRAP-92."""
    first, second = desk.claim("PCN1", 100), desk.claim("PCN2", 80)
    for pcn, amount in (("PCN1", 100), ("PCN2", 80)):
        item = remittance(clp(pcn, amount, 0, f"PR-1 {amount}"), trace_number="NOPAY", handling="H")
        assert desk.post(item).state == "posted"
    assert desk.account(first)["patient"] == money(100)
    assert desk.account(second)["patient"] == money(80)


def test_same_claim_in_another_payment_waits_for_a_person(desk):
    claim = desk.claim("PCN1", 100)
    desk.post(GOOD)
    result = desk.post(replace(GOOD, trace_number="EFT2"))
    assert result.claims == {"suspense": 1}
    assert desk.account(claim) == account(100, 100, 0, 0, 0)
    assert desk.totals()["suspense"] == money(100)


def test_denied_then_paid_posts(desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 0, "CO-16 100"), trace_number="T1"))
    assert state(desk, claim) == "denied"
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 40"), trace_number="T2"))
    assert desk.account(claim) == account(100, 60, 40, 0, 0)
    assert state(desk, claim) == "paid"


# ---- whose is it ---------------------------------------------------------------------------------------------------


def test_unknown_claim_goes_to_suspense_and_the_remittance_posts(desk):
    result = desk.post(remittance(clp("NOBODY", 100, 80, "CO-45 20")))
    assert (result.state, result.claims) == ("posted", {"suspense": 1})
    assert desk.totals()["suspense"] == money(80)
    assert desk.totals()["contractual"] == 0
    assert [f.code for f in result.findings] == ["ERA-SUSPENSE"]


def test_other_charge_is_doubted(desk):
    """TRAP-98."""
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 90, 90)))
    assert desk.account(claim)["open"] == money(100)
    (waiting,) = suspended(desk)
    assert waiting.claim == claim


def test_split_claim_posts_its_parts(desk):
    """TRAP-96."""
    claim = desk.claim("PCN1", 100)
    parts = [
        clp("PCN1", 40, 40, control="A"),
        clp("PCN1", 35, 30, "CO-45 5", control="B"),
        clp("PCN1", 25, 0, "PR-1 25", control="C"),
    ]
    assert desk.post(remittance(*parts)).claims == {"posted": 3}
    assert desk.account(claim) == account(100, 70, 5, 25, 0)
    assert state(desk, claim) == "paid"


@pytest.mark.parametrize("returned", ["pcn-000123", "PCN 000123", "PCN000123", " pcn000123 "])
def test_careless_number_is_found_when_two_facts_agree(desk, returned):
    """TRAP-97."""
    claim = desk.claim("PCN-000123", 100)
    item = clp(returned, 100, 100, patient_last_name="Roe", patient_first_name="R", member_id=" MBR-000111")
    desk.post(remittance(item))
    assert desk.account(claim)["paid"] == money(100)


def test_truncated_number_and_lost_zeros(desk):
    long, zeros = desk.claim("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 100), desk.claim("0000777", 50)
    desk.post(
        remittance(
            clp("ABCDEFGHIJKLMNOPQRST", 100, 100, member_id="MBR000111"),
            clp("777", 50, 50, statement_from=DAY),
        )
    )
    assert desk.account(long)["open"] == 0
    assert desk.account(zeros)["open"] == 0


def test_careless_number_alone_is_not_enough(desk):
    claim = desk.claim("PCN-000123", 100)
    desk.post(remittance(clp("PCN000123", 90, 90, member_id="MBR000111")))
    assert desk.account(claim)["paid"] == 0
    assert [p.claim for p in suspended(desk)] == [claim]


def test_payer_claim_number_finds_the_claim(desk):
    claim = desk.claim("PCN1", 100)
    with desk.store.write("ack") as tx:
        submissions.keep_payer_control_number(tx, submissions.of_claim(tx, claim)[0].id, "ICN-77")
        tx.audit(subject=claim)
    desk.post(remittance(clp("0", 100, 100, control="ICN77", statement_from=DAY)))
    assert desk.account(claim)["open"] == 0


def test_member_dates_name_and_charge_find_the_claim(desk):
    claim = desk.claim("PCN1", 100)
    item = clp("0", 100, 100, member_id="MBR000111", patient_last_name="ROE", statement_from=DAY)
    desk.post(remittance(item))
    assert desk.account(claim)["open"] == 0


def test_two_that_fit_are_a_persons_choice(desk):
    for pcn in ("PCN1", "PCN2"):
        desk.claim(pcn, 100)
    desk.post(
        remittance(clp("0", 100, 100, member_id="MBR000111", patient_last_name="ROE", statement_from=DAY))
    )
    assert desk.totals()["suspense"] == money(100)


def test_same_number_for_somebody_else_is_doubted(desk):
    claim = desk.claim("PCN1", 100)
    item = clp("PCN1", 100, 100, member_id="OTHER9", patient_last_name="LOE", statement_from=date(2019, 5, 1))
    desk.post(remittance(item))
    assert desk.account(claim)["paid"] == 0


@pytest.mark.parametrize(("sent", "billed"), [("payer_rejected", True), ("reserved", False), ("sent", False)])
def test_claims_nobody_should_pay_are_doubted(desk, sent, billed):
    desk.provable = billed or sent == "reserved"  # a claim that went out unbilled is a fault of its own
    desk.claim("PCN1", 100, state=sent, billed=billed)
    assert desk.post(GOOD).claims == {"suspense": 1}


@pytest.mark.parametrize("status", ["23", "25"])
def test_answers_without_money_are_noted(desk, status):
    """TRAP-108 and TRAP-109."""
    claim = desk.claim("PCN1", 100)
    result = desk.post(remittance(clp("PCN1", 100, 0, "OA-101 100", status=status), handling="H"))
    assert result.claims == {"noted": 1}
    assert desk.account(claim) == account(100, 0, 0, 0, 100)
    assert state(desk, claim) == ("forwarded" if status == "23" else "sent")


@pytest.mark.parametrize("item", [clp("PCN1", 100, 100, status="25"), clp("PCN1", 100, 100, status="99")])
def test_money_where_no_rule_covers_it_waits(desk, item):
    claim = desk.claim("PCN1", 100)
    assert desk.post(remittance(item)).claims == {"suspense": 1}
    assert desk.account(claim)["paid"] == 0


# ---- reversals -----------------------------------------------------------------------------------------------------

PAID = clp("PCN0100", 150, 100, "CO-45 30, PR-2 20", control="ICN4000")
REVERSED = clp("PCN0100", -150, -100, "CO-45 -30, PR-2 -20", control="ICN4000", status="22")
CORRECTED = clp("PCN0100", 150, 60, "CO-45 50, PR-2 40", control="ICN4000A")
OTHER = clp("PCN9", 500, 500, control="ICN9")


@pytest.mark.parametrize("order", [(REVERSED, CORRECTED, OTHER), (CORRECTED, OTHER, REVERSED)])
def test_reversal_and_correction_in_any_order(desk, order):
    """4.9 and TRAP-94."""
    claim = desk.claim("PCN0100", 150)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    result = desk.post(remittance(*order, trace_number="T2"))
    assert result.claims == {"posted": 3}
    assert desk.account(claim) == account(150, 60, 50, 40, 0)
    assert state(desk, claim) == "paid"


def test_void_leaves_the_claim_reversed(desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.claim("PCN9", 500)
    desk.post(remittance(REVERSED, OTHER, trace_number="T2"))
    assert desk.account(claim) == account(150, 0, 0, 0, 150)
    assert state(desk, claim) == "reversed"
    with desk.store.read() as tx:
        links = tx.execute(
            select(journal_entry.c.posting_id, journal_entry.c.reverses).where(
                journal_entry.c.kind == "reversal"
            )
        ).all()
        originals = set(tx.execute(select(journal_entry.c.posting_id)).scalars())
    assert len(links) == 3
    assert all(link.reverses in originals for link in links)


def test_reversal_by_original_reference(desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    named = replace(
        REVERSED, payer_control_number="NEW1", references=(RemittanceReference(qualifier="F8", id="ICN4000"),)
    )
    desk.post(remittance(named, OTHER, trace_number="T2"))
    assert desk.account(claim)["open"] == money(150)


@pytest.mark.parametrize(
    "reversal",
    [
        REVERSED,
        replace(REVERSED, charge=money(-140), paid=money(-90)),
        replace(REVERSED, payer_control_number="ICN5"),
    ],
)
def test_reversal_without_its_original_waits(desk, reversal):
    """TRAP-93: nothing was posted, or not that."""
    claim = desk.claim("PCN0100", 150)
    if reversal is not REVERSED:
        desk.post(remittance(PAID, trace_number="T1"))
    before = desk.account(claim)
    result = desk.post(remittance(reversal, OTHER, trace_number="T2"))
    assert result.state == "posted"
    assert result.claims == {"suspense": 2}
    assert desk.account(claim) == before


def test_second_reversal_of_one_payment_waits(desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(REVERSED, REVERSED, OTHER, trace_number="T2"))
    assert desk.account(claim) == account(150, 0, 0, 0, 150)
    assert sorted(p.paid for p in suspended(desk)) == [money(-100), money(500)]


def test_reversal_with_other_adjustments_waits(desk):
    claim = desk.claim("PCN0100", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    other = clp("PCN0100", -150, -100, "CO-45 -20, PR-2 -30", control="ICN4000", status="22")
    desk.post(remittance(other, OTHER, trace_number="T2"))
    assert desk.account(claim) == account(150, 100, 30, 20, 0)


# ---- the next payer ------------------------------------------------------------------------------------------------

PRIMARY = clp("PCN1", 200, 100, "CO-45 55, PR-2 45", control="P1")
SECOND_PAYER = {"originator": "1999888777", "payer": Party(name="SECOND PLAN"), "trace_number": "S1"}


@pytest.mark.parametrize("adjustments", ["OA-23 155, PR-3 10", "OA-23 100, CO-45 55, PR-3 10"])
def test_secondary_adds_no_write_off(desk, adjustments):
    """4.15, TRAP-102 and TRAP-103: both styles leave payment +35, write-off 0, patient 10."""
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(PRIMARY))
    desk.post(remittance(clp("PCN1", 200, 35, adjustments, status="2", control="S1"), **SECOND_PAYER))
    assert desk.account(claim) == account(200, 135, 55, 10, 0)


def test_secondary_write_off_is_what_is_left_and_covered(desk):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(PRIMARY))
    desk.post(remittance(clp("PCN1", 200, 30, "OA-23 100, CO-45 60, PR-3 10", status="2"), **SECOND_PAYER))
    assert desk.account(claim) == account(200, 130, 60, 10, 0)


def test_secondary_paying_more_than_was_left_waits(desk):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(PRIMARY))
    desk.post(remittance(clp("PCN1", 200, 60, "OA-23 140", status="2"), **SECOND_PAYER))
    assert desk.account(claim) == account(200, 100, 55, 45, 0)
    assert desk.totals()["suspense"] == money(60)


def test_secondary_that_pays_nothing_changes_nothing(desk):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(PRIMARY))
    desk.post(remittance(clp("PCN1", 200, 0, "OA-23 155, CO-50 45", status="2"), **SECOND_PAYER))
    assert desk.account(claim) == account(200, 100, 55, 45, 0)


def test_secondary_before_the_primary_waits(desk):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2"), **SECOND_PAYER))
    assert desk.account(claim)["paid"] == 0


def test_two_first_payers_wait(desk):
    desk.claim("PCN1", 200)
    desk.post(remittance(PRIMARY))
    assert desk.post(remittance(clp("PCN1", 200, 35, "CO-45 165", status="1"), **SECOND_PAYER)).claims == {
        "suspense": 1
    }


def test_crossover_is_posted_and_noted(desk):
    desk.claim("PCN1", 100)
    result = desk.post(remittance(clp("PCN1", 100, 80, "PR-2 20", status="19")))
    assert (result.claims, [f.code for f in result.findings]) == ({"posted": 1}, ["ERA-CROSSOVER"])


def test_claim_sent_as_secondary_uses_the_rule_without_a_primary(desk):
    claim = desk.claim("PCN1", 200, sequence="S")
    desk.post(remittance(clp("PCN1", 200, 35, "OA-23 100, CO-45 55, PR-3 10", status="2")))
    assert desk.account(claim) == account(200, 35, 0, 10, 155)


# ---- provider adjustments ------------------------------------------------------------------------------------------


def test_provider_adjustments_have_their_own_accounts(desk):
    desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 100), plbs=[plb("L6", "-2.5"), plb("WO", "42.5", "ICN3999")]))
    assert desk.totals()["provider_adjustments"] == money("-40")
    assert desk.totals()["received"] == money(60)


def test_capitation_without_claims(desk):
    """TRAP-113."""
    assert desk.post(remittance(plbs=[plb("CT", -12500, "2024-01")])).state == "posted"
    assert desk.totals()["received"] == money(12500)


# ---- by hand -------------------------------------------------------------------------------------------------------


def test_match_by_hand_posts_like_a_found_claim(desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("WRONG", 100, 70, "CO-45 20, PR-2 10")))
    (waiting,) = suspended(desk)
    desk.match(waiting.id, claim)
    assert desk.account(claim) == account(100, 70, 20, 10, 0)
    assert desk.totals()["suspense"] == 0
    assert state(desk, claim) == "paid"
    with pytest.raises(Refused):
        desk.match(waiting.id, claim)


def test_match_by_hand_in_doubt_moves_money_only(desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 80, "CO-45 20"), trace_number="T1"))
    desk.post(remittance(clp("PCN1", 100, 80, "CO-45 20"), trace_number="T2"))
    (waiting,) = suspended(desk)
    desk.match(waiting.id, claim)
    assert desk.account(claim) == account(100, 160, 20, 0, -80)
    assert state(desk, claim) == "in_review"


def test_match_by_hand_refuses_what_was_never_billed(desk):
    desk.post(remittance(clp("WRONG", 100, 70, "CO-45 30")))
    (waiting,) = suspended(desk)
    never = desk.claim("PCN2", 100, billed=False)
    with pytest.raises(Refused):
        desk.match(waiting.id, never)
    with pytest.raises(NotFound):
        desk.match("P-2222222222", never)
    assert desk.totals()["suspense"] == money(70)


def test_matched_payment_can_be_reversed(desk):
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(replace(PAID, patient_control_number="WRONG"), trace_number="T1"))
    desk.match(suspended(desk)[0].id, claim)
    desk.claim("PCN9", 500)
    desk.post(remittance(replace(REVERSED, patient_control_number="PCN1"), OTHER, trace_number="T2"))
    assert desk.account(claim) == account(150, 0, 0, 0, 150)
    assert state(desk, claim) == "reversed"


def test_reused_number_goes_to_the_live_claim(desk):
    desk.claim("PCN1", 100, state="clearinghouse_rejected")
    live = desk.claim("PCN1", 100)
    desk.post(GOOD)
    assert desk.account(live)["paid"] == money(100)


def test_accounts_hold_no_content(desk):
    desk.claim("PCN1", 100)
    desk.post(
        remittance(clp("PCN1", 100, 100), plbs=[plb("WO", "1", "ICN SECRET")], trace_number="TRACE WITH ROE")
    )
    with desk.store.read() as tx:
        from gateway.store import ledger

        names = list(ledger.trial_balance(tx))
    assert any(name.startswith("clearing:EIN-1512345678:h-") for name in names)
    assert any(name.startswith(f"provider:EIN-1512345678:{NPI}:WO:") for name in names)
    assert not [name for name in names if "SECRET" in name or "ROE" in name]


def test_line_details_are_kept(desk):
    desk.claim("PCN1", 100)
    desk.post(
        remittance(clp("PCN1", 100, 60, "PR-3 10", service_lines=(line("99213", 100, 70, "CO-45 30"),)))
    )
    with desk.store.read() as tx:
        (row,) = payments(desk)
        assert claim_payments.adjustments(tx, [row.id])[row.id] == {
            ("PR", "3"): money(10),
            ("CO", "45"): money(30),
        }
        assert claim_payments.content(tx, row.id).service_lines[0].procedure == "99213"
        assert claims.get(tx, row.claim).charge == money(100)
