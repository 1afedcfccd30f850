"""Denials and what else answers left open: what for, how old, and what a biller can do about it (domain.md 4.11).

Worked out from the payers' own words each time somebody asks, so that a change of ``[carc]`` shows at once. Nothing here
moves money: what is open stays open until the payer pays, a correction is answered, or the office books it by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from gateway.errors import Refused
from gateway.model.remittance import Adjustment, RemittanceClaim
from gateway.responses.balance import all_adjustments
from gateway.responses.carc import (
    CarcClass,
    Classes,
    PaymentClass,
    class_of,
    classes_of,
    classify_line,
    contractual_pairs,
    pair,
    plain_reason,
    unsettled,
)
from gateway.responses.decide import shares
from gateway.responses.scenarios import Combinations
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import claim_payments, crossovers, notes, remittances
from gateway.store import denials as stored
from gateway.store.db import Tx
from gateway.store.denials import OpenAnswer
from gateway.store.notes import Note

ZERO = Decimal("0.00")

_LISTED = frozenset(
    {PaymentClass.DENIED, PaymentClass.DUPLICATE, PaymentClass.CAPITATED, PaymentClass.REVIEW}
)
_AS_SUCH = frozenset({PaymentClass.CAPITATED, PaymentClass.REVERSAL})
"""What a claim's newest answer may be without a reason of its own for what is open; anything else is for review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One adjustment behind it: *pair* GROUP-CARC as received, our *class_* of the CARC, the amount."""

    pair: str
    class_: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One thing a payer left open: a whole answer (*line* None) or one line of it.

    *class_* is denied, duplicate, review, prior_payer, capitated or reversal (taken back, and not answered anew); *amount* what
    is open for these *reasons*; *since* when it was posted; *next* what can be done; *note* the newest thing a person noted;
    *scenario* why, by the list of CORE rule 360 where one is loaded (`scenarios.WORDS`).
    """

    claim_payment: str
    claim: str
    line: int | None
    procedure: str | None
    class_: str
    amount: Decimal
    reasons: tuple[Reason, ...]
    remarks: tuple[str, ...]
    partner: str
    payer: str
    payer_key: str
    since: datetime
    patient_may_be_billed: bool
    next: str
    note: Note | None
    scenario: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which denials: of a payer (part of its name, or its key), for a reason (CARC or GROUP-CARC), posted before."""

    payer: str | None = None
    reason: str | None = None
    before: datetime | None = None

    def takes(self, denial: Denial) -> bool:
        """Tell whether *denial* is one of them."""
        if self.before is not None and denial.since > self.before:
            return False
        if self.payer and self.payer.casefold() not in f"{denial.payer}\0{denial.payer_key}".casefold():
            return False
        return self.reason is None or any(_is_named(self.reason, reason.pair) for reason in denial.reasons)


def denials(
    tx: Tx, settings: Settings, wanted: Wanted, *, listed: Combinations | None = None
) -> Iterator[Denial]:
    """Yield what the payers left open and nobody closed, the oldest first; *listed* tells the scenarios."""
    answers = stored.open_answers(tx)
    said = stored.contents(tx, (answer.id for answer in answers))
    noted = notes.latest(tx, (answer.id for answer in answers))
    judge = _Judge(settings, listed or Combinations(None, date.min))
    for answer in answers:
        for denial in judge.of_answer(answer, said[answer.id], noted.get(answer.id)):
            if wanted.takes(denial):
                yield _sent_on(denial, said[answer.id])


def close(site: Site, payment_id: str, *, reason: str, actor: str) -> None:
    """Take an answer off the denials for *reason*, under a name; no money moves, what is open stays open.

    Raises:
        NotFound: no such claim payment.
        Refused: it leaves nothing open, or was closed before.

    """
    _write(site, payment_id, notes.CLOSED, reason=reason, actor=actor)


def work(site: Site, payment_id: str, *, reason: str, actor: str) -> None:
    """Note on a denial what somebody does about it; it stays on the list.

    Raises:
        NotFound: no such claim payment.
        Refused: it leaves nothing open, or was closed before.

    """
    _write(site, payment_id, notes.WORKED, reason=reason, actor=actor)


def _write(site: Site, payment_id: str, kind: str, *, reason: str, actor: str) -> None:
    with site.store.write(f"denial_{kind}", actor=actor) as tx:
        payment = claim_payments.get(tx, payment_id)
        if payment.state == remittances.SUSPENSE:
            raise Refused(
                f"{payment_id} is in suspense: say whose it is with: gateway match {payment_id} C-ID, or that it is booked "
                f"elsewhere with: gateway release {payment_id} --reason TEXT"
            )
        listed = {answer.id for answer in stored.open_answers(tx)}
        if payment_id not in listed | {one.id for one in crossovers.waiting(tx)}:
            raise Refused(
                f"{payment_id} is not on the list of denials: it leaves nothing open, was closed, reversed or sent again; "
                f"gateway show {payment_id}"
            )
        notes.add(tx, payment_id, kind, reason)
        tx.audit(payment_id, {"claim": payment.claim, "remittance": payment.remittance, "reason": reason})


def _sent_on(denial: Denial, said: RemittanceClaim) -> Denial:
    """Name the payer that should have been billed first, where the one that refused tells it (NM1*PR)."""
    first = " ".join(filter(None, (said.priority_payer, said.priority_payer_id)))
    if not first or denial.class_ not in _REFUSED:
        return denial
    return replace(
        denial, next=f"the payer says that {first} comes before it: bill that one first; else {denial.next}"
    )


_REFUSED = frozenset({PaymentClass.DENIED.value, PaymentClass.REVIEW.value})


class _Judge:
    """Tells what an answer leaves open, by the rules and the codes of this installation."""

    def __init__(self, settings: Settings, listed: Combinations) -> None:
        self._listed = listed
        self._contractual = contractual_pairs(settings.contractual.pairs)
        self._classes: Classes = classes_of(settings.carc)
        self._as_new = frozenset(code.strip().upper() for code in settings.carc.resubmit_remarks)

    def of_answer(self, answer: OpenAnswer, said: RemittanceClaim, note: Note | None) -> Iterator[Denial]:
        told = shares(said, contractual=self._contractual)
        if answer.moved_money_only and not any(told):
            answer = replace(answer, moved_money_only=False)  # it had nothing else to say
        if answer.beside_another:
            said = _without_prior_payers(said)
        if answer.left_over:
            class_ = PaymentClass(answer.class_)
            rest = unsettled(all_adjustments(said), contractual=self._contractual)
            yield self._denial(
                answer,
                class_ if class_ in _AS_SUCH else PaymentClass.REVIEW,
                amount=answer.open,
                adjustments=rest if class_ is PaymentClass.CAPITATED else (),
                remarks=_remarks(said),
                note=note,
            )
            return
        if answer.class_ in stored.ALWAYS_OPEN:
            rest = unsettled(all_adjustments(said), contractual=self._contractual)
            yield self._denial(
                answer,
                PaymentClass(answer.class_),
                amount=_at_stake(answer, rest),
                adjustments=rest or all_adjustments(said),
                remarks=_remarks(said),
                note=note,
            )
            return
        if answer.class_ == stored.TAKEN_BACK:
            yield self._denial(
                answer, PaymentClass.REVERSAL, amount=answer.in_review, adjustments=(), remarks=_remarks(said), note=note
            )  # fmt: skip
            return
        left, spoken_for = answer.in_review, set[int]()
        lines = () if answer.class_ == stored.REVERSAL else said.service_lines
        for number, line in enumerate(lines, start=1):
            class_ = classify_line(line, contractual=self._contractual, classes=self._classes)
            if class_ in _LISTED:
                rest = unsettled(line.adjustments, contractual=self._contractual)
                spoken_for.add(number)
                left -= _sum(a for a in rest if a.group != "PR")
                yield self._denial(
                    answer,
                    class_,
                    amount=_sum(rest),
                    adjustments=rest,
                    remarks=line.remarks,
                    note=note,
                    line=(number, line.procedure),
                )
        if left:
            levels = [said.adjustments] + [
                line.adjustments for n, line in enumerate(said.service_lines, start=1) if n not in spoken_for
            ]
            others = unsettled((a for level in levels for a in level), contractual=self._contractual)
            whole = PaymentClass.PRIOR_PAYER if answer.class_ == "prior_payer" else PaymentClass.REVIEW
            yield self._denial(
                answer,
                whole,
                amount=left,
                adjustments=[a for a in others if a.group != "PR"],
                remarks=said.remarks,
                note=note,
                even=answer.class_ != stored.REVERSAL and said.charge == said.paid + sum(told),
            )

    def _denial(
        self,
        answer: OpenAnswer,
        class_: PaymentClass,
        *,
        amount: Decimal,
        adjustments: Iterable[Adjustment],
        remarks: Iterable[str],
        note: Note | None,
        line: tuple[int, str] | None = None,
        even: bool = False,
    ) -> Denial:
        adjustments = tuple(adjustments)
        reasons = self._reasons(adjustments)
        to_patient = (
            class_ is PaymentClass.DENIED
            and bool(reasons)
            and all(reason.pair.startswith("PR-") for reason in reasons)
        )
        told = tuple(dict.fromkeys(remarks))
        return Denial(
            claim_payment=answer.id,
            claim=answer.claim,
            line=line[0] if line else None,
            procedure=line[1] if line else None,
            class_=class_.value,
            amount=amount,
            reasons=reasons,
            remarks=told,
            partner=answer.partner,
            payer=answer.payer_name or answer.payer_key,
            payer_key=answer.payer_key,
            since=answer.since,
            patient_may_be_billed=to_patient,
            next=self._next(answer, class_, told, reasons, to_patient=to_patient, even=even),
            note=note,
            scenario=self._listed.scenario(adjustments, told),
        )

    def _reasons(self, adjustments: Iterable[Adjustment]) -> tuple[Reason, ...]:
        sums: dict[str, Decimal] = {}
        codes: dict[str, str] = {}
        for a in adjustments:
            pair = f"{a.group}-{a.reason}"
            sums[pair] = sums.get(pair, ZERO) + a.amount
            codes[pair] = a.reason
        return tuple(
            Reason(pair=pair, class_=class_of(codes[pair], self._classes).value, amount=amount)
            for pair, amount in sums.items()
        )

    def _next(
        self,
        answer: OpenAnswer,
        class_: PaymentClass,
        remarks: Iterable[str],
        reasons: Sequence[Reason],
        *,
        to_patient: bool,
        even: bool,
    ) -> str:
        if class_ is PaymentClass.DUPLICATE:
            return f"look at the first claim (gateway show {answer.claim}); do not send this one again"
        if class_ is PaymentClass.CAPITATED:
            return (
                "nothing is to come for it: book it against the capitation in your own system; the pair in [contractual] of "
                "config.toml gives the next ones up by itself"
            )
        if class_ is PaymentClass.REVERSAL:
            return (
                "the payer took its answer back and gave no other: wait for its correction, ask for it, or send the claim again "
                f"(gateway correct {answer.claim} FILE)"
            )
        if class_ is PaymentClass.PRIOR_PAYER:
            return "the payer counts on another payer's payment; find that one's remittance"
        if class_ is PaymentClass.REVIEW:
            unnamed = [
                one
                for one in reasons
                if one.pair.startswith("CO-")
                and one.class_ == CarcClass.CONTRACTUAL.value
                and not contractual_pairs([one.pair]) <= self._contractual
            ]
            return _to_review(answer, unnamed if len(unnamed) == len(reasons) else (), even=even)
        if any(code.strip().upper() in self._as_new for code in remarks):
            return "the payer could not process it: mend the record and drop it again as a new claim"
        correct = f"correct it (gateway correct {answer.claim} FILE) or appeal"
        return (
            f"the patient may be billed; or {correct}" if to_patient else f"{correct}; never bill the patient"
        )


def _without_prior_payers(said: RemittanceClaim) -> RemittanceClaim:
    """Return an answer without what it says that other payers settled (OA-23): nothing of that is open."""

    def others(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
        return tuple(a for a in adjustments if pair(a) != "OA-23")

    lines = tuple(replace(line, adjustments=others(line.adjustments)) for line in said.service_lines)
    return replace(said, adjustments=others(said.adjustments), service_lines=lines)


def _to_review(answer: OpenAnswer, unnamed: Sequence[Reason], *, even: bool) -> str:
    """Say what a person can do about what no rule settles.

    *unnamed* are its reasons where all of them are what a contract gives up, and [contractual] names none of them; *even*
    tells that by the pairs of [contractual] as they are today nothing of it is open.
    """
    decide = f"look and decide (gateway show {answer.id}): correct, appeal, or book it in your own system"
    if answer.moved_money_only:
        return (
            "only its money was posted when it was matched; where what it contradicted was taken back since, post all of it: "
            f"gateway unmatch {answer.id} --reason TEXT, then gateway match {answer.id} {answer.claim}; else {decide}"
        )
    if even:
        return (
            "by [contractual] as it stands today nothing of it is open; to have it posted by that: "
            f"gateway unmatch {answer.id} --reason TEXT, then gateway match {answer.id} {answer.claim}"
        )
    if unnamed:
        pairs = ", ".join(one.pair for one in unnamed)
        return (
            f"where your contract gives it up, book it in your own system, and name {pairs} in [contractual] of config.toml: the "
            f"next ones are then given up by themselves; else {decide}"
        )
    return decide


def _at_stake(answer: OpenAnswer, rest: Sequence[Adjustment]) -> Decimal:
    """Return how much of what *rest* explains is still to be had: of payers, or of the patient.

    A later payer's answer also explains what the earlier ones settled.
    """
    explained = _sum(rest)
    if not rest:
        return answer.in_review or answer.open
    if explained < 0:
        return answer.in_review
    return min(explained, max(answer.open, ZERO) + max(answer.patient, ZERO))


def _sum(adjustments: Iterable[Adjustment]) -> Decimal:
    return sum((a.amount for a in adjustments), ZERO)


def _remarks(said: RemittanceClaim) -> list[str]:
    return [*said.remarks, *(code for line in said.service_lines for code in line.remarks)]


def _is_named(asked: str, pair: str) -> bool:
    """Tell whether *asked*, a CARC or GROUP-CARC, means this *pair*."""
    group, _, reason = pair.partition("-")
    named_group, dash, named_reason = asked.strip().upper().partition("-")
    if not dash:
        return plain_reason(asked) == plain_reason(reason)
    return named_group == group and plain_reason(named_reason) == plain_reason(reason)
