"""Writing what was decided: entries and their proof, the submissions' states, and the word to the billing system.

All answers that were judged on one worksheet are settled together, by the same few statements however many they are.
"""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from gateway.errors import BooksBroken
from gateway.model.lifecycle import (
    OPEN_STATES,
    VOID,
    ClaimState,
    SubmissionState,
    claim_state,
    is_voided,
    may_move,
)
from gateway.model.money import plain
from gateway.model.remittance import CROSSED_OVER
from gateway.responses.acknowledge_claims import acknowledged
from gateway.responses.balance import all_codes
from gateway.responses.carc import PaymentClass
from gateway.responses.entries import Answer, of_answer, posting_prefix
from gateway.responses.worksheet import Worksheet
from gateway.store import claim_payments, exports, journal, ledger, submissions
from gateway.store import lines as line_postings
from gateway.store.candidates import Candidate
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.ledger import ClaimAccount
from gateway.store.remittances import NOTED, POSTED, StoredRemittance

ZERO = Decimal("0.00")

_FORWARDED = "23"

_STATE_OF_ZERO_PAID = {
    PaymentClass.PATIENT: SubmissionState.ZERO_PAID,
    PaymentClass.PRIOR_PAYER: SubmissionState.ZERO_PAID,
    PaymentClass.CAPITATED: SubmissionState.ZERO_PAID,
    PaymentClass.DENIED: SubmissionState.DENIED,
    PaymentClass.DUPLICATE: SubmissionState.DENIED,
}
_WORST_FIRST = (SubmissionState.DENIED, SubmissionState.IN_REVIEW, SubmissionState.ZERO_PAID)


def settle(
    tx: Tx, answers: Sequence[Answer], sheet: Worksheet, *, source: str, remittance: StoredRemittance
) -> list[Answer]:
    """Write what follows from *answers*, whose claim payments stand; return those that contradict what is known.

    *source* is the account that the money comes from: clearing, or suspense.

    Raises:
        BooksBroken: a claim's account is not what was decided; nothing may be committed.

    """
    journal.post_all(tx, (entry for answer in answers for entry in of_answer(answer, source=source)))
    line_postings.add_all(tx, ((a.payment.id, a.payment.placed, one) for a in answers for one in a.postings))
    told = [answer for answer in answers if answer.certain]
    accounts = _proved(tx, told, sheet)
    posted = [answer for answer in told if answer.payment.state == POSTED]
    _keep_numbers(tx, posted, sheet)
    contradicting = _move_submissions(tx, told, sheet, reason=f"835 {remittance.id}")
    voided = _confirm_voids(tx, told, sheet, reason=f"835 {remittance.id}")
    voided = {claim_id for claim_id in voided if not accounts[claim_id].charge}
    _tell(tx, told, accounts, partner=remittance.partner, voided=voided)
    return contradicting


UNMATCHED = "unmatched"
"""The outcome of a claim whose answer was taken off it again."""


def settle_again(tx: Tx, sheet: Worksheet, gone: StoredPayment, *, remittance: StoredRemittance) -> None:
    """Bring a submission whose answer turned out to be another claim's back to what is left of its answers; tell of it."""
    if gone.submission is None or gone.claim is None:
        return
    reason = f"{gone.id} taken off again"
    if any(p.submission == gone.submission for p in sheet.standing(gone.claim)):
        submissions.move_all(tx, {gone.submission: _outcome(sheet, gone.submission, gone.claim)}, reason)
    else:
        submissions.await_again(tx, gone.submission, acknowledged(tx, gone.submission), reason)
    _forget_number(tx, sheet, gone, even_the_last=True)
    _tell_taken_back(tx, sheet, gone, remittance)


def _keep_numbers(tx: Tx, posted: Sequence[Answer], sheet: Worksheet) -> None:
    """Keep what the payer calls each submission now: by its newest answer that it has not taken back itself."""
    kept = {
        a.payment.submission: a.said.payer_control_number
        for a in posted
        if a.payment.submission
        and a.said.payer_control_number
        and a.decision.undone is None
        and not _is_next_payers(a, sheet)
    }
    submissions.keep_payer_control_numbers(tx, kept)
    for answer in posted:
        if answer.decision.undone is not None and answer.payment.submission not in kept:
            _forget_number(tx, sheet, answer.decision.undone, even_the_last=False)


def _forget_number(tx: Tx, sheet: Worksheet, gone: StoredPayment, *, even_the_last: bool) -> None:
    """Put the number of the payer's answer that is left in the place of the one of *gone*; where none is left, none or that."""
    number, left = gone.payer_control_index, sheet.standing(str(gone.claim))
    if gone.submission is None or not number or any(p.payer_control_index == number for p in left):
        return
    said = [
        claim_payments.content(tx, p.id)
        for p in left
        if (p.submission, p.payer_key) == (gone.submission, gone.payer_key)
    ]
    numbers = [one.payer_control_number for one in said if one.payer_control_number]
    if numbers or even_the_last:
        submissions.forget_payer_control_number(
            tx, gone.submission, number, instead=numbers[-1] if numbers else None
        )


def _tell_taken_back(tx: Tx, sheet: Worksheet, gone: StoredPayment, remittance: StoredRemittance) -> None:
    """Queue the row that tells the billing system where the claim stands without the answer."""
    claim_id, submission_id = str(gone.claim), str(gone.submission)
    sent = next(sheet.content(c) for c in sheet.submissions(claim_id) if c.submission_id == submission_id)
    stage = submissions.states(tx, [submission_id])[submission_id]
    latest = sheet.submissions(claim_id)[-1]
    account = ledger.claim_account(tx, claim_id)
    voided = is_voided(latest.state, latest.frequency) and not account.charge
    content = {
        "claim": claim_id,
        "submission": submission_id,
        "patient_control_number": sent.patient_control_number,
        "claim_key": sent.claim_key,
        "by": "835",
        "reference": remittance.id,
        "outcome": UNMATCHED,
        "codes": "",
        "message": f"{gone.id} was taken off the claim again, because it was not for it",
        **_amounts(account),
        "payer_control_number": submissions.payer_control_number(tx, submission_id),
        "partner": remittance.partner,
        "state": (ClaimState.VOIDED if voided else claim_state(stage, held=False)).value,
        "stage": stage.value,
        **asdict(submissions.dropped_as(tx, [submission_id])[submission_id]),
    }
    exports.queue(tx, exports.CLAIM_STATUS, f"{posting_prefix(gone)}-back-status", content)


def _is_next_payers(answer: Answer, sheet: Worksheet) -> bool:
    """Tell whether a payer speaks to whom the claim was sent on: its number means nothing to the one we sent it to."""
    return answer.decision.later_payer and any(
        one.submission_id == answer.payment.submission and one.payer_sequence == "P"
        for one in sheet.submissions(str(answer.payment.claim))
    )


def _confirm_voids(tx: Tx, told: Sequence[Answer], sheet: Worksheet, *, reason: str) -> set[str]:
    """Take the reversal of all that a payer had paid as its word that it took the void; return the claims voided now."""
    voided: set[str] = set()
    for claim_id in dict.fromkeys(str(a.payment.claim) for a in told if a.payment.state == POSTED):
        latest = sheet.submissions(claim_id)[-1:]
        if not latest or latest[0].frequency != VOID:
            continue
        void = latest[0]
        gone = (a.decision.undone for a in told if a.payment.claim == claim_id and a.decision.undone)
        undone = {p.payer_key for p in gone if _answered_as(void, p, sheet)}
        reversed_all = undone and not any(p.payer_key in undone for p in sheet.standing(claim_id))
        if reversed_all and void.state in OPEN_STATES:
            submissions.move(tx, void.submission_id, SubmissionState.PAYER_ACCEPTED, reason)
            voided.add(claim_id)
        elif is_voided(void.state, void.frequency):
            voided.add(claim_id)
    return voided


def _answered_as(void: Candidate, payment: StoredPayment, sheet: Worksheet) -> bool:
    """Tell whether a payment came from whom the void went to: the same place in line, and nobody the claim was sent on to."""
    places = {c.submission_id: c.payer_sequence for c in sheet.submissions(void.claim_id)}
    if places.get(str(payment.submission)) != void.payer_sequence:
        return False
    first = sheet.first_payer(void.claim_id)
    stands = any(p.payer_key == first for p in sheet.standing(void.claim_id))
    return void.payer_sequence != "P" or payment.payer_key == first or not stands


def _proved(tx: Tx, told: Sequence[Answer], sheet: Worksheet) -> dict[str, ClaimAccount]:
    """Return the claims' accounts, read back from the journal, where they are what the worksheet says."""
    accounts = ledger.claim_accounts(tx, (a.payment.claim for a in told if a.payment.claim))
    for claim_id, account in accounts.items():
        if account != sheet.account(claim_id):
            raise BooksBroken(f"claim {claim_id}: what was posted is not what was decided")
    return accounts


def _move_submissions(tx: Tx, told: Sequence[Answer], sheet: Worksheet, *, reason: str) -> list[Answer]:
    """Bring each submission to the state that all answers to it, taken together, make (domain.md 3.6 and 4.11).

    That a claim was sent on to another payer (CLP02 23) is noted where it is news.
    """
    answered = {a.payment.submission: a for a in told if a.payment.submission}
    before = submissions.states(tx, answered)
    forwarded = {
        a.payment.submission: SubmissionState.FORWARDED
        for a in told
        if a.payment.submission and a.payment.state == NOTED and a.said.status_code == _FORWARDED
    }
    news = {s: to for s, to in forwarded.items() if may_move(before[s], to)}
    submissions.move_all(tx, news, f"835 status {_FORWARDED}")
    posted = {a.payment.submission: a for a in told if a.payment.submission and a.payment.state == POSTED}
    outcomes = {s: _outcome(sheet, s, str(a.payment.claim)) for s, a in posted.items()}
    changed = {s: to for s, to in outcomes.items() if (before | news)[s] is not to}
    moves = submissions.move_all(tx, changed, reason)
    return [posted[s] for s, move in moves.items() if move is submissions.Move.CONFLICT]


def _outcome(sheet: Worksheet, submission_id: str, claim_id: str) -> SubmissionState:
    payments = [p for p in sheet.standing(claim_id) if p.submission == submission_id]
    if not payments:
        return SubmissionState.REVERSED
    if sum((p.paid for p in payments), ZERO) > 0:
        account = sheet.account(claim_id)
        # More came than was billed, or the patient is owed something.
        if account.open < 0 or account.patient < 0:
            return SubmissionState.IN_REVIEW
        return SubmissionState.PARTLY_PAID if account.open else SubmissionState.PAID
    states = {_STATE_OF_ZERO_PAID.get(PaymentClass(p.class_), SubmissionState.IN_REVIEW) for p in payments}
    return next(state for state in _WORST_FIRST if state in states)


def _tell(
    tx: Tx, told: Sequence[Answer], accounts: dict[str, ClaimAccount], *, partner: str, voided: set[str]
) -> None:
    """Queue the rows that tell the billing system what became of each claim by its answer."""
    stages = submissions.states(tx, (a.payment.submission for a in told if a.payment.submission))
    records = submissions.dropped_as(tx, stages)

    def row(answer: Answer) -> tuple[str, dict[str, Any]]:
        claim_id, submission_id = str(answer.payment.claim), answer.payment.submission
        # No hold matters: what was rejected has no answer.
        stage = stages[submission_id] if submission_id else None
        state = ClaimState.VOIDED if claim_id in voided else claim_state(stage, held=False)
        content = _status(answer, accounts[claim_id]) | {
            "partner": partner,
            "state": state.value,
            "stage": stage.value if stage else None,
            **asdict(records.get(submission_id or "", submissions.Dropped())),
        }
        return f"{posting_prefix(answer.payment)}-status", content

    exports.queue_all(tx, exports.CLAIM_STATUS, map(row, told))


def _status(answer: Answer, account: ClaimAccount) -> dict[str, Any]:
    said, payment = answer.said, answer.payment
    return {
        "claim": payment.claim,
        "submission": payment.submission,
        "patient_control_number": answer.number or said.patient_control_number,
        "claim_key": answer.key,
        "by": "835",
        "reference": payment.remittance,
        "outcome": answer.decision.class_.value,
        "codes": " ".join(all_codes(said)),
        "message": f"forwarded to {said.crossover_payer or 'another payer'}"
        if said.status_code in CROSSED_OVER | {_FORWARDED}
        else None,
        **_amounts(account),
        "payer_control_number": said.payer_control_number,
    }


def _amounts(account: ClaimAccount) -> dict[str, Any]:
    return {
        "charge": plain(account.charge),
        "paid": plain(account.paid),
        "contractual": plain(account.adjusted),
        "patient": plain(account.patient),
        "open": plain(account.open),
    }
