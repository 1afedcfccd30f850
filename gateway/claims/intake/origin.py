"""A claim's record as it was dropped, found again in the archived file: for whatever is said of the claim later."""

from collections.abc import Iterable

from gateway.claims.intake import csv_rows, json_array, jsonl, x12
from gateway.claims.intake.formats import Format
from gateway.claims.intake.placing import DroppedRecord
from gateway.claims.intake.reading import Dropped, open_dropped
from gateway.errors import ArchiveDamaged
from gateway.mapping.claim_places import ClaimPlaces
from gateway.mapping.places import MapPlaces
from gateway.model.findings import Finding
from gateway.site import Site
from gateway.store import intake
from gateway.store.db import Tx
from gateway.store.intake import DroppedVersion


class Origins:
    """Looks into dropped files; the last one is kept at hand, because the claims of an answer mostly come from one."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._file: str | None = None
        self._opened: Dropped | None = None
        self._records: dict[int, DroppedRecord] = {}

    def record(self, tx: Tx, version_id: str) -> DroppedRecord | None:
        """Return the record that a version came from; None where it was not dropped, or cannot be found again."""
        dropped = intake.dropped_version(tx, version_id)
        return self._record(tx, dropped) if dropped is not None else None

    def _record(self, tx: Tx, dropped: DroppedVersion) -> DroppedRecord | None:
        self._open(tx, dropped)
        return self._records.get(dropped.row)

    def file(self, tx: Tx, version_id: str) -> Dropped | None:
        """Return the file that a version came from, opened."""
        return self._opened if self.record(tx, version_id) is not None else None

    def put(
        self, tx: Tx, version_id: str, findings: Iterable[Finding], *, sent: MapPlaces | None = None
    ) -> list[Finding] | None:
        """Return *findings* with file, line and column, path or element as dropped; None where that is not known."""
        dropped = intake.dropped_version(tx, version_id)
        record = self._record(tx, dropped) if dropped is not None else None
        if dropped is None or record is None:
            return None
        return [record.places.put(finding, file=dropped.name, sent=sent) for finding in findings]

    def x12(self, tx: Tx, version_id: str) -> ClaimPlaces | None:
        """Return where the fields of a claim stand in the 837 that it was dropped in."""
        record = self.record(tx, version_id)
        return record.places.x12() if record is not None and record.places.x12 is not None else None

    def _open(self, tx: Tx, dropped: DroppedVersion) -> None:
        if self._file == dropped.file:
            return
        self._file, self._opened, self._records = dropped.file, None, {}
        limits = self._site.settings.limits
        try:
            data = self._site.archive.get(dropped.blob)
        except ArchiveDamaged:
            return  # what is said of the claim counts without its place; `gateway doctor` tells of the archive
        opened = open_dropped(data, name=dropped.name, limits=limits)
        rows = intake.places_taken(tx, dropped.file)
        found: Iterable[DroppedRecord] = ()
        if opened.format is Format.X12:
            found = x12.pick(opened.data, {row: p for row, p in rows.items() if p}, limits=limits)
        elif opened.format is Format.CSV:
            found = csv_rows.pick(opened.text, rows, limits=limits)
        elif opened.format is Format.JSON:
            found = json_array.pick(opened.text, rows, limits=limits)
        elif opened.format is Format.JSONL:
            found = jsonl.pick(opened.text, rows)
        self._records = {one.places.row: one for one in found}
        self._opened = opened
