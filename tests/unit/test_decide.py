"""What one answer does to one claim, rule by rule: the amounts that are posted, or the doubt, in the words a biller reads."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway.model.remittance import Party, Remittance, RemittanceClaim, RemittanceReference
from gateway.responses.carc import PaymentClass, contractual_pairs
from gateway.responses.decide import Decision, decide, first_payer
from gateway.responses.gate import payer_key
from gateway.responses.match import Match, find, speaker
from gateway.responses.worksheet import Worksheet
from gateway.settings import Settings
from gateway.store import claim_payments, claims
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment
from tests.desk import Desk, clp, line, money, remittance

CO45 = contractual_pairs(["CO-45"])


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def kept(desk: Desk) -> list[tuple[Any, ...]]:
    """Return of each claim payment its state and class, and what was paid, written off, owed by the patient, in review."""
    c = claim_payment.c
    columns = (c.state, c.class_, c.paid, c.contractual, c.patient, c.in_review)
    with desk.store.read() as tx:
        rows = tx.execute(select(*columns).order_by(text("rowid"))).all()
    return [(row[0], row[1], *(f"{amount.normalize():f}" for amount in row[2:])) for row in rows]


def books(desk: Desk, claim_id: str) -> tuple[Decimal, ...]:
    """Return paid, adjusted, patient, open."""
    found = desk.account(claim_id)
    return tuple(found[name] for name in ("paid", "adjusted", "patient", "open"))


def amounts(*values: Any) -> tuple[Decimal, ...]:
    return tuple(map(money, values))


def other_payer(*answers: RemittanceClaim, trace: str = "S1", ids: bool = True) -> Remittance:
    references = (RemittanceReference(qualifier="2U", id="99999"),) if ids else ()
    payer = Party(name="SECOND PLAN", references=references)
    return remittance(*answers, payer=payer, originator="1999999999", trace_number=trace)


def decided(desk: Desk, item: Remittance) -> Decision:
    """Decide about the first answer of *item* as the books stand, and post nothing."""
    claim, key, who = item.claims[0], payer_key(item), speaker(item, "north")
    assert key is not None
    with desk.store.read() as tx:
        sheet = Worksheet.of_remittance(tx, item.claims, payer_key=key)
        match = find(sheet, claim, who)
        return decide(sheet, claim, match, payer_key=key, who=who, contractual=CO45, classes={})


# ---- the form of an answer -----------------------------------------------------------------------------------------


def judged(store: Store, claim: RemittanceClaim) -> Decision:
    """Decide about an answer whose claim nobody knows."""
    item = remittance(claim)
    with store.read() as tx:
        return decide(
            Worksheet(tx),
            claim,
            Match(),
            payer_key="EIN-1",
            who=speaker(item, "north"),
            contractual=CO45,
            classes={},
        )


@pytest.mark.parametrize(
    ("claim", "doubt"),
    [
        (clp("A", 100, 100, status="99"), "claim status code '99' is not known"),
        (clp("A", 100, 1, status="23"), "an answer without payment carries money"),
        (clp("A", 100, -1, status="25"), "an answer without payment carries money"),
        (clp("A", 1, 0, status="22"), "a reversal with a positive charge or payment"),
        (clp("A", 0, 1, status="22"), "a reversal with a positive charge or payment"),
        (clp("A", -1, 1, status="22"), "a reversal with a positive charge or payment"),
        (clp("A", 0, 0, status="22"), "no claim of ours"),
        (clp("A", -1, 0), "a negative charge or payment outside a reversal"),
        (clp("A", 0, -1), "a negative charge or payment outside a reversal"),
        (clp("A", "0.5", -1, status="4"), "a negative charge or payment outside a reversal"),
        (clp("A", 0, 0), "no claim of ours"),
        (clp("A", "0.5", "0.5"), "no claim of ours"),
        *((clp("A", 1, 1, status=s), "no claim of ours") for s in ("1", "2", "3", "4", "19", "20", "21")),
        *((clp("A", 1, 1, status=s), "no claim of ours") for s in ("5", "10", "13", "15", "16", "17", "27")),
    ],
)
def test_what_no_rule_covers_waits_and_says_why(store: Store, claim: RemittanceClaim, doubt: str):
    found = judged(store, claim)
    assert (found.state, found.doubt) == ("suspense", doubt)
    assert found.class_ in PaymentClass
    assert (found.paid, found.contractual, found.patient, found.in_review) == amounts(0, 0, 0, 0)


@pytest.mark.parametrize(("status", "class_"), [("23", "forwarded"), ("25", "predetermination")])
def test_what_carries_no_money_is_noted_whosever_it_is(store: Store, status: str, class_: str):
    found = judged(store, clp("A", 100, 0, status=status))
    assert (found.state, found.class_, found.doubt) == ("noted", class_, None)
    assert judged(store, clp("A", 0, 0, status=status)).state == "noted"


# ---- the first payer -----------------------------------------------------------------------------------------------


def unbundled(first: str, part: str) -> RemittanceClaim:
    """Return a claim of one line of 100 that came back as two, paid 30 each."""
    return clp("A", 100, 60, service_lines=(line("X", 100, 30, first), line("Y", 0, 30, part)))


@pytest.mark.parametrize(
    ("claim", "posted"),
    [
        (clp("A", 100, 60, "CO-45 30, PR-2 10"), (60, 30, 10, 0, False)),
        # Only the listed pair is written off; whatever else the payer kept stays open.
        (clp("A", 100, 50, "CO-45 20, CO-97 15, PI-45 10, OA-45 4, PR-1 1"), (50, 20, 1, 29, False)),
        (clp("A", 100, 105, "CO-144 -5"), (105, 0, 0, -5, False)),
        (clp("A", 100, 60, "PR-3 5", service_lines=(line("X", 100, 65, "CO-45 35"),)), (60, 35, 5, 0, False)),
        # What the parts of an unbundled line are paid beyond their share was never given up (4.10).
        (clp("A", 100, 70, "CO-45 60, OA-94 -30"), (70, 30, 0, 0, True)),
        (clp("A", 100, 100, "CO-45 30, OA-94 -30"), (100, 0, 0, 0, True)),
        (clp("A", 100, "99.5", "CO-45 30.5, OA-94 -30"), ("99.5", "0.5", 0, 0, True)),
        # Parts without a charge of their own tell what was taken over, whatever else is open.
        (unbundled("CO-45 60, CO-50 10", "OA-94 -20, OA-94 -10"), (60, 30, 0, 10, True)),
        (unbundled("CO-45 60, OA-94 10", "OA-94 -30"), (60, 30, 0, 10, True)),
        # A bundle: its lines have charges, and what one takes over the other gave up.
        (
            clp(
                "A",
                200,
                120,
                service_lines=(line("X", 100, 120, "OA-94 -100, CO-45 80"), line("Y", 100, 0, "CO-97 100")),
            ),
            (120, 80, 0, 0, False),
        ),
        # More is taken over than was written off, or something else is open too, or nothing is taken over in sum.
        (clp("A", 100, 110, "CO-45 20, OA-94 -30"), (110, 20, 0, -30, False)),
        (clp("A", 100, 60, "CO-45 60, OA-94 -30, CO-50 10"), (60, 60, 0, -20, False)),
        (clp("A", 100, 60, "CO-45 40, OA-94 5, OA-94 -5"), (60, 40, 0, 0, False)),
        (clp("A", 100, 60, "CO-45 39.5, OA-94 0.5"), (60, "39.5", 0, "0.5", False)),
    ],
)
def test_the_first_payer_posts_payment_listed_pairs_and_the_patients_share(claim, posted):
    found = first_payer(claim, PaymentClass.PAID, contractual=CO45)
    *values, netted = posted
    assert (found.paid, found.contractual, found.patient, found.in_review) == amounts(*values)
    assert (found.state, found.class_, found.netted) == ("posted", "paid", netted)
    assert claim.charge == found.paid + found.contractual + found.patient + found.in_review


def test_what_is_kept_of_an_answer_is_what_it_moved(desk: Desk):
    desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 50, "CO-45 20, CO-50 25, PR-1 5")))
    assert kept(desk) == [("posted", "paid", "50", "20", "5", "25")]


def test_a_claim_that_was_released_unexplained_moves_its_payment_only(desk: Desk):
    """What a person let pass although it does not add up is paid, and nothing of it is written off."""
    claim = desk.claim("PCN1", 100)
    item = remittance(clp("PCN1", 100, 60, "CO-45 39"))
    assert desk.post(item, released=True).claims == {"posted": 1}
    assert books(desk, claim) == amounts(60, 0, 0, 40)
    assert kept(desk) == [("posted", "paid", "60", "0", "0", "40")]


@pytest.mark.parametrize(
    ("answer", "row"),
    [
        # What it moves is taken off what the first answer left open; nothing else of it counts, so it is not settled.
        (clp("PCN1", 100, 60, "CO-50 40"), ("posted", "paid", "60", "0", "0", "-60")),
        (clp("PCN1", 100, 0, "PR-1 100"), ("posted", "review", "0", "0", "0", "0")),
    ],
)
def test_a_second_answer_that_a_person_places_moves_its_payment_only(
    desk: Desk, answer: RemittanceClaim, row
):
    claim = desk.claim("PCN1", 100)
    handling = "I" if answer.paid else "H"
    desk.post(remittance(answer, trace_number="T1", handling=handling))
    desk.post(remittance(replace(answer, payer_control_number="ICN2"), trace_number="T2", handling=handling))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert kept(desk)[1] == row


def test_what_moves_its_payment_only_says_so_of_itself(desk: Desk):
    """The mark keeps every adjustment and every line of it out of the books, and tells the billing system so."""
    desk.claim("PCN1", 100)
    unexplained = clp("PCN1", 100, 60, service_lines=(line("99213", 100, 60, "CO-45 30, PR-1 9"),))
    assert decided(desk, remittance(unexplained)) == Decision(
        state="posted", class_=PaymentClass.PAID, paid=money(60), in_review=money(40), money_only=True
    )


# ---- said before ---------------------------------------------------------------------------------------------------


def test_more_than_was_billed_waits(desk: Desk):
    """4.13: what the parts of a split come to in sum is the charge, and not a cent more."""
    claim = desk.claim("PCN1", 100)
    parts = (clp("PCN1", 60, 60, control="A"), clp("PCN1", 40, 40, control="B"))
    assert desk.told(remittance(*parts, trace_number="T1")) == []
    assert books(desk, claim) == amounts(100, 0, 0, 0)
    more = (clp("PCN1", 60, 0, "PR-1 60", control="C"), clp("PCN1", 40, 0, "CO-45 40", control="D"))
    reason = "this payer's answer on the claim is posted already, and was not reversed"
    assert desk.told(remittance(*more, trace_number="T2")) == [reason, reason]
    assert books(desk, claim) == amounts(100, 0, 0, 0)


def test_an_answer_to_a_higher_charge_than_the_answered_version_billed_waits(desk: Desk):
    """The parts are those of the claim by their sum; one that alone is dearer than what was sent is not believed."""
    claim = desk.claim("PCN1", 100)
    parts = (clp("PCN1", 130, 130, control="A"), clp("PCN1", -30, -30, control="B"))
    assert desk.told(remittance(*parts)) == [
        "the answer is about a higher charge than was billed",
        "a negative charge or payment outside a reversal",
    ]
    assert books(desk, claim) == amounts(0, 0, 0, 100)


DENIED = clp("PCN1", 100, 0, "CO-16 100", control="ICN1")


@pytest.mark.parametrize(
    "another",
    [
        replace(DENIED, payer_control_number="ICN2"),
        replace(DENIED, status_code="4"),
        clp("PCN1", 100, 60, "CO-45 40", control="ICN1"),
    ],
)
def test_a_denial_is_final_only_word_for_word(desk: Desk, another: RemittanceClaim):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(DENIED, trace_number="T1"))
    first = kept_ids(desk)[0]
    assert desk.told(remittance(DENIED, trace_number="T2")) == [
        f"the payer gave the same answer before, in {first}"
    ]
    assert desk.told(remittance(another, trace_number="T3")) == []
    assert books(desk, claim)[0] == another.paid


def kept_ids(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        return list(tx.execute(select(claim_payment.c.remittance).order_by(text("rowid"))).scalars())


def test_the_same_denial_of_two_payers_is_two_answers(desk: Desk):
    desk.claim("PCN1", 100)
    assert desk.told(remittance(DENIED)) == []
    assert desk.told(other_payer(replace(DENIED, status_code="4"))) == []
    assert [row[:2] for row in kept(desk)] == [("posted", "denied")] * 2


# ---- reversals -----------------------------------------------------------------------------------------------------

PAID = clp("PCN1", 150, 100, "CO-45 20, CO-045 10, PR-2 20", control="ICN1")
BACK = clp("PCN1", -150, -100, "CO-45 -30, PR-02 -20, OA-23 5, OA-23 -5", control="ICN1", status="22")
REST = clp("PCN9", 500, 500, control="ICN9")
NOT_HERE = "the payment that this reverses was not posted here, or is reversed already"
NOT_THOSE = "the amounts are not those of the payment that this reverses"


def test_a_reversal_takes_back_what_its_payment_moved(desk: Desk):
    """4.9: compared by sums of group and reason, however the code is spelt; what comes to nothing is no difference."""
    claim = desk.claim("PCN1", 150)
    desk.claim("PCN9", 500)
    assert desk.told(remittance(PAID, trace_number="T1")) == []
    assert books(desk, claim) == amounts(100, 30, 20, 0)
    assert desk.told(remittance(BACK, REST, trace_number="T2")) == []
    assert books(desk, claim) == amounts(0, 0, 0, 150)
    assert kept(desk)[:2] == [
        ("posted", "paid", "100", "30", "20", "0"),
        ("posted", "reversal", "-100", "-30", "-20", "0"),
    ]
    assert desk.told(remittance(BACK, REST, trace_number="T3"))[0] == NOT_HERE


@pytest.mark.parametrize(
    ("reversal", "doubt"),
    [
        (replace(BACK, payer_control_number="ICN2"), NOT_HERE),
        (clp("PCN1", -149, -100, "CO-45 -29, PR-2 -20", status="22"), NOT_THOSE),
        (clp("PCN1", -150, -99, "CO-45 -31, PR-2 -20", status="22"), NOT_THOSE),
        (clp("PCN1", -150, -100, "CO-45 -29, PR-2 -21", status="22"), NOT_THOSE),
        (clp("PCN1", -150, -100, "CO-45 -30, PR-1 -20", status="22"), NOT_THOSE),
        (clp("PCN1", -150, -100, "PI-45 -30, PR-2 -20", status="22"), NOT_THOSE),
        # Neither the charge nor the payment alone is enough.
        (clp("PCN1", -150, -120, "CO-45 -30", status="22"), NOT_THOSE),
        (clp("PCN1", -120, -100, "PR-2 -20", status="22"), NOT_THOSE),
    ],
)
def test_a_reversal_of_something_else_waits(desk: Desk, reversal: RemittanceClaim, doubt: str):
    claim = desk.claim("PCN1", 150)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    assert desk.told(remittance(reversal, REST, trace_number="T2")) == [doubt]
    assert books(desk, claim) == amounts(100, 30, 20, 0)


@pytest.mark.parametrize(
    ("back", "doubt"),
    [
        # The very payment, by number and amounts: a payer may have taken over what the first one had begun. A person looks.
        (BACK, "it takes back what was paid under another payer's name"),
        (replace(BACK, payer_control_number="ICN2"), NOT_HERE),
        (clp("PCN1", -150, -100, "CO-45 -50", control="ICN1", status="22"), NOT_HERE),
        (clp("PCN1", -150, -120, "CO-45 -30", control="ICN1", status="22"), NOT_HERE),
        (clp("PCN1", -120, -100, "PR-2 -20", control="ICN1", status="22"), NOT_HERE),
    ],
)
def test_another_payers_reversal_undoes_nothing_of_the_first(desk: Desk, back: RemittanceClaim, doubt: str):
    claim = desk.claim("PCN1", 150)
    desk.post(remittance(PAID, trace_number="T1"))
    assert desk.told(other_payer(back, clp("PCN8", 500, 500)))[0] == doubt
    assert books(desk, claim) == amounts(100, 30, 20, 0)


def test_of_two_equal_payments_the_newest_is_reversed(desk: Desk):
    """A second payment that a person put on the claim moved money only: taking it back leaves the first as it was."""
    claim = desk.claim("PCN1", 150)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    desk.post(remittance(PAID, trace_number="T2"))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert books(desk, claim) == amounts(200, 30, 20, -100)
    assert desk.told(remittance(BACK, REST, trace_number="T3")) == []
    assert books(desk, claim) == amounts(100, 30, 20, 0)


def test_a_reversal_takes_back_what_was_in_review(desk: Desk):
    claim = desk.claim("PCN1", 150)
    desk.claim("PCN9", 500)
    desk.post(remittance(clp("PCN1", 150, 100, "CO-50 50"), trace_number="T1"))
    back = clp("PCN1", -150, -100, "CO-50 -50", status="22")
    desk.post(remittance(back, REST, trace_number="T2"))
    assert kept(desk)[:2] == [
        ("posted", "paid", "100", "0", "0", "50"),
        ("posted", "reversal", "-100", "0", "0", "-50"),
    ]
    assert books(desk, claim) == amounts(0, 0, 0, 150)


def test_a_reversal_is_decided_as_the_very_opposite_of_what_it_undoes(desk: Desk):
    desk.claim("PCN1", 150)
    desk.post(remittance(clp("PCN1", 150, 100, "CO-45 20, CO-50 10, PR-2 20"), trace_number="T1"))
    back = clp("PCN1", -150, -100, "CO-45 -20, CO-50 -10, PR-2 -20", status="22")
    found = decided(desk, remittance(back, trace_number="T2"))
    assert (found.state, found.class_) == ("posted", PaymentClass.REVERSAL)
    moved = (found.paid, found.contractual, found.patient, found.in_review)
    assert moved == amounts(-100, -20, -20, -10)
    assert found.undone is not None
    assert (found.reverses, found.undone.paid) == (found.undone.id, money(100))


def test_a_4010_reversal_says_its_adjustments_in_a_group_of_its_own(desk: Desk):
    claim = desk.claim("PCN1", 150)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    back = clp("PCN1", -150, -100, "CR-45 -45, CR-2 -5", control="ICN1", status="22")
    assert desk.told(remittance(back, REST, trace_number="T2")) == []
    assert books(desk, claim) == amounts(0, 0, 0, 150)


def test_a_reversal_that_a_person_places_may_have_a_number_of_its_own(desk: Desk):
    claim = desk.claim("PCN1", 150)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    back = replace(BACK, payer_control_number="ICN7")
    assert desk.told(remittance(back, REST, trace_number="T2")) == [NOT_HERE]
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    desk.match(waiting.id, claim)
    assert books(desk, claim) == amounts(0, 0, 0, 150)
    assert kept(desk)[1][:2] == ("posted", "reversal")


# ---- who comes first -----------------------------------------------------------------------------------------------

FIRST = clp("PCN1", 200, 100, "CO-45 55, PR-3 45", control="P1")


def test_the_payer_we_sent_to_waits_where_another_was_believed_to_be_the_first(desk: Desk):
    claim = desk.claim("PCN1", 200)
    assert desk.told(other_payer(replace(FIRST, payer_control_number="X1"))) == []
    reason = "another payer's answer was posted before the first payer's"
    assert desk.told(remittance(FIRST)) == [reason]
    assert books(desk, claim) == amounts(100, 55, 45, 0)


def test_an_answer_that_moved_nothing_takes_nobodys_place_in_line(desk: Desk):
    """Another payer refused the claim as none of its own; the one that we sent it to is the first still."""
    claim = desk.claim("PCN1", 200)
    assert desk.told(other_payer(clp("PCN1", 200, 0, "CO-50 200", status="4", control="X1"))) == []
    assert desk.told(remittance(FIRST)) == []
    assert books(desk, claim) == amounts(100, 55, 45, 0)


@pytest.mark.parametrize("refused", [True, False])
def test_the_parts_of_an_answer_are_the_first_payers_whatever_it_refused_before(desk: Desk, refused: bool):
    """Who came first with money is asked of the parts before, and a refusal without any does not hide them."""
    claim = desk.claim("PCN1", 200)
    if refused:
        assert desk.told(other_payer(clp("PCN1", 200, 0, "CO-16 200", status="4", control="X0"))) == []
    parts = (
        clp("PCN1", 120, 60, "CO-45 35, PR-3 25", control="A"),
        clp("PCN1", 80, 40, "CO-45 20, PR-3 20", status="2", control="B"),
    )
    assert desk.told(other_payer(*parts, trace="S2")) == []
    assert books(desk, claim) == amounts(100, 55, 45, 0)


@pytest.mark.parametrize(
    ("one", "another", "reason"),
    [
        (other_payer, remittance, "another payer's answer was posted before the first payer's"),
        (remittance, other_payer, "two different payers answer as the first"),
    ],
)
def test_who_is_the_first_is_asked_of_a_part_of_an_answer_too(desk: Desk, one, another, reason: str):
    """A biller is told to find out who comes first; waiting for the other part would not help her."""
    desk.claim("PCN1", 200)
    desk.claim("PCN9", 500)
    parts = (
        clp("PCN1", 120, 60, "CO-45 35, PR-3 25", control="A"),
        clp("PCN1", 80, 40, "CO-45 20, PR-3 20", control="B"),
    )
    desk.post(one(*parts))
    back = clp("PCN1", -80, -40, "CO-45 -20, PR-3 -20", control="B", status="22")
    assert desk.told(replace(one(back, REST), trace_number="T2")) == []
    assert desk.told(another(replace(FIRST, payer_control_number="X1"))) == [reason]


def test_who_counts_on_nobody_writes_off_what_the_first_would(desk: Desk):
    claim = desk.claim("PCN1", 200)
    assert desk.told(other_payer(clp("PCN1", 200, 35, "CO-45 55, CO-50 100, PR-3 10", status="4"))) == []
    assert books(desk, claim) == amounts(35, 55, 10, 100)


@pytest.mark.parametrize("status", ["1", "2", "21"])
def test_the_payer_that_we_sent_to_is_the_first_whatever_it_calls_itself(desk: Desk, status: str):
    claim = desk.claim("PCN1", 200)
    assert desk.told(remittance(clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status=status))) == []
    assert books(desk, claim) == amounts(35, 0, 10, 155)


@pytest.mark.parametrize("status", ["1", "19"])
def test_two_that_answer_as_the_first_wait_for_a_person(desk: Desk, status: str):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(FIRST))
    second = clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status=status)
    assert desk.told(other_payer(second)) == ["two different payers answer as the first"]
    assert books(desk, claim) == amounts(100, 55, 45, 0)


@pytest.mark.parametrize(
    ("answer", "ids", "waits"),
    [
        (clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="4"), True, True),
        (clp("PCN1", 200, 35, "OA-023 155, PR-3 10", status="2"), False, True),
        (clp("PCN1", 200, 35, "PI-23 155, PR-3 10", status="2"), True, True),
        (clp("PCN1", 200, 35, "CO-45 155, PR-3 10", status="21"), True, True),
        # What counts on another payer is OA-23, and neither the group nor the reason alone.
        (clp("PCN1", 200, 35, "OA-18 155, PR-3 10", status="4"), True, False),
        (clp("PCN1", 200, 35, "PI-23 155, PR-3 10", status="4"), True, False),
        # Who answers as the first is believed, whatever it says of others.
        (clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="1"), True, False),
        # Some payers call themselves the next always: who names no id of its own is believed to be the one we sent to.
        (clp("PCN1", 200, 35, "CO-45 155, PR-3 10", status="3"), False, False),
        # A denial by somebody else counts on nobody.
        (clp("PCN1", 200, 0, "CO-50 190, PR-3 10", status="4"), True, False),
        (clp("PCN1", 200, 35, "PI-23 155, PR-3 10", status="1"), True, False),
    ],
)
def test_an_answer_that_counts_on_another_waits_for_that_one(desk: Desk, answer, ids: bool, waits: bool):
    desk.claim("PCN1", 200)
    reason = "it counts on a payment of another payer that was not posted yet"
    assert desk.told(other_payer(answer, ids=ids)) == ([reason] if waits else [])


def test_after_the_first_payers_answer_was_reversed_the_next_one_waits(desk: Desk):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(FIRST, trace_number="T1"))
    back = clp("PCN1", -200, -100, "CO-45 -55, PR-3 -45", control="P1", status="22")
    desk.post(remittance(back, REST, trace_number="T2"))
    reason = "the first payer's answer was reversed, and nothing is posted in its place"
    second = clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="S1")
    assert desk.told(other_payer(second)) == [reason]
    # Its own corrected answer is the first still.
    corrected = clp("PCN1", 200, 90, "CO-45 60, PR-3 50", status="2", control="P2")
    assert desk.told(remittance(corrected, trace_number="T3")) == []
    assert books(desk, claim) == amounts(90, 60, 50, 0)


def test_the_first_payer_stays_the_first_when_it_corrects_what_it_said(desk: Desk):
    claim = desk.claim("PCN1", 200)
    second = clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="S1")
    desk.post(remittance(FIRST, trace_number="T1"))
    desk.post(other_payer(second))
    assert books(desk, claim) == amounts(135, 55, 10, 0)
    back = clp("PCN1", -200, -100, "CO-45 -55, PR-3 -45", control="P1", status="22")
    corrected = clp("PCN1", 200, 110, "CO-45 55, PR-3 35", control="P2")
    assert desk.told(remittance(back, corrected, REST, trace_number="T2")) == [
        "no claim of ours has this number, payer claim number, or member, dates and charge"
    ]
    assert books(desk, claim) == amounts(145, 55, 0, 0)


SENT_ON = clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="S1")
EARLY = "it counts on a payment of another payer that was not posted yet"


def sent_to_both(desk: Desk, *, state: str = "sent") -> str:
    """Send a claim to its first payer, and to the next one too."""
    claim = desk.claim("PCN1", 200, state=state)
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    desk.submit(claim, version, payer="99999", sequence="S")
    return claim


def test_the_next_payer_that_we_sent_to_waits_for_the_first(desk: Desk):
    claim = sent_to_both(desk)
    assert desk.told(other_payer(SENT_ON)) == [EARLY]
    assert desk.told(remittance(FIRST)) == []
    assert books(desk, claim) == amounts(100, 55, 45, 0)
    (waiting,) = in_suspense(desk)
    desk.match(waiting, claim)
    assert books(desk, claim) == amounts(135, 55, 10, 0)


def answered_in_part(desk: Desk) -> str:
    """Send a claim to both, and leave of the first one's answer one part of two."""
    claim = sent_to_both(desk)
    desk.claim("PCN9", 500)
    parts = (
        clp("PCN1", 120, 60, "CO-45 35, PR-3 25", control="A"),
        clp("PCN1", 80, 40, "CO-45 20, PR-3 20", control="B"),
    )
    desk.post(remittance(*parts, trace_number="T1"))
    assert books(desk, claim) == amounts(100, 55, 45, 0)
    back = clp("PCN1", -80, -40, "CO-45 -20, PR-3 -20", control="B", status="22")
    assert desk.told(remittance(back, REST, trace_number="T2")) == []
    return claim


def test_the_next_payer_waits_for_all_parts_of_the_first_ones_answer(desk: Desk):
    answered_in_part(desk)
    assert desk.told(other_payer(SENT_ON)) == [EARLY]


def test_the_next_payer_does_not_wait_for_one_that_turned_the_claim_away(desk: Desk):
    claim = sent_to_both(desk, state="payer_rejected")
    assert desk.told(other_payer(SENT_ON)) == []
    assert books(desk, claim) == amounts(35, 0, 10, 155)


def test_the_next_payer_posts_once_the_first_has_answered_the_whole_claim(desk: Desk):
    claim = sent_to_both(desk)
    desk.post(remittance(FIRST))
    assert desk.told(other_payer(SENT_ON)) == []
    assert books(desk, claim) == amounts(135, 55, 10, 0)


PAPER = Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="99999"),))
ANSWERED = "what we sent this payer was answered already, by another payer or by it under another name"


@pytest.mark.parametrize(
    ("again", "twice"),
    [
        # Once more on paper, under another key, and about another amount: its place in line tells that it was answered.
        (clp("PCN1", 200, 30, "OA-23 160, PR-3 10", status="2", control="S2"), True),
        # Another place in line is another answer.
        (clp("PCN1", 200, 10, "OA-23 190", status="3", control="S2"), False),
        # The first payer's answer in that place was to what we sent that one.
        (clp("PCN1", 200, 10, "OA-23 190", status="1", control="S2"), False),
    ],
)
def test_what_was_sent_to_the_next_payer_is_answered_once_whatever_it_calls_itself(
    desk: Desk, again: RemittanceClaim, twice: bool
):
    claim = sent_to_both(desk)
    desk.post(remittance(FIRST))
    desk.post(other_payer(SENT_ON))
    assert desk.told(third_payer(again)) == ([ANSWERED] if twice else [])
    assert books(desk, claim) == (amounts(135, 55, 10, 0) if twice else amounts(145, 55, 0, 0))


def third_payer(answer: RemittanceClaim) -> Remittance:
    """Say an answer about what the second payer was sent, by a payer of another key."""
    return remittance(answer, payer=PAPER, originator="1888888888", trace_number="S2")


THIRD = clp("PCN1", 200, 5, "OA-23 190, PR-3 5", status="3", control="X1")


def test_what_a_later_payer_answered_completes_nothing_of_the_first_ones_answer(desk: Desk):
    """Of the first answer one part is here; another payer's, put on the claim by a person, is no part of it."""
    claim = answered_in_part(desk)
    assert desk.told(other_payer(SENT_ON)) == [EARLY]
    (waiting,) = in_suspense(desk)
    desk.match(waiting, claim)
    assert desk.told(third_payer(THIRD)) == [EARLY]


def test_nobody_waits_for_a_first_payer_that_turned_the_claim_away(desk: Desk):
    claim = sent_to_both(desk, state="payer_rejected")
    desk.post(other_payer(SENT_ON))
    assert desk.told(third_payer(THIRD)) == []
    assert books(desk, claim) == amounts(40, 0, 5, 155)


def in_suspense(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        return [one.id for one in claim_payments.in_suspense(tx)]


# ---- rule ERA-SEC --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "account", "review"),
    [
        # (paid, adjusted, patient, open) after both; what of the patient's 45 the second payer leaves is the question.
        (clp("PCN1", 200, 30, "OA-23 155, CO-45 5, PR-3 10", status="2"), (130, 60, 10, 0), "0"),
        (clp("PCN1", 200, 30, "OA-23 156, CO-45 4, PR-3 10", status="2"), (130, 55, 10, 5), "5"),
        (clp("PCN1", 200, 30, "OA-23 60, CO-45 100, PR-3 10", status="2"), (130, 60, 10, 0), "0"),
        (clp("PCN1", 200, 45, "OA-23 155", status="2"), (145, 55, 0, 0), "0"),
        (clp("PCN1", 200, "44.5", "OA-23 155.5", status="2"), ("144.5", 55, 0, "0.5"), "0.5"),
        (clp("PCN1", 200, 1, "OA-23 199", status="2"), (101, 55, 0, 44), "44"),
        (clp("PCN1", 200, 0, "OA-23 199, PR-3 1", status="2"), (100, 55, 1, 44), "44"),
        (clp("PCN1", 200, 0, "OA-23 155, PR-3 45", status="2"), (100, 55, 45, 0), "0"),
        # It pays nothing and names no share of the patient: it changes nothing, whatever it would write off.
        (clp("PCN1", 200, 0, "OA-23 155, CO-45 45", status="2"), (100, 55, 45, 0), "0"),
    ],
)
def test_a_later_payer_leaves_no_more_to_write_off_than_is_left(desk: Desk, answer, account, review: str):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(FIRST))
    assert desk.told(other_payer(replace(answer, payer_control_number="S1"))) == []
    assert books(desk, claim) == amounts(*account)
    state, _, paid, *_, in_review = kept(desk)[-1]
    assert (state, money(paid), in_review) == ("posted", answer.paid, review)


@pytest.mark.parametrize(
    ("answer", "posted"),
    [
        (clp("PCN1", 200, 30, "OA-23 155, CO-45 5, PR-3 10", status="2"), (30, 5, -35, 0)),
        (clp("PCN1", 200, 0, "OA-23 155, CO-45 45", status="2"), (0, 0, 0, 0)),
    ],
)
def test_a_later_payers_answer_is_marked_as_one(desk: Desk, answer: RemittanceClaim, posted):
    """By the mark its lines write nothing off by themselves, and its number is not taken for the first payer's."""
    desk.claim("PCN1", 200)
    desk.post(remittance(FIRST))
    found = decided(desk, other_payer(answer))
    assert (found.state, found.later_payer) == ("posted", True)
    assert (found.paid, found.contractual, found.patient, found.in_review) == amounts(*posted)


@pytest.mark.parametrize("paid", ["45.01", "46"])
def test_a_later_payer_that_pays_more_than_was_left_waits(desk: Desk, paid: str):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(FIRST))
    answer = clp("PCN1", 200, paid, f"OA-23 {200 - money(paid)}", status="2", control="S1")
    assert desk.told(other_payer(answer)) == [
        "with this payment more would be paid than was left of the charge"
    ]
    assert books(desk, claim) == amounts(100, 55, 45, 0)


# ---- more than one version -----------------------------------------------------------------------------------------


def replaced(desk: Desk, claim_id: str, charge: Any, frequency: str) -> None:
    with desk.store.write("intake") as tx:
        content = claims.content(tx, claims.get(tx, claim_id).version_id)
        services = tuple(replace(one, charge=money(charge)) for one in content.service_lines)
        version = claims.new_version(
            tx, claim_id, replace(content, charge=money(charge), service_lines=services)
        )
        tx.audit(subject=claim_id)
    desk.submit(claim_id, version, frequency=frequency)


def test_an_answer_is_measured_by_what_the_answered_version_billed(desk: Desk):
    """The replacement bills less; the payer's answer to the original is no answer to a higher charge than was billed."""
    claim = desk.claim("PCN1", 120)
    replaced(desk, claim, 100, "7")
    assert desk.account(claim)["charge"] == money(100)
    assert desk.told(remittance(clp("PCN1", 120, 90, "CO-45 30"))) == []
    assert books(desk, claim) == amounts(90, 30, 0, -20)


def test_a_payment_for_the_void_itself_waits(desk: Desk):
    claim = desk.claim("PCN1", 120)
    replaced(desk, claim, 120, "8")
    assert desk.told(remittance(clp("PCN1", 120, 90, "CO-45 30", frequency="8"))) == [
        "the claim was voided, and the payer answers otherwise than by a reversal"
    ]
    assert books(desk, claim)[0] == 0
