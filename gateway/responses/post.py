"""Posting a remittance: whole and balanced in the caller's transaction, or held whole with its findings (law 8, 4.17).

The order: read before? - may it post (`gate`)? - posted before under another name? - everything known of its claims
(`worksheet`) - every CLP, reversals first: whose is it (`match`), what does it do (`decide`) - all written and proved
together (`settle`) - provider adjustments - cash proof.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.model.findings import Finding
from gateway.model.identifiers import Kind, new_id
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.responses import by_line, duplicates, gate, match, notices, reassociate, rows
from gateway.responses.by_hand import match_payment
from gateway.responses.carc import Classes, classes_of, contractual_pairs
from gateway.responses.decide import Decision, decide
from gateway.responses.entries import Answer, posting_prefix
from gateway.responses.match import Match, Speaker
from gateway.responses.paper import Entered
from gateway.responses.plb import interest_findings
from gateway.responses.settle import settle
from gateway.responses.unknown import unknown_codes
from gateway.responses.worksheet import REVERSAL, Worksheet
from gateway.site import Site
from gateway.store import exports, journal, ledger, remittances
from gateway.store import findings as kept_findings
from gateway.store.db import Tx
from gateway.store.journal import Entry, Line
from gateway.store.remittances import (
    DUPLICATE,
    POSTED,
    QUARANTINED,
    SUSPENSE,
    StoredPayment,
    StoredRemittance,
)

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
    classes: Classes
    facts: dict[str, Any]
    findings: list[Finding]


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
    released: bool = False,
    entered: Entered | None = None,
) -> PostResult:
    """Post one ST 835 in the caller's transaction, or hold it whole; the caller audits with the result's `facts`.

    *place* is where in the receipt it stood, the same on every reread; *interchange_usage* is ISA15. *findings* are the
    reader's about this set: one that weighs as an error (a truncated set, a missing amount) holds it. A remittance that
    was posted, known as a duplicate, or taken out of the queue by a person is left as it is; one that is held is judged
    afresh. *released*: the actor lets
    it post although lines or claims in it do not add up (`release`); its payment must. *entered*: it came on paper.

    Raises:
        BooksBroken: the cash proof or a claim's account does not come out; nothing may be committed.

    """
    before = remittances.at_place(tx, receipt_id, place)
    if before is not None and (before.state in {POSTED, DUPLICATE} or (before.is_dismissed and not released)):
        return PostResult(
            remittance_id=before.id,
            state=before.state,
            reason=before.reason,
            amount=before.amount,
            again=True,
        )
    verdict = gate.inspect(
        remittance,
        site.settings,
        partner=partner,
        interchange_usage=interchange_usage,
        findings=findings,
        released=released,
    )
    values = _values(tx, remittance, partner)
    if entered is not None:
        values |= {"entered_by": entered.by[:60], "entered_from": entered.source}
    state, reason, found = POSTED, None, list(verdict.findings)
    if verdict.reason is not None:
        state, reason = QUARANTINED, verdict.reason
    elif (came := duplicates.came_before(tx, remittance, values, released=released)) is not None:
        state, reason = came.state, came.reason
        found += came.findings
    if state != POSTED:
        return _hold(
            tx, values | {"state": state, "reason": reason}, found, receipt_id=receipt_id, place=place
        )
    values |= {"state": POSTED, "reason": None}
    if released:
        values["released_by"] = tx.actor[:60]
    remittance_id = remittances.keep(tx, receipt_id=receipt_id, place=place, values=values)
    posting = _open(tx, site, remittance, remittances.get(tx, remittance_id), found)
    counts = _post(tx, remittance, posting)
    reassociate.after_posting(tx, site.settings, remittance_id)
    kept_findings.keep(tx, remittance_id, posting.findings)
    return PostResult(
        remittance_id=remittance_id,
        state=POSTED,
        amount=remittance.payment_amount,
        claims=dict(sorted(counts.items())),
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
        who=match.speaker(
            remittance, stored.partner, payees=gate.payees(gate.payee_ids(remittance), site.settings)
        ),
        contractual=contractual_pairs(site.settings.contractual.pairs),
        classes=classes_of(site.settings.carc),
        facts=rows.payment_facts(stored, remittance.payer.id),
        findings=[*found, *unknown_codes(site, remittance, tx.now().date()), *interest_findings(remittance)],
    )


def _post(tx: Tx, remittance: Remittance, posting: _Posting) -> Counter[str]:
    """Post claim payments and provider adjustments, prove the cash, and count claim payments by state."""
    sheet = Worksheet.of_remittance(tx, remittance.claims, payer_key=posting.stored.payer_key)
    numbered = list(enumerate(remittance.claims, start=1))
    numbered.sort(key=lambda item: item[1].status_code != REVERSAL)
    before = sheet.patient_balances()
    answers = [_judge(tx, ordinal, claim, sheet, posting) for ordinal, claim in numbered]
    remittances.add_payments(tx, ((answer.payment, answer.said) for answer in answers))
    contradicting = settle(tx, answers, sheet, source=posting.clearing, remittance=posting.stored)
    _post_provider_adjustments(tx, remittance, posting)
    ledger.prove_cash(tx, posting.stored.id)
    exports.queue_all(tx, exports.PAYMENT, _told(remittance, answers, posting))
    posting.findings += notices.of_reversals(answers, sheet, before)
    posting.findings += notices.of_states(contradicting)
    posting.findings += notices.of_people(answers)
    return Counter(answer.payment.state for answer in answers)


def _judge(tx: Tx, ordinal: int, claim: RemittanceClaim, sheet: Worksheet, posting: _Posting) -> Answer:
    """Find whose payment it is, decide what it does, and take it into account on the worksheet."""
    found = match.find(sheet, claim, posting.who)
    decision = decide(
        sheet,
        claim,
        found,
        payer_key=posting.stored.payer_key,
        who=posting.who,
        contractual=posting.contractual,
        classes=posting.classes,
    )
    payment = _payment(tx, claim, found, decision, ordinal=ordinal, stored=posting.stored)
    if decision.state == POSTED:
        sheet.book(payment, claim)
    matched = by_line.matches(found.sent, claim)
    answer = Answer(
        said=claim,
        decision=decision,
        payment=payment,
        number=found.sent.patient_control_number if found.sent else None,
        key=found.sent.claim_key if found.sent else None,
        certain=decision.state != SUSPENSE and found.claim_id is not None and found.doubt is None,
        sent=found.sent,
        lines=matched,
        postings=by_line.postings(
            claim,
            decision,
            matched,
            contractual=posting.contractual,
            undone=sheet.lines(decision.undone),
        ),
    )
    posting.findings += notices.of_answer(answer)
    return answer


def _payment(
    tx: Tx,
    claim: RemittanceClaim,
    found: Match,
    decision: Decision,
    *,
    ordinal: int,
    stored: StoredRemittance,
) -> StoredPayment:
    control = claim.payer_control_number
    return StoredPayment(
        id=new_id(Kind.CLAIM_PAYMENT),
        remittance=stored.id,
        ordinal=ordinal,
        claim=found.claim_id,
        submission=_answered(found, decision),
        state=decision.state,
        status_code=claim.status_code[:4],
        class_=decision.class_.value,
        charge=claim.charge,
        paid=claim.paid,
        contractual=decision.contractual,
        patient=decision.patient,
        in_review=decision.in_review,
        pcn_index=remittances.pcn_index(tx, claim.patient_control_number),
        payer_control_index=remittances.control_index(tx, control) if control else None,
        reverses=decision.reverses,
        matched_by=None,
        payer_key=stored.payer_key,
        how=found.how if decision.state != SUSPENSE else None,
    )


def _answered(found: Match, decision: Decision) -> str | None:
    """Return the submission that is answered: of a reversal, the one whose payment is undone."""
    if decision.undone is not None:
        return decision.undone.submission
    return found.submission.submission_id if found.submission else None


def _post_provider_adjustments(tx: Tx, remittance: Remittance, posting: _Posting) -> None:
    stored, booked = posting.stored, []
    remittances.add_provider_adjustments(tx, stored.id, remittance.provider_adjustments)
    for ordinal, plb in enumerate(remittance.provider_adjustments, start=1):
        posting_id = _plb_posting(stored, ordinal)
        account = journal.provider_account(tx, stored.payer_key, plb.provider, plb.reason, plb.reference)
        lines = (Line(posting.clearing, -plb.amount), Line(account, plb.amount))
        booked.append(
            Entry(posting_id=posting_id, kind="provider_adjustment", lines=lines, remittance=stored.id)
        )
    journal.post_all(tx, booked)


def _told(remittance: Remittance, answers: Iterable[Answer], posting: _Posting) -> Iterator[rows.Row]:
    """Yield the rows that tell the billing system of the payment, in the order in which it was posted."""
    for answer in answers:
        payment = answer.payment
        told = rows.Told(
            prefix=posting_prefix(payment),
            payment=posting.facts,
            claim_payment=payment.id,
            claim_id=payment.claim if payment.state != SUSPENSE else None,
            patient_control_number=answer.number,
            contractual=posting.contractual,
            lines=answer.lines,
            sent=answer.sent,
        )
        yield from rows.of_claim(answer.said, answer.decision, told)
    for ordinal, plb in enumerate(remittance.provider_adjustments, start=1):
        yield rows.of_provider_adjustment(
            plb, posting_id=_plb_posting(posting.stored, ordinal), payment=posting.facts
        )


def _plb_posting(stored: StoredRemittance, ordinal: int) -> str:
    return f"{stored.id}-plb-{ordinal}"
