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
from gateway.sandbox.answers import reaches_payer
from gateway.sandbox.memory import REPLACEMENT, VOID, ClaimMemory, amends, payee_of
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
        state: the mailbox's state; what payees owe is read and noted there.
        memory: the payers' claims; what is decided and taken back is noted there.
        day: payment date.
        correction: the later run, for scripts REVR and APRT.

    """

    def __init__(self, state: dict[str, Any], memory: ClaimMemory, *, day: date, correction: bool) -> None:
        self._state = state
        self._memory = memory
        self._day = day
        self._correction = correction
        self._payments: dict[tuple[object, ...], _Payment] = {}
        self._to_correct: set[str] = set()
        self._rounds: dict[str, int] = {}

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
            claim, script, icn = item.claim, script_of(item.claim), icn_of(number, submitted, item)
            if script in UNPAID or not reaches_payer(claim) or self._memory.receive(icn, claim):
                continue
            decided = list(self._decide(claim, icn, received=received, find=find))
            if self._waits(claim, icn, script):
                self._to_correct.add(number)
            if not decided:
                continue
            payee = payee_of(claim)
            # A 22 beside the payment that it takes back could be read before it: it comes in a later ST.
            key = (ids, usage, claim.payer.id, payee, script is Script.OFFC, self._rounds[icn])
            payment = self._payments.setdefault(
                key, _Payment(ids=ids, usage=usage, payer=claim.payer, provider=claim.billing_provider)
            )
            payment.claims += decided
            payment.scripts.append(script)

    def _decide(self, claim: Claim, icn: str, *, received: date, find: Finder) -> Iterator[RemittanceClaim]:
        self._rounds[icn] = 0
        if self._correction:
            yield from self._decide_later(claim, icn, received=received)
            return
        if amends(claim):
            yield from self._reverse(claim.payer_control_number or "", icn, find)
            if claim.frequency == VOID or script_of(claim) is Script.APRT:
                return
        script = Script.DUPL if self._memory.is_duplicate(icn, claim) else script_of(claim)
        self._memory.decide(icn, script)
        yield adjudicate(claim, control_number=icn, received=received, script=script)

    def _decide_later(self, claim: Claim, icn: str, *, received: date) -> Iterator[RemittanceClaim]:
        script = self._memory.decided(icn)
        if not self._waits(claim, icn, script_of(claim)):
            return
        anew = icn
        if script is not None:
            yield reverse(adjudicate(claim, control_number=icn, received=received, script=script))
            anew = icn + _CORRECTED
            self._memory.correct(icn, anew, claim)
        self._memory.decide(anew, Script.PAY)
        yield adjudicate(claim, control_number=anew, received=received, script=Script.PAY)

    def _reverse(self, named: str, icn: str, find: Finder) -> Iterator[RemittanceClaim]:
        """Take back what was decided about *named*, for the sake of *icn*; nothing where it was never decided."""
        script, original = self._memory.decided(named), find(named)
        if script is None or original is None:
            return
        if named in self._rounds:
            self._rounds[icn] = self._rounds[named] + 1
        earlier, day = original
        yield reverse(adjudicate(earlier, control_number=named, received=day, script=script))

    def _waits(self, claim: Claim, icn: str, script: Script) -> bool:
        """Tell whether the later run has something to do for this claim."""
        if not self._memory.stands(icn):
            return False
        if script is Script.REVR:
            return not amends(claim) and self._memory.decided(icn) is Script.REVR
        return script is Script.APRT and claim.frequency == REPLACEMENT and self._memory.decided(icn) is None

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
