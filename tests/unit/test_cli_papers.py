"""`gateway eob`, `split` and `export` as a person calls them: masked or recorded, on the screen, into files, as JSON."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.errors import UsageError
from gateway.ops.cli import state
from gateway.ops.cli.main import app
from gateway.responses import export
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import exports, views
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance
from tests.mailroom import envelope, group

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


def test_export_is_written_again_only_when_asked(desk: Desk, run: Run, claim: str):
    assert claim
    (_, payments) = sorted(export.export_pending(desk.site), key=lambda one: name_of(desk, one))
    path = desk.site.inbound / f"{name_of(desk, payments)}.jsonl"
    first = path.read_bytes()
    path.unlink()
    with pytest.raises(UsageError, match="--again"):
        run("export", payments)
    assert not path.exists()
    out, _ = run("export", payments, "--again")
    assert out == f"{payments}: written again\n"
    assert path.read_bytes() == first
    with pytest.raises(UsageError, match="not the id of an export"):
        run("export", claim, "--again")


def name_of(desk: Desk, export_id: str) -> str:
    with desk.store.read() as tx:
        return exports.get(tx, export_id).name


def test_split_of_a_file_needs_no_installation(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(state, "opened", None)
    era = ["BPR*I*100*C*ACH************20240126", "TRN*1*E1*1512345678", "N1*PE*ROE CLINIC*XX*1098765435"]
    file = tmp_path / "in.835"
    file.write_text(envelope(group("HP", "005010X221A1", era)))
    out, err = run("split", str(file), "--out", str(tmp_path / "out"))
    assert "1098765435" in out
    assert "1 payments, 100.00 in all, in 1 files" in err
    assert (tmp_path / "out" / "1098765435.835").exists()
    with pytest.raises(UsageError, match="No such file"):
        run("split", str(tmp_path / "no"), "--out", str(tmp_path))
