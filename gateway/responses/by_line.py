"""What a posting comes to line by line: for the biller who asks of one service, and for the proof that nothing is left out."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from gateway.exchange.render import prepare as as_written
from gateway.model.line_match import UNKNOWN, How, LineMatch, match_lines
from gateway.model.remittance import RemittanceClaim
from gateway.responses.balance import adjusted, lines_hold
from gateway.responses.carc import pair
from gateway.responses.decide import Decision, is_offset
from gateway.responses.match import Match
from gateway.store.lines import LinePosting
from gateway.store.remittances import POSTED

ZERO = Decimal("0.00")


def matches(found: Match, said: RemittanceClaim) -> tuple[LineMatch, ...]:
    """Return which of our lines each line of *said* answers; nothing is known where the claim is not.

    What we wrote has a number on every line, those of ours among them where the sender gave none (REF*6R).
    """
    if found.sent is None or found.submission is None:
        return (UNKNOWN,) * len(said.service_lines)
    sent = found.sent
    if found.submission.written_here:
        sent = as_written(sent, found.submission.claim_id)
    return match_lines(sent.service_lines, said)


def postings(
    said: RemittanceClaim,
    decision: Decision,
    matched: Sequence[LineMatch],
    *,
    contractual: frozenset[str],
    undone: Sequence[LinePosting] = (),
) -> tuple[LinePosting, ...]:
    """Return what a posted answer moves by line; in sum it is what *decision* posts.

    A reversal takes back line by line what was posted (*undone*). Lines that do not add up are not posted by, and what is said
    of the claim as a whole stands at claim level, as does what a later payer's answer does to the patient's share.
    """
    if decision.state != POSTED:
        return ()
    if decision.undone is not None and undone:
        return tuple(
            replace(
                one, charge=-one.charge, paid=-one.paid, contractual=-one.contractual, patient=-one.patient
            )
            for one in undone
        )
    at_lines = lines_hold(said) and decision.undone is None
    lines = [
        LinePosting(
            line=number,
            claim_lines=match.lines,
            how=match.how.value,
            charge=line.charge,
            paid=line.paid,
            contractual=ZERO
            if decision.money_only or decision.later_payer
            else adjusted(
                a for a in line.adjustments if pair(a) in contractual or (decision.netted and is_offset(a))
            ),
            patient=ZERO if decision.money_only else adjusted(line.adjustments, group="PR"),
        )
        for number, (line, match) in enumerate(zip(said.service_lines, matched, strict=True), start=1)
        if at_lines
    ]
    rest = LinePosting(
        line=0,
        claim_lines=(),
        how=How.CLAIM_LEVEL.value,
        charge=said.charge - sum((one.charge for one in lines), ZERO),
        paid=decision.paid - sum((one.paid for one in lines), ZERO),
        contractual=decision.contractual - sum((one.contractual for one in lines), ZERO),
        patient=decision.patient - sum((one.patient for one in lines), ZERO),
    )
    if not lines or any((rest.charge, rest.paid, rest.contractual, rest.patient)):
        return (rest, *lines)
    return tuple(lines)
