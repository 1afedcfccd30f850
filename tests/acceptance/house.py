"""A whole installation against the sandbox clearinghouse: its folder, its partners' SFTP server, a clock that moves.

The daemon's passes run in this process; `run` starts the real command line in another one, `typed` carries out what a
person would type.
"""

import io
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from gateway.bootstrap import open_site
from gateway.clock import MovableClock
from gateway.daemon import Daemon, PassReport
from gateway.ops import synthetic
from gateway.ops.cli import main
from gateway.ops.synthetic import DemoPayer
from gateway.sandbox.accounts import create_account
from gateway.sandbox.clearinghouse import Sandbox
from gateway.sandbox.server import SftpServer
from gateway.site import Site
from gateway.store import anchors, claims, ledger, queue
from gateway.store.keys import new_key
from gateway.store.queue import QueueItem
from tests.acceptance.independent import interchanges, sets

CHECKOUT = Path(__file__).parents[2]
NORTH = DemoPayer("EXH01", "Example Health Plan", "north")
SOUTH = DemoPayer("SUM03", "Summit Benefit Trust", "south")
PAYERS = {"north": NORTH, "south": SOUTH}

_HEAD = """\
environment = "test"
key = "file:{key}"
intake_quiet_seconds = 0
{top}
[submitter]
name = "ELM STREET BILLING"
contact_name = "PAT DOE"
contact_phone = "5555550100"
time_zone = "America/Chicago"

[[billing_entity]]
name = "Elm Street Clinic"
npi = "1098765435"
tax_id = "371234567"

[logging]
file = "gateway.log"
"""

_PARTNER = """\
[partner.{name}]
environment = "test"
submitter_id = "ELMST01"
receiver_name = "{name} CLEARINGHOUSE"
receiver_id = "{name}01"
payers = ["{payer}"]
host_keys = ["{host_key}"]
send_folder = "inbound"

[partner.{name}.sftp]
host = "127.0.0.1"
port = {port}
username = "{name}"
password = "file:{password}"
connect_seconds = 3
answer_seconds = {answer_seconds}

[partner.{name}.envelope]
sender_id = "ELMST01"
receiver_id = "{name}01"

[partner.{name}.upload]
mode = "{mode}"

[partner.{name}.download]
folders = ["outbound"]
quiet_polls = {quiet_polls}

[partner.{name}.batching]
claims_per_set = {claims_per_set}

[partner.{name}.schedule]
poll_seconds = 5
cutoffs = {cutoffs}
"""

_EVERY_SECOND = '["* * * * * *"]'


@dataclass
class House:
    """One installation at *root*, its clearinghouse at *clearing*; *ports* overrules where a partner is looked for."""

    base: Path
    clock: MovableClock
    server: SftpServer
    sandbox: Sandbox
    names: Sequence[str] = ("north", "south")
    profile: dict[str, Any] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    top: str = ""
    site: Site = field(init=False)

    @property
    def root(self) -> Path:
        return self.base / "gateway"

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    @property
    def outbound(self) -> Path:
        return self.root / "outbound"

    @property
    def rejected(self) -> Path:
        return self.outbound / "rejected"

    def configure(self, *, change: Callable[[str], str] = lambda text: text) -> None:
        """Write config.toml, the key and the passwords; *change* edits its text."""
        for folder in ("outbound", "inbound"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        key = self.base / "gateway.key"
        if not key.exists():
            _secret(key, new_key())
        text = _HEAD.format(key=key, top=self.top)
        defaults = {
            "mode": "rename", "quiet_polls": 1, "claims_per_set": 500, "answer_seconds": 3, "cutoffs": _EVERY_SECOND
        }  # fmt: skip
        for name in self.names:
            password = self.base / f"{name}.password"
            _secret(password, "demo-password")
            text += "\n" + _PARTNER.format(
                name=name,
                payer=PAYERS[name].id,
                host_key=self.server.host_key_line(),
                port=self.ports.get(name, self.server.port),
                password=password,
                **(defaults | self.profile),
            )
        self.config.write_text(change(text))

    def open(self) -> "House":
        """Open the installation in this process."""
        self.site = open_site(self.config, clock=self.clock)
        return self

    def reopen(self, *, change: Callable[[str], str] = lambda text: text) -> None:
        """Close it and open it again after *change* to its config.toml, as a restart does."""
        self.site.store.close()
        self.configure(change=change)
        self.open()

    # -- what is dropped and what is done with it

    def claim(
        self, number: int, word: str = "PAY", *, partner: str = "north", **changes: Any
    ) -> dict[str, Any]:
        """Return a claim record whose sandbox script is *word*."""
        today = self.clock.now().date()
        made = synthetic.scripted(number, word, PAYERS[partner], today=today)
        return {**made, **changes}

    def drop(self, name: str, content: bytes | str | Sequence[dict[str, Any]]) -> None:
        """Put a file into outbound/ as a billing system does: under a temporary name, then renamed."""
        if not isinstance(content, bytes | str):
            content = synthetic.as_jsonl(content)
        target = self.outbound / name
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}.tmp")
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())
        draft.rename(target)

    def pass_(self) -> PassReport:
        """Do one pass, as `gateway run --once` does."""
        report = Daemon(self.site).run_once()
        assert not [trouble for trouble in report.troubles if "a defect" in trouble.message], report.troubles
        return report

    def settle(self, *, passes: int = 60) -> list[PassReport]:
        """Pass after pass, the clock moved to what is due next, until nothing moves any more."""
        done = []
        for _ in range(passes):
            report = self.pass_()
            done.append(report)
            if self.sandbox.work_off().moved or report.moved:
                continue
            due = self.sandbox.next_due()
            if due is None:
                return done
            self.clock.advance(max(due - self.clock.now(), timedelta()) + timedelta(seconds=1))
            self.sandbox.work_off()
        raise AssertionError(f"not settled after {passes} passes")

    # -- what a person sees and does

    def queue(self) -> list[QueueItem]:
        with self.site.store.read() as tx:
            return queue.items(tx, self.site.settings, self.clock.now())

    def typed(self, *words: str) -> tuple[int, str, str]:
        """Carry out a command as typed: (exit code, what it prints, what it says)."""
        with patch("gateway.bootstrap.SystemClock", lambda: self.clock):
            return typed("--config", str(self.config), *words)

    def resolve(self, item: QueueItem, *, choose: str | None = None, **words: str) -> None:
        """Type the command that the queue names for *item* (the one with *choose* in it), placeholders filled."""
        code, out, said = self.typed(*command_of(item, choose=choose, **words))
        assert code == 0, (item.command, code, out, said)

    # -- what must hold at the end of every day

    def books_and_chain_hold(self) -> None:
        """Trial balance, every claim's account, the audit chain and its anchors."""
        with self.site.store.read() as tx:
            ledger.check_books(tx)
        anchors.anchor(self.site.store, self.site.state)
        report = anchors.verify_chain(self.site.store, self.site.state)
        assert report.fault is None, report.fault

    def states(self) -> dict[str, str]:
        """Return the state of every claim, by patient control number, as `gateway show` derives it."""
        with self.site.store.read() as tx:
            stored = [claims.get(tx, each) for (each,) in rows(self.root, "select id from claim order by id")]
            return {
                claims.content(tx, one.version_id).patient_control_number: one.state.value for one in stored
            }

    def sent(self) -> dict[str, list[str]]:
        """Return what the clearinghouse got, by account: every CLM01, as often as it came."""
        return sent_claims(self.server.folder)


def sent_claims(clearing: Path) -> dict[str, list[str]]:
    """Return every CLM01 that came to the clearinghouse in *clearing*, by account, read without any of our code."""
    found: dict[str, list[str]] = {}
    for account in sorted(path for path in clearing.iterdir() if path.is_dir()):
        found[account.name] = []
        for path in sorted((account / ".sandbox" / "received").glob("*")):
            for _component, segments in interchanges(path.read_text("latin-1")):
                for _group, body in sets(segments):
                    found[account.name] += [seg[1] for seg in body if seg[0] == "CLM"]
    return found


def command_of(item: QueueItem, *, choose: str | None = None, **words: str) -> list[str]:
    """Cut the command out of the queue's advice: what stands after ``gateway``, with TEXT and C-ID filled."""
    parts = [part for part in item.command.split("gateway ")[1:] if choose is None or choose in part]
    assert parts, item.command
    text = parts[-1].split(", or")[0].split("; ")[0].split(", if")[0].split(", and")[0].strip()
    for place, value in {"TEXT": "cleared-up", **words}.items():
        text = text.replace(place, shlex.quote(value))
    return shlex.split(text)


def typed(*words: str) -> tuple[int, str, str]:
    """Run the command line in this process: (exit code, stdout, stderr)."""
    out, said = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["gateway", *words]
    code = 0
    mask = os.umask(0o077)
    try:
        with redirect_stdout(out), redirect_stderr(said):
            main.run()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    finally:
        sys.argv = before
        os.umask(mask)
    return code, out.getvalue(), said.getvalue()


def run(config: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the real command line in another process."""
    return subprocess.run(
        argv(config, *words), check=False, capture_output=True, text=True, timeout=60, **process_of(**more)
    )


def argv(config: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "gateway.ops.cli.main", "--config", str(config), *words]


def process_of(*, failpoint: str | None = None) -> dict[str, Any]:
    """Return where and with which environment the gateway is started."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GATEWAY_", "COVERAGE_"))}
    if failpoint:
        env["GATEWAY_FAILPOINTS"] = f"{failpoint}=kill"
    return {"cwd": CHECKOUT, "env": env}


@contextmanager
def daemon(house: House) -> Iterator[subprocess.Popen[str]]:
    """Run `gateway run` as a process of its own until the block ends."""
    process = subprocess.Popen(
        argv(house.config, "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **process_of()
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str], *, within: float = 10) -> tuple[int, str]:
    """Stop a daemon with SIGTERM; return its exit code and what it said."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=within)
    return process.returncode, said


def wait_until(what: Callable[[], Any], *, seconds: float = 20, each: float = 0.1) -> Any:
    """Wait until *what* is true and return it."""
    until = time.monotonic() + seconds
    while True:
        with suppress(sqlite3.OperationalError, FileNotFoundError):
            if found := what():
                return found
        assert time.monotonic() < until, f"waited {seconds} s in vain"
        time.sleep(each)


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask the database file itself, from outside."""
    database = sqlite3.connect(f"file:{root}/state/gateway.db?mode=ro", uri=True, timeout=10)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def balance(root: Path) -> Decimal:
    """Return the sum over the journal, from outside; it must be zero."""
    return Decimal(rows(root, "select coalesce(sum(amount), 0) from journal_line")[0][0])


@contextmanager
def house(
    base: Path,
    *,
    names: Sequence[str] = ("north", "south"),
    start: datetime | None = None,
    top: str = "",
    **profile: Any,
) -> Iterator[House]:
    """Build an installation and its clearinghouse below *base*; nothing of it is open yet."""
    clock = MovableClock(start or datetime.now(UTC) - timedelta(days=60))
    clearing = base / "clearinghouse"
    with SftpServer(clearing) as server:
        for name in names:
            create_account(clearing, name, password="demo-password")
        made = House(base, clock, server, Sandbox(clearing, clock), names=names, profile=profile, top=top)
        made.configure()
        yield made


def logged(root: Path) -> list[dict[str, Any]]:
    """Return the lines of the installation's log."""
    path = root / "gateway.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _secret(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
