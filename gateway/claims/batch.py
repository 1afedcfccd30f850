"""What goes out now, and in which files; and what a person may do to a claim that waits.

Three verbs are never mixed (law 4): a claim is *resubmitted* here, under new numbers and with a reason; the same bytes
are retransmitted in `exchange.deliver`; a receipt is reread in `responses.sort`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.claims import replacing
from gateway.claims.intake.accept import holds_for, judge_claim
from gateway.claims.route import UNROUTABLE
from gateway.errors import NotFound, Refused
from gateway.exchange.seal import SealClaim, seal
from gateway.logs import log
from gateway.model.claim import Claim
from gateway.model.duplicates import content_key
from gateway.model.identifiers import Kind, kind_of
from gateway.settings import Batching
from gateway.site import Site
from gateway.store import claims, findings, holds, partners, submissions
from gateway.store.claims import ReadyClaim, StoredClaim
from gateway.store.db import Tx

MOST_AT_ONCE = 20_000
"""Claims looked at in one go; what is left goes at the next."""

USER = "user"
REJECTED = "rejected"


@dataclass(slots=True)
class BatchReport:
    """What was sealed for one partner: *transmissions* files with *claims* in them; *withheld* failed the check."""

    transmissions: int = 0
    claims: int = 0
    withheld: int = 0
    ids: list[str] = field(default_factory=list)


def send_ready(site: Site, partner: str, *, actor: str = "daemon") -> BatchReport:
    """Seal every claim that is ready for *partner*; a paused partner's claims wait.

    Raises:
        ConfigError: test and production do not agree, or the head of a file is wrong. The claims stay ready.
        StoreUnavailable: the database or the archive cannot be written. The claims stay ready.

    """
    report = BatchReport()
    batching = site.partner(partner).batching
    with site.store.read() as tx:
        if partners.get(tx, partner).paused:
            return report
        ready = claims.ready_for(tx, partner, MOST_AT_ONCE)
    for chunk in chunks(ready, batching):
        _seal_all(site, partner, chunk, report, actor)
    if report.claims or report.withheld:
        log.info(
            "batched", partner=partner, transmissions=report.transmissions, claims=report.claims, withheld=report.withheld
        )  # fmt: skip
    return report


def chunks(ready: Sequence[ReadyClaim], batching: Batching) -> Iterator[list[SealClaim]]:
    """Cut what is ready into files: one billing provider a file, the one that waits longest first, oldest claims first."""
    room = batching.claims_per_set * batching.sets_per_file
    waiting: dict[tuple[str, ...], list[ReadyClaim]] = {}
    for one in ready:
        waiting.setdefault(_billing_key(one.claim), []).append(one)
    for group in waiting.values():
        for start in range(0, len(group), room):
            yield [SealClaim(one.claim_id, one.version_id, one.claim) for one in group[start : start + room]]


def _billing_key(claim: Claim) -> tuple[str, ...]:
    billing = claim.billing_provider
    return (billing.npi or "", billing.tax_id or "", billing.name.upper())


def _seal_all(site: Site, partner: str, chunk: list[SealClaim], report: BatchReport, actor: str) -> None:
    """Seal a chunk, in several files where the first grows too large."""
    while chunk:
        result = seal(site, partner, chunk, actor=actor)
        report.withheld += len(result.withheld)
        if result.transmission_id is not None:
            report.transmissions += 1
            report.claims += result.sent
            report.ids.append(result.transmission_id)
        if not result.deferred or result.deferred >= len(chunk):
            return
        gone = {claim_id for claim_id, _ in result.withheld}
        with site.store.read() as tx:
            still = {one.version_id for one in claims.ready_for(tx, partner, MOST_AT_ONCE)}
        chunk = [one for one in chunk if one.version_id in still and one.claim_id not in gone]


def hold_claim(site: Site, claim_id: str, *, reason: str, actor: str) -> None:
    """Keep a claim from going out until it is released.

    Raises:
        NotFound: no such claim.
        Refused: it is on its way or answered already, or held by a person already.

    """
    _must_be_claim(claim_id)
    with site.store.write("hold", actor=actor) as tx:
        stored = claims.get(tx, claim_id)
        if stored.is_live and stored.submitted_version == stored.version_id:
            raise Refused(
                f"{claim_id} is {stored.state.value}: it went out already. To take it back: gateway void {claim_id} --reason TEXT"
            )
        if not holds.place(tx, claim_id, USER, reason):
            raise Refused(f"{claim_id} is held by a person already")
        tx.audit(claim_id, {"hold": USER, "reason": reason[:200]})


def release_claim(site: Site, claim_id: str, *, reason: str, actor: str) -> None:
    """Lift what holds a claim; it is judged once more by today's settings first.

    Raises:
        NotFound: no such claim.
        Refused: nothing holds it; it was rejected (that takes `resubmit`); or the edits still find errors.

    """
    _must_be_claim(claim_id)
    with site.store.write("release", actor=actor) as tx:
        stored = claims.get(tx, claim_id)
        if not stored.holds:
            raise Refused(f"{claim_id} is not held; it is {stored.state.value}")
        lifted = [kind for kind in stored.holds if kind != REJECTED]
        if not lifted:
            raise Refused(
                f"{claim_id} was rejected; mend it and drop it again, or, where nothing of it is wrong: "
                f"gateway resubmit {claim_id} --reason ..."
            )
        _must_pass(site, tx, stored)
        for kind in lifted:
            holds.release(tx, claim_id, reason=reason, kind=kind)
        tx.audit(claim_id, {"released": lifted, "reason": reason[:200]})


def resubmit(site: Site, claim_ids: Sequence[str], *, reason: str, actor: str) -> None:
    """Let rejected claims go again as they are, under new numbers; all of them, or none where one may not.

    Raises:
        NotFound: no such claim.
        Refused: one of them was not rejected before adjudication, is held for another reason too, or fails the edits.

    """
    if not reason.strip():
        raise Refused("a resubmission needs a reason; it is kept in the audit log")
    for claim_id in claim_ids:
        _must_be_claim(claim_id)
    with site.store.write("resubmit", actor=actor) as tx:
        for claim_id in dict.fromkeys(claim_ids):
            _resubmit(site, tx, claims.get(tx, claim_id), reason)


def _resubmit(site: Site, tx: Tx, stored: StoredClaim, reason: str) -> None:
    if not stored.is_rejected:
        raise Refused(
            f"{stored.id} is {stored.state.value}, not rejected; only a claim that was rejected before adjudication "
            f"goes again as it is. To correct one that the payer has: gateway correct {stored.id} FILE"
        )
    others = [kind for kind in stored.holds if kind != REJECTED]
    if others:
        raise Refused(f"{stored.id} is held for another reason too ({', '.join(others)}); release that first")
    if not stored.holds:
        raise Refused(f"{stored.id} is released already and waits for the next cutoff")
    _must_pass(site, tx, stored)
    holds.release(tx, stored.id, reason=reason, kind=REJECTED)
    tx.audit(stored.id, {"reason": reason[:200], "version": stored.version_id})


def _must_pass(site: Site, tx: Tx, stored: StoredClaim) -> None:
    """Judge a stored claim by today's settings and keep its route; raise Refused where it must not go out."""
    content = claims.content(tx, stored.version_id)
    partner, judged, found = judge_claim(site, content, folder=stored.partner)
    wrong = dict(holds_for(found))
    if UNROUTABLE in wrong:
        raise Refused(
            f"{stored.id} has no way out yet ({wrong[UNROUTABLE]}); look at config.toml, then release it"
        )
    if wrong:
        codes = ", ".join(wrong.values())
        raise Refused(
            f"{stored.id} still fails the edits ({codes}); mend the record and drop it again, or, where the partner wants it "
            f"otherwise, switch the rule in [partner.{partner}.edits] of config.toml (gateway show {stored.id} says what is wrong)"
        )
    twins = [c for c in claims.same_services(tx, judged) if c != stored.id] if judged.frequency == "1" else []
    if twins:
        raise Refused(
            f"{stored.id} bills the same services of the same patient as {twins[0]}, which is on its way, answered or "
            "waiting: nothing is billed twice. Where a service was repeated, mend the record (modifier 76 or 77)"
        )
    if judged.frequency in replacing.REPLACING:
        why = replacing.why_not(tx, judged, stored, submissions.of_claim(tx, stored.id))
        if why is not None:
            raise Refused(why)
    if partner != stored.partner:
        claims.set_partner(tx, stored.id, partner)
    if content_key(judged) != content_key(content):
        claims.new_version(tx, stored.id, judged)
        findings.keep(tx, stored.id, found)


def _must_be_claim(identifier: str) -> None:
    if kind_of(identifier) is not Kind.CLAIM:
        raise NotFound(f"{identifier} is not a claim (they look like C-7K3F9Q2MXR)")
