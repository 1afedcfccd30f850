"""Without a partner: the sandbox clearinghouse and the demo."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.ops.cli import output

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (sandbox, sandbox_advance, demo):
        app.command()(command)


def sandbox(
    directory: Annotated[Path, typer.Option("--dir", help="its mailboxes, plain files")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port")] = 2222,
) -> None:
    """Run a clearinghouse of one's own on this machine.

    A real SFTP server that answers claims with TA1, 999, 277CA and 835, as the member ids ask (docs/sandbox.md); until
    SIGTERM or Ctrl-C.

    Example: gateway sandbox --dir ./clearinghouse --port 2222
    """
    from gateway.sandbox.run import run_sandbox

    run_sandbox(directory, port=port)


def sandbox_advance(
    directory: Annotated[Path, typer.Option("--dir", help="the sandbox's folder")],
    days: Annotated[float, typer.Option(help="how far its clock moves forward")] = 1,
) -> None:
    """Move a sandbox's clock forward, so that answers fall due.

    Example: gateway sandbox-advance --dir ./clearinghouse --days 30
    """
    from datetime import timedelta

    from gateway.sandbox.run import advance_clock

    advance_clock(directory, timedelta(days=days))
    typer.echo(f"{directory}: clock moved {days:g} days")


def demo(
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="where to play; default ./demo, which is emptied first if a demo made it"),
    ] = None,
    claims: Annotated[int, typer.Option(min=20, max=5000, help="how many claims")] = 300,
    as_json: AsJson = False,
) -> None:
    """Play the whole round trip on this machine.

    Claims for two partners, a sandbox clearinghouse, six weeks of a daemon's work in under a minute; then the books.
    Exit code 0 only if ledger and audit chain hold.

    Example: gateway demo
    """
    from gateway.ops.demo import play

    report = play(directory or Path("demo"), count=claims, say=output.say)
    if as_json:
        output.emit("demo", output.jsonable(report.figures))
    else:
        typer.echo(report.text)
    raise typer.Exit(0 if report.ok else 1)
