"""What became of a claim's charge, for a person who asks: every answer of a payer, every cent of it (docs/eob.md).

Two proofs stand in it, and both are made before anything is shown: what the payer says adds up to the charge it says,
and what the journal says adds up to what was billed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.errors import BooksBroken, UsageError
from gateway.model.claim import Claim
from gateway.model.codesets import CodeSet
from gateway.model.identifiers import Kind
from gateway.model.remittance import CROSSED_OVER, Adjustment, RemittanceClaim, RemittanceLine
from gateway.ops.reports import eob_words as words
from gateway.ops.reports.eob_parts import (
    NOTHING,
    PARTS,
    ZERO,
    Answer,
    Document,
    Explanation,
    Given,
    Movement,
    Payment,
    Reason,
    Row,
)
from gateway.ops.reports.masking import MASK
from gateway.responses.entries import posting_prefix
from gateway.responses.rows import OTHER_SHARE, share_of
from gateway.settings import zone
from gateway.site import Site
from gateway.store import claim_payments, claims, codes, remittances, statement, views
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.ledger import ClaimAccount
from gateway.store.remittances import NOTED, POSTED, SUSPENSE, StoredRemittance
from gateway.store.statement import Step

_INTEREST = "I"
_ALLOWED_OF_LINE, _ALLOWED_OF_CLAIM = "B6", "AU"


def explain(site: Site, tx: Tx, identifier: str, *, reveal: bool) -> Document:
    """Return the explanation of *identifier*; names and numbers that tell who a person is only where *reveal*.

    Raises:
        UsageError: it is no claim, claim payment or remittance.
        NotFound: there is no such thing.
        BooksBroken: something of it does not add up; nothing may be printed.

    """
    kind = views.must_be_here(tx, identifier)
    here = zone(site.settings.submitter.time_zone)
    maker = _Maker(tx, reveal=reveal, here=here, today=site.clock.now().astimezone(here).date())
    whole = None
    if kind is Kind.CLAIM:
        made = [maker.of_claim(identifier, statement.of_claim(tx, identifier))]
    elif kind is Kind.CLAIM_PAYMENT:
        made = maker.of_payments([claim_payments.get(tx, identifier)])
    elif kind is Kind.REMITTANCE:
        payments = statement.of_remittance(tx, identifier)
        made = maker.of_payments(payments)
        whole = maker.whole(identifier, payments)
    else:
        raise UsageError(
            f"{identifier}: give a claim (C-...), a payment on a claim (P-...) or a remittance (M-...)"
        )
    return Document(
        id=identifier, made_on=maker.today, masked=not reveal, described=maker.described, payment=whole,
        explanations=made,
    )  # fmt: skip


class _Maker:
    """Makes explanations within one unit of work."""

    def __init__(self, tx: Tx, *, reveal: bool, here: ZoneInfo, today: date) -> None:
        self.tx, self.reveal, self.here, self.today = tx, reveal, here, today
        self.described = False
        self._remittances: dict[str, StoredRemittance] = {}
        self._told: dict[str, list[dict[str, Any]]] = {}

    def of_payments(self, payments: Sequence[StoredPayment]) -> list[Explanation]:
        """Return an explanation for each claim that *payments* speak of, with these answers only."""
        self._learn(payments)
        groups: dict[str, list[StoredPayment]] = {}
        for one in payments:
            groups.setdefault(one.id if one.state == SUSPENSE or not one.claim else one.claim, []).append(one)
        return [self.of_claim(_claim_of(group[0]), group) for group in groups.values()]

    def of_claim(self, claim_id: str | None, payments: Sequence[StoredPayment]) -> Explanation:
        """Return the explanation of one claim; *payments* are the answers to show, its account is always whole."""
        self._learn(payments)
        steps = statement.steps(self.tx, claim_id) if claim_id else []
        judged = statement.of_claim(self.tx, claim_id) if claim_id else []
        order = {p.id: n for n, p in enumerate(judged)}
        payments = sorted(payments, key=lambda p: order.get(p.id, len(order)))
        said = {p.id: claim_payments.content(self.tx, p.id) for p in payments}
        days = [d for claim in said.values() for d in _days(claim)]
        sent = self._sent(claim_id) if claim_id else None
        days = (
            [d for line in sent.service_lines for d in (line.service_date, line.service_date_to) if d]
            if sent
            else days
        )
        first = next(iter(said.values()), None)
        return Explanation(
            claim=claim_id,
            patient=self._masked(_patient(sent, first)),
            patient_control_number=self._masked(
                sent.patient_control_number if sent else first.patient_control_number if first else None
            ),
            member_id=self._masked(sent.subscriber.member_id if sent else first.member_id if first else None),
            provider=_provider(sent),
            first_day=min(days, default=None),
            last_day=max(days, default=None),
            answers=[self._answer(p, said[p.id], steps) for p in payments],
            account=_movements(steps, self.here),
        )

    def whole(self, remittance_id: str, payments: Sequence[StoredPayment]) -> Payment | None:
        """Return the payment of a remittance; None where it was not posted. Its sum is proved."""
        stored = remittances.get(self.tx, remittance_id)
        if stored.state != POSTED or stored.amount is None:
            return None
        plbs = statement.provider_adjustments(self.tx, remittance_id)
        given = [Given(reason=p.reason, reference=self._masked(p.reference), amount=-p.amount) for p in plbs]
        on_claims = sum((p.paid for p in payments), ZERO)
        if on_claims + sum((g.amount for g in given), ZERO) != stored.amount:
            raise BooksBroken(f"{remittance_id}: its parts do not come to its payment")
        return Payment(
            remittance=stored.id, payer=stored.payer_name, payment_date=stored.payment_date,
            payment_method=stored.payment_method, trace_number=stored.trace_number, amount=stored.amount,
            on_claims=on_claims, provider_adjustments=given,
        )  # fmt: skip

    def _learn(self, payments: Iterable[StoredPayment]) -> None:
        new = list(dict.fromkeys(p.remittance for p in payments if p.remittance not in self._remittances))
        self._remittances |= {one: remittances.get(self.tx, one) for one in new}
        self._told |= statement.told(self.tx, [p for p in payments if p.id not in self._told])

    def _sent(self, claim_id: str) -> Claim:
        return claims.content(self.tx, claims.get(self.tx, claim_id).version_id)

    def _masked(self, value: str | None) -> str | None:
        return value if self.reveal or value is None else MASK

    def _answer(self, payment: StoredPayment, said: RemittanceClaim, steps: Sequence[Step]) -> Answer:
        stored = self._remittances[payment.remittance]
        told = self._told.get(payment.id, [])
        standing = _standing(payment, told)
        rows = self._rows(said, _dispositions(standing))
        parts = {name: sum((row.parts[name] for row in rows), ZERO) for name in PARTS}
        if sum(parts.values(), ZERO) != said.charge:
            raise BooksBroken(f"{payment.id}: what the payer says does not come to its charge")
        before, after, moved = _around(steps, payment.id)
        _prove(payment, told, moved)
        return Answer(
            payment=payment.id, remittance=stored.id, payer=stored.payer_name, payment_date=stored.payment_date,
            payment_method=stored.payment_method, trace_number=stored.trace_number,
            payer_control_number=self._masked(said.payer_control_number),
            status=words.status(said.status_code), outcome=words.outcome(payment.class_),
            charge=said.charge, allowed=_amount(said.amounts, _ALLOWED_OF_CLAIM), parts=parts, rows=rows,
            interest=_amount(said.amounts, _INTEREST) or ZERO, posted=payment.state == POSTED, booked=words.booked(payment.state),
            notes=_notes(payment, said, standing, parts), before=before, after=after,
        )  # fmt: skip

    def _rows(self, said: RemittanceClaim, dispositions: Mapping[str, str]) -> list[Row]:
        """Return the lines, and what stands at claim level where there is anything, so that all of it is the charge."""
        rows = [self._row(n, line, said, dispositions) for n, line in enumerate(said.service_lines, start=1)]
        rest = RemittanceLine(
            procedure="",
            modifiers=(),
            charge=said.charge - sum((line.charge for line in said.service_lines), ZERO),
            paid=said.paid - sum((line.paid for line in said.service_lines), ZERO),
            adjustments=said.adjustments,
            remarks=said.remarks,
        )
        if rest.charge or rest.paid or rest.adjustments or rest.remarks or not rows:
            rows.append(self._row(None, rest, said, dispositions))
        return rows

    def _row(
        self, number: int | None, line: RemittanceLine, said: RemittanceClaim, dispositions: Mapping[str, str]
    ) -> Row:
        day = line.service_date or said.statement_from
        reasons = [
            self._reason(cas, dispositions.get(f"L{number or 0}-A{n}"), day)
            for n, cas in enumerate(line.adjustments, start=1)
            if cas.amount
        ]
        parts = {**dict.fromkeys(PARTS, ZERO), "paid": line.paid}
        for reason in reasons:
            parts[reason.part] += reason.amount
        parts["unexplained"] = line.charge - sum(parts.values(), ZERO)
        return Row(
            number=number,
            procedure=":".join((line.procedure, *line.modifiers)) or None,
            service_date=day if number else None,
            units=line.units,
            charge=line.charge,
            allowed=_amount(line.amounts, _ALLOWED_OF_LINE),
            parts=parts,
            reasons=reasons,
            remarks=[(code, self._described(CodeSet.RARC, code, day)) for code in line.remarks],
        )

    def _reason(self, cas: Adjustment, disposition: str | None, day: date | None) -> Reason:
        part = _part(cas, disposition)
        return Reason(
            group=cas.group, code=cas.reason, amount=cas.amount, part=part,
            words=words.reason(cas.group, part, booked=disposition is not None),
            description=self._described(CodeSet.CARC, cas.reason, day),
        )  # fmt: skip

    def _described(self, code_set: CodeSet, code: str, day: date | None) -> str | None:
        plain = code.strip().upper()
        plain = plain.lstrip("0") or plain
        found = codes.descriptions(self.tx, code_set, [plain], day or self.today).get(plain)
        self.described |= found is not None
        return found


def _claim_of(payment: StoredPayment) -> str | None:
    return payment.claim if payment.state != SUSPENSE else None


def _part(cas: Adjustment, disposition: str | None) -> str:
    """Return where an adjustment's amount went, by what was booked; by its group where nothing was."""
    share = share_of(cas)
    if share is not None:
        return "patient_other" if share == OTHER_SHARE else share
    return {"contractual": "contractual", "in_review": "open"}.get(disposition or "", "other")


def _standing(payment: StoredPayment, told: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of what stands: nothing that was taken off a claim again, and nothing of an answer that is not posted."""
    start = f"{posting_prefix(payment)}-"
    return [row for row in told if payment.state == POSTED and row["posting_id"].startswith(start)]


def _dispositions(told: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return, by ``L<line>-A<ordinal>``, what each adjustment did as it was booked."""
    return {
        "-".join(row["posting_id"].rsplit("-", 2)[-2:]): row["disposition"]
        for row in told
        if row["kind"] in {"adjustment", "patient_responsibility"}
    }


def _prove(payment: StoredPayment, told: Iterable[Mapping[str, Any]], moved: ClaimAccount) -> None:
    """Hold the claim payment, the rows told of it and the journal against one another."""
    if payment.state != POSTED:
        if moved != NOTHING:
            raise BooksBroken(f"{payment.id} is not posted, and yet it moved a claim's account")
        return
    sums = dict.fromkeys(("money", "contractual", "patient"), ZERO)
    for row in told:
        if row["disposition"] in sums and row["kind"] != "suspense":
            sums[row["disposition"]] += Decimal(row["amount"])
    if sums != {"money": payment.paid, "contractual": payment.contractual, "patient": payment.patient}:
        raise BooksBroken(f"{payment.id}: what was told of it is not what was posted")
    if (moved.paid, moved.adjusted, moved.patient) != (payment.paid, payment.contractual, payment.patient):
        raise BooksBroken(f"{payment.id}: the journal does not say what was posted")


def _around(
    steps: Sequence[Step], payment_id: str
) -> tuple[ClaimAccount | None, ClaimAccount | None, ClaimAccount]:
    """Return the claim's account before and after a claim payment's entries, and what they moved."""
    before, after, moved, last = None, None, NOTHING, NOTHING
    for step in steps:
        if step.claim_payment == payment_id:
            before = before or last
            after = step.after
            moved = _less(moved, _less(last, step.after))
        last = step.after
    return before, after, moved


def _less(a: ClaimAccount, b: ClaimAccount) -> ClaimAccount:
    return ClaimAccount(
        charge=a.charge - b.charge, paid=a.paid - b.paid, adjusted=a.adjusted - b.adjusted,
        patient=a.patient - b.patient, open=a.open - b.open,
    )  # fmt: skip


def _movements(steps: Sequence[Step], here: ZoneInfo) -> list[Movement]:
    before = NOTHING
    found = []
    for step in steps:
        found.append(
            Movement(
                on=step.at.astimezone(here).date(),
                what=words.movement(step.kind, step.claim_payment),
                moved=_less(step.after, before),
                after=step.after,
            )
        )
        before = step.after
    return found


def _notes(
    payment: StoredPayment,
    said: RemittanceClaim,
    told: Iterable[Mapping[str, Any]],
    parts: Mapping[str, Decimal],
) -> list[str]:
    notes = []
    if payment.reverses:
        notes.append(f"takes back {payment.reverses}: every amount of it, with the opposite sign")
    if said.status_code in CROSSED_OVER:
        notes.append("the payer sent the claim on to the next payer itself")
    for row in told:
        if row["kind"] in words.BEYOND:
            notes.append(f"{words.BEYOND[row['kind']]}: {row['amount']}")
        if row["disposition"] == "informational" and row["kind"] == "patient_responsibility":
            notes.append(words.MONEY_ONLY)
    if payment.matched_by not in {None, claim_payments.BY_ITSELF}:
        notes.append("a person said whose payment it is")
    if parts["unexplained"]:
        notes.append("the payer's own amounts do not come to its charge; ask the payer for the difference")
    if payment.state == NOTED and said.paid == 0:
        notes.append("no money moved")
    return list(dict.fromkeys(notes))


def _amount(amounts: Iterable[Any], qualifier: str) -> Decimal | None:
    found = [one.amount for one in amounts if one.qualifier == qualifier]
    return sum(found, ZERO) if found else None


def _days(claim: RemittanceClaim) -> list[date]:
    days = [d for line in claim.service_lines for d in (line.service_date, line.service_date_to) if d]
    return days or [d for d in (claim.statement_from, claim.statement_to) if d]


def _patient(sent: Claim | None, said: RemittanceClaim | None) -> str | None:
    person = (sent.patient or sent.subscriber) if sent else None
    names = (
        (person.last_name, person.first_name)
        if person
        else (said.patient_last_name, said.patient_first_name)
        if said
        else ()
    )
    return ", ".join(name for name in names if name) or None


def _provider(sent: Claim | None) -> str | None:
    if sent is None:
        return None
    who = sent.billing_provider
    names = (who.name, who.first_name) if who.first_name else (who.name,)
    text = ", ".join(name for name in names if name)
    return f"{text} (NPI {who.npi})" if who.npi else text
