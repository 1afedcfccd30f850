"""What the journal says: each claim's account, the trial balance, the totals, and the proof of all of it (law 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select

from gateway.errors import BooksBroken
from gateway.store import recount, recount_deposits
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.journal import (
    CASH,
    CLEARING,
    CONTRACTUAL,
    ELSEWHERE,
    OTHER_ADJUSTMENT,
    PROVIDER,
    RECEIVABLE_PATIENT,
    RECEIVABLE_PAYER,
    REVENUE,
    SUSPENSE,
    UNAPPLIED,
    ZERO,
    Line,
    post,
)
from gateway.store.schema import Cents, journal_entry, journal_line, provider_adjustment
from gateway.store.schema import claim_payment as payments
from gateway.store.schema import remittance as remittances

__all__ = [
    "RECEIVABLE_PAYER",
    "REVENUE",
    "BooksReport",
    "ClaimAccount",
    "Line",
    "check_books",
    "claim_account",
    "claim_accounts",
    "post",
    "prove_cash",
    "totals",
    "trial_balance",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAccount:
    """One claim's money: charge = paid + adjusted + patient + open, all positive in the usual case."""

    charge: Decimal
    paid: Decimal
    adjusted: Decimal
    patient: Decimal
    open: Decimal


def trial_balance(tx: Tx) -> dict[str, Decimal]:
    """Return every account's balance, debit positive.

    Raises:
        BooksBroken: the balances do not sum to zero.

    """
    rows = tx.execute(
        select(journal_line.c.account, func.sum(journal_line.c.amount).label("balance"))
        .group_by(journal_line.c.account)
        .order_by(journal_line.c.account)
    )
    balances: dict[str, Decimal] = {row.account: row.balance for row in rows}
    total = sum(balances.values(), ZERO)
    if total != ZERO:
        raise BooksBroken(f"the trial balance is off by {total}")
    return balances


def claim_account(tx: Tx, claim_id: str) -> ClaimAccount:
    """Return one claim's account, read from the journal.

    Raises:
        BooksBroken: charge = paid + adjusted + patient + open does not hold, or an account does not belong here.

    """
    return claim_accounts(tx, [claim_id])[claim_id]


def claim_accounts(tx: Tx, claim_ids: Iterable[str]) -> dict[str, ClaimAccount]:
    """Return the account of each claim, read from the journal; all zero where nothing was booked.

    Raises:
        BooksBroken: as `claim_account`.

    """
    balances: dict[str, dict[str, Decimal]] = {claim_id: {} for claim_id in claim_ids}
    for part in chunked(balances):
        balances |= _claim_balances(tx, journal_line.c.claim.in_(part))
    return {claim_id: account_of(claim_id, of_claim) for claim_id, of_claim in balances.items()}


def account_of(claim_id: str, balances: dict[str, Decimal]) -> ClaimAccount:
    """Return the account that the *balances* of a claim's lines make; raise BooksBroken when they cannot."""
    parts = {"revenue": ZERO, "paid": ZERO, "adjusted": ZERO, "patient": ZERO, "open": ZERO}
    for account, amount in balances.items():
        parts[_part(claim_id, account)] += amount
    made = ClaimAccount(
        charge=-parts["revenue"],
        paid=parts["paid"],
        adjusted=parts["adjusted"],
        patient=parts["patient"],
        open=parts["open"],
    )
    if made.charge != made.paid + made.adjusted + made.patient + made.open:
        raise BooksBroken(f"claim {claim_id}: charge is not paid + adjusted + patient + open")
    return made


def _part(claim_id: str, account: str) -> str:
    fixed = {
        REVENUE: "revenue",
        RECEIVABLE_PAYER: "open",
        RECEIVABLE_PATIENT: "patient",
        CONTRACTUAL: "adjusted",
        OTHER_ADJUSTMENT: "adjusted",
        SUSPENSE: "paid",
    }
    if account in fixed:
        return fixed[account]
    if account.startswith(CLEARING):
        return "paid"
    raise BooksBroken(f"claim {claim_id} has money on the account {account.partition(':')[0]}")


def totals(tx: Tx) -> dict[str, Decimal]:
    """Return the money of the whole installation, for reports.

    billed = paid + contractual + other_adjustments + patient + open. ``in_review`` is the part of ``open`` on claims
    that a payer has answered. ``suspense`` and ``provider_adjustments`` (money given by PLB positive) belong to no
    claim; received = paid + suspense + provider_adjustments is the sum of all payments posted. Of the bank: ``deposited``
    is what it has, ``not_deposited`` what was posted and it has not shown, ``deposits_open`` what no remittance explains;
    deposited + not_deposited = received + deposits_open + deposits_elsewhere.
    """
    by_claim: dict[bool, dict[str, Decimal]] = {True: {}, False: {}}
    rows = tx.execute(
        select(
            journal_line.c.account,
            journal_line.c.claim.is_not(None).label("of_claim"),
            func.sum(journal_line.c.amount).label("balance"),
        ).group_by(journal_line.c.account, journal_line.c.claim.is_not(None))
    )
    for row in rows:
        by_claim[bool(row.of_claim)][row.account] = row.balance
    claims = account_of("of all", by_claim[True])
    everything = trial_balance(tx)
    provider, cash, uncleared = (_under(everything, prefix) for prefix in (PROVIDER, CASH, CLEARING))
    unapplied, elsewhere = -everything.get(UNAPPLIED, ZERO), -everything.get(ELSEWHERE, ZERO)
    suspense = -everything.get(SUSPENSE, ZERO)
    return {
        "billed": claims.charge,
        "paid": claims.paid,
        "contractual": everything.get(CONTRACTUAL, ZERO),
        "other_adjustments": everything.get(OTHER_ADJUSTMENT, ZERO),
        "patient": claims.patient,
        "open": claims.open,
        "in_review": _in_review(tx),
        "suspense": suspense,
        "provider_adjustments": -provider,
        "received": uncleared + cash - unapplied - elsewhere,
        "deposited": cash,
        "not_deposited": uncleared,
        "deposits_open": unapplied,
        "deposits_elsewhere": elsewhere,
    }


def _under(balances: dict[str, Decimal], prefix: str) -> Decimal:
    return sum((v for k, v in balances.items() if k.startswith(prefix)), ZERO)


def _in_review(tx: Tx) -> Decimal:
    answered = select(payments.c.claim).where(payments.c.state == "posted", payments.c.claim.is_not(None))
    found: Decimal | None = tx.execute(
        select(func.sum(journal_line.c.amount)).where(
            journal_line.c.account == RECEIVABLE_PAYER, journal_line.c.claim.in_(answered)
        )
    ).scalar()
    return found if found is not None else ZERO


def prove_cash(tx: Tx, remittance_id: str) -> None:
    """Prove one posted remittance: what its clearing account got = BPR02 = sum of CLP04 - sum of PLB.

    Raises:
        BooksBroken: the three are not one amount.

    """
    broken = _cash_faults(tx, remittances.c.id == remittance_id)
    if broken:
        raise BooksBroken(broken[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksReport:
    """What `check_books` walked."""

    entries: int
    claims: int
    remittances: int


def check_books(tx: Tx) -> BooksReport:
    """Walk the whole journal and prove it.

    Every entry sums to zero; every claim's charge = paid + adjusted + patient + open, and its parts are what its claim
    payments say; every posted remittance debits its clearing account with BPR02 = sum of CLP04 - sum of PLB; remittances
    that are held or duplicates have no entry; suspense is what the claim payments in suspense add up to. Then the whole
    journal is counted a second time from what it was made of (`recount`), and cash, what is left of it to explain, and what
    each clearing account still waits for are proved from the deposits (`recount_deposits`).

    Raises:
        BooksBroken: names everything that does not hold.

    """
    trial_balance(tx)
    accounts = _claim_balances(tx, journal_line.c.claim.is_not(None))
    faults = _entry_faults(tx)
    for claim_id, balances in accounts.items():
        try:
            account_of(claim_id, balances)
        except BooksBroken as fault:
            faults.append(str(fault))
    faults += _payment_faults(tx, accounts)
    faults += _cash_faults(tx, remittances.c.state == "posted")
    faults += _held_faults(tx)
    faults += recount.faults(tx)
    faults += recount_deposits.faults(tx)
    if faults:
        raise BooksBroken("; ".join(faults))
    return BooksReport(
        entries=_count(tx, select(func.count(journal_entry.c.id))),
        claims=len(accounts),
        remittances=_count(tx, select(func.count(remittances.c.id)).where(remittances.c.state == "posted")),
    )


def _count(tx: Tx, query: Select[Any]) -> int:
    return int(tx.execute(query).scalar_one())


def _claim_balances(tx: Tx, which: ColumnElement[bool]) -> dict[str, dict[str, Decimal]]:
    rows = tx.execute(
        select(journal_line.c.claim, journal_line.c.account, func.sum(journal_line.c.amount).label("balance"))
        .where(which)
        .group_by(journal_line.c.claim, journal_line.c.account)
    )
    balances: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        balances.setdefault(row.claim, {})[row.account] = row.balance
    return balances


def _entry_faults(tx: Tx) -> list[str]:
    rows = tx.execute(
        select(journal_entry.c.posting_id)
        .outerjoin(journal_line, journal_line.c.entry == journal_entry.c.id)
        .group_by(journal_entry.c.posting_id)
        .having((func.count(journal_line.c.id) == 0) | (func.sum(journal_line.c.amount) != ZERO))
    )
    return [f"posting {row.posting_id} does not sum to zero" for row in rows]


def _payment_faults(tx: Tx, accounts: dict[str, dict[str, Decimal]]) -> list[str]:
    """Compare every claim's account with the claim payments posted to it."""
    rows = tx.execute(
        select(
            payments.c.claim,
            func.sum(payments.c.paid).label("paid"),
            func.sum(payments.c.contractual).label("contractual"),
            func.sum(payments.c.patient).label("patient"),
        )
        .where(payments.c.state == "posted")
        .group_by(payments.c.claim)
    )
    said = {row.claim: (row.paid, row.contractual, row.patient) for row in rows}
    faults = []
    for claim_id, balances in accounts.items():
        paid = sum((v for k, v in balances.items() if k == SUSPENSE or k.startswith(CLEARING)), ZERO)
        booked = (paid, balances.get(CONTRACTUAL, ZERO), balances.get(RECEIVABLE_PATIENT, ZERO))
        if booked != said.pop(claim_id, (ZERO, ZERO, ZERO)):
            faults.append(f"claim {claim_id}: the journal and its claim payments differ")
    faults += [f"claim {c}: claim payments without entries" for c, amounts in said.items() if any(amounts)]
    return faults


def _cash_faults(tx: Tx, which: ColumnElement[bool]) -> list[str]:
    def of_remittance(column: Any, owner: Any, *where: Any) -> Any:
        total = select(func.coalesce(func.sum(column), literal(ZERO, Cents())))
        return total.where(owner == remittances.c.id, *where).scalar_subquery()

    cleared = (
        select(func.coalesce(func.sum(journal_line.c.amount), literal(ZERO, Cents())))
        .join(journal_entry, journal_entry.c.id == journal_line.c.entry)
        .where(journal_entry.c.remittance == remittances.c.id, journal_line.c.account.startswith(CLEARING))
        .scalar_subquery()
    )
    rows = tx.execute(
        select(
            remittances.c.id,
            remittances.c.amount,
            cleared.label("cleared"),
            of_remittance(payments.c.paid, payments.c.remittance).label("paid"),
            of_remittance(provider_adjustment.c.amount, provider_adjustment.c.remittance).label("plb"),
        ).where(which)
    )
    return [
        f"remittance {row.id}: the payment is not what was posted"
        for row in rows
        if not row.amount == row.cleared == row.paid - row.plb
    ]


def _held_faults(tx: Tx) -> list[str]:
    rows = tx.execute(
        select(journal_entry.c.remittance)
        .join(remittances, remittances.c.id == journal_entry.c.remittance)
        .where(remittances.c.state != "posted")
        .distinct()
    )
    faults = [f"remittance {row.remittance} is not posted and has entries" for row in rows]
    parked = tx.execute(select(func.sum(payments.c.paid)).where(payments.c.state == "suspense")).scalar()
    balance = tx.execute(
        select(func.sum(journal_line.c.amount)).where(journal_line.c.account == SUSPENSE)
    ).scalar()
    if (parked or ZERO) != -(balance or ZERO):
        faults.append("suspense is not what the claim payments in suspense add up to")
    return faults
