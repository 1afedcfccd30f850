"""Where an answer points: into the file that we sent, from there to the field, and from there to the sender's own file.

An acknowledgement names segments of our file, or nothing but a code. The sender knows neither; it knows the file it
dropped, a row, a column or an element of its own.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import IntegrityError, MapError, X12Error
from gateway.exchange.render import prepare
from gateway.mapping.addresses import in_words
from gateway.mapping.claim_places import ClaimPlaces, SegmentPlace, SetPlaces
from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.places import MapPlaces
from gateway.model.acknowledgement import ElementError, SegmentError, Status
from gateway.model.claim import Claim
from gateway.model.findings import Finding, Severity
from gateway.model.matching import loose_id
from gateway.responses.words import STATUS_FIELD, element_error, segment_error
from gateway.site import Origins, Site
from gateway.store import claims, submissions, transmissions
from gateway.store.db import Tx
from gateway.store.submissions import Submission
from gateway.x12.reader import ReadLimits, TransactionSet, read_x12

MISSING = frozenset({"3", "I6", "I7", "I8"})
"""Errors of a segment that is not there: reported at the segment after it, or at the one that calls for it."""

_ENTITY = {
    "77": "service_facility",
    "82": "rendering_provider",
    "85": "billing_provider",
    "87": "billing_provider.pay_to_address",
    "DN": "referring_provider",
    "DQ": "supervising_provider",
    "IL": "subscriber",
    "PR": "payer",
    "QC": "patient",
}


class AnswerPlaces:
    """Finds the places that one receipt speaks of; what it has looked into is kept at hand."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._origins: Origins = site.origins(site)
        self._sets: dict[tuple[str, str], SetPlaces] = {}

    def put(self, tx: Tx, one: Submission, said: Iterable[Finding], partner: str) -> list[Finding]:
        """Return findings about a submission with the file, row and column, path or element that its sender knows."""
        findings = list(said)
        if not findings:
            return []
        placed = self._origins.put(tx, one.version_id, findings, sent=self._map(partner).places)
        number = claims.content(tx, one.version_id).patient_control_number
        if placed is None:
            dropped = submissions.dropped_as(tx, [one.id])[one.id]
            line = int(dropped.place.rpartition("/")[2]) if dropped.place else dropped.row
            placed = [f.at(file=dropped.file, line=f.line or line) for f in findings]
        return [f.at(claim=number) for f in placed]

    def _map(self, partner: str) -> CompiledMap:
        """Return the partner's map; the shipped one where that is broken, for an answer counts all the same."""
        try:
            return self._site.claim_map(partner)
        except MapError:
            return load_map("837p")

    def sent(self, tx: Tx, one: Submission, partner: str) -> "SentClaim":
        """Return the claim as it stands in the file that went out."""
        return SentClaim(self._map(partner).places, self._sent(tx, one, partner))

    def _sent(self, tx: Tx, one: Submission, partner: str) -> ClaimPlaces | None:
        """Return the places of the claim in the file that went out; a registered one went out as it was dropped."""
        sent = transmissions.get(tx, one.transmission_id)
        if sent.kind == transmissions.REGISTERED or sent.blob is None:
            return self._origins.x12(tx, one.version_id)
        if one.first_segment is None or one.last_segment is None:
            return None
        return self._set(sent.blob, one.st02, partner).claim(one.first_segment, one.last_segment)

    def _set(self, blob: str, st02: str, partner: str) -> SetPlaces:
        """Return the places of a set that we sent."""
        if (blob, st02) not in self._sets:
            self._sets = {(blob, st02): self._read(blob, st02, partner)}
        return self._sets[blob, st02]

    def _read(self, blob: str, st02: str, partner: str) -> SetPlaces:
        limits = ReadLimits(set_segments=self._site.settings.limits.set_segments)
        try:
            for interchange in read_x12(io.BytesIO(self._site.archive.get(blob)), limits=limits):
                for part in interchange.parts():
                    if isinstance(part, TransactionSet) and part.control_number == st02:
                        separator = part.interchange.separators.component
                        return SetPlaces(self._map(partner), list(part.segments()), separator)
        except (IntegrityError, X12Error):
            pass  # the answer is acted on all the same; only the field stays unnamed
        return SetPlaces(self._map(partner), [])

    def of_status(self, tx: Tx, one: Submission, status: Status) -> str | None:
        """Return the field that a status of a 277CA is about, where its code, entity and line tell."""
        content = claims.content(tx, one.version_id)
        line = line_of(prepare(content, one.claim_id), status)
        return field_of(content, status, line)


@dataclass(frozen=True, slots=True)
class SentClaim:
    """A claim in the file that went out; *places* is None where that file is not to be had."""

    map: MapPlaces
    places: ClaimPlaces | None

    def segment(self, said: SegmentError) -> SegmentPlace | None:
        """Return the segment at the position that an error names."""
        if self.places is None or said.position is None:
            return None
        return self.places.segments.get(said.position)

    def part(self, said: SegmentError) -> tuple[str | None, str | None]:
        """Return the part of the record that a faulty or missing segment is about, and its loop."""
        placed = self.segment(said)
        if placed is None:
            return (self.map.of_segment(said.loop, said.segment) if said.loop else None), said.loop
        if placed.elements[0] == said.segment and said.error not in MISSING:
            return placed.about or None, placed.loop
        loop = said.loop or placed.loop
        return self.map.of_segment(loop, said.segment, placed.about) or placed.about or None, loop

    def element(self, said: SegmentError, error: ElementError) -> tuple[str | None, str | None, str]:
        """Return the field that a faulty element says, its loop, and what stands in it."""
        placed = self.segment(said)
        if (
            self.places is None
            or placed is None
            or placed.elements[0] != said.segment
            or error.position is None
        ):
            return None, said.loop, ""
        paths = self.places.paths(placed.position, error.position, error.component)
        value = placed.elements[error.position] if error.position < len(placed.elements) else ""
        return (paths[0] if paths else None), said.loop or placed.loop, value


def of_segment(said: SegmentError, sent: SentClaim | None, severity: Severity) -> list[Finding]:
    """Return a finding for each error of a segment in a 999, or one for the segment, with the field that it means."""
    if not said.elements:
        path, loop = sent.part(said) if sent is not None else (None, said.loop)
        words = f"{_verdict(severity)}{_where(said, said.segment, path)}: {segment_error(said.error)}"
        return [
            Finding(
                code=f"999-IK3-{said.error or 'X'}", severity=severity, message=words, segment=said.segment, loop=loop,
                field=path, x12=_x12(said, None, loop),
            )
        ]  # fmt: skip
    found = []
    for one in said.elements:
        path, loop, value = sent.element(said, one) if sent is not None else (None, said.loop, "")
        name = element_name(said, one)
        quoted = f'; it says "{value}"' if value else ""
        words = f"{_verdict(severity)}{_where(said, name, path)}: {element_error(one.error)}{quoted}"
        found.append(
            Finding(
                code=f"999-IK4-{one.error or 'X'}", severity=severity, message=words, segment=said.segment, element=name,
                loop=loop, field=path, x12=_x12(said, name, loop),
            )
        )  # fmt: skip
    return found


def _verdict(severity: Severity) -> str:
    return "rejected by the file check" if severity is Severity.ERROR else "the file check remarks"


def line_of(content: Claim, status: Status) -> int | None:
    """Return the index of the service line that a status stands at: by its control number, else by its procedure."""
    lines = content.service_lines
    number = loose_id(status.service_line or "")
    by_number = [
        n for n, line in enumerate(lines) if number and loose_id(line.line_control_number or "") == number
    ]
    if len(by_number) == 1:
        return by_number[0]
    procedure = (status.procedure or "").upper()
    by_procedure = [n for n, line in enumerate(lines) if procedure and line.procedure.upper() == procedure]
    return by_procedure[0] if len(by_procedure) == 1 else None


def field_of(content: Claim, status: Status, line: int | None) -> str | None:
    """Return the path of the field that a status code means; the line or the entity's part where the code says less."""
    service = f"service_lines[{line}]" if line is not None else None
    meant = STATUS_FIELD.get(status.code or "")
    entity = _ENTITY.get(status.entity or "")
    if entity == "patient" and content.patient is None:
        entity = "subscriber"
    if meant is None:
        return service or entity
    if meant.startswith("line."):
        only = "service_lines[0]" if len(content.service_lines) == 1 else None
        inside = service or only
        return f"{inside}.{meant.removeprefix('line.')}" if inside else "service_lines"
    if meant.startswith("entity."):
        name = meant.removeprefix("entity.")
        who = entity or _OWNER.get(name)
        if who == "patient" and content.patient is None:
            who = "subscriber"
        if name == "name" and who in {"subscriber", "patient"}:
            name = "last_name"
        if who == "billing_provider.pay_to_address":
            return f"{who}.{name.removeprefix('address.')}" if name.startswith("address.") else who
        return f"{who}.{name}" if who else None
    return meant


_OWNER = {
    "npi": "billing_provider",
    "tax_id": "billing_provider",
    "taxonomy": "billing_provider",
    "birth_date": "patient",
    "sex": "patient",
    "member_id": "subscriber",
}
"""Whose a field mostly is, where the status names nobody."""


def element_name(segment: SegmentError, error: ElementError) -> str:
    """Return the element of an error, such as ``SV101-2``; the segment where it names none."""
    if error.position is None:
        return segment.segment
    return f"{segment.segment}{error.position:02d}" + (f"-{error.component}" if error.component else "")


def _where(said: SegmentError, name: str, path: str | None) -> str:
    at = f" at segment {said.position} of the set" if said.position else ""
    words = f", {in_words(path)}" if path else ""
    return f"{at} ({name}{words})"


def _x12(said: SegmentError, name: str | None, loop: str | None) -> str:
    """Return the place as sent: loop, segment with its position in the set, element."""
    spot = f"{said.segment}@{said.position}" if said.position else said.segment
    return "/".join(part for part in (loop, spot, name) if part)
