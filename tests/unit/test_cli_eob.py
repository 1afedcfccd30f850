"""`gateway eob` as a person calls it: masked or recorded, on the screen, into a file, as JSON."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.ops.cli import state
from gateway.ops.cli.main import app
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    @contextmanager
    def opened() -> Iterator[Site]:
        yield desk.site

    monkeypatch.setattr(state, "opened", opened)

    def call(*words: str) -> tuple[str, str]:
        app(words, prog_name="gateway", standalone_mode=False)
        said = capsys.readouterr()
        return said.out, said.err

    return call


@pytest.fixture
def claim(desk: Desk) -> str:
    made = desk.claim("PCN0100", 150)
    desk.post(remittance(clp("PCN0100", 150, 100, "CO-45 30, PR-2 20", member_id="MBR000111")))
    return made


def reveals(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        return [event["subject"] for event in views.events(tx, kind="reveal")]


def test_masked_and_not_recorded_by_default(desk: Desk, run: Run, claim: str):
    out, err = run("eob", claim)
    assert "charge 150.00 = paid 100.00 + contract 30.00 + patient 20.00 + open 0.00" in out
    assert "RICHARD" not in out
    assert "PCN0100" not in out
    assert "--reveal" in err
    assert reveals(desk) == []


def test_names_are_shown_to_who_is_recorded(desk: Desk, run: Run, claim: str):
    out, err = run("eob", claim, "--reveal")
    assert "ROE, RICHARD" in out
    assert err == ""
    assert reveals(desk) == [claim]


def test_page_into_a_file(run: Run, claim: str, tmp_path: Path):
    page = tmp_path / "page.html"
    out, err = run("eob", claim, "--reveal", "--format", "html", "--out", str(page))
    assert out == ""
    assert "written" in err
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "ROE, RICHARD" in page.read_text()


def test_json(run: Run, claim: str):
    out, _ = run("eob", claim, "--json")
    (line,) = map(json.loads, out.splitlines())
    assert (line["kind"], line["claim"], line["patient"]) == ("eob", claim, "***")
    assert line["answers"][0]["parts"]["coinsurance"] == "20.00"
    assert line["account"][-1]["after"]["open"] == "0.00"
