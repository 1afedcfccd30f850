"""An office whose files count as whole at once."""

from pathlib import Path

import pytest

from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.office import Office
from tests.sites import settings_of


@pytest.fixture
def office(tmp_path: Path, store: Store, archive: Archive) -> Office:
    return Office(tmp_path, settings_of(intake_quiet_seconds=0), store, archive)
