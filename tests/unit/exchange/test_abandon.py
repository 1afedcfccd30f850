"""Giving up a file that never left: its claims go out again under new numbers, and never a claim twice."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.errors import ConnectionLost, Refused
from gateway.exchange import deliver, retrying, seal
from gateway.exchange.seal import SealClaim
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.site import Site
from gateway.store import attempts, claims, holds, ledger, submissions, transmissions
from gateway.store.schema import audit_event, transmission
from tests.claims import claim
from tests.wires import Faulty, folder_partner, site_of

T, S = TransmissionState, SubmissionState


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


class Bench:
    """An installation with two claims in a sealed file, and a partner that is a faulty folder."""

    def __init__(self, tmp_path: Path, clock: MovableClock) -> None:
        self.folder = tmp_path / "partner"
        profile = folder_partner(self.folder)
        self.wire = Faulty(profile)
        self.site: Site = site_of(tmp_path / "gateway", clock, lambda _name: self.wire, north=profile)
        with self.site.store.write("intake") as tx:
            for number in (1, 2):
                claims.new_claim(tx, claim(number), partner="north")
            tx.audit(facts={})
        self.id = self.seal()

    def ready(self) -> list[SealClaim]:
        with self.site.store.read() as tx:
            return [SealClaim(c.claim_id, c.version_id, c.claim) for c in claims.ready_for(tx, "north")]

    def seal(self) -> str:
        made = seal.seal(self.site, "north", self.ready()).transmission_id
        assert made is not None
        return made

    def abandon(self) -> int:
        return deliver.abandon(self.site, self.id, reason="wrong receiver", actor="pat")

    def state(self, identifier: str | None = None) -> TransmissionState:
        with self.site.store.read() as tx:
            return transmissions.get(tx, identifier or self.id).state

    def check(self) -> None:
        with self.site.store.read() as tx:
            ledger.check_books(tx)


@pytest.fixture
def bench(tmp_path: Path, clock: MovableClock) -> Bench:
    return Bench(tmp_path, clock)


def test_its_claims_go_out_under_new_numbers(bench: Bench) -> None:
    assert bench.ready() == []
    assert bench.abandon() == 2
    assert bench.state() is T.ABANDONED
    assert len(bench.ready()) == 2
    bench.check()
    again = bench.seal()
    deliver.deliver_due(bench.site, "north")
    assert bench.state(again) is T.DELIVERED
    assert len(list((bench.folder / "in").iterdir())) == 1
    with bench.site.store.read() as tx:
        numbers = tx.execute(select(transmission.c.isa13).order_by(transmission.c.isa13)).scalars().all()
        totals = ledger.totals(tx)
        states = [
            s.state
            for c in tx.execute(select(claims.claim.c.id)).scalars()
            for s in submissions.of_claim(tx, c)
        ]
    assert len(set(numbers)) == 2
    assert sorted(states) == sorted([S.WITHDRAWN, S.WITHDRAWN, S.SENT, S.SENT])
    assert totals["billed"] == sum(claim(n).charge for n in (1, 2))
    bench.check()


def test_it_is_recorded_with_name_and_reason(bench: Bench) -> None:
    bench.abandon()
    with bench.site.store.read() as tx:
        row = tx.execute(select(audit_event).where(audit_event.c.kind == "abandon")).one()
        assert transmissions.get(tx, bench.id).evidence == "abandoned by pat: wrong receiver"
    assert (row.actor, row.subject) == ("pat", bench.id)
    assert '"reason":"wrong receiver"' in row.facts


def test_a_held_one_leaves_the_queue(bench: Bench) -> None:
    with bench.site.store.write("hold") as tx:
        transmissions.move(tx, bench.id, T.HELD, "the partner refuses it")
        holds.place(tx, bench.id, "delivery", "the partner refuses it")
        tx.audit(bench.id, {})
    bench.abandon()
    with bench.site.store.read() as tx:
        assert holds.open_kinds(tx, bench.id) == []


def test_what_was_delivered_is_not_given_up(bench: Bench) -> None:
    deliver.deliver_due(bench.site, "north")
    with pytest.raises(Refused, match="was delivered"):
        bench.abandon()
    deliver.retransmit(bench.site, bench.id, actor="pat")
    with pytest.raises(Refused, match="was delivered"):
        bench.abandon()
    assert bench.ready() == []


def test_what_may_be_at_the_partner_is_not_given_up(bench: Bench) -> None:
    bench.wire.after["rename"] = [ConnectionLost("rename", "cut", maybe_done=True)]
    with pytest.raises(ConnectionLost):
        deliver.deliver_due(bench.site, "north")
    assert bench.state() in {T.UNCERTAIN, T.DELIVERED}
    with pytest.raises(Refused, match=r"may be at the partner|was delivered"):
        bench.abandon()
    assert bench.ready() == []


@pytest.mark.parametrize("state", [attempts.AttemptState.OPEN, attempts.AttemptState.UNCERTAIN])
def test_an_attempt_that_nobody_settled_refuses(bench: Bench, state: attempts.AttemptState) -> None:
    with bench.site.store.write("attempt") as tx:
        n = attempts.begin(tx, bench.id, final_name="in/x", temp_name=None)
        attempts.end(tx, bench.id, n, state)
        tx.audit(bench.id, {})
    with pytest.raises(Refused, match="may be at the partner"):
        bench.abandon()
    assert bench.state() is T.SEALED


def test_twice_is_refused_and_a_settled_one_may_go(bench: Bench) -> None:
    with bench.site.store.write("attempt") as tx:
        attempts.begin(tx, bench.id, final_name="in/x", temp_name=None)
        transmissions.move(tx, bench.id, T.SENDING)
        transmissions.move(tx, bench.id, T.UNCERTAIN)
        tx.audit(bench.id, {})
    with pytest.raises(Refused, match="gateway settle"):
        bench.abandon()
    deliver.settle(bench.site, bench.id, delivered=False, evidence="portal is empty", actor="pat")
    assert bench.abandon() == 2
    with pytest.raises(Refused, match="is abandoned"):
        bench.abandon()
    deliver.deliver_due(bench.site, "north")
    assert list((bench.folder / "in").iterdir()) == []
