"""What can be said of a transaction set by counting: whose segment it is, claim totals (P-SUM), HL04 (P-HL04).

pyx12 checks none of this (domain.md 6, SNIP 3 and 4). Everything here looks at one raw segment at a time and keeps
a few numbers a claim.
"""

from bisect import bisect_right
from decimal import Decimal

from gateway.model.findings import Finding, error
from gateway.model.money import parse_decimal

_CHARGE_AT = {"SV1": 2, "SV2": 3, "SV3": 2}
"""Where a service line states its charge: professional, institutional, dental."""

_LOOPS = {"20": "2000A", "22": "2000B", "23": "2000C"}
"""The 837's loops by HL03."""


class ClaimRegions:
    """Which claim a position in a transaction set belongs to.

    In an 837 a claim's region starts at its HL*22 or HL*23 (at CLM, when the same patient has more claims) and ends
    before the next HL or claim; HL*20 and what precedes it belong to no claim. In an 835 it starts at CLP and ends
    before the next CLP, LX or PLB.
    """

    def __init__(self, set_id: str) -> None:
        self._set_id = set_id
        self._starts = [1]
        self._claims: list[str | None] = [None]
        self._head_open = False

    def take(self, segment: list[str], position: int) -> None:
        """Look at one segment."""
        tag = segment[0]
        if self._set_id == "837" and tag in {"HL", "CLM"}:
            self._take_837(tag, segment, position)
        elif self._set_id == "835" and tag in {"CLP", "LX", "PLB"}:
            self._begin(position, _at(segment, 1) if tag == "CLP" else "")

    def claim_at(self, position: int) -> str | None:
        """Return the patient control number of the claim to which *position* belongs."""
        return self._claims[bisect_right(self._starts, position) - 1]

    def _take_837(self, tag: str, segment: list[str], position: int) -> None:
        if tag == "CLM":
            if self._head_open:
                self._claims[-1] = _at(segment, 1) or None
            else:
                self._begin(position, _at(segment, 1))
            self._head_open = False
        elif _at(segment, 3) != "23" or not self._head_open:
            # An HL*23 below an HL*22 without a claim of its own continues the head of the same claim.
            self._begin(position, "")
            self._head_open = _at(segment, 3) != "20"

    def _begin(self, position: int, claim: str) -> None:
        self._starts.append(position)
        self._claims.append(claim or None)


class ClaimTotals:
    """P-SUM: CLM02 is the exact sum of the charges of the claim's lines."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._claim: str | None = None
        self._position = 0
        self._stated: Decimal | None = None
        self._sum = Decimal(0)
        self._lines = 0

    def take(self, segment: list[str], position: int) -> None:
        """Look at one segment."""
        tag = segment[0]
        if tag == "CLM":
            self.finish()
            self._claim, self._position = _at(segment, 1) or None, position
            self._stated, self._sum, self._lines = parse_decimal(_at(segment, 2)), Decimal(0), 0
        elif tag in _CHARGE_AT:
            charge = parse_decimal(_at(segment, _CHARGE_AT[tag]))
            self._lines += 1
            if charge is None:
                # The guide check names an amount that is none; a sum cannot be judged then.
                self._stated = None
            else:
                self._sum += charge

    def finish(self) -> None:
        """Judge the claim whose last segment has been seen."""
        if self._stated is not None and self._lines and self._stated != self._sum:
            self.findings.append(
                error(
                    "P-SUM",
                    f"The claim's charge is {self._stated:f}, but its service lines add up to {self._sum:f}.",
                    line=self._position,
                    segment="CLM",
                    element="CLM02",
                    loop="2300",
                    claim=self._claim,
                )
            )
        self._stated = None


class HierarchyFlags:
    """P-HL04: HL04 is 1 where another HL names this one as its parent, and 0 where none does."""

    def __init__(self) -> None:
        self._levels: dict[str, tuple[int, str, str | None]] = {}
        self._parents: set[str] = set()

    def take(self, segment: list[str], position: int) -> None:
        """Look at one segment."""
        if segment[0] == "HL":
            self._levels[_at(segment, 1)] = (position, _at(segment, 4), _LOOPS.get(_at(segment, 3)))
            self._parents.add(_at(segment, 2))

    def findings(self, regions: ClaimRegions) -> list[Finding]:
        """Return what is wrong, after the last segment."""
        wrong = []
        for number, (position, flag, loop) in self._levels.items():
            expected = "1" if number in self._parents else "0"
            if flag in {"0", "1"} and flag != expected:
                message = f"HL04 must be {expected}: " + (
                    "another HL stands below this one." if expected == "1" else "no HL stands below this one."
                )
                place = {
                    "segment": "HL",
                    "element": "HL04",
                    "loop": loop,
                    "claim": regions.claim_at(position),
                }
                wrong.append(error("P-HL04", message, line=position, **place))
        return wrong


def _at(segment: list[str], position: int) -> str:
    return segment[position].strip() if position < len(segment) else ""
