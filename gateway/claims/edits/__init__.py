"""Edits: what is judged of a claim before anything is built (domain.md 2.17). A failing claim is held with findings.

A new edit is one function in the file of its family; `EDITS` lists them all.
"""

# The order of the families is the order in which findings are told.
from gateway.claims.edits import (  # isort: skip  # noqa: F401 - each registers its edits
    amounts,
    identifiers,
    parties,
    addresses,
    states,
    insured,
    diagnoses,
    services,
    code_sets,
    dates,
    codes,
    parts,
    kinds,
    cob,
    filing,
    limits,
    beside,
)
from gateway.claims.edits.folding import FOLDED, folded, summed_up
from gateway.claims.edits.normalise import SPELLING, normalise
from gateway.claims.edits.rules import SNIP, Edit, EditContext, registered
from gateway.claims.edits.switches import effective, partner_faults, severity_of, switch_faults
from gateway.model.claim import Claim
from gateway.model.findings import Finding

__all__ = [
    "EDITS",
    "FOLDED",
    "SNIP",
    "SPELLING",
    "Edit",
    "EditContext",
    "normalise",
    "partner_faults",
    "prepare",
    "run_edits",
    "severity_of",
    "summed_up",
    "switch_faults",
]

EDITS: tuple[Edit, ...] = registered()
"""Every edit, in the order in which findings are told."""


def run_edits(claim: Claim, *, context: EditContext) -> list[Finding]:
    """Return what every edit that is on for the partner says of *claim*; an error means that it must not go out."""
    number = claim.patient_control_number
    return [
        Finding(code=rule, severity=severity, message=message, element=path, claim=number)
        for rule, severity, check in effective(context.profile)
        for path, message in check(claim, context)
    ]


def prepare(claim: Claim, *, context: EditContext) -> tuple[Claim, list[Finding]]:
    """Return the claim in its proper spelling, with what was changed and what the edits say of it.

    What folding will change on the way out, by the partner's policy, is told too.
    """
    claim, changed = normalise(claim, context.profile)
    said = run_edits(claim, context=context)
    return claim, [*changed, *said, *folded(claim, upper=context.upper_case, said=said)]
