"""The command line: one group a file; libraries are imported by the command that needs them."""

import gc
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer import TyperException

from gateway import __version__
from gateway.errors import GatewayError
from gateway.ops.cli import (
    act,
    books,
    codes,
    corrections,
    credit_balances,
    denials,
    deposits,
    edits,
    files,
    inspect,
    installation,
    intake,
    maps,
    papers,
    parties,
    plb,
    rehearse,
    seeing,
    state,
)

DEBUG_VARIABLE = "GATEWAY_DEBUG"
"""Set: an unexpected error shows its traceback, which may quote claims."""

HELP = """Claims out as X12 837 over SFTP; TA1, 999, 277CA and 835 back; payments posted to the cent.

Exit codes: 0 all fine; 1 done, but something was withheld or needs a person; 2 unusable input or arguments; 3 try later.

Example: gateway demo
"""

app = typer.Typer(
    name="gateway",
    help=HELP,
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
    """Note what holds for every command."""
    state.config = config


for group in (
    files,
    seeing,
    maps,
    edits,
    codes,
    installation,
    intake,
    inspect,
    books,
    act,
    denials,
    credit_balances,
    deposits,
    plb,
    corrections,
    papers,
    parties,
    rehearse,
):
    group.register(app)


def calm_collector() -> None:
    """Have the garbage collector look less often: what a file becomes is kept, by the million, and is no garbage."""
    gc.set_threshold(50_000, 20, 100)


def run() -> None:
    """Run the command line and leave with its exit code; every known error is one clear line."""
    os.umask(0o077)
    calm_collector()
    try:
        code = app(prog_name="gateway", standalone_mode=False)
        sys.stdout.flush()
    except GatewayError as fault:
        sys.stderr.write(f"gateway: {fault}\n")
        sys.exit(fault.exit_code)
    except TyperException as fault:
        sys.exit(_unusable(fault))
    except BrokenPipeError:
        _read_no_further()
    except SystemExit as leaving:
        # The library leaves with 1, which says here that something needs a person.
        if isinstance(leaving.__context__, BrokenPipeError):
            _read_no_further()
        raise
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("gateway: interrupted\n")
        sys.exit(130)
    except OSError as fault:
        # What every command reads and writes is guarded where it happens; this is a disk or folder beneath it.
        sys.stderr.write(
            f"gateway: {fault.filename or 'input or output'}: {fault.strerror or type(fault).__name__}\n"
        )
        sys.exit(2)
    except Exception as fault:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        sys.stderr.write(
            f"gateway: a defect in the gateway: {_place(fault)}; report it, with {DEBUG_VARIABLE}=1 for the details\n"
        )
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _read_no_further() -> NoReturn:
    """Leave because whoever reads our output has seen enough, such as ``head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(0)


def _place(fault: Exception) -> str:
    """Return the type of *fault* and where it came up; not its text, which may quote a claim (law 11)."""
    ours = [
        frame
        for frame in traceback.extract_tb(fault.__traceback__)
        if "gateway" in Path(frame.filename).parts
    ]
    where = f" in {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return f"{type(fault).__name__}{where}"


def _unusable(fault: TyperException) -> int:
    """Say what is wrong with the arguments in one line, with the help to look at; return the exit code."""
    context = getattr(fault, "ctx", None)
    path = context.command_path if context is not None else "gateway"
    message = fault.format_message().strip()
    if type(fault).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(message + "\n")
    else:
        message = message.rstrip(".")
        sys.stderr.write(f"gateway: {message}; see: {path} --help\n")
    return 2


if __name__ == "__main__":
    run()
