"""Run the sandbox as a program: the SFTP server and the clearinghouse over one folder, until told to stop."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import GatewayError, UsageError
from gateway.sandbox.accounts import KEYS_FILE, PASSWORD_FILE, account_names, create_account
from gateway.sandbox.clearinghouse import Sandbox, WorkReport
from gateway.sandbox.clock import FolderClock, advance_clock
from gateway.sandbox.server import SftpServer

__all__ = ["advance_clock", "describe", "introduction", "run_sandbox", "running"]

LOOK_SECONDS = 0.5
"""How often the clearinghouse looks into its mailboxes, in seconds of the machine."""

DEFAULT_ACCOUNT = "demo"
DEFAULT_PASSWORD = "sandbox"  # noqa: S105 - for loopback and invented claims only

Say = Callable[[str], None]


@contextmanager
def running(
    folder: Path, *, port: int = 0, host: str = "127.0.0.1", say: Say = lambda _: None
) -> Iterator[tuple[SftpServer, Sandbox]]:
    """Serve *folder* and work it off in the background as long as the context lasts.

    Args:
        folder: the sandbox's folder; made when it is not there.
        port: where to listen; 0 takes a free port (`SftpServer.port` tells).
        host: the address to listen on.
        say: gets a line about every pass that did something.

    Raises:
        UsageError: the port cannot be used, or the folder's settings are wrong.

    """
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(folder, FolderClock(folder))
    server = SftpServer(folder)
    try:
        server.start(host, port)
    except OSError as error:
        raise UsageError(
            f"port {port} on {host} cannot be used ({error.strerror}); 0 takes a free one"
        ) from error
    stop = threading.Event()
    worker = threading.Thread(target=_work, args=(sandbox, stop, say), name="sandbox-work", daemon=True)
    worker.start()
    try:
        yield server, sandbox
    finally:
        stop.set()
        worker.join(30)
        server.stop()


def _work(sandbox: Sandbox, stop: threading.Event, say: Say) -> None:
    told: set[str] = set()
    while not stop.wait(LOOK_SECONDS):
        try:
            report = sandbox.work_off()
        except (GatewayError, OSError) as error:
            problems: tuple[str, ...] = (str(error),)
        else:
            problems = report.problems
            if report.received or report.answers:
                say(describe(report))
        for problem in problems:
            if problem not in told:  # a damaged mailbox is said once, not twice a second
                told.add(problem)
                say(f"problem: {problem}")


def describe(report: WorkReport) -> str:
    """Say in one line what a pass did."""
    took = f"took {report.received} file(s), {report.claims} claim(s) for adjudication"
    wrote = ", ".join(f"{count} {kind.upper()}" for kind, count in sorted(report.answers.items()))
    return "; ".join(
        part for part in (took if report.received else "", f"wrote {wrote}" if wrote else "") if part
    )


def run_sandbox(
    folder: Path,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    stop: threading.Event | None = None,
    say: Say = print,
) -> None:
    """Run until SIGTERM, SIGINT or *stop*: what `gateway sandbox` does.

    A folder without accounts gets one (`DEFAULT_ACCOUNT`), so that a first try needs no preparation.

    Raises:
        UsageError: the port cannot be used, or the folder's settings are wrong.

    """
    if not account_names(folder):
        create_account(folder, DEFAULT_ACCOUNT, password=DEFAULT_PASSWORD)
    ended = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
    with running(folder, port=port, host=host, say=say) as (server, sandbox):
        for line in introduction(folder, server, host=host):
            say(line)
        due = sandbox.next_due()
        if due is not None:
            say(f"next answer due {due:%Y-%m-%d %H:%M} UTC by the sandbox's clock")
        ended.wait()
        say("stopping")


def introduction(folder: Path, server: SftpServer, *, host: str) -> list[str]:
    """Return the lines that tell a newcomer where everything is."""
    lines = [
        f"sandbox clearinghouse in {folder}",
        f"sftp {host} port {server.port}, host key {server.host_key_line().split()[0]} {server.fingerprint()}",
    ]
    for name in account_names(folder):
        home = folder / name
        ways = [file for file in (PASSWORD_FILE, KEYS_FILE) if (home / file).exists()]
        login = " or ".join(f"{name}/{way}" for way in ways) or f"nothing yet: add {name}/{KEYS_FILE}"
        lines.append(f"account {name}: sftp -P {server.port} {name}@{host} (login by {login})")
    lines.append("put claim files into inbound/, fetch answers from outbound/")
    return lines
