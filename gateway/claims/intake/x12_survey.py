"""The first reading of a dropped 837: which sets can be trusted and hold claims that are ours to send.

The envelope counts for what it proves: a set that is cut off, miscounted, without levels, or no professional claim of
version 5010 is refused; a file that says test is never billed as production.
"""

import io
import re
from dataclasses import dataclass, field

from gateway.claims.intake.x12_pieces import Segment
from gateway.errors import X12Error
from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.submission import Environment
from gateway.settings import Limits
from gateway.x12.reader import Interchange, ReadLimits, Ta1Segment, TransactionSet, read_x12

PROFESSIONAL = "222"
"""The X-number of the 837P of version 5010, errata aside (TRAP-22, D1)."""

_GUIDE = re.compile(r"X(\d{3})")
_KNOWN = {
    number: what
    for what, numbers in (
        ("institutional claims (837I)", ("223",)),
        ("dental claims (837D)", ("224",)),
        ("professional claims of the old version 4010", ("098",)),
        ("institutional claims of the old version 4010", ("096",)),
        ("dental claims of the old version 4010", ("097",)),
        ("predeterminations", ("291", "292")),
        ("claims data that is adjudicated already", ("298", "299", "300")),
    )
    for number in numbers
}
"""What an 837 holds by its X-number."""

_SETS = {
    number: f"{what} ({number})"
    for what, numbers in (
        ("a remittance", ("835",)),
        ("an acknowledgement", ("997", "999")),
        ("an answer about claims", ("277",)),
        ("a claim status request", ("276",)),
        ("an eligibility request", ("270",)),
        ("an eligibility answer", ("271",)),
        ("a referral or authorisation", ("278",)),
        ("an enrolment", ("834",)),
        ("a premium payment", ("820",)),
    )
    for number in numbers
}
_NOT_CHARGED = {"RP": "encounters that are only reported", "31": "subrogation demands"}
"""BHT06 of what is not to be paid as a claim; what goes out always says CH."""

_BEGINS = frozenset({"SBR", "PAT"})
_BEGINS_AS = frozenset({"85", "87", "IL", "PR", "QC"})
"""What never stands among service lines: there it opens a level whose HL is missing, and the next claim is not who it
seems to be."""

Key = tuple[int, int, int]
"""Interchange, group and set, counted from 1."""


@dataclass(slots=True)
class Look:
    """What the first reading tells of a set.

    *faults* refuse it whole, unread; *against* refuses each of its claims; *numbers* are their patient control numbers.
    """

    faults: list[Finding] = field(default_factory=list)
    against: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    reference: str = ""


@dataclass(slots=True)
class Survey:
    """What the first reading tells of a file; *fault* is where it stopped, if it did."""

    sets: dict[Key, Look] = field(default_factory=dict)
    remarks: list[Finding] = field(default_factory=list)
    fault: X12Error | None = None

    @property
    def claims(self) -> int:
        """How many claims there are, or sets where a set has none."""
        return sum(
            max(1, len(look.numbers)) if look.faults else len(look.numbers) for look in self.sets.values()
        )


def read_limits(limits: Limits) -> ReadLimits:
    """Return the reader's share of the limits."""
    return ReadLimits(limits.segment_bytes, limits.segment_elements, limits.set_segments)


def key_of(part: TransactionSet) -> Key:
    """Return the place of a set in its file."""
    return part.interchange.ordinal, part.group.ordinal if part.group else 0, part.ordinal


def survey(data: bytes, limits: Limits, environment: Environment | None) -> Survey:
    """Read *data* from end to end; *environment* is the installation's, for comparing with ISA15."""
    seen = Survey()
    try:
        for interchange in read_x12(io.BytesIO(data), limits=read_limits(limits)):
            usage = _usage(interchange, environment)
            if usage is not None and usage.severity is not Severity.ERROR:
                seen.remarks.append(usage)
            for part in interchange.parts():
                if isinstance(part, Ta1Segment):
                    seen.remarks.append(_answer(interchange))
                    continue
                look = seen.sets[key_of(part)] = _look_at(part)
                if usage is not None and usage.severity is Severity.ERROR:
                    look.against.append(usage)
            seen.remarks += [_of_interchange(f, interchange) for f in interchange.findings]
    except X12Error as fault:
        seen.fault = fault
    return seen


def _usage(interchange: Interchange, environment: Environment | None) -> Finding | None:
    """Compare ISA15 with what the installation is (law 10); a test file is never billed as production."""
    said = interchange.header.usage
    if environment is None or said == environment.isa15 or said not in {"T", "P"}:
        return None
    where = _interchange_words(interchange)
    if environment is Environment.TEST:
        return warning(
            "X12-USAGE",
            f"{where} says P (production); this is a test installation, and whatever leaves it says T",
            segment="ISA",
            element="ISA15",
        )
    return error(
        "X12-USAGE",
        f"{where} says T (test), and this installation is production: nothing of it is billed. If the claims are meant, "
        "let the billing system write P, or put P into ISA15, and drop the file again",
        segment="ISA",
        element="ISA15",
    )


def _answer(interchange: Interchange) -> Finding:
    return warning(
        "X12-KIND",
        f"{_interchange_words(interchange)} holds a TA1, which is an answer and no claim; it was left aside",
        segment="TA1",
    )


def _of_interchange(finding: Finding, interchange: Interchange) -> Finding:
    place = _interchange_words(interchange)
    more = ""
    if finding.severity is Severity.ERROR:
        more = " The sets that are whole were taken in; look whether any is missing."
    return finding.at(file=None, message=f"{place}: {finding.message}{more}")


def _interchange_words(interchange: Interchange) -> str:
    header = interchange.header
    return f"interchange {header.ordinal} (ISA13 {header.control_number})"


def _look_at(part: TransactionSet) -> Look:
    """Read a set to its end and say whether its claims may be trusted and are ours to send."""
    look = Look()
    first: Segment | None = None
    tags: set[str] = set()
    in_lines, unlevelled = False, 0
    for position, segment in enumerate(part.segments(), start=2):
        first = first or segment
        tag, value = segment[0], segment[1].strip() if len(segment) > 1 else ""
        tags.add(tag)
        if tag == "CLM":
            look.numbers.append(value)
        if tag in {"HL", "CLM", "LX"}:
            in_lines = tag == "LX"
        elif in_lines and (tag in _BEGINS or (tag == "NM1" and value in _BEGINS_AS)):
            unlevelled = unlevelled or position
    for finding in part.findings:
        wrong = finding.severity is Severity.ERROR
        (look.faults if wrong else look.remarks).append(finding.at(file=None))
    if part.intact is False and not look.faults:
        look.faults.append(error("ENV-SET", "the transaction set is not whole", segment="SE"))
    if _names_no_guide(part) and "SV1" in tags and not tags & {"SV2", "SV3"}:
        look.remarks.append(
            warning(
                "X12-GUIDE",
                "no guide is named (GS08, ST03): read as professional claims",
                segment="ST",
                line=1,
            )
        )
    elif (strange := _not_ours(part)) is not None:
        look.faults = [strange]
        return look
    if unlevelled or (len(look.numbers) > 1 and "HL" not in tags):
        look.faults.append(
            error(
                "X12-HL",
                "a subscriber, patient or provider begins without a level (HL) of its own: whose claims those of the set "
                "are cannot be told",
                segment="HL",
                line=unlevelled or None,
            )
        )
    bht = first if first is not None and first[0] == "BHT" else []
    look.reference = bht[3].strip() if len(bht) > 3 else ""
    kind = bht[6].strip() if len(bht) > 6 else ""
    if kind in _NOT_CHARGED:
        look.against.append(
            error(
                "X12-BHT06",
                f"the set holds {_NOT_CHARGED[kind]} (BHT06 {kind}), and what goes out from here is to be paid (CH)",
                segment="BHT",
                element="BHT06",
                line=2,
            )
        )
    return look


def _names_no_guide(part: TransactionSet) -> bool:
    return part.set_id == "837" and part.implementation in {"", "005010"}


def _not_ours(part: TransactionSet) -> Finding | None:
    """Say what a set is that holds no professional claims of version 5010."""
    guide = _GUIDE.search(part.implementation)
    number = guide.group(1) if guide else ""
    if part.set_id == "837" and number == PROFESSIONAL:
        return None
    if part.set_id == "837":
        named = part.implementation or "no guide"
        known = _KNOWN.get(number, "claims of a guide that is not known here")
        what = known if guide else "claims that do not say of which kind"
        said = f"the set holds {what} ({named})"
        advice = "this version sends professional claims by 005010X222A1 only"
    else:
        said = f"the set is {_SETS.get(part.set_id, f'a {part.set_id or chr(63)}')}, no claim"
        advice = "only claims go out; answers are fetched from the partner, not dropped here"
    return error("X12-KIND", f"{said}; {advice}", segment="ST", line=1)
