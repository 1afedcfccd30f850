"""What the payers left open: denials, by payer, reason and age; and the notes that people make on them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.model.identifiers import Kind, kind_of
from gateway.ops.cli import output, state
from gateway.ops.cli.act import Reason

if TYPE_CHECKING:
    from gateway.responses.denials import Denial
    from gateway.store.db import Tx

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (denials, note):
        app.command()(command)


def denials(
    payer: Annotated[
        str | None, typer.Option("--payer", metavar="TEXT", help="part of the payer's name or key")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="CODE", help="a CARC such as 50, or CO-50")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="DAYS", help="posted so long ago: 30 or 30d")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what payers refused or left open, and what can be done about it.

    The oldest first, with amount, reasons and our class of each, payer and age. It is off the list when the payer pays or
    reverses, when the claim went to it again, or when you close it: gateway release P-ID --reason TEXT. Nothing is ever
    written off here. Exit code 1 when there is anything.

    Example: gateway denials --payer aetna --reason CO-197 --older-than 30d
    """
    from gateway.responses import denials as use_case
    from gateway.responses.scenarios import combinations

    with state.opened() as site, site.store.read() as tx:
        now = site.clock.now()
        wanted = use_case.Wanted(payer=payer, reason=reason, before=_before(older_than, now))
        listed = combinations(site, now.date())
        found = list(use_case.denials(tx, site.settings, wanted, listed=listed))
        words = _words(tx, found, now.date())
    total = sum((one.amount for one in found), Decimal("0.00"))
    if as_json:
        for one in found:
            output.emit("denial", _record(one, now))
        output.emit("denials", {"count": len(found), "amount": total})
    elif found:
        _print(found, now, words)
    else:
        output.say("nothing is denied or in review")
    raise typer.Exit(1 if found else 0)


def _record(one: "Denial", now: datetime) -> dict[str, Any]:
    row = output.jsonable(one)
    row["reasons"] = [{"pair": r.pair, "class": r.class_, "amount": r.amount} for r in one.reasons]
    return {"class": row.pop("class_"), **row, "age_days": (now - one.since).days}


def _before(age: str | None, now: datetime) -> datetime | None:
    if age is None:
        return None
    if not re.fullmatch(r"[0-9]{1,4}d?", age):
        raise UsageError(f"--older-than {age}: give a number of days, such as 30 or 30d")
    return now - timedelta(days=int(age.removesuffix("d")))


def _words(tx: "Tx", found: "Sequence[Denial]", today: date) -> dict[str, str]:
    """Return what the loaded list calls the reasons; nothing where none is loaded."""
    from gateway.model.codesets import CodeSet
    from gateway.store import codes

    pairs = {reason.pair for one in found for reason in one.reasons}
    plain = {pair: pair.partition("-")[2].strip().upper().lstrip("0") for pair in sorted(pairs)}
    known = codes.descriptions(tx, CodeSet.CARC, set(plain.values()), today)
    return {pair: known[code] for pair, code in plain.items() if code in known}


def _print(found: "Sequence[Denial]", now: datetime, words: dict[str, str]) -> None:
    """Print each as a line of what it is, and lines of why and what to do; then the sums."""
    from gateway.responses.scenarios import WORDS

    for one in found:
        where = f"line {one.line} {one.procedure}" if one.line else "whole claim"
        age = f"{(now - one.since).days} d"
        typer.echo(f"{one.class_:<11} {one.amount:>12}  {one.claim_payment}  {one.claim}  {age:>6}  {where}")
        why = ", ".join(f"{r.pair} {r.amount} ({r.class_})" for r in one.reasons) or "no reason given"
        remarks = f"; remarks {' '.join(one.remarks)}" if one.remarks else ""
        rows = [("payer", one.payer)]
        if one.reasons or one.class_ != "reversal":
            rows.append(("why", why + remarks))
        if one.scenario is not None:
            rows.append(("", f"{one.scenario}: {WORDS[one.scenario]}"))
        rows += [("", f"{r.pair}: {words[r.pair]}") for r in one.reasons if r.pair in words]
        rows.append(("next", one.next))
        if one.note is not None:
            rows.append(("noted", f"{one.note.at:%Y-%m-%d} {one.note.by}: {one.note.reason}"))
        output.table(("", ""), rows, indent=4, heading=False)
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for one in found:
        sums[one.payer, one.class_].append(one.amount)
    typer.echo("")
    output.table(
        ("payer", "class", "#number", "#amount"),
        [
            *((payer, class_, len(some), sum(some)) for (payer, class_), some in sorted(sums.items())),
            ("all", "", len(found), sum(one.amount for one in found)),
        ],
    )


def note(
    identifier: Annotated[str, typer.Argument(metavar="ID")], reason: Reason, as_json: AsJson = False
) -> None:
    """Note on a denial (P-), an open account of provider adjustments (A-) or a credit (C-) what you do; it stays open.

    Example: gateway note P-4HT2WQX8ZR --reason "appeal sent, reference 4711"
    """
    from gateway.responses import credit_balances, plb
    from gateway.responses import denials as use_case

    kind = kind_of(identifier)
    verbs = {Kind.CLAIM_PAYMENT: use_case.work, Kind.ACCOUNT: plb.work, Kind.CLAIM: credit_balances.work}
    if kind not in verbs:
        raise UsageError(
            f"{identifier} is not the id of a payment (P-...), an account (A-...) or a claim (C-...)"
        )
    if not reason.strip():
        raise UsageError("--reason must say something; it is kept in the audit log")
    with state.opened() as site:
        verbs[kind](site, identifier, reason=reason.strip(), actor=state.actor())
    if as_json:
        output.emit("done", {"action": "note", "id": identifier, "result": "noted"})
    else:
        typer.echo(f"{identifier}: noted; it stays on the list until it is closed or overtaken")
