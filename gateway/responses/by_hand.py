"""A person says whose payment it is: the money leaves suspense by new entries, under that person's name."""

from dataclasses import replace

from gateway.errors import Refused
from gateway.model.findings import Finding
from gateway.model.matching import loose_id
from gateway.model.remittance import RemittanceClaim
from gateway.responses import by_line, match, notices, rows
from gateway.responses.carc import Classes, PaymentClass, classes_of, contractual_pairs
from gateway.responses.decide import Decision, decide, money_only
from gateway.responses.entries import Answer, posting_prefix
from gateway.responses.match import Match, Speaker
from gateway.responses.settle import settle
from gateway.responses.worksheet import REVERSAL, Worksheet
from gateway.site import Site
from gateway.store import exports, findings, journal, remittances
from gateway.store.db import Tx
from gateway.store.remittances import POSTED, SUSPENSE, StoredPayment, StoredRemittance


def match_payment(site: Site, claim_payment_id: str, claim_id: str, *, actor: str) -> tuple[Finding, ...]:
    """Move a payment out of suspense to a claim, in one audited unit of work; return what is to be remarked on it.

    The person decides whose the money is; what it does to the claim is decided by the same rules as in posting. Where
    those rules still doubt (the payer answered before, or names another charge), only the money moves and the claim is
    left in review.

    Raises:
        NotFound: no such claim payment.
        Refused: the payment is not in suspense; or the claim was never sent, or is none, or nothing was ever billed on it; or
            it is a reversal, and what it takes back waits in suspense itself; or it stands in the place of what a reversal in
            suspense takes back.

    """
    with site.store.write("match", actor=actor) as tx:
        payment = remittances.payment(tx, claim_payment_id)
        if payment.state != SUSPENSE:
            raise Refused(f"{claim_payment_id} is not in suspense (it is {payment.state})")
        said = remittances.payment_content(tx, payment.id)
        sheet = Worksheet.of_claim(tx, claim_id, said)
        found = _chosen(sheet, claim_id, payment, said)
        contractual = contractual_pairs(site.settings.contractual.pairs)
        decision = _decision(
            sheet, payment, said, found, contractual=contractual, classes=classes_of(site.settings.carc)
        )
        _must_come_after(tx, payment, decision, claim_id)
        if decision.money_only and said.status_code != REVERSAL:
            _must_come_after_reversal(tx, site, payment, claim_id)
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
    said = remittances.payment_content(tx, payment.id)
    moved = _moved(tx, payment, found, decision, by=by)
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


def speaker_of(payment: StoredPayment) -> Speaker:
    """Return what is still known of who spoke: the payer by its key, which is an id where it had no tax number."""
    known = payment.payer_key.partition("-")[2]
    return Speaker(partner="", payer_ids=frozenset({loose_id(known)}), split_charge={})


def _chosen(sheet: Worksheet, claim_id: str, payment: StoredPayment, said: RemittanceClaim) -> Match:
    usable = [c for c in sheet.submissions(claim_id) if not c.rejected]
    if not usable or (not sheet.is_billed(claim_id) and any(c.charge for c in usable)):
        raise Refused(
            f"{claim_id} is no claim that was sent and not rejected, so nothing is receivable on it; "
            "look at it with: gateway show " + claim_id
        )
    chosen = match.choose(usable, said, speaker_of(payment), sheet.control_indexes(said))
    return Match(claim_id=claim_id, submission=chosen, sent=sheet.content(chosen), how=remittances.BY_HAND)


def _decision(
    sheet: Worksheet,
    payment: StoredPayment,
    said: RemittanceClaim,
    found: Match,
    *,
    contractual: frozenset[str],
    classes: Classes,
) -> Decision:
    who = speaker_of(payment)
    decision = decide(
        sheet, said, found, payer_key=payment.payer_key, who=who, contractual=contractual, classes=classes
    )
    if decision.state == POSTED:
        return decision
    return money_only(said, decision.class_, sheet, str(found.claim_id))


def _must_come_after_reversal(tx: Tx, site: Site, payment: StoredPayment, claim_id: str) -> None:
    """Refuse what only its money could move of, while the reversal that makes room for all of it waits in suspense."""
    for reversal in remittances.reversals_beside(tx, payment):
        said = remittances.payment_content(tx, reversal.id)
        sheet = Worksheet.of_claim(tx, claim_id, said)
        decision = _decision(
            sheet, reversal, said, _chosen(sheet, claim_id, reversal, said),
            contractual=contractual_pairs(site.settings.contractual.pairs), classes=classes_of(site.settings.carc),
        )  # fmt: skip
        if not decision.money_only:
            raise Refused(
                f"{payment.id} stands in the place of what {reversal.id} takes back, which waits in suspense too; match that "
                f"first: gateway match {reversal.id} {claim_id}"
            )


def _must_come_after(tx: Tx, payment: StoredPayment, decision: Decision, claim_id: str) -> None:
    """Refuse a reversal while what it takes back waits in suspense itself: alone, it would undo nothing but the money."""
    if decision.class_ is not PaymentClass.REVERSAL or not decision.money_only:
        return
    waiting = remittances.mirrored_in_suspense(tx, payment)
    if waiting is not None:
        raise Refused(
            f"{payment.id} takes back {waiting.id}, which is in suspense itself; place that one first: "
            f"gateway match {waiting.id} {claim_id}"
        )


def _moved(tx: Tx, payment: StoredPayment, found: Match, decision: Decision, *, by: str) -> StoredPayment:
    """Write what the payment is from now on, and return it."""
    if found.claim_id is None or found.submission is None:
        raise Refused(f"{payment.id}: no submission of the claim answers to it")
    moved = replace(
        payment,
        state=POSTED,
        class_=decision.class_.value,
        claim=found.claim_id,
        submission=found.submission.submission_id,
        contractual=decision.contractual,
        patient=decision.patient,
        in_review=decision.in_review,
        reverses=decision.reverses,
        matched_by=by[:60],
        how=found.how,
        placed=payment.placed + 1,
    )
    remittances.change_payment(tx, moved)
    return moved


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
