"""Doing: the verbs that resolve what waits in the queue. Each is audited with the name of who did it (law 4)."""

from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.ops.cli import output, state

Reason = Annotated[str, typer.Option("--reason", help="why; kept in the audit log, so no patient names")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (hold, release, match, settle, retransmit, resubmit, reread):
        app.command()(command)


def _done(as_json: bool, what: str, identifier: str, text: str) -> None:
    if as_json:
        output.emit("done", {"action": what, "id": identifier, "result": text})
    else:
        typer.echo(f"{identifier}: {text}")


def _reason(text: str) -> str:
    if not text.strip():
        raise UsageError("--reason must say why; it is kept in the audit log")
    return text.strip()


def hold(
    identifier: Annotated[str, typer.Argument(metavar="C-ID")], reason: Reason, as_json: AsJson = False
) -> None:
    """Keep a claim from going out until it is released.

    Example: gateway hold C-7K3F9Q2MXR --reason "waiting for the referral"
    """
    from gateway.claims import batch

    with state.opened() as site:
        batch.hold_claim(site, identifier, reason=_reason(reason), actor=state.actor())
    _done(as_json, "hold", identifier, "held")


def release(
    identifier: Annotated[str, typer.Argument(metavar="ID")], reason: Reason, as_json: AsJson = False
) -> None:
    """Release what is held on a claim, or take a receipt whose matter is dealt with out of the queue.

    A released claim goes out at the next cutoff if nothing else stops it.

    Example: gateway release C-7K3F9Q2MXR --reason "referral is here"
    """
    from gateway.claims import batch
    from gateway.model.identifiers import Kind, kind_of
    from gateway.responses import sort

    with state.opened() as site:
        if kind_of(identifier) is Kind.RECEIPT:
            sort.dismiss(site, identifier, reason=_reason(reason), actor=state.actor())
        else:
            batch.release_claim(site, identifier, reason=_reason(reason), actor=state.actor())
    _done(as_json, "release", identifier, "released")


def match(
    payment: Annotated[str, typer.Argument(metavar="P-ID")],
    claim: Annotated[str, typer.Argument(metavar="C-ID")],
    as_json: AsJson = False,
) -> None:
    """Tell which claim a payment in suspense is for; its money moves there.

    Example: gateway match P-4HT2WQX8ZR C-7K3F9Q2MXR
    """
    from gateway.responses import by_hand

    with state.opened() as site:
        by_hand.match_payment(site, payment, claim, actor=state.actor())
    _done(as_json, "match", payment, f"posted to {claim}")


def settle(
    transmission: Annotated[str, typer.Argument(metavar="T-ID")],
    delivered: Annotated[bool, typer.Option("--delivered/--not-delivered", help="what you found out")],
    evidence: Annotated[str, typer.Option("--evidence", help="how you know: a call, a portal, a name")],
    as_json: AsJson = False,
) -> None:
    """Say what became of an uncertain transmission, with evidence.

    Example: gateway settle T-9QK4MX2H7R --delivered --evidence "portal shows it, 14:10"
    """
    from gateway.exchange import deliver

    with state.opened() as site:
        deliver.settle(
            site, transmission, delivered=delivered, evidence=_reason(evidence), actor=state.actor()
        )
    _done(
        as_json, "settle", transmission, "delivered" if delivered else "not delivered: it will be sent again"
    )


def retransmit(transmission: Annotated[str, typer.Argument(metavar="T-ID")], as_json: AsJson = False) -> None:
    """Send the same bytes under the same numbers once more.

    Example: gateway retransmit T-9QK4MX2H7R
    """
    from gateway.exchange import deliver

    with state.opened() as site:
        deliver.retransmit(site, transmission, actor=state.actor())
    _done(as_json, "retransmit", transmission, "will be sent again, unchanged")


def resubmit(
    claims: Annotated[list[str], typer.Argument(metavar="C-ID...")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Send rejected claims again under new numbers.

    Example: gateway resubmit C-7K3F9Q2MXR --reason "payer lifted the edit"
    """
    from gateway.claims import batch

    with state.opened() as site:
        batch.resubmit(site, claims, reason=_reason(reason), actor=state.actor())
    for identifier in claims:
        _done(as_json, "resubmit", identifier, "ready to go again")


def reread(receipt: Annotated[str, typer.Argument(metavar="R-ID")], as_json: AsJson = False) -> None:
    """Read a received file again from the archive; what was posted is not posted twice.

    Example: gateway reread R-2MXR7K3F9Q
    """
    from gateway.responses import sort

    with state.opened() as site:
        sort.reread(site, receipt, actor=state.actor())
    _done(as_json, "reread", receipt, "read again")
