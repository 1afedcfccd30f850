"""TA1, 999 and 277CA applied to what was sent (domain.md 3, traps 51-63)."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.model.acknowledgement import (
    BatchVerdict,
    ElementError,
    GroupAcknowledgement,
    Outcome,
    SegmentError,
    SetAcknowledgement,
    Status,
)
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.settings import Replies, Settings
from gateway.store import acknowledgements, claims, queue, submissions
from gateway.store.acknowledgements import Result
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.mailroom import HEAD, SPAN, Mailroom, status


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


def said_999(
    number: str, group_status: str, *sets: SetAcknowledgement, counts: tuple[int, int, int] | None = None
) -> GroupAcknowledgement:
    included, received, accepted = counts or (None, None, None)
    return GroupAcknowledgement(
        group_control_number=number,
        functional_id="HC",
        version="005010X222A1",
        group_status=group_status,
        sets_included=included,
        sets_received=received,
        sets_accepted=accepted,
        sets=sets,
    )


def bad(
    position: int | None,
    *,
    segment: str = "CLM",
    pcn: str | None = None,
    error: str = "8",
    loop: str | None = None,
) -> SegmentError:
    return SegmentError(
        segment=segment,
        position=position,
        loop=loop,
        error=error,
        elements=(ElementError(position=2, component=None, error="1"),) if error == "8" else (),
        patient_control_number=pcn,
    )


def rejected(st02: str, *errors: SegmentError, codes: tuple[str, ...] = ("5",)) -> SetAcknowledgement:
    return SetAcknowledgement(set_control_number=st02, status="R", error_codes=codes, segments=errors)


# --- TA1


@pytest.mark.parametrize(("code", "outcome"), [("A", Result.ACCEPTED), ("E", Result.ERRORS_NOTED)])
def test_ta1_accepts(room: Mailroom, code: str, outcome: Result) -> None:
    sent = room.send(["PCN1"])
    assert room.ta1(room.number(sent), code) is outcome
    assert room.transmission(sent).state is TransmissionState.RECEIVED
    assert room.transmission(sent).ta1 == code
    assert room.states(sent) == {"PCN1": "interchange_accepted"}


def test_ta1_rejects_every_claim_and_holds_it(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    assert room.ta1(room.number(sent), "R", "006") is Result.REJECTED
    assert room.transmission(sent).state is TransmissionState.REJECTED
    assert set(room.states(sent).values()) == {"interchange_rejected"}
    claim_id = room.claim_of(sent, "PCN1")
    assert room.holds(claim_id) == ["rejected"]
    assert room.findings(claim_id) == ["TA1-006"]
    told = [row for row in room.told() if row["patient_control_number"] == "PCN1"]
    assert [(row["state"], row["codes"], row["file"], row["row"]) for row in told] == [
        ("rejected", "TA1 006", "monday.jsonl", 7)
    ]


def test_number_used_before_after_a_retry_means_the_first_copy_arrived(room: Mailroom) -> None:
    sent = room.send(["PCN1"], state=TransmissionState.UNCERTAIN, tries=2)
    assert room.ta1(room.number(sent), "R", "025") is Result.SECOND_COPY
    assert room.transmission(sent).state is TransmissionState.RECEIVED
    assert room.states(sent) == {"PCN1": "interchange_accepted"}
    assert room.holds(sent) == []


def test_number_used_before_without_a_retry_is_a_rejection(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    assert room.ta1(room.number(sent), "R", "025") is Result.REJECTED
    assert room.states(sent) == {"PCN1": "interchange_rejected"}


@pytest.mark.parametrize("number", ["000000999", "ABC", ""])
def test_ta1_for_nothing_we_sent_waits_in_the_queue(room: Mailroom, number: str) -> None:
    room.send(["PCN1"])
    assert room.ta1(number, "A") is Result.UNMATCHED
    with room.store.read() as tx:
        [item] = queue.items(tx, room.settings, room.store.clock.now())
    assert item.kind == "unmatched"
    assert "reread" in item.command


def test_ta1_for_what_never_left_us_is_unmatched(room: Mailroom) -> None:
    sent = room.send(["PCN1"], state=TransmissionState.SEALED, tries=0)
    assert room.ta1(room.number(sent), "A") is Result.UNMATCHED
    assert room.transmission(sent).state is TransmissionState.SEALED


def test_late_ta1_rejection_is_a_conflict(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.ack_999(said_999(room.number(sent), "A"))
    assert room.ta1(room.number(sent), "R", "006") is Result.CONFLICT
    assert room.states(sent) == {"PCN1": "set_accepted"}


def test_late_ta1_acceptance_moves_nothing_back(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.ack_999(said_999(room.number(sent), "R"))
    assert room.ta1(room.number(sent), "A") is Result.ACCEPTED
    assert room.states(sent) == {"PCN1": "set_rejected"}
    assert room.transmission(sent).state is TransmissionState.REJECTED


# --- 999


def test_999_accepts_sets_that_are_not_listed(room: Mailroom) -> None:
    sent = room.send(["PCN1"], ["PCN2"])
    assert room.ack_999(said_999(room.number(sent), "A", counts=(2, 2, 2))) == [Result.ACCEPTED] * 2
    assert room.states(sent) == {"PCN1": "set_accepted", "PCN2": "set_accepted"}
    assert room.transmission(sent).state is TransmissionState.ACCEPTED
    assert {row["stage"] for row in room.told()} == {"set_accepted"}


@pytest.mark.parametrize(
    "state", [TransmissionState.UNCERTAIN, TransmissionState.SENDING, TransmissionState.SEALED]
)
def test_999_proves_delivery(room: Mailroom, state: TransmissionState) -> None:
    sent = room.send(["PCN1"], state=state)
    room.ack_999(said_999(room.number(sent), "A"))
    found = room.transmission(sent)
    assert found.state is TransmissionState.ACCEPTED
    assert found.delivered_at is not None
    assert room.holds(sent) == []
    with room.store.read() as tx:
        [one] = submissions.of_transmission(tx, sent)
    assert one.sent_at is not None


def test_999_holds_the_guilty_and_sends_the_innocents_round_again(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2", "PCN3"])
    said = said_999(room.number(sent), "R", rejected("0001", bad(HEAD + SPAN + 3)), counts=(1, 1, 0))
    assert room.ack_999(said) == [Result.REJECTED]
    assert room.states(sent) == {"PCN1": "withdrawn", "PCN2": "set_rejected", "PCN3": "withdrawn"}
    assert room.transmission(sent).state is TransmissionState.REJECTED
    guilty = room.claim_of(sent, "PCN2")
    assert room.holds(guilty) == ["rejected"]
    assert room.holds(room.claim_of(sent, "PCN1")) == []
    assert room.findings(guilty) == ["999-IK4-1"]
    with room.store.read() as tx:
        assert sorted(r.claim.patient_control_number for r in claims.ready_for(tx, "north")) == [
            "PCN1",
            "PCN3",
        ]
    told = {row["patient_control_number"]: row for row in room.told()}
    assert told["PCN1"]["state"] == "ready"
    [why] = told["PCN2"]["findings"]
    assert (why["file"], why["line"], why["element"], why["claim"]) == ("monday.jsonl", 7, "CLM02", "PCN2")


def test_999_names_the_guilty_by_control_number_however_spelt(room: Mailroom) -> None:
    sent = room.send(["PCN-1", "PCN-2"])
    room.ack_999(said_999(room.number(sent), "R", rejected("0001", bad(None, pcn="pcn2"))))
    assert room.states(sent) == {"PCN-1": "withdrawn", "PCN-2": "set_rejected"}


def test_999_blames_the_claim_before_for_what_is_missing_after_it(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    room.ack_999(
        said_999(room.number(sent), "R", rejected("0001", bad(HEAD + SPAN + 1, segment="SV1", error="3")))
    )
    assert room.states(sent) == {"PCN1": "set_rejected", "PCN2": "withdrawn"}


@pytest.mark.parametrize(
    "fault",
    [
        rejected("0001"),
        rejected("0001", bad(2, segment="BHT")),
        rejected("0001", bad(HEAD + 2), codes=("5", "I6")),
        rejected("0001", bad(HEAD + 2), bad(3, segment="NM1", loop="1000A")),
    ],
    ids=["no segment named", "in the head", "the set as such", "claim and head"],
)
def test_999_holds_all_where_a_fault_belongs_to_no_claim(room: Mailroom, fault: SetAcknowledgement) -> None:
    sent = room.send(["PCN1", "PCN2"])
    room.ack_999(said_999(room.number(sent), "R", fault))
    assert set(room.states(sent).values()) == {"set_rejected"}
    for pcn in ("PCN1", "PCN2"):
        assert room.holds(room.claim_of(sent, pcn)) == ["rejected"]
        assert room.findings(room.claim_of(sent, pcn))


def test_999_blames_all_claims_of_a_billing_provider_for_its_segments(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    room.ack_999(said_999(room.number(sent), "R", rejected("0001", bad(9, segment="N4", loop="2010AA"))))
    assert set(room.states(sent).values()) == {"set_rejected"}


def test_999_partial_by_arithmetic(room: Mailroom) -> None:
    sent = room.send(["PCN1"], ["PCN2"], ["PCN3"])
    said = said_999(room.number(sent), "P", rejected("0002"), counts=(3, 3, 2))
    assert sorted(room.ack_999(said)) == ["accepted", "accepted", "rejected"]
    assert room.states(sent) == {"PCN1": "set_accepted", "PCN2": "set_rejected", "PCN3": "set_accepted"}
    assert room.transmission(sent).state is TransmissionState.PARTLY_ACCEPTED


def test_999_partial_that_does_not_add_up_is_unknown(room: Mailroom) -> None:
    sent = room.send(["PCN1"], ["PCN2"], ["PCN3"])
    said = said_999(room.number(sent), "P", rejected("0002"), counts=(3, 3, 1))
    assert sorted(room.ack_999(said)) == ["rejected", "unknown", "unknown"]
    assert room.states(sent)["PCN1"] == "sent"
    with room.store.read() as tx:
        kinds = {item.kind for item in queue.items(tx, room.settings, room.store.clock.now())}
    assert kinds == {"unmatched", "rejected"}


def test_999_for_some_of_the_sets_leaves_the_others_waiting(room: Mailroom) -> None:
    sent = room.send(["PCN1"], ["PCN2"])
    one = SetAcknowledgement(set_control_number="0001", status="A")
    assert room.ack_999(said_999(room.number(sent), "A", one, counts=(1, 1, 1))) == [Result.ACCEPTED]
    assert room.states(sent) == {"PCN1": "set_accepted", "PCN2": "sent"}
    other = SetAcknowledgement(set_control_number="0002", status="E")
    assert room.ack_999(said_999(room.number(sent), "A", other, counts=(1, 1, 1))) == [Result.ERRORS_NOTED]
    assert room.transmission(sent).state is TransmissionState.ACCEPTED


def test_999_accepted_group_with_a_rejected_set_counts_the_rejection(room: Mailroom) -> None:
    sent = room.send(["PCN1"], ["PCN2"])
    origin = room.origin()
    room.ack_999(said_999(room.number(sent), "A", rejected("0001"), counts=(2, 2, 2)), origin=origin)
    assert room.states(sent) == {"PCN1": "set_rejected", "PCN2": "set_accepted"}
    assert room.findings(origin.receipt) == ["ACK-CONTRADICTION"]


def test_999_rejected_group_with_an_accepted_set_is_for_a_person(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    one = SetAcknowledgement(set_control_number="0001", status="A")
    assert room.ack_999(said_999(room.number(sent), "R", one)) == [Result.UNKNOWN]
    assert room.states(sent) == {"PCN1": "sent"}


@pytest.mark.parametrize("code", ["M", "W", "X"])
def test_999_security_rejections_reject(room: Mailroom, code: str) -> None:
    sent = room.send(["PCN1"])
    room.ack_999(said_999(room.number(sent), code))
    assert room.states(sent) == {"PCN1": "set_rejected"}


def test_999_read_twice_changes_nothing(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    origin = room.origin()
    said = said_999(room.number(sent), "R", rejected("0001", bad(HEAD + 2)))
    first = room.ack_999(said, origin=origin)
    before = room.states(sent), room.told(), room.findings(room.claim_of(sent, "PCN1"))
    assert room.ack_999(said, origin=origin) == first
    assert before == (room.states(sent), room.told(), room.findings(room.claim_of(sent, "PCN1")))


def test_999_in_two_files_tells_the_biller_once(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.ack_999(said_999(room.number(sent), "A"))
    room.ack_999(said_999(room.number(sent), "A"))
    assert len(room.told()) == 1


def test_999_contradicting_an_earlier_999_is_a_conflict(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.ack_999(said_999(room.number(sent), "A"))
    assert room.ack_999(said_999(room.number(sent), "R")) == [Result.CONFLICT]
    assert room.states(sent) == {"PCN1": "set_accepted"}


def test_999_rejecting_what_the_payer_took_is_a_conflict(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"), batch=f"B{room.number(sent)}-0001")
    said = said_999(room.number(sent), "R", rejected("0001", bad(HEAD + SPAN + 2)))
    assert room.ack_999(said) == [Result.CONFLICT]
    assert room.states(sent) == {"PCN1": "payer_accepted", "PCN2": "sent"}


@pytest.mark.parametrize("number", ["4711", "x"])
def test_999_for_nothing_we_sent_is_unmatched_until_dismissed(room: Mailroom, number: str) -> None:
    origin = room.origin()
    assert room.ack_999(said_999(number, "A"), origin=origin) == [Result.UNMATCHED]
    with room.store.write("dismiss") as tx:
        assert acknowledgements.resolve(tx, origin.receipt) == 1
        assert acknowledgements.waiting(tx) == []
        tx.audit("x")


def test_999_naming_a_set_we_never_sent(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    stranger = SetAcknowledgement(set_control_number="0009", status="A")
    ours = SetAcknowledgement(set_control_number="0001", status="A")
    assert room.ack_999(said_999(room.number(sent), "A", ours, stranger)) == [
        Result.ACCEPTED,
        Result.UNMATCHED,
    ]


# --- 277CA


def test_277ca_two_hops(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    batch = f"B{room.number(sent)}-0001"
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"), batch=batch, role="clearinghouse")
    assert room.states(sent) == {"PCN1": "clearinghouse_accepted"}
    room.ack_277ca(status("PCN1", Outcome.RECEIVED, "A1:19"), batch=batch)
    assert room.states(sent) == {"PCN1": "clearinghouse_accepted"}
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20", payer_control_number="ICN5001"), batch=batch)
    assert room.states(sent) == {"PCN1": "payer_accepted"}
    with room.store.read() as tx:
        [one] = submissions.of_pcn(tx, "north", "PCN1")
        assert submissions.payer_control_number(tx, one.id) == "ICN5001"
    assert [row["stage"] for row in room.told()] == ["clearinghouse_accepted", "payer_accepted"]


@pytest.mark.parametrize("known_as", ["EXH01", "example health plan"])
def test_277ca_profile_says_who_speaks_as_the_clearinghouse(room: Mailroom, known_as: str) -> None:
    sent = room.send(["PCN1"])
    replies = Replies(clearinghouse_ids=(known_as,))
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"), replies=replies)
    assert room.states(sent) == {"PCN1": "clearinghouse_accepted"}


@pytest.mark.parametrize(
    ("role", "outcome", "state"),
    [
        ("payer", Outcome.FORWARDED, "forwarded"),
        ("payer", Outcome.SPLIT, "split"),
        ("clearinghouse", Outcome.RECEIVED, "clearinghouse_accepted"),
        ("clearinghouse", Outcome.REJECTED, "clearinghouse_rejected"),
        ("payer", Outcome.REJECTED, "payer_rejected"),
    ],
)
def test_277ca_outcomes(room: Mailroom, role: str, outcome: Outcome, state: str) -> None:
    sent = room.send(["PCN1"])
    room.ack_277ca(status("PCN1", outcome, "A0"), role=role)
    assert room.states(sent) == {"PCN1": state}


def test_277ca_rejection_after_an_acceptance_holds_with_reasons(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"), role="clearinghouse")
    said = status("PCN1", Outcome.REJECTED, "A7:562:82", "A3:21", action="WQ")
    room.ack_277ca(said)
    assert room.states(sent) == {"PCN1": "payer_rejected"}
    claim_id = room.claim_of(sent, "PCN1")
    assert room.holds(claim_id) == ["rejected"]
    assert room.findings(claim_id) == ["277CA-A7-562", "277CA-A3-21", "ACK-STC-CONFLICT"]
    told = room.told()[-1]
    assert (told["state"], told["codes"], told["by"]) == ("rejected", "A7:562:82 A3:21", "payer")
    assert "the rendering provider" in told["findings"][0]["message"]


def test_277ca_before_its_999(room: Mailroom) -> None:
    sent = room.send(["PCN1"], state=TransmissionState.UNCERTAIN)
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2:20"))
    assert room.transmission(sent).state is TransmissionState.DELIVERED
    room.ack_999(said_999(room.number(sent), "A"))
    assert room.states(sent) == {"PCN1": "payer_accepted"}
    assert room.transmission(sent).state is TransmissionState.ACCEPTED


def test_277ca_rejection_after_money_is_a_conflict(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.force(sent, SubmissionState.PAID)
    assert room.ack_277ca(status("PCN1", Outcome.REJECTED, "A3:21")) == [Result.CONFLICT]
    assert room.states(sent) == {"PCN1": "paid"}
    assert room.holds(room.claim_of(sent, "PCN1")) == []


def test_277ca_accepting_an_innocent_that_was_withdrawn_is_a_conflict(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    room.ack_999(said_999(room.number(sent), "R", rejected("0001", bad(HEAD + 2))))
    batch = f"B{room.number(sent)}-0001"
    assert room.ack_277ca(status("PCN2", Outcome.ACCEPTED, "A2:20"), batch=batch) == [Result.CONFLICT]


def test_277ca_matches_by_claim_key_first(room: Mailroom) -> None:
    first, second = room.send(["PCN1"]), room.send(["PCN1"])
    key = room.claim_of(second, "PCN1")
    assert room.ack_277ca(status("WRONG", Outcome.ACCEPTED, "A2", claim_reference=key)) == [Result.ACCEPTED]
    assert (room.states(first), room.states(second)) == ({"PCN1": "sent"}, {"PCN1": "payer_accepted"})


def test_277ca_same_number_twice_needs_the_batch(room: Mailroom) -> None:
    first, second = room.send(["PCN1"]), room.send(["PCN1"])
    assert room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2")) == [Result.UNMATCHED]
    room.ack_277ca(status("pcn1", Outcome.ACCEPTED, "A2"), batch=f"B{room.number(first)}-0001")
    assert (room.states(first), room.states(second)) == ({"PCN1": "payer_accepted"}, {"PCN1": "sent"})


def test_277ca_matches_a_cut_number_with_day_and_charge(room: Mailroom) -> None:
    sent = room.send(["ROE-2024-0001"])
    facts = {"charge": Decimal("125.5"), "service_from": date(2024, 1, 10)}
    assert room.ack_277ca(status("roe20240", Outcome.ACCEPTED, "A2", **facts)) == [Result.ACCEPTED]
    assert room.states(sent) == {"ROE-2024-0001": "payer_accepted"}


def test_277ca_with_the_batch_number_in_place_of_the_claims(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    batch = f"B{room.number(sent)}-0001"
    facts = {"charge": Decimal("125.5"), "service_from": date(2024, 1, 10), "member_id": "mbr 000111"}
    assert room.ack_277ca(status(batch, Outcome.ACCEPTED, "A2", **facts), batch=batch) == [Result.ACCEPTED]
    assert room.states(sent) == {"PCN1": "payer_accepted"}


def test_277ca_never_guesses_between_two(room: Mailroom) -> None:
    sent = room.send(["ROE-2024-0001", "ROE-2024-0002"])
    facts = {"charge": Decimal("125.5"), "service_from": date(2024, 1, 10)}
    assert room.ack_277ca(status("ROE2024", Outcome.ACCEPTED, "A2", **facts)) == [Result.UNMATCHED]
    assert set(room.states(sent).values()) == {"sent"}


def test_277ca_reread_settles_what_was_unmatched(room: Mailroom) -> None:
    origin = room.origin()
    said = status("PCN1", Outcome.ACCEPTED, "A2:20")
    assert room.ack_277ca(said, origin=origin) == [Result.UNMATCHED]
    sent = room.send(["PCN1"])
    assert room.ack_277ca(said, origin=origin) == [Result.ACCEPTED]
    assert room.states(sent) == {"PCN1": "payer_accepted"}
    with room.store.read() as tx:
        assert acknowledgements.waiting(tx) == []


def verdict(outcome: Outcome, *, level: str = "receiver", npi: str | None = None) -> BatchVerdict:
    said = Status(category="A3" if outcome is Outcome.REJECTED else "A1", code="496", entity="41")
    return BatchVerdict(level=level, outcome=outcome, statuses=(said,), provider_npi=npi)


def test_277ca_batch_rejection_without_claims_rejects_all(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    batch = f"B{room.number(sent)}-0001"
    room.ack_277ca(batch=batch, verdicts=[verdict(Outcome.REJECTED)], role="clearinghouse")
    assert set(room.states(sent).values()) == {"clearinghouse_rejected"}


def test_277ca_batch_rejection_of_another_provider_spares_ours(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    batch = f"B{room.number(sent)}-0001"
    room.ack_277ca(batch=batch, verdicts=[verdict(Outcome.REJECTED, level="provider", npi="1555123458")])
    assert room.states(sent) == {"PCN1": "sent"}


def test_277ca_batch_summary_above_claims_decides_nothing(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    batch = f"B{room.number(sent)}-0001"
    room.ack_277ca(status("PCN1", Outcome.ACCEPTED, "A2"), batch=batch, verdicts=[verdict(Outcome.REJECTED)])
    assert room.states(sent) == {"PCN1": "payer_accepted", "PCN2": "sent"}


def test_277ca_batch_acceptance_says_nothing_of_a_claim(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    batch = f"B{room.number(sent)}-0001"
    assert room.ack_277ca(batch=batch, verdicts=[verdict(Outcome.RECEIVED)]) == [Result.RECEIVED]
    assert room.states(sent) == {"PCN1": "sent"}


def test_277ca_batch_rejection_of_a_batch_we_never_sent(room: Mailroom) -> None:
    assert room.ack_277ca(batch="NOBODY", verdicts=[verdict(Outcome.REJECTED)]) == [Result.UNMATCHED]


def test_277ca_unknown_category_is_for_a_person(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    assert room.ack_277ca(status("PCN1", Outcome.UNKNOWN, "E1")) == [Result.UNKNOWN]
    assert room.states(sent) == {"PCN1": "sent"}
