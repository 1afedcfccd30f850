"""A person says whose payment it is: the money leaves suspense by new entries, under that person's name."""

from gateway.errors import Refused
from gateway.responses import entries, match, rows
from gateway.responses.carc import PaymentClass, contractual_pairs
from gateway.responses.decide import Decision, decide, money_only
from gateway.responses.match import Match, Speaker
from gateway.site import Site
from gateway.store import candidates, exports, journal, ledger, remittances
from gateway.store.db import Tx
from gateway.store.remittances import POSTED, SUSPENSE, StoredPayment, StoredRemittance


def match_payment(site: Site, claim_payment_id: str, claim_id: str, *, actor: str) -> None:
    """Move a payment out of suspense to a claim, in one audited unit of work.

    The person decides whose the money is; what it does to the claim is decided by the same rules as in posting. Where
    those rules still doubt (the payer answered before, or names another charge), only the money moves and the claim is
    left in review.

    Raises:
        NotFound: no such claim payment, or no such claim among those that were sent.
        Refused: the payment is not in suspense, or nothing was ever billed on the claim.

    """
    with site.store.write("match", actor=actor) as tx:
        payment = remittances.payment(tx, claim_payment_id)
        if payment.state != SUSPENSE:
            raise Refused(f"{claim_payment_id} is not in suspense (it is {payment.state})")
        found = _chosen(tx, payment, claim_id)
        stored = remittances.get(tx, payment.remittance)
        contractual = contractual_pairs(site.settings.contractual.pairs)
        decision = _decision(tx, payment, found, stored, contractual)
        _move(tx, payment, found, decision, stored=stored, contractual=contractual)
        tx.audit(
            subject=claim_payment_id,
            facts={
                "claim": claim_id,
                "remittance": stored.id,
                "amount": str(payment.paid),
                "money_only": decision.money_only,
            },
        )


def _chosen(tx: Tx, payment: StoredPayment, claim_id: str) -> Match:
    usable = [c for c in candidates.of_claim(tx, claim_id) if not c.rejected]
    if not usable or not ledger.charge_is_booked(tx, claim_id):
        raise Refused(
            f"{claim_id} is no claim that was sent and not rejected, so nothing is receivable on it; "
            "look at it with: gateway show " + claim_id
        )
    nobody = Speaker(partner="", payer_ids=frozenset(), split_charge={})
    chosen = match.choose(usable, payment.status_code, nobody)
    return Match(claim_id=claim_id, submission=chosen, sent=candidates.content(tx, chosen), how="by hand")


def _decision(
    tx: Tx, payment: StoredPayment, found: Match, stored: StoredRemittance, contractual: frozenset[str]
) -> Decision:
    claim = remittances.payment_content(tx, payment.id)
    who = Speaker(partner=stored.partner, payer_ids=frozenset(), split_charge={})
    decision = decide(tx, claim, found, payer_key=stored.payer_key, who=who, contractual=contractual)
    if decision.state == POSTED:
        return decision
    return money_only(claim, PaymentClass(payment.class_))


def _move(
    tx: Tx,
    payment: StoredPayment,
    found: Match,
    decision: Decision,
    *,
    stored: StoredRemittance,
    contractual: frozenset[str],
) -> None:
    if found.claim_id is None or found.submission is None:
        raise Refused(f"{payment.id}: no submission of the claim answers to it")
    claim = remittances.payment_content(tx, payment.id)
    remittances.change_payment(
        tx,
        payment.id,
        state=POSTED,
        claim=found.claim_id,
        submission=found.submission.submission_id,
        contractual=decision.contractual,
        patient=decision.patient,
        in_review=decision.in_review,
        reverses=decision.reverses,
        matched_by=tx.actor,
    )
    entry = entries.Entry(
        prefix=entries.posting_prefix(remittances.payment(tx, payment.id)),
        source=journal.SUSPENSE,
        remittance=stored.id,
        claim_payment=payment.id,
        claim_id=found.claim_id,
        submission=found.submission.submission_id,
    )
    entries.post_to_claim(tx, decision, entry)
    entries.move_submission(tx, found.submission.submission_id, found.claim_id, reason=f"835 {stored.id}")
    number = found.sent.patient_control_number if found.sent else None
    told = rows.Told(
        prefix=entry.prefix,
        payment=rows.payment_facts(stored, None),
        claim_payment=payment.id,
        claim_id=found.claim_id,
        patient_control_number=number,
        contractual=contractual,
    )
    exports.queue_all(
        tx, exports.PAYMENT, [rows.out_of_suspense(claim, told), *rows.of_claim(claim, decision, told)]
    )
    posting_id, status = entries.status_row(
        tx, claim, decision, entry, partner=stored.partner, patient_control_number=number
    )
    exports.queue(tx, exports.CLAIM_STATUS, posting_id, status)
