"""config.toml as typed settings: every key, its default and its meaning; unknown keys are refused.

Secrets stand here by reference only (`SecretRef`): ``file:/path``, ``env:NAME`` or ``cred:name`` (a file in
``$CREDENTIALS_DIRECTORY``). A settings object can be printed or logged: it never holds a secret's value.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator

from gateway import profiles
from gateway.errors import ConfigError
from gateway.model.submission import Environment
from gateway.settings.kinds import SecretRef, Section
from gateway.settings.machine import Delivery, Limits, Logging
from gateway.settings.office import (
    BillingEntity,
    Carc,
    Contractual,
    Deposits,
    FollowUp,
    Split,
    Submitter,
    TimelyFiling,
)
from gateway.settings.partner import (
    AfterDownload,
    Balance,
    Batching,
    Download,
    Envelope,
    Folder,
    Marking,
    MarkPlace,
    OffBalance,
    Partner,
    Replies,
    Schedule,
    Sftp,
    Switch,
    Text,
    Upload,
    UploadMode,
)
from gateway.settings.secrets import secret

CONFIG_NAME = "config.toml"


class Settings(Section):
    """config.toml."""

    environment: Environment = Field(
        Environment.TEST, description="test | production, stamped into the database"
    )
    key: SecretRef = Field(description="the archive key (32 bytes, base64), kept outside this directory")
    database: str | None = Field(None, description="SQLAlchemy URL; SQLite in state/ where absent")
    submitter: Submitter
    billing_entity: tuple[BillingEntity, ...] = Field(min_length=1)
    partner: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")], Partner]
    contractual: Contractual = Contractual()
    timely_filing: TimelyFiling = TimelyFiling()
    carc: Carc = Carc()
    follow_up: FollowUp = FollowUp()
    deposits: Deposits = Deposits()
    split: Split = Split()
    delivery: Delivery = Delivery()
    limits: Limits = Limits()
    logging: Logging = Logging()
    intake_quiet_seconds: float = Field(2, ge=0, description="how long a dropped file must keep its size")

    @model_validator(mode="after")
    def _environments_agree(self) -> "Settings":
        for name, partner in self.partner.items():
            if partner.environment is not self.environment:
                raise ValueError(
                    f"partner {name} is a {partner.environment.value} profile in a {self.environment.value} "
                    "installation; an installation is one or the other (law 10)",
                )
        routed: dict[str, str] = {}
        for name, partner in self.partner.items():
            for payer in (given.strip().upper() for given in partner.payers):
                if payer in routed:
                    raise ValueError(f"payer {payer} is routed to both {routed[payer]} and {name}")
                routed[payer] = name
        return self


def load(path: Path) -> Settings:
    """Read *path* and return the settings; raise ConfigError naming the key and the remedy."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no configuration at {path}; make one with: gateway init DIR") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: not valid TOML: {fault}") from None
    whole, origins = profiles.fold_in(data, path, Partner)
    try:
        return Settings.model_validate(whole)
    except ValidationError as fault:
        raise ConfigError(f"{path}: {explain_validation(fault, origins)}") from None


def explain_validation(fault: ValidationError, origins: Mapping[str, str] | None = None) -> str:
    """Say every fault of *fault* in a line, with the key and without the value that was given.

    *origins* tells by dotted key which profile a value came from.
    """
    said = []
    for item in fault.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in item["loc"]) or "the file"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown key (misspelt, or from another version)"
        elif item["type"] == "missing":
            message = "missing"
        source = (origins or {}).get(where)
        said.append(f"{where}: {message}" + (f" (from {source})" if source else ""))
    return "; ".join(said)


def zone(name: str) -> ZoneInfo:
    """Return the time zone *name*, already validated."""
    return ZoneInfo(name)


__all__ = [
    "CONFIG_NAME",
    "AfterDownload",
    "Balance",
    "Batching",
    "BillingEntity",
    "Carc",
    "Contractual",
    "Delivery",
    "Deposits",
    "Download",
    "Envelope",
    "Environment",
    "Folder",
    "FollowUp",
    "Limits",
    "Logging",
    "MarkPlace",
    "Marking",
    "OffBalance",
    "Partner",
    "Replies",
    "Schedule",
    "Settings",
    "Sftp",
    "Split",
    "Submitter",
    "Switch",
    "Text",
    "TimelyFiling",
    "Upload",
    "UploadMode",
    "explain_validation",
    "load",
    "secret",
    "zone",
]
