"""The 999 on 835s that came in (a 997 on those of 4010): written by us, because pyx12 writes none where ST03 is absent.

A set is rejected only where it is not whole, so that nothing of it was used. What pyx12 holds against the guide in a
whole set is noted (status E), because it was read all the same: a rejection would have the payer send it again.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.errors import X12Error
from gateway.model.findings import Finding, Severity
from gateway.x12.check import check_x12
from gateway.x12.envelope import SetBody
from gateway.x12.reader import GroupHeader, ReadLimits, TransactionSet, read_x12

MOST_ERRORS = 100
"""Segments in error said of one set."""

_ANSWERED = "HP"
_CONTROL = re.compile(r"[0-9A-Za-z]{1,9}\Z")
_SET_CONTROL = re.compile(r"[0-9A-Za-z]{4,9}\Z")
_SET_ERRORS = {"ENV-SE-MISSING": "2", "ENV-TRUNCATED": "2", "ENV-SE-CONTROL": "3", "ENV-SE-COUNT": "4"}
_SEGMENT_ERROR = "5"
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{1,2}\Z")
_LOOP = re.compile(r"[0-9]{4}[A-Z]{0,2}\Z")
_PLACE = re.compile(r"[A-Z0-9]{2,3}([0-9]{2})(?:-([0-9]{1,2}))?\Z")
_IK3, _IK4 = re.compile(r"999-IK3-(\w{1,3})\Z"), re.compile(r"999-IK4-(\w{1,3})\Z")
_ELEMENTS_IN_ERROR = "8"
_INVALID = "7"
_SEGMENT_ERRORS = frozenset("12345678")
_ELEMENT_ERRORS = frozenset(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A kind of answer: its *set_id* and GS08, what GS08 of the 835s it is for begins with, and its segments' first letters.

    *st03*: the set names its guide, and those that it answers.
    """

    set_id: str
    version: str
    guide: str
    letters: str
    st03: bool


FORMS = (
    Form(set_id="999", version="005010X231A1", guide="005010X221", letters="IK", st03=True),
    Form(set_id="997", version="004010", guide="004010X091", letters="AK", st03=False),
)

_IN_997 = {"I4": "2", "I6": "3", "I7": "3", "I8": "5"}
"""Errors of a segment by their codes of 4010; any other new one is an error of its elements."""


@dataclass(slots=True)
class _Answered:
    """One set: what pyx12 and our reader found, and whether it was whole."""

    control_number: str
    version: str | None
    whole: bool
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Group:
    header: GroupHeader
    sets: list[_Answered] = field(default_factory=list)


def answers_to(files: Sequence[bytes], *, limits: ReadLimits, form: Form = FORMS[0]) -> list[SetBody]:
    """Return the answer on each functional group of 835s in *files* that *form* is for, in order; none where there are none."""
    bodies: list[SetBody] = []
    for data in files:
        for group in _groups(data, limits, form):
            bodies.append(SetBody(f"{len(bodies) + 1:04d}", tuple(_segments(group, form))))
    return bodies


def _groups(data: bytes, limits: ReadLimits, form: Form) -> list[_Group]:
    """Read the file, and lay pyx12's verdict beside ours; both number the sets of the file in its order."""
    said = check_x12(data).sets
    groups: list[_Group] = []
    number = 0
    try:
        for interchange in read_x12(io.BytesIO(data), limits=limits):
            mine: dict[int, _Group] = {}
            for part in interchange.parts():
                if not isinstance(part, TransactionSet):
                    continue
                for _ in part.segments():
                    pass
                theirs = said[number].findings if number < len(said) else ()
                number += 1
                if part.group is None or not _is_answered(part, part.group, form):
                    continue
                group = mine.setdefault(part.group.ordinal, _Group(part.group))
                own = tuple(f for f in part.findings if f not in theirs)
                group.sets.append(
                    _Answered(part.control_number, part.version, bool(part.intact), (*theirs, *own))
                )
            groups += mine.values()
    except X12Error:
        pass  # the rest of the file is no X12: there is nothing to name in an answer
    return groups


def _is_answered(part: TransactionSet, group: GroupHeader, form: Form) -> bool:
    """Tell whether a set can be answered: an 835 of the form's guide whose numbers can stand in an answer."""
    named = _CONTROL.match(group.control_number) and _SET_CONTROL.match(part.control_number)
    return (
        bool(named)
        and part.set_id == "835"
        and group.functional_id == _ANSWERED
        and group.version.startswith(form.guide)
    )


def _segments(group: _Group, form: Form) -> Iterator[str]:
    version = f"*{group.header.version}" if form.st03 else ""
    yield f"AK1*{_ANSWERED}*{group.header.control_number}{version}"
    statuses = []
    for one in group.sets:
        errors = [f for f in one.findings if f.severity is Severity.ERROR]
        status = "R" if not one.whole else "E" if errors else "A"
        statuses.append(status)
        named = form.st03 and one.version and re.fullmatch(r"[0-9A-Z]{1,35}", one.version)
        yield f"AK2*835*{one.control_number}" + (f"*{one.version}" if named else "")
        yield from _in_error(errors, form)
        codes = sorted({_SET_ERRORS.get(f.code, _SEGMENT_ERROR) for f in errors})[:5]
        yield "*".join([f"{form.letters}5*{status}", *codes])
    good = sum(status != "R" for status in statuses)
    whole = "R" if not good else "P" if good < len(statuses) else "E" if "E" in statuses else "A"
    yield f"AK9*{whole}*{len(statuses)}*{len(statuses)}*{good}"


def _in_error(errors: Sequence[Finding], form: Form) -> Iterator[str]:
    """Yield IK3 and IK4 (AK3 and AK4 of a 997) for what has a place in the set; never a value of it (IK404), which may tell who a person is."""
    before: tuple[str, int] | None = None
    for found in errors[:MOST_ERRORS]:
        if found.line is None or not _SEGMENT.match(found.segment or ""):
            continue
        place = (str(found.segment), found.line)
        loop = found.loop if found.loop and _LOOP.match(found.loop) else ""
        segment = _IK3.match(found.code)
        element = _IK4.match(found.code)
        if segment:
            code = segment[1] if form.st03 else _plain(segment[1])
            yield f"{form.letters}3*{place[0]}*{place[1]}*{loop}*{code}"
            before = place if code == _ELEMENTS_IN_ERROR else None
        elif element and (at := _PLACE.match(found.element or "")):
            if before != place:
                yield f"{form.letters}3*{place[0]}*{place[1]}*{loop}*{_ELEMENTS_IN_ERROR}"
                before = place
            component = f":{int(at[2])}" if at[2] else ""
            code = element[1] if form.st03 or element[1] in _ELEMENT_ERRORS else _INVALID
            yield f"{form.letters}4*{int(at[1])}{component}**{code}"


def _plain(code: str) -> str:
    """Return a segment error by the codes of 4010."""
    return _IN_997.get(code, code if code in _SEGMENT_ERRORS else _ELEMENTS_IN_ERROR)
