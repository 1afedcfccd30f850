"""What is due now, in which order; recover() first.

One thread a partner, so that one partner's hang, full disk or wrong key delays nobody else (P10); intake, answers and
exports run on the daemon's own thread. Everything that must survive a restart is in the store: the daemon itself
remembers only which partner is being served at the moment.
"""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from gateway.claims import batch, intake
from gateway.errors import GatewayError, IntegrityError
from gateway.exchange import collect, deliver, reconcile
from gateway.logs import log
from gateway.responses import export, sort
from gateway.settings import Schedule, zone
from gateway.site import Site
from gateway.store import anchors, partners
from gateway.store.leases import sole_daemon

TICK_SECONDS = 1.0
STOP_SECONDS = 60.0
"""How long a stop waits for a partner's present file before it gives up waiting; the file is recovered at next start."""

ANCHOR_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class PassReport:
    """What one pass did; *troubles* names the parts that failed, each with the error's class."""

    taken_in: int = 0
    sealed: int = 0
    delivered: int = 0
    collected: int = 0
    processed: int = 0
    exported: int = 0
    troubles: list[tuple[str, str]] = field(default_factory=list)

    @property
    def moved(self) -> bool:
        """Tell whether anything happened at all."""
        return any(
            (self.taken_in, self.sealed, self.delivered, self.collected, self.processed, self.exported)
        )


def next_cutoff(schedule: Schedule, after: datetime) -> datetime:
    """Return the first cutoff of *schedule* after *after*, by the partner's wall clock, in UTC."""
    local = after.astimezone(zone(schedule.time_zone))
    return min(next(CronSim(expression, local)) for expression in schedule.cutoffs).astimezone(UTC)


def next_poll(schedule: Schedule, after: datetime, rng: random.Random) -> datetime:
    """Return the next look into the partner's folders: poll_seconds give or take the jitter."""
    share = 1 + rng.uniform(-schedule.jitter, schedule.jitter)
    return after + timedelta(seconds=schedule.poll_seconds * share)


class Daemon:
    """The gateway at work on one installation."""

    def __init__(self, site: Site, *, rng: random.Random | None = None) -> None:
        self.site = site
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._anchored: datetime | None = None

    def stop(self) -> None:
        """Ask the daemon to finish what it is doing and leave; safe to call from a signal handler."""
        self._stop.set()
        self._wake.set()

    def recover(self) -> None:
        """Bring everything a crash left half-way to a safe state; runs at every start (law 15).

        A bad map stops the start here, with the row that is wrong, and not at the first cutoff.
        """
        for name in self.site.settings.partner:
            self.site.claim_map(name)
        intake.recover_intake(self.site)
        reconcile.recover(self.site)

    def run(self) -> None:
        """Serve until `stop`; raise Locked when another daemon serves this directory."""
        with sole_daemon(self.site.store, self.site.root) as renew, self._pool() as pool:
            self.recover()
            log.info("started", partners=len(self.site.settings.partner))
            serving: dict[str, Future[PassReport]] = {}
            while not self._stop.is_set():
                renew()
                self._tick(pool, serving)
                self._wake.wait(TICK_SECONDS)
                self._wake.clear()
            for job in serving.values():
                job.exception(timeout=STOP_SECONDS)
            self._desk(PassReport())
            anchors.anchor(self.site.store, self.site.state)
            log.info("stopped")

    def run_once(self, *, progress: Callable[[str], None] = lambda _: None) -> PassReport:
        """Do everything there is to do now, cutoffs and polls regardless of the clock, and return."""
        with sole_daemon(self.site.store, self.site.root):
            self.recover()
            return self.one_pass(progress=progress)

    def one_pass(self, *, progress: Callable[[str], None] = lambda _: None) -> PassReport:
        """Take in, send, collect, process and export once; partners side by side."""
        report = PassReport()
        progress("taking in")
        self._guard("intake", report, lambda: self._take_in(report))
        with self._pool() as pool:
            jobs = {
                name: pool.submit(self._serve, name, cutoff=True, poll=True)
                for name in self.site.settings.partner
            }
            for name, job in jobs.items():
                progress(f"exchanging with {name}")
                self._guard(name, report, lambda job=job: self._add(report, job.result()))  # type: ignore[misc]
        progress("processing answers")
        self._desk(report)
        return report

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(
            max_workers=max(1, len(self.site.settings.partner)), thread_name_prefix="partner"
        )
        try:
            yield pool
        finally:
            pool.shutdown(wait=not self._stop.is_set(), cancel_futures=True)

    def _tick(self, pool: ThreadPoolExecutor, serving: dict[str, "Future[PassReport]"]) -> None:
        report = PassReport()
        self._guard("intake", report, lambda: self._take_in(report))
        for name, profile in self.site.settings.partner.items():
            job = serving.get(name)
            if job is not None:
                if not job.done():
                    continue
                del serving[name]
                self._guard(name, report, lambda job=job: self._add(report, job.result()))  # type: ignore[misc]
            cutoff, poll = self._due(name, profile.schedule)
            if cutoff or poll or self._delivery_due(name):
                serving[name] = pool.submit(self._serve, name, cutoff=cutoff, poll=poll)
        self._desk(report)
        now = self.site.clock.now()
        if self._anchored is None or now - self._anchored > ANCHOR_EVERY:
            anchors.anchor(self.site.store, self.site.state)
            self._anchored = now

    def _due(self, name: str, schedule: Schedule) -> tuple[bool, bool]:
        now = self.site.clock.now()
        with self.site.store.read() as tx:
            state = partners.get(tx, name)
        cutoff = state.cutoff_due_at is not None and state.cutoff_due_at <= now
        poll = state.poll_due_at is None or state.poll_due_at <= now
        if state.cutoff_due_at is None or cutoff or poll:
            with self.site.store.write("schedule") as tx:
                partners.set_due(
                    tx,
                    name,
                    cutoff_due_at=next_cutoff(schedule, now)
                    if cutoff or state.cutoff_due_at is None
                    else None,
                    poll_due_at=next_poll(schedule, now, self._rng) if poll else None,
                )
        return cutoff, poll

    def _delivery_due(self, name: str) -> bool:
        with self.site.store.read() as tx:
            return deliver.anything_due(tx, name)

    def _serve(self, name: str, *, cutoff: bool, poll: bool) -> PassReport:
        """Everything one partner is due, on its own thread; a failed step does not keep the others back."""
        report = PassReport()
        steps: list[tuple[bool, Callable[[], None]]] = [
            (cutoff, lambda: self._count(report, "sealed", batch.send_ready(self.site, name).transmissions)),
            (True, lambda: self._count(report, "delivered", deliver.deliver_due(self.site, name).delivered)),
            (True, lambda: self._count(report, "delivered", reconcile.reconcile(self.site, name))),
            (poll, lambda: self._count(report, "collected", collect.collect(self.site, name).received)),
        ]
        for due, step in steps:
            if due and not self._stop.is_set():
                self._guard(name, report, step)
        return report

    def _desk(self, report: PassReport) -> None:
        """Process what came in and tell the billing system."""
        self._guard(
            "responses", report, lambda: self._count(report, "processed", sort.process(self.site).receipts)
        )
        self._guard(
            "exports", report, lambda: self._count(report, "exported", len(export.export_pending(self.site)))
        )

    def _take_in(self, report: PassReport) -> None:
        report.taken_in += intake.take_in(self.site).files

    def _guard(self, part: str, report: PassReport, step: Callable[[], None]) -> None:
        """Run *step*; a failure is logged and noted, and everything else goes on - except damage, which stops all."""
        try:
            step()
        except IntegrityError:
            raise
        except GatewayError as fault:
            report.troubles.append((part, type(fault).__name__))
            log.warning("trouble", part=part, error=type(fault).__name__)
        except Exception as fault:  # noqa: BLE001 - a defect in one part must not stop the others; it is logged as one
            report.troubles.append((part, type(fault).__name__))
            log.error("defect", part=part, error=type(fault).__name__, exc_info=fault)

    @staticmethod
    def _count(report: PassReport, what: str, amount: int) -> None:
        setattr(report, what, getattr(report, what) + amount)

    @staticmethod
    def _add(report: PassReport, other: PassReport) -> None:
        for what in ("sealed", "delivered", "collected"):
            setattr(report, what, getattr(report, what) + getattr(other, what))
        report.troubles += other.troubles
