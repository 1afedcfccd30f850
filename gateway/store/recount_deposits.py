"""The bank's side of the journal counted a second time, from deposits and their movements, by code of its own.

Cash is what the deposits add up to; what each clearing account still waits for is what its remittances announced less what
deposits were matched to it. An entry that no deposit makes, or a deposit that was altered, shows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select

from gateway.store.db import Tx
from gateway.store.journal import (
    BANK_KINDS,
    CASH,
    CLEARING,
    ELSEWHERE,
    UNAPPLIED,
    ZERO,
    clearing_account,
    safe_part,
)
from gateway.store.schema import (
    deposit,
    deposit_movement,
    deposit_name,
    journal_entry,
    journal_line,
    remittance,
)

_Sides = tuple[tuple[str, Decimal], ...]
_KIND = {"remittance": "deposit_matched", "elsewhere": "deposit_elsewhere", "withdrawn": "deposit_withdrawn"}


def faults(tx: Tx) -> list[str]:
    """Return, one sentence each, where the journal is not what the deposits make it."""
    given = tx.execute(select(deposit)).all()
    moved = tx.execute(
        select(deposit_movement).order_by(deposit_movement.c.deposit, deposit_movement.c.ordinal)
    ).all()
    clearing = _clearing_names(tx)
    return [
        *_said_faults(tx, given),
        *_movement_faults(given, moved),
        *_remittance_faults(tx, moved),
        *_entry_faults(tx, dict(_expected(tx, given, moved, clearing))),
        *_balance_faults(tx, given, moved, clearing),
    ]


def _cash(tx: Tx, row: Any) -> str:
    return f"{CASH}:{safe_part(tx, row.account)}" if row.account else CASH


def _clearing_names(tx: Tx) -> dict[str, str]:
    rows = tx.execute(
        select(remittance.c.id, remittance.c.payer_key, remittance.c.trace_number).where(
            remittance.c.state == "posted"
        )
    )
    return {row.id: clearing_account(tx, row.payer_key, row.trace_number) for row in rows}


def _said_faults(tx: Tx, given: Any) -> Iterator[str]:
    """Compare deposits with what the bank said of them, kept sealed."""
    names: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    for name in tx.execute(select(deposit_name)):
        names[name.deposit].append((name.kind, name.number, name.originator))
    for row in given:
        said = tx.unseal_json(row.content_sealed)
        if (said["date"], Decimal(said["amount"]), said.get("account")) != (
            row.date.isoformat(), row.amount, row.account,
        ):  # fmt: skip
            yield f"deposit {row.id} is not what the bank said"
        told = [(n["kind"], n["number"], n.get("originator")) for n in said.get("names", ())]
        if sorted(told, key=repr) != sorted(names[row.id], key=repr):
            yield f"deposit {row.id} names other payments than the bank did"


def _movement_faults(given: Any, moved: Any) -> Iterator[str]:
    """No deposit explains more than it is; what is taken back is the opposite of one movement, once."""
    left = {row.id: row.amount for row in given}
    kept: dict[tuple[str, int], Any] = {}
    for row in moved:
        left[row.deposit] = left.get(row.deposit, ZERO) - row.amount
        if left[row.deposit] < ZERO:
            yield f"deposit {row.deposit} explains more than it is"
        if row.undoes is None:
            if row.amount <= ZERO:
                yield f"movement {row.deposit}-{row.ordinal} moves nothing forward"
            kept[row.deposit, row.ordinal] = row
            continue
        undone = kept.pop((row.deposit, row.undoes), None)
        if undone is None or (undone.target, undone.remittance, undone.amount) != (
            row.target, row.remittance, -row.amount,
        ):  # fmt: skip
            yield f"movement {row.deposit}-{row.ordinal} is not the opposite of what it takes back"


def _remittance_faults(tx: Tx, moved: Any) -> Iterator[str]:
    came: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in moved:
        if (row.target == "remittance") != (row.remittance is not None):
            yield f"movement {row.deposit}-{row.ordinal} does not say what it pays"
        elif row.remittance is not None:
            came[row.remittance] += row.amount
    announced = {
        row.id: row for row in tx.execute(select(remittance.c.id, remittance.c.state, remittance.c.amount))
    }
    for owner, amount in came.items():
        row = announced[owner]
        if row.state != "posted" and amount != ZERO:
            yield f"remittance {owner} is paid and not posted"
        elif not ZERO <= amount <= (row.amount or ZERO):
            yield f"remittance {owner} is paid more than it announced"


def _expected(
    tx: Tx, given: Any, moved: Any, clearing: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, _Sides]]]:
    cash = {row.id: _cash(tx, row) for row in given}
    for row in given:
        yield f"{row.id}-deposit", ("deposit", _sides((cash[row.id], row.amount), (UNAPPLIED, -row.amount)))
    for row in moved:
        other = {"elsewhere": ELSEWHERE, "withdrawn": cash.get(row.deposit, CASH)}.get(row.target)
        account = other or clearing.get(row.remittance, "?")
        kind = "deposit_unmatched" if row.undoes is not None else _KIND.get(row.target, "?")
        yield f"{row.deposit}-{row.ordinal}", (kind, _sides((UNAPPLIED, row.amount), (account, -row.amount)))


def _sides(*sides: tuple[str, Decimal]) -> _Sides:
    return tuple(sorted(sides))


def _entry_faults(tx: Tx, expected: Mapping[str, tuple[str, _Sides]]) -> Iterator[str]:
    """Compare every entry about a deposit, and every line on the bank's accounts, with what there must be."""
    of_bank = or_(
        journal_entry.c.kind.in_(sorted(BANK_KINDS)),
        journal_line.c.account.startswith(CASH),
        journal_line.c.account.in_((UNAPPLIED, ELSEWHERE)),
    )
    ids = (
        select(journal_entry.c.id)
        .join(journal_line, journal_line.c.entry == journal_entry.c.id)
        .where(of_bank)
    )
    rows = tx.execute(
        select(
            journal_entry.c.posting_id, journal_entry.c.kind, journal_entry.c.remittance, journal_entry.c.claim,
            journal_line.c.account, journal_line.c.amount, journal_line.c.claim.label("of_claim"),
        )
        .join(journal_line, journal_line.c.entry == journal_entry.c.id)
        .where(journal_entry.c.id.in_(ids))
    )  # fmt: skip
    found: dict[str, tuple[str, list[tuple[str, Decimal]]]] = {}
    for row in rows:
        if row.remittance or row.claim or row.of_claim:
            yield f"posting {row.posting_id} is about a deposit and speaks of a claim"
        found.setdefault(row.posting_id, (row.kind, []))[1].append((row.account, row.amount))
    for posting_id in expected.keys() | found.keys():
        kind, sides = found.get(posting_id, ("", []))
        if expected.get(posting_id) != (kind, _sides(*sides)):
            yield f"posting {posting_id} is not what its deposit makes it"


def _balance_faults(tx: Tx, given: Any, moved: Any, clearing: Mapping[str, str]) -> Iterator[str]:
    """Cash is the deposits that came and stayed; a clearing account waits for what was announced and did not come."""
    due: dict[str, Decimal] = defaultdict(lambda: ZERO)
    cash = {row.id: _cash(tx, row) for row in given}
    for row in given:
        due[cash[row.id]] += row.amount
    for row in moved:
        if row.target == "withdrawn":
            due[cash.get(row.deposit, CASH)] -= row.amount
        elif row.remittance in clearing:
            due[clearing[row.remittance]] -= row.amount
    for row in tx.execute(select(remittance.c.id, remittance.c.amount).where(remittance.c.state == "posted")):
        due[clearing[row.id]] += row.amount or ZERO
    stands = tx.execute(
        select(journal_line.c.account, func.sum(journal_line.c.amount).label("balance"))
        .where(or_(journal_line.c.account.startswith(CASH), journal_line.c.account.startswith(CLEARING)))
        .group_by(journal_line.c.account)
    )
    found = {row.account: row.balance for row in stands}
    for account in sorted(due.keys() | found.keys()):
        if due.get(account, ZERO) != found.get(account, ZERO):
            yield f"account {account} is not what remittances announced and deposits brought"
