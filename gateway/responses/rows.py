"""A posting as the billing system is told of it: rows with everything it needs to post by itself (docs/exports.md).

The amounts by *disposition* are the journal's: money adds up to the payment, contractual and patient to what was booked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from gateway.model.claim import Claim
from gateway.model.line_match import LineMatch
from gateway.model.money import plain
from gateway.model.remittance import Adjustment, ProviderAdjustment, RemittanceClaim, RemittanceLine
from gateway.responses.balance import all_adjustments, lines_hold
from gateway.responses.carc import PaymentClass, pair, plain_reason
from gateway.responses.decide import Decision, is_offset
from gateway.store import remittances
from gateway.store.claim_payments import StoredPayment

ZERO = Decimal("0.00")
INTEREST = "L6"
"""PLB03-1 of interest, which is income of its own and no payment of a claim (domain.md 4.16)."""

SHARES = {"1": "deductible", "2": "coinsurance", "3": "copay"}
"""What of the patient's share a reason is; every other is another share."""
OTHER_SHARE = "other"
_ALLOWED_OF_LINE, _ALLOWED_OF_CLAIM = "B6", "AU"

Row = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What all rows of one claim payment share; *prefix* starts their posting ids, *payment* are its remittance's facts.

    *lines* tell which lines of the claim as *sent* each of the payer's lines answers.
    """

    prefix: str
    payment: dict[str, Any]
    claim_payment: str
    claim_id: str | None
    patient_control_number: str | None
    contractual: frozenset[str]
    sent: Claim | None = None
    lines: tuple[LineMatch, ...] = ()


def payment_facts(remittance: remittances.StoredRemittance, payer_id: str | None) -> dict[str, Any]:
    """Return what every row of a remittance says about the payment."""
    return {
        "remittance": remittance.id,
        "partner": remittance.partner,
        "payer": remittance.payer_name,
        "payer_id": payer_id or remittance.payer_key,
        "payee_id": remittance.payee_id,
        "trace_number": remittance.trace_number,
        "payment_method": remittance.payment_method,
        "payment_date": remittance.payment_date,
        "entered_by": remittance.entered_by,
        "entered_from": remittance.entered_from,
    }


def of_claim(claim: RemittanceClaim, decision: Decision, told: Told) -> list[Row]:
    """Return the rows of one claim payment."""
    class_ = decision.class_.value
    return [(posting_id, {**row, "class": class_}) for posting_id, row in _rows(claim, decision, told)]


def out_of_suspense(claim: RemittanceClaim, told: Told) -> Row:
    """Return the row that takes a payment back out of suspense, before its claim's rows: it is no claim's, as it was."""
    parked = replace(told, claim_id=None, patient_control_number=None)
    return _row(
        f"{told.prefix}-suspense", claim, parked, kind="suspense", disposition="money", amount=-claim.paid
    )


def taken_back(claim: RemittanceClaim, payment: StoredPayment, told: Told) -> list[Row]:
    """Return the rows that take a payment off its claim again and put its money in suspense."""
    moved = (("money", payment.paid), ("contractual", payment.contractual), ("patient", payment.patient))
    off = [
        _row(
            f"{told.prefix}-{disposition}",
            claim,
            told,
            kind="unmatch",
            disposition=disposition,
            amount=-amount,
        )
        for disposition, amount in moved
        if amount != 0
    ]
    parked = replace(told, claim_id=None, patient_control_number=None)
    into = _row(
        f"{told.prefix}-suspense", claim, parked, kind="suspense", disposition="money", amount=payment.paid
    )
    return [*off, into]


def of_provider_adjustment(plb: ProviderAdjustment, *, posting_id: str, payment: dict[str, Any]) -> Row:
    """Return the row of one PLB pair; the amount is what the provider got (the PLB's sign turned)."""
    return posting_id, {
        **payment,
        "kind": "interest" if plb.reason == INTEREST else "provider_adjustment",
        "disposition": "money",
        "amount": plain(-plb.amount),
        "reason": plb.reason,
        "provider": plb.provider,
        "reference": plb.reference,
    }


def _rows(claim: RemittanceClaim, decision: Decision, told: Told) -> Iterator[Row]:
    if decision.state == remittances.SUSPENSE:
        yield _row(
            f"{told.prefix}-suspense", claim, told, kind="suspense", disposition="money", amount=claim.paid,
            note=decision.doubt,
        )  # fmt: skip
        return
    if decision.state == remittances.NOTED:
        yield _row(
            f"{told.prefix}-noted", claim, told, kind="noted", disposition="informational", amount=claim.paid
        )
        return
    yield from _money(claim, decision, told)
    yield from _adjustments(claim, decision, told)
    yield from _differences(claim, decision, told)


def _money(claim: RemittanceClaim, decision: Decision, told: Told) -> Iterator[Row]:
    """Yield the payment line by line, and what the claim level takes from or adds to it.

    Lines that do not add up are no lines to post by: then the whole payment stands at claim level.
    """
    kind = "reversal" if decision.class_ is PaymentClass.REVERSAL else "payment"
    lines = claim.service_lines if lines_hold(claim) else ()
    for number, line in enumerate(lines, start=1):
        if line.paid != 0:
            yield _row(
                f"{told.prefix}-L{number}-payment", claim, told, kind=kind, disposition="money", amount=line.paid,
                line=(number, line), reverses=decision.reverses,
            )  # fmt: skip
    rest = claim.paid - sum((line.paid for line in lines), ZERO)
    if rest != 0 or claim.paid == 0:
        yield _row(
            f"{told.prefix}-payment",
            claim,
            told,
            kind=kind,
            disposition="money",
            amount=rest,
            reverses=decision.reverses,
        )


def _adjustments(claim: RemittanceClaim, decision: Decision, told: Told) -> Iterator[Row]:
    at_lines = lines_hold(claim)
    levels: list[tuple[int, RemittanceLine | None, tuple[Adjustment, ...]]] = [(0, None, claim.adjustments)]
    levels += [(n, line, line.adjustments) for n, line in enumerate(claim.service_lines, start=1)]
    for number, line, adjustments in levels:
        for ordinal, cas in enumerate(adjustments, start=1):
            yield _row(
                f"{told.prefix}-L{number}-A{ordinal}", claim, told,
                kind="patient_responsibility" if cas.group == "PR" else "adjustment",
                disposition=_disposition(cas, decision, told.contractual), amount=cas.amount,
                line=(number, line) if line and at_lines else None, reverses=decision.reverses,
                share=share_of(cas), group=cas.group, reason=cas.reason, quantity=plain_quantity(cas.quantity),
            )  # fmt: skip


def share_of(cas: Adjustment) -> str | None:
    """Return which share of the patient's an adjustment is; None where it is none of the patient's."""
    return SHARES.get(plain_reason(cas.reason), OTHER_SHARE) if cas.group == "PR" else None


def _disposition(cas: Adjustment, decision: Decision, contractual: frozenset[str]) -> str:
    if decision.money_only:
        return "informational"
    if cas.group == "PR":
        return "patient"
    if decision.later_payer:
        return "informational"
    if pair(cas) in contractual or (decision.netted and is_offset(cas)):
        return "contractual"
    return "informational" if cas.group == "OA" else "in_review"


def _differences(claim: RemittanceClaim, decision: Decision, told: Told) -> Iterator[Row]:
    """Yield what was booked beyond the adjustments as received: a later payer's write-off and patient transfer."""
    received = {"contractual": ZERO, "patient": ZERO}
    for cas in all_adjustments(claim):
        disposition = _disposition(cas, decision, told.contractual)
        if disposition in received:
            received[disposition] += cas.amount
    for disposition, booked in (("contractual", decision.contractual), ("patient", decision.patient)):
        difference = booked - received[disposition]
        if difference != 0:
            kind = "patient_transfer" if disposition == "patient" else "write_off"
            yield _row(
                f"{told.prefix}-{kind.replace('_', '-')}", claim, told, kind=kind, disposition=disposition,
                amount=difference, reverses=decision.reverses,
            )  # fmt: skip


def plain_quantity(quantity: Decimal | None) -> str | None:
    """Write a quantity without needless zeros."""
    return None if quantity is None else format(quantity.normalize() + 0, "f")


def _row(
    posting_id: str,
    claim: RemittanceClaim,
    told: Told,
    *,
    kind: str,
    disposition: str,
    amount: Decimal,
    line: tuple[int, RemittanceLine] | None = None,
    **more: Any,
) -> Row:
    content = {
        **told.payment,
        "kind": kind,
        "disposition": disposition,
        "amount": plain(amount),
        "claim_payment": told.claim_payment,
        "claim": told.claim_id,
        "claim_key": told.sent.claim_key if told.sent and told.claim_id else None,
        "patient_control_number": told.patient_control_number or claim.patient_control_number,
        "reported_control_number": claim.patient_control_number,
        "payer_control_number": claim.payer_control_number,
        "claim_status": claim.status_code,
        "crossover_payer": claim.crossover_payer,
        "charge": plain(line[1].charge if line else claim.charge),
        "allowed": _allowed(claim, line[1] if line else None),
        "remarks": list(line[1].remarks if line else claim.remarks),
        **more,
    }
    if line is not None:
        number, service = line
        content |= {
            "service_line": number,
            "line_control_number": service.line_control_number,
            "procedure": service.procedure,
            "modifiers": list(service.modifiers),
            "units": plain_quantity(service.units),
            "service_date": (service.service_date or claim.statement_from),
        }
        content |= _our_line(told, number)
        day = content["service_date"]
        content["service_date"] = day.isoformat() if day else None
    return posting_id, content


def _allowed(claim: RemittanceClaim, line: RemittanceLine | None) -> str | None:
    """Return what the payer says it allows: of the line, or of the claim."""
    amounts, qualifier = (line.amounts, _ALLOWED_OF_LINE) if line else (claim.amounts, _ALLOWED_OF_CLAIM)
    return next((plain(one.amount) for one in amounts if one.qualifier == qualifier), None)


def _our_line(told: Told, number: int) -> dict[str, Any]:
    """Return which of our lines the payer's line *number* answers: its number and control number, and how it was found."""
    if told.sent is None or number > len(told.lines):
        return {}
    match = told.lines[number - 1]
    ours = [told.sent.service_lines[n - 1].line_control_number for n in match.lines]
    return {
        "claim_line": " ".join(map(str, match.lines)) or None,
        "claim_line_control_number": " ".join(filter(None, ours)) or None,
        "line_match": match.how.value,
    }
