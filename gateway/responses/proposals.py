"""Which claims a payment in suspense may be for, the best first, each with what agrees: for the person who decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.model.identifiers import Kind, kind_of
from gateway.responses import match
from gateway.responses.by_hand import speaker_of
from gateway.responses.worksheet import Worksheet, control_numbers
from gateway.store import remittances
from gateway.store.db import Tx
from gateway.store.queue import UNMATCHED, QueueItem
from gateway.store.remittances import SUSPENSE

MOST = 5
"""Proposals shown of one payment."""

_WEIGHT = {"number": 4, "payer number": 3, "member": 2, "similar number": 1}
"""What a fact weighs; others weigh 1 too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A claim that a payment may be for, the *facts* that agree (`match.FACTS`), and the command that says so."""

    claim: str
    facts: tuple[str, ...]
    command: str


def of_payment(tx: Tx, payment_id: str) -> list[Proposal]:
    """Return the claims that a payment in suspense may be for, the likeliest first, then the one that was sent first.

    None for a payment that is not in suspense.
    """
    payment = remittances.payment(tx, payment_id)
    if payment.state != SUSPENSE:
        return []
    said = remittances.payment_content(tx, payment_id)
    sheet = Worksheet.of_remittance(tx, [said], payer_key=payment.payer_key)
    groups = [
        *sheet.by_number(said.patient_control_number),
        *sheet.remembered(said.patient_control_number),
        *sheet.by_loose_number(said.patient_control_number),
        *sheet.by_payer_number(control_numbers(said)),
        *(sheet.by_member(said.member_id, abs(said.charge)) if said.member_id else ()),
    ]
    who = speaker_of(payment)
    found = {
        group[0].claim_id: tuple(match.agreeing(sheet, sheet.submissions(group[0].claim_id), said, who))
        for group in groups
    }
    sent = {group[0].claim_id: group[0].created_at for group in groups}
    ranked = sorted(found.items(), key=lambda item: (-_score(item[1]), sent[item[0]], item[0]))
    return [
        Proposal(claim=claim, facts=facts, command=f"gateway match {payment_id} {claim}")
        for claim, facts in ranked[:MOST]
    ]


def _score(facts: Sequence[str]) -> int:
    return sum(_WEIGHT.get(fact, 1) for fact in facts)


def in_queue(tx: Tx, items: Sequence[QueueItem]) -> list[QueueItem]:
    """Return the queue with the proposals told at each payment in suspense."""
    return [_told(tx, item) for item in items]


def _told(tx: Tx, item: QueueItem) -> QueueItem:
    if item.kind != UNMATCHED or kind_of(item.id) is not Kind.CLAIM_PAYMENT:
        return item
    proposals = of_payment(tx, item.id)
    if not proposals:
        return item
    said = "; ".join(f"{one.claim} ({', '.join(one.facts) or 'little'} agrees)" for one in proposals)
    return replace(
        item, why=f"{item.why}; it may be for {said}", command=", or: ".join(one.command for one in proposals)
    )
