"""A person says whose payment it is: the money leaves suspense by new entries, under that person's name."""

from gateway.errors import Refused
from gateway.model.findings import Finding
from gateway.responses import by_line, notices, rows
from gateway.responses.carc import PaymentClass, contractual_pairs
from gateway.responses.decide import Decision
from gateway.responses.entries import Answer, posting_prefix
from gateway.responses.match import Match
from gateway.responses.named import judged_by_hand, placed_as, what_comes_first
from gateway.responses.settle import settle
from gateway.responses.worksheet import REVERSAL, Worksheet
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import claim_payments, exports, findings, journal, remittances
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.remittances import SUSPENSE, StoredRemittance


def match_payment(site: Site, claim_payment_id: str, claim_id: str, *, actor: str) -> tuple[Finding, ...]:
    """Move a payment out of suspense to a claim, in one audited unit of work; return what is to be remarked on it.

    The person decides whose the money is; what it does to the claim is decided by the same rules as in posting. Where
    those rules still doubt (the payer answered before, or names another charge), only the money moves and the claim is
    left in review.

    Raises:
        NotFound: no such claim payment.
        Refused: the payment is not in suspense; or the claim was never sent, or is none, or nothing was ever billed on it; or
            what it counts on waits in suspense itself: what a reversal takes back, a reversal that makes room for it, an
            answer of another payer.

    """
    with site.store.write("match", actor=actor) as tx:
        payment = claim_payments.get(tx, claim_payment_id)
        if payment.state != SUSPENSE:
            raise Refused(f"{claim_payment_id} is not in suspense (it is {payment.state})")
        said = claim_payments.content(tx, payment.id)
        sheet = Worksheet.of_claim(tx, claim_id, said)
        found, decision = judged_by_hand(sheet, claim_id, payment, said, site.settings)
        if decision.money_only:
            _must_be_next(tx, site.settings, payment, decision, claim_id)
        contractual = contractual_pairs(site.settings.contractual.pairs)
        remarks = move(tx, sheet, payment, found, decision, contractual=contractual, by=actor)
        tx.audit(
            subject=claim_payment_id,
            facts={
                "claim": claim_id,
                "remittance": payment.remittance,
                "amount": str(payment.paid),
                "money_only": decision.money_only,
            },
        )
    return remarks


def move(
    tx: Tx,
    sheet: Worksheet,
    payment: StoredPayment,
    found: Match,
    decision: Decision,
    *,
    contractual: frozenset[str],
    by: str,
) -> tuple[Finding, ...]:
    """Move a payment out of suspense to the claim *found*, as *decision* says, in the name of *by*; tell of it.

    What is to be remarked on it is kept with its remittance, as in posting, and returned.
    """
    stored = remittances.get(tx, payment.remittance)
    said = claim_payments.content(tx, payment.id)
    moved = placed_as(payment, found, decision, by=by)
    claim_payments.change(tx, moved)
    before = sheet.patient_balances()
    sheet.book(moved, said)
    matched = by_line.matches(found, said)
    answer = Answer(
        said=said,
        decision=decision,
        payment=moved,
        number=found.sent.patient_control_number if found.sent else None,
        certain=True,
        key=found.sent.claim_key if found.sent else None,
        sent=found.sent,
        lines=matched,
        postings=by_line.postings(
            said, decision, matched, contractual=contractual, undone=sheet.lines(decision.undone)
        ),
    )
    contradicting = settle(tx, [answer], sheet, source=journal.SUSPENSE, remittance=stored)
    _tell(tx, answer, stored, contractual)
    remarks = (
        *notices.of_answer(answer),
        *notices.of_reversals([answer], sheet, before),
        *notices.of_states(contradicting),
    )
    findings.keep(tx, stored.id, remarks)
    return remarks


def _must_be_next(
    tx: Tx, settings: Settings, payment: StoredPayment, decision: Decision, claim_id: str
) -> None:
    """Refuse what only its money could move of, while that which it counts on waits in suspense itself."""
    if decision.class_ is PaymentClass.REVERSAL:
        counts_on = claim_payments.mirrored_in_suspense(tx, payment)
        first = counts_on and (what_comes_first(tx, settings, counts_on, claim_id) or counts_on)
        how = f"takes back {counts_on.id}" if counts_on else ""
    else:
        first = what_comes_first(tx, settings, payment, claim_id)
        how = f"counts on {first.id}" if first else ""
        if first and first.status_code == REVERSAL:
            how = f"stands in the place of what {first.id} takes back"
    if first:
        raise Refused(
            f"{payment.id} {how}, which waits in suspense itself; match first: gateway match {first.id} {claim_id}"
        )


def _tell(tx: Tx, answer: Answer, stored: StoredRemittance, contractual: frozenset[str]) -> None:
    """Queue the rows that tell the billing system that the money left suspense, and where it went."""
    told = rows.Told(
        prefix=posting_prefix(answer.payment),
        payment=rows.payment_facts(stored, None),
        claim_payment=answer.payment.id,
        claim_id=answer.payment.claim,
        patient_control_number=answer.number,
        contractual=contractual,
        sent=answer.sent,
        lines=answer.lines,
    )
    out = rows.out_of_suspense(answer.said, told)
    exports.queue_all(tx, exports.PAYMENT, [out, *rows.of_claim(answer.said, answer.decision, told)])
