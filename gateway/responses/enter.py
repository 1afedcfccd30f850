"""A paper remittance on its way into the books: archived first, then judged and posted as one that came by wire."""

import hashlib
from dataclasses import dataclass

from gateway.errors import Refused
from gateway.model.findings import Finding
from gateway.responses import paper, sort
from gateway.responses.post import PostResult, post_remittance
from gateway.responses.prepare import Presented
from gateway.site import Site
from gateway.store import findings, inbox, remittances, statement
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.remittances import StoredRemittance


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredRemittance:
    """What became of an entered remittance, or would: *receipt* None says that it was only tried."""

    receipt: str | None
    remittance: StoredRemittance
    payments: list[StoredPayment]
    findings: list[Finding]
    again: bool = False


class _OnlyTried(Exception):
    """Takes back the unit of work of a trial."""


def enter(site: Site, said: paper.Paper, data: bytes, *, actor: str) -> EnteredRemittance:
    """Archive *data*, which says *said*, and post it: whole and balanced, or held in the queue with its findings.

    The same bytes again are the same receipt, and post nothing again. After a crash the daemon goes on from the archive.
    """
    blob = site.archive.put(data, "receipt")
    sha256 = hashlib.sha256(data).hexdigest()
    with site.store.write("entered", actor=actor) as tx:
        receipt_id, new = inbox.receive_by_hand(
            tx, partner=paper.HAND, sha256=sha256, size=len(data), blob=blob
        )
        tx.audit(
            receipt_id,
            {"partner": paper.HAND, "sha256": sha256, "entered_from": said.entered_from, "new": new},
        )
    if new:
        sort.process_receipt(site, receipt_id, actor=actor)
    with site.store.read() as tx:
        stored = remittances.at_place(tx, receipt_id, paper.PLACE)
        if stored is None:
            raise Refused(
                f"{receipt_id} is not read yet or is held; look at it with: gateway show {receipt_id}"
            )
        return _seen(tx, receipt_id, stored, findings.of(tx, stored.id), again=not new)


def rehearse(site: Site, said: paper.Paper, data: bytes, *, actor: str) -> EnteredRemittance:
    """Return what `enter` would do, and do nothing: everything is posted, looked at, and taken back."""
    tried: list[EnteredRemittance] = []
    try:
        with site.store.write("entered", actor=actor) as tx:
            sha256 = hashlib.sha256(data).hexdigest()
            receipt_id, new = inbox.receive_by_hand(
                tx, partner=paper.HAND, sha256=sha256, size=len(data), blob=sha256
            )
            result = _posted(tx, site, said, receipt_id, actor)
            stored = remittances.get(tx, result.remittance_id)
            tried.append(_seen(tx, None, stored, list(result.findings), again=not new))
            raise _OnlyTried
    except _OnlyTried:
        return tried[0]


def _posted(tx: Tx, site: Site, said: paper.Paper, receipt_id: str, actor: str) -> PostResult:
    given = Presented(
        remittance=said.remittance, content=said.content, receipt_id=receipt_id, place=paper.PLACE, partner=paper.HAND,
        interchange_usage=site.settings.environment.isa15, entered=paper.Entered(actor, said.entered_from),
    )  # fmt: skip
    return post_remittance(tx, site, given)


def _seen(
    tx: Tx, receipt_id: str | None, stored: StoredRemittance, found: list[Finding], *, again: bool
) -> EnteredRemittance:
    payments = statement.of_remittance(tx, stored.id)
    return EnteredRemittance(
        receipt=receipt_id, remittance=stored, payments=payments, findings=found, again=again
    )
