"""Code sets that are there without being loaded: places of service, and ICD-10-CM where its package is installed.

The places of service come with the gateway (`_codes/places.csv`): CMS's list, as of August 2024, a work of the US
government. ICD-10-CM comes with the extra ``icd10cm``; that package holds one release, which judges its own days only.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files

from gateway.model.codesets import CodeSet, CodeTable, Span

BEFORE_ALL = date(1900, 1, 1)
"""The first day of what CMS listed before anything that is still billed."""

PLACES_AS_OF = date(2024, 8, 1)
"""When the newest place in our list took effect."""

ICD10CM_PACKAGE = "simple-icd-10-cm"
_LIST = re.compile(r".*/data/code-list-([A-Z][a-z]+)-(20[0-9]{2})\.txt\Z")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_CODE = re.compile(r"[A-Z][0-9][0-9A-Z]{1,5}\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A place of service: its code, CMS's name for it, and since when it may be used, where that is later than 2015."""

    code: str
    name: str
    since: date | None


@cache
def place_list() -> tuple[Place, ...]:
    """Return the places of service that come with the gateway."""
    text = files("gateway").joinpath("_codes", "places.csv").read_text(encoding="utf-8")
    return tuple(
        Place(row["code"], row["name"], date.fromisoformat(row["from"]) if row["from"] else None)
        for row in csv.DictReader(text.splitlines())
    )


@cache
def places() -> CodeTable:
    """Return the places of service compiled for looking up; they judge every day."""
    spans = {place.code: (Span(place.since or BEFORE_ALL, None),) for place in place_list()}
    return CodeTable(CodeSet.POS, (BEFORE_ALL,), spans)


@cache
def icd10cm() -> CodeTable | None:
    """Return the ICD-10-CM release of the installed package, None where there is none that we can read.

    Its list of codes is read and nothing of it imported: the package reads 10 MB of XML when it is.
    """
    try:
        found = distribution(ICD10CM_PACKAGE)
    except PackageNotFoundError:
        return None
    for path in found.files or ():
        named = _LIST.match(str(path))
        if named is not None and named[1] in _MONTHS:
            effective = date(int(named[2]), _MONTHS.index(named[1]) + 1, 1)
            return _icd10cm(path.read_text(encoding="utf-8"), effective)
    return None


def _icd10cm(text: str, effective: date) -> CodeTable:
    """Compile a list of codes; one that the next begins with is a heading."""
    codes = sorted(line for line in text.split() if _CODE.match(line))
    billed, heading = (Span(effective, None),), (Span(effective, None, billable=False),)
    spans = {
        one: heading if after.startswith(one) else billed
        for one, after in zip(codes, [*codes[1:], ""], strict=True)
    }
    return CodeTable(CodeSet.ICD10CM, (effective,), spans)
