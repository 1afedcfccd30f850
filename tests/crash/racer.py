"""One of two processes that do the same at the same moment: it opens the installation once and does what it is told.

python -m tests.crash.racer ROOT DATABASE     then a line a task on stdin, an answer a line on stdout
"""

import json
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy import event

from gateway.clock import SystemClock
from gateway.errors import GatewayError
from gateway.model.deposit import TRN, PaymentName
from gateway.responses import by_hand, deposits, late, release, sort, unmatch
from gateway.site import Site
from gateway.store.archive import Archive
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from tests.sites import settings_of

HELD_SECONDS = 0.03
"""How long every unit of work is held open before its commit, so that the other process meets it."""


def site_at(root: Path, database: str | None) -> Site:
    """Open the installation at *root* as a process of its own does."""
    keys, settings = Keys(bytes(range(32))), settings_of(database=database)
    store = open_store(root, settings, keys, SystemClock())
    return Site(
        root=root, settings=settings, store=store, archive=Archive(root / "state" / "archive", keys), clock=store.clock,
        claim_map=_nothing, transport=_nothing,
    )  # fmt: skip


def _nothing(_partner: str) -> object:
    raise AssertionError("the money side writes no claims and calls nobody")


def do(site: Site, what: str, *args: str) -> object:
    """Do one task."""
    if what == "read":
        return sort.process_receipt(site, args[0], actor=args[1]).remittances
    if what == "release":
        return release.post_in_spite(site, args[0], reason="asked the payer", actor=args[1])
    if what == "dismiss":
        return release.dismiss_remittance(site, args[0], reason="booked by hand", actor=args[1])
    if what == "match":
        return len(by_hand.match_payment(site, args[0], args[1], actor=args[2]))
    if what == "unmatch":
        return unmatch.unmatch_payment(site, args[0], reason="another claim's", actor=args[1])
    if what == "late":
        return late.place_waiting(site, actor="daemon")
    if what == "bank":
        return deposits.load_bank_file(site, args[0].encode(), name="bank.csv", actor=args[1]).new
    if what == "deposit":
        name = PaymentName(kind=TRN, number=args[0])
        return deposits.add_deposit(
            site, day=date(2024, 1, 26), amount=Decimal(args[1]), names=[name], actor=args[2]
        )[0]
    if what == "pay":
        return deposits.match_deposit(site, args[0], args[1], actor=args[2]).ordinal
    raise ValueError(what)


def main(root: Path, database: str | None) -> None:
    """Serve tasks until stdin ends."""
    site = site_at(root, database)
    event.listen(site.store.engine, "commit", lambda _connection: time.sleep(HELD_SECONDS))
    print(json.dumps("ready"), flush=True)
    for task in sys.stdin:
        try:
            done: list[object] = ["done", do(site, *json.loads(task))]
        except GatewayError as fault:
            done = ["refused", type(fault).__name__, str(fault)]
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] or None)
