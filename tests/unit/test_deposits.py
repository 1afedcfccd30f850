"""The bank's money: loaded once, matched where the bank names what it pays, never plugged, always proved (4.2, law 7)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from gateway.errors import BooksBroken, NotFound, Refused, StoreUnavailable, UsageError
from gateway.model.deposit import CHECK, TRN, PaymentName
from gateway.responses import deposits as acts
from gateway.responses import reassociate
from gateway.responses.deposits import LoadReport, load_bank_file
from gateway.settings import Settings
from gateway.store import deposits, ledger, open_money, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.journal import Line, clearing_account, post
from gateway.store.schema import deposit, deposit_movement, export_row, journal_entry
from tests.desk import Desk, clp, money, remittance

HEAD = "Date,Amount,Description,Originator Name,Account,Deposit ID\n"
TRACE = "EFT0009876"
PAYER = "1512345678"
PAID_ON = date(2024, 1, 26)
WEDNESDAY, THURSDAY = (datetime(2024, month, day, 18, tzinfo=UTC) for month, day in ((1, 31), (2, 1)))
"""The third and the fourth business day after it: the last on which silence is normal, and the first on which it is not."""


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def addenda(trace: str = TRACE, payer: str = PAYER) -> str:
    return f"705TRN*1*{trace}*{payer}\\00010000001"


def bank(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


def row(
    amount: Any = "275.00",
    reference: str | None = None,
    *,
    day: str = "2024-01-26",
    payer: str = "EXAMPLE HEALTH",
    number: str = "",
) -> str:
    return f'{day},"{amount}",{addenda() if reference is None else reference},{payer},xxxx1234,{number}'


def load(desk: Desk, *rows: str, **more: Any) -> LoadReport:
    report = load_bank_file(desk.site, bank(*rows), name="bank.csv", actor="pat", **more)
    desk.check()
    return report


def paid(desk: Desk, amount: Any = 275, trace: str = TRACE, **more: Any) -> str:
    """Post a remittance of one unknown claim (its money is in suspense) and return its id."""
    number = f"X{trace}"
    result = desk.post(remittance(clp(number, amount, amount, control=number), trace_number=trace, **more))
    assert result.state == "posted", result.findings
    return result.remittance_id


def balances(desk: Desk) -> dict[str, Decimal]:
    """Return the accounts that are not at zero."""
    with desk.store.read() as tx:
        return {name: value for name, value in ledger.trial_balance(tx).items() if value}


def one_deposit(desk: Desk) -> deposits.Deposit:
    with desk.store.read() as tx:
        (found,) = deposits.every(tx)
    return found


def waiting(
    desk: Desk, now: datetime = WEDNESDAY
) -> tuple[list[open_money.WaitingDeposit], list[open_money.WaitingRemittance]]:
    with desk.store.read() as tx:
        return (
            open_money.waiting_deposits(tx, desk.site.settings, now),
            open_money.waiting_remittances(tx, desk.site.settings, now),
        )


def queued(desk: Desk, now: datetime = WEDNESDAY) -> list[queue.QueueItem]:
    with desk.store.read() as tx:
        items = queue.items(tx, desk.site.settings, now)
    return [item for item in items if not item.id.startswith("P-")]


def told(desk: Desk) -> list[dict[str, Any]]:
    """Return the rows about deposits that the billing system gets."""
    with desk.store.read() as tx:
        rows = tx.execute(select(export_row).order_by(export_row.c.id)).all()
        content = [{"posting_id": r.posting_id, **tx.unseal_json(r.content_sealed)} for r in rows]
    return [one for one in content if one["disposition"] == "deposit"]


CLEARED = f"clearing:EIN-{PAYER}:{TRACE}"


def test_the_worked_example_of_rule_370_matches(desk: Desk):
    paid_by = paid(desk)
    assert balances(desk) == {CLEARED: money(275), "suspense": money(-275)}
    report = load(desk, row())
    assert (report.new, report.matched, report.matched_amount, report.unexplained) == (1, 1, money(275), 0)
    assert balances(desk) == {"cash:bank:1234": money(275), "suspense": money(-275)}
    assert waiting(desk) == ([], [])
    (exported,) = told(desk)
    found = one_deposit(desk)
    assert exported["posting_id"] == f"{found.id}-1"
    assert (exported["kind"], exported["amount"], exported["remittance"]) == ("deposit", "275.00", paid_by)
    assert (exported["deposit"], exported["deposit_date"]) == (found.id, "2024-01-26")


def test_the_bank_may_be_first(desk: Desk):
    report = load(desk, row())
    assert (report.new, report.matched, report.unexplained) == (1, 0, 1)
    assert balances(desk) == {"cash:bank:1234": money(275), "deposits:unapplied": money(-275)}
    paid(desk)
    assert balances(desk) == {"cash:bank:1234": money(275), "suspense": money(-275)}


def test_a_cent_apart_is_for_a_person(desk: Desk):
    paid_by = paid(desk)
    load(desk, row("274.99"))
    (money_waits,), (claim_waits,) = waiting(desk)
    best = money_waits.suggestions[0]
    assert (best.rank, best.difference, best.remittances) == (1, money("-0.01"), (paid_by,))
    assert claim_waits.remittance.open == money(275)
    item = next(item for item in queued(desk) if item.id == money_waits.deposit.id)
    assert item.kind == queue.UNMATCHED
    assert "the deposit is 0.01 less" in item.why
    assert item.command.startswith(f"gateway deposit match {item.id} {paid_by}")
    made = acts.match_deposit(desk.site, item.id, paid_by, actor="pat")
    desk.check()
    assert made.amount == money("274.99")
    assert balances(desk)[CLEARED] == money("0.01")
    assert waiting(desk)[0] == []
    assert waiting(desk)[1][0].remittance.open == money("0.01")


@pytest.mark.parametrize(
    ("day", "matched"), [("2024-01-19", 1), ("2024-01-18", 0), ("2024-02-02", 1), ("2024-02-05", 0)]
)
def test_five_business_days_either_way(desk: Desk, day: str, matched: int):
    paid(desk)
    assert load(desk, row(day=day)).matched == matched


@pytest.mark.parametrize(
    "reference",
    [addenda(payer="1999999999"), addenda(trace="EFT0009877"), f"TRN*1*{TRACE}", f"TRN*1*{TRACE}*15123", ""],
)
def test_both_numbers_must_be_whole_and_the_same(desk: Desk, reference: str):
    paid(desk)
    assert load(desk, row(reference=reference)).matched == 0
    assert balances(desk)[CLEARED] == money(275)


def test_without_a_trace_payer_amount_and_day_only_suggest(desk: Desk):
    other = paid(desk, trace="T2", originator="1999999999")
    paid_by = paid(desk)
    load(desk, row(reference="ACH CREDIT", payer="EXAMPLE HEALTH PLAN INC"))
    (waits,), _ = waiting(desk)
    assert [s.remittances[0] for s in waits.suggestions] == sorted([other, paid_by])
    assert {s.rank for s in waits.suggestions} == {3}
    load(desk, row("10.00", reference="ACH CREDIT", payer="SOMEBODY ELSE"))
    assert not next(w for w in waiting(desk)[0] if w.deposit.amount == 10).suggestions


def test_a_check_is_told_by_its_number_and_takes_its_time(desk: Desk):
    paid_by = paid(desk, trace="0012345", payment_method="CHK")
    day = date(2024, 2, 20)
    names = [PaymentName(kind=CHECK, number="12345")]
    deposit_id, moved = acts.add_deposit(desk.site, day=day, amount=money(275), names=names, actor="pat")
    desk.check()
    assert [(m.remittance, m.how) for m in moved] == [(paid_by, "check")]
    with pytest.raises(Refused, match=deposit_id):
        acts.add_deposit(desk.site, day=day, amount=money(275), names=names, actor="pat")
    transfer = paid(desk, trace="777", payment_method="ACH")
    acts.add_deposit(
        desk.site, day=PAID_ON, amount=money(275), names=[PaymentName(kind=CHECK, number="777")], actor="pat"
    )
    assert waiting(desk)[1][0].remittance.id == transfer


def test_two_payers_with_one_check_number_are_for_a_person(desk: Desk):
    for payer in ("1512345678", "1999999999"):
        paid(desk, trace="500", payment_method="CHK", originator=payer)
    names = [PaymentName(kind=CHECK, number="500")]
    _, moved = acts.add_deposit(desk.site, day=PAID_ON, amount=money(275), names=names, actor="pat")
    assert moved == []
    assert len(waiting(desk)[0][0].suggestions) == 2


def test_one_deposit_for_the_remittances_that_the_bank_names(desk: Desk):
    first, second = paid(desk, 100, trace="T1"), paid(desk, 175, trace="T2")
    load(desk, row("275.00", f"TRN*1*T1*{PAYER}\\TRN*1*T2*{PAYER}\\"))
    assert {(t["remittance"], t["amount"]) for t in told(desk)} == {(first, "100.00"), (second, "175.00")}
    assert waiting(desk) == ([], [])


def test_a_sum_that_nobody_named_is_a_suggestion(desk: Desk):
    ids = sorted([paid(desk, 100, trace="T1"), paid(desk, 175, trace="T2")])
    load(desk, row("275.00", "ACH CREDIT"))
    (waits,), _ = waiting(desk)
    assert (sorted(waits.suggestions[0].remittances), waits.suggestions[0].rank) == (ids, 5)
    for remittance_id in ids:
        acts.match_deposit(desk.site, waits.deposit.id, remittance_id, actor="pat")
        desk.check()
    assert waiting(desk) == ([], [])


def test_one_remittance_in_two_deposits_waits_for_the_second(desk: Desk):
    paid_by = paid(desk)
    assert load(desk, row("100.00", number="1")).matched == 0
    assert load(desk, row("175.00", number="2")).matched == 1
    assert {(t["remittance"], t["amount"]) for t in told(desk)} == {(paid_by, "100.00"), (paid_by, "175.00")}


def test_two_deposits_for_one_remittance_pay_it_once(desk: Desk):
    paid(desk)
    assert load(desk, row(number="1"), row(number="2")).matched == 1
    assert balances(desk)["deposits:unapplied"] == money(-275)
    assert CLEARED not in balances(desk)


def test_a_notice_without_money_needs_no_deposit(desk: Desk):
    desk.post(remittance(clp("X", 50, 0, "CO-50 50"), payment_method="NON", handling="H"))
    assert waiting(desk) == ([], [])


def test_a_held_remittance_is_not_paid_and_is_named(desk: Desk):
    item = remittance(clp("X", 275, 275), payment_amount=money(270))
    receipt_id = desk.receipt()
    held = desk.post(item, receipt_id=receipt_id)
    assert held.state == "quarantined"
    load(desk, row("275.00"))
    (waits,), _ = waiting(desk)
    assert waits.held == (held.remittance_id,)
    assert held.remittance_id in next(i for i in queued(desk) if i.id == waits.deposit.id).why
    with pytest.raises(Refused, match="not posted"):
        acts.match_deposit(desk.site, waits.deposit.id, held.remittance_id, actor="pat")
    mended = desk.post(remittance(clp("X", 275, 275)), receipt_id=receipt_id)
    assert mended.state == "posted"
    assert waiting(desk) == ([], [])


def test_a_file_counts_once_however_often_it_is_loaded(desk: Desk):
    paid(desk)
    assert load(desk, row(), row("5.00", "CARD")).new == 2
    before = balances(desk)
    again = load(desk, row(), row("5.00", "CARD"))
    assert (again.new, again.known) == (0, 2)
    longer = load(desk, row(), row("5.00", "CARD"), row("5.00", "CARD"))
    assert (longer.new, longer.known, longer.amount) == (1, 2, money(5))
    assert balances(desk)["cash:bank:1234"] == before["cash:bank:1234"] + 5


def test_the_banks_own_id_rules(desk: Desk):
    assert load(desk, row("5.00", "CARD", number="A1"), row("5.00", "CARD", number="A2")).new == 2
    renamed = load(desk, row("5.00", "CARD SETTLED", number="A1"))
    assert (renamed.new, renamed.known) == (0, 1)
    changed = load(desk, row("6.00", "CARD", number="A1"), row("7.00", "NEW", number="A3"))
    assert changed.refused
    assert [f.code for f in changed.findings] == ["BANK-ID"]
    twice = load(desk, row("8.00", "X", number="A4"), row("9.00", "X", number="A4"))
    assert twice.refused
    assert balances(desk)["cash:bank:1234"] == money(10)


def test_what_a_person_entered_first_is_known_when_the_bank_tells_it(desk: Desk):
    paid(desk)
    names = [PaymentName(kind=TRN, number=TRACE, originator=PAYER)]
    acts.add_deposit(desk.site, day=PAID_ON, amount=money(275), names=names, actor="pat")
    report = load(desk, row(day="2024-01-29"))
    assert (report.new, report.confirmed) == (0, 1)
    assert load(desk, row(day="2024-01-29")).known == 1
    assert balances(desk) == {"cash:bank": money(275), "suspense": money(-275)}
    with pytest.raises(UsageError):
        acts.add_deposit(desk.site, day=PAID_ON, amount=money(0), names=names, actor="pat")


def test_one_bad_line_and_nothing_is_loaded(desk: Desk):
    report = load(desk, row(), row("12,3.4.5"), row(day="31.12.2024"))
    assert report.refused
    assert [(f.line, f.element) for f in report.findings] == [(3, "amount"), (4, "date")]
    assert balances(desk) == {}


def test_a_dry_run_says_the_same_and_does_nothing(desk: Desk):
    paid(desk)
    tried = load(desk, row(), row("5.00", "CARD"), dry_run=True)
    assert CLEARED in balances(desk)
    done = load(desk, row(), row("5.00", "CARD"))
    for name in ("lines", "new", "amount", "known", "matched", "matched_amount", "unexplained", "left_out"):
        assert getattr(tried, name) == getattr(done, name), name


def test_unmatching_is_an_opposite_entry_and_stays(desk: Desk):
    paid_by = paid(desk)
    load(desk, row())
    found = one_deposit(desk)
    (undone,) = acts.unmatch_deposit(desk.site, found.id, reason="other clinic", actor="pat")
    desk.check()
    assert (undone.amount, undone.undoes) == (money(-275), 1)
    assert balances(desk)[CLEARED] == money(275)
    assert load(desk, row(), row("1.00", "X")).matched == 0, "a person has decided otherwise"
    acts.match_deposit(desk.site, found.id, paid_by, actor="pat")
    desk.check()
    assert [t["amount"] for t in told(desk)] == ["275.00", "-275.00", "275.00"]
    assert told(desk)[1]["reverses"] == told(desk)[0]["posting_id"]
    assert len({t["posting_id"] for t in told(desk)}) == 3
    with pytest.raises(Refused, match="explained"):
        acts.match_deposit(desk.site, found.id, paid_by, actor="pat")
    with pytest.raises(Refused, match="does not pay"):
        acts.unmatch_deposit(desk.site, found.id, "M-2222222222", reason="x", actor="pat")


def test_a_remittance_is_not_paid_twice(desk: Desk):
    paid_by = paid(desk)
    load(desk, row(number="1"), row(number="2"))
    (waits,), _ = waiting(desk)
    with pytest.raises(Refused, match="paid already by D-"):
        acts.match_deposit(desk.site, waits.deposit.id, paid_by, actor="pat")
    with pytest.raises(NotFound):
        acts.match_deposit(desk.site, "D-2222222222", paid_by, actor="pat")


def test_setting_aside_and_withdrawing(desk: Desk):
    load(desk, row("40.00", "PATIENT CARD", number="1"), row("60.00", "CHECK", number="2"))
    with desk.store.read() as tx:
        card, check = deposits.every(tx) if deposits.every(tx)[0].amount == 40 else deposits.every(tx)[::-1]
    acts.set_aside(desk.site, card.id, reason="patients", actor="pat")
    acts.withdraw(desk.site, check.id, reason="returned", actor="pat")
    desk.check()
    assert balances(desk) == {"cash:bank:1234": money(40), "deposits:elsewhere": money(-40)}
    with pytest.raises(Refused, match="withdrawn already"):
        acts.set_aside(desk.site, check.id, reason="x", actor="pat")
    acts.unmatch_deposit(desk.site, card.id, reason="it was a payer", actor="pat")
    desk.check()
    assert balances(desk)["deposits:unapplied"] == money(-40)
    totals = desk.totals()
    assert totals["deposited"] + totals["not_deposited"] == (
        totals["received"] + totals["deposits_open"] + totals["deposits_elsewhere"]
    )


def test_the_banks_silence_is_an_alarm_on_the_fourth_day(desk: Desk):
    """EFT on Friday 01-26: three business days are over at the end of 01-31, the alarm is on 02-01 (rule 370)."""
    load(desk, row("9.00", "CARD", day="2024-01-02"))
    acts.set_aside(desk.site, one_deposit(desk).id, reason="cards", actor="pat")
    paid_by = paid(desk)
    assert queued(desk) == []
    assert waiting(desk)[1][0].age == 3
    (item,) = queued(desk, THURSDAY)
    assert (item.kind, item.id) == (queue.SILENT, paid_by)
    assert open_money.NO_DEPOSIT in item.why


def test_money_without_remittance_is_an_alarm_on_the_fourth_day(desk: Desk):
    load(desk, row())
    assert queued(desk) == []
    (item,) = queued(desk, THURSDAY)
    assert (item.kind, item.id) == (queue.SILENT, one_deposit(desk).id)
    acts.set_aside(desk.site, item.id, reason="not ours", actor="pat")
    assert queued(desk, THURSDAY) == []


def test_an_office_that_loads_no_bank_file_hears_nothing(desk: Desk):
    paid(desk)
    march = datetime(2024, 3, 1, tzinfo=UTC)
    assert queued(desk, march) == []
    assert waiting(desk, march)[1][0].age > 20


def test_loading_and_matching_are_one_unit_of_work(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    paid(desk)
    before = balances(desk)

    def dies(*_: object) -> None:
        raise StoreUnavailable("the power is gone")

    monkeypatch.setattr(reassociate, "tell", dies)
    with pytest.raises(StoreUnavailable):
        load(desk, row())
    monkeypatch.undo()
    assert balances(desk) == before
    with desk.store.read() as tx:
        assert tx.execute(select(deposit.c.id)).all() == []
    assert load(desk, row()).matched == 1


def test_the_check_finds_what_was_done_behind_its_back(desk: Desk):
    paid_by = paid(desk)
    load(desk, row(), row("5.00", "CARD"))
    with desk.store.write("tamper") as tx:
        post(
            tx,
            "D-X-1",
            "deposit_matched",
            [Line("deposits:unapplied", money(5)), Line("suspense", money(-5))],
        )
        tx.audit()
    with desk.store.read() as tx, pytest.raises(BooksBroken, match="D-X-1"):
        ledger.check_books(tx)
    with desk.store.write("tamper") as tx:
        tx.execute(deposit.update().where(deposit.c.amount == money(5)).values(amount=money(6)))
        tx.audit()
    with desk.store.read() as tx, pytest.raises(BooksBroken, match="is not what the bank said"):
        ledger.check_books(tx)
    with desk.store.write("tamper") as tx:
        tx.execute(
            insert(deposit_movement).values(
                deposit=one_of(desk, money(6)), ordinal=1, target="remittance", remittance=paid_by, amount=money(6),
                how="hand", by="pat", at=tx.now(),
            )
        )  # fmt: skip
        tx.audit()
    with desk.store.read() as tx, pytest.raises(BooksBroken, match="paid more than it announced"):
        ledger.check_books(tx)


def one_of(desk: Desk, amount: Decimal) -> str:
    with desk.store.read() as tx:
        return next(one.id for one in deposits.every(tx) if one.amount == amount)


def test_what_happened_to_a_deposit_cannot_be_edited(desk: Desk):
    paid(desk)
    load(desk, row())
    with pytest.raises(Exception, match="append-only"), desk.store.write("tamper") as tx:
        tx.execute(text("UPDATE deposit_movement SET amount = 1"))
        tx.audit()


def test_cash_is_debited_by_deposits_only(desk: Desk):
    paid(desk)
    with desk.store.read() as tx:
        kinds = set(tx.execute(select(journal_entry.c.kind)).scalars())
        assert clearing_account(tx, f"EIN-{PAYER}", TRACE) == CLEARED
    assert not any(kind.startswith("deposit") for kind in kinds)
    assert not any(account.startswith("cash") for account in balances(desk))


def test_statements_do_not_grow_with_the_deposits_that_wait(desk: Desk):
    def statements(trace: str) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        item, receipt_id = remittance(clp("X", 275, 275, control=trace), trace_number=trace), desk.receipt()
        event.listen(desk.store.engine, "before_cursor_execute", note)
        desk.post(item, receipt_id=receipt_id, place="1")
        event.remove(desk.store.engine, "before_cursor_execute", note)
        return len(seen)

    statements("first")
    few = statements("A")
    load(desk, *(row(f"{n}.00", f"TRN*1*B{n}*{PAYER}\\") for n in range(1, 60)))
    assert statements("B") == few
