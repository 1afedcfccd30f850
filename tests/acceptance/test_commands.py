"""Every command over a played installation: exit codes, JSON shape, one clear line for each mistake, nobody's name shown."""

import contextlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import open_site
from gateway.ops.cli import main, state
from gateway.ops.demo import play
from gateway.ops.docs import command_words
from gateway.sandbox.run import running
from gateway.store import queue

FINDING_KEYS = {
    "code", "severity", "file", "line", "segment", "element", "loop", "claim", "message", "x12", "field",
}  # fmt: skip

NOBODY = [
    re.compile(pattern)
    for pattern in (
        r"NO\d{6}", r"SU\d{6}", r"(PAY|PART|DENY|ZERO|RCHA|RPAY|MUTE|R999)\d{7}", r"monday", r"Oak Ave|OAK AVE",
        r"N[úu]ñ?n?ez|NUNEZ", r"VAN DOE|van Doe", r"Anne-Marie|ANNE-MARIE", r"19[4-9]\d-\d\d-\d\d", r"SB\d{14}",
    )
]  # fmt: skip
"""Account numbers, member ids, the dropped files' names, streets, names, birth dates, payer claim numbers of the demo."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one call did."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def gateway(*args: object, config: Path | None = None) -> Said:
    """Call the command line in this process as a shell would."""
    words = ["gateway", *(["--config", str(config)] if config else []), *map(str, args)]
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv, state.config = words, None
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as left,
        ):
            main.run()
    finally:
        sys.argv = before
    return Said(int(left.value.code or 0), out.getvalue(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that was played: its configuration, and one id of each kind."""

    root: Path
    config: Path
    ids: dict[str, str]

    def __call__(self, *args: object) -> Said:
        return gateway(*args, config=self.config)

    def one(self, sql: str) -> str:
        """Return the first column of the first row of *sql*."""
        return rows_of(self.root, sql)[0]


def rows_of(root: Path, sql: str) -> list[str]:
    import sqlite3

    with contextlib.closing(sqlite3.connect(root / "state" / "gateway.db")) as database:
        return [str(row[0]) for row in database.execute(sql)]


TABLES = {
    "C": "claim", "S": "submission", "T": "transmission", "R": "receipt", "M": "remittance", "P": "claim_payment",
    "F": "intake_file", "X": "export", "V": "claim_version",
}  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "demo"
    said = play(folder, count=60, say=lambda _: None)
    assert said.ok, said.text
    return folder / "installation"


@pytest.fixture(scope="module")
def played(original: Path) -> Played:
    """The demo, to be looked at only."""
    ids = {
        letter: rows_of(original, f"select id from {table} limit 1")[0] for letter, table in TABLES.items()
    }
    ids["C"] = rows_of(original, "select claim from submission where state = 'paid' limit 1")[0]
    return Played(original, original / "config.toml", ids)


@pytest.fixture
def copy(played: Played, tmp_path: Path) -> Played:
    """A copy of the demo, to be changed."""
    root = tmp_path / "copy"
    shutil.copytree(played.root, root, ignore=shutil.ignore_patterns("daemon.lock"))
    return Played(root, root / "config.toml", played.ids)


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GATEWAY_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


LOOKING: list[tuple[tuple[str, ...], int, set[str]]] = [
    (("status",), 1, {"status"}),
    (("log",), 0, {"event"}),
    (("log", "--since", "365d", "--partner", "summit", "--limit", "20"), 0, {"event"}),
    (("ledger",), 0, {"account"}),
    (("queue",), 1, {"queue_item"}),
    (("audit", "verify"), 0, {"audit"}),
    (("doctor",), 0, {"check"}),
    (("maps", "check"), 0, {"map"}),
]


@pytest.mark.parametrize(("words", "code", "kinds"), LOOKING, ids=[" ".join(words) for words, *_ in LOOKING])
def test_looking_says_it_to_people_and_to_programs(
    played: Played, words: tuple[str, ...], code: int, kinds: set[str]
) -> None:
    for_people, for_programs = played(*words), played(*words, "--json")
    assert (for_people.code, for_programs.code) == (code, code), for_people.err
    assert for_people.out.strip()
    assert {line["kind"] for line in for_programs.lines} == kinds
    assert {line["schema_version"] for line in for_programs.lines} == {"1"}
    assert not [line for line in for_people.out.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("letter", sorted(TABLES))
def test_show_knows_every_kind_of_id(played: Played, letter: str) -> None:
    for_people, for_programs = (
        played("show", played.ids[letter]),
        played("show", played.ids[letter], "--json"),
    )
    assert (for_people.code, for_programs.code) == (0, 0), for_people.err
    assert played.ids[letter] in for_people.out
    [line] = for_programs.lines
    assert (line["kind"], line["type"], line["id"]) == ("show", TABLES[letter], played.ids[letter])


def test_a_claim_tells_its_story(played: Played) -> None:
    claim = played.ids["C"]
    said = played("show", claim)
    story = said.out.partition("story")[2].partition("\n\n")[0].splitlines()[1:]
    everything = [line.split()[2] for line in story]
    told = [what for what in everything if what != "info"]  # how something was spelled, beside what happened
    assert told[:3] == ["received", "batched", "sent"]
    assert told[-1] == "835"
    assert "answered" in told
    assert re.search(r"received +from row \d+ of F-", said.out)
    assert re.search(r"999 about its file: accepted", said.out)
    assert re.search(r"277CA of the payer: accepted", said.out)
    [line] = played("show", claim, "--json").lines
    assert line["state"] == "paid"
    account = {name: line["account"][name] for name in ("charge", "paid", "adjusted", "patient", "open")}
    assert float(account["charge"]) == sum(float(account[n]) for n in ("paid", "adjusted", "patient", "open"))
    assert [step["what"] for step in line["story"]] == everything


def test_a_rejected_claim_says_why_and_what_is_next(played: Played) -> None:
    claim = played.one(
        "select claim from submission where state like '%e_rejected' or state = 'payer_rejected' limit 1"
    )
    said = played("show", claim)
    assert "rejected by the" in said.out
    assert "rejected because information is not valid" in said.out
    waiting = played("queue").out
    assert re.search(
        rf"rejected +{claim}.*\n +why .*not valid.*\n +next .*\n +or +where .*gateway resubmit {claim}",
        waiting,
    )


def test_ledger_of_one_claim(played: Played) -> None:
    claim = played.ids["C"]
    lines = played("ledger", claim, "--json").lines
    assert {line["kind"] for line in lines} == {"entry", "claim_account"}
    assert sum(float(line["amount"]) for line in lines[:-1]) == 0
    assert lines[-1]["claim"] == claim
    assert "charge = paid + adjusted + patient + open" in played("ledger", claim).out


def test_log_of_a_claim_and_of_a_partner(played: Played) -> None:
    of_claim = [line["event"] for line in played("log", "--claim", played.ids["C"], "--json").lines]
    assert [of_claim.index(kind) for kind in ("intake", "seal", "delivery", "remittance")] == sorted(
        of_claim.index(kind) for kind in ("intake", "seal", "delivery", "remittance")
    )
    summit = played("log", "--partner", "summit", "--limit", "1000", "--json").lines
    subjects = {line["subject"] for line in summit if line["event"] == "delivery"}
    assert subjects == set(rows_of(played.root, "select id from transmission where partner = 'summit'"))
    assert {line["event"] for line in played("log", "--kind", "delivery", "--json").lines} == {"delivery"}
    assert "there are: " in played("log", "--kind", "nonsense").err


def test_nobody_shows_without_reveal(played: Played) -> None:
    calls: list[tuple[object, ...]] = [words for words, *_ in LOOKING]
    for letter, table in TABLES.items():
        calls += [("show", found) for found in rows_of(played.root, f"select id from {table} limit 4")]
        calls += [("show", played.ids[letter]), ("ledger", played.ids["C"])]
        if letter in "TRF":
            files = rows_of(played.root, f"select id from {table} where blob is not null limit 4")
            calls += [("describe", found, "--raw") for found in files]
        if letter == "C":
            for found in rows_of(played.root, "select id from claim limit 3"):
                calls += [("explain", found), ("explain", found, "2010BA"), ("explain", found, "REF*F8")]
    held = rows_of(played.root, "select subject from hold where released_at is null limit 6")
    calls += [("show", subject) for subject in held]
    for call in calls:
        for said in (played(*call), played(*call, "--json")):
            for canary in NOBODY:
                found = canary.search(said.out) or canary.search(said.err)
                assert not found, (call, found)


def test_reveal_shows_and_is_recorded_with_the_actor(copy: Played) -> None:
    claim = copy.ids["C"]
    masked, shown = copy("show", claim), copy("show", claim, "--reveal")
    assert "last_name: ***" in masked.out
    assert "--reveal shows it" in masked.err
    assert "last_name: ***" not in shown.out
    assert any(canary.search(shown.out) for canary in NOBODY)
    [event] = copy("log", "--kind", "reveal", "--json").lines
    assert event["subject"] == claim
    assert event["actor"].startswith("user:")
    assert copy("audit", "verify").code == 0


def test_a_stored_file_is_described_and_its_unmasking_recorded(copy: Played) -> None:
    sent = copy.one("select id from transmission where delivered_at is not null limit 1")
    masked, shown = copy("describe", sent), copy("describe", sent, "--unmask")
    assert (masked.code, shown.code) == (0, 0), masked.err
    assert "--unmask shows it" in masked.err
    assert re.search(r"CLM +claim: patient control number \*\*\*; charge [0-9,]+\.[0-9]{2};", masked.out)
    assert any(canary.search(shown.out) for canary in NOBODY)
    [event] = copy("log", "--kind", "reveal", "--json").lines
    assert event["subject"] == sent
    for answer in rows_of(copy.root, "select id from receipt limit 3"):
        assert copy("describe", answer).out.startswith("        ISA")


def test_an_element_is_explained_down_to_the_row_it_came_from(copy: Played) -> None:
    claim = copy.ids["C"]
    said = copy("explain", claim, "CLM05-3")
    assert said.code == 0, said.err
    assert "frequency: 1 original, 7 replacement" in said.out
    assert re.search(r"came from +file F-[A-Z0-9]{10}, row [0-9]+", said.out)
    assert "837p.toml [loop.2300] row 1" in said.out
    every = copy("explain", claim, "--json").lines
    assert {line["kind"] for line in every} == {"explained"}
    assert {line["source"] for line in every} >= {"field", "constant", "engine", "function"}
    [key] = copy("explain", claim, "REF02*D9", "--json").lines
    assert key["how"].startswith("given by the gateway")
    lacking = copy("explain", claim, "2300/REF*F8")
    assert lacking.code == 1
    assert "payer_control_number is empty" in lacking.out
    assert "the guide says that it is not used" in copy("explain", claim, "CLM04").err
    assert not copy("log", "--kind", "reveal", "--json").lines
    assert "***" not in copy("explain", claim, "2010BA/NM103", "--reveal").out
    [event] = copy("log", "--kind", "reveal", "--json").lines
    assert event["subject"] == claim


def test_an_overlay_s_row_is_named_with_its_file(copy: Played) -> None:
    claim = copy.ids["C"]
    partner = copy.one(f"select partner from claim where id = '{claim}'")
    overlay = copy.root / "maps" / "partners" / partner / "837p.toml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text('[rows]\n"2000A/PRV*BI" = "PRV*BI*PXC*{npi}"\n')
    said = copy("explain", claim, "2000A/PRV03")
    assert f"stands in  {overlay}" in said.out
    assert "billing_provider.npi" in said.out
    assert "the map was changed since T-" in said.err


def test_findings_go_into_a_file(played: Played, tmp_path: Path) -> None:
    held = played.one("select subject from hold where kind = 'edit' limit 1")
    into = tmp_path / "found.jsonl"
    assert played("show", held, "--findings", into).code == 0
    found = [json.loads(line) for line in into.read_text().splitlines()]
    assert found
    assert all(set(one) == FINDING_KEYS for one in found)
    assert {one["message"] for one in found} == {"***"}
    assert played("show", held, "--reveal", "--findings", into).code == 0
    assert "***" not in into.read_text()
    assert played("show", held, "--findings", tmp_path).code == 2


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("show", "C-AAAAAAAAAA"), "nothing here has the id"),
    (("show", "Roe"), "not an id of this gateway"),
    (("ledger", "{T}"), "has no account"),
    (("describe", "{C}"), "is not the id of a file"),
    (("explain", "{T}"), "is not the id of a claim"),
    (("explain", "{C}", "what?"), "not an address"),
    (("explain", "{C}", "CLM01", "--row", "2"), "one record"),
    (("explain", "C-AAAAAAAAAA"), "no claim C-AAAAAAAAAA"),
    (("explain", "nowhere.jsonl"), "no such file"),
    (("describe", "T-AAAAAAAAAA"), "nothing here has the id"),
    (("describe", "nowhere.837"), "no such file"),
    (("log", "--since", "yesterday"), "give a date"),
    (("log", "--partner", "nobody"), "no partner 'nobody'"),
    (("log", "--claim", "{T}"), "give the id of a claim"),
    (("hold", "C-AAAAAAAAAA", "--reason", "x"), "C-AAAAAAAAAA"),
    (("hold", "{T}", "--reason", "x"), "not the id of a claim"),
    (("hold", "{C}", "--reason", " "), "--reason must say"),
    (("hold", "{C}", "--reason", "x"), "is paid"),
    (("release", "{C}", "--reason", "x"), "is not held"),
    (("release", "{T}", "--reason", "x"), "not the id of a claim"),
    (("release", "{R}", "--reason", "x"), "waits for a person"),
    (("release", "{M}", "--reason", "x"), "does not wait for a person"),
    (("match", "{P}", "{C}"), "not in suspense"),
    (("match", "{C}", "{P}"), "not the id of a payment"),
    (("settle", "{T}", "--evidence", "x"), "--delivered or --not-delivered"),
    (("settle", "{T}", "--delivered", "--evidence", " "), "--evidence must say"),
    (("settle", "{T}", "--delivered", "--evidence", "x"), "nothing to settle"),
    (("retransmit", "{T}"), "{T}"),
    (("retransmit", "{C}"), "not the id of a transmission"),
    (("resubmit", "{C}", "--reason", "x"), "is paid"),
    (("resubmit", "T-1", "--reason", "x"), "not the id of a claim"),
    (("reread", "{C}"), "not the id of a receipt"),
    (("reread", "R-AAAAAAAAAA"), "R-AAAAAAAAAA"),
    (("partner", "pause", "nobody", "--reason", "x"), "no partner 'nobody'"),
    (("partner", "trust", "nobody"), "no partner 'nobody'"),
    (("backup", "{root}"), "outside the installation"),
    (("nonsense",), "No such command"),
    (("show",), "Missing argument"),
    (("queue", "--colour"), "No such option"),
    (("init", "{root}"), "is there already"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_a_mistake_is_one_clear_line_and_exit_code_2(
    played: Played, words: tuple[str, ...], said: str
) -> None:
    named = {**played.ids, "root": str(played.root)}
    before = rows_of(played.root, "select count(*) from audit_event")
    answer = played(*(word.format(**named) for word in words))
    assert answer.code == 2, answer
    [line] = answer.err.splitlines()
    assert line.startswith("gateway: ")
    assert said.format(**named) in line
    assert not answer.out
    assert rows_of(played.root, "select count(*) from audit_event") == before


def test_configuration_is_found_or_its_absence_said(
    played: Played, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = gateway("status")
    assert (nowhere.code, nowhere.err.count("\n")) == (2, 1)
    assert "gateway init DIR" in nowhere.err
    assert gateway("status", config=tmp_path / "none.toml").code == 2
    assert gateway("status", config=played.root).code == 1
    monkeypatch.setenv("GATEWAY_CONFIG", str(played.config))
    assert gateway("status").code == 1
    monkeypatch.delenv("GATEWAY_CONFIG")
    monkeypatch.chdir(played.root)
    assert gateway("status").code == 1


def test_a_broken_configuration_names_the_key(copy: Played) -> None:
    text = copy.config.read_text()
    copy.config.write_text(text.replace("intake_quiet_seconds", "intake_quite_seconds"))
    said = copy("status")
    assert said.code == 2
    assert "intake_quite_seconds: unknown key" in said.err
    copy.config.write_text("environment = [")
    assert copy("status").code == 2
    assert "not valid TOML" in copy("status").err


def test_a_key_that_others_can_read_or_that_is_another_one_is_refused(copy: Played, tmp_path: Path) -> None:
    key = tmp_path / "copy.key"
    shutil.copy(_key_of(copy), key)
    copy.config.write_text(re.sub(r'key = "file:[^"]*"', f'key = "file:{key}"', copy.config.read_text()))
    key.chmod(0o644)
    said = copy("status")
    assert said.code == 2
    assert f"chmod 600 {key}" in said.err
    key.chmod(0o600)
    assert copy("status").code == 1
    key.write_text("A" * 43 + "=\n")
    assert copy("status").code == 2
    key.unlink()
    said = copy("status")
    assert said.code == 2
    assert "missing" in said.err


def _key_of(played: Played) -> Path:
    found = re.search(r'key = "file:([^"]*)"', played.config.read_text())
    assert found
    return Path(found.group(1))


def test_a_second_daemon_is_told_to_try_later(copy: Played) -> None:
    from gateway.store.leases import sole_daemon

    site = open_site(copy.config)
    with contextlib.closing(site.store), sole_daemon(site.store, site.root):
        said = copy("run", "--once")
    assert said.code == 3
    assert said.err.strip().splitlines()[-1].startswith("gateway: ")


def _items(root: Path) -> dict[str, list[queue.QueueItem]]:
    site = open_site(root / "config.toml")
    with contextlib.closing(site.store), site.store.read() as tx:
        found = queue.items(tx, site.settings, site.clock.now())
    kinds: dict[str, list[queue.QueueItem]] = {}
    for item in found:
        kinds.setdefault(item.kind, []).append(item)
    return kinds


def test_the_verbs_empty_the_queue_and_are_recorded(copy: Played) -> None:
    waiting = _items(copy.root)
    held, rejected = waiting["held"][0].id, waiting["rejected"][0].id
    ready = copy("resubmit", rejected, "--reason", "payer lifted the edit")
    assert (ready.code, ready.out) == (0, f"{rejected}: ready; it goes out at the next cutoff\n")
    stopped = copy("hold", rejected, "--reason", "wait for the referral", "--json")
    assert [(line["kind"], line["action"], line["id"]) for line in stopped.lines] == [
        ("done", "hold", rejected)
    ]
    assert copy("release", rejected, "--reason", "referral is here").code == 0
    refused = copy("release", held, "--reason", "let it go")
    assert refused.code == 2
    assert "still fails the edits" in refused.err
    assert copy("reread", copy.ids["R"]).code == 0
    actors = {line["event"]: line["actor"] for line in copy("log", "--json", "--limit", "8").lines}
    assert {"resubmit", "hold", "release", "reread"} <= set(actors)
    assert all(
        actor.startswith("user:")
        for kind, actor in actors.items()
        if kind in {"resubmit", "hold", "release", "reread"}
    )
    assert rejected not in {item.id for item in _items(copy.root).get("rejected", [])}


def test_pause_and_resume(copy: Played) -> None:
    assert copy("partner", "pause", "summit", "--reason", " ").code == 2
    assert copy("partner", "pause", "summit", "--reason", "their maintenance").code == 0
    assert "their maintenance" in copy("status").out
    assert "gateway partner resume summit" in copy("queue").out
    assert copy("doctor").code == 1
    assert copy("partner", "resume", "summit", "--json").lines[0]["result"] == "resumed"
    assert copy("partner", "resume", "summit").out == "summit: is not paused\n"


def test_backup_is_an_installation(played: Played, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    said = played("backup", target, "--json")
    assert said.code == 0, said.err
    [line] = said.lines
    assert line["kind"] == "backup"
    assert played("backup", target).code == 2
    saved = Played(target, target / "config.toml", played.ids)
    assert saved("audit", "verify").code == 0
    assert saved("ledger").out == played("ledger").out
    assert saved("show", played.ids["C"]).out == played("show", played.ids["C"]).out
    assert saved("doctor").code == 0


def test_schema_and_template(tmp_path: Path) -> None:
    schema = json.loads(gateway("schema", "claim").out)
    assert schema["title"]
    assert gateway("schema", "claim", "--csv").out.startswith("patient_control_number,")


@pytest.fixture(scope="module")
def clearinghouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    from gateway.sandbox.accounts import create_account

    house = tmp_path_factory.mktemp("house")
    create_account(house, "demo", password="sandbox")
    with running(house) as (server, _):
        yield house, server.port


def test_a_new_user_gets_from_init_to_a_sent_claim(
    clearinghouse: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    from gateway.ops import synthetic

    house, port = clearinghouse
    made = gateway("init", tmp_path / "site", "--key-file", tmp_path / "site.key")
    assert made.code == 0
    assert "second safe place" in made.err
    config = tmp_path / "site" / "config.toml"
    assert gateway("init", tmp_path / "site").code == 2
    monkeypatch.chdir(tmp_path / "site")
    assert "nothing waits" in gateway("queue").err
    password = tmp_path / "password"
    password.write_text("sandbox")
    password.chmod(0o600)
    text = config.read_text()
    for old, new in (
        ('host = "sftp.example.invalid"', 'host = "127.0.0.1"'),
        ("port = 22", f"port = {port}"),
        ('username = "username"', 'username = "demo"'),
        ('private_key = "file:~/.ssh/id_ed25519"', f'password = "file:{password}"'),
        ("payers = []", 'payers = ["EXH01"]'),
        ('npi = "1234567893"', 'npi = "1098765435"'),
        ('tax_id = "123456789"', 'tax_id = "371234567"'),
        ("[logging]", '[logging]\nlevel = "error"'),
        ('level = "info"', ""),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    config.write_text("intake_quiet_seconds = 0\n" + text)

    unpinned = gateway("partner", "test", "clearinghouse")
    assert unpinned.code == 1
    assert "gateway partner trust clearinghouse" in unpinned.err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    nobody = gateway("partner", "trust", "clearinghouse")
    assert nobody.code == 2
    assert "--yes" in nobody.err.splitlines()[-1]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert gateway("partner", "trust", "clearinghouse").code == 2
    pinned = gateway("partner", "trust", "clearinghouse", "--yes")
    assert pinned.code == 0
    assert "SHA256:" in pinned.err
    assert "edit: the id the partner gave you" in config.read_text()
    assert gateway("partner", "trust", "clearinghouse").out == "clearinghouse: pinned already\n"
    tested = gateway("partner", "test", "clearinghouse", "--json")
    assert [(line["folder"], line["files"]) for line in tested.lines] == [("inbound", 0), ("outbound", 0)]

    claim = synthetic.scripted(1, "PAY", synthetic.PAYERS[0], today=date(2026, 11, 20))
    (tmp_path / "site/outbound/one.jsonl").write_text(synthetic.as_jsonl([claim]))
    ran = gateway("run", "--once")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("1 file taken in; 1 transmission sealed; 1 transmission delivered")
    assert gateway("status", "--json").lines[0]["sent"] == 1
    assert gateway("sandbox-advance", "--dir", house, "--days", "2").code == 0

    password.write_text("wrong")
    refused = gateway("partner", "test", "clearinghouse")
    assert refused.code == 1
    assert "AuthRefused" in refused.err
    config.write_text(config.read_text().replace(f"port = {port}", "port = 1"))
    down = gateway("partner", "test", "clearinghouse")
    assert down.code == 3
    assert down.err.count("\n") == 1


def test_a_demo_is_never_played_over_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    said = gateway("demo", "--dir", tmp_path / "mine")
    assert said.code == 2
    assert (tmp_path / "mine" / "letter.txt").exists()


def test_sandbox_says_when_its_port_is_taken(clearinghouse: tuple[Path, int], tmp_path: Path) -> None:
    said = gateway("sandbox", "--dir", tmp_path / "other", "--port", clearinghouse[1])
    assert said.code == 2
    assert "0 takes a free one" in said.err


def test_a_defect_is_one_line_that_quotes_nothing(monkeypatch: pytest.MonkeyPatch, played: Played) -> None:
    from gateway.store import views

    def broken(*_: object) -> None:
        raise KeyError("ROE")

    monkeypatch.setattr(views, "show", broken)
    said = played("show", played.ids["C"])
    assert said.code == 2
    assert said.err.startswith("gateway: a defect in the gateway: KeyError")
    assert "ROE" not in said.err


@pytest.mark.parametrize("words", list(command_words()), ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    said = gateway(*words, "--help")
    assert said.code == 0
    example = re.search(r"Example: gateway (.*)", said.out)
    assert example, said.out
    asked = [word for word in example.group(1).split() if not word.startswith("-")]
    if words:
        assert set(words) <= {*asked, *example.group(1).split()}


def test_tables_fold_into_a_terminal_and_stay_whole_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.ops.cli import output

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    rows = [("C-7K3F9Q2MXR", "12.50", "one two three four five six seven eight nine ten eleven twelve")]
    monkeypatch.setenv("COLUMNS", "60")
    for screen, folded in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stdout", screen)
        output.table(("id", "#amount", "why"), rows)
        lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
        assert (len(lines) > 2) is folded
        assert all(len(line) <= 60 for line in lines) is folded
        assert lines[0].split() == ["id", "amount", "why"]
    assert os.environ["COLUMNS"] == "60"


def test_what_does_not_fit_beside_stands_below_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.ops.cli import output

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    columns = ("account", "#balance", "payer", "provider", "next")
    rows = [
        (
            "A-QNG5EQGABH",
            "1234.50",
            "EXAMPLE HEALTH PLAN",
            "1098765435",
            "read its reference, compare it, then close it",
        ),
        ("A-D6RRM69WHY", "-5.00", "POE MUTUAL", "", ""),
    ]
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    output.table(columns, rows)
    output.table(columns, [])
    assert re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines() == [
        "account       balance  payer",
        "A-QNG5EQGABH  1234.50  EXAMPLE HEALTH PLAN",
        "    provider: 1098765435  next: read its",
        "    reference, compare it, then close it",
        "A-D6RRM69WHY    -5.00  POE MUTUAL",
    ]
