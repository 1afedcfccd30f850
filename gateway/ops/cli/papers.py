"""What goes out of the money half: explanations for people, 835s cut up, exports written once more."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.model.money import plain
from gateway.ops.cli import output, state


class Form(StrEnum):
    """In what form an explanation is written."""

    TEXT = "text"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (eob, split, export):
        app.command()(command)


def eob(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="a claim (C-), a payment (P-), a remittance (M-)")
    ],
    reveal: Annotated[
        bool, typer.Option("--reveal", help="with names and numbers, to be printed; recorded with your name")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="text, or a page to print")] = Form.TEXT,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="write into FILE instead of stdout")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout")] = False,
) -> None:
    """Explain what became of a claim's charge, to the cent.

    Every answer of a payer in order: what was charged, allowed, paid, given up, and what the patient owes, line by line and
    with the reasons; then the claim's account. A remittance (M-) gives a page a claim.

    Example: gateway eob C-7K3F9Q2MXR --reveal --format html --out explained.html
    """
    from gateway.ops.reports.eob import explain
    from gateway.ops.reports.eob_html import as_html
    from gateway.ops.reports.eob_text import as_text

    with state.opened() as site:
        if reveal:
            with site.store.write("reveal", actor=state.actor()) as tx:
                document = explain(site, tx, identifier, reveal=True)
                tx.audit(subject=identifier, facts={"as": "eob"})
        else:
            with site.store.read() as tx:
                document = explain(site, tx, identifier, reveal=False)
    if as_json:
        for one in document.explanations:
            output.emit("eob", output.jsonable(one))
        if document.payment is not None:
            output.emit("eob_payment", output.jsonable(document.payment))
        return
    text = as_html(document) if form is Form.HTML else as_text(document)
    if out is None:
        typer.echo(text, nl=False)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as fault:
            raise UsageError(f"{out}: cannot be written ({fault.strerror or type(fault).__name__})") from None
        output.say(f"written into {out}")
    if not reveal:
        output.say("names and numbers are masked; --reveal shows them, and that is recorded with your name")


def split(
    source: Annotated[
        str, typer.Argument(metavar="R-ID|FILE", help="a receipt of ours, or a file with 835s")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="the folder for the files")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout")] = False,
) -> None:
    """Cut 835s up by payee, for systems that read X12 only.

    Each file has the payments of one payee, every set as it came with its own numbers. What is written is read back and held
    against what was read, to the cent. A receipt's files are told by the NPI of the billing entity, whichever number the
    payer names; a file needs no installation. Files that are there are replaced.

    Example: gateway split R-2MXR7K3F9Q --out payments/
    """
    from gateway.model.identifiers import Kind, kind_of
    from gateway.responses.split import by_number, split_835
    from gateway.responses.split_receipts import split_receipt
    from gateway.x12.reader import ReadLimits

    try:
        if kind_of(source) is Kind.RECEIPT:
            with state.opened() as site:
                report = split_receipt(site, source, out)
        else:
            data = Path(source).read_bytes()
            report = split_835(
                [data], limits=ReadLimits(), name=by_number(), path=lambda name: out / f"{name}.835"
            )
    except OSError as fault:
        raise UsageError(f"{fault.filename or source}: {fault.strerror or type(fault).__name__}") from None
    if as_json:
        for part in report.parts:
            output.emit(
                "part", {"payee": part.name, "file": part.path, "sets": part.sets, "amount": part.amount}
            )
    else:
        output.table(
            ("payee", "#payments", "#amount", "file"),
            [(part.name, part.sets, part.amount, part.path) for part in report.parts],
        )
    output.say(f"{report.sets} payments, {plain(report.amount)} in all, in {len(report.parts)} files")
    if report.others:
        output.say(f"{report.others} transaction sets are no 835 and were left out")


def export(
    identifier: Annotated[str, typer.Argument(metavar="X-ID", help="an export (X-...)")],
    again: Annotated[bool, typer.Option("--again", help="write its files once more; must be given")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout")] = False,
) -> None:
    """Write an export's files into inbound/ once more.

    The same names, the same bytes: for a billing system that lost them. Each row keeps its posting_id, so that what was
    imported before is known.

    Example: gateway export X-7K3F9Q2MXR --again
    """
    from gateway.model.identifiers import Kind, kind_of
    from gateway.responses.export import write_again

    if kind_of(identifier) is not Kind.EXPORT:
        raise UsageError(
            f"{identifier} is not the id of an export (X-...); it stands in the names of files in inbound/"
        )
    if not again:
        raise UsageError(
            f"exports write themselves; to write this one once more: gateway export {identifier} --again"
        )
    with state.opened() as site:
        write_again(site, identifier, actor=state.actor())
    if as_json:
        output.emit("done", {"action": "export", "id": identifier, "result": "written again"})
    else:
        typer.echo(f"{identifier}: written again")
