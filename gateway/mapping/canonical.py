"""A claim as X12 carries it: what reading gives back after writing.

Written without the maps and against them: the law ``read(write(c)) == canonical(c)`` tests the one by the other. What
differs from the claim that came in: text is folded, empty text is nothing, a range of one day is a day, a diagnosis
has no dot, a "no" that X12 only says by silence is nothing, and a provider keeps what the guide lets its role say.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from gateway.mapping.fields import fields_of
from gateway.mapping.residue import fold_segment
from gateway.model.claim import (
    Address,
    Adjustment,
    Ambulance,
    BillingProvider,
    Claim,
    Contact,
    Dme,
    OtherPayer,
    OtherPayerProvider,
    OutpatientAdjudication,
    Patient,
    PayerNumber,
    Provider,
    Reference,
    ServiceLine,
    Subscriber,
)
from gateway.model.money import x12_decimal
from gateway.x12.characters import fold

Fold = Callable[[str | None], str | None]

_PERSON_REFERENCES = frozenset({"0B", "1G", "G2"})
_RENDERING_REFERENCES = frozenset({"0B", "1G", "G2", "LU"})
_FACILITY_REFERENCES = frozenset({"0B", "G2", "LU"})
_PAYER_REFERENCES = frozenset({"2U", "EI", "FY", "NF"})
_MAY_BE_EMPTY = (Address, Ambulance, Contact, Dme, OutpatientAdjudication)
"""Parts that are not there when nothing in them is said."""


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
        subscriber=_patient(folded.subscriber),
        patient=_patient(folded.patient) if folded.patient is not None else None,
        payer=replace(folded.payer, references=_references(folded.payer.references, _PAYER_REFERENCES)),
        homebound=folded.homebound or None,
        primary_care_provider=_person(folded.primary_care_provider, _PERSON_REFERENCES),
        other_payers=tuple(_other_payer(item) for item in folded.other_payers),
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
    said = {name: _value(getattr(record, name), text) for name in kinds}
    for name, value in said.items():
        if value is None and not kinds[name].optional:
            said[name] = "" if kinds[name].required else _default(record, name)
    if isinstance(record, _MAY_BE_EMPTY) and all(value is None or value == () for value in said.values()):
        return None
    return type(record)(**said)


def _default(record: Any, name: str) -> Any:
    return next(item.default for item in fields(record) if item.name == name)


def _value(value: Any, text: Callable[[str | None], str]) -> Any:
    if value is None or value == ():  # most fields of most claims
        return value
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


def _references(
    items: tuple[Reference, ...], allowed: frozenset[str], *, by_payer: bool = False
) -> tuple[Reference, ...]:
    """Keep the references the place allows, with the payer that asks for them where there is room to say so."""
    kept = (item for item in items if item.qualifier in allowed and item.id)
    return tuple(item if by_payer else replace(item, payer=None) for item in kept)


def _billing(provider: BillingProvider) -> BillingProvider:
    entity, plan = provider.pay_to_entity_type, provider.pay_to_plan
    return replace(
        provider,
        references=_references(provider.references, frozenset({"0B", "1G"})),
        payer_references=_references(provider.payer_references, frozenset({"G2", "LU"})),
        pay_to_entity_type=entity
        if provider.pay_to_address is not None and entity != provider.entity_type
        else None,
        pay_to_plan=replace(plan, references=_references(plan.references, frozenset({"2U", "FY", "NF"})))
        if plan is not None
        else None,
    )


P = TypeVar("P", Subscriber, Patient)


def _patient(person: P) -> P:
    return replace(person, pregnant=person.pregnant or None, contact=_by_phone(person.contact))


def _by_phone(contact: Contact | None) -> Contact | None:
    """Leave what most places have room for: a name, a telephone, an extension."""
    if contact is None:
        return None
    short = replace(contact, fax=None, email=None)
    return short if short != Contact() else None


def _person(
    provider: Provider | None, allowed: frozenset[str], *, by_payer: bool = False, whole: bool = False
) -> Provider | None:
    """Return a person in a role; *whole* keeps address and contact, as an ordering provider has them."""
    if provider is None:
        return None
    return replace(
        provider,
        entity_type="1",
        taxonomy=None,
        address=provider.address if whole else None,
        contact=provider.contact if whole else None,
        references=_references(provider.references, allowed, by_payer=by_payer),
    )


def _rendering(provider: Provider | None, *, by_payer: bool = False) -> Provider | None:
    if provider is None:
        return None
    references = _references(provider.references, _RENDERING_REFERENCES, by_payer=by_payer)
    return replace(provider, address=None, contact=None, references=references)


def _facility(provider: Provider | None) -> Provider | None:
    if provider is None:
        return None
    return replace(
        _nameless(provider),
        name=provider.name,
        entity_type="2",
        address=provider.address,
        contact=_by_phone(provider.contact),
        references=_references(provider.references, _FACILITY_REFERENCES),
    )


def _line_facility(provider: Provider | None) -> Provider | None:
    if provider is None:
        return None
    kept = _references(provider.references, frozenset({"G2", "LU"}), by_payer=True)
    return replace(_nameless(provider), name=provider.name, address=provider.address, references=kept)


def _seller(provider: Provider | None) -> Provider | None:
    if provider is None:
        return None
    kept = _references(provider.references, _PERSON_REFERENCES, by_payer=True)
    return replace(_nameless(provider), entity_type=provider.entity_type, references=kept)


def _nameless(provider: Provider) -> Provider:
    return Provider(entity_type="2", npi=provider.npi)


def _other_payer(item: OtherPayer) -> OtherPayer:
    return replace(
        item,
        payer=replace(item.payer, references=_references(item.payer.references, _PAYER_REFERENCES)),
        adjustments=_grouped(item.adjustments),
        referring_provider=_numbers(item.referring_provider, _PERSON_REFERENCES, "1"),
        primary_care_provider=_numbers(item.primary_care_provider, _PERSON_REFERENCES, "1"),
        rendering_provider=_numbers(item.rendering_provider, _RENDERING_REFERENCES),
        service_facility=_numbers(item.service_facility, _FACILITY_REFERENCES, "2"),
        supervising_provider=_numbers(item.supervising_provider, _RENDERING_REFERENCES, "1"),
        billing_provider=_numbers(item.billing_provider, frozenset({"G2", "LU"})),
    )


def _numbers(
    provider: OtherPayerProvider | None, allowed: frozenset[str], entity: str | None = None
) -> OtherPayerProvider | None:
    if provider is None:
        return None
    references = _references(provider.references, allowed)
    return replace(provider, entity_type=entity or provider.entity_type, references=references)


def _grouped(items: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    """Put the adjustments of one group code together, in the order in which the groups are first named."""
    groups = list(dict.fromkeys(item.group for item in items))
    kept = (replace(item, quantity=item.quantity or None) for item in items)
    return tuple(sorted(kept, key=lambda item: groups.index(item.group)))


def _numbered(own: str | None, others: tuple[PayerNumber, ...]) -> tuple[str | None, tuple[PayerNumber, ...]]:
    """A number that no other payer is named for is the claim's payer's."""
    if own is None:
        own = next((item.id for item in others if item.payer is None), None)
        first = next((i for i, item in enumerate(others) if item.payer is None), len(others))
        others = others[:first] + others[first + 1 :]
    return own, others


def _line(line: ServiceLine) -> ServiceLine:
    first, last = line.service_date, line.service_date_to
    authorization, authorizations = _numbered(line.prior_authorization, line.payer_prior_authorizations)
    referral, referrals = _numbered(line.referral_number, line.payer_referral_numbers)
    return replace(
        line,
        service_date_to=last if first is not None and last != first else None,
        modifiers=line.modifiers[:4],
        diagnosis_pointers=line.diagnosis_pointers[:4],
        emergency=line.emergency or None,
        epsdt=line.epsdt or None,
        family_planning=line.family_planning or None,
        copay_exempt=line.copay_exempt or None,
        note_type=line.note_type if line.note else "ADD",
        prior_authorization=authorization,
        payer_prior_authorizations=authorizations,
        referral_number=referral,
        payer_referral_numbers=referrals,
        repricing=replace(
            line.repricing,
            procedure_type=line.repricing.procedure_type if line.repricing.procedure else "HC",
            unit_type=line.repricing.unit_type if line.repricing.units is not None else "UN",
        )
        if line.repricing is not None
        else None,
        rendering_provider=_rendering(line.rendering_provider, by_payer=True),
        purchased_service_provider=_seller(line.purchased_service_provider),
        service_facility=_line_facility(line.service_facility),
        supervising_provider=_person(line.supervising_provider, _RENDERING_REFERENCES, by_payer=True),
        ordering_provider=_person(line.ordering_provider, _PERSON_REFERENCES, by_payer=True, whole=True),
        referring_provider=_person(line.referring_provider, _PERSON_REFERENCES, by_payer=True),
        primary_care_provider=_person(line.primary_care_provider, _PERSON_REFERENCES, by_payer=True),
        adjudications=tuple(
            replace(item, adjustments=_grouped(item.adjustments)) for item in line.adjudications
        ),
    )
