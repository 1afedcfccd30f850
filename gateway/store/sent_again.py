"""Whether a claim went out once more after an answer to it was posted: then that new answer is waited for."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, or_, select

from gateway.store.schema import claim_payment, remittance, submission


def to_anybody() -> ColumnElement[bool]:
    """Return the condition, for a query over claim payments and their remittances, that it went to any payer since.

    A claim that was registered after its answer came was first sent after it, and not again.
    """
    later = submission.alias()
    first = _of_answered("created_at")
    return exists().where(
        later.c.claim == claim_payment.c.claim,
        later.c.created_at > remittance.c.posted_at,
        or_(first.is_(None), later.c.created_at > first),
    )


def to_the_same_payer() -> ColumnElement[bool]:
    """Return the condition that it went to the payer again whose answer this is; as `to_anybody` otherwise."""
    later = submission.alias()
    return exists().where(
        later.c.claim == claim_payment.c.claim,
        and_(
            later.c.payer == _of_answered("payer"),
            later.c.created_at > remittance.c.posted_at,
            later.c.created_at > _of_answered("created_at"),
        ),
    )


def _of_answered(column: str) -> ScalarSelect[Any]:
    """Return a column of the submission that a claim payment answers."""
    answered = submission.alias()
    return (
        select(answered.c[column])
        .where(answered.c.id == claim_payment.c.submission)
        .correlate(claim_payment)  # two levels up: by itself it would be joined here, and any payment's taken
        .scalar_subquery()
    )
