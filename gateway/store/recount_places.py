"""How a claim payment came to its claim, and how often it was put there, told a second time by code of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BY_HAND = "by hand"
_BY_ITSELF = "gateway"


def faults(payments: Sequence[Any], gone: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield, one sentence each, what contradicts itself; *gone* are the times a payment was taken off a claim again.

    The count of placings starts its posting ids; a person's match is remembered by how the claim was found. One that was
    posted before that was kept has no *how*.
    """
    for row in payments:
        times = max((one.placed for one in gone.get(row.id, ())), default=None)
        if row.state == "posted":
            first = 1 if row.matched_by else 0
            due = first if times is None else times + 1
        else:
            due = times or 0
        if row.placed != due:
            yield f"claim payment {row.id} was not put on a claim so many times as it says"
        by_person = row.matched_by is not None and row.matched_by != _BY_ITSELF
        if row.state == "suspense" and (row.how or row.matched_by):
            yield f"claim payment {row.id} is in suspense and yet tells how its claim was found"
        elif row.how is not None and (row.how == _BY_HAND) != by_person:
            yield f"claim payment {row.id} does not tell how its claim was found"
