"""Files that billing systems dropped, and what became of their records, row by row."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, update

from gateway.errors import NotFound
from gateway.model.findings import Finding, Severity
from gateway.store.db import Tx
from gateway.store.schema import claim_version, hold, intake_file, refused_record

CLAIMED, DONE, UNREADABLE, REGISTERED = "claimed", "done", "unreadable", "registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFile:
    """One dropped file; *name* is the name it was dropped under, which no log may carry (law 11)."""

    id: str
    partner: str | None
    name: str
    format: str | None
    sha256: str
    size: int
    blob: str
    state: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of a file's records; *billed* is the charge of those that became claims."""

    accepted: int
    held: int
    refused: int
    billed: Decimal

    @property
    def records(self) -> int:
        """All of them."""
        return self.accepted + self.held + self.refused


def add(
    tx: Tx,
    file_id: str,
    *,
    partner: str | None,
    name: str,
    sha256: str,
    size: int,
    blob: str,
    state: str = CLAIMED,
) -> None:
    """Note a file whose bytes are in the archive and whose records are still to be taken.

    One that is only REGISTERED is never taken in by whoever finishes what a crash left: its claims are not to be sent.
    """
    tx.execute(
        insert(intake_file).values(
            id=file_id,
            partner=partner,
            name_sealed=tx.seal(name),
            sha256=sha256,
            size=size,
            blob=blob,
            state=state,
            received_at=tx.now(),
        )
    )


def find(tx: Tx, file_id: str) -> IntakeFile | None:
    """Return the file, None where it was never noted."""
    row = tx.execute(select(intake_file).where(intake_file.c.id == file_id)).mappings().first()
    return None if row is None else _file(tx, row)


def get(tx: Tx, file_id: str) -> IntakeFile:
    """Return the file; raise NotFound when there is none of that id."""
    found = find(tx, file_id)
    if found is None:
        raise NotFound(f"no intake file {file_id}")
    return found


def unfinished(tx: Tx) -> list[IntakeFile]:
    """Return the files that were noted and not finished, oldest first."""
    rows = tx.execute(
        select(intake_file).where(intake_file.c.state == CLAIMED).order_by(intake_file.c.received_at)
    ).mappings()
    return [_file(tx, row) for row in rows]


def _file(tx: Tx, row: Any) -> IntakeFile:
    return IntakeFile(
        id=row["id"],
        partner=row["partner"],
        name=tx.unseal(row["name_sealed"]).decode(),
        format=row["format"],
        sha256=row["sha256"],
        size=row["size"],
        blob=row["blob"],
        state=row["state"],
        received_at=row["received_at"],
    )


def rows_taken(tx: Tx, file_id: str) -> set[int]:
    """Return the rows that became a claim version."""
    found = select(claim_version.c.row).where(claim_version.c.intake_file == file_id)
    return {row for row in tx.execute(found).scalars() if row is not None}


def rows_refused(tx: Tx, file_id: str) -> set[int]:
    """Return the rows that were refused."""
    found = select(refused_record.c.row).where(refused_record.c.intake_file == file_id)
    return set(tx.execute(found).scalars())


def refuse(tx: Tx, file_id: str, row: int, findings: tuple[Finding, ...], *, charge: Decimal | None) -> None:
    """Note that the record of *row* did not become a claim, and why."""
    errors = [f for f in findings if f.severity is Severity.ERROR]
    tx.execute(
        insert(refused_record).values(
            intake_file=file_id,
            row=row,
            code=(errors or list(findings))[0].code,
            charge=charge,
            detail_sealed=tx.seal_json([asdict(f) for f in findings]),
        )
    )


def refusals(tx: Tx, file_id: str) -> Iterator[tuple[int, list[Finding]]]:
    """Yield each refused row with what was said of it, in order."""
    rows = tx.execute(
        select(refused_record.c.row, refused_record.c.detail_sealed)
        .where(refused_record.c.intake_file == file_id)
        .order_by(refused_record.c.row)
    )
    for row in rows:
        said = tx.unseal_json(row.detail_sealed) if row.detail_sealed else []
        yield row.row, [Finding(**{**f, "severity": Severity(f["severity"])}) for f in said]


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedVersion:
    """The record that a version was made of: its *file*, that file's *name* and *blob*, the *row*, an 837's *place*."""

    file: str
    name: str
    blob: str
    row: int
    place: str | None


def dropped_version(tx: Tx, version_id: str) -> DroppedVersion | None:
    """Return the record that a version, or else the one before it, was dropped as; None where none was dropped."""
    this = select(claim_version.c.claim, claim_version.c.version).where(claim_version.c.id == version_id)
    asked = tx.execute(this).first()
    if asked is None:
        return None
    row = tx.execute(
        select(
            claim_version.c.intake_file, claim_version.c.row, claim_version.c.place, intake_file.c.name_sealed,
            intake_file.c.blob,
        )
        .join(intake_file, intake_file.c.id == claim_version.c.intake_file)
        .where(claim_version.c.claim == asked.claim, claim_version.c.version <= asked.version)
        .order_by(claim_version.c.version.desc())
        .limit(1)
    ).first()  # fmt: skip
    if row is None or row.row is None:
        return None
    name = tx.unseal(row.name_sealed).decode()
    return DroppedVersion(file=row.intake_file, name=name, blob=row.blob, row=row.row, place=row.place)


def places_taken(tx: Tx, file_id: str) -> dict[int, str | None]:
    """Return the place of each row of a file that became a claim version."""
    rows = tx.execute(
        select(claim_version.c.row, claim_version.c.place).where(claim_version.c.intake_file == file_id)
    )
    return {row.row: row.place for row in rows if row.row is not None}


def held_rows(tx: Tx, file_id: str) -> list[tuple[int, str, list[str]]]:
    """Return (row, claim id, kinds of hold) of the file's records whose claim is held."""
    rows = tx.execute(
        select(claim_version.c.row, claim_version.c.claim, hold.c.kind)
        .join(hold, hold.c.subject == claim_version.c.claim)
        .where(claim_version.c.intake_file == file_id, hold.c.released_at.is_(None))
        .order_by(claim_version.c.row, hold.c.id)
    )
    held: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        held.setdefault((row.row, row.claim), []).append(row.kind)
    return [(row, claim_id, kinds) for (row, claim_id), kinds in held.items()]


def tally(tx: Tx, file_id: str) -> Tally:
    """Count what became of the file's records."""
    charges = list(
        tx.execute(select(claim_version.c.charge).where(claim_version.c.intake_file == file_id)).scalars()
    )
    refused = tx.execute(
        select(func.count(refused_record.c.id)).where(refused_record.c.intake_file == file_id)
    ).scalar_one()
    held = len(held_rows(tx, file_id))
    return Tally(
        accepted=len(charges) - held, held=held, refused=refused, billed=sum(charges, Decimal("0.00"))
    )


def finish(tx: Tx, file_id: str, state: str, *, file_format: str | None, counted: Tally) -> None:
    """Note that nothing is left to take from the file."""
    tx.execute(
        update(intake_file)
        .where(intake_file.c.id == file_id)
        .values(
            state=state,
            format=file_format,
            finished_at=tx.now(),
            records=counted.records,
            accepted=counted.accepted,
            held=counted.held,
            refused=counted.refused,
            billed=counted.billed,
        )
    )
