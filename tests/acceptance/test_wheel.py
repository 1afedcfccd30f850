"""The wheel and the sdist hold what they should and nothing else, and the wheel works in an empty folder."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from datetime import date
from pathlib import Path

import pytest

from gateway.ops import synthetic

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder


def test_archives_hold_maps_and_no_claim(built):
    wheel = next(built.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert "gateway/_maps/837p.toml" in names
    assert not [n for n in names if n.startswith(("tests/", "maps/", "outbound/", "inbound/"))]
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        inside = [n.split("/", 1)[1] for n in sdist.getnames() if "/" in n]
    assert not [n for n in inside if n.startswith(("outbound/", "inbound/", ".ci/", ".git/"))]
    assert "maps/837p.toml" in inside


def test_convert_from_the_wheel_in_an_empty_folder(built, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    work = tmp_path / "work"
    work.mkdir()
    records = list(synthetic.claims(5, today=date(2026, 11, 20)))
    (work / "claims.jsonl").write_text(synthetic.as_jsonl(records), encoding="utf-8")
    run = [sys.executable, "-m", "gateway.ops.cli.main"]
    env = {**os.environ, "PYTHONPATH": str(site)}
    where = subprocess.run(
        [sys.executable, "-c", "import gateway; print(gateway.__file__)"],
        cwd=work, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(site))
    done = subprocess.run(
        [*run, "convert", "claims.jsonl", "-o", "out.837"],
        cwd=work,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    text = (work / "out.837").read_text()
    assert text.startswith("ISA*00*")
    assert "*000000001*" in text
    assert "*T*:~" in text
    checked = subprocess.run(
        [*run, "check", "out.837"], cwd=work, env=env, check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    read = subprocess.run(
        [*run, "read", "out.837"], cwd=work, env=env, check=True, capture_output=True, text=True
    )
    claims = [json.loads(line) for line in read.stdout.splitlines()]
    assert [c["patient_control_number"] for c in claims] == [r["patient_control_number"] for r in records]
    assert {c["kind"] for c in claims} == {"claim"}
