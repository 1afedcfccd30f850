"""From adjudicated claims to 835s: one payment per payer and payee, with what is owed from before.

Every payment made here satisfies B4 (domain.md 4.7): claims less provider adjustments is the payment amount. The
exceptions are scripts OFFC, NEGA and INTA, which are there to be caught.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from gateway.model.claim import Address, BillingProvider, Payer
from gateway.model.money import CENT
from gateway.model.remittance import (
    Adjustment,
    Party,
    ProviderAdjustment,
    Remittance,
    RemittanceClaim,
    RemittanceReference,
)
from gateway.model.remittance_parts import RemittanceContact
from gateway.sandbox.adjudicate import ZERO, reverse
from gateway.sandbox.scripts import Script

RECOVERIES = {
    Script.RECO: ("", Decimal("5.00")),
    Script.DEBT: ("D", Decimal("500.00")),
    Script.NEGA: ("N", Decimal("9999.00")),
}
"""What these scripts take back, and what ends the name of it."""

UNEXPLAINED_INTEREST = Decimal("2.50")
"""What script INTL pays."""

CONSTANT_TRACE = "NOPAYMENT"
"""The trace number of every notice that script ZTRC asks for."""

UNKNOWN_CHARGE = Decimal("80.00")
UNKNOWN_PAID = Decimal("64.00")
UNKNOWN_SHARE = UNKNOWN_CHARGE - UNKNOWN_PAID

_PAYER_ADDRESS = Address(line1="PO BOX 100", city="SPRINGFIELD", state="IL", zip="627010100")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBalance:
    """Money a payee owes a payer: taken by the next payment, under *code* and *reference*.

    FB carries a balance forward, *reference* is the payment (TRN02) it comes from; WO collects an overpayment,
    *reference* is the payer's number of the claim (CLP07). *refunded*: the payee has sent it back itself (72).
    """

    reference: str
    amount: Decimal
    code: str = "FB"
    refunded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPayment:
    """One payment and what the payee still owes after it."""

    remittance: Remittance
    open: tuple[OpenBalance, ...]


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


def _beside(scripts: Sequence[Script], trace: str) -> Iterator[RemittanceClaim]:
    """Yield the claims that nobody has sent: one paid (UNKN), one taken back though it never was paid (REVU)."""
    if Script.UNKN in scripts:
        yield stranger(trace)
    if Script.REVU in scripts:
        yield reverse(replace(stranger(trace), patient_control_number=f"NEVER{trace[-6:]}"))


Change = tuple[str, str | None, Decimal]
"""A provider adjustment: reason, reference, amount."""


def _changes(
    scripts: Sequence[Script],
    trace: str,
    *,
    interest: Decimal,
    owed: Sequence[OpenBalance],
    left: Sequence[OpenBalance],
) -> Iterator[Change]:
    if interest and Script.INTA not in scripts:
        yield "L6", None, -interest
    if Script.INTL in scripts:
        yield "L6", None, -UNEXPLAINED_INTEREST
    for script, (ending, amount) in RECOVERIES.items():
        if script in scripts:
            yield "WO", f"OLD{trace}{ending}", amount
    if Script.PLBS in scripts:
        yield "LE", None, Decimal("1.00")
        yield "IR", f"TAX{trace}", Decimal("2.00")
        yield "CS", f"OTHER{trace}", Decimal("-3.00")
        yield "LS", f"LUMP{trace}", Decimal("-4.00")
    for debt in owed:
        yield debt.code, debt.reference, debt.amount
        if debt.refunded:
            yield "72", debt.reference, -debt.amount
    for debt in left:
        yield debt.code, debt.reference, -debt.amount


def make_payment(
    *,
    payer: Payer,
    provider: BillingProvider,
    claims: Sequence[RemittanceClaim],
    scripts: Sequence[Script],
    trace: str,
    day: date,
    receiver_id: str,
    owed: Sequence[OpenBalance] = (),
    left: Sequence[OpenBalance] = (),
) -> SandboxPayment:
    """Make one 835 out of *claims* of one payee.

    Args:
        payer: who pays.
        provider: who is paid.
        claims: what is decided, reversals before corrections.
        scripts: the claims' scripts; some of them change the payment.
        trace: TRN02, unique per payer.
        day: payment and production date.
        receiver_id: REF*EV, who receives the file for the payee.
        owed: what the payee owes from before; it is taken now.
        left: what it owes of these claims and is left for now.

    Returns:
        the payment, and what is owed after it because it was left, or because BPR02 is never negative.

    """
    everything = [*claims, *_beside(scripts, trace)]
    interest = sum((a.amount for c in claims for a in c.amounts if a.qualifier == "I"), ZERO)
    changes = list(_changes(scripts, trace, interest=interest, owed=owed, left=left))
    net = sum((c.paid for c in everything), ZERO) - sum((amount for _, _, amount in changes), ZERO)
    if Script.INTA in scripts:
        net += interest
    still_open = [*left]
    if net < 0:
        if Script.NEGA not in scripts:
            still_open.append(OpenBalance(reference=trace, amount=-net))
            changes.append(("FB", trace, net))
        net = ZERO
    if Script.OFFC in scripts:
        net += CENT
    if Script.ZTRC in scripts and not net:
        trace = CONSTANT_TRACE
    remittance = write_payment(
        payer=payer,
        provider=provider,
        amount=net,
        claims=everything,
        changes=changes,
        trace=trace,
        day=day,
        receiver_id=receiver_id,
    )
    if Script.NOPR in scripts:
        nameless = replace(remittance.payer, name=f"{payer.name} SERVICES", references=())
        remittance = replace(remittance, payer=nameless)
    return SandboxPayment(remittance=remittance, open=tuple(still_open))


def write_payment(
    *,
    payer: Payer,
    provider: BillingProvider,
    amount: Decimal,
    claims: Sequence[RemittanceClaim],
    changes: Sequence[Change],
    trace: str,
    day: date,
    receiver_id: str,
) -> Remittance:
    """Return the 835 as it is: *amount* is BPR02, *changes* are the PLB, nothing is worked out here."""
    payee = payee_party(provider)
    return Remittance(
        handling="I" if amount else "H",
        payment_amount=amount,
        credit_debit="C",
        payment_method="CHK" if amount else "NON",
        payment_date=day,
        production_date=day,
        trace_number=trace,
        originator=payer_ein(payer.id),
        receiver_id=receiver_id,
        payer=payer_party(payer),
        payee=payee,
        claims=tuple(claims),
        provider_adjustments=tuple(
            ProviderAdjustment(
                provider=payee.id or "",
                reason=reason,
                reference=reference,
                amount=taken,
                fiscal_year_end=date(day.year, 12, 31),
            )
            for reason, reference, taken in changes
        ),
    )
