"""The worked examples of domain.md 4 and 5, each a page with its numbers: tests/golden/worked/ (the form: `pages`).

``GATEWAY_WRITE_GOLDENS=1 pytest tests/golden/test_worked.py`` writes what the gateway says anew, to be read before it is kept.
"""

import os
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk
from tests.golden.pages import LINE, START, Bench, happenings
from tests.mailroom import Mailroom

PAGES = sorted((Path(__file__).parent / "worked").glob("*.txt"))


@pytest.fixture
def clock() -> MovableClock:
    """The same days in every run."""
    return MovableClock(START)


@pytest.fixture
def bench(store: Store, settings: Settings, archive: Archive, tmp_path: Path, clock: MovableClock) -> Bench:
    return Bench(
        Desk(store, settings, archive, tmp_path), Mailroom(store, settings, archive, tmp_path), clock
    )


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_worked_example(bench: Bench, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = path.read_text(encoding="utf-8")
    bench.play(happenings(page))
    above = page.partition(LINE)[0].rstrip()
    whole = f"{above}\n\n{LINE}\n{bench.told(monkeypatch)}"
    if os.environ.get("GATEWAY_WRITE_GOLDENS"):
        path.write_text(whole, encoding="utf-8")
    assert whole == path.read_text(encoding="utf-8")
