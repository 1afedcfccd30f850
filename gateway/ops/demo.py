"""`gateway demo`: a day at a billing office and the six weeks after it, in well under a minute.

A real SFTP server on loopback plays the clearinghouse of two partners; the daemon's own passes do the work; only the
clock is moved forward, so that answers fall due. What it leaves behind is an ordinary installation to look into.
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway import logs
from gateway.bootstrap import open_site
from gateway.clock import MovableClock
from gateway.daemon import Daemon
from gateway.errors import GatewayError, Refused
from gateway.model.money import plain
from gateway.ops.cli.output import progress
from gateway.ops.demo_office import PARTNERS, TO_CORRECT, Office
from gateway.ops.demo_story import Teller, summary
from gateway.sandbox import bank
from gateway.sandbox.accounts import create_account
from gateway.sandbox.clearinghouse import Sandbox
from gateway.sandbox.server import SftpServer
from gateway.site import Site
from gateway.store import anchors, ledger, queue
from gateway.store.figures import Figures, figures
from gateway.store.flow import Flow, flow
from gateway.store.keys import new_key

MARK = ".gateway-demo"
BANK_FILE = "bank.csv"
MAX_PASSES = 60
AN_HOUR = timedelta(hours=1)
BEGINS = timedelta(days=60)
"""How long ago the demo's day is: past every deadline for an answer, so that what is silent now shows as silent."""

__all__ = ["PARTNERS", "DemoReport", "Served", "loopback", "play"]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo found: the figures, the words, and whether books and chain hold."""

    figures: dict[str, Any]
    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Served:
    """An SFTP server over the sandbox's mailboxes: *logins* are the lines of each partner's [sftp] table."""

    house: Path
    host_key: str
    logins: dict[str, str]


@contextmanager
def loopback(directory: Path) -> Iterator[Served]:
    """Serve the mailboxes with the sandbox's own SFTP server on a free loopback port."""
    house = directory / "clearinghouse"
    logins = {}
    server = SftpServer(house)
    port = server.start()
    try:
        for name in PARTNERS:
            word = secrets.token_urlsafe(12)
            create_account(house, name, password=word)
            path = directory / f"{name}.password"
            path.write_text(word)
            path.chmod(0o600)
            logins[name] = f'port = {port}\nusername = "{name}"\npassword = "file:{path.resolve()}"'
        yield Served(house, server.host_key_line(), logins)
    finally:
        server.stop()


def play(
    directory: Path,
    *,
    count: int,
    say: Callable[[str], None],
    serve: Callable[[Path], AbstractContextManager[Served]] = loopback,
    database: str | None = None,
) -> DemoReport:
    """Play the round trip in *directory* and return the report.

    *serve* puts the mailboxes on the wire; *database* is a URL in place of SQLite.

    Raises:
        Refused: *directory* holds something that no demo made.

    """
    _make_room(directory)
    clock = MovableClock(datetime.now(UTC) - BEGINS)
    with ExitStack() as cleanup:
        served = cleanup.enter_context(serve(directory))
        sandbox = Sandbox(served.house, clock)
        say(f"sandbox clearinghouse: SFTP on loopback, mailboxes in {served.house}")
        site = open_site(_install(directory, served, database), clock=clock)
        cleanup.callback(site.store.close)
        logs.configure(site.settings.logging, site.root, to=cleanup.enter_context(open(os.devnull, "w")))  # noqa: PTH123
        office = Office(site, count)
        _work(site, sandbox, clock, office, say)
        return _report(site, directory, corrected=office.claim(TO_CORRECT))


def _make_room(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()):
        if not (directory / MARK).exists():
            raise Refused(f"{directory} is not empty and no demo made it; give another folder with --dir")
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MARK).write_text("made by gateway demo; emptied by the next one\n")


def _install(directory: Path, served: Served, database: str | None) -> Path:
    """Write an installation for the two partners; the key stands beside it, not in it."""
    root = directory / "installation"
    key = directory / "demo.key"
    key.write_text(new_key())
    key.chmod(0o600)
    for folder in ("outbound", "inbound"):
        (root / folder).mkdir(parents=True)
    parts = [f'database = "{database}"'] if database else []
    parts.append(_HEAD.format(key=key.resolve()))
    for name, payers in PARTNERS.items():
        parts.append(
            _PARTNER.format(
                name=name,
                upper=name.upper(),
                payers=json.dumps(list(payers)),
                host_key=served.host_key,
                login=served.logins[name],
                mode="rename" if name == "northlake" else "direct",
                ta1="true" if name == "summit" else "false",
            ),
        )
    config = root / "config.toml"
    config.write_text("\n".join(parts))
    return config


def _work(
    site: Site, sandbox: Sandbox, clock: MovableClock, office: Office, say: Callable[[str], None]
) -> None:
    """Do the daemon's passes until nothing moves any more, moving the clock to whatever is due next."""
    daemon = Daemon(site)
    daemon.recover()
    teller = Teller(site, say)
    with progress("working", total=MAX_PASSES) as advance:
        for _ in range(MAX_PASSES):
            report = daemon.one_pass()
            answered = sandbox.work_off()
            advance(1)
            for trouble in report.troubles:
                say(str(trouble))
            if report.moved or answered.moved:
                continue
            due = sandbox.next_due()
            # What two partners answer at the same hour is waited for, so that the story is the same every time.
            if office.has_work() and (due is None or due - clock.now() > AN_HOUR):
                teller.tell()
                teller.office(office.act())
                continue
            teller.tell(until=due)
            if due is None:
                break
            clock.advance(max(due - clock.now(), timedelta()) + timedelta(seconds=1))
        else:
            raise GatewayError(f"not settled after {MAX_PASSES} passes; look at: gateway status")
    office.must_be_done()
    statement = bank.statement(sandbox.folder)
    (site.root.parent / BANK_FILE).write_bytes(statement)
    teller.office(office.reconcile(BANK_FILE, statement))
    clock.advance(max(datetime.now(UTC) - clock.now(), timedelta()))
    daemon.one_pass()


def _report(site: Site, directory: Path, *, corrected: str) -> DemoReport:
    with site.store.read() as tx:
        counted, passed = figures(tx), flow(tx, datetime.min.replace(tzinfo=UTC), site.clock.now())
        silent = sum(1 for item in queue.items(tx, site.settings, site.clock.now()) if item.kind == "silent")
        try:
            ledger.check_books(tx)
            books = "yes"
        except GatewayError as fault:
            books = f"NO: {fault}"
    anchors.anchor(site.store, site.state)
    chain = anchors.verify_chain(site.store, site.state)
    ok = books == "yes" and chain.fault is None
    data = {
        **_figure_dict(counted, passed, silent),
        "ledger_balances": books == "yes",
        "audit_chain_ok": chain.fault is None,
    }
    text = summary(
        counted,
        passed,
        silent=silent,
        books=books,
        fault=chain.fault,
        directory=directory,
        corrected=corrected,
    )
    (directory / "summary.json").write_text(json.dumps(data, default=_plain, indent=2) + "\n")
    return DemoReport(data, text, ok)


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else str(value)


def _figure_dict(counted: Figures, passed: Flow, silent: int) -> dict[str, Any]:
    return {
        "received": counted.records_received,
        "refused": counted.records_refused,
        "refused_by_code": counted.refused_by_code,
        "sent": counted.claims_sent,
        "accepted": counted.claims_accepted_by_payer,
        "rejected_by_999": counted.claims_rejected_by_999,
        "rejected_by_277ca": counted.claims_rejected_by_277ca,
        "sent_again_by_itself": passed.innocents,
        "replacements": passed.replacements,
        "voids": passed.voids,
        "payments_reversed": passed.reversed,
        "states": counted.states,
        "silent": silent,
        "transmissions": counted.transmissions,
        "remittances_posted": counted.remittances_posted,
        "money": counted.money,
    }


_HEAD = """\
environment = "test"
key = "file:{key}"
intake_quiet_seconds = 0

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
receiver_name = "{upper} CLEARINGHOUSE"
receiver_id = "{upper}"
payers = {payers}
host_keys = ["{host_key}"]
send_folder = "inbound"

[partner.{name}.sftp]
host = "127.0.0.1"
{login}

[partner.{name}.envelope]
sender_id = "ELMST01"
receiver_id = "{upper}"
request_ta1 = {ta1}

[partner.{name}.upload]
mode = "{mode}"

[partner.{name}.download]
folders = ["outbound"]
quiet_polls = 1

[partner.{name}.batching]
claims_per_set = 60

[partner.{name}.replies]
ta1 = {ta1}
"""
