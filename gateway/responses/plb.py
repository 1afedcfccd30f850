"""Provider adjustments as a biller works them: what each account is, what it hangs on, what comes next (domain.md 4.8).

Exact references tie by themselves: FB to the remittance by its trace number, WO to the claim by the payer's number for
it, L6 to the interest that claims state. Everything else is a proposal for a person; nothing is ever set off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from gateway.errors import Refused
from gateway.model.findings import Finding, warning
from gateway.model.money import plain
from gateway.model.plb_codes import Course, course, meaning
from gateway.model.remittance import Remittance
from gateway.responses.rows import INTEREST
from gateway.site import Site
from gateway.store import notes, plb
from gateway.store.db import Tx
from gateway.store.plb import Account

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account with what it hangs on: *ties* hold by reference, *proposals* go by amount alone; *next* what to do."""

    account: Account
    ties: tuple[str, ...]
    proposals: tuple[str, ...]
    next: str


def standing(tx: Tx, accounts: Iterable[Account]) -> Iterator[Standing]:
    """Yield each account with its ties and proposals."""
    everything = plb.accounts(tx)
    chosen = list(accounts)
    traces = plb.traces(tx, {a.payer_key for a in chosen})
    for account in chosen:
        ties = tuple(_ties(tx, account, traces))
        proposals = tuple(_proposals(tx, account, everything, tied=bool(ties))) if account.is_open else ()
        yield Standing(account=account, ties=ties, proposals=proposals, next=_next(account, tied=bool(ties)))


def close(site: Site, account_id: str, *, reason: str, actor: str) -> None:
    """Take an account off the open ones for *reason*, until it moves again; no money moves.

    Raises:
        NotFound: no such account.
        Refused: it is not open.

    """
    _note(site, account_id, notes.CLOSED, reason=reason, actor=actor)


def work(site: Site, account_id: str, *, reason: str, actor: str) -> None:
    """Note on an open account what somebody does about it.

    Raises:
        NotFound: no such account.
        Refused: it is not open.

    """
    _note(site, account_id, notes.WORKED, reason=reason, actor=actor)


def interest_findings(remittance: Remittance) -> Iterator[Finding]:
    """Warn where the interest that claims state (AMT*I) is not what the provider adjustments pay (L6; TRAP-106, 107)."""
    stated = sum(
        (amount.amount for claim in remittance.claims for amount in claim.amounts if amount.qualifier == "I"),
        ZERO,
    )
    paid = -sum((p.amount for p in remittance.provider_adjustments if p.reason == INTEREST), ZERO)
    if stated != paid:
        yield warning(
            "ERA-INTEREST",
            f"claims state interest of {plain(stated)} (AMT*I), provider adjustments pay {plain(paid)} (L6); what L6 pays is "
            "posted, ask the payer about the difference",
            segment="PLB",
        )


def _note(site: Site, account_id: str, kind: str, *, reason: str, actor: str) -> None:
    with site.store.write(f"plb_{kind}", actor=actor) as tx:
        account = plb.get(tx, account_id)
        if not account.is_open:
            raise Refused(f"{account_id} is not open; look at it with: gateway plb {account_id}")
        notes.add(tx, account_id, kind, reason)
        tx.audit(account_id, {"partner": account.partner, "balance": str(account.balance), "reason": reason})


def _ties(tx: Tx, account: Account, traces: dict[tuple[str, str], str]) -> Iterator[str]:
    reference = (account.reference or "").strip()
    if not reference:
        return
    if account.code == "FB" and (named := traces.get((account.payer_key, reference))):
        yield f"the remittance {named}, trace number {reference}"
    elif account.code in {"WO", "72", "B2"}:
        for one in plb.of_claim_number(tx, account.payer_key, reference):
            took = "took back" if one.net < 0 else "came to"
            yield f"{one.claim or 'a claim that is not ours'}: {one.remittance} {took} {plain(abs(one.net))} ({one.payment})"


def _proposals(tx: Tx, account: Account, everything: Iterable[Account], *, tied: bool) -> Iterator[str]:
    for other in everything:
        same = (other.payer_key, other.provider) == (account.payer_key, account.provider)
        if same and other.is_open and other.id != account.id and other.balance == -account.balance:
            yield f"{other.id} ({other.code}) stands at the opposite: perhaps the same matter under another reference"
    if account.code == "WO" and not tied:
        for one in plb.of_amount(tx, account.payer_key, account.balance):
            whose = one.claim or "a claim that is not ours"
            yield f"{one.remittance} took back this very amount of {whose} ({one.payment}): perhaps that one"


def _next(account: Account, *, tied: bool) -> str:
    if account.balance == ZERO:
        return "nothing: it is cleared"
    if account.is_closed and account.note is not None:
        return f"nothing: closed by {account.note.by}, {account.note.reason}"
    if course(account.code) is Course.FINAL:
        return f"nothing more comes of it; book it as {meaning(account.code)}"
    given = account.balance > ZERO
    said = _SAID.get((account.code, given))
    if said is None:
        said = "read its reference, compare it with your own books or ask the payer, then close it"
    if account.code in {"WO", "FB"} and not given and not tied:
        said += "; its reference leads to nothing here"
    return said


_SAID = {
    ("FB", True): "the payer takes it back from a later payment, under this reference",
    (
        "FB",
        False,
    ): "the payer took back a debt that it never carried forward under this reference; ask which one",
    ("WO", True): "the payer withholds it from a later payment, under this reference",
    ("WO", False): "the payer withheld it for this claim: find the reversal, or ask for it; then close it",
    ("AP", True): "an advance; the payer recovers it from later payments",
    ("AP", False): "the payer recovered more than it is known to have advanced; ask it",
    ("72", True): "compare it with the refund that you sent, then close it",
}
