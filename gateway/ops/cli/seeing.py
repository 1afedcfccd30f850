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
from gateway.ops.cli.files import FINE, LESS, UNUSABLE, bytes_of, opened_file

if TYPE_CHECKING:
    from gateway.ops.seeing.describe import Seen
    from gateway.ops.seeing.explaining import Absent, Answer, Field, Subject

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout, a segment a line")]
_MOST_ROWS = 12
"""So many rows that could write an element are shown."""
_STORED = frozenset({Kind.TRANSMISSION, Kind.RECEIPT, Kind.INTAKE_FILE})


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (describe, explain):
        app.command()(command)


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


def explain(
    subject: Annotated[
        str, typer.Argument(metavar="C-ID", help="a claim (C-...), or a file of claim records (see --row)")
    ],
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[ADDRESS]",
            help="CLM05-3, 2010BB/REF*G2, 2400[2]/SV101-2, NM109*85, 2300, or a field such as payer.id; all where absent",
        ),
    ] = None,
    row: Annotated[
        int | None,
        typer.Option("--row", min=1, metavar="N", help="of a file: the record in this row; else the first"),
    ] = None,
    reveal: Annotated[
        bool,
        typer.Option("--reveal", help="show names and numbers; of a stored claim, recorded with your name"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say why an element of a claim says what it says.

    Which row of the map wrote it, in which file, from which field of the record, and where that came from. Exit code 1 when
    the claim has no such element; then it says which row would write it, and what is missing.

    Example: gateway explain C-7K3F9Q2MXR CLM05-3
    """
    from gateway.mapping.explain import Wanted
    from gateway.ops.seeing import explaining

    wanted = Wanted.of(address) if address is not None else None
    told = _subject(subject, row, reveal=reveal, locate=wanted is not None)
    found = explaining.explain(told, wanted, reveal=reveal)
    if as_json:
        for one in found:
            output.emit("explained", output.jsonable(one))
    elif wanted is None:
        _table(told, found)
    else:
        _answers(told, found)
    if found or wanted is None:
        if any(one.masked for one in found) and not as_json:
            output.say("*** is masked; --reveal shows it")
        raise typer.Exit(FINE)
    missing = explaining.absent(told, wanted, reveal=reveal)
    if as_json:
        for lacking in missing:
            output.emit("absent", output.jsonable(lacking))
    else:
        _absences(address or "", missing, explaining.unknown(told, wanted))
    raise typer.Exit(LESS)


def _subject(subject: str, row: int | None, *, reveal: bool, locate: bool) -> "Subject":
    from gateway.ops.seeing import explaining

    path = Path(subject)
    if path.exists() or kind_of(subject) is None:
        from gateway.settings import Limits

        return explaining.of_file(path, bytes_of(path, Limits().intake_file_bytes), row)
    if kind_of(subject) is not Kind.CLAIM:
        raise UsageError(f"{subject} is not the id of a claim (C-...)")
    if row is not None:
        raise UsageError("--row is for a file of records; a claim (C-...) is one record")
    with state.opened() as site:
        told = explaining.of_stored(site, subject, locate=locate)
        if reveal:
            with site.store.write("reveal", actor=state.actor()) as tx:
                tx.audit(subject=subject)
        return told


def _heading(told: "Subject") -> None:
    typer.echo(f"{told.title}; map {told.map.name}, {told.map.hash[:12]}")
    for remark in told.remarks:
        output.say(remark)


def _table(told: "Subject", found: "list[Answer]") -> None:
    _heading(told)
    output.table(
        ("#at", "element", "says", "field or maker", "row"),
        [
            (
                one.position, one.address, one.text, ", ".join(part.path for part in one.fields) or one.source,
                one.row or "",
            )
            for one in found
        ],
    )  # fmt: skip


def _answers(told: "Subject", found: "list[Answer]") -> None:
    if found:
        _heading(told)
    for one in found:
        typer.echo(f"\n{one.address}  {one.text}")
        facts: list[tuple[str, str | None]] = [("how", one.how)]
        if one.row is not None:
            facts += [("row", f"{one.row}: {one.says}"), ("stands in", one.origin)]
        if one.terms:
            facts.append(("when", one.terms))
        for part in one.fields:
            facts += _field_facts(part)
        output.pairs(facts, indent=4)


def _field_facts(part: "Field") -> "list[tuple[str, str | None]]":
    facts: list[tuple[str, str | None]] = [
        ("field", f"{part.path}: {part.meaning}" if part.meaning else part.path),
        ("record", part.value or "(empty)"),
    ]
    return [*facts, ("came from", part.came)] if part.came else facts


def _absences(address: str, missing: "list[Absent]", otherwise: str) -> None:
    if not missing:
        output.say(f"the claim has no {address}: {otherwise}")
        return
    output.say(f"the claim has no {address}")
    for one in missing[:_MOST_ROWS]:
        typer.echo(f"\n{one.row} would write it, but {one.why}")
        facts: list[tuple[str, str | None]] = [("row", one.says), ("stands in", one.origin)]
        if one.terms:
            facts.append(("when", one.terms))
        for part in one.fields:
            facts += _field_facts(part)[:1]
        output.pairs(facts, indent=4)
    if len(missing) > _MOST_ROWS:
        output.say(
            f"{len(missing) - _MOST_ROWS} more rows could write it; name the loop, as in 2300/{address}"
        )
