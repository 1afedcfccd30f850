"""Partners: trust a host key, test the connection, pause and resume."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import Refused, UsageError
from gateway.ops.cli import output, state

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="a partner of config.toml")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    partner = typer.Typer(no_args_is_help=True, help="Partners: trust, test, pause, resume.")
    for command in (trust, test, pause, resume):
        partner.command()(command)
    app.add_typer(partner, name="partner")


def fingerprint(line: str) -> str:
    """Return the SHA256 fingerprint of a ``type base64`` host key line, as ssh-keygen prints it."""
    import base64
    import hashlib

    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def trust(
    name: Name,
    yes: Annotated[
        bool, typer.Option("--yes", help="pin without asking (you compared the fingerprint already)")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the host key the partner presents, and pin it in config.toml once you have compared it.

    Example: gateway partner trust northlake
    """
    with state.opened() as site:
        profile = site.partner(name)
        offered = list(site.transport(name).host_keys())
        if not offered:
            raise Refused(f"partner {name} has no host key to trust (it is a folder)")
        new = [line for line in offered if line not in profile.host_keys]
        for line in offered:
            known = "pinned" if line in profile.host_keys else "NOT pinned"
            output.say(f"{line.split()[0]} {fingerprint(line)} ({known})")
        if not new:
            output.say("nothing to do")
            return
        output.say("Compare the fingerprint with the one the partner published or told you by telephone.")
        if not yes and not typer.confirm("Is it the same?", err=True):
            raise Refused("not pinned")
        config = (state.config or Path("config.toml")).resolve()
        _pin(config, name, new)
        with site.store.write("partner_trusted", actor=state.actor()) as tx:
            tx.audit(
                subject=name, facts={"partner": name, "fingerprints": [fingerprint(line) for line in new]}
            )
    if as_json:
        output.emit("done", {"action": "trust", "id": name, "result": [fingerprint(line) for line in new]})
    else:
        typer.echo(f"{name}: pinned")


def _pin(config: Path, name: str, lines: list[str]) -> None:
    """Add *lines* to the partner's host_keys in config.toml, leaving everything else as it stands."""
    import re

    from gateway.settings import load

    text = config.read_text(encoding="utf-8")
    header = re.search(rf"^\[partner\.{re.escape(name)}\]\s*(#.*)?$", text, re.MULTILINE)
    if header is None:
        raise UsageError(f"{config} has no [partner.{name}] table to add host_keys to")
    end = re.search(r"^\[", text[header.end() :], re.MULTILINE)
    section_end = header.end() + end.start() if end else len(text)
    section = text[header.end() : section_end]
    pinned = [*load(config).partner[name].host_keys, *lines]
    row = "host_keys = [" + ", ".join(f'"{line}"' for line in pinned) + "]"
    if re.search(r"^host_keys\s*=", section, re.MULTILINE):
        section = re.sub(r"^host_keys\s*=\s*\[[^\]]*\]", lambda _: row, section, count=1, flags=re.MULTILINE)
    else:
        section = f"\n{row}" + section
    draft = config.with_suffix(".toml.new")
    draft.write_text(text[: header.end()] + section + text[section_end:], encoding="utf-8")
    load(draft)
    draft.replace(config)


def test(name: Name, as_json: AsJson = False) -> None:
    """Connect, log in and look into every folder of the profile; nothing is sent or fetched.

    Example: gateway partner test northlake
    """
    with state.opened() as site:
        profile = site.partner(name)
        looked: list[tuple[str, int]] = []
        with site.transport(name).connect() as session:
            for folder in (profile.send_folder, *profile.download.folders):
                if folder == profile.send_folder and not profile.upload.can_list:
                    continue
                looked.append((folder, len(session.list(folder, limit=site.settings.limits.listing_entries))))
    for folder, count in looked:
        if as_json:
            output.emit("folder", {"partner": name, "folder": folder, "files": count})
        else:
            typer.echo(f"{name}: {folder}: {count} files")
    if not as_json:
        typer.echo(f"{name}: login and folders are fine")


def pause(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="why; kept in the audit log")],
    as_json: AsJson = False,
) -> None:
    """Stop talking to a partner until it is resumed; claims wait.

    Example: gateway partner pause northlake --reason "their maintenance window"
    """
    from gateway.store import partners

    with state.opened() as site:
        site.partner(name)
        with site.store.write("partner_paused", actor=state.actor()) as tx:
            partners.pause(tx, name, reason)
            tx.audit(subject=name, facts={"partner": name})
    _say(as_json, "pause", name, "paused")


def resume(name: Name, as_json: AsJson = False) -> None:
    """Talk to a paused partner again.

    Example: gateway partner resume northlake
    """
    from gateway.store import partners

    with state.opened() as site:
        site.partner(name)
        with site.store.write("partner_resumed", actor=state.actor()) as tx:
            partners.resume(tx, name)
            tx.audit(subject=name, facts={"partner": name})
    _say(as_json, "resume", name, "resumed")


def _say(as_json: bool, action: str, name: str, text: str) -> None:
    if as_json:
        output.emit("done", {"action": action, "id": name, "result": text})
    else:
        typer.echo(f"{name}: {text}")
