"""What leaves the queue by a named person's word.

A held remittance, dismissed unposted or posted in spite of its differences; an answer that leaves something open; a payment
in suspense that is booked elsewhere.
"""

from gateway.errors import Refused
from gateway.responses import denials, gate, sort
from gateway.responses.reading import Release
from gateway.site import Site
from gateway.store import claim_payments, notes, open_money, remittances
from gateway.store.remittances import POSTED, QUARANTINED, SUSPENSE


def dismiss_remittance(site: Site, remittance_id: str, *, reason: str, actor: str) -> None:
    """Take a quarantined remittance out of the queue for *reason*; nothing of it is posted.

    By a reread neither, unless that is asked for by name (`sort.recall`).

    Raises:
        Refused: it is not quarantined, or it was taken out before.

    """
    with site.store.write("dismiss", actor=actor) as tx:
        stored = remittances.get(tx, remittance_id)
        if not remittances.dismiss(tx, remittance_id):
            by = f", and was taken out of the queue by {stored.released_by}" if stored.released_by else ""
            raise Refused(f"{remittance_id} does not wait for a person; it is {stored.state}{by}")
        tx.audit(remittance_id, {"partner": stored.partner, "receipt": stored.receipt, "reason": reason})


def close_remittance(site: Site, remittance_id: str, *, reason: str, actor: str) -> bool:
    """Take a remittance out of the queue for *reason*: tell True where it is posted, its money is overdue, and no more of it comes.

    False where it was held: then nothing of it is posted (`dismiss_remittance`). Of a posted one nothing moves either; what
    the bank never showed stays in its clearing account, and on the list of what is open.

    Raises:
        NotFound: no such remittance.
        Refused: it waits for nobody.

    """
    with site.store.read() as tx:
        is_posted = remittances.get(tx, remittance_id).state == POSTED
    if not is_posted:
        dismiss_remittance(site, remittance_id, reason=reason, actor=actor)
        return False
    with site.store.write("remittance_closed", actor=actor) as tx:
        waiting = open_money.waiting_remittances(tx, site.settings, site.clock.now())
        overdue = next((one for one in waiting if one.due and one.remittance.id == remittance_id), None)
        if overdue is None:
            raise Refused(f"{remittance_id} does not wait for a person; it is posted")
        unpaid = overdue.remittance
        notes.add(tx, remittance_id, notes.CLOSED, reason)
        tx.audit(remittance_id, {"partner": unpaid.partner, "open": str(unpaid.open), "reason": reason})
    return True


def post_in_spite(site: Site, remittance_id: str, *, reason: str, actor: str) -> None:
    """Post a quarantined remittance whose payment adds up (B4) although lines or claims in it do not, for *reason*.

    A claim whose lines do not add up posts without them; of one that does not add up itself only the money posts, and the
    rest stays open, in review. The receipt is read again from the archive, so that the rules judge what really came.

    Raises:
        NotFound: no such remittance.
        Refused: it is not quarantined, is held for something that no person can let pass, or somebody else decided on it
            in the meantime.

    """
    with site.store.read() as tx:
        stored = remittances.get(tx, remittance_id)
    if stored.state != QUARANTINED:
        raise Refused(f"{remittance_id} is not quarantined (it is {stored.state})")
    _must_be_releasable(remittance_id, stored.reason)
    release = Release(place=stored.place, reason=reason, dismissed_by=stored.released_by)
    sort.reread(site, stored.receipt, actor, release=release)
    with site.store.read() as tx:
        after = remittances.get(tx, remittance_id)
    if after.released_by not in {actor[:60], stored.released_by}:
        done = "posted" if after.state == POSTED else "taken out of the queue"
        raise Refused(
            f"{remittance_id} was {done} by {after.released_by} in the meantime; nothing was done twice"
        )
    if after.state != POSTED:
        raise Refused(
            f"{remittance_id} is still not posted ({after.reason}); look at it with: gateway show {remittance_id}"
        )


def _must_be_releasable(remittance_id: str, reason: str | None) -> None:
    codes = {code.split(" ")[0] for code in (reason or "").split(", ")}
    if "ERA-B4" in codes:
        raise Refused(
            f"{remittance_id}: the payment is not what its claims and provider adjustments come to (B4), so nothing of it "
            "may post; ask the payer for a corrected remittance. When that is in, take this one out of the queue with: "
            f"gateway release {remittance_id} --reason TEXT"
        )
    if codes - gate.RELEASABLE:
        others = ", ".join(sorted(codes - gate.RELEASABLE))
        raise Refused(
            f"{remittance_id} is held for {others}, which nobody can let pass; when the cause is gone, read its receipt again "
            f"(gateway show {remittance_id} says which)"
        )


def close_payment(site: Site, payment_id: str, *, reason: str, actor: str) -> bool:
    """Take a payment out of the queue for *reason*: tell True where it was in suspense, False where it was a denial.

    One in suspense is booked elsewhere: it stays in suspense, moves by itself no more, and `match` still takes it.

    Raises:
        NotFound: no such claim payment.
        Refused: it waits for nobody.

    """
    with site.store.read() as tx:
        in_suspense = claim_payments.get(tx, payment_id).state == SUSPENSE
    if not in_suspense:
        denials.close(site, payment_id, reason=reason, actor=actor)
        return False
    with site.store.write("elsewhere", actor=actor) as tx:
        payment = claim_payments.get(tx, payment_id)
        if payment_id not in {one.id for one in claim_payments.in_suspense(tx)}:
            raise Refused(f"{payment_id} does not wait any more; look at it with: gateway show {payment_id}")
        notes.add(tx, payment_id, notes.ELSEWHERE, reason)
        tx.audit(
            payment_id, {"remittance": payment.remittance, "amount": str(payment.paid), "reason": reason}
        )
    return True
