"""Partner profiles: what is the partner's own, kept apart from what is ours.

`maps/partners/<name>/profile.toml` has the keys of `[partner.NAME]` in config.toml that are the partner's to decide,
and what differs between its environments:

    about = "..."                          # for people: where this was found, and when it was confirmed
    send_folder = "inbound"
    [upload]
    mode = "direct"
    [marking]                              # where the partner reads whether a file is a test: never left out
    places = ["isa15", "host"]
    [test.sftp]                            # laid over the rest in a test installation
    host = "qa.example.com"
    [production.sftp]
    host = "files.example.com"

`[partner.NAME]` says ``profile = "<name>"``; its own keys win. Profiles are looked for in the installation's
`maps/partners/`, then among those that come with the gateway. What is ours - login, our ids, pinned keys - is refused
in a profile: a profile can be handed to anybody.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from gateway.errors import ConfigError, NotFound

PROFILE = "profile.toml"
CONFIG = "config.toml"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}\Z")
ISA15 = {"test": "T", "production": "P"}
OURS = frozenset(
    {
        "profile", "environment", "submitter_id", "host_keys", "folder", "envelope.sender_id", "envelope.group_sender",
        "envelope.first_control_number",
        "sftp.username", "sftp.private_key", "sftp.passphrase", "sftp.password",
    }
)  # fmt: skip
"""Keys that stand in config.toml only."""

_DIFFERING = {
    "receiver_id": ("envelope.receiver_id",),
    "host": ("sftp.host", "sftp.port", "folder.path"),
    "folder": ("send_folder",),
}
"""What makes a place of `marking.places` another in a test than in production."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile.toml: *common* holds for both environments, *by_environment* is laid over it."""

    name: str
    path: Path
    about: str
    common: dict[str, Any]
    by_environment: dict[str, dict[str, Any]]
    isa15: dict[str, str]


@dataclass(slots=True)
class Merged:
    """A partner's keys, whole: *origins* says by dotted key where a value stands."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def lay(self, over: Mapping[str, Any], origin: str) -> None:
        """Lay *over* on what is there: tables key by key, everything else replaced."""
        self._lay(self.values, over, origin, "")

    def _lay(self, into: dict[str, Any], over: Mapping[str, Any], origin: str, above: str) -> None:
        for key, value in over.items():
            name = above + key
            if isinstance(value, dict) and isinstance(into.get(key, {}), dict):
                self._lay(into.setdefault(key, {}), value, origin, f"{name}.")
            else:
                into[key] = value
                self.origins = {k: v for k, v in self.origins.items() if not k.startswith(f"{name}.")}
                self.origins[name] = origin

    def get(self, name: str) -> Any:
        """Return the value of dotted key *name*; None where it is not said."""
        value: Any = self.values
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def map_folders(own: Path | None = None) -> list[Path]:
    """Return where maps are looked for, in order: an installation's *own*, the package's, the checkout's."""
    return [
        *([own] if own is not None else []),
        Path(__file__).parent / "_maps",
        Path(__file__).parents[1] / "maps",
    ]


def profile_names(own: Path | None = None) -> list[str]:
    """Return the names of the profiles there are."""
    return sorted(
        {path.parent.name for base in map_folders(own) for path in base.glob(f"partners/*/{PROFILE}")}
    )


def read_profile(name: str, model: type[BaseModel], own: Path | None = None) -> Profile:
    """Return the profile *name*; *model* says which keys there are, *own* is an installation's `maps/`.

    Raises:
        NotFound: there is no such profile.
        ConfigError: the file has an unknown key, a key that is ours, or is not TOML; every one is named.

    """
    places = [base / "partners" / name / PROFILE for base in map_folders(own)] if NAME.match(name) else []
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise NotFound(f"no partner profile {name!r} (there are: {', '.join(profile_names(own)) or 'none'})")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: not valid TOML: {fault}") from None
    about, tables, isa15 = data.pop("about", ""), {}, {}
    wrong = [] if isinstance(about, str) else ["about: a text"]
    for environment in ISA15:
        table = data.pop(environment, {})
        if not isinstance(table, dict):
            wrong.append(f"{environment}: a table is expected")
            continue
        if "isa15" in table:
            isa15[environment] = str(table.pop("isa15"))
        wrong += [f"{environment}.{said}" for said in _strangers(table, model)]
        tables[environment] = table
    wrong += _strangers(data, model)
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(wrong)}")
    return Profile(name, path, str(about), data, tables, isa15)


def _strangers(data: Mapping[str, Any], model: type[BaseModel], above: str = "") -> Iterator[str]:
    """Yield what is wrong with the keys of *data*: unknown, ours, or a value where a table belongs."""
    for key, value in data.items():
        name = above + key
        known = model.model_fields.get(key)
        section = None if known is None else section_of(known.annotation)
        if known is None:
            yield f"{name}: unknown key (misspelt, or from another version)"
        elif name in OURS:
            yield f"{name}: this is ours, not the partner's; it stands in {CONFIG}"
        elif section is not None and not isinstance(value, dict):
            yield f"{name}: a table is expected"
        elif section is not None:
            yield from _strangers(value, section, f"{name}.")


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the section a key of this type holds; None for a plain value."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def merge(profile: Profile, own: Mapping[str, Any], environment: str, *, config: str = CONFIG) -> Merged:
    """Return *profile* for *environment* with our *own* keys laid over it."""
    merged = Merged()
    merged.lay(profile.common, str(profile.path))
    merged.lay(profile.by_environment.get(environment, {}), f"{profile.path} [{environment}]")
    if "folder" in own and "sftp" not in own:  # a folder in the server's place: the server is not spoken to
        merged.values.pop("sftp", None)
        merged.origins = {key: at for key, at in merged.origins.items() if not key.startswith("sftp.")}
    merged.lay(own, config)
    return merged


def ambiguities(profile: Profile, merged: Merged, environment: str) -> list[str]:
    """Say everything by which a test could be taken for production, or the other way round (law 10)."""
    said = [
        f"[{name}] isa15 is {value}, but every {name} file of this gateway says {ISA15[name]} in ISA15 (law 10)"
        for name, value in profile.isa15.items()
        if value != ISA15[name]
    ]
    marking = merged.get("marking.places")
    if not isinstance(marking, list) or not marking:
        return [
            *said,
            "marking.places is missing: nothing says where the partner reads whether a file is a test",
        ]
    other = "production" if environment == "test" else "test"
    there, here = merge(profile, {}, other), merge(profile, {}, environment)
    for place, keys in _DIFFERING.items():
        ours, theirs = ([view.get(key) for key in keys] for view in (merged, there))
        what = f"marking.places has {place}"
        if place not in marking:
            if [here.get(key) for key in keys] != theirs:
                said.append(
                    f"{keys[0]} differs between [test] and [production], but marking.places lacks {place}"
                )
        elif theirs[0] is None:
            said.append(f"{what}, but the profile does not say {keys[0]} of {other}")
        elif any(ours) and ours == theirs:
            said.append(f"{what}, but {keys[0]} is the same in {environment} as in {other}")
    return said


def fold(
    name: str, own: Mapping[str, Any], model: type[BaseModel], *, environment: str, config: Path
) -> tuple[Profile, Merged]:
    """Return partner *name*'s profile and its keys merged with *own*; what is ambiguous is not judged here.

    Raises:
        ConfigError: there is no such profile, or it has keys it must not have.

    """
    said = own.get("profile")
    if not isinstance(said, str):
        raise ConfigError(f"{config}: partner.{name}.profile: the name of a folder under maps/partners/")
    try:
        profile = read_profile(said, model, config.parent / "maps")
    except NotFound as fault:
        raise ConfigError(f"{config}: partner.{name}.profile: {fault}") from None
    return profile, merge(profile, own, environment)


def fold_in(
    data: Mapping[str, Any], config: Path, model: type[BaseModel]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return *data* of config.toml with every named profile merged in, and which keys came from a profile.

    Raises:
        ConfigError: a profile is missing, has keys it must not have, or leaves test and production ambiguous.

    """
    partners = data.get("partner")
    if not isinstance(partners, dict):
        return dict(data), {}
    whole: dict[str, Any] = {}
    origins: dict[str, str] = {}
    wrong: list[str] = []
    for name, own in partners.items():
        whole[name] = own
        if not isinstance(own, dict) or "profile" not in own:
            continue
        environment = environment_of(own, data)
        profile, merged = fold(name, own, model, environment=environment, config=config)
        wrong += [
            f"{config}: partner.{name} by {profile.path}: {said}"
            for said in ambiguities(profile, merged, environment)
        ]
        whole[name] = merged.values
        origins |= {f"partner.{name}.{key}": at for key, at in merged.origins.items() if at != CONFIG}
    if wrong:
        raise ConfigError("; ".join(wrong))
    return {**data, "partner": whole}, origins


def environment_of(own: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return which of a profile's tables holds: what the partner's table says, else the installation's word."""
    said = own.get("environment", data.get("environment", "test"))
    return said if said in ISA15 else "test"
