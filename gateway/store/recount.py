"""The journal counted a second time, from the claim payments, provider adjustments and claims that it was made of.

What posting wrote as entries is worked out again here from other tables, by other code, and compared entry by entry: an
entry that was altered, added or lost shows, and so does a claim payment that was altered after its entries were written.
Claim payments in turn are compared with the sealed words of the payer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, func, select

from gateway.model.matching import PAYER_CONTROL, PCN, exact_pcn, loose_id
from gateway.store import recount_charges, recount_places
from gateway.store.chunks import AT_ONCE, chunked, pieces
from gateway.store.db import Tx
from gateway.store.journal import (
    BANK_KINDS,
    CONTRACTUAL,
    PROVIDER,
    RECEIVABLE_PATIENT,
    RECEIVABLE_PAYER,
    SUSPENSE,
    ZERO,
    clearing_account,
    safe_part,
)
from gateway.store.schema import (
    adjustment,
    claim_payment,
    claim_version,
    journal_entry,
    journal_line,
    line_posting,
    provider_adjustment,
    remittance,
    submission,
    taken_back,
    transmission,
)

_REVERSAL = "22"

_PAYMENTS_AT_ONCE = 5000
"""Claim payments that are looked at together, unless one remittance has more."""

_TRIPLETS = select(
    adjustment.c.claim_payment, adjustment.c.line, adjustment.c.ordinal, adjustment.c.group_code, adjustment.c.reason,
    adjustment.c.amount,
)  # fmt: skip
_Triplet = tuple[int, int, str, str, Decimal]

Side = tuple[str, Decimal, str | None]


class _Entry(NamedTuple):
    """An entry as it stands, or as it must stand; its sides sorted, sides of zero left out."""

    kind: str
    sides: tuple[Side, ...]
    claim: str | None = None
    claim_payment: str | None = None
    remittance: str | None = None
    submission: str | None = None
    reverses: str | None = None


class _Row(Protocol):
    """A row of a query."""

    def __getattr__(self, name: str) -> Any: ...


def faults(tx: Tx) -> list[str]:
    """Return, one sentence each, where the journal is not what claims and payments make it."""
    found: list[str] = []
    for owners in _some_remittances(tx):
        found += _of_remittances(tx, owners)
    return [*found, *_twice_faults(tx), *_charge_faults(tx), *_stray_faults(tx)]


def _some_remittances(tx: Tx) -> Iterator[dict[str, _Row]]:
    """Yield the posted remittances by id, as many at a time as have claim payments enough for one look; a large one alone."""
    size = func.count(claim_payment.c.id).label("size")
    rows = tx.execute(
        select(remittance.c.id, remittance.c.payer_key, remittance.c.trace_number, size)
        .outerjoin(claim_payment, claim_payment.c.remittance == remittance.c.id)
        .where(remittance.c.state == "posted")
        .group_by(remittance.c.id, remittance.c.payer_key, remittance.c.trace_number)
    ).all()
    some: dict[str, _Row] = {}
    payments = 0
    for row in rows:
        if some and (payments + row.size > _PAYMENTS_AT_ONCE or len(some) == AT_ONCE):
            yield some
            some, payments = {}, 0
        some[row.id] = row
        payments += row.size
    if some:
        yield some


def _of_remittances(tx: Tx, owners: Mapping[str, _Row]) -> Iterator[str]:
    payments = tx.execute(
        select(claim_payment).where(claim_payment.c.remittance.in_(list(owners))).order_by(claim_payment.c.id)
    ).all()
    for part in pieces(payments):
        yield from _said_faults(tx, part)
    undone = _payments(tx, (row.reverses for row in payments if row.reverses))
    yield from _reversal_faults(payments, undone)
    gone: dict[str, list[_Row]] = {}
    for part in chunked(row.id for row in payments):
        for one in tx.execute(select(taken_back).where(taken_back.c.claim_payment.in_(part))):
            gone.setdefault(one.claim_payment, []).append(one)
    yield from recount_places.faults(payments, gone)
    expected: dict[str, _Entry] = {}
    for row in payments:
        expected |= dict(
            _of_payment(tx, row, owners[row.remittance], undone.get(row.reverses or ""), gone.get(row.id, ()))
        )
    plbs = tx.execute(select(provider_adjustment).where(provider_adjustment.c.remittance.in_(list(owners))))
    for plb in plbs:
        posting_id, entry = _of_provider(tx, plb, owners[plb.remittance])
        expected[posting_id] = entry
    expected = {posting_id: entry for posting_id, entry in expected.items() if entry.sides}
    found = _entries(tx, journal_entry.c.remittance.in_(list(owners)))
    for posting_id in expected.keys() | found.keys():
        if expected.get(posting_id) != found.get(posting_id):
            yield f"posting {posting_id} is not what its payment makes it"


def _entries(tx: Tx, which: ColumnElement[bool]) -> dict[str, _Entry]:
    sides: dict[int, list[Side]] = {}
    lines = tx.execute(
        select(journal_line.c.entry, journal_line.c.account, journal_line.c.amount, journal_line.c.claim)
        .join(journal_entry, journal_entry.c.id == journal_line.c.entry)
        .where(which)
    )
    for line in lines.all():
        sides.setdefault(line.entry, []).append((line.account, line.amount, line.claim))
    return {
        row.posting_id: _Entry(
            kind=row.kind,
            sides=_sides(sides.get(row.id, ()), keep_zero=True),
            claim=row.claim,
            claim_payment=row.claim_payment,
            remittance=row.remittance,
            submission=row.submission,
            reverses=row.reverses,
        )
        for row in tx.execute(select(journal_entry).where(which).order_by(journal_entry.c.id)).all()
    }


def _sides(sides: Iterable[Side], *, keep_zero: bool = False) -> tuple[Side, ...]:
    kept = (side for side in sides if keep_zero or side[1] != ZERO)
    return tuple(sorted(kept, key=lambda side: (side[0], side[1], side[2] or "")))


def _prefix(row: _Row, placed: int) -> str:
    again = {0: "", 1: "-match"}.get(placed, f"-match{placed}")
    return f"{row.remittance}-{row.ordinal}{again}"


def _of_payment(
    tx: Tx, row: _Row, owner: _Row, undone: _Row | None, gone: Sequence[_Row]
) -> Iterator[tuple[str, _Entry]]:
    """Yield what a claim payment must have in the journal: in suspense, or on its claim, or one after the other.

    *gone* are the times that it was taken off a claim again.
    """
    clearing = clearing_account(tx, owner.payer_key, owner.trace_number)
    first_on_claim = any(one.placed == 0 for one in gone) or (row.state == "posted" and not row.placed)
    if row.state in {"suspense", "posted"} and not first_on_claim:
        yield (
            f"{row.remittance}-{row.ordinal}-suspense",
            _Entry(
                kind="suspense",
                sides=_sides([(clearing, row.paid, None), (SUSPENSE, -row.paid, None)]),
                claim_payment=row.id,
                remittance=row.remittance,
            ),
        )
    for one in gone:
        source = SUSPENSE if one.placed else clearing
        yield from _on_claim(row, one, source, one.reverses)
        yield from _taken_back(row, one)
    if row.state == "posted":
        source = SUSPENSE if row.placed else clearing
        yield from _on_claim(row, row, source, _prefix(undone, undone.placed) if undone is not None else None)


def _on_claim(row: _Row, stood: _Row, source: str, undone: str | None) -> Iterator[tuple[str, _Entry]]:
    """Yield the entries of a claim payment for the time that it stood on a claim as *stood* says."""
    moved = (
        ("payment", source, row.paid),
        ("contractual", CONTRACTUAL, stood.contractual),
        ("patient", RECEIVABLE_PATIENT, stood.patient),
    )
    for kind, account, amount in moved:
        yield (
            f"{_prefix(row, stood.placed)}-{kind}",
            _Entry(
                kind="reversal" if stood.reverses else kind,
                sides=_sides([(account, amount, stood.claim), (RECEIVABLE_PAYER, -amount, stood.claim)]),
                claim=stood.claim,
                claim_payment=row.id,
                remittance=row.remittance,
                submission=stood.submission,
                reverses=f"{undone}-{kind}" if undone is not None else None,
            ),
        )


def _taken_back(row: _Row, one: _Row) -> Iterator[tuple[str, _Entry]]:
    """Yield the entries that took a claim payment off a claim again."""
    moved = (
        ("payment", SUSPENSE, row.paid),
        ("contractual", CONTRACTUAL, one.contractual),
        ("patient", RECEIVABLE_PATIENT, one.patient),
    )
    for kind, account, amount in moved:
        yield (
            f"{_prefix(row, one.placed)}-back-{kind}",
            _Entry(
                kind="unmatch",
                sides=_sides([(account, -amount, one.claim), (RECEIVABLE_PAYER, amount, one.claim)]),
                claim=one.claim,
                claim_payment=row.id,
                remittance=row.remittance,
                submission=one.submission,
                reverses=f"{_prefix(row, one.placed)}-{kind}",
            ),
        )


def _of_provider(tx: Tx, plb: _Row, owner: _Row) -> tuple[str, _Entry]:
    clearing = clearing_account(tx, owner.payer_key, owner.trace_number)
    shown = plb.reference_index[:16] if plb.reference_index else "none"
    account = (
        f"{PROVIDER}{safe_part(tx, owner.payer_key)}:{safe_part(tx, plb.provider)[:24]}:"
        f"{safe_part(tx, plb.reason)[:8]}:{shown}"
    )
    sides = _sides([(clearing, -plb.amount, None), (account, plb.amount, None)])
    return (
        f"{plb.remittance}-plb-{plb.ordinal}",
        _Entry(kind="provider_adjustment", sides=sides, remittance=plb.remittance),
    )


def _payments(tx: Tx, ids: Iterable[str]) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    for part in chunked(ids):
        found |= {
            row.id: row for row in tx.execute(select(claim_payment).where(claim_payment.c.id.in_(part)))
        }
    return found


def _reversal_faults(payments: Sequence[_Row], undone: Mapping[str, _Row]) -> Iterator[str]:
    """A reversal undoes one posted payment of its claim, to the cent."""
    for row in payments:
        if (row.class_ == "reversal") != (row.status_code == _REVERSAL):
            yield f"claim payment {row.id}: its class contradicts its status code"
        if not row.reverses:
            continue
        original = undone.get(row.reverses)
        if original is None or original.state != "posted" or original.claim != row.claim:
            yield f"claim payment {row.id} reverses what is not posted on its claim"
        elif any(
            getattr(row, name) != -getattr(original, name)
            for name in ("charge", "paid", "contractual", "patient", "in_review")
        ):
            yield f"claim payment {row.id} is not the opposite of what it reverses"


def _twice_faults(tx: Tx) -> Iterator[str]:
    """No claim payment is undone twice."""
    undone = claim_payment.c.reverses
    rows = tx.execute(
        select(undone).where(undone.is_not(None)).group_by(undone).having(func.count() > 1).order_by(undone)
    )
    for payment_id in rows.scalars():
        yield f"claim payment {payment_id} is reversed more than once"


def _said_faults(tx: Tx, payments: Sequence[_Row]) -> Iterator[str]:
    """Compare claim payments and their adjustments with what the payer said, kept sealed."""
    kept: dict[str, list[_Triplet]] = {}
    lines: dict[str, list[_Row]] = {}
    ids = [row.id for row in payments]
    for cas in tx.execute(_TRIPLETS.where(adjustment.c.claim_payment.in_(ids))).all():
        triplet = (cas.line, cas.ordinal, cas.group_code, cas.reason, cas.amount)
        kept.setdefault(cas.claim_payment, []).append(triplet)
    for line in tx.execute(select(line_posting).where(line_posting.c.claim_payment.in_(ids))).all():
        lines.setdefault(line.claim_payment, []).append(line)
    answered = [row.submission for row in payments if row.submission]
    query = select(submission.c.id, submission.c.claim).where(submission.c.id.in_(answered))
    owners: dict[str, str] = {row.id: row.claim for row in tx.execute(query)}
    for row in payments:
        said = tx.unseal_json(row.content_sealed)
        control = said.get("payer_control_number")
        told = (
            Decimal(said["charge"]),
            Decimal(said["paid"]),
            said["status_code"][:4],
            tx.index(PCN, exact_pcn(said["patient_control_number"])),
            tx.index(PAYER_CONTROL, loose_id(control)) if control else None,
        )
        if told != (row.charge, row.paid, row.status_code, row.pcn_index, row.payer_control_index):
            yield f"claim payment {row.id} is not what the payer said"
        if sorted(kept.get(row.id, ())) != sorted(_triplets(said)):
            yield f"claim payment {row.id}: its adjustments are not what the payer said"
        if not row.reverses and not _is_adjusted(row.contractual, said):
            yield f"claim payment {row.id} gives up what the payer did not adjust"
        if row.state != "posted" and any((row.contractual, row.patient, row.in_review, row.reverses)):
            yield f"claim payment {row.id} is not posted and yet has amounts on a claim"
        if row.submission and owners.get(row.submission) != row.claim:
            yield f"claim payment {row.id} answers a submission of another claim"
        yield from _line_faults(row, lines.get(row.id, ()), said.get("service_lines", ()))


def _line_faults(row: _Row, lines: Sequence[_Row], said: Sequence[Any]) -> Iterator[str]:
    """The lines of a claim payment come to its posting, and each pays what the payer said of it.

    One that was posted before its lines were kept (it has no *how*) has none.
    """
    lines = [one for one in lines if one.placed == row.placed]
    if row.state != "posted" or (row.how is None and not lines):
        return
    for name in ("charge", "paid", "contractual", "patient"):
        if sum((getattr(one, name) for one in lines), ZERO) != getattr(row, name):
            yield f"claim payment {row.id}: its lines do not come to what was posted ({name})"
    for one in lines if not row.reverses else ():
        if one.line > len(said):
            yield f"claim payment {row.id} has a line that the payer did not send"
        elif one.line:
            told = said[one.line - 1]
            owed = [Decimal(a["amount"]) for a in told.get("adjustments", ()) if a["group"] == "PR"]
            amounts = (one.charge, one.paid) == (Decimal(told["charge"]), Decimal(told["paid"]))
            if not amounts or one.patient not in {ZERO, sum(owed, ZERO)}:
                yield f"claim payment {row.id}: line {one.line} is not what the payer said"


def _is_adjusted(given_up: Decimal, said: Mapping[str, Any]) -> bool:
    """Tell whether a write-off can be made of some of the payer's adjustments, those of the patient's group left out."""
    amounts = [amount for _, _, group, _, amount in _triplets(said) if group != "PR"]
    least, most = (sum((a for a in amounts if (a > 0) is up), ZERO) for up in (False, True))
    return least <= given_up <= most


def _triplets(said: Mapping[str, Any]) -> Iterator[_Triplet]:
    levels = [said, *said.get("service_lines", ())]
    for line, level in enumerate(levels):
        for ordinal, cas in enumerate(level.get("adjustments", ()), start=1):
            yield line, ordinal, cas["group"][:4], cas["reason"][:10], Decimal(cas["amount"])


def _charge_faults(tx: Tx) -> Iterator[str]:
    """Compare what each claim's sealed submissions bill with what was booked."""
    rows = tx.execute(
        select(
            submission.c.id, submission.c.claim, submission.c.state, submission.c.frequency,
            submission.c.payer_sequence, claim_version.c.charge,
        )
        .join(claim_version, claim_version.c.id == submission.c.version)
        .join(transmission, transmission.c.id == submission.c.transmission)
        .where((submission.c.first_segment.is_not(None)) | (transmission.c.kind == "registered"))
        .order_by(submission.c.created_at, claim_version.c.version, submission.c.id)
    )  # fmt: skip
    stories: dict[str, list[_Row]] = {}
    for row in rows:
        stories.setdefault(row.claim, []).append(row)
    not_bank = journal_entry.c.kind.not_in(sorted(BANK_KINDS))
    yield from recount_charges.faults(stories, _entries(tx, journal_entry.c.remittance.is_(None) & not_bank))


def _stray_faults(tx: Tx) -> Iterator[str]:
    """Claim payments of a remittance that is not posted, and lines of no entry."""
    held = tx.execute(
        select(claim_payment.c.id)
        .join(remittance, remittance.c.id == claim_payment.c.remittance)
        .where(remittance.c.state != "posted")
    )
    for payment_id in held.scalars():
        yield f"claim payment {payment_id} belongs to a remittance that is not posted"
    lines = tx.execute(
        select(journal_line.c.id)
        .outerjoin(journal_entry, journal_entry.c.id == journal_line.c.entry)
        .where(journal_entry.c.id.is_(None))
    )
    for line_id in lines.scalars():
        yield f"journal line {line_id} belongs to no entry"
