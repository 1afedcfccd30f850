"""A payment in suspense on a claim that a person named: what it does there, and what has to be matched before it."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.errors import Refused
from gateway.model.matching import loose_id
from gateway.model.remittance import RemittanceClaim
from gateway.responses import match
from gateway.responses.carc import classes_of, contractual_pairs
from gateway.responses.decide import Decision, decide, money_only
from gateway.responses.match import Match, Speaker
from gateway.responses.worksheet import Worksheet
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.candidates import Candidate
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.remittances import POSTED


def speaker_of(payment: StoredPayment) -> Speaker:
    """Return what is still known of who spoke: the payer's ids, or where they were not kept its key, which may be one."""
    known = payment.payer_ids
    ids = known.split() if known is not None else [loose_id(payment.payer_key.partition("-")[2])]
    return Speaker(partner="", payer_ids=frozenset(ids), split_charge={})


def receivable(sheet: Worksheet, claim_id: str) -> list[Candidate]:
    """Return the submissions of a claim that a payment may be matched to: none where all were rejected, or nothing was billed."""
    usable = [c for c in sheet.submissions(claim_id) if not c.rejected]
    return usable if sheet.is_billed(claim_id) or not any(c.charge for c in usable) else []


def judged_by_hand(
    sheet: Worksheet, claim_id: str, payment: StoredPayment, said: RemittanceClaim, settings: Settings
) -> tuple[Match, Decision]:
    """Return which submission of the claim is answered, and what that posts: in doubt the money and nothing else.

    Raises:
        Refused: nothing was ever billed on the claim.

    """
    usable = receivable(sheet, claim_id)
    if not usable:
        raise Refused(
            f"{claim_id} is no claim that was sent and not rejected, so nothing is receivable on it; "
            "look at it with: gateway show " + claim_id
        )
    who = speaker_of(payment)
    chosen = match.choose(usable, said, who, sheet.control_indexes(said))
    found = Match(
        claim_id=claim_id, submission=chosen, sent=sheet.content(chosen), how=claim_payments.BY_HAND
    )
    decision = decide(
        sheet, said, found, payer_key=payment.payer_key, who=who,
        contractual=contractual_pairs(settings.contractual.pairs), classes=classes_of(settings.carc),
    )  # fmt: skip
    if decision.state != POSTED:
        decision = money_only(said, decision.class_, sheet, claim_id)
    return found, decision


def placed_as(payment: StoredPayment, found: Match, decision: Decision, *, by: str) -> StoredPayment:
    """Return a claim payment as it is when it is matched to the claim by somebody."""
    return replace(
        payment,
        state=POSTED,
        class_=decision.class_.value,
        claim=found.claim_id,
        submission=found.submission.submission_id if found.submission else None,
        contractual=decision.contractual,
        patient=decision.patient,
        in_review=decision.in_review,
        reverses=decision.reverses,
        matched_by=by[:60],
        how=found.how,
        placed=payment.placed + 1,
    )


def what_comes_first(
    tx: Tx, settings: Settings, payment: StoredPayment, claim_id: str
) -> StoredPayment | None:
    """Return what has to be matched to the claim before a payment, for more than the payment's money to move.

    Tried is what waits under the same number, in the order that lets each do all it says; of several that are needed the
    first one is returned. None where nothing that waits helps.
    """
    return _first(tx, settings, payment, claim_id, claim_payments.beside_in_suspense(tx, payment))


def _first(
    tx: Tx, settings: Settings, payment: StoredPayment, claim_id: str, beside: Sequence[StoredPayment]
) -> StoredPayment | None:
    said = {one.id: claim_payments.content(tx, one.id) for one in [*beside, payment]}
    sheet = Worksheet.for_trying(tx, claim_id, beside)

    def judge(one: StoredPayment) -> tuple[Match, Decision]:
        return judged_by_hand(sheet, claim_id, one, said[one.id], settings)

    placed: list[StoredPayment] = []
    left = list(beside)
    while True:
        for one in left:
            found, decision = judge(one)
            if not decision.money_only:
                break
        else:
            return None
        sheet.book(placed_as(one, found, decision, by=claim_payments.BY_HAND), said[one.id])
        left.remove(one)
        if not judge(payment)[1].money_only:
            return _first(tx, settings, one, claim_id, placed) or one
        placed.append(one)
