"""Mutations of every element of a kind, wherever a claim has one: texts, numbers, NPIs, addresses, amounts, days."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from gateway.claims.edits.lengths import IDENTIFIERS, LENGTHS
from gateway.model.claim import (
    Address,
    Claim,
    Contact,
    Drug,
    LineAdjudication,
    Payer,
    Provider,
    Reference,
    ServiceLine,
    Subscriber,
)
from gateway.model.codec import QUANTITIES
from tests.mutations import TODAY, Mutation
from tests.paths import get, leaves

PAST = (
    "accident_date", "onset_date", "initial_treatment_date", "last_seen_date", "lmp_date", "last_xray_date",
    "disability_from", "last_worked_date", "admission_date", "discharge_date",
)  # fmt: skip
"""Days of the claim that must have been."""

BALANCES = dict.fromkeys(("COB-1", "COB-2", "COB-3"), "what another payer decided no longer adds up")
NAMELESS = {
    **BALANCES,
    "COB-SVD": "what was decided on the line names a payer that is not there",
    "COB-DATE": "a payer that decided on no line needs a day of its own",
}
OWN_RULE: Mapping[tuple[type, str], dict[str, str]] = {
    (ServiceLine, "procedure"): {"P-LINE-PROC": "a code of that form is no procedure"},
    (ServiceLine, "clia_number"): {"P-CLIA": "a number of that form is no CLIA number"},
    (ServiceLine, "referring_clia_number"): {"P-CLIA": "a number of that form is no CLIA number"},
    (Claim, "clia_number"): {"P-CLIA": "a number of that form is no CLIA number"},
    (LineAdjudication, "payer_id"): NAMELESS,
    (Payer, "id"): NAMELESS,
    (Drug, "ndc"): {"P-NDC": "a number of that form is no NDC"},
    (Subscriber, "member_id"): {"P-MBI": "a text of that form is no Medicare number"},
    (Address, "zip"): {"P-ADDRESS": "a text of that form is no ZIP"},
}
"""What else speaks of a field whatever is wrong with its text: it is no longer what the field holds."""

SEPARATORS = frozenset("*:~^|>")
SUMS = {"P-SUM": "the claim's charge is no longer the sum of its lines"}
SPANS = {
    "P-DATE-ORDER": "the span that begins or ends there is turned round",
    "P-DATE-ADMISSION": "the first service is no longer after the admission",
}


def everywhere(claim: Claim) -> Iterator[Mutation]:
    """Yield a mutation for every way in which an element of *claim* can be wrong by itself."""
    for path, kind, name, value in leaves(claim):
        if isinstance(value, str):
            yield from _texts(claim, path, kind, name, value)
        elif isinstance(value, Decimal):
            yield from _numbers(path, kind, name, value)
        elif isinstance(value, date) and kind is Claim and name in PAST:
            yield Mutation("P-DATE-FUTURE", {path: TODAY + timedelta(days=1)}, also=SPANS)
    yield from _without_place(claim)


def _texts(claim: Claim, path: str, kind: type, name: str, value: str) -> Iterator[Mutation]:
    also = OWN_RULE.get((kind, name), {})
    if name in LENGTHS.get(kind, {}):
        least, most = LENGTHS[kind][name]
        yield Mutation("P-LENGTH", {path: "A" * (most + 1)}, also=also)
        if least > 1:
            yield Mutation("P-LENGTH", {path: "A"}, also=also)
        yield Mutation("P-FOLD", {path: "\u674e"}, also=also)
        if name in IDENTIFIERS and (kind, name) != (Reference, "qualifier"):
            yield Mutation("P-CHARS", {path: value[:-1] + "*1"[: most - len(value) + 1]}, also=also)
            yield Mutation("P-CHARS", {path: value[:-1] + "\u00c9"}, also=also)
        elif most > 3 and not SEPARATORS & set(value):
            yield Mutation(
                "P-CHARS-TEXT",
                {path: "A*B"},
                also={**also, "P-LENGTH": "or it is too short"} if least > 3 else also,
            )
    if name == "npi":
        yield Mutation("P-NPI", {path: value[:-1] + str((int(value[-1]) + 1) % 10)})
        yield Mutation("P-NPI", {path: value[:-1]})
        yield Mutation("P-NPI", {path: "3" + value[1:]})
        if kind is Provider and "service_facility" not in path:
            yield Mutation("P-NPI-NONE", {path: None})
    elif name == "taxonomy":
        yield Mutation("P-TAXONOMY", {path: "207Q0000"})
    elif kind is Provider and name == "entity_type" and "purchased" not in path:
        yield Mutation("P-ENTITY", {path: "X"})
    elif kind is Provider and name == "name" and "purchased" not in path:
        yield Mutation("P-ENTITY", {path: None})
    elif kind is Address:
        yield from _addresses(path, name, get(claim, path.rpartition(".")[0]))


def _addresses(path: str, name: str, address: Address) -> Iterator[Mutation]:
    wrong: dict[str, tuple[Any, ...]] = {"city": (None,)}
    if not path.startswith(("payer.", "other_payers")):
        wrong["line1"] = (None,)
    if address.country is None:
        wrong |= {"state": (None, "ILL"), "zip": (None, "6270", "62702-12")}
        if name == "state":
            yield Mutation("P-STATE", {path: "XX"})
    for value in wrong.get(name, ()):
        yield Mutation("P-ADDRESS", {path: value})


def _numbers(path: str, kind: type, name: str, value: Decimal) -> Iterator[Mutation]:
    if name in QUANTITIES:
        yield Mutation("P-QUANTITY", {path: Decimal("1.123456789012345678")})
        return
    also = SUMS if name == "charge" and kind in {Claim, ServiceLine} else {}
    if name in {"charge", "paid", "amount"}:
        also = {**also, **BALANCES}
    if name in {"patient_paid", "sales_tax", "postage"}:
        also = {**also, "P-PAID": "so much has no room in the charge"}
    yield Mutation("P-CENTS", {path: value + Decimal("0.001")}, also=also)
    yield Mutation("P-AMOUNT", {path: Decimal("100000000.00")}, also=also)


ADDRESS = Address(line1="1 OAK ST", city="SPRINGFIELD", state="IL", zip="627020001")
NOWHERE: Mapping[str, tuple[str, ...]] = {
    "rendering_provider": ("address", "contact"),
    "referring_provider": ("taxonomy", "address", "contact"),
    "supervising_provider": ("taxonomy", "address", "contact"),
    "primary_care_provider": ("taxonomy", "address", "contact"),
    "ordering_provider": ("taxonomy",),
    "service_facility": ("taxonomy",),
    "purchased_service_provider": ("taxonomy", "address", "contact", "name"),
}
"""What the claim format cannot say of a provider in a role (domain.md 2.10, the guide's loops)."""
VALUES: Mapping[str, Any] = {
    "address": ADDRESS,
    "contact": Contact(name="PAT", phone="5555550100"),
    "taxonomy": "207Q00000X",
    "name": "LOE",
}


def _without_place(claim: Claim) -> Iterator[Mutation]:
    owners = [("", claim), *((f"service_lines[{n}].", line) for n, line in enumerate(claim.service_lines))]
    for prefix, owner in owners:
        for role, fields in NOWHERE.items():
            if getattr(owner, role, None) is None:
                continue
            for name in fields:
                yield Mutation("P-NO-PLACE", {f"{prefix}{role}.{name}": VALUES[name]})
    for who in ("subscriber", "patient"):
        person = getattr(claim, who)
        if person is not None and person.contact is not None:
            yield Mutation("P-NO-PLACE", {f"{who}.contact.email": "A@EXAMPLE.COM"})
            yield Mutation("P-NO-PLACE", {f"{who}.contact.fax": "5555550100"})
