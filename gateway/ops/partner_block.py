"""A new `[partner.NAME]` block for config.toml: only what is ours, each key with its meaning beside it."""

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway import profiles
from gateway.errors import ConfigError, Refused, UsageError
from gateway.ops.partner_keys import field_of, is_placeholder, placeholder, required_keys, typed
from gateway.ops.profile_view import partner_names, read_config
from gateway.settings import Partner, load

_SHOWN: dict[str, Any] = {"payers": [], "host_keys": [], "sftp.private_key": "file:~/.ssh/id_ed25519"}
"""Optional keys that a new block has all the same, because hardly anybody does without."""


def add_partner(config: Path, name: str, profile: str, given: Mapping[str, str]) -> tuple[str, list[str]]:
    """Write a block for partner *name* into *config*, whole or not at all; *given* sets keys by dotted name.

    Returns the block and the keys left for a person to fill in.

    Raises:
        Refused: there is such a partner already.
        UsageError: the name or a given key cannot be used, or the profile lacks an upload mode and none is given.
        NotFound: there is no such profile.
        ConfigError: config.toml, the profile, or what came of them is wrong; config.toml stays as it was.

    """
    data = read_config(config)
    if not profiles.NAME.match(name):
        raise UsageError("a partner's name is small letters, digits, - and _, a letter first, at most 31")
    if name in partner_names(data):
        raise Refused(f"{config} has a partner {name} already; edit it there, or give another name")
    found = profiles.read_profile(profile, Partner, config.parent / "maps")
    environment = str(data.get("environment", "test"))
    values: dict[str, Any] = {"profile": profile, "environment": environment}
    wanted = {key: typed(key, text) for key, text in given.items()}
    lacking = list(required_keys(profiles.merge(found, values, environment).values))
    if "upload.mode" in lacking and "upload.mode" not in wanted:
        raise UsageError(
            f"profile {profile} does not say how files are put, and there is no default: ask the partner, then add "
            "--set upload.mode=direct (or rename, sibling)"
        )
    values |= {key: placeholder(key) for key in lacking} | _SHOWN | wanted
    block = _block(name, found, values)
    _append(config, block)
    return block, [key for key, value in values.items() if is_placeholder(value)]


def _block(name: str, profile: profiles.Profile, values: Mapping[str, Any]) -> str:
    """Return the block as it stands in config.toml: the partner's own keys, then its tables."""
    tables: dict[str, list[str]] = {"": []}
    for key, value in values.items():
        table, _, last = key.rpartition(".")
        meaning = ("EDIT: " if is_placeholder(value) else "") + (field_of(key).description or "")
        tables.setdefault(table, []).append(f"{last} = {json.dumps(value, ensure_ascii=False)}  # {meaning}")
    about = " ".join(profile.about.split())
    lines = [
        "",
        f"# By profile {profile.name}{f' ({about})' if about else ''}.",
        "# What is said here wins over it.",
    ]
    for table, rows in tables.items():
        lines += [f"[partner.{name}{'.' + table if table else ''}]", *rows, ""]
    return "\n".join(lines)


def _append(config: Path, block: str) -> None:
    """Put *block* at the end of *config*: loaded from a draft first, then in one step."""
    from gateway.store.disk import write_whole

    before = config.read_text(encoding="utf-8")
    whole = ((before if before.endswith("\n") else before + "\n") + block).encode()
    draft = config.with_name(f"{config.name}.new")
    mode = stat.S_IMODE(config.stat().st_mode)
    try:
        write_whole(draft, whole, mode=mode)
        try:
            load(draft)
        except ConfigError as fault:
            raise ConfigError(str(fault).replace(str(draft), str(config))) from None
        finally:
            draft.unlink(missing_ok=True)
        write_whole(config, whole, mode=mode)
    except OSError as fault:
        raise ConfigError(f"{config}: cannot be written ({fault.strerror})") from None
