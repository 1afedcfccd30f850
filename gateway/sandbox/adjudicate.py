"""What the sandbox's payers decide about a claim: scripted by the first four characters of the member id.

Deterministic: the same claim gets the same amounts, to the cent, whenever and however often it is sent. Every decision
satisfies line and claim equations B1 to B3 (domain.md 4.7).
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from gateway.model.claim import Claim, ServiceLine
from gateway.model.money import CENT
from gateway.model.remittance import (
    Adjustment,
    RemittanceAmount,
    RemittanceClaim,
    RemittanceLine,
)

COPAY = Decimal("20.00")
ALLOWED_SHARE = Decimal("0.80")
COINSURANCE_SHARE = Decimal("0.10")
INTEREST_SHARE = Decimal("0.01")
ZERO = Decimal("0.00")
PREFIX_LENGTH = 4


class Script(StrEnum):
    """A member-id prefix that tells the sandbox what to do with a claim."""

    PAY = "PAY"
    FULL = "FULL"
    PART = "PART"
    ZERO = "ZERO"
    DENY = "DENY"
    DENC = "DENC"
    LUMP = "LUMP"
    INTR = "INTR"
    RECO = "RECO"
    REVR = "REVR"
    UNKN = "UNKN"
    OFFC = "OFFC"
    R999 = "R999"
    RCHA = "RCHA"
    RPAY = "RPAY"
    MUTE = "MUTE"
    LOST = "LOST"
    DUPL = "DUPL"
    APRT = "APRT"
    NREP = "NREP"
    NVOD = "NVOD"


SCRIPTS: dict[Script, str] = {
    Script.PAY: "paid: 80 % allowed, the rest CO-45; copay PR-3 of 20.00 on the first line, coinsurance PR-2 of 10 % "
    "on the others. Every member id without one of these prefixes gets this too",
    Script.FULL: "paid in full, no adjustment",
    Script.PART: "first line denied (CO-50), the others as PAY; a claim with one line gets half of what is allowed",
    Script.ZERO: "80 % allowed, all of it the patient's deductible (PR-1); nothing paid",
    Script.DENY: "denied: claim status 4, every line CO-50",
    Script.DENC: "denied by money and reason only: claim status 1, every line CO-197",
    Script.LUMP: "paid as PAY, but without service lines: all adjustments at claim level",
    Script.INTR: "paid as PAY, and 1 % interest (AMT*I, provider adjustment L6)",
    Script.RECO: "paid as PAY, and an old overpayment of 5.00 is taken back (provider adjustment WO)",
    Script.REVR: "paid in full; a later 835 reverses that (claim status 22) and pays as PAY",
    Script.UNKN: "paid as PAY, beside a payment for a claim that nobody has sent",
    Script.OFFC: "paid as PAY, in an 835 of its own whose payment amount is off by a cent",
    Script.R999: "its transaction set is rejected by the 999, which names this claim",
    Script.RCHA: "rejected by the clearinghouse's 277CA (A7)",
    Script.RPAY: "accepted by the clearinghouse, rejected by the payer's 277CA (A7)",
    Script.MUTE: "no word after the 999",
    Script.LOST: "accepted by clearinghouse and payer, never paid",
    Script.DUPL: "denied as the duplicate of a claim decided before: claim status 1, every line OA-18",
    Script.APRT: "paid as PAY; of a replacement the reversal comes on the payment day, the new payment in a later 835",
    Script.NREP: "paid as PAY; a replacement (frequency 7) of it is rejected by the payer's 277CA (A3)",
    Script.NVOD: "paid as PAY; a void (frequency 8) of it is rejected by the payer's 277CA (A3)",
}
"""The script book; docs/sandbox.md prints it and a test compares."""

UNPAID = frozenset({Script.R999, Script.RCHA, Script.RPAY, Script.MUTE, Script.LOST})
"""Scripts whose claims never reach an 835."""

_FILING_INDICATORS = frozenset(
    {"12", "13", "14", "15", "16", "17", "AM", "CH", "DS", "HM", "LM", "MA", "MB", "MC"}
)
"""CLP06 knows fewer values than SBR09: a claim filed as CI comes back as 12 (domain.md 4.1)."""

_STATUS_OF_SEQUENCE = {"P": "1", "S": "2", "T": "3"}


def script_of(claim: Claim) -> Script:
    """Return what the claim's member id asks for."""
    prefix = (claim.subscriber.member_id or "")[:PREFIX_LENGTH].upper()
    return next((s for s in Script if prefix.startswith(s.value)), Script.PAY)


@dataclass(frozen=True, slots=True)
class _Decision:
    """One line's verdict: what is paid and why the rest is not."""

    paid: Decimal
    adjustments: tuple[Adjustment, ...] = ()


def _share(amount: Decimal, share: Decimal) -> Decimal:
    return (amount * share).quantize(CENT, ROUND_HALF_UP)


def _adjustments(*triplets: tuple[str, str, Decimal]) -> tuple[Adjustment, ...]:
    """Leave out zero amounts: they should not be sent (domain.md 4.6)."""
    return tuple(Adjustment(group=g, reason=r, amount=a) for g, r, a in triplets if a)


def _pay_line(line: ServiceLine, *, first: bool) -> _Decision:
    allowed = _share(line.charge, ALLOWED_SHARE)
    if first:
        patient, reason = min(COPAY, allowed), "3"
    else:
        patient, reason = _share(allowed, COINSURANCE_SHARE), "2"
    return _Decision(
        allowed - patient, _adjustments(("CO", "45", line.charge - allowed), ("PR", reason, patient))
    )


def _decide_line(script: Script, line: ServiceLine, *, first: bool, alone: bool) -> _Decision:
    charge = line.charge
    allowed = _share(charge, ALLOWED_SHARE)
    if script in {Script.FULL, Script.REVR}:
        return _Decision(charge)
    if script is Script.ZERO:
        return _Decision(ZERO, _adjustments(("CO", "45", charge - allowed), ("PR", "1", allowed)))
    if script is Script.DENY:
        return _Decision(ZERO, _adjustments(("CO", "50", charge)))
    if script is Script.DUPL:
        return _Decision(ZERO, _adjustments(("OA", "18", charge)))
    if script is Script.DENC:
        return _Decision(ZERO, _adjustments(("CO", "197", charge)))
    if script is Script.PART and first:
        paid = _share(allowed, Decimal("0.5")) if alone else ZERO
        contractual = charge - allowed if alone else ZERO
        return _Decision(
            paid, _adjustments(("CO", "45", contractual), ("CO", "50", charge - contractual - paid))
        )
    return _pay_line(line, first=first)


def _remittance_line(line: ServiceLine, decision: _Decision) -> RemittanceLine:
    share = sum((a.amount for a in decision.adjustments if a.group == "PR"), ZERO)
    allowed = decision.paid + share
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


def _at_claim_level(lines: tuple[RemittanceLine, ...]) -> tuple[Adjustment, ...]:
    """Sum the lines' adjustments by group and reason, in order of first appearance."""
    sums: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        for a in line.adjustments:
            sums[a.group, a.reason] = sums.get((a.group, a.reason), ZERO) + a.amount
    return _adjustments(*((g, r, amount) for (g, r), amount in sums.items()))


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
    amounts = [RemittanceAmount(qualifier="AU", amount=paid + share)] if paid + share else []
    if script is Script.INTR:
        amounts.append(RemittanceAmount(qualifier="I", amount=_share(paid, INTEREST_SHARE)))
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
        adjustments=_at_claim_level(lines) if script is Script.LUMP else (),
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
        amounts=(),
    )
