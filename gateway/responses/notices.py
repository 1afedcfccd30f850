"""What an answer means beyond the books: what is in doubt, who was told otherwise (4.9), what the payer has otherwise (4.1).

The same words whether an answer is posted by itself, matched by a person, or moved out of suspense when its claim came.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from gateway.model.charge import place_in_line
from gateway.model.findings import Finding, warning
from gateway.model.money import plain
from gateway.model.remittance import CROSSED_OVER
from gateway.responses.balance import all_adjustments
from gateway.responses.carc import PaymentClass
from gateway.responses.decide import OLD_CODES
from gateway.responses.entries import Answer
from gateway.responses.match import REMEMBERED
from gateway.responses.worksheet import Worksheet
from gateway.store.claim_payments import StoredPayment
from gateway.store.remittances import POSTED, SUSPENSE

_GROUPS = frozenset({"CO", "PR", "OA", "PI", "CR"})


def of_answer(answer: Answer) -> Iterator[Finding]:
    """Yield what is to be remarked on one answer as it was judged."""
    claim, decision, payment = answer.said, answer.decision, answer.payment
    place = {"claim": claim.patient_control_number, "segment": "CLP", "loop": "2100"}
    if decision.state == SUSPENSE:
        yield warning(
            "ERA-SUSPENSE",
            f"{decision.doubt}; the payment waits in suspense: gateway match {payment.id} C-ID",
            **place,
        )
    if payment.how == REMEMBERED:
        yield warning(
            "ERA-REMEMBERED",
            f"matched to {payment.claim} because a person said that this payer means it by the number; if that is wrong: "
            f"gateway unmatch {payment.id} --reason TEXT",
            **place,
        )
    unknown = [n for n, match_ in enumerate(answer.lines, start=1) if not match_.lines]
    if unknown and decision.state == POSTED:
        yield warning(
            "ERA-LINE",
            f"{len(unknown)} of {len(answer.lines)} lines answer none of the lines that were billed, as far as can be told: "
            f"posted at claim level; look at {payment.claim}",
            **place,
        )
    if claim.status_code in OLD_CODES:
        yield warning("ERA-STATUS", "an obsolete claim status code, read as processed", **place)
    if claim.status_code in CROSSED_OVER:
        yield warning(
            "ERA-CROSSOVER",
            "the payer sent the claim on to the next payer; send no claim of our own",
            **place,
        )
    if decision.class_ is PaymentClass.FORWARDED:
        yield warning(
            "ERA-FORWARDED",
            f"the payer sent {payment.claim or 'a claim that is not ours'} on to {claim.crossover_payer or 'another payer'} as "
            "not its own; nothing is posted, and that payer's answer is waited for",
            **place,
        )
    if decision.class_ is PaymentClass.PREDETERMINATION:
        yield warning(
            "ERA-PREDETERMINATION",
            f"what the payer would pay for {payment.claim or 'a claim that is not ours'}, and no payment; nothing is posted",
            **place,
        )
    if any(a.group not in _GROUPS for a in all_adjustments(claim)):
        yield warning("ERA-GROUP", "an unknown adjustment group; its amount stays in review", **place)


def of_reversals(
    answers: Iterable[Answer], sheet: Worksheet, patient_before: Mapping[str, Decimal]
) -> Iterator[Finding]:
    """Yield a notice for each claim of which something was reversed, where somebody else has been told otherwise.

    *patient_before* is what the patient owed on each claim before the remittance.
    """
    undone: dict[str, StoredPayment] = {}
    for answer in answers:
        if answer.decision.undone is not None:
            undone.setdefault(str(answer.payment.claim), answer.decision.undone)
    for claim_id, payment in undone.items():
        yield from of_change(payment, sheet, patient_before[claim_id])


def of_change(gone: StoredPayment, sheet: Worksheet, patient_before: Decimal) -> Iterator[Finding]:
    """Yield whom it concerns that the answer *gone* holds no more: the patient, and the payers after the one who gave it."""
    claim_id = str(gone.claim)
    now = sheet.account(claim_id).patient
    if now != patient_before:
        yield warning(
            "ERA-PATIENT",
            f"what the patient owes on {claim_id} changed by {plain(now - patient_before)}, from {plain(patient_before)} to "
            f"{plain(now)}; look whether a statement went out, or a payment came, on the old amount",
        )
    sent = sheet.submissions(claim_id)
    place = max(
        (place_in_line(s.payer_sequence) for s in sent if s.submission_id == gone.submission), default=0
    )
    later = [s for s in sent if place_in_line(s.payer_sequence) > place and not s.rejected]
    if later:
        yield warning(
            "ERA-SECONDARY",
            f"{claim_id} went to the next payer with an answer that holds no more ({later[-1].submission_id}); send that "
            "payer a replacement (frequency 7)",
        )


def of_states(contradicting: Iterable[Answer]) -> Iterator[Finding]:
    """Yield a notice for each answer whose money is posted although the claim's state speaks against it."""
    for answer in contradicting:
        yield warning(
            "ERA-STATE",
            f"money is posted, but the state of {answer.payment.submission} contradicts it; look at {answer.payment.claim}",
        )


def of_people(answers: Iterable[Answer]) -> Iterator[Finding]:
    """Yield a notice for each claim whose patient or order of payers the payer has otherwise (NM1*74, NM1*PR).

    A proposal each, in no words of the payer's: what it says is in the answer, and nothing of the claim is changed.
    """
    for answer in answers:
        said, payment = answer.said, answer.payment
        whose, look = payment.claim or "the claim", f"gateway show {payment.id} --reveal"
        if said.corrected is not None or said.corrected_member_id:
            yield warning(
                "ERA-CORRECTED",
                f"the payer has the member's name or id otherwise than {whose} says; look at it with: {look}; and mend the "
                "patient's record in your own system, where it is so",
                claim=said.patient_control_number,
                segment="NM1",
                loop="2100",
            )
        if said.priority_payer or said.priority_payer_id:
            yield warning(
                "ERA-PRIORITY",
                f"the payer says that another one comes before it for {whose}; look which with: {look}; and send the claim "
                "there first, where it is so",
                claim=said.patient_control_number,
                segment="NM1",
                loop="2100",
            )
