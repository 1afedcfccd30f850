"""Answers that leave money open and that nothing has overtaken: denials, parts in review (domain.md 4.11).

Whatever a payer answered and is open on a claim stands here, even where its own words name no reason: what it took back and
put nothing in place of, what belongs to a capitation, the part of a split claim that it never spoke of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from gateway.model import codec
from gateway.model.remittance import RemittanceClaim
from gateway.store import ledger, notes, sent_again, unanswered
from gateway.store.chunks import chunked
from gateway.store.claim_payments import BY_HAND
from gateway.store.db import Tx
from gateway.store.journal import RECEIVABLE_PAYER, ZERO
from gateway.store.remittances import POSTED
from gateway.store.schema import (
    adjustment,
    claim_payment,
    journal_line,
    line_posting,
    remittance,
    unindexed,
)
from gateway.store.unanswered import Unanswered

ALWAYS_OPEN = ("denied", "duplicate", "review")
"""Classes of an answer that pays nothing and settles nothing."""

OPEN_IN_PART = ("paid", "prior_payer")
"""Classes of an answer that may leave a part open, or deny a line."""

REVERSAL = "reversal"
"""The class of a reversal: one that a person placed and that undid nothing but the money leaves the rest in doubt."""

TAKEN_BACK = "taken_back"
"""The class of what a payer took back and has not answered anew (`unanswered`)."""

_NO_DENIAL = tuple(zeros + code for code in ("23", "24", "45", "94", "97") for zeros in ("", "0"))
"""Reasons of a line without payment that are no denial: another payer's, capitation, the contract, bundling."""

_SHARES = ("1", "2", "3", "01", "02", "03", "001", "002", "003")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAnswer:
    """One posted claim payment that left something open; *open* is what payers still owe on the claim today, *patient* the patient.

    *left_over* tells that it is the newest answer on a claim of which something is open that no answer gives a reason for;
    *moved_money_only* that a person placed it, and that it moved its payment and nothing else; *beside_another* that another
    payer's answer moved money on the claim too.
    """

    id: str
    claim: str
    partner: str
    class_: str
    in_review: Decimal
    payer_key: str
    payer_name: str | None
    since: datetime
    open: Decimal
    patient: Decimal
    left_over: bool = False
    moved_money_only: bool = False
    beside_another: bool = False

    @property
    def at_stake(self) -> Decimal:
        """What hangs on it: what it left open; of a refusal that leaves all to the patient, the patient's share."""
        return self.in_review or (max(self.patient, ZERO) if self.class_ in ALWAYS_OPEN else ZERO)


def open_answers(tx: Tx) -> list[OpenAnswer]:
    """Return the answers that leave something open, the oldest first; every claim with something answered and open has one.

    Left out: what was reversed, what a person closed, what was sent to the payer again since, what another payment
    has settled, and what was paid beyond the charge, which is a credit and no denial (`credit_balances`).
    """
    found = list(_candidates(tx))
    accounts = ledger.claim_accounts(tx, {row.claim for row in found})
    kept = []
    for row in found:
        account = accounts[row.claim]
        left = account.open if row.in_review else account.patient
        beyond = row.class_ in OPEN_IN_PART and row.in_review < 0 and account.open < 0
        if (left or row.class_ == "review" or row.offset) and not beyond:
            kept.append(
                OpenAnswer(
                    id=row.id,
                    claim=row.claim,
                    partner=row.partner,
                    class_=row.class_,
                    in_review=row.in_review,
                    payer_key=row.payer_key,
                    payer_name=row.payer_name,
                    since=row.since,
                    open=account.open,
                    patient=account.patient,
                    moved_money_only=row.moved_money_only,
                    beside_another=row.beside_another,
                )
            )
    kept += [_taken_back(one) for one in unanswered.after_reversals(tx)]
    kept = list(_without_what_took_off(kept))
    kept += _left_over(tx, {answer.claim for answer in kept})
    return sorted(kept, key=lambda answer: answer.since)


def _taken_back(one: Unanswered) -> OpenAnswer:
    return OpenAnswer(
        id=one.id,
        claim=one.claim,
        partner=one.partner,
        class_=TAKEN_BACK,
        in_review=one.amount,
        payer_key=one.payer_key,
        payer_name=one.payer_name,
        since=one.since,
        open=one.open,
        patient=ZERO,
    )


def _without_what_took_off(listed: list[OpenAnswer]) -> Iterator[OpenAnswer]:
    """Leave out what only took something off another answer's open part, where that part is not listed any more.

    It is told by the sum: what is listed of a claim comes to what is open on it as long as both stand.
    """
    sums: dict[str, Decimal] = {}
    for one in listed:
        sums[one.claim] = sums.get(one.claim, ZERO) + one.in_review
    for one in listed:
        if one.in_review >= 0 or one.open < 0 or sums[one.claim] == one.open:
            yield one


def _left_over(tx: Tx, listed: set[str]) -> Iterator[OpenAnswer]:
    """Yield the newest answer on each claim that has something open and none of whose answers is *listed*.

    Of several, one that stands: what was reversed, and its reversal, explain nothing any more. Not one that a person closed,
    and not where the claim was sent to any payer since: that answer is waited for.
    """
    waiting = [claim_id for claim_id in _answered_and_open(tx) if claim_id not in listed]
    posted: dict[str, list[dict[Any, Any]]] = {}
    for part in chunked(waiting):
        rows = tx.execute(
            select(
                claim_payment.c.id, claim_payment.c.claim, remittance.c.partner, claim_payment.c.class_,
                claim_payment.c.in_review, remittance.c.payer_key, remittance.c.payer_name, claim_payment.c.reverses,
                remittance.c.posted_at.label("since"), _money_only().label("moved_money_only"),
                notes.is_closed(claim_payment.c.id).label("closed"), sent_again.to_anybody().label("sent_since"),
            )
            .join(remittance, remittance.c.id == claim_payment.c.remittance)
            .where(claim_payment.c.claim.in_(part), claim_payment.c.state == POSTED)
            .order_by(remittance.c.posted_at, claim_payment.c.remittance, claim_payment.c.ordinal)
        )  # fmt: skip
        for row in rows.mappings():
            posted.setdefault(row["claim"], []).append(dict(row))
    accounts = ledger.claim_accounts(tx, posted)
    for claim_id, answers in posted.items():
        undone = {row.pop("reverses") for row in answers}
        over = {row["id"]: any([row.pop("closed"), row.pop("sent_since")]) for row in answers}
        if not over[answers[-1]["id"]]:
            standing = [one for one in answers if one["class_"] != REVERSAL and one["id"] not in undone]
            newest = next((one for one in reversed(standing) if not over[one["id"]]), answers[-1])
            account = accounts[claim_id]
            told = {"in_review": account.open, "open": account.open, "patient": account.patient}
            yield OpenAnswer(**newest | told, left_over=True)


def _beside_another() -> ColumnElement[bool]:
    """Return the condition, for a query over claim payments and their remittances, that another payer's answer stands beside."""
    other, of_other = claim_payment.alias(), remittance.alias()
    return exists().where(
        other.c.claim == claim_payment.c.claim,
        unindexed(other.c.state) == POSTED,
        other.c.class_ != REVERSAL,
        or_(other.c.paid != ZERO, other.c.contractual != ZERO, other.c.patient != ZERO),
        of_other.c.id == other.c.remittance,
        of_other.c.payer_key != remittance.c.payer_key,
    )


def _money_only() -> ColumnElement[bool]:
    """Return the condition that a person placed a payment, and that it moved nothing else on its claim."""
    cp = claim_payment.c
    return and_(cp.how == BY_HAND, cp.contractual == ZERO, cp.patient == ZERO, cp.class_ != REVERSAL)


def _answered_and_open(tx: Tx) -> list[str]:
    """Return the claims on which something is posted and of which the payer owes something."""
    posted = select(claim_payment.c.claim).where(claim_payment.c.state == POSTED)
    rows = tx.execute(
        select(journal_line.c.claim)
        .where(journal_line.c.account == RECEIVABLE_PAYER, journal_line.c.claim.in_(posted))
        .group_by(journal_line.c.claim)
        .having(func.sum(journal_line.c.amount) > ZERO)
        .order_by(journal_line.c.claim)
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    id: str
    claim: str
    partner: str
    class_: str
    in_review: Decimal
    payer_key: str
    payer_name: str | None
    since: datetime
    offset: bool
    moved_money_only: bool
    beside_another: bool


def _candidates(tx: Tx) -> Iterator[_Candidate]:
    cp = claim_payment.c
    # Found once and not for each payment again: no index leads to what a reversal undoes.
    reversal = claim_payment.alias()
    undone = select(reversal.c.reverses).where(reversal.c.reverses.is_not(None))
    denied_to_patient = exists().where(
        adjustment.c.claim_payment == cp.id,
        adjustment.c.line > 0,
        adjustment.c.group_code == "PR",
        adjustment.c.reason.not_in(_SHARES),
    )
    # A line that is denied, and given back by an offset elsewhere in the claim: nothing is open, and yet it is a denial.
    denied = adjustment.alias()
    denied_line = (
        exists()
        .where(denied.c.claim_payment == cp.id, denied.c.line > 0, denied.c.amount > ZERO)
        .where(denied.c.group_code != "PR", denied.c.reason.not_in(_NO_DENIAL))
        .where(line_posting.c.claim_payment == cp.id, line_posting.c.placed == cp.placed)
        .where(line_posting.c.line == denied.c.line, line_posting.c.paid == ZERO)
    )
    given_back = exists().where(
        adjustment.c.claim_payment == cp.id, adjustment.c.group_code != "PR", adjustment.c.amount < ZERO
    )
    offset = and_(cp.in_review == ZERO, given_back, denied_line)
    query = (
        select(
            cp.id, cp.claim, remittance.c.partner, cp.class_, cp.in_review, remittance.c.payer_key,
            remittance.c.payer_name, remittance.c.posted_at.label("since"), offset.label("offset"),
            _money_only().label("moved_money_only"), _beside_another().label("beside_another"),
        )
        .join(remittance, remittance.c.id == cp.remittance)
        .where(
            cp.state == POSTED,
            or_(
                cp.class_.in_(ALWAYS_OPEN),
                and_(cp.class_.in_(OPEN_IN_PART), or_(cp.in_review != ZERO, denied_to_patient, offset)),
                and_(cp.class_ == REVERSAL, cp.reverses.is_(None), cp.in_review != ZERO),
            ),
            cp.id.not_in(undone),
            ~sent_again.to_the_same_payer(),
            ~notes.is_closed(cp.id),
        )
        .order_by(remittance.c.posted_at, cp.remittance, cp.ordinal)
    )  # fmt: skip
    for row in tx.execute(query).mappings():
        yield _Candidate(**row)


def contents(tx: Tx, payment_ids: Iterable[str]) -> dict[str, RemittanceClaim]:
    """Return what the payer said in each of these claim payments."""
    found: dict[str, RemittanceClaim] = {}
    for part in chunked(payment_ids):
        query = select(claim_payment.c.id, claim_payment.c.content_sealed).where(claim_payment.c.id.in_(part))
        for row in tx.execute(query):
            found[row.id] = codec.from_json(RemittanceClaim, tx.unseal_json(row.content_sealed))
    return found
