"""Edits on what X12 can carry: lengths, digits and characters (domain.md 1.6, 2.15). Nothing is ever cut."""

import re
from collections.abc import Iterator
from decimal import Decimal

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import LOE
from gateway.claims.edits.texts import every_text
from gateway.model.claim import Claim, Provider
from gateway.model.codec import QUANTITIES
from gateway.model.findings import Severity
from gateway.x12.characters import fold

QUANTITY_DIGITS = 15

_HYPHENS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | dict.fromkeys("\u00a0\u202f", " ")
)
"""Hyphens and blanks as word processors write them: they go out as the plain ones."""

_PLAIN = re.compile(r"[A-Za-z0-9]")
"""What folding leaves in every case."""

_SEPARATING = re.compile(r"[*:~^|>\x00-\x1f\x7f]")


@edit(
    "P-LENGTH",
    snip=1,
    place="every element",
    text="every text fits into its element",
    bad={"note": "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"},
    good={"note": "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"},
)
def lengths(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Measured as it is written, because folding may lengthen a letter (ß -> SS)."""
    for path, _, folded, (least, most), _ in context.walk.texts(claim):
        size = len(folded)
        if size > most:
            yield path, f"{size} characters; the claim format carries {most}"
        elif 0 < size < least:
            yield path, f"{size} characters; the claim format wants at least {least}"


@edit(
    "P-QUANTITY",
    snip=1,
    place="2400 SV104, 2410 CTP04",
    text="a quantity has at most fifteen digits",
    bad={"service_lines[0].units": "1.123456789012345"},
    good={"service_lines[0].units": "1.5"},
)
def quantities(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Element 380, without sign and point."""
    for path, name, value in context.walk.numbers(claim):
        if name in QUANTITIES and _digits(value) > QUANTITY_DIGITS:
            yield path, f"more than {QUANTITY_DIGITS} digits"


def _digits(value: Decimal) -> int:
    return sum(c.isdigit() for c in format(value, "f").strip("0"))


@edit(
    "P-FOLD",
    snip=1,
    place="every element",
    text="a text has at least one letter or digit that X12 can carry",
    bad={"payer.name": "***"},
    good={"payer.name": "EXAMPLE HEALTH PLAN"},
)
def not_empty(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """A text of which nothing is left would become an empty element."""
    for path, text in context.walk.once(claim, every_text):
        if not _PLAIN.search(text) and not fold(text):
            yield path, "nothing is left of this text in the letters that X12 carries; write it in A-Z"


@edit(
    "P-CHARS",
    snip=1,
    place="every element",
    text="a number or identifier has no character in it that would have to be changed",
    bad={"prior_authorization": "A*1"},
    good={"prior_authorization": "A1"},
)
def identifiers(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Replaced by a blank or another letter, it would be another identifier; a typographic hyphen is a hyphen."""
    for path, text, folded, _, identifier in context.walk.texts(claim):
        if not identifier or not folded or folded == text:
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


@edit(
    "P-CHARS-TEXT",
    snip=1,
    place="every element",
    text="names and notes have no separators in them",
    bad={"payer.name": "PLAN * OF OHIO"},
    good={"payer.name": "PLAN OF OHIO"},
    severity=Severity.WARNING,
)
def free_texts(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The writer puts a blank in their place (TRAP-27)."""
    for path, text, folded, _, identifier in context.walk.texts(claim):
        if not identifier and folded and folded != text and _SEPARATING.search(text):
            yield path, "* : ~ ^ | > and control characters go out as blanks"


_PERSON = ("taxonomy", "address", "contact")
_NO_PLACE: dict[str, tuple[str, ...]] = {
    "rendering_provider": ("address", "contact"),
    "referring_provider": _PERSON,
    "supervising_provider": _PERSON,
    "primary_care_provider": _PERSON,
    "ordering_provider": ("taxonomy",),
    "service_facility": ("taxonomy", "first_name", "middle_name", "suffix"),
    "purchased_service_provider": (*_PERSON, "name", "first_name", "middle_name", "suffix"),
}
"""Role -> what the claim format cannot say of it."""


@edit(
    "P-NO-PLACE",
    snip=2,
    place="every element",
    text="nothing is said of a provider or a contact for which the claim format has no place in that role",
    bad={"referring_provider": {**LOE, "taxonomy": "207Q00000X"}},
    good={"referring_provider": LOE},
    severity=Severity.WARNING,
)
def no_place(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """A referring provider's taxonomy, a patient's e-mail: they would be left out without a word."""
    for path in _without_place(claim, context.walk.providers(claim)):
        yield path, "the claim format has no place for this here; it is not sent"


def _without_place(claim: Claim, found: tuple[tuple[str, Provider], ...]) -> Iterator[str]:
    contacts = [("subscriber.contact", claim.subscriber.contact)]
    if claim.patient is not None:
        contacts.append(("patient.contact", claim.patient.contact))
    for path, provider in found:
        of_line, _, role = path.rpartition(".")
        yield from (f"{path}.{name}" for name in _NO_PLACE[role] if getattr(provider, name) is not None)
        if role == "service_facility" and of_line and provider.contact is not None:
            yield f"{path}.contact"
        elif role == "service_facility":
            contacts.append((f"{path}.contact", provider.contact))
        if not of_line:
            for index, reference in enumerate(provider.references):
                if reference.payer is not None:
                    yield f"{path}.references[{index}].payer"
    for path, contact in contacts:
        if contact is not None:
            yield from (f"{path}.{name}" for name in ("fax", "email") if getattr(contact, name) is not None)
