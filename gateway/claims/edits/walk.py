"""Walking through a claim: its providers, addresses and numbers, each with its JSON path."""

import dataclasses
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.model.claim import Address, BillingProvider, Claim, Provider, Residue

_OF_A_LINE = (
    "rendering_provider", "purchased_service_provider", "service_facility", "supervising_provider",
    "ordering_provider", "referring_provider", "primary_care_provider",
)  # fmt: skip


def providers(claim: Claim) -> Iterator[tuple[str, Provider]]:
    """Yield every provider of the claim but the billing one, with its path."""
    for name in (
        "rendering_provider",
        "referring_provider",
        "supervising_provider",
        "service_facility",
        "primary_care_provider",
    ):
        provider: Provider | None = getattr(claim, name)
        if provider is not None:
            yield name, provider
    for index, line in enumerate(claim.service_lines):
        for name in _OF_A_LINE:
            of_line: Provider | None = getattr(line, name)
            if of_line is not None:
                yield f"service_lines[{index}].{name}", of_line


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
        *(
            (f"other_payers[{index}].{name}.address", part.address)
            for index, other in enumerate(claim.other_payers)
            for name, part in (("subscriber", other.subscriber), ("payer", other.payer))
        ),
    ]
    plan = billing.pay_to_plan
    found.append(("billing_provider.pay_to_plan.address", plan.address if plan else None))
    transports = [("ambulance", claim.ambulance)]
    transports += [
        (f"service_lines[{i}].ambulance", line.ambulance) for i, line in enumerate(claim.service_lines)
    ]
    for path, transport in transports:
        if transport is not None:
            found.append((f"{path}.pick_up", transport.pick_up))
            drop_off = transport.drop_off
            found.append((f"{path}.drop_off.address", drop_off.address if drop_off else None))
    yield from ((path, address) for path, address in found if address is not None)


_plans: dict[type, tuple[tuple[str, bool, bool], ...]] = {}


def _numbered(kind: Any) -> tuple[tuple[str, bool, bool], ...]:
    """Return the fields of *kind* that are or hold numbers: (name, holds further parts, is a list)."""
    known = _plans.get(kind)
    if known is not None:
        return known
    found = []
    for name, hint in typing.get_type_hints(kind).items():
        inner = [part for part in typing.get_args(hint) or (hint,) if part not in {type(None), Ellipsis}]
        many = typing.get_origin(hint) is tuple
        if inner[0] is Decimal:
            found.append((name, False, many))
        elif dataclasses.is_dataclass(inner[0]) and inner[0] is not Residue and _numbered(inner[0]):
            found.append((name, True, many))
    _plans[kind] = tuple(found)
    return _plans[kind]


def numbers(record: Any, path: str = "") -> Iterator[tuple[str, Decimal]]:
    """Yield every amount and quantity of *record* with its path."""
    for name, has_parts, many in _numbered(type(record)):
        value = getattr(record, name)
        if value is None:
            continue
        if not has_parts:
            yield f"{path}{name}", value
        elif many:
            for index, part in enumerate(value):
                yield from numbers(part, f"{path}{name}[{index}].")
        else:
            yield from numbers(value, f"{path}{name}.")


def in_us(address: Address) -> bool:
    """Tell whether the address is in the US: no country says so."""
    return address.country in {None, "US", "USA"}
