"""A partner's settings looked at without connecting: where each value stands, and what is ambiguous or missing."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway import profiles
from gateway.claims.edits import switch_faults
from gateway.errors import ConfigError, MapError, NotFound
from gateway.exchange.render import envelope_ids
from gateway.mapping.compile import load_map
from gateway.mapping.overlay import load_overlay
from gateway.model.findings import Severity
from gateway.ops.partner_keys import is_placeholder, nested, placeholder, required_keys
from gateway.settings import Partner, explain_validation, secret
from gateway.x12.envelope import SetBody, write_interchange

CLAIM_MAP = "837p"


@dataclass(slots=True)
class Look:
    """What was found: *faults* keep the gateway from starting, *missing* from sending; *remarks* are to be known."""

    name: str
    environment: str
    profile: profiles.Profile | None = None
    merged: profiles.Merged = field(default_factory=profiles.Merged)
    partner: Partner | None = None
    faults: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    file_name: str | None = None
    isa: str | None = None


def read_config(config: Path) -> dict[str, Any]:
    """Return config.toml as it stands; raise ConfigError when it is no TOML."""
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{config}: not valid TOML: {fault}") from None


def partner_names(data: Mapping[str, Any]) -> list[str]:
    """Return the partners of config.toml in the order in which they stand there."""
    partners = data.get("partner")
    return list(partners) if isinstance(partners, dict) else []


def look(config: Path, name: str, *, now: datetime) -> Look:
    """Look at partner *name* of *config*; raise NotFound when there is none. Nothing is connected to."""
    data = read_config(config)
    if name not in partner_names(data):
        known = ", ".join(sorted(partner_names(data))) or "none"
        raise NotFound(f"no partner {name!r} in config.toml (there are: {known})")
    own = data["partner"][name]
    if not isinstance(own, dict):
        return Look(name, "", faults=[f"partner.{name}: a table is expected"])
    found = Look(name, profiles.environment_of(own, data))
    if "profile" in own:
        try:
            found.profile, found.merged = profiles.fold(
                name, own, Partner, environment=found.environment, config=config
            )
        except ConfigError as fault:
            found.faults.append(str(fault))
            return found
        found.faults += profiles.ambiguities(found.profile, found.merged, found.environment)
    else:
        found.merged.lay(own, profiles.CONFIG)
    _validate(found, str(data.get("environment", "test")))
    if found.partner is not None:
        _try_map(found, found.partner, config.parent / "maps")
        _sample(found, found.partner, now)
        _look_for_gaps(found, found.partner, config.parent)
    return found


def _validate(found: Look, installation: str) -> None:
    try:
        found.partner = Partner.model_validate(found.merged.values)
    except ValidationError as fault:
        found.faults.append(explain_validation(fault, found.merged.origins))
        return
    for rule, sentence in switch_faults(found.partner.edits):
        at = found.merged.origins.get(f"edits.{rule}", profiles.CONFIG)
        found.faults.append(f"edits.{rule}: {sentence} (from {at})")
    if found.partner.environment.value != installation:
        found.faults.append(
            f"environment is {found.partner.environment.value}, but the installation is a {installation} one (law 10)"
        )


def _try_map(found: Look, partner: Partner, folder: Path) -> None:
    own = folder if folder.is_dir() else None
    try:
        load_map(
            CLAIM_MAP, overlay=load_overlay(CLAIM_MAP, found.name, own, profile=partner.profile), folder=own
        )
    except MapError as fault:
        found.faults.append(str(fault))


def _sample(found: Look, partner: Partner, now: datetime) -> None:
    found.file_name = partner.remote_name(kind=CLAIM_MAP.upper(), isa13=1, sha256="0" * 64, created=now)
    try:
        data = write_interchange(
            envelope_ids(partner), isa13=1, gs06=1, functional_id="HC", set_id="837", version="005010X222A1",
            environment=partner.environment, created=now, sets=[SetBody("0001", ["BHT*0019"])],
        )  # fmt: skip
    except ValueError as fault:
        found.faults.append(f"envelope: {fault}")
    else:
        found.isa = data[:106].decode("ascii")


def _look_for_gaps(found: Look, partner: Partner, root: Path) -> None:
    for key, value, _ in settled(partner, found.merged):
        if is_placeholder(value):
            found.missing.append(f"{key} is still a placeholder")
    if partner.sftp is not None:
        if not partner.host_keys:
            found.missing.append(f"no host key is pinned: gateway partner trust {found.name}")
        references = {key: getattr(partner.sftp, key) for key in ("private_key", "passphrase", "password")}
        if not (references["private_key"] or references["password"]):
            found.missing.append("neither sftp.private_key nor sftp.password is given")
        for key, reference in references.items():
            try:
                if reference:
                    secret(reference, base=root)
            except ConfigError as fault:
                found.missing.append(f"sftp.{key}: {fault}")
    if not partner.payers:
        found.remarks.append(
            f"no payer is routed here; only what is dropped into outbound/{found.name}/ goes"
        )
    if found.profile is not None and found.profile.about:
        found.remarks.append(f"profile {found.profile.name}: {found.profile.about}")


def settled(partner: Partner, merged: profiles.Merged) -> Iterator[tuple[str, Any, str]]:
    """Yield every setting of *partner*: dotted key, value, and where it stands; "default" where nowhere."""
    yield from _settled(partner, merged, "")


def _settled(section: BaseModel, merged: profiles.Merged, above: str) -> Iterator[tuple[str, Any, str]]:
    for key in type(section).model_fields:
        name, value = above + key, getattr(section, key)
        if isinstance(value, BaseModel):
            yield from _settled(value, merged, f"{name}.")
        elif isinstance(value, dict):
            for inner, said in value.items():
                yield f"{name}.{inner}", said, merged.origins.get(f"{name}.{inner}", "default")
        elif value is not None:
            yield name, value, merged.origins.get(name, "default")


def check_profiles(folder: Path | None = None) -> list[tuple[str, Severity, str]]:
    """Look at every profile in both environments, as if ours were filled in; *folder* is an installation's `maps/`.

    Returns (profile, severity, sentence), as `gateway.mapping.check.check_maps` does.
    """
    said = []
    for name in profiles.profile_names(folder):
        try:
            wrong = list(_wrong(profiles.read_profile(name, Partner, folder)))
        except ConfigError as fault:
            wrong = [str(fault)]
        severity = Severity.ERROR if wrong else Severity.INFO
        said.append((f"{name}/profile", severity, "; ".join(dict.fromkeys(wrong)) or "right"))
    return said


def _wrong(profile: profiles.Profile) -> Iterator[str]:
    """Yield what is wrong with a profile whatever our own keys may be; what it leaves to us is not."""
    for environment in profiles.ISA15:
        merged = profiles.merge(profile, {"profile": profile.name, "environment": environment}, environment)
        for said in profiles.ambiguities(profile, merged, environment):
            yield f"{profile.path}: {said}"
        for key in list(required_keys(merged.values)):
            merged.lay(nested(key, placeholder(key)), "placeholder")
        try:
            partner = Partner.model_validate(merged.values)
        except ValidationError as fault:
            yield f"{environment}: {explain_validation(fault, merged.origins)}"
        else:
            for rule, sentence in switch_faults(partner.edits):
                yield f"{profile.path}: edits.{rule}: {sentence}"
