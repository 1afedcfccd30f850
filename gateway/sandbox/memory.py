"""What the sandbox's payers remember of the claims they took in, by their own claim number.

A claim gets its number when the payer's 277CA accepts it. A replacement (frequency 7) or void (8) names that number in
REF*F8; from then on the number is spent, and the next correction must name the newer one (domain.md 2.5, 4.9).
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from gateway.model.claim import Claim
from gateway.sandbox.scripts import Script, script_of

REPLACEMENT = "7"
VOID = "8"

Refusal = tuple[str, str, str | None]
"""Status category, status code and entity with which a 277CA rejects (STC01)."""

MISSING_NUMBER: Refusal = ("A6", "464", None)
"""A replacement or void without REF*F8: the payer's claim number is missing."""

IDLE_NUMBER: Refusal = ("A7", "464", None)
"""REF*F8 on a claim that replaces and voids nothing."""

UNKNOWN_NUMBER: Refusal = ("A7", "464", None)
"""REF*F8 names no claim of this payer and payee that still stands."""

UNKNOWN_MEMBER: Refusal = ("A7", "164", "IL")
"""What script RPAY asks for."""

_UNWANTED: Refusal = ("A3", "535", None)
_REFUSALS = {(Script.NREP, REPLACEMENT): _UNWANTED, (Script.NVOD, VOID): _UNWANTED}
"""Scripts whose replacements or voids the payer refuses, by frequency."""


def amends(claim: Claim) -> bool:
    """Tell whether *claim* replaces or voids an earlier one."""
    return claim.frequency in {REPLACEMENT, VOID}


def lacks_number(claim: Claim) -> bool:
    """Tell what already the clearinghouse can see: a replacement or void that names no earlier claim."""
    return amends(claim) and not claim.payer_control_number


def meant_by(number: str | None) -> str:
    """Return the number under which the payer keeps the claim: without the N of script NOID and the S2 of a split part."""
    return re.sub(r"S\d+$", "", (number or "").removeprefix("N"))


def names_number_idly(claim: Claim) -> bool:
    """Tell what the clearinghouse can see too: a claim that amends nothing and names an earlier one all the same."""
    return not amends(claim) and bool(claim.payer_control_number)


def payee_of(claim: Claim) -> str:
    """Return whom the payer pays: the billing provider's NPI, or its tax id where it has none."""
    return claim.billing_provider.npi or claim.billing_provider.tax_id or ""


class ClaimMemory:
    """One account's claims as its payers know them; lives in the mailbox's state, under ``claims``.

    An entry says who pays whom (``payer``, ``payee``), as what it came (``frequency``), what was billed (``content``, a
    digest), how it was refused (``refused``), by which script it was decided (``decided``), and which claim took its
    place (``next``).
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._claims: dict[str, dict[str, Any]] = state["claims"]
        self._same: dict[str, set[str]] = {}
        for icn, entry in self._claims.items():
            self._same.setdefault(entry["content"], set()).add(icn)

    def receive(self, icn: str, claim: Claim) -> Refusal | None:
        """Take *claim* in under the number *icn*, and say why not where it is refused. Asked again, it says the same."""
        entry = self._claims.get(icn)
        if entry is None:
            refused = self._refusal(claim)
            entry = self._enter(icn, claim, refused)
            if refused is None and amends(claim):
                self._claims[meant_by(claim.payer_control_number)]["next"] = icn
        refused = entry["refused"]
        return None if refused is None else (refused[0], refused[1], refused[2])

    def _refusal(self, claim: Claim) -> Refusal | None:
        if script_of(claim) is Script.RPAY:
            return UNKNOWN_MEMBER
        if not amends(claim):
            return None
        if lacks_number(claim):
            return MISSING_NUMBER
        named = self._claims.get(meant_by(claim.payer_control_number))
        if named is None or named["refused"] or named["next"] or named["frequency"] == VOID:
            return UNKNOWN_NUMBER
        if (named["payer"], named["payee"]) != (claim.payer.id, payee_of(claim)):
            return UNKNOWN_NUMBER
        return _REFUSALS.get((script_of(claim), claim.frequency))

    def _enter(self, icn: str, claim: Claim, refused: Refusal | None) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "payer": claim.payer.id,
            "payee": payee_of(claim),
            "frequency": claim.frequency,
            "content": _content(claim),
            "refused": refused,
            "decided": None,
            "next": None,
        }
        self._claims[icn] = entry
        self._same.setdefault(entry["content"], set()).add(icn)
        return entry

    def stands(self, icn: str) -> bool:
        """Tell whether the claim *icn* was taken in and nothing took its place."""
        entry = self._claims.get(icn)
        return entry is not None and not entry["refused"] and not entry["next"]

    def decided(self, icn: str) -> Script | None:
        """Return the script by which *icn* was decided, None when it has not been."""
        entry = self._claims.get(icn)
        return None if entry is None or entry["decided"] is None else Script(entry["decided"])

    def decide(self, icn: str, script: Script) -> None:
        """Note that *icn* was decided by *script*."""
        self._claims[icn]["decided"] = script.value

    def correct(self, icn: str, anew: str, claim: Claim) -> None:
        """Note that the payer itself took *icn* back and goes on with it under the number *anew*."""
        self._claims[icn]["next"] = anew
        self._enter(anew, claim, None)

    def is_duplicate(self, icn: str, claim: Claim) -> bool:
        """Tell whether a claim that says the same was decided before and still stands."""
        if amends(claim):
            return False
        others = self._same.get(_content(claim), set()) - {icn}
        return any(self.stands(other) and self.decided(other) not in {None, Script.DUPL} for other in others)


def _content(claim: Claim) -> str:
    """Digest what makes two claims the same to a payer: who, for whom, what, when, how much; not our account number."""
    return hashlib.sha256("|".join(_billed(claim)).encode()).hexdigest()[:16]


def _billed(claim: Claim) -> Iterator[str]:
    patient = claim.patient or claim.subscriber
    yield from (claim.payer.id, payee_of(claim), claim.payer_sequence)
    yield from (str(claim.subscriber.member_id), str(patient.last_name), str(patient.first_name))
    yield str(patient.birth_date)
    for line in claim.service_lines:
        yield from (str(line.procedure), *line.modifiers, str(line.charge), str(line.units))
        yield from (str(line.service_date), str(line.service_date_to))
