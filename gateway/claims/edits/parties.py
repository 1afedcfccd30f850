"""Edits on providers: who bills, who treated, who referred, and where."""

import re
from collections.abc import Iterator

from gateway.claims.edits.normalise import is_repeat, is_same_place
from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import FACILITY, LOE
from gateway.model.claim import BillingProvider, Claim, Provider, ServiceLine
from gateway.model.findings import Severity

_PERSONS = frozenset(
    {"referring_provider", "supervising_provider", "primary_care_provider", "ordering_provider"}
)
_PHONE = re.compile(r"[0-9]{10}\Z")


@edit(
    "P-BP-02",
    snip=4,
    place="2010AA NM102, 2010AA NM104",
    text="the billing provider is a person with a first name, or an organisation without",
    bad={"billing_provider.entity_type": "1"},
    good={"billing_provider.entity_type": "1", "billing_provider.first_name": "RITA"},
)
def billing_name(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """NM102 = 1 needs NM104; NM102 = 2 must have no NM104 to NM107."""
    yield from _name_faults("billing_provider", claim.billing_provider, first_name_needed=True)


@edit(
    "P-ENTITY",
    snip=4,
    place="2310A NM102, 2310B NM102, 2310C NM102, 2310D NM102, 2420A NM102",
    text="a provider is a person or an organisation, named as one",
    bad={"rendering_provider": {**LOE, "entity_type": "2"}},
    good={"rendering_provider": LOE},
)
def provider_names(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Referring and supervising providers are persons; a facility is an organisation."""
    for path, provider in context.walk.providers(claim):
        name = path.rpartition(".")[2]
        if name == "purchased_service_provider":
            continue  # known by number only
        faults = list(_name_faults(path, provider, first_name_needed=False))
        yield from faults
        if faults:
            continue
        role = name.replace("_", " ")
        if name in _PERSONS and provider.entity_type != "1":
            yield f"{path}.entity_type", f"the {role} is a person (entity_type 1)"
        elif name == "service_facility" and provider.entity_type != "2":
            yield f"{path}.entity_type", f"the {role} is an organisation (entity_type 2)"


def _name_faults(
    path: str, provider: BillingProvider | Provider, *, first_name_needed: bool
) -> Iterator[Fault]:
    if provider.entity_type not in {"1", "2"}:
        yield f"{path}.entity_type", f"{provider.entity_type} is neither 1 (person) nor 2 (organisation)"
    elif not provider.name:
        yield f"{path}.name", "a provider needs a name"
    elif provider.entity_type == "1" and first_name_needed and not provider.first_name:
        yield f"{path}.first_name", "a person (entity_type 1) needs a first name"
    elif provider.entity_type == "2" and (provider.first_name or provider.middle_name or provider.suffix):
        yield (
            f"{path}.first_name",
            "an organisation (entity_type 2) has no first name, middle name or suffix; a person is entity_type 1",
        )


@edit(
    "P-BP-08",
    snip=2,
    place="2010AA PER04",
    text="the billing contact's phone has ten digits",
    bad={"billing_provider.contact_name": "RITA ROE", "billing_provider.contact_phone": "555"},
    good={"billing_provider.contact_name": "RITA ROE", "billing_provider.contact_phone": "5555550100"},
)
def billing_phone(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """PER in 2010AA, no punctuation."""
    billing = claim.billing_provider
    if billing.contact_phone is not None and not _PHONE.match(billing.contact_phone):
        yield "billing_provider.contact_phone", "the phone number has not ten digits"
    elif billing.contact_name is not None and billing.contact_phone is None:
        yield "billing_provider.contact_phone", "a contact needs a phone number"


@edit(
    "P-FACILITY",
    snip=4,
    place="2310C N301, 2420C N301",
    text="a service facility is named only where it is not the billing provider's address",
    bad={
        "place_of_service": "12",
        "service_facility": FACILITY,
    },
    good={
        "place_of_service": "22",
        "service_facility": FACILITY,
    },
    relaxable=True,
)
def facility(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Loops 2310C and 2420C need their address, and are not for the patient's home."""
    for path, place in context.walk.providers(claim):
        if not path.endswith("service_facility"):
            continue
        if place.address is None:
            yield f"{path}.address", "the service facility has no address"
        elif is_same_place(place, claim.billing_provider) and path == "service_facility":
            yield path, "the service facility is the billing provider's own address; leave it out"
        elif claim.place_of_service == "12" and path == "service_facility":
            yield path, "care at the patient's home (place of service 12) has no service facility"


@edit(
    "P-RENDERING",
    snip=4,
    place="2310B NM109, 2420A NM109",
    text="a rendering provider is named only where it is not the billing provider",
    bad={"rendering_provider": {**LOE, "npi": "1098765435"}},
    good={"rendering_provider": LOE},
    relaxable=True,
)
def rendering(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """And on a line only where it is not the claim's."""
    given = claim.rendering_provider
    split = any(line.rendering_provider is not None for line in claim.service_lines)
    if given is not None and is_repeat(given, claim.billing_provider) and not split:
        yield "rendering_provider", "the rendering provider is the billing provider; leave it out"
    for index, line in enumerate(claim.service_lines):
        if line.rendering_provider is not None and line.rendering_provider == given:
            yield (
                f"service_lines[{index}].rendering_provider",
                "the line's rendering provider is the claim's; leave it out on the line",
            )


@edit(
    "P-NPI-NONE",
    snip=4,
    place="2310A NM109, 2310B NM109, 2310D NM109, 2420A NM109",
    text="rendering, referring and supervising providers have an NPI",
    bad={"rendering_provider": {"entity_type": "1", "name": "LOE"}},
    good={"rendering_provider": LOE},
    severity=Severity.WARNING,
)
def provider_npis(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The guide lets atypical providers go without."""
    for path, provider in context.walk.providers(claim):
        if provider.npi is None and not path.endswith("service_facility"):
            yield f"{path}.npi", "this provider has no NPI; most payers reject that"


@edit(
    "P-ROLE-REPEAT",
    snip=4,
    place="2420C NM109, 2420D NM109, 2420F NM109",
    text="a provider or place is named on a line only where it is not the claim's",
    bad={"referring_provider": LOE, "service_lines[0].referring_provider": LOE},
    good={"referring_provider": LOE},
    severity=Severity.WARNING,
)
def repeated_roles(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The guide wants the line's loop only where it differs (2.10)."""
    for path, provider in context.walk.providers(claim):
        of_line, _, role = path.rpartition(".")
        if of_line and role in _ROLES_OF_BOTH and provider == getattr(claim, role):
            yield path, f"the line's {role.replace('_', ' ')} is the claim's; leave it out on the line"


_ROLES_OF_BOTH = frozenset(
    {"referring_provider", "primary_care_provider", "supervising_provider", "service_facility"}
)


@edit(
    "P-REFERRAL",
    snip=4,
    place="2310A NM101, 2420F NM101",
    text="a primary care provider is named beside a referring provider, not alone",
    bad={"primary_care_provider": LOE},
    good={"primary_care_provider": LOE, "referring_provider": LOE},
    severity=Severity.WARNING,
)
def primary_care(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """P3 is for the second of two referrals; one alone is DN."""
    found: list[tuple[str, Claim | ServiceLine]] = [("", claim)]
    found += [(f"service_lines[{index}].", line) for index, line in enumerate(claim.service_lines)]
    for path, part in found:
        if part.primary_care_provider is not None and part.referring_provider is None:
            yield f"{path}primary_care_provider", "the only provider who referred is the referring_provider"
