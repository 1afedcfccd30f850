"""A partner's quirks: rows set at an address of the default map, never a copy of the map.

`maps/partners/<name>/<map>.toml` holds one table:

    [rows]
    "2010BB/REF*G2" = "REF*G2*{billing_provider.npi}"

where <name> is a partner of config.toml, or the profile it names: the profile's rows first, the partner's own over them.
An address is loop, segment id and - where the guide has namesakes - the qualifier. It replaces the row that says this
segment; where no row says it yet but the guide knows it, it adds one. An address that matches nothing stops the load.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from gateway.errors import MapError
from gateway.mapping.bind import BoundLoop, BoundMap, BoundRow, bind_row, check_whole
from gateway.mapping.language import parse_row
from gateway.profiles import map_folders


def apply_overlay(bound: BoundMap, overlay: Mapping[str, str]) -> None:
    """Set the rows of *overlay* in *bound*; raise MapError for an address that matches nothing."""
    loops = {loop.key: loop for loop in bound.every()}
    for address, text in overlay.items():
        where = place_of(bound.name, address)
        loop_id, _, segment = address.partition("/")
        loop = loops.get(loop_id)
        if loop is None or not segment:
            raise MapError(
                f"{where}: matches nothing; an address is LOOP/SEGMENT*QUALIFIER of a loop in the map"
            )
        _set(loop, where, segment, text)
        check_whole(where, loop)


def place_of(map_name: str, address: str) -> str:
    """Return what messages, and the row itself, call the row set at *address*."""
    return f"{map_name} overlay {address!r}"


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


def overlay_partners(folder: Path | None = None) -> list[str]:
    """Return the partners for whom there is an overlay."""
    found = {
        path.name
        for base in map_folders(folder)
        if (base / "partners").is_dir()
        for path in (base / "partners").iterdir()
        if path.is_dir()
    }
    return sorted(found)


def load_overlay(
    name: str,
    partner: str,
    folder: Path | None = None,
    *,
    profile: str | None = None,
    missing_ok: bool = True,
) -> dict[str, str]:
    """Return the rows that *partner*, and the *profile* it names, set in map *name*; empty when there are none.

    Raises:
        MapError: an overlay cannot be read; or there is none, and *missing_ok* is not given.

    """
    found = overlay_files(name, partner, folder, profile=profile)
    if not found and not missing_ok:
        raise MapError(f"no overlay of {name} for {partner}")
    return {address: text for _, rows in found for address, text in rows.items()}


def overlay_files(
    name: str, partner: str | None, folder: Path | None = None, *, profile: str | None = None
) -> list[tuple[Path, dict[str, str]]]:
    """Return the files that set rows in map *name*, each with its rows; a later file's row wins."""
    found = []
    for whose in dict.fromkeys(who for who in (profile, partner) if who):
        places = (base / "partners" / whose / f"{name}.toml" for base in map_folders(folder))
        path = next((place for place in places if place.is_file()), None)
        if path is not None:
            found.append((path, _rows(path)))
    return found


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
