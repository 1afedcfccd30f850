"""One account at the sandbox and its mail: uploads, answers taken away by kind, read back with our maps."""

import io
from datetime import timedelta
from pathlib import Path

from gateway.clock import MovableClock
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_record, read_ta1
from gateway.sandbox.accounts import create_account
from gateway.sandbox.clearinghouse import Sandbox
from gateway.sandbox.settings import SandboxSettings
from gateway.x12.check import check_x12
from gateway.x12.reader import Ta1Segment, TransactionSet, read_x12
from tests.unit.sandbox.office import CREATED

DAY = timedelta(days=1)
MAPS = {"999": "999", "277": "277ca", "835": "835"}


class Office:
    """One account and its mail."""

    def __init__(self, folder: Path, settings: SandboxSettings | None = None) -> None:
        self.clock = MovableClock(CREATED)
        self.home = create_account(folder, "acme", password="x")
        self.sandbox = Sandbox(folder, self.clock, settings=settings)

    def send(self, data: bytes, name: str = "claims.837") -> None:
        (self.home / "inbound" / name).write_bytes(data)

    def fetch(self, *, after: timedelta = timedelta(), checked: bool = True) -> dict[str, list[bytes]]:
        """Move the clock, let the sandbox work, and take every answer away, by kind."""
        self.clock.advance(after)
        report = self.sandbox.work_off()
        assert report.problems == ()
        mail: dict[str, list[bytes]] = {}
        for path in sorted((self.home / "outbound").iterdir()):
            mail.setdefault(path.suffix[1:], []).append(path.read_bytes())
            path.unlink()
        if checked:
            for data in (d for kind, files in mail.items() for d in files if kind != "ta1"):
                assert check_x12(data).findings == ()
        assert {kind: len(files) for kind, files in mail.items()} == report.answers
        return mail


def records(data: bytes) -> list:
    """Read an answer back with our maps."""
    found: list = []
    for interchange in read_x12(io.BytesIO(data)):
        for part in interchange.parts():
            if isinstance(part, Ta1Segment):
                found.append(read_ta1(part.elements))
            elif isinstance(part, TransactionSet):
                read = read_record(
                    load_map(MAPS[part.set_id]), part.segments(), interchange.header.separators
                )
                assert read.residue == 0
                found.append(read.record)
        assert interchange.intact
    return found


def everything(office: Office) -> dict[str, list[bytes]]:
    mail: dict[str, list[bytes]] = {}
    for wait in (timedelta(), timedelta(minutes=16), DAY, 13 * DAY, 7 * DAY):
        for kind, files in office.fetch(after=wait).items():
            mail.setdefault(kind, []).extend(files)
    return mail
