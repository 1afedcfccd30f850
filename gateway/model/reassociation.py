"""Which deposit pays which remittance (domain.md 4.2): what is certain, and what is only worth a person's look.

Certain is what the bank line names - TRN02 with TRN03, or the number of a check - with the amounts exact to the cent and
the days close enough. Everything else is a suggestion, ranked, with the difference where there is one; nothing is plugged.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations

from gateway.model.deposit import CHECK, TRN, PaymentName, business_days, loose_check
from gateway.model.matching import loose_name

ZERO = Decimal("0.00")

MOST_TOGETHER = 30
"""So many open remittances of one payer are tried for a sum; more would be guessing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeposit:
    """A deposit with money that no remittance explains yet: *open* of its *amount*.

    *by_hand* tells that a person took a match back: what it pays is then for a person to say.
    """

    id: str
    date: date
    amount: Decimal
    open: Decimal
    names: tuple[PaymentName, ...]
    payer: str | None
    originator: str | None
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRemittance:
    """A posted remittance whose money the bank has not shown yet: *open* of its *amount* (BPR02); *date* is BPR16, where it says one."""

    id: str
    partner: str
    payer_key: str
    payer_name: str | None
    trace: str
    method: str | None
    date: date | None
    posted_at: datetime
    amount: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Business days by which a deposit may differ from BPR16: of a transfer, and of a check, which travels."""

    transfer: int
    check: int

    def hold(self, deposit: OpenDeposit, remittance: OpenRemittance) -> bool:
        """Tell whether the two days belong together."""
        if remittance.date is None:
            return False
        apart = business_days(remittance.date, deposit.date)
        late = self.check if remittance.method == "CHK" else self.transfer
        return -self.transfer <= apart <= late


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """*amount* of a deposit pays a remittance; *how* it is known: trace or check."""

    deposit: str
    remittance: str
    amount: Decimal
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a deposit may pay; *rank* 1 is the likeliest, *difference* the deposit less the remittances."""

    deposit: str
    remittances: tuple[str, ...]
    rank: int
    difference: Decimal
    why: str

    @property
    def difference_in_words(self) -> str:
        """Say which of the two is larger, and by how much."""
        return f"the deposit is {abs(self.difference)} {'more' if self.difference > 0 else 'less'}"


class Unpaid:
    """Open remittances, to be found by trace or check number, by amount and by payer without looking at each."""

    def __init__(self, remittances: Iterable[OpenRemittance]) -> None:
        self._by_number: dict[str, list[OpenRemittance]] = {}
        self._by_amount: dict[Decimal, list[OpenRemittance]] = {}
        self._by_payer: dict[tuple[str, str], list[OpenRemittance]] = {}
        for one in remittances:
            for number in {one.trace.upper(), loose_check(one.trace)}:
                self._by_number.setdefault(number, []).append(one)
            self._by_amount.setdefault(one.open, []).append(one)
            self._by_payer.setdefault((one.payer_key, loose_name(one.payer_name or "")), []).append(one)

    def numbered(self, name: PaymentName) -> list[OpenRemittance]:
        """Return the remittances that have the number of *name*, whoever pays."""
        number = loose_check(name.number) if name.kind == CHECK else name.number.strip().upper()
        return self._by_number.get(number, [])

    def worth_a_look(self, deposit: OpenDeposit) -> list[OpenRemittance]:
        """Return the remittances that share a number or the amount with *deposit*."""
        found = [*self._by_amount.get(deposit.open, [])]
        found += [one for name in deposit.names for one in self.numbered(name)]
        return list({one.id: one for one in found}.values())

    def by_payer(self, deposit: OpenDeposit, windows: Windows) -> Iterator[list[OpenRemittance]]:
        """Yield, for each payer that may have made *deposit*, its remittances that are close in days."""
        named = deposit.payer or deposit.originator
        groups: dict[str, list[OpenRemittance]] = {}
        for (payer_key, _), theirs in self._by_payer.items():
            if not named or _same_payer(deposit, theirs[0]):
                close = [one for one in theirs if windows.hold(deposit, one)]
                groups.setdefault(payer_key, []).extend(close)
        yield from groups.values()


def means(name: PaymentName, remittance: OpenRemittance) -> bool:
    """Tell whether what a bank line names is this remittance, by both numbers of a TRN, or by a check's one."""
    if name.kind == CHECK:
        return remittance.method == "CHK" and loose_check(name.number) == loose_check(remittance.trace)
    return _same_trace(name, remittance) and remittance.payer_key == _payer_key(name.originator)


def _same_trace(name: PaymentName, remittance: OpenRemittance) -> bool:
    return name.kind == TRN and name.number.strip().upper() == remittance.trace.upper()


def _payer_key(originator: str | None) -> str | None:
    return f"EIN-{loose_name(originator)}" if originator else None


def certain(
    deposits: Iterable[OpenDeposit], remittances: Sequence[OpenRemittance], windows: Windows
) -> list[Pair]:
    """Return the pairs that need nobody: named by the bank, exact in sum, close in days.

    One deposit for all the remittances it names; or all the deposits that name one remittance, for it alone.
    """
    left, known = {one.id: one for one in remittances}, Unpaid(remittances)
    waiting = [one for one in sorted(deposits, key=lambda d: (d.date, d.id)) if one.names and not one.by_hand]
    pairs: list[Pair] = []
    parts_of: dict[str, list[OpenDeposit]] = {}
    for deposit in waiting:
        named = _named(deposit, known)
        close = (
            named
            and all(one.id in left for one in named)
            and all(windows.hold(deposit, one) for one in named)
        )
        if close and sum((one.open for one in named), ZERO) == deposit.open:
            pairs += [_pair(deposit, one, one.open) for one in named]
            for one in named:
                del left[one.id]
        elif close and len(named) == 1:
            parts_of.setdefault(named[0].id, []).append(deposit)
    for owner, parts in parts_of.items():
        if owner in left and sum((part.open for part in parts), ZERO) == left[owner].open:
            pairs += [_pair(part, left[owner], part.open) for part in parts]
    return pairs


def _named(deposit: OpenDeposit, unpaid: Unpaid) -> list[OpenRemittance]:
    """Return the remittances that a deposit names, none unless every name means exactly one."""
    found = {}
    for name in deposit.names:
        meant = [one for one in unpaid.numbered(name) if means(name, one)]
        if len(meant) != 1:
            return []
        found[meant[0].id] = meant[0]
    return list(found.values())


def _pair(deposit: OpenDeposit, remittance: OpenRemittance, amount: Decimal) -> Pair:
    by_trace = any(name.kind == TRN and means(name, remittance) for name in deposit.names)
    how = "trace" if by_trace else "check"
    return Pair(deposit=deposit.id, remittance=remittance.id, amount=amount, how=how)


def suggestions(deposit: OpenDeposit, unpaid: Unpaid, windows: Windows) -> list[Suggestion]:
    """Return what *deposit* may pay, the likeliest first; for a person, never done by itself."""
    found = [
        Suggestion(
            deposit=deposit.id,
            remittances=(one.id,),
            rank=rank,
            difference=deposit.open - one.open,
            why=why,
        )
        for one in unpaid.worth_a_look(deposit)
        for rank, why in _alone(deposit, one, windows)
    ]
    if not any(one.difference == ZERO for one in found):
        found += _together(deposit, unpaid, windows)
    return sorted(found, key=lambda one: (one.rank, abs(one.difference), one.remittances))


def _alone(deposit: OpenDeposit, one: OpenRemittance, windows: Windows) -> Iterator[tuple[int, str]]:
    exact, close = deposit.open == one.open, windows.hold(deposit, one)
    if any(means(name, one) for name in deposit.names):
        if not exact:
            yield 1, "the bank names this remittance, but the amounts differ"
        elif one.date is None:
            yield 1, "the bank names this remittance, which does not say when it was paid"
        elif not close:
            yield 1, "the bank names this remittance, but the days are too far apart"
        else:
            yield 1, "the bank names this remittance"
    elif any(_same_trace(name, one) for name in deposit.names):
        yield 2, "the trace number is the same, who pays is not told or told otherwise"
    elif exact and close and _same_payer(deposit, one):
        yield 3, "the same payer and amount, and close in days; the bank gives no trace number"
    elif exact and close and not (deposit.names or deposit.payer or deposit.originator):
        yield 4, "the same amount, and close in days; the bank names nobody"


def _same_payer(deposit: OpenDeposit, one: OpenRemittance) -> bool:
    if deposit.originator and _payer_key(deposit.originator) == one.payer_key:
        return True
    theirs, ours = loose_name(deposit.payer or ""), loose_name(one.payer_name or "")
    return bool(theirs and ours) and (theirs in ours or ours in theirs)


def _together(deposit: OpenDeposit, unpaid: Unpaid, windows: Windows) -> Iterator[Suggestion]:
    """Yield sets of one payer's remittances that add up to the deposit: any two, or all of them (TRAP-110)."""
    for theirs in unpaid.by_payer(deposit, windows):
        if not 1 < len(theirs) <= MOST_TOGETHER:
            continue
        sets = [*combinations(theirs, 2), tuple(theirs)] if len(theirs) > 2 else [tuple(theirs)]
        for some in sets:
            if sum((one.open for one in some), ZERO) == deposit.open:
                ids = tuple(one.id for one in some)
                why = f"{len(some)} remittances of this payer come to this amount"
                yield Suggestion(deposit=deposit.id, remittances=ids, rank=5, difference=ZERO, why=why)
