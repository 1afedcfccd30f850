"""Money between payer and provider that belongs to no claim: its accounts, and what comes next of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.model.identifiers import Kind, kind_of
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.responses.plb import Standing
    from gateway.store.plb import Account

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    app.command()(plb)


def plb(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="an account (A-...) or a remittance (M-...)")
    ] = None,
    only_open: Annotated[
        bool, typer.Option("--open", help="only what should still clear, or needs a look")
    ] = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="show references; recorded with your name")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show provider adjustments (PLB) in accounts: one for each payer, payee, code and reference.

    Amounts are what you got: below zero the payer took money. Opening is the first movement; open accounts come first, the
    oldest at the top, with what they hang on and what to do. Whatever goes by amount alone is a proposal, never set off.

    Example: gateway plb --open
    """
    from gateway.responses import plb as use_case

    if identifier is not None and kind_of(identifier) not in {Kind.ACCOUNT, Kind.REMITTANCE}:
        raise UsageError(f"{identifier} is not the id of an account (A-...) or a remittance (M-...)")
    with state.opened() as site:
        now = site.clock.now()
        if reveal:
            with site.store.write("reveal", actor=state.actor()) as tx:
                tx.audit(subject=identifier or "plb")
        with site.store.read() as tx:
            chosen = [a for a in _chosen(tx, identifier) if a.is_open or not only_open]
            found = list(use_case.standing(tx, chosen))
    if as_json:
        for one in found:
            output.emit("plb_account", _record(one, now, reveal=reveal))
    elif not found:
        output.say("no provider adjustments" + (" are open" if only_open else ""))
    elif identifier is None:
        _print_list(found, now)
    else:
        _print_details(found, now, reveal=reveal)


def _chosen(tx: Any, identifier: str | None) -> "list[Account]":
    from gateway.store import plb as stored
    from gateway.store import views

    if identifier is None:
        return stored.accounts(tx)
    if kind_of(identifier) is Kind.ACCOUNT:
        return [stored.get(tx, identifier)]
    views.must_be_here(tx, identifier)
    return stored.of_remittance(tx, identifier)


def _record(one: "Standing", now: datetime, *, reveal: bool) -> dict[str, Any]:
    from gateway.model.plb_codes import meaning

    account = one.account
    return {
        **output.jsonable(account),
        "reference": _reference(account, reveal=reveal),
        "meaning": meaning(account.code),
        "opening": account.opening,
        "balance": account.balance,
        "open": account.is_open,
        "since": account.since,
        "age_days": (now - account.since).days,
        "ties": one.ties,
        "proposals": one.proposals,
        "next": one.next,
    }


def _reference(account: "Account", *, reveal: bool) -> str | None:
    """Return the reference where it may be seen: it may be a payer's number of a claim."""
    from gateway.ops.reports.masking import MASK

    return account.reference if reveal or account.reference is None else MASK


def _print_list(found: "Sequence[Standing]", now: datetime) -> None:
    from gateway.model.plb_codes import meaning

    output.table(
        ("account", "code", "#balance", "#days", "payer", "provider", "meaning", "#opening", "#moves", "next"),
        [
            (
                a.id, a.code, a.balance, (now - a.since).days if a.is_open else "", a.payer_name or a.payer_key, a.provider,
                meaning(a.code), a.opening, len(a.movements), one.next,
            )
            for one in found
            for a in (one.account,)
        ],
    )  # fmt: skip
    opened = [one.account for one in found if one.account.is_open]
    output.say(
        f"{len(found)} accounts, {len(opened)} open; more of one: gateway plb A-ID"
        if opened
        else f"{len(found)} accounts, nothing open"
    )


def _print_details(found: "Sequence[Standing]", now: datetime, *, reveal: bool) -> None:
    from gateway.model.plb_codes import meaning

    for one in found:
        account = one.account
        rows: list[tuple[str, Any]] = [
            ("account", account.id),
            ("in the journal", account.account),
            ("payer", f"{account.payer_name or ''} ({account.payer_key})".strip()),
            ("provider", account.provider),
            ("code", f"{account.code}, {meaning(account.code)}"),
            ("reference", _reference(account, reveal=reveal)),
            ("balance", account.balance),
        ]
        if account.is_open:
            rows.append(("open since", f"{account.since:%Y-%m-%d}, {(now - account.since).days} days"))
        rows += [("belongs to", tie) for tie in one.ties]
        rows += [("perhaps", proposal) for proposal in one.proposals]
        if account.note is not None:
            note = account.note
            rows.append(("noted", f"{note.at:%Y-%m-%d} {note.by} ({note.kind}): {note.reason}"))
        rows.append(("next", one.next))
        output.pairs(rows)
        typer.echo("")
        output.table(
            ("posted (UTC)", "remittance", "trace", "#you got", "#balance"),
            [(m.at, m.remittance, m.trace_number, m.amount, m.balance) for m in account.movements],
            indent=2,
        )
        typer.echo("")
