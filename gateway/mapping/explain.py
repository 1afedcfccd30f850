"""Which row of the map wrote which element of a claim, from which field: the answer to "why does the file say this?".

The claim is written as it would be sent, alone in a set, and every element is traced back: to the row that wrote it
(`overlay` or not), to the field it says (`places`), or to the engine. What the claim has no element for is answered
from the map: which row would write it, and which field is empty.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

from gateway.errors import UsageError
from gateway.mapping.bind import BoundRow, flat
from gateway.mapping.claim_places import locate
from gateway.mapping.compile import CompiledMap
from gateway.mapping.fields import fields_of
from gateway.mapping.language import Const, Hole
from gateway.mapping.residue import Item
from gateway.mapping.values import text_writer
from gateway.mapping.write import number_levels, write_claims
from gateway.model.claim import Claim
from gateway.model.submission import Contact, SetHeader

_ADDRESS = re.compile(
    r"(?:(?P<loop>[0-9]{4}[A-Z]{0,2})(?:\[(?P<number>[0-9]+)\])?/)?"
    r"(?P<tag>[A-Z][A-Z0-9]{1,2}?)(?P<element>[0-9]{2})?(?:-(?P<component>[0-9]+))?(?:\*(?P<qualifier>[A-Z0-9]+))?\Z"
)
_LOOP_ALONE = re.compile(r"(?P<loop>[0-9]{4}[A-Z]{0,2})(?:\[(?P<number>[0-9]+)\])?/?\Z")
_PATH = re.compile(r"[a-z_]+[a-z_0-9.\[\]]*\Z")
_STEP = re.compile(r"([a-z_0-9]+)(?:\[([0-9]+)\])?\Z")


class Source(Enum):
    """What an element's text comes from."""

    FIELD = "field"
    CONSTANT = "constant"
    FUNCTION = "function"
    ENGINE = "engine"
    RESIDUE = "residue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element or component of a written claim.

    *position* counts in the claim written alone (ST = 1). *number* counts the loop where it repeats. *paths* are the fields
    it says; *row* is None where the engine or residue wrote it.
    """

    loop: str
    number: int | None
    segment: str
    element: str
    qualifier: str
    position: int
    text: str
    source: Source
    paths: tuple[str, ...] = ()
    row: BoundRow | None = None

    @property
    def address(self) -> str:
        """Return the element as an address that `Wanted.of` reads, such as ``2400[2]/SV101-2``."""
        return f"{self.loop}{f'[{self.number}]' if self.number else ''}/{self.element}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address taken apart; what is None may be anything. *path* stands alone: a field in place of an address."""

    loop: str | None = None
    number: int | None = None
    tag: str | None = None
    element: int | None = None
    component: int | None = None
    qualifier: str | None = None
    path: str | None = None

    @classmethod
    def of(cls, text: str) -> "Wanted":
        """Read ``CLM05-3``, ``2010BB/REF*G2``, ``2400[2]/SV101-2``, ``NM109*85``, ``2300``, or a field's path.

        Raises:
            UsageError: it is none of these.

        """
        said = text.strip()
        if _PATH.match(said) and re.match("[a-z_]+", said)[0] in fields_of(Claim):  # type: ignore[index]
            return cls(path=said)
        match = _LOOP_ALONE.match(said.upper()) or _ADDRESS.match(said.upper())
        if match is None:
            raise UsageError(
                f"{text}: not an address; write CLM05-3, 2010BB/REF*G2, 2400[2]/SV101-2, NM109*85, or a field such as payer.id"
            )
        found = match.groupdict()

        def number(name: str) -> int | None:
            return int(found[name]) if found.get(name) else None

        return cls(
            found["loop"],
            number("number"),
            found.get("tag"),
            number("element"),
            number("component"),
            found.get("qualifier"),
        )

    def fits(self, one: Element) -> bool:
        """Tell whether *one* is meant."""
        if self.path is not None:
            return any(_leads_to(self.path, path) for path in one.paths)
        place, _, component = one.element.removeprefix(one.segment).partition("-")
        return (
            self.loop in {None, one.loop}
            and self.number in {None, one.number or 1}
            and self.tag in {None, one.segment}
            and self.element in {None, int(place)}
            and self.component in {None, int(component or 0)}
            and self.qualifier in {None, one.qualifier}
        )

    def fits_row(self, row: BoundRow, paths: set[str]) -> bool:
        """Tell whether *row*, which says the fields *paths*, could write what is meant."""
        if self.path is not None:
            return any(_leads_to(_bare(self.path), _bare(path)) for path in paths)
        if self.loop not in {None, row.segment.loop} or self.tag not in {None, row.row.tag}:
            return False
        if self.qualifier is not None and self.qualifier not in (row.row.qualifiers or {self.qualifier}):
            return False
        if self.element is None or row.function is not None:
            return True
        return any(
            position <= self.element < position + _width(part, component)
            and (component == 0 or self.component in {None, component} or bool(_spread(part)))
            for position, component, part in flat(row)
        )


def _leads_to(wanted: str, path: str) -> bool:
    return path == wanted or _bare(path) == wanted or path.startswith((f"{wanted}.", f"{wanted}["))


def _bare(path: str) -> str:
    return re.sub(r"\[[0-9]+\]", "", path)


def _spread(part: Const | Hole) -> int:
    return part.spread if isinstance(part, Hole) else 0


def _width(part: Const | Hole, component: int) -> int:
    return 1 if component else max(_spread(part), 1)


def explain_claim(map: CompiledMap, claim: Claim, *, upper: bool = True) -> list[Element]:  # noqa: A002
    """Return every element that *map* writes for *claim*, alone in a set; the set's head is not among them."""
    written = write_claims(map, _NOBODY, [claim], upper=upper).segments
    head = next((index for index, segment in enumerate(written) if segment.startswith("HL*")), len(written))
    segments = [(index + 2, text.split("*")) for index, text in enumerate(written) if index >= head]
    places = locate(map, segments)
    rows = _rows_of(map, claim, written[head:], upper=upper)
    found: list[Element] = []
    met: Counter[object] = Counter()
    for (position, elements), (item, row) in zip(segments, rows, strict=True):
        placed = places.segments.get(position)
        which = (row.address if row is not None else "", item[1] if item is not None else None)
        nth = met[which]
        met[which] += 1
        for spot, place, component, text in _values(elements, row):
            says = row is not None and not _is_constant(row, place, component)
            paths = places.paths(position, place, component or None) if says else ()
            if row is not None and row.row.by in _AS_WRITTEN:
                paths = tuple(_AS_WRITTEN[row.row.by](claim, path, nth) for path in paths)
            found.append(
                Element(
                    loop=item[0] if item is not None else placed.loop if placed is not None else "",
                    number=_number(item),
                    segment=elements[0],
                    element=spot,
                    qualifier=elements[1].partition(":")[0] if len(elements) > 1 else "",
                    position=position,
                    text=text,
                    source=_source(item, row, paths),
                    paths=paths,
                    row=row,
                )
            )
    return found


def _grouped(claim: Claim, path: str, nth: int) -> str:  # noqa: ARG001
    """`grouped_adjustments` writes them by group: the item read as the third may be another one of the record's list."""
    match = re.match(r"(.*)\[([0-9]+)\](\.[a-z]+)\Z", path)
    items = value_of(claim, match[1]) if match else None
    if match is None or not items or int(match[2]) >= len(items):
        return path
    groups = list(dict.fromkeys(item.group for item in items))
    order = sorted(range(len(items)), key=lambda index: groups.index(items[index].group))
    return f"{match[1]}[{order[int(match[2])]}]{match[3]}"


def _payer_number(claim: Claim, path: str, nth: int) -> str:
    """`payer_numbers` writes the claim's payer's number, then the others': what is read first may be one of those."""
    own = _NUMBER_OF_OTHERS.sub(r"\1\2", path)
    record, _, name = own.rpartition(".")
    if value_of(claim, own) is None:
        nth += 1
    if nth == 0:
        return own
    inside = "payer" if path.endswith(".payer") else "id"
    return f"{record}.payer_{name}s[{nth - 1}].{inside}"


_NUMBER_OF_OTHERS = re.compile(r"(.*\.)payer_([a-z_]+)s\[[0-9]+\]\.[a-z]+\Z")


def _pay_to(claim: Claim, path: str, nth: int) -> str:  # noqa: ARG001
    """`pay_to_entity` says what the billing provider is, where nothing else is said."""
    return path if value_of(claim, path) is not None else "billing_provider.entity_type"


_AS_WRITTEN: dict[str | None, Callable[[Claim, str, int], str]] = {
    "grouped_adjustments": _grouped,
    "payer_numbers": _payer_number,
    "pay_to_entity": _pay_to,
}
"""Functions whose fields cannot be told from the written segment alone: the record is asked (claim, path, nth segment)."""

_NOBODY = SetHeader(
    reference="1",
    created=datetime(2000, 1, 1, tzinfo=UTC),
    submitter_name="-",
    submitter_id="-",
    contact=Contact(name="-", phone="-"),
    receiver_name="-",
    receiver_id="-",
)
"""A head for a set that is never sent."""


def _values(elements: list[str], row: BoundRow | None) -> Iterator[tuple[str, int, int, str]]:
    """Yield what a segment says: name, element, component (0 where simple), text."""
    for place, text in enumerate(elements[1:], start=1):
        name = f"{elements[0]}{place:02d}"
        if ":" not in text and not (row is not None and row.composite(place)):
            if text:
                yield name, place, 0, text
            continue
        for component, part in enumerate(text.split(":"), start=1):
            if part:
                yield f"{name}-{component}", place, component, part


def _rows_of(
    map: CompiledMap,  # noqa: A002
    claim: Claim,
    written: tuple[str, ...],
    *,
    upper: bool,
) -> list[tuple[Item | None, BoundRow | None]]:
    """Return for each written segment what the map wrote there, None for both where it is residue."""
    items: list[Item] = []
    text = text_writer(upper=upper)
    for write in (map.track_shared, map.track_own):
        write(claim, items.append, lambda *_: None, text)
    texts = number_levels([item[4] for item in items])
    found: list[tuple[Item | None, BoundRow | None]] = [(None, None)] * len(written)
    for block in SequenceMatcher(None, texts, list(written), autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            item = items[block.a + offset]
            found[block.b + offset] = (item, _row(map, item, texts[block.a + offset].split("*")))
    return found


def _row(map: CompiledMap, item: Item, elements: list[str]) -> BoundRow | None:  # noqa: A002
    """Return the row that wrote *item*: of several with one address, the one whose constants stand there."""
    loop = map.by_key.get(item[3].partition("/")[0])
    if loop is None:
        return None
    rows = [
        row for row in loop.rows if row.writes and row.address == item[3] and row.segment.order == item[2]
    ]
    return next((row for row in rows if _says(row, elements)), rows[0] if rows else None)


def _says(row: BoundRow, elements: list[str]) -> bool:
    return all(
        "|" in part.text or (elements[position : position + 1] or [""])[0] == part.text
        for position, component, part in flat(row)
        if isinstance(part, Const) and not component
    )


def _number(item: Item | None) -> int | None:
    if item is None:
        return None
    line, occurrence = item[1]
    return occurrence or line


def _is_constant(row: BoundRow, place: int, component: int) -> bool:
    return row.function is None and any(
        isinstance(part, Const) and at == place and (inside or 1) == (component or 1)
        for at, inside, part in flat(row)
    )


def _source(item: Item | None, row: BoundRow | None, paths: tuple[str, ...]) -> Source:
    if item is None:
        return Source.RESIDUE
    if row is None:
        return Source.ENGINE
    if paths:
        return Source.FIELD
    return Source.FUNCTION if row.function is not None else Source.CONSTANT


def would_write(map: CompiledMap, wanted: Wanted) -> list[tuple[BoundRow, tuple[str, ...]]]:  # noqa: A002
    """Return the rows that could write what is *wanted*, each with the fields that it says there."""
    found = []
    for loop in map.bound.loops:
        for row in loop.rows:
            if not row.writes:
                continue
            said = set(map.places.said_by(row.address))
            if not wanted.fits_row(row, said):
                continue
            here = map.places.at(row.address, wanted.element, wanted.component or 0) if wanted.element else ()
            found.append((row, here or tuple(sorted(said))))
    return found


def value_of(record: Any, path: str) -> Any:
    """Return what *record* says at *path* (``service_lines[1].procedure``), None where a part on the way is absent."""
    at = record
    for step in path.split("."):
        match = _STEP.match(step)
        if match is None or at is None:
            return None
        at = getattr(at, match[1], None)
        if match[2] is not None:
            at = at[int(match[2])] if at is not None and int(match[2]) < len(at) else None
    return at
