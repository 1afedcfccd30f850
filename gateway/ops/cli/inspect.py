"""Looking: status, log, show, ledger, queue, audit, doctor. Nothing here changes anything but the record of a reveal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.ops.cli import output, state

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (status, log, show, ledger, queue, doctor):
        app.command()(command)
    audit = typer.Typer(no_args_is_help=True, help="The audit chain.")
    audit.command("verify")(audit_verify)
    app.add_typer(audit, name="audit")


def status(as_json: AsJson = False) -> None:
    """Show where everything stands: claims by state, money, partners.

    Example: gateway status --json
    """
    from gateway.ops.reports.status import gather

    with state.opened() as site:
        report = gather(site)
    if as_json:
        output.emit("status", report)
    else:
        _print_status(report)
    raise typer.Exit(1 if report["needs_a_person"] else 0)


def _print_status(report: dict[str, Any]) -> None:
    output.pairs([("installation", report["environment"]), ("as of", report["at"])])
    for title in ("claims", "money", "queue"):
        typer.echo(f"\n{title}")
        output.pairs(report[title].items(), indent=2)
    typer.echo("")
    output.table(
        ("partner", "paused", "last contact", "next poll", "next cutoff", "#failures"),
        [
            (p["partner"], p["paused_reason"] if p["paused"] else "no", p["last_contact_at"], p["poll_due_at"], p["cutoff_due_at"], p["failures"])
            for p in report["partners"]
        ],
    )  # fmt: skip


def _since(text: str | None) -> datetime | None:
    """Read ``2026-01-31``, ``2026-01-31T08:00`` or an age such as ``24h``, ``7d``."""
    if text is None:
        return None
    unit = {"h": "hours", "d": "days", "m": "minutes"}.get(text[-1:])
    if unit and text[:-1].isdigit():
        return datetime.now(UTC) - timedelta(**{unit: int(text[:-1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text}: give a date (2026-01-31) or an age (24h, 7d)") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def log(
    partner: Annotated[str | None, typer.Option(help="only this partner")] = None,
    since: Annotated[str | None, typer.Option(help="a date (2026-01-31) or an age (24h, 7d)")] = None,
    kind: Annotated[str | None, typer.Option(help="only this kind of event, such as delivered")] = None,
    claim: Annotated[str | None, typer.Option(help="only what concerns this claim (C-...)")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many, the newest")] = 200,
    as_json: AsJson = False,
) -> None:
    """Show the transmission and audit log, oldest first.

    Example: gateway log --partner northlake --since 24h
    """
    from gateway.store import views

    with state.opened() as site, site.store.read() as tx:
        rows = views.events(tx, partner=partner, since=_since(since), kind=kind, claim_id=claim, limit=limit)
    if as_json:
        for row in rows:
            output.emit("event", {"event": row.pop("kind"), **row})
        return
    output.table(
        ("at", "who", "what", "id", "facts"),
        [
            (
                r["at"],
                r["actor"],
                r["kind"],
                r["subject"],
                " ".join(f"{k}={v}" for k, v in r["facts"].items()),
            )
            for r in rows
        ],
    )


def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="C-, S-, T-, R-, M-, P-, F- or X- id")],
    reveal: Annotated[
        bool, typer.Option("--reveal", help="show names and numbers; recorded with your name")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show everything about one claim, submission, transmission, receipt, remittance, payment or file.

    Example: gateway show C-7K3F9Q2MXR
    """
    from gateway.store import views

    with state.opened() as site:
        if reveal:
            with site.store.write("reveal", actor=state.actor()) as tx:
                seen = output.jsonable(views.show(tx, identifier))
                tx.audit(subject=identifier)
        else:
            with site.store.read() as tx:
                seen = output.masked(output.jsonable(views.show(tx, identifier)))
    if as_json:
        output.emit("show", seen)
    else:
        _print_tree(seen)


def _print_tree(value: Any, indent: int = 0) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            if part is None or part in ([], {}):
                continue
            if isinstance(part, dict | list):
                typer.echo(f"{' ' * indent}{key}")
                _print_tree(part, indent + 2)
            else:
                typer.echo(f"{' ' * indent}{key}: {part}")
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list):
                typer.echo(f"{' ' * indent}-")
                _print_tree(part, indent + 2)
            else:
                typer.echo(f"{' ' * indent}- {part}")


def ledger(
    identifier: Annotated[str | None, typer.Argument(metavar="[ID]", help="a claim (C-...)")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the trial balance, or one claim's account with its entries; exit 1 when the books do not balance.

    Example: gateway ledger C-7K3F9Q2MXR
    """
    from gateway.store import ledger as books
    from gateway.store import views

    with state.opened() as site, site.store.read() as tx:
        if identifier is None:
            balances = books.trial_balance(tx)
            books.check_books(tx)
            rows: list[dict[str, Any]] = [{"account": a, "balance": b} for a, b in sorted(balances.items())]
        else:
            views.show(tx, identifier)
            account = books.claim_account(tx, identifier)
            rows = views.journal_of(tx, identifier)
    if as_json:
        for row in rows:
            output.emit("account" if identifier is None else "entry", row)
        if identifier is not None:
            output.emit("claim_account", output.jsonable(account))
        return
    if identifier is None:
        output.table(("account", "#balance"), [(r["account"], r["balance"]) for r in rows])
        typer.echo(f"total {output.jsonable(sum((r['balance'] for r in rows), Decimal(0)))}  (must be 0.00)")
        return
    output.table(
        ("at", "what", "account", "#amount", "posting"),
        [(r["at"], r["kind"], r["account"], r["amount"], r["posting_id"]) for r in rows],
    )
    typer.echo("")
    output.pairs(output.jsonable(account).items())


def queue(as_json: AsJson = False) -> None:
    """Show what waits for a person, why, and the command that resolves it; exit 1 when there is anything.

    Example: gateway queue
    """
    from gateway.store import queue as waiting

    with state.opened() as site, site.store.read() as tx:
        now = site.clock.now()
        items = waiting.items(tx, site.settings, now)
    if as_json:
        for item in items:
            row = output.jsonable(item)
            output.emit("queue_item", {"what": row.pop("kind"), **row, "age_hours": _hours(now - item.since)})
    elif items:
        output.table(
            ("what", "id", "partner", "#hours", "why", "next"),
            [(i.kind, i.id, i.partner, _hours(now - i.since), i.why, i.command) for i in items],
        )
    else:
        output.say("nothing waits for a person")
    raise typer.Exit(1 if items else 0)


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:.1f}"


def audit_verify(as_json: AsJson = False) -> None:
    """Walk the whole audit chain and its anchors; exit 1 when anything was edited, removed or cut off.

    Example: gateway audit verify
    """
    from gateway.store import anchors

    with state.opened() as site:
        report = anchors.verify_chain(site.store, site.state)
    if as_json:
        output.emit("audit", {"ok": report.fault is None, **output.jsonable(report)})
    else:
        typer.echo(f"audit chain: {'ok' if report.fault is None else report.fault} ({report.events} events)")
    raise typer.Exit(0 if report.fault is None else 1)


def doctor(as_json: AsJson = False) -> None:
    """Look at the whole installation: configuration, key, database, archive, books, partners, disk.

    Example: gateway doctor
    """
    from gateway.ops.doctor import examine

    with state.opened() as site:
        checks = examine(site)
    for check in checks:
        if as_json:
            output.emit("check", output.jsonable(check))
        else:
            typer.echo(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.message}")
    raise typer.Exit(0 if all(c.ok for c in checks) else 1)
