"""The journal entries of a claim payment: what both posting and matching by hand write."""

from dataclasses import dataclass
from decimal import Decimal

from gateway.model.claim import Claim
from gateway.model.line_match import LineMatch
from gateway.model.remittance import RemittanceClaim
from gateway.responses.decide import Decision
from gateway.store.claim_payments import StoredPayment
from gateway.store.journal import CONTRACTUAL, RECEIVABLE_PATIENT, RECEIVABLE_PAYER, SUSPENSE, Entry, Line
from gateway.store.lines import LinePosting
from gateway.store.remittances import POSTED
from gateway.store.remittances import SUSPENSE as IN_SUSPENSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One CLP as it was judged: what the payer said, what was decided, and the claim payment that is kept of it.

    *lines* tell which of our service lines each line of *said* answers, *postings* what each line of it moves;
    *sent* is the claim as it was sent.
    *number* is the patient control number as sent, None where that is not known, and *key* the billing system's own id
    of the claim; *certain* tells that the claim is known without doubt, so that there is something to say about it.
    """

    said: RemittanceClaim
    decision: Decision
    payment: StoredPayment
    number: str | None
    certain: bool
    key: str | None = None
    sent: Claim | None = None
    lines: tuple[LineMatch, ...] = ()
    postings: tuple[LinePosting, ...] = ()


def of_answer(answer: Answer, *, source: str) -> list[Entry]:
    """Return the entries of an answer; *source* is the account that the money comes from: clearing, or suspense.

    Money that nobody can place yet is parked, so that its remittance posts whole (law 8); an answer that is only noted
    has no entry.
    """
    payment = answer.payment
    if payment.state == IN_SUSPENSE:
        return [
            Entry(
                posting_id=f"{posting_prefix(payment)}-suspense",
                kind="suspense",
                lines=(Line(source, payment.paid), Line(SUSPENSE, -payment.paid)),
                claim_payment=payment.id,
                remittance=payment.remittance,
            )
        ]
    if payment.state != POSTED:
        return []
    return [
        _of_claim(answer, "payment", source, payment.paid),
        _of_claim(answer, "contractual", CONTRACTUAL, payment.contractual),
        _of_claim(answer, "patient", RECEIVABLE_PATIENT, payment.patient),
    ]


def _of_claim(answer: Answer, kind: str, account: str, amount: Decimal) -> Entry:
    """Return the entry that moves *amount* from what the payer owes on the claim to *account*."""
    payment, undone = answer.payment, answer.decision.undone
    return Entry(
        posting_id=f"{posting_prefix(payment)}-{kind}",
        kind="reversal" if undone else kind,
        lines=(Line(account, amount, payment.claim), Line(RECEIVABLE_PAYER, -amount, payment.claim)),
        claim=payment.claim,
        claim_payment=payment.id,
        remittance=payment.remittance,
        submission=payment.submission,
        reverses=f"{posting_prefix(undone)}-{kind}" if undone else None,
    )


def taken_back(payment: StoredPayment) -> list[Entry]:
    """Return the entries that take a posted payment off its claim again, its money to suspense."""
    prefix = posting_prefix(payment)
    return [
        Entry(
            posting_id=f"{prefix}-back-{kind}",
            kind="unmatch",
            lines=(Line(account, -amount, payment.claim), Line(RECEIVABLE_PAYER, amount, payment.claim)),
            claim=payment.claim,
            claim_payment=payment.id,
            remittance=payment.remittance,
            submission=payment.submission,
            reverses=f"{prefix}-{kind}",
        )
        for kind, account, amount in (
            ("payment", SUSPENSE, payment.paid),
            ("contractual", CONTRACTUAL, payment.contractual),
            ("patient", RECEIVABLE_PATIENT, payment.patient),
        )
    ]


def posting_prefix(payment: StoredPayment) -> str:
    """Return the start of a claim payment's posting ids: the same on every reread, and another for every match by hand."""
    start = f"{payment.remittance}-{payment.ordinal}"
    return f"{start}-match{payment.placed if payment.placed > 1 else ''}" if payment.placed else start
