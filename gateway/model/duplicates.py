"""When two claims are the same: the texts that are hashed to find a duplicate (domain.md 2.17 item 20, D-DUP).

Letter case, runs of blanks and the spelling of numbers do not make a claim another claim; our own key does not either.
"""

import json
from decimal import Decimal
from typing import Any

from gateway.model.claim import Claim
from gateway.model.codec import QUANTITIES, compact
from gateway.model.matching import loose_id, loose_name
from gateway.model.money import x12_decimal

CONTENT = "content"
"""Purpose of ``claim_version.content_index``; the value is `content_key`."""

SERVICE = "service"
"""Purpose of ``claim_version.service_index``; the value is `service_key`."""

_NUMBERS = QUANTITIES | {"charge", "patient_paid"}


def content_key(claim: Claim) -> str:
    """Return the whole claim as one comparable text."""
    content = compact(claim)
    content.pop("claim_key", None)
    return json.dumps(_plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _plain(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, name) for part in value]
    if isinstance(value, str):
        return x12_decimal(Decimal(value)) if name in _NUMBERS else " ".join(value.upper().split())
    return value


def service_key(claim: Claim) -> str:
    """Return who was treated by whom, when, with what and for how much, and who is to pay, as one comparable text."""
    person = claim.patient or claim.subscriber
    rendering = claim.rendering_provider
    lines = sorted(
        (
            line.service_date.isoformat() if line.service_date else "",
            line.service_date_to.isoformat() if line.service_date_to else "",
            line.procedure.upper(),
            " ".join(line.modifiers).upper(),
            x12_decimal(line.charge),
            x12_decimal(line.units),
            (line.rendering_provider.npi or "") if line.rendering_provider else "",
        )
        for line in claim.service_lines
    )
    who = [
        loose_id(claim.payer.id),
        claim.payer_sequence,
        loose_id(claim.subscriber.member_id or ""),
        loose_name(person.last_name),
        loose_name(person.first_name or ""),
        person.birth_date.isoformat() if person.birth_date else "",
        loose_id(claim.billing_provider.npi or claim.billing_provider.tax_id or claim.billing_provider.name),
        (rendering.npi or "") if rendering else "",
        x12_decimal(claim.charge),
    ]
    return json.dumps([who, lines], separators=(",", ":"), ensure_ascii=False)


def is_another_patient(one: Claim, other: Claim) -> bool:
    """Tell whether two claims are of two patients: neither last name, birth date nor member id is the same.

    A correction may change any two of them. Where less than two are said on both sides, that is not known.
    """
    first, second = one.patient or one.subscriber, other.patient or other.subscriber
    pairs = (
        (loose_name(first.last_name), loose_name(second.last_name)),
        (first.birth_date, second.birth_date),
        (loose_id(one.subscriber.member_id or ""), loose_id(other.subscriber.member_id or "")),
    )
    said = [(a, b) for a, b in pairs if a and b]
    return len(said) > 1 and all(a != b for a, b in said)
