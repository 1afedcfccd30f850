"""A partner's quirks: rows set at an address of the default map, never a copy of the map.

`maps/partners/<name>/<map>.toml` holds one table:

    [rows]
    "2010BB/REF*G2" = "REF*G2*{billing_provider.npi}"

An address is loop, segment id and - where the guide has namesakes - the qualifier. It replaces the row that says this
segment; where no row says it yet but the guide knows it, it adds one. An address that matches nothing stops the load.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from gateway.errors import MapError
from gateway.mapping.bind import BoundLoop, BoundMap, BoundRow, bind_row, check_whole
from gateway.mapping.language import parse_row


def apply_overlay(bound: BoundMap, overlay: Mapping[str, str]) -> None:
    """Set the rows of *overlay* in *bound*; raise MapError for an address that matches nothing."""
    loops = {loop.key: loop for loop in bound.every()}
    for address, text in overlay.items():
        where = f"{bound.name} overlay {address!r}"
        loop_id, _, segment = address.partition("/")
        loop = loops.get(loop_id)
        if loop is None or not segment:
            raise MapError(
                f"{where}: matches nothing; an address is LOOP/SEGMENT*QUALIFIER of a loop in the map"
            )
        _set(loop, where, segment, text)
        check_whole(where, loop)


def _set(loop: BoundLoop, where: str, segment: str, text: str) -> None:
    tag, _, qualifier = segment.partition("*")
    row = parse_row(where, text)
    if row.tag != tag:
        raise MapError(f"{where}: the row says {row.tag}, the address {tag}")
    matched = [
        old for old in loop.rows if old.row.tag == tag and (not qualifier or qualifier in old.row.qualifiers)
    ]
    if len({old.segment.order for old in matched}) > 1:
        raise MapError(f"{where}: matches more than one segment; name the qualifier, as in {tag}*XX")
    new = bind_row(loop, row)
    if matched and new.segment.order != matched[0].segment.order:
        raise MapError(f"{where}: the row speaks of another segment than the address")
    if not matched and qualifier not in new.segment.codes and (qualifier or new.segment.qualifier == 1):
        raise MapError(f"{where}: matches nothing in the map and nothing in the guide")
    _insert(loop, matched, new)


def _insert(loop: BoundLoop, matched: list[BoundRow], new: BoundRow) -> None:
    kept = [row for row in loop.rows if row not in matched]
    index = next((i for i, row in enumerate(kept) if row.segment.order > new.segment.order), len(kept))
    loop.rows[:] = [*kept[:index], new, *kept[index:]]


def _folders(folder: Path | None) -> list[Path]:
    own = [folder] if folder is not None else []
    return [*own, Path(__file__).parents[1] / "_maps", Path(__file__).parents[2] / "maps"]


def overlay_partners(folder: Path | None = None) -> list[str]:
    """Return the partners for whom there is an overlay."""
    found = {
        path.name
        for base in _folders(folder)
        if (base / "partners").is_dir()
        for path in (base / "partners").iterdir()
        if path.is_dir()
    }
    return sorted(found)


def load_overlay(
    name: str, partner: str, folder: Path | None = None, *, missing_ok: bool = True
) -> dict[str, str]:
    """Return the rows that *partner* sets in map *name*; empty when there are none."""
    for base in _folders(folder):
        path = base / "partners" / partner / f"{name}.toml"
        if path.is_file():
            return _rows(path)
    if not missing_ok:
        raise MapError(f"no overlay of {name} for {partner}")
    return {}


def _rows(path: Path) -> dict[str, str]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise MapError(f"{path}: not valid TOML: {fault}") from None
    rows = data.get("rows", {})
    if set(data) - {"rows"} or not isinstance(rows, dict):
        raise MapError(f"{path}: an overlay has one table, [rows]")
    wrong = [address for address, text in rows.items() if not isinstance(text, str)]
    if wrong:
        raise MapError(f"{path}: {', '.join(wrong)}: a row of an overlay is a text")
    return dict(rows)
