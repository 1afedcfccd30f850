"""What a question costs when a database has grown: python tests/bench/bench_years.py [N]   (docs/performance.md).

Not a test: nothing fails when it is slow. N claims (20,000) are sent and nine of ten answered, a thousand at a time; at each
fifth of them everything that a person or the daemon asks is timed once. Seconds of the processor, so that others on the
machine count less.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gateway.model.remittance import Adjustment, Remittance, RemittanceClaim  # noqa: E402
from gateway.ops.cli.main import calm_collector  # noqa: E402
from gateway.responses import denials, late, proposals  # noqa: E402
from gateway.responses.denials import Wanted  # noqa: E402
from gateway.responses.post import post_alone  # noqa: E402
from gateway.responses.prepare import Presented  # noqa: E402
from gateway.sandbox.remit import make_payment  # noqa: E402
from gateway.store import crossovers, ledger, queue  # noqa: E402
from gateway.store.figures import figures  # noqa: E402
from tests.bench.bench_round import CLOCK, answer, new_desk, office_visit, send  # noqa: E402
from tests.claims import BILLING  # noqa: E402
from tests.desk import Desk  # noqa: E402

BATCH = 1000
ANSWERED = 900


def said(number: int) -> RemittanceClaim:
    """Return what the payer says: every fiftieth claim is denied, and some answers are to claims that nobody knows."""
    paid = answer(number)
    if number % 50 == 0:
        lines = tuple(
            replace(
                line,
                paid=Decimal("0.00"),
                adjustments=(Adjustment(group="CO", reason="16", amount=line.charge),),
            )
            for line in paid.service_lines
        )
        return replace(
            paid, status_code="4", paid=Decimal("0.00"), patient_responsibility=None, service_lines=lines
        )
    if number % 97 == 0:
        return replace(
            paid, patient_control_number=f"ALIEN{number}", member_id="X1", payer_control_number=f"A{number}"
        )
    return paid


def payment(first: int) -> Remittance:
    """Return the remittance for the batch that begins with claim *first*."""
    return make_payment(
        payer=office_visit(0).payer, provider=BILLING, claims=[said(n) for n in range(first, first + ANSWERED)],
        scripts=[], trace=f"EFT{first:07d}", day=date(2026, 11, 19), receiver_id="SUB100",
    ).remittance  # fmt: skip


def post(desk: Desk, item: Remittance) -> None:
    """Post it in one unit of work."""
    given = Presented(
        remittance=item, content=repr(item), receipt_id=desk.receipt(), place="1/1/1", partner="north", interchange_usage="T",
    )  # fmt: skip
    posted = post_alone(desk.site, given, actor="daemon", facts={})
    if sum(posted.claims.values()) != ANSWERED:
        raise SystemExit(f"the remittance was not posted: {posted}")


def questions(desk: Desk) -> dict[str, Callable[[], object]]:
    """Return what is asked, each in a view of its own."""
    settings = desk.site.settings

    def waiting() -> object:
        with desk.store.read() as tx:
            return proposals.in_queue(tx, settings, queue.items(tx, settings, CLOCK.now()))

    def look(work: Callable[..., object]) -> Callable[[], object]:
        def asked() -> object:
            with desk.store.read() as tx:
                return work(tx)

        return asked

    return {
        "status": look(figures),
        "queue": waiting,
        "denials": look(lambda tx: list(denials.denials(tx, settings, Wanted()))),
        "sent on, not answered": look(lambda tx: list(crossovers.waiting(tx))),
        "what may move now": lambda: late.place_waiting(desk.site, actor="daemon"),
        "prove the books": look(ledger.check_books),
    }


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds of the processor *work* takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(count: int) -> None:
    """Measure and print."""
    calm_collector()
    fifth = max(count // 5 // BATCH, 1) * BATCH
    with tempfile.TemporaryDirectory() as folder:
        desk = new_desk(Path(folder), 0)
        for first in range(0, count, BATCH):
            send(desk, range(first, first + BATCH), isa13=first + 2)
            item = payment(first)
            took = {f"post {ANSWERED}": timed(lambda item=item: post(desk, item))}
            if (first + BATCH) % fifth == 0:
                took |= {name: timed(work) for name, work in questions(desk).items()}
                size = sum(one.stat().st_size for one in Path(folder).rglob("gateway.db*")) / 1e6
                print(f"{first + BATCH} claims, {size:.0f} MB", flush=True)
                for name, seconds in took.items():
                    print(f"  {name:22} {seconds:7.2f} s")
        desk.store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
