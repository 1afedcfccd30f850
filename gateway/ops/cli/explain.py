"""Papers for people: `gateway eob`, the explanation of what became of a claim's charge."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.ops.cli import output, state


class Form(StrEnum):
    """In what form an explanation is written."""

    TEXT = "text"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    app.command()(eob)


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
