"""Edits on where somebody is: streets, ZIP codes, countries."""

import re
from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.walk import in_us
from gateway.model.claim import Address, Claim

_PO_BOX = re.compile(
    r"(?<![A-Z0-9])(P\W{0,2}O\W{0,2}\s?BOX|POST\s+OFFICE\s+BOX|POB|PMB|LOCK\s?BOX|(?<!\d\s)BOX)\W{0,2}\s?\d"
)
"""A box after a number stands at a street: RR 2 BOX 45, HC 1 BOX 7."""
_ZIP = re.compile(r"[0-9]{5}([0-9]{4})?\Z")
_ZIP9 = re.compile(r"[0-9]{9}\Z")
_STATE = re.compile(r"[A-Z]{2}\Z")


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
    place="2010AA N403, 2310C N403, 2420C N403",
    text="the billing provider's and the facility's ZIP have nine digits",
    bad={"billing_provider.address.zip": "62701"},
    good={"billing_provider.address.zip": "627010001"},
    relaxable=True,
)
def zip9(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """N403 of 2010AA, 2310C and 2420C (D2: no filler for an unknown +4)."""
    wanted = [("billing_provider", claim.billing_provider.address)]
    wanted += [
        (path, p.address) for path, p in context.walk.providers(claim) if path.endswith("service_facility")
    ]
    for path, address in wanted:
        if address is None or not in_us(address) or address.zip is None:
            continue
        if _ZIP.match(address.zip) and not _ZIP9.match(address.zip):
            yield f"{path}.address.zip", "the ZIP needs nine digits here; the post office tells the last four"


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
    "P-ADDRESS",
    snip=4,
    place="2010AA N402, 2010BA N402, 2010CA N402, 2310C N402, 2010AA N403",
    text="an address in the US has city, state of two letters and ZIP of five or nine digits",
    bad={"subscriber.address.state": "Illinois"},
    good={"subscriber.address.state": "IL"},
)
def address_parts(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """N402 and N403 for the US; a country and no US state elsewhere."""
    for path, address in context.walk.addresses(claim):
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
    if address.country == "CA":
        if not address.state or not address.zip:
            yield (
                f"{path}.{'zip' if address.state else 'state'}",
                "a Canadian address needs province and postal code",
            )
        return
    if not in_us(address):
        return
    if not address.state or not _STATE.match(address.state):
        yield f"{path}.state", "a US address needs a state of two letters (or a country, outside the US)"
    if not address.zip or not _ZIP.match(address.zip):
        yield f"{path}.zip", "a US address needs a ZIP of five or nine digits"


@edit(
    "P-COUNTRY",
    snip=4,
    place="2010BA N404, 2010BA N407, 2010CA N404, 2010CA N407",
    text="a country is two letters and said outside the US only; its subdivision outside the US and Canada only",
    bad={"subscriber.address.country_subdivision": "IL"},
    good={
        "subscriber.address": {
            "line1": "1 MAIN ST", "city": "OSLO", "zip": "0150", "country": "NO", "country_subdivision": "03",
        }
    },
)  # fmt: skip
def countries(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """N404 and N407."""
    for path, address in context.walk.addresses(claim):
        country = address.country
        if country in {"US", "USA"}:
            yield f"{path}.country", "within the US no country is said"
        elif country is not None and not _STATE.match(country):
            yield f"{path}.country", f"{country} is not a country of two letters such as CA or MX"
        if address.country_subdivision is not None and country in {None, "US", "USA", "CA"}:
            yield (
                f"{path}.country_subdivision",
                "within the US and Canada the state or province is said, no subdivision",
            )
