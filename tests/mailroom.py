"""A mail room for tests of answers: claims sent in sets, answers given as records or as files."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from gateway.mapping.compile import load_map
from gateway.model.acknowledgement import (
    BatchVerdict,
    ClaimAcknowledgement,
    ClaimStatus,
    GroupAcknowledgement,
    InterchangeAcknowledgement,
    Outcome,
    Responder,
    Status,
)
from gateway.model.claim import BillingProvider, Claim, Payer, ServiceLine, Subscriber
from gateway.model.identifiers import Kind, new_id
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.responses.acknowledge import Origin, apply_277ca, apply_999, apply_ta1
from gateway.settings import Replies, Settings
from gateway.site import Site
from gateway.store import attempts, charges, claims, exports, holds, submissions, transmissions
from gateway.store.acknowledgements import Result
from gateway.store.archive import Archive
from gateway.store.attempts import AttemptState
from gateway.store.db import Store
from gateway.store.schema import export_row, finding, intake_file, receipt, submission

NPI = "1098765435"
HEAD = 10
"""Segments of a set before its first claim: ST, BHT, 1000A, 1000B, the billing provider."""
SPAN = 10
"""Segments of a claim."""


class Mailroom:
    """One installation that has sent something and gets answers."""

    def __init__(self, store: Store, settings: Settings, archive: Archive, root: Path) -> None:
        self.store = store
        self.archive = archive
        self.settings = settings
        self.site = Site(
            root=root,
            settings=settings,
            store=store,
            archive=archive,
            clock=store.clock,
            claim_map=lambda _partner: load_map("837p"),
            transport=_nothing,
        )
        self._numbers = 100
        self._receipts = 0

    def claim(
        self,
        pcn: str,
        *,
        charge: str = "125.50",
        member: str = "MBR000111",
        day: date = date(2024, 1, 10),
        provider: tuple[str, str] = ("ROE CLINIC", NPI),
    ) -> tuple[str, str]:
        """Open a claim that came in as row 7 of a dropped file, and return claim and version id."""
        content = Claim(
            patient_control_number=pcn,
            charge=Decimal(charge),
            billing_provider=BillingProvider(name=provider[0], npi=provider[1]),
            subscriber=Subscriber(last_name="ROE", first_name="RICHARD", member_id=member),
            payer=Payer(name="EXAMPLE HEALTH PLAN", id="60054"),
            service_lines=(
                ServiceLine(procedure="99213", charge=Decimal(charge), units=Decimal(1), service_date=day),
            ),
        )
        with self.store.write("intake") as tx:
            file_id = new_id(Kind.INTAKE_FILE)
            tx.execute(
                insert(intake_file).values(
                    id=file_id, name_sealed=tx.seal("monday.jsonl"), sha256=file_id, size=1, blob=file_id, state="done",
                    received_at=tx.now(),
                )
            )  # fmt: skip
            found = claims.new_claim(tx, content, partner="north", intake_file=file_id, row=7)
            tx.audit(found[0])
        return found

    def send(
        self,
        *sets: Sequence[str],
        state: TransmissionState = TransmissionState.DELIVERED,
        tries: int = 1,
        partner: str = "north",
        providers: Mapping[str, tuple[str, str]] | None = None,
        **content: Any,
    ) -> str:
        """Send claims with these patient control numbers, one list a set; GS06 is the ISA13; BHT03 ``B<isa13>-<st02>``.

        *providers* names the billing provider and its NPI of claims that are not ROE CLINIC's.
        """
        ours = {"provider": ("ROE CLINIC", NPI)} | content
        others = {pcn: {"provider": one} for pcn, one in (providers or {}).items()}
        opened = [[self.claim(pcn, **(ours | others.get(pcn, {}))) for pcn in one] for one in sets]
        return self.dispatch(opened, state=state, tries=tries, partner=partner)

    def dispatch(
        self,
        opened: Sequence[Sequence[tuple[str, str]]],
        *,
        state: TransmissionState = TransmissionState.DELIVERED,
        tries: int = 1,
        partner: str = "north",
    ) -> str:
        """Send versions that are there already, given as (claim, version), one list a set."""
        self._numbers += 1
        receiver = f"ZZ:{self.settings.partner[partner].envelope.receiver_id}"
        with self.store.write("seal") as tx:
            identifier = transmissions.new_draft(
                tx, partner=partner, environment="test", kind="837P", sender="ZZ:SUB100", receiver=receiver,
                isa13=self._numbers, gs06=self._numbers, version="005010X222A1", claims=0, billed=Decimal(0),
            )  # fmt: skip
            for number, one in enumerate(opened, start=1):
                st02 = f"{number:04d}"
                batch = "B" if partner == "north" else f"B{partner.upper()}-"
                transmissions.add_set(tx, identifier, st02, f"{batch}{self._numbers}-{st02}")
                for ordinal, (claim_id, version_id) in enumerate(one):
                    reserved = transmissions.reserve(
                        tx, identifier, st02, claim_id=claim_id, version_id=version_id, payer="60054",
                        payer_sequence="P", frequency="1",
                    )  # fmt: skip
                    assert reserved is not None
                    first = HEAD + 1 + ordinal * SPAN
                    transmissions.place_submission(
                        tx, reserved, first_segment=first, last_segment=first + SPAN - 1
                    )
                    submissions.move(tx, reserved, SubmissionState.SEALED)
                    charges.book(tx, [reserved])
            transmissions.move(tx, identifier, TransmissionState.SEALED)
            for n in range(1, tries + 1):
                attempts.begin(tx, identifier, final_name="x", temp_name=None)
                if n < tries:
                    attempts.end(tx, identifier, n, AttemptState.FAILED)
            for step in {
                TransmissionState.SEALED: (),
                TransmissionState.SENDING: (TransmissionState.SENDING,),
                TransmissionState.UNCERTAIN: (TransmissionState.SENDING, TransmissionState.UNCERTAIN),
            }.get(state, (TransmissionState.SENDING, TransmissionState.DELIVERED)):
                transmissions.move(tx, identifier, step)
            if state is TransmissionState.UNCERTAIN:
                holds.place(tx, identifier, "uncertain", "nobody knows")
            tx.audit(identifier)
        return identifier

    def next_number(self, number: int) -> None:
        """Say under which ISA13 and GS06 the next transmission goes, used before or not."""
        self._numbers = number - 1

    def number(self, transmission_id: str) -> str:
        """Return the ISA13 and GS06 of a transmission, as text."""
        with self.store.read() as tx:
            return str(transmissions.get(tx, transmission_id).gs06)

    def receipt(self, data: bytes | None = None, *, partner: str = "north") -> str:
        """Keep *data* as a file that came in, and return its receipt's id."""
        self._receipts += 1
        content = data if data is not None else f"nothing {self._receipts}".encode()
        identifier = new_id(Kind.RECEIPT)
        blob = self.archive.put(content, "receipt")
        with self.store.write("collect") as tx:
            tx.execute(
                insert(receipt).values(
                    id=identifier, partner=partner, name_sealed=tx.seal("name"), sha256=sha256(content).hexdigest(),
                    size=len(content), blob=blob, state="received", received_at=tx.now(),
                )
            )  # fmt: skip
            tx.audit(identifier)
        return identifier

    def origin(self, *, receipt_id: str | None = None, place: str = "1/1/1") -> Origin:
        """Return a place in a new receipt, or in the one given."""
        return Origin(receipt=receipt_id or self.receipt(), place=place, partner="north")

    def ta1(self, number: str, status: str, note: str = "000", *, origin: Origin | None = None) -> Result:
        """Apply a TA1."""
        said = InterchangeAcknowledgement(
            interchange_control_number=number.zfill(9), status=status, note_code=note
        )
        here = origin or self.origin()
        with self.store.write("answer") as tx:
            found = apply_ta1(tx, self.settings.partner["north"].envelope, said, here)
            tx.audit("x")
        return found

    def ack_999(self, said: GroupAcknowledgement, *, origin: Origin | None = None) -> list[Result]:
        """Apply a 999."""
        here = origin or self.origin()
        with self.store.write("answer") as tx:
            found = apply_999(tx, said, here)
            tx.audit("x")
        return found

    def ack_277ca(
        self,
        *statuses: ClaimStatus,
        batch: str | None = None,
        role: str = "payer",
        name: str = "EXAMPLE HEALTH PLAN",
        verdicts: Sequence[BatchVerdict] = (),
        replies: Replies | None = None,
        origin: Origin | None = None,
    ) -> list[Result]:
        """Apply a 277CA."""
        said = ClaimAcknowledgement(
            batch_reference=batch,
            responder=Responder(role=role, name=name, id="EXH01"),
            claims=tuple(statuses),
            batch_verdicts=tuple(verdicts),
        )
        here = origin or self.origin()
        with self.store.write("answer") as tx:
            found = apply_277ca(tx, replies or Replies(), said, here)
            tx.audit("x")
        return found

    def states(self, transmission_id: str) -> dict[str, str]:
        """Return the state of each submission of a transmission by its patient control number."""
        with self.store.read() as tx:
            return {
                claims.content(tx, one.version_id).patient_control_number: one.state.value
                for one in submissions.of_transmission(tx, transmission_id)
            }

    def claim_of(self, transmission_id: str, pcn: str) -> str:
        """Return the claim id behind a patient control number."""
        with self.store.read() as tx:
            return next(
                one.claim_id
                for one in submissions.of_transmission(tx, transmission_id)
                if claims.content(tx, one.version_id).patient_control_number == pcn
            )

    def force(self, transmission_id: str, state: SubmissionState) -> None:
        """Put every submission of a transmission into *state*, whatever the lifecycle says."""
        with self.store.write("force") as tx:
            tx.execute(
                update(submission)
                .where(submission.c.transmission == transmission_id)
                .values(state=state.value)
            )
            tx.audit("x")

    def transmission(self, transmission_id: str) -> transmissions.Transmission:
        """Return the transmission."""
        with self.store.read() as tx:
            return transmissions.get(tx, transmission_id)

    def holds(self, subject: str) -> list[str]:
        """Return the kinds of the open holds on *subject*."""
        with self.store.read() as tx:
            return holds.open_kinds(tx, subject)

    def told(self) -> list[dict[str, Any]]:
        """Return what was queued for the billing system."""
        with self.store.read() as tx:
            rows = tx.execute(
                select(export_row.c.content_sealed).where(export_row.c.kind == exports.CLAIM_STATUS)
            )
            return [tx.unseal_json(row.content_sealed) for row in rows]

    def findings(self, subject: str) -> list[str]:
        """Return the codes of the findings kept under *subject*."""
        with self.store.read() as tx:
            return list(
                tx.execute(
                    select(finding.c.code).where(finding.c.subject == subject).order_by(finding.c.id)
                ).scalars()
            )


def status(pcn: str | None, outcome: Outcome, *codes: str, **more: Any) -> ClaimStatus:
    """Return one 2200D; *codes* such as ``A7:562:82``."""
    triples = []
    for code in codes:
        category, _, rest = code.partition(":")
        number, _, entity = rest.partition(":")
        triples.append(
            Status(category=category, code=number or None, entity=entity or None, action=more.get("action"))
        )
    more.pop("action", None)
    return ClaimStatus(patient_control_number=pcn, outcome=outcome, statuses=tuple(triples), **more)


def envelope(
    *groups: str, number: int = 1, receiver: str = "SUB100", usage: str = "T", ta1: Sequence[str] = ()
) -> str:
    """Return an interchange from the partner around *groups* and TA1 segments."""
    isa = f"ISA*00*          *00*          *ZZ*NORTH01        *ZZ*{receiver:<15}*240115*0930*^*00501*{number:09d}*0*{usage}*:~"
    return isa + "".join(f"{one}~" for one in ta1) + "".join(groups) + f"IEA*{len(groups)}*{number:09d}~"


def group(
    functional_id: str,
    version: str,
    *sets: Sequence[str],
    number: int = 1,
    set_id: str | None = None,
    receiver: str = "SUB100",
) -> str:
    """Return a functional group of *sets*, each the segments between ST and SE."""
    kind = set_id or {"FA": "999", "HN": "277", "HP": "835", "HB": "271"}[functional_id]
    st03 = "" if kind in {"835", "997"} else f"*{version}"
    body = "".join(
        f"ST*{kind}*{n:04d}{st03}~" + "".join(f"{s}~" for s in one) + f"SE*{len(one) + 2}*{n:04d}~"
        for n, one in enumerate(sets, start=1)
    )
    return f"GS*{functional_id}*NORTH01*{receiver}*20240115*0930*{number}*X*{version}~{body}GE*{len(sets)}*{number}~"


def _nothing(_partner: str) -> Any:
    raise AssertionError("answers write no claims and call nobody")
