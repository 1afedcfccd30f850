"""A correction that came before the reversal it belongs to stayed in suspense when that one was posted.

Nothing doubted it any more, and yet it moved only when claims were sent next; until then the denials said that the payer
had given no answer in place of what it took back. The same held a second payer's answer that came before the first one's.
"""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.clock import MovableClock
from gateway.errors import TryLater
from gateway.responses import denials, late, sort
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk
from tests.golden.pages import START, Bench, happenings
from tests.mailroom import Mailroom

WHO = "NM1*QC*1*ROE*RICHARD****MI*MBR000111~ DTM*232*20240110~"
PAID = f"""
SENT
PCN1 ROE RICHARD MBR000111 2024-01-10 | 99213 150

RECEIVED 2024-01-16
BPR*I*100*C*ACH************20240116~ TRN*1*T1*1512345678~
CLP*PCN1*1*150*100*20*12*ICN1*11*1~ CAS*CO*45*30~ CAS*PR*2*20~ {WHO}
"""
CORRECTED = f"""
RECEIVED 2024-01-23
BPR*I*80*C*ACH************20240123~ TRN*1*T2*1512345678~
CLP*PCN1*1*150*80*30*12*ICN2*11*1~ CAS*CO*45*40~ CAS*PR*2*30~ {WHO}
"""
TAKEN_BACK = f"""
RECEIVED 2024-01-30
BPR*H*0*C*NON************20240130~ TRN*1*T3*1512345678~
CLP*PCN1*22*-150*-100**12*ICN1*11*1~ CAS*CO*45*-30~ CAS*PR*2*-20~ {WHO}
PLB*1098765435*20241231*FB:T3*-100~
"""


@pytest.fixture
def clock() -> MovableClock:
    """The same days in every run."""
    return MovableClock(START)


@pytest.fixture
def bench(store: Store, settings: Settings, archive: Archive, tmp_path: Path, clock: MovableClock) -> Bench:
    """Return an office whose files are read as the daemon reads them."""
    return Bench(
        Desk(store, settings, archive, tmp_path), Mailroom(store, settings, archive, tmp_path), clock
    )


def account(bench: Bench) -> list[Decimal]:
    """Return what was paid, given up and put to the patient, and what is open."""
    return list(bench.desk.account(bench.claims["PCN1"]).values())[1:]


def waiting(bench: Bench) -> int:
    """Return how many payments wait for a person."""
    with bench.desk.store.read() as tx:
        return len(claim_payments.in_suspense(tx))


def test_it_is_posted_when_the_reversal_is(bench: Bench) -> None:
    bench.play(happenings(PAID + CORRECTED))
    assert (account(bench), waiting(bench)) == ([100, 30, 20, 0], 1)
    bench.play(happenings(TAKEN_BACK))
    assert (account(bench), waiting(bench)) == ([80, 40, 30, 0], 0)
    with bench.desk.store.read() as tx:
        assert list(denials.denials(tx, bench.desk.site.settings, Wanted())) == []


def test_what_is_still_doubted_stays(bench: Bench) -> None:
    other = TAKEN_BACK.replace("*-100**", "*-90**").replace("CAS*CO*45*-30~", "CAS*CO*45*-40~")
    bench.play(happenings(PAID + CORRECTED + other.replace("FB:T3*-100", "FB:T3*-90")))
    assert (account(bench), waiting(bench)) == ([100, 30, 20, 0], 2)


def test_a_crash_before_it_moved_is_made_good_by_the_next_try(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.play(happenings(PAID + CORRECTED))
    with monkeypatch.context() as broken:
        broken.setattr(late, "place_waiting", _killed)
        with pytest.raises(TryLater):
            bench.play(happenings(TAKEN_BACK))
    assert (account(bench), waiting(bench)) == ([0, 0, 0, 150], 1)
    sort.process(bench.desk.site)
    assert (account(bench), waiting(bench)) == ([80, 40, 30, 0], 0)


def _killed(*_: object, **__: object) -> int:
    raise TryLater("the database is gone")
