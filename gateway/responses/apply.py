"""One set or TA1 of a receipt: told apart, read by its map and applied in a unit of work of its own, or parked."""

import itertools
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gateway.errors import IntegrityError, TryLater
from gateway.logs import log
from gateway.mapping.read import read_record, read_ta1
from gateway.model.acknowledgement import ClaimAcknowledgement, GroupAcknowledgement
from gateway.model.findings import Finding, Severity, error, errors_in
from gateway.model.remittance import Remittance
from gateway.responses import paper, post, recognise
from gateway.responses.acknowledge import Origin, apply_277ca, apply_999, apply_ta1
from gateway.responses.content import Words
from gateway.responses.prepare import Presented
from gateway.responses.reading import Reading
from gateway.responses.recognise import Look
from gateway.store.acknowledgements import WAITING, Result
from gateway.store.interchanges import QUARANTINED
from gateway.x12.reader import Ta1Segment, TransactionSet


def apply_part(reading: Reading, look: Look, place: str, part: TransactionSet | Ta1Segment) -> str:
    """Apply one set or TA1 in its own unit of work; whatever goes wrong with it is parked and the next one comes."""
    kind = "TA1" if isinstance(part, Ta1Segment) else part.set_id
    with alone(reading, place):
        if isinstance(part, Ta1Segment):
            _apply_ta1(reading, look, place, part)
            return kind
        stream = part.segments()
        first = next(stream, None)
        kind, remarks = recognise.kind_of(part, first)
        reading.found += remarks
        segments = itertools.chain([first] if first else [], stream)
        if kind in {"999", "997", "277CA"}:
            _apply_answer(reading, look, place, part, kind=kind, segments=segments)
        elif kind == "835":
            _apply_remittance(reading, look, place, segments)
        else:
            _pass_on(reading, place, kind)
    return kind


@contextmanager
def alone(reading: Reading, place: str) -> Iterator[None]:
    """Park the part at *place* where it is the poison of what is done with it; it must not stop the others (law 6)."""
    try:
        yield
    except (TryLater, IntegrityError):
        raise
    except Exception as fault:  # noqa: BLE001
        reading.park(place, [_poison(fault)])
        log.error("part_failed", receipt=reading.receipt, partner=reading.partner, exc_info=fault)


def _poison(fault: Exception) -> Finding:
    # The text of a foreign exception may quote the file; its class and our line may not (law 11).
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return error(
        "RCV-DEFECT",
        f"this part could not be processed: {type(fault).__name__}{where}; nothing of it was applied. "
        "Report it, and reread the receipt with a mended version",
    )


def _apply_ta1(reading: Reading, look: Look, place: str, part: Ta1Segment) -> None:
    if len(part.elements) < 5:
        reading.park(place, [error("ACK-TA1", "a TA1 lacks its elements", segment="TA1")])
        return
    said = read_ta1(part.elements)
    if not _for_us(reading, look, None):
        reading.park(place, [_not_ours()])
        return
    origin = Origin(receipt=reading.receipt, place=place, partner=reading.partner, places=reading.places)
    with reading.site.store.write("answer", actor=reading.actor) as tx:
        outcome = apply_ta1(tx, reading.site.partner(reading.partner).envelope, said, origin)
        tx.audit(reading.receipt, {"partner": reading.partner, "kind": "TA1", "outcome": outcome.value})
    _count(reading, [outcome])


def _apply_answer(
    reading: Reading,
    look: Look,
    place: str,
    part: TransactionSet,
    *,
    kind: str,
    segments: Iterable[list[str]],
) -> None:
    name = "277ca" if kind == "277CA" else "999"
    read = read_record(recognise.shipped_map(name), segments, look.header.separators)
    reading.found += [f.at(file=reading.receipt) for f in read.findings]
    faults = [*errors_in(look.set_findings.get(place, []))]
    if not look.sets.get(place) or read.record is None:
        reading.park(place, faults)
        return
    if not _for_us(reading, look, part):
        reading.park(place, [_not_ours()])
        return
    origin = Origin(receipt=reading.receipt, place=place, partner=reading.partner, places=reading.places)
    with reading.site.store.write("answer", actor=reading.actor) as tx:
        if isinstance(read.record, GroupAcknowledgement):
            outcomes = apply_999(tx, read.record, origin, kind=kind)
        elif isinstance(read.record, ClaimAcknowledgement):
            replies = reading.site.partner(reading.partner).replies
            outcomes = apply_277ca(tx, replies, read.record, origin)
        else:
            raise TypeError(type(read.record).__name__)
        facts = {"partner": reading.partner, "kind": kind, "place": place, **_tally(outcomes)}
        tx.audit(reading.receipt, facts)
    _count(reading, outcomes)


def _tally(outcomes: Iterable[Result]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for outcome in outcomes:
        tally[outcome.value] = tally.get(outcome.value, 0) + 1
    return tally


def _count(reading: Reading, outcomes: list[Result]) -> None:
    reading.report.acknowledgements += 1
    reading.report.waiting += sum(outcome in WAITING for outcome in outcomes)


def _apply_remittance(reading: Reading, look: Look, place: str, segments: Iterable[list[str]]) -> None:
    """Hand an 835 to the books; from a broken set or interchange it is kept, but posts nothing (TRAP-13, TRAP-14)."""
    words = Words(look.header.separators)
    heard = words.heard(segments)
    read = read_record(recognise.shipped_map("835"), heard, look.header.separators)
    for _ in heard:
        pass  # what reading left, where it stopped
    faults = [*look.set_findings.get(place, [])]
    if not look.intact:
        faults += look.findings
        faults.append(
            error(
                "ERA-INCOMPLETE",
                "the interchange is not whole, so nothing in it is posted; have it sent again",
            )
        )
    if not isinstance(read.record, Remittance):
        reading.park(place, [*faults, *read.findings])
        return
    post_set(
        reading, place, read.record, [*read.findings, *faults], content=words.said(), usage=look.header.usage
    )


def post_set(
    reading: Reading,
    place: str,
    remittance: Remittance,
    said: Iterable[Finding],
    *,
    content: str,
    usage: str,
    entered: paper.Entered | None = None,
) -> None:
    """Post the set at *place*, or hold it whole; a release that names this place lets it post although it does not add up.

    *content* is the hash of its words as they came (`content`).
    """
    release = reading.release if reading.release and reading.release.place == place else None
    given = Presented(
        remittance=remittance,
        content=content,
        receipt_id=reading.receipt,
        place=place,
        partner=reading.partner,
        interchange_usage=usage,
        findings=tuple(said),
        released=release is not None,
        dismissed_by=release.dismissed_by if release is not None else None,
        entered=entered,
    )
    facts = {"kind": "835", "released": release.reason} if release is not None else {"kind": "835"}
    posted = post.post_alone(reading.site, given, actor=reading.actor, facts=facts)
    reading.report.quarantined += posted.state == QUARANTINED
    reading.report.remittances += 1


def _pass_on(reading: Reading, place: str, kind: str) -> None:
    """Note a set that this gateway does nothing with; the raw file is in inbound/raw for whoever does."""
    reading.report.others += 1
    reading.found.append(
        Finding(
            code="RCV-OTHER",
            severity=Severity.INFO,
            message=f"a {kind} at {place}: not acted on here, the file is in inbound/raw",
            file=reading.receipt,
            segment="ST",
        )
    )


def _for_us(reading: Reading, look: Look, part: TransactionSet | None) -> bool:
    """Tell whether an answer is addressed to us: control numbers alone would also fit somebody else's file."""
    profile = reading.site.partner(reading.partner)
    ids = profile.envelope
    ours = {ids.sender_id, ids.group_sender or ids.sender_id, *profile.replies.receiver_ids}
    named = {look.header.receiver}
    if part is not None and part.group is not None:
        named.add(part.group.receiver)
    return bool({one.strip().upper() for one in ours} & {one.strip().upper() for one in named})


def _not_ours() -> Finding:
    return error(
        "RCV-NOT-OURS",
        "this answer is addressed to somebody else: neither ISA08 nor GS03 is ours. Tell the partner, or add the id "
        "to replies.receiver_ids if it means us",
        segment="ISA",
        element="ISA08",
    )
