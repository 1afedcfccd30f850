"""Edits on who bills, who is treated, who is insured, and where they live."""

import re
from collections.abc import Iterator

from gateway.claims.edits.normalise import is_repeat, is_same_place
from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.walk import addresses, in_us, providers
from gateway.model.claim import Address, BillingProvider, Claim, Provider
from gateway.model.findings import Severity

_PERSONS = frozenset(
    {"referring_provider", "supervising_provider", "primary_care_provider", "ordering_provider"}
)
RELATIONSHIPS = frozenset({"01", "19", "20", "21", "39", "40", "53", "G8"})
FILING_INDICATORS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "AM",
        "BL",
        "CH",
        "CI",
        "DS",
        "FI",
        "HM",
        "LM",
        "MA",
        "MB",
        "MC",
        "OF",
        "TV",
        "VA",
        "WC",
        "ZZ",
    ]
)

_PO_BOX = re.compile(
    r"(?<![A-Z0-9])(P\W{0,2}O\W{0,2}\s?BOX|POST\s+OFFICE\s+BOX|POB|PMB|LOCK\s?BOX|BOX)\W{0,2}\s?\d"
)
_ZIP = re.compile(r"[0-9]{5}([0-9]{4})?\Z")
_ZIP9 = re.compile(r"[0-9]{9}\Z")
_STATE = re.compile(r"[A-Z]{2}\Z")
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
    bad={"rendering_provider": {"entity_type": "2", "name": "LOE", "first_name": "LEA", "npi": "1555123458"}},
    good={
        "rendering_provider": {"entity_type": "1", "name": "LOE", "first_name": "LEA", "npi": "1555123458"}
    },
)
def provider_names(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Referring and supervising providers are persons; a facility is an organisation."""
    for path, provider in providers(claim):
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
    "P-BP-03",
    snip=7,
    place="2010AA N301, 2010AA N302",
    text="the billing address is a street address, no PO box",
    bad={"billing_provider.address.line1": "PO BOX 12"},
    good={"billing_provider.address.line1": "1 EXAMPLE WAY"},
)
def po_box(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A PO box belongs into the pay-to address."""
    address = claim.billing_provider.address
    if address is None:
        return
    for name in ("line1", "line2"):
        line = getattr(address, name)
        if line and _PO_BOX.search(line.upper()):
            yield (
                f"billing_provider.address.{name}",
                "a PO box or lockbox is not accepted as billing address; give the street, and the box as pay_to_address",
            )


@edit(
    "P-BP-04",
    snip=2,
    place="2010AA N403, 2310C N403",
    text="the billing provider's and the facility's ZIP have nine digits",
    bad={"billing_provider.address.zip": "62701"},
    good={"billing_provider.address.zip": "627010001"},
    relaxable=True,
)
def zip9(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """N403 of 2010AA and 2310C (D2: no filler for an unknown +4)."""
    facility = claim.service_facility
    wanted = [("billing_provider.address", claim.billing_provider.address)]
    wanted.append(("service_facility.address", facility.address if facility else None))
    for path, address in wanted:
        if address is None or not in_us(address) or address.zip is None:
            continue
        if _ZIP.match(address.zip) and not _ZIP9.match(address.zip):
            yield f"{path}.zip", "the ZIP needs nine digits here; the post office tells the last four"


@edit(
    "P-BP-05",
    snip=2,
    place="2010AA N301",
    text="the billing provider has an address",
    bad={"billing_provider.address": None},
    good={"billing_provider.address.line1": "1 EXAMPLE WAY"},
)
def billing_address(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """N3 and N4 are required in 2010AA."""
    if claim.billing_provider.address is None:
        yield "billing_provider.address", "the billing provider has no address"


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
    "P-ADDRESS",
    snip=4,
    place="2010AA N402, 2010BA N402, 2010CA N402, 2310C N402, 2010AA N403",
    text="an address in the US has city, state of two letters and ZIP of five or nine digits",
    bad={"subscriber.address.state": "Illinois"},
    good={"subscriber.address.state": "IL"},
)
def address_parts(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """N402 and N403 for the US; a country and no US state elsewhere."""
    for path, address in addresses(claim):
        yield from _address_faults(path, address)


_STREET_MAY_LACK = re.compile(
    r"(other_payers\[\d+\]\.)?payer\.address|other_payers\[\d+\]\.subscriber\.address"
)
"""Loops in which the guide lets N4 stand without N3: a payer's city alone, and the person another payer insures."""


def _address_faults(path: str, address: Address) -> Iterator[Fault]:
    if not address.line1 and (address.line2 or not _STREET_MAY_LACK.fullmatch(path)):
        yield f"{path}.line1", "the address has no street"
    if not address.city:
        yield f"{path}.city", "the address has no city"
    if not in_us(address):
        return
    if not address.state or not _STATE.match(address.state):
        yield f"{path}.state", "a US address needs a state of two letters (or a country, outside the US)"
    if not address.zip or not _ZIP.match(address.zip):
        yield f"{path}.zip", "a US address needs a ZIP of five or nine digits"


@edit(
    "P-HIER",
    snip=4,
    place="2000C PAT01",
    text="a patient who is not the subscriber has a relationship to them, never self (18)",
    bad={
        "patient": {
            "last_name": "POE",
            "first_name": "PIA",
            "relationship": "18",
            "birth_date": "2015-01-01",
            "sex": "F",
            "address": {"line1": "9 PINE RD", "city": "SPRINGFIELD", "state": "IL", "zip": "62702"},
        }
    },
    good={
        "patient": {
            "last_name": "POE",
            "first_name": "PIA",
            "relationship": "19",
            "birth_date": "2015-01-01",
            "sex": "F",
            "address": {"line1": "9 PINE RD", "city": "SPRINGFIELD", "state": "IL", "zip": "62702"},
        }
    },
)
def relationship(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """PAT01; 18 would say twice who the patient is (TRAP-32)."""
    if claim.patient is None:
        return
    if claim.patient.relationship == "18":
        yield (
            "patient.relationship",
            "relationship 18 (self) means that the patient is the subscriber; give no patient then",
        )
    elif claim.patient.relationship not in RELATIONSHIPS:
        yield "patient.relationship", f"{claim.patient.relationship} is not a relationship to the subscriber"


@edit(
    "P-DMG",
    snip=4,
    place="2010BA DMG02, 2010CA DMG02, 2010BA N301, 2010CA N301",
    text="the patient has birth date, sex and address, wherever the patient stands",
    bad={"subscriber.birth_date": None},
    good={"subscriber.birth_date": "1980-05-17"},
)
def demographics(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """DMG, N3 and N4 in 2010BA when the subscriber is the patient, else in 2010CA."""
    path, person = ("patient", claim.patient) if claim.patient else ("subscriber", claim.subscriber)
    if person.birth_date is None:
        yield f"{path}.birth_date", "the patient's birth date is missing"
    if person.sex not in {"F", "M", "U"}:
        yield f"{path}.sex", "the patient's sex must be F, M or U"
    if person.address is None:
        yield f"{path}.address", "the patient's address is missing"


@edit(
    "P-SBR01",
    snip=2,
    place="2000B SBR01",
    text="payer_sequence is P, S, T, A to H, or U",
    bad={"payer_sequence": "Z"},
    good={"payer_sequence": "S"},
)
def sequence(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR01."""
    if claim.payer_sequence not in {"P", "S", "T", "A", "B", "C", "D", "E", "F", "G", "H", "U"}:
        yield "payer_sequence", f"{claim.payer_sequence} is not P, S, T, A to H, or U"


@edit(
    "P-SBR05",
    snip=4,
    place="2000B SBR05",
    text="insurance_type only where Medicare pays second",
    bad={"subscriber.insurance_type": "12"},
    good={
        "subscriber.insurance_type": "12",
        "subscriber.member_id": "1EG4TE5MK73",
        "claim_filing_indicator": "MB",
        "payer_sequence": "S",
    },
)
def insurance_type(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR05 (2.4)."""
    given = claim.subscriber.insurance_type
    if given is None:
        return
    if given not in {"12", "13", "14", "15", "16", "41", "42", "43", "47"}:
        yield "subscriber.insurance_type", f"{given} is not a reason why Medicare is secondary"
    elif claim.claim_filing_indicator not in FILING_INDICATORS:
        return  # what is wrong is the indicator: P-SBR09
    elif claim.claim_filing_indicator not in {"MA", "MB"} or claim.payer_sequence == "P":
        yield "subscriber.insurance_type", "an insurance type is for Medicare as a secondary payer only"


@edit(
    "P-SBR09",
    snip=2,
    place="2000B SBR09",
    text="claim_filing_indicator is one of the guide's codes",
    bad={"claim_filing_indicator": "09"},
    good={"claim_filing_indicator": "CI"},
)
def filing_indicator(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR09."""
    given = claim.claim_filing_indicator
    if given is None or given not in FILING_INDICATORS:
        yield (
            "claim_filing_indicator",
            f"{given or 'nothing'} is not a claim filing indicator such as CI, MB, MC, BL",
        )


@edit(
    "P-SBR09-MA",
    snip=7,
    place="2000B SBR09",
    text="Medicare pays professional claims under Part B (MB)",
    bad={"claim_filing_indicator": "MA"},
    good={"claim_filing_indicator": "MB", "subscriber.member_id": "1EG4TE5MK73"},
    severity=Severity.WARNING,
)
def part_b(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A routine front-end rejection."""
    if claim.claim_filing_indicator == "MA":
        yield "claim_filing_indicator", "MA is Medicare Part A; professional claims go to Part B (MB)"


@edit(
    "P-FACILITY",
    snip=4,
    place="2310C N301",
    text="a service facility is named only where it is not the billing provider's address",
    bad={
        "place_of_service": "12",
        "service_facility": {
            "name": "EAST HOSPITAL",
            "npi": "1444987659",
            "address": {"line1": "5 EAST ST", "city": "SPRINGFIELD", "state": "IL", "zip": "627010002"},
        },
    },
    good={
        "place_of_service": "22",
        "service_facility": {
            "name": "EAST HOSPITAL",
            "npi": "1444987659",
            "address": {"line1": "5 EAST ST", "city": "SPRINGFIELD", "state": "IL", "zip": "627010002"},
        },
    },
    relaxable=True,
)
def facility(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Loop 2310C needs its address, and is not for the patient's home."""
    place = claim.service_facility
    if place is None:
        return
    if place.address is None:
        yield "service_facility.address", "the service facility has no address"
    elif is_same_place(place, claim.billing_provider):
        yield "service_facility", "the service facility is the billing provider's own address; leave it out"
    elif claim.place_of_service == "12":
        yield "service_facility", "care at the patient's home (place of service 12) has no service facility"


@edit(
    "P-RENDERING",
    snip=4,
    place="2310B NM109, 2420A NM109",
    text="a rendering provider is named only where it is not the billing provider",
    bad={"rendering_provider": {"entity_type": "1", "name": "LOE", "first_name": "LEA", "npi": "1098765435"}},
    good={
        "rendering_provider": {"entity_type": "1", "name": "LOE", "first_name": "LEA", "npi": "1555123458"}
    },
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
    good={
        "rendering_provider": {"entity_type": "1", "name": "LOE", "first_name": "LEA", "npi": "1555123458"}
    },
    severity=Severity.WARNING,
)
def provider_npis(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """The guide lets atypical providers go without."""
    for path, provider in providers(claim):
        if provider.npi is None and not path.endswith("service_facility"):
            yield f"{path}.npi", "this provider has no NPI; most payers reject that"
