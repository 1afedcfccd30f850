"""The files of fixed columns that CMS publishes: ICD-10 in order and as a list, HCPCS level II (ANWEB)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from gateway.model.codesets import CodeSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A code as it stands on line *number* of a file; *ends* is the last day it may be used."""

    number: int
    code: str
    description: str = ""
    starts: date | None = None
    ends: date | None = None
    billable: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be used, and why."""

    line: int
    why: str


Lines = Iterator[Line | Fault]

LOOKED_AT = 60
"""So many lines from the top decide on the layout: some files begin with a page of notices."""

_ORDER = re.compile(r"[0-9]{5} [0-9A-Z]{3,7} *[01] ")
_LISTED = re.compile(r"[A-Z0-9]{3,7} {1,5}\S")
_ANWEB = re.compile(r"( {3}[0-9A-Z]{2}|[A-Z][0-9]{4})[0-9]{5}[3478]")
_EIGHT = re.compile(r"[0-9]{8}\Z")
_PROCEDURE, _MODIFIER, _CONTINUED = "3", "7", frozenset("48")


def fixed_layout(code_set: CodeSet, lines: list[str]) -> tuple[str, Lines] | None:
    """Return the layout of *lines* in words and what stands on them, None where it is none of fixed columns."""
    first = [line for line in lines[:LOOKED_AT] if line.strip()]
    if code_set in {CodeSet.ICD10CM, CodeSet.ICD10PCS} and first:
        if _is(_ORDER, first[0]) and first[0][14:15] in {"0", "1"}:
            return "CMS order file", _order(lines)
        if _is(_LISTED, first[0]) and first[0][7:8] == " " and "," not in first[0][:8]:
            return "CMS code list", _listed(lines)
    if code_set in {CodeSet.HCPCS, CodeSet.MODIFIERS} and any(_is(_ANWEB, line) for line in first):
        return "CMS ANWEB text", _anweb(lines, _PROCEDURE if code_set is CodeSet.HCPCS else _MODIFIER)
    return None


def _is(shape: re.Pattern[str], line: str) -> bool:
    return shape.match(line) is not None


def _order(lines: list[str]) -> Lines:
    """Number, code, whether it is billable, short and long title."""
    yield from _each(
        lines,
        _ORDER,
        lambda number, line: Line(
            number=number,
            code=line[6:13],
            billable=line[14] == "1",
            description=line[77:].strip() or line[16:76].strip(),
        ),
    )


def _listed(lines: list[str]) -> Lines:
    """Code and title; all of them are billable."""
    yield from _each(
        lines, _LISTED, lambda number, line: Line(number=number, code=line[:7], description=line[8:].strip())
    )


def _each(lines: list[str], shape: re.Pattern[str], made: Callable[[int, str], Line]) -> Lines:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if _is(shape, line):
            yield made(number, line)
        else:
            yield Fault(number, "it is not laid out as the lines before it")


def _anweb(lines: list[str], wanted: str) -> Lines:
    """Code or modifier, sequence, kind of record, long and short title, dates; a long title goes on in further records."""
    begun: Line | Fault | None = None
    seen = False
    for number, line in enumerate(lines, start=1):
        if not _is(_ANWEB, line):
            if seen and line.strip():
                yield Fault(number, "it is not laid out as the lines before it")
            continue  # the notices at the top
        seen = True
        kind, words = line[10], line[11:91].strip()
        if kind in _CONTINUED:
            if isinstance(begun, Line) and begun.code == line[:5].strip():
                begun = Line(
                    number=begun.number, code=begun.code, description=f"{begun.description} {words}",
                    starts=begun.starts, ends=begun.ends,
                )  # fmt: skip
            continue
        if begun is not None:
            yield begun
        begun = _dated(number, line, words) if kind == wanted else None
    if begun is not None:
        yield begun


def _dated(number: int, line: str, words: str) -> Line | Fault:
    try:
        starts, ends = _day(line[268:276]), _day(line[284:292])
    except ValueError:
        return Fault(number, "its dates (columns 269 to 292) cannot be read")
    return Line(number=number, code=line[:5].strip(), description=words, starts=starts, ends=ends)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    if not _is(_EIGHT, text):
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
