"""Code sets with effective dates: which code was valid on which day (domain.md 2.14, SNIP type 5).

A *release* of a set holds from its effective date until the next release does, and no longer than `CodeSet.lasts_until`
says: an old table must not call a new code wrong. Inside a release a code may have dates of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Protocol


class CodeSet(StrEnum):
    """A code set that can be loaded, by the name a user types."""

    ICD10CM = "icd10cm"
    ICD10PCS = "icd10pcs"
    HCPCS = "hcpcs"
    CPT = "cpt"
    MODIFIERS = "modifiers"
    POS = "pos"
    TAXONOMY = "taxonomy"
    CARC = "carc"
    RARC = "rarc"
    STATUS_CATEGORIES = "status-categories"
    STATUS_CODES = "status-codes"
    CORE360 = "core360"

    def lasts_until(self, effective: date) -> date | None:
        """Return the first day that a release effective on *effective* does not judge any more, None where it stays good.

        ICD is made anew each 1 October, procedures and modifiers each 1 January; the other lists grow now and then.
        """
        if self in {CodeSet.ICD10CM, CodeSet.ICD10PCS}:
            return date(effective.year + (effective.month >= 10), 10, 1)
        if self in {CodeSet.HCPCS, CodeSet.CPT, CodeSet.MODIFIERS}:
            return date(effective.year + 1, 1, 1)
        return None


WHAT: Mapping[CodeSet, str] = {
    CodeSet.ICD10CM: "diagnoses (ICD-10-CM)",
    CodeSet.ICD10PCS: "inpatient procedures (ICD-10-PCS)",
    CodeSet.HCPCS: "procedures and supplies (HCPCS level II)",
    CodeSet.CPT: "procedures (CPT)",
    CodeSet.MODIFIERS: "modifiers",
    CodeSet.POS: "places of service",
    CodeSet.TAXONOMY: "provider taxonomy codes",
    CodeSet.CARC: "claim adjustment reasons (CARC)",
    CodeSet.RARC: "remittance remarks (RARC)",
    CodeSet.STATUS_CATEGORIES: "claim status categories (277CA)",
    CodeSet.STATUS_CODES: "claim status codes (277CA)",
    CodeSet.CORE360: "combinations of reason, remark and group by scenario (CAQH CORE rule 360)",
}
"""What the codes of each set are, for people."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of a release as its file has it.

    *starts* and *ends* (its last day) are dates of the code's own, where the file has them. A code that is not
    *billable* is a heading: the codes below it are billed.
    """

    code: str
    description: str | None = None
    starts: date | None = None
    ends: date | None = None
    billable: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days on which a code is valid: from *since* until the day before *until*; None has no bound."""

    since: date
    until: date | None
    billable: bool = True

    def covers(self, day: date) -> bool:
        """Tell whether *day* lies in it."""
        return self.since <= day and (self.until is None or day < self.until)


class Standing(StrEnum):
    """What a table says of a code on a day."""

    VALID = "valid"
    HEADING = "heading"
    NOT_YET = "not yet"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the table of release *release* says: *standing*, and the span it follows from, where the code was ever valid."""

    standing: Standing
    release: date
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One set, compiled for looking up: spans by code in the order of time, and the days on which releases took effect."""

    code_set: CodeSet
    releases: tuple[date, ...]
    spans: Mapping[str, tuple[Span, ...]]

    def release_for(self, day: date) -> date | None:
        """Return the release that judges *day*; None where no release is about it."""
        return _release_for(self.code_set, self.releases, day)

    def judge(self, code: str, day: date) -> Verdict | None:
        """Return what is to be said of *code* on *day*; None where no release is about that day."""
        release = self.release_for(day)
        if release is None:
            return None
        spans = self.spans.get(code, ())
        for span in spans:
            if span.covers(day):
                return Verdict(Standing.VALID if span.billable else Standing.HEADING, release, span)
        before = [span for span in spans if span.since <= day]
        if before:
            return Verdict(Standing.ENDED, release, before[-1])
        return Verdict(Standing.NOT_YET, release, spans[0]) if spans else Verdict(Standing.UNKNOWN, release)


@lru_cache(maxsize=4096)
def _release_for(code_set: CodeSet, releases: tuple[date, ...], day: date) -> date | None:
    """Return which of *releases* judges *day*; the few days of a run are asked for again and again."""
    newest = max((release for release in releases if release <= day), default=None)
    if newest is None:
        return None
    good_until = code_set.lasts_until(newest)
    return newest if good_until is None or day < good_until else None


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return *spans* in order of time, those that touch and agree made one."""
    made: list[Span] = []
    for span in sorted(spans, key=lambda one: one.since):
        last = made[-1] if made else None
        if last is not None and last.until == span.since and last.billable == span.billable:
            made[-1] = Span(last.since, span.until, span.billable)
        else:
            made.append(span)
    return tuple(made)


class Judge(Protocol):
    """Who knows the tables that are loaded, and remembers what it was asked in vain."""

    def judge(self, code_set: CodeSet, code: str, day: date) -> Verdict | None:
        """Return what is to be said of *code* on *day*; None where no table is about that day."""
