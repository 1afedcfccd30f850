"""What is due now, in which order; recover() first.

One thread a partner, one for what is dropped and one for what came in, so that nobody's hang, full disk, wrong key or huge
file delays anybody else (P10); the main thread only keeps house. Everything that must survive a restart is in the store,
the plans included: a cutoff stays due until its claims are sealed.
"""

import queue
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from cronsim import CronSim

from gateway.claims import batch, intake
from gateway.claims.intake.rejected import give_back_rejected
from gateway.errors import (
    AuthRefused,
    ConfigError,
    ConnectionLost,
    GatewayError,
    HostKeyRefused,
    IntegrityError,
    Locked,
    NegotiationFailed,
    RemoteFailure,
    Stalled,
    TransportError,
    TryLater,
    Unreachable,
)
from gateway.exchange import collect, deliver, reconcile
from gateway.logs import log
from gateway.responses import export, late, send_999, sort
from gateway.settings import Schedule, zone
from gateway.site import Site
from gateway.store import anchors, backup, partners
from gateway.store.leases import sole_daemon
from gateway.store.partners import PartnerState

TICK_SECONDS = 1.0
"""How often each thread looks whether something is due."""

LONGEST_REST_SECONDS = 60.0
"""A thread that meets trouble looks less and less often, down to this."""

STOP_SECONDS = 15.0
"""How long a stop waits for what is being done; what is not done by then is recovered at the next start."""

ANCHOR_EVERY = timedelta(hours=1)

_NOT_REACHED = (Unreachable, AuthRefused, HostKeyRefused, NegotiationFailed, ConfigError)
_PASSING = (TryLater, Unreachable, ConnectionLost, Stalled, RemoteFailure)
"""Trouble that may be gone at the next try; anything else needs a person."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part that failed: *error* is the fault's class, *message* a sentence of ours; *passing* trouble may go by itself."""

    part: str
    error: str
    message: str
    passing: bool = False

    def __str__(self) -> str:
        """Return it as a line for a person."""
        return f"{self.part}: {self.error}: {self.message}"


@dataclass(slots=True)
class PassReport:
    """What one pass did.

    *waiting* files stand at partners and have not been looked at often enough yet; *attention* counts what this pass left
    to a person (refused, held, withheld, quarantined, unmatched); *failed* counts deliveries that are tried again.
    *remarks* are sentences about the pass as a whole.
    """

    taken_in: int = 0
    sealed: int = 0
    delivered: int = 0
    collected: int = 0
    processed: int = 0
    exported: int = 0
    waiting: int = 0
    attention: int = 0
    failed: int = 0
    remarks: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def moved(self) -> bool:
        """Tell whether anything happened at all."""
        return any(
            (self.taken_in, self.sealed, self.delivered, self.collected, self.processed, self.exported)
        )

    @property
    def exit_code(self) -> int:
        """Return 0 all fine; 1 something needs a person; 3 nothing but trouble that may pass."""
        if self.attention or not all(trouble.passing for trouble in self.troubles):
            return 1
        return 3 if self.troubles or self.failed else 0

    def add(self, other: "PassReport") -> None:
        """Add what *other* counted."""
        for one in fields(other):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def next_cutoff(schedule: Schedule, after: datetime) -> datetime:
    """Return the first cutoff of *schedule* after *after*, by the partner's wall clock, in UTC.

    Where the clock is put forward, a cutoff inside the hour that is left out comes right after it; where it is put back,
    a cutoff at a fixed hour comes once.
    """
    local = after.astimezone(zone(schedule.time_zone))
    return min(next(CronSim(expression, local)) for expression in schedule.cutoffs).astimezone(UTC)


def next_poll(schedule: Schedule, after: datetime, rng: random.Random) -> datetime:
    """Return the next look into the partner's folders: poll_seconds give or take the jitter."""
    share = 1 + rng.uniform(-schedule.jitter, schedule.jitter)
    return after + timedelta(seconds=schedule.poll_seconds * share)


class Daemon:
    """The gateway at work on one installation; an object serves one `run`."""

    def __init__(self, site: Site, *, rng: random.Random | None = None) -> None:
        self.site = site
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._stop = threading.Event()
        # What the main thread is told: a thread's report or fault, None to stop. A SimpleQueue, because a signal handler
        # may put into it wherever the main thread stands; an Event could lock itself out there.
        self._mail: queue.SimpleQueue[PassReport | Exception | None] = queue.SimpleQueue()
        self._anchored: datetime | None = None

    def stop(self) -> None:
        """Ask the daemon to finish what it is doing and leave; safe to call from a signal handler."""
        self._mail.put(None)

    def recover(self) -> None:
        """Bring everything a crash left half-way to a safe state; runs at every start (law 15).

        A bad map stops the start here, with the row that is wrong, and not at the first cutoff. A restored backup sends
        nothing before a person says so. A dropped file that was
        half taken in is gone on with by the first look into outbound/, which may take its time.
        """
        for name in self.site.settings.partner:
            self.site.claim_map(name)
        if backup.pause_restored(self.site.store, self.site.root, self.site.settings.partner):
            log.warning("restored_from_backup", partners=len(self.site.settings.partner))
        reconcile.recover(self.site)

    def run(self) -> None:
        """Serve until `stop`.

        Raises:
            Locked: another daemon serves this directory.
            MapError: a partner's map or overlay is wrong.
            IntegrityError: what we keep is damaged; nothing goes on until a person has looked.

        """
        with sole_daemon(self.site.store, self.site.root) as renew:
            self.recover()
            self._plan_all()
            crew = self._hire()
            log.info("started", partners=len(self.site.settings.partner))
            try:
                while not self._told_to_stop():
                    self._keep_house(renew)
            finally:
                self._stop.set()
                self._dismiss(crew)
            self._anchor()
            log.info("stopped")

    def run_once(self, *, progress: Callable[[str], None] = lambda _: None) -> PassReport:
        """Do everything there is to do now, cutoffs and polls regardless of the clock, and return."""
        with sole_daemon(self.site.store, self.site.root):
            self.recover()
            report = self.one_pass(progress=progress)
            self._anchor()
            return report

    def one_pass(self, *, progress: Callable[[str], None] = lambda _: None) -> PassReport:
        """Take in, send, collect, process and export once; partners side by side, each one's answers as it is done.

        A partner's file that was not there at the last look counts as whole only after `download.quiet_polls` passes.
        """
        report = PassReport()
        progress("taking in")
        self._guard("intake", report, lambda: self._take_in(report, wait=True))
        progress("exchanging with partners")
        names = list(self.site.settings.partner)
        crew = [self._thread(name, partial(self._serve_once, name)) for name in names]
        left, fault, until = len(crew), None, float("inf")
        while left and monotonic() < until:
            try:
                mail = self._mail.get(timeout=None if until == float("inf") else until - monotonic())
            except queue.Empty:
                break
            if mail is None:
                self._stop.set()
                until = monotonic() + STOP_SECONDS
                continue
            left -= 1
            if isinstance(mail, Exception):
                fault = fault or mail
                continue
            report.add(mail)
            progress(f"{len(crew) - left} of {len(crew)} partners served")
            self._answers(report)
        if fault is not None:
            raise fault
        if not crew:
            self._answers(report)
        return report

    # -- the threads of `run`

    def _hire(self) -> list[threading.Thread]:
        """Start the threads: daemon threads, so that one that hangs cannot keep the process from leaving."""
        duties: list[tuple[str, Callable[[PassReport], None]]] = [
            ("intake", self._take_in),
            ("answers", self._answers),
            *((name, partial(self._serve_due, name)) for name in self.site.settings.partner),
        ]
        return [self._thread(part, partial(self._repeat, part, duty)) for part, duty in duties]

    def _thread(self, part: str, work: Callable[[], PassReport | None]) -> threading.Thread:
        def run() -> None:
            try:
                report = work()
            except Exception as fault:  # noqa: BLE001 - told to the main thread, which raises it
                self._mail.put(fault)
            else:
                if report is not None:
                    self._mail.put(report)

        thread = threading.Thread(target=run, name=part, daemon=True)
        thread.start()
        return thread

    def _repeat(self, part: str, duty: Callable[[PassReport], None]) -> None:
        """Do *duty* each tick until the stop; after trouble, less and less often."""
        failures = 0
        while not self._stop.is_set():
            report = PassReport()
            self._guard(part, report, partial(duty, report))
            failures = failures + 1 if report.troubles else 0
            self._stop.wait(min(TICK_SECONDS * 2**failures, LONGEST_REST_SECONDS))

    def _dismiss(self, crew: Sequence[threading.Thread]) -> None:
        until = monotonic() + STOP_SECONDS
        for thread in crew:
            thread.join(max(0.0, until - monotonic()))
            if thread.is_alive():
                log.warning("left_behind", part=thread.name)

    def _told_to_stop(self) -> bool:
        try:
            mail = self._mail.get(timeout=TICK_SECONDS)
        except queue.Empty:
            return False
        if isinstance(mail, Exception):
            raise mail
        return mail is None

    def _keep_house(self, renew: Callable[[], None]) -> None:
        """Stay the only daemon, and anchor the audit chain now and then."""
        try:
            renew()
        except Locked:
            raise
        except TryLater as fault:
            log.warning("trouble", part="lease", error=type(fault).__name__)
        now = self.site.clock.now()
        if self._anchored is None or now - self._anchored > ANCHOR_EVERY:
            self._anchored = now
            self._anchor()

    def _anchor(self) -> None:
        try:
            anchors.anchor(self.site.store, self.site.state)
        except (OSError, TryLater) as fault:
            log.warning("trouble", part="anchor", error=type(fault).__name__)

    # -- what is due

    def _plan_all(self) -> None:
        """Plan what was never planned, or by a schedule that config.toml no longer has; what was missed stays due."""
        now = self.site.clock.now()
        for name, profile in self.site.settings.partner.items():
            with self.site.store.write("schedule") as tx:
                state = partners.get(tx, name)
                latest = now + timedelta(
                    seconds=profile.schedule.poll_seconds * (1 + profile.schedule.jitter)
                )
                missed = state.cutoff_due_at is not None and state.cutoff_due_at <= now
                partners.set_due(
                    tx,
                    name,
                    cutoff_due_at=None if missed else next_cutoff(profile.schedule, now),
                    poll_due_at=now if state.poll_due_at is None or state.poll_due_at > latest else None,
                )

    def _serve_due(self, name: str, report: PassReport) -> None:
        """Do what is due with one partner now; a paused one waits, one paused by failures is probed."""
        now = self.site.clock.now()
        with self.site.store.read() as tx:
            state = partners.get(tx, name)
            due = not state.paused and deliver.anything_due(tx, name)
        if state.paused and not state.tripped:
            return
        # A cutoff that comes while the partner is paused stays due, and its claims go once it is resumed.
        cutoff = not state.paused and state.cutoff_due_at is not None and state.cutoff_due_at <= now
        poll = state.poll_due_at is None or state.poll_due_at <= now
        if not (cutoff or poll or due):
            return
        if poll:
            with self.site.store.write("schedule") as tx:
                partners.set_due(tx, name, poll_due_at=self._next_look(state, now))
        report.add(self._serve(name, cutoff=cutoff, poll=poll))

    def _next_look(self, state: PartnerState, now: datetime) -> datetime:
        planned = next_poll(self.site.partner(state.partner).schedule, now, self._rng)
        if not state.tripped:
            return planned
        probe = timedelta(minutes=self.site.settings.delivery.probe_minutes)
        return min(planned, now + probe)

    # -- the work

    def _serve_once(self, name: str) -> PassReport:
        """Everything with one partner, whatever the clock says; that it is paused is trouble of its own."""
        report = self._serve(name, cutoff=True, poll=True)
        with self.site.store.read() as tx:
            state = partners.get(tx, name)
        if state.paused:
            said = f"{state.paused_reason}; when that is settled: gateway partner resume {name}"
            report.troubles.append(Trouble(name, "paused", said, passing=state.tripped))
        return report

    def _serve(self, name: str, *, cutoff: bool, poll: bool) -> PassReport:
        """Everything one partner is due; a failed step does not keep the others back, unless nobody can be reached."""
        report = PassReport()
        steps: list[tuple[bool, Callable[[], None]]] = [
            (cutoff, lambda: self._seal(name, report)),
            (True, lambda: self._deliver(name, report)),
            (True, lambda: self._reconcile(name, report)),
            (poll, lambda: self._collect(name, report)),
        ]
        for due, step in steps:
            if not due or self._stop.is_set():
                continue
            fault = self._guard(name, report, step)
            if isinstance(fault, _NOT_REACHED) or (
                isinstance(fault, TransportError) and fault.op in {"connect", "login"}
            ):
                break
        return report

    def _seal(self, name: str, report: PassReport) -> None:
        sealed = batch.send_ready(self.site, name)
        report.sealed += sealed.transmissions
        if sealed.transmissions:
            late.place_waiting(self.site, actor="daemon")
        report.attention += sealed.withheld
        now = self.site.clock.now()
        with self.site.store.write("schedule") as tx:
            if not partners.get(tx, name).paused:
                partners.set_due(tx, name, cutoff_due_at=next_cutoff(self.site.partner(name).schedule, now))

    def _deliver(self, name: str, report: PassReport) -> None:
        result = deliver.deliver_due(self.site, name, stopping=self._stop.is_set)
        report.delivered += result.delivered
        report.attention += result.held
        report.failed += result.failed + result.uncertain

    def _reconcile(self, name: str, report: PassReport) -> None:
        report.delivered += reconcile.reconcile(self.site, name)

    def _collect(self, name: str, report: PassReport) -> None:
        result = collect.collect(self.site, name)
        report.collected += result.received
        report.waiting += result.waiting
        report.attention += result.left
        if result.troubles:
            said = f"{result.troubles} folders or files could not be fetched; see the log, and: gateway partner test {name}"
            report.troubles.append(Trouble(name, "incomplete", said))

    def _take_in(self, report: PassReport, *, wait: bool = False) -> None:
        result = intake.take_in(self.site, wait=wait)
        report.taken_in += result.files
        report.remarks += [result.remark] if result.remark else []
        report.attention += result.refused + result.held + result.unreadable + result.strangers

    def _answers(self, report: PassReport) -> None:
        """Process what came in and tell the billing system."""
        self._guard("answers", report, lambda: self._process(report))
        self._guard("exports", report, lambda: self._export(report))
        self._guard("answers back", report, self._answer_back)

    def _process(self, report: PassReport) -> None:
        result = sort.process(self.site)
        report.processed += result.receipts
        report.attention += result.waiting + result.quarantined

    def _export(self, report: PassReport) -> None:
        report.exported += len(export.export_pending(self.site)) + len(give_back_rejected(self.site))

    def _answer_back(self) -> None:
        send_999.seal_pending(self.site)

    def _guard(self, part: str, report: PassReport, step: Callable[[], None]) -> Exception | None:
        """Run *step*; a failure is logged, noted and returned, and everything else goes on - except damage, which stops all."""
        try:
            step()
        except IntegrityError:
            raise
        except GatewayError as fault:
            report.troubles.append(
                Trouble(part, type(fault).__name__, str(fault), passing=isinstance(fault, _PASSING))
            )
            log.warning("trouble", part=part, error=type(fault).__name__)
            return fault
        except OSError as fault:
            said = f"{fault.strerror}; look at the disk and at the rights of the folders"
            report.troubles.append(Trouble(part, type(fault).__name__, said, passing=True))
            log.warning("trouble", part=part, exc_info=fault)
            return fault
        except Exception as fault:  # noqa: BLE001 - a defect in one part must not stop the others; it is logged as one
            report.troubles.append(
                Trouble(part, type(fault).__name__, "a defect; its place is in the log: report it")
            )
            log.error("defect", part=part, exc_info=fault)
            return fault
        return None
