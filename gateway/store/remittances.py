"""Remittances and the claim payments in them, as stored: one row an ST 835, one row a CLP, one a CAS triplet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update

from gateway.errors import NotFound
from gateway.model import codec
from gateway.model.deposit import loose_check
from gateway.model.identifiers import Kind, new_id
from gateway.model.matching import PAYER_CONTROL, PCN, exact_pcn, loose_id
from gateway.model.remittance import ProviderAdjustment, Remittance, RemittanceClaim
from gateway.store import notes
from gateway.store.chunks import chunked, pieces
from gateway.store.db import Tx
from gateway.store.schema import (
    adjustment,
    claim,
    claim_payment,
    journal_entry,
    line_posting,
    provider_adjustment,
    remittance,
    taken_back,
    unindexed,
)

POSTED = "posted"
QUARANTINED = "quarantined"
DUPLICATE = "duplicate"
SUSPENSE = "suspense"
NOTED = "noted"

BY_TAX_NUMBER = "EIN-"
"""How the key of a payer begins that names itself by its tax number (TRN03)."""

BY_HAND = "by hand"
"""How a claim was found that a person named."""
BY_ITSELF = "gateway"
"""Who matched what no person matched."""

_BY_WORDS = "w"
"""How `content_hash` starts; one that is nothing but hex digits told what an earlier version read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRemittance:
    """One ST 835 as we keep it; *reason* says in codes and our words why it is not posted."""

    id: str
    receipt: str
    place: str
    partner: str
    state: str
    reason: str | None
    payment_key: str
    content_hash: str
    payer_key: str
    payer_name: str | None
    payer_ids: str | None
    payee_id: str | None
    trace_number: str | None
    payment_method: str | None
    payment_date: str | None
    amount: Decimal | None
    received_at: datetime
    posted_at: datetime | None
    released_by: str | None
    entered_by: str | None
    entered_from: str | None

    @property
    def is_dismissed(self) -> bool:
        """Tell whether a person took it out of the queue unposted."""
        return self.state == QUARANTINED and self.released_by is not None


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


def payment_key(
    tx: Tx, remittance_: Remittance, payer_key: str, payee_id: str | None, content_hash: str
) -> str:
    """Return the key under which a payment is posted once (4.13); a zero payment's includes its content (TRAP-92)."""
    paid_on = remittance_.payment_date.isoformat() if remittance_.payment_date else ""
    amount = format(remittance_.payment_amount.normalize(), "f")
    parts = [payer_key, payee_id or "", (remittance_.trace_number or "").strip(), amount, paid_on]
    if remittance_.payment_amount == 0:
        parts.append(content_hash)
    return tx.index("payment_key", "\0".join(parts))


def content_hash(tx: Tx, words: str) -> str:
    """Return the keyed hash of what a remittance says; *words* is the hash of its words as they came."""
    return _BY_WORDS + tx.index("remittance_words", words)[: -len(_BY_WORDS)]


def is_by_words(stored: StoredRemittance) -> bool:
    """Tell whether its content is told by its words, as of now on, and not by what was read of them then."""
    return stored.content_hash.startswith(_BY_WORDS)


def at_place(tx: Tx, receipt_id: str, place: str) -> StoredRemittance | None:
    """Return the remittance read from this place of this receipt before, if any."""
    return _one(tx, select(remittance).where(remittance.c.receipt == receipt_id, remittance.c.place == place))


def posted_before(tx: Tx, values: Mapping[str, Any]) -> StoredRemittance | None:
    """Return the posted remittance that is the same payment as *values*: by its key, else by its trace number and amount.

    A payer that makes a file anew may date it anew, and on paper payer and payee are named in other ways: the money came
    once. Two payers that both give their tax number may use the same number of a check, and notices without money may
    share one (TRAP-92).
    """
    was_posted = select(remittance).where(unindexed(remittance.c.state) == POSTED)
    found = _one(tx, was_posted.where(remittance.c.payment_key == values["payment_key"]))
    if found is not None or not values["amount"]:
        return found
    number = loose_check(values["trace_number"] or "")
    trace = func.upper(func.ltrim(func.trim(remittance.c.trace_number), "0"))
    payer = remittance.c.payer_key == values["payer_key"]
    same = was_posted.where(remittance.c.amount == values["amount"], trace == number)
    if values["payer_key"].startswith(BY_TAX_NUMBER):
        same = same.where(payer | ~remittance.c.payer_key.startswith(BY_TAX_NUMBER))
    return _one(tx, same.order_by(payer.desc(), remittance.c.posted_at)) if number else None


def posted_keys(tx: Tx, keys: Iterable[str]) -> set[str]:
    """Return which of these payment keys are posted: under such a one nothing posts a second time."""
    found: set[str] = set()
    for part in chunked(dict.fromkeys(keys)):
        posted = select(remittance.c.payment_key).where(
            unindexed(remittance.c.state) == POSTED, remittance.c.payment_key.in_(part)
        )
        found |= set(tx.execute(posted).scalars())
    return found


def dismissed_before(tx: Tx, values: Mapping[str, Any]) -> StoredRemittance | None:
    """Return the remittance of the very content of *values* that a person took out of the queue unposted, if any."""
    same = (remittance.c[name] == values[name] for name in ("payment_key", "content_hash"))
    return _one(tx, select(remittance).where(*_DISMISSED, *same))


def told_otherwise(tx: Tx, values: Mapping[str, Any], *, dismissed: bool) -> list[StoredRemittance]:
    """Return what an earlier version kept under the same payer, payee, number, date and amount as *values*.

    Of it only its words in the archive tell whether it says the same: posted, or taken out of the queue unposted.
    """
    same = [remittance.c[name] == values[name] for name in ("payer_key", "amount")]
    same += [
        remittance.c[name].is_not_distinct_from(values[name])
        for name in ("payee_id", "trace_number", "payment_date")
    ]
    state = _DISMISSED if dismissed else (unindexed(remittance.c.state) == POSTED,)
    query = select(remittance).where(*state, *same, remittance.c.content_hash.not_like(f"{_BY_WORDS}%"))
    return [StoredRemittance(**row) for row in tx.execute(query.order_by(remittance.c.id)).mappings()]


_DISMISSED = (remittance.c.state == QUARANTINED, remittance.c.released_by.is_not(None))


def payment_ids(tx: Tx, remittance_id: str) -> list[str]:
    """Return the claim payments of a remittance, in order."""
    query = select(claim_payment.c.id).where(claim_payment.c.remittance == remittance_id)
    return list(tx.execute(query.order_by(claim_payment.c.ordinal)).scalars())


def get(tx: Tx, remittance_id: str) -> StoredRemittance:
    """Return a remittance; raise NotFound when there is none of that id."""
    found = _one(tx, select(remittance).where(remittance.c.id == remittance_id))
    if found is None:
        raise NotFound(f"no remittance {remittance_id}")
    return found


def of_payments(tx: Tx, payments: Iterable[StoredPayment]) -> dict[str, StoredRemittance]:
    """Return, by id, the remittances that these claim payments stand in."""
    found: dict[str, StoredRemittance] = {}
    for part in chunked(payment_.remittance for payment_ in payments):
        rows = tx.execute(select(remittance).where(remittance.c.id.in_(part))).mappings()
        found |= {row["id"]: StoredRemittance(**row) for row in rows}
    return found


def draft(
    tx: Tx, before: StoredRemittance | None, *, receipt_id: str, place: str, values: Mapping[str, Any]
) -> StoredRemittance:
    """Return the remittance as `keep` will write it, under its id; *before* is what was kept at this place earlier."""
    fresh = {"posted_at": None, "released_by": None, "entered_by": None, "entered_from": None}
    known = {"id": new_id(Kind.REMITTANCE), "received_at": tx.now()}
    if before is not None:
        known = {"id": before.id, "received_at": before.received_at}
    return StoredRemittance(**{**fresh, **known, "receipt": receipt_id, "place": place, **values})


def keep(tx: Tx, *, receipt_id: str, place: str, values: Mapping[str, Any], new: str | None = None) -> str:
    """Write the remittance at this place, or what a reread makes of it, and return its id (the same on a reread).

    *new* is the id for one that is not kept yet, where it was drawn before (`draft`).
    """
    before = at_place(tx, receipt_id, place)
    if values["state"] == POSTED:
        values = {**values, "posted_at": tx.now()}
    if before is not None:
        tx.execute(update(remittance).where(remittance.c.id == before.id).values(**values))
        return before.id
    remittance_id = new or new_id(Kind.REMITTANCE)
    tx.execute(
        insert(remittance).values(
            id=remittance_id, receipt=receipt_id, place=place, received_at=tx.now(), **values
        )
    )
    return remittance_id


def sealed(tx: Tx, claim_: RemittanceClaim) -> bytes:
    """Return what was read of a CLP as it is kept."""
    return tx.seal_json(codec.compact(claim_))


def add_payments(tx: Tx, payments: Iterable[tuple[StoredPayment, RemittanceClaim, bytes]]) -> None:
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


def add_provider_adjustments(tx: Tx, remittance_id: str, plbs: Sequence[ProviderAdjustment]) -> None:
    """Write the PLB pairs of a remittance, in order."""
    values = [
        {
            "remittance": remittance_id,
            "ordinal": ordinal,
            "provider": plb.provider[:80],
            "reason": plb.reason[:4],
            "reference_sealed": tx.seal(plb.reference) if plb.reference else None,
            "reference_index": tx.index("plb_reference", plb.reference) if plb.reference else None,
            "amount": plb.amount,
        }
        for ordinal, plb in enumerate(plbs, start=1)
    ]
    if values:
        tx.execute(insert(provider_adjustment), values)


def payment(tx: Tx, payment_id: str) -> StoredPayment:
    """Return a claim payment; raise NotFound when there is none of that id."""
    found = _payments(tx, _payment_query().where(claim_payment.c.id == payment_id))
    if not found:
        raise NotFound(f"no claim payment {payment_id}")
    return found[0]


def payment_content(tx: Tx, payment_id: str) -> RemittanceClaim:
    """Return what the payer said in a claim payment, as it was read."""
    sealed = tx.execute(
        select(claim_payment.c.content_sealed).where(claim_payment.c.id == payment_id)
    ).scalar_one()
    return codec.from_json(RemittanceClaim, tx.unseal_json(sealed))


def change_payment(tx: Tx, payment_: StoredPayment) -> None:
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


def adjustments_of(tx: Tx, payment_id: str) -> dict[tuple[str, str], Decimal]:
    """Return a claim payment's adjustments summed by group and reason, both levels together."""
    return adjustments(tx, [payment_id])[payment_id]


def adjustments(tx: Tx, payment_ids: Iterable[str]) -> dict[str, dict[tuple[str, str], Decimal]]:
    """Return the adjustments of each claim payment as `adjustments_of` does."""
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
    change_payment(tx, parked)
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


def quarantined(tx: Tx) -> list[StoredRemittance]:
    """Return the remittances that are held whole and wait for a person, oldest first."""
    rows = tx.execute(
        select(remittance)
        .where(remittance.c.state == QUARANTINED, remittance.c.released_by.is_(None))
        .order_by(remittance.c.received_at)
    )
    return [StoredRemittance(**row) for row in rows.mappings()]


def dismiss(tx: Tx, remittance_id: str) -> bool:
    """Take a quarantined remittance out of the queue, unposted; return False when it does not wait there."""
    waiting = (
        update(remittance)
        .where(
            remittance.c.id == remittance_id,
            remittance.c.state == QUARANTINED,
            remittance.c.released_by.is_(None),
        )
        .values(released_by=tx.actor[:60])
    )
    return tx.execute(waiting).rowcount > 0


def recall(tx: Tx, receipt_id: str) -> int:
    """Put what was dismissed of a receipt back into the queue, and return how many remittances."""
    dismissed = (
        update(remittance)
        .where(
            remittance.c.receipt == receipt_id,
            remittance.c.state == QUARANTINED,
            remittance.c.released_by.is_not(None),
        )
        .values(released_by=None)
    )
    return tx.execute(dismissed).rowcount


_KEPT = tuple(c.name for c in claim_payment.c if c.name != "content_sealed")
"""The columns that a `StoredPayment` holds."""


def _payment_query() -> Select[Any]:
    owner = (remittance.c.payer_key, remittance.c.payer_ids)
    return select(*(claim_payment.c[name] for name in _KEPT), *owner).join(
        remittance, remittance.c.id == claim_payment.c.remittance
    )


def _payments(tx: Tx, query: Select[Any]) -> list[StoredPayment]:
    return [StoredPayment(**row) for row in tx.execute(query).mappings()]


def _one(tx: Tx, query: Select[Any]) -> StoredRemittance | None:
    row = tx.execute(query).mappings().first()
    return None if row is None else StoredRemittance(**row)
