"""Walking through a claim: its parts, providers, addresses, numbers and texts, each with its JSON path.

What an edit asks for is found once for each claim and kept in its context (`Walk`), because most edits ask for the same.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from gateway.claims.edits.lengths import IDENTIFIERS, LENGTHS
from gateway.model.claim import Address, BillingProvider, Claim, Provider, Reference, Residue, ServiceLine
from gateway.x12.characters import fold

T = TypeVar("T")
Part = tuple[str, Any]
"""Path with a dot at its end (empty for the claim itself), and the record there."""

Text = tuple[str, str, str, tuple[int, int], bool]
"""Path, text, the same folded, fewest and most characters, and whether it is an identifier."""


class Walk:
    """What was found in the claim that was looked at last."""

    __slots__ = ("_claim", "_found")

    def __init__(self) -> None:
        self._claim: Claim | None = None
        self._found: dict[Any, Any] = {}

    def once(self, claim: Claim, find: Callable[[Claim], Iterable[T]]) -> tuple[T, ...]:
        """Return what *find* yields for *claim*, found once."""
        if claim is not self._claim:
            self._claim, self._found = claim, {}
        found: tuple[T, ...] | None = self._found.get(find)
        if found is None:
            found = self._found[find] = tuple(find(claim))
        return found

    def parts(self, claim: Claim) -> tuple[Part, ...]:
        """Return every record of *claim*, the claim first; residue is not ours to judge."""
        return self.once(claim, parts)

    def of_kind(self, claim: Claim, kind: type[T]) -> list[tuple[str, T]]:
        """Return every record of just this *kind*, its path ending in a dot."""
        return [(path, part) for path, part in self.parts(claim) if type(part) is kind]

    def providers(self, claim: Claim) -> tuple[tuple[str, Provider], ...]:
        """Return every provider of the claim but the billing one, with its path."""
        return self.once(claim, providers)

    def all_providers(self, claim: Claim) -> Iterator[tuple[str, Provider | BillingProvider]]:
        """Yield every provider of the claim with its path."""
        yield "billing_provider", claim.billing_provider
        yield from self.providers(claim)

    def addresses(self, claim: Claim) -> list[tuple[str, Address]]:
        """Return every address of the claim with its path."""
        return [(path[:-1], address) for path, address in self.of_kind(claim, Address)]

    def numbers(self, claim: Claim) -> tuple[tuple[str, str, Decimal], ...]:
        """Return every amount and quantity of the claim: path, name of the field, value."""
        return self.once(claim, self._numbers)

    def texts(self, claim: Claim) -> tuple[Text, ...]:
        """Return every text with a limit."""
        return self.once(claim, self._texts)

    def _numbers(self, claim: Claim) -> Iterator[tuple[str, str, Decimal]]:
        for path, part in self.parts(claim):
            for name in _NUMBERS[type(part)]:
                value = getattr(part, name)
                if value is not None:
                    yield f"{path}{name}", name, value

    def _texts(self, claim: Claim) -> Iterator[Text]:
        for path, part in self.parts(claim):
            for name, limits, identifier in _TEXTS[type(part)]:
                value = getattr(part, name)
                if not value:
                    if value == "":
                        yield f"{path}{name}", "", "", limits, identifier
                elif isinstance(value, str):
                    yield f"{path}{name}", value, fold(value), limits, identifier
                else:
                    for index, item in enumerate(value):
                        yield f"{path}{name}[{index}]", item, fold(item), limits, identifier


_HOLDING: dict[type, tuple[str, ...]] = {}
_NUMBERS: dict[type, tuple[str, ...]] = {}
_TEXTS: dict[type, tuple[tuple[str, tuple[int, int], bool], ...]] = {}


def _learn(kind: Any) -> None:
    """Note which fields of *kind*, and of what it holds, hold records, numbers and texts."""
    if kind in _HOLDING:
        return
    _HOLDING[kind] = ()
    holding, numbers = [], []
    for name, hint in typing.get_type_hints(kind).items():
        inner = next(p for p in typing.get_args(hint) or (hint,) if p not in {type(None), Ellipsis})
        if inner is Decimal:
            numbers.append(name)
        elif dataclasses.is_dataclass(inner) and inner is not Residue:
            holding.append(name)
            _learn(inner)
    _HOLDING[kind], _NUMBERS[kind] = tuple(holding), tuple(numbers)
    _TEXTS[kind] = tuple(
        (name, limits, name in IDENTIFIERS and (kind, name) != (Reference, "qualifier"))
        for name, limits in LENGTHS.get(kind, {}).items()
    )


_learn(Claim)


def parts(claim: Claim) -> Iterator[Part]:
    """Yield every record of *claim*, each after the one that holds it."""
    return _parts(claim, "")


def _parts(record: Any, path: str) -> Iterator[Part]:
    yield path, record
    for name in _HOLDING[type(record)]:
        value = getattr(record, name)
        if not value:
            continue
        if isinstance(value, tuple):
            for index, part in enumerate(value):
                yield from _parts(part, f"{path}{name}[{index}].")
        else:
            yield from _parts(value, f"{path}{name}.")


_OF_A_CLAIM = (
    "rendering_provider", "referring_provider", "supervising_provider", "service_facility", "primary_care_provider",
)  # fmt: skip
_OF_A_LINE = (
    "rendering_provider", "purchased_service_provider", "service_facility", "supervising_provider",
    "ordering_provider", "referring_provider", "primary_care_provider",
)  # fmt: skip


def providers(claim: Claim) -> Iterator[tuple[str, Provider]]:
    """Yield every provider of the claim but the billing one, with its path."""
    for name in _OF_A_CLAIM:
        provider: Provider | None = getattr(claim, name)
        if provider is not None:
            yield name, provider
    for index, line in enumerate(claim.service_lines):
        for name in _OF_A_LINE:
            of_line: Provider | None = getattr(line, name)
            if of_line is not None:
                yield f"service_lines[{index}].{name}", of_line


def lines(claim: Claim) -> Iterator[tuple[str, ServiceLine]]:
    """Yield every service line with its path."""
    for index, line in enumerate(claim.service_lines):
        yield f"service_lines[{index}]", line


def in_us(address: Address) -> bool:
    """Tell whether the address is in the US: no country says so."""
    return address.country in {None, "US", "USA"}
