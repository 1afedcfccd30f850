"""Journal entries and state moves of one claim payment: what both posting and matching by hand write."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.errors import BooksBroken
from gateway.model.lifecycle import SubmissionState, claim_state, may_move
from gateway.model.money import plain
from gateway.model.remittance import RemittanceClaim
from gateway.responses.balance import all_codes
from gateway.responses.carc import PaymentClass
from gateway.responses.decide import CROSSED_OVER, Decision
from gateway.store import holds, ledger, remittances, submissions
from gateway.store.db import Tx
from gateway.store.journal import CONTRACTUAL, RECEIVABLE_PATIENT, RECEIVABLE_PAYER, SUSPENSE, Line, post
from gateway.store.remittances import StoredPayment

ZERO = Decimal("0.00")

_STATE_OF_ZERO_PAID = {
    PaymentClass.PATIENT: SubmissionState.ZERO_PAID,
    PaymentClass.PRIOR_PAYER: SubmissionState.ZERO_PAID,
    PaymentClass.CAPITATED: SubmissionState.ZERO_PAID,
    PaymentClass.DENIED: SubmissionState.DENIED,
    PaymentClass.DUPLICATE: SubmissionState.DENIED,
}
_WORST_FIRST = (SubmissionState.DENIED, SubmissionState.IN_REVIEW, SubmissionState.ZERO_PAID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where the entries of one claim payment belong.

    *prefix* starts their posting ids, *source* is the account that the money comes from: clearing, or suspense.
    """

    prefix: str
    source: str
    remittance: str
    claim_payment: str
    claim_id: str
    submission: str | None


def post_to_suspense(
    tx: Tx, *, prefix: str, clearing: str, amount: Decimal, remittance: str, claim_payment: str
) -> None:
    """Park a payment that nobody can place yet, so that its remittance posts whole (law 8)."""
    post(
        tx,
        f"{prefix}-suspense",
        "suspense",
        [Line(clearing, amount), Line(SUSPENSE, -amount)],
        remittance=remittance,
        claim_payment=claim_payment,
    )


def post_to_claim(tx: Tx, decision: Decision, entry: Entry) -> None:
    """Write the payment, contractual and patient entries of a decision, and prove the claim's account."""
    claim = entry.claim_id
    undone = _undone(tx, decision)
    parts = (
        ("payment", entry.source, decision.paid),
        ("contractual", CONTRACTUAL, decision.contractual),
        ("patient", RECEIVABLE_PATIENT, decision.patient),
    )
    before = ledger.claim_account(tx, claim)
    for kind, account, amount in parts:
        post(
            tx,
            f"{entry.prefix}-{kind}",
            "reversal" if undone else kind,
            [Line(account, amount, claim), Line(RECEIVABLE_PAYER, -amount, claim)],
            claim=claim,
            claim_payment=entry.claim_payment,
            remittance=entry.remittance,
            submission=entry.submission,
            reverses=f"{undone}-{kind}" if undone else None,
        )
    after = ledger.claim_account(tx, claim)
    moved = (after.paid - before.paid, after.adjusted - before.adjusted, after.patient - before.patient)
    if moved != (decision.paid, decision.contractual, decision.patient):
        raise BooksBroken(f"claim {claim}: what was posted is not what was decided")


def _undone(tx: Tx, decision: Decision) -> str | None:
    if decision.reverses is None:
        return None
    original = remittances.payment(tx, decision.reverses)
    return posting_prefix(original)


def posting_prefix(payment: StoredPayment) -> str:
    """Return the start of a claim payment's posting ids: the same on every reread."""
    start = f"{payment.remittance}-{payment.ordinal}"
    return f"{start}-match" if payment.matched_by else start


def move_submission(tx: Tx, submission_id: str, claim_id: str, *, reason: str) -> submissions.Move:
    """Bring a submission to the state that all answers to it, taken together, make (domain.md 3.6 and 4.11)."""
    state = _state(tx, submission_id, claim_id)
    if submissions.get(tx, submission_id).state is state:
        return submissions.Move.KEPT
    return submissions.move(tx, submission_id, state, reason)


def move_forwarded(tx: Tx, submission_id: str) -> submissions.Move:
    """Note that the payer sent the claim on to another (CLP02 23), where that is news."""
    if not may_move(submissions.get(tx, submission_id).state, SubmissionState.FORWARDED):
        return submissions.Move.KEPT
    return submissions.move(tx, submission_id, SubmissionState.FORWARDED, "835 status 23")


def _state(tx: Tx, submission_id: str, claim_id: str) -> SubmissionState:
    answers = [p for p in remittances.standing(tx, claim_id) if p.submission == submission_id]
    if not answers:
        return SubmissionState.REVERSED
    if sum((p.paid for p in answers), ZERO) > 0:
        left = ledger.claim_account(tx, claim_id).open
        if left < 0:
            return SubmissionState.IN_REVIEW
        return SubmissionState.PARTLY_PAID if left else SubmissionState.PAID
    states = {_STATE_OF_ZERO_PAID.get(PaymentClass(p.class_), SubmissionState.IN_REVIEW) for p in answers}
    return next(state for state in _WORST_FIRST if state in states)


def status_row(
    tx: Tx,
    claim: RemittanceClaim,
    decision: Decision,
    entry: Entry,
    *,
    partner: str,
    patient_control_number: str | None,
) -> tuple[str, dict[str, Any]]:
    """Return the row that tells the billing system what became of the claim by this answer."""
    account = ledger.claim_account(tx, entry.claim_id)
    stage = submissions.get(tx, entry.submission).state if entry.submission else None
    held = bool(holds.open_kinds(tx, entry.claim_id))
    return (
        f"{entry.prefix}-status",
        {
            "claim": entry.claim_id,
            "submission": entry.submission,
            "partner": partner,
            "patient_control_number": patient_control_number or claim.patient_control_number,
            "state": claim_state(stage, held=held).value,
            "stage": stage.value if stage else None,
            "by": "835",
            "reference": entry.remittance,
            "outcome": decision.class_.value,
            "codes": " ".join(all_codes(claim)),
            "message": "forwarded to another payer" if claim.status_code in CROSSED_OVER | {"23"} else None,
            "charge": plain(account.charge),
            "paid": plain(account.paid),
            "contractual": plain(account.adjusted),
            "patient": plain(account.patient),
            "open": plain(account.open),
            "payer_control_number": claim.payer_control_number,
        },
    )
