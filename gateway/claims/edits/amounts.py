"""Edits on money."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.walk import numbers
from gateway.model.claim import Claim
from gateway.model.codec import QUANTITIES
from gateway.model.money import MAX_AMOUNT, is_cents, plain


def _amounts(claim: Claim) -> Iterator[tuple[str, Decimal]]:
    yield "charge", claim.charge
    if claim.patient_paid is not None:
        yield "patient_paid", claim.patient_paid
    for index, line in enumerate(claim.service_lines):
        yield f"service_lines[{index}].charge", line.charge


def _money(claim: Claim) -> Iterator[tuple[str, Decimal]]:
    """Yield every amount, what other payers decided included."""
    return ((path, value) for path, value in numbers(claim) if path.rpartition(".")[2] not in QUANTITIES)


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
    text="no amount is below zero",
    bad={"patient_paid": "-1.00"},
    good={"patient_paid": "1.00"},
)
def not_negative(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A correction is a replacement or a void, never a negative charge."""
    for path, amount in _amounts(claim):
        if amount < 0:
            yield path, f"{plain(amount)} is below zero; to take a claim back send frequency 7 or 8"


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
def whole_cents(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """X12 money has two decimals; nothing is rounded."""
    for path, amount in _money(claim):
        if not is_cents(amount):
            yield path, f"{plain(amount)} has more than two decimals"


@edit(
    "P-AMOUNT",
    snip=2,
    place="2300 CLM02, 2300 AMT*F5, 2400 SV102, 2430 SVD02",
    text="amounts have at most ten digits (99999999.99)",
    bad={"patient_paid": "100000000.00"},
    good={"patient_paid": "99999999.99"},
)
def not_too_large(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Element 782 is capped at ten digits by the guides."""
    for path, amount in _money(claim):
        if abs(amount) > MAX_AMOUNT:
            yield path, f"{plain(amount)} is more than {MAX_AMOUNT}, the largest amount a claim can carry"
