"""SIGKILL at every failpoint of sealing, delivering and collecting, then a restart, judged from outside (law 15)."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import failpoints
from tests.crash import driver
from tests.crash.checker import judge

ROOM = ("seal.", "archive.", "deliver.", "folder.", "collect.", "reconcile.")
NAMES = sorted(name for name in failpoints.NAMES if name.startswith(ROOM))
AFTER_EFFECT = "deliver.after_effect"
UNSEEN_IN_RENAME = {"reconcile.after_look"}
"""Failpoints that a first run does not meet; they are reached after a crash elsewhere."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    driver.prepare(folder / "gateway", folder / "partner")
    return folder


@pytest.fixture
def place(prepared: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(prepared, tmp_path / "case")
    yield tmp_path / "case"
    shutil.rmtree(tmp_path / "case")


def serve(place: Path, mode: str, failpoint: str | None = None) -> bool:
    """Serve in a process of its own; return whether it was killed at *failpoint*."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            failpoints.disarm()
            if failpoint:
                failpoints.arm(failpoint, "kill")
            driver.serve(place / "gateway", place / "partner", mode)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the process died of something else"
    return False


def finish(place: Path, mode: str, *, knowable: bool = True) -> None:
    serve(place, mode)
    judge(
        place / "gateway",
        place / "partner",
        claims={f"PCN{n:04d}" for n in range(1, driver.CLAIMS + 1)},
        dropped=driver.DROPPED,
        knowable=knowable,
    )


def test_there_are_failpoints_in_every_room() -> None:
    for room in ROOM:
        assert any(name.startswith(room) for name in NAMES), room


def test_without_a_crash(place: Path) -> None:
    finish(place, "rename")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNSEEN_IN_RENAME])
def test_killed_once(place: Path, name: str) -> None:
    assert serve(place, "rename", name), "the failpoint was never reached"
    finish(place, "rename")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNSEEN_IN_RENAME])
def test_killed_again_while_recovering(place: Path, name: str) -> None:
    """The same place may be reached a second time, or not; a third start finishes all the same."""
    assert serve(place, "rename", name)
    serve(place, "rename", name)
    finish(place, "rename")


@pytest.mark.parametrize("name", ["reconcile.after_look", "deliver.after_intent", "collect.after_commit"])
def test_killed_elsewhere_after_the_file_appeared(place: Path, name: str) -> None:
    assert serve(place, "rename", AFTER_EFFECT)
    assert serve(place, "rename", name)
    finish(place, "rename")


@pytest.mark.parametrize("mode", ["direct", "sibling"])
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("deliver.", "folder."))])
def test_killed_in_the_other_upload_modes(place: Path, mode: str, name: str) -> None:
    assert serve(place, mode, name)
    absent = mode == "direct" and name == "deliver.after_visible"
    finish(place, mode, knowable=not absent)


def test_killed_by_the_environment_as_an_operator_would(place: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.crash.driver",
            str(place / "gateway"),
            str(place / "partner"),
            "rename",
        ],
        env={**os.environ, "GATEWAY_FAILPOINTS": f"{AFTER_EFFECT}=kill"},
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    finish(place, "rename")
