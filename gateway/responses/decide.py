"""What a payer's answer does to a claim's account: amounts to post, or the doubt that sends the money to suspense.

Only contractual pairs and patient shares move; every other CO, PI or OA amount stays open, in review (law 7). Nothing
that could be wrong is posted: what these rules do not cover is doubted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.model.lifecycle import VOID
from gateway.model.remittance import Adjustment, RemittanceClaim
from gateway.responses.balance import adjusted, all_adjustments, claim_holds
from gateway.responses.carc import Classes, PaymentClass, classify, pair, plain_reason
from gateway.responses.match import Match, Speaker, same_payer
from gateway.responses.worksheet import REVERSAL, Worksheet, bears_money
from gateway.store import claim_payments, remittances
from gateway.store.claim_payments import StoredPayment
from gateway.store.ledger import ClaimAccount

ZERO = Decimal("0.00")

ADJUDICATED = frozenset({"1", "2", "3", "4", "19", "20", "21"})
OLD_CODES = frozenset({"5", "10", "13", "15", "16", "17", "27"})
"""4010 claim status codes: treated as processed, with a warning (domain.md 4.4)."""
NO_MONEY = frozenset({"23", "25"})
EARLY = "it counts on a payment of another payer that was not posted yet"
_UNSETTLED = frozenset(
    {PaymentClass.PAID, PaymentClass.DENIED, PaymentClass.DUPLICATE, PaymentClass.REVERSAL}
)
ANSWERED = "what we sent this payer was answered already, by another payer or by it under another name"
_FIRST_IN_LINE = frozenset({"1", "19"})
_LATER_IN_LINE = frozenset({"2", "3", "20", "21"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """*state* posted, suspense or noted; the amounts are what is posted to the claim, and zero where nothing is.

    *patient* may be negative where a later payer takes over what the patient owed; *undone* is the claim payment
    reversed; *later_payer* says that rule ERA-SEC decided, *money_only* that no adjustment was booked,
    *netted* that the offsets between unbundled lines were taken off the write-off.
    """

    state: str
    class_: PaymentClass
    paid: Decimal = ZERO
    contractual: Decimal = ZERO
    patient: Decimal = ZERO
    in_review: Decimal = ZERO
    undone: StoredPayment | None = None
    doubt: str | None = None
    later_payer: bool = False
    money_only: bool = False
    netted: bool = False

    @property
    def reverses(self) -> str | None:
        """The id of the claim payment reversed."""
        return self.undone.id if self.undone else None


def decide(
    sheet: Worksheet,
    claim: RemittanceClaim,
    match: Match,
    *,
    payer_key: str,
    who: Speaker,
    contractual: frozenset[str],
    classes: Classes,
) -> Decision:
    """Decide what one CLP does to the claim as it stands on the worksheet, and change nothing."""
    class_ = classify(claim, contractual=contractual, classes=classes)
    doubt = _doubt_of_form(claim)
    if doubt is None and claim.status_code in NO_MONEY:
        return Decision(state=remittances.NOTED, class_=class_)
    doubt = doubt or match.doubt
    if doubt is not None or match.claim_id is None:
        return _suspense(class_, doubt or "no claim of ours")
    before = sheet.standing(match.claim_id)
    if claim.status_code == REVERSAL:
        named = match.how == claim_payments.BY_HAND
        return _reversal(sheet, claim, before, payer_key=payer_key, by_hand=named)
    first = sheet.first_payer(match.claim_id)
    later, doubt = _place_in_line(claim, match, before, payer_key=payer_key, who=who, first=first)
    if later and _before_the_first(sheet, match, before, payer_key=payer_key):
        doubt = EARLY
    if match.submission is not None and match.submission.frequency == VOID:
        doubt = doubt or "the claim was voided, and the payer answers otherwise than by a reversal"
    if doubt is None:
        # What the answered submission billed: the account shows what was billed last, which may be another version.
        charge = match.submission.charge if match.submission else sheet.account(match.claim_id).charge
        doubt = _said_before(claim, charge, before, payer_key=payer_key, contractual=contractual)
        doubt = doubt or _same_answer(claim, before, sheet.control_indexes(claim))
    if doubt is not None:
        return _suspense(class_, doubt)
    if not claim_holds(claim):
        # Posted only where a person released it: what is not explained is left open, in review.
        return money_only(claim, class_, sheet, match.claim_id)
    if later:
        return _later_payer(claim, sheet.account(match.claim_id), class_, contractual=contractual)
    return first_payer(claim, class_, contractual=contractual)


def first_payer(claim: RemittanceClaim, class_: PaymentClass, *, contractual: frozenset[str]) -> Decision:
    """Return what the first payer's answer posts: payment, contractual pairs, patient share; the rest stays open."""
    written_off, patient = shares(claim, contractual=contractual)
    in_review = claim.charge - claim.paid - written_off - patient
    offset = _paid_to_parts(claim, in_review)
    netted = offset < 0 <= written_off + offset
    if netted:
        # A line unbundled into dearer ones (4.10): what its parts are paid beyond its share was never given up.
        written_off, in_review = written_off + offset, in_review - offset
    return Decision(
        state=remittances.POSTED,
        class_=class_,
        paid=claim.paid,
        contractual=written_off,
        patient=patient,
        in_review=in_review,
        netted=netted,
    )


def _paid_to_parts(claim: RemittanceClaim, in_review: Decimal) -> Decimal:
    """Return the offsets of an unbundled line: those of its parts, which bring no charge of their own, below zero.

    Where no part is told from its line, all offsets together, if they are all that keeps the claim from adding up.
    """
    parts = [a for line in claim.service_lines if line.charge == 0 for a in line.adjustments if is_offset(a)]
    if parts:
        return adjusted(parts)
    everything = adjusted(a for a in all_adjustments(claim) if is_offset(a))
    return everything if everything == in_review else ZERO


def is_offset(adjustment: Adjustment) -> bool:
    """Tell whether it is OA-94: what one line of a bundle or of its parts takes over from another (4.10)."""
    return pair(adjustment) == "OA-94"


def shares(claim: RemittanceClaim, *, contractual: frozenset[str]) -> tuple[Decimal, Decimal]:
    """Return the sums of the contractual pairs and of the patient's group, both levels together."""
    everything = all_adjustments(claim)
    return adjusted(a for a in everything if pair(a) in contractual), adjusted(everything, group="PR")


def money_only(claim: RemittanceClaim, class_: PaymentClass, sheet: Worksheet, claim_id: str) -> Decision:
    """Return the decision that moves the payment and nothing else: what a match by hand may do in doubt.

    In review is what it leaves open; after an earlier answer, what it takes off that one's. Whatever else it says is for a
    person, so that it may not be called settled.
    """
    first = claim.status_code != REVERSAL and not sheet.standing(claim_id)
    unanswered = sheet.account(claim_id).open if first else ZERO
    return Decision(
        state=remittances.POSTED,
        class_=class_ if class_ in _UNSETTLED else PaymentClass.REVIEW,
        paid=claim.paid,
        in_review=unanswered - claim.paid,
        money_only=True,
    )


def _suspense(class_: PaymentClass, doubt: str) -> Decision:
    return Decision(state=remittances.SUSPENSE, class_=class_, doubt=doubt)


def _doubt_of_form(claim: RemittanceClaim) -> str | None:
    """Doubt what no rule covers: an unknown status, money where there is none, a sign that makes no sense."""
    status = claim.status_code
    if status not in ADJUDICATED | OLD_CODES | NO_MONEY | {REVERSAL}:
        return f"claim status code {status!r} is not known"
    if status in NO_MONEY:
        return "an answer without payment carries money" if claim.paid != 0 else None
    if status == REVERSAL:
        return "a reversal with a positive charge or payment" if claim.charge > 0 or claim.paid > 0 else None
    return "a negative charge or payment outside a reversal" if claim.charge < 0 or claim.paid < 0 else None


def _reversal(
    sheet: Worksheet,
    claim: RemittanceClaim,
    before: Sequence[StoredPayment],
    *,
    payer_key: str,
    by_hand: bool,
) -> Decision:
    """Undo the one posted payment this names (4.9): same payer, its claim number, equal and opposite amounts.

    Where a person said whose it is, its number may be another: a payer may give a reversal one of its own. Or the payer may
    be another by name and tax id, under the same number: one that took over what the first one had begun.
    """
    indexes = sheet.control_indexes(claim)
    theirs = [p for p in before if p.payer_key == payer_key]
    numbered = [p for p in before if p.payer_control_index in indexes]
    same = [p for p in theirs if p in numbered]

    def mirrored(some: Sequence[StoredPayment]) -> list[StoredPayment]:
        return [p for p in some if _undoes(sheet, claim, p)]

    equal = mirrored(same) or (mirrored(theirs) or mirrored(numbered) if by_hand else [])
    if not equal:
        if same or (by_hand and theirs):
            doubt = "the amounts are not those of the payment that this reverses"
        elif mirrored(numbered):
            doubt = "it takes back what was paid under another payer's name"
        else:
            doubt = "the payment that this reverses was not posted here, or is reversed already"
        return _suspense(PaymentClass.REVERSAL, doubt)
    undone = equal[-1]
    return Decision(
        state=remittances.POSTED,
        class_=PaymentClass.REVERSAL,
        paid=-undone.paid,
        contractual=-undone.contractual,
        patient=-undone.patient,
        in_review=-undone.in_review,
        undone=undone,
    )


def _undoes(sheet: Worksheet, claim: RemittanceClaim, posted: StoredPayment) -> bool:
    """Tell whether the reversal has the amounts of what was posted, with the opposite sign."""
    if (posted.charge, posted.paid) != (-claim.charge, -claim.paid):
        return False
    return _mirrors(sheet.adjustments(posted), claim)


def _mirrors(posted: Mapping[tuple[str, str], Decimal], claim: RemittanceClaim) -> bool:
    """Tell whether the reversal's adjustments are the original's, negated (4010 senders use group CR: not compared)."""
    everything = all_adjustments(claim)
    if any(a.group == "CR" for a in everything):
        return True
    negated: dict[tuple[str, str], Decimal] = {}
    for a in everything:
        key = (a.group, plain_reason(a.reason))
        negated[key] = negated.get(key, ZERO) - a.amount
    original: dict[tuple[str, str], Decimal] = {}
    for (group, reason), amount in posted.items():
        original[(group, plain_reason(reason))] = original.get((group, plain_reason(reason)), ZERO) + amount
    return {k: v for k, v in negated.items() if v} == {k: v for k, v in original.items() if v}


def _place_in_line(
    claim: RemittanceClaim,
    match: Match,
    before: Sequence[StoredPayment],
    *,
    payer_key: str,
    who: Speaker,
    first: str | None,
) -> tuple[bool, str | None]:
    """Tell whether the payer comes after another one for this claim, or why that cannot be told (4.4, 4.15).

    *first* is the payer whose answer was the first on the claim, as far as known: it stays the first when it corrects
    that answer, whoever answered in between.
    """
    sent_to = match.submission
    if sent_to is not None and sent_to.payer_sequence != "P":
        twice = _answered_under_another_name(claim, sent_to.submission_id, before, payer_key=payer_key)
        return True, ANSWERED if twice else None
    ours = sent_to is not None and same_payer(sent_to, who)
    if any(p.payer_key != payer_key and bears_money(p) for p in before):
        if first == payer_key:
            return False, None
        if ours:
            return False, "another payer's answer was posted before the first payer's"
        if claim.status_code in _FIRST_IN_LINE:
            return False, "two different payers answer as the first"
        return True, None
    if ours or claim.status_code in _FIRST_IN_LINE or first == payer_key:
        return False, None
    if first is not None:
        return False, "the first payer's answer was reversed, and nothing is posted in its place"
    prior = any(a.group == "OA" and plain_reason(a.reason) == "23" for a in all_adjustments(claim))
    # Some payers call themselves third always: who names no id of its own is believed to be the one we sent to.
    if prior or (claim.status_code in _LATER_IN_LINE and who.payer_ids):
        return False, EARLY
    return False, None


def _before_the_first(
    sheet: Worksheet, match: Match, before: Sequence[StoredPayment], *, payer_key: str
) -> bool:
    """Tell whether a later payer answers before the first one has, or before all parts of a split answer are there."""
    claim_id = str(match.claim_id)
    first = {
        one.submission_id
        for one in sheet.submissions(claim_id)
        if one.payer_sequence == "P" and not one.rejected
    }
    if not any(p.payer_key != payer_key for p in before):
        return bool(first) and match.submission is not None and match.submission.payer_sequence != "P"
    answered = sum((p.charge for p in before if p.payer_key != payer_key and p.submission in first), ZERO)
    return ZERO < answered < sheet.account(claim_id).charge


def _answered_under_another_name(
    claim: RemittanceClaim, submission_id: str, before: Sequence[StoredPayment], *, payer_key: str
) -> bool:
    """Tell whether what we sent a later payer was answered in the same place in line by one of another key.

    On paper a payer names itself otherwise than in a file.
    """
    return any(
        p.submission == submission_id
        and p.payer_key != payer_key
        and p.status_code == claim.status_code[:4]
        and bears_money(p)
        for p in before
    )


def _said_before(
    claim: RemittanceClaim,
    booked: Decimal,
    before: Sequence[StoredPayment],
    *,
    payer_key: str,
    contractual: frozenset[str],
) -> str | None:
    """Doubt an answer to more than we billed, or a second one that nothing reversed (4.13); splits add up to the charge."""
    if not (claim.paid or any(shares(claim, contractual=contractual))):
        return None
    mine = [p for p in before if p.payer_key == payer_key and bears_money(p)]
    if sum((p.charge for p in mine), claim.charge) <= booked:
        return None
    if mine:
        return "this payer's answer on the claim is posted already, and was not reversed"
    return "the answer is about a higher charge than was billed"


def _same_answer(claim: RemittanceClaim, before: Sequence[StoredPayment], indexes: set[str]) -> str | None:
    """Doubt what was said word for word already, under one of the payer's claim numbers (4.13): money or none.

    However the payer was named: on paper it names itself otherwise than in a file.
    """
    said = (claim.status_code[:4], claim.charge, claim.paid)
    same = next(
        (p for p in before if p.payer_control_index in indexes and (p.status_code, p.charge, p.paid) == said),
        None,
    )
    return f"the payer gave the same answer before, in {same.remittance}" if same else None


def _later_payer(
    claim: RemittanceClaim, account: ClaimAccount, class_: PaymentClass, *, contractual: frozenset[str]
) -> Decision:
    """Rule ERA-SEC: what is left of the balance after payment and patient share, and no more, may be written off.

    A later payer that pays nothing and names no patient share leaves the account as it was.
    """
    offered, patient_owes = shares(claim, contractual=contractual)
    if claim.paid == 0 and patient_owes == 0:
        return Decision(state=remittances.POSTED, class_=class_, later_payer=True)
    left = account.open + account.patient - claim.paid - patient_owes
    if left < 0:
        return _suspense(class_, "with this payment more would be paid than was left of the charge")
    written_off = left if left <= offered else ZERO
    return Decision(
        state=remittances.POSTED,
        class_=class_,
        paid=claim.paid,
        contractual=written_off,
        patient=patient_owes - account.patient,
        in_review=left - written_off,
        later_payer=True,
    )
