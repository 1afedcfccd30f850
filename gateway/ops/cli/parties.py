"""Partners: add, check, show (in profiles.py), trust a host key, test the connection, pause and resume."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.errors import Refused, TransportError, UsageError
from gateway.ops.cli import output, profiles, state

if TYPE_CHECKING:
    from gateway.settings import Partner
    from gateway.site import Site

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="a partner of config.toml")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    partner = typer.Typer(
        no_args_is_help=True,
        help="Partners: add, check, show, trust, test, pause, resume.\n\nExample: gateway partner test northlake",
    )
    for command in (profiles.add, profiles.check, profiles.show, trust, test, pause, resume):
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
    """Show the partner's host key, and pin it once you have compared it.

    It is written into the partner's host_keys in config.toml. Nothing connects to a partner whose key is not pinned.

    Example: gateway partner trust northlake
    """
    from gateway.bootstrap import find_config

    with state.opened() as site:
        profile = site.partner(name)
        offered = list(site.transport(name).host_keys())
        if not offered:
            raise Refused(f"partner {name} has no host key to trust (it is a folder)")
        new = [line for line in offered if line not in profile.host_keys]
        for line in offered:
            known = "pinned" if line in profile.host_keys else "NOT pinned"
            output.say(f"{line.split()[0]} {fingerprint(line)} ({known})")
        if new:
            if profile.host_keys:
                output.say(
                    "CAREFUL: another key is pinned. Find out from the partner why the key changed before you go on."
                )
            output.say("Compare the fingerprint with the one the partner published or told you by telephone.")
            if not yes and not _same():
                raise Refused("not pinned")
            _pin(find_config(state.config), name, new)
            output.say(
                "A running gateway read config.toml at its start: restart it, so that it knows the key."
            )
            with site.store.write("partner_trusted", actor=state.actor()) as tx:
                tx.audit(
                    subject=name, facts={"partner": name, "fingerprints": [fingerprint(line) for line in new]}
                )
    if as_json:
        output.emit("done", {"action": "trust", "id": name, "result": [fingerprint(line) for line in new]})
    else:
        typer.echo(f"{name}: {'pinned' if new else 'pinned already'}")
        output.say(f"Next: gateway partner test {name}")


def _same() -> bool:
    """Ask whether the fingerprint is the partner's; where nobody can answer, say how to go on."""
    try:
        return typer.confirm("Is it the same?", err=True)
    except typer.Abort:
        sys.stderr.write("\n")
        raise Refused(
            "not pinned: nobody answered; once you have compared the fingerprint, add --yes"
        ) from None


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
    """Connect, log in and look into every folder; nothing is sent.

    Example: gateway partner test northlake
    """
    with state.opened() as site:
        profile = site.partner(name)
        looked = _look_around(site, name, profile)
    for folder, count in looked:
        if as_json:
            output.emit("folder", {"partner": name, "folder": folder, "files": count})
        else:
            typer.echo(f"{name}: {folder}: {count} file{'' if count == 1 else 's'}")
    if not as_json:
        typer.echo(f"{name}: login and folders are fine")
        output.say("Next: put claim files into outbound/, then: gateway run --once, gateway status")


def _look_around(site: "Site", name: str, profile: "Partner") -> list[tuple[str, int]]:
    """Return every folder that may be listed with the number of files in it; say which one it was that failed."""
    looked: list[tuple[str, int]] = []
    doing = "connecting"
    try:
        with site.transport(name).connect() as session:
            for folder in (profile.send_folder, *profile.download.folders):
                if folder == profile.send_folder and not profile.upload.can_list:
                    continue
                doing = f"looking into {folder}"
                looked.append((folder, len(session.list(folder, limit=site.settings.limits.listing_entries))))
    except TransportError as fault:
        said = fault.message.replace("partner trust NAME", f"partner trust {name}")
        output.say(f"gateway: partner {name}, {doing}: {type(fault).__name__}: {said}")
        raise typer.Exit(fault.exit_code) from None
    return looked


def pause(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="why; kept in the audit log")],
    as_json: AsJson = False,
) -> None:
    """Stop talking to a partner until it is resumed; claims wait.

    Example: gateway partner pause northlake --reason "their maintenance window"
    """
    from gateway.store import partners

    if not reason.strip():
        raise UsageError("--reason must say why; it is kept in the audit log")
    with state.opened() as site:
        site.partner(name)
        with site.store.write("partner_paused", actor=state.actor()) as tx:
            partners.pause(tx, name, reason.strip())
            tx.audit(subject=name, facts={"partner": name})
    _say(as_json, "pause", name, f"paused; claims wait until: gateway partner resume {name}")


def resume(name: Name, as_json: AsJson = False) -> None:
    """Talk to a paused partner again.

    Example: gateway partner resume northlake
    """
    from gateway.store import partners

    with state.opened() as site:
        site.partner(name)
        with site.store.read() as tx:
            paused = partners.get(tx, name).paused
        if not paused:
            _say(as_json, "resume", name, "is not paused")
            return
        with site.store.write("partner_resumed", actor=state.actor()) as tx:
            partners.resume(tx, name)
            tx.audit(subject=name, facts={"partner": name})
    _say(as_json, "resume", name, "resumed")


def _say(as_json: bool, action: str, name: str, text: str) -> None:
    if as_json:
        output.emit("done", {"action": action, "id": name, "result": text})
    else:
        typer.echo(f"{name}: {text}")
