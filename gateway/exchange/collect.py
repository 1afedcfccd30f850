"""Fetching what partners put out for us, idempotent by construction (reliability.md 6).

List; take only what has looked the same for quiet_polls looks; download to a private name; archive; commit the receipt;
copy it unmodified to ``inbound/raw/<partner>/``; only then may the partner's copy go (law 1, TRAP-117). A crash between
any two of these loses nothing and doubles nothing: content is identity.
"""

import fnmatch
import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gateway import failpoints
from gateway.errors import (
    ConnectionLost,
    RemoteExists,
    RemoteFailure,
    RemoteMissing,
    Stalled,
    StoreUnavailable,
    TransportError,
)
from gateway.exchange import retrying
from gateway.exchange.transport import RemoteFile, Session
from gateway.logs import log
from gateway.model.findings import Finding, warning
from gateway.settings import AfterDownload, Partner
from gateway.site import Site
from gateway.store import findings, inbox
from gateway.store.disk import private_folder, write_whole
from gateway.store.inbox import Receipt, Seen

AFTER_DOWNLOAD = failpoints.declare(
    "collect.after_download", "a file is in state/staging; nothing else knows of it"
)
AFTER_ARCHIVE = failpoints.declare(
    "collect.after_archive", "the file is archived; the database does not know of it"
)
AFTER_COMMIT = failpoints.declare(
    "collect.after_commit", "the receipt is committed; its raw copy is not made"
)
AFTER_COPY = failpoints.declare(
    "collect.after_copy", "the raw copy stands in inbound/; the database does not say so"
)
BEFORE_REMOVE = failpoints.declare(
    "collect.before_remove", "everything of ours is done; the partner's copy is still there"
)
AFTER_REMOVE = failpoints.declare(
    "collect.after_remove", "the partner's copy is gone; the database does not say so"
)


@dataclass(slots=True)
class CollectResult:
    """What one look into a partner's folders came to, in files.

    *waiting* have not been looked at often enough; *left* stay where they are, each with a finding; *troubles* failed
    and are tried again at the next poll.
    """

    received: int = 0
    duplicates: int = 0
    waiting: int = 0
    left: int = 0
    troubles: int = 0
    receipts: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entry stands."""

    partner: str
    profile: Partner
    folder: str
    entry: RemoteFile
    seen: Seen

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.entry.name}"


def collect(site: Site, partner: str) -> CollectResult:
    """Fetch everything new and whole from *partner*; one bad file or folder never keeps the others back.

    Raises:
        TransportError: the partner could not be reached, or broke off; what was fetched is safe.
        ConfigError: our own key or password for this partner is missing.
        StoreUnavailable: our own disk or database refuses; nothing is marked as done.

    """
    result = CollectResult()
    copy_owed(site, partner)
    _clear_staging(site, partner)
    if not retrying.may_contact(site, partner):
        return result
    profile = site.partner(partner)
    with retrying.contact(site, partner) as session:
        for folder in profile.download.folders:
            try:
                places = _look(site, session, partner, folder, result)
            except (ConnectionLost, Stalled):
                raise
            except TransportError as fault:
                result.troubles += 1
                log.warning("folder_trouble", partner=partner, error=type(fault).__name__, op=fault.op)
                continue
            for place in places:
                _one(site, session, place, result)
    log.info(
        "collected", partner=partner, receipts=result.received, duplicates=result.duplicates,
        findings=len(result.findings), failures=result.troubles,
    )  # fmt: skip
    return result


def copy_owed(site: Site, partner: str | None = None) -> int:
    """Make the raw copies that a crash or a full disk left out; return how many (law 1)."""
    with site.store.read() as tx:
        owed = inbox.uncopied(tx, partner)
    for receipt in owed:
        _copy_raw(site, receipt)
    return len(owed)


def raw_path(site: Site, receipt: Receipt) -> Path:
    """Return where the unmodified bytes of *receipt* stand for the billing system."""
    return site.inbound / "raw" / receipt.partner / f"{receipt.id}.x12"


def _look(site: Site, session: Session, partner: str, folder: str, result: CollectResult) -> list[_Place]:
    """List *folder*, remember what stands there, and return it."""
    profile, limit = site.partner(partner), site.settings.limits.listing_entries
    listed = session.list(folder, limit=limit)
    if len(listed) >= limit:
        result.findings.append(
            warning(
                "RCV-MANY", f"a folder of {partner} holds {limit} files or more; the rest waits: clear it, "
                "or raise limits.listing_entries",
            )
        )  # fmt: skip
        log.warning("folder_full", partner=partner, files=limit)
    entries = [e for e in listed if not _ignored(profile, e.name)]
    with site.store.write("looked") as tx:
        seen = inbox.look(tx, partner, folder, [(e.name, e.size, e.mtime) for e in entries])
        if len(listed) < limit:
            inbox.forget_gone(tx, partner, folder, seen)
        if tx.pending:
            tx.audit(partner, {"partner": partner, "files": len(entries)})
    return [_Place(partner, profile, folder, e, s) for e, s in zip(entries, seen, strict=True)]


def _one(site: Site, session: Session, place: _Place, result: CollectResult) -> None:
    """Deal with one entry; only a lost session or our own broken machinery leaves this function."""
    if place.seen.looks == inbox.REFUSED_LOOKS and not _welcome_now(site, place):
        result.left += 1
        return
    try:
        receipt_id = place.seen.receipt
        if receipt_id is not None and not _surely_fetched(place):
            receipt_id = _fetch(site, session, place, result)
            if receipt_id is None:
                return
        elif receipt_id is None:
            if place.seen.looks < place.profile.download.quiet_polls:
                result.waiting += 1
                return
            receipt_id = _fetch(site, session, place, result)
            if receipt_id is None:
                return
        _clear(site, session, place, receipt_id)
    except (ConnectionLost, Stalled):
        raise
    except TransportError as fault:
        result.troubles += 1
        log.warning("file_trouble", partner=place.partner, error=type(fault).__name__, op=fault.op)


def _surely_fetched(place: _Place) -> bool:
    """Tell whether an entry that became a receipt is that very file still, so that it may go.

    Where the server hides size or time, another file under the same name looks the same: what is about to be removed is
    fetched once more, and its content decides (F14).
    """
    leave = place.profile.download.after is AfterDownload.LEAVE
    return leave or (place.entry.size is not None and place.entry.mtime is not None)


def _welcome_now(site: Site, place: _Place) -> bool:
    """Take up an entry that was left for its size, once limits.receipt_bytes is raised; its looks start again."""
    size = place.entry.size
    if not size or size > site.settings.limits.receipt_bytes:
        return False
    with site.store.write("welcome") as tx:
        inbox.doubt(tx, place.seen.id)
        tx.audit(place.partner, {"partner": place.partner, "entry": place.seen.id})
    return True


def _fetch(site: Site, session: Session, place: _Place, result: CollectResult) -> str | None:
    """Download, archive, commit and copy one file; return its receipt, None when it is left where it is."""
    limit = site.settings.limits.receipt_bytes
    if place.entry.size == 0:
        return _leave(site, place, result, "RCV-EMPTY", "an empty file; ask the partner to put it out again")
    too_large = f"larger than limits.receipt_bytes ({limit}); raise it if the partner means it"
    if place.entry.size is not None and place.entry.size > limit:
        return _leave(site, place, result, "RCV-SIZE", too_large)
    staged = _staging(site, place.partner) / secrets.token_hex(16)
    try:
        try:
            size, sha256 = _download(session, place.path, staged, limit)
        except RemoteFailure as fault:
            if fault.op != "too_large":
                raise
            return _leave(site, place, result, "RCV-SIZE", too_large)
        if size == 0:
            return _leave(
                site, place, result, "RCV-EMPTY", "an empty file; ask the partner to put it out again"
            )
        if place.entry.size is not None and size != place.entry.size:
            with site.store.write("still_growing") as tx:
                inbox.doubt(tx, place.seen.id)
                tx.audit(place.partner, {"partner": place.partner})
            result.waiting += 1
            return None
        failpoints.hit(AFTER_DOWNLOAD)
        return _keep(site, place, staged, sha256, result)
    finally:
        staged.unlink(missing_ok=True)


def _keep(site: Site, place: _Place, staged: Path, sha256: str, result: CollectResult) -> str:
    data = staged.read_bytes()
    blob = site.archive.put(data, "receipt")
    failpoints.hit(AFTER_ARCHIVE)
    with site.store.write("received") as tx:
        receipt_id, new = inbox.receive(
            tx,
            place.seen.id,
            partner=place.partner,
            name=place.entry.name,
            sha256=sha256,
            size=len(data),
            blob=blob,
        )
        tx.audit(receipt_id, {"partner": place.partner, "sha256": sha256, "bytes": len(data), "new": new})
        receipt = inbox.get(tx, receipt_id)
    failpoints.hit(AFTER_COMMIT)
    if new:
        result.received += 1
        result.receipts.append(receipt_id)
    else:
        result.duplicates += 1
    log.info(
        "received",
        partner=place.partner,
        receipt=receipt_id,
        bytes=len(data),
        outcome="new" if new else "known",
    )
    if not receipt.raw_copied:
        _copy_raw(site, receipt)
    return receipt_id


def _leave(site: Site, place: _Place, result: CollectResult, code: str, sentence: str) -> str | None:
    """Leave an entry where it is, with a finding; it is not fetched again unless it changes."""
    found = warning(code, sentence)
    with site.store.write("left") as tx:
        inbox.refuse(tx, place.seen.id)
        findings.keep(tx, f"L-{place.seen.id}", [found])
        tx.audit(place.partner, {"partner": place.partner, "code": code, "entry": place.seen.id})
    result.left += 1
    result.findings.append(found)
    log.warning("left", partner=place.partner, code=code)
    return None


def _clear(site: Site, session: Session, place: _Place, receipt_id: str) -> None:
    """Do with the partner's copy what the profile says, now that ours is safe."""
    download = place.profile.download
    if download.after is AfterDownload.LEAVE:
        return
    failpoints.hit(BEFORE_REMOVE)
    try:
        if download.after is AfterDownload.DELETE:
            session.remove(place.path)
        else:
            _move_away(session, place, receipt_id)
    except RemoteMissing:
        pass  # somebody else took it, or our last try did it after all
    failpoints.hit(AFTER_REMOVE)
    with site.store.write("cleared") as tx:
        inbox.mark_removed(tx, place.seen.id)
        tx.audit(receipt_id, {"partner": place.partner, "after": download.after.value})


def _move_away(session: Session, place: _Place, receipt_id: str) -> None:
    target = f"{place.profile.download.move_to}/{place.entry.name}"
    try:
        session.rename(place.path, target)
    except RemoteExists:  # names recur (Optum's roll over): ours makes it unique
        session.rename(place.path, f"{place.profile.download.move_to}/{receipt_id}.x12")


def _download(session: Session, path: str, staged: Path, limit: int) -> tuple[int, str]:
    """Write the bytes of *path* to *staged*, durable; return their number and sha256."""
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            size = session.download(path, file, limit=limit)
            file.flush()
            os.fsync(file.fileno())
        with staged.open("rb") as file:
            return size, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise StoreUnavailable(
            f"state/staging cannot be written: {fault.strerror}; look at the disk"
        ) from fault


def _copy_raw(site: Site, receipt: Receipt) -> None:
    """Put the unmodified bytes into inbound/raw/<partner>/; the name says nothing but our id (law 11)."""
    path = raw_path(site, receipt)
    data = site.archive.get(receipt.blob)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.exists() and path.read_bytes() == data):
            write_whole(path, data, mode=0o640)
    except OSError as fault:
        raise StoreUnavailable(
            f"inbound/raw cannot be written: {fault.strerror}; look at the disk"
        ) from fault
    failpoints.hit(AFTER_COPY)
    with site.store.write("raw_copied") as tx:
        inbox.mark_copied(tx, receipt.id)
        tx.audit(receipt.id, {"partner": receipt.partner})


def _staging(site: Site, partner: str) -> Path:
    folder = site.state / "staging" / partner
    private_folder(folder)
    return folder


def _clear_staging(site: Site, partner: str) -> None:
    """Remove what a crash left half-downloaded; one thread serves a partner, so that nobody else is writing here."""
    for left in _files(_staging(site, partner)):
        left.unlink(missing_ok=True)
    for left in _files(site.inbound / "raw" / partner):
        if left.name.startswith(".") and left.name.endswith(".part"):
            left.unlink(missing_ok=True)


def _files(folder: Path) -> Iterable[Path]:
    return [each for each in folder.iterdir() if each.is_file()] if folder.is_dir() else []


def _ignored(profile: Partner, name: str) -> bool:
    return any(fnmatch.fnmatch(name.lower(), pattern.lower()) for pattern in profile.download.ignore)
