"""What goes out, in which files, and what a person may do to a claim that waits."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.claims import batch
from gateway.claims.batch import chunks, hold_claim, release_claim, resubmit, send_ready
from gateway.errors import NotFound, Refused
from gateway.model.lifecycle import ClaimState, SubmissionState
from gateway.settings import Batching
from gateway.store import claims, holds, ledger, partners, submissions, transmissions, views
from tests.office import BILLING, Office, record
from tests.sites import partner_of, settings_of

PAT = "user:pat"
SECOND = {**BILLING, "name": "Roe Annex", "npi": "1333111221"}


def sent(office: Office, partner: str = "north") -> batch.BatchReport:
    return send_ready(office.site, partner)


def submission(office: Office, number: str = "ACC-1") -> submissions.Submission:
    """Return the newest submission of the claim."""
    with office.site.store.read() as tx:
        return submissions.of_claim(tx, office.claim(number).id)[-1]


def move(office: Office, state: SubmissionState, number: str = "ACC-1") -> None:
    """Let the payer's side answer."""
    one = submission(office, number)
    with office.site.store.write("test") as tx:
        submissions.move(tx, one.id, SubmissionState.SENT)
        submissions.move(tx, one.id, state)
        if state in {SubmissionState.PAYER_REJECTED, SubmissionState.SET_REJECTED}:
            holds.place(tx, one.claim_id, "rejected", "rejected by the payer: A7:500")
        tx.audit()


def reconfigure(office: Office, **changes: Any) -> None:
    office.site = replace(office.site, settings=settings_of(intake_quiet_seconds=0, **changes))


def test_ready_claims_are_sealed_and_billed(office: Office) -> None:
    office.take_records(record(1), record(2), record(3, charge="1.00"))
    report = sent(office)
    assert (report.transmissions, report.claims, report.withheld) == (1, 2, 0)
    assert office.claim("ACC-1").state is ClaimState.IN_TRANSIT
    assert office.claim("ACC-3").state is ClaimState.HELD
    with office.site.store.read() as tx:
        made = transmissions.get(tx, report.ids[0])
        assert (made.state.value, made.claims, made.billed) == ("sealed", 2, Decimal("331.00"))
        assert ledger.claim_account(tx, office.claim("ACC-1").id).charge == Decimal("165.50")
    assert sent(office).transmissions == 0


def test_each_partner_gets_its_own(office: Office) -> None:
    office.take_records(record(1), record(2, payer={"id": "87726", "name": "Other Plan"}))
    assert sent(office, "south").claims == 1
    assert office.claim("ACC-1").state is ClaimState.READY


def test_a_paused_partners_claims_wait(office: Office) -> None:
    office.take_records(record(1))
    with office.site.store.write("pause") as tx:
        partners.pause(tx, "north", "their maintenance")
        tx.audit()
    assert sent(office).transmissions == 0
    assert office.claim().state is ClaimState.READY


def test_one_billing_provider_a_file_and_no_file_too_long(office: Office) -> None:
    office.take_records(
        record(1),
        record(2, billing_provider=SECOND),
        record(3),
        record(4, billing_provider=SECOND),
        record(5),
    )
    with office.site.store.read() as tx:
        ready = claims.ready_for(tx, "north")
    cut = [[one.claim.patient_control_number for one in c] for c in chunks(ready, Batching(claims_per_set=2))]
    assert cut == [["ACC-1", "ACC-3"], ["ACC-5"], ["ACC-2", "ACC-4"]]
    two_sets = Batching(claims_per_set=2, sets_per_file=2)
    assert [len(c) for c in chunks(ready, two_sets)] == [3, 2]


def test_what_does_not_fit_into_one_file_goes_in_several(office: Office) -> None:
    long = [record(n, note=f"{n} " + "x" * 70) for n in range(1, 31)]
    office.take_records(*long)
    reconfigure(office, partner={"north": partner_of(batching={"max_bytes": 10_000})})
    report = sent(office)
    assert report.transmissions >= 2
    assert report.claims == 30
    assert sent(office).claims == 0


def test_a_hold_keeps_a_claim_back_and_a_release_lets_it_go(office: Office) -> None:
    office.take_records(record(1))
    claim_id = office.claim().id
    hold_claim(office.site, claim_id, reason="waiting for the referral", actor=PAT)
    assert office.claim().state is ClaimState.HELD
    assert sent(office).claims == 0
    with pytest.raises(Refused, match="held by a person already"):
        hold_claim(office.site, claim_id, reason="again", actor=PAT)
    release_claim(office.site, claim_id, reason="it is here", actor=PAT)
    assert sent(office).claims == 1
    with office.site.store.read() as tx:
        events = [e for e in views.events(tx, claim_id=claim_id) if e["actor"] == PAT]
    assert [(e["kind"], e["facts"]["reason"]) for e in events] == [
        ("hold", "waiting for the referral"),
        ("release", "it is here"),
    ]


def test_what_went_out_cannot_be_held_back(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    with pytest.raises(Refused, match="gateway void C-"):
        hold_claim(office.site, office.claim().id, reason="oops", actor=PAT)


def test_a_claim_that_is_not_held_cannot_be_released(office: Office) -> None:
    office.take_records(record(1))
    with pytest.raises(Refused, match="is not held; it is ready"):
        release_claim(office.site, office.claim().id, reason="why not", actor=PAT)


@pytest.mark.parametrize("identifier", ["T-7K3F9Q2MXR", "nonsense", "C-7K3F9Q2MXR"])
def test_there_must_be_such_a_claim(office: Office, identifier: str) -> None:
    for act in (hold_claim, release_claim):
        with pytest.raises(NotFound):
            act(office.site, identifier, reason="x", actor=PAT)
    with pytest.raises(NotFound):
        resubmit(office.site, [identifier], reason="x", actor=PAT)


def test_a_release_does_not_overrule_the_edits(office: Office) -> None:
    office.take_records(record(1, billing_provider={**BILLING, "taxonomy": None}))
    claim_id = office.claim().id
    with pytest.raises(Refused, match="P-BP-07"):
        release_claim(office.site, claim_id, reason="send it", actor=PAT)
    assert office.claim().holds == ("edit",)
    reconfigure(office, partner={"north": partner_of(edits={"P-BP-07": "off"})})
    release_claim(office.site, claim_id, reason="the payer wants none", actor=PAT)
    assert sent(office).claims == 1


def test_an_unroutable_claim_is_released_once_there_is_a_way(office: Office) -> None:
    office.take_records(record(1, payer={"id": "99999", "name": "Elsewhere"}))
    claim_id = office.claim().id
    with pytest.raises(Refused, match="no way out yet"):
        release_claim(office.site, claim_id, reason="go", actor=PAT)
    reconfigure(office, partner={"north": partner_of(payers=["99999"])})
    release_claim(office.site, claim_id, reason="added", actor=PAT)
    assert (office.claim().partner, office.claim().state) == ("north", ClaimState.READY)
    assert sent(office).claims == 1


def test_a_rejected_claim_goes_again_with_a_reason_only(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    move(office, SubmissionState.PAYER_REJECTED)
    claim_id = office.claim().id
    assert office.claim().state is ClaimState.REJECTED
    assert sent(office).claims == 0
    with pytest.raises(Refused, match="gateway resubmit"):
        release_claim(office.site, claim_id, reason="go", actor=PAT)
    with pytest.raises(Refused, match="needs a reason"):
        resubmit(office.site, [claim_id], reason=" ", actor=PAT)
    resubmit(office.site, [claim_id], reason="the payer lifted its edit", actor=PAT)
    assert office.claim().state is ClaimState.READY
    with pytest.raises(Refused, match="waits for the next cutoff"):
        resubmit(office.site, [claim_id], reason="again", actor=PAT)
    first = submission(office)
    assert sent(office).claims == 1
    second = submission(office)
    assert second.transmission_id != first.transmission_id
    assert second.version_id == first.version_id
    with office.site.store.read() as tx:
        assert ledger.claim_account(tx, claim_id).charge == Decimal("165.50")
        with_numbers = [transmissions.get(tx, s.transmission_id).isa13 for s in (first, second)]
    assert with_numbers[0] < with_numbers[1]


def test_only_what_was_rejected_is_resubmitted_and_all_or_none(office: Office) -> None:
    office.take_records(record(1), record(2))
    sent(office)
    move(office, SubmissionState.PAYER_REJECTED)
    both = [office.claim("ACC-1").id, office.claim("ACC-2").id]
    with pytest.raises(Refused, match="not rejected"):
        resubmit(office.site, both, reason="all of them", actor=PAT)
    assert office.claim("ACC-1").state is ClaimState.REJECTED


def test_a_rejected_claim_is_mended_by_dropping_it_again(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    move(office, SubmissionState.SET_REJECTED)
    lines = [*record(1)["service_lines"][:1], {**record(1)["service_lines"][1], "charge": "50.00"}]
    assert office.take_records(record(1, charge="175.50", service_lines=lines)).ready == 1
    mended = office.claim()
    assert (mended.version, mended.state) == (2, ClaimState.READY)
    assert sent(office).claims == 1
    with office.site.store.read() as tx:
        account = ledger.claim_account(tx, mended.id)
        assert (account.charge, account.open) == (Decimal("175.50"), Decimal("175.50"))


def test_a_rejected_claim_dropped_again_unchanged_goes_only_when_somebody_says_so(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    move(office, SubmissionState.PAYER_REJECTED)
    assert office.codes(office.take_records(record(1)).ids[0]) == ["D-DUP-REJECTED"]
    assert sent(office).claims == 0
    resubmit(office.site, [office.claim().id], reason="the payer mended its file", actor="pat")
    assert sent(office).claims == 1


def test_a_claim_on_its_way_is_refused_whatever_it_says(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    assert office.codes(office.take_records(record(1)).ids[0]) == ["D-DUP-CONTENT"]
    assert office.codes(office.take_records(record(1, note="new")).ids[0]) == ["P-PCN-OPEN"]


def test_a_replacement_goes_out_beside_its_original(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    move(office, SubmissionState.DENIED)
    replacement = record(1, frequency="7", payer_control_number="ICN77", note="corrected")
    assert office.take_records(replacement).ready == 1
    assert office.codes(office.take_records({**replacement, "note": "once more"}).ids[0]) == ["P-PCN-OPEN"]
    assert sent(office).claims == 1
    assert office.claim().version == 2


def test_the_next_payer_is_billed_on_the_same_account(office: Office) -> None:
    office.take_records(record(1))
    sent(office)
    secondary = record(1, payer={"id": "87726", "name": "Second Plan"}, payer_sequence="S")
    assert office.codes(office.take_records(secondary).ids[0]) == ["P-PCN-OPEN"]
    move(office, SubmissionState.PAID)
    assert office.take_records(secondary).ready == 1
    assert sent(office, "south").claims == 1
    with office.site.store.read() as tx:
        assert ledger.claim_account(tx, office.claim().id).charge == Decimal("165.50")
