"""Identifiers: the ones we show, and the check digits of the ones others issue."""

import re
import secrets
from enum import StrEnum

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: an id is read over the telephone."""

_ID_LENGTH = 10


class Kind(StrEnum):
    """What an opaque id names; the letter stands before the dash."""

    CLAIM = "C"
    SUBMISSION = "S"
    TRANSMISSION = "T"
    RECEIPT = "R"
    CLAIM_PAYMENT = "P"
    REMITTANCE = "M"
    INTAKE_FILE = "F"
    EXPORT = "X"
    DEPOSIT = "D"
    VERSION = "V"
    ACCOUNT = "A"
    """An account of provider adjustments; made out of what it is of, see `id_from`."""


def new_id(kind: Kind) -> str:
    """Return a new opaque id such as ``C-7K3F9Q2MXR``; it says its kind and nothing else (law 11)."""
    return f"{kind.value}-{''.join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))}"


def id_from(kind: Kind, digest: str) -> str:
    """Return the id that *digest*, hexadecimal, stands for: of a thing that has no row of its own, always the same."""
    number, letters = int(digest, 16), ""
    for _ in range(_ID_LENGTH):
        number, at = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[at]
    return f"{kind.value}-{letters}"


def kind_of(identifier: str) -> Kind | None:
    """Return the kind that *identifier* names, or None when it is not one of ours."""
    letter, _, rest = identifier.partition("-")
    if len(rest) != _ID_LENGTH or any(c not in _ALPHABET for c in rest):
        return None
    return next((k for k in Kind if k.value == letter), None)


def npi_is_valid(npi: str) -> bool:
    """Check an NPI: ten digits, first 1 or 2, Luhn over the prefix 80840 (domain.md 2.14)."""
    if not re.fullmatch(r"[12][0-9]{9}", npi):
        return False
    total = 24
    for index, digit in enumerate(reversed(npi)):
        value = int(digit)
        if index % 2 == 1:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0
