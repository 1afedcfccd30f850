"""Seeing: any X12 file as a person reads it, and why an element of a claim says what it says."""

import io
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from gateway.errors import UsageError
from gateway.model.findings import Finding, Severity
from gateway.model.identifiers import Kind, kind_of
from gateway.ops.cli import output, state
from gateway.ops.cli.files import FINE, LESS, UNUSABLE, opened_file

if TYPE_CHECKING:
    from gateway.ops.seeing.describe import Seen

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout, a segment a line")]
_STORED = frozenset({Kind.TRANSMISSION, Kind.RECEIPT, Kind.INTAKE_FILE})


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    app.command()(describe)


def describe(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="an X12 file, or the T-, R- or F- id of one in this installation"
        ),
    ],
    at: Annotated[
        int | None,
        typer.Option(
            "--at",
            min=1,
            metavar="N",
            help="only the segment at position N of its set (ST = 1), every element",
        ),
    ] = None,
    set_: Annotated[
        str | None, typer.Option("--set", metavar="ST02", help="only the set with this control number")
    ] = None,
    loop: Annotated[
        str | None,
        typer.Option("--loop", metavar="LOOP", help="only this loop and what is below it, such as 2300"),
    ] = None,
    claim: Annotated[
        int | None,
        typer.Option(
            "--claim", min=1, metavar="N", help="only the Nth claim of the file, with who it is about"
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="also each segment as it came")] = False,
    unmask: Annotated[
        bool,
        typer.Option("--unmask", help="show who the patients are; of a stored file, recorded with your name"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show any X12 file as a person reads it.

    Loops indented, elements and codes in words, positions counted from ST = 1 as a 999 counts them. What is wrong with the
    file is said where it arises. Patients are masked. Exit code 1 when something is wrong, 2 when it is no X12.

    Example: gateway describe OUT.837 --at 17
    """
    from gateway.ops.seeing.describe import Privacy
    from gateway.ops.seeing.describe import describe as describe_file
    from gateway.ops.seeing.page import Page, seen_json
    from gateway.ops.seeing.select import Selection, Wanted

    errors = 0
    terminal = sys.stdout.isatty()
    page = Page(
        sys.stdout.write,
        paint=lambda text, colour: output.paint(text, colour, terminal),
        width=shutil.get_terminal_size().columns if terminal else None,
        raw=raw,
        full=at is not None,
    )

    def take(item: "Seen | Finding") -> None:
        nonlocal errors
        if isinstance(item, Finding):
            errors += item.severity is Severity.ERROR
        if not as_json:
            page.take(item)
        elif isinstance(item, Finding):
            output.emit("finding", output.finding_json(item))
        else:
            output.emit("segment", seen_json(item), source=_source(file, item))

    selection = Selection(Wanted(position=at, set=set_, loop=loop, claim=claim), take)
    with _stream(file, unmask=unmask) as stream:
        some = describe_file(stream, selection, file=file, privacy=Privacy.OPEN if unmask else Privacy.MASKED)
    if not some:
        raise typer.Exit(UNUSABLE)
    if not selection.found:
        output.say("the file has no segment that fits")
    elif selection.masked and not as_json:
        output.say("*** is masked; --unmask shows it")
    raise typer.Exit(LESS if errors or not selection.found else FINE)


def _source(file: str, seen: "Seen") -> dict[str, str | int | None]:
    return {
        "file": file,
        "interchange": seen.interchange,
        "group": seen.group,
        "set": seen.set,
        "position": seen.position,
    }


def _stream(file: str, *, unmask: bool) -> BinaryIO:
    """Open a file on disk, or the archived bytes of a stored one; its being unmasked is an event."""
    path = Path(file)
    if path.exists() or kind_of(file) is None:
        return opened_file(path)
    if kind_of(file) not in _STORED:
        raise UsageError(f"{file} is not the id of a file (T-..., R-... or F-...); see: gateway show {file}")
    from gateway.store import views

    with state.opened() as site:
        if unmask:
            with site.store.write("reveal", actor=state.actor()) as tx:
                blob = views.archived_blob(tx, file)
                tx.audit(subject=file)
        else:
            with site.store.read() as tx:
                blob = views.archived_blob(tx, file)
        return io.BytesIO(site.archive.get(blob))
