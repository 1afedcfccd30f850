"""Money in suspense whose claim came to be known later: registered, or dropped and sent, after the payment was read.

What is sure (the claim's own number and two facts more) moves by itself, by the same rules as in posting and by new
entries; everything else waits for a person, with proposals (`proposals`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gateway.model.remittance import RemittanceClaim
from gateway.responses import gate, match
from gateway.responses.by_hand import move
from gateway.responses.carc import classes_of, contractual_pairs
from gateway.responses.decide import Decision, decide
from gateway.responses.match import Match, Speaker
from gateway.responses.named import speaker_of
from gateway.responses.worksheet import Worksheet
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import claim_payments, denials, remittances
from gateway.store.chunks import pieces
from gateway.store.claim_payments import BY_ITSELF, StoredPayment
from gateway.store.db import Tx
from gateway.store.remittances import POSTED, SUSPENSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A payment in suspense with what the payer said in it, who spoke to whom, and what is known of the claims it may be for."""

    payment: StoredPayment
    said: RemittanceClaim
    who: Speaker
    sheet: Worksheet


def place_waiting(site: Site, *, actor: str) -> int:
    """Move what can be moved out of suspense, each payment in a unit of work of its own; return how many moved.

    What moved may be what another one waited for, so those that are left are looked at again until none moves.
    """
    moved = 0
    while placed := sum(_place(site, one, actor=actor) for one in _in_question(site)):
        moved += placed
    return moved


def _in_question(site: Site) -> list[str]:
    """Return what waits, from the first on that is sure as things stand: before it nothing changes for any other."""
    with site.store.read() as tx:
        waiting = claim_payments.waiting_for_known(tx)
        sure = {one.payment.id for one in heard(tx, site.settings, waiting) if _judged(one, site.settings)}
    first = next((n for n, one in enumerate(waiting) if one.id in sure), len(waiting))
    return [one.id for one in waiting[first:]]


def _place(site: Site, payment_id: str, *, actor: str) -> bool:
    with site.store.read() as tx:
        if _sure(tx, site, payment_id) is None:
            return False
    with site.store.write("match", actor=actor) as tx:
        sure = _sure(tx, site, payment_id)
        if sure is None:
            return False
        one, found, decision = sure
        contractual = contractual_pairs(site.settings.contractual.pairs)
        move(tx, one.sheet, one.payment, found, decision, contractual=contractual, by=BY_ITSELF)
        facts = {
            "claim": found.claim_id,
            "remittance": one.payment.remittance,
            "amount": str(one.payment.paid),
            "by": BY_ITSELF,
        }
        tx.audit(subject=payment_id, facts=facts)
    return True


def _sure(tx: Tx, site: Site, payment_id: str) -> tuple[Heard, Match, Decision] | None:
    payment = claim_payments.get(tx, payment_id)
    if payment.state != SUSPENSE:
        return None
    (one,) = heard(tx, site.settings, [payment])
    judged = _judged(one, site.settings)
    return (one, *judged) if judged else None


def heard(tx: Tx, settings: Settings, payments: Iterable[StoredPayment]) -> Iterator[Heard]:
    """Yield *payments* in suspense, payer by payer; what is known of the claims is read for many of them at once."""
    by_payer: dict[str, list[StoredPayment]] = {}
    for payment in payments:
        by_payer.setdefault(payment.payer_key, []).append(payment)
    for payer_key, theirs in by_payer.items():
        for part in pieces(theirs):
            said = denials.contents(tx, (payment.id for payment in part))
            sheet = Worksheet.of_remittance(tx, list(said.values()), payer_key=payer_key)
            owners = remittances.by_id(tx, (one.remittance for one in part))
            for payment in part:
                payee = (owners[payment.remittance].payee_id or "").rpartition(":")[2]
                who = replace(speaker_of(payment), payees=gate.payees([payee], settings))
                yield Heard(payment=payment, said=said[payment.id], who=who, sheet=sheet)


def _judged(one: Heard, settings: Settings) -> tuple[Match, Decision] | None:
    """Return where a payment belongs and what it does there, or None where that is not sure."""
    found = match.find(one.sheet, one.said, one.who)
    if not match.is_sure(one.sheet, found, one.said, one.who):
        return None
    decision = decide(
        one.sheet,
        one.said,
        found,
        payer_key=one.payment.payer_key,
        who=one.who,
        contractual=contractual_pairs(settings.contractual.pairs),
        classes=classes_of(settings.carc),
    )
    return (found, decision) if decision.state == POSTED else None
