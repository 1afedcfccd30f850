"""A clinic that is told stories of what payers say: a desk on a store of its own, its files, and a person at its queue."""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from sqlalchemy import insert, select

from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.model.identifiers import Kind, new_id
from gateway.responses import sort
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from gateway.store.schema import claim_version, export_row, receipt
from tests.desk import Desk, service
from tests.era_draws import Billed, Delivery, Story
from tests.eras import SECOND, file_of
from tests.sites import settings_of

KEYS = Keys(bytes(range(32)))


class Clinic:
    """A desk on a store of its own that is told a story file by file; gone when left."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.clock, config = MovableClock(), settings_of()
        self.store = open_store(self.root, config, KEYS, self.clock)
        self.archive = Archive(self.root / "state" / "archive", KEYS)
        self.desk = Desk(self.store, config, self.archive, self.root)
        self.claims: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()
        shutil.rmtree(self.root)

    @property
    def database(self) -> Path:
        """The file of the database, for a judge that reads it by plain SQL."""
        return self.root / "state" / "gateway.db"

    def bill(self, claim: Billed) -> None:
        """Send a claim, to the second payer too where the story has it."""
        services = [service(procedure, Decimal(charge) / 100) for procedure, charge in claim.services]
        charge = Decimal(claim.charge) / 100
        name = ("ROE", f"R{claim.key}")
        claim_id = self.desk.claim(
            claim.number, charge, member=claim.member, name=name, payer=claim.payer.id, services=services
        )
        self.claims[claim.key] = claim_id
        if claim.second:
            with self.store.read() as tx:
                (version,) = tx.execute(
                    select(claim_version.c.id).where(claim_version.c.claim == claim_id)
                ).scalars()
            self.desk.submit(claim_id, version, payer=SECOND.id, sequence="S")

    def receive(self, data: bytes) -> str:
        """Take a file in, as collecting does, and work it off."""
        receipt_id = new_id(Kind.RECEIPT)
        blob = self.archive.put(data, "receipt")
        self.clock.advance(timedelta(seconds=1))
        with self.store.write("collect") as tx:
            tx.execute(
                insert(receipt).values(
                    id=receipt_id, partner="north", name_sealed=tx.seal("x"), sha256=sha256(data).hexdigest(),
                    size=len(data), blob=blob, state="received", received_at=tx.now(),
                )
            )  # fmt: skip
            tx.audit(receipt_id)
        sort.process_receipt(self.desk.site, receipt_id, actor="daemon")
        return receipt_id

    def tell(self, story: Story, delivery: Delivery) -> None:
        """Let a story be heard in the order of *delivery*, then do what a person finds in the queue."""
        for claim in story.claims:
            if claim.known == "early":
                self.bill(claim)
        for number, file in enumerate(delivery.files, start=1):
            self.receive(file_of([story.eras[n] for n in file], number=number))
        for claim in story.claims:
            if claim.known == "late":
                self.bill(claim)
        self.desk.place_waiting()

    def waiting(self, story: Story) -> list[tuple[str, str]]:
        """Return what waits for a person and is somebody's here: payment and claim."""
        owners = {a.number: a.owner for era in story.eras for a in era.answers if a.owner}
        found = []
        with self.store.read() as tx:
            for one in claim_payments.in_suspense(tx):
                owner = owners.get(claim_payments.content(tx, one.id).patient_control_number)
                if owner is not None:
                    found.append((one.id, self.claims[owner]))
        return found

    def settle_by_hand(self, story: Story, order: Sequence[int] = ()) -> int:
        """Match by hand what waits, in any *order*, or what is named first where that is refused; return how many."""
        done = 0
        while waiting := self.waiting(story):
            rank = {n: i for i, n in enumerate(order)}
            chosen = min(range(len(waiting)), key=lambda n: (rank.get(n, 99), n))
            payment_id, claim_id = waiting[chosen]
            try:
                self.desk.match(payment_id, claim_id)
            except Refused as refused:
                first = str(refused).partition("gateway match ")[2].partition(" ")[0]
                self.desk.match(first, claim_id)
            done += 1
            self.desk.place_waiting()
        return done

    def exported(self) -> list[dict[str, Any]]:
        """Return the rows of money that the billing system is told."""
        with self.store.read() as tx:
            sealed = tx.execute(
                select(export_row.c.content_sealed).where(export_row.c.kind == "payment")
            ).scalars()
            return [tx.unseal_json(one) for one in sealed]
