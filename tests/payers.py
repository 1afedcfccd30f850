"""A billing office whose only partner is the sandbox: claims by script go out, whatever its payers send comes in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.responses.reading import ProcessReport
from gateway.sandbox.accounts import create_account
from gateway.sandbox.clearinghouse import Sandbox
from gateway.store import ledger, queue
from gateway.store.schema import claim_payment, receipt, remittance
from tests.office import record
from tests.trade import Trade

START = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
WAITS = (timedelta(), timedelta(minutes=16), timedelta(days=1), timedelta(days=13), timedelta(days=7))
"""From one answer of the sandbox to the next: 999, clearinghouse, payer, payment, correction."""


def claim(number: int, word: str, *, pcn: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return a claim of two lines, 125.50 and 40.00, whose sandbox script is *word*."""
    made = record(number, **changes)
    member = {"subscriber": {**made["subscriber"], "member_id": f"{word}{number:05d}"}}
    return {**made, "patient_control_number": pcn or f"ACC-{number:04d}", **member}


class Payers(Trade):
    """The office, the wire and the sandbox behind it; every step of `days` proves the books."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            root,
            MovableClock(START),
            send_folder="inbound",
            download={"folders": ["outbound"], "quiet_polls": 1},
        )
        create_account(root / "clearinghouse", "partner")
        self.sandbox = Sandbox(root / "clearinghouse", self.clock)

    def open(self) -> None:
        """Open the installation; its partner is an account of the sandbox."""
        self.partner = self.root.parent / "clearinghouse" / "partner"
        super().open()

    def days(self, waits: Sequence[timedelta] = WAITS) -> list[ProcessReport]:
        """Send what is ready, and fetch what comes of it until the corrections are in."""
        self.send()
        done = []
        for wait in waits:
            self.clock.advance(wait)
            self.sandbox.work_off()
            done.append(self.fetch())
            self.prove()
        return done

    def play(self, *claims: dict[str, Any]) -> None:
        """Drop claims, send them and take in all that comes."""
        self.drop(*claims)
        self.days()

    def prove(self) -> None:
        """Prove the books as `gateway ledger check` does."""
        with self.site.store.read() as tx:
            ledger.check_books(tx)

    # -- what is to be seen

    def account(self, number: str) -> tuple[str, ...]:
        """Return charge, paid, adjusted, patient and open of the claim with this patient control number."""
        found = self.claim(number)
        with self.site.store.read() as tx:
            said = ledger.claim_account(tx, found.id)
        return tuple(
            f"{part:.2f}" for part in (said.charge, said.paid, said.adjusted, said.patient, said.open)
        )

    def remittances(self) -> list[tuple[str, str | None, str]]:
        """Return state, reason and amount of every 835 (ST), in the order they came."""
        with self.site.store.read() as tx:
            rows = tx.execute(
                select(remittance).order_by(
                    remittance.c.received_at, remittance.c.receipt, remittance.c.place
                )
            )
            return [(row.state, row.reason, f"{row.amount or Decimal(0):.2f}") for row in rows]

    def payments(self) -> list[tuple[str, str, str]]:
        """Return state, class and paid amount of every CLP that was kept, in order."""
        with self.site.store.read() as tx:
            query = select(claim_payment).join(remittance, claim_payment.c.remittance == remittance.c.id)
            rows = tx.execute(
                query.order_by(
                    remittance.c.received_at,
                    remittance.c.receipt,
                    remittance.c.place,
                    claim_payment.c.ordinal,
                )
            )
            return [(row.state, row.class_, f"{row.paid:.2f}") for row in rows]

    def receipts(self) -> list[str]:
        """Return the state of every file fetched, in order."""
        with self.site.store.read() as tx:
            return list(
                tx.execute(select(receipt.c.state).order_by(receipt.c.received_at, receipt.c.id)).scalars()
            )

    def waiting(self) -> list[tuple[str, str]]:
        """Return kind and reason of all that waits for a person."""
        with self.site.store.read() as tx:
            return [(i.kind, i.why) for i in queue.items(tx, self.site.settings, self.clock.now())]
