"""Looking whether a file stands at the partner, by whatever the partner lets us ask."""

from dataclasses import dataclass

from gateway.errors import RemoteDenied, RemoteMissing
from gateway.exchange.transport import Session
from gateway.settings import Partner

_LISTED = 100_000
"""A name is looked for among this many entries; beyond, its absence is not proved."""


@dataclass(frozen=True, slots=True)
class Present:
    """It is there; *size* is None where the server tells none; *by* is ``stat`` or ``list``."""

    size: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The server says that there is no such file."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The partner lets us see neither."""


def look(session: Session, profile: Partner, path: str) -> Present | Absent | Unknown:
    """Say whether *path* is there and how large; a stat that tells no size or is denied is followed by a listing.

    Raises:
        TransportError: the connection broke, or the server failed.

    """
    seen: Present | Absent | Unknown = Unknown()
    if profile.upload.can_stat:
        try:
            size = session.size_of(path)
        except RemoteMissing:
            return Absent()
        except RemoteDenied:
            seen = Unknown()
        else:
            if size is not None:
                return Present(size, "stat")
            seen = Present(None, "stat")
    if not profile.upload.can_list:
        return seen
    folder, _, name = path.rpartition("/")
    try:
        entries = session.list(folder, limit=_LISTED)
    except RemoteDenied:
        return seen
    except RemoteMissing:
        return Absent()
    for entry in entries:
        if entry.name == name:
            return Present(entry.size, "list")
    if isinstance(seen, Present) or len(entries) >= _LISTED:
        return seen
    return Absent()
