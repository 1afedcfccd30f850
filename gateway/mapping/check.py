"""Every map and overlay looked over at once: `gateway maps check`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.errors import MapError
from gateway.mapping.compile import NAMES, load_map
from gateway.mapping.overlay import load_overlay, overlay_partners
from gateway.model.findings import Severity


def check_maps(folder: Path | None = None) -> list[tuple[str, Severity, str]]:
    """Load every map, and every partner overlay of *folder* (an installation's `maps/`), and say what is wrong.

    Returns (map or overlay, severity, sentence); a map that is right says so with Severity.INFO and its hash.
    """
    said: list[tuple[str, Severity, str]] = []

    def attempt(title: str, name: str, overlay: Callable[[], Mapping[str, str] | None]) -> None:
        try:
            loaded = load_map(name, overlay=overlay(), folder=folder)
        except MapError as fault:
            said.append((title, Severity.ERROR, str(fault)))
        else:
            said.append((title, Severity.INFO, f"right; hash {loaded.hash}"))

    for name in NAMES:
        attempt(name, name, lambda: None)
    for partner in overlay_partners(folder):
        for name in NAMES:
            found = load_overlay(name, partner, folder, missing_ok=True)
            if found:
                attempt(f"{partner}/{name}", name, lambda found=found: found)  # type: ignore[misc]
    return said
