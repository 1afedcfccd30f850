"""SIGKILL before any statement or commit of what moves money, then the same again: the books of an undisturbed run.

Judged by plain SQL (tests/crash/sweep.py), not by the code under test.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.sweep import DEEDS


def run(*arguments: str) -> str:
    """Run the sweep in a process of its own, which forks."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.sweep", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with something to do of every kind; copied for every kill."""
    root = tmp_path_factory.mktemp("money") / "root"
    run("prepare", str(root))
    return root


@pytest.mark.parametrize("deed", DEEDS)
def test_a_kill_at_any_point_leaves_what_the_next_try_finishes(
    installation: Path, tmp_path: Path, deed: str
) -> None:
    found = json.loads(run(deed, str(installation), str(tmp_path)).splitlines()[-1])
    assert found["faults"] == []
    assert found["points"] >= 5
