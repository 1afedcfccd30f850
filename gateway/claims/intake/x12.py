"""X12 837P: what most billing systems can drop. Each claim is a record of its own; the envelope is informational.

Two readings: `x12_survey` tells which sets can be trusted, the second reads their claims. What cannot be trusted is
refused whole, all else goes on. A claim is judged by the rules of the record (`record.validate`), so that it is the
same claim in whatever format it comes.
"""

import io
from collections.abc import Iterator, Mapping
from functools import partial
from typing import cast

from gateway.claims.intake.formats import Intake, X12Place, fatal, whole
from gateway.claims.intake.placing import DroppedRecord, RecordPlaces, shipped_map
from gateway.claims.intake.record import validate
from gateway.claims.intake.x12_pieces import Cut, Cutter, Piece, untouched
from gateway.claims.intake.x12_survey import Look, key_of, read_limits, survey
from gateway.errors import X12Error
from gateway.mapping.claim_places import ClaimPlaces, locate
from gateway.mapping.read import ReadRecord, read_claims
from gateway.model.claim import Claim
from gateway.model.codec import compact
from gateway.model.findings import Finding, error, warning
from gateway.model.submission import Environment
from gateway.settings import Limits
from gateway.x12.reader import TransactionSet, read_x12


def read_x12_claims(
    data: bytes, *, limits: Limits, environment: Environment | None = None
) -> Iterator[Intake]:
    """Yield every claim of an X12 file, in file order, and as row 0 what is to be said of the file as a whole.

    *environment* is the installation's, for comparing with ISA15; None where there is none.
    """
    seen = survey(data, limits, environment)
    if seen.fault is not None and not seen.sets:
        yield whole(*seen.remarks, _as_finding(seen.fault))
        return
    if seen.claims > limits.intake_records:
        yield whole(
            error(
                "IN-RECORDS",
                f"{seen.claims} claims, more than limits.intake_records ({limits.intake_records}); nothing was taken "
                "in, cut the file in two",
            )
        )
        return
    if seen.remarks:
        yield whole(*seen.remarks)
    row = 0
    for part in _sets(data, limits):
        look = seen.sets[key_of(part)]
        read = _refused_set(part, look, row) if look.faults else _claims(part, look, row, limits)
        for one in read:
            row = max(row, one.row)
            yield one
    if seen.fault is not None:
        yield _rest(data, seen.fault, row + 1)
    elif not row:
        yield whole(error("IN-FILE-EMPTY", "there is no claim in the file"))


def _sets(data: bytes, limits: Limits) -> Iterator[TransactionSet]:
    """Yield the transaction sets until the file, or what can be read of it, ends."""
    try:
        for interchange in read_x12(io.BytesIO(data), limits=read_limits(limits)):
            for part in interchange.parts():
                if isinstance(part, TransactionSet):
                    yield part
    except X12Error:
        return  # the first reading met it and speaks of it


def pick(data: bytes, rows: Mapping[int, str], *, limits: Limits) -> Iterator[DroppedRecord]:
    """Yield the claims of *rows*, each named by its place (interchange/group/set/segment), as they were dropped."""
    wanted: dict[tuple[str, str], int] = {}
    for row, place in rows.items():
        key, _, position = place.rpartition("/")
        wanted[key, position] = row
    sets = {key for key, _ in wanted}
    for part in _sets(data, limits):
        key = "/".join(map(str, key_of(part)))
        if key not in sets:
            continue
        cutter = Cutter(part)
        for _ in cutter.pass_on(part.segments()):
            pass
        for cut in cutter.left():
            known = wanted.get((key, str(cut.position)))
            if known is not None:
                raw = Piece(cutter.of, cut.levels, cut.segments)
                yield DroppedRecord(raw, RecordPlaces(row=known, x12=partial(places_of, part, cut)))


def _refused_set(part: TransactionSet, look: Look, row: int) -> Iterator[Intake]:
    """Yield each claim of a set that cannot be taken; the first carries the set's text, so that it comes back once."""
    text = untouched(part)
    key = key_of(part)
    for index, number in enumerate(look.numbers or [""]):
        yield Intake(
            row=row + 1 + index,
            claim=None,
            findings=tuple(_of_set(f, part, len(look.numbers)).at(claim=number or None) for f in look.faults),
            raw=Piece(text) if index == 0 else "",
            x12=X12Place(part.interchange, part.group, key, part.control_number, look.reference, position=1),
        )


def _of_set(finding: Finding, part: TransactionSet, claims: int) -> Finding:
    if finding.code.startswith("X12-"):
        return finding
    held = f"; it is refused whole, with its {claims} claims" if claims > 1 else "; it is refused whole"
    said = finding.message.rstrip(".")
    return finding.at(message=f"transaction set {part.control_number}: {said}{held}")


def _claims(part: TransactionSet, look: Look, row: int, limits: Limits) -> Iterator[Intake]:
    """Yield the claims of a set that is whole, then those that stand where no claim can, then what is beside them."""
    cutter = Cutter(part)
    beside: list[Finding] = list(look.remarks)
    for read in read_claims(shipped_map(), cutter.pass_on(part.segments()), part.interchange.separators):
        if read.record is None:
            beside += read.findings
            continue
        cut = cutter.take(read.position)
        if cut is None:
            beside.append(_no_claim(read))
            continue
        row += 1
        yield _claim(part, look, cutter, cut, read, row=row, limits=limits)
    for cut in cutter.left():
        row += 1
        yield _unread(part, look, cutter, cut, row)
    if beside:
        yield whole(*(f.at(message=f"transaction set {part.control_number}: {f.message}") for f in beside))


def _place(part: TransactionSet, look: Look, cut: Cut) -> X12Place:
    return X12Place(
        part.interchange, part.group, key_of(part), part.control_number, look.reference,
        position=cut.position, first=cut.first, last=cut.last,
    )  # fmt: skip


def _claim(
    part: TransactionSet, look: Look, cutter: Cutter, cut: Cut, read: ReadRecord, *, row: int, limits: Limits
) -> Intake:
    record: Claim = cast("Claim", read.record)
    number = record.patient_control_number or None
    claim, faults = validate(compact(record))
    found = [f for f in read.findings if not (f.code == "READ-AMOUNT" and f.line is None and faults)]
    found += [*faults, *look.against]
    if cut.misplaced is not None:
        level = cut.misplaced
        found.append(
            error(
                "X12-HL",
                f"the level at segment {level.position} names another parent (HL02) than the level above it: whose claim "
                "this is cannot be told",
                segment="HL",
                element="HL02",
                line=level.position,
            )
        )
    size = sum(len(element) + 1 for segment in cut.segments for element in segment)
    if size > limits.intake_record_bytes:
        found.append(
            error(
                "IN-RECORD-SIZE",
                f"longer than {limits.intake_record_bytes} bytes (limits.intake_record_bytes)",
                line=cut.position,
            )
        )
    return Intake(
        row=row,
        claim=None if fatal(found) else claim,
        findings=tuple(f.at(claim=f.claim or number) for f in found),
        raw=Piece(cutter.of, cut.levels, cut.segments),
        x12=_place(part, look, cut),
        as_read=record,
        spots=partial(places_of, part, cut),
    )


def places_of(part: TransactionSet, cut: Cut) -> ClaimPlaces:
    """Return where in the set each field of a claim stands."""
    return locate(shipped_map(), cut.numbered, part.interchange.separators.component)


def _unread(part: TransactionSet, look: Look, cutter: Cutter, cut: Cut, row: int) -> Intake:
    number = cut.segments[0][1].strip() if len(cut.segments[0]) > 1 else None
    said = error(
        "X12-CLAIM-PLACE",
        "the claim could not be told from what stands around it; look at the levels (HL) before and behind it",
        segment="CLM",
        line=cut.position,
        claim=number,
    )
    return Intake(
        row=row,
        claim=None,
        findings=(said,),
        raw=Piece(cutter.of, cut.levels, cut.segments),
        x12=_place(part, look, cut),
    )


def _no_claim(read: ReadRecord) -> Finding:
    return warning(
        "X12-NO-CLM",
        "segments stand as of a claim whose CLM cannot be told; they were left aside",
        line=read.position,
    )


def _as_finding(fault: X12Error) -> Finding:
    place = f" (byte {fault.offset})" if fault.offset else ""
    return error(fault.code, f"{fault.message}{place}")


def _rest(data: bytes, fault: X12Error, row: int) -> Intake:
    """Return what follows the last interchange that could be read, to be given back as it is."""
    said = error(
        fault.code,
        f"{fault.message} What stands before byte {fault.offset or 0} of the file was read; the rest comes back.",
    )
    rest = data[fault.offset or 0 :].decode("latin-1")
    return Intake(row=row, claim=None, findings=(said,), raw=Piece(None, rest=rest))
