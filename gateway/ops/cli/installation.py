"""The installation itself: make one, run it, back it up."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.errors import GatewayError
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.daemon import Daemon, PassReport
    from gateway.site import Site

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
    """Make an installation in DIR, and its key outside of it.

    A commented config.toml with one partner profile, and the folders outbound/, inbound/ and state/.

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
    output.say(
        f"Next: edit {made.config} (the lines marked edit), then in {made.directory}: gateway partner trust NAME"
    )


def run(
    once: Annotated[bool, typer.Option("--once", help="do what there is to do now, then leave")] = False,
    as_json: AsJson = False,
) -> None:
    """Serve: take in, send, collect, post; stop on SIGTERM, and on SIGHUP go on with config.toml as it is now.

    With --once every cutoff and poll counts as due; for a timer, or to try things out.

    Example: gateway --config /srv/claims/config.toml run
    """
    from gateway.store import queue

    if not once:
        while _serve():
            pass
        return
    with state.opened() as site:
        daemon = _daemon(site)
        with output.progress("working") as advance:
            report = daemon.run_once(progress=lambda text: advance(0, text))
        with site.store.read() as tx:
            waiting = len(queue.items(tx, site.settings, site.clock.now()))
    if as_json:
        output.emit("pass", {**output.jsonable(report), "queue": waiting})
    else:
        typer.echo(_summary(report))
    for remark in report.remarks:
        output.say(remark)
    for trouble in report.troubles:
        output.say(str(trouble))
    if report.attention:
        output.say("this pass left something to a person; see: gateway queue, outbound/rejected/")
    elif waiting:
        output.say(f"{waiting} to look at from before; see: gateway queue")
    raise typer.Exit(report.exit_code)


def _daemon(site: "Site") -> "Daemon":
    """Return the daemon of *site*, which SIGTERM and SIGINT stop, and its log."""
    import os
    import signal

    from gateway import logs
    from gateway.daemon import Daemon
    from gateway.ops.cli.main import DEBUG_VARIABLE

    logs.configure(site.settings.logging, site.root)
    if not os.environ.get(DEBUG_VARIABLE):
        logs.catch_uncaught()  # a thread of a library would print its traceback, values and all
    daemon = Daemon(site)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: daemon.stop())
    return daemon


def _serve() -> bool:
    """Serve until told to stop; tell whether to go on with another config.toml (SIGHUP).

    One that cannot be used is refused in words, and the daemon goes on as it is.
    """
    import signal

    from gateway.bootstrap import find_config, load_settings
    from gateway.logs import log

    again: list[bool] = []
    with state.opened() as site:
        daemon = _daemon(site)

        def reread(*_: object) -> None:
            try:
                load_settings(find_config(state.config))
            except GatewayError as fault:
                log.error("config_refused", part="config", error=type(fault).__name__)
                output.say(f"config.toml is not taken: {fault}")
                return
            again.append(True)
            daemon.stop()

        signal.signal(signal.SIGHUP, reread)
        daemon.run()
    return bool(again)


DONE = (
    ("taken_in", "file", "taken in"),
    ("sealed", "transmission", "sealed"),
    ("delivered", "transmission", "delivered"),
    ("collected", "file", "collected"),
    ("processed", "received file", "processed"),
    ("exported", "export", "written"),
)


def _summary(report: "PassReport") -> str:
    """Say in words what a pass did."""
    did = [
        f"{count} {what}{'' if count == 1 else 's'} {done}"
        for name, what, done in DONE
        if (count := getattr(report, name))
    ]
    if report.waiting:
        count = f"{report.waiting} file{'' if report.waiting == 1 else 's'}"
        did.append(f"{count} at partners not fetched before a second look (download.quiet_polls)")
    return "; ".join(did) or "nothing to do"


def backup(target: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Copy the installation to DIR, while it runs.

    Database, archive and configuration, read back and compared; the key is not copied. The copy is an installation: put
    the key where its config.toml says and look at it with: gateway --config DIR/config.toml doctor

    Example: gateway backup /mnt/backup/claims-2026-01-31
    """
    from gateway.store.backup import backup as copy

    with state.opened() as site:
        with output.progress("copying and reading back"):
            made = copy(site.store, site.root, target)
        with site.store.write("backup", actor=state.actor()) as tx:
            tx.audit(facts={"files": made.files})
    if as_json:
        output.emit("backup", output.jsonable(made))
    else:
        typer.echo(f"{target}: {made.files} files, {made.bytes} bytes, read back and compared")
        output.say("The key is not in it; keep its copy elsewhere.")
