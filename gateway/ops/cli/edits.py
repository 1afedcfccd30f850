"""The edits: list them, show one, and what a partner makes of them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import NotFound
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.claims.edits import Edit
    from gateway.ops.edit_list import Weighed

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's command to *app*."""
    app.command()(edits)


def edits(
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="one edit in detail")] = None,
    snip: Annotated[int | None, typer.Option("--snip", min=1, max=7, help="of this SNIP type only")] = None,
    partner: Annotated[
        str | None,
        typer.Option("--partner", help="as a partner of config.toml, or a profile, has switched them"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the edits that a claim must pass: what each demands, where, how it weighs, and whether partners may switch it.

    An error withholds the claim, a warning does not. A partner switches an edit under [partner.NAME.edits] in
    config.toml or in its profile: P-BP-07 = "off". No installation is needed, except for a --partner of its own.

    Example: gateway edits --snip 4; or gateway edits P-FREQ; or gateway edits --partner northlake
    """
    from gateway.claims.edits import EDITS
    from gateway.ops.edit_list import weighed

    chosen = [edit for edit in EDITS if snip in {None, edit.snip}]
    if rule is not None:
        chosen = [edit for edit in chosen if edit.rule == rule.upper()]
        if not chosen:
            raise NotFound(f"no edit {rule!r}; the list: gateway edits")
    rows = weighed(chosen, partner=partner, config=state.config)
    if as_json:
        for row in rows:
            output.emit("edit", _record(row))
    elif rule is not None:
        _say_one(rows[0])
    else:
        columns = ("rule", "snip", "weighs", "from", "place", "demands")
        table = [
            (row.edit.rule, row.edit.snip, row.weight, row.origin, row.edit.place, row.edit.text)
            for row in rows
        ]
        if partner is None:
            columns = ("rule", "snip", "weighs", "switch", "place", "demands")
            table = [
                (*cells[:3], _switch(row.edit), *cells[4:]) for cells, row in zip(table, rows, strict=True)
            ]
        output.table(columns, table)


def _switch(edit: "Edit") -> str:
    return "yes" if edit.why_fixed is None else "no"


def _record(row: "Weighed") -> dict[str, Any]:
    edit = row.edit
    return {
        "rule": edit.rule, "snip": edit.snip, "severity": edit.severity, "weighs": row.weight, "from": row.origin,
        "place": edit.place, "text": edit.text, "switchable": edit.why_fixed is None, "why_fixed": edit.why_fixed,
        "bad": edit.bad, "good": edit.good,
    }  # fmt: skip


def _say_one(row: "Weighed") -> None:
    from gateway.claims.edits import SNIP, run_edits
    from gateway.claims.edits.sample import CONTEXT, changed
    from gateway.ops.edit_list import example

    edit = row.edit
    found = run_edits(changed(edit.bad), context=CONTEXT)
    said = next(f"{f.element}: {f.message}" for f in found if f.code == edit.rule)
    output.pairs(
        [
            ("rule", edit.rule),
            ("demands", edit.text),
            ("SNIP type", f"{edit.snip}, {SNIP[edit.snip]}"),
            ("weighs", f"{row.weight}{'' if row.origin == 'default' else f' (from {row.origin})'}"),
            ("place", edit.place),
            ("faulted", ", ".join(example(edit.bad))),
            ("says then", said),
            ("passes", ", ".join(example(edit.good))),
            ("switch", _how(edit)),
        ]
    )


def _how(edit: "Edit") -> str:
    if edit.why_fixed is not None:
        return f"none: {edit.why_fixed}"
    return f'{edit.rule} = "error", "warning" or "off" under [partner.NAME.edits]'
