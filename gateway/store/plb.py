"""Provider adjustments as accounts: one for each payer, payee, code and reference, with every movement (domain.md 4.8).

Amounts here are what the provider got: a PLB's sign turned. A balance above zero is money the payer gave (and may take
back), one below zero is money it took. The journal's account of the same name holds the balance with the other sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from gateway.errors import NotFound
from gateway.model.identifiers import Kind, id_from
from gateway.model.plb_codes import Course, course
from gateway.store import journal, notes
from gateway.store.chunks import chunked
from gateway.store.claim_payments import control_index
from gateway.store.db import Tx
from gateway.store.notes import Note
from gateway.store.remittances import POSTED
from gateway.store.schema import claim_payment, provider_adjustment, remittance

ZERO = journal.ZERO

_REVERSAL = "22"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One PLB pair: *amount* is what the provider got, *balance* what the account stood at after it."""

    remittance: str
    ordinal: int
    at: datetime
    payment_date: str | None
    trace_number: str | None
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account; *reference* may be a payer's claim number, so it is masked where it is shown.

    *since* is when what is open began: the first movement after the account last stood at zero. *note* is the newest
    note of a person; one that closed it holds until the account moves again.
    """

    id: str
    account: str
    partner: str
    payer_key: str
    payer_name: str | None
    provider: str
    code: str
    reference: str | None
    movements: tuple[Movement, ...]
    note: Note | None

    @property
    def opening(self) -> Decimal:
        """The first movement's amount."""
        return self.movements[0].amount

    @property
    def balance(self) -> Decimal:
        """What the provider got in all."""
        return self.movements[-1].balance

    @property
    def since(self) -> datetime:
        """When what is open began; of a cleared account when it last moved."""
        began = self.movements[-1].at
        for movement in reversed(self.movements[:-1]):
            if movement.balance == ZERO:
                break
            began = movement.at
        return began

    @property
    def is_closed(self) -> bool:
        """Tell whether a person closed it after its last movement."""
        return (
            self.note is not None and self.note.kind == notes.CLOSED and self.note.at >= self.movements[-1].at
        )

    @property
    def is_open(self) -> bool:
        """Tell whether something is to come of it, or a person must look."""
        return self.balance != ZERO and course(self.code) is not Course.FINAL and not self.is_closed


def accounts(tx: Tx) -> list[Account]:
    """Return every account, the longest open first, then the others by payer and code."""
    found = _accounts(tx)
    return sorted(
        found, key=lambda a: (not a.is_open, a.since if a.is_open else _EARLY, a.payer_key, a.code, a.id)
    )


def get(tx: Tx, account_id: str) -> Account:
    """Return an account by its id (A-...); raise NotFound when there is none."""
    for account in _accounts(tx):
        if account.id == account_id:
            return account
    raise NotFound(f"no provider adjustment account {account_id}; see: gateway plb")


def of_remittance(tx: Tx, remittance_id: str) -> list[Account]:
    """Return the accounts that a remittance moved, with all their movements."""
    return [a for a in accounts(tx) if any(m.remittance == remittance_id for m in a.movements)]


_EARLY = datetime.min.replace(tzinfo=UTC)


def _accounts(tx: Tx) -> list[Account]:
    rows = tx.execute(
        select(
            provider_adjustment, remittance.c.payer_key, remittance.c.payer_name, remittance.c.partner,
            remittance.c.posted_at, remittance.c.payment_date, remittance.c.trace_number,
        )
        .join(remittance, remittance.c.id == provider_adjustment.c.remittance)
        .where(remittance.c.state == POSTED)
        .order_by(remittance.c.posted_at, provider_adjustment.c.id)
    ).all()  # fmt: skip
    grouped: dict[tuple[str, str, str, str | None], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row.payer_key, row.provider, row.reason, row.reference_index), []).append(row)
    made = [_account(tx, some) for some in grouped.values()]
    noted = notes.latest(tx, (a["id"] for a in made))
    return [Account(**a, note=noted.get(a["id"])) for a in made]


def _account(tx: Tx, rows: list[Any]) -> dict[str, Any]:
    first, last = rows[0], rows[-1]
    reference = tx.unseal(first.reference_sealed).decode() if first.reference_sealed else None
    name = journal.provider_account(tx, first.payer_key, first.provider, first.reason, reference)
    movements, balance = [], ZERO
    for row in rows:
        balance -= row.amount
        movements.append(
            Movement(
                remittance=row.remittance,
                ordinal=row.ordinal,
                at=row.posted_at,
                payment_date=row.payment_date,
                trace_number=row.trace_number,
                amount=-row.amount,
                balance=balance,
            )
        )
    return {
        "id": id_from(Kind.ACCOUNT, tx.index("plb_account", name)),
        "account": name,
        "partner": last.partner,
        "payer_key": first.payer_key,
        "payer_name": last.payer_name,
        "provider": first.provider,
        "code": first.reason,
        "reference": reference,
        "movements": tuple(movements),
    }


def moved(tx: Tx, remittance_id: str) -> list[tuple[str, str, str | None, Decimal]]:
    """Return the PLB pairs of a remittance as received: provider, code, reference, amount."""
    rows = tx.execute(
        select(provider_adjustment)
        .where(provider_adjustment.c.remittance == remittance_id)
        .order_by(provider_adjustment.c.ordinal)
    )
    return [
        (
            row.provider,
            row.reason,
            tx.unseal(row.reference_sealed).decode() if row.reference_sealed else None,
            row.amount,
        )
        for row in rows
    ]


def traces(tx: Tx, payer_keys: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the posted remittances of these payers, by payer and trace number: what an FB refers to."""
    found: dict[tuple[str, str], str] = {}
    for part in chunked(payer_keys):
        query = select(remittance.c.payer_key, remittance.c.trace_number, remittance.c.id).where(
            remittance.c.payer_key.in_(part),
            remittance.c.state == POSTED,
            remittance.c.trace_number.is_not(None),
        )
        found |= {
            (row.payer_key, row.trace_number): row.id
            for row in tx.execute(query.order_by(remittance.c.posted_at))
        }
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Overpaid:
    """What a payer took back of one claim in one remittance: its reversal, less the correction beside it.

    *claim* is None while it is not known; *net* is below zero.
    """

    remittance: str
    claim: str | None
    payment: str
    net: Decimal


def of_claim_number(tx: Tx, payer_key: str, reference: str) -> list[Overpaid]:
    """Return what the payer said of the claim with this number of its own: the reversals, else the last payment."""
    index = control_index(tx, reference)
    return _overpaid(
        tx, (claim_payment.c.payer_control_index == index) & (remittance.c.payer_key == payer_key)
    )


def of_amount(tx: Tx, payer_key: str, amount: Decimal) -> list[Overpaid]:
    """Return what the payer took back in claims that comes to *amount*: a proposal, never more."""
    taken = _overpaid(tx, (claim_payment.c.status_code == _REVERSAL) & (remittance.c.payer_key == payer_key))
    return [one for one in taken if one.net == -abs(amount)]


def _overpaid(tx: Tx, which: ColumnElement[bool]) -> list[Overpaid]:
    said = (
        select(claim_payment.c.remittance, claim_payment.c.pcn_index)
        .join(remittance, remittance.c.id == claim_payment.c.remittance)
        .where(which, remittance.c.state == POSTED)
        .distinct()
        .subquery()
    )
    reversed_here = func.max(case((claim_payment.c.status_code == _REVERSAL, 1), else_=0))
    query = (
        select(
            claim_payment.c.remittance,
            func.max(claim_payment.c.claim).label("claim"),
            func.min(claim_payment.c.id).label("payment"),
            func.sum(claim_payment.c.paid).label("net"),
            reversed_here.label("reversed"),
        )
        .join(
            said,
            (said.c.remittance == claim_payment.c.remittance)
            & (said.c.pcn_index == claim_payment.c.pcn_index),
        )
        .group_by(claim_payment.c.remittance, claim_payment.c.pcn_index)
        .order_by(claim_payment.c.remittance)
    )
    rows = tx.execute(query).all()
    undone = [row for row in rows if row.reversed] or rows
    return [Overpaid(remittance=r.remittance, claim=r.claim, payment=r.payment, net=r.net) for r in undone]
