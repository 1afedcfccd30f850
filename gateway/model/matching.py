"""How identifiers are made comparable before they are hashed or matched (domain.md 4.12).

The store finds a claim again by keyed hashes, ``tx.index(purpose, value)``. Writer and reader must agree on *purpose*
and on the spelling of *value*; both stand here and nowhere else.
"""

import re

PCN = "pcn"
"""Purpose of ``claim.pcn_index`` and ``claim_payment.pcn_index``; the value is `exact_pcn`."""

PCN_LOOSE = "pcn_loose"
"""Purpose of ``claim.pcn_loose_index``; the value is `loose_pcn`."""

MEMBER = "member"
"""Purpose of ``claim_version.member_index``; the value is `loose_id` of the member id."""

PAYER_CONTROL = "payer_control"
"""Purpose of ``payer_control_index`` on submissions and claim payments; the value is `loose_id`."""

PAYERS_KEEP = 20
"""Payers are bound to return this many characters of a patient control number, not more."""

_NOISE = re.compile(r"[^0-9A-Z]")


def exact_pcn(number: str) -> str:
    """Return a patient control number as it is compared exactly: without the blanks around it."""
    return number.strip()


def loose_pcn(number: str) -> str:
    """Return what is left of a patient control number in the hands of a careless payer.

    Cut to 20 characters, upper case, no blanks or punctuation, no leading zeros (4.12 steps 2 and 3, TRAP-97). Two
    different numbers may share it: a hit must be unique and confirmed. Empty for ``0`` and blanks, which match nothing.
    """
    return _NOISE.sub("", number.strip()[:PAYERS_KEEP].upper()).lstrip("0")


def loose_id(number: str) -> str:
    """Return a member id or a payer's claim number in upper case without blanks and punctuation."""
    return _NOISE.sub("", number.upper())


def loose_name(name: str) -> str:
    """Return a name in upper case with letters and digits only."""
    return "".join(c for c in name.upper() if c.isalnum())
