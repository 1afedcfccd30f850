"""``sandbox.toml``: who the sandbox says it is and how long its answers take."""

import tomllib
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

from gateway.errors import ConfigError

SETTINGS_FILE = "sandbox.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """The sandbox's settings; every key of sandbox.toml is one of these names.

    Attributes:
        name: the clearinghouse's name in a 277CA (NM1*AY).
        identifier: its id there.
        usage: the values of ISA15 it takes; others get a TA1 with note 020.
        clearinghouse_minutes: how long after an upload the clearinghouse's 277CA is written.
        payer_hours: how long after an upload the payers' 277CA is written.
        payment_days: how long after an upload the 835 is written.
        correction_days: how long after the 835 corrections and the second payer's 835 follow.
        quiet_seconds: how long a file without an IEA must lie still before it is taken as broken.
        ignore_suffixes: names of uploads that are not finished yet.

    """

    name: str = "SANDBOX CLEARINGHOUSE"
    identifier: str = "SANDBOX"
    usage: str = "TP"
    clearinghouse_minutes: float = 15
    payer_hours: float = 24
    payment_days: float = 14
    correction_days: float = 7
    quiet_seconds: float = 3
    ignore_suffixes: tuple[str, ...] = (".part", ".tmp", ".filepart")

    @property
    def clearinghouse_delay(self) -> timedelta:
        """Return the wait for the clearinghouse's 277CA."""
        return timedelta(minutes=self.clearinghouse_minutes)

    @property
    def payer_delay(self) -> timedelta:
        """Return the wait for the payer's 277CA."""
        return timedelta(hours=self.payer_hours)

    @property
    def payment_delay(self) -> timedelta:
        """Return the wait for the 835."""
        return timedelta(days=self.payment_days)

    @property
    def correction_delay(self) -> timedelta:
        """Return the wait between an 835 and its correction."""
        return timedelta(days=self.correction_days)


def load_sandbox_settings(folder: Path) -> SandboxSettings:
    """Read *folder*/sandbox.toml; without it everything has its default.

    Raises:
        ConfigError: a key that is not known, or a value of the wrong kind; the message names it.

    """
    path = folder / SETTINGS_FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return SandboxSettings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    defaults = SandboxSettings()
    known = {f.name: getattr(defaults, f.name) for f in fields(SandboxSettings)}
    values: dict[str, object] = {}
    for key, value in raw.items():
        if key not in known:
            raise ConfigError(f"{path}: unknown key {key!r}; known are {', '.join(known)}")
        values[key] = _value(path, key, value, known[key])
    return SandboxSettings(**values)  # type: ignore[arg-type]


def _value(path: Path, key: str, value: object, default: object) -> object:
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
            return tuple(value)
        raise ConfigError(f"{path}: {key} must be a list of texts")
    if isinstance(default, str):
        if isinstance(value, str) and value:
            return value
        raise ConfigError(f"{path}: {key} must be a text")
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 100_000:
        return value
    raise ConfigError(f"{path}: {key} must be a number from 0 to 99999")
