"""A described file on paper: a line a segment, headings for loops, findings where they arise; or JSON lines."""

import textwrap
from collections.abc import Callable
from itertools import groupby
from typing import Any

from gateway.model.findings import Finding, Severity
from gateway.ops.seeing.describe import Seen
from gateway.ops.seeing.layout import Loop
from gateway.ops.seeing.values import Part

Paint = Callable[[str, str], str]
"""Colours a text, or leaves it as it is."""

_INDENT = 2
_FRONT = 6
_ENVELOPE = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE"})
_NARROWEST = 60


class Page:
    """Prints one file; *width* folds lines (None leaves them long), *raw* puts the segment as it came below."""

    def __init__(
        self,
        write: Callable[[str], Any],
        *,
        paint: Paint,
        width: int | None = None,
        raw: bool = False,
        full: bool = False,
    ) -> None:
        self._write = write
        self._paint = paint
        self._width = max(width, _NARROWEST) if width is not None else None
        self._raw = raw
        self._full = full
        self._open: tuple[Loop, ...] = ()
        self._where: tuple[str | None, ...] = ()

    def take(self, item: Seen | Finding) -> None:
        """Print a segment or a finding."""
        if isinstance(item, Finding):
            self._finding(item)
            return
        self._headings(item)
        depth = len(item.loops) + (item.tag not in _ENVELOPE and item.position is not None)
        front = f"{item.position or '':>{_FRONT}}  {' ' * _INDENT * depth}"
        self._line(front, f"{item.tag:<3}", item)
        below = " " * (len(front) + 5)
        if self._full:
            self._table(below, item)
        if self._raw:
            self._write(f"{below}{item.raw}\n")

    def _headings(self, seen: Seen) -> None:
        where = (seen.interchange, seen.group, seen.set)
        if where != self._where:
            if seen.set is not None and seen.tag != "ST":
                self._write(
                    self._paint(
                        f"interchange {seen.interchange}, group {seen.group or '-'}, set {seen.set}", "1"
                    )
                    + "\n"
                )
            self._where, self._open = where, ()
        for depth, loop in enumerate(seen.loops):
            if depth < len(self._open) and self._open[depth].serial == loop.serial:
                continue
            number = f" {loop.number}" if loop.number > 1 else ""
            title = f"{loop.id}  {loop.name}{number}" if loop.name else f"{loop.id}{number}"
            self._write(f"{' ' * (_FRONT + 2 + _INDENT * (depth + 1))}{self._paint(title, '1')}\n")
        self._open = seen.loops

    def _line(self, front: str, tag: str, seen: Seen) -> None:
        said = "" if self._full else "; ".join(_spoken(seen.parts))
        text = f"{seen.name}: {said}" if said and seen.name else seen.name or said
        room = None if self._width is None else self._width - len(front) - 5
        folded = (
            textwrap.wrap(text, max(room, 30), break_on_hyphens=False)
            if room is not None and text
            else [text]
        )
        first = folded[0]
        self._write(f"{front}{self._paint(tag, '36')}  {first}".rstrip() + "\n")
        for line in folded[1:]:
            self._write(f"{' ' * (len(front) + 5)}{line}\n")

    def _table(self, below: str, seen: Seen) -> None:
        """Print every element on a line of its own, with its place."""
        wide = max((len(part.label) for part in seen.parts), default=0)
        for part in seen.parts:
            self._write(f"{below}{part.ref:<8}  {part.label:<{wide}}  {_value(part)}".rstrip() + "\n")

    def _finding(self, finding: Finding) -> None:
        colour = "31" if finding.severity is Severity.ERROR else "33"
        where = f"{finding.line}" if finding.line is not None else ""
        mark = self._paint(f"!! {finding.severity.value} {finding.code}", colour)
        self._write(f"{where:>{_FRONT}}  {mark}: {finding.message}\n")


def _spoken(parts: tuple[Part, ...]) -> list[str]:
    """Return what a line says of each element: qualifiers that name the segment stand in its name."""
    said: list[str] = []
    glued = False
    for (_, group), together in groupby(parts, key=lambda part: (part.ref.partition("-")[0], part.group)):
        words: list[str] = []
        sticks = False
        for part in together:
            if part.quiet or part.lead:
                continue
            if sticks and words:
                words[-1] += f" {_word(part)}"
            else:
                words.append(_word(part))
            sticks = part.glued
        inside = ", ".join(words)
        if not inside:
            continue
        inside = f"{group} {inside}" if group else inside
        if glued:
            said[-1] += f" {inside}"
        else:
            said.append(inside)
        glued = sticks
    return said


def _word(part: Part) -> str:
    return _value(part) if part.bare else f"{part.label} {_value(part)}"


def _value(part: Part) -> str:
    """Return a value as it is read, what came beside it where that is another text."""
    return f"{part.meaning} ({part.shown})" if part.meaning else part.shown


def seen_json(seen: Seen) -> dict[str, Any]:
    """Return a described segment in its published shape."""
    return {
        "segment": seen.tag,
        "name": seen.name or None,
        "set_id": seen.set_id,
        "loop": seen.loops[-1].id if seen.loops else None,
        "loops": [{"id": loop.id, "name": loop.name or None, "number": loop.number} for loop in seen.loops],
        "claim_number": seen.claim,
        "raw": seen.raw,
        "elements": [
            {
                "element": part.ref,
                "name": part.label,
                "value": part.value,
                "shown": part.shown,
                "meaning": part.meaning,
                "masked": part.masked,
            }
            for part in seen.parts
        ],
    }
