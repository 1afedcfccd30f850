"""A remittance is posted all at once: few statements however many claims, and still one answer after the other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, select

from gateway.errors import BooksBroken
from gateway.responses import prepare
from gateway.responses.post import post_alone
from gateway.responses.prepare import Presented
from gateway.responses.worksheet import Worksheet
from gateway.settings import Settings
from gateway.store import chunks, claim_payments, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, journal_entry
from tests.desk import DAY, Desk, clp, money, plb, remittance


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def statements(desk: Desk, count: int, trace: str) -> int:
    """Post *count* claims, every third unknown, and return how many statements that took."""
    answers = []
    for n in range(count):
        number = f"{trace}-{n}"
        if n % 3:
            desk.claim(number, 100, member=f"MBR{trace}")
        answers.append(
            clp(number, 100, 70, "CO-45 20, PR-2 10", control=f"{trace}{n}", member_id=f"MBR{trace}")
        )
    receipt_id, seen = desk.receipt(), []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    event.listen(desk.store.engine, "before_cursor_execute", note)
    item = remittance(*answers, plbs=[plb("L6", -1), plb("WO", 2, "R")], trace_number=trace)
    given = Presented(
        remittance=item,
        content=trace,
        receipt_id=receipt_id,
        place="1/1/1",
        partner="north",
        interchange_usage="T",
    )
    posted = post_alone(desk.site, given, actor="daemon", facts={})
    event.remove(desk.store.engine, "before_cursor_execute", note)
    desk.check()
    assert posted.claims == {"posted": count - (count + 2) // 3, "suspense": (count + 2) // 3}
    return len(seen)


def test_statements_do_not_grow_with_the_claims(desk: Desk):
    statements(desk, 2, "W")  # the first one reads the office's tables too
    assert statements(desk, 60, "B") == statements(desk, 6, "A")


def meanwhile(monkeypatch: pytest.MonkeyPatch, desk: Desk, *others: Callable[[], object]) -> list[bool]:
    """Have one of *others* write each time that a posting has read what it knows; return who was kept waiting then.

    A True in it stands for a posting worked out while nobody else can write.
    """
    waiting, locked = list(others), []
    whole = Worksheet.of_remittance.__func__

    def of_remittance(cls, tx, answers, *, payer_key):
        sheet = whole(cls, tx, answers, payer_key=payer_key)
        locked.append(tx._writable)
        if waiting:
            waiting.pop(0)()
        return sheet

    monkeypatch.setattr(prepare.Worksheet, "of_remittance", classmethod(of_remittance))
    return locked


def test_nobody_waits_while_a_posting_is_worked_out(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    locked = meanwhile(monkeypatch, desk)
    claim = desk.claim("PCN1", 100)
    assert desk.post(remittance(clp("PCN1", 100, 80, "CO-45 20"))).claims == {"posted": 1}
    assert desk.account(claim)["open"] == money(0)
    assert locked == [False]


def test_what_somebody_wrote_meanwhile_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """The claim is sent while its answer is being worked out: the answer does not go to suspense."""
    locked = meanwhile(monkeypatch, desk, lambda: desk.claim("PCN1", 100))
    assert desk.post(remittance(clp("PCN1", 100, 80, "CO-45 20"))).claims == {"posted": 1}
    assert locked == [False, False]


def test_the_same_payment_meanwhile_posts_once(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    claim, item = desk.claim("PCN1", 100), remittance(clp("PCN1", 100, 80, "CO-45 20"))
    meanwhile(monkeypatch, desk, lambda: desk.post(item))
    assert desk.post(item).state == "duplicate"
    assert desk.account(claim)["paid"] == money(80)


def test_where_others_write_all_the_time_they_wait_once(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    locked = meanwhile(monkeypatch, desk, *[desk.receipt] * 3)
    claim = desk.claim("PCN1", 100)
    assert desk.post(remittance(clp("PCN1", 100, 80, "CO-45 20"))).claims == {"posted": 1}
    assert locked == [False, False, False, True]
    assert desk.account(claim)["open"] == money(0)


def test_more_claims_than_one_statement_takes(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chunks, "AT_ONCE", 3)
    claims = [desk.claim(f"PCN{n}", 100) for n in range(10)]
    paid = [clp(f"PCN{n}", 100, 70, "CO-45 20, PR-2 10", control=f"ICN{n}") for n in range(10)]
    desk.post(remittance(*paid, trace_number="T1"))
    undone = [
        clp(f"PCN{n}", -100, -70, "CO-45 -20, PR-2 -10", control=f"ICN{n}", status="22") for n in range(7)
    ]
    again = [clp(f"PCN{n}", 100, 80, "CO-45 20", control=f"NEW{n}") for n in range(8)]
    result = desk.post(remittance(*again, *undone, trace_number="T2"))
    assert result.claims == {"posted": 14, "suspense": 1}
    assert [desk.account(c)["paid"] for c in claims] == [money(80)] * 7 + [money(70)] * 3
    assert {desk.account(c)["open"] for c in claims} == {money(0)}
    with desk.store.read() as tx:
        assert {submissions.of_claim(tx, c)[0].state.value for c in claims} == {"paid"}
        posted = list(tx.execute(select(journal_entry.c.posting_id)).scalars())
    assert len(set(posted)) == len(posted) == 10 + 10 * 3 + 7 * 3 + 7 * 2 + 1


def test_a_number_learnt_from_one_answer_serves_the_next(desk: Desk):
    """4.12 step 4: the earlier 835 may be an earlier CLP of the same one."""
    claim = desk.claim("PCN1", 100)
    first = clp("PCN1", 100, 0, "CO-16 100", control="ICN-7")
    second = clp("0", 100, 60, "CO-45 40", control="ICN7", statement_from=DAY)
    assert desk.post(remittance(first, second)).claims == {"posted": 2}
    assert desk.account(claim)["paid"] == money(60)
    desk.claim("PCN2", 50)
    other = clp("PCN2", 50, 0, "CO-16 50", control="ICN-8")
    early = clp("0", 50, 50, control="ICN9", statement_from=DAY)
    assert desk.post(remittance(early, other, trace_number="T2")).claims == {"posted": 1, "suspense": 1}


def test_second_answer_to_a_claim_in_one_remittance_waits(desk: Desk):
    claim = desk.claim("PCN1", 100)
    answers = [clp("PCN1", 100, 80, "CO-45 20", control=control) for control in ("ICN1", "ICN1")]
    assert desk.post(remittance(*answers)).claims == {"posted": 1, "suspense": 1}
    assert desk.account(claim)["paid"] == money(80)


def test_what_was_not_decided_is_not_committed(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """The account is read back from the journal and must be the worksheet's."""
    claim = desk.claim("PCN1", 100)
    monkeypatch.setattr(Worksheet, "book", lambda *_: None)
    with pytest.raises(BooksBroken):
        desk.post(remittance(clp("PCN1", 100, 100)))
    assert desk.account(claim)["paid"] == 0
    with desk.store.read() as tx:
        assert tx.execute(select(claim_payment.c.id)).all() == []
        assert claim_payments.in_suspense(tx) == []
