"""Claims and versions in the store: what is ready, what is a duplicate, where a claim stands - on both databases."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.errors import NotFound
from gateway.model.claim import BillingProvider, Claim, Payer, ServiceLine, Subscriber
from gateway.model.identifiers import Kind, new_id
from gateway.model.lifecycle import ClaimState, SubmissionState
from gateway.store import alarms, charges, claims, figures, holds, ledger, submissions
from gateway.store.db import Store, Tx
from gateway.store.schema import submission, transmission
from tests.wires import folder_partner

LINE = ServiceLine(
    procedure="99213",
    charge=Decimal("125.50"),
    units=Decimal(1),
    service_date=date(2026, 1, 10),
    diagnosis_pointers=(1,),
)
CLAIM = Claim(
    patient_control_number="ACC-1",
    charge=Decimal("125.50"),
    billing_provider=BillingProvider(name="ROE CLINIC", npi="1098765435"),
    subscriber=Subscriber(last_name="POE", first_name="PAULA", member_id="PAY0001"),
    payer=Payer(name="PLAN", id="60054"),
    diagnoses=("J0190",),
    service_lines=(LINE,),
)
OTHER = replace(
    CLAIM,
    patient_control_number="ACC-2",
    service_lines=(replace(LINE, service_date=date(2026, 1, 11)),),
)


def stored(store: Store, content: Claim = CLAIM, *, partner: str | None = "north") -> tuple[str, str]:
    with store.write("test") as tx:
        ids = claims.new_claim(tx, content, partner=partner)
        tx.audit()
    return ids


_sent = iter(range(1, 10_000))


def submit(
    store: Store, claim_id: str, version_id: str, state: SubmissionState, *, frequency: str = "1"
) -> str:
    """Put a submission of the version on its way, as sealing would."""
    number = next(_sent)
    t, s = new_id(Kind.TRANSMISSION), new_id(Kind.SUBMISSION)
    with store.write("test") as tx:
        now = tx.now() + timedelta(seconds=number)
        tx.execute(
            insert(transmission).values(
                id=t, partner="north", environment="test", kind="837P", state="delivered", sender="A",
                receiver="B", isa13=number, gs06=number, version="005010X222A1", created_at=now,
            )
        )  # fmt: skip
        tx.execute(
            insert(submission).values(
                id=s, claim=claim_id, version=version_id, transmission=t, st02="0001", payer="60054",
                payer_sequence="P", frequency=frequency, state=state.value, created_at=now,
                first_segment=11, last_segment=20,
            )
        )  # fmt: skip
        charges.book(tx, [s])
        tx.audit()
    return s


def turn(store: Store, submission_id: str, state: SubmissionState) -> None:
    with store.write("test") as tx:
        tx.execute(update(submission).where(submission.c.id == submission_id).values(state=state.value))
        tx.audit()


def hold(store: Store, claim_id: str, kind: str) -> None:
    with store.write("test") as tx:
        holds.place(tx, claim_id, kind, "because")
        tx.audit()


def release(store: Store, claim_id: str) -> None:
    with store.write("test") as tx:
        holds.release(tx, claim_id, reason="because")
        tx.audit()


def ready(store: Store, partner: str = "north") -> list[claims.ReadyClaim]:
    with store.read() as tx:
        return claims.ready_for(tx, partner)


def state(store: Store, claim_id: str) -> ClaimState:
    with store.read() as tx:
        return claims.get(tx, claim_id).state


def test_a_claim_comes_out_as_it_went_in(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    with any_store.read() as tx:
        assert claims.content(tx, version_id) == CLAIM
        found = claims.get(tx, claim_id)
        assert (found.partner, found.charge, found.version, found.frequency) == (
            "north",
            CLAIM.charge,
            1,
            "1",
        )
        assert found.state is ClaimState.READY
        with pytest.raises(NotFound):
            claims.get(tx, "C-2222222222")
        with pytest.raises(NotFound):
            claims.content(tx, "V-2222222222")


def test_a_new_claim_is_ready_for_its_partner_only(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    stored(any_store, OTHER, partner=None)
    [one] = ready(any_store)
    assert (one.claim_id, one.version_id, one.claim) == (claim_id, version_id, CLAIM)
    assert ready(any_store, "south") == []


def test_a_held_claim_is_not_ready_until_released(any_store: Store) -> None:
    claim_id, _ = stored(any_store)
    hold(any_store, claim_id, "user")
    assert ready(any_store) == []
    assert state(any_store, claim_id) is ClaimState.HELD
    release(any_store, claim_id)
    assert len(ready(any_store)) == 1


def test_a_claim_on_its_way_is_not_ready(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.RESERVED)
    assert ready(any_store) == []
    assert state(any_store, claim_id) is ClaimState.IN_TRANSIT


def test_an_innocent_taken_out_goes_again_but_is_not_billed_again(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.WITHDRAWN)
    [one] = ready(any_store)
    assert one.claim_id == claim_id


def test_a_rejected_claim_goes_again_only_once_released(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.PAYER_REJECTED)
    hold(any_store, claim_id, "rejected")
    assert state(any_store, claim_id) is ClaimState.REJECTED
    assert ready(any_store) == []
    release(any_store, claim_id)
    assert state(any_store, claim_id) is ClaimState.READY
    assert [one.claim_id for one in ready(any_store)] == [claim_id]
    submit(any_store, claim_id, version_id, SubmissionState.SENT)
    assert ready(any_store) == []
    assert state(any_store, claim_id) is ClaimState.SENT


def test_a_replacement_is_ready_while_the_original_stands(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.PAID)
    replacement = replace(CLAIM, frequency="7", payer_control_number="ICN1")
    with any_store.write("test") as tx:
        newer = claims.new_version(tx, claim_id, replacement)
        tx.audit()
    [one] = ready(any_store)
    assert one.version_id == newer
    assert state(any_store, claim_id) is ClaimState.PAID


def test_a_confirmed_void_is_voided_and_frees_its_services(any_store: Store, tmp_path: Path) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.PAID)
    with any_store.write("test") as tx:
        newer = claims.new_version(tx, claim_id, replace(CLAIM, frequency="8", payer_control_number="ICN1"))
        tx.audit()
    sent = submit(any_store, claim_id, newer, SubmissionState.SENT, frequency="8")
    with any_store.read() as tx:
        assert duplicates_of(tx, CLAIM) == ([claim_id], [claim_id])
    with any_store.write("test") as tx:
        submissions.move(tx, sent, SubmissionState.PAYER_ACCEPTED)
        submissions.keep_payer_control_number(tx, sent, "ICN2")
        tx.audit()
    assert state(any_store, claim_id) is ClaimState.VOIDED
    with any_store.read() as tx:
        assert figures.claim_states(tx) == {"voided": 1}
        assert duplicates_of(tx, CLAIM) == ([], [])
        assert submissions.told_number(tx, claim_id, "60054") == "ICN2"
        later = tx.now() + timedelta(days=400)
        silent = alarms.silent(tx, "north", folder_partner(tmp_path), later)
        assert {one.rule for one in silent if one.id == claim_id} == set()
        ledger.check_books(tx)


def test_a_second_original_is_never_ready_while_the_first_lives(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.SENT)
    with any_store.write("test") as tx:
        claims.new_version(tx, claim_id, CLAIM)
        tx.audit()
    assert ready(any_store) == []


def test_the_oldest_goes_first_and_the_limit_holds(any_store: Store) -> None:
    first, _ = stored(any_store)
    stored(any_store, OTHER)
    with any_store.read() as tx:
        assert [one.claim_id for one in claims.ready_for(tx, "north", 1)] == [first]


def test_a_mended_charge_is_booked_when_it_goes_out_and_not_before(any_store: Store) -> None:
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, SubmissionState.SET_REJECTED)
    with any_store.write("test") as tx:
        newer = claims.new_version(tx, claim_id, replace(CLAIM, charge=Decimal("150.00")))
        tx.audit()
    with any_store.read() as tx:
        assert ledger.claim_account(tx, claim_id).charge == CLAIM.charge
    second = submit(any_store, claim_id, newer, SubmissionState.SENT)
    with any_store.write("test") as tx:
        charges.book(tx, [second])
        tx.audit()
    with any_store.read() as tx:
        account = ledger.claim_account(tx, claim_id)
        assert (account.charge, account.open) == (Decimal("150.00"), Decimal("150.00"))
        assert claims.get(tx, claim_id).charge == Decimal("150.00")
        assert sum(ledger.trial_balance(tx).values()) == 0


def test_nothing_is_booked_for_a_claim_that_was_never_sent(any_store: Store) -> None:
    claim_id, _ = stored(any_store)
    with any_store.write("test") as tx:
        claims.new_version(tx, claim_id, replace(CLAIM, charge=Decimal("150.00")))
        tx.audit()
    with any_store.read() as tx:
        assert ledger.claim_account(tx, claim_id).charge == 0


def duplicates_of(tx: Tx, content: Claim) -> tuple[list[str], list[str]]:
    return claims.same_content(tx, content), claims.same_services(tx, content)


def test_the_same_content_is_found_whatever_its_spelling(any_store: Store) -> None:
    claim_id, _ = stored(any_store)
    respelled = replace(
        CLAIM,
        charge=Decimal("125.5"),
        claim_key="C-1",
        subscriber=replace(CLAIM.subscriber, last_name="Poe "),
    )
    with any_store.read() as tx:
        assert duplicates_of(tx, respelled) == ([claim_id], [claim_id])
        assert duplicates_of(tx, OTHER) == ([], [])


@pytest.mark.parametrize(
    ("at", "held", "alive"),
    [
        (SubmissionState.SENT, False, True),
        (SubmissionState.PAID, False, True),
        (SubmissionState.PAYER_REJECTED, True, False),
        (SubmissionState.PAYER_REJECTED, False, True),
        (SubmissionState.WITHDRAWN, False, True),
    ],
)
def test_a_duplicate_counts_while_its_twin_is_alive(
    any_store: Store, at: SubmissionState, held: bool, alive: bool
) -> None:
    """A rejected twin is out of the way while it is held for it; once released it may go out again."""
    claim_id, version_id = stored(any_store)
    submit(any_store, claim_id, version_id, at)
    if held:
        with any_store.write("test") as tx:
            holds.place(tx, claim_id, "rejected", "rejected by the payer: A7")
            tx.audit()
    with any_store.read() as tx:
        assert duplicates_of(tx, CLAIM) == (([claim_id], [claim_id]) if alive else ([], []))


def test_a_version_that_was_replaced_before_it_went_out_is_no_twin(any_store: Store) -> None:
    claim_id, _ = stored(any_store)
    with any_store.write("test") as tx:
        claims.new_version(tx, claim_id, replace(CLAIM, note="mended"))
        tx.audit()
    with any_store.read() as tx:
        assert claims.same_content(tx, CLAIM) == []
        assert claims.same_services(tx, CLAIM) == [claim_id]


def test_the_same_services_under_another_account_are_found(any_store: Store) -> None:
    claim_id, _ = stored(any_store)
    twin = replace(CLAIM, patient_control_number="ACC-9", note="again")
    repeated = replace(twin, service_lines=(replace(LINE, modifiers=("76",)),))
    with any_store.read() as tx:
        assert duplicates_of(tx, twin) == ([], [claim_id])
        assert duplicates_of(tx, repeated) == ([], [])


def test_claims_are_found_by_their_number_and_by_their_state(any_store: Store) -> None:
    sent, version_id = stored(any_store)
    held, _ = stored(any_store, OTHER)
    submit(any_store, sent, version_id, SubmissionState.SENT)
    hold(any_store, held, "edit")
    with any_store.read() as tx:
        assert [one.id for one in claims.with_pcn(tx, " ACC-1 ")] == [sent]
        assert claims.with_pcn(tx, "ACC-3") == []
        assert [one.id for one in claims.in_state(tx, ClaimState.SENT)] == [sent]
        assert [one.id for one in claims.in_state(tx, ClaimState.HELD)] == [held]
        assert claims.get(tx, held).holds == ("edit",)
        assert claims.get(tx, sent).submission_state is SubmissionState.SENT
