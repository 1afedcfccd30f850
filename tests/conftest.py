"""What tests share: keys, a clock, settings, and a store on SQLite or on both databases."""

import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from gateway import failpoints
from gateway.clock import MovableClock
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.installation import DATABASE_NAME, STATE, open_store
from gateway.store.keys import Keys
from tests.postgres import postgres  # noqa: F401  a fixture
from tests.sites import settings_of

hypothesis.settings.register_profile("landing", derandomize=True, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("landing")
"""What decides over a landing gives the same answer twice; at the desk examples are new each time."""


@pytest.fixture(autouse=True)
def _no_failpoints() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.fixture
def keys() -> Keys:
    """The keys of a test installation."""
    return Keys(bytes(range(32)))


@pytest.fixture
def clock() -> MovableClock:
    """A clock that tests move forward."""
    return MovableClock()


@pytest.fixture
def settings() -> Settings:
    """Settings of a test installation with the partners north and south."""
    return settings_of()


@functools.cache
def _new_database() -> bytes:
    """The database of a new test installation: migrating one for every test would be most of what a test costs."""
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder), settings_of(), Keys(bytes(range(32))), MovableClock()).close()
        return (Path(folder) / STATE / DATABASE_NAME).read_bytes()


@pytest.fixture
def store(tmp_path: Path, settings: Settings, keys: Keys, clock: MovableClock) -> Iterator[Store]:
    """An empty store on SQLite, at the newest schema."""
    state = tmp_path / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    (state / DATABASE_NAME).touch(mode=0o600)
    (state / DATABASE_NAME).write_bytes(_new_database())
    opened = open_store(tmp_path, settings, keys, clock)
    yield opened
    opened.close()


@pytest.fixture
def archive(tmp_path: Path, keys: Keys) -> Archive:
    """An empty archive beside `store`."""
    return Archive(tmp_path / "state" / "archive", keys)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The ``database`` setting: None for SQLite, the URL of an empty database on PostgreSQL."""
    if request.param == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop(url)


@pytest.fixture
def open_any(
    tmp_path: Path, keys: Keys, clock: MovableClock, database: str | None
) -> Iterator[Callable[..., Store]]:
    """Open the store of one installation as often as wanted, as several processes would."""
    opened: list[Store] = []

    def again(**changes: object) -> Store:
        settings = settings_of(database=database, **changes)
        opened.append(open_store(tmp_path, settings, keys, clock))
        return opened[-1]

    yield again
    for one in opened:
        one.close()


@pytest.fixture
def any_store(open_any: Callable[..., Store]) -> Store:
    """An empty store, once on SQLite and once on PostgreSQL."""
    return open_any()
