"""What a claim's account shows as charged: what the version that was sealed last bills, by one rule.

A void bills nothing, until it is rejected. A rejected replacement keeps its charge, because it is mended and goes again.
A claim to a later payer bills the same services once more, and is no charge of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from gateway.model.lifecycle import REJECTED_STATES, VOID, SubmissionState

_PLACES = "PSTABCDEFGH"

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One submission whose bytes were fixed; *charge* is its version's."""

    frequency: str
    payer_sequence: str
    state: SubmissionState
    charge: Decimal


def place_in_line(payer_sequence: str) -> int:
    """Return which payer a sequence code (SBR01) means, the first as 0; an unknown one counts as the first."""
    return max(_PLACES.find(payer_sequence), 0)


def is_over(state: SubmissionState) -> bool:
    """Tell whether nothing more comes of a submission: it was rejected before adjudication, or taken back by us."""
    return state in REJECTED_STATES or state is SubmissionState.WITHDRAWN


def charge_of(history: Iterable[Sealed]) -> Decimal:
    """Return what the account of a claim with this *history*, oldest first, shows as charged."""
    shown, first = ZERO, len(_PLACES)
    for one in history:
        place = place_in_line(one.payer_sequence)
        is_void, over = one.frequency == VOID, is_over(one.state)
        if place <= first and not (is_void and over):
            shown = ZERO if is_void else one.charge
        if not over:
            first = min(first, place)
    return shown
