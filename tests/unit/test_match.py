"""Whose payment it is (domain.md 4.12): each step, each confirmation, each doubt, at its border."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway.model.lifecycle import SubmissionState
from gateway.model.remittance import Party, Remittance, RemittanceClaim, RemittanceReference
from gateway.responses.match import agreeing, choose, find, speaker
from gateway.responses.worksheet import Worksheet
from gateway.settings import Settings
from gateway.store import claim_payments, submissions
from gateway.store.archive import Archive
from gateway.store.candidates import Candidate
from gateway.store.db import Store
from gateway.store.schema import claim_payment
from tests.desk import DAY, Desk, clp, line, money, remittance, service
from tests.sites import settings_of

ROE = {"patient_last_name": "ROE", "patient_first_name": "RICHARD"}
POE = {"patient_last_name": "POE", "patient_first_name": "PAULA"}
UNKNOWN = "no claim of ours has this number, payer claim number, or member, dates and charge"
TOO_LITTLE = "a claim with a similar number exists, but too little agrees with it"
SOMEBODY_ELSE = "patient and dates are not those of the claim with this number"
ANOTHER_PATIENT = "the patient, by name and member id, is not that of the claim with this number"
ANOTHER_CHARGE = "the charge is not the one we billed, and the claim was not split"


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def last(desk: Desk) -> tuple[Any, ...]:
    """Return state, claim, submission and step of the claim payment that was kept last."""
    c = claim_payment.c
    with desk.store.read() as tx:
        query = select(c.state, c.claim, c.submission, c.how).order_by(text("rowid"))
        return tuple(tx.execute(query).all()[-1])


def found(desk: Desk, *answers: RemittanceClaim, **more: Any) -> tuple[str | None, str | None, list[str]]:
    """Post *answers* and return the claim and the step of the last one, and all doubts."""
    doubts = desk.told(remittance(*answers, **more))
    _, claim, _, how = last(desk)
    return claim, how, doubts


# ---- who speaks ----------------------------------------------------------------------------------------------------


def test_a_payer_is_known_by_its_id_and_its_ids_of_the_national_kinds():
    references = [
        RemittanceReference(qualifier=q, id=i)
        for q, i in (("2U", "60 054"), ("NF", "n-77"), ("HI", "H1"), ("EO", "E1"))
    ]
    payer = Party(name="EXAMPLE HEALTH PLAN", id="p.1", references=tuple(references))
    said = speaker(remittance(payer=payer), "north")
    assert (said.partner, said.payer_ids) == ("north", {"60054", "N77", "H1", "P1"})


def test_a_split_is_told_by_the_payers_own_numbers():
    """Parts have numbers of their own; what is reversed in between is no part."""
    item = remittance(
        clp("A", 60, 60, control="1"), clp(" A ", 40, 40, control="2"), clp("A", -100, -100, status="22", control="0"),
        clp("B", 60, 60, control="3"), clp("B", 40, 40, control="3"),
        clp("C", 100, 100, control="4"),
        clp("D", 1, 1, control="5"), clp("D", 2, 2, control="6"), clp("D", 3, 3, control="7"),
    )  # fmt: skip
    assert speaker(item, "north").split_charge == {"A": money(100), "D": money(6)}


# ---- by the number -------------------------------------------------------------------------------------------------


def test_the_number_and_nothing_against_it(desk: Desk):
    claim = desk.claim("PCN1", 100)
    assert found(desk, clp(" PCN1 ", 100, 60, "CO-45 40")) == (claim, "number", [])


@pytest.mark.parametrize(
    "answers",
    [
        [clp("PCN1", 90, 90)],
        [clp("PCN1", "99.99", "99.99")],
        [clp("PCN1", 60, 60, control="A"), clp("PCN1", 30, 30, control="B")],
        [clp("PCN1", 60, 60, control="A"), clp("PCN1", 40, 40, control="A")],
        [clp("PCN1", 60, 60, control="A"), clp("PCN1", 41, 41, control="B")],
    ],
)
def test_another_charge_waits_with_its_claim_proposed(desk: Desk, answers: list[RemittanceClaim]):
    """TRAP-98, TRAP-96: parts with numbers of their own come to the charge in sum, or they are no parts."""
    claim = desk.claim("PCN1", 100)
    assert found(desk, *answers) == (claim, None, [ANOTHER_CHARGE] * len(answers))
    assert desk.account(claim)["paid"] == 0


@pytest.mark.parametrize(
    ("more", "doubts"),
    [
        # One fact alone may be a slip of the payer's; of two or three one must agree.
        (POE, []),
        ({"member_id": "OTHER9"}, []),
        ({"statement_from": date(2019, 5, 1)}, []),
        ({**POE, "member_id": "OTHER9"}, [SOMEBODY_ELSE]),
        ({**POE, "statement_from": date(2019, 5, 1)}, [SOMEBODY_ELSE]),
        ({"member_id": "OTHER9", "statement_from": date(2019, 5, 1)}, [SOMEBODY_ELSE]),
        ({**POE, "member_id": "OTHER9", "statement_from": date(2019, 5, 1)}, [SOMEBODY_ELSE]),
        ({**POE, "member_id": "mbr-000111", "statement_from": date(2019, 5, 1)}, []),
        ({**ROE, "member_id": "OTHER9", "statement_from": date(2019, 5, 1)}, []),
        # Name and member id together are the patient, whatever the days.
        ({**POE, "member_id": "OTHER9", "statement_from": DAY}, [ANOTHER_PATIENT]),
        ({**POE, "statement_from": DAY}, []),
        ({"member_id": "OTHER9", "statement_from": DAY}, []),
        ({**ROE, "member_id": "OTHER9", "statement_from": DAY}, []),
    ],
)
def test_a_number_is_doubted_when_everything_else_contradicts_it(desk: Desk, more, doubts: list[str]):
    claim = desk.claim("PCN1", 100)
    assert found(desk, clp("PCN1", 100, 60, "CO-45 40", **more)) == (
        claim,
        None if doubts else "number",
        doubts,
    )


def test_parts_that_come_to_the_charge_are_the_claims(desk: Desk):
    claim = desk.claim("PCN1", 100)
    parts = (clp("PCN1", 60, 60, control="A"), clp("PCN1", 40, 0, "PR-1 40", control="B"))
    assert found(desk, *parts) == (claim, "number", [])
    assert desk.account(claim)["open"] == 0


def test_a_claim_that_was_sent_without_a_day_has_none_to_contradict(desk: Desk):
    claim = desk.claim("PCN1", 100, services=[service("99213", 100, service_date=None)])
    answer = clp("PCN1", 100, 60, "CO-45 40", statement_from=date(2019, 5, 1), **POE)
    assert found(desk, answer) == (claim, "number", [])


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "respect",
    [
        ({"state": "clearinghouse_rejected"}, {}),
        ({"partner": "south"}, {}),
        ({"payer": "87726"}, {}),
        ({"name": ("POE", "PAULA")}, ROE),
    ],
)
def test_of_several_with_the_number_the_one_that_fits_better(desk: Desk, respect, first: bool):
    """In one respect only, and whichever of the two was sent first: alive, partner, payer, or two facts that agree."""
    other, said = respect
    made = [desk.claim("PCN1", 100, **(other if n == first else {})) for n in (True, False)]
    right = made[1] if first else made[0]
    assert found(desk, clp("PCN1", 100, 60, "CO-45 40", **said)) == (right, "number", [])


@pytest.mark.parametrize("several", [2, 3])
def test_several_that_fit_alike_are_a_persons_choice(desk: Desk, several: int):
    for _ in range(several):
        desk.claim("PCN1", 100)
    doubts = [f"{several} claims carry this patient control number"]
    assert found(desk, clp("PCN1", 100, 60, "CO-45 40", **ROE)) == (None, None, doubts)


def test_a_claim_that_was_rejected_or_never_billed_has_nothing_to_pay(desk: Desk):
    desk.provable = False  # a claim that went out unbilled is a fault of its own
    rejected = desk.claim("PCN1", 100, state="payer_rejected")
    reason = "the claim was rejected before adjudication, and yet a payer speaks of it"
    assert found(desk, clp("PCN1", 100, 60, "CO-45 40"), trace_number="T1") == (rejected, None, [reason])
    unbilled = desk.claim("PCN2", 100, billed=False)
    reason = "the claim was never billed, so nothing is receivable on it"
    assert found(desk, clp("PCN2", 100, 60, "CO-45 40"), trace_number="T2") == (unbilled, None, [reason])


@pytest.mark.parametrize(
    ("sent", "answer", "how"),
    [
        ({}, clp("PCN1", 90, 0, "CO-50 90", status="25"), "number"),
        ({}, clp("PCN1", 100, 0, "CO-50 100", status="25", member_id="X", **POE), "number"),
        ({"state": "payer_rejected"}, clp("PCN1", 100, 0, "CO-50 100", status="25"), "number"),
        ({"billed": False}, clp("PCN1", 100, 0, "CO-50 100", status="25"), "number"),
        ({}, clp("PCN-1", 100, 0, "CO-50 100", status="25", **ROE), "loose_number"),
        ({"state": "payer_rejected"}, clp("PCN-1", 100, 0, "CO-50 100", status="25", **ROE), "loose_number"),
        ({}, clp("PCN-1", 90, 0, "CO-50 90", status="25"), None),
    ],
)
def test_what_is_only_noted_keeps_the_step_and_in_doubt_no_claim(desk: Desk, sent, answer, how):
    desk.provable = sent.get("billed", True)  # a claim that went out unbilled is a fault of its own
    claim = desk.claim("PCN1", 100, **sent)
    desk.post(remittance(answer, handling="H"))
    certain = how == "loose_number" and not sent
    assert last(desk)[:2] == ("noted", claim if certain else None)
    assert last(desk)[3] == how


def test_where_the_payee_is_not_known_nothing_speaks_against_it(desk: Desk):
    claim = desk.claim("PCN1", 100)
    answer = clp("PCN1", 100, 60, "CO-45 40")
    with desk.store.read() as tx:
        sheet = Worksheet.of_remittance(tx, [answer], payer_key="EIN-1")
        match = find(sheet, answer, speaker(remittance(answer), "north"))
        assert (match.claim_id, match.how, match.doubt) == (claim, "number", None)
        assert match.sent is not None
        assert match.sent.patient_control_number == "PCN1"


@pytest.fixture
def house(store: Store, archive: Archive, tmp_path: Path) -> Desk:
    """A house of two clinics."""
    clinics = [
        {"name": "ROE CLINIC", "npi": "1098765435", "tax_id": "123456789"},
        {"name": "POE CLINIC", "npi": "1555123458", "tax_id": "987654321"},
    ]
    return Desk(store, settings_of(billing_entity=clinics), archive, tmp_path)


def test_what_is_paid_to_another_clinic_of_the_house_waits_with_its_claim_proposed(house: Desk):
    claim = house.claim("PCN1", 100)
    payee = Party(name="POE CLINIC", id_type="XX", id="1555123458")
    doubt = "it is paid to another of your billing entities than billed the claim"
    answer = clp("PCN1", 100, 60, "CO-45 40")
    assert found(house, answer, payee=payee, trace_number="T1") == (claim, None, [doubt])
    noted = remittance(
        clp("PCN1", 100, 0, "CO-50 100", status="25"), payee=payee, handling="H", trace_number="T2"
    )
    house.post(noted)
    assert last(house)[:2] == ("noted", None)
    assert last(house)[3] == "number"


def test_what_is_noted_of_several_claims_is_noted_of_none(desk: Desk):
    for number in ("PCN1", "PCN1", "0002", "002"):
        desk.claim(number, 100)
    desk.post(remittance(clp("PCN1", 100, 0, "CO-50 100", status="25"), handling="H", trace_number="T1"))
    assert (last(desk)[0], last(desk)[1], last(desk)[3]) == ("noted", None, "number")
    desk.post(remittance(clp("2", 100, 0, "CO-50 100", status="25", **ROE), handling="H", trace_number="T2"))
    assert (last(desk)[0], last(desk)[1], last(desk)[3]) == ("noted", None, "loose_number")


# ---- by something else ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "said", "certain"),
    [
        ({}, {"patient_last_name": "Roe", "patient_first_name": "r"}, True),
        ({}, {"patient_last_name": "R'OE", "patient_first_name": "ROBERT"}, True),
        ({}, {"patient_last_name": "ROE"}, True),
        ({"name": ("ROE", None)}, ROE, True),
        ({}, {"patient_last_name": "ROE", "patient_first_name": "IRIS"}, False),
        ({}, {"patient_last_name": "LOE", "patient_first_name": "RICHARD"}, False),
        ({}, {"patient_first_name": "RICHARD"}, False),
        ({}, {"member_id": " mbr.000111"}, True),
        ({}, {"member_id": "MBR000112"}, False),
        ({"member": None}, {"member_id": "MBR000111"}, False),
        ({}, {"statement_from": DAY}, True),
        ({}, {"statement_to": DAY}, True),
        ({}, {"statement_from": date(2024, 1, 1), "statement_to": date(2024, 1, 10)}, True),
        ({}, {"statement_from": date(2024, 1, 10), "statement_to": date(2024, 1, 31)}, True),
        ({}, {"statement_from": date(2024, 1, 1), "statement_to": date(2024, 1, 9)}, False),
        ({}, {"statement_from": date(2024, 1, 11), "statement_to": date(2024, 1, 31)}, False),
        ({}, {}, False),
    ],
)
def test_a_careless_number_needs_one_fact_beside_the_charge(desk: Desk, sent, said, certain: bool):
    """4.12 steps 2 and 3: two of charge, dates, name and member id."""
    claim = desk.claim("PCN-1", 100, **sent)
    expected = (claim, "loose_number", []) if certain else (claim, None, [TOO_LITTLE])
    assert found(desk, clp("pcn1", 100, 60, "CO-45 40", **said)) == expected


LONG = (service("99213", 60, service_date=DAY, service_date_to=date(2024, 1, 14)), service("87880", 40))


@pytest.mark.parametrize(
    ("days", "certain"),
    [
        (((date(2024, 1, 9), date(2024, 1, 11)),), True),
        (((date(2024, 1, 12), date(2024, 1, 20)),), True),
        (((date(2024, 1, 14), None),), True),
        (((date(2024, 1, 15), None),), False),
        (((date(2024, 1, 1), None), (date(2024, 1, 20), None)), True),
        (((date(2024, 1, 1), None), (date(2024, 1, 9), None)), False),
    ],
)
def test_days_agree_where_they_overlap_and_lines_say_them_better(desk: Desk, days, certain: bool):
    claim = desk.claim("PCN-1", 100, services=LONG)
    lines = tuple(
        line("X", 100 / len(days), 100 / len(days), service_date=a, service_date_to=b) for a, b in days
    )
    answer = clp("pcn1", 100, 100, service_lines=lines, statement_from=date(2019, 1, 1))
    assert found(desk, answer) == (claim, *(("loose_number", []) if certain else (None, [TOO_LITTLE])))


def test_two_facts_are_enough_without_the_charge_to_find_it_and_the_charge_is_asked_then(desk: Desk):
    claim = desk.claim("PCN-1", 100)
    parts = (
        clp("pcn1", 60, 60, control="A", member_id="MBR000111", **ROE),
        clp("pcn1", 40, 40, control="B", member_id="MBR000111", **ROE),
    )
    assert found(desk, *parts) == (claim, "loose_number", [])
    assert desk.account(claim)["open"] == 0


def test_the_payers_own_number_needs_two_facts_more(desk: Desk):
    claim = desk.claim("PCN1", 100)
    with desk.store.write("ack") as tx:
        submissions.keep_payer_control_number(tx, submissions.of_claim(tx, claim)[0].id, "ICN-77")
        tx.audit(subject=claim)
    alone = clp("0", 90, 90, control="ICN77", member_id="MBR000111")
    assert found(desk, alone, trace_number="T1") == (claim, None, [TOO_LITTLE])
    two = clp("0", 100, 60, "CO-45 40", control="ICN77", member_id="MBR000111")
    assert found(desk, two, trace_number="T2") == (claim, "payer_number", [])


def test_the_first_similar_claim_is_the_proposal(desk: Desk):
    similar, called = desk.claim("PCN-1", 100), desk.claim("ELSE", 100)
    with desk.store.write("ack") as tx:
        submissions.keep_payer_control_number(tx, submissions.of_claim(tx, called)[0].id, "ICN-77")
        tx.audit(subject=called)
    assert found(desk, clp("pcn1", 90, 90, control="ICN77")) == (similar, None, [TOO_LITTLE])


EVERYTHING = {**ROE, "member_id": "MBR000111", "statement_from": DAY}


def test_without_any_number_everything_must_agree(desk: Desk):
    """4.12 step 5."""
    claim = desk.claim("PCN1", 100)
    for n, missing in enumerate(("patient_last_name", "statement_from")):
        less = {k: v for k, v in EVERYTHING.items() if k != missing}
        assert found(desk, clp("0", 100, 60, "CO-45 40", **less), trace_number=f"T{n}")[2] == [TOO_LITTLE]
    other = clp("0", 100, 60, "CO-45 40", **{**EVERYTHING, "member_id": "X"})
    assert found(desk, other, trace_number="U") == (None, None, [UNKNOWN])
    assert found(desk, clp("0", 90, 90, **EVERYTHING), trace_number="V") == (None, None, [UNKNOWN])
    assert found(desk, clp("0", 100, 60, "CO-45 40", **EVERYTHING)) == (claim, "member", [])


@pytest.mark.parametrize("several", [2, 3])
def test_several_that_agree_in_everything_are_a_persons_choice(desk: Desk, several: int):
    for n in range(several):
        desk.claim(f"PCN{n}", 100)
    doubts = [f"{several} claims fit equally well (step member)"]
    assert found(desk, clp("0", 100, 60, "CO-45 40", **EVERYTHING)) == (None, None, doubts)


def test_of_two_similar_numbers_the_one_that_agrees(desk: Desk):
    desk.claim("PCN-1", 100, name=("POE", "PAULA"), member="MBR2")
    right = desk.claim("PCN.1", 100)
    assert found(desk, clp("PCN1", 100, 60, "CO-45 40", **ROE)) == (right, "loose_number", [])


def test_nobody_knows_it(desk: Desk):
    desk.claim("PCN1", 100)
    assert found(desk, clp("ZZZ9", 100, 60, "CO-45 40")) == (None, None, [UNKNOWN])
    assert found(desk, clp("0", 100, 60, "CO-45 40"), trace_number="T2") == (None, None, [UNKNOWN])


# ---- what a person said ---------------------------------------------------------------------------------------------


def matched_by_hand(desk: Desk, claim: str, answer: RemittanceClaim) -> None:
    posted = desk.post(remittance(answer, trace_number="HAND", handling="H" if not answer.paid else "I"))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.of_remittance(tx, posted.remittance_id)
    desk.match(waiting, claim)


DENIED = clp("ODD1", 100, 0, "CO-50 100", status="4", control="ICN1")


@pytest.mark.parametrize(
    ("answer", "certain"),
    [
        (clp("ODD1", 100, 60, "CO-45 40", control="ICN2", **ROE), True),
        (clp("ODD1", 100, 60, "CO-45 40", control="ICN2"), False),
        (clp("ODD1", 90, 60, "CO-45 30", control="ICN2", **ROE), False),
        (clp("ODD1", 100, 60, "CO-45 40", control="ICN2", **POE), False),
        (clp("ODD1", 100, 60, "CO-45 40", control="ICN2", member_id="X", **ROE), False),
    ],
)
def test_what_a_person_said_of_a_number_holds_where_nothing_speaks_against_it(desk: Desk, answer, certain):
    claim = desk.claim("PCN1", 100)
    matched_by_hand(desk, claim, DENIED)
    doubts = desk.told(remittance(answer, trace_number="T2"))
    assert doubts == ([] if certain else [UNKNOWN])
    assert last(desk)[1::2] == ((claim, "remembered") if certain else (None, None))


def test_a_reversal_is_remembered_without_a_fact_and_finds_its_payment_by_the_payers_number(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    paid = clp("ODD1", 100, 60, "CO-45 40", control="ICN1")
    matched_by_hand(desk, claim, paid)
    assert desk.account(claim)["paid"] == money(60)
    back = clp("ODD1", -100, -60, "CO-45 -40", control="ICN1", status="22")
    assert desk.told(remittance(back, clp("PCN9", 500, 500), trace_number="T2")) == []
    assert desk.account(claim)["paid"] == 0


def test_a_number_that_was_given_to_two_claims_is_remembered_for_none(desk: Desk):
    first, second = desk.claim("PCN1", 100), desk.claim("PCN2", 100)
    matched_by_hand(desk, first, DENIED)
    posted = desk.post(
        remittance(replace(DENIED, payer_control_number="ICN5"), trace_number="T5", handling="H")
    )
    with desk.store.read() as tx:
        (waiting,) = claim_payments.of_remittance(tx, posted.remittance_id)
    desk.match(waiting, second)
    answer = clp("ODD1", 100, 60, "CO-45 40", control="ICN2", **ROE)
    assert desk.told(remittance(answer, trace_number="T2")) == [UNKNOWN]


def test_what_a_person_said_helps_where_the_number_itself_is_doubted(desk: Desk):
    """Two claims carry it; a person said which one this payer means."""
    first = desk.claim("PCN1", 100)
    desk.claim("PCN1", 100)
    matched_by_hand(desk, first, clp("PCN1", 100, 0, "CO-50 100", status="4", control="ICN1"))
    answer = clp("PCN1", 100, 60, "CO-45 40", control="ICN2", **ROE)
    assert found(desk, answer, trace_number="T2") == (first, "remembered", [])


def test_what_is_remembered_is_doubted_like_everything_else(desk: Desk):
    """The claim that a person named was rejected since: its money waits, and says why by the number's own doubt."""
    claim = desk.claim("PCN1", 100)
    matched_by_hand(desk, claim, DENIED)
    with desk.store.write("ack") as tx:
        submission = submissions.of_claim(tx, claim)[0]
        tx.execute(
            text("UPDATE submission SET state = 'payer_rejected' WHERE id = :id"), {"id": submission.id}
        )
        tx.audit(subject=claim)
    answer = clp("ODD1", 100, 60, "CO-45 40", control="ICN2", **ROE)
    assert desk.told(remittance(answer, trace_number="T2")) == [UNKNOWN]


# ---- what moves by itself later --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "said", "moved"),
    [
        ("PCN1", ROE, 1),
        ("PCN1", {"statement_from": DAY}, 1),
        ("PCN1", {}, 0),
        ("PCN1", POE, 0),
        ("pcn-1", {**ROE, "statement_from": DAY, "member_id": "MBR000111"}, 0),
    ],
)
def test_what_waited_moves_by_its_number_and_two_facts_and_by_nothing_less(desk: Desk, number, said, moved):
    desk.post(remittance(clp(number, 100, 60, "CO-45 40", **said)))
    claim = desk.claim("PCN1", 100)
    assert desk.place_waiting() == moved
    assert desk.account(claim)["paid"] == money(60 * moved)


def test_what_a_person_said_of_a_number_moves_nothing_that_waits_already(desk: Desk):
    """It holds for what comes; of what waits under the number a person decides one by one."""
    first = desk.claim("PCN1", 100)
    desk.claim("PCN1", 100)
    waits = remittance(clp("PCN1", 100, 60, "CO-45 40", control="ICN2", **ROE), trace_number="T2")
    assert desk.told(waits) == ["2 claims carry this patient control number"]
    matched_by_hand(desk, first, clp("PCN1", 100, 0, "CO-50 100", status="4", control="ICN1"))
    assert desk.place_waiting() == 0
    assert desk.account(first)["paid"] == 0


# ---- what is shown to a person ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (clp(" PCN-1", 100, 60), ["number", "charge"]),
        (clp("pcn1", 90, 60), ["similar number"]),
        (clp("pcn1", 90, 60, control="ICN-77"), ["payer number", "similar number"]),
        (clp("0", 90, 60), []),
        (clp("X", 90, 60, **ROE), ["name"]),
        (clp("X", 90, 60, **POE), []),
        (clp("X", 90, 60, member_id="mbr000111"), ["member"]),
        (clp("X", 90, 60, member_id="MBR2"), []),
        (clp("X", 90, 60, statement_from=date(2024, 1, 1), statement_to=DAY), ["dates"]),
        (clp("X", 90, 60, statement_from=date(2024, 1, 14), statement_to=date(2024, 2, 1)), ["dates"]),
        (clp("X", 90, 60, statement_from=date(2024, 1, 15), statement_to=date(2024, 2, 1)), []),
        (clp("X", 90, 60, statement_from=date(2024, 1, 1), statement_to=date(2024, 1, 9)), []),
        (
            clp("PCN-1", -100, -60, control="ICN77", **EVERYTHING),
            ["number", "payer number", "charge", "dates", "name", "member"],
        ),
    ],
)
def test_a_proposal_names_the_facts_that_agree_by_weight(
    desk: Desk, answer: RemittanceClaim, facts: list[str]
):
    claim = desk.claim("PCN-1", 100, services=LONG)
    with desk.store.write("ack") as tx:
        submissions.keep_payer_control_number(tx, submissions.of_claim(tx, claim)[0].id, "ICN77")
        tx.audit(subject=claim)
    with desk.store.read() as tx:
        sheet = Worksheet.of_claim(tx, claim, answer)
        who = speaker(remittance(answer), "north")
        assert agreeing(sheet, sheet.submissions(claim), answer, who) == facts


def test_a_member_that_we_did_not_send_agrees_with_nothing(desk: Desk):
    claim = desk.claim("PCN1", 100, member=None)
    answer = clp("X", 90, 60, member_id="XXXX")
    with desk.store.read() as tx:
        sheet = Worksheet.of_claim(tx, claim, answer)
        assert agreeing(sheet, sheet.submissions(claim), answer, speaker(remittance(answer), "north")) == []


# ---- which submission ------------------------------------------------------------------------------------------------

ITEM: Remittance = remittance()
OURS = speaker(ITEM, "north")
NOBODY = replace(OURS, payer_ids=frozenset())


def sent(name: str, **more: Any) -> Candidate:
    values: dict[str, Any] = {
        "submission_id": name, "claim_id": "C-1", "version_id": "V-1", "partner": "north", "payer": "60054",
        "payer_sequence": "P", "frequency": "1", "payer_control_index": None, "state": SubmissionState.SENT,
        "charge": money(100), "created_at": datetime(2024, 1, 1, tzinfo=UTC), "written_here": True,
    }  # fmt: skip
    return Candidate(**{**values, **more})


P, S, T = sent("P"), sent("S", payer="22", payer_sequence="S"), sent("T", payer="33", payer_sequence="T")


@pytest.mark.parametrize(
    ("usable", "answer", "who", "chosen"),
    [
        # The payer's own id, whatever place in line it claims.
        ([P, S, T], clp("A", 100, 0, status="2"), OURS, "P"),
        ([S, T, P], clp("A", 100, 0, status="1"), OURS, "P"),
        # Without one, the place in line it claims: 4.4.
        *(
            ([T, P, S], clp("A", 100, 0, status=status), NOBODY, place)
            for status, place in (
                ("1", "P"), ("19", "P"), ("4", "P"), ("2", "S"), ("20", "S"), ("3", "T"), ("21", "T"),
            )
        ),
        *(
            ([P, S, T], clp("A", 100, 0, status=status), NOBODY, place)
            for status, place in (("1", "P"), ("4", "P"), ("2", "S"), ("20", "S"))
        ),
        # A place nobody was sent to: the newest of all.
        ([P, S], clp("A", 100, 0, status="3"), NOBODY, "S"),
        # A void is answered only where the answer says so, and a replacement where it says that.
        ([P, sent("V", frequency="8")], clp("A", 100, 0), OURS, "P"),
        ([sent("V", frequency="8"), P], clp("A", 100, 0, frequency="8"), OURS, "V"),
        ([sent("R", frequency="7"), P], clp("A", 100, 0, frequency="7"), OURS, "R"),
        ([sent("R", frequency="7"), P], clp("A", 100, 0), OURS, "P"),
        ([P, sent("R", frequency="7")], clp("A", 100, 0), OURS, "R"),
        # Then the charge, then what still waits, then the payer's number, then the newest.
        ([P, sent("Q", charge=money(90))], clp("A", 100, 0), OURS, "P"),
        ([P, sent("Q", charge=money(90))], clp("A", -100, 0, status="22"), OURS, "P"),
        ([P, sent("Q", state=SubmissionState.PAID)], clp("A", 100, 0), OURS, "P"),
        ([sent("Q", payer_control_index="n1"), P], clp("A", 100, 0), OURS, "Q"),
        ([sent("O"), P, sent("Q")], clp("A", 100, 0), OURS, "Q"),
        # An earlier respect outweighs all later ones.
        (
            [sent("Q", charge=money(90), payer_control_index="n1"), sent("R", state=SubmissionState.PAID)],
            clp("A", 100, 0), OURS, "R",
        ),
    ],
)  # fmt: skip
def test_the_submission_that_is_answered(usable, answer, who, chosen: str):
    assert choose(usable, answer, who, {"n1"}).submission_id == chosen
