"""Through whom a claim goes: the folder it was dropped in, else the payer-id table of the profiles, else it waits."""

from collections.abc import Iterator

from gateway.model.claim import Claim
from gateway.model.findings import Finding, error
from gateway.settings import Settings

UNROUTABLE = "unroutable"
"""The kind of hold on a claim that has no way out."""


def partner_for(claim: Claim, *, folder: str | None, settings: Settings) -> str | None:
    """Return the partner of *claim*, dropped in outbound/*folder* (None: in outbound/ itself); None where there is none."""
    return folder if folder in settings.partner else _by_payer(claim.payer.id, settings)


def route_faults(claim: Claim, partner: str | None, settings: Settings) -> Iterator[Finding]:
    """Yield why *claim* cannot go out: it has no *partner*, or is for somebody else."""
    if partner is None:
        yield error(
            "ROUTE-PAYER",
            f"payer {claim.payer.id} is in no partner's payers list; add it to one in config.toml and release the "
            "claim, or drop it in outbound/<partner>/",
            element="payer.id",
            claim=claim.patient_control_number,
        )
    if not is_ours(claim, settings):
        yield error(
            "ROUTE-ENTITY",
            "the billing provider is none of ours: neither its NPI nor its tax id is a [[billing_entity]] of config.toml",
            element="billing_provider.npi",
            claim=claim.patient_control_number,
        )


def _by_payer(payer: str, settings: Settings) -> str | None:
    wanted = payer.strip().upper()
    return next(
        (
            name
            for name, profile in settings.partner.items()
            if wanted in {known.strip().upper() for known in profile.payers}
        ),
        None,
    )


def is_ours(claim: Claim, settings: Settings) -> bool:
    """Tell whether the billing provider is one of our billing entities, by NPI or tax id."""
    billing = claim.billing_provider
    return any(
        (billing.npi is not None and billing.npi == ours.npi)
        or (billing.tax_id is not None and billing.tax_id == ours.tax_id)
        for ours in settings.billing_entity
    )
