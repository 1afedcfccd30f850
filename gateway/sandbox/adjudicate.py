"""What the sandbox's payers decide about a claim: scripted by the first four characters of the member id.

Deterministic: the same claim gets the same amounts, to the cent, whenever and however often it is sent. Every decision
satisfies line and claim equations B1 to B3 (domain.md 4.7).
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from gateway.model.claim import Claim, ServiceLine
from gateway.model.money import CENT
from gateway.model.remittance import (
    Adjustment,
    RemittanceAmount,
    RemittanceClaim,
    RemittanceLine,
)
from gateway.sandbox.scripts import TAKEN_BACK, Script, script_of

COPAY = Decimal("20.00")
ALLOWED_SHARE = Decimal("0.80")
COINSURANCE_SHARE = Decimal("0.10")
INTEREST_SHARE = Decimal("0.01")
ZERO = Decimal("0.00")
_FILING_INDICATORS = frozenset(
    {"12", "13", "14", "15", "16", "17", "AM", "CH", "DS", "HM", "LM", "MA", "MB", "MC"}
)
"""CLP06 knows fewer values than SBR09: a claim filed as CI comes back as 12 (domain.md 4.1)."""

_STATUS_OF_SEQUENCE = {"P": "1", "S": "2", "T": "3"}

_UNPAID_FOR = {
    Script.DENY: ("CO", "50"),
    Script.DENC: ("CO", "197"),
    Script.DENP: ("PR", "96"),
    Script.DUPL: ("OA", "18"),
    Script.CAPI: ("CO", "24"),
    Script.PRED: ("OA", "101"),
    Script.FORW: ("OA", "B11"),
    Script.ZTRC: ("CO", "197"),
}
"""Scripts that pay nothing on any line, and why."""

_BENEFIT_SHARES = frozenset({"1", "2", "3"})
"""Deductible, coinsurance, copay: with the payment they make the allowed amount."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """One line's verdict: what is paid and why the rest is not."""

    paid: Decimal
    adjustments: tuple[Adjustment, ...] = ()


def share_of(amount: Decimal, share: Decimal) -> Decimal:
    """Return *share* of *amount* in whole cents."""
    return (amount * share).quantize(CENT, ROUND_HALF_UP)


def reasons(*triplets: tuple[str, str, Decimal]) -> tuple[Adjustment, ...]:
    """Leave out zero amounts: they should not be sent (domain.md 4.6)."""
    return tuple(Adjustment(group=g, reason=r, amount=a) for g, r, a in triplets if a)


def _pay_line(line: ServiceLine, *, first: bool) -> _Decision:
    allowed = share_of(line.charge, ALLOWED_SHARE)
    if first:
        patient, reason = min(COPAY, allowed), "3"
    else:
        patient, reason = share_of(allowed, COINSURANCE_SHARE), "2"
    return _Decision(allowed - patient, reasons(("CO", "45", line.charge - allowed), ("PR", reason, patient)))


def _decide_line(script: Script, line: ServiceLine, *, first: bool, alone: bool) -> _Decision:
    charge = line.charge
    allowed = share_of(charge, ALLOWED_SHARE)
    if script is Script.FULL or script in TAKEN_BACK:
        return _Decision(charge)
    if script is Script.ZERO:
        return _Decision(ZERO, reasons(("CO", "45", charge - allowed), ("PR", "1", allowed)))
    if script in _UNPAID_FOR:
        return _Decision(ZERO, reasons((*_UNPAID_FOR[script], charge)))
    if script is Script.PART and first:
        paid = share_of(allowed, Decimal("0.5")) if alone else ZERO
        contractual = charge - allowed if alone else ZERO
        return _Decision(paid, reasons(("CO", "45", contractual), ("CO", "50", charge - contractual - paid)))
    return _pay_line(line, first=first)


def _benefit_share(adjustments: tuple[Adjustment, ...]) -> Decimal:
    return sum((a.amount for a in adjustments if a.group == "PR" and a.reason in _BENEFIT_SHARES), ZERO)


def _remittance_line(line: ServiceLine, decision: _Decision) -> RemittanceLine:
    allowed = decision.paid + _benefit_share(decision.adjustments)
    return RemittanceLine(
        procedure=line.procedure,
        procedure_type=line.procedure_type,
        modifiers=line.modifiers,
        charge=line.charge,
        paid=decision.paid,
        units=line.units,
        line_control_number=line.line_control_number,
        adjustments=decision.adjustments,
        service_date=line.service_date,
        service_date_to=line.service_date_to if line.service_date_to != line.service_date else None,
        amounts=(RemittanceAmount(qualifier="B6", amount=allowed),) if allowed else (),
    )


def at_claim_level(lines: tuple[RemittanceLine, ...]) -> tuple[Adjustment, ...]:
    """Sum the lines' adjustments by group and reason, in order of first appearance."""
    sums: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        for a in line.adjustments:
            sums[a.group, a.reason] = sums.get((a.group, a.reason), ZERO) + a.amount
    return reasons(*((g, r, amount) for (g, r), amount in sums.items()))


def adjudicate(
    claim: Claim, *, control_number: str, received: date, script: Script | None = None
) -> RemittanceClaim:
    """Decide *claim* as its member id asks, or as *script* says.

    Args:
        claim: the claim as read from the 837.
        control_number: the payer's own number for it (CLP07).
        received: the day the payer got it (DTM*050).
        script: overrules the member id, for corrections.

    Returns:
        the claim as an 835 reports it; B1 to B3 and B5 hold.

    """
    script = script_of(claim) if script is None else script
    alone = len(claim.service_lines) == 1
    lines = tuple(
        _remittance_line(line, _decide_line(script, line, first=index == 0, alone=alone))
        for index, line in enumerate(claim.service_lines)
    )
    paid = sum((line.paid for line in lines), ZERO)
    share = sum((a.amount for line in lines for a in line.adjustments if a.group == "PR"), ZERO)
    allowed = paid + sum((_benefit_share(line.adjustments) for line in lines), ZERO)
    amounts = [RemittanceAmount(qualifier="AU", amount=allowed)]
    if script in {Script.INTR, Script.INTA}:
        amounts.append(RemittanceAmount(qualifier="I", amount=share_of(paid, INTEREST_SHARE)))
    dates = [d for line in claim.service_lines for d in (line.service_date, line.service_date_to) if d]
    patient = claim.patient or claim.subscriber
    filing = claim.claim_filing_indicator
    return RemittanceClaim(
        patient_control_number=claim.patient_control_number,
        status_code="4" if script is Script.DENY else _STATUS_OF_SEQUENCE.get(claim.payer_sequence, "1"),
        charge=claim.charge,
        paid=paid,
        patient_responsibility=share or None,
        payer_control_number=control_number,
        claim_filing_indicator=filing if filing in _FILING_INDICATORS else "12",
        facility_code=claim.place_of_service,
        frequency=claim.frequency,
        adjustments=at_claim_level(lines) if script is Script.LUMP else (),
        service_lines=() if script is Script.LUMP else lines,
        patient_last_name=patient.last_name,
        patient_first_name=patient.first_name,
        member_id=claim.subscriber.member_id,
        statement_from=min(dates, default=None),
        statement_to=max(dates) if dates and max(dates) != min(dates) else None,
        received_date=received,
        amounts=tuple(a for a in amounts if a.amount),
    )


def _negate(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(replace(a, amount=-a.amount) for a in adjustments)


def reverse(claim: RemittanceClaim) -> RemittanceClaim:
    """Take a payment back: claim status 22, every amount negated under its original group (domain.md 4.9)."""
    return replace(
        claim,
        status_code="22",
        charge=-claim.charge,
        paid=-claim.paid,
        patient_responsibility=None,
        adjustments=_negate(claim.adjustments),
        service_lines=tuple(
            replace(
                line,
                charge=-line.charge,
                paid=-line.paid,
                adjustments=_negate(line.adjustments),
                amounts=(),
            )
            for line in claim.service_lines
        ),
        amounts=tuple(replace(a, amount=-a.amount) for a in claim.amounts if a.qualifier == "I"),
    )
