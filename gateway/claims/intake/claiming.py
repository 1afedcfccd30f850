"""A dropped file changes hands: out of outbound/ by rename, into state/intake/ under an id of ours (law 11).

Its own name goes into a sealed note beside it first, so that a crash in between loses neither file nor name.
"""

import errno
import json
import shutil
from pathlib import Path

from gateway import failpoints
from gateway.claims.intake.watch import Seen
from gateway.errors import ArchiveDamaged
from gateway.logs import log
from gateway.model.identifiers import Kind, new_id
from gateway.site import Site
from gateway.store.disk import private_folder, sync_file, sync_folder, write_whole

AFTER_NOTE = failpoints.declare(
    "intake.after_note", "a dropped file's note is written, the file still stands in outbound/"
)
AFTER_RENAME = failpoints.declare(
    "intake.after_rename", "a dropped file is claimed, nothing is archived or noted in the store"
)


def folder_of(site: Site) -> Path:
    """Return where claimed files lie until they are done."""
    folder = site.state / "intake"
    if not folder.is_dir():
        private_folder(folder)
    return folder


def claim_file(site: Site, seen: Seen) -> str | None:
    """Take a file out of outbound/ under an id of ours; None where it changed or went away meanwhile."""
    file_id = new_id(Kind.INTAKE_FILE)
    folder = folder_of(site)
    note, data = folder / f"{file_id}.note", folder / f"{file_id}.data"
    said = json.dumps({"name": seen.path.name, "partner": seen.partner})
    write_whole(note, site.store.keys.seal(said.encode("utf-8", "surrogateescape")))
    failpoints.hit(AFTER_NOTE)
    try:
        move(seen.path, data)
    except (FileNotFoundError, PermissionError) as fault:
        note.unlink()
        if isinstance(fault, PermissionError):
            log.warning("cannot_take", part="intake", errno=errno.errorcode.get(fault.errno or 0, "E"))
        return None
    facts = data.stat()
    if facts.st_size != seen.stamp[0] and _put_back(
        data, seen.path
    ):  # somebody still writes: leave it to them
        note.unlink()
        return None
    data.chmod(0o600)
    sync_folder(folder)
    failpoints.hit(AFTER_RENAME)
    return file_id


def _put_back(data: Path, name: Path) -> bool:
    """Give a claimed file its old name again; False where another file bears it by now, which is never overwritten."""
    try:
        name.hardlink_to(data)
    except FileExistsError:
        return False
    except OSError:  # another file system, or one without hard links: looking first is all there is
        if name.exists():
            return False
        move(data, name)
    else:
        data.unlink()
    return True


def move(source: Path, target: Path) -> None:
    """Rename, or copy where the two are on different file systems."""
    try:
        source.rename(target)
    except OSError as fault:
        if fault.errno != errno.EXDEV:
            raise
        # outbound/ is another file system: copy, make durable, then take the original away.
        draft = target.with_suffix(".copy")
        shutil.copyfile(source, draft)
        sync_file(draft)
        draft.rename(target)
        sync_folder(target.parent)
        source.unlink()


def about(site: Site, file_id: str) -> tuple[str, str | None]:
    """Return name and partner from the note; a note that is lost or damaged costs the name, not the file."""
    try:
        said = json.loads(site.store.keys.unseal((folder_of(site) / f"{file_id}.note").read_bytes()))
    except (OSError, ArchiveDamaged, ValueError):
        return file_id, None
    name = said["name"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return name, said["partner"]


def forget(site: Site, file_id: str) -> None:
    """Remove what is left of a file that is done; its bytes are in the archive."""
    for suffix in (".data", ".copy", ".note"):
        (folder_of(site) / f"{file_id}{suffix}").unlink(missing_ok=True)
