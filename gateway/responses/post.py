"""Posting a remittance: whole and balanced in the caller's transaction, or held whole with its findings (law 8, 4.17).

The order: read before? - may it post (`gate`)? - posted before under another name? - every CLP, reversals first: whose is
it (`match`), what does it do (`decide`), entries - provider adjustments - cash proof - states.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.model.findings import Finding, error, warning
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.responses import entries, gate, match, rows
from gateway.responses.balance import all_adjustments
from gateway.responses.by_hand import match_payment
from gateway.responses.carc import contractual_pairs
from gateway.responses.decide import CROSSED_OVER, OLD_CODES, Decision, decide
from gateway.responses.match import REVERSAL, Match, Speaker
from gateway.site import Site
from gateway.store import exports, journal, ledger, remittances, submissions
from gateway.store import findings as kept_findings
from gateway.store.db import Tx
from gateway.store.journal import Line
from gateway.store.remittances import DUPLICATE, POSTED, QUARANTINED, StoredRemittance

_GROUPS = frozenset({"CO", "PR", "OA", "PI", "CR"})

__all__ = ["PostResult", "match_payment", "post_remittance"]


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


@dataclass(slots=True, kw_only=True)
class _Posting:
    """One remittance on its way into the books."""

    stored: StoredRemittance
    clearing: str
    who: Speaker
    contractual: frozenset[str]
    facts: dict[str, Any]
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    told_rows: list[rows.Row] = field(default_factory=list)
    touched: dict[str, str] = field(default_factory=dict)
    told: list[tuple[RemittanceClaim, Decision, entries.Entry, str | None]] = field(default_factory=list)


def post_remittance(
    tx: Tx,
    site: Site,
    remittance: Remittance,
    *,
    receipt_id: str,
    place: str,
    partner: str,
    interchange_usage: str | None,
    findings: Iterable[Finding] = (),
) -> PostResult:
    """Post one ST 835 in the caller's transaction, or hold it whole; the caller audits with the result's `facts`.

    *place* is where in the receipt it stood, the same on every reread; *interchange_usage* is ISA15. *findings* are the
    reader's about this set: one that weighs as an error (a truncated set, a missing amount) holds it. A remittance that
    was posted, or known as a duplicate, is left as it is; one that was held is judged afresh.

    Raises:
        BooksBroken: the cash proof or a claim's account does not come out; nothing may be committed.

    """
    before = remittances.at_place(tx, receipt_id, place)
    if before is not None and before.state in {POSTED, DUPLICATE}:
        return PostResult(
            remittance_id=before.id,
            state=before.state,
            reason=before.reason,
            amount=before.amount,
            again=True,
        )
    verdict = gate.inspect(remittance, site.settings, interchange_usage=interchange_usage, findings=findings)
    values = _values(tx, remittance, partner)
    state, reason, found = POSTED, None, list(verdict.findings)
    if verdict.reason is not None:
        state, reason = QUARANTINED, verdict.reason
    elif (posted := remittances.posted_with_key(tx, values["payment_key"])) is not None:
        state, reason, finding = _came_before(posted, values["content_hash"])
        found.append(finding)
    if state != POSTED:
        return _hold(
            tx, values | {"state": state, "reason": reason}, found, receipt_id=receipt_id, place=place
        )
    remittance_id = remittances.keep(
        tx, receipt_id=receipt_id, place=place, values=values | {"state": POSTED, "reason": None}
    )
    posting = _open(tx, site, remittance, remittances.get(tx, remittance_id), found)
    _post(tx, remittance, posting)
    kept_findings.keep(tx, remittance_id, posting.findings)
    return PostResult(
        remittance_id=remittance_id,
        state=POSTED,
        amount=remittance.payment_amount,
        claims=dict(sorted(posting.counts.items())),
        findings=tuple(posting.findings),
    )


def _values(tx: Tx, remittance: Remittance, partner: str) -> dict[str, Any]:
    payer, payee = gate.payer_key(remittance) or "unknown", gate.payee_id(remittance)
    content = remittances.content_hash(tx, remittance)
    amount = remittance.payment_amount
    return {
        "partner": partner,
        "payment_key": remittances.payment_key(tx, remittance, payer, payee, content),
        "content_hash": content,
        "payer_key": payer,
        "payer_name": (remittance.payer.name or "")[:80] or None,
        "payee_id": payee,
        "trace_number": (remittance.trace_number or "").strip()[:50] or None,
        "payment_method": (remittance.payment_method or "")[:3] or None,
        "payment_date": remittance.payment_date.isoformat() if remittance.payment_date else None,
        "amount": amount if gate.is_money(amount) else None,
    }


def _came_before(posted: StoredRemittance, content: str) -> tuple[str, str, Finding]:
    if posted.content_hash == content:
        return (
            DUPLICATE,
            f"ERA-DUP {posted.id}",
            warning("ERA-DUP", f"the same remittance was posted as {posted.id}; nothing is posted again"),
        )
    return (
        QUARANTINED,
        f"ERA-DUP {posted.id}",
        error(
            "ERA-DUP",
            f"{posted.id} was posted with the same payer, payee, trace number, amount and date, but says something else; "
            "ask the payer which of the two holds",
        ),
    )


def _hold(tx: Tx, values: dict[str, Any], found: list[Finding], *, receipt_id: str, place: str) -> PostResult:
    before = remittances.at_place(tx, receipt_id, place)
    remittance_id = remittances.keep(tx, receipt_id=receipt_id, place=place, values=values)
    if before is None or before.reason != values["reason"]:
        kept_findings.keep(tx, remittance_id, found)
    return PostResult(
        remittance_id=remittance_id,
        state=values["state"],
        reason=values["reason"],
        amount=values["amount"],
        findings=tuple(found),
    )


def _open(
    tx: Tx, site: Site, remittance: Remittance, stored: StoredRemittance, found: list[Finding]
) -> _Posting:
    return _Posting(
        stored=stored,
        clearing=journal.clearing_account(tx, stored.payer_key, stored.trace_number),
        who=match.speaker(remittance, stored.partner),
        contractual=contractual_pairs(site.settings.contractual.pairs),
        facts=rows.payment_facts(stored, remittance.payer.id),
        findings=found,
    )


def _post(tx: Tx, remittance: Remittance, posting: _Posting) -> None:
    numbered = list(enumerate(remittance.claims, start=1))
    for ordinal, claim in sorted(numbered, key=lambda item: item[1].status_code != REVERSAL):
        _post_claim(tx, ordinal, claim, posting)
    _post_provider_adjustments(tx, remittance, posting)
    ledger.prove_cash(tx, posting.stored.id)
    for submission_id, claim_id in posting.touched.items():
        moved = entries.move_submission(tx, submission_id, claim_id, reason=f"835 {posting.stored.id}")
        if moved is submissions.Move.CONFLICT:
            posting.findings.append(
                warning(
                    "ERA-STATE",
                    f"money is posted, but the state of {submission_id} contradicts it; look at {claim_id}",
                )
            )
    statuses = [
        entries.status_row(
            tx, claim, decision, entry, partner=posting.stored.partner, patient_control_number=number
        )
        for claim, decision, entry, number in posting.told
    ]
    exports.queue_all(tx, exports.PAYMENT, posting.told_rows)
    exports.queue_all(tx, exports.CLAIM_STATUS, statuses)


def _post_claim(tx: Tx, ordinal: int, claim: RemittanceClaim, posting: _Posting) -> None:
    found = match.find(tx, claim, posting.who)
    decision = decide(
        tx, claim, found, payer_key=posting.stored.payer_key, who=posting.who, contractual=posting.contractual
    )
    posting.counts[decision.state] += 1
    submission = _answered(tx, found, decision)
    payment_id = remittances.add_payment(
        tx,
        posting.stored.id,
        ordinal,
        claim,
        claim_id=found.claim_id,
        submission=submission,
        state=decision.state,
        class_=decision.class_.value,
        contractual=decision.contractual,
        patient=decision.patient,
        in_review=decision.in_review,
        reverses=decision.reverses,
    )
    prefix = f"{posting.stored.id}-{ordinal}"
    told = rows.Told(
        prefix=prefix,
        payment=posting.facts,
        claim_payment=payment_id,
        claim_id=found.claim_id if decision.state != remittances.SUSPENSE else None,
        patient_control_number=found.sent.patient_control_number if found.sent else None,
        contractual=posting.contractual,
    )
    posting.told_rows += rows.of_claim(claim, decision, told)
    _remark(claim, decision, payment_id, posting)
    if decision.state == remittances.SUSPENSE:
        entries.post_to_suspense(
            tx, prefix=prefix, clearing=posting.clearing, amount=claim.paid, remittance=posting.stored.id,
            claim_payment=payment_id,
        )  # fmt: skip
    elif found.claim_id is not None and found.doubt is None:
        entry = entries.Entry(
            prefix=prefix, source=posting.clearing, remittance=posting.stored.id, claim_payment=payment_id,
            claim_id=found.claim_id, submission=submission,
        )  # fmt: skip
        _post_known(tx, claim, decision, entry, number=told.patient_control_number, posting=posting)


def _answered(tx: Tx, found: Match, decision: Decision) -> str | None:
    """Return the submission that is answered: of a reversal, the one whose payment is undone."""
    if decision.reverses is not None:
        return remittances.payment(tx, decision.reverses).submission
    return found.submission.submission_id if found.submission else None


def _post_known(
    tx: Tx,
    claim: RemittanceClaim,
    decision: Decision,
    entry: entries.Entry,
    *,
    number: str | None,
    posting: _Posting,
) -> None:
    if decision.state == POSTED:
        entries.post_to_claim(tx, decision, entry)
        if entry.submission is not None:
            posting.touched[entry.submission] = entry.claim_id
    elif claim.status_code == "23" and entry.submission is not None:
        entries.move_forwarded(tx, entry.submission)
    if claim.payer_control_number and entry.submission and decision.state == POSTED:
        submissions.keep_payer_control_number(tx, entry.submission, claim.payer_control_number)
    posting.told.append((claim, decision, entry, number))


def _remark(claim: RemittanceClaim, decision: Decision, payment_id: str, posting: _Posting) -> None:
    place = {"claim": claim.patient_control_number, "segment": "CLP", "loop": "2100"}
    if decision.state == remittances.SUSPENSE:
        posting.findings.append(
            warning(
                "ERA-SUSPENSE",
                f"{decision.doubt}; the payment waits in suspense: gateway match {payment_id} C-ID",
                **place,
            )
        )
    if claim.status_code in OLD_CODES:
        posting.findings.append(
            warning("ERA-STATUS", "an obsolete claim status code, read as processed", **place)
        )
    if claim.status_code in CROSSED_OVER:
        posting.findings.append(
            warning(
                "ERA-CROSSOVER",
                "the payer sent the claim on to the next payer; send no claim of our own",
                **place,
            )
        )
    if any(a.group not in _GROUPS for a in all_adjustments(claim)):
        posting.findings.append(
            warning("ERA-GROUP", "an unknown adjustment group; its amount stays in review", **place)
        )


def _post_provider_adjustments(tx: Tx, remittance: Remittance, posting: _Posting) -> None:
    stored = posting.stored
    for ordinal, plb in enumerate(remittance.provider_adjustments, start=1):
        remittances.add_provider_adjustment(tx, stored.id, ordinal, plb)
        posting_id = f"{stored.id}-plb-{ordinal}"
        account = journal.provider_account(tx, stored.payer_key, plb.provider, plb.reason, plb.reference)
        journal.post(
            tx,
            posting_id,
            "provider_adjustment",
            [Line(posting.clearing, -plb.amount), Line(account, plb.amount)],
            remittance=stored.id,
        )
        posting.told_rows.append(
            rows.of_provider_adjustment(plb, posting_id=posting_id, payment=posting.facts)
        )
