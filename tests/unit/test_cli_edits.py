"""`gateway edits`, and the partner's switches: refused at every door where they are wrong, shown where they are right."""

import json
from pathlib import Path

import pytest

from gateway.bootstrap import load_settings
from gateway.claims.edits import EDITS
from gateway.errors import ConfigError
from tests.unit.test_cli_partners import Gateway, config, gateway

__all__ = ["config", "gateway"]


def switched(config: Path, *rows: str) -> None:
    """Add a partner that is a folder, with these switches, to config.toml."""
    text = config.read_text(encoding="utf-8")
    block = [
        "", "[partner.poe]", 'environment = "test"', 'submitter_id = "ROE01"', 'receiver_name = "POE"',
        'receiver_id = "POE01"', 'send_folder = "in"', "[partner.poe.folder]", 'path = "wire"',
        "[partner.poe.envelope]", 'sender_id = "ROE01"', 'receiver_id = "POE01"', "[partner.poe.upload]",
        'mode = "direct"', "[partner.poe.download]", 'folders = ["out"]', "[partner.poe.edits]", *rows, "",
    ]  # fmt: skip
    config.write_text(text + "\n".join(block), encoding="utf-8")


def test_the_list_has_every_edit_without_an_installation(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = gateway("edits", "--json")
    assert [row["rule"] for row in said.lines] == [edit.rule for edit in EDITS]
    assert {row["from"] for row in said.lines} == {"default"}
    of_type = gateway("edits", "--snip", 3, "--json")
    assert [row["rule"] for row in of_type.lines] == [edit.rule for edit in EDITS if edit.snip == 3]
    table = gateway("edits").out.splitlines()
    assert len(table) == len(EDITS) + 1
    assert "not known" not in gateway("edits", "--partner", "office-ally-like").err


def test_one_edit_is_shown_with_its_examples(gateway: Gateway) -> None:
    said = gateway("edits", "p-freq")
    assert said.code == 0
    assert 'frequency "7", payer_control_number "ICN1"' in said.out
    assert "2300 CLM05-3" in said.out
    assert "needs the payer's control number" in said.out
    assert gateway("edits", "P-NONE").code == 2


def test_a_partners_switches_are_shown_with_where_they_stand(gateway: Gateway, config: Path) -> None:
    switched(config, 'P-BP-07 = "off"', 'P-NPI-NONE = "error"')
    rows = {row["rule"]: row for row in gateway("edits", "--partner", "poe", "--json").lines}
    assert (rows["P-BP-07"]["weighs"], rows["P-BP-07"]["from"]) == ("off", "config.toml")
    assert (rows["P-NPI-NONE"]["weighs"], rows["P-NPI-NONE"]["severity"]) == ("error", "warning")
    assert (rows["P-SUM"]["weighs"], rows["P-SUM"]["from"]) == ("error", "default")
    shown = {row["key"]: row for row in gateway("partner", "show", "poe", "--json").lines}
    assert (shown["edits.P-BP-07"]["value"], shown["edits.P-BP-07"]["from"]) == ("off", "config.toml")
    assert "off (by default: error)" in gateway("partner", "show", "poe").out


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('P-BP-7 = "off"', "no such edit, perhaps P-BP-0"),
        ('P-SUM = "warning"', "cannot be warning: an error of SNIP type 3"),
        ('P-FREQ = "off"', "cannot be off: an error of SNIP type 4"),
    ],
)
def test_a_wrong_switch_keeps_the_gateway_from_starting(
    gateway: Gateway, config: Path, row: str, why: str
) -> None:
    switched(config, row)
    with pytest.raises(ConfigError, match=why):
        load_settings(config)
    for words in (("status",), ("partner", "check", "poe"), ("edits", "--partner", "poe")):
        said = gateway(*words)
        assert said.code == 2, words
        assert why in said.out + said.err, words


def test_a_profile_may_switch_and_config_toml_wins(gateway: Gateway, config: Path) -> None:
    folder = config.parent / "maps" / "partners" / "loe"
    folder.mkdir(parents=True)
    (folder / "profile.toml").write_text(
        '[marking]\nplaces = ["isa15"]\n[edits]\nP-BP-07 = "off"\nP-MBI = "error"\n', encoding="utf-8"
    )
    by_profile = {row["rule"]: row for row in gateway("edits", "--partner", "loe", "--json").lines}
    assert by_profile["P-BP-07"]["weighs"] == "off"
    switched(config, 'P-MBI = "warning"')
    config.write_text(
        config.read_text(encoding="utf-8").replace("[partner.poe]\n", '[partner.poe]\nprofile = "loe"\n'),
        encoding="utf-8",
    )
    rows = {row["rule"]: row for row in gateway("edits", "--partner", "poe", "--json").lines}
    assert (rows["P-BP-07"]["weighs"], rows["P-MBI"]["weighs"]) == ("off", "warning")
    assert rows["P-BP-07"]["from"].endswith("profile.toml")
    assert rows["P-MBI"]["from"] == "config.toml"
    assert load_settings(config).partner["poe"].edits == {"P-BP-07": "off", "P-MBI": "warning"}


def test_a_wrong_switch_in_a_profile_is_told_by_maps_check(gateway: Gateway, config: Path) -> None:
    folder = config.parent / "maps" / "partners" / "loe"
    folder.mkdir(parents=True)
    (folder / "profile.toml").write_text(
        '[marking]\nplaces = ["isa15"]\n[edits]\nP-SUM = "off"\n', encoding="utf-8"
    )
    said = gateway("maps", "check", "--json")
    wrong = [json.dumps(row) for row in said.lines if row["map"] == "loe/profile"]
    assert said.code == 2
    assert "P-SUM: cannot be off" in wrong[0]
