"""What an answer means beyond the books: for the patient's statement and record (4.9, 4.1), and for the next payer."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from gateway.model.findings import Finding, warning
from gateway.model.money import plain
from gateway.responses.entries import Answer
from gateway.responses.worksheet import Worksheet


def of_reversals(
    answers: Iterable[Answer], sheet: Worksheet, patient_before: Mapping[str, Decimal]
) -> Iterator[Finding]:
    """Yield a notice for each claim of which something was reversed, where somebody else has been told otherwise.

    *patient_before* is what the patient owed on each claim before the remittance.
    """
    claims = dict.fromkeys(str(a.payment.claim) for a in answers if a.decision.undone is not None)
    for claim_id in claims:
        before, now = patient_before[claim_id], sheet.account(claim_id).patient
        if now != before:
            yield warning(
                "ERA-PATIENT",
                f"what the patient owes on {claim_id} changed by {plain(now - before)}, from {plain(before)} to {plain(now)}; "
                "look whether a statement went out, or a payment came, on the old amount",
            )
        later = [s for s in sheet.submissions(claim_id) if s.payer_sequence != "P" and not s.rejected]
        if later:
            yield warning(
                "ERA-SECONDARY",
                f"{claim_id} went to the next payer with what is reversed now ({later[-1].submission_id}); send that payer a "
                "replacement (frequency 7)",
            )


def of_people(answers: Iterable[Answer]) -> Iterator[Finding]:
    """Yield a notice for each claim whose patient or order of payers the payer has otherwise (NM1*74, NM1*PR).

    A proposal each, in no words of the payer's: what it says is in the answer, and nothing of the claim is changed.
    """
    for answer in answers:
        said, payment = answer.said, answer.payment
        whose, look = payment.claim or "the claim", f"gateway show {payment.id} --reveal"
        if said.corrected is not None or said.corrected_member_id:
            yield warning(
                "ERA-CORRECTED",
                f"the payer has the member's name or id otherwise than {whose} says; look at it with: {look}; and mend the "
                "patient's record in your own system, where it is so",
                claim=said.patient_control_number,
                segment="NM1",
                loop="2100",
            )
        if said.priority_payer or said.priority_payer_id:
            yield warning(
                "ERA-PRIORITY",
                f"the payer says that another one comes before it for {whose}; look which with: {look}; and send the claim "
                "there first, where it is so",
                claim=said.patient_control_number,
                segment="NM1",
                loop="2100",
            )
