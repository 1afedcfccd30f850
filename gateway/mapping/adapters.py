"""The records whose levels stand otherwise in X12: what a map names as `adapter`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.mapping import groups, status


@dataclass(frozen=True, slots=True)
class Adapter:
    """The way from the levels of a set to its record, and back."""

    from_levels: Callable[[Any], Any]
    to_levels: Callable[[Any], Any]


ADAPTERS = {
    "claim_acknowledgement": Adapter(status.from_levels, status.to_levels),
    "remittance": Adapter(groups.from_levels, groups.to_levels),
}
