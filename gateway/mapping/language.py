"""The language of `maps/*.toml`: a segment as an X12 person writes it, with holes where values go.

A row is ``NM1*85*{entity_type}*{name}*...*XX*{npi}``. Between stars and colons stands nothing, a constant, or a hole:

    {field}            the field's value, by its type: text, number, date (CCYYMMDD), whole number
    {a.b}              a field of a record inside the record
    {.}                the item itself, where the row is written once for `each` item of a list of plain values
    {field:amount}     a format: text amount number date day time int yn y (Y or nothing) zero (0 or nothing)
                       last4 (all of it is written, the last four characters are kept of what is read)
    {field:A|B}        one of these codes; anything else is a finding
    {field:x=A|y=B}    a code table: the field says x, X12 says A
    {field=A}          always written A; what is read is kept in the field
    {field+4}          a list over the next 4 elements (or components)

A row may be a table: ``seg`` with ``each`` (a list: one segment an item), ``when`` (``field``, ``not field``,
``field = X``, ``field in X Y``), ``direction`` (``read`` or ``write``), or ``by`` and ``fields`` (a named function of
`gateway.mapping.functions` says and reads what follows the tag). There are no expressions. What the engine owns never
stands in a map: HL, LX, counts, separators, folding, trailing blanks.

A loop that the guide repeats for different roles stands once a role, its id followed by ``-`` and the qualifier of
its first segment: ``[loop.2310A-DN]``, ``[loop.2310A-P3]``.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import MapError

_HOLE = re.compile(
    r"\{(?P<path>\.|[a-z_0-9]+(?:\.[a-z_0-9]+)*)(?:=(?P<fixed>[A-Z0-9]+)|\+(?P<spread>\d+))?(?::(?P<rest>[^{}]+))?\}\Z"
)
_PATH = re.compile(r"[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*\Z")
_WHEN = re.compile(r"(?:(?P<no>not) )?(?P<path>[a-z_][a-z_0-9.]*)(?: (?P<op>=|in) (?P<values>\S.*))?\Z")
FORMATS = frozenset({"text", "amount", "number", "date", "day", "time", "int", "yn", "y", "zero", "last4"})
_ROW_KEYS = frozenset({"seg", "each", "when", "direction", "by", "fields"})


class Direction(StrEnum):
    """Which way a row serves."""

    BOTH = "both"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; several alternatives (``150|151|472``) only in a row with a function."""

    text: str


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a value goes."""

    path: tuple[str, ...]
    format: str | None = None
    codes: frozenset[str] = frozenset()
    table: tuple[tuple[str, str], ...] = ()
    fixed: str | None = None
    spread: int = 0

    @property
    def name(self) -> str:
        """Return the path as the map says it."""
        return ".".join(self.path) or "."


Part = Const | Hole | None


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a field: present, absent, or one of *values*."""

    path: tuple[str, ...]
    negated: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; *elements* are lists of components; *where* names file and row for messages."""

    where: str
    text: str
    tag: str
    elements: tuple[tuple[Part, ...], ...]
    each: tuple[str, ...] | None = None
    when: When | None = None
    direction: Direction = Direction.BOTH
    by: str | None = None
    fields: tuple[tuple[str, ...], ...] = ()

    @property
    def qualifiers(self) -> frozenset[str]:
        """Return what the map says of the first element: its constant, or the codes of its hole."""
        first = self.elements[0][0] if self.elements and self.elements[0] else None
        if isinstance(first, Const):
            return frozenset(first.text.split("|"))
        if isinstance(first, Hole):
            if first.table:
                return frozenset(code for _, code in first.table)
            return frozenset({first.fixed}) if first.fixed else first.codes
        return frozenset()


def parse_row(where: str, said: object) -> Row:
    """Parse one row of a map; raise MapError naming *where* it stands and what is wrong."""
    if isinstance(said, str):
        said = {"seg": said}
    if not isinstance(said, dict) or not isinstance(said.get("seg"), str):
        raise MapError(f"{where}: a row is a segment text, or a table with seg")
    unknown = sorted(set(said) - _ROW_KEYS)
    if unknown:
        raise MapError(f"{where}: unknown key {', '.join(unknown)}; known: {', '.join(sorted(_ROW_KEYS))}")
    text = said["seg"]
    tag, *elements = _split(text, "*")
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", tag):
        raise MapError(f"{where}: {text!r} does not begin with a segment id")
    if tag in {"ISA", "GS", "ST", "SE", "GE", "IEA", "HL", "LX"}:
        raise MapError(f"{where}: {tag} is written by the engine, never by a map")
    try:
        direction = Direction(said.get("direction", "both"))
    except ValueError:
        raise MapError(f"{where}: direction is read or write") from None
    if ("by" in said) != ("fields" in said):
        raise MapError(f"{where}: by and fields go together")
    return Row(
        where,
        text,
        tag,
        tuple(tuple(_part(where, part) for part in _split(element, ":")) for element in elements),
        _path(where, said["each"]) if "each" in said else None,
        _when(where, said["when"]) if "when" in said else None,
        direction,
        said.get("by"),
        tuple(_path(where, name) for name in said.get("fields", ())),
    )


def _split(text: str, separator: str) -> list[str]:
    """Split *text* at *separator* outside braces."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _part(where: str, text: str) -> Part:
    if not text:
        return None
    if "{" not in text and "}" not in text:
        return Const(text)
    match = _HOLE.match(text)
    if match is None:
        raise MapError(f"{where}: {text!r} is not a hole; write {{field}}, {{field:format}} or {{field:A|B}}")
    path = () if match["path"] == "." else tuple(match["path"].split("."))
    spread = int(match["spread"] or 0)
    rest = match["rest"]
    if rest is None:
        return Hole(path, fixed=match["fixed"], spread=spread)
    if rest in FORMATS:
        return Hole(path, format=rest, fixed=match["fixed"], spread=spread)
    if "=" in rest:
        pairs = [tuple(pair.split("=", 1)) for pair in rest.split("|")]
        if any(len(pair) != 2 for pair in pairs):
            raise MapError(f"{where}: {text!r}: a code table is value=CODE|value=CODE")
        return Hole(path, table=tuple((a, b) for a, b in pairs), spread=spread)
    if not re.fullmatch(r"[A-Z0-9]+(\|[A-Z0-9]+)*", rest):
        raise MapError(f"{where}: {rest!r} is neither a format ({', '.join(sorted(FORMATS))}) nor codes A|B")
    return Hole(path, codes=frozenset(rest.split("|")), spread=spread)


def _path(where: str, said: object) -> tuple[str, ...]:
    if not isinstance(said, str) or not _PATH.match(said):
        raise MapError(f"{where}: {said!r} does not name a field")
    return tuple(said.split("."))


def _when(where: str, said: object) -> When:
    match = _WHEN.match(said) if isinstance(said, str) else None
    if match is None:
        raise MapError(f"{where}: when is 'field', 'not field', 'field = X' or 'field in X Y', not {said!r}")
    return When(tuple(match["path"].split(".")), bool(match["no"]), tuple((match["values"] or "").split()))
