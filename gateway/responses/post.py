"""Posting a remittance: whole and balanced in one transaction, or held whole with its findings (law 8, 4.17).

What it does is worked out first (`prepare`); here it is written and proved together: the claim payments, what follows
from them (`settle`), provider adjustments, the cash proof, the rows for the billing system.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.model.findings import Finding
from gateway.model.remittance import Remittance
from gateway.responses import notices, reassociate
from gateway.responses.prepare import Plan, Posting, Presented, plb_posting, prepare
from gateway.responses.settle import settle
from gateway.site import Site
from gateway.store import claim_payments, exports, journal, ledger, remittances
from gateway.store import findings as kept_findings
from gateway.store.db import Tx
from gateway.store.journal import Entry, Line
from gateway.store.remittances import POSTED

_TURNS = 3
"""How often a posting is worked out without keeping others from writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostResult:
    """What became of one ST 835: *state* is posted, quarantined or duplicate, *reason* its codes when it is not posted.

    *again* is True when a reread found it dealt with before. *claims* counts claim payments by state.
    """

    remittance_id: str
    state: str
    reason: str | None = None
    amount: Decimal | None = None
    claims: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    again: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the audit event of the unit of work says of it; no claim content."""
        return {
            "remittance": self.remittance_id,
            "state": self.state,
            "reason": self.reason,
            "amount": str(self.amount) if self.amount is not None else None,
            "claims": self.claims,
            "again": self.again,
        }


def post_alone(site: Site, given: Presented, *, actor: str, facts: Mapping[str, Any]) -> PostResult:
    """Post one ST 835 in a unit of work of its own, audited with *facts* and the result's, or hold it whole.

    What it does is worked out before, so that others wait for the writing only; where one of them wrote in between, it is
    worked out again, in the end while they wait.

    Raises:
        BooksBroken: the cash proof or a claim's account does not come out; nothing was committed.

    """
    for _ in range(_TURNS):
        with site.store.read() as tx:
            plan = prepare(tx, site, given)
        with site.store.write("remittance", actor=actor) as tx:
            if plan.holds(tx):
                return _audited(tx, given, _write(tx, site, plan), facts)
        del plan
    with site.store.write("remittance", actor=actor) as tx:
        return _audited(tx, given, _write(tx, site, prepare(tx, site, given)), facts)


def _audited(tx: Tx, given: Presented, done: PostResult, facts: Mapping[str, Any]) -> PostResult:
    tx.audit(given.receipt_id, {**facts, "place": given.place, "partner": given.partner, **done.facts})
    return done


def post_remittance(tx: Tx, site: Site, given: Presented) -> PostResult:
    """Post one ST 835 in the caller's transaction, or hold it whole; the caller audits with the result's `facts`.

    Raises:
        BooksBroken: the cash proof or a claim's account does not come out; nothing may be committed.

    """
    return _write(tx, site, prepare(tx, site, given))


def _write(tx: Tx, site: Site, plan: Plan) -> PostResult:
    """Write what was worked out, which must hold."""
    before, given, posting = plan.before, plan.given, plan.posting
    if plan.stays and before is not None:
        return PostResult(
            remittance_id=before.id,
            state=before.state,
            reason=before.reason,
            amount=before.amount,
            again=True,
        )
    values = plan.values
    if posting is None:
        remittance_id = remittances.keep(tx, receipt_id=given.receipt_id, place=given.place, values=values)
        if before is None or before.reason != values["reason"]:
            kept_findings.keep(tx, remittance_id, plan.findings)
        return PostResult(
            remittance_id=remittance_id, state=values["state"], reason=values["reason"], amount=values["amount"],
            findings=plan.findings,
        )  # fmt: skip
    if given.released:
        values = {**values, "released_by": tx.actor[:60]}
    remittance_id = remittances.keep(
        tx, receipt_id=given.receipt_id, place=given.place, values=values, new=posting.stored.id
    )
    _post(tx, given.remittance, posting)
    reassociate.after_posting(tx, site.settings, remittance_id)
    kept_findings.keep(tx, remittance_id, posting.findings)
    counts = Counter(answer.payment.state for answer in posting.answers)
    return PostResult(
        remittance_id=remittance_id,
        state=POSTED,
        amount=given.remittance.payment_amount,
        claims=dict(sorted(counts.items())),
        findings=tuple(posting.findings),
    )


def _post(tx: Tx, remittance: Remittance, posting: Posting) -> None:
    """Post claim payments and provider adjustments, and prove the cash."""
    answers, sheet = posting.answers, posting.sheet
    claim_payments.add_all(
        tx,
        (
            (answer.payment, answer.said, content)
            for answer, content in zip(answers, posting.contents, strict=True)
        ),
    )
    contradicting = settle(tx, answers, sheet, source=posting.clearing, remittance=posting.stored)
    _post_provider_adjustments(tx, remittance, posting)
    ledger.prove_cash(tx, posting.stored.id)
    exports.queue_sealed(tx, exports.PAYMENT, posting.told)
    posting.findings += notices.of_reversals(answers, sheet, posting.patient_before)
    posting.findings += notices.of_states(contradicting)
    posting.findings += notices.of_people(answers)


def _post_provider_adjustments(tx: Tx, remittance: Remittance, posting: Posting) -> None:
    stored, booked = posting.stored, []
    remittances.add_provider_adjustments(tx, stored.id, remittance.provider_adjustments)
    for ordinal, plb in enumerate(remittance.provider_adjustments, start=1):
        posting_id = plb_posting(stored, ordinal)
        account = journal.provider_account(tx, stored.payer_key, plb.provider, plb.reason, plb.reference)
        lines = (Line(posting.clearing, -plb.amount), Line(account, plb.amount))
        booked.append(
            Entry(posting_id=posting_id, kind="provider_adjustment", lines=lines, remittance=stored.id)
        )
    journal.post_all(tx, booked)
