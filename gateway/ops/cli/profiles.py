"""Partners by profile: add one to config.toml, check it without connecting, show where each value stands."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.ops.profile_view import Look

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="a partner of config.toml")]

FINE, LESS, UNUSABLE = 0, 1, 2


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="what you call the partner")],
    profile: Annotated[str, typer.Option("--profile", help="a folder under maps/partners/")],
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="fill in a key, such as sftp.username=roe"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented [partner.NAME] block into config.toml, with what the profile leaves to you.

    The result is loaded before config.toml is replaced; where it cannot be, nothing is changed.

    Example: gateway partner add northlake --profile office-ally-like --set submitter_id=ROE01
    """
    from gateway.bootstrap import find_config
    from gateway.ops.partner_block import add_partner

    config = find_config(state.config)
    block, to_edit = add_partner(config, name, profile, _pairs(given or []))
    if as_json:
        output.emit("done", {"action": "add", "id": name, "result": "added", "to_edit": to_edit})
        return
    typer.echo(block.strip())
    output.say(f"{name}: added to {config}")
    if to_edit:
        output.say(f"Edit there what says EDIT ({', '.join(to_edit)}).")
    output.say(f"Next: gateway partner check {name}, then: gateway partner trust {name}")


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not (equals and key.strip() and value.strip()):
            raise UsageError("--set takes KEY=VALUE, such as submitter_id=ROE01")
        pairs[key.strip()] = value.strip()
    return pairs


def check(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="one partner; all where absent")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is ambiguous or missing, and show a sample file name and ISA; nothing is connected to.

    Example: gateway partner check northlake
    """
    from gateway.bootstrap import find_config, load_settings
    from gateway.clock import SystemClock
    from gateway.ops.profile_view import look, partner_names, read_config

    config = find_config(state.config)
    names = [name] if name is not None else partner_names(read_config(config))
    looks = [look(config, each, now=SystemClock().now()) for each in names]
    for one in looks:
        _say_json(one) if as_json else _say(one)
    if not any(one.faults for one in looks):
        load_settings(config)
    if any(one.faults for one in looks):
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(LESS if any(one.missing for one in looks) else FINE)


def _say_json(one: "Look") -> None:
    output.emit(
        "partner_check",
        {
            "partner": one.name,
            "environment": one.environment,
            "profile": str(one.profile.path) if one.profile else None,
            "faults": one.faults,
            "missing": one.missing,
            "remarks": one.remarks,
            "file_name": one.file_name,
            "isa": one.isa,
        },
    )


def _say(one: "Look") -> None:
    verdict = "cannot be used" if one.faults else "not ready" if one.missing else "complete"
    typer.echo(f"{one.name}: {verdict} ({one.environment})")
    rows: list[tuple[str, Any]] = [("  wrong", said) for said in one.faults]
    rows += [("  missing", said) for said in one.missing]
    rows += [("  note", said) for said in one.remarks]
    if one.partner is not None:
        places = ", ".join(place.value for place in one.partner.marking.places)
        rows.append(("  a test is told by", places))
        rows.append(
            ("  puts files into", f"{_server(one)}{one.partner.send_folder}, {one.partner.upload.mode.value}")
        )
    if one.file_name:
        rows.append(("  sample name", one.file_name))
    if one.isa:
        rows.append(("  sample ISA", one.isa))
    output.table(("", ""), rows, heading=False)


def _server(one: "Look") -> str:
    return f"{one.partner.sftp.host}:{one.partner.sftp.port} " if one.partner and one.partner.sftp else ""


def show(name: Name, as_json: AsJson = False) -> None:
    """Show every setting of a partner, merged, and where each stands.

    Example: gateway partner show northlake
    """
    from gateway.bootstrap import find_config
    from gateway.clock import SystemClock
    from gateway.errors import ConfigError
    from gateway.ops.profile_view import look, settled

    config = find_config(state.config)
    found = look(config, name, now=SystemClock().now())
    if found.partner is None:
        raise ConfigError("; ".join(found.faults))
    rows = list(settled(found.partner, found.merged))
    for key, value, origin in rows:
        if as_json:
            output.emit("setting", {"partner": name, "key": key, "value": value, "from": origin})
    if not as_json:
        output.table(
            ("key", "value", "from"),
            [(key, f"{_plain(value)}{_by_default(key)}", origin) for key, value, origin in rows],
        )


def _by_default(key: str) -> str:
    """Say beside a switched edit what it weighs elsewhere."""
    from gateway.claims.edits import EDITS

    table, _, rule = key.partition(".")
    weight = next((edit.severity.value for edit in EDITS if table == "edits" and edit.rule == rule), None)
    return f" (by default: {weight})" if weight else ""


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
