"""Doing: the verbs that resolve what waits in the queue. Each is audited with the name of who did it (law 4)."""

from dataclasses import replace
from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.model.identifiers import Kind, kind_of
from gateway.ops.cli import output, state

Reason = Annotated[str, typer.Option("--reason", help="why; kept in the audit log, so no patient names")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (hold, release, match, unmatch, settle, retransmit, abandon, resubmit, reread):
        app.command()(command)


def _done(as_json: bool, what: str, identifier: str, text: str) -> None:
    if as_json:
        output.emit("done", {"action": what, "id": identifier, "result": text})
    else:
        typer.echo(f"{identifier}: {text}")


def _reason(text: str, option: str = "--reason") -> str:
    if not text.strip():
        raise UsageError(f"{option} must say something; it is kept in the audit log")
    return text.strip()


_NAMED = {
    Kind.CLAIM: "a claim (C-...)",
    Kind.TRANSMISSION: "a transmission (T-...)",
    Kind.RECEIPT: "a receipt (R-...)",
    Kind.CLAIM_PAYMENT: "a payment (P-...)",
    Kind.DEPOSIT: "a deposit (D-...)",
    Kind.ACCOUNT: "an account of provider adjustments (A-...)",
}


def _must_be(identifier: str, *kinds: Kind) -> Kind:
    """Return the kind of *identifier*; refuse, before anything is opened, an id of another kind than the command takes."""
    kind = kind_of(identifier)
    if kind not in kinds:
        wanted = " or ".join(_NAMED.get(one, "a remittance (M-...)") for one in kinds)
        raise UsageError(f"{identifier} is not the id of {wanted}")
    return kind


def hold(
    identifier: Annotated[str, typer.Argument(metavar="C-ID")], reason: Reason, as_json: AsJson = False
) -> None:
    """Keep a claim from going out.

    Example: gateway hold C-7K3F9Q2MXR --reason "waiting for the referral"
    """
    from gateway.claims import batch

    _must_be(identifier, Kind.CLAIM)
    with state.opened() as site:
        batch.hold_claim(site, identifier, reason=_reason(reason), actor=state.actor())
    _done(as_json, "hold", identifier, "held until: gateway release " + identifier + " --reason TEXT")


def release(
    identifier: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason,
    post: Annotated[
        bool, typer.Option("--post", help="post a remittance whose lines or claims do not add up")
    ] = False,
    credit: Annotated[
        bool, typer.Option("--credit", help="close the credit on a claim; no hold is released")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Release a held claim, or clear an item off the queue.

    A released claim goes out at the next cutoff if nothing else stops it. A receipt (R-) or a remittance (M-) leaves the
    queue because its matter is dealt with elsewhere; nothing of it is applied. With --post a remittance whose payment adds
    up is posted although lines or claims in it do not: those claims post at claim level. A denial (P-) leaves the list of
    `gateway denials`, an account of provider adjustments (A-) the open ones of `gateway plb`; no money moves. A payment in
    suspense (P-) is booked elsewhere: it leaves the queue, and its money stays in suspense. A posted remittance (M-) whose
    money never came in full is asked for no more; what is open of it stays open. A deposit (D-) is no remittance's: what is
    open of it is booked as dealt with elsewhere. With --credit a claim leaves the list of
    `gateway credits`: what was paid too much is refunded or kept in your own books; what holds the claim stays, no money moves.

    Example: gateway release C-7K3F9Q2MXR --reason "referral is here"
    """
    from gateway.claims import batch
    from gateway.responses import credit_balances, deposits, plb, sort
    from gateway.responses import release as remittance_release

    kind = _must_be(
        identifier,
        Kind.CLAIM,
        Kind.RECEIPT,
        Kind.REMITTANCE,
        Kind.CLAIM_PAYMENT,
        Kind.DEPOSIT,
        Kind.ACCOUNT,
    )
    if post and kind is not Kind.REMITTANCE:
        raise UsageError(f"--post is for remittances (M-...); {identifier} is not one")
    if credit and kind is not Kind.CLAIM:
        raise UsageError(f"--credit is for claims (C-...); {identifier} is not one")
    why, who = _reason(reason), state.actor()
    said = "out of the queue, nothing of it applied"
    with state.opened() as site:
        if credit:
            credit_balances.close(site, identifier, reason=why, actor=who)
            said = "off the credits until its account moves again; no money moved"
        elif kind is Kind.CLAIM:
            batch.release_claim(site, identifier, reason=why, actor=who)
            said = "released; it goes out at the next cutoff"
        elif kind is Kind.RECEIPT:
            sort.dismiss(site, identifier, reason=why, actor=who)
        elif kind is Kind.CLAIM_PAYMENT:
            in_suspense = remittance_release.close_payment(site, identifier, reason=why, actor=who)
            said = "booked elsewhere, out of the queue; its money stays in suspense, and gateway match still takes it"
            if not in_suspense:
                said = "off the denials; what is open on the claim stays open"
        elif kind is Kind.DEPOSIT:
            deposits.set_aside(site, identifier, reason=why, actor=who)
            said = "dealt with elsewhere, no remittance's; gateway deposit unmatch takes that back"
        elif kind is Kind.ACCOUNT:
            plb.close(site, identifier, reason=why, actor=who)
            said = "closed until it moves again; no money moved"
        elif post:
            remittance_release.post_in_spite(site, identifier, reason=why, actor=who)
            said = "posted; what does not add up is at claim level, or open in review"
        elif remittance_release.close_remittance(site, identifier, reason=why, actor=who):
            said = "no more of its money is waited for; what the bank never showed stays open, no money moved"
    _done(as_json, "release", identifier, said)


def match(
    payment: Annotated[str, typer.Argument(metavar="P-ID")],
    claim: Annotated[str, typer.Argument(metavar="C-ID")],
    as_json: AsJson = False,
) -> None:
    """Tell which claim a payment in suspense is for.

    Its money moves from suspense to that claim's account. The gateway remembers it: the next answer of the same payer under
    the same number goes to that claim by itself, where its charge and the rest agree.

    Example: gateway match P-4HT2WQX8ZR C-7K3F9Q2MXR
    """
    from gateway.responses import by_hand

    _must_be(payment, Kind.CLAIM_PAYMENT)
    _must_be(claim, Kind.CLAIM)
    with state.opened() as site:
        remarks = by_hand.match_payment(site, payment, claim, actor=state.actor())
    output.report_findings(replace(remark, claim=None) for remark in remarks)
    _done(as_json, "match", payment, f"posted to {claim}")


def unmatch(
    payment: Annotated[str, typer.Argument(metavar="P-ID")], reason: Reason, as_json: AsJson = False
) -> None:
    """Take a payment off a claim that it was not for.

    New entries take back what it moved there, and its money stands in suspense again until it is matched.

    Example: gateway unmatch P-4HT2WQX8ZR --reason "it is the sister's claim"
    """
    from gateway.responses.unmatch import unmatch_payment

    _must_be(payment, Kind.CLAIM_PAYMENT)
    with state.opened() as site:
        claim, remarks = unmatch_payment(site, payment, reason=_reason(reason), actor=state.actor())
    output.report_findings(replace(remark, claim=None) for remark in remarks)
    _done(as_json, "unmatch", payment, f"taken off {claim}, in suspense until: gateway match {payment} C-ID")


def settle(
    transmission: Annotated[str, typer.Argument(metavar="T-ID")],
    evidence: Annotated[str, typer.Option("--evidence", help="how you know: a call, a portal, a name")],
    delivered: Annotated[
        bool | None, typer.Option("--delivered/--not-delivered", help="what you found out; must be given")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of an uncertain transmission.

    Delivered: it waits for its answers. Not delivered: the same bytes go again under the same numbers.

    Example: gateway settle T-9QK4MX2H7R --delivered --evidence "portal shows it, 14:10"
    """
    from gateway.exchange import deliver

    _must_be(transmission, Kind.TRANSMISSION)
    if delivered is None:
        raise UsageError("say what you found out: --delivered or --not-delivered")
    said = _reason(evidence, "--evidence")
    with state.opened() as site:
        deliver.settle(site, transmission, delivered=delivered, evidence=said, actor=state.actor())
    _done(
        as_json, "settle", transmission, "delivered" if delivered else "not delivered: it will be sent again"
    )


def retransmit(transmission: Annotated[str, typer.Argument(metavar="T-ID")], as_json: AsJson = False) -> None:
    """Send the same bytes under the same numbers once more.

    For a file that the partner says it never got. The daemon sends it at its next pass.

    Example: gateway retransmit T-9QK4MX2H7R
    """
    from gateway.exchange import deliver

    _must_be(transmission, Kind.TRANSMISSION)
    with state.opened() as site:
        deliver.retransmit(site, transmission, actor=state.actor())
    _done(as_json, "retransmit", transmission, "will be sent again, unchanged")


def abandon(
    transmission: Annotated[str, typer.Argument(metavar="T-ID")], reason: Reason, as_json: AsJson = False
) -> None:
    """Give up a transmission that never left; its claims go out again under new numbers.

    For a file that was sealed wrongly or is held. Refused where the partner has it, or may have it.

    Example: gateway abandon T-9QK4MX2H7R --reason "sealed with the old receiver id"
    """
    from gateway.exchange import deliver

    _must_be(transmission, Kind.TRANSMISSION)
    with state.opened() as site:
        claims = deliver.abandon(site, transmission, reason=_reason(reason), actor=state.actor())
    _done(as_json, "abandon", transmission, f"given up; {claims} claims are ready again under new numbers")


def resubmit(
    claims: Annotated[list[str], typer.Argument(metavar="C-ID")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Send rejected claims again under new numbers.

    They go as they are. To change a claim, mend its record and drop it again.

    Example: gateway resubmit C-7K3F9Q2MXR --reason "payer lifted the edit"
    """
    from gateway.claims import batch

    for identifier in claims:
        _must_be(identifier, Kind.CLAIM)
    with state.opened() as site:
        batch.resubmit(site, claims, reason=_reason(reason), actor=state.actor())
    for identifier in claims:
        _done(as_json, "resubmit", identifier, "ready; it goes out at the next cutoff")


def reread(
    receipt: Annotated[str, typer.Argument(metavar="R-ID")],
    also_dismissed: Annotated[
        bool,
        typer.Option("--also-dismissed", help="also remittances that were released as dealt with elsewhere"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a received file again from the archive.

    Always safe: what was applied stays as it is, what was parked gets a new try. A remittance that was released as dealt
    with elsewhere stays so, unless --also-dismissed asks for it.

    Example: gateway reread R-2MXR7K3F9Q
    """
    from gateway.responses import sort

    _must_be(receipt, Kind.RECEIPT)
    with state.opened() as site:
        if also_dismissed:
            sort.recall(site, receipt, actor=state.actor())
        report = sort.reread(site, receipt, actor=state.actor())
    left = report.waiting + report.quarantined
    _done(
        as_json,
        "reread",
        receipt,
        f"read again; {f'{left} of it still for a person: gateway queue' if left else 'nothing of it waits'}",
    )
    raise typer.Exit(1 if left else 0)
