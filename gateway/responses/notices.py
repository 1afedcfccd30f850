"""What a reversal means beyond the books (4.9): for the patient's statement, and for a claim that went to the next payer."""

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
