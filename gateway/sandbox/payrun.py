"""A payment run: the claims that are due become one 835 per payer and payee, one file per payer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.model.claim import BillingProvider, Claim, Payer
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.model.submission import EnvelopeIds
from gateway.sandbox.adjudicate import UNPAID, Script, adjudicate, reverse, script_of
from gateway.sandbox.remit import OpenBalance, make_payment, stranger
from gateway.sandbox.submitted import SubmittedClaim, SubmittedInterchange, SubmittedSet

Finder = Callable[[str], "tuple[Claim, date] | None"]
"""Finds the claim and the day it came for one of our own claim numbers."""

_CORRECTED = "A"
"""Ends the payer's number of a claim that was paid anew."""


def icn_of(number: str, submitted: SubmittedSet, item: SubmittedClaim) -> str:
    """Return the payer's own number for a claim: it tells the file, the set and the claim it came in."""
    return f"SB{number}{submitted.index:03d}{item.ordinal:05d}"


def foreign_remittance(number: int, day: date) -> Remittance:
    """Return a payment to a payee whom nobody here knows."""
    trace = f"SB{number:09d}"
    return make_payment(
        payer=Payer(name="EXAMPLE HEALTH PLAN", id="EXH01"),
        provider=BillingProvider(name="STRANGE CLINIC", npi="1444987659", tax_id="371111111"),
        claims=[stranger(trace)],
        scripts=[],
        trace=trace,
        day=day,
        receiver_id="STRANGER",
    ).remittance


@dataclass(slots=True, kw_only=True)
class _Payment:
    """What one payee gets from one payer in this run."""

    ids: EnvelopeIds
    usage: str
    payer: Payer
    provider: BillingProvider
    claims: list[RemittanceClaim] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)


class PaymentRun:
    """Collects what is due and pays it.

    Args:
        state: the mailbox's state; what payees owe and what was taken back is read and noted there.
        day: payment date.
        correction: the run that takes back and pays anew (script REVR) instead of paying.

    """

    def __init__(self, state: dict[str, Any], *, day: date, correction: bool) -> None:
        self._state = state
        self._day = day
        self._correction = correction
        self._payments: dict[tuple[object, ...], _Payment] = {}
        self._to_correct: set[str] = set()

    def add(
        self,
        number: str,
        interchange: SubmittedInterchange,
        submitted: SubmittedSet,
        *,
        received: date,
        find: Finder,
    ) -> None:
        """Decide every claim of one set of received file *number*."""
        ids, usage = interchange.reply_ids(submitted.group), interchange.header.usage
        for item in submitted.claims:
            claim, script = item.claim, script_of(item.claim)
            if script in UNPAID:
                continue
            decided = list(self._decide(claim, icn_of(number, submitted, item), received=received, find=find))
            if not decided:
                continue
            if script is Script.REVR and claim.frequency == "1":
                self._to_correct.add(number)
            payee = claim.billing_provider.npi or claim.billing_provider.tax_id
            key = (ids, usage, claim.payer.id, payee, script is Script.OFFC)
            payment = self._payments.setdefault(
                key, _Payment(ids=ids, usage=usage, payer=claim.payer, provider=claim.billing_provider)
            )
            payment.claims += decided
            payment.scripts.append(script)

    def _decide(self, claim: Claim, icn: str, *, received: date, find: Finder) -> Iterator[RemittanceClaim]:
        if self._correction:
            if script_of(claim) is Script.REVR and claim.frequency == "1" and self._take_back(icn):
                yield reverse(adjudicate(claim, control_number=icn, received=received))
                yield adjudicate(claim, control_number=icn + _CORRECTED, received=received, script=Script.PAY)
            return
        if claim.frequency not in {"7", "8"}:
            yield adjudicate(claim, control_number=icn, received=received)
            return
        named = claim.payer_control_number or ""
        original = find(named)
        if original is None or script_of(original[0]) in UNPAID or not self._take_back(named):
            yield adjudicate(claim, control_number=icn, received=received, script=Script.DENY)
            return
        earlier, day = original
        script = Script.PAY if named.endswith(_CORRECTED) else None
        yield reverse(adjudicate(earlier, control_number=named, received=day, script=script))
        if claim.frequency == "7":
            yield adjudicate(claim, control_number=icn, received=received)

    def _take_back(self, icn: str) -> bool:
        """Note that the payment under *icn* is taken back; False when it was before."""
        if icn in self._state["reversed"]:
            return False
        self._state["reversed"].append(icn)
        return True

    def wants_correction(self, number: str) -> bool:
        """Tell whether a claim of received file *number* is to be corrected later."""
        return number in self._to_correct

    def files(self, take_number: Callable[[], int]) -> Iterator[tuple[EnvelopeIds, str, list[Remittance]]]:
        """Yield one envelope, usage and list of payments per payer and receiver."""
        by_payer: dict[tuple[object, ...], list[_Payment]] = {}
        for payment in self._payments.values():
            by_payer.setdefault((payment.ids, payment.usage, payment.payer.id), []).append(payment)
        for payments in by_payer.values():
            remittances = [self._remit(payment, f"SB{take_number():09d}") for payment in payments]
            yield payments[0].ids, payments[0].usage, remittances

    def _remit(self, payment: _Payment, trace: str) -> Remittance:
        debtor = f"{payment.payer.id}|{payment.provider.npi or payment.provider.tax_id}"
        owed = None
        # The off-by-a-cent payment stands alone, or its error would travel with the balance.
        if Script.OFFC not in payment.scripts:
            note = self._state["owed"].pop(debtor, None)
            owed = note and OpenBalance(trace=note["trace"], amount=Decimal(note["amount"]))
        made = make_payment(
            payer=payment.payer,
            provider=payment.provider,
            claims=payment.claims,
            scripts=payment.scripts,
            trace=trace,
            day=self._day,
            receiver_id=payment.ids.receiver_id,
            owed=owed,
        )
        if made.forward is not None:
            self._state["owed"][debtor] = {"trace": made.forward.trace, "amount": str(made.forward.amount)}
        return made.remittance
