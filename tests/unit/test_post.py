"""What a posting says of itself and keeps: the result, the audit event, the findings, who let it pass, its own numbers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.model.findings import error
from gateway.model.remittance import Remittance
from gateway.responses.paper import Entered
from gateway.responses.post import PostResult, post_alone, post_remittance
from gateway.responses.prepare import Presented
from gateway.settings import Carc, Contractual, Settings
from gateway.store import claim_payments, exports, findings, remittances
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import audit_event, claim_payment, export_row, journal_entry, journal_line
from tests.desk import NPI, Desk, clp, line, money, plb, remittance, service

ACTOR = "user:" + "p" * 70
HELD = [error("MAP-X", "not understood")]


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def post(desk: Desk, item: Remittance, *, receipt_id: str, actor: str = "daemon", **more: Any) -> PostResult:
    """Post *item* as the one who reads the receipt does."""
    values: dict[str, Any] = {"partner": "north", "interchange_usage": "T", "place": "1/1/1", **more}
    given = Presented(remittance=item, content=repr(item), receipt_id=receipt_id, **values)
    done = post_alone(desk.site, given, actor=actor, facts={"cause": "reread"})
    desk.check()
    return done


def event(desk: Desk, receipt_id: str) -> tuple[str, str, dict[str, Any]]:
    """Return the last event on a receipt: its kind, who, and what it says."""
    with desk.store.read() as tx:
        query = (
            select(audit_event).where(audit_event.c.subject == receipt_id).order_by(audit_event.c.seq.desc())
        )
        last = tx.execute(query).first()
    return last.kind, last.actor, json.loads(last.facts)


def kept(desk: Desk, remittance_id: str) -> list[str]:
    with desk.store.read() as tx:
        return [one.code for one in findings.of(tx, remittance_id)]


def stored(desk: Desk, remittance_id: str) -> remittances.StoredRemittance:
    with desk.store.read() as tx:
        return remittances.get(tx, remittance_id)


def test_a_posting_says_what_it_did(desk: Desk):
    desk.claim("PCN1", 100)
    receipt = desk.receipt()
    item = remittance(clp("ZZZ9", 10, 10), clp("PCN1", 100, 80, "CO-45 20", control="ICN2"))
    done = post(desk, item, receipt_id=receipt, actor="user:pat")
    assert (done.state, done.reason, done.amount, done.again) == ("posted", None, money(90), False)
    assert list(done.claims.items()) == [("posted", 1), ("suspense", 1)]
    assert [one.code for one in done.findings] == ["ERA-SUSPENSE"] == kept(desk, done.remittance_id)
    assert event(desk, receipt) == (
        "remittance",
        "user:pat",
        {
            "cause": "reread",
            "place": "1/1/1",
            "partner": "north",
            "remittance": done.remittance_id,
            "state": "posted",
            "reason": None,
            "amount": "90",
            "claims": {"posted": 1, "suspense": 1},
            "again": False,
        },
    )
    assert stored(desk, done.remittance_id).released_by is None


def test_one_worked_out_while_others_wait_is_audited_alike(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.responses.post._TURNS", 0)
    desk.claim("PCN1", 100)
    receipt = desk.receipt()
    done = post(desk, remittance(clp("PCN1", 100, 100)), receipt_id=receipt, actor="user:pat")
    kind, actor, facts = event(desk, receipt)
    assert (kind, actor) == ("remittance", "user:pat")
    assert facts == {"cause": "reread", "place": "1/1/1", "partner": "north", **done.facts, "amount": "100"}


def test_one_posted_in_the_callers_transaction(desk: Desk):
    claim, receipt = desk.claim("PCN1", 100), desk.receipt()
    item = remittance(clp("PCN1", 100, 80, "CO-45 20"))
    given = Presented(
        remittance=item, content="x", receipt_id=receipt, place="p", partner="north", interchange_usage="T"
    )
    with desk.store.write("enter") as tx:
        done = post_remittance(tx, desk.site, given)
        tx.audit(receipt, done.facts)
    assert (done.state, done.amount, done.claims) == ("posted", money(80), {"posted": 1})
    assert desk.account(claim)["open"] == 0
    desk.check()


def test_a_reread_answers_what_stands(desk: Desk):
    desk.claim("PCN1", 100)
    receipt, item = desk.receipt(), remittance(clp("PCN1", 100, 80, "CO-45 20"))
    first = post(desk, item, receipt_id=receipt)
    assert post(desk, item, receipt_id=receipt) == PostResult(
        remittance_id=first.remittance_id, state="posted", amount=money(80), again=True
    )
    other = desk.receipt()
    double = post(desk, item, receipt_id=other, partner="south")
    assert (double.state, double.amount, double.again) == ("duplicate", money(80), False)
    assert post(desk, item, receipt_id=other, partner="south") == PostResult(
        remittance_id=double.remittance_id,
        state="duplicate",
        reason=double.reason,
        amount=money(80),
        again=True,
    )


def test_why_it_is_held_is_kept_once_for_each_reason(desk: Desk):
    desk.claim("PCN1", 100)
    receipt, item = desk.receipt(), remittance(clp("PCN1", 100, 100))
    held = post(desk, item, receipt_id=receipt, findings=HELD)
    assert (held.state, held.reason, held.amount) == ("quarantined", "MAP-X", money(100))
    assert [one.code for one in held.findings] == kept(desk, held.remittance_id) == ["MAP-X"]
    again = post(desk, item, receipt_id=receipt, findings=HELD)
    assert (again.remittance_id, again.again) == (held.remittance_id, False)
    assert kept(desk, held.remittance_id) == ["MAP-X"]
    post(desk, item, receipt_id=receipt, findings=[error("MAP-Y", "not understood either")])
    assert kept(desk, held.remittance_id) == ["MAP-X", "MAP-Y"]


def test_who_let_it_pass_is_kept(desk: Desk):
    desk.claim("PCN1", 100)
    receipt, item = desk.receipt(), remittance(clp("PCN1", 100, 80, "CO-45 10"))
    held = post(desk, item, receipt_id=receipt)
    assert (held.state, stored(desk, held.remittance_id).released_by) == ("quarantined", None)
    done = post(desk, item, receipt_id=receipt, actor=ACTOR, released=True)
    assert (done.state, done.remittance_id) == ("posted", held.remittance_id)
    assert stored(desk, done.remittance_id).released_by == ACTOR[:60]


def test_one_that_was_taken_out_is_let_pass_by_who_knows_of_it_only(desk: Desk):
    desk.claim("PCN1", 100)
    receipt, item = desk.receipt(), remittance(clp("PCN1", 100, 80, "CO-45 10"))
    held = post(desk, item, receipt_id=receipt)
    with desk.store.write("dismiss", actor="user:pat") as tx:
        assert remittances.dismiss(tx, held.remittance_id)
        tx.audit(held.remittance_id)
    stays = PostResult(
        remittance_id=held.remittance_id,
        state="quarantined",
        reason=held.reason,
        amount=money(80),
        again=True,
    )
    assert post(desk, item, receipt_id=receipt) == stays
    assert post(desk, item, receipt_id=receipt, dismissed_by="user:pat") == stays
    assert post(desk, item, receipt_id=receipt, released=True) == stays
    done = post(desk, item, receipt_id=receipt, released=True, dismissed_by="user:pat", actor="user:kim")
    assert (done.state, stored(desk, done.remittance_id).released_by) == ("posted", "user:kim")


def test_what_is_kept_of_a_payment(desk: Desk):
    item = remittance(clp("ZZZ9", 10, 10), trace_number=f" {'9' * 60} ", payment_method="ACHX")
    item = replace(item, payer=replace(item.payer, name="P" * 90))
    entered = Entered(by="u" * 70, source="check image 7")
    one = stored(desk, post(desk, item, receipt_id=desk.receipt(), entered=entered).remittance_id)
    assert (one.payer_name, one.trace_number, one.payment_method) == ("P" * 80, "9" * 50, "ACH")
    assert (one.payment_date, one.amount, one.payee_id, one.partner) == (
        "2024-01-26",
        money(10),
        f"XX:{NPI}",
        "north",
    )
    assert (one.entered_by, one.entered_from) == ("u" * 60, "check image 7")
    bare: dict[str, Any] = {
        "trace_number": None,
        "payment_method": None,
        "payment_date": None,
        "payment_amount": money("0.005"),
    }
    nothing = replace(item, payer=replace(item.payer, name=None), **bare)
    two = stored(desk, post(desk, nothing, receipt_id=desk.receipt()).remittance_id)
    assert two.state == "quarantined"
    assert (two.payer_name, two.trace_number, two.payment_method) == (None, None, None)
    assert (two.payment_date, two.amount, two.entered_by, two.entered_from) == (None, None, None, None)


def test_provider_adjustments_are_booked_under_their_numbers(desk: Desk):
    desk.claim("PCN1", 100)
    done = desk.post(
        remittance(clp("PCN1", 100, 100), plbs=[plb("L6", "-2.5"), plb("WO", "42.5", "ICN3999")])
    )
    own = [f"{done.remittance_id}-plb-1", f"{done.remittance_id}-plb-2"]
    with desk.store.read() as tx:
        query = (
            select(journal_entry.c.posting_id, journal_line.c.account, journal_line.c.amount)
            .join(journal_line, journal_line.c.entry == journal_entry.c.id)
            .where(journal_entry.c.kind == "provider_adjustment")
            .where(journal_entry.c.remittance == done.remittance_id)
            .order_by(journal_line.c.id)
        )
        booked = [(row.posting_id, row.account.split(":")[0], row.amount) for row in tx.execute(query)]
        rows = tx.execute(
            select(export_row).where(export_row.c.kind == exports.PAYMENT).order_by(export_row.c.id)
        ).all()
        told = [(row.posting_id, tx.unseal_json(row.content_sealed)) for row in rows]
    assert booked == [
        (own[0], "clearing", money("2.5")),
        (own[0], "provider", money("-2.5")),
        (own[1], "clearing", money("-42.5")),
        (own[1], "provider", money("42.5")),
    ]
    assert [posting_id for posting_id, _ in told][-2:] == own
    assert [row["remittance"] for _, row in told] == [done.remittance_id] * len(told)


def test_answers_are_kept_as_they_stood_and_posted_reversals_first(desk: Desk):
    claim = desk.claim("PCN1", 100)
    desk.post(remittance(clp("PCN1", 100, 60, "CO-45 30, PR-1 5, OA-9999 5"), trace_number="T1"))
    back = clp("PCN1", -100, -60, "CO-45 -30, PR-1 -5, OA-9999 -5", status="22")
    done = desk.post(remittance(clp("PCN1", 100, 80, "CO-45 20", control="ICN2"), back, trace_number="T2"))
    assert done.claims == {"posted": 2}
    with desk.store.read() as tx:
        query = select(claim_payment).order_by(claim_payment.c.remittance, claim_payment.c.ordinal)
        rows = list(tx.execute(query))
        first = next(row for row in rows if row.remittance != done.remittance_id)
        new, gone = (row for row in rows if row.remittance == done.remittance_id)
        said = [claim_payments.content(tx, row.id).paid for row in (first, new, gone)]
    assert said == [money(60), money(80), money(-60)]
    assert [(row.claim, row.submission) for row in (first, new, gone)] == [(claim, first.submission)] * 3
    assert [row.status_code for row in (first, new, gone)] == ["1", "1", "22"]
    assert [(row.ordinal, row.reverses) for row in (first, new, gone)] == [
        (1, None),
        (1, None),
        (2, first.id),
    ]
    assert (first.charge, first.paid, first.contractual, first.patient, first.in_review) == tuple(
        map(money, (100, 60, 30, 5, 5))
    )
    assert (gone.charge, gone.paid, gone.contractual, gone.patient, gone.in_review) == tuple(
        map(money, (-100, -60, -30, -5, -5))
    )
    assert {row.matched_by for row in rows} == {None}


def test_a_houses_own_classes_and_contracts_decide(desk: Desk):
    """What the settings say of adjustment reasons holds for what is posted by itself."""
    plain = desk.claim("PCN1", 100)
    assert desk.post(remittance(clp("PCN1", 100, 0, "PI-45 100"), handling="H")).claims == {"posted": 1}
    own = {"carc": Carc(denial=("45",)), "contractual": Contractual(pairs=("PI-45",))}
    desk.site = replace(desk.site, settings=desk.site.settings.model_copy(update=own))
    named, denied = desk.claim("PCN2", 100), desk.claim("PCN3", 100)
    desk.post(remittance(clp("PCN2", 100, 60, "PI-45 40", control="ICN2"), trace_number="T2"))
    desk.post(remittance(clp("PCN3", 100, 0, "CO-45 100", control="ICN3"), trace_number="T3", handling="H"))
    assert [desk.account(one)["adjusted"] for one in (plain, named)] == [money(0), money(40)]
    with desk.store.read() as tx:
        classes = {row.claim: row.class_ for row in tx.execute(select(claim_payment))}
    assert classes[denied] == "denied"
    assert classes[plain] != "denied"


def test_the_rows_name_the_payer_as_it_names_itself(desk: Desk):
    desk.claim("PCN1", 100)
    item = remittance(clp("PCN1", 100, 100))
    desk.post(replace(item, payer=replace(item.payer, id="SELF77")))
    with desk.store.read() as tx:
        sealed = tx.execute(
            select(export_row.c.content_sealed).where(export_row.c.kind == exports.PAYMENT)
        ).scalars()
        assert {tx.unseal_json(one)["payer_id"] for one in sealed} == {"SELF77"}


def rows(desk: Desk, kind: str) -> list[dict[str, Any]]:
    """Return what is told of *kind*, in the order in which it was told."""
    with desk.store.read() as tx:
        query = select(export_row.c.content_sealed).where(export_row.c.kind == kind).order_by(export_row.c.id)
        return [tx.unseal_json(one) for one in tx.execute(query).scalars()]


def test_an_answer_is_told_as_the_claim_was_sent(desk: Desk):
    """The billing system knows its own numbers: the payer's spelling of them is not told."""
    services = (service("99213", 60), service("85025", 40))
    claim = desk.claim("PCN1", 100, services=services, key="OFFICE-1")
    lines = (line("85025", 40, 30, "CO-45 10"), line("99213", 60, 60))
    who = {"patient_last_name": "ROE", "patient_first_name": "RICHARD", "member_id": "MBR000111"}
    done = desk.post(remittance(clp("pcn1", 100, 90, service_lines=lines, **who)))
    assert done.claims == {"posted": 1}
    [status] = rows(desk, exports.CLAIM_STATUS)
    assert (status["claim"], status["patient_control_number"], status["claim_key"]) == (
        claim,
        "PCN1",
        "OFFICE-1",
    )
    told = rows(desk, exports.PAYMENT)
    assert {(row["claim"], row["patient_control_number"], row["claim_key"]) for row in told} == {
        (claim, "PCN1", "OFFICE-1")
    }
    by_procedure = {row["procedure"]: row["claim_line"] for row in told if row.get("procedure")}
    assert by_procedure == {"85025": "2", "99213": "1"}


def test_the_status_is_told_of_a_claim_that_is_known_without_doubt_only(desk: Desk):
    """Of what waits, of what is only noted in doubt, and of what nobody knows, no claim's status is told."""
    known = desk.claim("PCN1", 100)
    another = desk.claim("PCN2", 100)
    desk.post(remittance(clp("PCN1", 100, 100)))
    desk.post(remittance(clp("ZZZ9", 10, 10, control="ICN2"), trace_number="T2"))
    desk.post(remittance(clp("PCN2", 95, 95, control="ICN3"), trace_number="T3"))
    noted = clp("PCN2", 95, 0, "OA-101 95", status="25", control="ICN4")
    done = desk.post(remittance(noted, trace_number="T4", handling="H"))
    assert done.claims == {"noted": 1}
    with desk.store.read() as tx:
        query = select(claim_payment.c.claim).where(claim_payment.c.state == "noted")
        assert list(tx.execute(query).scalars()) == [None]
    assert [row["claim"] for row in rows(desk, exports.CLAIM_STATUS)] == [known]
    assert desk.account(another)["paid"] == money(0)
