"""What an edit is: a rule with an id, a SNIP type, a place in X12 and a sentence, and one function that finds its faults."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.claims.edits.walk import Walk
from gateway.model.claim import Claim
from gateway.model.codesets import Judge
from gateway.model.findings import Severity
from gateway.settings import Partner, TimelyFiling

Fault = tuple[str, str]
"""Where (JSON path) and what (a sentence)."""

SNIP = {
    1: "syntax: what X12 itself can carry",
    2: "guide: what the professional guide demands or forbids",
    3: "balancing: amounts that must add up",
    4: "situations: where one thing is said, another must be",
    5: "code sets: codes and numbers that others give out",
    6: "kind of service: ambulance, anesthesia, equipment and others",
    7: "partner: what one payer or clearinghouse wants and another does not",
}
"""The types of edits in the trade's own numbering (WEDI SNIP, domain.md 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditContext:
    """What an edit may know besides the claim: *today* where the submitter is, the partner's *profile*, the *codes* loaded.

    Without a profile every edit weighs what it weighs by default; without code sets codes are judged by their shape.
    *filing* says how old a claim may be (nobody says so where there is no installation), *walk* finds what several
    edits look for.
    """

    today: date
    profile: Partner | None = None
    codes: Judge | None = None
    filing: TimelyFiling | None = None
    walk: Walk = field(default_factory=Walk, compare=False, repr=False)

    @property
    def upper_case(self) -> bool:
        """Whether the partner is sent capitals only."""
        return self.profile is None or self.profile.text.upper_case


Check = Callable[[Claim, EditContext], Iterator[Fault]]
Changes = Mapping[str, Any]
"""JSON path -> JSON value; None takes the field away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit: *rule* is its id, *snip* its type (1 to 7), *text* what it demands.

    *place* says where in the 837 it looks: loop and element (``2300 CLM05-3``), several with commas between them.
    *bad* and *good* are examples: the sample claim so changed is faulted by this edit, or is not. *relaxable* lets a
    partner switch an error of types 1 to 4; those of other types, and warnings, are the partner's in any case.
    """

    rule: str
    snip: int
    severity: Severity
    place: str
    text: str
    bad: Changes
    good: Changes
    check: Check
    relaxable: bool = False

    @property
    def why_fixed(self) -> str | None:
        """Say why no partner may switch this edit; None where one may."""
        if self.severity is not Severity.ERROR or self.snip >= 5 or self.relaxable:
            return None
        return f"an error of SNIP type {self.snip} ({SNIP[self.snip]}) is one everywhere"


_found: list[Edit] = []


def edit(
    rule: str,
    *,
    snip: int,
    place: str,
    text: str,
    bad: Changes,
    good: Changes,
    severity: Severity = Severity.ERROR,
    relaxable: bool = False,
) -> Callable[[Check], Check]:
    """Register the decorated function as the edit *rule*; for the rest see `Edit`."""

    def register(check: Check) -> Check:
        _found.append(
            Edit(
                rule=rule, snip=snip, severity=severity, place=place, text=text, bad=bad, good=good, check=check,
                relaxable=relaxable,
            )
        )  # fmt: skip
        return check

    return register


def registered() -> tuple[Edit, ...]:
    """Return every edit of the modules imported so far, in the order they stand there."""
    return tuple(_found)
