"""A list of the combinations that CORE rule 360 allows, a combination a line: scenario, CARC, RARC, groups.

A combination is kept as a code of its own, such as ``DOC:16:N29:CO``; ``-`` stands for no remark, or for any group.
"""

import csv
import re
from collections.abc import Iterator, Mapping

from gateway.claims.codesets.lines import LOOKED_AT, Fault, Line, Lines
from gateway.claims.codesets.shapes import plain_code
from gateway.model.codesets import CodeSet

SCENARIOS = ("DOC", "DATA", "NONCOV", "BUNDLED")
"""Documentation missing, claim data missing or wrong, not covered by the plan, not payable apart; 1 to 4 in the rule."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "scenario": ("scenario", "businessscenario", "corescenario"),
    "carc": ("carc", "carccode"),
    "rarc": ("rarc", "rarccode"),
    "group": ("group", "groups", "cagc", "cagccode", "groupcode", "claimadjustmentgroupcode"),
}
_NOTHING = "-"


def layout(code_set: CodeSet, lines: list[str]) -> tuple[str, Lines] | None:  # noqa: ARG001 - as every layout
    """Return the layout of *lines* in words and its combinations, None where no line near the top names their columns."""
    for index, line in enumerate(lines[:LOOKED_AT]):
        for delimiter in (",", "\t", ";", "|"):
            heads = [re.sub(r"[^a-z0-9]", "", head.lower()) for head in line.split(delimiter)]
            columns = {
                name: next(heads.index(head) for head in known if head in heads)
                for name, known in _NAMES.items()
                if set(known) & set(heads)
            }
            if {"scenario", "carc"} <= columns.keys():
                return "combinations", _rows(lines, index, delimiter, columns)
    return None


def _rows(lines: list[str], heading: int, delimiter: str, columns: Mapping[str, int]) -> Lines:
    reader = csv.reader((f"{line}\n" for line in lines[heading + 1 :]), delimiter=delimiter)
    try:
        for cells in reader:
            cell = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
            if any(cell.values()):
                yield from _combinations(heading + 1 + reader.line_num, cell)
    except csv.Error as fault:
        yield Fault(heading + 1 + reader.line_num, str(fault))


def _combinations(number: int, cell: Mapping[str, str]) -> Iterator[Line | Fault]:
    scenario = _scenario(cell["scenario"])
    if scenario is None:
        yield Fault(number, f"{cell['scenario'][:20]!r} is not a scenario: {', '.join(SCENARIOS)}, or 1 to 4")
        return
    carc = plain_code(CodeSet.CARC, cell["carc"])
    rarc = plain_code(CodeSet.RARC, cell.get("rarc", "")) or _NOTHING
    for group in re.findall(r"[A-Z]{2}", cell.get("group", "").upper()) or [_NOTHING]:
        if group != "OR":
            yield Line(number=number, code=f"{scenario}:{carc}:{rarc}:{group}")


def _scenario(text: str) -> str | None:
    """Return the scenario that a cell names: ``DOC``, ``2``, ``Scenario 3``."""
    said = text.upper()
    numbered = re.search(r"\b([1-4])\b", said.replace("#", " "))
    if numbered:
        return SCENARIOS[int(numbered[1]) - 1]
    return said if said in SCENARIOS else None
