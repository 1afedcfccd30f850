"""A private OpenSSH sshd on a free loopback port: the truth that our SFTP is tested against.

Runs as root with its own configuration, host key and accounts, all in a temporary folder. Every account is a folder
and a key: the key's forced command starts ``internal-sftp`` there, with the options a test wants (``-P rename``, ``-R``).
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def need_sshd() -> None:
    """Skip visibly where sshd cannot be run; fail where GATEWAY_REQUIRE_SSHD=1 says that it must."""
    reason = None
    if SSHD is None:
        reason = "OpenSSH's sshd is not installed (apt-get install openssh-server)"
    elif os.geteuid() != 0:
        reason = "sshd is started as root only"
    if reason and os.environ.get("GATEWAY_REQUIRE_SSHD") == "1":
        pytest.fail(f"GATEWAY_REQUIRE_SSHD=1, but {reason}")
    if reason:
        pytest.skip(reason)


@dataclass
class Account:
    """One login: *root* is where its session starts, *key* its private key file."""

    username: str
    root: Path
    key: Path


@dataclass
class Sshd:
    """A running sshd."""

    folder: Path
    port: int
    host_key: str
    process: "subprocess.Popen[bytes] | None" = None
    accounts: list[Account] = field(default_factory=list)

    def account(self, name: str, *, options: str = "", folders: tuple[str, ...] = ("in", "out")) -> Account:
        """Add a login whose session starts in a folder of its own; *options* go to internal-sftp."""
        root = self.folder / "accounts" / name
        for each in folders:
            (root / each).mkdir(parents=True, exist_ok=True)
        key = self.folder / f"{name}.key"
        _keygen(key)
        public = key.with_suffix(".key.pub").read_text().strip()
        with (self.folder / "authorized_keys").open("a") as file:
            file.write(f'restrict,command="internal-sftp -d {root} {options}" {public}\n')
        account = Account("root", root, key)
        self.accounts.append(account)
        return account

    def change_host_key(self) -> None:
        """Restart with another host key, as a partner who moved or an impostor would show."""
        self.stop()
        for old in self.folder.glob("host_key*"):
            old.unlink()
        self.host_key = _keygen(self.folder / "host_key")
        self.start()

    def start(self) -> None:
        """Start and wait until the port answers."""
        assert SSHD is not None
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.folder / "config")], stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("sshd did not start: " + (self.folder / "sshd.log").read_text()[-500:])

    def stop(self) -> None:
        """Stop the listener and the sessions it has."""
        if self.process is not None:
            children = subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
                capture_output=True,
                text=True,
                check=False,
            ).stdout.split()
            self.process.terminate()
            self.process.wait(timeout=10)
            for child in children:
                try:
                    os.kill(int(child), 15)
                except ProcessLookupError:
                    continue
            self.process = None


@contextmanager
def running_sshd(folder: Path) -> Iterator[Sshd]:
    """Run an sshd whose files are all in *folder*."""
    need_sshd()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    host_key = _keygen(folder / "host_key")
    (folder / "authorized_keys").touch(mode=0o600)
    (folder / "config").write_text(
        f"""
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
LogLevel VERBOSE
""",
    )
    server = Sshd(folder, port, host_key)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _keygen(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path.with_name(path.name + ".pub").read_text().strip()
