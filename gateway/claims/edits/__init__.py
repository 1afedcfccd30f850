"""Edits: what is judged of a claim before anything is built (domain.md 2.17). A failing claim is held with findings.

A new edit is one function in the file of its family; `EDITS` lists them all.
"""

# The order of the families is the order in which findings are told.
from gateway.claims.edits import (  # isort: skip
    amounts,
    identifiers,
    parties,
    diagnoses,
    services,
    dates,
    codes,
    limits,
)
from gateway.claims.edits.normalise import SPELLING, normalise
from gateway.claims.edits.rules import Edit, EditContext, registered
from gateway.model.claim import Claim
from gateway.model.findings import Finding

__all__ = ["EDITS", "SPELLING", "Edit", "EditContext", "normalise", "prepare", "run_edits"]

FAMILIES = (amounts, identifiers, parties, diagnoses, services, dates, codes, limits)

EDITS: tuple[Edit, ...] = registered()
"""Every edit, in the order in which findings are told."""


def run_edits(claim: Claim, *, context: EditContext) -> list[Finding]:
    """Return what every edit has to say of *claim*; an error means that it must not go out."""
    return [finding for edit in EDITS for finding in edit.findings(claim, context)]


def prepare(claim: Claim, *, context: EditContext) -> tuple[Claim, list[Finding]]:
    """Return the claim in its proper spelling, with what was changed and what the edits say of it."""
    claim, changed = normalise(claim)
    return claim, changed + run_edits(claim, context=context)
