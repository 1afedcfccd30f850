"""Records into segments: strict. What is required and missing is a finding, never a shorter segment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.mapping.adapters import ADAPTERS
from gateway.mapping.compile import CompiledMap, Sink
from gateway.mapping.emit_write import HL_MARK
from gateway.mapping.residue import Item, fold_segment, place_residue
from gateway.mapping.values import Text, text_writer
from gateway.model.claim import Claim, Residue
from gateway.model.findings import Finding, Severity, error
from gateway.model.submission import SetHeader


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """The segments of one transaction set between ST and SE.

    *spans* gives the first and last position (ST = 1) of each claim, from its subscriber's HL on; *findings* what was
    wrong with each claim (or with the one record). A claim with an error is rendered as well as can be.
    """

    segments: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    findings: tuple[tuple[Finding, ...], ...]
    header_findings: tuple[Finding, ...] = ()


def write_claims(
    map: CompiledMap,  # noqa: A002 - the word of the field
    header: SetHeader,
    claims: Sequence[Claim],
    *,
    upper: bool = True,
    verbatim: bool = False,
) -> WrittenSet:
    """Write *claims* under *header*: one HL*22 a claim, a new HL*20 whenever the billing provider changes.

    With *upper* text is written in upper case, as most partners want it; with *verbatim* it is left as it stands as
    far as X12 allows, which is for files that come back as they were read and are never sent.
    """
    text = text_writer(upper=upper, verbatim=verbatim)
    out: list[str] = []
    head: list[Finding] = []
    map.write_header(header, out.append, _sink(head, None), text)
    writer = _ClaimWriter(map, text, out)
    spans, findings = [], []
    for claim in claims:
        first, found = writer.write(claim)
        spans.append((first + 2, len(out) + 1))
        findings.append(tuple(found))
    return WrittenSet(tuple(number_levels(out)), tuple(spans), tuple(findings), tuple(head))


def write_record(map: CompiledMap, record: Any, *, upper: bool = True) -> WrittenSet:  # noqa: A002
    """Write *record* (Remittance, ClaimAcknowledgement, GroupAcknowledgement) as one transaction set."""
    text = text_writer(upper=upper)
    out: list[str] = []
    found: list[Finding] = []
    if map.adapter is not None:
        record = ADAPTERS[map.adapter].to_levels(record)
    map.write_own(record, out.append, _sink(found, None), text)
    return WrittenSet(tuple(number_levels(out)), ((2, len(out) + 1),), (tuple(found),))


def _sink(found: list[Finding], claim: str | None) -> Sink:
    def sink(code: str, loop: str, segment: str, element: str | None, message: str) -> None:
        found.append(error(code, message, loop=loop, segment=segment, element=element, claim=claim))

    return sink


class _ClaimWriter:
    """Writes one claim after the other, repeating the billing provider only when it changes."""

    def __init__(self, map: CompiledMap, text: Text, out: list[str]) -> None:  # noqa: A002
        self.map = map
        self.text = text
        self.out = out
        self.provider: Any = None
        self.shared: list[str] = []
        self.shared_findings: list[Finding] = []
        self.residue_loops = frozenset(loop.id for loop in map.shared) | {
            child.id
            for loop in map.shared
            for child in loop.guide.children
            if child.id != map.bound.shared_until
        }

    def write(self, claim: Claim) -> tuple[int, list[Finding]]:
        """Write *claim*; return the index of its first own segment and its findings."""
        found: list[Finding] = []
        sink = _sink(found, claim.patient_control_number)
        if claim.residue:
            shared = [r for r in claim.residue if r.loop in self.residue_loops]
            own = [r for r in claim.residue if r.loop not in self.residue_loops]
            text = self._with_residue(self.map.track_shared, claim, shared, sink)
            self.provider = None
        elif self.provider is not None and claim.billing_provider == self.provider:
            text, own = self.shared, []
            found.extend(f.at(claim=claim.patient_control_number) for f in self.shared_findings)
        else:
            text, own = [], []
            self.map.write_shared(claim, text.append, sink, self.text)
            self.provider = claim.billing_provider
            self.shared_findings = list(found)
        if text != self.shared:
            self.out.extend(text)
            self.shared = text
        first = len(self.out)
        if own:
            self.out.extend(self._with_residue(self.map.track_own, claim, own, sink))
        else:
            self.map.write_own(claim, self.out.append, sink, self.text)
        return first, found

    def _with_residue(
        self, write: Callable[..., None], claim: Claim, residue: Iterable[Residue], sink: Sink
    ) -> list[str]:
        items: list[Item] = []
        write(claim, items.append, sink, self.text)
        return place_residue(self.map, items, residue, self.text, sink)


def number_levels(segments: list[str]) -> list[str]:
    """Turn the marks of hierarchical levels into HL segments: HL01-02 count and point, HL04 tells of children."""
    marks = [index for index, segment in enumerate(segments) if segment.startswith(HL_MARK)]
    path: list[int] = []
    for number, index in enumerate(marks, start=1):
        level, flag, code = int(segments[index][1]), segments[index][2], segments[index][3:]
        del path[level:]
        parent = str(path[-1]) if path else ""
        path.append(number)
        after = segments[marks[number]] if number < len(marks) else ""
        below = "1" if after and int(after[1]) > level else "0"
        segments[index] = f"HL*{number}*{parent}*{code}" + (f"*{below}" if flag == "1" else "")
    return segments


__all__ = ["Severity", "WrittenSet", "fold_segment", "number_levels", "write_claims", "write_record"]
