"""Whose fault it is that a 999 rejects a transaction set: errors attributed to claims by name or by place.

A 999 voids the whole set, yet most of its claims are innocent and may go again as they are (domain.md 3.3 rule 5). They
may only if every error found its claim: an error in the set's head would reject them once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.model.acknowledgement import SegmentError, SetAcknowledgement
from gateway.model.matching import loose_pcn
from gateway.responses.words import SEGMENT_FAULTS
from gateway.store.submissions import Submission

_MISSING = frozenset({"3", "I6", "I7", "I8"})
"""Errors reported where the reader noticed that something is not there: at the segment after it."""


@dataclass(slots=True)
class Blame:
    """*guilty* holds each guilty submission's errors; *nobody's* are errors that belong to no claim."""

    guilty: dict[str, list[SegmentError]] = field(default_factory=dict)
    nobodys: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Tell whether every error found its claim, so that all other claims are innocent."""
        return bool(self.guilty) and not self.nobodys


def blame(verdict: SetAcknowledgement, sent: Sequence[Submission], numbers: Mapping[str, str]) -> Blame:
    """Attribute the errors of a rejected set to the submissions *sent* in it.

    *numbers* gives each submission's patient control number. An error in a billing provider's segments is the fault of
    all claims that stand under it.
    """
    found = Blame(nobodys=[code for code in verdict.error_codes if code not in SEGMENT_FAULTS])
    by_number: dict[str, list[Submission]] = {}
    for one in sent:
        by_number.setdefault(loose_pcn(numbers.get(one.id, "")), []).append(one)
    for error in verdict.segments:
        guilty = _named(error, by_number) or _placed(error, sent)
        for one in guilty:
            found.guilty.setdefault(one.id, []).append(error)
        if not guilty:
            found.nobodys.append(f"{error.segment} {error.error or '8'}")
    return found


def _named(error: SegmentError, by_number: Mapping[str, list[Submission]]) -> list[Submission]:
    """Find the claim that CTX names; a name borne by two claims names nobody."""
    number = loose_pcn(error.patient_control_number or "")
    found = by_number.get(number, []) if number else []
    return found if len(found) == 1 else []


def _placed(error: SegmentError, sent: Sequence[Submission]) -> list[Submission]:
    """Find the claim whose segments hold the position, or the claims under the provider whose segments do."""
    position = error.position
    spans = [(s.first_segment, s.last_segment, s) for s in sent if s.first_segment and s.last_segment]
    if position is None or not spans:
        return []
    spans.sort(key=lambda span: span[0])
    if error.error in _MISSING and error.segment != "HL" and position - 1 in {last for _, last, _ in spans}:
        position -= 1
    for index, (first, last, one) in enumerate(spans):
        if first <= position <= last:
            return [one]
        if position < first:
            if index == 0 and not (error.loop or "").startswith("2"):
                return []
            return _contiguous(spans[index:])
    return []


def _contiguous(spans: Sequence[tuple[int, int, Submission]]) -> list[Submission]:
    """Return the claims up to the next gap: they stand under the same billing provider."""
    under = [spans[0][2]]
    for (_, last, _), (first, _, one) in pairwise(spans):
        if first != last + 1:
            break
        under.append(one)
    return under
