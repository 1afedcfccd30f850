"""Kinds of value that settings are made of: a secret by reference, a time zone, a schedule, ids."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _secret_reference(value: str) -> str:
    scheme, _, rest = value.partition(":")
    if scheme not in {"file", "env", "cred"} or not rest:
        raise ValueError("a secret is given by reference: file:/path, env:NAME or cred:name")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("not a time zone name such as America/Chicago")
    return value


def _cron(value: str) -> str:
    try:
        next(CronSim(value, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        raise ValueError("not a cron expression that ever comes, such as 30 17 * * 1-5") from None
    return value


Cron = Annotated[str, AfterValidator(_cron)]
SecretRef = Annotated[str, AfterValidator(_secret_reference)]
Zone = Annotated[str, AfterValidator(_zone)]
X12Id = Annotated[str, Field(min_length=1, max_length=15, pattern=r"^[ -~]+$")]
Digits9 = Annotated[str, Field(pattern=r"^[0-9]{9}$")]
Npi = Annotated[str, Field(pattern=r"^[12][0-9]{9}$")]


class Section(BaseModel):
    """A table of config.toml: an unknown key is refused, and a fault never quotes the value it met."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
