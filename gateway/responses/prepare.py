"""Working out what a remittance does, before anything of it is written: who it is, whether it may post, each answer.

It only reads. So it is done in a view of the database, while others write, and what was worked out holds for as long as
nobody has (`Plan.holds`).

The order: read before? - may it post (`gate`)? - posted before under another name? - everything known of its claims
(`worksheet`) - every CLP, reversals first: whose is it (`match`), what does it do (`decide`) - the words of the payer and
the rows for the billing system, sealed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from gateway.model.findings import Finding
from gateway.model.identifiers import Kind, new_id
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.responses import by_line, duplicates, gate, match, notices, rows
from gateway.responses.carc import Classes, classes_of, contractual_pairs
from gateway.responses.decide import Decision, decide
from gateway.responses.entries import Answer, posting_prefix
from gateway.responses.match import Match, Speaker
from gateway.responses.paper import Entered
from gateway.responses.plb import interest_findings
from gateway.responses.unknown import unknown_codes
from gateway.responses.worksheet import REVERSAL, Worksheet
from gateway.site import Site
from gateway.store import claim_payments, exports, journal, remittances
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.remittances import DUPLICATE, NOTED, POSTED, QUARANTINED, SUSPENSE, StoredRemittance


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """One ST 835 as it is presented for posting.

    *content* is the hash of its words as they came (`content`). *place* is where in the receipt it stood, the same on every
    reread; *interchange_usage* is ISA15. *findings* are the reader's about this set: one that weighs as an error (a truncated set, a missing amount) holds it. *released*: a person
    lets it post although lines or claims in it do not add up (`release`); its payment must; *dismissed_by* is who had taken
    it out of the queue, as far as that person knew. *entered*: it came on paper.
    """

    remittance: Remittance
    content: str
    receipt_id: str
    place: str
    partner: str
    interchange_usage: str | None
    findings: tuple[Finding, ...] = ()
    released: bool = False
    dismissed_by: str | None = None
    entered: Entered | None = None


@dataclass(slots=True, kw_only=True)
class Posting:
    """One remittance on its way into the books: what all its answers share, and the answers.

    *contents* are the sealed words of the payer, an answer each; *told* the sealed rows for the billing system.
    """

    clearing: str
    who: Speaker
    contractual: frozenset[str]
    classes: Classes
    facts: dict[str, Any]
    findings: list[Finding]
    sheet: Worksheet
    stored: StoredRemittance
    patient_before: dict[str, Decimal]
    answers: list[Answer] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    told: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be written of one ST 835, kept as *values*; *posting* is None where nothing of it posts.

    *before* is what was kept of it when it was read earlier; where it *stays*, nothing is to be written at all. *head* is
    the audit event after which all this was worked out.
    """

    given: Presented
    head: tuple[int, str]
    before: StoredRemittance | None
    stays: bool
    values: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    posting: Posting | None = None

    def holds(self, tx: Tx) -> bool:
        """Tell whether nothing was written since it was worked out."""
        return tx.audit_head() == self.head


def prepare(tx: Tx, site: Site, given: Presented) -> Plan:
    """Work out what posting one ST 835 does at this moment; a view for reading is enough.

    One that was posted, known as a duplicate, or taken out of the queue by a person stays as it is; one that is held is
    judged afresh.
    """
    head = tx.audit_head()
    before = remittances.at_place(tx, given.receipt_id, given.place)
    by = given.dismissed_by if given.released else None
    if before is not None and (
        before.state in {POSTED, DUPLICATE} or (before.is_dismissed and before.released_by != by)
    ):
        return Plan(given=given, head=head, before=before, stays=True, values={})
    remittance = given.remittance
    verdict = gate.inspect(
        remittance, site.settings, partner=given.partner, interchange_usage=given.interchange_usage,
        findings=given.findings, released=given.released,
    )  # fmt: skip
    values = _values(tx, given)
    if given.entered is not None:
        values |= {"entered_by": given.entered.by[:60], "entered_from": given.entered.source}
    state, reason, found = POSTED, None, verdict.findings
    if verdict.reason is not None:
        state, reason = QUARANTINED, verdict.reason
    elif (came := duplicates.came_before(tx, site, remittance, values, released=given.released)) is not None:
        state, reason, found = came.state, came.reason, (*found, *came.findings)
    values |= {"state": state, "reason": reason}
    plan = Plan(given=given, head=head, before=before, stays=False, values=values, findings=found)
    if state != POSTED:
        return plan
    stored = remittances.draft(tx, before, receipt_id=given.receipt_id, place=given.place, values=values)
    return replace(plan, posting=_worked_out(tx, site, remittance, stored, found))


def _values(tx: Tx, given: Presented) -> dict[str, Any]:
    remittance = given.remittance
    payer, payee = gate.payer_key(remittance) or "unknown", gate.payee_id(remittance)
    content = remittances.content_hash(tx, given.content)
    amount = remittance.payment_amount
    return {
        "partner": given.partner,
        "payment_key": remittances.payment_key(tx, remittance, payer, payee, content),
        "content_hash": content,
        "payer_key": payer,
        "payer_name": (remittance.payer.name or "")[:80] or None,
        "payer_ids": _within(match.payer_ids(remittance), 400),
        "payee_id": payee,
        "trace_number": (remittance.trace_number or "").strip()[:50] or None,
        "payment_method": (remittance.payment_method or "")[:3] or None,
        "payment_date": remittance.payment_date.isoformat() if remittance.payment_date else None,
        "amount": amount if gate.is_money(amount) else None,
    }


def _within(ids: Iterable[str], length: int) -> str:
    """Return *ids* with a blank between, as many whole ones as *length* takes."""
    said = ""
    for one in sorted(ids):
        longer = f"{said} {one}".strip()
        said = longer if len(longer) <= length else said
    return said


def _worked_out(
    tx: Tx, site: Site, remittance: Remittance, stored: StoredRemittance, found: Iterable[Finding]
) -> Posting:
    """Judge every answer, reversals first, and seal what is to be kept and told of them."""
    sheet = Worksheet.of_remittance(tx, remittance.claims, payer_key=stored.payer_key)
    posting = Posting(
        stored=stored,
        clearing=journal.clearing_account(tx, stored.payer_key, stored.trace_number),
        who=match.speaker(
            remittance, stored.partner, payees=gate.payees(gate.payee_ids(remittance), site.settings)
        ),
        contractual=contractual_pairs(site.settings.contractual.pairs),
        classes=classes_of(site.settings.carc),
        facts=rows.payment_facts(stored, remittance.payer.id),
        findings=[*found, *unknown_codes(site, remittance, tx.now().date()), *interest_findings(remittance)],
        sheet=sheet,
        patient_before=sheet.patient_balances(),
    )
    numbered = list(enumerate(remittance.claims, start=1))
    numbered.sort(key=lambda item: item[1].status_code != REVERSAL)
    posting.answers = [_judge(tx, ordinal, claim, sheet, posting) for ordinal, claim in numbered]
    posting.contents = [claim_payments.sealed(tx, claim) for _, claim in numbered]
    posting.told = exports.sealed(tx, _told(remittance, posting.answers, posting))
    return posting


def _judge(tx: Tx, ordinal: int, claim: RemittanceClaim, sheet: Worksheet, posting: Posting) -> Answer:
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
    matched = by_line.matches(found, claim)
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
        claim=found.claim_id if decision.state != NOTED or found.doubt is None else None,
        submission=_answered(found, decision),
        state=decision.state,
        status_code=claim.status_code[:4],
        class_=decision.class_.value,
        charge=claim.charge,
        paid=claim.paid,
        contractual=decision.contractual,
        patient=decision.patient,
        in_review=decision.in_review,
        pcn_index=claim_payments.pcn_index(tx, claim.patient_control_number),
        payer_control_index=claim_payments.control_index(tx, control) if control else None,
        reverses=decision.reverses,
        matched_by=None,
        payer_key=stored.payer_key,
        payer_ids=stored.payer_ids,
        how=found.how if decision.state != SUSPENSE else None,
    )


def _answered(found: Match, decision: Decision) -> str | None:
    """Return the submission that is answered: of a reversal, the one whose payment is undone."""
    if decision.undone is not None:
        return decision.undone.submission
    return found.submission.submission_id if found.submission else None


def _told(remittance: Remittance, answers: Iterable[Answer], posting: Posting) -> Iterator[rows.Row]:
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
            plb, posting_id=plb_posting(posting.stored, ordinal), payment=posting.facts
        )


def plb_posting(stored: StoredRemittance, ordinal: int) -> str:
    """Return the posting id of one provider adjustment."""
    return f"{stored.id}-plb-{ordinal}"
