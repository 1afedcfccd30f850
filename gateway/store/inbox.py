"""What comes in: what stood in the partners' folders, and the receipts it became.

A file's identity is partner and content (sha256), never its name (TRAP-118); a name is kept sealed, for people. Names
are bytes of the partner's choosing (F21): they reach us with ``surrogateescape`` and are sealed and hashed as bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update

from gateway.errors import NotFound
from gateway.model.identifiers import Kind, new_id
from gateway.store.db import Tx
from gateway.store.schema import receipt, remote_seen

RECEIVED = "received"

REFUSED_LOOKS = -1
"""*looks* of an entry that we shall not fetch as it stands (empty, too large); it is left where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One file that came in."""

    id: str
    partner: str
    sha256: str
    size: int
    blob: str
    state: str
    raw_copied: bool
    received_at: datetime
    processed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One entry of a listing as remembered: *looks* in a row that showed it so, and the receipt it became."""

    id: int
    looks: int
    receipt: str | None
    removed: bool


def look(
    tx: Tx, partner: str, folder: str, entries: Sequence[tuple[str, int | None, int | None]]
) -> list[Seen]:
    """Note a listing of *folder*; return, entry by entry, what is now remembered of it.

    An entry is (name, size, mtime) as the partner's server tells them. Looks count from 1 again when size or time
    changed; a file that was removed and stands there anew is a new file.
    """
    names = [_name_index(tx, name) for name, _, _ in entries]
    known = _known(tx, partner, folder, names)
    for name, (_, size, mtime) in zip(names, entries, strict=True):
        before = known.get((name, size, mtime))
        if before is None:
            # what it was before it changed is of no use, unless it became a receipt
            tx.execute(
                delete(remote_seen).where(
                    _entry(partner, folder, name),
                    remote_seen.c.receipt.is_(None),
                    remote_seen.c.looks != REFUSED_LOOKS,
                )
            )
            tx.execute(
                insert(remote_seen).values(
                    partner=partner, folder=folder, name_index=name, size=size, mtime=mtime, looks=1,
                    seen_at=tx.now(), removed=False,
                )
            )  # fmt: skip
        elif before.removed:
            _set(tx, before.id, looks=1, seen_at=tx.now(), receipt=None, removed=False)
        elif before.receipt is None and before.looks != REFUSED_LOOKS:
            _set(tx, before.id, looks=before.looks + 1, seen_at=tx.now())
    known = _known(tx, partner, folder, names)
    return [known[name, size, mtime] for name, (_, size, mtime) in zip(names, entries, strict=True)]


def forget_gone(tx: Tx, partner: str, folder: str, there: Sequence[Seen]) -> None:
    """Forget what was left in *folder* and stands there no longer; *there* is the whole of the folder."""
    left = select(remote_seen.c.id).where(
        remote_seen.c.partner == partner,
        remote_seen.c.folder == folder,
        remote_seen.c.looks == REFUSED_LOOKS,
    )
    gone = set(tx.execute(left).scalars()) - {seen.id for seen in there}
    if gone:
        tx.execute(delete(remote_seen).where(remote_seen.c.id.in_(gone)))


def left(tx: Tx) -> list[tuple[int, str, datetime]]:
    """Return what is left at partners because it cannot be fetched as it stands: (id, partner, since)."""
    columns = remote_seen.c
    query = select(columns.id, columns.partner, columns.seen_at).where(columns.looks == REFUSED_LOOKS)
    return [(row.id, row.partner, row.seen_at) for row in tx.execute(query.order_by(columns.id))]


def doubt(tx: Tx, seen_id: int) -> None:
    """Start counting looks again: what came was not what the listing said."""
    _set(tx, seen_id, looks=0)


def refuse(tx: Tx, seen_id: int) -> None:
    """Do not fetch this entry as it stands; another size or time makes it a new one."""
    _set(tx, seen_id, looks=REFUSED_LOOKS)


def receive(
    tx: Tx, seen_id: int, *, partner: str, name: str, sha256: str, size: int, blob: str
) -> tuple[str, bool]:
    """Keep a downloaded, archived file and return (receipt id, whether it is new); a known content is linked (F15)."""
    known: str | None = tx.execute(
        select(receipt.c.id).where(receipt.c.partner == partner, receipt.c.sha256 == sha256)
    ).scalar()
    identifier = known or new_id(Kind.RECEIPT)
    if known is None:
        tx.execute(
            insert(receipt).values(
                id=identifier,
                partner=partner,
                name_sealed=tx.seal(_bytes(name)),
                sha256=sha256,
                size=size,
                blob=blob,
                state=RECEIVED,
                raw_copied=False,
                received_at=tx.now(),
            )
        )
    _set(tx, seen_id, receipt=identifier)
    return identifier, known is None


def receive_by_hand(tx: Tx, *, partner: str, sha256: str, size: int, blob: str) -> tuple[str, bool]:
    """Keep what a person entered, archived, and return (receipt id, whether it is new); its name is the actor's.

    Nobody is owed a raw copy: it came from here.
    """
    known: str | None = tx.execute(
        select(receipt.c.id).where(receipt.c.partner == partner, receipt.c.sha256 == sha256)
    ).scalar()
    if known is not None:
        return known, False
    identifier = new_id(Kind.RECEIPT)
    tx.execute(
        insert(receipt).values(
            id=identifier, partner=partner, name_sealed=tx.seal(_bytes(tx.actor)), sha256=sha256, size=size,
            blob=blob, state=RECEIVED, raw_copied=True, received_at=tx.now(),
        )
    )  # fmt: skip
    return identifier, True


def mark_removed(tx: Tx, seen_id: int) -> None:
    """Note that the partner's copy is gone from where we found it."""
    _set(tx, seen_id, removed=True)


def mark_copied(tx: Tx, receipt_id: str) -> None:
    """Note that the raw file stands in inbound/raw/."""
    tx.execute(update(receipt).where(receipt.c.id == receipt_id).values(raw_copied=True))


def uncopied(tx: Tx, partner: str | None = None) -> list[Receipt]:
    """Return the receipts whose raw copy is still owed to inbound/raw/ (law 1), oldest first."""
    conditions: list[ColumnElement[bool]] = [receipt.c.raw_copied.is_(False)]
    if partner is not None:
        conditions.append(receipt.c.partner == partner)
    return _receipts(tx, *conditions)


def pending(tx: Tx) -> list[Receipt]:
    """Return the receipts that nobody has processed yet, oldest first."""
    return _receipts(tx, receipt.c.state == RECEIVED)


def get(tx: Tx, receipt_id: str) -> Receipt:
    """Return the receipt; raise NotFound when there is none of that id."""
    found = _receipts(tx, receipt.c.id == receipt_id)
    if not found:
        raise NotFound(f"no receipt {receipt_id}")
    return found[0]


def finish(tx: Tx, receipt_id: str, state: str) -> None:
    """Note that the receipt was worked off: *state* is processed or quarantined."""
    tx.execute(update(receipt).where(receipt.c.id == receipt_id).values(state=state, processed_at=tx.now()))


def remote_name(tx: Tx, receipt_id: str) -> str:
    """Return the name the file bore at the partner, for people who may see it (``--reveal``); by hand: who entered it."""
    sealed = tx.execute(select(receipt.c.name_sealed).where(receipt.c.id == receipt_id)).scalar()
    if sealed is None:
        raise NotFound(f"no receipt {receipt_id}")
    return tx.unseal(sealed).decode("utf-8", "backslashreplace")


def _receipts(tx: Tx, *conditions: ColumnElement[bool]) -> list[Receipt]:
    columns = receipt.c
    query = (
        select(
            columns.id, columns.partner, columns.sha256, columns.size, columns.blob, columns.state, columns.raw_copied,
            columns.received_at, columns.processed_at,
        )
        .where(*conditions)
        .order_by(columns.received_at, columns.id)
    )  # fmt: skip
    return [Receipt(**row) for row in tx.execute(query).mappings()]


def _known(
    tx: Tx, partner: str, folder: str, names: Iterable[str]
) -> dict[tuple[str, int | None, int | None], Seen]:
    columns = remote_seen.c
    wanted = set(names)
    rows = tx.execute(
        select(
            columns.id, columns.name_index, columns.size, columns.mtime, columns.looks, columns.receipt, columns.removed
        ).where(columns.partner == partner, columns.folder == folder)
    )  # fmt: skip
    return {
        (row.name_index, row.size, row.mtime): Seen(
            id=row.id, looks=row.looks, receipt=row.receipt, removed=row.removed
        )
        for row in rows
        if row.name_index in wanted
    }


def _entry(partner: str, folder: str, name_index: str) -> ColumnElement[bool]:
    columns = remote_seen.c
    return (columns.partner == partner) & (columns.folder == folder) & (columns.name_index == name_index)


def _set(tx: Tx, seen_id: int, **values: object) -> None:
    tx.execute(update(remote_seen).where(remote_seen.c.id == seen_id).values(**values))


def _name_index(tx: Tx, name: str) -> str:
    return tx.index("remote_name", _bytes(name).hex())


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
