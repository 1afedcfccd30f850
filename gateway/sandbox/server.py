"""A real SFTP server on loopback: paramiko, threads, one directory an account.

It serves ``FOLDER/<account>/`` with ``inbound/`` (to the clearinghouse) and ``outbound/`` (from it) and nothing else
of the disk. Logins are the keys in the account's ``authorized_keys`` and the word in its ``password`` file.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, Self

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.sandbox.accounts import account_names, authorized_keys, create_account, password_matches
from gateway.sandbox.faults import ServerFaults
from gateway.sandbox.jail import Jail

HOST_KEY_FILE = "host_key"
LOGIN_SECONDS = 30.0

_LOG = "gateway.sandbox.sftp"
logging.getLogger(_LOG).setLevel(logging.CRITICAL + 1)
"""A client that hangs up is daily business here; paramiko would log a traceback for each. Lower it to look."""


def _host_key(path: Path, *, renew: bool = False) -> paramiko.PKey:
    """Load the host key at *path*, made once and kept."""
    if renew or not path.exists():
        raw = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        fresh = path.with_name(path.name + ".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(raw)
        fresh.replace(path)
    return paramiko.Ed25519Key.from_private_key_file(str(path))


class _Login(paramiko.ServerInterface):
    """One connection's login and its right to the ``sftp`` subsystem, nothing else."""

    def __init__(self, server: "SftpServer") -> None:
        self.server = server
        self.home: Path | None = None

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "publickey,password"

    def _accept(self, username: str, *, good: bool) -> int:
        if not good or self.server.refuse_logins:
            return paramiko.AUTH_FAILED
        self.home = self.server.folder / username
        return paramiko.AUTH_SUCCESSFUL

    def _home(self, username: str) -> Path | None:
        return self.server.folder / username if username in account_names(self.server.folder) else None

    def check_auth_password(self, username: str, password: str) -> int:
        home = self._home(username)
        return self._accept(username, good=home is not None and password_matches(home, password))

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        home = self._home(username)
        line = f"{key.get_name()} {key.get_base64()}"
        return self._accept(username, good=home is not None and line in authorized_keys(home))

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        if kind == "session":
            return paramiko.OPEN_SUCCEEDED
        return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class SftpServer(ServerFaults):
    """The server; its faults are switches on it.

    Args:
        folder: the sandbox's folder; the host key lies in it.

    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._key = _host_key(folder / HOST_KEY_FILE)
        self._socket: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: dict[paramiko.Transport, float] = {}
        self.port = 0
        self.logins = 0

    def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen on *host* and return the port; 0 takes a free one.

        Raises:
            OSError: the port is taken.

        """
        listening = socket.create_server((host, port), backlog=64)
        self._released.clear()
        listening.settimeout(0.2)
        self._socket = listening
        self.port = listening.getsockname()[1]
        self._acceptor = threading.Thread(
            target=self._accept, args=(listening,), name="sandbox-sftp", daemon=True
        )
        self._acceptor.start()
        return self.port

    def stop(self) -> None:
        """Stop listening, cut every connection and wait for the threads."""
        listening, self._socket = self._socket, None
        self.release()
        if self._acceptor is not None:
            self._acceptor.join(5)
        if listening is not None:
            listening.close()
        with self._lock:
            connections = list(self._connections)
            self._connections.clear()
        for transport in connections:
            transport.close()
        for transport in connections:
            transport.join(5)

    def add_account(self, name: str, *, password: str | None = None, public_key: str | None = None) -> Path:
        """Make an account, or give it another password or a further key; see `create_account`."""
        return create_account(self.folder, name, password=password, public_key=public_key)

    def cut_connections(self) -> None:
        """Cut whoever is connected; new connections are welcome."""
        with self._lock:
            connections = list(self._connections)
        for transport in connections:
            transport.close()

    def host_key_line(self) -> str:
        """Return the host key as ``type base64``, the form a known_hosts line has after the host."""
        return f"{self._key.get_name()} {self._key.get_base64()}"

    def fingerprint(self) -> str:
        """Return the host key's ``SHA256:...`` fingerprint as ssh shows it."""
        return str(self._key.fingerprint)

    def change_host_key(self) -> str:
        """Make a new host key for connections from now on and return its line: a partner that moved, or an impostor."""
        self._key = _host_key(self.folder / HOST_KEY_FILE, renew=True)
        return self.host_key_line()

    def __enter__(self) -> Self:
        if self._socket is None:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self, listening: socket.socket) -> None:
        while self._socket is listening:
            self._drop_dead()
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                self._serve(connection)
            except (paramiko.SSHException, OSError, EOFError, RuntimeError):
                # A hang-up in the greeting, or no thread left for it: this caller's trouble, not the server's.
                with contextlib.suppress(OSError):
                    connection.close()

    def _drop_dead(self) -> None:
        """Forget connections that ended; cut those that would not log in."""
        now = time.monotonic()
        with self._lock:
            late = [
                t
                for t, since in self._connections.items()
                if not t.is_authenticated() and now - since > LOGIN_SECONDS
            ]
            self._connections = {
                t: since for t, since in self._connections.items() if t.is_active() and t not in late
            }
        for transport in late:
            transport.close()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        transport = paramiko.Transport(connection)
        transport.set_log_channel(_LOG)
        transport.banner_timeout = LOGIN_SECONDS
        transport.daemon = True
        transport.add_server_key(self._key)
        login = _Login(self)
        transport.set_subsystem_handler("sftp", _Subsystem, sftp_si=_Session, owner=self, transport=transport)
        with self._lock:
            # With an event start_server does not wait: a slow caller must not keep others out.
            transport.start_server(event=threading.Event(), server=login)
            self._connections[transport] = time.monotonic()


class _Subsystem(paramiko.SFTPServer):
    """paramiko's packet loop, one thread a channel."""


class _Session(Jail):
    """One logged-in client: the jail of its account."""

    def __init__(self, login: _Login, *, owner: SftpServer, transport: Any) -> None:
        if login.home is None:  # the subsystem is only reached after a login
            raise paramiko.SSHException("not logged in")
        owner.logins += 1
        super().__init__(login, home=login.home, faults=owner, cut=transport.close)
