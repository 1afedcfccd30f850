"""Files in the hand: convert, check, read, schema. They need no installation and change none."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from gateway.errors import UsageError, X12Error
from gateway.model.findings import Finding, Severity
from gateway.ops.cli import output, state
from gateway.ops.cli.maps import installation_maps

FINE, LESS, UNUSABLE = 0, 1, 2
"""Exit codes: all fine; something was withheld or needs a person; nothing could be done with the input."""

MOST_FINDINGS = 10_000
MOST_ALIKE = 3
"""So often a remark that says the same of another claim is shown to a person; errors are all shown."""

Files = Annotated[list[Path], typer.Argument(metavar="FILE")]
Findings = Annotated[
    Path | None,
    typer.Option("--findings", metavar="FILE", help="findings as JSON lines into FILE, not stderr"),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    for command in (convert, check, read):
        app.command()(command)
    schema = typer.Typer(
        no_args_is_help=True, help="The published shapes of records.\n\nExample: gateway schema claim"
    )
    schema.callback()(_group)
    schema.command("claim")(schema_claim)
    schema.command("remittance")(schema_remittance)
    app.add_typer(schema, name="schema")


def _group() -> None:
    """Keep a group of one command a group."""


class _Collected:
    """Findings of one call, up to a limit; the rest is counted."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.more = 0
        self.errors = 0

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.errors += finding.severity is Severity.ERROR
            if len(self.kept) < MOST_FINDINGS:
                self.kept.append(finding)
            else:
                self.more += 1

    def report(self, to: Path | None) -> None:
        """Write all findings into the file *to*; say them on stderr, a remark that repeats itself only so often."""
        if to is not None:
            output.report_findings(self.kept, to=to)
        else:
            hidden = 0
            seen: Counter[tuple[str | None, ...]] = Counter()
            for finding in self.kept:
                alike = (finding.file, finding.code, finding.loop, finding.element, finding.message)
                seen[alike] += 1
                if finding.severity is Severity.ERROR or seen[alike] <= MOST_ALIKE:
                    output.report_findings([finding])
                else:
                    hidden += 1
            if hidden:
                output.say(f"{hidden} more remarks like these are not shown; all of them: --findings FILE")
        if self.more:
            output.say(f"{self.more} more findings are not listed")


def opened_file(path: Path) -> BinaryIO:
    """Open *path* for reading; raise UsageError, which says in one line why it cannot be used."""
    try:
        if path.is_dir():
            raise UsageError(f"{path}: a folder, not a file")
        return path.open("rb")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read ({fault.strerror or type(fault).__name__})") from None


def _size(path: Path) -> int | None:
    """Return the size of a file in bytes; None for what has none, such as a pipe."""
    return path.stat().st_size or None if path.is_file() else None


def bytes_of(path: Path, limit: int) -> bytes:
    """Return a file's bytes; raise UsageError where it cannot be read or is larger than *limit*."""
    with opened_file(path) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise UsageError(f"{path}: larger than the limit of {limit} bytes")
    return data


def read(files: Files, findings: Findings = None) -> None:
    """Print any X12 file as JSON lines, a record a line.

    Claims of an 837, remittances of an 835, and TA1, 999, 997, 277CA. `convert` takes the claims again.

    Example: gateway read remittance.835
    """
    from gateway.ops.reading import Line, read_file

    collected = _Collected()
    code = FINE
    for path in files:
        printed = residue = 0
        try:
            with opened_file(path) as stream, output.progress(f"reading {path}", _size(path)) as advance:
                done = 0
                for item in read_file(stream, str(path)):
                    done, before = stream.tell(), done
                    advance(done - before)
                    if isinstance(item, Line):
                        output.emit(item.kind, item.record, source=item.source)
                        printed += 1
                        residue += item.residue
                    else:
                        collected.add([item])
                        if item.code == "READ-OTHER":
                            code = max(code, LESS)
        except (UsageError, X12Error) as fault:
            output.say(f"gateway: {_one_line(path, fault)}")
            code = max(code, LESS if printed else UNUSABLE)
            continue
        kept = f", {residue} segments kept as residue" if residue else ""
        output.say(f"{path}: {printed} record{'' if printed == 1 else 's'}{kept}")
    collected.report(findings)
    raise typer.Exit(max(code, LESS) if collected.errors else code)


def _one_line(path: Path, fault: Exception) -> str:
    if not isinstance(fault, X12Error):
        return str(fault)
    place = f" (byte {fault.offset})" if fault.offset else ""
    return f"{path}: {fault.code}: {fault.message}{place}"


def check(files: Files, findings: Findings = None, as_json: AsJson = False) -> None:
    """Check X12 files: envelope, guide, and sums.

    Everything that is wrong is said on stderr, the verdict on stdout.

    Example: gateway check OUT.837
    """
    from gateway.settings import Limits
    from gateway.x12.check import check_x12

    collected = _Collected()
    code = FINE
    for path in files:
        try:
            data = bytes_of(path, Limits().receipt_bytes)
        except UsageError as fault:
            output.say(f"gateway: {fault}")
            code = UNUSABLE
            continue
        with output.progress(f"checking {path}"):
            verdict = check_x12(data, file=str(path))
        bad = [f for f in verdict.findings if f.severity is Severity.ERROR]
        if bad and not verdict.sets and _not_x12(data):
            output.say(f"gateway: {path}: {bad[0].code}: {bad[0].message}")
            code = UNUSABLE
            continue
        code = max(code, LESS if bad else FINE)
        if as_json:
            output.emit("check", _check_json(verdict), source={"file": str(path)})
        else:
            word = f"{len(bad)} error{'' if len(bad) == 1 else 's'}" if bad else "accepted"
            typer.echo(f"{path}: {word}, {len(verdict.sets)} transaction set(s)")
        collected.add(verdict.findings)
    if findings is not None or not as_json:
        collected.report(findings)
    raise typer.Exit(code)


def _not_x12(data: bytes) -> bool:
    from gateway.x12.reader import looks_like_x12

    return not looks_like_x12(data[:4096])


def _check_json(verdict: Any) -> dict[str, Any]:
    return {
        "accepted": all(f.severity is not Severity.ERROR for f in verdict.findings),
        "sets": [
            {
                "set_control_number": one.control_number,
                "accepted": one.accepted,
                "findings": len(one.findings),
            }
            for one in verdict.sets
        ],
        "findings": [output.finding_json(f) for f in verdict.findings],
    }


def convert(
    files: Files,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.837", help="the file to write")],
    partner: Annotated[
        str | None, typer.Option("--partner", help="use this partner's profile from config.toml")
    ] = None,
    keep_invalid: Annotated[
        bool,
        typer.Option(
            "--keep-invalid", help="write every claim that can be said in X12, faulty or not; for looking"
        ),
    ] = False,
    findings: Findings = None,
) -> None:
    """Turn claim records into an 837P test file.

    Records are JSON lines, JSON, CSV, or what `read` printed. The same edits, map and checks as on the way to a partner; claims that fail are left out and reported.
    Codes are checked only for their shape: which were valid on the day of service is known to an installation. Without a
    partner the ids are placeholders; the file is a test file (ISA15 T) in every case.

    Example: gateway convert claims.jsonl -o OUT.837
    """
    from gateway.bootstrap import find_config, load_settings
    from gateway.claims.convert import convert_files, terms_for
    from gateway.clock import SystemClock
    from gateway.settings import Limits

    settings = None if partner is None else load_settings(find_config(state.config))
    folder = None if partner is None else installation_maps()
    terms = terms_for(partner, settings=settings, folder=folder, clock=SystemClock())
    limits = settings.limits if settings else Limits()
    sources: list[tuple[str, bytes]] = []
    code = FINE
    for path in files:
        try:
            sources.append((str(path), bytes_of(path, limits.intake_file_bytes)))
        except UsageError as fault:
            output.say(f"gateway: {fault}")
            code = UNUSABLE
    with output.progress("converting and checking"):
        made = convert_files(sources, terms, limits=limits, keep_invalid=keep_invalid)
    collected = _Collected()
    collected.add(made.findings)
    collected.report(findings)
    if made.data is not None:
        _write_whole(out, made.data)
    if made.unusable and made.unusable == len(sources):
        code = UNUSABLE
    left = f", {made.withheld} left out" if made.withheld else ""
    into = f" into {out}" if made.data is not None else "; no file was written"
    output.say(f"{made.written} claim{'' if made.written == 1 else 's'} written{left}{into}")
    raise typer.Exit(max(code, LESS) if collected.errors or made.withheld or not made.written else code)


def _write_whole(path: Path, data: bytes) -> None:
    """Write *path* so that it is there whole or not at all."""
    from gateway.store.disk import write_whole

    try:
        write_whole(path, data)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be written ({fault.strerror or type(fault).__name__})") from None


def schema_claim(csv: Annotated[bool, typer.Option("--csv", help="a CSV template instead")] = False) -> None:
    """Print the JSON Schema of a claim record, or a CSV template.

    Example: gateway schema claim --csv > template.csv
    """
    import json

    from gateway.claims.intake.schema import claim_schema, csv_template

    text = csv_template() if csv else json.dumps(claim_schema(), indent=2, ensure_ascii=False)
    typer.echo(text.rstrip("\n"))


def schema_remittance() -> None:
    """Print the JSON Schema of a remittance, as `gateway read` prints one (docs/remittance-record.md).

    Example: gateway schema remittance > remittance.schema.json
    """
    import json

    from gateway.ops.remittance_record import remittance_schema

    typer.echo(json.dumps(remittance_schema(), indent=2, ensure_ascii=False))
