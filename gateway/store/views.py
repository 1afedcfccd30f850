"""What people ask to see of one thing: rows as plain dictionaries, with what stands encrypted marked as `Sealed`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, Table, desc, or_, select

from gateway.errors import NotFound, UsageError
from gateway.model.findings import Finding
from gateway.model.identifiers import Kind, kind_of
from gateway.model.lifecycle import SubmissionState, claim_state
from gateway.store import differences, findings, ledger, lines, queue, story
from gateway.store.db import Tx
from gateway.store.schema import (
    acknowledgement,
    adjustment,
    attempt,
    audit_event,
    claim,
    claim_payment,
    claim_version,
    deposit,
    deposit_movement,
    export,
    hold,
    intake_file,
    interchange,
    journal_entry,
    journal_line,
    note,
    provider_adjustment,
    receipt,
    refused_record,
    remittance,
    submission,
    transmission,
    transmission_set,
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that stands encrypted in the database, because it may tell who a person is: masked unless revealed."""

    value: Any


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
    Kind.DEPOSIT: deposit,
}

_PARTS: dict[Kind, tuple[tuple[str, Table, str], ...]] = {
    Kind.CLAIM: (
        ("versions", claim_version, "claim"),
        ("submissions", submission, "claim"),
        ("payments", claim_payment, "claim"),
        ("holds", hold, "subject"),
        ("notes", note, "subject"),
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
        ("deposits", deposit_movement, "remittance"),
        ("notes", note, "subject"),
    ),
    Kind.CLAIM_PAYMENT: (
        ("adjustments", adjustment, "claim_payment"),
        ("entries", journal_entry, "claim_payment"),
        ("notes", note, "subject"),
    ),
    Kind.INTAKE_FILE: (
        ("refused", refused_record, "intake_file"),
        ("versions", claim_version, "intake_file"),
    ),
    Kind.VERSION: (),
    Kind.EXPORT: (),
    Kind.DEPOSIT: (("movements", deposit_movement, "deposit"),),
}


def show(tx: Tx, identifier: str) -> dict[str, Any]:
    """Return everything stored about *identifier*, with its parts and findings; a claim also with its story.

    What stands encrypted comes back opened, as `Sealed`, under its plain name: the caller masks it unless told to reveal.

    Raises:
        UsageError: the id is not one of ours.
        NotFound: nothing has it.

    """
    kind, row = _found(tx, identifier)
    seen = {"type": _TABLE[kind].name, **_plain(tx, row)}
    for name, part, column in _PARTS[kind]:
        rows = tx.execute(select(part).where(part.c[column] == identifier)).mappings()
        seen[name] = [_plain(tx, r) for r in rows]
    if kind is Kind.CLAIM:
        seen |= _of_claim(tx, identifier, seen)
    if kind is Kind.REMITTANCE:
        off = differences.of_remittances(tx, [identifier])[identifier]
        seen["differences"] = [{**asdict(one), "number": Sealed(one.number)} for one in off]
    seen["findings"] = [_finding(f) for f in findings.of(tx, identifier)]
    return seen


def must_be_here(tx: Tx, identifier: str) -> Kind:
    """Return the kind of *identifier*; raise what `show` raises when there is no such thing."""
    return _found(tx, identifier)[0]


def _found(tx: Tx, identifier: str) -> tuple[Kind, Mapping[Any, Any]]:
    kind = kind_of(identifier)
    if kind is None:
        raise UsageError(f"{identifier} is not an id of this gateway (they look like C-7K3F9Q2MXR)")
    table = _TABLE.get(kind)
    if table is None:
        raise UsageError(f"{identifier} is an account of provider adjustments: gateway plb {identifier}")
    row = tx.execute(select(table).where(table.c.id == identifier)).mappings().first()
    if row is None:
        raise NotFound(f"nothing here has the id {identifier}")
    return kind, row


def archived_blob(tx: Tx, identifier: str) -> str:
    """Return the archive's name of the bytes of a transmission, a receipt or a dropped file.

    Raises:
        UsageError: *identifier* is no id, or not of a thing that is a file.
        NotFound: nothing has it, or its bytes do not exist yet.

    """
    kind, row = _found(tx, identifier)
    if "blob" not in _TABLE[kind].c:
        raise UsageError(
            f"{identifier} is not a file; describe a transmission (T-...), a receipt (R-...) or a dropped file (F-...)"
        )
    if row["blob"] is None:
        raise NotFound(f"{identifier} is not sealed yet: it has no bytes to look at")
    return str(row["blob"])


def _of_claim(tx: Tx, identifier: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only a claim has: where it stands, its account, its story, the answers and the journal."""
    submissions = sorted(seen["submissions"], key=lambda s: s["created_at"])
    newest = submissions[-1] if submissions else {}
    latest = SubmissionState(newest["state"]) if newest else None
    held = any(h["released_at"] is None for h in seen["holds"])
    answers = select(acknowledgement).where(acknowledgement.c.submission.in_([s["id"] for s in submissions]))
    return {
        "state": claim_state(
            latest, held=held, frequency=newest.get("frequency") if not seen["charge"] else None
        ).value,
        "account": asdict(ledger.claim_account(tx, identifier)),
        "service_lines": _lines(tx, identifier, seen["versions"]),
        "next": queue.next_steps(identifier, (h["kind"] for h in seen["holds"] if h["released_at"] is None)),
        "story": [asdict(step) for step in story.story(tx, identifier)],
        "acknowledgements": [_plain(tx, r) for r in tx.execute(answers).mappings()],
        "entries": journal_of(tx, identifier),
    }


def _lines(tx: Tx, identifier: str, versions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return where each service line stands that a payer answered, and what stands at claim level; open = what is left of it."""
    sent = {v["id"]: v["content"].value.get("service_lines", []) for v in versions if v.get("content")}
    rows = []
    for one in lines.accounts_of_claim(tx, identifier):
        ours = [sent[one.version][n - 1] for n in one.claim_lines if n <= len(sent.get(one.version, ()))]
        charge = sum((Decimal(line["charge"]) for line in ours), Decimal(0))
        moved = one.paid + one.contractual + one.patient
        numbers = " ".join(x["line_control_number"] for x in ours if x.get("line_control_number"))
        rows.append(
            {
                "line": " ".join(map(str, one.claim_lines)) or "claim level",
                "version": one.version,
                "control_number": Sealed(numbers) if numbers else None,
                "procedure": " ".join(x["procedure"] for x in ours) or None,
                "charge": charge if ours else None,
                "paid": one.paid,
                "contractual": one.contractual,
                "patient": one.patient,
                "open": charge - moved if ours else None,
                "how": " ".join(one.how),
            }
        )
    return rows


def _finding(said: Finding) -> dict[str, Any]:
    """Return a finding with the parts that may quote a claim or a dropped file's name marked."""
    shown = asdict(said)
    shown["severity"] = said.severity.value
    return {
        name: Sealed(value)
        if name in {"message", "file", "claim", "element", "field"} and value is not None
        else value
        for name, value in shown.items()
    }


def _plain(tx: Tx, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return *row* with sealed columns opened and marked, and look-up hashes left out."""
    plain: dict[str, Any] = {}
    for column, value in row.items():
        name = str(column)
        if name.endswith("_index") or name in {"content_hash", "payment_key", "bank_key"}:
            continue
        if name.endswith("_sealed"):
            plain[name.removesuffix("_sealed")] = None if value is None else Sealed(_opened(tx, value))
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
        theirs = [
            audit_event.c.subject.in_(select(table.c.id).where(table.c.partner == partner))
            for table in (transmission, receipt, remittance, claim, intake_file)
        ]
        named = audit_event.c.facts.contains(f'"partner":"{partner}"', autoescape=True)
        wanted = wanted.where(or_(named, audit_event.c.subject == partner, *theirs))
    if claim_id is not None:
        subjects, named_in_facts = _related(tx, claim_id)
        wanted = wanted.where(
            or_(audit_event.c.subject.in_(subjects), *map(audit_event.c.facts.contains, named_in_facts))
        )
    rows = tx.execute(wanted).mappings().all()
    return [
        {
            "seq": r["seq"], "at": r["at"], "actor": r["actor"], "kind": r["kind"], "subject": r["subject"],
            "facts": json.loads(r["facts"]),
        }
        for r in reversed(rows)
    ]  # fmt: skip


def event_kinds(tx: Tx) -> list[str]:
    """Return the kinds of event that there are, in alphabetical order."""
    return sorted(tx.execute(select(audit_event.c.kind).distinct()).scalars())


MOST_IN_FACTS = 100
"""A claim that went out more often than this is found by the subjects of its events only."""


def _related(tx: Tx, claim_id: str) -> tuple[list[str], list[str]]:
    """Return the ids of everything that *claim_id* went through, and those of it alone."""
    own, shared = {claim_id}, set[str]()
    for row in tx.execute(
        select(submission.c.id, submission.c.transmission).where(submission.c.claim == claim_id)
    ):
        own.add(row.id)
        shared.add(row.transmission)
    for row in tx.execute(
        select(claim_payment.c.id, claim_payment.c.remittance, remittance.c.receipt)
        .join(remittance, remittance.c.id == claim_payment.c.remittance)
        .where(claim_payment.c.claim == claim_id)
    ):
        own.add(row.id)
        shared |= {row.remittance, row.receipt}
    files = select(claim_version.c.intake_file).where(claim_version.c.claim == claim_id)
    shared |= _present(tx.execute(files).scalars())
    answers = (
        select(acknowledgement.c.receipt)
        .join(
            submission,
            or_(
                submission.c.id == acknowledgement.c.submission,
                acknowledgement.c.submission.is_(None)
                & (submission.c.transmission == acknowledgement.c.transmission),
            ),
        )
        .where(submission.c.claim == claim_id)
    )
    shared |= _present(tx.execute(answers).scalars())
    return sorted(own | shared), sorted(own)[:MOST_IN_FACTS]


def _present(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value}
