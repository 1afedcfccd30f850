"""Finding out what became of what we are not sure of, by looking; never by sending again blindly (law 3).

What a look can prove (the attempt's commit `VISIBLE` divides the cases):

- the final name is there with our size: delivered;
- the temporary file is still there, so that it was never renamed: not delivered, sent again;
- a part of ours stands under the final name (mode direct): removed, sent again;
- neither is there: the partner may have taken it away. Its answer (TA1, 999) is waited for, then a person decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway import failpoints
from gateway.errors import ConnectionLost, Refused, RemoteMissing, Stalled, TransportError
from gateway.exchange import collect, retrying
from gateway.exchange.attempt import tidy
from gateway.exchange.look import Absent, Present, look
from gateway.exchange.transport import Session
from gateway.logs import log
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.settings import Partner
from gateway.site import Site
from gateway.store import attempts, holds, transmissions
from gateway.store.attempts import Attempt, AttemptState
from gateway.store.db import Tx
from gateway.store.transmissions import Transmission

T = TransmissionState

LOOK_AGAIN = timedelta(minutes=5)
"""How often the partner is looked at while an uncertain transmission waits for its answer."""

AFTER_LOOK = failpoints.declare(
    "reconcile.after_look", "the partner was looked at; what was seen is not committed"
)


@dataclass(frozen=True, slots=True)
class RecoverReport:
    """What a start found half-done."""

    abandoned: int = 0
    to_send: int = 0
    uncertain: int = 0
    copied: int = 0


def recover(site: Site) -> RecoverReport:
    """Bring what a crash left half-way to a safe state, without the network; runs at every start (law 15).

    Drafts are abandoned (their numbers are burnt, their claims ready again); what was being sent is either proved to be
    invisible and due again, or uncertain and looked for at the next `reconcile`; raw copies that are owed are made.
    """
    with site.store.read() as tx:
        drafts = transmissions.in_state(tx, T.DRAFT)
        sending = transmissions.in_state(tx, T.SENDING)
    for one in drafts:
        _abandon_left(site, one, "a crash before the file was sealed")
    uncertain = sum(_interrupted(site, one) for one in sending)
    report = RecoverReport(len(drafts), len(sending) - uncertain, uncertain, collect.copy_owed(site))
    if report != RecoverReport():
        log.warning("recovered", abandoned=report.abandoned, ready=report.to_send, uncertain=report.uncertain)
    return report


def _abandon_left(site: Site, one: Transmission, reason: str) -> None:
    with site.store.write("recover_draft") as tx:
        abandon(tx, one.id, reason)
        tx.audit(one.id, {"isa13": one.isa13, "gs06": one.gs06})


def abandon(tx: Tx, transmission_id: str, reason: str) -> None:
    """Give up a draft: its submissions are withdrawn, so that their claims are ready again, and its numbers burnt.

    Raises:
        Refused: it is sealed, and may be at the partner.

    """
    if transmissions.get(tx, transmission_id).state is not T.DRAFT:
        raise Refused(f"{transmission_id} is sealed; only a draft is abandoned")
    transmissions.move_submissions(tx, transmission_id, SubmissionState.WITHDRAWN, reason)
    transmissions.move(tx, transmission_id, T.ABANDONED, reason)


def reconcile(site: Site, partner: str) -> int:
    """Look for every uncertain transmission to *partner* that is due; return how many are known to have arrived.

    Raises:
        TransportError: the partner could not be reached; what is uncertain stays so.
        ConfigError: our own key or password for this partner is missing.

    """
    # One thread serves a partner: what is a draft, or "sending", at this moment was left by a failure of our own.
    with site.store.read() as tx:
        drafts = transmissions.in_state(tx, T.DRAFT, partner=partner)
        orphans = transmissions.in_state(tx, T.SENDING, partner=partner)
    for one in drafts:
        _abandon_left(site, one, "a failure before the file was sealed")
    for one in orphans:
        _interrupted(site, one)
    with site.store.read() as tx:
        unsure = transmissions.due_uncertain(tx, partner)
    if not unsure or not retrying.may_contact(site, partner):
        return 0
    arrived = 0
    try:
        with retrying.contact(site, partner) as session:
            for one in unsure:
                arrived += _settle_by_looking(site, session, site.partner(partner), one)
    except TransportError:
        for one in unsure:
            _waited_long_enough(site, one)
        raise
    return arrived


def _interrupted(site: Site, one: Transmission) -> bool:
    """Take up a transmission that was left in SENDING; return whether it is uncertain now."""
    with site.store.write("recover_sending") as tx:
        if transmissions.get(tx, one.id).state is not T.SENDING:
            tx.audit(one.id, {"state": "answered meanwhile"})
            return False
        last = attempts.of(tx, one.id)[-1:]
        unseen = not last or last[0].state is AttemptState.OPEN
        profile = site.settings.partner.get(one.partner)  # a partner may have left config.toml meanwhile
        if unseen and profile is not None and not profile.upload.vanishes_on_close:
            said = "interrupted before anything stood under the final name"
            if last:
                attempts.end(tx, one.id, last[0].n, AttemptState.FAILED, error="Interrupted", evidence=said)
            transmissions.move(tx, one.id, T.SEALED, said, due_at=tx.now())
            uncertain = False
        else:
            said = "interrupted after the final name may have appeared"
            if last:
                attempts.end(
                    tx, one.id, last[0].n, AttemptState.UNCERTAIN, error="Interrupted", evidence=said
                )
            transmissions.move(tx, one.id, T.UNCERTAIN, said, due_at=tx.now())
            uncertain = True
        tx.audit(one.id, {"uncertain": uncertain})
    return uncertain


def _settle_by_looking(site: Site, session: Session, profile: Partner, one: Transmission) -> bool:
    """Look, and commit what it proves; return whether the transmission has arrived."""
    with site.store.read() as tx:
        last = attempts.of(tx, one.id)[-1]
    try:
        verdict = _seen(session, profile, one, last)
    except (ConnectionLost, Stalled):
        raise
    except TransportError:  # the server refuses to say: nothing is proved
        verdict = None
    failpoints.hit(AFTER_LOOK)
    if verdict is None:
        _waited_long_enough(site, one)
        return False
    state, evidence = verdict
    with site.store.write("reconciled") as tx:
        if transmissions.get(tx, one.id).state is not T.UNCERTAIN:
            tx.audit(one.id, {"state": "answered meanwhile"})
            return False
        ended = AttemptState.OK if state is T.DELIVERED else AttemptState.FAILED
        attempts.end(tx, one.id, last.n, ended, error=last.error, evidence=evidence)
        transmissions.move(tx, one.id, state, evidence, due_at=tx.now() if state is T.SEALED else None)
        if state is T.HELD:
            holds.place(tx, one.id, "uncertain", evidence)
        tx.audit(one.id, {"state": state.value, "attempt": last.n})
    if state is T.DELIVERED:
        tidy(session, last.temp_name)
    log.info("reconciled", partner=one.partner, transmission=one.id, state=state.value)
    return state is T.DELIVERED


def _seen(
    session: Session, profile: Partner, one: Transmission, last: Attempt
) -> tuple[TransmissionState, str] | None:
    """Say what a look proves; None when it proves nothing."""
    temp, final = last.temp_name, last.final_name
    there = look(session, profile, final)
    if isinstance(there, Present) and there.size is not None:
        if there.size == one.size:
            return T.DELIVERED, f"reconciled: {there.size} bytes under the final name, by {there.by}"
        if temp is None and there.size < (one.size or 0):
            try:
                session.remove(final)
            except RemoteMissing:
                return None
            except TransportError as fault:
                if fault.maybe_done:
                    raise
                return (
                    T.HELD,
                    f"{there.size} of {one.size} bytes stand under the final name and cannot be removed",
                )
            return T.SEALED, f"reconciled: a part of {there.size} bytes was removed"
        return T.HELD, f"a file of {there.size} bytes bears the final name; ours has {one.size}"
    if isinstance(there, Absent) and temp is not None and isinstance(look(session, profile, temp), Present):
        tidy(session, temp)
        return T.SEALED, "reconciled: it was never given its final name"
    if (
        isinstance(there, Absent)
        and temp is None
        and _never_whole(last)
        and not profile.upload.vanishes_on_close
    ):
        return T.SEALED, "reconciled: the upload never ended, and nothing of it is there"
    return None


def _never_whole(last: Attempt) -> bool:
    """Tell whether the attempt was cut before we had sent and closed the whole file."""
    return (last.error or "").endswith((":open", ":write"))


def _waited_long_enough(site: Site, one: Transmission) -> None:
    """Plan the next look; after reconcile_wait a person is asked."""
    with site.store.write("uncertain") as tx:
        if transmissions.get(tx, one.id).state is not T.UNCERTAIN:
            tx.audit(one.id, {"state": "answered meanwhile"})
            return
        made = attempts.of(tx, one.id)
        since: datetime = (made[-1].ended_at or made[-1].started_at) if made else one.created_at
        limit = since + timedelta(minutes=site.settings.delivery.reconcile_wait_minutes)
        held = tx.now() >= limit
        if held:
            reason = "nobody can tell whether the partner has it; ask them, then settle it"
            transmissions.move(tx, one.id, T.HELD, reason)
            holds.place(tx, one.id, "uncertain", reason)
        else:
            transmissions.set_due(tx, one.id, min(limit, tx.now() + LOOK_AGAIN))
        tx.audit(one.id, {"state": "held" if held else "uncertain"})
    if held:
        log.warning("uncertain_held", partner=one.partner, transmission=one.id)
