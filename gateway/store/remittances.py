"""Remittances as stored: one row an ST 835, one row a PLB triplet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from gateway.errors import NotFound
from gateway.model.deposit import loose_check
from gateway.model.identifiers import Kind, new_id
from gateway.model.remittance import ProviderAdjustment, Remittance
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.schema import (
    provider_adjustment,
    remittance,
    unindexed,
)

POSTED = "posted"
QUARANTINED = "quarantined"
DUPLICATE = "duplicate"
SUSPENSE = "suspense"
NOTED = "noted"

BY_TAX_NUMBER = "EIN-"
"""How the key of a payer begins that names itself by its tax number (TRN03)."""


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


def get(tx: Tx, remittance_id: str) -> StoredRemittance:
    """Return a remittance; raise NotFound when there is none of that id."""
    found = _one(tx, select(remittance).where(remittance.c.id == remittance_id))
    if found is None:
        raise NotFound(f"no remittance {remittance_id}")
    return found


def by_id(tx: Tx, remittance_ids: Iterable[str]) -> dict[str, StoredRemittance]:
    """Return the remittances of these ids."""
    found: dict[str, StoredRemittance] = {}
    for part in chunked(remittance_ids):
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


def _one(tx: Tx, query: Select[Any]) -> StoredRemittance | None:
    row = tx.execute(query).mappings().first()
    return None if row is None else StoredRemittance(**row)
