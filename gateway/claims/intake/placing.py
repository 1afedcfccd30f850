"""Where in a dropped file a field of a record stands: what the biller knows it by, whatever the format.

A sheet has row and column, JSON a line and a path, an 837 a segment of its set and an element.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

from gateway.claims.intake.x12_pieces import Piece
from gateway.mapping.addresses import ELEMENT
from gateway.mapping.claim_places import ClaimPlaces
from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.places import MapPlaces
from gateway.model.claim import Claim
from gateway.model.findings import Finding

_FIRST_NAME = re.compile(r"[a-z_0-9]+")
_FIELDS = frozenset(field.name for field in fields(Claim))


@cache
def shipped_map() -> CompiledMap:
    """Return the claim map as it is shipped: dropped files are read alike, whoever the partner is."""
    return load_map("837p")


def is_path(element: str | None) -> bool:
    """Tell whether *element* names a field of the claim record."""
    first = _FIRST_NAME.match(element or "")
    return first is not None and first.group() in _FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlaces:
    """How the fields of one dropped record are found again in its file.

    *column* turns a path into the line and the column or path that the biller knows; *x12* gives, for a claim of an
    837, the places of its fields, worked out when they are asked for.
    """

    row: int
    column: Callable[[str], tuple[int, str]] | None = None
    x12: Callable[[], ClaimPlaces] | None = None

    def put(self, finding: Finding, *, file: str | None, sent: MapPlaces | None = None) -> Finding:
        """Return *finding* with the file, and the line and the column, path or element there; *sent* is what goes out."""
        found = self._with_field(finding)
        path = found.field
        if path is not None:
            if found.x12 is None:
                address = (sent or shipped_map().places).of(path)
                found = found.at(x12=address.text if address else None)
            if finding.line is None:
                found = self._placed(found, path)
        elif found.line is None and self.x12 is not None:
            found = found.at(line=self.x12().near(""))
        return found.at(file=file, line=found.line or self.row or None)

    def _with_field(self, finding: Finding) -> Finding:
        if finding.field is not None:
            return finding
        if is_path(finding.element):
            return finding.at(field=finding.element)
        spot = ELEMENT.match(finding.element or "")
        if self.x12 is None or spot is None or finding.line is None:
            return finding
        paths = self.x12().paths(finding.line, int(spot[2]), int(spot[3]) if spot[3] else None)
        return finding.at(field=paths[0]) if paths else finding

    def _placed(self, finding: Finding, path: str) -> Finding:
        if self.x12 is not None:
            return _in_x12(finding, path, self.x12())
        if self.column is None:
            return finding.at(element=path)
        line, column = self.column(path)
        return finding.at(line=line, element=column)


@dataclass(frozen=True, slots=True)
class DroppedRecord:
    """One record as it was dropped: its text, or its piece of an 837, and where its fields stand."""

    raw: str | Piece
    places: RecordPlaces


def _in_x12(finding: Finding, path: str, places: ClaimPlaces) -> Finding:
    """Name the element of the dropped set; where nothing stands for the field, the segment it would belong to."""
    spot = places.spot(path)
    if spot is not None:
        placed = places.segments[spot.position]
        return finding.at(
            line=spot.position, segment=placed.elements[0], element=spot.at.name, loop=spot.at.loop
        )
    position = places.near(path)
    if position is None:
        return finding
    placed = places.segments[position]
    return finding.at(line=position, segment=placed.elements[0], element=None, loop=placed.loop)
