"""What follows from an answer once it is decided: the submission's state, and the row that the billing system gets."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.errors import BooksBroken
from gateway.model.remittance import Party, RemittanceClaim, RemittanceReference
from gateway.responses import settle
from gateway.settings import Settings
from gateway.store import claim_payments, claims, exports, findings, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import export_row, journal_entry, submission
from tests.desk import Desk, clp, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def told(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows on claims for the billing system, each with its posting id."""
    with desk.store.read() as tx:
        query = select(export_row).where(export_row.c.kind == exports.CLAIM_STATUS).order_by(export_row.c.id)
        return [(row.posting_id, tx.unseal_json(row.content_sealed)) for row in tx.execute(query)]


def standing(desk: Desk, claim: str) -> tuple[str, str | None, str | None]:
    """Return the newest submission's state, why it is in it, and the payer's number that is kept of it."""
    with desk.store.read() as tx:
        one = submissions.of_claim(tx, claim)[-1]
        reason = tx.execute(select(submission.c.reason).where(submission.c.id == one.id)).scalar()
        return one.state.value, reason, submissions.payer_control_number(tx, one.id)


# ---- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (clp("PCN1", 100, 100), "paid"),
        (clp("PCN1", 100, 60, "CO-45 30, PR-1 10"), "paid"),
        (clp("PCN1", 100, "0.5", "CO-45 99.5"), "paid"),
        (clp("PCN1", 100, "99.5", "CO-50 0.5"), "partly_paid"),
        (clp("PCN1", 100, 99, "PR-1 0.5, CO-50 0.5"), "partly_paid"),
        # More came than was billed, or the patient is owed something: neither is right without a look.
        (clp("PCN1", 100, "100.5", "CO-144 -0.5"), "in_review"),
        (clp("PCN1", 100, 105, "PR-1 -5"), "in_review"),
        (clp("PCN1", 100, 0, "PR-1 100"), "zero_paid"),
        (clp("PCN1", 100, 0, "CO-24 100"), "zero_paid"),
        (clp("PCN1", 100, 0, "OA-23 100"), "zero_paid"),
        (clp("PCN1", 100, 0, "CO-50 100"), "denied"),
        (clp("PCN1", 100, 0, "CO-18 100"), "denied"),
        (clp("PCN1", 100, 0, "CO-9999 100"), "in_review"),
        (clp("PCN1", 100, 0, "CO-45 100"), "in_review"),
    ],
)
def test_the_state_that_an_answer_makes(desk: Desk, answer: RemittanceClaim, state: str):
    claim = desk.claim("PCN1", 100)
    done = desk.post(remittance(answer, handling="I" if answer.paid else "H"))
    assert done.claims == {"posted": 1}
    assert standing(desk, claim) == (state, f"835 {done.remittance_id}", "ICN1")


@pytest.mark.parametrize(
    ("one", "another", "state"),
    [
        ((60, ""), (0, "CO-50 40"), "partly_paid"),
        ((60, ""), (0, "PR-1 40"), "paid"),
        ((0, "PR-1 60"), (0, "CO-50 40"), "denied"),
        ((0, "CO-9999 60"), (0, "CO-50 40"), "denied"),
        ((0, "CO-9999 60"), (0, "PR-1 40"), "in_review"),
        ((0, "PR-1 60"), (0, "OA-23 40"), "zero_paid"),
    ],
)
def test_all_answers_to_a_submission_make_its_state_together(desk: Desk, one, another, state: str):
    """Of parts without payment the worst decides."""
    claim = desk.claim("PCN1", 100)
    parts = (
        clp("PCN1", 60, one[0], one[1], control="A"),
        clp("PCN1", 40, another[0], another[1], control="B"),
    )
    assert desk.post(remittance(*parts, handling="I" if one[0] else "H")).claims == {"posted": 2}
    assert standing(desk, claim)[0] == state


def test_that_a_claim_was_sent_on_is_a_state_only_where_it_is_news(desk: Desk):
    claim = desk.claim("PCN1", 100)
    sent_on = clp("PCN1", 100, 0, "OA-101 100", status="23")
    desk.post(remittance(sent_on, handling="H", trace_number="T1"))
    assert standing(desk, claim)[:2] == ("forwarded", "835 status 23")
    done = desk.post(remittance(clp("PCN1", 100, 60, "CO-45 40"), trace_number="T2"))
    assert standing(desk, claim)[:2] == ("paid", f"835 {done.remittance_id}")
    desk.post(remittance(sent_on, handling="H", trace_number="T3"))
    assert standing(desk, claim)[:2] == ("paid", f"835 {done.remittance_id}")
    assert [(row["stage"], row["message"]) for _, row in told(desk)] == [
        ("forwarded", "forwarded to another payer"),
        ("paid", None),
        ("paid", "forwarded to another payer"),
    ]


def test_what_is_noted_or_waits_leaves_the_state_alone(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 0, "OA-101 100", status="25"), handling="H", trace_number="T1"))
    desk.post(remittance(clp("PCN1", 90, 90), trace_number="T2"))
    assert standing(desk, claim) == ("sent", None, None)


# ---- what the billing system is told ---------------------------------------------------------------------------------


def test_the_row_of_an_answer(desk: Desk):
    claim = desk.claim("PCN1", 100)
    done = desk.post(remittance(clp(" pcn1", 100, 60, "CO-45 20, CO-50 5, PR-1 15", member_id="MBR000111")))
    with desk.store.read() as tx:
        sent = submissions.of_claim(tx, claim)[-1].id
    assert told(desk) == [
        (
            f"{done.remittance_id}-1-status",
            {
                "claim": claim,
                "submission": sent,
                "patient_control_number": "PCN1",
                "claim_key": None,
                "by": "835",
                "reference": done.remittance_id,
                "outcome": "paid",
                "codes": "CO-45 CO-50 PR-1",
                "message": None,
                "charge": "100.00",
                "paid": "60.00",
                "contractual": "20.00",
                "patient": "15.00",
                "open": "5.00",
                "payer_control_number": "ICN1",
                "partner": "north",
                "state": "partly_paid",
                "stage": "partly_paid",
                "file": None,
                "row": None,
                "place": None,
            },
        )
    ]


@pytest.mark.parametrize("status", ["19", "20", "21", "23"])
def test_the_row_says_that_the_payer_sent_the_claim_on(desk: Desk, status: str):
    desk.claim("PCN1", 100, payer="60054", sequence={"20": "S", "21": "T"}.get(status, "P"))
    money = (0, "OA-101 100") if status == "23" else (100, "")
    desk.post(remittance(clp("PCN1", 100, *money, status=status), handling="H" if status == "23" else "I"))
    assert [row["message"] for _, row in told(desk)] == ["forwarded to another payer"]


def test_of_what_waits_nothing_is_told(desk: Desk):
    desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 90, 90), clp("ZZZ9", 10, 10)))
    assert told(desk) == []


# ---- whose number it is ----------------------------------------------------------------------------------------------

SECOND = Party(name="POE INSURANCE", references=(RemittanceReference(qualifier="2U", id="77001"),))


def numbers(desk: Desk, claim: str) -> dict[str, str | None]:
    """Return what is kept of the payers' numbers, by the place in line of who was sent to."""
    with desk.store.read() as tx:
        sent = submissions.of_claim(tx, claim)
        return {one.payer_sequence: submissions.payer_control_number(tx, one.id) for one in sent}


@pytest.mark.parametrize(
    ("sent_on", "kept"), [(False, {"P": "FIRST1"}), (True, {"P": "FIRST1", "S": "SECOND1"})]
)
def test_each_payers_number_is_kept_with_what_was_sent_to_it(desk: Desk, sent_on: bool, kept: dict[str, str]):
    """The next payer's number means nothing to the first: it is kept where we sent to the next payer, and else nowhere."""
    claim = desk.claim("PCN1", 100)
    first = clp("PCN1", 100, 60, "CO-45 20, PR-3 20", status="1" if sent_on else "19", control="FIRST1")
    desk.post(remittance(first, trace_number="T1"))
    if sent_on:
        with desk.store.read() as tx:
            version = claims.get(tx, claim).version_id
        desk.submit(claim, version, payer="77001", sequence="S")
    second = clp("PCN1", 100, 10, "OA-23 80, PR-3 10", status="2", control="SECOND1")
    done = desk.post(remittance(second, payer=SECOND, originator="1998877665", trace_number="T2"))
    assert done.claims == {"posted": 1}
    assert numbers(desk, claim) == kept


# ---- an answer that is taken off again -------------------------------------------------------------------------------


def payment_of(desk: Desk, remittance_id: str, *, place: int = 0) -> str:
    with desk.store.read() as tx:
        return claim_payments.of_remittance(tx, remittance_id)[place]


def test_the_row_of_an_answer_taken_off(desk: Desk):
    claim = desk.claim("PCN1", 100, key="OFFICE-1")
    done = desk.post(remittance(clp(" pcn1", 100, 60, "CO-45 20, CO-50 5, PR-1 15", member_id="MBR000111")))
    gone = payment_of(desk, done.remittance_id)
    desk.unmatch(gone)
    with desk.store.read() as tx:
        sent = submissions.of_claim(tx, claim)[-1].id
    assert told(desk)[1:] == [
        (
            f"{done.remittance_id}-1-back-status",
            {
                "claim": claim,
                "submission": sent,
                "patient_control_number": "PCN1",
                "claim_key": "OFFICE-1",
                "by": "835",
                "reference": done.remittance_id,
                "outcome": "unmatched",
                "codes": "",
                "message": f"{gone} was taken off the claim again, because it was not for it",
                "charge": "100.00",
                "paid": "0.00",
                "contractual": "0.00",
                "patient": "0.00",
                "open": "100.00",
                "payer_control_number": None,
                "partner": "north",
                "state": "sent",
                "stage": "sent",
                "file": None,
                "row": None,
                "place": None,
            },
        )
    ]


def test_what_is_left_of_the_answers_makes_the_state(desk: Desk):
    claim = desk.claim("PCN1", 100)
    parts = (clp("PCN1", 60, 60, control="A"), clp("PCN1", 40, 40, control="B"))
    done = desk.post(remittance(*parts))
    assert standing(desk, claim) == ("paid", f"835 {done.remittance_id}", "B")
    gone = payment_of(desk, done.remittance_id, place=1)
    desk.unmatch(gone)
    assert standing(desk, claim) == ("partly_paid", f"{gone} taken off again", "A")
    assert (told(desk)[-1][1]["state"], told(desk)[-1][1]["open"]) == ("partly_paid", "40.00")


@pytest.mark.parametrize(
    ("void", "sequence", "state"),
    [("payer_accepted", "P", "voided"), ("sent", "P", "sent"), ("payer_accepted", "S", "sent")],
)
def test_a_claim_without_its_answer_is_voided_where_its_void_was_confirmed(
    desk: Desk, void: str, sequence: str, state: str
):
    """A void that nobody took yet voids nothing, and a void at the next payer leaves the first one's claim."""
    claim = desk.claim("PCN1", 100)
    done = desk.post(remittance(PAID, trace_number="T1"))
    voided(desk, claim, state=void, sequence=sequence)
    desk.unmatch(payment_of(desk, done.remittance_id))
    assert (told(desk)[-1][1]["state"], told(desk)[-1][1]["stage"]) == (state, "sent")


# ---- voids -----------------------------------------------------------------------------------------------------------

PAID = clp("PCN1", 100, 60, "CO-45 40", control="ICN1")
BACK = clp("PCN1", -100, -60, "CO-45 -40", control="ICN1", status="22")
REST = clp("PCN9", 500, 500, control="ICN9")


def sent_again(desk: Desk, claim: str, *, frequency: str = "7", **more: str) -> str:
    with desk.store.write("intake") as tx:
        content = claims.content(tx, claims.get(tx, claim).version_id)
        version = claims.new_version(tx, claim, content)
        tx.audit(subject=claim)
    return desk.submit(claim, version, frequency=frequency, **more)


def voided(desk: Desk, claim: str, **more: str) -> str:
    return sent_again(desk, claim, frequency="8", **more)


def test_the_reversal_of_all_that_was_paid_confirms_the_void(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    voided(desk, claim)
    done = desk.post(remittance(BACK, REST, trace_number="T2"))
    assert done.claims == {"posted": 2}
    assert standing(desk, claim)[:2] == ("payer_accepted", f"835 {done.remittance_id}")
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim] == ["paid", "voided"]


def test_what_was_replaced_before_is_voided_too(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    sent_again(desk, claim, frequency="7", state="payer_rejected")
    voided(desk, claim)
    done = desk.post(remittance(BACK, REST, trace_number="T2"))
    assert standing(desk, claim)[:2] == ("payer_accepted", f"835 {done.remittance_id}")
    assert told(desk)[-2][1]["state"] == "voided"


def test_the_reversal_before_a_corrected_answer_says_nothing_of_the_replacement(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    sent_again(desk, claim, frequency="7")
    desk.post(remittance(BACK, REST, trace_number="T2"))
    assert standing(desk, claim)[0] == "sent"
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim] == ["paid", "reversed"]


def test_money_that_comes_back_after_the_void_was_taken_is_told_of_a_voided_claim(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    voided(desk, claim, state="payer_accepted")
    desk.post(remittance(BACK, REST, trace_number="T2"))
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim] == ["paid", "voided"]


def test_a_void_is_confirmed_beside_other_claims(desk: Desk):
    others = [desk.claim(f"PCN{n}", 100) for n in (2, 3)]
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    three = [("PCN2", "ICN2"), ("PCN1", "ICN1"), ("PCN3", "ICN3")]
    paid = (clp(pcn, 100, 60, "CO-45 40", control=icn) for pcn, icn in three)
    desk.post(remittance(*paid, trace_number="T1"))
    voided(desk, claim)
    back = (clp(pcn, -100, -60, "CO-45 -40", control=icn, status="22") for pcn, icn in three)
    desk.post(remittance(*back, REST, trace_number="T2"))
    assert standing(desk, claim)[0] == "payer_accepted"
    assert [standing(desk, one)[0] for one in others] == ["reversed", "reversed"]
    assert [row["state"] for _, row in told(desk)][3:6] == ["reversed", "voided", "reversed"]


def test_a_reversal_put_by_hand_on_what_was_never_answered_contradicts_it(desk: Desk):
    """It takes nothing back that the payer had paid on the claim: it confirms no void, and somebody is told to look."""
    claim = desk.claim("PCN1", 100)
    desk.claim("PCN9", 500)
    voided(desk, claim)
    done = desk.post(remittance(clp("OLD-1", -100, -60, "CO-45 -40", status="22"), REST))
    desk.match(payment_of(desk, done.remittance_id), claim)
    assert standing(desk, claim)[0] == "sent"
    assert desk.account(claim)["paid"] == money(-60)
    with desk.store.read() as tx:
        (said,) = [one.message for one in findings.of(tx, done.remittance_id) if one.code == "ERA-STATE"]
        original = submissions.of_claim(tx, claim)[0].id
    assert f"the state of {original} contradicts it; look at {claim}" in said
    assert told(desk)[-1][1]["state"] != "voided"


def test_an_answer_that_fits_contradicts_nothing(desk: Desk):
    desk.claim("PCN1", 100)
    assert desk.post(remittance(PAID)).findings == ()


def test_without_a_void_a_reversal_voids_nothing(desk: Desk):
    claim = desk.claim("PCN1", 100)
    other = desk.claim("PCN9", 500)
    desk.post(remittance(PAID, trace_number="T1"))
    voided(desk, other)
    desk.post(remittance(BACK, clp("PCN8", 500, 500, control="ICN8"), trace_number="T2"))
    assert standing(desk, claim)[0] == "reversed"
    assert standing(desk, other)[0] == "sent"
    assert [row["state"] for _, row in told(desk) if row["claim"] == claim] == ["paid", "reversed"]


@pytest.mark.parametrize(("void", "state"), [("sent", "in_review"), ("payer_accepted", "voided")])
def test_a_part_that_is_still_paid_keeps_the_void_waiting(desk: Desk, void: str, state: str):
    """Unless the payer's 277CA has taken it already."""
    claim = desk.claim("PCN1", 100)
    parts = (clp("PCN1", 60, 60, control="A"), clp("PCN1", 40, 40, control="B"))
    desk.post(remittance(*parts, trace_number="T1"))
    voided(desk, claim, state=void)
    back = clp("PCN1", -60, -60, control="A", status="22")
    desk.post(remittance(back, clp("ZZZ9", 500, 500), trace_number="T2"))
    assert standing(desk, claim)[0] == void
    assert told(desk)[-1][1]["state"] == state


# ---- the proof -------------------------------------------------------------------------------------------------------


def test_what_was_posted_otherwise_than_decided_is_not_committed(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """The accounts are read back from the journal: an entry that is not the decision's breaks the whole posting off."""
    claim = desk.claim("PCN1", 100)
    real = settle.of_answer
    monkeypatch.setattr(settle, "of_answer", lambda answer, *, source: real(answer, source=source)[:1])
    with pytest.raises(BooksBroken, match=f"claim {claim}: what was posted is not what was decided"):
        desk.post(remittance(PAID))
    with desk.store.read() as tx:
        assert list(tx.execute(select(journal_entry.c.kind)).scalars()) == ["charge"]
