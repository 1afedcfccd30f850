"""What a partner's profile says and what is ours, merged; and everything ambiguous refused when it is loaded."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import settings
from gateway.errors import ConfigError
from gateway.file_names import NameCase, NameRules, remote_name
from gateway.mapping.overlay import load_overlay
from gateway.profiles import map_folders, profile_names
from gateway.settings import Partner

HEAD = """\
environment = "{environment}"
key = "env:NO_KEY"
[submitter]
name = "ROE BILLING"
contact_phone = "5555550100"
[[billing_entity]]
name = "ROE CLINIC"
npi = "1098765435"
tax_id = "123456789"
"""

OWN = """\
[partner.north]
profile = "poe"
environment = "{environment}"
submitter_id = "ROE01"
[partner.north.sftp]
username = "roe"
[partner.north.envelope]
sender_id = "ROE01"
"""

PROFILE = """\
about = "made up"
receiver_name = "POE CLEARING"
receiver_id = "POE99"
send_folder = "in"
[sftp]
port = 2222
[upload]
mode = "direct"
[download]
folders = ["out"]
[marking]
places = ["isa15", "receiver_id", "host"]
[test]
sftp.host = "qa.example.invalid"
envelope.receiver_id = "POETEST"
[production]
sftp.host = "files.example.invalid"
envelope.receiver_id = "POE99"
"""


def load(
    root: Path, profile: str = PROFILE, own: str = OWN, environment: str = "test", name: str = "poe"
) -> Partner:
    folder = root / "maps" / "partners" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profile.toml").write_text(profile, encoding="utf-8")
    config = root / "config.toml"
    config.write_text((HEAD + own).format(environment=environment), encoding="utf-8")
    return settings.load(config).partner["north"]


def refused(root: Path, *words: str, **said: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(root, **said)
    for word in words:
        assert word in str(caught.value)
    return str(caught.value)


def test_profile_and_own_keys_make_one_partner(tmp_path: Path) -> None:
    partner = load(tmp_path)
    assert partner.profile == "poe"
    assert partner.sftp is not None
    assert (partner.sftp.host, partner.sftp.port, partner.sftp.username) == (
        "qa.example.invalid",
        2222,
        "roe",
    )
    assert (partner.envelope.receiver_id, partner.envelope.sender_id) == ("POETEST", "ROE01")
    assert partner.batching == settings.Batching()


def test_the_environment_chooses(tmp_path: Path) -> None:
    partner = load(tmp_path, environment="production")
    assert partner.sftp is not None
    assert (partner.sftp.host, partner.envelope.receiver_id) == ("files.example.invalid", "POE99")


def test_own_keys_win(tmp_path: Path) -> None:
    own = (
        OWN
        + '[partner.north.download]\nfolders = ["elsewhere"]\n[partner.north.batching]\nmax_bytes = 20000\n'
    )
    partner = load(tmp_path, own=own, profile=PROFILE + "[batching]\nmax_bytes = 30000\nclaims_per_set = 7\n")
    assert partner.download.folders == ("elsewhere",)
    assert (partner.batching.max_bytes, partner.batching.claims_per_set) == (20000, 7)


def test_a_folder_of_ours_stands_for_the_partners_server(tmp_path: Path) -> None:
    own = OWN.replace('[partner.north.sftp]\nusername = "roe"\n', '[partner.north.folder]\npath = "share"\n')
    partner = load(tmp_path, own=own)
    assert partner.sftp is None
    assert partner.folder is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colour = 1", ("colour: unknown key",)),
        ("upload.mod = 1", ("upload.mod: unknown key",)),
        ("test.upload.mod = 1", ("test.upload.mod: unknown key",)),
        ('batching = "many"', ("batching: a table is expected",)),
        ('submitter_id = "X"', ("submitter_id: this is ours", "config.toml")),
        ('environment = "production"', ("environment: this is ours",)),
        ('test.sftp.password = "env:X"', ("test.sftp.password: this is ours",)),
        ("test = 1", ("test: a table is expected",)),
    ],
)
def test_a_profile_with_a_key_it_must_not_have_is_refused_by_its_name(
    tmp_path: Path, line: str, words: tuple[str, ...]
) -> None:
    profile = f'{line}\nsend_folder = "in"\n'
    assert str(Path("maps/partners/poe/profile.toml")) in refused(tmp_path, *words, profile=profile)


def test_unknown_keys_of_ours_are_refused_naming_the_configuration(tmp_path: Path) -> None:
    refused(
        tmp_path, "config.toml: ", "partner.north.uplaod: unknown key", own=OWN.replace("sftp]", "uplaod]")
    )


def test_a_wrong_value_names_the_profile_it_came_from(tmp_path: Path) -> None:
    refused(
        tmp_path,
        "partner.north.batching.max_bytes",
        "profile.toml)",
        profile=PROFILE + "[batching]\nmax_bytes = 1\n",
    )


def test_no_profile_of_that_name(tmp_path: Path) -> None:
    for name in ("nobody", "../poe", "Poe"):
        refused(tmp_path, "partner.north.profile", "availity-like", own=OWN.replace('"poe"', f'"{name}"'))
    refused(tmp_path, "the name of a folder", own=OWN.replace('"poe"', "3"))


def test_a_profile_that_is_not_toml(tmp_path: Path) -> None:
    refused(tmp_path, "profile.toml: not valid TOML", profile="[")


def test_the_upload_mode_is_never_guessed(tmp_path: Path) -> None:
    refused(
        tmp_path,
        "partner.north.upload: mode is missing",
        "direct, rename or sibling",
        profile=PROFILE.replace('mode = "direct"\n', ""),
    )


SAME = PROFILE.replace("POETEST", "POE99").replace("qa.example", "files.example")


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (PROFILE.replace("[marking]\nplaces = ", "[test]\n#"), ("not valid TOML",)),
        (
            PROFILE.replace('[marking]\nplaces = ["isa15", "receiver_id", "host"]\n', ""),
            ("marking.places is missing",),
        ),
        (PROFILE.replace('"isa15", "receiver_id", "host"', ""), ("marking.places is missing",)),
        (SAME, ("envelope.receiver_id is the same in test as in production", "sftp.host is the same")),
        (PROFILE.replace(', "host"', ""), ("sftp.host differs", "lacks host")),
        (PROFILE.replace('"host"', '"host", "folder"'), ("send_folder is the same",)),
        (PROFILE.replace("[test]", '[test]\nisa15 = "P"'), ("[test] isa15 is P", "says T in ISA15")),
        (
            PROFILE.replace('sftp.host = "files.example.invalid"\n', ""),
            ("does not say sftp.host of production", "poe/profile.toml"),
        ),
    ],
)
def test_what_does_not_tell_a_test_from_production_is_refused(
    tmp_path: Path, profile: str, words: tuple[str, ...]
) -> None:
    refused(tmp_path, *words, profile=profile)


def test_an_override_of_ours_cannot_send_a_test_to_production(tmp_path: Path) -> None:
    own = OWN.replace('sender_id = "ROE01"', 'sender_id = "ROE01"\nreceiver_id = "POE99"')
    refused(tmp_path, "envelope.receiver_id is the same in test as in production", own=own)
    assert load(tmp_path, own=own, environment="production").envelope.receiver_id == "POE99"


KEYWORD = PROFILE.replace(
    '"isa15", "receiver_id", "host"]', '"receiver_id", "host", "file_name"]\nkeyword = "OATEST"'
)


@pytest.mark.parametrize(
    ("environment", "template", "words"),
    [
        ("test", "{type}_{isa13}.txt", ("marked by OATEST in its name", "837P_000000001.txt lacks it")),
        ("production", "oatest_{isa13}.txt", ("OATEST in a name marks a test file",)),
    ],
)
def test_a_keyword_stands_in_test_names_only(
    tmp_path: Path, environment: str, template: str, words: tuple[str, ...]
) -> None:
    profile = KEYWORD.replace('mode = "direct"', f'mode = "direct"\nfile_name = "{template}"')
    refused(tmp_path, *words, profile=profile, environment=environment)


def test_keyword_and_place_go_together(tmp_path: Path) -> None:
    refused(tmp_path, "go together", profile=KEYWORD.replace('keyword = "OATEST"\n', ""))
    refused(tmp_path, "go together", profile=KEYWORD.replace(', "file_name"', ""))


def test_places_that_need_a_profile_say_so(tmp_path: Path) -> None:
    own = (
        OWN.replace('profile = "poe"', 'send_folder = "in"\nreceiver_id = "POE"\nreceiver_name = "POE"')
        .replace('sender_id = "ROE01"', 'sender_id = "ROE01"\nreceiver_id = "POE"')
        .replace('username = "roe"', 'username = "roe"\nhost = "h.example.invalid"')
    )
    own += '[partner.north.upload]\nmode = "direct"\n[partner.north.download]\nfolders = ["out"]\n'
    assert load(tmp_path, own=own).marking.places == ("isa15",)
    refused(tmp_path, "marking.places: host", own=own + '[partner.north.marking]\nplaces = ["host"]\n')


RULES = NameRules()


def name(template: str, rules: NameRules = RULES, test_word: str = "TEST") -> str:
    return remote_name(
        template, rules, kind="837P", isa13=12, sha256="ab" * 32, test_word=test_word,
        created=datetime(2026, 11, 2, 13, 5, 9, tzinfo=UTC),
    )  # fmt: skip


def test_holes_are_filled() -> None:
    assert (
        name("{test}{type}_{isa13}_{date}{time}_{sha8}.837")
        == "TEST837P_000000012_20261102130509_abababab.837"
    )
    assert name("x{test}{isa13}", test_word="") == "x000000012"
    assert name("{type}_{isa13}.DAT", NameRules(case=NameCase.LOWER)) == "837p_000000012.dat"
    assert name("{type}_{sha8}.dat", NameRules(case=NameCase.UPPER, suffix=".DAT")) == "837P_ABABABAB.DAT"


@pytest.mark.parametrize(
    ("template", "rules", "words"),
    [
        ("{type}_{isa13}.837", {"max_length": 17}, "is 18 characters long, the partner takes 17"),
        ("{type}_{isa13}.837", {"forbidden": "-_"}, "has _, which the partner forbids"),
        ("{isa13}.837", {"keywords": ["837P"]}, "lacks the word 837P"),
        ("{type}{isa13}.837", {"keywords": ["837P"], "case": "lower"}, "lacks the word 837P"),
        ("{isa13}.837", {"suffix": ".dat"}, "does not end in .dat"),
        ("{isa13}" + "x" * 92, {}, "101 characters"),
        ("{test}", {}, "no two files"),
        ("{isa13}{who}", {}, "the holes are"),
        ("{isa13} 1", {}, "letters, digits"),
        ("{isa13}/../1", {}, "letters, digits"),
        ("{test}_{isa13}", {}, "letters, digits"),
    ],
)
def test_a_template_that_breaks_a_rule_is_refused(template: str, rules: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        name(template, NameRules.model_validate(rules), test_word="")


def test_the_rows_of_a_profile_hold_for_whoever_names_it_and_the_partners_own_win(tmp_path: Path) -> None:
    for who, rows in (("poe", {"A/B": "1", "C/D": "2"}), ("north", {"C/D": "3"})):
        folder = tmp_path / "partners" / who
        folder.mkdir(parents=True)
        text = "".join(f'"{address}" = "{row}"\n' for address, row in rows.items())
        (folder / "837p.toml").write_text(f"[rows]\n{text}", encoding="utf-8")
    assert load_overlay("837p", "north", tmp_path, profile="poe") == {"A/B": "1", "C/D": "3"}
    assert load_overlay("837p", "north", tmp_path) == {"C/D": "3"}
    assert load_overlay("837p", "south", tmp_path, profile="poe") == {"A/B": "1", "C/D": "2"}


def test_the_installations_profile_stands_before_the_packages(tmp_path: Path) -> None:
    own = OWN.replace('"poe"', '"availity-like"')
    assert load(tmp_path, own=own, name="availity-like").receiver_name == "POE CLEARING"
    assert map_folders(tmp_path)[0] == tmp_path
    assert {"availity-like", "office-ally-like"} <= set(profile_names())


def test_the_profile_shown_in_the_documentation_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "partners.md").read_text(encoding="utf-8")
    profile = page.split("```toml\n")[1].split("```")[0]
    assert profile.startswith("about = ")
    for environment, host in (("test", "qa.northlake.example"), ("production", "files.northlake.example")):
        partner = load(tmp_path, profile=profile, environment=environment)
        assert partner.sftp is not None
        assert partner.sftp.host == host
