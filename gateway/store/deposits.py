"""Deposits as stored: what the bank received, by what part of it is explained, and what is open on either side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, literal, or_, select, update

from gateway.errors import NotFound
from gateway.model import codec
from gateway.model.deposit import CHECK, BankLine, PaymentName, business_days, loose_check
from gateway.model.identifiers import Kind, new_id
from gateway.model.reassociation import OpenDeposit, OpenRemittance
from gateway.store import journal
from gateway.store.chunks import chunked, pieces
from gateway.store.db import Tx
from gateway.store.journal import ELSEWHERE, UNAPPLIED, ZERO, Entry, Line
from gateway.store.schema import Cents, bank_file, deposit, deposit_movement, deposit_name, remittance

TO_REMITTANCE, TO_ELSEWHERE, WITHDRAWN = "remittance", "elsewhere", "withdrawn"
BY_HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money that the bank has; *open* of it is not explained yet, *said* is the line as the bank told it."""

    id: str
    date: date
    amount: Decimal
    open: Decimal
    account: str | None
    from_bank: bool
    recorded_at: datetime
    recorded_by: str
    said: BankLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A part of a deposit explained (*amount* positive), or no longer (negative: the opposite of *undoes*)."""

    deposit: str
    ordinal: int
    target: str
    remittance: str | None
    amount: Decimal
    undoes: int | None
    how: str
    reason: str | None
    by: str
    at: datetime

    @property
    def posting_id(self) -> str:
        """Return the id of its journal entry and of the row that tells the billing system of it."""
        return f"{self.deposit}-{self.ordinal}"


def keys_known(tx: Tx, keys: Iterable[str]) -> dict[str, str]:
    """Return those bank keys that have a deposit, with its id."""
    found: dict[str, str] = {}
    for part in chunked(keys):
        rows = tx.execute(select(deposit.c.bank_key, deposit.c.id).where(deposit.c.bank_key.in_(part)))
        found |= {row.bank_key: row.id for row in rows}
    return found


def record_file(tx: Tx, *, name: str, sha256: str, lines: Sequence[BankLine]) -> int:
    """Note a bank's file with what is new in it, and return its number."""
    tx.execute(
        insert(bank_file).values(
            name_sealed=tx.seal(name),
            sha256=sha256,
            lines=len(lines),
            amount=sum((line.amount for line in lines), ZERO),
            loaded_at=tx.now(),
            loaded_by=tx.actor,
        )
    )
    return int(tx.execute(select(func.max(bank_file.c.id))).scalar_one())


def record(tx: Tx, lines: Iterable[tuple[BankLine, str | None]], *, file: int | None = None) -> list[str]:
    """Write deposits with their entries - cash has them, nothing explains them yet - and return their ids.

    Each line comes with its bank key, None where a person entered it.
    """
    made: list[str] = []
    for part in pieces(lines):
        rows = [(new_id(Kind.DEPOSIT), line, key) for line, key in part]
        tx.execute(
            insert(deposit),
            [
                {
                    "id": identifier,
                    "bank_file": file,
                    "line": line.line,
                    "bank_key": key,
                    "date": line.date,
                    "amount": line.amount,
                    "account": line.account,
                    "content_sealed": tx.seal_json(codec.compact(line)),
                    "recorded_at": tx.now(),
                    "recorded_by": tx.actor,
                }
                for identifier, line, key in rows
            ],
        )
        names = [_name_row(identifier, name) for identifier, line, _ in rows for name in line.names]
        if names:
            tx.execute(insert(deposit_name), names)
        journal.post_all(tx, (_received(tx, identifier, line) for identifier, line, _ in rows))
        made += [identifier for identifier, _, _ in rows]
    return made


def _name_row(identifier: str, name: PaymentName) -> dict[str, Any]:
    return {
        "deposit": identifier,
        "kind": name.kind,
        "number": name.number[:50],
        "loose": loose_name(name),
        "originator": name.originator[:20] if name.originator else None,
    }


def _received(tx: Tx, identifier: str, line: BankLine) -> Entry:
    cash = journal.cash_account(tx, line.account)
    lines = (Line(cash, line.amount), Line(UNAPPLIED, -line.amount))
    return Entry(posting_id=f"{identifier}-deposit", kind="deposit", lines=lines)


def confirm(tx: Tx, deposit_id: str, bank_key: str) -> None:
    """Note that a bank's line is the deposit that a person entered before it came."""
    tx.execute(update(deposit).where(deposit.c.id == deposit_id).values(bank_key=bank_key))


def move(
    tx: Tx,
    deposit_id: str,
    *,
    target: str,
    amount: Decimal,
    how: str,
    remittance_id: str | None = None,
    undoes: int | None = None,
    reason: str | None = None,
) -> Movement:
    """Explain *amount* of a deposit, or take an explanation back, with its journal entry."""
    before = select(func.coalesce(func.max(deposit_movement.c.ordinal), 0))
    ordinal = int(tx.execute(before.where(deposit_movement.c.deposit == deposit_id)).scalar_one()) + 1
    made = Movement(
        deposit=deposit_id, ordinal=ordinal, target=target, remittance=remittance_id, amount=amount, undoes=undoes,
        how=how, reason=reason, by=tx.actor, at=tx.now(),
    )  # fmt: skip
    tx.execute(insert(deposit_movement).values(**{name: getattr(made, name) for name in _MOVEMENT}))
    kind = {TO_ELSEWHERE: "deposit_elsewhere", WITHDRAWN: "deposit_withdrawn"}.get(target, "deposit_matched")
    if undoes is not None:
        kind = "deposit_unmatched"
    lines = (Line(UNAPPLIED, amount), Line(_other_side(tx, made), -amount))
    journal.post_all(tx, [Entry(posting_id=made.posting_id, kind=kind, lines=lines)])
    return made


def _other_side(tx: Tx, made: Movement) -> str:
    if made.target == TO_ELSEWHERE:
        return ELSEWHERE
    if made.target == WITHDRAWN:
        account = select(deposit.c.account).where(deposit.c.id == made.deposit)
        return journal.cash_account(tx, tx.execute(account).scalar_one())
    paid = tx.execute(
        select(remittance.c.payer_key, remittance.c.trace_number).where(remittance.c.id == made.remittance)
    ).one()
    return journal.clearing_account(tx, paid.payer_key, paid.trace_number)


def get(tx: Tx, deposit_id: str) -> Deposit:
    """Return a deposit; raise NotFound when there is none of that id."""
    found = listed(tx, deposit.c.id == deposit_id)
    if not found:
        raise NotFound(f"no deposit {deposit_id}")
    return found[0]


def listed(tx: Tx, which: ColumnElement[bool]) -> list[Deposit]:
    """Return the deposits that fit, the oldest first."""
    rows = tx.execute(_deposits().where(which).order_by(deposit.c.date, deposit.c.id))
    return [
        Deposit(
            id=row.id,
            date=row.date,
            amount=row.amount,
            open=row.amount - row.explained,
            account=row.account,
            from_bank=row.bank_key is not None,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            said=codec.from_json(BankLine, tx.unseal_json(row.content_sealed)),
        )
        for row in rows
    ]


def every(tx: Tx) -> list[Deposit]:
    """Return all deposits, the oldest first."""
    return listed(tx, deposit.c.id.is_not(None))


def unconfirmed(tx: Tx) -> list[Deposit]:
    """Return the deposits that a person entered, that stand, and that no bank's file has told yet."""
    return listed(tx, deposit.c.bank_key.is_(None) & ~_withdrawn())


def amounts(tx: Tx, deposit_ids: Iterable[str]) -> dict[str, Decimal]:
    """Return the amount of each of these deposits that was not withdrawn."""
    found: dict[str, Decimal] = {}
    for part in chunked(deposit_ids):
        rows = tx.execute(select(deposit.c.id, deposit.c.amount).where(deposit.c.id.in_(part), ~_withdrawn()))
        found |= {row.id: row.amount for row in rows}
    return found


def naming(tx: Tx, numbers: Iterable[str]) -> list[Deposit]:
    """Return the deposits that stand and name one of these numbers, spelt as they are found again by (`loose_name`)."""
    found: dict[str, Deposit] = {}
    for part in chunked(dict.fromkeys(numbers)):
        named = select(deposit_name.c.deposit).where(deposit_name.c.loose.in_(part))
        found |= {one.id: one for one in listed(tx, deposit.c.id.in_(named) & ~_withdrawn())}
    return list(found.values())


def told_before(tx: Tx, found: Iterable[OpenDeposit], *, days: int) -> dict[str, list[str]]:
    """Return, by deposit, those recorded before it that stand and name the same payment and amount, close in *days*.

    A bank that writes a line anew in other words makes two deposits of one; which it is, a person has to say.
    """
    waiting = {one.id: one for one in found}
    numbers = {loose_name(name) for one in waiting.values() for name in one.names}
    standing_: dict[tuple[str, str, Decimal], list[Deposit]] = {}
    for one in naming(tx, numbers):
        for name in one.said.names:
            standing_.setdefault((name.kind, loose_name(name), one.amount), []).append(one)
    twins: dict[str, list[str]] = {}
    for key, alike in standing_.items():
        alike.sort(key=lambda one: (one.recorded_at, one.said.line or 0, one.id))
        for later, one in enumerate(alike):
            earlier = [e.id for e in alike[:later] if abs(business_days(e.date, one.date)) <= days]
            if one.id in waiting and earlier and key[1]:
                twins.setdefault(one.id, []).extend(e for e in earlier if e not in twins.get(one.id, ()))
    return twins


def loose_name(name: PaymentName) -> str:
    """Return the number of a payment as it is found again by."""
    return (loose_check(name.number) if name.kind == CHECK else name.number.strip().upper())[:50]


def movements(tx: Tx, deposit_id: str) -> list[Movement]:
    """Return what happened to a deposit, in order."""
    query = select(*(deposit_movement.c[name] for name in _MOVEMENT))
    rows = tx.execute(
        query.where(deposit_movement.c.deposit == deposit_id).order_by(deposit_movement.c.ordinal)
    )
    return [Movement(**row) for row in rows.mappings()]


def standing(moved: Iterable[Movement]) -> list[Movement]:
    """Return those movements that explain something and were not taken back."""
    everything = list(moved)
    undone = {one.undoes for one in everything}
    return [one for one in everything if one.undoes is None and one.ordinal not in undone]


def open_deposits(tx: Tx, *, loose: Iterable[str] | None = None) -> list[OpenDeposit]:
    """Return the deposits with money left to explain, all of them or those that name one of the *loose* numbers."""
    which = deposit.c.amount != _explained()
    if loose is None:
        return _as_open(tx, listed(tx, which))
    found: dict[str, Deposit] = {}
    for part in chunked(loose):
        named = select(deposit_name.c.deposit).where(deposit_name.c.loose.in_(part))
        found |= {one.id: one for one in listed(tx, which & deposit.c.id.in_(named))}
    return _as_open(tx, found.values())


def _as_open(tx: Tx, found: Iterable[Deposit]) -> list[OpenDeposit]:
    listed_ = list(found)
    touched: set[str] = set()
    for part in chunked(one.id for one in listed_):
        undone = select(deposit_movement.c.deposit).where(
            deposit_movement.c.deposit.in_(part), deposit_movement.c.undoes.is_not(None)
        )
        touched |= set(tx.execute(undone).scalars())
    return [
        OpenDeposit(
            id=one.id,
            date=one.date,
            amount=one.amount,
            open=one.open,
            names=one.said.names,
            payer=one.said.remitter,
            originator=one.said.originator,
            by_hand=one.id in touched,
        )
        for one in listed_
    ]


def open_remittances(tx: Tx, *, names: Iterable[PaymentName] | None = None) -> list[OpenRemittance]:
    """Return the posted remittances whose money the bank has not shown in full: all, or those that *names* may mean.

    A remittance without money is never among them.
    """
    query = _open_remittances()
    if names is None:
        return _remittances(tx, query)
    found: dict[str, OpenRemittance] = {}
    trace = func.upper(remittance.c.trace_number)
    for part in chunked(names):
        traces = [name.number.strip().upper() for name in part if name.kind != CHECK]
        checks = [loose_check(name.number) for name in part if name.kind == CHECK]
        meant = or_(trace.in_(traces), func.ltrim(func.trim(trace), "0").in_(checks))
        found |= {one.id: one for one in _remittances(tx, query.where(meant))}
    return list(found.values())


def open_remittance(tx: Tx, remittance_id: str) -> OpenRemittance | None:
    """Return a posted remittance whose money is not all here; None when it is, or where none is to come."""
    found = _remittances(tx, _open_remittances().where(remittance.c.id == remittance_id))
    return found[0] if found else None


def paid_by(tx: Tx, remittance_id: str) -> list[str]:
    """Return the deposits that pay a remittance."""
    rows = tx.execute(
        select(deposit_movement.c.deposit)
        .where(deposit_movement.c.remittance == remittance_id)
        .group_by(deposit_movement.c.deposit)
        .having(func.sum(deposit_movement.c.amount) != ZERO)
        .order_by(deposit_movement.c.deposit)
    )
    return list(rows.scalars())


def first_day(tx: Tx) -> date | None:
    """Return the day of the oldest deposit that was not withdrawn: from then on the bank is known to be looked at."""
    return tx.execute(select(func.min(deposit.c.date)).where(~_withdrawn())).scalar()


_MOVEMENT = tuple(c.name for c in deposit_movement.c if c.name != "id")


def _explained() -> Any:
    total = select(func.coalesce(func.sum(deposit_movement.c.amount), literal(ZERO, Cents())))
    return total.where(deposit_movement.c.deposit == deposit.c.id).scalar_subquery()


def _withdrawn() -> ColumnElement[bool]:
    gone = select(deposit_movement.c.deposit).where(deposit_movement.c.target == WITHDRAWN)
    return deposit.c.id.in_(gone)


def _deposits() -> Select[Any]:
    return select(deposit, _explained().label("explained"))


def _open_remittances() -> Select[Any]:
    total = select(func.coalesce(func.sum(deposit_movement.c.amount), literal(ZERO, Cents())))
    came = total.where(deposit_movement.c.remittance == remittance.c.id).scalar_subquery()
    return (
        select(remittance, came.label("came"))
        .where(remittance.c.state == "posted", remittance.c.amount > ZERO, remittance.c.amount != came)
        .order_by(remittance.c.payment_date, remittance.c.id)
    )


def _remittances(tx: Tx, query: Select[Any]) -> list[OpenRemittance]:
    return [
        OpenRemittance(
            id=row.id,
            partner=row.partner,
            payer_key=row.payer_key,
            payer_name=row.payer_name,
            trace=(row.trace_number or "").strip(),
            method=row.payment_method,
            date=date.fromisoformat(row.payment_date) if row.payment_date else None,
            posted_at=row.posted_at,
            amount=row.amount,
            open=row.amount - row.came,
        )
        for row in tx.execute(query)
    ]
