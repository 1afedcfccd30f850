"""What the demo tells: who gave what to whom, day by day, and the figures at the end."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from gateway.model.lifecycle import ClaimState
from gateway.model.money import plain
from gateway.site import Site
from gateway.store.figures import Figures
from gateway.store.flow import Flow, flow

OFFICE, GATEWAY, PARTNERS = "office", "gateway", "partners"


class Teller:
    """Tells what passed since it last told, a line for each kind of thing and direction."""

    def __init__(self, site: Site, say: Callable[[str], None]) -> None:
        self._site = site
        self._say = say
        self._began = self._told = site.clock.now()
        self._day: int | None = None

    def tell(self, *, until: datetime | None = None) -> None:
        """Tell what passed between office, gateway and partners since the last time, unless *until* is the same day."""
        if until is not None and (until - self._began).days == self._today:
            return
        now = self._site.clock.now()
        with self._site.store.read() as tx:
            passed = flow(tx, self._told, now)
        self._told = now
        for giver, taker, what in _passed(passed):
            self._line(giver, taker, what)

    def office(self, did: Iterable[str]) -> None:
        """Tell what the office did."""
        for each in did:
            self._line(OFFICE, GATEWAY, each)

    @property
    def _today(self) -> int:
        return (self._site.clock.now() - self._began).days

    def _line(self, giver: str, taker: str, what: str) -> None:
        day = self._today
        date = f"day {day:>2}" if day != self._day else ""
        self._day = day
        near, far, indent = (OFFICE, GATEWAY, 0) if OFFICE in {giver, taker} else (GATEWAY, PARTNERS, 12)
        way = f"{'':{indent}}{near:<7} {'-->' if giver == near else '<--'} {far}"
        self._say(f"{date:<6}  {way:<32}  {what}")


def _passed(passed: Flow) -> Iterator[tuple[str, str, str]]:
    if passed.refused or passed.held:
        back = f"{passed.refused} refused and {passed.held} held"
        yield (
            GATEWAY,
            OFFICE,
            f"of {_n(passed.records, 'record')}, {back}: in outbound/rejected/, with every reason",
        )
    first = passed.claims_sent - passed.innocents
    if first:
        kinds = [
            f"{_n(n, what)}"
            for n, what in ((passed.replacements, "replacement"), (passed.voids, "void"))
            if n
        ]
        told = f"{' and '.join(kinds)}, by the payer's own numbers" if kinds else _n(first, "claim")
        yield GATEWAY, PARTNERS, told
    if passed.sets_rejected:
        yield (
            PARTNERS, GATEWAY,
            f"999: a set of {passed.claims_in_rejected_sets} claims rejected, one of them being at fault",
        )  # fmt: skip
    if passed.innocents:
        yield GATEWAY, PARTNERS, f"the {passed.innocents} others again, by themselves, under new numbers"
    for source in ("clearinghouse", "payer"):
        good = passed.verdicts.get((source, "received"), 0) + passed.verdicts.get((source, "accepted"), 0)
        bad = passed.verdicts.get((source, "rejected"), 0)
        if good or bad:
            told = f", {bad} rejected" if bad else ""
            yield PARTNERS, GATEWAY, f"277CA of the {source}s: {good} accepted{told}"
    if passed.came_back:
        told = (
            f"{_n(passed.came_back, 'rejected record')}: in outbound/rejected/ as dropped, with every reason"
        )
        yield GATEWAY, OFFICE, told
    if passed.payments:
        back = f", {passed.reversed} reversed" if passed.reversed else ""
        yield (
            PARTNERS, GATEWAY,
            f"{_n(passed.payments, '835')}: {plain(passed.paid)} paid, {_n(passed.decided, 'claim')} decided{back}",
        )  # fmt: skip


def _n(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


MONEY = {
    "contractual": "adjusted by contract",
    "other_adjustments": "adjusted otherwise",
    "patient": "owed by patients",
    "open": "owed by payers",
    "in_review": "  of it answered",
    "suspense": "in suspense",
    "provider_adjustments": "provider adjustments",
    "received": "received from payers",
    "deposited": "deposited in the bank",
    "not_deposited": "not yet deposited",
    "deposits_open": "deposits to explain",
    "deposits_elsewhere": "other deposits",
}
"""The figures of the ledger as a biller calls them."""


def summary(
    counted: Figures,
    passed: Flow,
    *,
    silent: int,
    books: str,
    fault: str | None,
    directory: Path,
    corrected: str,
) -> str:
    """Return the figures for a person, and where to look."""
    money = {name: plain(value) for name, value in counted.money.items()}
    width = max(len(value or "") for value in money.values())
    rejected = counted.claims_rejected_by_999 + counted.claims_rejected_by_277ca
    mended = rejected - counted.state(ClaimState.REJECTED)
    refused = ", ".join(f"{code} {n}" for code, n in counted.refused_by_code.items())
    program = "gateway" if shutil.which("gateway") else os.path.relpath(sys.argv[0])
    lines = [
        "",
        f"claims received      {counted.records_received:>6}",
        f"  refused            {counted.records_refused:>6}   {refused}",
        f"  sent               {counted.claims_sent:>6}   in {counted.transmissions} files",
        f"  accepted by payer  {counted.claims_accepted_by_payer:>6}",
        f"  rejected by 999    {counted.claims_rejected_by_999:>6}",
        f"  rejected by 277CA  {counted.claims_rejected_by_277ca:>6}   {mended} of them mended and sent again",
        f"  corrected          {passed.replacements:>6}",
        f"  voided             {counted.state(ClaimState.VOIDED):>6}",
        f"  paid               {counted.state(ClaimState.PAID):>6}",
        f"  partly paid        {counted.state(ClaimState.PARTLY_PAID):>6}",
        f"  zero-pay           {counted.state(ClaimState.ZERO_PAID):>6}",
        f"  denied             {counted.state(ClaimState.DENIED):>6}",
        f"  in review          {counted.state(ClaimState.IN_REVIEW):>6}",
        f"  held               {counted.state(ClaimState.HELD):>6}",
        f"  silent             {silent:>6}",
        "",
        *(f"{MONEY.get(name, name):<22} {value or '':>{width}}" for name, value in money.items()),
        "",
        f"ledger balances: {books}",
        f"audit chain: {'ok' if fault is None else fault}",
        "",
        f"Look into it; it is all in {directory}/:",
        f"  export GATEWAY_CONFIG={'' if directory.is_absolute() else '$PWD/'}{directory}/installation/config.toml",
        f"  {program} queue     what waits for a person, and the command that resolves it",
        f"  {program} status    where everything stands",
        f"  {program} ledger    the books",
        f"  {program} money --since 90d    what the payers sent, by payer: posted, held, denied, in the bank",
        f"  {program} show {corrected}    the corrected claim, from its file to its last payment",
        f"  {directory}/installation/outbound/rejected/    refused records to mend, with the reasons beside them",
        f"  {directory}/installation/inbound/              claim status and payments for the billing system",
    ]
    return "\n".join(lines)
