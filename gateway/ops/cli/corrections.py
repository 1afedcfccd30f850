"""Correcting and voiding claims that a payer has: `correct` and `void`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.errors import UsageError
from gateway.model.findings import Finding, errors_in
from gateway.model.identifiers import Kind, kind_of
from gateway.model.money import plain
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.claims.correct import Correction

ClaimId = Annotated[str, typer.Argument(metavar="C-ID")]
Number = Annotated[
    str | None,
    typer.Option(
        "--payer-control-number", metavar="TEXT", help="the payer's number for the claim, if it is not known"
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would be sent, and keep nothing")]
Reveal = Annotated[bool, typer.Option("--reveal", help="show names and numbers; recorded with your name")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (correct, void):
        app.command()(command)


def correct(
    claim: ClaimId,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="the whole claim as it should be, in any intake format")
    ],
    number: Number = None,
    dry_run: DryRun = False,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """Replace a claim that the payer has (frequency 7).

    Shows what differs from what the payer has. The payer's number is filled in from its answers. Exit code 1 when the
    correction is held, 2 when it is refused.

    Example: gateway correct C-7K3F9Q2MXR mended.jsonl --dry-run
    """
    from gateway.claims.correct import correct as correct_claim

    _must_be_claim(claim)
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise UsageError(f"{file}: {fault.strerror}") from None
    with state.opened() as site:
        if reveal:
            _revealed(claim)
        made = correct_claim(
            site, claim, data, name=file.name, number=number, dry_run=dry_run, actor=state.actor()
        )
    _tell(made, reveal=reveal, as_json=as_json)


def void(
    claim: ClaimId,
    reason: Annotated[str, typer.Option("--reason", help="why; kept in the audit log, so no patient names")],
    number: Number = None,
    payer: Annotated[
        str | None, typer.Option(metavar="PAYER-ID", help="from which payer, where it went to several")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a claim back from its payer (frequency 8).

    What was sent goes once more as a void. Exit code 1 when it is held, 2 when it is refused.

    Example: gateway void C-7K3F9Q2MXR --reason "billed to the wrong patient"
    """
    from gateway.claims.correct import void as void_claim

    _must_be_claim(claim)
    if not reason.strip():
        raise UsageError("--reason must say something; it is kept in the audit log")
    with state.opened() as site:
        made = void_claim(
            site,
            claim,
            reason=reason.strip(),
            number=number,
            payer=payer,
            dry_run=dry_run,
            actor=state.actor(),
        )
    _tell(made, reveal=False, as_json=as_json)


def _must_be_claim(identifier: str) -> None:
    if kind_of(identifier) is not Kind.CLAIM:
        raise UsageError(f"{identifier} is not the id of a claim (C-...)")


def _revealed(claim: str) -> None:
    with state.opened() as site, site.store.write("reveal", actor=state.actor()) as tx:
        tx.audit(subject=claim)


def _tell(made: "Correction", *, reveal: bool, as_json: bool) -> None:
    from gateway.ops.reports.masking import MASK
    from gateway.ops.reports.versions import shown

    changes = [shown(change, reveal=reveal) for change in made.changes]
    said = [f if reveal else _hidden(f, stored=made.frequency == "8") for f in made.findings]
    result = made.fate.value if made.fate else "tried"
    if as_json:
        output.emit(
            "correction",
            {
                "claim": made.claim, "version": made.version, "frequency": made.frequency,
                "payer_control_number": made.payer_control_number if reveal else MASK, "result": result,
                "money": made.money, "changes": changes, "findings": [output.finding_json(f) for f in said],
            },
        )  # fmt: skip
    else:
        output.table(
            ("field", "what", "before", "after"),
            [(c["field"], c["what"], c["before"], c["after"]) for c in changes],
        )
        typer.echo(f"\nasked for: {'+' if made.money > 0 else ''}{plain(made.money)}")
        output.report_findings(f for f in said if f.code != "IN-SPELLING")
        typer.echo(f"{made.claim}: {_said(made, reveal=reveal)}")
    raise typer.Exit(1 if result == "held" or (made.fate is None and errors_in(said)) else 0)


def _hidden(finding: Finding, *, stored: bool) -> Finding:
    """Return a finding without what only the store knows: the payer's number, and of a *stored* claim everything it quotes."""
    from gateway.ops.reports.meanings import meaning

    if not stored and finding.code != "P-F8":
        return finding
    return replace(
        finding, claim=None if stored else finding.claim, message=meaning(finding.code) or finding.code
    )


def _said(made: "Correction", *, reveal: bool) -> str:
    what = "void" if made.frequency == "8" else "replacement"
    number = f"payer's number {made.payer_control_number}" if reveal else "payer's number"
    if made.fate is None and errors_in(made.findings):
        return f"nothing was kept; as a {what} it would be held, until what is wrong is mended"
    if made.fate is None:
        return f"nothing was kept; as a {what} it would go out at the next cutoff, with the {number}"
    if made.fate.value == "held":
        return f"the {what} is held; gateway show {made.claim} says why"
    return f"the {what}, with the {number}, goes out at the next cutoff"
