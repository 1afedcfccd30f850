"""Edits on money."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import Claim
from gateway.model.codec import QUANTITIES
from gateway.model.findings import Severity
from gateway.model.money import MAX_AMOUNT, is_cents, plain


def _money(claim: Claim, context: EditContext) -> Iterator[tuple[str, Decimal]]:
    """Yield every amount, what other payers decided included."""
    return ((path, value) for path, name, value in context.walk.numbers(claim) if name not in QUANTITIES)


@edit(
    "P-SUM",
    snip=3,
    place="2300 CLM02",
    text="the claim's charge is the sum of its lines' charges, to the cent",
    bad={"charge": "165.51"},
    good={"charge": "165.50"},
)
def charge_is_sum(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """CLM02 = sum of SV102 (SNIP 3)."""
    total = sum((line.charge for line in claim.service_lines), Decimal(0))
    if claim.service_lines and claim.charge != total:
        yield "charge", f"the claim's charge is {plain(claim.charge)}, its lines add up to {plain(total)}"


@edit(
    "P-NEGATIVE",
    snip=2,
    place="2300 CLM02, 2300 AMT*F5, 2400 SV102",
    text="no amount and no quantity is below zero; only an adjustment may be",
    bad={"patient_paid": "-1.00"},
    good={"patient_paid": "1.00"},
)
def not_negative(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """A correction is a replacement or a void, never a negative charge; of other payers the net outcome is said."""
    for path, name, value in context.walk.numbers(claim):
        if value < 0 and "adjustments[" not in path and name != "units":
            yield path, f"{plain(value)} is below zero; to take a claim back send frequency 7 or 8"


@edit(
    "P-ZERO",
    snip=7,
    place="2300 CLM02",
    text="the claim's charge is above zero",
    bad={"charge": "0.00"},
    good={"charge": "165.50"},
)
def not_zero(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Most payers refuse a claim that asks for nothing."""
    if claim.charge == 0:
        yield "charge", "the claim asks for nothing (charge 0.00); some partners take that"


@edit(
    "P-CENTS",
    snip=1,
    place="2300 CLM02, 2300 AMT*F5, 2400 SV102, 2430 SVD02",
    text="amounts are whole cents",
    bad={"patient_paid": "1.001"},
    good={"patient_paid": "1.01"},
)
def whole_cents(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """X12 money has two decimals; nothing is rounded."""
    for path, amount in _money(claim, context):
        if not is_cents(amount):
            yield path, f"{plain(amount)} has more than two decimals"


@edit(
    "P-AMOUNT",
    snip=2,
    place="2300 CLM02, 2300 AMT*F5, 2400 SV102, 2430 SVD02",
    text="amounts have at most ten digits (99999999.99)",
    bad={"repricing": {"method": "00", "allowed": "100000000.00"}},
    good={"repricing": {"method": "00", "allowed": "99999999.99"}},
)
def not_too_large(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Element 782 is capped at ten digits by the guides."""
    for path, amount in _money(claim, context):
        if abs(amount) > MAX_AMOUNT:
            yield path, f"{plain(amount)} is more than {MAX_AMOUNT}, the largest amount a claim can carry"


@edit(
    "P-PAID",
    snip=3,
    place="2300 AMT*F5, 2400 AMT*T, 2400 AMT*F4",
    text="the patient has paid no more than the charge, and tax and postage are part of their line's charge",
    bad={"patient_paid": "165.51"},
    good={"patient_paid": "165.50"},
    severity=Severity.WARNING,
)
def paid(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """AMT*F5 counts towards this claim only; AMT*T and AMT*F4 are in SV102 already."""
    if claim.patient_paid is not None and claim.patient_paid > claim.charge:
        yield (
            "patient_paid",
            f"the patient has paid {plain(claim.patient_paid)}, more than the claim's charge",
        )
    for index, line in enumerate(claim.service_lines):
        if line.sales_tax is None and line.postage is None:
            continue
        extra = (line.sales_tax or Decimal(0)) + (line.postage or Decimal(0))
        if extra > line.charge:
            name = "sales_tax" if line.sales_tax is not None else "postage"
            yield (
                f"service_lines[{index}].{name}",
                f"line {index + 1}: tax and postage are part of the charge, but exceed it",
            )
