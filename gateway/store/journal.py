"""The books: an append-only double-entry journal (law 7).

An entry's lines sum to zero; positive is debit, negative credit. Every line that speaks of a claim carries the claim,
and a claim's money moves between these accounts only, so that charge = paid + adjusted + patient + open can be read
off the journal alone:

    revenue                     what was billed (credit)                        charge
    receivable:payer            what the payer still owes, or is in review      open
    receivable:patient          what the patient owes                           patient
    adjustment:contractual      given up by contract                            adjusted
    adjustment:other            given up for another reason                     adjusted
    clearing:<payer>:<trace>    what a payer's payment brought (debit)          paid
    suspense                    payments that no claim is known for (credit)    paid, once moved to a claim
    provider:<payer>:<provider>:<code>:<reference>    PLB, open items between payer and provider
    cash:bank[:<account>]       what the bank has: debited by a deposit and by nothing else
    deposits:unapplied          deposits that no remittance explains yet (credit)
    deposits:elsewhere          deposits that are no remittance's, dealt with elsewhere (credit)

A deposit that is matched credits its remittance's clearing account, which then shows what was announced and has not come.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select

from gateway.errors import BooksBroken
from gateway.store.chunks import chunked, pieces
from gateway.store.db import Tx
from gateway.store.schema import journal_entry, journal_line

RECEIVABLE_PAYER = "receivable:payer"
RECEIVABLE_PATIENT = "receivable:patient"
REVENUE = "revenue"
CONTRACTUAL = "adjustment:contractual"
OTHER_ADJUSTMENT = "adjustment:other"
SUSPENSE = "suspense"
CLEARING = "clearing:"
CASH = "cash:bank"
UNAPPLIED = "deposits:unapplied"
ELSEWHERE = "deposits:elsewhere"
PROVIDER = "provider:"

BANK_KINDS = frozenset(
    {"deposit", "deposit_matched", "deposit_unmatched", "deposit_elsewhere", "deposit_withdrawn"}
)
"""Entries about deposits; no other kind touches cash and what is made of it."""

ZERO = Decimal("0.00")

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")
_INDEX_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: *amount* positive is debit, negative credit; *claim* where it speaks of one."""

    account: str
    amount: Decimal
    claim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One balanced entry, written once under its *posting_id*; *reverses* names the posting undone.

    *at* is the moment it is booked for, where that is not now: a claim that the previous system billed.
    """

    posting_id: str
    kind: str
    lines: tuple[Line, ...]
    claim: str | None = None
    claim_payment: str | None = None
    remittance: str | None = None
    submission: str | None = None
    reverses: str | None = None
    at: datetime | None = None


def safe_part(tx: Tx, text: str | None) -> str:
    """Return *text* as a part of an account's name: itself where it is short and plain, else its keyed hash."""
    if not text:
        return "none"
    return text if _SAFE.match(text) else "h-" + tx.index("account", text)[:_INDEX_DIGITS]


def clearing_account(tx: Tx, payer_key: str, trace: str | None) -> str:
    """Return the clearing account of one payment: one a payer and trace number."""
    return f"{CLEARING}{safe_part(tx, payer_key)}:{safe_part(tx, trace)}"


def cash_account(tx: Tx, account: str | None) -> str:
    """Return the account of what one bank account has."""
    return f"{CASH}:{safe_part(tx, account)}" if account else CASH


def provider_account(tx: Tx, payer_key: str, provider: str, code: str, reference: str | None) -> str:
    """Return the account of a PLB item; *reference* may be a payer's claim number, so only its hash shows."""
    shown = tx.index("plb_reference", reference)[:_INDEX_DIGITS] if reference else "none"
    # Cut as `provider_adjustment` keeps them, so that the account can be told from its row.
    named = f"{safe_part(tx, provider[:80])[:24]}:{safe_part(tx, code[:4])[:8]}"
    return f"{PROVIDER}{safe_part(tx, payer_key)}:{named}:{shown}"


def post(
    tx: Tx,
    posting_id: str,
    kind: str,
    lines: Sequence[Line],
    *,
    claim: str | None = None,
    submission: str | None = None,
    at: datetime | None = None,
) -> bool:
    """Write one entry as `post_all` does; return False when nothing was written."""
    entry = Entry(
        posting_id=posting_id, kind=kind, lines=tuple(lines), claim=claim, submission=submission, at=at
    )
    return post_all(tx, [entry]) == 1


def post_all(tx: Tx, entries: Iterable[Entry]) -> int:
    """Write *entries* and return how many were written: one whose posting id was posted before is left out.

    Lines of zero are left out; an entry of nothing but zeros is not written.

    Raises:
        BooksBroken: the lines of an entry do not sum to zero; nothing may be committed.

    """
    return sum(_post_piece(tx, part) for part in pieces(entries))


def _post_piece(tx: Tx, entries: Iterable[Entry]) -> int:
    fresh: dict[str, Entry] = {}
    for entry in entries:
        if sum((line.amount for line in entry.lines), ZERO) != ZERO:
            raise BooksBroken(f"posting {entry.posting_id} does not sum to zero")
        if any(line.amount != ZERO for line in entry.lines):
            fresh.setdefault(entry.posting_id, entry)
    for posting_id in known(tx, fresh):
        del fresh[posting_id]
    if not fresh:
        return 0
    now = tx.now()
    tx.execute(
        insert(journal_entry),
        [
            {
                "posting_id": entry.posting_id,
                "kind": entry.kind,
                "at": entry.at or now,
                "claim": entry.claim,
                "claim_payment": entry.claim_payment,
                "remittance": entry.remittance,
                "submission": entry.submission,
                "reverses": entry.reverses,
            }
            for entry in fresh.values()
        ],
    )
    written = known(tx, fresh)
    tx.execute(
        insert(journal_line),
        [
            {
                "entry": written[posting_id],
                "account": line.account,
                "claim": line.claim,
                "amount": line.amount,
            }
            for posting_id, entry in fresh.items()
            for line in entry.lines
            if line.amount != ZERO
        ],
    )
    return len(fresh)


def known(tx: Tx, posting_ids: Iterable[str]) -> dict[str, int]:
    """Return those of *posting_ids* that were posted, with the row ids of their entries."""
    found: dict[str, int] = {}
    for part in chunked(posting_ids):
        query = select(journal_entry.c.posting_id, journal_entry.c.id).where(
            journal_entry.c.posting_id.in_(part)
        )
        found |= {row.posting_id: row.id for row in tx.execute(query)}
    return found
