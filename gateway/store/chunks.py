"""Questions about many things at once, in pieces that every database takes."""

from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

AT_ONCE = 500
"""Values in one statement: below the smallest limit on variables of any SQLite (999)."""

T = TypeVar("T", bound=Hashable)


def chunked(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield *items*, each once and in order, in lists of at most `AT_ONCE`."""
    distinct = list(dict.fromkeys(items))
    for start in range(0, len(distinct), AT_ONCE):
        yield distinct[start : start + AT_ONCE]
