"""Edits on what X12 can carry: lengths, digits and characters (domain.md 1.6, 2.15). Nothing is ever cut."""

import dataclasses
import re
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import (
    Address,
    BillingProvider,
    Claim,
    Drug,
    Patient,
    Payer,
    Provider,
    Reference,
    ServiceLine,
    Subscriber,
)
from gateway.model.findings import Severity
from gateway.x12.characters import fold

QUANTITY_DIGITS = 15

_PERSON = {"last_name": (1, 60), "first_name": (1, 35), "middle_name": (1, 25), "suffix": (1, 10)}
_PROVIDER = {"name": (1, 60), "first_name": (1, 35), "middle_name": (1, 25), "suffix": (1, 10)}

LENGTHS: dict[type, dict[str, tuple[int, int]]] = {
    Claim: {
        "payer_control_number": (1, 50),
        "prior_authorization": (1, 50),
        "referral_number": (1, 50),
        "clia_number": (1, 50),
        "mammography_certification": (1, 50),
        "medical_record_number": (1, 50),
        "note": (1, 80),
    },
    BillingProvider: {**_PROVIDER, "contact_name": (1, 60)},
    Provider: _PROVIDER,
    Payer: {"name": (1, 60), "id": (2, 80)},
    Subscriber: {
        **_PERSON,
        "member_id": (2, 80),
        "group_number": (1, 50),
        "group_name": (1, 60),
        "ssn": (9, 9),
    },
    Patient: _PERSON,
    Address: {
        "line1": (1, 55),
        "line2": (1, 55),
        "city": (2, 30),
        "zip": (3, 15),
        "country_subdivision": (1, 3),
    },
    Reference: {"qualifier": (2, 3), "id": (1, 50)},
    ServiceLine: {
        "procedure": (1, 48),
        "description": (1, 80),
        "line_control_number": (1, 30),
        "prior_authorization": (1, 50),
        "referral_number": (1, 50),
        "clia_number": (1, 50),
        "note": (1, 80),
    },
    Drug: {"ndc": (1, 48), "prescription_number": (1, 50)},
}
"""Fewest and most characters of each text, as it is written."""

IDENTIFIERS = frozenset(
    {
        "payer_control_number", "prior_authorization", "referral_number", "mammography_certification",
        "medical_record_number", "id", "member_id", "group_number", "line_control_number", "prescription_number",
    }
)  # fmt: skip
"""Texts that mean something else once a character of them is replaced."""

_HYPHENS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | dict.fromkeys("\u00a0\u202f", " ")
)
"""Hyphens and blanks as word processors write them: they go out as the plain ones."""

_SEPARATING = re.compile(r"[*:~^|>\x00-\x1f\x7f]")


def _plan(kind: type) -> tuple[tuple[str, bool], ...]:
    """Say which fields of *kind* to look at, and which of them hold further parts."""
    hints = typing.get_type_hints(kind)
    plan = []
    for f in dataclasses.fields(kind):
        inner = {hints[f.name], *typing.get_args(hints[f.name])}
        if not inner.isdisjoint(LENGTHS):
            plan.append((f.name, True))
        elif f.name in LENGTHS[kind]:
            plan.append((f.name, False))
    return tuple(plan)


_PLANS = {kind: _plan(kind) for kind in LENGTHS}


def _texts(record: Any, path: str = "") -> Iterator[tuple[type, str, str, str]]:
    """Yield (kind, field, path, text) of every text with a limit; residue is not ours to judge."""
    kind = type(record)
    for name, has_parts in _PLANS[kind]:
        value = getattr(record, name)
        if value is None:
            continue
        if not has_parts:
            yield kind, name, f"{path}{name}", value
        elif isinstance(value, tuple):
            for index, part in enumerate(value):
                yield from _texts(part, f"{path}{name}[{index}].")
        else:
            yield from _texts(value, f"{path}{name}.")


def _is_identifier(kind: type, name: str) -> bool:
    return name in IDENTIFIERS and (kind, name) != (Reference, "qualifier")


@edit("P-LENGTH", item="18", text="every text fits into its element")
def lengths(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Measured as it is written, because folding may lengthen a letter (ß -> SS)."""
    for kind, name, path, text in _texts(claim):
        least, most = LENGTHS[kind][name]
        size = len(fold(text))
        if size > most:
            yield path, f"{size} characters; the claim format carries {most}"
        elif 0 < size < least:
            yield path, f"{size} characters; the claim format wants at least {least}"


@edit("P-QUANTITY", item="18", text="a quantity has at most fifteen digits")
def quantities(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Element 380, without sign and point."""
    for index, line in enumerate(claim.service_lines):
        counted = [(f"service_lines[{index}].units", line.units)]
        if line.drug is not None and line.drug.quantity is not None:
            counted.append((f"service_lines[{index}].drug.quantity", line.drug.quantity))
        for path, value in counted:
            if _digits(value) > QUANTITY_DIGITS:
                yield path, f"more than {QUANTITY_DIGITS} digits"


def _digits(value: Decimal) -> int:
    return sum(c.isdigit() for c in format(value, "f").strip("0"))


@edit("P-FOLD", item="17", text="a text has at least one letter or digit that X12 can carry")
def not_empty(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A text of which nothing is left would become an empty element."""
    for _kind, _name, path, text in _texts(claim):
        if not fold(text):
            yield path, "nothing is left of this text in the letters that X12 carries; write it in A-Z"


@edit(
    "P-CHARS", item="17", text="a number or identifier has no character in it that would have to be changed"
)
def identifiers(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Replaced by a blank or another letter, it would be another identifier; a typographic hyphen is a hyphen."""
    for kind, name, path, text in _texts(claim):
        if not _is_identifier(kind, name) or not fold(text):
            continue
        if _SEPARATING.search(text):
            yield (
                path,
                "* : ~ ^ | > and control characters cannot be sent, and leaving them out would change the number",
            )
        elif not text.translate(_HYPHENS).isascii():
            yield (
                path,
                "a letter or sign outside A-Z and 0-9 cannot be sent, and replacing it would change the number",
            )


@edit("P-CHARS-TEXT", item="17", text="names and notes have no separators in them", severity=Severity.WARNING)
def free_texts(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """The writer puts a blank in their place (TRAP-27)."""
    for kind, name, path, text in _texts(claim):
        if not _is_identifier(kind, name) and fold(text) and _SEPARATING.search(text):
            yield path, "* : ~ ^ | > and control characters go out as blanks"
