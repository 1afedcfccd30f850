"""What the sandbox stands on: its clock, settings, accounts and mailboxes."""

import fcntl
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import ConfigError, UsageError
from gateway.sandbox.accounts import account_names, authorized_keys, create_account, password_matches
from gateway.sandbox.clock import FolderClock, advance_clock
from gateway.sandbox.mailbox import Mailbox
from gateway.sandbox.settings import SandboxSettings, load_sandbox_settings


def test_the_clock_moves_while_somebody_looks(tmp_path: Path) -> None:
    clock = FolderClock(tmp_path)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
    advance_clock(tmp_path, timedelta(days=14))
    told = advance_clock(tmp_path, timedelta(hours=1))
    assert abs(clock.now() - told) < timedelta(seconds=2)
    assert timedelta(days=14, minutes=59) < clock.now() - datetime.now(UTC) < timedelta(days=14, minutes=61)
    with pytest.raises(UsageError, match="forward"):
        advance_clock(tmp_path, timedelta(seconds=-1))
    (tmp_path / "clock.json").write_text("{")
    with pytest.raises(UsageError, match="damaged"):
        clock.now()


def test_settings_and_their_faults(tmp_path: Path) -> None:
    assert load_sandbox_settings(tmp_path) == SandboxSettings()
    path = tmp_path / "sandbox.toml"
    path.write_text('payment_days = 0.5\nignore_suffixes = [".up"]\nusage = "T"\n')
    settings = load_sandbox_settings(tmp_path)
    assert settings.payment_delay == timedelta(hours=12)
    assert (settings.ignore_suffixes, settings.usage) == ((".up",), "T")
    for text, word in (
        ("payment_day = 1", "unknown key 'payment_day'"),
        ("payer_hours = -1", "payer_hours"),
        ("payer_hours = true", "payer_hours"),
        ("name = 3", "name"),
        ('ignore_suffixes = ".part"', "ignore_suffixes"),
        ("= 3", "not TOML"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=word):
            load_sandbox_settings(tmp_path)


def test_accounts(tmp_path: Path) -> None:
    home = create_account(tmp_path, "acme", password="one", public_key="ssh-ed25519 AAAA me@home")
    create_account(tmp_path, "acme", public_key="ssh-ed25519 AAAA again")
    create_account(tmp_path, "acme", public_key="ssh-rsa BBBB")
    assert account_names(tmp_path) == ["acme"]
    assert authorized_keys(home) == ["ssh-ed25519 AAAA", "ssh-rsa BBBB"]
    assert password_matches(home, "one")
    assert not password_matches(home, "two")
    (home / "password").write_text("")
    assert not password_matches(home, "")
    for name in ("", ".x", "a/b", "Übel", "a" * 40):
        with pytest.raises(UsageError):
            create_account(tmp_path, name)


def take(mailbox: Mailbox, quiet: float = 60) -> list[str]:
    mailbox.take(quiet_seconds=quiet, ignore=(".part",))
    return [path.name for _, path in mailbox.unprocessed()]


def test_only_whole_uploads_are_taken(tmp_path: Path) -> None:
    mailbox = Mailbox(create_account(tmp_path, "acme"))
    whole = b"ISA*...~IEA*1*000000001~\r\n"
    (mailbox.inbound / "b.837").write_bytes(whole)
    (mailbox.inbound / "c.837.part").write_bytes(whole)
    (mailbox.inbound / ".d").write_bytes(whole)
    (mailbox.inbound / "half.837").write_bytes(b"ISA*...~CLM*")
    os.utime(mailbox.inbound / "b.837", (1, 1))
    with (mailbox.inbound / "open.837").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        file.write(whole)
        file.flush()
        assert take(mailbox) == ["000001 b.837"]
    assert take(mailbox) == ["000001 b.837", "000002 open.837"]
    time.sleep(0.02)
    assert take(mailbox, quiet=0.01)[-1] == "000003 half.837"


def test_answers_appear_once_and_survive_a_crash_between_state_and_folder(tmp_path: Path) -> None:
    home = create_account(tmp_path, "acme")
    mailbox = Mailbox(home)
    mailbox.post("never.999", b"laid out, state never saved")
    mailbox = Mailbox(home)
    assert list(mailbox.outbound.iterdir()) == []
    number = mailbox.take_number()
    mailbox.post("one.999", b"data")
    state = dict(mailbox.state)
    mailbox.save()
    assert (mailbox.outbound / "one.999").read_bytes() == b"data"
    # as if the sandbox had been killed before the answer was moved: the state says it is to be published
    (mailbox.outbound / "one.999").rename(home / ".sandbox/outbox/one.999")
    text = (home / ".sandbox/state.json").read_text()
    (home / ".sandbox/state.json").write_text(text.replace('"publish": []', '"publish": ["one.999"]'))
    again = Mailbox(home)
    assert (again.outbound / "one.999").read_bytes() == b"data"
    (again.outbound / "one.999").unlink()  # the client fetched and removed it
    assert list(Mailbox(home).outbound.iterdir()) == []
    assert again.take_number() == number + 1
    assert state["next_number"] == number + 1


def test_a_damaged_state_is_said_clearly(tmp_path: Path) -> None:
    home = create_account(tmp_path, "acme")
    for text in ("{", "[]", "{}"):
        (home / ".sandbox/state.json").write_text(text)
        with pytest.raises(UsageError, match="begin afresh"):
            Mailbox(home)
