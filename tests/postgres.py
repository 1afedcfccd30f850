"""A private PostgreSQL server for the tests: Debian's binaries, a socket in a temporary folder, nothing kept."""

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

REQUIRED = "GATEWAY_REQUIRE_POSTGRES"
START_SECONDS = 60
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Server:
    """A running server that hands out empty databases."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._numbers = itertools.count(1)

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"gateway_{next(self._numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://gateway@/{name}?host={self._sockets}"

    def drop(self, url: str) -> None:
        """Drop the database of *url*, whoever is still connected."""
        name = url.split("@/", 1)[1].split("?", 1)[0]
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def connect(self, database: str) -> psycopg.Connection:
        """Open a plain connection that commits every statement."""
        return psycopg.connect(dbname=database, user="gateway", host=str(self._sockets), autocommit=True)


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, newest version first, None where there is none."""
    found = shutil.which("initdb")
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    if found:
        folders.insert(0, Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this test run; one visible skip where the binaries are absent."""
    folder = binaries()
    if folder is None:
        remedy = "PostgreSQL is not installed (apt-get install postgresql)"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(remedy)
        pytest.skip(f"{remedy}; {REQUIRED}=1 makes this a failure")
    base = Path(tempfile.mkdtemp(prefix="gwpg"))
    user = _server_user()
    if user is not None:
        os.chown(base, user.pw_uid, user.pw_gid)
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    data = base / "data"
    log = base / "log"
    subprocess.run(
        [folder / "initdb", "-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True, capture_output=True, cwd=base, **who,
    )  # fmt: skip
    options = {
        "listen_addresses": "", "unix_socket_directories": str(base), "fsync": "off", "full_page_writes": "off",
        "shared_buffers": "16MB", "max_connections": "60",
    }  # fmt: skip
    command = [folder / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=base,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  no thread is running yet
            **who,
        )
    try:
        server = Server(base)
        _wait(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(base, ignore_errors=True)


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then take the account Debian made, or nobody."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("no account to run PostgreSQL under")


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _wait(server: Server, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
