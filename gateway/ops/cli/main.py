"""The command line: one group a file; libraries are imported by the command that needs them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway import __version__
from gateway.errors import GatewayError
from gateway.ops.cli import act, files, inspect, installation, parties, rehearse, state

app = typer.Typer(
    name="gateway",
    help="Claims out as X12 837 over SFTP; TA1, 999, 277CA and 835 back; payments posted to the cent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gateway {__version__}")
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", envvar="GATEWAY_CONFIG", help="config.toml; else the one in the current directory"
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="show the version and leave"),
    ] = False,
) -> None:
    """Claims out, payments back. Exit codes: 0 all fine; 1 something needs a person; 2 unusable input; 3 try later."""
    state.config = config


for group in (files, installation, inspect, act, parties, rehearse):
    group.register(app)


def run() -> None:
    """Run the command line and leave with its exit code; every known error is one clear line."""
    os.umask(0o077)
    try:
        app()
    except GatewayError as fault:
        sys.stderr.write(f"gateway: {fault}\n")
        sys.exit(fault.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.stderr.write("gateway: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    run()
