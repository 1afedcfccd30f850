"""An installation and its only partner, a folder: claims dropped on one side, answers put out on the other."""

import re
from pathlib import Path
from typing import Any

from gateway.claims import batch
from gateway.claims.intake import IntakeReport, take_in
from gateway.claims.intake.rejected import give_back_rejected
from gateway.clock import Clock, MovableClock
from gateway.exchange import collect, deliver, reconcile
from gateway.responses import export, sort
from gateway.responses.reading import ProcessReport
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import claims
from gateway.store.claims import StoredClaim
from tests.mailroom import envelope, group
from tests.office import lines
from tests.wires import folder_partner, site_of

PARTNER = "north"
_CLAIM = re.compile(r"CLM\*([^*]+)\*([^*]+)\*")
_GROUP = re.compile(r"GS\*HC\*[^*]+\*[^*]+\*[^*]+\*[^*]+\*(\d+)\*")


class Trade:
    """Both ends of the wire."""

    def __init__(self, root: Path, clock: Clock | None = None, **profile: Any) -> None:
        self.root = root / "gateway"
        self.partner = root / "partner"
        self.clock = clock or MovableClock()
        self._profile = {
            "payers": ["60054", "87726"],
            "receiver_id": "NORTH01",
            "envelope": {"sender_id": "SUB100", "receiver_id": "NORTH01"},
            **profile,
        }
        self._files = 0
        self.root.mkdir(exist_ok=True)
        self.open()

    def open(self) -> None:
        """Open the installation (again), as a start does."""
        site = site_of(self.root, self.clock, **{PARTNER: folder_partner(self.partner, **self._profile)})
        settings: Settings = site.settings.model_copy(update={"intake_quiet_seconds": 0})
        self.site = Site(
            root=site.root,
            settings=settings,
            store=site.store,
            archive=site.archive,
            clock=site.clock,
            claim_map=site.claim_map,
            transport=site.transport,
            origins=site.origins,
        )
        self.site.outbound.mkdir(exist_ok=True)

    def close(self) -> None:
        """Let go of the database."""
        self.site.store.close()

    def drop(self, *records: Any) -> IntakeReport:
        """Drop claim records as one file and take them in."""
        self.put_down(*records)
        return take_in(self.site)

    def put_down(self, *records: Any) -> None:
        """Drop claim records as one file, and leave it there."""
        self._files += 1
        (self.site.outbound / f"day{self._files}.jsonl").write_text(lines(records))

    def send(self) -> batch.BatchReport:
        """Seal what is ready, deliver what is due, and look after what is unsure."""
        report = batch.send_ready(self.site, PARTNER)
        deliver.deliver_due(self.site, PARTNER)
        reconcile.reconcile(self.site, PARTNER)
        return report

    def fetch(self) -> ProcessReport:
        """Fetch what the partner put out, apply it, and tell the billing system."""
        collect.collect(self.site, PARTNER)
        report = sort.process(self.site)
        export.export_pending(self.site)
        give_back_rejected(self.site)
        return report

    def claim(self, number: str) -> StoredClaim:
        """Return the only claim with this patient control number."""
        with self.site.store.read() as tx:
            (found,) = claims.with_pcn(tx, number)
        return found

    # -- the partner's side

    def arrived(self) -> list[str]:
        """Return the files at the partner, in the order of their numbers."""
        return [path.read_text() for path in sorted((self.partner / "in").glob("*.837"))]

    def numbers_arrived(self) -> list[str]:
        """Return the patient control numbers at the partner, one an appearance."""
        return [number for text in self.arrived() for number, _ in _CLAIM.findall(text)]

    def put_out(self, data: str, name: str | None = None) -> None:
        """Put a file out for us."""
        self._files += 1
        (self.partner / "out" / (name or f"answer{self._files}.x12")).write_text(data)

    def put_out_999(self, file: str, status: str, *errors: str) -> None:
        """Answer a file that arrived with a 999: *status* A or R, *errors* its IK3, CTX and IK4 segments."""
        self._files += 1
        accepted = 1 if status == "A" else 0
        said = [
            f"AK1*HC*{group_number(file)}*005010X222A1",
            "AK2*837*0001*005010X222A1",
            *errors,
            f"IK5*{status}" + ("*5" if status == "R" else ""),
            f"AK9*{status}*1*1*{accepted}",
        ]
        number = self._files
        self.put_out(envelope(group("FA", "005010X231A1", said, number=number), number=number))


def group_number(file: str) -> str:
    """Return GS06 of an 837."""
    found = _GROUP.search(file)
    assert found is not None
    return found[1]


def claims_in(file: str) -> list[tuple[str, str]]:
    """Return patient control number and charge of each claim of an 837, in order."""
    return _CLAIM.findall(file)
