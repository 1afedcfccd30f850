"""The check that every file passes before it leaves: envelope, guide (pyx12's verdict), and our own sums."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.errors import X12Error
from gateway.model.findings import Finding, Severity, error, warning
from gateway.x12.faults import Fault
from gateway.x12.oracle import Oracle
from gateway.x12.reader import ReadLimits, TransactionSet, read_x12, skip_to_first_isa
from gateway.x12.separators import HEAD_BYTES, discover
from gateway.x12.sums import ClaimRegions, ClaimTotals, HierarchyFlags
from gateway.x12.tokens import TokenStream

MAX_FINDINGS = 10_000
"""Findings kept for one file unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """The verdict on one transaction set, in the file's order; *accepted* means that no finding is an error."""

    control_number: str
    accepted: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a file.

    *findings* are all of them, those of *sets* included, in the order of the file; *line* counts from ST = 1.
    *acknowledgement* is the 999 (997 for version 4010) that pyx12 wrote, one interchange for each interchange
    checked, when it was asked for and can be written.
    """

    findings: tuple[Finding, ...]
    acknowledgement: bytes | None
    sets: tuple[SetVerdict, ...] = ()

    @property
    def clean(self) -> bool:
        """Tell whether nothing at all was found."""
        return not self.findings


class _Set:
    """One transaction set as our own pass sees it."""

    def __init__(self, part: TransactionSet) -> None:
        self.part = part
        self.regions = ClaimRegions(part.set_id)
        self.findings: list[Finding] = []

    def read(self) -> None:
        """Read the set to its end and draw the sums."""
        totals, flags = ClaimTotals(), HierarchyFlags()
        is_claims = self.part.set_id == "837"
        for position, segment in enumerate(self.part.segments(), start=2):
            self.regions.take(segment, position)
            if is_claims:
                totals.take(segment, position)
                flags.take(segment, position)
        totals.finish()
        self.findings = [*self.part.findings]
        if is_claims:
            self.findings += [*totals.findings, *flags.findings(self.regions)]


def check_x12(
    data: bytes, *, file: str | None = None, want_999: bool = False, max_findings: int = MAX_FINDINGS
) -> Verdict:
    """Check a whole file and say everything that is wrong with it.

    Findings have the place (position in the transaction set with ST = 1, segment, element as ``CLM05-3``, the
    guide's loop) and, in an 837 or 835, the patient control number of the claim the segment belongs to; faults of
    the header and of the billing provider's loop have no claim. A finding that something is missing stands at the
    segment after which it is missing. Codes: ``ENV-*`` envelope, ``999-IK3-n`` and ``999-IK4-n`` guide, ``CHK-*``
    remarks of the checker, ``P-SUM`` and ``P-HL04`` our own.

    Never raises on account of *data*: a file that is no X12 yields one finding.
    """
    interchanges, findings = _our_pass(data, file)
    faults, answers = _oracle_pass(data, len(interchanges), want_999=want_999)
    verdicts: list[SetVerdict] = []
    outside: list[Finding] = []
    for number, (own, sets) in enumerate(interchanges):
        outside += own
        heard = faults[number] if number < len(faults) else []
        outside += [_finding(fault, None, file) for fault in heard if fault.set_ordinal is None]
        for ordinal, one in enumerate(sets, start=1):
            told = [*one.findings]
            told += [_finding(fault, one.regions, file) for fault in heard if fault.set_ordinal == ordinal]
            told = sorted((finding.at(file=file) for finding in told), key=lambda finding: finding.line or 0)
            accepted = all(finding.severity is not Severity.ERROR for finding in told)
            verdicts.append(SetVerdict(one.part.control_number, accepted, tuple(told)))
    findings = [*outside, *(finding for verdict in verdicts for finding in verdict.findings), *findings]
    if len(findings) > max_findings:
        more = len(findings) - max_findings
        findings = [
            *findings[:max_findings],
            warning("CHK-MANY", f"{more} more findings are not listed.", file=file),
        ]
    answer = b"".join(answers) if want_999 and answers and len(answers) == len(interchanges) else None
    return Verdict(tuple(findings), answer, tuple(verdicts))


def _our_pass(data: bytes, file: str | None) -> tuple[list[tuple[list[Finding], list[_Set]]], list[Finding]]:
    """Read the file with our own reader: envelope findings, sums, claim regions."""
    interchanges: list[tuple[list[Finding], list[_Set]]] = []
    seen: set[tuple[str, str, str]] = set()
    try:
        for interchange in read_x12(io.BytesIO(data), file=file):
            sets: list[_Set] = []
            interchanges.append((interchange.findings, sets))
            isa = interchange.header
            if (isa.sender, isa.receiver, isa.control_number) in seen:
                interchange.findings.append(
                    error(
                        "ENV-ISA-DUPLICATE",
                        "Two interchanges of the file have the same ISA13.",
                        segment="ISA",
                        file=file,
                    )
                )
            seen.add((isa.sender, isa.receiver, isa.control_number))
            for part in interchange.parts():
                if isinstance(part, TransactionSet):
                    one = _Set(part)
                    one.read()
                    sets.append(one)
    except X12Error as broken:
        return interchanges, [error(broken.code, broken.message, file=file)]
    return interchanges, []


def _oracle_pass(data: bytes, count: int, *, want_999: bool) -> tuple[list[list[Fault]], list[bytes]]:
    """Let pyx12 judge the first *count* interchanges."""
    faults: list[list[Fault]] = []
    answers: list[bytes] = []
    stream = TokenStream(io.BytesIO(data), segment_bytes=ReadLimits().segment_bytes)
    for oracle in _interchanges(stream, count, want_999=want_999):
        answer = oracle.finish()
        if answer is not None:
            answers.append(answer)
        faults.append(oracle.faults)
    return faults, answers


def _interchanges(stream: TokenStream, count: int, *, want_999: bool) -> Iterator[Oracle]:
    for number in range(count):
        if number == 0:
            skip_to_first_isa(stream)
        stream.skip_blanks()
        found = discover(stream.head(HEAD_BYTES), offset=stream.offset)
        stream.skip(found.width)
        oracle = Oracle(found, answer=want_999)
        for segment in stream.segments(found.separators):
            if segment[0] == "ISA":
                stream.rewind(found.separators.segment, again=True)
                break
            oracle.take(segment)
            if segment[0] == "IEA":
                stream.rewind(found.separators.segment, again=False)
                break
        yield oracle


def _finding(fault: Fault, regions: ClaimRegions | None, file: str | None) -> Finding:
    line = fault.line
    if line is not None and fault.gap and line > 1:
        line -= 1
    return Finding(
        code=fault.code,
        severity=fault.severity,
        message=fault.message,
        file=file,
        line=line,
        segment=fault.segment,
        element=fault.element,
        loop=fault.loop,
        claim=regions.claim_at(line) if regions is not None and line is not None else None,
    )
