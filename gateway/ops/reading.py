"""Any X12 file as records that other programs can read: what `gateway read` prints."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from gateway.mapping.compile import CompiledMap
from gateway.mapping.read import read_claims, read_record, read_ta1
from gateway.model.codec import to_json
from gateway.model.findings import Finding, error, warning
from gateway.model.money import plain
from gateway.model.remittance import Remittance
from gateway.responses.balance import balanced, imbalances
from gateway.responses.oddities import oddities
from gateway.responses.recognise import kind_of, shipped_map
from gateway.settings import Limits
from gateway.x12.reader import GroupHeader, InterchangeHeader, Ta1Segment, TransactionSet, read_x12
from gateway.x12.wrappers import UnpackLimits, files_in

PROFESSIONAL = frozenset({"222", "291", "098", ""})
"""X-numbers of the 837 that this version reads; institutional and dental ones have others."""

_GUIDE = re.compile(r"X(\d{3})")
_MAP_OF = {"999": "999", "997": "999", "277CA": "277ca", "835": "835"}
_KIND_OF = {"999": "999", "997": "999", "277CA": "277ca", "835": "remittance"}


@dataclass(frozen=True, slots=True)
class Line:
    """One record to print: its *kind*, its content, and where in the file it came from.

    *residue* counts the segments that the record has no field for.
    """

    kind: str
    record: dict[str, Any]
    source: dict[str, Any]
    residue: int = 0


def read_file(stream: BinaryIO, name: str) -> Iterator[Line | Finding]:
    """Yield the records of an X12 file in order, and every finding, as they are met; a zip or gzip file is unpacked.

    Raises:
        X12Error: bytes that are no interchange; what was yielded before stays good.

    """
    limits = Limits()
    for inside, one in files_in(stream, UnpackLimits(size=limits.receipt_bytes, files=limits.archive_files)):
        yield from _read_plain(one, f"{name}/{inside}" if inside else name)


def _read_plain(stream: BinaryIO, name: str) -> Iterator[Line | Finding]:
    for interchange in read_x12(stream, file=name):
        for part in interchange.parts():
            if isinstance(part, Ta1Segment):
                source = _source(name, interchange.header, None, None, None)
                if len(part.elements) < 5:
                    yield error("ACK-TA1", "a TA1 lacks its elements", file=name, segment="TA1")
                    continue
                yield Line("ta1", to_json(read_ta1(part.elements)), source)
            else:
                yield from _read_set(part, interchange.header, name)
        yield from (found.at(file=name) for found in interchange.findings)


def _read_set(part: TransactionSet, header: InterchangeHeader, name: str) -> Iterator[Line | Finding]:
    stream = part.segments()
    first = next(stream, None)
    segments = itertools.chain([first] if first else [], stream)
    kind, remarks = kind_of(part, first)
    if kind == "837" and _is_professional(part):
        yield from _read_837(part, segments, header, name)
    elif kind in _MAP_OF:
        read = read_record(shipped_map(_MAP_OF[kind]), segments, header.separators)
        if read.record is not None:
            source = _source(name, header, part.group, part, read.position)
            yield Line(_KIND_OF[kind], shape(read.record), source, read.residue)
            if isinstance(read.record, Remittance):
                remarks += [*patient_remarks(read.record), *oddities(read.record)]
        yield from (found.at(file=name) for found in (*remarks, *read.findings))
    else:
        count = sum(1 for _ in segments) + 2
        guide = part.implementation or "no guide named"
        yield warning(
            "READ-OTHER",
            f"a transaction set {part.set_id} ({guide}) of {count} segments is not read by this version",
            file=name,
            line=1,
            segment="ST",
        )
    yield from (found.at(file=name) for found in part.findings)


def _read_837(
    part: TransactionSet, segments: Iterator[list[str]], header: InterchangeHeader, name: str
) -> Iterator[Line | Finding]:
    for read in read_claims(_claim_map(), segments, header.separators):
        if read.record is not None:
            source = _source(name, header, part.group, part, read.position)
            yield Line("claim", to_json(read.record), source, read.residue)
        yield from (found.at(file=name) for found in read.findings)


def _claim_map() -> CompiledMap:
    return shipped_map("837p")


def _is_professional(part: TransactionSet) -> bool:
    guide = _GUIDE.search(part.implementation)
    return (guide.group(1) if guide else "") in PROFESSIONAL


def shape(record: Any) -> dict[str, Any]:
    """Return a record of an answer as the published JSON; a remittance says whether it balances."""
    shown = to_json(record)
    if isinstance(record, Remittance):
        found = imbalances(record)
        shown["balanced"] = balanced(found)
        shown["imbalances"] = [to_json(item) for item in found if item.rule != "B5"]
    return shown


def patient_remarks(remittance: Remittance) -> list[Finding]:
    """Warn where CLP05 is not the sum of the PR adjustments; many payers differ, so it is no imbalance (B5)."""
    return [
        warning(
            "ERA-B5",
            f"the patient's share is stated as {plain(item.found)}, the adjustments come to {plain(item.expected)}",
            segment="CLP",
            element="CLP05",
            claim=item.claim,
        )
        for item in imbalances(remittance)
        if item.rule == "B5"
    ]


def _source(
    name: str,
    header: InterchangeHeader,
    group: GroupHeader | None,
    part: TransactionSet | None,
    position: int | None,
) -> dict[str, Any]:
    return {
        "file": name,
        "interchange": header.control_number,
        "group": group.control_number if group else None,
        "set": part.control_number if part else None,
        "position": position,
    }
