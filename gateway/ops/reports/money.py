"""`gateway money`: what came in, and where it is now - posted, held, in suspense, in the bank - by payer and in all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.errors import BooksBroken
from gateway.responses import denials
from gateway.site import Site
from gateway.store import inflow, ledger
from gateway.store.db import Tx
from gateway.store.inflow import Inflow

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came in from one payer (or all), and what its answers leave open today: denied, or for a person to judge."""

    payer: str
    payer_key: str | None
    money: Inflow
    denied: Decimal
    review: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Remittances received from *since* until before *until*: by payer and in all; *ever* is all that ever came in."""

    since: datetime | None
    until: datetime | None
    payers: tuple[Came, ...]
    all: Came
    ever: Inflow


def gather(site: Site, *, since: datetime | None, until: datetime | None) -> Report:
    """Return the money that came in between *since* and *until* as it stands now.

    Raises:
        BooksBroken: all that ever came in is not what the ledger says.

    """
    with site.store.read() as tx:
        by_payer = inflow.by_payer(tx, since=since, until=until)
        ever = total(inflow.by_payer(tx).values())
        prove(tx, ever)
        names = inflow.names(tx)
        denied, review = _open(tx, site, inflow.payments_of(tx, since=since, until=until))
    payers = tuple(
        Came(payer=names.get(key, key), payer_key=key, money=money, denied=denied[key], review=review[key])
        for key, money in sorted(by_payer.items(), key=lambda one: (names.get(one[0], one[0]), one[0]))
    )
    everybody = Came(
        payer="all",
        payer_key=None,
        money=total(by_payer.values()),
        denied=sum(denied.values(), ZERO),
        review=sum(review.values(), ZERO),
    )
    return Report(since=since, until=until, payers=payers, all=everybody, ever=ever)


def total(parts: Iterable[Inflow]) -> Inflow:
    """Return the sum of *parts*."""
    made = Inflow()
    for part in parts:
        made.add(part)
    return made


def prove(tx: Tx, ever: Inflow) -> None:
    """Hold all that ever came in against the ledger's own totals, and its parts against one another.

    Raises:
        BooksBroken: they differ.

    """
    books = ledger.totals(tx)
    pairs = {
        "received": (ever.posted, books["received"]),
        "paid on claims": (ever.on_claims, books["paid"]),
        "in suspense": (ever.suspense, books["suspense"]),
        "provider adjustments": (ever.provider, books["provider_adjustments"]),
        "not deposited": (ever.not_deposited, books["not_deposited"]),
        "contractual": (ever.contractual, books["contractual"]),
        "patient": (ever.patient, books["patient"]),
        "came in": (ever.posted + ever.held + ever.elsewhere, ever.came_in),
        "posted": (ever.on_claims + ever.suspense + ever.provider, ever.posted),
    }
    wrong = [
        f"{name}: {counted} of remittances, {said} in the ledger"
        for name, (counted, said) in pairs.items()
        if counted != said
    ]
    if wrong:
        raise BooksBroken("what came in is not what the ledger says: " + "; ".join(wrong))


def _open(tx: Tx, site: Site, payments: set[str]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Return by payer what is denied, and what is left for a person to judge, by those of *payments* that stand."""
    denied: dict[str, Decimal] = defaultdict(lambda: ZERO)
    review: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in denials.denials(tx, site.settings, denials.Wanted()):
        if one.claim_payment in payments:
            (denied if one.class_ == "denied" else review)[one.payer_key] += one.amount
    return denied, review
