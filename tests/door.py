"""The door of a clearing house for tests of remittances: files of 835s are put out, fetched, archived, sorted, posted or held."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.clock import Clock
from gateway.model.remittance import RemittanceClaim
from gateway.responses import denials as worked
from gateway.store import claim_payments, findings, holds, inbox, ledger, queue, remittances, submissions
from gateway.store.ledger import ClaimAccount
from gateway.store.queue import QueueItem
from gateway.store.remittances import StoredRemittance
from gateway.store.schema import claim_payment, receipt, remittance
from tests.mailroom import envelope, group
from tests.office import record
from tests.trade import Trade

VERSION = "005010X221A1"
HEAD = [
    "BPR*I*100*C*ACH************20260126", "TRN*1*EFT1*1512345678", "DTM*405*20260126", "N1*PR*EXAMPLE HEALTH PLAN",
    "N3*PO BOX 1", "N4*CHICAGO*IL*60601", "REF*2U*60054", "PER*BL*EDI*TE*8005550100", "N1*PE*ROE CLINIC*XX*1098765435",
    "REF*TJ*123456789",
]  # fmt: skip
CLAIM = [
    "LX*1", "CLP*ACC-1*1*125.5*100**12*ICN1*11*1", "NM1*QC*1*POE*PAULA****MI*MBR00001", "DTM*232*20260110",
    "SVC*HC:99213*125.5*100**1", "DTM*472*20260110", "CAS*CO*45*25.5",
]  # fmt: skip
PAID = [*HEAD, *CLAIM]
"""A hundred for ACC-1, 25.50 of it given up."""


def changed(old: str, *new: str, of: list[str] = PAID) -> list[str]:
    """Return the segments with *old* (one of them, or part of one) put otherwise."""
    assert any(old in one for one in of), old
    found: list[str] = []
    for one in of:
        found += [one.replace(old, new[0]), *new[1:]] if old in one and new else [] if old == one else [one]
    return found


def payment(amount: str, *claims: list[str], trace: str = "EFT1", plb: str | None = None) -> list[str]:
    """Return a set that brings *amount* for *claims* (see `answer`); *plb* such as ``FB:EFT1*-200``."""
    bpr = "BPR*H*0*C*NON" if amount == "0" else f"BPR*I*{amount}*C*ACH"
    head = changed("EFT1", trace, of=changed("BPR*I*100*C*ACH", bpr, of=HEAD))
    said = [segment for claim in claims for segment in claim]
    return [*head, *(["LX*1"] if claims else []), *said, *([f"PLB*1098765435*20261231*{plb}"] if plb else [])]


def answer(
    pcn: str,
    charge: str,
    paid: str,
    *own: str,
    lines: Sequence[str] = (),
    status: str = "1",
    icn: str = "ICN1",
    patient: str = "",
    member: str = "MBR00001",
) -> list[str]:
    """Return a claim: *own* are its segments that stand right behind CLP, *lines* those of 2110, *patient* is CLP05."""
    return [
        f"CLP*{pcn}*{status}*{charge}*{paid}*{patient}*12*{icn}*11*1", *own, f"NM1*QC*1*POE*PAULA****MI*{member}",
        "DTM*232*20260110", *lines,
    ]  # fmt: skip


class Door:
    """An installation whose partner puts out 835s; claim ACC-1 is sent where a test wants it."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.trade = Trade(root, clock)
        self.site = self.trade.site
        self._files = 0

    def send(self, number: int = 1, charge: str = "125.50", **changes: Any) -> str:
        """Send claim ACC-*number* of one service, and return its id."""
        made = record(number)
        service = {**made["service_lines"][0], "charge": charge}
        dropped = {**made, "charge": charge, "service_lines": [service], **changes}
        assert self.trade.drop(dropped).ready == 1
        self.trade.send()
        return self.trade.claim(dropped["patient_control_number"]).id

    def fetch(
        self, *sets: list[str], version: str = VERSION, data: str | None = None, **more: Any
    ) -> list[str]:
        """Fetch a file of *sets*; return the state of every remittance that came out of it, in order."""
        self._files += 1
        content = (data or envelope(group("HP", version, *sets), **more)).encode()
        (self.trade.partner / "out" / f"era{self._files}.835").write_bytes(content)
        with self.site.store.read() as tx:
            known = set(tx.execute(select(receipt.c.id)).scalars())
        self.trade.fetch()
        with self.site.store.read() as tx:
            (self.receipt,) = set(tx.execute(select(receipt.c.id)).scalars()) - known
            raw = self.site.inbound / "raw" / "north" / f"{self.receipt}.x12"
            assert raw.read_bytes() == content
            assert inbox.get(tx, self.receipt).state == "processed"
            assert holds.open_kinds(tx, self.receipt) == []
            rows = tx.execute(
                select(remittance.c.id, remittance.c.state)
                .where(remittance.c.receipt == self.receipt)
                .order_by(remittance.c.place)
            ).all()
        self.ids = [row.id for row in rows]
        return [row.state for row in rows]

    def codes(self) -> list[str]:
        """Return the codes of what was said of the file and of the remittances in it."""
        with self.site.store.read() as tx:
            return [f.code for one in (self.receipt, *self.ids) for f in findings.of(tx, one)]

    def said(self) -> list[RemittanceClaim]:
        """Return what is stored of the payments in the last file, as it was read."""
        with self.site.store.read() as tx:
            rows = tx.execute(
                select(claim_payment.c.id)
                .join(remittance, remittance.c.id == claim_payment.c.remittance)
                .where(remittance.c.id.in_(self.ids))
                .order_by(remittance.c.place, claim_payment.c.ordinal)
            ).scalars()
            return [claim_payments.content(tx, one) for one in rows]

    def payments(self) -> list[Any]:
        """Return the claim payments of the last file."""
        with self.site.store.read() as tx:
            columns = (
                claim_payment.c.state,
                claim_payment.c.paid,
                claim_payment.c.contractual,
                claim_payment.c.patient,
            )
            return [
                tuple(row)
                for row in tx.execute(select(*columns).where(claim_payment.c.remittance.in_(self.ids)))
            ]

    def waiting(self) -> list[str]:
        """Return the kinds of what waits in the queue."""
        return [item.kind for item in self.queue()]

    def queue(self) -> list[QueueItem]:
        """Return what waits in the queue, with why and what to do."""
        with self.site.store.read() as tx:
            return queue.items(tx, self.site.settings, self.trade.clock.now())

    def denied(self) -> list[tuple[str, str]]:
        """Return class and reasons of what stands on the list of denials."""
        with self.site.store.read() as tx:
            return [
                (one.class_, ", ".join(f"{r.pair} {r.amount}" for r in one.reasons))
                for one in worked.denials(tx, self.site.settings, worked.Wanted())
            ]

    def account(self, claim: str) -> ClaimAccount:
        """Return the account of a claim, with the books proved."""
        with self.site.store.read() as tx:
            ledger.check_books(tx)
            return ledger.claim_account(tx, claim)

    def balances(self) -> dict[str, Decimal]:
        """Return the balance of every account of the journal, with the books proved."""
        with self.site.store.read() as tx:
            ledger.check_books(tx)
            return ledger.trial_balance(tx)

    def state(self, claim: str) -> str:
        """Return where the newest submission of a claim stands."""
        with self.site.store.read() as tx:
            return submissions.of_claim(tx, claim)[-1].state.value

    def stored(self) -> list[StoredRemittance]:
        """Return the remittances of the last file."""
        with self.site.store.read() as tx:
            return [remittances.get(tx, one) for one in self.ids]
