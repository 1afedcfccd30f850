"""Claims and their versions: the account that money is posted to, and what was said under it over time.

A version is *ready* when no hold is open on its claim and nothing of it is on its way: it was never submitted, was
withdrawn, or was rejected and then released (a rejection places a hold; only a reason or a mended version lifts it).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from gateway.errors import NotFound
from gateway.mapping.canonical import canonical
from gateway.model import duplicates, matching
from gateway.model.claim import Claim
from gateway.model.codec import claim_from_json, compact
from gateway.model.identifiers import Kind, new_id
from gateway.model.lifecycle import (
    LIVE_STATES,
    REJECTED_STATES,
    VOID,
    ClaimState,
    SubmissionState,
    claim_state,
)
from gateway.store.chunks import chunked
from gateway.store.db import Tx
from gateway.store.schema import claim, claim_version, hold, submission

S = SubmissionState

_LATER = claim_version.alias("later")
_OTHER = submission.alias("other")

_IS_NEWEST = ~exists().where(
    _LATER.c.claim == claim_version.c.claim, _LATER.c.version > claim_version.c.version
).correlate(claim_version)
"""Of a claim's versions only the newest."""

_HELD = exists().where(hold.c.subject == claim.c.id, hold.c.released_at.is_(None)).correlate(claim)
"""Claims that a hold is open on."""

_LIVE = sorted(s.value for s in LIVE_STATES)
_NOT_OUT = (S.RESERVED.value, S.WITHDRAWN.value)
_OVER = sorted(s.value for s in REJECTED_STATES | {S.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaim:
    """A claim with its newest version, its open holds and its newest submission.

    *submitted_version* is the version that the newest submission carried, *submitted_frequency* its frequency (None while
    the claim is still charged); *charge* the newest version's.
    """

    id: str
    partner: str | None
    charge: Decimal
    created_at: datetime
    version_id: str
    version: int
    frequency: str
    payer: str
    payer_sequence: str
    intake_file: str | None
    row: int | None
    holds: tuple[str, ...] = ()
    submission_id: str | None = None
    submission_state: SubmissionState | None = None
    submitted_frequency: str | None = None
    submitted_version: str | None = None
    transmission_id: str | None = None

    @property
    def state(self) -> ClaimState:
        """Where the claim stands, derived."""
        return claim_state(self.submission_state, held=bool(self.holds), frequency=self.submitted_frequency)

    @property
    def is_live(self) -> bool:
        """Tell whether a payer may be working on it, or has: an original may not be sent again."""
        return self.submission_state in LIVE_STATES

    @property
    def is_rejected(self) -> bool:
        """Tell whether its newest submission was rejected before adjudication."""
        return self.submission_state in REJECTED_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyClaim:
    """A version that may go out now."""

    claim_id: str
    version_id: str
    claim: Claim
    created_at: datetime


def new_claim(
    tx: Tx,
    content: Claim,
    *,
    partner: str | None,
    intake_file: str | None = None,
    row: int | None = None,
    place: str | None = None,
) -> tuple[str, str]:
    """Open a claim with its first version and return both ids; *partner* is None where it cannot be routed.

    *row* and *place* say where in the dropped file *intake_file* the record stands.
    """
    claim_id = new_id(Kind.CLAIM)
    number = content.patient_control_number
    tx.execute(
        insert(claim),
        {
            "id": claim_id,
            "partner": partner,
            "pcn_index": tx.index(matching.PCN, matching.exact_pcn(number)),
            "pcn_loose_index": tx.index(matching.PCN_LOOSE, matching.loose_pcn(number)),
            "charge": content.charge,
            "created_at": tx.now(),
        },
    )
    return claim_id, _add_version(
        tx, claim_id, content, version=1, intake_file=intake_file, row=row, place=place
    )


def new_version(
    tx: Tx,
    claim_id: str,
    content: Claim,
    *,
    intake_file: str | None = None,
    row: int | None = None,
    place: str | None = None,
) -> str:
    """Add what is now said of the claim and return the version's id; what it bills is booked when it is sealed."""
    last = tx.execute(
        select(func.max(claim_version.c.version)).where(claim_version.c.claim == claim_id)
    ).scalar()
    if last is None:
        raise NotFound(f"no claim {claim_id}")
    version_id = _add_version(
        tx, claim_id, content, version=last + 1, intake_file=intake_file, row=row, place=place
    )
    out = exists().where(submission.c.claim == claim_id, submission.c.state.not_in(_NOT_OUT))
    tx.execute(update(claim).where(claim.c.id == claim_id, ~out).values(charge=content.charge))
    return version_id


def _add_version(
    tx: Tx,
    claim_id: str,
    content: Claim,
    *,
    version: int,
    intake_file: str | None,
    row: int | None,
    place: str | None,
) -> str:
    version_id = new_id(Kind.VERSION)
    member = content.subscriber.member_id
    same = _same(content)
    tx.execute(
        insert(claim_version),
        {
            "id": version_id,
            "claim": claim_id,
            "version": version,
            "intake_file": intake_file,
            "row": row,
            "place": place,
            "content_sealed": tx.seal_json(compact(content)),
            "content_index": tx.index(duplicates.CONTENT, duplicates.content_key(same)),
            "service_index": tx.index(duplicates.SERVICE, duplicates.service_key(same)),
            "member_index": tx.index(matching.MEMBER, matching.loose_id(member)) if member else None,
            "payer": content.payer.id[:80],
            "frequency": content.frequency[:1],  # longer ones are held by the edits
            "payer_sequence": content.payer_sequence[:1],
            "charge": content.charge,
            "created_at": tx.now(),
        },
    )
    return version_id


def set_partner(tx: Tx, claim_id: str, partner: str | None) -> None:
    """Say through whom the claim goes."""
    tx.execute(update(claim).where(claim.c.id == claim_id).values(partner=partner))


def content(tx: Tx, version_id: str) -> Claim:
    """Return what a version says; raise NotFound when there is none of that id."""
    sealed = tx.execute(
        select(claim_version.c.content_sealed).where(claim_version.c.id == version_id)
    ).scalar()
    if sealed is None:
        raise NotFound(f"no claim version {version_id}")
    return _content(tx, sealed)


def contents(tx: Tx, version_ids: Iterable[str]) -> dict[str, Claim]:
    """Return what each of *version_ids* says; one that does not exist is left out."""
    found: dict[str, Claim] = {}
    for part in chunked(version_ids):
        query = select(claim_version.c.id, claim_version.c.content_sealed).where(claim_version.c.id.in_(part))
        found |= {row.id: _content(tx, row.content_sealed) for row in tx.execute(query)}
    return found


def _content(tx: Tx, sealed: bytes) -> Claim:
    return claim_from_json(json.loads(tx.unseal(sealed)))


def get(tx: Tx, claim_id: str) -> StoredClaim:
    """Return the claim; raise NotFound when there is none of that id."""
    found = _stored(tx, _STORED.where(claim.c.id == claim_id))
    if not found:
        raise NotFound(f"no claim {claim_id}")
    return found[0]


def with_pcn(tx: Tx, number: str) -> list[StoredClaim]:
    """Return the claims with exactly this patient control number, oldest first."""
    wanted = tx.index(matching.PCN, matching.exact_pcn(number))
    return _stored(tx, _STORED.where(claim.c.pcn_index == wanted))


def same_content(tx: Tx, claim_content: Claim) -> list[str]:
    """Return the claims whose version with this very content is on its way, adjudicated, ready or held (D-DUP).

    Compared is what X12 carries of the claim, so that it is the same in whatever format it was dropped.
    """
    wanted = tx.index(duplicates.CONTENT, duplicates.content_key(_same(claim_content)))
    return _claims(tx, _SAME_CONTENT, wanted)


def same_services(tx: Tx, claim_content: Claim) -> list[str]:
    """Return the claims alive that bill the same services of the same patient (domain.md 2.17 item 20)."""
    wanted = tx.index(duplicates.SERVICE, duplicates.service_key(_same(claim_content)))
    return _claims(tx, _SAME_SERVICES, wanted)


_latest: tuple[Claim, Claim] | None = None


def _same(content: Claim) -> Claim:
    """Return *content* as X12 carries it, worked out once for the questions that are asked of one claim in a row."""
    global _latest  # noqa: PLW0603 - a cache of one
    kept = _latest
    if kept is None or kept[0] is not content:
        kept = _latest = (content, canonical(content))
    return kept[1]


def _claims(tx: Tx, query: Select[Any], wanted: str) -> list[str]:
    return list(dict.fromkeys(tx.execute(query, {"wanted": wanted}).scalars()))


def _alive(index: Column[Any]) -> Select[Any]:
    """Select the claims with a version whose *index* is wanted and that is live and not voided, or may still go out.

    A newest version may go out when it was never sent, held or not, and when it was rejected and then released.
    """
    of_version = submission.c.version == claim_version.c.id
    voided = exists().where(
        _OTHER.c.claim == submission.c.claim,
        _OTHER.c.payer == submission.c.payer,
        _OTHER.c.frequency == VOID,
        _OTHER.c.state == S.PAYER_ACCEPTED.value,
    )
    out = exists().where(of_version, submission.c.state.in_(_LIVE))
    live = exists().where(of_version, submission.c.state.in_(_LIVE), ~voided)
    tried = exists().where(of_version, submission.c.state != S.WITHDRAWN.value)
    held = exists().where(hold.c.subject == claim_version.c.claim, hold.c.released_at.is_(None))
    return (
        select(claim_version.c.claim)
        .where(index == bindparam("wanted"), live | (_IS_NEWEST & ~out & (~tried | ~held)))
        .order_by(claim_version.c.created_at, claim_version.c.id)
    )


_SAME_CONTENT = _alive(claim_version.c.content_index)
_SAME_SERVICES = _alive(claim_version.c.service_index)


def ready_for(tx: Tx, partner: str, limit: int | None = None) -> list[ReadyClaim]:
    """Return what may go to *partner* now, oldest first, at most *limit*."""
    of_claim = submission.c.claim == claim.c.id
    busy = exists().where(submission.c.version == claim_version.c.id, submission.c.state.not_in(_OVER))
    live_original = exists().where(
        of_claim,
        submission.c.payer == claim_version.c.payer,
        submission.c.frequency == "1",
        submission.c.state.in_(_LIVE),
    )
    rows = tx.execute(
        select(
            claim.c.id,
            claim_version.c.id.label("version_id"),
            claim_version.c.content_sealed,
            claim_version.c.created_at,
        )
        .join(claim_version, claim_version.c.claim == claim.c.id)
        .where(
            claim.c.partner == partner,
            _IS_NEWEST,
            ~busy,
            (claim_version.c.frequency != "1") | ~live_original,
            ~_HELD,
        )
        .order_by(claim_version.c.created_at, claim_version.c.id)
        .limit(limit)
    )
    return [
        ReadyClaim(
            claim_id=row.id,
            version_id=row.version_id,
            claim=_content(tx, row.content_sealed),
            created_at=row.created_at,
        )
        for row in rows
    ]


def unchanged(tx: Tx, partner: str, version_ids: Iterable[str]) -> set[str]:
    """Return those of *version_ids* that are still the last word on their claim, go to *partner*, and are not held.

    What was chosen from `ready_for` may be minutes old when it is sealed; a person or a mended record may have come
    between.
    """
    found: set[str] = set()
    for part in chunked(version_ids):
        query = (
            select(claim_version.c.id)
            .join(claim, claim.c.id == claim_version.c.claim)
            .where(claim_version.c.id.in_(part), claim.c.partner == partner, _IS_NEWEST, ~_HELD)
        )
        found.update(tx.execute(query).scalars())
    return found


_TAKES_ALL_BACK = case((claim.c.charge == literal_column("0"), submission.c.frequency), else_=None)
"""The newest submission's frequency; none where something is still charged: only a later payer's part was taken back."""


def _query() -> Select[Any]:
    """Select claims with their newest version and newest submission."""
    newest = (
        select(_OTHER.c.id)
        .where(_OTHER.c.claim == claim.c.id)
        .order_by(_OTHER.c.created_at.desc(), _OTHER.c.id.desc())
        .limit(1)
        .correlate(claim)
        .scalar_subquery()
    )
    return (
        select(
            claim.c.id,
            claim.c.partner,
            claim_version.c.charge,
            claim.c.created_at,
            claim_version.c.id.label("version_id"),
            claim_version.c.version,
            claim_version.c.frequency,
            claim_version.c.payer,
            claim_version.c.payer_sequence,
            claim_version.c.intake_file,
            claim_version.c.row,
            submission.c.id.label("submission_id"),
            submission.c.state.label("submission_state"),
            _TAKES_ALL_BACK.label("submitted_frequency"),
            submission.c.version.label("submitted_version"),
            submission.c.transmission.label("transmission_id"),
        )
        .select_from(claim)
        .join(claim_version, and_(claim_version.c.claim == claim.c.id, _IS_NEWEST))
        .outerjoin(submission, submission.c.id == newest)
        .order_by(claim.c.created_at, claim.c.id)
    )


_STORED = _query()


def _stored(tx: Tx, query: Select[Any]) -> list[StoredClaim]:
    rows = tx.execute(query).mappings().all()
    if not rows:
        return []
    held: dict[str, list[str]] = {row["id"]: [] for row in rows}
    open_holds = select(hold.c.subject, hold.c.kind).where(
        hold.c.subject.in_(list(held)), hold.c.released_at.is_(None)
    )
    for one in tx.execute(open_holds.order_by(hold.c.id)):
        held[one.subject].append(one.kind)
    return [
        StoredClaim(
            **{
                **row,
                "holds": tuple(held[row["id"]]),
                "submission_state": SubmissionState(row["submission_state"])
                if row["submission_state"]
                else None,
            }
        )
        for row in rows
    ]


def in_state(tx: Tx, state: ClaimState, *, partner: str | None = None, limit: int = 500) -> list[StoredClaim]:
    """Return claims that stand in *state*, oldest first, at most *limit*."""
    query = _STORED
    if partner is not None:
        query = query.where(claim.c.partner == partner)
    found: list[StoredClaim] = []
    step = 1000
    for start in range(0, 10**9, step):
        page = _stored(tx, query.offset(start).limit(step))
        found += (one for one in page if one.state is state)
        if len(page) < step or len(found) >= limit:
            break
    return found[:limit]
