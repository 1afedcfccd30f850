"""The maps between records and X12: check them, show one row by row."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import NotFound
from gateway.model.findings import Severity, error
from gateway.ops.cli import output, state

FINE, UNUSABLE = 0, 2

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    maps = typer.Typer(
        no_args_is_help=True, help="The maps between records and X12.\n\nExample: gateway maps check"
    )
    for command in (check, show):
        maps.command()(command)
    app.add_typer(maps, name="maps")


def check(
    findings: Annotated[
        Path | None,
        typer.Option("--findings", metavar="FILE", help="findings as JSON lines into FILE, not stderr"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the maps against guide and records, and the partner profiles.

    Those that come with the gateway, and an installation's overlays and profiles where there is one.

    Example: gateway maps check
    """
    from gateway.mapping.check import check_maps
    from gateway.ops.profile_view import check_profiles

    folder = installation_maps()
    said = [*check_maps(folder), *check_profiles(folder)]
    if findings is not None:
        wrong = (
            error("MAP", sentence, file=name)
            for name, severity, sentence in said
            if severity is Severity.ERROR
        )
        output.report_findings(wrong, to=findings)
    for name, severity, sentence in said:
        if as_json:
            output.emit("map", {"map": name, "severity": severity.value, "message": sentence})
        else:
            typer.echo(f"{name}: {sentence}")
    raise typer.Exit(UNUSABLE if any(severity is Severity.ERROR for _, severity, _ in said) else FINE)


def show(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="837p, 835, 277ca, 999 or ta1; 837p where absent")
    ] = "837p",
    effective: Annotated[
        bool, typer.Option("--effective", help="as it is used: with the overlays of --partner laid over it")
    ] = False,
    partner: Annotated[
        str | None,
        typer.Option("--partner", help="a partner of config.toml, or a profile; means --effective"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a map, each row with its address and the file it comes from.

    The address is what an overlay says to set this row.

    Example: gateway maps show 837p --effective --partner northlake
    """
    from gateway.mapping.effective import effective_rows

    folder = installation_maps()
    profile = _profile_of(partner, folder) if partner is not None else None
    rows = effective_rows(
        name, partner=partner, profile=profile, folder=folder if effective or partner else None
    )
    for row in rows:
        if as_json:
            output.emit(
                "map_row",
                {
                    "map": name, "loop": row.loop, "address": row.address, "row": row.text, "terms": row.terms or None,
                    "from": row.origin,
                },
            )  # fmt: skip
    if not as_json:
        output.table(
            ("address", "from", "row"),
            [
                (row.address, row.origin, f"{row.text}{f'  ({row.terms})' if row.terms else ''}")
                for row in rows
            ],
        )


def _profile_of(partner: str, folder: Path | None) -> str | None:
    """Return the profile that *partner* of config.toml names; *partner* itself where it is a profile."""
    from gateway.bootstrap import find_config
    from gateway.errors import ConfigError
    from gateway.ops.profile_view import partner_names, read_config
    from gateway.profiles import profile_names

    try:
        data = read_config(find_config(state.config))
    except ConfigError:
        if state.config is not None:
            raise
        data = {}
    if partner in partner_names(data):
        own = data["partner"][partner]
        return own.get("profile") if isinstance(own, dict) else None
    if partner in profile_names(folder):
        return partner
    known = ", ".join(sorted({*partner_names(data), *profile_names(folder)})) or "none"
    raise NotFound(f"no partner and no profile {partner!r} (there are: {known})")


def installation_maps() -> Path | None:
    """Return the installation's own maps where there is an installation; these commands do without one."""
    from gateway.bootstrap import find_config
    from gateway.errors import ConfigError

    try:
        folder = find_config(state.config).parent / "maps"
    except ConfigError:
        if state.config is not None:
            raise
        return None
    return folder if folder.is_dir() else None
