"""Why an element of a claim says what it says, for a person: row, overlay, field, value, and where the value came from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from gateway.claims.convert import terms_for
from gateway.claims.edits import prepare as respell
from gateway.claims.intake.fields import FIELDS
from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import read_records
from gateway.clock import SystemClock
from gateway.errors import NotFound, UsageError
from gateway.exchange.render import prepare
from gateway.mapping.addresses import template
from gateway.mapping.bind import BoundRow
from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.effective import origin_of, terms_of
from gateway.mapping.explain import Element, Source, Wanted, explain_claim, value_of, would_write
from gateway.mapping.fields import fields_of
from gateway.model.claim import Claim
from gateway.model.findings import Severity
from gateway.ops.reports.masking import MASK, shows_path
from gateway.settings import Limits
from gateway.site import Site
from gateway.store import claims, intake, transmissions
from gateway.x12.characters import fold

CLAIM_MAP = "837p"

_ENGINE = {
    "HL": "written by the gateway: levels are counted (HL01), each names the one above it (HL02) and whether one is below (HL04)",
    "LX": "written by the gateway: the claim's service lines are counted",
}
_OF_SENDING = frozenset({"claim_key", "service_lines.line_control_number"})
_FEW = 3
"""What a function writes beside the fields is a qualifier or a count; anything longer is not shown unasked."""

Came = Callable[[str], str | None]
"""Says where the value at a path came from, None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A claim to be explained: as its *record* has it and as it is *sent*, with the map that writes it."""

    title: str
    record: Claim
    sent: Claim
    map: CompiledMap
    upper: bool = True
    partner: str | None = None
    profile: str | None = None
    folder: Path | None = None
    came: Came = field(default=lambda _: None)
    remarks: tuple[str, ...] = ()

    def origin(self, row: BoundRow) -> str:
        """Return where a row of the map stands."""
        return origin_of(row.row, self.map, partner=self.partner, profile=self.profile, folder=self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that an element says: its value in the record, what it means, where it came from."""

    path: str
    meaning: str | None
    value: str | None
    came: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One element explained; *masked* tells that what stands in it is hidden."""

    address: str
    position: int
    text: str
    source: str
    how: str
    row: str | None
    says: str | None
    terms: str | None
    origin: str | None
    fields: tuple[Field, ...]
    masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A row that would write what the claim does not have, and why it does not."""

    row: str
    says: str
    terms: str | None
    origin: str
    why: str
    fields: tuple[Field, ...]


def of_stored(site: Site, claim_id: str, *, locate: bool) -> Subject:
    """Return a claim of the installation as it would be sent now; with *locate* its dropped file is read again."""
    with site.store.read() as tx:
        stored = claims.get(tx, claim_id)
        content = claims.content(tx, stored.version_id)
        dropped = intake.find(tx, stored.intake_file) if stored.intake_file else None
        last = transmissions.get(tx, stored.transmission_id) if stored.transmission_id else None
    folder = site.root / "maps" if (site.root / "maps").is_dir() else None
    settled = site.settings.partner.get(stored.partner or "")
    claim_map = site.claim_map(stored.partner) if stored.partner else load_map(CLAIM_MAP, folder=folder)
    remarks = []
    if last is not None and last.map_hash not in {None, claim_map.hash}:
        remarks.append(
            f"the map was changed since {last.id} was written; this is what the claim would be now"
        )
    if stored.submitted_version not in {None, stored.version_id}:
        remarks.append("the claim was mended since it was last sent; this is its newest version")
    origin = f"file {dropped.id}, row {stored.row}" if dropped is not None else None
    record: Intake | None = None
    if dropped is not None and locate:
        data = site.archive.get(dropped.blob)
        read = read_records(data, name=dropped.name, limits=site.settings.limits)
        record = next((one for one in read if one.row == stored.row), None)
    return Subject(
        title=f"{claim_id}, version {stored.version_id}"
        + (f", for {stored.partner}" if stored.partner else ", without a partner"),
        record=content,
        sent=prepare(content, claim_id),
        map=claim_map,
        upper=settled.text.upper_case if settled else True,
        partner=stored.partner,
        profile=settled.profile if settled else None,
        folder=folder,
        came=lambda path: _came(origin, record, path),
        remarks=tuple(remarks),
    )


def of_file(path: Path, data: bytes, row: int | None) -> Subject:
    """Return one record of a file that is in no installation, as `gateway convert` would write it.

    Raises:
        NotFound: the file has no record in *row*.
        UsageError: the record is no claim; the message names the first fault.

    """
    read = (one for one in read_records(data, name=str(path), limits=Limits()) if one.row)
    found = next((one for one in read if row in {None, one.row}), None)
    if found is None:
        raise NotFound(
            f"{path}: no record in row {row}"
            if row
            else f"{path}: no claim record in it; see: gateway convert"
        )
    if found.claim is None:
        fault = next((f for f in found.findings if f.severity is Severity.ERROR), None)
        raise UsageError(
            f"{path}, row {found.row}: no claim ({fault.code if fault else 'unreadable'}); see: gateway convert"
        )
    terms = terms_for(clock=SystemClock())
    claim, _ = respell(found.claim, context=terms.context)
    return Subject(
        title=f"{path}, row {found.row}",
        record=found.claim,
        sent=claim,
        map=terms.claim_map,
        came=lambda path_: _came(f"row {found.row}", found, path_),
    )


def _came(origin: str | None, record: Intake | None, path: str) -> str | None:
    """Say where the value at *path* stood: file and row, and the column, or the element of a dropped 837."""
    if origin is None or record is None:
        return origin
    if record.spots is not None and record.x12 is not None:
        spot = record.spots().spot(path)
        if spot is None:
            return origin
        return f"{origin}: {spot.at.name} in loop {spot.at.loop}, segment {spot.position} of set {record.x12.st02}"
    if record.place is None:
        return origin
    line, name = record.place(path)
    said = f", line {line}" if line != record.row else ""
    return f"{origin}{said}, {name}"


def explain(subject: Subject, wanted: Wanted | None, *, reveal: bool) -> list[Answer]:
    """Return the elements of the claim that are *wanted*, all where that is None, in the order in which they are written."""
    found = explain_claim(subject.map, subject.sent, upper=subject.upper)
    return [_answer(subject, one, reveal=reveal) for one in found if wanted is None or wanted.fits(one)]


def _answer(subject: Subject, one: Element, *, reveal: bool) -> Answer:
    shown = reveal or _may_be_shown(one)
    row = one.row
    return Answer(
        address=one.address,
        position=one.position,
        text=one.text if shown else MASK,
        source=one.source.value,
        how=_how(subject, one),
        row=row.address if row is not None else None,
        says=row.row.text if row is not None else None,
        terms=(terms_of(row.row) or None) if row is not None else None,
        origin=subject.origin(row) if row is not None else None,
        fields=tuple(_field(subject, path, reveal=reveal) for path in one.paths),
        masked=not shown,
    )


def _may_be_shown(one: Element) -> bool:
    if one.source is Source.FIELD:
        return all(shows_path(path) for path in one.paths)
    return one.source in {Source.ENGINE, Source.CONSTANT} or (
        one.source is Source.FUNCTION and len(one.text) <= _FEW
    )


def _field(subject: Subject, path: str, *, reveal: bool) -> Field:
    value = value_of(subject.record, path)
    text = None if value in {None, ()} else str(value)
    return Field(
        path=path,
        meaning=meaning_of(path),
        value=text if text is None or reveal or shows_path(path) else MASK,
        came=subject.came(path) if text is not None else None,
    )


def _how(subject: Subject, one: Element) -> str:
    """Say in a sentence how the text came about."""
    if one.source is Source.ENGINE:
        return _ENGINE.get(one.segment, "written by the gateway")
    if one.source is Source.RESIDUE:
        return "came with the dropped 837; the record has no field for it, so it is written back as it came"
    row = one.row
    if one.source is Source.CONSTANT or row is None:
        return "always written so by this row"
    if row.function is not None and not one.paths:
        return f"made by {row.row.by}: {_first_sentence(row)}"
    value, sent = (value_of(claim, one.paths[0]) for claim in (subject.record, subject.sent))
    if template(one.paths[0]) in _OF_SENDING and value != sent:
        return "given by the gateway when the claim is sent, so that answers find it"
    if value != sent:
        return "spelled as the edits want it"
    return _spelling(value, one.text)


def _spelling(value: Any, text: str) -> str:
    if isinstance(value, bool):
        return "a yes or no, as a letter"
    if isinstance(value, Decimal):
        return "a number, without needless zeros"
    if isinstance(value, date):
        return "a day, as CCYYMMDD"
    if value is None:
        return "always written so by this row"
    if str(value) == text:
        return "as the record has it"
    if fold(str(value)) == text or fold(str(value), upper=False) == text:
        return "folded: capitals, and letters and signs that X12 can carry"
    return "as its row spells it"


def _first_sentence(row: BoundRow) -> str:
    doc = (
        (row.function.write.__doc__ or "")
        if row.function is not None and row.function.write is not None
        else ""
    )
    return " ".join(doc.split("\n\n")[0].split())


def absent(subject: Subject, wanted: Wanted, *, reveal: bool) -> list[Absent]:
    """Return the rows that would write what the claim does not have, each with why it does not."""
    return [
        Absent(
            row=row.address,
            says=row.row.text,
            terms=terms_of(row.row) or None,
            origin=subject.origin(row),
            why=_why_not(subject.sent, row, paths),
            fields=tuple(_field(subject, path, reveal=reveal) for path in paths),
        )
        for row, paths in would_write(subject.map, wanted)
    ]


def _why_not(claim: Claim, row: BoundRow, paths: Iterable[str]) -> str:
    given = [path for path in paths if _said(claim, path.split("."))]
    missing = [path for path in paths if path not in given]
    if missing and not given:
        above = missing[0].rpartition(".")[0]
        if (
            above
            and all(path.startswith(f"{above}.") for path in missing)
            and not _said(claim, above.split("."))
        ):
            return f"{above} is empty"
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} empty"
    if row.row.when is not None:
        return f"its condition does not hold: {terms_of(row.row)}"
    return f"{', '.join(given)} {'is' if len(given) == 1 else 'are'} given, but not for what you name"


def _said(record: Any, names: list[str]) -> bool:
    """Tell whether anything is said at a path, in any item of the lists on the way."""
    if record is None or record == ():
        return False
    if isinstance(record, tuple):
        return any(_said(item, names) for item in record)
    return _said(getattr(record, names[0], None), names[1:]) if names else True


def unknown(subject: Subject, wanted: Wanted) -> str:
    """Say what is known of an address that no row of the map writes."""
    usages: dict[str, str] = {}
    for segment in subject.map.bound.guide.by_order.values():
        if segment.id == wanted.tag and wanted.loop in {None, segment.loop}:
            place = segment.element(wanted.element) if wanted.element else None
            if place is not None or wanted.element is None:
                usages[segment.loop] = place.usage if place is not None else segment.usage
    used = [loop for loop, usage in usages.items() if usage != "N"]
    if used:
        return f"no row of the map writes it; the guide allows it in {', '.join(used)}, so that an overlay may write it"
    if usages:
        return "the guide says that it is not used"
    return "no row of the map writes it, and the guide does not know it there"


@cache
def meaning_of(path: str) -> str | None:
    """Return what a field of the claim record is, in a biller's words."""
    at: Any = Claim
    words: Mapping[str, str] = {}
    name = ""
    for name in template(path).split("."):
        known = fields_of(at) if isinstance(at, type) and is_dataclass(at) else {}
        if name not in known:
            return None
        words, at = FIELDS.get(at, {}), known[name].base
    return words.get(name)
