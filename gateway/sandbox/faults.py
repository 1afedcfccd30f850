"""A partner that misbehaves, on request: switches on the SFTP server, and files nobody should send.

The switches are attributes of `gateway.sandbox.server.SftpServer`; the files are methods of
`gateway.sandbox.clearinghouse.Sandbox`. Nothing here happens by itself.
"""

import threading
from typing import Protocol


class ServerFaults:
    """What can be wrong with the server; operations are named ``list stat open read write close rename remove``.

    Attributes:
        refuse_logins: every login is refused, whatever the credentials.
        disk_full_after: bytes one upload may have before writes fail as on a full disk; None means no limit.
        denied: operations answered with "permission denied".
        failing: operations answered with a bare "failure".
        cut_before: operations at which the connection is cut once, nothing done.
        cut_after: operations at which the connection is cut once, although they were carried out.
        stalled: operations that never get an answer while they stand here.

    """

    def __init__(self) -> None:
        self.refuse_logins = False
        self.disk_full_after: int | None = None
        self.denied: set[str] = set()
        self.failing: set[str] = set()
        self.cut_before: set[str] = set()
        self.cut_after: set[str] = set()
        self.stalled: set[str] = set()
        self._released = threading.Event()

    def behave(self) -> None:
        """Switch every fault off."""
        self.refuse_logins = False
        self.disk_full_after = None
        for switch in (self.denied, self.failing, self.cut_before, self.cut_after, self.stalled):
            switch.clear()

    def wait_while_stalled(self, operation: str) -> None:
        """Hold *operation* as long as it stands in *stalled* and the server runs."""
        while operation in self.stalled and not self._released.wait(0.02):
            pass

    def release(self) -> None:
        """Let every held operation go on, for good."""
        self._released.set()


class _Mailboxes(Protocol):
    """What the wrong files need of a sandbox."""

    def publish(self, account: str, name: str, data: bytes) -> None: ...

    def last_published(self, account: str) -> tuple[str, bytes] | None: ...

    def foreign_payment(self, account: str) -> bytes: ...


GARBAGE = b"\x00\x01\xfe\xffthis is no interchange\r\n" * 40


class MailboxFaults:
    """Files that a partner should not send; mixed into the sandbox."""

    def drop_garbage(
        self: _Mailboxes, account: str, *, name: str = "GARBAGE.dat", data: bytes = GARBAGE
    ) -> str:
        """Put a file that is no X12 into *account*'s outbound folder and return its name."""
        self.publish(account, name, data)
        return name

    def drop_empty(self: _Mailboxes, account: str, *, name: str = "EMPTY.835") -> str:
        """Put a file without a byte there."""
        self.publish(account, name, b"")
        return name

    def repeat_last(self: _Mailboxes, account: str) -> str | None:
        """Put the newest answer there again, same bytes under another name; None when there is none yet."""
        last = self.last_published(account)
        if last is None:
            return None
        name = f"AGAIN_{last[0]}"
        self.publish(account, name, last[1])
        return name

    def truncate_last(self: _Mailboxes, account: str) -> str | None:
        """Put the first two thirds of the newest answer there, as an interrupted transfer would."""
        last = self.last_published(account)
        if last is None:
            return None
        name = f"CUT_{last[0]}"
        self.publish(account, name, last[1][: len(last[1]) * 2 // 3])
        return name

    def drop_foreign(self: _Mailboxes, account: str, *, name: str = "FOREIGN.835") -> str:
        """Put an 835 for a payee there that has nothing to do with the account."""
        self.publish(account, name, self.foreign_payment(account))
        return name
