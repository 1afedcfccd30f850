"""The sandbox as a program: server, clearinghouse and clock together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import UsageError
from gateway.sandbox.run import DEFAULT_ACCOUNT, DEFAULT_PASSWORD, advance_clock, run_sandbox, running
from tests.unit.sandbox.office import claim_file, make_claim
from tests.unit.sandbox.test_server import client, put


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_upload_over_sftp_and_answers_as_the_clock_moves(tmp_path: Path) -> None:
    said: list[str] = []
    with running(tmp_path, say=said.append) as (server, sandbox):
        server.add_account("acme", password="open sesame")
        with client(server) as sftp:
            put(sftp, "inbound/claims.part", claim_file([make_claim("PAY1")]))
            sftp.rename("inbound/claims.part", "inbound/claims.837")
            kinds: set[str] = set()

            def see(*wanted: str) -> bool:
                kinds.update(name.rsplit(".", 1)[1] for name in sftp.listdir("outbound"))
                return kinds == set(wanted)

            wait_for(lambda: see("999"))
            assert sftp.listdir("inbound") == []
            advance_clock(tmp_path, timedelta(days=15))
            wait_for(lambda: see("999", "277ca", "835"))
        assert sandbox.next_due() is None
    assert any("took 1 file(s), 1 claim(s)" in line for line in said)


def test_a_first_try_needs_no_preparation(tmp_path: Path) -> None:
    said: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(
        target=run_sandbox, args=(tmp_path,), kwargs={"stop": stop, "say": said.append}, daemon=True
    )
    thread.start()
    wait_for(lambda: any("inbound/" in line for line in said))
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert (tmp_path / DEFAULT_ACCOUNT / "password").read_text().strip() == DEFAULT_PASSWORD
    text = "\n".join(said)
    for word in (str(tmp_path), "127.0.0.1", "SHA256:", f"account {DEFAULT_ACCOUNT}", "outbound/"):
        assert word in text


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            run_sandbox(tmp_path, port)


def test_it_ends_on_sigterm(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from gateway.sandbox.run import run_sandbox; run_sandbox(Path(sys.argv[1]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    while "outbound/" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("stopping\n")
