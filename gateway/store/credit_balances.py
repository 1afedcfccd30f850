"""Claims on which more stands than they charge: a void that no reversal followed, two payers that both paid, a bonus.

A credit is worked out from the journal each time somebody asks. Nothing here moves money: it is settled by the payer's
reversal or correction, or by a person who says that it was dealt with elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from gateway.model.money import plain
from gateway.store import claim_payments, ledger, notes
from gateway.store.chunks import chunked
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.journal import RECEIVABLE_PATIENT, RECEIVABLE_PAYER, ZERO
from gateway.store.ledger import ClaimAccount
from gateway.store.notes import Note
from gateway.store.schema import claim, journal_entry, journal_line, remittance, unindexed

_RECEIVABLE = (RECEIVABLE_PAYER, RECEIVABLE_PATIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One claim whose account owes somebody money: the payer (*account.open* below zero) or the patient.

    *payers* are those whose payments stand on it, the last first, *later* those of them that took over of the patient's share
    what another payer's answer had put there; *since* is when it began, *moved* when it last changed;
    *note* is a person's newest word on it, and holds, where it closed the matter, until the account moves again.
    """

    claim: str
    partner: str
    account: ClaimAccount
    payers: tuple[str, ...]
    later: tuple[str, ...]
    since: datetime
    moved: datetime
    note: Note | None

    @property
    def to_payers(self) -> Decimal:
        """By how much more was paid, given up and put to the patient than the claim charges; zero or more."""
        return max(-self.account.open, ZERO)

    @property
    def to_patient(self) -> Decimal:
        """What the payers' answers come to in the patient's favour; zero or more."""
        return max(-self.account.patient, ZERO)

    @property
    def is_closed(self) -> bool:
        """Tell whether a person closed it after it last changed."""
        return self.note is not None and self.note.kind == notes.CLOSED and self.note.at >= self.moved

    @property
    def why(self) -> str:
        """Say in a sentence what is owed to whom, and what the account is made of."""
        account, said = self.account, []
        if self.to_payers:
            over = "than it charges" if account.charge else "and nothing is charged any more"
            of = f", by payments of {' and '.join(self.payers)}" if self.payers else ""
            said.append(f"{plain(self.to_payers)} more stands on the claim {over}{of}")
        if self.to_patient:
            said.append(f"the payers' answers leave {plain(self.to_patient)} in the patient's favour")
        return (
            f"{'; '.join(said)} (charge {plain(account.charge)}, paid {plain(account.paid)}, written off "
            f"{plain(account.adjusted)}, patient {plain(account.patient)}, open {plain(account.open)})"
        )

    @property
    def next(self) -> str:
        """What a person does about it; the command at the end closes it."""
        close = f"gateway release {self.claim} --credit --reason TEXT"
        if not self.to_payers:
            if self.later:
                return (
                    f"gateway show {self.claim}; {' and '.join(self.later)} counted on another payer's answer that was changed or "
                    "taken back since: ask it to correct its own (that settles this by itself) or refund it, and pay the patient "
                    f"back only what he paid; then: {close}"
                )
            return f"pay the patient back what he paid on it, by your own books (gateway show {self.claim}); then: {close}"
        return (
            f"gateway show {self.claim}; ask the payer to take it back: its reversal or correction settles this by itself; "
            f"or when it is refunded or kept in your own books: {close}"
        )


def open_credits(tx: Tx, claim_ids: Iterable[str] | None = None) -> list[Credit]:
    """Return the credits that nobody closed, the oldest first; of *claim_ids* only, where they are given."""
    owing = _owing(tx) if claim_ids is None else list(claim_ids)
    accounts = {i: a for i, a in ledger.claim_accounts(tx, owing).items() if a.open < 0 or a.patient < 0}
    moves, noted = _moves(tx, accounts), notes.latest(tx, accounts)
    partners, posted = _partners(tx, accounts), claim_payments.posted(tx, accounts)
    names = _names(tx, (p.remittance for some in posted.values() for p in some))
    found = [
        Credit(
            claim=claim_id,
            partner=partners[claim_id],
            account=account,
            payers=_of(names, _paying(posted[claim_id])),
            later=_of(names, _later(posted[claim_id])),
            since=moves[claim_id][0],
            moved=moves[claim_id][1],
            note=noted.get(claim_id),
        )
        for claim_id, account in accounts.items()
    ]
    return sorted((one for one in found if not one.is_closed), key=lambda one: (one.since, one.claim))


def _owing(tx: Tx) -> list[str]:
    """Return the claims with an account below zero, of what the payer or of what the patient owes."""
    rows = tx.execute(
        select(journal_line.c.claim)
        .where(journal_line.c.account.in_(_RECEIVABLE), journal_line.c.claim.is_not(None))
        .group_by(journal_line.c.claim, journal_line.c.account)
        .having(func.sum(journal_line.c.amount) < ZERO)
        .order_by(journal_line.c.claim)
    )
    return list(dict.fromkeys(rows.scalars()))


def _moves(tx: Tx, claim_ids: Iterable[str]) -> dict[str, tuple[datetime, datetime]]:
    """Return, by claim, since when an account of it stands below zero without a break, and when either last moved."""
    balances: dict[tuple[str, str], Decimal] = {}
    began: dict[tuple[str, str], datetime] = {}
    moved: dict[str, datetime] = {}
    for part in chunked(claim_ids):
        rows = tx.execute(
            select(journal_line.c.claim, journal_line.c.account, journal_line.c.amount, journal_entry.c.at)
            .join(journal_entry, journal_entry.c.id == journal_line.c.entry)
            .where(journal_line.c.claim.in_(part), unindexed(journal_line.c.account).in_(_RECEIVABLE))
            .order_by(journal_line.c.id)
        )
        for row in rows:
            key = (row.claim, row.account)
            balances[key] = balances.get(key, ZERO) + row.amount
            if balances[key] < ZERO:
                began.setdefault(key, row.at)
            else:
                began.pop(key, None)
            moved[row.claim] = max(row.at, moved.get(row.claim, row.at))
    since: dict[str, datetime] = {}
    for (claim_id, _), at in began.items():
        since[claim_id] = min(at, since.get(claim_id, at))
    return {claim_id: (at, moved[claim_id]) for claim_id, at in since.items()}


def _partners(tx: Tx, claim_ids: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in chunked(claim_ids):
        rows = tx.execute(select(claim.c.id, claim.c.partner).where(claim.c.id.in_(part)))
        found |= {row.id: row.partner for row in rows}
    return found


def _paying(posted: list[StoredPayment]) -> list[StoredPayment]:
    """Return the payments that stand on a claim and move something on it, the last first."""
    return [p for p in reversed(claim_payments.standing(posted)) if p.paid or p.contractual or p.patient]


def _later(posted: list[StoredPayment]) -> list[StoredPayment]:
    """Return those of them that lowered the patient's share beside another payer's answer, whether that one stands or not."""
    return [p for p in _paying(posted) if p.patient < 0 and any(o.payer_key != p.payer_key for o in posted)]


def _names(tx: Tx, remittance_ids: Iterable[str]) -> dict[str, str]:
    """Return the payer's name, by remittance."""
    names: dict[str, str] = {}
    for part in chunked(dict.fromkeys(remittance_ids)):
        query = select(remittance.c.id, remittance.c.payer_name, remittance.c.payer_key)
        for row in tx.execute(query.where(remittance.c.id.in_(part))):
            names[row.id] = row.payer_name or row.payer_key
    return names


def _of(names: dict[str, str], payments: Iterable[StoredPayment]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names[p.remittance] for p in payments))
