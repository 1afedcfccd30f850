"""`gateway partner add|check|show` and `gateway maps show`: what they say, and that config.toml stays whole."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway import settings
from gateway.bootstrap import init_installation
from gateway.ops.cli import main, state


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Gateway = Callable[..., Said]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return init_installation(tmp_path / "office", key_file=tmp_path / "office.key").config


@pytest.fixture
def gateway(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gateway:
    monkeypatch.setattr(state, "config", None)
    monkeypatch.chdir(config.parent)

    def run(*args: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["gateway", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main.run()
        captured = capsys.readouterr()
        return Said(int(left.value.code or 0), captured.out, captured.err)

    return run


def own(config: Path, profile: str) -> Path:
    """Give the installation the profile `poe`."""
    folder = config.parent / "maps" / "partners" / "poe"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profile.toml").write_text(profile, encoding="utf-8")
    return folder


PROFILE = """\
receiver_name = "POE"
receiver_id = "POE99"
send_folder = "in"
sftp.host = "poe.example"
envelope.receiver_id = "POE99"
download.folders = ["out"]
marking.places = ["isa15"]
upload.mode = "direct"
"""


def test_add_writes_what_is_ours_and_names_what_is_left(gateway: Gateway, config: Path) -> None:
    before = config.read_text(encoding="utf-8")
    said = gateway("partner", "add", "north", "--profile", "office-ally-like", "--set", "submitter_id=ROE01",
                   "--set", "envelope.sender_id=ROE01", "--set", "payers=60054, 87726")  # fmt: skip
    assert said.code == 0, said.err
    assert "EDIT (sftp.host, sftp.username)" in said.err
    text = config.read_text(encoding="utf-8")
    assert text.startswith(before)
    assert said.out.strip() in text
    assert "# EDIT: our login there" in text
    assert config.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in config.parent.iterdir()) == [
        "config.toml",
        "inbound",
        "outbound",
        "state",
    ]
    north = settings.load(config).partner["north"]
    assert (north.profile, north.submitter_id, north.payers) == (
        "office-ally-like",
        "ROE01",
        ("60054", "87726"),
    )
    assert north.envelope.receiver_id == "330897513"


def test_add_says_it_to_programs(gateway: Gateway) -> None:
    (line,) = gateway("partner", "add", "north", "--profile", "availity-like", "--json").lines
    assert (line["kind"], line["action"], line["id"]) == ("done", "add", "north")
    assert line["to_edit"] == [
        "submitter_id", "receiver_name", "receiver_id", "sftp.username", "envelope.sender_id", "envelope.receiver_id",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clearinghouse", "--profile", "availity-like"), "has a partner clearinghouse already"),
        (("North", "--profile", "availity-like"), "small letters"),
        (("north", "--profile", "nobody"), "there are: availity-like, office-ally-like"),
        (("north", "--profile", "availity-like", "--set", "colour=red"), "no such key of a partner: colour"),
        (("north", "--profile", "availity-like", "--set", "sftp=red"), "no such key of a partner: sftp"),
        (("north", "--profile", "availity-like", "--set", "sftp.port=red"), "sftp.port: a number"),
        (("north", "--profile", "availity-like", "--set", "sftp.port"), "KEY=VALUE"),
        (("north", "--profile", "availity-like", "--set", "batching.max_bytes=1"), "max_bytes"),
        (
            ("north", "--profile", "availity-like", "--set", "sftp.host=files.availity.com"),
            "same in test as in",
        ),
        (("north", "--profile", "availity-like", "--set", "environment=production"), "production"),
    ],
)
def test_what_cannot_be_added_leaves_the_configuration_as_it_was(
    gateway: Gateway, config: Path, words: tuple[str, ...], said: str
) -> None:
    before = config.read_bytes()
    answer = gateway("partner", "add", *words)
    assert answer.code == 2
    assert said in answer.err
    assert ".new" not in answer.err
    assert config.read_bytes() == before
    assert not config.with_name("config.toml.new").exists()


def test_an_upload_mode_is_asked_for_never_guessed(gateway: Gateway, config: Path) -> None:
    own(config, PROFILE.replace('upload.mode = "direct"\n', ""))
    said = gateway("partner", "add", "north", "--profile", "poe")
    assert said.code == 2
    assert "--set upload.mode=direct" in said.err
    assert gateway("partner", "add", "north", "--profile", "poe", "--set", "upload.mode=rename").code == 0
    assert settings.load(config).partner["north"].upload.mode == "rename"


def test_check_shows_the_sample_and_what_is_missing(gateway: Gateway) -> None:
    gateway("partner", "add", "north", "--profile", "office-ally-like", "--set", "envelope.sender_id=ROE01")
    said = gateway("partner", "check", "north")
    assert said.code == 1
    assert "north: not ready (test)" in said.out
    assert "OATEST_837P_000000001_00000000.txt" in said.out
    assert "*ZZ*ROE01          *ZZ*330897513      *" in said.out
    assert "*0*T*:" in said.out
    assert "confirm with the partner's current guide" in said.out
    (line,) = gateway("partner", "check", "north", "--json").lines
    assert line["faults"] == []
    assert "no host key is pinned: gateway partner trust north" in line["missing"]
    assert "sftp.host is still a placeholder" in line["missing"]


def test_check_finds_a_complete_partner_complete(gateway: Gateway, config: Path, tmp_path: Path) -> None:
    own(config, PROFILE)
    key = tmp_path / "id"
    key.touch(mode=0o600)
    ours = {
        "submitter_id": "ROE01", "sftp.username": "roe", "envelope.sender_id": "ROE01", "payers": "60054",
        "host_keys": "ssh-ed25519 AAAA", "sftp.private_key": f"file:{key}",
    }  # fmt: skip
    said = gateway("partner", "add", "north", "--profile", "poe", *(
        word for k, v in ours.items() for word in ("--set", f"{k}={v}")))  # fmt: skip
    assert said.code == 0, said.err
    said = gateway("partner", "check", "north")
    assert (said.code, said.out.splitlines()[0]) == (0, "north: complete (test)")
    assert "poe.example:22 in, direct" in said.out


def test_check_says_what_keeps_the_configuration_from_loading(gateway: Gateway, config: Path) -> None:
    folder = own(config, PROFILE)
    gateway("partner", "add", "north", "--profile", "poe")
    (folder / "profile.toml").write_text(
        PROFILE.replace('["isa15"]', "[]") + "colour = 1\n", encoding="utf-8"
    )
    said = gateway("partner", "check")
    assert said.code == 2
    assert "profile.toml: colour: unknown key" in said.out
    assert "clearinghouse: not ready" in said.out
    (folder / "profile.toml").write_text(PROFILE.replace('["isa15"]', "[]"), encoding="utf-8")
    assert "marking.places is missing" in gateway("partner", "check", "north").out
    (folder / "profile.toml").write_text(
        PROFILE.replace('envelope.receiver_id = "POE99"', 'envelope.receiver_id = "P*E"')
    )
    assert "envelope: ISA08 must be" in gateway("partner", "check", "north").out
    (folder / "profile.toml").write_text(PROFILE, encoding="utf-8")
    (folder / "837p.toml").write_text('[rows]\n"2300/REF*ZZ" = "REF*ZZ*{payer.id}"\n', encoding="utf-8")
    assert "REF*ZZ" in gateway("partner", "check", "north").out
    assert gateway("partner", "check", "nobody").code == 2


def test_show_says_where_each_value_stands(gateway: Gateway, config: Path) -> None:
    gateway("partner", "add", "north", "--profile", "availity-like")
    said = {
        line["key"]: (line["value"], line["from"])
        for line in gateway("partner", "show", "north", "--json").lines
    }
    assert said["environment"] == ("test", "config.toml")
    assert said["sftp.host"][0] == "qa-files.availity.com"
    assert said["sftp.host"][1].endswith("availity-like/profile.toml [test]")
    assert said["batching.claims_per_set"][1].endswith("availity-like/profile.toml")
    assert said["schedule.poll_seconds"] == (900, "default")
    assert "qa-files.availity.com" in gateway("partner", "show", "north").out
    own(config, PROFILE)


def test_maps_show_tells_which_file_each_row_comes_from(gateway: Gateway, config: Path) -> None:
    folder = own(config, PROFILE)
    gateway("partner", "add", "north", "--profile", "poe")
    (folder / "837p.toml").write_text('[rows]\n"2310B/PRV*PE" = "PRV*PE*PXC*{npi}"\n', encoding="utf-8")
    plain = {line["address"]: line for line in gateway("maps", "show", "--json").lines}
    assert plain["2310B/PRV*PE"]["from"] == "837p.toml"
    for words in (("837p", "--effective", "--partner", "north"), ("--partner", "poe")):
        rows = gateway("maps", "show", *words, "--json").lines
        changed = [line for line in rows if line["from"] != "837p.toml"]
        assert [(line["address"], line["row"]) for line in changed] == [("2310B/PRV*PE", "PRV*PE*PXC*{npi}")]
        assert changed[0]["from"] == str(folder / "837p.toml")
        assert len(rows) == len(gateway("maps", "show", "--json").lines)
    assert "maps/partners/poe/837p.toml" in gateway("maps", "show", "--partner", "north").out
    assert "no partner and no profile 'nobody'" in gateway("maps", "show", "--partner", "nobody").err
    assert gateway("maps", "show", "850").code == 2


def test_maps_check_looks_at_profiles_in_both_environments(gateway: Gateway, config: Path) -> None:
    own(config, PROFILE + '[production]\nupload.file_name = "x"\n')
    said = gateway("maps", "check", "--json")
    by_name = {line["map"]: line for line in said.lines}
    assert said.code == 2
    assert (
        by_name["availity-like/profile"]["message"]
        == by_name["office-ally-like/profile"]["message"]
        == "right"
    )
    assert "production" in by_name["poe/profile"]["message"]
    assert "file_name" in by_name["poe/profile"]["message"]
