"""What reading has to say, and the one loop that every reader shares."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.mapping.bind import BoundLoop
from gateway.mapping.compile import CompiledMap
from gateway.mapping.walk import Instance
from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.submission import SetHeader
from gateway.x12.guide import GuideLoop
from gateway.x12.separators import Separators

_ERRORS = frozenset({"READ-AMOUNT"})


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record as read: *position* is its first segment's (ST = 1), *residue* counts the segments kept beside it.

    *record* is None in a last entry that tells of segments which belong to no claim; *header* is the head of an 837.
    """

    record: Any | None
    position: int
    findings: tuple[Finding, ...]
    residue: int
    header: SetHeader | None = None


@dataclass
class Notes:
    """Findings of one record; segments no row names are told once a kind."""

    separators: Separators
    found: list[Finding] = field(default_factory=list)
    strange: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    loop: str = ""
    claim: str | None = None
    words: str = "no field in the record"
    keep: Callable[[list[str]], None] | None = None
    """Takes the segments that no row reads, where a record keeps them."""
    belated: set[str] = field(default_factory=set)

    def bad(  # noqa: PLR0917
        self, position: int, elements: list[str], element: int, component: int, code: str, words: str
    ) -> None:
        """Note a value that cannot be read."""
        spot = f"{elements[0]}{element:02d}" + (f"-{component}" if component else "")
        severity = Severity.ERROR if code in _ERRORS else Severity.WARNING
        self.found.append(
            Finding(
                code=code,
                severity=severity,
                message=f"{spot}: {words}",
                line=position,
                segment=elements[0],
                element=spot,
                loop=self.loop,
            )
        )

    def rest(self, order: int, elements: list[str], position: int) -> None:  # noqa: ARG002
        """Note a segment that no row reads."""
        key = (self.loop, elements[0])
        self.strange[key] += 1
        self.first.setdefault(key, position)
        if self.keep is not None:
            self.keep(elements)

    def late(self, loop: GuideLoop, latest: GuideLoop) -> None:
        """Note, once a loop, that it came after one that follows it in the guide."""
        if loop.id not in self.belated:
            self.belated.add(loop.id)
            said = f"loop {loop.id} comes after loop {latest.id}, which follows it in the guide; read all the same"
            self.found.append(warning("READ-ORDER", said, loop=loop.id))

    def lack(self, names: list[str]) -> None:
        """Note required amounts that never came, where no segment has been blamed for it."""
        if names and not any(finding.code == "READ-AMOUNT" for finding in self.found):
            said = ", ".join(dict.fromkeys(names))
            self.found.append(error("READ-AMOUNT", f"nothing was read for {said}"))

    def told(self) -> tuple[Finding, ...]:
        """Return the findings, the strange segments counted."""
        extra = [
            Finding(
                code="READ-RESIDUE",
                severity=Severity.WARNING,
                message=f"{count} {tag} in loop {loop}: {self.words}",
                line=self.first[loop, tag],
                segment=tag,
                loop=loop,
            )
            for (loop, tag), count in self.strange.items()
        ]
        return (
            *(f if f.claim or not self.claim else replace(f, claim=self.claim) for f in self.found),
            *extra,
        )


def aliased(map: CompiledMap, elements: list[str]) -> list[str]:  # noqa: A002
    """Return a segment under the name the guide has for it, without blanks around its id."""
    tag = elements[0].strip()
    tag = map.aliases.get(tag, tag)
    return elements if tag == elements[0] else [tag, *elements[1:]]


def trimmed(elements: list[str], component: str) -> list[str]:
    """Return a segment without the component separators that end its elements: they say nothing."""
    if any(element.endswith(component) for element in elements):
        return [element.rstrip(component) for element in elements]
    return elements


def read_loop(
    map: CompiledMap,  # noqa: A002
    loop: BoundLoop,
    instance: Instance,
    draft: dict[str, Any],
    notes: Notes,
) -> None:
    """Read the segments of one loop into the draft of its scope's record."""
    if not instance.segments:
        return
    notes.loop = loop.id
    if loop.position is not None:
        draft.setdefault(loop.position, instance.segments[0][2])
    map.reader(loop.key)(instance.segments, draft, notes.separators.component, notes.bad, notes.rest)
