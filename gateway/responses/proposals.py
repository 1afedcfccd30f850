"""Why a payment is in suspense, and which claims it may be for, the best first, each with what agrees: for who decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.model.remittance import RemittanceClaim
from gateway.responses import match
from gateway.responses.carc import classes_of, contractual_pairs
from gateway.responses.decide import decide
from gateway.responses.late import Heard, heard
from gateway.responses.named import receivable
from gateway.responses.worksheet import Worksheet, control_numbers
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.queue import UNMATCHED, QueueItem
from gateway.store.remittances import SUSPENSE

MOST = 5
"""Proposals shown of one payment."""

_WEIGHT = {"number": 4, "payer number": 3, "member": 2, "similar number": 1}
"""What a fact weighs; others weigh 1 too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A claim that a payment may be for, the *facts* that agree (`match.FACTS`), and the command that says so.

    *command* is None where nothing is receivable on the claim: it was rejected, and yet a payer speaks of it.
    """

    claim: str
    facts: tuple[str, ...]
    command: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A payment in suspense as a person sees it: why it waits, in words without claim content, and what it may be for."""

    doubt: str
    proposals: tuple[Proposal, ...]


def of_payment(tx: Tx, settings: Settings, payment_id: str) -> Waiting | None:
    """Return why a payment is in suspense as things stand today, and the claims it may be for; None for any other.

    The likeliest claim comes first, then the one that was sent first.
    """
    payment = claim_payments.get(tx, payment_id)
    return _of_payments(tx, settings, [payment]).get(payment_id) if payment.state == SUSPENSE else None


def in_queue(tx: Tx, settings: Settings, items: Sequence[QueueItem]) -> list[QueueItem]:
    """Return the queue with the doubt and the proposals told at each payment in suspense."""
    listed = {item.id for item in items if item.kind == UNMATCHED}
    waiting = _of_payments(tx, settings, [one for one in claim_payments.in_suspense(tx) if one.id in listed])
    return [_told(item, waiting[item.id]) if item.id in waiting else item for item in items]


def _of_payments(tx: Tx, settings: Settings, payments: Iterable[StoredPayment]) -> dict[str, Waiting]:
    """Return, by payment in suspense, why it waits."""
    return {one.payment.id: _of_payment(settings, one) for one in heard(tx, settings, payments)}


def _of_payment(settings: Settings, one: Heard) -> Waiting:
    decision = decide(
        one.sheet,
        one.said,
        match.find(one.sheet, one.said, one.who),
        payer_key=one.payment.payer_key,
        who=one.who,
        contractual=contractual_pairs(settings.contractual.pairs),
        classes=classes_of(settings.carc),
    )
    claims = _ranked(one.sheet, one.said, one.who)[:MOST]
    return Waiting(
        doubt=decision.doubt or "a person has to say whose it is",
        proposals=tuple(
            Proposal(
                claim=claim,
                facts=facts,
                command=f"gateway match {one.payment.id} {claim}" if receivable(one.sheet, claim) else None,
            )
            for claim, facts in claims
        ),
    )


def _ranked(sheet: Worksheet, said: RemittanceClaim, who: match.Speaker) -> list[tuple[str, tuple[str, ...]]]:
    groups = [
        *sheet.by_number(said.patient_control_number),
        *sheet.remembered(said.patient_control_number),
        *sheet.by_loose_number(said.patient_control_number),
        *sheet.by_payer_number(control_numbers(said)),
        *(sheet.by_member(said.member_id, abs(said.charge)) if said.member_id else ()),
    ]
    found = {
        group[0].claim_id: tuple(match.agreeing(sheet, sheet.submissions(group[0].claim_id), said, who))
        for group in groups
    }
    sent = {group[0].claim_id: group[0].created_at for group in groups}
    return sorted(found.items(), key=lambda item: (-_score(item[1]), sent[item[0]], item[0]))


def _score(facts: Sequence[str]) -> int:
    return sum(_WEIGHT.get(fact, 1) for fact in facts)


def _told(item: QueueItem, waiting: Waiting) -> QueueItem:
    item, proposals = replace(item, why=f"{item.why}: {waiting.doubt}"), waiting.proposals
    if not proposals:
        return item
    said = "; ".join(f"{one.claim} ({', '.join(one.facts) or 'little'} agrees)" for one in proposals)
    ways = [one.command for one in proposals if one.command]
    ways = ways or [f"gateway show {proposals[0].claim}; ask the payer whether it has that claim after all"]
    return replace(
        item,
        why=f"{item.why}; it may be for {said}",
        command=f"{', or: '.join(ways)}; {item.command.partition('; ')[2]}",
    )
