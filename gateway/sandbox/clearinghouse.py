"""The clearinghouse and the payers behind it: takes uploads, answers at once or when the answer is due.

All state is plain files below its folder (`gateway.sandbox.mailbox`); the clock may be moved. It knows the standard and
our maps, and nothing of the gateway that it is there to test.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.clock import Clock
from gateway.errors import GatewayError, NotFound, UsageError
from gateway.sandbox.accounts import account_names
from gateway.sandbox.clock import locked
from gateway.sandbox.desk import Desk
from gateway.sandbox.faults import MailboxFaults
from gateway.sandbox.mailbox import Mailbox
from gateway.sandbox.notices import FOREIGN_PAYER, foreign_remittance
from gateway.sandbox.settings import SandboxSettings, load_sandbox_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkReport:
    """What one pass did: files taken, claims in accepted sets, answers by kind, and files it could not read."""

    received: int = 0
    claims: int = 0
    answers: dict[str, int]
    problems: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Tell whether anything was taken or answered."""
        return bool(self.received or self.answers)


class Sandbox(MailboxFaults):
    """A clearinghouse of one's own.

    Args:
        folder: one directory an account, and the sandbox's settings.
        clock: tells when answers are due.
        settings: overrules the folder's sandbox.toml.

    Raises:
        ConfigError: sandbox.toml is wrong.

    """

    def __init__(self, folder: Path, clock: Clock, *, settings: SandboxSettings | None = None) -> None:
        self.folder = folder
        self.clock = clock
        self.settings = settings or load_sandbox_settings(folder)

    @property
    def accounts(self) -> list[str]:
        """Return the names of the accounts."""
        return account_names(self.folder)

    def work_off(self) -> WorkReport:
        """Process whole uploads, then write every answer that is due by the clock.

        One account's damage does not stop another's; it is told in the report's problems.
        """
        received, claims = 0, 0
        answers: Counter[str] = Counter()
        problems: list[str] = []
        for account in self.accounts:
            try:
                with locked(self.folder / ".lock"):
                    desk = Desk(Mailbox(self.folder / account), self.settings, self.clock.now())
                    desk.take_in()
                    desk.answer_due()
            except GatewayError as error:
                problems.append(f"{account}: {error}")
                continue
            except Exception as error:  # noqa: BLE001 - one account's trouble must not stop the others
                problems.append(f"{account}: stumbled, tries again on the next pass: {type(error).__name__}")
                continue
            received += desk.received
            claims += desk.claims
            answers.update(desk.answers)
            problems.extend(f"{account}: {problem}" for problem in desk.problems)
        return WorkReport(received=received, claims=claims, answers=dict(answers), problems=tuple(problems))

    def next_due(self) -> datetime | None:
        """Return when there is something to do: now for a waiting upload, else the earliest scheduled answer."""
        moments: list[datetime] = []
        for account in self.accounts:
            with locked(self.folder / ".lock"), suppress(UsageError):  # `work_off` tells of it
                mailbox = self._mailbox(account)
                if self._waiting(mailbox) or any(True for _ in mailbox.unprocessed()):
                    return self.clock.now()
                moments.extend(datetime.fromisoformat(item["due"]) for item in mailbox.state["schedule"])
        return min(moments, default=None)

    def _waiting(self, mailbox: Mailbox) -> list[Path]:
        return mailbox.waiting(
            quiet_seconds=self.settings.quiet_seconds, ignore=self.settings.ignore_suffixes
        )

    def _mailbox(self, account: str) -> Mailbox:
        if account not in self.accounts:
            raise NotFound(f"there is no account {account!r}; there are {', '.join(self.accounts) or 'none'}")
        return Mailbox(self.folder / account)

    def publish(self, account: str, name: str, data: bytes) -> None:
        """Put *data* into *account*'s outbound folder as it is."""
        with locked(self.folder / ".lock"):
            mailbox = self._mailbox(account)
            before = mailbox.state["last_sent"]
            mailbox.post(name, data)
            mailbox.state["last_sent"] = before  # what a fault put there is no answer
            mailbox.save()

    def last_published(self, account: str) -> tuple[str, bytes] | None:
        """Return name and bytes of the newest real answer to *account*."""
        with locked(self.folder / ".lock"):
            return self._mailbox(account).last_sent()

    def foreign_payment(self, account: str) -> bytes:
        """Make an 835 for somebody who has no claim here, from the sandbox to *account*."""
        now = self.clock.now()
        with locked(self.folder / ".lock"):
            mailbox = self._mailbox(account)
            desk = Desk(mailbox, self.settings, now)
            ids = desk.any_ids(account)
            number = mailbox.take_number()
            mailbox.save()
        remittance = foreign_remittance(FOREIGN_PAYER, f"SB{number:09d}", now.date(), receiver_id="STRANGER")
        return desk.envelope_835(ids, "T", number, remittance)
