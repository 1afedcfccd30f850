"""The second count of what claims bill: each charge entry says what its submission bills, and the last one what stands.

Which submission was rejected when is not asked: answers come in any order, also after something newer was sealed. So an
entry made at a seal must bring the account to what that submission bills, one made by a rejection (``:back``) to what
some submission of the claim bills, and all of them together to what follows from where the submissions stand now.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from gateway.store.journal import RECEIVABLE_PAYER, REVENUE

ZERO = Decimal("0.00")
_VOID = "8"
_TAKEN_BACK = (
    "interchange_rejected", "set_rejected", "clearinghouse_rejected", "payer_rejected", "withdrawn",
)  # fmt: skip
_LATER_PAYERS = {"S": 1, "T": 2, "A": 3, "B": 4, "C": 5, "D": 6, "E": 7, "F": 8, "G": 9, "H": 10}


class Entry(Protocol):
    """A charge entry; *sides* are (account, amount, claim), sorted."""

    @property
    def kind(self) -> str:
        """What is booked."""

    @property
    def sides(self) -> tuple[tuple[str, Decimal, str | None], ...]:
        """Both sides."""

    @property
    def claim(self) -> str | None:
        """Whose account."""

    @property
    def submission(self) -> str | None:
        """What was sealed, or rejected."""

    @property
    def claim_payment(self) -> str | None:
        """Nothing: a charge is no payer's answer."""

    @property
    def reverses(self) -> str | None:
        """Nothing: a charge is changed by the difference."""


def faults(stories: Mapping[str, Sequence[Any]], booked: Mapping[str, Entry]) -> Iterator[str]:
    """Yield, a sentence each, where *booked* is not what the sealed submissions make it.

    *stories* are each claim's sealed submissions, oldest first (id, frequency, payer_sequence, state, charge); *booked*
    the charge entries by posting id, in the order in which they were made.
    """
    entries: dict[str, list[tuple[str, Entry]]] = {claim_id: [] for claim_id in stories}
    for posting_id, entry in booked.items():
        entries.setdefault(entry.claim or "", []).append((posting_id, entry))
    for claim_id, of_claim in entries.items():
        yield from _of_claim(claim_id, stories.get(claim_id, ()), of_claim)


def _of_claim(claim_id: str, story: Sequence[Any], entries: Sequence[tuple[str, Entry]]) -> Iterator[str]:
    sealed = {row.id: row for row in story}
    stands, possible = ZERO, {_bills(row) for row in story} | {ZERO}
    for number, (posting_id, entry) in enumerate(entries):
        row = sealed.get(entry.submission or "")
        amount = sum((side[1] for side in entry.sides if side[0] == RECEIVABLE_PAYER), ZERO)
        stands += amount
        if row is None or not _is_charge(entry, claim_id, amount):
            yield f"posting {posting_id} is not the charge of a claim that was sent"
            continue
        by_rejection = f"charge:{claim_id}:{row.id}:back"
        if posting_id not in {
            f"charge:{claim_id}:{row.id}" if number else f"charge:{claim_id}",
            by_rejection,
        }:
            yield f"posting {posting_id} is not the charge of a claim that was sent"
        late = row.state in _TAKEN_BACK and (posting_id == by_rejection or not number)
        if stands not in (possible if late else {_bills(row)}):
            yield f"posting {posting_id} is not what its submission bills"
    shown = _shown(story)
    if stands != shown:
        yield f"claim {claim_id}: {stands} is charged, and what was sent bills {shown}"


def _is_charge(entry: Entry, claim_id: str, amount: Decimal) -> bool:
    """Tell whether the entry has nothing but a receivable and the revenue of the claim, to the same amount."""
    sides = sorted([(RECEIVABLE_PAYER, amount, claim_id), (REVENUE, -amount, claim_id)])
    alone = entry.claim_payment is None and entry.reverses is None
    return alone and amount != ZERO and entry.kind == "charge" and sorted(map(tuple, entry.sides)) == sides


def _bills(row: Any) -> Decimal:
    charge: Decimal = row.charge
    return ZERO if row.frequency == _VOID else charge


def _shown(story: Sequence[Any]) -> Decimal:
    """Return what the account must show, by where the submissions stand now."""
    stands, nearest = ZERO, 99
    for row in story:
        line, gone = _LATER_PAYERS.get(row.payer_sequence, 0), row.state in _TAKEN_BACK
        if line <= nearest and not (gone and row.frequency == _VOID):
            stands = _bills(row)
        if not gone:
            nearest = min(nearest, line)
    return stands
