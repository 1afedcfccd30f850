"""What goes out of the money half: explanations for people, 835s cut up, exports written once more."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.model.findings import Finding
from gateway.model.money import plain
from gateway.ops.cli import output, state


class Form(StrEnum):
    """In what form an explanation is written."""

    TEXT = "text"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (eob, split, export, remit):
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


def remit(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.json", help="the remittance as JSON, and what it was read from")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would be posted, and post nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout")] = False,
) -> None:
    """Enter a remittance that came on paper.

    The file has the fields of `gateway schema remittance`, and entered_from: the reference of the check image or whatever
    it was read from. It is archived, and then balanced, matched and posted like one that came by wire, under your name; what
    was posted before is not posted again. Exit code 1 when something of it waits for a person.

    Example: gateway remit check-0017.json --dry-run
    """
    from gateway.responses import paper
    from gateway.responses.enter import enter, rehearse
    from gateway.store.remittances import POSTED

    try:
        data = file.read_bytes()
    except OSError as fault:
        raise UsageError(f"{file}: {fault.strerror or type(fault).__name__}") from None
    said, faults = paper.parse(data)
    if said is None:
        output.report_findings(faults)
        raise UsageError(f"{file.name} says no remittance; nothing was kept")
    with state.opened() as site:
        done = (rehearse if dry_run else enter)(site, said, data, actor=state.actor())
    stored, waits = done.remittance, done.remittance.state != POSTED
    output.report_findings(_rehearsed(done.findings) if dry_run else done.findings)
    rows = [
        {
            "payment": None if dry_run else p.id, "claim": p.claim, "state": p.state, "class": p.class_,
            "charge": p.charge, "paid": p.paid, "contractual": p.contractual, "patient": p.patient,
            "in_review": p.in_review,
        }
        for p in done.payments
    ]  # fmt: skip
    if as_json:
        for row in rows:
            output.emit("claim_payment", row)
        output.emit("remit", {
            "remittance": None if dry_run else stored.id, "receipt": done.receipt, "state": stored.state,
            "reason": stored.reason, "amount": stored.amount, "dry_run": dry_run, "again": done.again,
        })  # fmt: skip
    else:
        if rows:
            output.table(
                (
                    "payment",
                    "claim",
                    "state",
                    "class",
                    "#charge",
                    "#paid",
                    "#contractual",
                    "#patient",
                    "#in review",
                ),
                [tuple(row.values()) for row in rows],
            )
        said_of = f"would be {stored.state}; nothing was kept" if dry_run else stored.state
        reason = f" ({stored.reason})" if stored.reason else ""
        name = "" if dry_run else f"{stored.id}: "
        typer.echo(
            f"{name}{'entered before, ' if done.again else ''}{said_of}{reason}, {plain(stored.amount)}"
        )
    raise typer.Exit(1 if waits or any(p.state == "suspense" for p in done.payments) else 0)


def _rehearsed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings without the commands in them: what they name is not kept."""
    for finding in findings:
        yield replace(finding, message=_COMMAND.sub("", finding.message))


_COMMAND = re.compile(r"; [^;]*: gateway (?:match|unmatch) P-.*")
