"""Money in suspense whose claim came to be known later: registered, or dropped and sent, after the payment was read.

What is sure (the claim's own number and two facts more) moves by itself, by the same rules as in posting and by new
entries; everything else waits for a person, with proposals (`proposals`).
"""

from dataclasses import replace

from gateway.responses import gate, match
from gateway.responses.by_hand import move, speaker_of
from gateway.responses.carc import classes_of, contractual_pairs
from gateway.responses.decide import Decision, decide
from gateway.responses.match import Match, Speaker
from gateway.responses.worksheet import Worksheet
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import remittances
from gateway.store.db import Tx
from gateway.store.remittances import BY_ITSELF, POSTED, SUSPENSE, StoredPayment


def place_waiting(site: Site, *, actor: str) -> int:
    """Move what can be moved out of suspense, each payment in a unit of work of its own; return how many moved.

    What moved may be what another one waited for, so those that are left are looked at again until none moves.
    """
    with site.store.read() as tx:
        left = [one.id for one in remittances.waiting_for_known(tx)]
    moved = 0
    while left:
        placed = {one for one in left if _place(site, one, actor=actor)}
        if not placed:
            break
        moved += len(placed)
        left = [one for one in left if one not in placed]
    return moved


def _place(site: Site, payment_id: str, *, actor: str) -> bool:
    with site.store.read() as tx:
        if _judged(tx, site, remittances.payment(tx, payment_id)) is None:
            return False
    with site.store.write("match", actor=actor) as tx:
        payment = remittances.payment(tx, payment_id)
        judged = _judged(tx, site, payment)
        if judged is None:
            return False
        sheet, found, decision = judged
        contractual = contractual_pairs(site.settings.contractual.pairs)
        move(tx, sheet, payment, found, decision, contractual=contractual, by=BY_ITSELF)
        facts = {
            "claim": found.claim_id,
            "remittance": payment.remittance,
            "amount": str(payment.paid),
            "by": BY_ITSELF,
        }
        tx.audit(subject=payment_id, facts=facts)
    return True


def speaker_to(payment: StoredPayment, payee_id: str | None, settings: Settings) -> Speaker:
    """Return what is still known of who spoke, and to whom: the payee as its remittance names it."""
    payees = gate.payees([(payee_id or "").rpartition(":")[2]], settings)
    return replace(speaker_of(payment), payees=payees)


def _judged(tx: Tx, site: Site, payment: StoredPayment) -> tuple[Worksheet, Match, Decision] | None:
    """Return where a payment belongs and what it does there, or None where that is not sure."""
    if payment.state != SUSPENSE:
        return None
    said = remittances.payment_content(tx, payment.id)
    sheet = Worksheet.of_remittance(tx, [said], payer_key=payment.payer_key)
    who = speaker_to(payment, remittances.get(tx, payment.remittance).payee_id, site.settings)
    found = match.find(sheet, said, who)
    if not match.is_sure(sheet, found, said, who):
        return None
    decision = decide(
        sheet,
        said,
        found,
        payer_key=payment.payer_key,
        who=who,
        contractual=contractual_pairs(site.settings.contractual.pairs),
        classes=classes_of(site.settings.carc),
    )
    return (sheet, found, decision) if decision.state == POSTED else None
