"""Denials as a biller works them: what is on the list, why, what can be done, and how it leaves the list (4.11)."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.responses import denials
from gateway.responses.denials import Denial, Wanted
from gateway.settings import Carc, Settings
from gateway.store import claims, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import audit_event, claim_payment
from tests.desk import Desk, clp, line, money, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def listed(desk: Desk, settings: Settings | None = None, **wanted: object) -> list[Denial]:
    with desk.store.read() as tx:
        return list(denials.denials(tx, settings or desk.site.settings, Wanted(**wanted)))


def told(desk: Desk) -> list[tuple[str, int | None, Decimal, str]]:
    return [
        (d.class_, d.line, d.amount, " ".join(f"{r.pair}:{r.class_}" for r in d.reasons))
        for d in listed(desk)
    ]


def answered(desk: Desk, *payments: object, trace: str = "T1", **more: object) -> None:
    desk.post(remittance(*payments, trace_number=trace, **more))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (clp("A", 100, 0, "CO-197 100"), [("denied", None, 100, "CO-197:denial")]),
        (clp("A", 100, 0, "CO-45 20, CO-197 80"), [("denied", None, 80, "CO-197:denial")]),
        (clp("A", 100, 0, "PR-204 100"), [("denied", None, 100, "PR-204:denial")]),
        (clp("A", 100, 0, "OA-18 100"), [("duplicate", None, 100, "OA-18:denial")]),
        (clp("A", 100, 0, "PI-9999 100"), [("review", None, 100, "PI-9999:review")]),
        (clp("A", 100, 0, "PR-1 100"), []),
        (clp("A", 100, 80, "CO-45 20"), []),
        (clp("A", 100, 50, "CO-45 20, CO-50 30"), [("review", None, 30, "CO-50:denial")]),
        (clp("A", 100, 0, "CO-24 100"), [("capitated", None, 100, "CO-24:contractual")]),
    ],
)
def test_what_stands_on_the_list(desk, answer, expected):
    desk.claim("A", 100)
    answered(desk, answer)
    assert told(desk) == [(c, n, money(a), why) for c, n, a, why in expected]


def test_lines_of_a_paid_claim_are_judged_on_their_own(desk):
    """4.11 rules 2 and 6: the refused line is there, the bundled one is not, nor is what the patient owes."""
    desk.claim("A", 500)
    lines = (
        line("99213", 100, 80, "CO-45 20"),
        line("87880", 100, 0, "CO-50 100"),
        line("36415", 100, 0, "PR-1 100"),
        line("80053", 100, 120, "OA-94 -100, CO-45 80"),
        line("80048", 100, 0, "CO-97 100"),
    )
    answered(desk, clp("A", 500, 200, service_lines=lines))
    assert told(desk) == [("denied", 2, money(100), "CO-50:denial")]


def test_a_line_that_the_patient_may_be_billed_for(desk):
    desk.claim("A", 200)
    lines = (line("99213", 100, 100), line("97010", 100, 0, "PR-204 100"))
    answered(desk, clp("A", 200, 100, service_lines=lines))
    (found,) = listed(desk)
    assert (found.line, found.patient_may_be_billed) == (2, True)
    assert found.next.startswith("the patient may be billed; or correct it")


def test_what_can_be_done(desk):
    for pcn, answer in (
        ("A", "CO-50 100"), ("B", "PR-96 100"), ("C", "CO-18 100"), ("D", "CO-9999 100"), ("E", "CO-16 100"),
    ):  # fmt: skip
        desk.claim(pcn, 100)
        answered(
            desk,
            clp(pcn, 100, 0, answer, control=f"ICN{pcn}", remarks=("MA130",) if pcn == "E" else ()),
            trace=pcn,
        )
    said = [d.next for d in listed(desk)]
    assert "or appeal; never bill the patient" in said[0]
    assert "the patient may be billed" in said[1]
    assert "do not send this one again" in said[2]
    assert "look and decide" in said[3]
    assert "drop it again as a new claim" in said[4]


def test_no_denial_is_ever_written_off(desk):
    """TRAP-100."""
    claim = desk.claim("A", 100)
    answered(desk, clp("A", 100, 0, "CO-50 100"))
    with desk.store.read() as tx:
        (payment_id,) = tx.execute(select(claim_payment.c.id)).scalars()
    before = desk.totals()
    denials.work(desk.site, payment_id, reason="appeal sent", actor="pat")
    denials.close(desk.site, payment_id, reason="appeal lost", actor="pat")
    desk.check()
    assert desk.totals() == before
    assert desk.account(claim)["open"] == money(100)


def test_note_and_close(desk):
    desk.claim("A", 100)
    answered(desk, clp("A", 100, 0, "CO-50 100"))
    payment_id = listed(desk)[0].claim_payment
    denials.work(desk.site, payment_id, reason="appeal sent", actor="pat")
    noted = listed(desk)[0].note
    assert noted is not None
    assert (noted.kind, noted.reason, noted.by) == ("worked", "appeal sent", "pat")
    denials.close(desk.site, payment_id, reason="paid by the patient", actor="sam")
    assert listed(desk) == []
    with pytest.raises(Refused, match="not on the list"):
        denials.close(desk.site, payment_id, reason="again", actor="sam")
    with desk.store.read() as tx:
        events = tx.execute(
            select(audit_event.c.actor, audit_event.c.kind).where(audit_event.c.subject == payment_id)
        ).all()
    assert [tuple(e) for e in events] == [("pat", "denial_worked"), ("sam", "denial_closed")]


def test_money_in_suspense_is_no_denial(desk):
    answered(desk, clp("ALIEN", 100, 0, "CO-50 100"), handling="H")
    with desk.store.read() as tx:
        (payment_id,) = tx.execute(select(claim_payment.c.id)).scalars()
    assert listed(desk) == []
    with pytest.raises(Refused, match="gateway match"):
        denials.close(desk.site, payment_id, reason="x", actor="pat")


def test_it_leaves_the_list_by_itself(desk, clock: MovableClock):
    """Reversed; sent to the payer again; settled by a later payer."""
    desk.claim("A", 100)
    answered(desk, clp("A", 100, 0, "CO-50 100"))
    assert len(listed(desk)) == 1
    answered(
        desk,
        clp("A", -100, 0, "CO-50 -100", status="22"),
        clp("A", 100, 60, "CO-45 40", control="ICN2"),
        trace="T2",
    )
    assert listed(desk) == []

    again = desk.claim("B", 100)
    answered(desk, clp("B", 100, 0, "CO-50 100", control="ICNB"), trace="T3")
    assert len(listed(desk)) == 1
    clock.advance(timedelta(hours=1))
    with desk.store.read() as tx:
        version = claims.get(tx, again).version_id
    desk.submit(again, version, frequency="7")
    assert listed(desk) == []


def test_filters(desk, clock: MovableClock):
    for pcn, answer in (("A", "CO-50 100"), ("B", "CO-197 100")):
        desk.claim(pcn, 100)
        answered(desk, clp(pcn, 100, 0, answer, control=f"ICN{pcn}"), trace=pcn)
        clock.advance(timedelta(days=10))
    assert [d.reasons[0].pair for d in listed(desk, reason="050")] == ["CO-50"]
    assert [d.reasons[0].pair for d in listed(desk, reason="CO-197")] == ["CO-197"]
    assert listed(desk, reason="PR-197") == []
    assert len(listed(desk, payer="example health")) == 2
    assert listed(desk, payer="another") == []
    old = clock.now() - timedelta(days=15)
    assert [d.reasons[0].pair for d in listed(desk, before=old)] == ["CO-50"]


def test_an_office_that_judges_otherwise_sees_it_at_once(desk):
    desk.claim("A", 200)
    answered(desk, clp("A", 200, 100, service_lines=(line("X", 100, 100), line("Y", 100, 0, "CO-144 100"))))
    assert [d.class_ for d in listed(desk)] == ["review"]
    own = desk.site.settings.model_copy(update={"carc": Carc(denial=("144",))})
    assert [d.class_ for d in listed(desk, own)] == ["denied"]


def test_old_ones_stand_in_the_queue_once_a_payer(desk, clock: MovableClock):
    for pcn in ("A", "B"):
        desk.claim(pcn, 100)
        answered(desk, clp(pcn, 100, 0, "CO-50 100", control=f"ICN{pcn}"), trace=pcn)

    def waiting() -> list[queue.QueueItem]:
        with desk.store.read() as tx:
            return [i for i in queue.items(tx, desk.site.settings, clock.now()) if i.kind == queue.DENIED]

    assert waiting() == []
    clock.advance(timedelta(days=14))
    (item,) = waiting()
    assert item.why.startswith("2 of this payer's answers")
    assert item.command == "gateway denials --payer EIN-1512345678 --older-than 14d"
    assert item.id == listed(desk)[0].claim_payment
