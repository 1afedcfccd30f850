"""Moments as people type them: a date, a date with a time, or an age."""

from datetime import UTC, datetime, timedelta

from gateway.errors import UsageError

_UNITS = {"h": "hours", "d": "days", "m": "minutes"}


def moment(text: str, option: str) -> datetime:
    """Read ``2026-01-31``, ``2026-01-31T08:00`` (UTC) or an age such as ``24h``, ``7d``; *option* is named where it is none.

    Raises:
        UsageError: it is none of these.

    """
    unit = _UNITS.get(text[-1:])
    try:
        if unit and text[:-1].isdecimal():
            return datetime.now(UTC) - timedelta(**{unit: int(text[:-1])})
        said = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} {text}: give a date (2026-01-31) or an age (24h, 7d)") from None
    return said if said.tzinfo else said.replace(tzinfo=UTC)
