"""A billing office for tests of the way in: claim records as a billing system writes them, dropped into an installation."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.claims.intake import IntakeReport, take_in
from gateway.claims.intake.origin import Origins
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import claims
from gateway.store.archive import Archive
from gateway.store.claims import StoredClaim
from gateway.store.db import Store

BILLING: dict[str, Any] = {
    "name": "Roe Clinic",
    "npi": "1098765435",
    "tax_id": "12-3456789",
    "taxonomy": "207Q00000X",
    "address": {"line1": "1 Example Way", "city": "Springfield", "state": "IL", "zip": "62701-0001"},
}


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a sound claim record for the payer of partner north; another *number* is another patient."""
    made: dict[str, Any] = {
        "patient_control_number": f"ACC-{number}",
        "charge": "165.50",
        "billing_provider": BILLING,
        "rendering_provider": {"entity_type": "1", "name": "Loe", "first_name": "Lea", "npi": "1555123458"},
        "payer": {"id": "60054", "name": "Example Health Plan"},
        "subscriber": {
            "last_name": "Poe",
            "first_name": "Paula",
            "member_id": f"MBR{number:05d}",
            "birth_date": "1980-05-17",
            "sex": "F",
            "address": {"line1": "12 Oak Ave", "city": "Springfield", "state": "IL", "zip": "62702"},
        },
        "diagnoses": ["J01.90", "R50.9"],
        "service_lines": [
            {
                "procedure": "99213",
                "modifiers": ["25"],
                "charge": "125.50",
                "units": "1",
                "service_date": "2026-01-10",
                "diagnosis_pointers": [1, 2],
                "line_control_number": f"L{number}A",
            },
            {
                "procedure": "87880",
                "charge": "40.00",
                "units": "1",
                "service_date": "20260110",
                "diagnosis_pointers": [1],
                "line_control_number": f"L{number}B",
            },
        ],
    }
    return {**made, **changes}


def lines(records: Sequence[Any]) -> str:
    """Return records as JSON lines; a text stands for itself."""
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records)


class Office:
    """One installation's outbound/ and what comes back into it."""

    def __init__(self, root: Path, settings: Settings, store: Store, archive: Archive) -> None:
        self.site = Site(
            root=root,
            settings=settings,
            store=store,
            archive=archive,
            clock=store.clock,
            claim_map=_claim_map,
            transport=_no_wire,
            origins=Origins,
        )
        self.site.outbound.mkdir(exist_ok=True)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into outbound/, whole."""
        path = self.site.outbound / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, name: str, content: str | bytes) -> IntakeReport:
        """Drop a file and take it in."""
        self.drop(name, content)
        return take_in(self.site)

    def take_records(self, *records: Any) -> IntakeReport:
        """Drop records as JSON lines and take them in."""
        return self.take("monday.jsonl", lines(records))

    def claims(self, number: str) -> list[StoredClaim]:
        """Return the claims with this patient control number."""
        with self.site.store.read() as tx:
            return claims.with_pcn(tx, number)

    def claim(self, number: str = "ACC-1") -> StoredClaim:
        """Return the only claim with this patient control number."""
        (found,) = self.claims(number)
        return found

    @property
    def rejected(self) -> Path:
        """Where refused records come back."""
        return self.site.outbound / "rejected"

    def reasons(self, file_id: str) -> list[dict[str, Any]]:
        """Return what stands in the reasons file for programs."""
        text = (self.rejected / f"{file_id}.reasons.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def codes(self, file_id: str) -> list[str]:
        """Return the codes of all errors in it."""
        return [
            f["code"] for row in self.reasons(file_id) for f in row["findings"] if f["severity"] == "error"
        ]


_compiled: list[Any] = []


def _claim_map(_partner: str) -> Any:
    from gateway.mapping.compile import load_map

    if not _compiled:
        _compiled.append(load_map("837p"))
    return _compiled[0]


def _no_wire(_partner: str) -> Any:
    raise AssertionError("nothing goes over a wire in this test")
