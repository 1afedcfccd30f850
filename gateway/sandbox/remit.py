"""From adjudicated claims to 835s: one payment per payer and payee, with what is owed from before.

Every payment made here satisfies B4 (domain.md 4.7): claims less provider adjustments is the payment amount. The one
exception is script OFFC, which is there to be caught.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.claim import Address, BillingProvider, Payer
from gateway.model.remittance import (
    Adjustment,
    Party,
    ProviderAdjustment,
    Remittance,
    RemittanceClaim,
    RemittanceReference,
)
from gateway.model.remittance_parts import RemittanceContact
from gateway.sandbox.adjudicate import ZERO, Script

RECOVERY = Decimal("5.00")
"""What script RECO takes back."""

UNKNOWN_CHARGE = Decimal("80.00")
UNKNOWN_PAID = Decimal("64.00")
UNKNOWN_SHARE = UNKNOWN_CHARGE - UNKNOWN_PAID

_PAYER_ADDRESS = Address(line1="PO BOX 100", city="SPRINGFIELD", state="IL", zip="627010100")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBalance:
    """Money a payee owes a payer since payment *trace*: brought back by the next payment (code FB)."""

    trace: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPayment:
    """One payment and what the payee still owes after it."""

    remittance: Remittance
    forward: OpenBalance | None


def payer_ein(payer_id: str) -> str:
    """Return TRN03: ``1`` and an invented tax id of nine digits, always the same for one payer id."""
    digest = hashlib.sha256(payer_id.encode()).digest()
    return f"19{int.from_bytes(digest[:8], 'big') % 10**8:08d}"


def payer_party(payer: Payer) -> Party:
    """Return N1*PR with what the guide requires of a payer: an address and whom to call."""
    return Party(
        name=payer.name,
        references=(RemittanceReference(qualifier="2U", id=payer.id),),
        address=payer.address if payer.address and payer.address.zip else _PAYER_ADDRESS,
        contacts=(RemittanceContact(role="BL", name="EDI DESK", phone="8005550100"),),
    )


def payee_party(provider: BillingProvider) -> Party:
    """Return N1*PE: the billing provider by NPI, or by tax id where it has none, and REF*TJ."""
    by_npi = provider.npi is not None
    tax = (RemittanceReference(qualifier="TJ", id=provider.tax_id),) if by_npi and provider.tax_id else ()
    return Party(
        name=provider.name,
        id_type="XX" if by_npi else "FI",
        id=provider.npi if by_npi else provider.tax_id,
        references=tax,
    )


def stranger(trace: str) -> RemittanceClaim:
    """Return a payment for a claim that nobody has sent (script UNKN)."""
    return RemittanceClaim(
        patient_control_number=f"NOBODY{trace[-6:]}",
        status_code="1",
        charge=UNKNOWN_CHARGE,
        paid=UNKNOWN_PAID,
        payer_control_number=f"X{trace}",
        claim_filing_indicator="12",
        facility_code="11",
        frequency="1",
        adjustments=(Adjustment(group="CO", reason="45", amount=UNKNOWN_SHARE),),
        patient_last_name="NOE",
        patient_first_name="NORA",
        member_id="NOBODY01",
    )


def make_payment(
    *,
    payer: Payer,
    provider: BillingProvider,
    claims: Sequence[RemittanceClaim],
    scripts: Sequence[Script],
    trace: str,
    day: date,
    receiver_id: str,
    owed: OpenBalance | None = None,
) -> SandboxPayment:
    """Make one 835 out of *claims* of one payee.

    Args:
        payer: who pays.
        provider: who is paid.
        claims: what is decided, reversals before corrections.
        scripts: the claims' scripts; RECO, INTR, UNKN and OFFC change the payment.
        trace: TRN02, unique per payer.
        day: payment and production date.
        receiver_id: REF*EV, who receives the file for the payee.
        owed: what the payee owes from before.

    Returns:
        the payment, and what is owed after it because BPR02 is never negative.

    """
    party = payee_party(provider)
    everything = [*claims, *(stranger(trace) for _ in {Script.UNKN} & set(scripts))]
    changes: list[tuple[str, str | None, Decimal]] = []
    interest = sum((a.amount for c in claims for a in c.amounts if a.qualifier == "I"), ZERO)
    if interest:
        changes.append(("L6", None, -interest))
    if Script.RECO in scripts:
        changes.append(("WO", f"OLD{trace}", RECOVERY))
    if owed is not None:
        changes.append(("FB", owed.trace, owed.amount))
    net = sum((c.paid for c in everything), ZERO) - sum((amount for _, _, amount in changes), ZERO)
    forward = None
    if net < 0:
        forward = OpenBalance(trace=trace, amount=-net)
        changes.append(("FB", trace, net))
        net = ZERO
    off_by = Decimal("0.01") if Script.OFFC in scripts else ZERO
    remittance = Remittance(
        handling="I" if net else "H",
        payment_amount=net + off_by,
        credit_debit="C",
        payment_method="CHK" if net else "NON",
        payment_date=day,
        production_date=day,
        trace_number=trace,
        originator=payer_ein(payer.id),
        receiver_id=receiver_id,
        payer=payer_party(payer),
        payee=party,
        claims=tuple(everything),
        provider_adjustments=tuple(
            ProviderAdjustment(
                provider=party.id or "",
                reason=reason,
                reference=reference,
                amount=amount,
                fiscal_year_end=date(day.year, 12, 31),
            )
            for reason, reference, amount in changes
        ),
    )
    return SandboxPayment(remittance=remittance, forward=forward)
