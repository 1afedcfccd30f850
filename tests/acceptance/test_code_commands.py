"""`gateway codes` as a person types it: load a release, see it judge, look a code up, take it out again."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.store.keys import new_key
from tests.acceptance.test_commands import gateway
from tests.acceptance.test_register_command import CONFIG
from tests.office import lines, record
from tests.unit.claims.test_code_files import ANWEB, order_line

OCTOBER = order_line(1, "J01", 0, "Acute sinusitis") + order_line(
    2, "J0190", 1, "Acute sinusitis, unspecified"
)
UPDATE = OCTOBER + order_line(3, "R509", 1, "Fever, unspecified")


def typed(*words: str, config: Path) -> Any:
    return gateway("codes", *words, config=config)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration of a fresh installation."""
    monkeypatch.chdir(tmp_path)
    for folder in ("house", "partner/in", "partner/out"):
        (tmp_path / folder).mkdir(parents=True)
    key = tmp_path / "house.key"
    key.write_text(new_key())
    key.chmod(0o600)
    path = tmp_path / "house" / "config.toml"
    path.write_text(CONFIG.format(key=key, partner=tmp_path / "partner"))
    return path


@pytest.fixture
def folder(installed: Path, tmp_path: Path) -> Path:
    """The current folder, with files as CMS publishes them."""
    (tmp_path / "icd10cm_order_2026.txt").write_text(OCTOBER)
    (tmp_path / "update").mkdir()
    (tmp_path / "update" / "icd10cm_order_2026.txt").write_text(UPDATE)
    (tmp_path / "HCPC2026_ANWEB.txt").write_text(ANWEB)
    return tmp_path


def test_a_release_is_tried_loaded_and_loaded_again(installed: Path, folder: Path) -> None:
    tried = typed("load", "icd10cm", "icd10cm_order_2026.txt", "--dry-run", config=installed)
    assert tried.code == 0
    assert tried.out == (
        "icd10cm of 2025-10-01 would be loaded (CMS order file): 2 codes; 2 added, 0 closed, 0 changed, good until 2026-10-01\n"
    )
    loaded = typed("load", "icd10cm", "icd10cm_order_2026.txt", config=installed)
    assert (loaded.code, "2 codes; 2 added" in loaded.out) == (0, True)
    assert "for an update give its own with --effective DATE" in loaded.err
    again = typed("load", "icd10cm", "icd10cm_order_2026.txt", config=installed)
    assert again.out == "icd10cm of 2025-10-01: this very file is loaded already; nothing changed\n"


def test_the_april_update_bears_octobers_name_and_is_told_apart(installed: Path, folder: Path) -> None:
    typed("load", "icd10cm", "icd10cm_order_2026.txt", config=installed)
    refused = typed("load", "icd10cm", "update/icd10cm_order_2026.txt", config=installed)
    assert refused.code == 2
    assert "give the day from which it holds with --effective DATE" in refused.err
    loaded = typed(
        "load",
        "icd10cm",
        "update/icd10cm_order_2026.txt",
        "--effective",
        "2026-04-01",
        "--json",
        config=installed,
    )
    said = json.loads(loaded.out)
    assert (said["added"], said["closed"], said["effective"]) == (1, 0, "2026-04-01")
    for day, code in (("2026-03-31", 1), ("2026-04-01", 0)):
        assert typed("check", "R50.9", "--set", "icd10cm", "--on", day, config=installed).code == code
    removed = typed("remove", "icd10cm", "2026-04-01", config=installed)
    assert removed.out == "icd10cm of 2026-04-01 removed: 1 codes end, 0 come back\n"
    assert typed("check", "R509", "--set", "icd10cm", "--on", "2026-04-01", config=installed).code == 1


def test_a_code_is_looked_up_with_its_days_and_words(installed: Path, folder: Path) -> None:
    typed("load", "hcpcs", "HCPC2026_ANWEB.txt", config=installed)
    seen = typed("check", "g0008", "--set", "hcpcs", "--on", "2026-12-31", "--json", config=installed)
    found = json.loads(seen.out)
    assert (seen.code, found["standing"], found["description"]) == (0, "valid", "Giving of a vaccine")
    assert (found["valid_from"], found["valid_until"]) == ("2026-01-01", "2027-01-01")
    place = typed("check", "11", "--set", "pos", "--on", "2026-01-10", config=installed)
    assert (place.code, "Office" in place.out, "1900" in place.out) == (0, True, False)
    unknown = typed("check", "99213", "--set", "cpt", config=installed)
    assert (unknown.code, "no cpt table is loaded" in unknown.out) == (1, True)
    assert typed("check", "J1100", "--set", "cpt", config=installed).code == 2


def test_the_list_status_and_doctor_tell_what_judges_and_what_does_not(installed: Path, folder: Path) -> None:
    typed("load", "hcpcs", "HCPC2026_ANWEB.txt", config=installed)
    rows = {
        row["code_set"]: row
        for row in map(json.loads, typed("list", "--json", config=installed).out.splitlines())
    }
    assert (rows["hcpcs"]["codes"], rows["hcpcs"]["source"]) == (2, "HCPC2026_ANWEB.txt")
    assert rows["pos"]["judges_today"] is True
    assert rows["cpt"]["effective"] is None
    listed = typed("list", config=installed)
    assert "HCPC2026_ANWEB.txt" in listed.out
    assert "checked only for their shape today: " in listed.err
    status = json.loads(gateway("status", "--json", config=installed).out)
    assert "cpt" in status["code_sets"]["shapes_only"]
    assert "cpt" in gateway("status", config=installed).out
    assert "ok   code sets: codes are judged by: " in gateway("doctor", config=installed).out


def test_what_cannot_be_loaded_is_said_with_what_is_expected(installed: Path, folder: Path) -> None:
    (folder / "list.csv").write_text("code\n99213\n")
    (folder / "book.xlsx").write_bytes(b"PK\x03\x04")
    for words, said in (
        (("cpt", "list.csv"), "give --effective DATE"),
        (("cpt", "book.xlsx"), "save the sheet as CSV"),
        (("cpt", "HCPC2026_ANWEB.txt"), "Expected: a CSV or TSV"),
        (("cpt", "missing.csv"), "No such file"),
        (("cdt", "list.csv"), "cdt"),
    ):
        refused = typed("load", *words, config=installed)
        assert (refused.code, said in refused.err) == (2, True), refused.err
    assert typed("remove", "cpt", "2026-01-01", config=installed).code == 2


def test_a_dropped_claim_is_judged_and_the_run_says_once_what_it_could_not_judge(
    installed: Path, folder: Path
) -> None:
    typed("load", "icd10cm", "icd10cm_order_2026.txt", config=installed)
    outbound = installed.parent / "outbound"
    outbound.mkdir(exist_ok=True)
    (outbound / "monday.jsonl").write_text(lines([record(1), record(2)]))
    ran = gateway("run", "--once", config=installed)
    assert ran.code == 1
    assert ran.err.count("no cpt table is loaded") == 1
    (reasons,) = (outbound / "rejected").glob("*.reasons.jsonl")
    told = [f for row in map(json.loads, reasons.read_text().splitlines()) for f in row["findings"]]
    assert [f["message"] for f in told if f["severity"] == "error"] == [
        "diagnosis R509 is not in the table of 2025-10-01, which judges the day of service 2026-01-10"
    ] * 2
