"""One receipt in the hand: where it is from, what has been found in it, what each interchange holds, what is parked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.model.findings import Finding, error
from gateway.responses.placing import AnswerPlaces
from gateway.site import Site
from gateway.store.interchanges import InterchangeRow


@dataclass(slots=True)
class ProcessReport:
    """What one pass over the inbox came to; *waiting* counts verdicts that a person must look at."""

    receipts: int = 0
    acknowledgements: int = 0
    remittances: int = 0
    others: int = 0
    waiting: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A person lets the remittance at *place* post, for *reason*, although parts of it do not add up.

    *dismissed_by* is who had taken it out of the queue, as far as that person knew.
    """

    place: str
    reason: str
    dismissed_by: str | None = None


@dataclass(slots=True)
class Reading:
    """One receipt in the hand: where it is from, what has been found, what each interchange holds."""

    site: Site
    receipt: str
    partner: str
    actor: str
    report: ProcessReport
    found: list[Finding] = field(default_factory=list)
    rows: list[InterchangeRow] = field(default_factory=list)
    parked: int = 0
    whole: bool = True
    release: Release | None = None
    places: AnswerPlaces = field(init=False)

    def __post_init__(self) -> None:
        self.places = AnswerPlaces(self.site)

    def park(self, place: str, why: Iterable[Finding]) -> None:
        """Leave the part at *place* to a person, for *why*; the rest of the receipt goes on."""
        self.parked += 1
        self.report.quarantined += 1
        self.found += [f.at(file=self.receipt) for f in why] or [
            error("RCV-UNREADABLE", f"the part at {place} could not be read", file=self.receipt)
        ]
