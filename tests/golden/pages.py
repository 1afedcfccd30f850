"""Worked examples as pages that a biller can read: what was sent, what came, and what the gateway says of it.

A page has a title, then what happens, each part under a heading in capitals, then a line of dashes, then what the gateway's
own commands print. Above the line a person writes:

    SENT                      a claim a line: number, name, member, day | procedure charge, procedure charge ...
    RECEIVED 2024-01-26       an 835, segments as they stand in it; who pays and who is paid may be left out where they are the usual ones
    BANK 2024-01-26           a line of the bank's file: amount and what the bank tells with it
    ON 2024-02-01             days go by
    CORE360                   the office's list of combinations, as a file with a heading

Below it stand ``REMITTANCES``, ``CLAIMS``, ``LINES`` of claims with several, and what `gateway ledger`, `plb`, `denials`, `credits`,
`deposit list --open`, `queue` and `status` say; a part that has nothing to say is left out. Ids are numbered in the order in which they appear.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import typer
from sqlalchemy import select

from gateway.claims.codesets.load import load_codes
from gateway.clock import MovableClock
from gateway.model.codesets import CodeSet
from gateway.ops.cli import books, inspect, output, state
from gateway.ops.cli import credit_balances as credit_commands
from gateway.ops.cli import denials as denial_commands
from gateway.ops.cli import deposits as deposit_commands
from gateway.ops.cli import plb as plb_commands
from gateway.ops.reports.status import gather
from gateway.responses import sort
from gateway.responses.deposits import load_bank_file
from gateway.store import deposits, findings, ledger, remittances, submissions, views
from gateway.store.schema import remittance
from tests.desk import Desk, service
from tests.mailroom import Mailroom, envelope, group

LINE = "-" * 96
START = datetime(2024, 1, 15, 15, tzinfo=UTC)
_HEADING = re.compile(r"^(SENT|RECEIVED|BANK|ON|CORE360)(?: (\d{4}-\d{2}-\d{2}))?(?: (\d{2}:\d{2}))?$")
_ID = re.compile(r"\b([ACDMPRS])-[0-9A-HJKMNP-TV-Z]{10}\b")
_PAYER = [
    "DTM*405*20240125", "N1*PR*EXAMPLE HEALTH PLAN", "N3*PO BOX 1", "N4*CHICAGO*IL*60601", "REF*2U*60054",
    "PER*BL*EDI*TE*8005550100",
]  # fmt: skip
_PAYEE = ["N1*PE*ROE CLINIC*XX*1098765435", "REF*TJ*123456789"]
_MOVES = ("LX", "CLP", "PLB")


@dataclass(frozen=True, slots=True)
class Part:
    """One heading of a page with the lines under it."""

    name: str
    day: str | None
    hour: str | None
    lines: tuple[str, ...]


def happenings(page: str) -> list[Part]:
    """Return the parts of a page above its line of dashes; the title and what is said of it are not one."""
    found: list[Part] = []
    for text in page.partition(LINE)[0].splitlines():
        if heading := _HEADING.match(text):
            found.append(Part(heading[1], heading[2], heading[3], ()))
        elif found and text.strip():
            found[-1] = Part(found[-1].name, found[-1].day, found[-1].hour, (*found[-1].lines, text.strip()))
    assert found, "the page says nothing of what happens"
    return found


class Bench:
    """Does what a page says, at a desk with an archive, and tells what the gateway's commands print then."""

    def __init__(self, desk: Desk, room: Mailroom, clock: MovableClock) -> None:
        self.desk, self.room, self.clock = desk, room, clock
        self.claims: dict[str, str] = {}
        self._files = 0

    def play(self, parts: Iterable[Part]) -> None:
        """Do what the parts say, in their order, and prove the books after each."""
        steps: dict[str, Callable[[tuple[str, ...]], None]] = {
            "SENT": self._sent, "RECEIVED": self._received, "BANK": self._bank, "ON": lambda _: None,
            "CORE360": self._list,
        }  # fmt: skip
        for part in parts:
            if part.day:
                hour = time.fromisoformat(part.hour or "15:00")
                there = datetime.combine(date.fromisoformat(part.day), hour, tzinfo=UTC)
                self.clock.advance(there - self.clock.now())
            self._day = part.day
            steps[part.name](part.lines)
            self.desk.check()

    def _sent(self, lines: tuple[str, ...]) -> None:
        for text in lines:
            who, _, services = text.partition("|")
            pcn, last, first, member, day = who.split()
            billed = [
                service(
                    procedure, charge, service_date=date.fromisoformat(day), line_control_number=f"{pcn}L{n}"
                )
                for n, (procedure, charge) in enumerate((one.split() for one in services.split(",")), start=1)
            ]
            charge = sum((one.charge for one in billed), Decimal(0))
            self.claims[pcn] = self.desk.claim(
                pcn, charge, member=member, name=(last, first), day=date.fromisoformat(day), services=billed
            )

    def _received(self, lines: tuple[str, ...]) -> None:
        self._files += 1
        sets: list[list[str]] = []
        for text in lines:
            for segment in filter(None, (one.strip() for one in text.split("~"))):
                if segment.startswith("BPR*"):
                    sets.append([])
                sets[-1].append(segment)
        part = group("HP", "005010X221A1", *map(_whole, sets), number=self._files)
        self.room.receipt(envelope(part, number=self._files).encode())
        sort.process(self.room.site)

    def _bank(self, lines: tuple[str, ...]) -> None:
        rows = [f"{self._day},{amount},{said}" for amount, _, said in (text.partition(" ") for text in lines)]
        data = "Date,Amount,Description\n" + "".join(f"{row.strip()}\n" for row in rows)
        report = load_bank_file(self.desk.site, data.encode(), name="bank.csv", actor="pat")
        assert not report.refused, report.findings

    def _list(self, lines: tuple[str, ...]) -> None:
        load_codes(
            self.desk.store, CodeSet.CORE360, "\n".join(lines).encode(), name="core360.csv", effective=date(2024, 1, 1),
            actor="pat", limits=self.desk.site.settings.limits,
        )  # fmt: skip

    def told(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """Return the half of the page below the line."""
        monkeypatch.setattr(state, "opened", self._opened)
        monkeypatch.setenv("COLUMNS", "112")
        shown: list[tuple[str, Callable[[], None]]] = [
            ("REMITTANCES", self._remittances),
            ("CLAIMS", self._claims),
            ("LINES", self._lines),
            ("gateway ledger", lambda: books.ledger(None)),
            ("gateway plb", lambda: plb_commands.plb(None, reveal=True)),
            ("gateway denials", lambda: denial_commands.denials(None, None, None)),
            ("gateway credits", credit_commands.list_credits),
            ("gateway deposit list --open", self._deposits),
            ("gateway queue", inspect.queue),
            ("gateway status: money", self._money),
        ]
        pages = [(name, _printed(command)) for name, command in shown]
        return named("\n".join(f"{name}\n{text}" for name, text in pages if text.strip()))

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        yield self.desk.site

    def _remittances(self) -> None:
        with self.desk.store.read() as tx:
            ids = tx.execute(
                select(remittance.c.id).order_by(remittance.c.received_at, remittance.c.id)
            ).scalars()
            found = [remittances.get(tx, one) for one in ids]
            said = {one.id: findings.of(tx, one.id) for one in found}
        if not found:
            return
        output.table(
            ("", "trace", "pays", "#amount", "state", "why"),
            [(m.id, m.trace_number, m.payer_name, m.amount, m.state, m.reason) for m in found],
            indent=2,
        )
        for one in found:
            for finding in said[one.id]:
                typer.echo(f"  {one.id} {finding.severity.value} {finding.code}: {finding.message}")

    def _claims(self) -> None:
        rows = []
        with self.desk.store.read() as tx:
            for pcn, claim in self.claims.items():
                account = ledger.claim_account(tx, claim)
                figures = (account.charge, account.paid, account.adjusted, account.patient, account.open)
                rows.append((pcn, claim, *figures, submissions.of_claim(tx, claim)[-1].state.value))
        if rows:
            output.table(
                ("", "", "#charge", "#paid", "#contract", "#patient", "#open", "state"), rows, indent=2
            )

    def _lines(self) -> None:
        """Show claims of several lines line by line, as `gateway show` has them."""
        rows = []
        with self.desk.store.read() as tx:
            for pcn, claim in self.claims.items():
                said = views.show(tx, claim)["service_lines"]
                names = ("line", "procedure", "charge", "paid", "contractual", "patient", "open", "how")
                rows += [(pcn, *(one.get(name) for name in names)) for one in said if len(said) > 1]
        if rows:
            heads = ("", "line", "procedure", "#charge", "#paid", "#contract", "#patient", "#open", "how")
            output.table(heads, rows, indent=2)

    def _deposits(self) -> None:
        """Show what is open both ways, at an office that loads the bank's files."""
        with self.desk.store.read() as tx:
            one_waits = deposits.open_deposits(tx) or deposits.open_remittances(tx)
            if deposits.first_day(tx) is None or not one_waits:
                return
        deposit_commands.list_deposits(only_open=True)

    def _money(self) -> None:
        money = gather(self.desk.site)["money"]
        output.amounts(((n.replace("_", " "), v) for n, v in money.items() if v), indent=2)


def _whole(segments: list[str]) -> list[str]:
    """Add the payer and the payee where the page leaves them out."""
    whole = list(segments)
    if not any(one.startswith("N1*PR") for one in whole):
        whole[2:2] = _PAYER
    if not any(one.startswith("N1*PE") for one in whole):
        here = next((n for n, one in enumerate(whole) if one.split("*")[0] in _MOVES), len(whole))
        whole[here:here] = _PAYEE
    return whole


def _printed(command: Callable[[], None]) -> str:
    """Return what a command prints, on either stream, without the words for nothing."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), suppress(typer.Exit):
        command()
    if not out.getvalue().strip():
        return ""
    return "\n".join(line.rstrip() for line in (out.getvalue() + err.getvalue()).splitlines()) + "\n"


def named(text: str) -> str:
    """Give every opaque id a name that is the same in every run: C-1, M-1, P-1 in order of appearance."""
    seen: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        count = sum(known.startswith(found[1]) for known in seen) + 1
        return seen.setdefault(found[0], f"{found[1]}-{count:0>10}")

    return _ID.sub(name, text)
