"""One installation, opened: what every use case is handed. `bootstrap` is the only place that makes one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gateway.clock import Clock
from gateway.codebook import CodeBook
from gateway.errors import NotFound
from gateway.exchange.transport import Transport
from gateway.mapping.claim_places import ClaimPlaces
from gateway.mapping.compile import CompiledMap
from gateway.mapping.places import MapPlaces
from gateway.model.findings import Finding
from gateway.settings import Partner, Settings
from gateway.store.archive import Archive
from gateway.store.db import Store, Tx


class Origins(Protocol):
    """What finds the record that a claim version was dropped as, and the place of a finding in it."""

    def put(
        self, tx: Tx, version_id: str, findings: Iterable[Finding], *, sent: MapPlaces | None = None
    ) -> list[Finding] | None:
        """Return *findings* as the sender knows their places; None where the version was not dropped."""

    def x12(self, tx: Tx, version_id: str) -> ClaimPlaces | None:
        """Return where the claim's fields stand in a dropped 837; None where it was not one."""


class _Nowhere:
    """Knows no dropped file."""

    def put(self, *_: object, **__: object) -> None:
        """Return None."""

    def x12(self, *_: object) -> None:
        """Return None."""


def _nowhere(_site: "Site") -> Origins:
    return _Nowhere()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An open installation.

    *claim_map* returns the 837P map with a partner's overlay; *transport* a fresh, unconnected transport to a partner;
    *origins* what looks into dropped files, fresh for each unit of work; *codes* are the code sets loaded.
    """

    root: Path
    settings: Settings
    store: Store
    archive: Archive
    clock: Clock
    claim_map: Callable[[str], CompiledMap]
    transport: Callable[[str], Transport]
    origins: Callable[["Site"], Origins] = _nowhere
    codes: CodeBook = field(init=False)

    def __post_init__(self) -> None:
        """Give the installation the code sets of its store."""
        object.__setattr__(self, "codes", CodeBook(self.store))

    def partner(self, name: str) -> Partner:
        """Return the profile of partner *name*; raise NotFound with the names there are."""
        try:
            return self.settings.partner[name]
        except KeyError:
            known = ", ".join(sorted(self.settings.partner)) or "none"
            raise NotFound(f"no partner {name!r} in config.toml (there are: {known})") from None

    @property
    def outbound(self) -> Path:
        """Where billing systems drop files."""
        return self.root / "outbound"

    @property
    def inbound(self) -> Path:
        """Where billing systems fetch exports and raw receipts."""
        return self.root / "inbound"

    @property
    def state(self) -> Path:
        """Everything that must survive (law 12)."""
        return self.root / "state"
