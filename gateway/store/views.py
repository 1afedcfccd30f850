"""What people ask to see of one thing: rows as plain dictionaries, content decrypted only where asked for."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, desc, or_, select

from gateway.errors import NotFound
from gateway.model.identifiers import Kind, kind_of
from gateway.store import findings
from gateway.store.db import Tx
from gateway.store.schema import (
    acknowledgement,
    adjustment,
    attempt,
    audit_event,
    claim,
    claim_payment,
    claim_version,
    export,
    hold,
    intake_file,
    interchange,
    journal_entry,
    journal_line,
    provider_adjustment,
    receipt,
    refused_record,
    remittance,
    submission,
    transmission,
    transmission_set,
)

_TABLE: dict[Kind, Table] = {
    Kind.CLAIM: claim,
    Kind.VERSION: claim_version,
    Kind.SUBMISSION: submission,
    Kind.TRANSMISSION: transmission,
    Kind.RECEIPT: receipt,
    Kind.REMITTANCE: remittance,
    Kind.CLAIM_PAYMENT: claim_payment,
    Kind.INTAKE_FILE: intake_file,
    Kind.EXPORT: export,
}

_PARTS: dict[Kind, tuple[tuple[str, Table, str], ...]] = {
    Kind.CLAIM: (
        ("versions", claim_version, "claim"),
        ("submissions", submission, "claim"),
        ("payments", claim_payment, "claim"),
        ("holds", hold, "subject"),
    ),
    Kind.SUBMISSION: (("acknowledgements", acknowledgement, "submission"),),
    Kind.TRANSMISSION: (
        ("sets", transmission_set, "transmission"),
        ("attempts", attempt, "transmission"),
        ("acknowledgements", acknowledgement, "transmission"),
        ("submissions", submission, "transmission"),
        ("holds", hold, "subject"),
    ),
    Kind.RECEIPT: (
        ("interchanges", interchange, "receipt"),
        ("acknowledgements", acknowledgement, "receipt"),
        ("remittances", remittance, "receipt"),
    ),
    Kind.REMITTANCE: (
        ("payments", claim_payment, "remittance"),
        ("provider_adjustments", provider_adjustment, "remittance"),
    ),
    Kind.CLAIM_PAYMENT: (
        ("adjustments", adjustment, "claim_payment"),
        ("entries", journal_entry, "claim_payment"),
    ),
    Kind.INTAKE_FILE: (
        ("refused", refused_record, "intake_file"),
        ("versions", claim_version, "intake_file"),
    ),
    Kind.VERSION: (),
    Kind.EXPORT: (),
}


def show(tx: Tx, identifier: str) -> dict[str, Any]:
    """Return everything stored about *identifier*, with its parts and findings.

    Sealed columns come back decrypted under their plain name: the caller masks them unless told to reveal.

    Raises:
        NotFound: the id is not one of ours, or nothing has it.

    """
    kind = kind_of(identifier)
    if kind is None:
        raise NotFound(f"{identifier} is not an id of this gateway (they look like C-7K3F9Q2MXR)")
    table = _TABLE[kind]
    row = tx.execute(select(table).where(table.c.id == identifier)).mappings().first()
    if row is None:
        raise NotFound(f"nothing here has the id {identifier}")
    seen = _plain(tx, row)
    for name, part, column in _PARTS[kind]:
        rows = tx.execute(select(part).where(part.c[column] == identifier)).mappings()
        seen[name] = [_plain(tx, r) for r in rows]
    if kind is Kind.CLAIM:
        of_claim = [s["id"] for s in seen["submissions"]]
        acks = tx.execute(
            select(acknowledgement).where(acknowledgement.c.submission.in_(of_claim))
        ).mappings()
        seen["acknowledgements"] = [_plain(tx, r) for r in acks]
        seen["entries"] = journal_of(tx, identifier)
    seen["findings"] = findings.of(tx, identifier)
    return {"type": table.name, **seen}


def _plain(tx: Tx, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return *row* with sealed columns opened and look-up hashes left out."""
    plain: dict[str, Any] = {}
    for column, value in row.items():
        name = str(column)
        if name.endswith("_index") or name in {"content_hash", "payment_key"}:
            continue
        if name.endswith("_sealed"):
            plain[name.removesuffix("_sealed")] = None if value is None else _opened(tx, value)
        else:
            plain[name.rstrip("_")] = value
    return plain


def _opened(tx: Tx, sealed: bytes) -> Any:
    text = tx.unseal(sealed).decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


def journal_of(tx: Tx, claim_id: str) -> list[dict[str, Any]]:
    """Return the journal lines of one claim in order."""
    rows = tx.execute(
        select(
            journal_entry.c.at,
            journal_entry.c.kind,
            journal_entry.c.posting_id,
            journal_line.c.account,
            journal_line.c.amount,
        )
        .join(journal_line, journal_line.c.entry == journal_entry.c.id)
        .where(journal_line.c.claim == claim_id)
        .order_by(journal_line.c.id),
    ).mappings()
    return [dict(r) for r in rows]


def events(
    tx: Tx,
    *,
    partner: str | None = None,
    since: datetime | None = None,
    kind: str | None = None,
    claim_id: str | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Return the newest audit events that fit, oldest first."""
    wanted: Select[Any] = select(audit_event).order_by(desc(audit_event.c.seq)).limit(limit)
    if since is not None:
        wanted = wanted.where(audit_event.c.at >= since)
    if kind is not None:
        wanted = wanted.where(audit_event.c.kind == kind)
    if partner is not None:
        wanted = wanted.where(
            or_(audit_event.c.facts.contains(f'"partner":"{partner}"'), audit_event.c.subject == partner)
        )
    if claim_id is not None:
        ids = sorted(_related(tx, claim_id))
        wanted = wanted.where(
            or_(audit_event.c.subject.in_(ids), *(audit_event.c.facts.contains(i) for i in ids[:40]))
        )
    rows = tx.execute(wanted).mappings().all()
    return [
        {
            "seq": r["seq"], "at": r["at"], "actor": r["actor"], "kind": r["kind"], "subject": r["subject"],
            "facts": json.loads(r["facts"]),
        }
        for r in reversed(rows)
    ]  # fmt: skip


def _related(tx: Tx, claim_id: str) -> set[str]:
    """Return the ids of everything that *claim_id* went through."""
    ids = {claim_id}
    for row in tx.execute(
        select(submission.c.id, submission.c.transmission).where(submission.c.claim == claim_id)
    ):
        ids |= {row.id, row.transmission}
    for row in tx.execute(
        select(claim_payment.c.id, claim_payment.c.remittance).where(claim_payment.c.claim == claim_id)
    ):
        ids |= {row.id, row.remittance}
    for row in tx.execute(select(claim_version.c.intake_file).where(claim_version.c.claim == claim_id)):
        if row.intake_file:
            ids.add(row.intake_file)
    acks = (
        select(acknowledgement.c.receipt)
        .join(submission, submission.c.id == acknowledgement.c.submission)
        .where(submission.c.claim == claim_id)
    )
    return ids | set(tx.execute(acks).scalars())
