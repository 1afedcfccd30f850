"""When to try again, and when never to: the only door to tenacity.

Three layers (reliability.md 9): within a step, where nobody can have done anything (`CONNECTING`); between attempts, by
due times in the store (`next_due`); and the breaker, which pauses a partner after failures in a row and lets a probe
through now and then (`contact`). What may have happened at the partner is never tried again here: it is reconciled.
"""

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import tenacity

from gateway.errors import (
    AuthRefused,
    ConfigError,
    HostKeyRefused,
    NegotiationFailed,
    Stalled,
    TransportError,
    Unreachable,
)
from gateway.exchange.transport import Session
from gateway.logs import log
from gateway.settings import Delivery
from gateway.site import Site
from gateway.store import leases, partners
from gateway.store.db import Tx

Result = TypeVar("Result")

TRIES = 3
CAP_SECONDS = 30.0
JITTER = 0.2

NEEDS_A_PERSON = (AuthRefused, HostKeyRefused, NegotiationFailed)
"""Trying again helps nobody and may lock the account: the partner is paused until a person resumes it (F18)."""

_rng = random.SystemRandom()


def _nothing_done(fault: BaseException) -> bool:
    """Tell whether *fault* proves that nothing was done; anything we do not understand is not retried."""
    return isinstance(fault, Unreachable | Stalled) and not fault.maybe_done


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


CONNECTING = tenacity.Retrying(
    stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_after_delay(CAP_SECONDS),
    wait=tenacity.wait_random_exponential(multiplier=1, max=CAP_SECONDS / TRIES),
    retry=tenacity.retry_if_exception(_nothing_done),
    sleep=lambda seconds: _sleep(seconds),  # noqa: PLW0108 - looked up at call time, so that tests need not wait
    reraise=True,
)
"""Within the step "connect": exponential with full jitter. The last error comes out unchanged."""


def connecting(step: Callable[[], Result]) -> Result:
    """Run *step* under the policy `CONNECTING`."""
    return CONNECTING.copy()(step)


def next_due(
    delivery: Delivery, failures: int, now: datetime, rng: random.Random | None = None
) -> datetime | None:
    """Return when to try again after the *failures*-th failed attempt; None when the waits are used up."""
    if failures > len(delivery.retry_minutes):
        return None  # also where no waits are configured: one try
    share = (rng or _rng).uniform(1 - JITTER, 1 + JITTER)
    return now + timedelta(minutes=delivery.retry_minutes[max(failures, 1) - 1] * share)


def after_contact_failure(tx: Tx, site: Site, partner: str) -> datetime:
    """Return when files for *partner* are tried again after it could not be reached: the last wait, at most, for ever."""
    delivery = site.settings.delivery
    failures = min(max(partners.get(tx, partner).failures, 1), len(delivery.retry_minutes))
    again = next_due(delivery, failures, tx.now()) if failures else None
    return again or tx.now() + timedelta(minutes=delivery.probe_minutes)


def may_contact(site: Site, partner: str) -> bool:
    """Tell whether *partner* may be talked to now: not while paused, but for a probe of a tripped breaker."""
    with site.store.read() as tx:
        state = partners.get(tx, partner)
    if not state.paused:
        return True
    if not state.tripped:
        return False
    # A lease that nobody gives back is a clock that survives a restart: one probe each probe_minutes.
    with site.store.write("probe") as tx:
        return leases.acquire(
            tx, f"probe:{partner}", secrets.token_hex(8), seconds=site.settings.delivery.probe_minutes * 60
        )


@contextmanager
def contact(site: Site, partner: str) -> Iterator[Session]:
    """Log in at *partner*, and keep the score: failures in a row trip the breaker, refusals pause at once.

    Raises:
        TransportError: connecting failed, or the body let one out; the score is kept either way.
        ConfigError: our own key or password is missing.

    """
    transport = site.transport(partner)
    try:
        with ExitStack() as stack:
            yield connecting(lambda: stack.enter_context(transport.connect()))
    except ConfigError as fault:
        _misconfigured(site, partner, fault)
        raise
    except TransportError as fault:
        _failed(site, partner, fault)
        raise
    with site.store.write("contact") as tx:
        resumed = partners.record_success(tx, partner)
        tx.audit(partner, {"partner": partner, "resumed": resumed})


def _misconfigured(site: Site, partner: str, fault: ConfigError) -> None:
    """Pause *partner*: what is missing is ours, and only a person can put it there."""
    with site.store.write("contact_failed") as tx:
        paused = partners.pause(tx, partner, str(fault))
        tx.audit(partner, {"partner": partner, "error": type(fault).__name__, "paused": paused})
    log.warning("contact_failed", partner=partner, error=type(fault).__name__)


def _failed(site: Site, partner: str, fault: TransportError) -> None:
    code = type(fault).__name__
    with site.store.write("contact_failed") as tx:
        tripped = partners.record_failure(tx, partner, code, site.settings.delivery.breaker_failures)
        paused = isinstance(fault, NEEDS_A_PERSON) and partners.pause(tx, partner, fault.message)
        tx.audit(
            partner, {"partner": partner, "error": code, "op": fault.op, "paused": paused, "tripped": tripped}
        )
    log.warning("contact_failed", partner=partner, error=code, op=fault.op)
