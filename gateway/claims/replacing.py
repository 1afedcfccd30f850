"""When a claim may be replaced or voided (frequency 7 and 8), and by which of the payer's numbers (domain.md 2.5, P-FREQ).

There must be something to replace: the payer took the claim and has not given it back, no other correction of it is on
its way, and the payer's own number for it (REF*F8) is known - from the payer, or from the record itself.
"""

from collections.abc import Sequence
from dataclasses import replace

from gateway.model.charge import is_over
from gateway.model.claim import Claim
from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.lifecycle import ADJUDICATED_STATES, OPEN_STATES, VOID, SubmissionState, is_voided
from gateway.model.matching import exact_pcn, loose_id
from gateway.store import candidates, claims, submissions
from gateway.store.claims import StoredClaim
from gateway.store.db import Tx
from gateway.store.submissions import Submission

S = SubmissionState

REPLACING = frozenset({"7", VOID})
"""The frequencies that speak of a claim the payer has already."""

_TAKEN = ADJUDICATED_STATES | {S.PAYER_ACCEPTED, S.REVERSED}
_UNANSWERED = OPEN_STATES - {S.PAYER_ACCEPTED}
_WORDS = {"7": "replacement", VOID: "void"}


def numbered(tx: Tx, claim: Claim) -> tuple[Claim, list[Finding]]:
    """Return a replacement or void with the payer's number filled in where the record leaves it out, and what to say.

    Where both are known and differ, the record's stands, with a warning that names both.
    """
    if claim.frequency not in REPLACING:
        return claim, []
    told = next(
        (
            number
            for known in claims.with_pcn(tx, claim.patient_control_number)
            if (number := submissions.told_number(tx, known.id, claim.payer.id))
        ),
        None,
    )
    given, place = (
        claim.payer_control_number,
        {"element": "payer_control_number", "claim": claim.patient_control_number},
    )
    if told is None or (given and loose_id(given) == loose_id(told)):
        return claim, []
    if given:
        said = (
            f"the record names the payer's control number {given}, the payer told us {told}; {given} is sent"
        )
        return claim, [warning("P-F8", said, **place)]
    said = f"the payer's control number {told} is filled in: it is what the payer told us"
    filled = Finding(code="P-F8", severity=Severity.INFO, message=said, **place)  # type: ignore[arg-type]
    return replace(claim, payer_control_number=told), [filled]


def standing(history: Sequence[Submission], payer: str) -> list[Submission]:
    """Return what was submitted to *payer* and was neither rejected before adjudication nor taken back, oldest first."""
    return [s for s in history if not is_over(s.state) and loose_id(s.payer) == loose_id(payer)]


def why_not(tx: Tx, claim: Claim, known: StoredClaim, history: Sequence[Submission]) -> str | None:
    """Say why *claim*, of frequency 7 or 8, cannot go out as a new version of *known*; None where it can."""
    verb = _WORDS[claim.frequency]
    alive = [s for s in history if not is_over(s.state)]
    if not alive:
        if known.frequency == "1" and claim.frequency == VOID:
            return (
                f"the payer never took {known.id}, so there is nothing to void; to keep it from going out: gateway hold "
                f"{known.id} --reason TEXT"
            )
        if known.frequency == "1":
            return (
                f"the payer never took {known.id}, so there is nothing to replace; send it with frequency 1 "
                "and without the payer's control number"
            )
        return None
    theirs = standing(history, claim.payer.id)
    if not theirs:
        went = ", ".join(dict.fromkeys(s.payer for s in alive))
        return (
            f"{known.id} went to payer {went}, not to {claim.payer.id}; a {verb} goes to the payer that has the claim. To "
            "bill the next payer send frequency 1 with its payer_sequence"
        )
    latest = theirs[-1]
    if is_voided(latest.state, latest.frequency):
        return (
            f"{known.id} was voided, so the payer has nothing left to replace or void; bill it anew with frequency 1 under "
            "another patient control number"
        )
    waiting = next((s for s in theirs if s.frequency in REPLACING and s.state in _UNANSWERED), None)
    if waiting is not None:
        return f"a {_WORDS[waiting.frequency]} of {known.id} is on its way and unanswered; wait for the payer's answer first"
    return _number_fault(claim, known, theirs) or _of_another_claim(tx, claim, known)


def _number_fault(claim: Claim, known: StoredClaim, theirs: Sequence[Submission]) -> str | None:
    if claim.payer_control_number:
        return None
    if not any(s.state in _TAKEN for s in theirs):
        return (
            f"{known.id} is sent, and the payer has neither accepted nor paid it; wait for the payer's answer, or give the "
            "payer's own number for the claim in payer_control_number"
        )
    return (
        f"frequency {claim.frequency} needs the payer's number for {known.id}, and the payer has told us none; take it from "
        "the payer's portal or remittance, put it into payer_control_number, and drop the record again"
    )


def of_another_claim(tx: Tx, claim: Claim) -> str | None:
    """Say which claim of ours under another patient control number a replacement or void of no known claim names by REF*F8."""
    return _of_another_claim(tx, claim, None)


def _of_another_claim(tx: Tx, claim: Claim, known: StoredClaim | None) -> str | None:
    number = claim.payer_control_number
    if claim.frequency not in REPLACING or not number:
        return None
    meant = candidates.by_payer_control(tx, [number]).get(loose_id(number), set())
    if known is not None and known.id in meant:
        return None
    for claim_id, sent in sorted(candidates.of_claims(tx, meant).items()):
        if all(loose_id(one.payer) != loose_id(claim.payer.id) for one in sent):
            continue
        theirs = claims.content(tx, claims.get(tx, claim_id).version_id).patient_control_number
        if exact_pcn(theirs) != exact_pcn(claim.patient_control_number):
            return (
                f"the payer's control number {number} is that of {claim_id}, whose patient control number is {theirs}; "
                f"send the {_WORDS[claim.frequency]} under {theirs}"
            )
    return None


def fault(claim: Claim, sentence: str) -> Finding:
    """Return the refusal of a replacement or void."""
    return error("P-FREQ", sentence, element="frequency", claim=claim.patient_control_number)
