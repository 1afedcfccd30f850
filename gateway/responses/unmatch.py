"""A payment that was put on the wrong claim goes back to suspense: new entries, under the name of who says so."""

from gateway.errors import Refused
from gateway.model.claim import Claim
from gateway.model.findings import Finding
from gateway.responses import notices, rows
from gateway.responses.entries import posting_prefix, taken_back
from gateway.responses.settle import settle_again
from gateway.responses.worksheet import Worksheet
from gateway.site import Site
from gateway.store import claim_payments, exports, findings, journal, ledger, notes, remittances
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.remittances import POSTED


def unmatch_payment(
    site: Site, claim_payment_id: str, *, reason: str, actor: str
) -> tuple[str, tuple[Finding, ...]]:
    """Take a posted payment off its claim, in one audited unit of work; return that claim's id, and what is to be remarked.

    What it moved on the claim is taken back by new entries, and its money stands in suspense until somebody matches it
    again. What a person had said of the payer's number is forgotten with it. The billing system is told where the claim
    stands now.

    Raises:
        NotFound: no such claim payment.
        Refused: it is not on a claim, or something was posted on the claim after it, which has to be taken off first.

    """
    with site.store.write("unmatch", actor=actor) as tx:
        payment = claim_payments.get(tx, claim_payment_id)
        if payment.state != POSTED or payment.claim is None:
            raise Refused(f"{claim_payment_id} is not posted to a claim (it is {payment.state})")
        claim_id = payment.claim
        _must_be_last(tx, payment, claim_id)
        stored = remittances.get(tx, payment.remittance)
        said = claim_payments.content(tx, payment.id)
        reverses = posting_prefix(claim_payments.get(tx, payment.reverses)) if payment.reverses else None
        patient_before = ledger.claim_account(tx, claim_id).patient
        journal.post_all(tx, taken_back(payment))
        claim_payments.take_back(tx, payment, reverses=reverses)
        notes.add(tx, payment.id, notes.WORKED, reason)
        sheet = Worksheet.of_claim(tx, claim_id, said)
        settle_again(tx, sheet, payment, remittance=stored)
        remarks = tuple(notices.of_change(payment, sheet, patient_before))
        findings.keep(tx, stored.id, remarks)
        sent = _sent(sheet, payment)
        told = rows.Told(
            prefix=f"{posting_prefix(payment)}-back",
            payment=rows.payment_facts(stored, None),
            claim_payment=payment.id,
            claim_id=claim_id,
            patient_control_number=sent.patient_control_number,
            contractual=frozenset(),
            sent=sent,
        )
        exports.queue_all(tx, exports.PAYMENT, rows.taken_back(said, payment, told))
        facts = {"claim": claim_id, "remittance": stored.id, "amount": str(payment.paid), "reason": reason}
        tx.audit(subject=claim_payment_id, facts=facts)
    return claim_id, remarks


def _sent(sheet: Worksheet, payment: StoredPayment) -> Claim:
    """Return the claim as it was sent when the payment answered it: by that number the billing system knows it."""
    sent = sheet.submissions(str(payment.claim))
    return sheet.content(next((one for one in sent if one.submission_id == payment.submission), sent[-1]))


def _must_be_last(tx: Tx, payment: StoredPayment, claim_id: str) -> None:
    """Refuse where a later posting on the claim was worked out from this one."""
    posted = claim_payments.posted(tx, [claim_id])[claim_id]
    undone = {p.reverses for p in posted}
    if payment.id in undone:
        (by,) = (p.id for p in posted if p.reverses == payment.id)
        raise Refused(
            f"{payment.id} was reversed by {by}; take that off first: gateway unmatch {by} --reason TEXT"
        )
    order = [p.id for p in posted]
    later = [p for p in posted[order.index(payment.id) + 1 :] if p.class_ != "reversal"]
    # Another payer's was worked out from the account as this one left it; one that was reversed since would stand again, and
    # on nothing. The payer's own stands in the place of what a reversal took back, and would stand beside it.
    counts_on_it = [
        p.id for p in later if p.payer_key != payment.payer_key or (payment.reverses and p.id not in undone)
    ]
    if counts_on_it:
        last = counts_on_it[-1]
        raise Refused(
            f"{last} was posted to {claim_id} after {payment.id} and counts on it; take that off first: "
            f"gateway unmatch {last} --reason TEXT"
        )
