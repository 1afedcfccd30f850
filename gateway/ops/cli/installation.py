"""The installation itself: make one, run it, back it up."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.ops.cli import output, state

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (init, run, backup):
        app.command()(command)


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    key_file: Annotated[
        Path | None,
        typer.Option(help="where the key goes; outside DIR. Default: ~/.config/claims-gateway/"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an installation: a commented config.toml with one partner profile, folders, and the key outside DIR.

    Example: gateway init /srv/claims
    """
    from gateway.bootstrap import init_installation

    made = init_installation(directory, key_file=key_file)
    if as_json:
        output.emit("installation", output.jsonable(made))
        return
    typer.echo(f"made {made.config}")
    typer.echo(f"key  {made.key_file}")
    output.say(
        "Keep a copy of the key in a second safe place: without it the archive cannot be read by anybody."
    )
    output.say(f"Next: edit {made.config}, then: gateway --config {made.config} partner trust NAME")


def run(
    once: Annotated[bool, typer.Option("--once", help="do what there is to do now, then leave")] = False,
    as_json: AsJson = False,
) -> None:
    """Serve: take in, send, collect, post. Stops cleanly on SIGTERM.

    Example: gateway --config /srv/claims/config.toml run
    """
    import signal

    from gateway import logs
    from gateway.daemon import Daemon

    with state.opened() as site:
        logs.configure(site.settings.logging, site.root)
        daemon = Daemon(site)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: daemon.stop())
        if not once:
            daemon.run()
            return
        with output.progress("working") as advance:
            report = daemon.run_once(progress=lambda text: advance(0, text))
    if as_json:
        output.emit("pass", output.jsonable(report))
    else:
        output.pairs([(k, v) for k, v in output.jsonable(report).items() if k != "troubles"])
    for trouble in report.troubles:
        output.say(str(trouble))
    if report.attention:
        output.say("something waits for a person; see: gateway queue, outbound/rejected/")
    raise typer.Exit(report.exit_code)


def backup(target: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Copy database, archive and configuration to DIR, consistent while the daemon runs; the key is not copied.

    Example: gateway backup /mnt/backup/claims-2026-01-31
    """
    from gateway.store.backup import backup as copy

    with state.opened() as site:
        made = copy(site.store, site.root, target)
        with site.store.write("backup", actor=state.actor()) as tx:
            tx.audit(facts={"files": made.files})
    if as_json:
        output.emit("backup", output.jsonable(made))
    else:
        typer.echo(f"{target}: {made.files} files, verified")
        output.say("The key is not in it; keep its copy elsewhere.")
