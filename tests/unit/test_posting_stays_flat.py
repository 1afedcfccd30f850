"""However much a remittance says, and however much waits beside it, posting it takes the same few statements."""

from decimal import Decimal
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import event

from gateway.model.remittance import Remittance
from gateway.responses import deposits
from gateway.responses.post import post_alone
from gateway.responses.prepare import Presented
from gateway.settings import Settings
from gateway.store import plb as accounts
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, line, plb, remittance, service

PAIR = [service("99213", 60), service("80050", 40)]


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


class Counter:
    """Counts the statements of a block."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.seen = 0

    def __enter__(self) -> Self:
        event.listen(self._store.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._store.engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.seen += 1


def statements(desk: Desk, item: Remittance) -> int:
    """Post *item* and return how many statements that took."""
    given = Presented(
        remittance=item, content=repr(item), receipt_id=desk.receipt(), place="1/1/1", partner="north",
        interchange_usage="T",
    )  # fmt: skip
    with Counter(desk.store) as counter:
        post_alone(desk.site, given, actor="daemon", facts={})
    desk.check()
    return counter.seen


def everything(desk: Desk, many: int, trace: str) -> int:
    """Post *many* of each: bundled, unbundled, split, reversed and corrected claims, strangers, and PLB pairs."""
    before, answers = [], []
    for n in range(many):
        number = f"{trace}{n}"
        for kind in "BUSR":
            desk.claim(f"{number}{kind}", 100, services=PAIR, member=f"{number}{kind}")
        bundle = (
            line("99499", 60, 70, "OA-94 -40, CO-45 30", submitted_procedure="99213"),
            line("99499", 40, 0, "CO-97 40", submitted_procedure="80050"),
        )
        parts = (
            line("99213", 60, 60), line("80048", 40, 10, "CO-45 30", submitted_procedure="80050"),
            line("80049", 0, 10, "OA-94 -10", submitted_procedure="80050"),
        )  # fmt: skip
        paid = clp(f"{number}R", 100, 70, "CO-45 30", control=f"{number}R")
        before.append(paid)
        answers += [
            clp(f"{number}B", 100, 70, service_lines=bundle, control=f"{number}B"),
            clp(f"{number}U", 100, 80, service_lines=parts, control=f"{number}U"),
            clp(f"{number}S", 60, 60, service_lines=(line("99213", 60, 60),), control=f"{number}S1"),
            clp(f"{number}S", 40, 40, service_lines=(line("80050", 40, 40),), control=f"{number}S2"),
            clp(f"{number}R", -100, -70, "CO-45 -30", control=f"{number}R", status="22"),
            clp(f"{number}R", 100, 90, "CO-45 10", control=f"{number}N"),
            clp(f"{number}X", 5, 5, control=f"{number}X"),
        ]
    desk.post(remittance(*before, trace_number=f"{trace}0"))
    pairs = [plb("WO", Decimal("1.01"), f"{trace}{n}") for n in range(many)]
    pairs += [plb("L6", -1), plb("FB", -5, f"{trace}0")]
    return statements(desk, remittance(*answers, plbs=pairs, trace_number=trace))


def test_with_everything_in_it(desk: Desk):
    everything(desk, 1, "W")  # the first one reads the office's tables too
    assert everything(desk, 12, "B") == everything(desk, 3, "A")


def test_with_other_deposits_and_other_suspense_beside_it(desk: Desk):
    def one(trace: str, beside: int) -> int:
        strangers = [clp(f"{trace}{n}", 3, 3, control=f"{trace}{n}") for n in range(beside)]
        desk.post(remittance(*strangers, trace_number=f"{trace}0"))
        cards = "".join(f"2024-01-2{n % 5},{n + 1}.50,CARDS {trace}{n}\n" for n in range(beside))
        bank = f"date,amount,reference\n{cards}2024-01-26,80.00,TRN*1*{trace}*1512345678\\\n"
        deposits.load_bank_file(desk.site, bank.encode(), name="bank.csv", actor="pat")
        desk.claim(f"{trace}C", 100)
        answer = remittance(clp(f"{trace}C", 100, 80, "CO-45 20", control=f"{trace}C"), trace_number=trace)
        return statements(desk, answer)

    one("W", 1)
    assert one("B", 40) == one("A", 4)
    assert desk.totals()["not_deposited"] == 3 * 45


def test_placed_late(desk: Desk):
    """Each payment that moves is a unit of work of its own; what one takes does not grow with those that stay."""

    def late(trace: str, staying: int) -> int:
        named = {"patient_last_name": "ROE"}
        moving = [clp(f"{trace}M{n}", 100, 80, "CO-45 20", control=f"{trace}M{n}", **named) for n in range(2)]
        staying_ = [clp(f"{trace}Y{n}", 3, 3, control=f"{trace}Y{n}") for n in range(staying)]
        desk.post(remittance(*moving, *staying_, trace_number=trace))
        for n in range(2):
            desk.claim(f"{trace}M{n}", 100)
        with Counter(desk.store) as counter:
            assert desk.place_waiting() == 2
        return counter.seen

    late("W", 1)
    few = late("A", 3)
    assert late("B", 30) == few


def test_a_payment_moves_out_of_suspense_once(desk: Desk):
    """A registered claim: looked at again and again, by the daemon and by a person, its payment moves one time."""
    said = clp("LATE", 100, 80, "CO-45 20", patient_last_name="ROE")
    posted = desk.post(remittance(said))
    claim = desk.claim("LATE", 100)
    assert [desk.place_waiting() for _ in range(3)] == [1, 0, 0]
    assert desk.post(remittance(said)).state == "duplicate"
    assert desk.place_waiting() == 0
    assert posted.claims == {"suspense": 1}
    assert [desk.account(claim)[name] for name in ("paid", "adjusted", "open")] == [80, 20, 0]
    assert desk.totals()["suspense"] == 0


def test_withheld_in_one_set_and_given_back_in_another(desk: Desk):
    """4.8: WO as it is announced, collected, and reversed by another set; its account comes to nothing in any order."""
    desk.claim("PCN1", 500)
    taken = remittance(clp("PCN1", 500, 500), plbs=[plb("WO", 40, "ICN9")], trace_number="T1")
    back = remittance(plbs=[plb("WO", -40, "ICN9")], trace_number="T2")
    for item in (back, taken, back, taken):
        desk.post(item)
    with desk.store.read() as tx:
        (account,) = accounts.accounts(tx)
    assert (account.balance, len(account.movements)) == (0, 2)
    assert desk.totals()["received"] == 500
