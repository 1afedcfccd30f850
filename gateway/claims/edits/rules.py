"""What an edit is: a rule with an id, a weight and a sentence, and one function that finds its faults in a claim."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from gateway.model.claim import Address, BillingProvider, Claim, Provider
from gateway.model.findings import Finding, Severity
from gateway.settings import Partner, Relaxations

Fault = tuple[str, str]
"""Where (JSON path) and what (a sentence)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditContext:
    """What an edit may know besides the claim: *today* where the submitter is, and the partner's *profile*.

    Without a profile every relaxation is off.
    """

    today: date
    profile: Partner | None = None

    @property
    def relax(self) -> Relaxations:
        """The rules switched off for the partner."""
        return _STRICT if self.profile is None else self.profile.relax


_STRICT = Relaxations()

Check = Callable[[Claim, EditContext], Iterator[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit: *rule* is its id, *item* its number in the checklist of domain.md 2.17, *text* what it demands.

    *relaxation* names the partner's setting that switches it off, where there is one.
    """

    rule: str
    item: str
    severity: Severity
    text: str
    check: Check
    relaxation: str | None = None

    def findings(self, claim: Claim, context: EditContext) -> Iterable[Finding]:
        """Return what this edit has to say of *claim*."""
        for path, message in self.check(claim, context):
            yield Finding(
                code=self.rule,
                severity=self.severity,
                message=message,
                element=path,
                claim=claim.patient_control_number,
            )


_found: list[Edit] = []


def edit(
    rule: str, *, item: str, text: str, severity: Severity = Severity.ERROR, relaxation: str | None = None
) -> Callable[[Check], Check]:
    """Register the decorated function as the edit *rule*."""

    def register(check: Check) -> Check:
        _found.append(
            Edit(rule=rule, item=item, severity=severity, text=text, check=check, relaxation=relaxation)
        )
        return check

    return register


def registered() -> tuple[Edit, ...]:
    """Return every edit of the modules imported so far, in the order they stand there."""
    return tuple(_found)


def providers(claim: Claim) -> Iterator[tuple[str, Provider]]:
    """Yield every provider of the claim but the billing one, with its path."""
    for name in ("rendering_provider", "referring_provider", "supervising_provider", "service_facility"):
        provider: Provider | None = getattr(claim, name)
        if provider is not None:
            yield name, provider
    for index, line in enumerate(claim.service_lines):
        if line.rendering_provider is not None:
            yield f"service_lines[{index}].rendering_provider", line.rendering_provider


def all_providers(claim: Claim) -> Iterator[tuple[str, Provider | BillingProvider]]:
    """Yield every provider of the claim with its path."""
    yield "billing_provider", claim.billing_provider
    yield from providers(claim)


def addresses(claim: Claim) -> Iterator[tuple[str, Address]]:
    """Yield every address of the claim with its path."""
    billing = claim.billing_provider
    found = [
        ("billing_provider.address", billing.address),
        ("billing_provider.pay_to_address", billing.pay_to_address),
        ("subscriber.address", claim.subscriber.address),
        ("patient.address", claim.patient.address if claim.patient else None),
        ("payer.address", claim.payer.address),
        *((f"{path}.address", provider.address) for path, provider in providers(claim)),
    ]
    yield from ((path, address) for path, address in found if address is not None)


def in_us(address: Address) -> bool:
    """Tell whether the address is in the US: no country says so."""
    return address.country in {None, "US", "USA"}
