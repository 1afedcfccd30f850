"""A claim with every field, against the 837P a person wrote for it: the map can be wrong both ways, a person once."""

from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway.mapping.canonical import canonical
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_claims
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim
from gateway.x12.check import check_x12
from gateway.x12.separators import Separators
from tests.golden.every_field import everything
from tests.strategies import HEADER
from tests.x12files import file_837p

GOLDEN = Path(__file__).parent / "maps" / "837p_every_field.txt"
MAP = load_map("837p")


MAY_BE_EMPTY = {
    # Not of a claim that goes out, or what a gateway reads only.
    "Claim.residue",
    # Only one of two may be said.
    "Drug.compound_link", "Patient.ssn", "OtherPayer.group_name", "Subscriber.group_name",
    # In the claim, its everyday fields aside: who is no patient is neither pregnant nor dead.
    "Reference.payer", "Address.country", "Address.country_subdivision", "Address.line2",
    "Provider.middle_name", "Provider.suffix", "Provider.taxonomy", "Provider.address", "Provider.contact",
}  # fmt: skip


def fields_left_empty(record: Any) -> set[str]:
    """Return the fields that are empty wherever their part of the record occurs."""
    filled: set[str] = set()
    seen: set[str] = set()

    def look(part: Any) -> None:
        for field in fields(part):
            value = getattr(part, field.name)
            name = f"{type(part).__name__}.{field.name}"
            seen.add(name)
            if value is not None and value != ():
                filled.add(name)
            for inner in value if isinstance(value, tuple) else (value,):
                if is_dataclass(inner):
                    look(inner)

    look(record)
    return seen - filled - MAY_BE_EMPTY


def golden() -> list[str]:
    return GOLDEN.read_text(encoding="ascii").splitlines()


def test_writing_says_what_a_person_wrote() -> None:
    written = write_claims(MAP, HEADER, [everything()])
    assert list(written.segments) == golden()
    assert written.findings == ((),)
    assert fields_left_empty(everything()) == set()


def test_reading_gives_the_claim_again() -> None:
    [read] = read_claims(MAP, (line.split("*") for line in golden()), Separators("*", ":", "~", "^"))
    assert (read.findings, read.residue, read.header) == ((), 0, HEADER)
    assert read.record == canonical(everything())
    assert read.position == 2 + next(i for i, line in enumerate(golden()) if line.startswith("CLM*"))


def test_pyx12_agrees() -> None:
    assert check_x12(file_837p(tuple(golden()))).findings == ()


def test_every_field_of_the_claim_is_in_the_golden() -> None:
    """Taking any field away changes what is written: none is forgotten by the map."""
    whole = write_claims(MAP, HEADER, [everything()]).segments
    for name in Claim.__slots__:
        one = everything()
        if name in {"residue", "diagnosis_type"}:
            continue
        value = getattr(one, name)
        other = {str: "ZZ", bool: not value, Decimal: Decimal("1.11"), date: date(2020, 1, 1), tuple: ()}
        change = other.get(type(value))
        if change is not None or name not in {"billing_provider", "subscriber", "payer"}:
            assert write_claims(MAP, HEADER, [replace(one, **{name: change})]).segments != whole, name
