"""A copy of an installation, consistent while the gateway runs, that is itself an installation once it has its key.

The database is copied first, as it stands at one moment; whatever it speaks of is then in the archive already (blobs are
archived before the database mentions them, and never change), so copying the archive afterwards misses nothing. The key
is never copied. To restore: copy the backup to a new DIR, put the key where config.toml's ``key`` points, `gateway doctor`.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import IntegrityError, Refused, StoreUnavailable
from gateway.settings import CONFIG_NAME
from gateway.store import migrations, partners
from gateway.store.db import Store
from gateway.store.disk import private_folder, sync_file, sync_folder, write_whole
from gateway.store.installation import DATABASE_NAME, STATE

MANIFEST_NAME = "manifest.json"
RESTORED_NAME = "restored-from.json"
FORMAT = 1
CHUNK_BYTES = 1024 * 1024
_LEFT_OUT = frozenset({DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm", "daemon.lock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup holds: *audit_seq* is the last audit event in it, *bytes* the size of all its files."""

    target: Path
    files: int
    bytes: int
    blobs: int
    audit_seq: int


def backup(store: Store, root: Path, target: Path) -> BackupReport:
    """Copy the installation at *root* into the new or empty folder *target*, and verify the copy.

    Raises:
        Refused: *target* is not empty or lies within *root*, or the database is PostgreSQL.
        StoreUnavailable: the disk is full or refuses.
        IntegrityError: the copy is not what it should be.

    """
    if store.engine.dialect.name != "sqlite":
        raise Refused(
            "backup copies SQLite installations; for PostgreSQL take the database with pg_dump first, and then copy "
            f"{root / STATE / 'archive'} and {root / CONFIG_NAME}"
        )
    if target.resolve().is_relative_to(root.resolve()):
        raise Refused("the backup must lie outside the installation")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refused(f"{target} is there already and not empty; give a new folder")
    try:
        private_folder(target)
        private_folder(target / STATE)
        _copy_database(root / STATE / DATABASE_NAME, target / STATE / DATABASE_NAME)
        for source in _files_of(root):
            _copy(source, target / source.relative_to(root))
        manifest = _manifest(target, store)
        write_whole(target / MANIFEST_NAME, json.dumps(manifest, indent=1).encode())
        for folder in (
            "outbound",
            "inbound",
        ):  # empty: what lies in them has been taken in, or can be made again
            private_folder(target / folder)
    except OSError as fault:
        raise StoreUnavailable(
            f"the backup cannot be written: {fault.strerror}; look at the disk of {target}"
        ) from fault
    return verify(target)


def verify(target: Path) -> BackupReport:
    """Read every file of the backup at *target* again and hold it against the manifest.

    Raises:
        IntegrityError: a file is missing or altered, the database is damaged, or a blob it needs is not there.

    """
    try:
        manifest: dict[str, Any] = json.loads((target / MANIFEST_NAME).read_bytes())
        said: dict[str, dict[str, Any]] = manifest["files"]
    except (OSError, ValueError, KeyError):
        raise IntegrityError(
            f"{target} has no readable {MANIFEST_NAME}: not a backup, or one cut short"
        ) from None
    total = 0
    for name, entry in said.items():
        path = target / name
        if not path.is_file() or path.stat().st_size != entry["size"] or _sha256(path) != entry["sha256"]:
            raise IntegrityError(f"the backup is damaged: {name} is missing or altered")
        total += int(entry["size"])
    missing = _blobs_needed(target / STATE / DATABASE_NAME) - {Path(name).name for name in said}
    if missing:
        raise IntegrityError(f"the backup is incomplete: {len(missing)} files of the archive are not in it")
    blobs = sum(1 for name in said if name.startswith(f"{STATE}/archive/"))
    return BackupReport(
        target=target, files=len(said), bytes=total, blobs=blobs, audit_seq=int(manifest["audit"]["seq"])
    )


def pause_restored(store: Store, root: Path, names: Iterable[str]) -> bool:
    """Pause the partners *names* where the installation at *root* is a backup that was never run; tell whether it is.

    It does not know what was sent since it was made, and would send that again. A person finds out, and resumes. The
    manifest, by which a backup is told and which fits it no longer, goes into state/.
    """
    manifest = root / MANIFEST_NAME
    if not manifest.is_file():
        return False
    try:
        made_at = str(json.loads(manifest.read_bytes())["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        made_at = "a day that its manifest no longer tells"
    reason = (
        f"restored from a backup of {made_at}, which does not know what was sent since: ask the partner, hold what it got "
        "(gateway hold C-ID --reason TEXT)"
    )
    with store.write("partner_paused") as tx:
        for name in names:
            partners.pause(tx, name, reason)
            tx.audit(name, {"reason": reason})
    manifest.rename(root / STATE / RESTORED_NAME)
    sync_folder(root)
    sync_folder(root / STATE)
    return True


def _copy_database(source: Path, target: Path) -> None:
    """Copy *source* as it stands at one moment; readers and the writer go on meanwhile."""
    target.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise IntegrityError("the database is damaged: PRAGMA integrity_check does not say ok")
    sync_file(target)
    sync_folder(target.parent)


def _files_of(root: Path) -> Iterator[Path]:
    """Yield what belongs to the installation besides the database, in a steady order."""
    if (root / CONFIG_NAME).is_file():
        yield root / CONFIG_NAME
    for folder in (root / "maps", root / STATE):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_symlink() or not path.is_file() or inside.name.startswith("."):
                continue
            if inside.parts[:2] == ("archive", "tmp") or (folder.name == STATE and inside.name in _LEFT_OUT):
                continue
            yield path


def _copy(source: Path, target: Path) -> None:
    private_folder(target.parent)
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        return  # a working file that was finished with between the look and the copy
    target.chmod(0o600)
    sync_file(target)
    sync_folder(target.parent)


def _manifest(target: Path, store: Store) -> dict[str, Any]:
    with closing(sqlite3.connect(target / STATE / DATABASE_NAME)) as copy:
        head = copy.execute("SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1").fetchone()
        environment = copy.execute("SELECT environment FROM installation").fetchone()
    files = sorted(path for path in target.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "made_at": f"{store.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "environment": environment[0] if environment else None,
        "schema": migrations.HEAD,
        "audit": {"seq": head[0] if head else 0, "hash": head[1] if head else ""},
        "files": {
            str(path.relative_to(target)): {"size": path.stat().st_size, "sha256": _sha256(path)}
            for path in files
        },
    }


def _blobs_needed(database: Path) -> set[str]:
    needed: set[str] = set()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        for table in ("intake_file", "transmission", "receipt"):
            needed |= {row[0] for row in copy.execute(f"SELECT blob FROM {table} WHERE blob IS NOT NULL")}  # noqa: S608
    return needed


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
