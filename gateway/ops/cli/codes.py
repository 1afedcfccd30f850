"""Code sets: load a release, list them, look a code up, take a release out."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.model.codesets import WHAT, CodeSet, Span, Standing
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.claims.codesets.load import Loaded
    from gateway.model.codesets import CodeTable
    from gateway.site import Site

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]
Set = Annotated[CodeSet, typer.Argument(metavar="SET", help=", ".join(one.value for one in CodeSet))]

FINE, LESS = 0, 1


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Code sets, loaded from the files you have; codes are judged on the day of service.\n\n"
        "Example: gateway codes load icd10cm icd10cm_order_2027.txt",
    )
    group.command("load")(load)
    group.command("list")(list_sets)
    group.command("check")(check)
    group.command("remove")(remove)
    app.add_typer(group, name="codes")


def load(
    code_set: Set,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="as its publisher made it, or a CSV")],
    effective: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="first day of service it judges; else as its name says"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would change")] = False,
    as_json: AsJson = False,
) -> None:
    """Load a release of a code set; whole or not at all.

    CMS's files for ICD-10-CM, ICD-10-PCS and HCPCS and NUCC's taxonomy are known as they come; anything else as a CSV
    or TSV with the columns code, description, effective, terminated (only code must be there). Codes that the release
    lacks end on the day before it; what was valid then stays known for old days of service.

    Example: gateway codes load cpt our-cpt-2027.csv --effective 2027-01-01
    """
    from gateway.claims.codesets.load import load_codes

    with state.opened() as site:
        limits = site.settings.limits
        data = _bytes_of(file, limits.code_file_bytes)
        with output.progress(f"loading {file.name}", total=1.0) as advance:
            total = 1

            def begun(codes: int) -> None:
                nonlocal total
                total = max(codes, 1)

            done = load_codes(
                site.store, code_set, data, name=file.name, effective=effective.date() if effective else None,
                actor=state.actor(), limits=limits, dry_run=dry_run, begun=begun,
                advance=lambda codes: advance(codes / total),
            )  # fmt: skip
    if as_json:
        output.emit("codes_loaded", {**output.jsonable(done), "dry_run": dry_run})
    else:
        typer.echo(_told(done, dry_run=dry_run))
        if done.dated_by_name and not done.again:
            output.say(
                "The day is taken from the file's name; for an update give its own with --effective DATE"
            )


def _told(done: "Loaded", *, dry_run: bool) -> str:
    if done.again:
        return f"{done.code_set.value} of {done.effective}: this very file is loaded already; nothing changed"
    until = f", good until {done.good_until}" if done.good_until else ""
    verb = "would be loaded" if dry_run else "loaded"
    return (
        f"{done.code_set.value} of {done.effective} {verb} ({done.layout}): {done.codes} codes; {done.added} added, "
        f"{done.closed} closed, {done.changed} changed{until}"
    )


def _bytes_of(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from None
    if len(data) > limit:
        raise UsageError(f"{path}: larger than the limit of {limit} bytes (limits.code_file_bytes)")
    return data


def list_sets(as_json: AsJson = False) -> None:
    """List the releases that are loaded, and the sets that are not.

    Example: gateway codes list
    """
    from gateway.ops.reports.code_sets import gather, shapes_only

    with state.opened() as site:
        rows = gather(site)
    if as_json:
        for row in rows:
            output.emit("code_set", row)
        return
    output.table(
        ("set", "release", "good until", "judges today", "#codes", "loaded (UTC)", "by", "source"),
        [
            (
                row["code_set"], row["effective"] or "not loaded", row["good_until"], row["judges_today"], row["codes"],
                row["loaded_at"], row["loaded_by"], row["source"],
            )
            for row in rows
        ],
    )  # fmt: skip
    missing = shapes_only(rows)
    if missing:
        output.say(
            f"checked only for their shape today: {', '.join(missing)}; to load one: gateway codes load SET FILE"
        )


def check(
    code: Annotated[str, typer.Argument(metavar="CODE")],
    code_set: Annotated[
        CodeSet, typer.Option("--set", metavar="SET", help=", ".join(one.value for one in CodeSet))
    ],
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="the day of service; today where absent"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a code may be billed on a day, and from when to when.

    Exit code 1 when it may not, or when no table is about that day.

    Example: gateway codes check J01.90 --set icd10cm --on 2026-11-02
    """
    with state.opened() as site:
        seen = _looked_up(site, code_set, code, on.date() if on else None)
    if as_json:
        output.emit("code", seen)
    else:
        output.pairs((name.replace("_", " "), value) for name, value in seen.items() if value is not None)
    raise typer.Exit(FINE if seen["standing"] == Standing.VALID.value else LESS)


def _looked_up(site: "Site", code_set: CodeSet, text: str, on: date | None) -> dict[str, Any]:
    from gateway.claims.codesets.shapes import fits, plain_code
    from gateway.codebook import why_not
    from gateway.settings import zone
    from gateway.store import codes

    day = on or site.clock.now().astimezone(zone(site.settings.submitter.time_zone)).date()
    code = plain_code(code_set, text)
    if not fits(code_set, code):
        raise UsageError(f"{text} has not the shape of {WHAT[code_set]}")
    table = _table(site, code_set)
    verdict = table.judge(code, day) if table else None
    with site.store.read() as tx:
        said = codes.descriptions(tx, code_set, [code], day).get(code) or _shipped_name(code_set, code)
    span: Span | None = verdict.span if verdict else None
    return {
        "code_set": code_set.value,
        "code": code,
        "on": day,
        "standing": verdict.standing.value if verdict else f"not known: {why_not(table, code_set, day)}",
        "valid_from": _said(span.since) if span else None,
        "valid_until": span.until if span else None,
        "release": _said(verdict.release) if verdict else None,
        "description": said,
    }


def _said(day: date) -> date | None:
    """Return *day*, None where it only means always."""
    from gateway.default_codes import BEFORE_ALL

    return None if day == BEFORE_ALL else day


def _table(site: "Site", code_set: CodeSet) -> "CodeTable | None":
    from gateway import default_codes

    found = site.codes.table(code_set)
    return default_codes.places() if found is None and code_set is CodeSet.POS else found


def _shipped_name(code_set: CodeSet, code: str) -> str | None:
    from gateway import default_codes

    if code_set is not CodeSet.POS:
        return None
    return next((place.name for place in default_codes.place_list() if place.code == code), None)


def remove(
    code_set: Set,
    effective: Annotated[
        datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="its first day")
    ],
    as_json: AsJson = False,
) -> None:
    """Take out a release that was loaded by mistake; the release before it holds on its days.

    Example: gateway codes remove icd10cm 2026-10-01
    """
    from gateway.claims.codesets.load import remove_codes

    with state.opened() as site:
        changes = remove_codes(site.store, code_set, effective.date(), actor=state.actor())
    if as_json:
        output.emit(
            "done",
            {"action": "remove", "id": code_set.value, "result": "removed", "effective": effective.date()},
        )
    else:
        typer.echo(
            f"{code_set.value} of {effective.date()} removed: {changes.closed} codes end, {changes.added} come back"
        )
