"""Claims that the previous system sent: known, billed once, answered - and never sent by anything."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.claims import batch
from gateway.claims.intake import recover_intake
from gateway.claims.register import Registered, register
from gateway.errors import NotFound, Refused
from gateway.exchange import deliver, reconcile
from gateway.model.lifecycle import ClaimState, SubmissionState, TransmissionState
from gateway.settings import Limits
from gateway.store import anchors, ledger, submissions, transmissions
from gateway.store.alarms import silent
from gateway.store.figures import figures
from gateway.store.schema import audit_event, intake_file, journal_entry
from tests.drops import FORMATS, as_jsonl, as_x12, body_837p, claims_of
from tests.mailroom import envelope, group
from tests.office import record
from tests.trade import Trade, group_number
from tests.unit.test_answers_to_drops import remittance, told
from tests.x12files import IDS, file_837p

SENT_ON = date(2026, 1, 20)
WEEK = [record(1), record(2), record(3)]


@pytest.fixture
def trade(tmp_path: Path) -> Trade:
    return Trade(tmp_path)


def put_in(
    trade: Trade, data: bytes, *, name: str = "old.837", sent_on: date = SENT_ON, **more: Any
) -> Registered:
    return register(trade.site, data, name=name, sent_on=sent_on, actor="user:pat", **more)


def state(trade: Trade, number: str) -> ClaimState:
    return trade.claim(number).state


def codes(made: Registered) -> list[str]:
    return [f.code for f in made.findings]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_claims_become_known_as_sent(trade: Trade, form: str) -> None:
    made = put_in(trade, FORMATS[form](WEEK), name=f"old.{form}")
    assert (made.records, made.registered, made.refused, made.billed) == (3, 3, 0, Decimal("496.50"))
    stored = trade.claim("ACC-2")
    assert (stored.state, stored.partner, stored.intake_file) == (ClaimState.SENT, "north", made.intake_file)
    with trade.site.store.read() as tx:
        one = transmissions.get(tx, made.ids[0])
        (sent,) = submissions.of_claim(tx, stored.id)
        account = ledger.claim_account(tx, stored.id)
        ledger.check_books(tx)
        (booked,) = tx.execute(select(journal_entry).where(journal_entry.c.claim == stored.id)).mappings()
    midnight = datetime(2026, 1, 20, 6, tzinfo=UTC)  # in Chicago
    assert (one.kind, one.state, one.claims, one.billed) == (
        "registered",
        TransmissionState.DELIVERED,
        3,
        Decimal("496.50"),
    )
    assert (one.blob, one.due_at, one.delivered_at) == (None, None, midnight)
    assert "2026-01-20" in str(one.evidence)
    assert (sent.state, sent.sent_at) == (SubmissionState.SENT, midnight)
    assert (account.charge, account.open, booked["at"]) == (Decimal("165.50"), Decimal("165.50"), midnight)


def test_the_numbers_of_the_file_are_kept(trade: Trade) -> None:
    made = put_in(
        trade, file_837p(body_837p(claims_of([record(1)])), body_837p(claims_of([record(2)])), isa13=4711)
    )
    with trade.site.store.read() as tx:
        one = transmissions.get(tx, made.ids[0])
        sets = transmissions.sets(tx, one.id)
    assert (one.isa13, one.gs06) == (4711, 4711)
    assert (one.sender, one.receiver) == (f"ZZ:{IDS.sender_id}", f"ZZ:{IDS.receiver_id}")
    assert [(s["st02"], s["state"]) for s in sets] == [("0001", "open"), ("0002", "open")]
    # Both sets had the same BHT03: only the first can be found by it.
    assert [s["reference"] == "BATCH0001" for s in sets] == [True, False]
    assert codes(made) == ["REG-NUMBER"]


def every_verb(trade: Trade, transmission_id: str) -> list[Callable[[], object]]:
    claim_id = trade.claim("ACC-1").id
    site = trade.site
    return [
        lambda: batch.send_ready(site, "north"),
        lambda: deliver.deliver_due(site, "north"),
        lambda: reconcile.reconcile(site, "north"),
        lambda: reconcile.recover(site),
        lambda: recover_intake(site),
        lambda: deliver.retransmit(site, transmission_id, actor="user:pat"),
        lambda: deliver.settle(site, transmission_id, delivered=False, evidence="none", actor="user:pat"),
        lambda: batch.resubmit(site, [claim_id], reason="again", actor="user:pat"),
        lambda: batch.hold_claim(site, claim_id, reason="stop", actor="user:pat"),
        lambda: batch.release_claim(site, claim_id, reason="go", actor="user:pat"),
        trade.send,
    ]


def test_nothing_ever_sends_what_is_registered(trade: Trade) -> None:
    made = put_in(trade, as_x12(WEEK))
    for _ in range(2):
        for verb in every_verb(trade, made.ids[0]):
            with suppress(Refused):
                verb()
            trade.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    assert trade.arrived() == []
    assert state(trade, "ACC-1") is ClaimState.SENT
    with pytest.raises(Refused, match="previous system"):
        deliver.retransmit(trade.site, made.ids[0], actor="user:pat")
    # Even one that somebody makes due by hand in the database is not picked up.
    with trade.site.store.write("tampering") as tx:
        transmissions.set_due(tx, made.ids[0], tx.now())
        tx.audit()
    trade.send()
    assert trade.arrived() == []


def test_a_claim_that_lives_here_is_refused(trade: Trade) -> None:
    trade.drop(record(1), record(2))
    trade.send()
    trade.drop(record(3))
    made = put_in(trade, as_x12([*WEEK, record(4)]))
    assert (made.registered, made.refused) == (1, 3)
    assert set(codes(made)) == {"D-DUP-CONTENT"}
    again = put_in(trade, as_x12([*WEEK, record(4)]))
    assert (again.registered, again.refused) == (0, 4)
    assert trade.numbers_arrived() == ["ACC-1", "ACC-2"]


def test_what_is_registered_cannot_be_dropped_again(trade: Trade) -> None:
    put_in(trade, as_x12(WEEK))
    report = trade.drop(*WEEK, record(1, note="changed"))
    assert (report.ready, report.refused) == (0, 4)
    trade.send()
    assert trade.arrived() == []


def test_a_claim_held_here_may_be_registered_as_sent(trade: Trade) -> None:
    trade.drop(record(1, charge="165.51"))
    assert state(trade, "ACC-1") is ClaimState.HELD
    held = trade.claim("ACC-1").id
    assert put_in(trade, as_x12([record(1)])).registered == 1
    assert (trade.claim("ACC-1").id, state(trade, "ACC-1"), trade.claim("ACC-1").holds) == (
        held,
        ClaimState.SENT,
        (),
    )


def test_edits_do_not_stop_what_was_sent_long_ago(trade: Trade) -> None:
    made = put_in(trade, as_x12([record(1, charge="165.51")]))
    assert (made.registered, made.refused) == (1, 0)
    assert trade.claim("ACC-1").holds == ()


def test_a_payer_of_nobody_is_refused_unless_the_partner_is_named(trade: Trade) -> None:
    stranger = record(1, payer={"id": "99999", "name": "Elsewhere"})
    made = put_in(trade, as_jsonl([stranger]))
    assert codes(made) == ["ROUTE-PAYER"]
    assert "--partner NAME" in made.findings[0].message
    assert put_in(trade, as_jsonl([stranger]), partner="north").registered == 1


def test_our_own_numbers_pass_over_registered_ones(trade: Trade) -> None:
    ids = trade.site.partner("north").envelope
    theirs = as_x12([record(1)], isa13=1)
    theirs = theirs.replace(f"{IDS.sender_id:<15}".encode(), f"{ids.sender_id:<15}".encode())
    theirs = theirs.replace(f"{IDS.receiver_id:<15}".encode(), f"{ids.receiver_id:<15}".encode())
    made = put_in(trade, theirs)
    trade.drop(record(2))
    trade.send()
    (file,) = trade.arrived()
    assert (file[90:99], group_number(file)) == ("000000002", "2")
    with trade.site.store.read() as tx:
        assert (transmissions.get(tx, made.ids[0]).isa13, transmissions.get(tx, made.ids[0]).gs06) == (1, 1)


def test_a_number_that_we_used_ourselves_is_told(trade: Trade) -> None:
    trade.drop(record(1))
    trade.send()
    made = put_in(trade, as_x12([record(2)], isa13=1))
    assert codes(made) == ["REG-NUMBER"]
    with trade.site.store.read() as tx:
        assert transmissions.get(tx, made.ids[0]).gs06 < 0
    trade.put_out_999(trade.arrived()[0], "A")
    trade.fetch()
    assert [submission_state(trade, n) for n in (1, 2)] == [
        SubmissionState.SET_ACCEPTED,
        SubmissionState.SENT,
    ]


def submission_state(trade: Trade, number: int) -> SubmissionState | None:
    return trade.claim(f"ACC-{number}").submission_state


def put_out_999(trade: Trade, data: bytes, status: str, *errors: str) -> None:
    trade.put_out_999(data.decode(), status, *errors)
    trade.fetch()


def test_its_999_and_its_payment_find_it(trade: Trade) -> None:
    data = as_x12(WEEK, isa13=4711)
    made = put_in(trade, data)
    put_out_999(trade, data, "A")
    assert submission_state(trade, 2) is SubmissionState.SET_ACCEPTED
    trade.put_out(remittance("8", "ACC-2"))
    trade.fetch()
    assert state(trade, "ACC-2") is ClaimState.PAID
    with trade.site.store.read() as tx:
        account = ledger.claim_account(tx, trade.claim("ACC-2").id)
        ledger.check_books(tx)
        assert transmissions.get(tx, made.ids[0]).state is TransmissionState.ACCEPTED
    assert (account.paid, account.open) == (Decimal("165.50"), Decimal(0))
    (last,) = [one for one in told(trade) if one["state"] == "paid"]
    assert (last["file"], last["row"], last["place"] is not None) == ("old.837", 2, True)


def test_its_277ca_finds_it_by_batch_and_number(trade: Trade) -> None:
    put_in(trade, as_x12(WEEK))
    said = [
        "BHT*0085*08*X1*20260121*0900*TH", "HL*1**20*1", "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*60054", "TRN*1*X1",
        "DTP*050*D8*20260121", "DTP*009*D8*20260121", "HL*2*1*21*1", "NM1*41*2*ROE CLINIC*****46*SUB100",
        "TRN*2*BATCH0001", "STC*A1:20*20260121*WQ*496.5", "HL*3*2*19*1", "NM1*85*2*ROE CLINIC*****XX*1098765435",
        "HL*4*3*PT", "NM1*QC*1*POE*PAULA****MI*MBR00003", "TRN*2*ACC-3", "STC*A2:20:PR*20260121*WQ*165.5",
        "REF*1K*ICN3", "DTP*472*D8*20260110",
    ]  # fmt: skip
    trade.put_out(envelope(group("HN", "005010X214", said, number=9), number=9))
    trade.fetch()
    assert [state(trade, f"ACC-{n}") for n in (1, 3)] == [ClaimState.SENT, ClaimState.ACCEPTED]


def test_innocents_of_its_rejected_set_wait_for_a_person(trade: Trade) -> None:
    """Which of the two systems sends them again is not ours to guess; a claim of our own would go by itself."""
    data = as_x12(WEEK, isa13=4711)
    put_in(trade, data)
    text = data.decode().split("~")
    position = text.index(next(s for s in text if s.startswith("CLM*ACC-2*"))) - 1
    put_out_999(trade, data, "R", f"IK3*CLM*{position}**8", "CTX*CLM01:ACC-2", "IK4*2*782*1")
    trade.send()
    assert trade.arrived() == []
    assert {state(trade, f"ACC-{n}") for n in (1, 2, 3)} == {ClaimState.REJECTED}
    batch.resubmit(trade.site, [trade.claim("ACC-1").id], reason="the old system is off", actor="user:pat")
    trade.send()
    assert trade.numbers_arrived() == ["ACC-1"]
    with trade.site.store.read() as tx:
        assert ledger.claim_account(tx, trade.claim("ACC-1").id).charge == Decimal("165.50")
        ledger.check_books(tx)


def test_it_is_audited_with_the_actor_and_no_names(trade: Trade) -> None:
    made = put_in(trade, as_x12(WEEK), name="CANARY-ROE.837")
    with trade.site.store.read() as tx:
        events = [r for r in tx.execute(select(audit_event)).mappings() if r["subject"] == made.intake_file]
        (file,) = tx.execute(select(intake_file)).mappings()
    assert [(e["kind"], e["actor"]) for e in events] == [
        ("register", "user:pat"), ("register_claims", "user:pat"), ("registered", "user:pat"),
    ]  # fmt: skip
    facts = json.loads(events[1]["facts"])
    assert (facts["sent_on"], facts["transmissions"], len(facts["claims"])) == ("2026-01-20", made.ids, 3)
    assert "CANARY" not in "".join(e["facts"] for e in events)
    assert (file["state"], file["records"], file["accepted"]) == ("registered", 3, 3)
    assert anchors.verify_chain(trade.site.store, trade.site.state).fault is None


def test_only_its_money_is_waited_for(trade: Trade) -> None:
    put_in(trade, as_x12(WEEK))
    with trade.site.store.read() as tx:
        profile = trade.site.partner("north")
        found = silent(tx, "north", profile, datetime(2027, 1, 1, tzinfo=UTC))
        counted = figures(tx)
    assert [one.rule for one in found] == ["no-remittance"] * 3
    assert (counted.claims_sent, counted.transmissions, counted.state(ClaimState.SENT)) == (0, 0, 3)


def test_a_run_that_was_broken_off_is_gone_on_with(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.claims.register.CLAIMS_PER_STEP", 2)
    from gateway.claims import register as module

    finished = module._step
    monkeypatch.setattr(module, "_step", _once(finished))
    data = as_x12(WEEK, isa13=4711)
    with pytest.raises(KeyboardInterrupt):
        put_in(trade, data)
    recover_intake(trade.site)
    trade.send()
    assert trade.arrived() == []
    monkeypatch.setattr(module, "_step", finished)
    again = put_in(trade, data)
    assert (again.registered, again.refused) == (1, 2)
    with trade.site.store.read() as tx:
        one = transmissions.get(tx, again.ids[0])
        assert (one.gs06, one.claims) == (4711, 3)
        assert len(transmissions.in_state(tx, TransmissionState.DELIVERED)) == 1


def _once(step: Callable[..., None]) -> Callable[..., None]:
    done: list[None] = []

    def first(*given: Any) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(None)
        step(*given)

    return first


def test_what_cannot_be_registered_is_said(trade: Trade) -> None:
    with pytest.raises(NotFound, match="no partner 'nroth'"):
        put_in(trade, as_x12(WEEK), partner="nroth")
    with pytest.raises(Refused, match="future"):
        put_in(trade, as_x12(WEEK), sent_on=date(2999, 1, 1))
    assert codes(put_in(trade, b"", name="a.837")) == ["IN-FILE-EMPTY"]
    assert codes(put_in(trade, as_x12([record(1)]).replace(b"005010X222A1", b"005010X223A2"))) == ["X12-KIND"]
    assert Limits().intake_records > 3
