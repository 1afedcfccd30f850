"""A map as it is used: every row after the overlays, and the file it comes from."""

from dataclasses import dataclass
from pathlib import Path

from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.language import Row, When
from gateway.mapping.overlay import overlay_files, place_of


@dataclass(frozen=True, slots=True)
class EffectiveRow:
    """One row: its loop in the map, what overlays call it, its text, its terms (each, when, ...), and its file."""

    loop: str
    address: str
    text: str
    terms: str
    origin: str


def effective_rows(
    name: str, *, partner: str | None = None, profile: str | None = None, folder: Path | None = None
) -> list[EffectiveRow]:
    """Return the rows of map *name* in guide order, with what *partner* and its *profile* set laid over them.

    *folder* is an installation's `maps/`. Raises MapError when the map or an overlay is wrong.
    """
    files = overlay_files(name, partner, folder, profile=profile) if partner or profile else []
    overlay = {address: text for _, rows in files for address, text in rows.items()}
    loaded = load_map(name, overlay=overlay, folder=folder)
    said_by = _said_by(loaded, files)
    return [
        EffectiveRow(
            loop.key,
            bound.address,
            bound.row.text,
            terms_of(bound.row),
            said_by.get(bound.row.where, loaded.bound.name),
        )
        for loop in loaded.bound.every()
        for bound in loop.rows
    ]


def _said_by(loaded: CompiledMap, files: list[tuple[Path, dict[str, str]]]) -> dict[str, str]:
    return {place_of(loaded.bound.name, address): str(path) for path, rows in files for address in rows}


def origin_of(
    row: Row, loaded: CompiledMap, *, partner: str | None, profile: str | None, folder: Path | None = None
) -> str:
    """Return where *row* of *loaded* stands: the overlay's file, or its place in the map."""
    files = overlay_files(loaded.name, partner, folder, profile=profile)
    return _said_by(loaded, files).get(row.where, row.where)


def terms_of(row: Row) -> str:
    """Return what a row says besides its segment, as the map says it."""
    said = {
        "each": ".".join(row.each) if row.each else "",
        "when": _when(row.when),
        "direction": row.direction.value if row.direction.value != "both" else "",
        "by": row.by or "",
    }
    return ", ".join(f"{key} {value}" for key, value in said.items() if value)


def _when(when: When | None) -> str:
    if when is None:
        return ""
    said = ("not " if when.negated else "") + ".".join(when.path)
    if len(when.values) == 1:
        return f"{said} = {when.values[0]}"
    return f"{said} in {' '.join(when.values)}" if when.values else said
