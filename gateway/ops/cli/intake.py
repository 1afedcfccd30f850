"""What comes in by hand instead of by dropping: claims that another system sent."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.model.money import plain
from gateway.ops.cli import output, state

FINE, LESS, UNUSABLE = 0, 1, 2

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    app.command("register")(register_sent)


def register_sent(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    sent_on: Annotated[
        datetime,
        typer.Option("--sent-on", formats=["%Y-%m-%d"], metavar="DATE", help="the day they were sent"),
    ],
    partner: Annotated[
        str | None, typer.Option(metavar="NAME", help="to whom they were sent; else by their payers")
    ] = None,
    findings: Annotated[
        Path | None,
        typer.Option("--findings", metavar="FILE", help="findings as JSON lines into FILE, not stderr"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make claims known that the previous system sent, without sending them.

    837 files or records. Their charges are booked on that day, and their acknowledgements and payments find them. A
    claim that is alive here already is refused.

    Example: gateway register MARCH.837 --sent-on 2026-03-31 --partner northlake
    """
    from gateway.claims.register import register as register_claims
    from gateway.responses.late import place_waiting

    code, said = FINE, []
    with state.opened() as site:
        for path in files:
            limit = site.settings.limits.intake_file_bytes
            try:
                data = _bytes_of(path, limit)
            except UsageError as fault:
                output.say(f"gateway: {fault}")
                code = UNUSABLE
                continue
            made = register_claims(
                site, data, name=path.name, sent_on=sent_on.date(), partner=partner, actor=state.actor()
            )
            said += made.findings
            if not made.registered:
                code = UNUSABLE
            elif made.refused:
                code = max(code, LESS)
            if as_json:
                output.emit(
                    "registered",
                    {
                        "file": str(path), "intake_file": made.intake_file, "records": made.records,
                        "registered": made.registered, "refused": made.refused, "billed": made.billed,
                        "transmissions": made.ids,
                    },
                )  # fmt: skip
            else:
                left = f", {made.refused} refused" if made.refused else ""
                claims = f"{made.registered} claim{'s' * (made.registered != 1)}"
                typer.echo(f"{path}: {claims} registered{left}; {plain(made.billed)} billed")
        moved = place_waiting(site, actor=state.actor())
    if moved:
        output.say(f"{moved} payment{'s' * (moved != 1)} left suspense for claims that are known now")
    output.report_findings(said, to=findings)
    raise typer.Exit(code)


def _bytes_of(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from None
    if len(data) > limit:
        raise UsageError(f"{path}: larger than limits.intake_file_bytes ({limit})")
    return data
