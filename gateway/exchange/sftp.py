"""SFTP on paramiko, the only door to it: pinned host keys, time limits everywhere, errors translated where they arise.

paramiko's own errors do not tell what happened at the partner (reliability.md 4): host key, login and a dropped
connection share a class, some cuts are EOFError, a black hole is silence. Each call here therefore says what a failure
at that place means, above all whether the partner may have done it (*maybe_done*). No agent, no known_hosts, no
``~/.ssh``: the profile's ``host_keys`` are the only keys we believe.
"""

import io
import logging
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko

from gateway.errors import (
    AuthRefused,
    ConfigError,
    ConnectionLost,
    HostKeyRefused,
    NegotiationFailed,
    RemoteDenied,
    Stalled,
    Unreachable,
)
from gateway.exchange.sftp_session import GARBAGE, SftpSession
from gateway.settings import Partner, Sftp

_KEY_FAMILIES = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)

# paramiko logs remote names and tracebacks; nothing of it may reach a log (law 11). What matters is in our errors.
logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)


class SftpTransport:
    """SFTP to one partner, as its profile says.

    Args:
        profile: the partner's profile; `profile.sftp` must be there.
        secrets: gives the value of a secret by its reference; raises ConfigError when it is missing.

    """

    def __init__(self, profile: Partner, secrets: Callable[[str], bytes]) -> None:
        if profile.sftp is None:
            raise ConfigError("this partner has no [sftp] section")
        self._sftp: Sftp = profile.sftp
        self._pinned = [_public_key(line) for line in profile.host_keys]
        self._secrets = secrets

    @contextmanager
    def connect(self) -> Iterator["SftpSession"]:
        """Log in and open an SFTP channel; leaving the context logs out.

        Raises:
            Unreachable: nobody answered, or the connection was cut before anybody was identified.
            Stalled, ConnectionLost: silence or a cut during login; nothing was done.
            HostKeyRefused: the host key is not among the pinned ones.
            AuthRefused: the partner refuses our login.
            NegotiationFailed: no common algorithm.
            ConfigError: our own key or password is missing or cannot be read.

        """
        if not self._pinned:
            raise HostKeyRefused("connect", "no host key is pinned; run: gateway partner trust NAME")
        login = self._login()
        transport = self._negotiate(self._preferred_keys())
        session: SftpSession | None = None
        try:
            self._verify(transport)
            _authenticate(transport, self._sftp.username, login)
            session = SftpSession(transport, _open_channel(transport, self._sftp), self._sftp.attempt_seconds)
            yield session
        finally:
            if session is not None:
                session.end()
            transport.close()

    def host_keys(self) -> Iterator[str]:
        """Return the host keys that the server presents, one of each kind it has, without logging in."""
        for family in _KEY_FAMILIES:
            try:
                transport = self._negotiate(family)
            except NegotiationFailed:
                continue
            try:
                key = transport.get_remote_server_key()
                yield f"{key.get_name()} {key.get_base64()}"
            finally:
                transport.close()

    def _preferred_keys(self) -> tuple[str, ...]:
        """Ask for the pinned kinds first: a server with several keys must show the one we know."""
        kinds = {kind for kind, _ in self._pinned}
        wanted = [
            name
            for family in _KEY_FAMILIES
            for name in family
            if name in kinds or ("ssh-rsa" in kinds and "rsa" in name)
        ]
        others = [name for family in _KEY_FAMILIES for name in family if name not in wanted]
        return (*wanted, *others)

    def _negotiate(self, keys: tuple[str, ...]) -> paramiko.Transport:
        limit = self._sftp.connect_seconds
        try:
            sock = socket.create_connection((self._sftp.host, self._sftp.port), timeout=limit)
        except TimeoutError:
            raise Stalled("connect", f"no answer within {limit:g} s") from None
        except OSError as fault:
            raise Unreachable(
                "connect", f"nobody answers ({fault.strerror or type(fault).__name__})"
            ) from None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(sock)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = limit
        transport.channel_timeout = limit
        try:
            transport.get_security_options().key_types = keys
            transport.start_client(timeout=2 * limit)
            if not transport.initial_kex_done:
                raise Stalled("connect", "the key exchange did not end in time")
        except paramiko.ssh_exception.IncompatiblePeer as fault:
            transport.close()
            ours = transport.get_security_options()
            raise NegotiationFailed(
                "connect",
                f"{fault}; we offer key exchange {', '.join(ours.kex)}, host keys {', '.join(keys)}, "
                f"ciphers {', '.join(ours.ciphers)}. Ask the partner to enable one of them",
            ) from None
        except (paramiko.SSHException, EOFError, OSError, *GARBAGE) as fault:
            transport.close()
            if "banner" in str(fault) and "timed out" in str(fault).lower():
                raise Stalled("connect", "the server does not greet as SSH") from None
            raise Unreachable("connect", "cut, or not an SSH server, before the host key was shown") from None
        except BaseException:
            transport.close()
            raise
        return transport

    def _verify(self, transport: paramiko.Transport) -> None:
        key = transport.get_remote_server_key()
        if (key.get_name(), key.get_base64()) not in self._pinned:
            raise HostKeyRefused(
                "connect",
                f"the server shows {key.get_name()} {key.fingerprint}, which is not pinned; ask the partner by "
                "another channel, then run: gateway partner trust NAME",
            )

    def _login(self) -> tuple[paramiko.PKey | None, str | None]:
        sftp = self._sftp
        key = password = None
        if sftp.private_key:
            phrase = self._secret("passphrase", sftp.passphrase).decode() if sftp.passphrase else None
            key = _private_key(self._secret("private_key", sftp.private_key), phrase and phrase.strip("\r\n"))
        if sftp.password:
            password = self._secret("password", sftp.password).decode().strip("\r\n")
        if key is None and password is None:
            raise ConfigError("sftp: give private_key or password")
        return key, password

    def _secret(self, key: str, reference: str) -> bytes:
        try:
            return self._secrets(reference)
        except ConfigError as fault:
            raise ConfigError(f"sftp.{key}: {fault}") from None


def _authenticate(
    transport: paramiko.Transport, username: str, login: tuple[paramiko.PKey | None, str | None]
) -> None:
    key, password = login
    try:
        more = transport.auth_publickey(username, key) if key is not None else ["password"]
        if more and password is not None:
            more = transport.auth_password(username, password)
    except (paramiko.SSHException, EOFError, OSError, *GARBAGE) as fault:
        # the class does not tell a refusal from a cut: a live connection does (reliability.md 4)
        if "timeout" in str(fault).lower():
            raise Stalled("login", "no answer to our login") from None
        if isinstance(fault, paramiko.AuthenticationException) and transport.is_active():
            raise AuthRefused("login", "the partner refuses our login") from None
        raise ConnectionLost("login", "the connection broke during login") from None
    if not transport.is_authenticated():
        raise AuthRefused("login", f"the partner asks for more than we have ({', '.join(more)})")


def _open_channel(transport: paramiko.Transport, sftp: Sftp) -> paramiko.SFTPClient:
    try:
        channel = transport.open_session(timeout=sftp.connect_seconds)
        channel.settimeout(sftp.answer_seconds)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)
    except TimeoutError:
        raise Stalled("connect", "SFTP does not start") from None
    except (paramiko.SSHException, EOFError, OSError, *GARBAGE) as fault:
        if (
            isinstance(fault, paramiko.SSHException)
            and transport.is_active()
            and "timeout" not in str(fault).lower()
        ):
            raise RemoteDenied(
                "connect", "logged in, but the partner does not offer SFTP to this account"
            ) from None
        raise ConnectionLost("connect", "the connection broke before SFTP started") from None


def _public_key(line: str) -> tuple[str, str]:
    parts = line.split()
    if len(parts) < 2:
        raise ConfigError('host_keys: each entry is "type base64", as `gateway partner trust` writes it')
    return parts[0], parts[1]


def _private_key(data: bytes, passphrase: str | None) -> paramiko.PKey:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise ConfigError("sftp.private_key is not an OpenSSH private key") from None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), password=passphrase)
        except paramiko.PasswordRequiredException:
            raise ConfigError("sftp.private_key is encrypted; give sftp.passphrase") from None
        except (paramiko.SSHException, ValueError, IndexError, TypeError, struct.error):
            continue
    raise ConfigError(
        "sftp.private_key cannot be read: not an ed25519, ECDSA or RSA key, or a wrong passphrase"
    )
