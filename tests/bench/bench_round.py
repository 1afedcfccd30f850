"""How fast a round is, beside pyx12 on the same files: python tests/bench/bench_round.py [N]   (docs/performance.md).

Not a test: nothing fails when it is slow. Each row is measured three times in turn, and the median is printed; what is
measured is right before it is timed, or the run stops.
"""

import io
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import pyx12.params  # noqa: E402
import pyx12.x12file  # noqa: E402
import pyx12.x12n_document  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from gateway.claims.convert import convert_files, terms_for  # noqa: E402
from gateway.clock import MovableClock  # noqa: E402
from gateway.mapping.compile import load_map  # noqa: E402
from gateway.mapping.read import read_record  # noqa: E402
from gateway.mapping.write import write_record  # noqa: E402
from gateway.model.claim import Claim  # noqa: E402
from gateway.model.codec import compact  # noqa: E402
from gateway.model.identifiers import Kind, new_id  # noqa: E402
from gateway.model.remittance import Adjustment, Remittance, RemittanceClaim, RemittanceLine  # noqa: E402
from gateway.model.submission import EnvelopeIds, Environment  # noqa: E402
from gateway.ops.cli.main import calm_collector  # noqa: E402
from gateway.responses.post import post_alone  # noqa: E402
from gateway.responses.prepare import Presented  # noqa: E402
from gateway.sandbox.remit import make_payment  # noqa: E402
from gateway.settings import Limits  # noqa: E402
from gateway.store import charges, claims, ledger, queue  # noqa: E402
from gateway.store.archive import Archive  # noqa: E402
from gateway.store.figures import figures  # noqa: E402
from gateway.store.installation import open_store  # noqa: E402
from gateway.store.keys import Keys  # noqa: E402
from gateway.store.schema import submission, transmission  # noqa: E402
from gateway.x12.check import check_x12  # noqa: E402
from gateway.x12.envelope import SetBody, write_interchange  # noqa: E402
from gateway.x12.reader import TransactionSet, read_x12  # noqa: E402
from tests.claims import BILLING, claim  # noqa: E402
from tests.desk import Desk  # noqa: E402
from tests.sites import settings_of  # noqa: E402

TIMES = 3
CLOCK = MovableClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
IDS = EnvelopeIds(
    sender_qualifier="ZZ",
    sender_id="NORTH01",
    receiver_qualifier="ZZ",
    receiver_id="SUB100",
    group_sender="NORTH01",
    group_receiver="SUB100",
)


def office_visit(number: int) -> Claim:
    """Return claim *number*: a visit and a test, 185.50 together."""
    one = claim(number)
    first = one.service_lines[0]
    second = replace(first, procedure="87880", charge=Decimal("60.00"))
    return replace(one, charge=Decimal("185.50"), service_lines=(first, second))


def answer(number: int) -> RemittanceClaim:
    """Return what the payer says of claim *number*: 115 paid, 45.50 written off, 25 for the patient."""

    def co(amount: str) -> Adjustment:
        return Adjustment(group="CO", reason="45", amount=Decimal(amount))

    sent, copay = office_visit(number), Adjustment(group="PR", reason="3", amount=Decimal("25.00"))
    lines = [
        RemittanceLine(
            procedure=line.procedure, procedure_type="HC", modifiers=(), charge=line.charge, paid=Decimal(paid), units=Decimal(1),
            service_date=line.service_date, line_control_number=f"L{n}", adjustments=adjustments,
        )
        for n, (line, paid, adjustments) in enumerate(
            zip(sent.service_lines, ("75.00", "40.00"), ((co("25.50"), copay), (co("20.00"),)), strict=True), start=1
        )
    ]  # fmt: skip
    return RemittanceClaim(
        patient_control_number=sent.patient_control_number, status_code="1", charge=sent.charge,
        paid=Decimal("115.00"), patient_responsibility=Decimal("25.00"), payer_control_number=f"ICN{number:06d}",
        claim_filing_indicator="12", facility_code="11", frequency="1", service_lines=tuple(lines),
        patient_last_name="LOE", patient_first_name="JANE", member_id=sent.subscriber.member_id,
    )  # fmt: skip


@dataclass(frozen=True)
class Files:
    """What everything is measured on."""

    records: bytes
    claims: bytes
    payment: bytes
    remittance: Remittance


def make_files(count: int) -> Files:
    """Return *count* claims as records, as 837P and as the 835 that pays them; stop where any has a fault."""
    records = "".join(json.dumps(compact(office_visit(n))) + "\n" for n in range(count)).encode()
    paid = make_payment(
        payer=office_visit(0).payer, provider=BILLING, claims=[answer(n) for n in range(count)], scripts=[],
        trace="EFT0001", day=date(2026, 11, 19), receiver_id="SUB100",
    ).remittance  # fmt: skip
    written = write_record(load_map("835"), paid)
    payment = write_interchange(
        IDS, isa13=1, gs06=1, functional_id="HP", set_id="835", version="005010X221A1", environment=Environment.TEST,
        created=CLOCK.now(), sets=[SetBody(control_number="0001", segments=written.segments)], st03=False,
    )  # fmt: skip
    files = Files(records, convert(records, count), payment, paid)
    for data in (files.claims, files.payment):
        found = check_x12(data).findings
        if found:
            raise SystemExit(f"a file to measure on is wrong: {found[0]}")
    return files


def convert(records: bytes, count: int) -> bytes:
    """Do what `gateway convert` does: records, edits, 837P, check."""
    made = convert_files([("claims.jsonl", records)], terms_for(clock=CLOCK), limits=Limits())
    if made.data is None or made.written != count:
        raise SystemExit(f"{made.written} of {count} claims were written: {made.findings[:1]}")
    return made.data


def x12valid(data: bytes) -> None:
    """Do what pyx12's x12valid does with a file: check it and write the acknowledgement."""
    with tempfile.TemporaryFile(mode="w+", encoding="ascii") as acknowledgement:
        fine = pyx12.x12n_document.x12n_document(
            param=pyx12.params.params(), src_file=io.StringIO(data.decode()), fd_997=acknowledgement,
            fd_html=None, fd_xmldoc=None,
        )  # fmt: skip
    if not fine:
        raise SystemExit("x12valid does not accept the file")


def tokenise(data: bytes) -> None:
    """Read every segment with pyx12's reader."""
    for _ in pyx12.x12file.X12Reader(io.StringIO(data.decode())):
        pass


def read_payment(data: bytes, count: int) -> None:
    """Read the 835 by our map, as it is read before posting."""
    for interchange in read_x12(io.BytesIO(data)):
        for part in interchange.parts():
            if isinstance(part, TransactionSet):
                record = read_record(load_map("835"), part.segments(), interchange.header.separators).record
                if len(record.claims) != count:
                    raise SystemExit(f"{len(record.claims)} of {count} claims were read")


def new_desk(folder: Path, count: int) -> Desk:
    """Return an installation that has sent *count* claims."""
    settings, keys = settings_of(), Keys(bytes(range(32)))
    store = open_store(folder, settings, keys, CLOCK)
    desk = Desk(store, settings, Archive(folder / "archive", keys), folder)
    send(desk, range(count), isa13=1)
    return desk


def send(desk: Desk, numbers: range, *, isa13: int) -> None:
    """Register these claims as sent in one file, and taken by the payer."""
    with desk.store.write("seal") as tx:
        sent = new_id(Kind.TRANSMISSION)
        tx.execute(
            insert(transmission).values(
                id=sent, partner="north", environment="test", kind="837P", state="delivered", sender="ZZ:SUB100",
                receiver="ZZ:NORTH01", isa13=isa13, gs06=isa13, version="005010X222A1", created_at=tx.now(),
            )
        )  # fmt: skip
        for number in numbers:
            content, submitted = office_visit(number), new_id(Kind.SUBMISSION)
            claim_id, version_id = claims.new_claim(tx, content, partner="north")
            tx.execute(
                insert(submission).values(
                    id=submitted, claim=claim_id, version=version_id, transmission=sent, st02="0001", payer="66001",
                    payer_sequence="P", frequency="1", state="payer_accepted", created_at=tx.now(), sent_at=tx.now(),
                    first_segment=11, last_segment=20,
                )
            )  # fmt: skip
            charges.book(tx, [submitted])
        tx.audit(subject=sent)


def post(desk: Desk, item: Remittance) -> None:
    """Post the 835 in one unit of work."""
    given = Presented(
        remittance=item,
        content=repr(item),
        receipt_id=desk.receipt(),
        place="1/1/1",
        partner="north",
        interchange_usage="T",
    )
    posted = post_alone(desk.site, given, actor="daemon", facts={})
    if posted.claims != {"posted": len(item.claims)}:
        raise SystemExit(f"the remittance was not posted: {posted}")


def look(desk: Desk) -> None:
    """Count what `gateway status` and `gateway queue` show."""
    with desk.store.read() as tx:
        figures(tx)
        queue.items(tx, desk.site.settings, CLOCK.now())


def prove(desk: Desk) -> None:
    """Walk the whole journal and prove it."""
    with desk.store.read() as tx:
        ledger.check_books(tx)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(count: int) -> dict[str, float]:
    """Return the median seconds of each row."""
    files = make_files(count)
    x12valid(files.payment)  # the first call loads what later ones have
    rows: dict[str, list[float]] = {}
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory() as folder:
            desk = new_desk(Path(folder), count)
            work: dict[str, Callable[[], object]] = {
                "convert": lambda: convert(files.records, count),
                "x12valid 837P": lambda: x12valid(files.claims),
                "our check 837P": lambda: check_x12(files.claims),
                "read 835": lambda: read_payment(files.payment, count),
                "X12Reader 835": lambda: tokenise(files.payment),
                "x12valid 835": lambda: x12valid(files.payment),
                "post 835": lambda desk=desk: post(desk, files.remittance),
                "status and queue": lambda desk=desk: look(desk),
                "prove the books": lambda desk=desk: prove(desk),
            }
            for name, each in work.items():
                rows.setdefault(name, []).append(timed(each))
            desk.store.close()
    return {name: statistics.median(seconds) for name, seconds in rows.items()}


PEERS = {
    "convert": ("x12valid 837P",),
    "our check 837P": ("x12valid 837P",),
    "read 835": ("X12Reader 835", "x12valid 835"),
}


def main(count: int) -> None:
    """Measure and print."""
    calm_collector()
    logging.getLogger("pyx12").setLevel(logging.ERROR)
    took = measure(count)
    print(f"{count} claims, median of {TIMES}")
    for name, seconds in took.items():
        ratios = "".join(f"   {seconds / took[peer]:.2f} x {peer}" for peer in PEERS.get(name, ()))
        print(
            f"{name:18} {seconds:8.2f} s {seconds / count * 1000:8.2f} ms/claim {count / seconds:8.0f}/s{ratios}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
