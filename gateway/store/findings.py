"""Findings kept with the thing they speak of; their words are encrypted, because they may quote a claim."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select

from gateway.model.findings import Finding, Severity
from gateway.store.db import Tx
from gateway.store.schema import finding


def keep(tx: Tx, subject: str, findings: Iterable[Finding]) -> int:
    """Keep *findings* under *subject* (an opaque id) and return how many there were."""
    rows = [
        {
            "subject": subject,
            "code": f.code,
            "severity": f.severity.value,
            "detail_sealed": tx.seal_json(asdict(f)),
            "at": tx.now(),
        }
        for f in findings
    ]
    if rows:
        tx.execute(insert(finding), rows)
    return len(rows)


def of(tx: Tx, subject: str, *, since: datetime | None = None) -> list[Finding]:
    """Return the findings kept under *subject* (*since* a moment), oldest first."""
    kept = select(finding.c.detail_sealed).where(finding.c.subject == subject).order_by(finding.c.id)
    if since is not None:
        kept = kept.where(finding.c.at >= since)
    rows = tx.execute(kept).scalars()
    return [
        Finding(**{**detail, "severity": Severity(detail["severity"])})
        for detail in map(tx.unseal_json, rows)
    ]
