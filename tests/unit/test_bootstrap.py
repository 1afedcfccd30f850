import os
import subprocess
import sys

import pytest

from gateway import settings
from gateway.bootstrap import find_config, init_installation, open_site
from gateway.clock import MovableClock
from gateway.errors import ConfigError, GatewayError, MapError, NotFound, Refused
from gateway.exchange.folder import FolderTransport
from gateway.exchange.sftp import SftpTransport
from gateway.model.submission import Environment
from gateway.store.installation import schema_is_current
from gateway.store.keys import parse_key


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Neither a configuration of the machine's nor the caller's umask and folder play a part."""
    before = os.umask(0o022)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GATEWAY_CONFIG", raising=False)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    yield
    os.umask(before)


@pytest.fixture
def made(tmp_path):
    return init_installation(tmp_path / "claims", key_file=tmp_path / "keys" / "claims.key")


def test_a_new_installation_is_whole_private_and_a_test(made):
    loaded = settings.load(made.config)
    assert loaded.environment is Environment.TEST
    assert list(loaded.partner) == ["clearinghouse"]
    assert loaded.partner["clearinghouse"].host_keys == ()
    for name in ("outbound", "inbound", "state"):
        assert (made.directory / name).is_dir()
    assert (made.directory / "state").stat().st_mode & 0o777 == 0o700
    assert made.config.stat().st_mode & 0o777 == 0o600
    assert made.key_file.stat().st_mode & 0o777 == 0o600
    assert parse_key(settings.secret(loaded.key, base=made.directory))


def test_the_key_goes_to_the_home_folder_where_none_is_named(tmp_path):
    one, two = (init_installation(tmp_path / "claims" / name) for name in "ab")
    assert one.key_file.parent == two.key_file.parent == tmp_path / "home/.config/claims-gateway"
    assert one.key_file.read_bytes() != two.key_file.read_bytes()
    assert one.key_file.name.startswith("a-")


def test_an_installation_is_never_made_over_another(made, tmp_path):
    before = made.config.read_bytes()
    with pytest.raises(Refused, match="there already"):
        init_installation(made.directory, key_file=tmp_path / "other.key")
    made.config.unlink()
    with pytest.raises(Refused, match="there already"):
        init_installation(made.directory, key_file=tmp_path / "other.key")
    assert not (tmp_path / "other.key").exists()
    assert before


def test_a_key_is_never_overwritten_and_never_inside(made, tmp_path):
    before = made.key_file.read_bytes()
    with pytest.raises(Refused, match="never overwritten"):
        init_installation(tmp_path / "other", key_file=made.key_file)
    with pytest.raises(Refused, match="outside"):
        init_installation(tmp_path / "other", key_file=tmp_path / "other" / "key")
    assert made.key_file.read_bytes() == before
    assert not (tmp_path / "other").exists()


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GatewayError, match="Not a directory"):
        init_installation(tmp_path / "file" / "claims", key_file=tmp_path / "k")


def test_the_configuration_is_found_by_argument_variable_and_folder(made, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="gateway init DIR"):
        find_config()
    with pytest.raises(ConfigError, match="gateway init DIR"):
        find_config(tmp_path / "nothing.toml")
    assert find_config(made.config) == find_config(made.directory) == made.config
    monkeypatch.chdir(made.directory)
    assert find_config() == made.config
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("GATEWAY_CONFIG", str(made.config))
    assert find_config() == made.config
    with pytest.raises(ConfigError):
        find_config(tmp_path / "nothing.toml")


def test_a_site_is_everything_a_use_case_needs(made):
    clock = MovableClock()
    site = open_site(made.config, clock=clock)
    try:
        assert site.root == made.directory
        assert site.clock is clock
        assert schema_is_current(site.store)
        assert site.archive.get(site.archive.put(b"x", "receipt")) == b"x"
        with pytest.raises(NotFound, match="there are: clearinghouse"):
            site.partner("other")
        assert site.claim_map("clearinghouse") is site.claim_map("clearinghouse")
        for path in site.state.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path
        assert (site.state / "gateway.db").exists()
    finally:
        site.store.close()


def test_each_partner_gets_its_transport(made, tmp_path):
    text = made.config.read_text()
    start, end = text.index("[partner.clearinghouse.sftp]"), text.index("[partner.clearinghouse.envelope]")
    made.config.write_text(text[:start] + '[partner.clearinghouse.folder]\npath = "share"\n\n' + text[end:])
    (made.directory / "share" / "outbound").mkdir(parents=True)
    (made.directory / "share" / "outbound" / "a.999").touch()
    site = open_site(made.config)
    try:
        transport = site.transport("clearinghouse")
        assert isinstance(transport, FolderTransport)
        with transport.connect() as session:
            assert [file.name for file in session.list("outbound", limit=9)] == ["a.999"]
    finally:
        site.store.close()
    other = init_installation(tmp_path / "other", key_file=tmp_path / "k")
    site = open_site(other.config)
    try:
        assert isinstance(site.transport("clearinghouse"), SftpTransport)
    finally:
        site.store.close()


def test_a_wrong_overlay_is_named_at_its_first_use(made):
    folder = made.directory / "maps" / "partners" / "clearinghouse"
    folder.mkdir(parents=True)
    (folder / "837p.toml").write_text('[rows]\n"9999/REF*G2" = "REF*G2*{billing_provider.npi}"\n')
    site = open_site(made.config)
    try:
        with pytest.raises(MapError, match="9999"):
            site.claim_map("clearinghouse")
    finally:
        site.store.close()


def test_a_missing_open_or_wrong_key_says_what_to_do(made):
    open_site(made.config).store.close()
    made.key_file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        open_site(made.config)
    made.key_file.chmod(0o600)
    made.key_file.write_text("not a key")
    with pytest.raises(ConfigError, match="not base64"):
        open_site(made.config)
    made.key_file.write_text("A" * 43 + "=")
    with pytest.raises(ConfigError, match="put the right key"):
        open_site(made.config)
    made.key_file.unlink()
    with pytest.raises(ConfigError, match="missing"):
        open_site(made.config)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not a URL"),
        ("nosuch://x", "not a URL"),
        ("sqlite:////tmp/elsewhere.db", "leave the key out"),
        ("postgresql+psycopg://u:secret@h/d", "pgpass"),
    ],
)
def test_a_database_url_that_cannot_be_used_says_what_to_do(made, url, said):
    made.config.write_text(made.config.read_text().replace("# database = ", f'database = "{url}" #'))
    with pytest.raises(ConfigError, match=said) as fault:
        open_site(made.config)
    assert "secret" not in str(fault.value)


def test_a_process_that_opens_a_site_writes_privately_and_leaves_no_core(made):
    code = """
import os, resource, sys
from pathlib import Path
from gateway.bootstrap import open_site
open_site(Path(sys.argv[1]))
mask = os.umask(0)
print(oct(mask), resource.getrlimit(resource.RLIMIT_CORE))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, made.config], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0o77 (0, 0)\n"
    assert done.stderr == ""
