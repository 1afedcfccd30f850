"""Looking: status, log, show, queue, audit, doctor. Nothing here changes anything but the record of a reveal."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.model.identifiers import Kind
from gateway.ops.cli import output, state
from gateway.ops.cli.since import moment

if TYPE_CHECKING:
    from gateway.store.queue import QueueItem

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (status, log, show, queue, doctor):
        app.command()(command)
    audit = typer.Typer(no_args_is_help=True, help="The audit chain.\n\nExample: gateway audit verify")
    audit.command("verify")(audit_verify)
    app.add_typer(audit, name="audit")


def status(as_json: AsJson = False) -> None:
    """Show where everything stands.

    Claims by state, money, the queue, partners. Exit code 1 when something waits for a person.

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
    output.pairs([("installation", report["environment"].value), ("as of (UTC)", report["at"])])
    figures = {name.replace("_", " "): value for name, value in report["claims"].items()}
    further = ("sent", "accepted_by_payer", "rejected_by_999", "rejected_by_277ca")
    files = ("transmissions", "remittances_posted", "remittances_quarantined")
    for title, shown in (
        ("claims", figures),
        ("ever", {name.replace("_", " "): report[name] for name in further}),
        ("files", {name.replace("_", " "): report[name] for name in files}),
        ("money", {name.replace("_", " "): value for name, value in report["money"].items()}),
        ("queue (gateway queue)", report["queue"] or {"nothing waits for a person": ""}),
    ):
        typer.echo(f"\n{title}")
        output.amounts(shown.items(), indent=2)
    typer.echo("\ncode sets (gateway codes list)")
    sets = report["code_sets"]
    output.pairs(
        [
            ("judging today", ", ".join(f"{name} {day}" for name, day in sets["judging"].items()) or "none"),
            ("checked only for their shape", ", ".join(sets["shapes_only"]) or "none"),
        ],
        indent=2,
    )
    typer.echo("")
    output.table(
        ("partner", "last contact", "next poll", "next cutoff", "#failures", "paused"),
        [
            (
                p["partner"], p["last_contact_at"] or "never", p["poll_due_at"], p["cutoff_due_at"], p["failures"],
                p["paused_reason"] if p["paused"] else "no",
            )
            for p in report["partners"]
        ],
    )  # fmt: skip


def log(
    partner: Annotated[str | None, typer.Option(help="only this partner")] = None,
    since: Annotated[str | None, typer.Option(help="a date (2026-01-31) or an age (24h, 7d)")] = None,
    kind: Annotated[str | None, typer.Option(help="only this kind of event, such as delivered")] = None,
    claim: Annotated[str | None, typer.Option(help="only what concerns this claim (C-...)")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many, the newest")] = 200,
    as_json: AsJson = False,
) -> None:
    """Show the transmission and audit log.

    Every unit of work is an event; oldest first.

    Example: gateway log --partner northlake --since 24h
    """
    from gateway.store import views

    with state.opened() as site, site.store.read() as tx:
        if partner is not None:
            site.partner(partner)
        if claim is not None and views.must_be_here(tx, claim) is not Kind.CLAIM:
            raise UsageError(f"--claim {claim}: give the id of a claim (C-...)")
        rows = views.events(
            tx,
            partner=partner,
            since=moment(since, "--since") if since else None,
            kind=kind,
            claim_id=claim,
            limit=limit,
        )
        kinds = [] if rows or kind is None else views.event_kinds(tx)
    if kinds and kind not in kinds:
        output.say(f"no event is of the kind {kind}; there are: {', '.join(kinds)}")
    if len(rows) == limit:
        output.say(f"the newest {limit} events; --limit shows more, --since and --kind narrow them")
    if as_json:
        for row in rows:
            output.emit("event", {"event": row.pop("kind"), **row})
        return
    if not rows and not kinds:
        output.say("nothing of that kind in that time")
    output.table(
        ("at (UTC)", "who", "what", "id", "facts"),
        [(r["at"], r["actor"], r["kind"], r["subject"], _facts(r["facts"], r["subject"])) for r in rows],
    )


SHORT = 12
"""So much of a hash tells it from the others."""


def _facts(facts: Mapping[str, Any], subject: str | None) -> str:
    """Return an event's facts on a line: no empty ones, no long hashes, long lists counted. `--json` has all of it."""
    return " ".join(
        f"{name}={_fact(value)}" for name, value in facts.items() if value is not None and value != subject
    )


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ",".join(f"{name}:{one}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ",".join(map(str, value)) if len(value) <= 3 else f"{len(value)}({value[0]},...)"
    text = str(value)
    return text[:SHORT] if re.fullmatch(r"[0-9a-f]{64}", text) else text


def show(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="C-, V-, S-, T-, R-, M-, P-, D-, F- or X- id")
    ],
    reveal: Annotated[
        bool, typer.Option("--reveal", help="show names and numbers; recorded with your name")
    ] = False,
    findings: Annotated[
        Path | None,
        typer.Option("--findings", metavar="FILE", help="also write its findings as JSON lines into FILE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show everything about one thing, by its id.

    A claim with its story: received, judged, sent, answered, paid. Names, numbers and dropped files' names are masked.

    Example: gateway show C-7K3F9Q2MXR
    """
    from gateway.ops.cli import picture
    from gateway.ops.reports import masking, versions
    from gateway.ops.reports.code_words import code_words
    from gateway.responses import proposals
    from gateway.store import views

    with state.opened() as site:
        if reveal:
            with site.store.write("reveal", actor=state.actor()) as tx:
                seen = views.show(tx, identifier)
                tx.audit(subject=identifier)
        else:
            with site.store.read() as tx:
                seen = views.show(tx, identifier)
        if seen["type"] == "claim":
            seen["changes"] = versions.compared(seen["versions"], reveal=reveal)
            seen["story"] = sorted(
                [*seen["story"], *versions.steps(seen, seen["changes"])], key=lambda step: step["at"]
            )
        seen = masking.opened(seen, reveal=reveal)
        with site.store.read() as tx:
            if seen["type"] == "claim_payment":
                waits = proposals.of_payment(tx, site.settings, identifier)
                seen["proposals"] = [
                    {"claim": one.claim, "facts": ", ".join(one.facts), "command": one.command}
                    for one in (waits.proposals if waits else ())
                ]
                if waits:
                    seen["why"] = f"in suspense: {waits.doubt}"
            seen["words"] = code_words(tx, seen, site.clock.now().date())
    if findings is not None:
        output.write_findings(
            ({key: f[key] for key in output.FINDING_KEYS} for f in seen["findings"]), findings
        )
    if as_json:
        output.emit("show", seen)
        return
    picture.draw(seen)
    if not reveal and masking.MASK in json.dumps(output.jsonable(seen)):
        output.say(f"{masking.MASK} is masked; --reveal shows it, and that is recorded with your name")


def queue(as_json: AsJson = False) -> None:
    """Show what waits for a person, and the command for it.

    Held, rejected, unmatched, quarantined, uncertain and silent things, denials, open accounts and credits, the longest
    waiting first (docs/runbook.md). Exit code 1 when there is anything.

    Example: gateway queue
    """
    from gateway.ops.reports.meanings import explained
    from gateway.responses import proposals
    from gateway.store import queue as waiting

    with state.opened() as site, site.store.read() as tx:
        now = site.clock.now()
        items = proposals.in_queue(tx, site.settings, waiting.items(tx, site.settings, now))
    if as_json:
        for item in items:
            row = output.jsonable(replace(item, why=explained(item.why)))
            output.emit("queue_item", {"what": row.pop("kind"), **row, "age_hours": _hours(now - item.since)})
    elif items:
        _print_queue(items, now)
    else:
        output.say("nothing waits for a person")
    raise typer.Exit(1 if items else 0)


_WAYS = re.compile(r"(; (?:or )?|, (?:or|and)[,:]? )")
"""What stands between two steps, or two ways, to resolve an item."""


def _print_queue(items: "Sequence[QueueItem]", now: datetime) -> None:
    """Print each item as a line of what it is and lines of why and what to do, wide or narrow."""
    from gateway.ops.reports.meanings import explained

    for item in items:
        amount = "" if item.amount is None else str(item.amount)
        typer.echo(
            f"{item.kind:<11}  {item.id:<12}  {_age(now - item.since):>6}  {amount:>11}  {item.partner or ''}".rstrip()
        )
        first, *more = _WAYS.split(item.command)
        ways = [
            ("or" if "or" in between else "then", way.removeprefix("then: "))
            for between, way in zip(more[::2], more[1::2], strict=True)
        ]
        output.table(
            ("", ""), [("why", explained(item.why)), ("next", first), *ways], indent=4, heading=False
        )
    counted = Counter(item.kind for item in items)
    output.say(f"{len(items)} to look at: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counted.items())))


def _age(age: timedelta) -> str:
    hours = max(age.total_seconds(), 0) / 3600
    return (
        f"{hours / 24:.0f} d" if hours >= 48 else f"{hours:.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"
    )


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:.1f}"


def audit_verify(as_json: AsJson = False) -> None:
    """Prove that nobody edited, removed or cut off the log.

    Walks the whole audit chain and its anchors; exit code 1 when it does not hold.

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
    """Look at the whole installation for anything wrong.

    Configuration, database, maps, archive, audit chain, books, disk, partners; exit code 1 when anything is.

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
