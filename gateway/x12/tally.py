"""Counting loops and segments for pyx12's walker, which spends half of its time on it otherwise."""

from functools import cache

import pyx12.nodeCounter
import pyx12.path


@cache
def _texts() -> dict[int, tuple[pyx12.path.X12Path, str]]:
    """Paths written out once each; the maps live as long as the process, and so do their paths."""
    return {}


def _text(path: str | pyx12.path.X12Path) -> str:
    if isinstance(path, str):
        return path
    known = _texts().get(id(path))
    if known is None:
        known = _texts()[id(path)] = (path, path.format())
    return known[1]


class Tally(pyx12.nodeCounter.NodeCounter):
    """pyx12's counter of loops and segments, keyed by text: the same answers in a fraction of the time."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}

    def reset_to_node(self, xpath: str | pyx12.path.X12Path) -> None:
        """Forget what was counted below *xpath*."""
        below = _text(xpath) + "/"
        self._counts = {path: count for path, count in self._counts.items() if not path.startswith(below)}

    def increment(self, xpath: str | pyx12.path.X12Path) -> None:
        """Count *xpath* once more."""
        path = _text(xpath)
        self._counts[path] = self._counts.get(path, 0) + 1

    def get_count(self, xpath: str | pyx12.path.X12Path) -> int:
        """Return how often *xpath* was counted."""
        return self._counts.get(_text(xpath), 0)
