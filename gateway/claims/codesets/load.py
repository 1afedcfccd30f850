"""Loading a release of a code set: whole or not at all, once, with its audit event."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from gateway.claims.codesets.files import CodeFile, read_code_file
from gateway.errors import NotFound, Refused, UsageError
from gateway.logs import log
from gateway.model.codesets import WHAT, CodeSet
from gateway.settings import Limits
from gateway.store import codes
from gateway.store.codes import Changes, Release
from gateway.store.db import Store, Tx

MOST_OF_A_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading a file did, or would do: *again* is True where this very file was loaded before."""

    code_set: CodeSet
    effective: date
    good_until: date | None
    layout: str
    codes: int
    added: int
    closed: int
    changed: int
    again: bool = False
    dated_by_name: bool = False


def load_codes(
    store: Store,
    code_set: CodeSet,
    data: bytes,
    *,
    name: str,
    effective: date | None,
    actor: str,
    limits: Limits,
    dry_run: bool = False,
    begun: Callable[[int], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> Loaded:
    """Load *data*, a file called *name*, as the release of *code_set* that takes effect on *effective*.

    Without *effective* the file's name says it, as its publisher named it. *begun* is told how many codes there are,
    *advance* how many were written. With *dry_run* nothing is.

    Raises:
        UsageError: the file cannot be read as codes of this set, or nothing says from when it holds.
        Refused: another file is loaded as the release of that day.

    """
    read = read_code_file(code_set, name, data, most=limits.codes)
    from_day = effective or read.effective
    if from_day is None:
        raise UsageError(
            f"{name} does not say from when it holds; give --effective DATE, the first day of service that it judges"
        )
    begun(len(read.rows))
    sha256 = hashlib.sha256(data).hexdigest()
    if dry_run:
        with store.read() as tx:
            again = _is_there(tx, code_set, from_day, sha256)
            changes = _NOTHING if again else codes.preview(tx, code_set, from_day, read.rows)
    else:
        with store.write("codes_loaded", actor=actor) as tx:
            again = _is_there(tx, code_set, from_day, sha256)
            changes = _NOTHING
            if not again:
                release = _release(tx, code_set, from_day, read, name=name, sha256=sha256)
                changes = codes.add_release(tx, release, read.rows, advance=advance)
                tx.audit(code_set.value, _facts(release, changes))
    done = Loaded(
        code_set=code_set, effective=from_day, good_until=code_set.lasts_until(from_day), layout=read.layout,
        codes=len(read.rows), added=changes.added, closed=changes.closed, changed=changes.changed, again=again,
        dated_by_name=effective is None,
    )  # fmt: skip
    if not (again or dry_run):
        log.info("codes_loaded", code_set=code_set.value, effective=str(from_day), codes=done.codes)
    return done


_NOTHING = Changes(added=0, closed=0, changed=0)


def _release(
    tx: Tx, code_set: CodeSet, effective: date, read: CodeFile, *, name: str, sha256: str
) -> Release:
    return Release(
        code_set=code_set, effective=effective, codes=len(read.rows), source=name[:MOST_OF_A_NAME], layout=read.layout,
        sha256=sha256, loaded_at=tx.now(), loaded_by=tx.actor,
    )  # fmt: skip


def _facts(release: Release, changes: Changes) -> dict[str, object]:
    return {
        "effective": release.effective.isoformat(), "codes": release.codes, "layout": release.layout,
        "sha256": release.sha256, "added": changes.added, "closed": changes.closed, "changed": changes.changed,
    }  # fmt: skip


def _is_there(tx: Tx, code_set: CodeSet, effective: date, sha256: str) -> bool:
    """Tell whether this very file is loaded; raise Refused where another one is."""
    for release in codes.releases(tx, code_set):
        if release.effective == effective:
            if release.sha256 == sha256:
                return True
            raise Refused(
                f"another file ({release.source}) is loaded as {code_set.value} of {effective}. For an update give the "
                "day from which it holds with --effective DATE; to load this one instead, first: "
                f"gateway codes remove {code_set.value} {effective}"
            )
    return False


def remove_codes(store: Store, code_set: CodeSet, effective: date, *, actor: str) -> Changes:
    """Take a release out that was loaded by mistake; the release before it holds on its days.

    Raises:
        NotFound: no release of that day is loaded.

    """
    with store.write("codes_removed", actor=actor) as tx:
        loaded = [release.effective for release in codes.releases(tx, code_set)]
        if effective not in loaded:
            known = ", ".join(map(str, loaded)) or "none"
            raise NotFound(f"no release of {WHAT[code_set]} of {effective} is loaded (there are: {known})")
        changes = codes.remove_release(tx, code_set, effective)
        tx.audit(
            code_set.value,
            {"effective": effective.isoformat(), "opened": changes.added, "closed": changes.closed},
        )
    return changes
