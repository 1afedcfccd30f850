"""Every error the gateway raises, drawn once.

Findings are data (`gateway.model.findings`); an exception means that machinery or its input is broken.

    GatewayError
    |- UsageError                 exit 2: arguments, configuration or input that cannot be used
    |  |- ConfigError             config.toml, a secret, a partner profile
    |  |- MapError                a map or overlay is wrong; names file and row
    |  |- NotFound                an id or a file that is not there
    |  '- Refused                 the action is not allowed in this state
    |- TryLater                   exit 3: the same call may go through later
    |  |- Locked                  another process holds the installation or the lease
    |  '- StoreUnavailable        the database cannot be reached or is busy
    |- X12Error                   bytes that cannot be read as X12 (carries the offset)
    |- TransportError             anything the wire did; carries op and maybe_done (exit 3; 1 where a person must act)
    |  |- Unreachable             nobody answered: nothing was done
    |  |- AuthRefused             the partner refuses our login: never retried
    |  |- HostKeyRefused          unknown or changed host key: never retried
    |  |- NegotiationFailed       no common algorithms
    |  |- RemoteDenied            permission
    |  |- RemoteMissing           no such file or folder
    |  |- RemoteExists            the name is taken
    |  |- RemoteFailure           the server said "Failure": look, then decide
    |  |- ConnectionLost          cut in the middle
    |  '- Stalled                 no answer within the time limit
    '- IntegrityError             what we keep is damaged: stop and look
       |- ArchiveDamaged
       |- AuditBroken
       '- BooksBroken
"""

from typing import ClassVar


class GatewayError(Exception):
    """Root of all errors that the gateway raises on purpose."""

    exit_code: ClassVar[int] = 2


class UsageError(GatewayError):
    """Arguments, configuration or input that cannot be used."""


class ConfigError(UsageError):
    """The configuration is wrong; the message names the key and the remedy."""


class MapError(UsageError):
    """A map is wrong; the message names the file and the row."""


class NotFound(UsageError):
    """An id or a file that is not there."""


class Refused(UsageError):
    """The action is not allowed in the present state."""


class TryLater(GatewayError):
    """The same call may go through later."""

    exit_code = 3


class Locked(TryLater):
    """Another process holds the installation or the lease."""


class StoreUnavailable(TryLater):
    """The database cannot be reached or is busy."""


class X12Error(GatewayError):
    """Bytes that cannot be read as X12.

    Args:
        code: a finding code such as ``ENV-NO-ISA``.
        message: a sentence without any value from the file.
        offset: byte offset of the fault in the file, 0-based, where known.

    """

    def __init__(self, code: str, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


class TransportError(GatewayError):
    """Anything the wire did.

    Args:
        op: the operation, such as ``connect``, ``upload``, ``rename``.
        message: a sentence without remote file names.
        maybe_done: True when the partner may have carried the operation out although no answer came:
            such an operation is reconciled by looking, never repeated blindly (design law 3).

    """

    exit_code = 3

    def __init__(self, op: str, message: str, *, maybe_done: bool = False) -> None:
        super().__init__(f"{op}: {message}")
        self.op = op
        self.message = message
        self.maybe_done = maybe_done


class Unreachable(TransportError):
    """Nobody answered: nothing was done."""


class AuthRefused(TransportError):
    """The partner refuses our login. Never retried, because accounts lock."""

    exit_code = 1


class HostKeyRefused(TransportError):
    """The host key is unknown or has changed. Never retried; a person decides."""

    exit_code = 1


class NegotiationFailed(TransportError):
    """The two sides share no algorithm."""

    exit_code = 1


class RemoteDenied(TransportError):
    """The partner's server denies the operation."""

    exit_code = 1


class RemoteMissing(TransportError):
    """No such remote file or folder."""

    exit_code = 1


class RemoteExists(TransportError):
    """The remote name is taken."""


class RemoteFailure(TransportError):
    """The server answered with a bare failure."""


class ConnectionLost(TransportError):
    """The connection broke in the middle of an operation."""


class Stalled(TransportError):
    """No answer came within the time limit."""


class IntegrityError(GatewayError):
    """What we keep is damaged. Nothing goes on until a person has looked."""

    exit_code = 1


class ArchiveDamaged(IntegrityError):
    """An archived file is missing, altered, or cannot be decrypted with the key at hand."""


class AuditBroken(IntegrityError):
    """The audit chain does not verify."""


class BooksBroken(IntegrityError):
    """The journal does not balance."""
