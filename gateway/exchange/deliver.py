"""Putting sealed bytes at the partner with an exactly-once effect: intent, upload, rename, proof (reliability.md 3).

Each transmission goes through steps whose boundaries are failpoints. Two commits stand before anything can be seen at the
partner: the intent (`AttemptState.OPEN`) before the first byte leaves, and `AttemptState.VISIBLE` before the step that
makes the final name appear. What a crash or a lost answer leaves behind is therefore either proved to be invisible, and
tried again, or ``uncertain``, and left to `reconcile` (law 3). Nothing here ever renders anything again (law 2).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway import failpoints
from gateway.errors import (
    ConnectionLost,
    NotFound,
    Refused,
    Stalled,
    TransportError,
)
from gateway.exchange import retrying
from gateway.exchange.attempt import Attempt, Verdict, tidy
from gateway.exchange.transport import Session
from gateway.logs import log
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.settings import Partner, UploadMode
from gateway.site import Site
from gateway.store import attempts, holds, transmissions
from gateway.store.attempts import AttemptState
from gateway.store.db import Tx
from gateway.store.transmissions import Transmission

T = TransmissionState

AFTER_INTENT = failpoints.declare(
    "deliver.after_intent", "the attempt's intent is committed; nothing has left"
)
AFTER_COMMIT = failpoints.declare("deliver.after_commit", "delivered, and committed")


@dataclass(frozen=True, slots=True)
class DeliverResult:
    """What one run at one partner came to, in transmissions."""

    delivered: int = 0
    failed: int = 0
    uncertain: int = 0
    held: int = 0


def anything_due(tx: Tx, partner: str) -> bool:
    """Tell whether a transmission to *partner* is to be sent, or looked for, now."""
    return bool(transmissions.due(tx, partner) or transmissions.due_uncertain(tx, partner))


def deliver_due(site: Site, partner: str, *, stopping: Callable[[], bool] = lambda: False) -> DeliverResult:
    """Send every transmission to *partner* that is due, in one session; none keeps the others back.

    Once *stopping* says so, no further one is begun.

    Raises:
        TransportError: the partner could not be reached, or broke off; what was not begun stays due.
        ConfigError: our own key or password for this partner is missing.
        ArchiveDamaged: the sealed bytes are not what was sealed.

    """
    with site.store.read() as tx:
        due = transmissions.due(tx, partner)
    if not due or not retrying.may_contact(site, partner):
        return DeliverResult()
    due = [one for one in due if _may_leave(site, one)]
    result = DeliverResult()
    if not due:
        return result
    reached = False
    try:
        with retrying.contact(site, partner) as session:
            reached = True
            for one in due:
                if stopping():
                    break
                attempted = _attempt(site, session, site.partner(partner), one)
                if attempted is None:
                    continue
                verdict, broken = attempted
                result = _count(result, verdict)
                if broken is not None:
                    raise broken
    except TransportError:
        if not reached:
            _postpone(site, partner, due)
        raise
    return result


def retransmit(site: Site, transmission_id: str, *, actor: str) -> None:
    """Have the same bytes sent again under the same numbers and name: a possible duplicate, said so in the audit log.

    Raises:
        NotFound: no such transmission.
        Refused: it has no bytes, was answered for good, or is uncertain (settle it first).

    """
    with site.store.write("retransmit", actor=actor) as tx:
        one = transmissions.get(tx, transmission_id)
        if one.kind == transmissions.REGISTERED:
            raise Refused(
                f"{transmission_id} was sent by the previous system: there are no bytes of it here to send. A claim of it "
                "that was rejected goes again from here: gateway resubmit C-ID --reason TEXT"
            )
        if one.state in {T.UNCERTAIN, T.SENDING}:
            raise Refused(
                f"{transmission_id} may be at the partner; find out, then run: gateway settle {transmission_id} "
                "--delivered|--not-delivered --evidence TEXT"
            )
        if one.state not in {T.SEALED, T.HELD, T.DELIVERED, T.RECEIVED}:
            raise Refused(
                f"{transmission_id} is {one.state.value}; its claims can be sent under new numbers: "
                "gateway resubmit C-ID --reason TEXT"
            )
        if one.state is T.HELD:
            transmissions.move(tx, transmission_id, T.SEALED, "a person wants it sent", due_at=tx.now())
            _release(tx, transmission_id, "retransmit")
        else:
            transmissions.set_due(tx, transmission_id, tx.now())
        tx.audit(
            transmission_id, {"state": one.state.value, "possible_duplicate": one.delivered_at is not None}
        )


def abandon(site: Site, transmission_id: str, *, reason: str, actor: str) -> int:
    """Give up a transmission that never left, in one unit of work; return how many claims are ready again.

    Its numbers are burnt and its bytes never sent; its claims go out under new numbers at the next cutoff.

    Raises:
        NotFound: no such transmission.
        Refused: it is a draft or over, or the partner has it, or may have it.

    """
    with site.store.write("abandon", actor=actor) as tx:
        one = transmissions.get(tx, transmission_id)
        _must_never_have_left(one, attempts.of(tx, transmission_id))
        said = f"abandoned by {actor}: {reason}"
        moved = transmissions.move_submissions(tx, transmission_id, SubmissionState.WITHDRAWN, said)
        transmissions.move(tx, transmission_id, T.ABANDONED, said)
        _release(tx, transmission_id, said)
        tx.audit(transmission_id, {"partner": one.partner, "claims": moved, "reason": reason[:200]})
    return moved


def _must_never_have_left(one: Transmission, tried: Sequence[attempts.Attempt]) -> None:
    """Refuse to give up what the partner has or may have: its claims would be there twice."""
    if one.kind == transmissions.REGISTERED or one.delivered_at or one.ta1 or one.ack_999:
        raise Refused(
            f"{one.id} was delivered: it cannot be given up. To take a claim back send frequency 8 (gateway void)"
        )
    unsure = [each for each in tried if each.state is not AttemptState.FAILED]
    if unsure or one.state in {T.UNCERTAIN, T.SENDING}:
        raise Refused(
            f"{one.id} may be at the partner; find out, then run: gateway settle {one.id} "
            "--delivered|--not-delivered --evidence TEXT"
        )
    if one.state not in {T.SEALED, T.HELD}:
        raise Refused(f"{one.id} is {one.state.value}: there is nothing to give up")


def settle(site: Site, transmission_id: str, *, delivered: bool, evidence: str, actor: str) -> None:
    """Say what became of an uncertain or held transmission, by a person's *evidence*.

    Delivered: its answers are waited for. Not delivered: it is sent again, the same bytes under the same numbers.

    Raises:
        NotFound: no such transmission.
        Refused: it is neither uncertain nor held.

    """
    with site.store.write("settle", actor=actor) as tx:
        one = transmissions.get(tx, transmission_id)
        if one.state not in {T.UNCERTAIN, T.HELD}:
            raise Refused(f"{transmission_id} is {one.state.value}: there is nothing to settle")
        said = f"settled by {actor}: {evidence}"
        if delivered:
            transmissions.move(tx, transmission_id, T.DELIVERED, said)
        else:
            _close_attempts(tx, transmission_id, said)
            transmissions.move(tx, transmission_id, T.SEALED, said, due_at=tx.now())
        _release(tx, transmission_id, said)
        tx.audit(transmission_id, {"delivered": delivered, "evidence": evidence[:200]})


def _may_leave(site: Site, one: Transmission) -> bool:
    """Law 10, again at the door: installation, profile and file agree, or nothing leaves."""
    profile = site.partner(one.partner)
    if one.environment == profile.environment.value == site.settings.environment.value:
        return True
    with site.store.write("delivery_refused") as tx:
        if one.state is not T.SEALED:
            raise Refused(f"{one.id} was made for {one.environment}: it does not leave from here (law 10)")
        transmissions.move(tx, one.id, T.HELD, "test and production do not agree")
        holds.place(
            tx,
            one.id,
            "delivery",
            "LAW-10: file, profile and installation are not all test or all production",
        )
        tx.audit(one.id, {"environment": one.environment})
    return False


def _attempt(
    site: Site, session: Session, profile: Partner, one: Transmission
) -> tuple[Verdict, TransportError | None] | None:
    """Make one attempt; also return the fault that ended the session, if one did.

    None where the transmission was answered, or a person decided otherwise, since it was found due.
    """
    data = site.archive.get(_sealed(one.blob))
    final = f"{profile.send_folder}/{_sealed(one.remote_name)}"
    with site.store.write("sending") as tx:
        if transmissions.get(tx, one.id).state is not one.state:
            return None
        transmissions.move(tx, one.id, T.SENDING)
        n = attempts.begin(
            tx, one.id, final_name=final, temp_name=_temp_name(profile, _sealed(one.remote_name))
        )
        made = attempts.of(tx, one.id)
        tx.audit(
            one.id, {"attempt": n, "isa13": one.isa13, "possible_duplicate": one.delivered_at is not None}
        )
    failpoints.hit(AFTER_INTENT)

    def announce() -> None:
        with site.store.write("about_to_appear") as tx:
            attempts.make_visible(tx, one.id, n)
            tx.audit(one.id, {"attempt": n})

    job = Attempt(
        session=session, profile=profile, final=final, temp=made[-1].temp_name, data=data, again=n > 1,
        announce=announce,
    )  # fmt: skip
    broken: TransportError | None = None
    try:
        for earlier in made[:-1]:
            tidy(session, earlier.temp_name)
        verdict = job.run()
    except TransportError as fault:
        verdict = job.judge(fault)
        broken = fault if isinstance(fault, ConnectionLost | Stalled) else None
    _commit(site, one, n, verdict)
    return verdict, broken


def _commit(site: Site, one: Transmission, n: int, verdict: Verdict) -> None:
    """S10: the attempt's end, the transmission's state and the audit event, in one unit of work."""
    ended = {
        T.DELIVERED: AttemptState.OK, T.UNCERTAIN: AttemptState.UNCERTAIN, T.SEALED: AttemptState.FAILED,
        T.HELD: AttemptState.FAILED,
    }[verdict.state]  # fmt: skip
    state, evidence = verdict.state, verdict.evidence
    with site.store.write("delivery") as tx:
        attempts.end(tx, one.id, n, ended, error=verdict.error, evidence=evidence)
        if transmissions.get(tx, one.id).state is T.SENDING:
            due_at = None
            if state is T.SEALED:
                due_at = retrying.next_due(site.settings.delivery, attempts.failures(tx, one.id), tx.now())
                if due_at is None:
                    state, evidence = T.HELD, f"tried {n} times; the last: {evidence}"
            elif state is T.UNCERTAIN:
                due_at = tx.now()
            transmissions.move(tx, one.id, state, evidence, due_at=due_at)
            if state is T.HELD:
                holds.place(tx, one.id, "delivery", evidence)
        tx.audit(one.id, {"attempt": n, "state": state.value, "error": verdict.error, "sha256": one.sha256})
    failpoints.hit(AFTER_COMMIT)
    log.info(
        "delivery", partner=one.partner, transmission=one.id, attempt=n, state=state.value, bytes=one.size,
        claims=one.claims,
    )  # fmt: skip


def _postpone(site: Site, partner: str, due: list[Transmission]) -> None:
    """Nobody answered: plan the next try by the failures in a row; being down is never a reason to hold a file."""
    with site.store.write("delivery_postponed") as tx:
        again = retrying.after_contact_failure(tx, site, partner)
        for one in due:
            if transmissions.get(tx, one.id).state is one.state:
                transmissions.set_due(tx, one.id, again)
        tx.audit(partner, {"partner": partner, "transmissions": len(due)})


def _temp_name(profile: Partner, name: str) -> str | None:
    upload = profile.upload
    if upload.mode is UploadMode.DIRECT:
        return None
    if upload.mode is UploadMode.SIBLING:
        return f"{upload.temp_folder}/{name}.{{n}}"
    return f"{profile.send_folder}/{name}.{{n}}{upload.temp_suffix}"


def _close_attempts(tx: Tx, transmission_id: str, said: str) -> None:
    for each in attempts.of(tx, transmission_id):
        if each.state not in {AttemptState.OK, AttemptState.FAILED}:
            attempts.end(tx, transmission_id, each.n, AttemptState.FAILED, evidence=said)


def _release(tx: Tx, transmission_id: str, reason: str) -> None:
    for kind in transmissions.HOLD_KINDS:
        holds.release(tx, transmission_id, kind=kind, reason=reason)


def _sealed(value: str | None) -> str:
    if value is None:
        raise NotFound("this transmission was never sealed")
    return value


def _count(result: DeliverResult, verdict: Verdict) -> DeliverResult:
    names: dict[TransmissionState, str] = {
        T.DELIVERED: "delivered", T.SEALED: "failed", T.UNCERTAIN: "uncertain", T.HELD: "held",
    }  # fmt: skip
    name = names[verdict.state]
    return replace(result, **{name: getattr(result, name) + 1})
