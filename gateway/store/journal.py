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
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import insert, select

from gateway.errors import BooksBroken
from gateway.store.db import Tx
from gateway.store.schema import journal_entry, journal_line

RECEIVABLE_PAYER = "receivable:payer"
RECEIVABLE_PATIENT = "receivable:patient"
REVENUE = "revenue"
CONTRACTUAL = "adjustment:contractual"
OTHER_ADJUSTMENT = "adjustment:other"
SUSPENSE = "suspense"
CLEARING = "clearing:"
PROVIDER = "provider:"

ZERO = Decimal("0.00")

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")
_INDEX_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: *amount* positive is debit, negative credit; *claim* where it speaks of one."""

    account: str
    amount: Decimal
    claim: str | None = None


def safe_part(tx: Tx, text: str | None) -> str:
    """Return *text* as a part of an account's name: itself where it is short and plain, else its keyed hash."""
    if not text:
        return "none"
    return text if _SAFE.match(text) else "h-" + tx.index("account", text)[:_INDEX_DIGITS]


def clearing_account(tx: Tx, payer_key: str, trace: str | None) -> str:
    """Return the clearing account of one payment: one a payer and trace number."""
    return f"{CLEARING}{safe_part(tx, payer_key)}:{safe_part(tx, trace)}"


def provider_account(tx: Tx, payer_key: str, provider: str, code: str, reference: str | None) -> str:
    """Return the account of a PLB item; *reference* may be a payer's claim number, so only its hash shows."""
    shown = tx.index("plb_reference", reference)[:_INDEX_DIGITS] if reference else "none"
    return f"{PROVIDER}{safe_part(tx, payer_key)}:{safe_part(tx, provider)[:24]}:{safe_part(tx, code)[:8]}:{shown}"


def post(
    tx: Tx,
    posting_id: str,
    kind: str,
    lines: Sequence[Line],
    *,
    claim: str | None = None,
    claim_payment: str | None = None,
    remittance: str | None = None,
    submission: str | None = None,
    reverses: str | None = None,
) -> bool:
    """Write one entry under *posting_id*; return False when that id was posted before (nothing is written).

    Lines of zero are left out; an entry of nothing but zeros is not written. *reverses* names the posting undone.

    Raises:
        BooksBroken: the lines do not sum to zero.

    """
    if sum((line.amount for line in lines), ZERO) != ZERO:
        raise BooksBroken(f"posting {posting_id} does not sum to zero")
    kept = [line for line in lines if line.amount != ZERO]
    if not kept or exists(tx, posting_id):
        return False
    entry = tx.execute(
        insert(journal_entry).values(
            posting_id=posting_id,
            kind=kind,
            at=tx.now(),
            claim=claim,
            claim_payment=claim_payment,
            remittance=remittance,
            submission=submission,
            reverses=reverses,
        )
    ).inserted_primary_key
    if entry is None:
        raise BooksBroken(f"posting {posting_id} was not written")
    tx.execute(
        insert(journal_line),
        [
            {"entry": entry[0], "account": line.account, "claim": line.claim, "amount": line.amount}
            for line in kept
        ],
    )
    return True


def exists(tx: Tx, posting_id: str) -> bool:
    """Tell whether *posting_id* was posted."""
    found = tx.execute(select(journal_entry.c.id).where(journal_entry.c.posting_id == posting_id)).first()
    return found is not None
