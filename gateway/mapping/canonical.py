"""A claim as X12 carries it: what reading gives back after writing.

Written without the maps and against them: the law ``read(write(c)) == canonical(c)`` tests the one by the other. What
differs from the claim that came in: text is folded, empty text is nothing, a range of one day is a day, a diagnosis
has no dot, a "no" that X12 only says by silence is nothing, and a provider keeps what the guide lets its role say.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

from gateway.mapping.fields import fields_of
from gateway.mapping.residue import fold_segment
from gateway.model.claim import Address, BillingProvider, Claim, Provider, Reference, ServiceLine
from gateway.model.money import x12_decimal
from gateway.x12.characters import fold

Fold = Callable[[str | None], str | None]

_PERSON_REFERENCES = frozenset({"0B", "1G", "G2"})
_RENDERING_REFERENCES = frozenset({"0B", "1G", "G2", "LU"})
_FACILITY_REFERENCES = frozenset({"0B", "G2", "LU"})


def canonical(claim: Claim, *, upper: bool = True) -> Claim:
    """Return *claim* as X12 carries it; idempotent. *upper* as in `write_claims`."""

    def text(value: str | None) -> str:
        return fold(value, upper=upper) if value else ""

    folded: Claim = _folded(claim, text)
    return replace(
        folded,
        diagnoses=tuple(code.replace(".", "") for code in folded.diagnoses if code.replace(".", "")),
        diagnosis_type="ICD9" if folded.diagnosis_type == "ICD9" and folded.diagnoses else "ICD10",
        related_causes=folded.related_causes[:2],
        note_type=folded.note_type if folded.note else "ADD",
        billing_provider=_billing(folded.billing_provider),
        payer=replace(
            folded.payer, references=_references(folded.payer.references, frozenset({"2U", "EI", "FY", "NF"}))
        ),
        referring_provider=_person(folded.referring_provider, _PERSON_REFERENCES),
        supervising_provider=_person(folded.supervising_provider, _RENDERING_REFERENCES),
        rendering_provider=_rendering(folded.rendering_provider),
        service_facility=_facility(folded.service_facility),
        service_lines=tuple(_line(line) for line in folded.service_lines),
        residue=tuple(
            replace(
                item,
                segments=tuple(fold_segment(segment, text) for segment in item.segments),
                replaces=fold_segment(item.replaces, text) if item.replaces is not None else None,
            )
            for item in claim.residue
        ),
    )


def _folded(record: Any, text: Callable[[str | None], str]) -> Any:
    """Fold every text in *record* and below, put numbers into one spelling, and drop what says nothing."""
    kinds = fields_of(record.__class__)
    said = {item.name: _value(getattr(record, item.name), text) for item in fields(record)}
    for name, value in said.items():
        if value is None and not kinds[name].optional:
            said[name] = "" if kinds[name].required else _default(record, name)
    if isinstance(record, Address) and not any(said.values()):
        return None
    return type(record)(**said)


def _default(record: Any, name: str) -> Any:
    return next(item.default for item in fields(record) if item.name == name)


def _value(value: Any, text: Callable[[str | None], str]) -> Any:
    if isinstance(value, str):
        return text(value) or None
    if isinstance(value, Decimal):
        return Decimal(x12_decimal(value))
    if isinstance(value, tuple):
        items = [_value(item, text) for item in value]
        return tuple(item for item in items if item is not None)
    if is_dataclass(value):
        return _folded(value, text)
    return value


def _references(items: tuple[Reference, ...], allowed: frozenset[str]) -> tuple[Reference, ...]:
    """Keep the references the place allows, in the order X12 says them: kinds of one segment stay as they are."""
    return tuple(item for item in items if item.qualifier in allowed and item.id)


def _billing(provider: BillingProvider) -> BillingProvider:
    return replace(
        provider,
        references=_references(provider.references, frozenset({"0B", "1G"})),
        payer_references=_references(provider.payer_references, frozenset({"G2", "LU"})),
    )


def _person(provider: Provider | None, allowed: frozenset[str]) -> Provider | None:
    if provider is None:
        return None
    references = _references(provider.references, allowed)
    return replace(provider, entity_type="1", taxonomy=None, address=None, references=references)


def _rendering(provider: Provider | None) -> Provider | None:
    if provider is None:
        return None
    return replace(provider, address=None, references=_references(provider.references, _RENDERING_REFERENCES))


def _facility(provider: Provider | None) -> Provider | None:
    if provider is None:
        return None
    return replace(
        provider,
        entity_type="2",
        first_name=None,
        middle_name=None,
        suffix=None,
        taxonomy=None,
        references=_references(provider.references, _FACILITY_REFERENCES),
    )


def _line(line: ServiceLine) -> ServiceLine:
    first, last = line.service_date, line.service_date_to
    return replace(
        line,
        service_date_to=last if first is not None and last != first else None,
        modifiers=line.modifiers[:4],
        diagnosis_pointers=line.diagnosis_pointers[:4],
        emergency=line.emergency or None,
        epsdt=line.epsdt or None,
        family_planning=line.family_planning or None,
        rendering_provider=_rendering(line.rendering_provider),
    )
