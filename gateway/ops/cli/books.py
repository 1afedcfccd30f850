"""The books: the trial balance, one claim's account, the proof of all of it, and the money that came in."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.errors import UsageError
from gateway.model.identifiers import Kind
from gateway.ops.cli import output, state
from gateway.ops.cli.since import moment

if TYPE_CHECKING:
    from gateway.ops.reports.money import Came, Report
    from gateway.store.db import Tx

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]

CHECK = "check"
WEEK = timedelta(days=7)
BAR = 30
"""So many characters stand for all that came in."""

_NAME = 22


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (money, ledger):
        app.command()(command)


def ledger(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID|check]", help="a claim (C-...), or check: only the proof")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the trial balance, or one claim's account; or prove the books.

    The trial balance proves the books as well. check says what was proved: every entry and every claim's account sum up,
    every remittance posted its very payment, the journal counted a second time from what it was made of is the same, and
    cash is what the deposits say. Exit code 1 when the books do not balance.

    Example: gateway ledger C-7K3F9Q2MXR

    Example: gateway ledger check
    """
    from gateway.store import ledger as books
    from gateway.store import views

    with state.opened() as site, site.store.read() as tx:
        if identifier is None:
            _trial_balance(tx, as_json)
            return
        if identifier == CHECK:
            _prove(tx, as_json)
            return
        if views.must_be_here(tx, identifier) is not Kind.CLAIM:
            raise UsageError(
                f"{identifier} has no account; only claims do (C-...). Look at it with: gateway show {identifier}"
            )
        account = books.claim_account(tx, identifier)
        rows = views.journal_of(tx, identifier)
    if as_json:
        for row in rows:
            output.emit("entry", row)
        output.emit("claim_account", {"claim": identifier, **output.jsonable(account)})
        return
    output.table(
        ("at (UTC)", "what", "account", "#amount"),
        [(r["at"], r["kind"], r["account"], r["amount"]) for r in rows],
    )
    typer.echo("")
    output.amounts(output.jsonable(account).items())
    typer.echo("charge = paid + adjusted + patient + open")


def _trial_balance(tx: "Tx", as_json: bool) -> None:
    """Print every account's balance and check the books, in this order: who looks at broken books wants to see them."""
    from gateway.store import ledger as books

    balances = sorted(books.trial_balance(tx).items())
    if as_json:
        for account, balance in balances:
            output.emit("account", {"account": account, "balance": balance})
    else:
        total = sum((balance for _, balance in balances), Decimal(0))
        output.table(("account", "#balance"), [*balances, ("total (must be 0.00)", total)])
    books.check_books(tx)


def _prove(tx: "Tx", as_json: bool) -> None:
    """Prove the books, and say of how much."""
    from gateway.store import ledger as books

    report = books.check_books(tx)
    if as_json:
        output.emit("ledger_check", {"ok": True, **output.jsonable(report)})
    else:
        typer.echo(
            f"the books balance: {report.entries} entries, {report.claims} claims, {report.remittances} posted remittances"
        )


def money(
    since: Annotated[
        str | None,
        typer.Option(
            "--since", help="received since: a date (2026-01-31) or an age (24h, 7d)  [default: 7d]"
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="received before: a date or an age")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the money that came in, and where it is now: by payer and in all, to the cent.

    Counts the remittances received in that time (days are UTC). Came in = posted + held + elsewhere (taken out of the queue
    unposted, by a named person). Posted = on claims + suspense + PLB = in bank + not yet. Denied and to judge is what these
    answers leave open today. All that ever came in is held against the ledger each time; exit code 1 when it is not the same.

    Example: gateway money --since 2026-01-01 --until 2026-02-01
    """
    from gateway.ops.reports.money import gather

    with state.opened() as site:
        begin = moment(since, "--since") if since is not None else site.clock.now() - WEEK
        end = moment(until, "--until") if until is not None else None
        if end is not None and end <= begin:
            raise UsageError("--until must be after --since")
        report = gather(site, since=begin, until=end)
    if as_json:
        _emit(report)
    else:
        _print(report)


def _emit(report: "Report") -> None:
    for one in report.payers:
        output.emit("money_payer", _record(one))
    times = {"since": report.since, "until": report.until}
    ever = {**output.jsonable(report.ever), "not_deposited": report.ever.not_deposited}
    output.emit("money", {**times, **_record(report.all), "ever": ever, "ties_to_ledger": True})


def _record(one: "Came") -> dict[str, object]:
    sums = {**output.jsonable(one.money), "not_deposited": one.money.not_deposited}
    return {
        "payer": one.payer,
        "payer_key": one.payer_key,
        **sums,
        "denied": one.denied,
        "to_judge": one.review,
    }


def _print(report: "Report") -> None:
    until = f" until {report.until:%Y-%m-%d %H:%M}" if report.until else ""
    typer.echo(f"money that came in since {report.since:%Y-%m-%d %H:%M}{until} (UTC), as it stands now")
    if report.payers:
        _sums(report, "received", _RECEIVED)
        _sums(report, "of the posted", _POSTED)
        _sums(report, "beside the money, and what these answers leave open today", _BESIDE)
        _bars(report.all)
    else:
        typer.echo("\nnothing came in")
    ever = report.ever
    typer.echo("\never, and the same in the ledger")
    typer.echo(
        f"  came in  {ever.came_in} = posted {ever.posted} + held {ever.held} + elsewhere {ever.elsewhere}"
    )
    typer.echo(
        f"  posted   {ever.posted} = on claims {ever.on_claims} + suspense {ever.suspense} + PLB {ever.provider}"
        f"\n           {ever.posted} = in bank {ever.deposited} + not yet {ever.not_deposited}"
    )


Column = tuple[str, Callable[["Came"], Decimal | int]]

_RECEIVED: tuple[Column, ...] = (
    ("number", lambda one: one.money.remittances),
    ("came in", lambda one: one.money.came_in),
    ("posted", lambda one: one.money.posted),
    ("held", lambda one: one.money.held),
    ("elsewhere", lambda one: one.money.elsewhere),
)
_POSTED: tuple[Column, ...] = (
    ("on claims", lambda one: one.money.on_claims),
    ("suspense", lambda one: one.money.suspense),
    ("PLB", lambda one: one.money.provider),
    ("in bank", lambda one: one.money.deposited),
    ("not yet", lambda one: one.money.not_deposited),
)
_BESIDE: tuple[Column, ...] = (
    ("contractual", lambda one: one.money.contractual),
    ("patient", lambda one: one.money.patient),
    ("denied", lambda one: one.denied),
    ("to judge", lambda one: one.review),
)


def _sums(report: "Report", title: str, columns: Sequence[Column]) -> None:
    """Print a table with a row a payer and one for all."""
    typer.echo(f"\n{title}")
    rows = [*report.payers, report.all]
    output.table(
        ("payer", *(f"#{name}" for name, _ in columns)),
        [(_short(one.payer), *(amount(one) for _, amount in columns)) for one in rows],
        indent=2,
    )


def _short(name: str) -> str:
    """Return a payer's name so that a row fits on 80 columns; `--json` has all of it."""
    return name if len(name) <= _NAME else name[: _NAME - 1].rstrip() + "~"


def _bars(everybody: "Came") -> None:
    """Draw what came in, and of the posted what the bank has, each as a bar as long as its share."""
    money = everybody.money
    parts = (
        ("on claims", money.on_claims), ("suspense", money.suspense), ("PLB", money.provider), ("held", money.held),
        ("elsewhere", money.elsewhere), ("in bank", money.deposited), ("not yet", money.not_deposited),
        ("denied", everybody.denied), ("to judge", everybody.review),
    )  # fmt: skip
    most = max(abs(amount) for _, amount in parts)
    if not most:
        return
    typer.echo("\nin all")
    full = "\u2588" if (sys.stdout.encoding or "").lower().startswith("utf") else "#"
    wide = max(len(str(amount)) for _, amount in parts)
    for name, amount in parts:
        # A cent is seen too; what is below zero points the other way.
        length = max(1, int(abs(amount) / most * BAR)) if amount else 0
        bar = ("-" if amount < 0 else full) * length
        typer.echo(f"  {name:<9}  {amount:>{wide}}  {bar}".rstrip())
