"""The pages that are made, not written: configuration, command line, claim and remittance record, edits, lifecycle.

``python -m gateway.ops.docs docs`` writes them; a test fails when a page is not what the code says.
"""

import json
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from gateway.model import lifecycle
from gateway.settings import Settings

MADE = "<!-- Made by `make docs`; edit the source, not this page. -->"


def pages() -> dict[str, str]:
    """Return every made page by its file name."""
    from gateway.claims.intake.schema import claim_record_markdown
    from gateway.ops.remittance_record import remittance_markdown

    return {
        "configuration.md": configuration(),
        "cli.md": command_line(),
        "claim-record.md": f"{MADE}\n\n{claim_record_markdown().strip()}\n",
        "remittance-record.md": f"{MADE}\n\n{remittance_markdown()}",
        "edits.md": edit_list(),
        "lifecycle.md": states(),
    }


def configuration() -> str:
    """Return the page of every key of config.toml."""
    out = [
        MADE, "", "# Configuration", "",
        "`config.toml` is found by `--config`, `GATEWAY_CONFIG`, or in the current directory. Unknown keys are refused.",
        "Secrets stand in it by reference only: `file:/path` (mode 0600), `env:NAME`, or `cred:name` (a file in",
        "`$CREDENTIALS_DIRECTORY`, as systemd provides). `gateway init DIR` writes a commented one to start from.", "",
        "A running daemon keeps what it read at its start. SIGHUP has it finish what it is doing and go on with the file as it",
        "is then; a file that cannot be used is refused in words, and the daemon goes on as before.", "",
    ]  # fmt: skip
    out += _section(Settings, "", "the top of the file")
    return "\n".join(out).rstrip() + "\n"


def _section(model: type[BaseModel], path: str, title: str) -> list[str]:
    out = [f"## {f'`[{path}]`' if path else title}", ""]
    if model.__doc__ and path:
        out += [model.__doc__.strip().splitlines()[0], ""]
    rows, below = [], []
    for name, field in model.model_fields.items():
        child = model_in(field.annotation)
        if child is not None:
            inner = f"{path}.{name}" if path else name
            if _is_mapping(field.annotation):
                inner += ".NAME"
            below += _section(child, f"[{inner}]" if _is_list(field.annotation) else inner, inner)
            continue
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | {_default(field)} | {meaning} |")
    if rows:
        out += ["| key | default | meaning |", "| --- | --- | --- |", *rows, ""]
    return out + below


def _default(field: Any) -> str:
    """Return a key's default as it would stand in config.toml."""
    if field.is_required():
        return "required"
    value = field.default if field.default is not PydanticUndefined else field.default_factory()
    if value is None:
        return "absent"
    return f"`{json.dumps(value.value if isinstance(value, Enum) else value)}`"


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a key of this type holds; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (dict, tuple, list, types.UnionType, typing.Union):
        for part in typing.get_args(annotation):
            found = model_in(part)
            if found is not None:
                return found
    return None


def _is_mapping(annotation: Any) -> bool:
    return typing.get_origin(annotation) is dict


def _is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (tuple, list)


def command_line() -> str:
    """Return the page of every command's help."""
    out = [
        MADE, "", "# Command line", "",
        "Data goes to stdout, findings and progress to stderr. Exit codes: 0 all fine; 1 done, but something was withheld",
        "or needs a person; 2 unusable input or arguments, said in one line; 3 try later (locked, partner or database down).",
        "",
        "With `--json`, each line on stdout has `kind` and `schema_version`; lines read from a file also have `source` (`file`,",
        "`interchange`, `group`, `set`, `position`). Amounts and quantities are exact decimals in strings, absent is `null`. A",
        "finding is `code`, `severity`, `file`, `line`, `segment`, `element`, `loop`, `claim`, `message`, everywhere.",
        "",
        "Progress bars and colour appear on a terminal only. The configuration is found by `--config`, `GATEWAY_CONFIG`, or in",
        "the current directory. Views of stored claims mask who a person is; `--reveal` shows it and is recorded with your name.",
        "",
    ]  # fmt: skip
    for words in command_words():
        out += [f"## `{' '.join(('gateway', *words))}`", "", "```", _help(words).rstrip(), "```", ""]
    return "\n".join(out).rstrip() + "\n"


def command_words() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group, () first."""
    from typer.main import get_command

    from gateway.ops.cli.main import app

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield words
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, (*words, name))

    yield from walk(get_command(app), ())


def _help(words: tuple[str, ...]) -> str:
    from typer.testing import CliRunner

    from gateway.ops.cli.main import app

    env = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "TERM": "dumb", "NO_COLOR": "1"}
    result = CliRunner(env=env).invoke(app, [*words, "--help"], prog_name="gateway")
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def edit_list() -> str:
    """Return the page of every edit."""
    from gateway.claims.edits import EDITS
    from gateway.ops.edit_list import page

    out = [
        MADE, "", "# Edits", "",
        "What a claim must pass before anything is built of it, by the trade's types (WEDI SNIP). An error withholds the claim",
        "and no other; a warning goes along with it. `gateway edits` shows the same list, `gateway edits RULE` one of them with",
        "what it says, `gateway edits --partner NAME` what a partner makes of them.", "",
        "A partner switches an edit by its rule, in config.toml or in its profile; whatever is not said stays as it is here:", "",
        "    [partner.NAME.edits]",
        '    P-BP-07 = "off"            # this partner wants no taxonomy code',
        '    P-NPI-NONE = "error"       # and refuses every provider without an NPI', "",
        "Warnings and edits of types 5 to 7 are the partner's to switch, and those of types 2 and 4 that say `yes`. The others are",
        "errors everywhere: a claim that breaks them is refused by whoever reads it, or says something wrong. An unknown rule, and",
        "a switch that may not be, keep the gateway from starting.", "",
        "Switches go by partner, not by payer: a payer's own rules are the business of the clearinghouse that knows it. The one",
        "thing that is said by payer is how many days it takes claims for (P-TIMELY): `[timely_filing]` in config.toml, `days` for",
        "all and `payer_days` by payer id.", "",
        "The files that are sent are checked against the guide once more before they are sealed (types 1 and 2); a fault found",
        "there holds the claim too, whatever is switched here.", "",
        "The examples are changes to one small sound claim; the fields are those of the claim record (claim-record.md).", "",
        *page(EDITS),
    ]  # fmt: skip
    return "\n".join(out).rstrip() + "\n"


def states() -> str:
    """Return the page of the legal moves."""
    out = [
        MADE, "", "# States and legal moves", "",
        "What is not in these tables is refused by the store. A claim's own state is derived: from its latest submission and",
        "the holds that are open on it. A void that the payer has confirmed (`payer_accepted`) makes the claim `voided`.", "",
    ]  # fmt: skip
    moves: tuple[tuple[str, dict[Any, Any]], ...] = (
        ("Transmission", lifecycle.TRANSMISSION_MOVES),
        ("Submission", lifecycle.SUBMISSION_MOVES),
    )
    for title, table in moves:
        out += [f"## {title}", "", "| from | to |", "| --- | --- |"]
        for state, targets in table.items():
            out.append(
                f"| `{state.value}` | {', '.join(f'`{t.value}`' for t in sorted(targets)) or '(end)'} |"
            )
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def main() -> None:
    """Write every page into the folder named on the command line."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
