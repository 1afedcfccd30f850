"""Fixing for ever what will be sent: numbers first, bytes then, one commit each (law 2).

T1 takes the control numbers, makes the draft and reserves a submission for each claim. Outside any transaction the file
is written, checked, rid of the claims that fail, and archived. T2 seals: sha256, size, remote name, map hash, each
claim's place in the file, what its account shows as charged. A crash in between burns numbers and never reuses
them: `reconcile.recover` abandons the draft, and its claims are ready again.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal

from gateway import failpoints
from gateway.errors import ConfigError, GatewayError, IntegrityError
from gateway.exchange import reconcile
from gateway.exchange.render import Guilt, Job, Rendered, envelope_ids, file_name, judge, prepare, says_usage
from gateway.logs import log
from gateway.model.claim import Claim
from gateway.model.findings import Finding, error
from gateway.model.lifecycle import SubmissionState
from gateway.settings import zone
from gateway.site import Site
from gateway.store import charges, exports, findings, holds, partners, submissions, transmissions
from gateway.store import claims as stored_claims
from gateway.store.db import Tx
from gateway.store.numbers import take

S = SubmissionState
MAX_NUMBER = 999_999_999

AFTER_NUMBERS = failpoints.declare(
    "seal.after_numbers", "numbers, draft and submissions are committed; no bytes yet"
)
AFTER_CHECK = failpoints.declare(
    "seal.after_check", "the file is written and passes the check; nothing is kept of it"
)
AFTER_ARCHIVE = failpoints.declare(
    "seal.after_archive", "the file is archived; the transmission is still a draft"
)
AFTER_COMMIT = failpoints.declare("seal.after_commit", "sealed, and committed")


@dataclass(frozen=True, slots=True)
class SealClaim:
    """A claim version chosen to go out."""

    claim_id: str
    version_id: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class SealResult:
    """What became of the claims.

    *sent* are in the transmission; *withheld* were refused, each with its findings; *deferred* did not fit and are as
    ready as before.
    """

    transmission_id: str | None
    sent: int
    withheld: tuple[tuple[str, tuple[Finding, ...]], ...] = ()
    deferred: int = 0


@dataclass(frozen=True, slots=True)
class _Reserved:
    """A claim with its submission and its set."""

    submission_id: str
    st02: str
    chosen: SealClaim
    claim: Claim


@dataclass(slots=True)
class _Draft:
    """A transmission on its way from T1 to T2."""

    id: str
    partner: str
    job: Job
    inside: list[_Reserved]
    refused: list[tuple[str, tuple[Finding, ...]]]
    failed: list[tuple[_Reserved, tuple[Finding, ...]]]
    spilled: list[_Reserved]
    deferred: int

    def result(self, *, sealed: bool) -> SealResult:
        withheld = [*self.refused, *((one.chosen.claim_id, found) for one, found in self.failed)]
        return SealResult(
            self.id if sealed else None,
            len(self.inside) if sealed else 0,
            tuple(withheld),
            self.deferred + len(self.spilled),
        )


def seal(site: Site, partner: str, claims: Sequence[SealClaim], *, actor: str = "daemon") -> SealResult:
    """Make one transmission of *claims*, as many as the profile allows in one file.

    A claim that fails the check is taken out and held, and the others go; when none is left the numbers are burnt and
    nothing is sealed.

    Raises:
        ConfigError: test and production do not agree (law 10), the file name template is wrong, or the head of the
            file, which comes from config.toml, does not pass the check. The claims stay ready.
        StoreUnavailable: the archive or the database cannot be written. The claims stay ready after recovery.

    """
    profile = site.partner(partner)
    if profile.environment is not site.settings.environment:
        raise ConfigError(f"partner {partner}: test and production do not agree; nothing is sent (law 10)")
    draft = _number(site, partner, claims, actor)
    if draft is None:
        return SealResult(None, 0)
    failpoints.hit(AFTER_NUMBERS)
    try:
        rendered = _until_clean(draft)
        if rendered is None:
            _give_up(site, draft, actor, "no claim was left to send")
            return draft.result(sealed=False)
        failpoints.hit(AFTER_CHECK)
        if not says_usage(rendered.data, profile.environment.isa15):
            raise IntegrityError("ISA15 does not say what the profile says; nothing is sent (law 10)")
        blob = site.archive.put(rendered.data, "transmission")
        failpoints.hit(AFTER_ARCHIVE)
        _commit(site, draft, rendered, blob, actor)
    except Exception as fault:
        draft.failed.clear()
        with suppress(GatewayError):  # the first fault counts; recover() abandons what is left
            _give_up(site, draft, actor, f"could not be sealed: {type(fault).__name__}")
        raise
    failpoints.hit(AFTER_COMMIT)
    return draft.result(sealed=True)


def _number(site: Site, partner: str, claims: Sequence[SealClaim], actor: str) -> _Draft | None:
    """T1: numbers, draft, sets, and a reserved submission for each claim; None when there is nothing to reserve."""
    profile, claim_map = site.partner(partner), site.claim_map(partner)
    ids, batching = envelope_ids(profile), profile.batching
    room = batching.claims_per_set * batching.sets_per_file
    sender, receiver = (
        f"{ids.sender_qualifier}:{ids.sender_id}",
        f"{ids.receiver_qualifier}:{ids.receiver_id}",
    )
    with site.store.write("draft", actor=actor) as tx:
        still = stored_claims.unchanged(tx, partner, (one.version_id for one in claims))
        free = [one for one in claims if one.version_id in still]
        if not free:
            return None
        created = tx.now().astimezone(zone(site.settings.submitter.time_zone))
        first = profile.envelope.first_control_number
        isa13, gs06 = take_numbers(tx, partner, sender, receiver, first)
        identifier = transmissions.new_draft(
            tx, partner=partner, environment=profile.environment.value, kind=claim_map.name.upper(), sender=sender,
            receiver=receiver, isa13=isa13, gs06=gs06, version=claim_map.version, map_hash=claim_map.hash,
        )  # fmt: skip
        references: dict[str, str] = {}
        job = Job(
            profile=profile, submitter=site.settings.submitter, claim_map=claim_map, isa13=isa13, gs06=gs06,
            created=created, references=references,
        )  # fmt: skip
        file_name(job, "0" * 64)
        draft = _Draft(identifier, partner, job, [], [], [], [], len(claims) - len(free[:room]))
        for one in free[:room]:
            st02 = f"{len(draft.inside) // batching.claims_per_set + 1:04d}"
            if st02 not in references:
                references[st02] = f"{identifier[2:]}{st02}"
                transmissions.add_set(tx, identifier, st02, references[st02])
            _reserve(tx, draft, one, st02)
        tx.audit(identifier, {"partner": partner, "isa13": isa13, "gs06": gs06, "claims": len(draft.inside)})
    return draft


def take_numbers(tx: Tx, partner: str, sender: str, receiver: str, first: int) -> tuple[int, int]:
    """Take ISA13 and GS06; a number that a registered file of the previous system bears is passed over."""
    isa13, gs06 = 0, 0
    while not isa13 or transmissions.by_pair(tx, sender=sender, receiver=receiver, isa13=isa13):
        isa13 = take(tx, f"isa13/{sender}/{receiver}", first=first, wrap_after=MAX_NUMBER)
    while not gs06 or transmissions.by_group(tx, partner, gs06):
        gs06 = take(tx, f"gs06/{partner}", first=first, wrap_after=MAX_NUMBER)
    return isa13, gs06


def _reserve(tx: Tx, draft: _Draft, one: SealClaim, st02: str) -> None:
    reserved = transmissions.reserve(
        tx, draft.id, st02, claim_id=one.claim_id, version_id=one.version_id, payer=one.claim.payer.id,
        payer_sequence=one.claim.payer_sequence, frequency=one.claim.frequency,
    )  # fmt: skip
    if reserved is None:
        said = error(
            "D-DUP",
            "This claim is on its way to this payer already; it goes again once that submission is answered.",
            claim=one.claim.patient_control_number,
        )
        draft.refused.append((one.claim_id, (said,)))
    else:
        draft.inside.append(_Reserved(reserved, st02, one, prepare(one.claim, one.claim_id)))


def _until_clean(draft: _Draft) -> Rendered | None:
    """Write and check, take out who is to blame, and again, until the file is clean or empty."""
    while draft.inside:
        grouped = _by_set(draft.inside)
        rendered, guilt = judge(
            draft.job, {st02: [one.claim for one in group] for st02, group in grouped.items()}
        )
        if guilt.head and not guilt.claims:
            raise ConfigError(_head_fault(draft, guilt))
        if guilt.claims:
            _take_out(draft, grouped, guilt)
        elif rendered is not None and len(rendered.data) <= draft.job.profile.batching.max_bytes:
            return rendered
        elif rendered is not None:
            _spill(draft, len(rendered.data))
    return None


def _take_out(draft: _Draft, grouped: Mapping[str, Sequence[_Reserved]], guilt: Guilt) -> None:
    out = {grouped[st02][index].submission_id: found for (st02, index), found in guilt.claims.items()}
    for one in draft.inside:
        if one.submission_id in out:
            draft.failed.append((one, out[one.submission_id]))
    draft.inside = [one for one in draft.inside if one.submission_id not in out]


def _spill(draft: _Draft, size: int) -> None:
    """The file is too large: send the tail next time; a claim too large on its own is held."""
    limit = draft.job.profile.batching.max_bytes
    if len(draft.inside) == 1:
        (one,) = draft.inside
        said = error(
            "D-SIZE",
            f"This claim alone makes a file of {size} bytes; the partner takes {limit} (batching.max_bytes).",
            claim=one.claim.patient_control_number,
        )
        draft.failed.append((one, (said,)))
        draft.inside = []
        return
    keep = min(len(draft.inside) - 1, max(1, int(len(draft.inside) * limit / size * 0.98)))
    draft.spilled += draft.inside[keep:]
    draft.inside = draft.inside[:keep]


def _head_fault(draft: _Draft, guilt: Guilt) -> str:
    places = sorted({f"{f.code} at {f.element or f.segment or 'the envelope'}" for f in guilt.head})
    return (
        f"partner {draft.partner}: the head of the file does not pass the check ({'; '.join(places[:5])}); look at "
        f"[submitter] and [partner.{draft.partner}] in config.toml and at the partner's map. The claims stay ready"
    )


def _commit(site: Site, draft: _Draft, rendered: Rendered, blob: str, actor: str) -> None:
    """T2: the bytes are fixed, the submissions stand in them, the charges are booked."""
    grouped = _by_set(draft.inside)
    billed = sum((one.claim.charge for one in draft.inside), Decimal(0))
    name = file_name(draft.job, blob)
    with site.store.write("seal", actor=actor) as tx:
        if transmissions.name_is_taken(tx, draft.partner, name):
            name = f"{draft.id}_{name}"
        transmissions.seal(
            tx, draft.id, segments={st02: len(one.segments) + 2 for st02, one in rendered.written.items()},
            blob=blob, sha256=blob, size=len(rendered.data), remote_name=name, claims=len(draft.inside), billed=billed,
        )  # fmt: skip
        for st02, group in grouped.items():
            for one, (first, last) in zip(group, rendered.written[st02].spans, strict=True):
                transmissions.place_submission(tx, one.submission_id, first_segment=first, last_segment=last)
                submissions.move(tx, one.submission_id, S.SEALED)
        charges.book(tx, (one.submission_id for one in draft.inside))
        _withhold(site, tx, draft)
        new_map = partners.get(tx, draft.partner).map_hash != draft.job.claim_map.hash
        if new_map:
            partners.set_map_hash(tx, draft.partner, draft.job.claim_map.hash)
        tx.audit(
            draft.id,
            {
                "sha256": blob, "bytes": len(rendered.data), "claims": len(draft.inside), "billed": str(billed),
                "withheld": len(draft.failed), "map": draft.job.claim_map.hash, "map_is_new": new_map,
            },
        )  # fmt: skip
    log.info(
        "sealed", partner=draft.partner, transmission=draft.id, claims=len(draft.inside), bytes=len(rendered.data),
        withheld=len(draft.failed), billed=billed,
    )  # fmt: skip


def _withhold(site: Site, tx: Tx, draft: _Draft) -> None:
    """Hold who failed, with the findings, and give the record back; let who did not fit be as ready as before."""
    origins = site.origins(site)
    places = draft.job.claim_map.places
    for one, found in draft.failed:
        version = one.chosen.version_id
        said = origins.put(tx, version, found, sent=places) or list(found)
        submissions.move(tx, one.submission_id, S.WITHDRAWN, "did not pass the check")
        findings.keep(tx, one.chosen.claim_id, said)
        codes = ", ".join(sorted({f.code for f in found}))
        holds.place(tx, one.chosen.claim_id, "check", f"the file check says: {codes}")
        content = {
            "claim": one.chosen.claim_id, "version": version, "by": "check before sending", "codes": codes,
            "findings": [{**asdict(f), "severity": f.severity.value} for f in said],
        }  # fmt: skip
        exports.queue(tx, exports.REJECTED, f"back:{one.submission_id}", content)
    for one in draft.spilled:
        submissions.move(tx, one.submission_id, S.WITHDRAWN, "did not fit into the file")


def _give_up(site: Site, draft: _Draft, actor: str, reason: str) -> None:
    """Burn the numbers; whoever was not found guilty is ready again."""
    with site.store.write("abandoned", actor=actor) as tx:
        _withhold(site, tx, draft)
        reconcile.abandon(tx, draft.id, reason)
        tx.audit(draft.id, {"reason": reason, "withheld": len(draft.failed), "isa13": draft.job.isa13})
    log.warning("abandoned", partner=draft.partner, transmission=draft.id, withheld=len(draft.failed))


def _by_set(inside: Sequence[_Reserved]) -> dict[str, list[_Reserved]]:
    grouped: dict[str, list[_Reserved]] = {}
    for one in inside:
        grouped.setdefault(one.st02, []).append(one)
    return grouped
