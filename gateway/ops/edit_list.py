"""The edits as a partner has switched them, with where each switch stands; also the page that lists them all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from gateway import profiles
from gateway.claims.edits import SNIP, Edit, severity_of, switch_faults
from gateway.errors import ConfigError, NotFound
from gateway.ops.profile_view import partner_names, read_config
from gateway.settings import Partner, Switch


@dataclass(frozen=True, slots=True)
class Weighed:
    """An edit with what it weighs (``error``, ``warning``, ``off``) and where that is said; ``default`` where nowhere."""

    edit: Edit
    weight: str
    origin: str


def weighed(edits: Sequence[Edit], *, partner: str | None, config: Path | None) -> list[Weighed]:
    """Return *edits* as *partner*, one of *config* or a profile, has switched them; all by default without one.

    Raises:
        NotFound: there is no such partner and no such profile.
        ConfigError: config.toml, the profile or a switch in it is wrong.

    """
    switched, origins = ({}, {}) if partner is None else _switched(partner, config)
    rows = []
    for edit in edits:
        severity = severity_of(edit, switched)
        rows.append(
            Weighed(edit, severity.value if severity else Switch.OFF.value, origins.get(edit.rule, "default"))
        )
    return rows


def _switched(partner: str, config: Path | None) -> tuple[Mapping[str, Switch], Mapping[str, str]]:
    merged = _merged(partner, config)
    said = merged.get("edits")
    try:
        switched = TypeAdapter(dict[str, Switch]).validate_python(said or {})
    except ValidationError:
        raise ConfigError(f"{partner}: edits: a switch is error, warning or off") from None
    if wrong := [f"edits.{rule}: {sentence}" for rule, sentence in switch_faults(switched)]:
        raise ConfigError(f"{partner}: {'; '.join(wrong)}")
    return switched, {rule: merged.origins[f"edits.{rule}"] for rule in switched}


def _merged(partner: str, config: Path | None) -> profiles.Merged:
    """Return the settings of *partner* of config.toml, else of the profile of that name."""
    from gateway.bootstrap import find_config

    data, path = {}, None
    try:
        path = find_config(config)
        data = read_config(path)
    except ConfigError:
        if config is not None:
            raise
    folder = path.parent / "maps" if path else None
    merged = profiles.Merged()
    if path is not None and partner in partner_names(data):
        own = data["partner"][partner]
        if "profile" in own:
            environment = profiles.environment_of(own, data)
            return profiles.fold(partner, own, Partner, environment=environment, config=path)[1]
        merged.lay(own, profiles.CONFIG)
        return merged
    if partner in profiles.profile_names(folder):
        profile = profiles.read_profile(partner, Partner, folder)
        merged.lay(profile.common, str(profile.path))
        return merged
    known = ", ".join(sorted({*partner_names(data), *profiles.profile_names(folder)})) or "none"
    raise NotFound(f"no partner and no profile {partner!r} (there are: {known})")


def page(edits: Sequence[Edit]) -> list[str]:
    """Return the lines of docs/edits.md below its head: a table for each SNIP type."""
    out: list[str] = []
    for snip, meaning in SNIP.items():
        of_type = [edit for edit in edits if edit.snip == snip]
        out += [f"## Type {snip}: {meaning}", ""]
        if not of_type:
            out += ["None.", ""]
            continue
        out += ["| rule | weighs | switch | place | demands | faulted | passes |", "| --- " * 7 + "|"]
        for edit in of_type:
            cells = (
                f"`{edit.rule}`", edit.severity.value, "no" if edit.why_fixed else "yes", edit.place, edit.text,
                "<br>".join(example(edit.bad, "`")), "<br>".join(example(edit.good, "`")),
            )  # fmt: skip
            out.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        out.append("")
    return out


def example(changes: Mapping[str, object], tick: str = "") -> list[str]:
    """Return the changes of an example, each field with its value, both between *tick*s."""
    return [
        f"{tick}{path}{tick} "
        + ("absent" if value is None else f"{tick}{json.dumps(value, ensure_ascii=False)}{tick}")
        for path, value in changes.items()
    ]
