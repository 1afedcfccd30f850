"""Claims on which more stands than they charge: who is owed what, since when, and what to do."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.store.credit_balances import Credit


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    app.command("credits")(list_credits)


def list_credits(
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout")] = False,
) -> None:
    """List claims on which more stands than they charge, and what can be done about it.

    A void that no reversal followed, two payers that both paid, a bonus: the oldest first, with what the account is made of.
    It is off the list when the payer takes it back, or when you close it: gateway release C-ID --credit --reason TEXT. No
    money is ever moved here. Exit code 1 when there is anything.

    Example: gateway credits
    """
    from gateway.store.credit_balances import open_credits

    with state.opened() as site, site.store.read() as tx:
        now = site.clock.now()
        found = open_credits(tx)
    if as_json:
        for one in found:
            output.emit("credit", _record(one, now))
        output.emit(
            "credits",
            {
                "count": len(found),
                "to_payers": sum((one.to_payers for one in found), Decimal("0.00")),
                "to_patients": sum((one.to_patient for one in found), Decimal("0.00")),
            },
        )
    elif found:
        _print(found, now)
    else:
        output.say("no claim stands with a credit")
    raise typer.Exit(1 if found else 0)


def _record(one: "Credit", now: datetime) -> dict[str, Any]:
    return {
        **output.jsonable(one),
        "to_payers": one.to_payers,
        "to_patient": one.to_patient,
        "age_days": (now - one.since).days,
        "why": one.why,
        "next": one.next,
    }


def _print(found: "Sequence[Credit]", now: datetime) -> None:
    for one in found:
        amount = one.to_payers or one.to_patient
        typer.echo(f"{amount:>12}  {one.claim}  {(now - one.since).days:>4} d  {one.partner}")
        rows = [("why", one.why), ("next", one.next)]
        if one.note is not None:
            rows.append(("noted", f"{one.note.at:%Y-%m-%d} {one.note.by}: {one.note.reason}"))
        output.table(("", ""), rows, indent=4, heading=False)
    output.say(
        f"{len(found)} to look at: {sum(one.to_payers for one in found)} to payers, "
        f"{sum(one.to_patient for one in found)} to patients"
    )
