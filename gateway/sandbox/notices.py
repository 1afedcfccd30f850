"""835s that come beside the payment for claims: capitation, a pre-notification, and money for somebody else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from gateway.model.claim import BillingProvider, Payer
from gateway.model.remittance import Remittance
from gateway.sandbox.adjudicate import ZERO
from gateway.sandbox.remit import make_payment, stranger, write_payment
from gateway.sandbox.scripts import Script

FOREIGN_PAYER = Payer(name="EXAMPLE HEALTH PLAN", id="EXH01")
CAPITATION = Decimal("100.00")
STRANGER = BillingProvider(name="STRANGE CLINIC", npi="1444987659", tax_id="371111111")
"""A payee whom nobody here knows; a sender of that NPI gets `OTHER_STRANGER` instead."""

OTHER_STRANGER = BillingProvider(name="OTHER STRANGE CLINIC", npi="1555123458", tax_id="372222222")


def foreign_remittance(
    payer: Payer, trace: str, day: date, *, receiver_id: str, known: str = ""
) -> Remittance:
    """Return a payment to a payee other than the one with the NPI *known*."""
    return make_payment(
        payer=payer,
        provider=OTHER_STRANGER if known == STRANGER.npi else STRANGER,
        claims=[stranger(trace)],
        scripts=[],
        trace=trace,
        day=day,
        receiver_id=receiver_id,
    ).remittance


def notices(
    scripts: Sequence[Script],
    *,
    payer: Payer,
    provider: BillingProvider,
    take_trace: Callable[[], str],
    day: date,
    receiver_id: str,
) -> Iterator[Remittance]:
    """Yield what the scripts of one payee's claims ask for beside their payment."""
    if Script.CAPI in scripts:
        yield write_payment(
            payer=payer,
            provider=provider,
            amount=CAPITATION,
            claims=[],
            changes=[("CT", f"{day:%Y%m}", -CAPITATION)],
            trace=take_trace(),
            day=day,
            receiver_id=receiver_id,
        )
    if Script.PREN in scripts:
        announced = write_payment(
            payer=payer,
            provider=provider,
            amount=ZERO,
            claims=[],
            changes=[],
            trace=take_trace(),
            day=day,
            receiver_id=receiver_id,
        )
        yield replace(announced, handling="P")
    if Script.MISR in scripts:
        yield foreign_remittance(payer, take_trace(), day, receiver_id=receiver_id, known=provider.npi or "")
