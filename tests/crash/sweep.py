"""SIGKILL before any statement and any commit of what moves money, each time on a copy of one installation.

python -m tests.crash.sweep prepare ROOT            make the installation
python -m tests.crash.sweep DEED ROOT SCRATCH       do the deed once undisturbed, then once for each point with a kill there
                                                    and once more; print what was found as JSON

It forks for every point, so that each dies as a process of its own without starting Python anew.
"""

import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from gateway.claims import batch
from gateway.clock import SystemClock
from gateway.exchange import collect, deliver, reconcile
from gateway.responses import by_hand, deposits, late, release, send_999, sort, unmatch
from gateway.site import Site
from gateway.store import remittances
from gateway.store.schema import claim_payment, transmission
from tests.eras import FIRST, Answer, Era, Plb, Service, file_of
from tests.office import record
from tests.trade import PARTNER, Trade

CHARGE = 16550
MOST_POINTS = 9
BANK = "date,amount,reference\n2026-01-26,100.00,TRN*1*T1*1512345678\\\n2026-01-26,33.00,CARDS\n"


def trade_at(root: Path) -> Trade:
    """Open the installation at *root*, and its partner."""
    return Trade(root, SystemClock(), replies={"send_999": True})


def said(number: str, paid: int, control: str, *, member: str = "", off: int = 0) -> Answer:
    """Answer a claim of 165.50; with *off* its only line does not add up."""
    line = Service("99213", CHARGE, paid + off, (("CO", "45", CHARGE - paid),))
    return Answer(
        "K", FIRST, number, "1", CHARGE, paid, control, (line,), name=("POE", "PAULA"), member=member
    )


def prepare(root: Path) -> None:
    """Send claims, let remittances come, and leave something to do of every kind."""
    root.mkdir(exist_ok=True)
    trade = trade_at(root)
    trade.drop(*(record(n) for n in (1, 2, 3, 4)))
    trade.send()
    first = Era(
        FIRST, "T1", (said("ACC-1", 100_00, "I1"), said("QQ2", 50_00, "I2"), said("ACC-9", 80_00, "I9")),
        (Plb("WO", "OLD", 130_00),),
    )  # fmt: skip
    trade.put_out(file_of([first], number=1).decode())
    trade.put_out(file_of([Era(FIRST, "T2", (said("ACC-2", 90_00, "I3", off=1),))], number=2).decode())
    trade.fetch()
    trade.drop(record(9))
    trade.send()
    trade.drop(record(5))
    batch.send_ready(trade.site, PARTNER)
    paid = said("ACC-3", 70_00, "I5")
    sets = [
        Era(FIRST, "T3", (paid, said("ACC-4", 60_00, "I6")), (Plb("L6", "X", -2_00),)),
        Era(FIRST, "T4", (paid.reversed(), said("ACC-3", 75_00, "I7"), said("QQ7", 1_00, "I8"))),
    ]
    receipt(trade, file_of(sets, number=3))
    trade.close()


def receipt(trade: Trade, data: bytes) -> None:
    """Let a file come, and leave it unread."""
    trade.put_out(data.decode())
    collect.collect(trade.site, PARTNER)


def payment(site: Site, state: str, paid: int) -> str | None:
    """Return the claim payment of an amount in a state."""
    with site.store.read() as tx:
        found = select(claim_payment.c.id).where(
            claim_payment.c.state == state, claim_payment.c.paid == Decimal(paid)
        )
        return tx.execute(found).scalar_one_or_none()


def claim_of(trade: Trade, number: str) -> str:
    """Return the id of a claim."""
    return trade.claim(number).id


def sealed(site: Site) -> str | None:
    """Return the transmission that never left."""
    with site.store.read() as tx:
        found = select(transmission.c.id).where(transmission.c.state == "sealed")
        return tx.execute(found).scalar_one_or_none()


def quarantined(site: Site) -> str | None:
    """Return the remittance that is held."""
    with site.store.read() as tx:
        return next((one.id for one in remittances.quarantined(tx)), None)


def find(deed: str, trade: Trade) -> Callable[[], Any] | None:
    """Return the deed, with all that it is done to looked up before; None where it is done."""
    site = trade.site
    one = {
        "match": lambda: payment(site, "suspense", 50),
        "unmatch": lambda: payment(site, "posted", 100),
        "release": lambda: quarantined(site),
        "abandon": lambda: sealed(site),
    }.get(deed, lambda: "nothing")()
    if one is None:
        # What the daemon does next, whoever released.
        return (lambda: late.place_waiting(site, actor="daemon")) if deed == "release" else None
    to = claim_of(trade, "ACC-2")
    return {
        "post": lambda: sort.process(site),
        "late": lambda: late.place_waiting(site, actor="daemon"),
        "send_999": lambda: send_999.seal_pending(site),
        "deposit": lambda: deposits.load_bank_file(site, BANK.encode(), name="bank.csv", actor="pat"),
        "match": lambda: by_hand.match_payment(site, one, to, actor="pat"),
        "unmatch": lambda: unmatch.unmatch_payment(site, one, reason="another claim's", actor="pat"),
        "release": lambda: release.post_in_spite(site, one, reason="the payer says so", actor="pat"),
        "abandon": lambda: deliver.abandon(site, one, reason="the old receiver", actor="pat"),
    }[deed]


DEEDS = ("post", "match", "unmatch", "late", "release", "send_999", "abandon", "deposit")


def child(root: Path, deed: str, *, kill_at: int | None = None, again: bool = False) -> int:
    """Do the deed in a process of its own, which dies at event *kill_at*; return how it ended.

    *again*: it may be done already, so that there is nothing to do.
    """
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        trade = trade_at(root)
        reconcile.recover(trade.site)
        act = find(deed, trade)
        seen = [0]

        def count(*_: Any) -> None:
            seen[0] += 1
            if seen[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(trade.site.store.engine, "before_cursor_execute", count)
        event.listen(trade.site.store.engine, "commit", count)
        if act is not None:
            act()
        elif not again:
            raise AssertionError(f"nothing to {deed}")
        trade.close()
        (root / "events").write_text(str(seen[0]))
        code = 0
    except BaseException:  # noqa: BLE001  a fork must not go on as its parent
        traceback.print_exc()
    finally:
        os._exit(code)


def snapshot(root: Path) -> dict[str, Any]:
    """Return the state of an installation by plain SQL, without ids that another run would draw anew."""
    db = sqlite3.connect(f"file:{root}/gateway/state/gateway.db?mode=ro", uri=True)
    try:
        return {
            name: sorted(map(repr, db.execute(query).fetchall()))
            for name, query in {
                "accounts": "select account, claim, sum(amount) from journal_line group by 1, 2",
                "entries": "select kind, count(*) from journal_entry group by 1",
                "payments": "select r.trace_number, p.ordinal, p.state, p.claim, p.paid, p.contractual, p.patient, p.placed, "
                "p.how, p.matched_by, p.reverses is null from claim_payment p join remittance r on r.id = p.remittance",
                "remittances": "select receipt, place, state, released_by, amount from remittance",
                "receipts": "select id, state from receipt",
                "transmissions": "select kind, state, sha256 is null, count(*) from transmission group by 1, 2, 3",
                "submissions": "select claim, state, count(*) from submission group by 1, 2",
                "rows": "select kind, count(*), count(distinct posting_id) from export_row group by 1",
                "deposits": "select amount from deposit",
                "moves": "select amount, target from deposit_movement",
                "holds": "select kind, count(*) from hold where released_at is null group by 1",
            }.items()
        }
    finally:
        db.close()


def sound(root: Path) -> list[str]:
    """Return what is wrong with an installation whatever it was doing."""
    db = sqlite3.connect(f"file:{root}/gateway/state/gateway.db?mode=ro", uri=True)
    try:
        faults = []
        if db.execute("select coalesce(sum(amount), 0) from journal_line").fetchone()[0]:
            faults.append("the journal does not sum to zero")
        if db.execute(
            "select 1 from journal_entry e left join journal_line l on l.entry = e.id group by e.id having coalesce(sum(l.amount), 1)"
        ).fetchone():
            faults.append("an entry does not sum to zero")
        for trace, amount, got in db.execute(
            "select r.trace_number, r.amount, coalesce(sum(l.amount), 0) from remittance r left join journal_entry e "
            "on e.remittance = r.id left join journal_line l on l.entry = e.id and l.account like 'clearing:%' "
            "where r.state = 'posted' group by r.id"
        ):
            if amount != got:
                faults.append(f"{trace} brought {got} and says {amount}")
        links = db.execute("select prev_hash, hash from audit_event order by seq").fetchall()
        if any(before[1] != after[0] for before, after in pairwise(links)):
            faults.append("the audit chain is broken")
        if db.execute("pragma integrity_check").fetchone()[0] != "ok":
            faults.append("the database is damaged")
        return faults
    finally:
        db.close()


def sweep(deed: str, root: Path, scratch: Path) -> dict[str, Any]:
    """Return how many points were tried, and everything that was wrong after a kill or after the next try."""

    def copy(name: str) -> Path:
        shutil.rmtree(scratch / name, ignore_errors=True)
        return Path(shutil.copytree(root, scratch / name))

    clean = copy("clean")
    before = snapshot(clean)
    if child(clean, deed) != 0:
        return {"points": 0, "faults": ["the deed cannot be done"]}
    after, events = snapshot(clean), int((clean / "events").read_text())
    faults = [*sound(clean)] + ([] if after != before else ["the deed did nothing"])
    step = max(1, events // MOST_POINTS)
    points = sorted({*range(1, events + 1, step), events - 1, events} - {0})
    for point in points:
        here = copy("here")
        if (ended := child(here, deed, kill_at=point)) != -signal.SIGKILL:
            faults.append(f"{point}: it ended with {ended}")
        faults += [f"{point}, killed: {one}" for one in sound(here)]
        if child(here, deed, again=True) != 0:
            faults.append(f"{point}: the next try failed")
        faults += [f"{point}, again: {one}" for one in sound(here)]
        now = snapshot(here)
        faults += [
            f"{point}: {name} {now[name]} is not {after[name]}" for name in after if now[name] != after[name]
        ]
    return {"points": len(points), "faults": faults}


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        print(json.dumps(sweep(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
