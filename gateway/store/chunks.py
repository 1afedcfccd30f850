"""Questions and writes about many things, in pieces that every database takes and that memory does not notice."""

from collections.abc import Hashable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

AT_ONCE = 500
"""Values in one statement: below the smallest limit on variables of any SQLite (999)."""

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


def pieces(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield *items* in order, in lists of at most `AT_ONCE`, taking them only as they are asked for."""
    source = iter(items)
    while part := list(islice(source, AT_ONCE)):
        yield part


def chunked(items: Iterable[H]) -> Iterator[list[H]]:
    """Yield *items* as `pieces` does, each once."""
    return pieces(dict.fromkeys(items))
