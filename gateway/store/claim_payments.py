"""Claim payments as stored: one row a CLP, with its words sealed, and one row a CAS triplet."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update

from gateway.errors import NotFound
from gateway.model import codec
from gateway.model.matching import PAYER_CONTROL, PCN, exact_pcn, loose_id
from gateway.model.remittance import RemittanceClaim
from gateway.store import notes
from gateway.store.chunks import chunked, pieces
from gateway.store.db import Tx
from gateway.store.remittances import POSTED, SUSPENSE
from gateway.store.schema import (
    adjustment,
    claim,
    claim_payment,
    journal_entry,
    line_posting,
    remittance,
    taken_back,
    unindexed,
)

BY_HAND = "by hand"
"""How a claim was found that a person named."""
BY_ITSELF = "gateway"
"""Who matched what no person matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPayment:
    """One CLP as we keep it; *contractual*, *patient* and *in_review* are what it did to the claim's account.

    In state suspense *claim* and *submission* are a proposal, and no account was touched but suspense. *payer_key* and
    *payer_ids* are its remittance's; *how* is the step that found the claim; *placed* counts how often it was put out of suspense.
    """

    id: str
    remittance: str
    ordinal: int
    claim: str | None
    submission: str | None
    state: str
    status_code: str
    class_: str
    charge: Decimal
    paid: Decimal
    contractual: Decimal
    patient: Decimal
    in_review: Decimal
    pcn_index: str
    payer_control_index: str | None
    reverses: str | None
    matched_by: str | None
    payer_key: str
    payer_ids: str | None = None
    how: str | None = None
    placed: int = 0


def of_remittance(tx: Tx, remittance_id: str) -> list[str]:
    """Return the claim payments of a remittance, in order."""
    query = select(claim_payment.c.id).where(claim_payment.c.remittance == remittance_id)
    return list(tx.execute(query.order_by(claim_payment.c.ordinal)).scalars())


def sealed(tx: Tx, claim_: RemittanceClaim) -> bytes:
    """Return what was read of a CLP as it is kept."""
    return tx.seal_json(codec.compact(claim_))


def add_all(tx: Tx, payments: Iterable[tuple[StoredPayment, RemittanceClaim, bytes]]) -> None:
    """Write CLPs with their CAS triplets, each with what was read of it, also `sealed`."""
    for part in pieces(payments):
        tx.execute(
            insert(claim_payment),
            [
                {name: getattr(payment, name) for name in _KEPT} | {"content_sealed": content}
                for payment, _, content in part
            ],
        )
        triplets = [row for payment, claim, _ in part for row in _triplets(payment.id, claim)]
        if triplets:
            tx.execute(insert(adjustment), triplets)


def pcn_index(tx: Tx, number: str) -> str:
    """Return the keyed hash of a patient control number."""
    return tx.index(PCN, exact_pcn(number))


def control_index(tx: Tx, control_number: str) -> str:
    """Return the keyed hash of a payer's claim control number."""
    return tx.index(PAYER_CONTROL, loose_id(control_number))


def _triplets(payment_id: str, claim: RemittanceClaim) -> list[dict[str, Any]]:
    levels = [(0, claim.adjustments)]
    levels += [(n, line.adjustments) for n, line in enumerate(claim.service_lines, start=1)]
    return [
        {
            "claim_payment": payment_id,
            "line": line,
            "ordinal": ordinal,
            "group_code": cas.group[:4],
            "reason": cas.reason[:10],
            "amount": cas.amount,
            "quantity": format(cas.quantity, "f")[:20] if cas.quantity is not None else None,
        }
        for line, adjustments in levels
        for ordinal, cas in enumerate(adjustments, start=1)
    ]


def get(tx: Tx, payment_id: str) -> StoredPayment:
    """Return a claim payment; raise NotFound when there is none of that id."""
    found = _payments(tx, _payment_query().where(claim_payment.c.id == payment_id))
    if not found:
        raise NotFound(f"no claim payment {payment_id}")
    return found[0]


def content(tx: Tx, payment_id: str) -> RemittanceClaim:
    """Return what the payer said in a claim payment, as it was read."""
    sealed = tx.execute(
        select(claim_payment.c.content_sealed).where(claim_payment.c.id == payment_id)
    ).scalar_one()
    return codec.from_json(RemittanceClaim, tx.unseal_json(sealed))


def change(tx: Tx, payment_: StoredPayment) -> None:
    """Write a claim payment as it is from now on: what a match by hand decides."""
    values = {name: getattr(payment_, name) for name in _KEPT}
    tx.execute(update(claim_payment).where(claim_payment.c.id == payment_.id).values(**values))


def posted(tx: Tx, claim_ids: Iterable[str]) -> dict[str, list[StoredPayment]]:
    """Return, by claim, everything posted on it, reversals and what they undid included, in the order in which it was posted.

    That is the order of their lines, which an answer without money has too: what stood in suspense first came to its claim
    later than its remittance was posted. Of those posted before lines were kept it is the order of the journal.
    """
    found: dict[str, list[StoredPayment]] = {claim_id: [] for claim_id in claim_ids}
    lines = (
        select(func.max(line_posting.c.id))
        .where(
            line_posting.c.claim_payment == claim_payment.c.id,
            line_posting.c.placed == claim_payment.c.placed,
        )
        .scalar_subquery()
    )
    entries = (
        select(func.max(journal_entry.c.id))
        .where(
            journal_entry.c.claim_payment == claim_payment.c.id,
            journal_entry.c.claim == claim_payment.c.claim,
        )
        .scalar_subquery()
    )
    for part in chunked(found):
        for payment_ in _payments(
            tx,
            _payment_query()
            .where(claim_payment.c.claim.in_(part), unindexed(claim_payment.c.state) == POSTED)
            .order_by(
                func.coalesce(lines, 0),
                func.coalesce(entries, 0),
                remittance.c.posted_at,
                claim_payment.c.remittance,
                claim_payment.c.ordinal,
            ),
        ):
            found[str(payment_.claim)].append(payment_)
    return found


def standing(payments: Iterable[StoredPayment]) -> list[StoredPayment]:
    """Return those of one claim's posted *payments* that are no reversal and were not reversed, in their order."""
    everything = list(payments)
    undone = {payment_.reverses for payment_ in everything}
    return [p for p in everything if p.class_ != "reversal" and p.id not in undone]


def adjustments(tx: Tx, payment_ids: Iterable[str]) -> dict[str, dict[tuple[str, str], Decimal]]:
    """Return the adjustments of each claim payment summed by group and reason, both levels together."""
    found: dict[str, dict[tuple[str, str], Decimal]] = {payment_id: {} for payment_id in payment_ids}
    for part in chunked(found):
        pair = (adjustment.c.claim_payment, adjustment.c.group_code, adjustment.c.reason)
        rows = tx.execute(
            select(*pair, func.sum(adjustment.c.amount).label("amount"))
            .where(adjustment.c.claim_payment.in_(part))
            .group_by(*pair)
        )
        for row in rows:
            if row.amount != 0:
                found[row.claim_payment][row.group_code, row.reason] = row.amount
    return found


def take_back(tx: Tx, payment_: StoredPayment, *, reverses: str | None) -> StoredPayment:
    """Note that a posted claim payment is taken off its claim, put it in suspense, and return it as it is from now on.

    *reverses* starts the posting ids of what it undid, where it is a reversal.
    """
    tx.execute(
        insert(taken_back).values(
            claim_payment=payment_.id, placed=payment_.placed, claim=payment_.claim, submission=payment_.submission,
            contractual=payment_.contractual, patient=payment_.patient, reverses=reverses, by=tx.actor[:60], at=tx.now(),
        )
    )  # fmt: skip
    none = Decimal("0.00")
    parked = replace(
        payment_, state=SUSPENSE, claim=None, submission=None, contractual=none, patient=none, in_review=none,
        reverses=None, matched_by=None, how=None,
    )  # fmt: skip
    change(tx, parked)
    return parked


def remembered(tx: Tx, payer_key: str, numbers: Iterable[str]) -> dict[str, set[str]]:
    """Return, by `exact_pcn`, the claims that a person said this payer means by the number."""
    keys = {pcn_index(tx, number): exact_pcn(number) for number in numbers}
    found: dict[str, set[str]] = {}
    for part in chunked(keys):
        rows = tx.execute(
            select(claim_payment.c.pcn_index, claim_payment.c.claim)
            .join(remittance, remittance.c.id == claim_payment.c.remittance)
            .where(
                claim_payment.c.pcn_index.in_(part),
                claim_payment.c.how == BY_HAND,
                unindexed(claim_payment.c.state) == POSTED,
                remittance.c.payer_key == payer_key,
            )
            .distinct()
        )
        for row in rows:
            found.setdefault(keys[row.pcn_index], set()).add(row.claim)
    return found


def waiting_for_known(tx: Tx) -> list[StoredPayment]:
    """Return what is in suspense under the number of a claim that is here now, reversals first of each remittance.

    What a person took off a claim, or booked elsewhere, is left to a person.
    """
    back = select(taken_back.c.claim_payment)
    return _payments(
        tx,
        _payment_query()
        .where(
            claim_payment.c.state == SUSPENSE,
            claim_payment.c.pcn_index.in_(select(claim.c.pcn_index)),
            claim_payment.c.id.not_in(back),
            ~notes.is_elsewhere(claim_payment.c.id),
        )
        .order_by(
            remittance.c.received_at,
            remittance.c.id,
            claim_payment.c.status_code != "22",
            claim_payment.c.ordinal,
        ),
    )


def mirrored_in_suspense(tx: Tx, reversal: StoredPayment) -> StoredPayment | None:
    """Return what a reversal takes back where that waits in suspense: the same payer and number, the opposite amounts.

    Of several the one under the payer's own number for the claim that the reversal names, then the oldest.
    """
    cp = claim_payment.c
    named = [cp.pcn_index == reversal.pcn_index]
    if reversal.payer_control_index is not None:
        named.append(cp.payer_control_index == reversal.payer_control_index)
    found = _payments(
        tx,
        _payment_query()
        .where(
            cp.state == SUSPENSE,
            remittance.c.payer_key == reversal.payer_key,
            or_(*named),
            cp.charge == -reversal.charge,
            cp.paid == -reversal.paid,
            cp.id != reversal.id,
            cp.status_code != "22",
        )
        .order_by(remittance.c.received_at, remittance.c.id, cp.ordinal),
    )
    called_so = [p for p in found if p.payer_control_index == reversal.payer_control_index]
    return next(iter([*called_so, *found]), None)


def in_suspense(tx: Tx) -> list[StoredPayment]:
    """Return the claim payments that wait for a person to say whose they are, oldest first, as they stand in their remittance."""
    return _payments(
        tx,
        _payment_query()
        .where(claim_payment.c.state == SUSPENSE, ~notes.is_elsewhere(claim_payment.c.id))
        .order_by(remittance.c.received_at, remittance.c.id, claim_payment.c.ordinal),
    )


def beside_in_suspense(tx: Tx, payment_: StoredPayment) -> list[StoredPayment]:
    """Return what else waits in suspense under the number of a payment, not booked elsewhere, oldest first."""
    return _payments(
        tx,
        _payment_query()
        .where(
            claim_payment.c.state == SUSPENSE,
            claim_payment.c.pcn_index == payment_.pcn_index,
            claim_payment.c.id != payment_.id,
            ~notes.is_elsewhere(claim_payment.c.id),
        )
        .order_by(remittance.c.received_at, remittance.c.id, claim_payment.c.ordinal),
    )


_KEPT = tuple(c.name for c in claim_payment.c if c.name != "content_sealed")
"""The columns that a `StoredPayment` holds."""


def _payment_query() -> Select[Any]:
    owner = (remittance.c.payer_key, remittance.c.payer_ids)
    return select(*(claim_payment.c[name] for name in _KEPT), *owner).join(
        remittance, remittance.c.id == claim_payment.c.remittance
    )


def _payments(tx: Tx, query: Select[Any]) -> list[StoredPayment]:
    return [StoredPayment(**row) for row in tx.execute(query).mappings()]
