"""What a person says of a claim on which more stands than it charges (`store.credit_balances`): worked on, or closed.

Nothing here moves money. A payer's reversal or correction settles a credit by itself; a person closes one that was dealt
with elsewhere (a refund sent, a bonus kept), and it comes back when the claim's account moves again.
"""

from gateway.errors import Refused
from gateway.site import Site
from gateway.store import claims, notes
from gateway.store.credit_balances import open_credits


def close(site: Site, claim_id: str, *, reason: str, actor: str) -> None:
    """Say that a credit was dealt with elsewhere, for *reason*, until the claim's account moves again; no money moves.

    Raises:
        NotFound: no such claim.
        Refused: its account owes nobody anything, or that was closed before.

    """
    _note(site, claim_id, notes.CLOSED, reason=reason, actor=actor)


def work(site: Site, claim_id: str, *, reason: str, actor: str) -> None:
    """Note on a credit what somebody does about it; it stays on the list.

    Raises:
        NotFound: no such claim.
        Refused: its account owes nobody anything, or that was closed before.

    """
    _note(site, claim_id, notes.WORKED, reason=reason, actor=actor)


def _note(site: Site, claim_id: str, kind: str, *, reason: str, actor: str) -> None:
    with site.store.write(f"credit_{kind}", actor=actor) as tx:
        claims.get(tx, claim_id)
        found = open_credits(tx, [claim_id])
        if not found:
            raise Refused(
                f"{claim_id} stands with no credit, or it was closed; look at its account with: gateway ledger {claim_id}"
            )
        notes.add(tx, claim_id, kind, reason)
        account = found[0].account
        tx.audit(
            claim_id, {"open": str(account.open), "patient": str(account.patient), "reason": reason[:200]}
        )
