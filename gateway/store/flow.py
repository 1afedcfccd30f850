"""What passed between the office, the gateway and its partners in a span of time, counted from what is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select

from gateway.model.lifecycle import SubmissionState
from gateway.store.db import Tx
from gateway.store.exports import REJECTED
from gateway.store.schema import (
    acknowledgement,
    claim_payment,
    export,
    intake_file,
    remittance,
    submission,
    transmission,
)
from gateway.store.transmissions import REGISTERED

_REVERSAL = "22"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Counts of one span; claims where nothing else is said.

    Attributes:
        files: files taken in, with *records* in them, of which *refused* and *held* (for a fault).
        files_sent: files delivered, with *claims_sent* in them: *replacements* and *voids* among them.
        innocents: of these, claims sent again because another one made a partner reject their set.
        sets_rejected: sets rejected by a 999, with *claims_in_rejected_sets*.
        came_back: claims rejected by a partner whose records were given back to the office.
        verdicts: 277CA answers, by who answered (clearinghouse, payer) and outcome (received, accepted, rejected).
        payments: remittances posted, of *paid* money; *decided* claims and *reversed* ones in them.

    """

    files: int
    records: int
    refused: int
    held: int
    files_sent: int
    claims_sent: int
    replacements: int
    voids: int
    innocents: int
    sets_rejected: int
    claims_in_rejected_sets: int
    came_back: int
    verdicts: dict[tuple[str, str], int]
    payments: int
    paid: Decimal
    decided: int
    reversed: int


Span = Callable[[ColumnElement[Any]], ColumnElement[bool]]


def flow(tx: Tx, after: datetime, until: datetime) -> Flow:
    """Count what happened after *after* and not after *until*."""

    def span(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return (column > after) & (column <= until)

    return Flow(
        **_taken_in(tx, span),
        **_sent(tx, span),
        **_rejected_sets(tx, span),
        **_posted(tx, span),
        came_back=_count(
            tx,
            select(func.coalesce(func.sum(export.c.rows), 0)).where(
                export.c.kind == REJECTED, span(export.c.written_at)
            ),
        ),
        verdicts=_verdicts(tx, span),
    )


def _taken_in(tx: Tx, span: Span) -> dict[str, Any]:
    row = tx.execute(
        select(
            func.count(intake_file.c.id),
            func.sum(intake_file.c.records),
            func.sum(intake_file.c.refused),
            func.sum(intake_file.c.held),
        ).where(span(intake_file.c.finished_at))
    ).one()
    return {
        name: int(value or 0)
        for name, value in zip(("files", "records", "refused", "held"), row, strict=True)
    }


def _sent(tx: Tx, span: Span) -> dict[str, Any]:
    ours = span(transmission.c.delivered_at) & (transmission.c.kind != REGISTERED)
    carried = submission.join(transmission, transmission.c.id == submission.c.transmission)
    by_frequency = _grouped(
        tx,
        select(submission.c.frequency, func.count(submission.c.id))
        .select_from(carried)
        .where(ours)
        .group_by(submission.c.frequency),
    )
    before = submission.alias("before")
    again = (
        select(func.count(func.distinct(submission.c.id)))
        .select_from(
            carried.join(
                before, (before.c.version == submission.c.version) & (before.c.id != submission.c.id)
            )
        )
        .where(ours, before.c.state == SubmissionState.WITHDRAWN.value, before.c.sent_at.is_not(None))
    )
    return {
        "files_sent": _count(tx, select(func.count(transmission.c.id)).where(ours)),
        "claims_sent": sum(by_frequency.values()),
        "replacements": by_frequency.get("7", 0),
        "voids": by_frequency.get("8", 0),
        "innocents": _count(tx, again),
    }


def _rejected_sets(tx: Tx, span: Span) -> dict[str, Any]:
    rejected = (
        select(acknowledgement.c.transmission, acknowledgement.c.st02)
        .where(
            acknowledgement.c.kind == "999",
            acknowledgement.c.outcome == "rejected",
            acknowledgement.c.st02.is_not(None),
            span(acknowledgement.c.at),
        )
        .distinct()
        .subquery()
    )
    in_them = (submission.c.transmission == rejected.c.transmission) & (submission.c.st02 == rejected.c.st02)
    return {
        "sets_rejected": _count(tx, select(func.count(rejected.c.st02))),
        "claims_in_rejected_sets": _count(tx, select(func.count(submission.c.id)).join(rejected, in_them)),
    }


def _verdicts(tx: Tx, span: Span) -> dict[tuple[str, str], int]:
    who = (acknowledgement.c.source, acknowledgement.c.outcome)
    rows = tx.execute(
        select(*who, func.count(func.distinct(acknowledgement.c.submission)).label("claims"))
        .where(acknowledgement.c.kind == "277CA", span(acknowledgement.c.at))
        .group_by(*who)
    )
    return {(row.source, row.outcome): int(row.claims) for row in rows}


def _posted(tx: Tx, span: Span) -> dict[str, Any]:
    posted = span(remittance.c.posted_at)
    money: Any = tx.execute(
        select(func.count(remittance.c.id), func.sum(remittance.c.amount)).where(posted)
    ).one()
    by_status = _grouped(
        tx,
        select(claim_payment.c.status_code, func.count(claim_payment.c.id))
        .join(remittance, remittance.c.id == claim_payment.c.remittance)
        .where(posted)
        .group_by(claim_payment.c.status_code),
    )
    reversed_ = by_status.get(_REVERSAL, 0)
    return {
        "payments": int(money[0]),
        "paid": money[1] or Decimal(0),
        "decided": sum(by_status.values()) - reversed_,
        "reversed": reversed_,
    }


def _count(tx: Tx, statement: Any) -> int:
    return int(tx.execute(statement).scalar_one())


def _grouped(tx: Tx, statement: Any) -> dict[str, int]:
    rows: Any = tx.execute(statement)
    return {str(name): int(count) for name, count in rows}
