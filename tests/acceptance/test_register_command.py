"""`gateway register` and `gateway convert` as a person types them, with 837 files."""

import json
from pathlib import Path

import pytest

from gateway.store.keys import new_key
from tests.acceptance.test_commands import gateway
from tests.drops import as_x12
from tests.office import record

WEEK = [record(1), record(2), record(3)]

CONFIG = """\
environment = "test"
key = "file:{key}"

[submitter]
name = "ROE CLINIC"
contact_phone = "5555550100"

[[billing_entity]]
name = "ROE CLINIC"
npi = "1098765435"
tax_id = "123456789"

[partner.north]
environment = "test"
submitter_id = "SUB100"
receiver_name = "NORTH CLEARING"
receiver_id = "NORTH01"
payers = ["60054"]
send_folder = "in"
folder = {{ path = "{partner}" }}
envelope = {{ sender_id = "SUB100", receiver_id = "NORTH01" }}
upload = {{ mode = "rename" }}
download = {{ folders = ["out"] }}
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("house", "partner/in", "partner/out"):
        (tmp_path / folder).mkdir(parents=True)
    key = tmp_path / "house.key"
    key.write_text(new_key())
    key.chmod(0o600)
    path = tmp_path / "house" / "config.toml"
    path.write_text(CONFIG.format(key=key, partner=tmp_path / "partner"))
    return path


def test_register_says_what_it_did_and_a_run_sends_nothing(config: Path, tmp_path: Path) -> None:
    (tmp_path / "old.837").write_bytes(as_x12(WEEK))
    said = gateway("register", "old.837", "--sent-on", "2026-01-20", config=config)
    assert (said.code, said.out) == (0, "old.837: 3 claims registered; 496.50 billed\n")
    again = gateway("register", "old.837", "--sent-on", "2026-01-20", "--json", config=config)
    assert again.code == 2
    [line] = [json.loads(text) for text in again.out.splitlines()]
    assert (line["kind"], line["registered"], line["refused"], line["billed"]) == ("registered", 0, 3, "0.00")
    assert again.err.count("D-DUP-CONTENT") == 3
    assert "old.837" in again.err
    assert gateway("run", "--once", config=config).code in {0, 1}
    assert list((tmp_path / "partner" / "in").iterdir()) == []
    log = gateway("log", "--kind", "registered", "--json", config=config)
    assert [json.loads(text)["actor"].startswith("user:") for text in log.out.splitlines()] == [True, True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.837", "--sent-on", "2026-01-20"), "nowhere.837"),
        (("old.837", "--sent-on", "2999-01-20"), "in the future"),
        (("old.837", "--sent-on", "20.1.2026"), "--sent-on"),
        (("old.837", "--sent-on", "2026-01-20", "--partner", "nroth"), "no partner 'nroth'"),
        (("old.837",), "--sent-on"),
    ],
)
def test_a_mistake_is_one_clear_line(
    config: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "old.837").write_bytes(as_x12(WEEK))
    said = gateway("register", *arguments, config=config)
    assert said.code != 0
    assert words in said.err
    assert "Traceback" not in said.err


def test_convert_takes_an_837_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.837").write_bytes(as_x12(WEEK))
    said = gateway("convert", "old.837", "-o", "new.837")
    assert (said.code, said.err.splitlines()[-1]) == (0, "3 claims written into new.837")
    assert (tmp_path / "new.837").read_text().count("CLM*ACC-") == 3
