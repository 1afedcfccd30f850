"""Several payers on one claim: crossed over, forwarded, and paid by a payer after the first (domain.md 4.15)."""

from dataclasses import replace
from decimal import Decimal

from gateway.model.claim import Claim, Payer, ServiceLine
from gateway.model.remittance import Adjustment, RemittanceClaim, RemittanceLine
from gateway.sandbox.adjudicate import ALLOWED_SHARE, ZERO, reasons, share_of

SECOND_COPAY = Decimal("10.00")
"""What a payer after the first leaves to the patient, at most."""

SECOND_PAYER = Payer(name="SECOND HEALTH PLAN", id="SHP02")
"""Who pays next where the claim names nobody."""

_CROSSED_OVER = {"1": "19", "2": "20", "3": "21"}


def next_payer(claim: Claim) -> Payer:
    """Return the payer after the one this claim went to: another payer of the claim that has not decided yet."""
    return next((o.payer for o in claim.other_payers if o.paid is None), SECOND_PAYER)


def cross_over(claim: Claim, decided: RemittanceClaim) -> RemittanceClaim:
    """Say that the next payer has got the claim (19, 20 or 21, and NM1*TT)."""
    return _passed_on(claim, decided, _CROSSED_OVER.get(decided.status_code, "19"))


def forward(claim: Claim, decided: RemittanceClaim) -> RemittanceClaim:
    """Say that the claim is another payer's, who has got it (23)."""
    return _passed_on(claim, decided, "23")


def _passed_on(claim: Claim, decided: RemittanceClaim, status: str) -> RemittanceClaim:
    payer = next_payer(claim)
    return replace(
        decided,
        status_code=status,
        crossover_payer=payer.name,
        crossover_payer_id_type="PI",
        crossover_payer_id=payer.id,
    )


def pay_after(
    claim: Claim, decided: RemittanceClaim, *, repeats_write_off: bool, status: str | None = None
) -> RemittanceClaim:
    """Pay what the first payer left, less a copay.

    Args:
        claim: as it came, with what the payers before decided.
        decided: the claim as this payer decides it were it the first; what it says of the person and the dates stays.
        repeats_write_off: CO-45 says the first payer's write-off again (style b of domain.md 4.15); else OA-23 holds it.
        status: CLP02; left out, it follows from the claim's place in line.

    Returns:
        the claim with its lines, or without where the first payer's decision stands at claim level only.

    """
    status = status or {"S": "2", "T": "3"}.get(claim.payer_sequence, "2")
    earlier = [o for o in claim.other_payers if o.paid is not None]
    if earlier and not all(line.adjudications for line in claim.service_lines):
        paid = sum((o.paid or ZERO for o in earlier), ZERO)
        given_up = _written_off(claim)
        ours, adjustments, share = _after(
            claim.charge, paid, given_up, SECOND_COPAY, repeats=repeats_write_off
        )
        lines: tuple[RemittanceLine, ...] = ()
    else:
        copay, ours, share, adjustments = SECOND_COPAY, ZERO, ZERO, ()
        decided_lines = []
        for index, (line, said) in enumerate(zip(claim.service_lines, decided.service_lines, strict=True)):
            paid, given_up = _before(line, first=index == 0)
            amount, why, left = _after(line.charge, paid, given_up, copay, repeats=repeats_write_off)
            copay, ours, share = copay - left, ours + amount, share + left
            decided_lines.append(replace(said, paid=amount, adjustments=why, amounts=()))
        lines = tuple(decided_lines)
    return replace(
        decided,
        status_code=status,
        paid=ours,
        patient_responsibility=share or None,
        adjustments=adjustments,
        service_lines=lines,
        amounts=(),
    )


def _before(line: ServiceLine, *, first: bool) -> tuple[Decimal, Decimal]:
    """Return what the payers before paid on a line, and wrote off; as script PAY where the claim does not say."""
    if line.adjudications:
        given_up = [a.amount for one in line.adjudications for a in one.adjustments if a.group == "CO"]
        return sum((one.paid for one in line.adjudications), ZERO), sum(given_up, ZERO)
    allowed = share_of(line.charge, ALLOWED_SHARE)
    left = min(Decimal("20.00"), allowed) if first else share_of(allowed, Decimal("0.10"))
    return allowed - left, line.charge - allowed


def _written_off(claim: Claim) -> Decimal:
    at_claim = [a for o in claim.other_payers for a in o.adjustments]
    at_lines = [a for line in claim.service_lines for one in line.adjudications for a in one.adjustments]
    return sum((a.amount for a in (*at_claim, *at_lines) if a.group == "CO"), ZERO)


def _after(
    charge: Decimal, paid: Decimal, given_up: Decimal, copay: Decimal, *, repeats: bool
) -> tuple[Decimal, tuple[Adjustment, ...], Decimal]:
    """Return our payment, the adjustments and the patient's share of what is left of *charge*."""
    left = max(charge - paid - given_up, ZERO)
    share = min(copay, left)
    prior = charge - left
    if repeats:
        said = reasons(("OA", "23", paid), ("CO", "45", prior - paid), ("PR", "3", share))
    else:
        said = reasons(("OA", "23", prior), ("PR", "3", share))
    return left - share, said, share
