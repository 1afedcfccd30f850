"""Which of the lines we billed does a line of a remittance answer? The steps of domain.md 4.12, many to one both ways.

1 our own line control number; 2 the line counter, where none of our numbers came back; 3 procedure, modifiers, date, charge
and units together; 4 the same without units, then modifiers, then date; 5 equal lines in their order. What was split or
unbundled comes back as several lines of one of ours; what was combined, as one line of several of ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gateway.model.claim import ServiceLine
from gateway.model.matching import loose_id
from gateway.model.remittance import RemittanceClaim, RemittanceLine


class How(StrEnum):
    """The step by which a line was found."""

    CONTROL = "line_control"
    COUNTER = "line_counter"
    EXACT = "exact"
    UNITS = "without_units"
    MODIFIERS = "without_mods"
    DATE = "without_date"
    ORDER = "in_order"
    SPLIT = "split"
    COMBINED = "combined"
    NONE = "none"
    CLAIM_LEVEL = "claim_level"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMatch:
    """*lines* are the numbers (from 1) of our lines that a line of the remittance answers; none where that is not known."""

    lines: tuple[int, ...]
    how: How


UNKNOWN = LineMatch(lines=(), how=How.NONE)


def match_lines(sent: Sequence[ServiceLine], said: RemittanceClaim) -> tuple[LineMatch, ...]:
    """Return, for each line of *said* in order, which of the lines *sent* it answers; signs do not matter."""
    work = _Work(sent, said)
    work.by_number()
    for how, key in _KEYS:
        work.by_key(how, key)
    work.split()
    work.combined()
    return tuple(work.found.get(n, UNKNOWN) for n in range(len(said.service_lines)))


def _procedure(line: ServiceLine | RemittanceLine) -> str:
    submitted = line.submitted_procedure if isinstance(line, RemittanceLine) else None
    return loose_id(submitted or line.procedure)


def _modifiers(line: ServiceLine | RemittanceLine) -> frozenset[str]:
    if isinstance(line, RemittanceLine) and line.submitted_procedure:
        return frozenset(map(loose_id, line.submitted_modifiers))
    return frozenset(map(loose_id, line.modifiers))


def _units(line: ServiceLine | RemittanceLine) -> Decimal:
    if isinstance(line, ServiceLine):
        return line.units
    units = line.submitted_units if line.submitted_units is not None else line.units
    return abs(units) if units is not None else Decimal(1)


class _Work:
    """The lines of one claim while they are told apart; numbers of either side count from 0 in here, but in `found`."""

    def __init__(self, sent: Sequence[ServiceLine], said: RemittanceClaim) -> None:
        self.sent, self.said = sent, said.service_lines
        self.day = said.statement_from if said.statement_to in {None, said.statement_from} else None
        self.found: dict[int, LineMatch] = {}
        self.free = set(range(len(sent)))

    def link(self, theirs: int, ours: Sequence[int], how: How) -> None:
        self.found[theirs] = LineMatch(lines=tuple(n + 1 for n in ours), how=how)
        self.free -= set(ours)

    def waiting(self) -> list[int]:
        return [n for n in range(len(self.said)) if n not in self.found]

    def date_of(self, line: ServiceLine | RemittanceLine) -> date | None:
        return line.service_date or (self.day if isinstance(line, RemittanceLine) else None)

    def by_number(self) -> None:
        """Take our own numbers where they came back; else the line counter, where something else agrees (RFI 2224)."""
        numbers: dict[str, list[int]] = {}
        for n, line in enumerate(self.sent):
            if line.line_control_number:
                numbers.setdefault(line.line_control_number.strip().upper(), []).append(n)
        echoed = [(n, (line.line_control_number or "").strip().upper()) for n, line in enumerate(self.said)]
        ours = [(n, numbers[text][0]) for n, text in echoed if len(numbers.get(text, ())) == 1]
        for theirs, own in ours:
            self.link(theirs, [own], How.CONTROL)
        if ours:
            return
        for theirs, text in echoed:
            own = int(text) - 1 if text.isdecimal() and len(text) <= 4 else -1
            if 0 <= own < len(self.sent) and self._agrees(self.said[theirs], self.sent[own]):
                self.link(theirs, [own], How.COUNTER)

    def _agrees(self, theirs: RemittanceLine, ours: ServiceLine) -> bool:
        return _procedure(theirs) == _procedure(ours) or abs(theirs.charge) == ours.charge

    def by_key(self, how: How, key: "Callable[[_Work, Any], object]") -> None:
        """Link what is alike in every respect of *key*: one to one, or in order where only the order is left."""
        ours: dict[object, list[int]] = {}
        theirs: dict[object, list[int]] = {}
        for own in sorted(self.free):
            ours.setdefault(key(self, self.sent[own]), []).append(own)
        for their in self.waiting():
            theirs.setdefault(key(self, self.said[their]), []).append(their)
        for value, waiting in theirs.items():
            alike = ours.get(value, [])
            if (how is How.ORDER or len(alike) == 1) and len(waiting) <= len(alike):
                for their, own in zip(waiting, alike, strict=False):
                    self.link(their, [own], how)

    def split(self) -> None:
        """Link several lines to the one of ours that was split into them, or unbundled: the same procedure, and in sum its charge.

        A line without charge that names what was submitted belongs to the one of ours with that procedure.
        """
        groups: dict[str, list[int]] = {}
        for their in self.waiting():
            groups.setdefault(_procedure(self.said[their]), []).append(their)
        for procedure, waiting in groups.items():
            own = [n for n, line in enumerate(self.sent) if _procedure(line) == procedure]
            if len(own) != 1:
                continue
            charge = sum((abs(self.said[n].charge) for n in waiting), Decimal(0))
            if own[0] in self.free and charge == self.sent[own[0]].charge:
                kept = waiting
            else:
                kept = [n for n in waiting if self.said[n].charge == 0 and self.said[n].submitted_procedure]
            for their in kept:
                self.link(their, own, How.SPLIT)

    def combined(self) -> None:
        """Link a line to those of ours that were put together in it: all that are left of a procedure, and their charge in sum."""
        for their in self.waiting():
            line = self.said[their]
            own = [n for n in sorted(self.free) if _procedure(self.sent[n]) == _procedure(line)]
            if len(own) > 1 and sum(self.sent[n].charge for n in own) == abs(line.charge):
                self.link(their, own, How.COMBINED)


_KEYS: tuple[tuple[How, "Callable[[_Work, Any], object]"], ...] = (
    (How.EXACT, lambda w, x: (_procedure(x), abs(x.charge), w.date_of(x), _modifiers(x), _units(x))),
    (How.UNITS, lambda w, x: (_procedure(x), abs(x.charge), w.date_of(x), _modifiers(x))),
    (How.MODIFIERS, lambda w, x: (_procedure(x), abs(x.charge), w.date_of(x))),
    (How.DATE, lambda _, x: (_procedure(x), abs(x.charge))),
    (How.ORDER, lambda _, x: (_procedure(x), abs(x.charge))),
)
