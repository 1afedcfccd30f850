"""A payment run: the claims that are due become one 835 per payer and payee, one file per payer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.model.claim import BillingProvider, Claim, Payer
from gateway.model.remittance import Adjustment, Remittance, RemittanceClaim
from gateway.model.submission import EnvelopeIds
from gateway.sandbox.adjudicate import ZERO, adjudicate, reverse
from gateway.sandbox.answers import reaches_payer
from gateway.sandbox.coordination import next_payer, pay_after
from gateway.sandbox.memory import REPLACEMENT, VOID, ClaimMemory, amends, meant_by, payee_of
from gateway.sandbox.notices import notices
from gateway.sandbox.remit import OpenBalance, make_payment
from gateway.sandbox.reshape import decide
from gateway.sandbox.scripts import OWN_FILE, OWN_PAYMENT, TAKEN_BACK, UNPAID, Script, script_of
from gateway.sandbox.submitted import SubmittedClaim, SubmittedInterchange, SubmittedSet

Finder = Callable[[str], "tuple[Claim, date] | None"]
"""Finds the claim and the day it came for one of our own claim numbers."""

_CORRECTED = "A"
"""Ends the payer's number of a claim that was paid anew."""

_SECOND = "B"
"""Ends the second payer's number of a claim that was crossed over."""

_SHORT_BY = Decimal("1.00")
"""What script REVD leaves out of the reversal."""

_NEVER_DECIDED = frozenset({Script.PRED, Script.FORW, Script.BARE})
"""Scripts that leave nothing to be taken back."""


def icn_of(number: str, submitted: SubmittedSet, item: SubmittedClaim) -> str:
    """Return the payer's own number for a claim: it tells the file, the set and the claim it came in."""
    return f"SB{number}{submitted.index:03d}{item.ordinal:05d}"


@dataclass(slots=True, kw_only=True)
class _Payment:
    """What one payee gets from one payer in this run."""

    ids: EnvelopeIds
    usage: str
    payer: Payer
    provider: BillingProvider
    claims: list[RemittanceClaim] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    left: list[OpenBalance] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerFile:
    """One payer's payments in one file; *script* says what is odd about it as a file."""

    ids: EnvelopeIds
    usage: str
    script: Script | None
    remittances: list[Remittance]


class PaymentRun:
    """Collects what is due and pays it.

    Args:
        state: the mailbox's state; what payees owe is read and noted there.
        memory: the payers' claims; what is decided and taken back is noted there.
        day: payment date.
        correction: the later run, for what is taken back, paid apart or paid by a second payer.

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
            payer = claim.payer
            if self._correction and script is Script.XOVR:
                payer, script = next_payer(claim), Script.PAY
            apart = None if script not in OWN_PAYMENT else icn if script is Script.ZTRC else script
            # A 22 beside the payment that it takes back could be read before it: it comes in a later ST.
            key = (ids, usage, payer.id, payee_of(claim), apart, self._rounds[icn])
            payment = self._payments.setdefault(
                key, _Payment(ids=ids, usage=usage, payer=payer, provider=claim.billing_provider)
            )
            payment.claims += decided
            if claim.frequency != VOID:  # what a script adds to a payment was added when the claim was paid
                payment.scripts.append(script)
            if self._correction and script in {Script.WODL, Script.REFD}:
                payment.left.append(_overpaid(icn, decided, refunded=script is Script.REFD))

    def _decide(self, claim: Claim, icn: str, *, received: date, find: Finder) -> Iterator[RemittanceClaim]:
        self._rounds[icn] = 0
        if self._correction:
            yield from self._decide_later(claim, icn, received=received)
            return
        if amends(claim):
            yield from self._reverse(meant_by(claim.payer_control_number), icn, find)
            if claim.frequency == VOID or script_of(claim) is Script.APRT:
                return
        script = Script.DUPL if self._memory.is_duplicate(icn, claim) else script_of(claim)
        self._memory.decide(icn, script)
        yield from decide(claim, control_number=icn, received=received, script=script)

    def _decide_later(self, claim: Claim, icn: str, *, received: date) -> Iterator[RemittanceClaim]:
        script = self._memory.decided(icn)
        if not self._waits(claim, icn, script_of(claim)):
            return
        if script is Script.XOVR:
            yield _pay_second(claim, icn, received=received)
            return
        back: list[RemittanceClaim] = []
        anew = icn
        if script is not None:
            back = _taken_back(claim, icn, script, received=received)
            anew = icn + _CORRECTED
            self._memory.correct(icn, anew, claim)
        self._memory.decide(anew, Script.PAY)
        paid = decide(claim, control_number=anew, received=received, script=Script.PAY)
        yield from (*paid, *back) if script is Script.REVX else (*back, *paid)

    def _reverse(self, named: str, icn: str, find: Finder) -> Iterator[RemittanceClaim]:
        """Take back what was decided about *named*, for the sake of *icn*; nothing where it was never decided."""
        script, original = self._memory.decided(named), find(named)
        if script is None or original is None or script in _NEVER_DECIDED:
            return
        if named in self._rounds:
            self._rounds[icn] = self._rounds[named] + 1
        earlier, day = original
        yield from map(reverse, decide(earlier, control_number=named, received=day, script=script))

    def _waits(self, claim: Claim, icn: str, script: Script) -> bool:
        """Tell whether the later run has something to do for this claim."""
        if not self._memory.stands(icn):
            return False
        if script in TAKEN_BACK:
            return not amends(claim) and self._memory.decided(icn) is script
        if script is Script.XOVR:
            return self._memory.decided(icn) is script
        return script is Script.APRT and claim.frequency == REPLACEMENT and self._memory.decided(icn) is None

    def wants_correction(self, number: str) -> bool:
        """Tell whether a claim of received file *number* is to be corrected later."""
        return number in self._to_correct

    def files(self, take_number: Callable[[], int]) -> Iterator[PayerFile]:
        """Yield one file per payer and receiver, and one for each script that asks for a file of its own."""

        def take_trace() -> str:
            return f"SB{take_number():09d}"

        by_file: dict[tuple[object, ...], list[_Payment]] = {}
        for payment in self._payments.values():
            script = _odd(payment)
            by_file.setdefault((payment.ids, payment.usage, payment.payer.id, script), []).append(payment)
        for payments in by_file.values():
            first = payments[0]
            remittances: list[Remittance] = []
            for payment in payments:
                remittances.append(self._remit(payment, take_trace()))
                remittances += notices(
                    payment.scripts,
                    payer=payment.payer,
                    provider=payment.provider,
                    take_trace=take_trace,
                    day=self._day,
                    receiver_id=payment.ids.receiver_id,
                )
            yield PayerFile(ids=first.ids, usage=first.usage, script=_odd(first), remittances=remittances)

    def _remit(self, payment: _Payment, trace: str) -> Remittance:
        debtor = f"{payment.payer.id}|{payment.provider.npi or payment.provider.tax_id}"
        debts = self._state["debts"]
        # What may be held stands alone, or its fault would travel with the balance.
        alone = not OWN_PAYMENT.isdisjoint(payment.scripts)
        made = make_payment(
            payer=payment.payer,
            provider=payment.provider,
            claims=payment.claims,
            scripts=payment.scripts,
            trace=trace,
            day=self._day,
            receiver_id=payment.ids.receiver_id,
            owed=[] if alone else [_noted(note) for note in debts.pop(debtor, [])],
            left=payment.left,
        )
        for item in made.open:
            note = {
                "code": item.code,
                "reference": item.reference,
                "amount": str(item.amount),
                "refunded": item.refunded,
            }
            debts.setdefault(debtor, []).append(note)
        return made.remittance


def _noted(note: dict[str, Any]) -> OpenBalance:
    return OpenBalance(
        code=note["code"],
        reference=note["reference"],
        amount=Decimal(note["amount"]),
        refunded=note["refunded"],
    )


def _odd(payment: _Payment) -> Script | None:
    return next((script for script in payment.scripts if script in OWN_FILE), None)


def _overpaid(icn: str, decided: Sequence[RemittanceClaim], *, refunded: bool) -> OpenBalance:
    """Return what a reversal and its correction take back together, named by the number that was overpaid."""
    amount = -sum((c.paid for c in decided), ZERO)
    return OpenBalance(code="WO", reference=icn, amount=amount, refunded=refunded)


def _pay_second(claim: Claim, icn: str, *, received: date) -> RemittanceClaim:
    """Decide for the payer after the one that crossed the claim over, whatever payers had decided before."""
    bare = replace(
        claim,
        other_payers=(),
        service_lines=tuple(replace(line, adjudications=()) for line in claim.service_lines),
    )
    first = adjudicate(bare, control_number=icn + _SECOND, received=received, script=Script.PAY)
    status = {"P": "2", "S": "3"}.get(claim.payer_sequence, "3")
    return pay_after(bare, first, repeats_write_off=False, status=status)


def _taken_back(claim: Claim, icn: str, script: Script, *, received: date) -> list[RemittanceClaim]:
    back = [reverse(c) for c in decide(claim, control_number=icn, received=received, script=script)]
    if script is Script.REV2:
        return back * 2
    return [_short(c) for c in back] if script is Script.REVD else back


def _short(back: RemittanceClaim) -> RemittanceClaim:
    """Take back less than was paid; what is missing is said to be an adjustment, so that it adds up."""
    first, *rest = back.service_lines
    missing = Adjustment(group="CO", reason="45", amount=-_SHORT_BY)
    less = replace(first, paid=first.paid + _SHORT_BY, adjustments=(*first.adjustments, missing))
    return replace(back, paid=back.paid + _SHORT_BY, service_lines=(less, *rest))
