"""Two processes on one database do the same at the same moment: never both post, and the loser says so (TRAP-112)."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.settings import Settings
from gateway.store import claim_payments, ledger, remittances
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import deposit, journal_entry, journal_line, remittance
from tests.eras import FIRST, Answer, Era, Service, file_of
from tests.mailroom import Mailroom

REPOSITORY = Path(__file__).parents[2]


class Racer:
    """A process that waits for a task."""

    def __init__(self, root: Path, database: str | None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.racer", str(root), database or ""],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip

    def start(self, *task: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class Race(Mailroom):
    """An installation, and two processes that share it."""

    def __init__(self, store: Store, settings: Settings, archive: Archive, root: Path) -> None:
        super().__init__(store, settings, archive, root)
        self.racers = [Racer(root, settings.database) for _ in range(2)]
        assert [one.answer() for one in self.racers] == ["ready", "ready"]

    def run(self, first: tuple[str, ...], second: tuple[str, ...]) -> list[Any]:
        """Let both start at once, and return what each says."""
        self.racers[0].start(*first)
        self.racers[1].start(*second)
        said = [one.answer() for one in self.racers]
        with self.store.read() as tx:
            ledger.check_books(tx)
        return said

    def alone(self, *task: str) -> None:
        """Let one of them do a task, which it can."""
        self.racers[0].start(*task)
        assert self.racers[0].answer()[0] == "done"

    def states(self) -> Counter[str]:
        """Return how many remittances stand in each state."""
        with self.store.read() as tx:
            return Counter(tx.execute(select(remittance.c.state)).scalars())

    def entries(self) -> int:
        with self.store.read() as tx:
            found = select(func.count(journal_entry.c.id)).where(journal_entry.c.remittance.is_not(None))
            return tx.execute(found).scalar_one()

    def balance(self, account: str) -> Decimal:
        with self.store.read() as tx:
            found = select(func.sum(journal_line.c.amount)).where(journal_line.c.account.startswith(account))
            return tx.execute(found).scalar() or Decimal(0)

    def only(self, state: str) -> str:
        """Return the one remittance in *state*."""
        with self.store.read() as tx:
            return tx.execute(select(remittance.c.id).where(remittance.c.state == state)).scalar_one()


@pytest.fixture
def race(
    any_store: Store, archive: Archive, settings: Settings, database: str | None, tmp_path: Path
) -> Iterator[Race]:
    made = Race(any_store, settings.model_copy(update={"database": database}), archive, tmp_path)
    yield made
    for one in made.racers:
        one.end()


def paid(number: str, *, trace: str = "T1", day: str = "20240126") -> Era:
    """Return a payment of 100.00 on a claim of 125.50."""
    answer = Answer(
        "K", FIRST, number, "1", 12550, 10000, "I1", (Service("99213", 12550, 10000, (("CO", "45", 2550),)),)
    )
    return Era(FIRST, trace, (answer,), day=day)


def refused(said: list[Any]) -> str:
    """Return what the loser says; exactly one of the two lost."""
    assert sorted(one[0] for one in said) == ["done", "refused"], said
    (lost,) = (one for one in said if one[0] == "refused")
    assert lost[1] == "Refused"
    return lost[2]


def test_reading(race: Race) -> None:
    """One receipt read by both; one content under two names; one number and amount under two dates."""
    race.send(["PCN1"])
    one = race.receipt(file_of([paid("PCN1")]))
    assert [s[0] for s in race.run(("read", one, "ann"), ("read", one, "bob"))] == ["done", "done"]
    assert (race.states(), race.entries()) == (Counter(posted=1), 2)

    race.send(["PCN2"], ["PCN3"])
    first = race.receipt(file_of([paid("PCN2", trace="T2")], number=2))
    second = race.receipt(file_of([paid("PCN2", trace="T2")], number=3))
    race.run(("read", first, "ann"), ("read", second, "bob"))
    assert (race.states(), race.entries()) == (Counter(posted=2, duplicate=1), 4)

    first = race.receipt(file_of([paid("PCN3", trace="T3")], number=4))
    second = race.receipt(file_of([paid("PCN3", trace="T3", day="20240129")], number=5))
    race.run(("read", first, "ann"), ("read", second, "bob"))
    assert (race.states(), race.entries()) == (Counter(posted=3, duplicate=1, quarantined=1), 6)
    assert race.balance("clearing:") == 300


def test_reading_two_answers_on_one_claim(race: Race) -> None:
    """Each is worked out while the other is: the second sees what the first did, and waits."""
    claim = race.claim_of(race.send(["PCN1"]), "PCN1")
    first = race.receipt(file_of([paid("PCN1", trace="T1")], number=1))
    second = race.receipt(file_of([paid("PCN1", trace="T2")], number=2))
    race.run(("read", first, "ann"), ("read", second, "bob"))
    assert (race.states(), len(_waiting(race))) == (Counter(posted=2), 1)
    assert (race.balance("suspense"), race.balance("clearing:")) == (-100, 200)
    with race.store.read() as tx:
        assert ledger.claim_account(tx, claim).paid == 100


def test_releasing(race: Race) -> None:
    """One quarantine released by two users, and by one while the other takes it out of the queue (TRAP-112)."""
    race.send(["PCN1"], ["PCN2"])
    eras = [paid("PCN1", trace="T1"), paid("PCN2", trace="T2")]
    lines = (Service("99213", 12550, 9000, (("CO", "45", 2550),)),)  # a line that does not add up
    off = [replace(era, answers=(replace(era.answers[0], services=lines),)) for era in eras]
    for number, era in enumerate(off, start=1):
        race.alone("read", race.receipt(file_of([era], number=number)), "ann")
    with race.store.read() as tx:
        held = [one.id for one in remittances.quarantined(tx)]

    said = refused(race.run(("release", held[0], "ann"), ("release", held[0], "bob")))
    winner = _released_by(race, held[0])
    assert winner in {"ann", "bob"}
    assert said in {
        f"{held[0]} was posted by {winner} in the meantime; nothing was done twice",
        f"{held[0]} is not quarantined (it is posted)",
    }
    assert (race.states(), race.entries()) == (Counter(posted=1, quarantined=1), 2)

    said = race.run(("release", held[1], "ann"), ("dismiss", held[1], "bob"))
    assert _released_by(race, held[1]) == ("ann" if said[0][0] == "done" else "bob")
    assert refused(said).startswith(held[1])
    assert race.balance("clearing:") == 100 * race.states()["posted"]


def _released_by(race: Race, remittance_id: str) -> str | None:
    with race.store.read() as tx:
        return remittances.get(tx, remittance_id).released_by


def test_matching(race: Race) -> None:
    """One payment matched by two users, to one claim or to two; matched while it moves by itself; taken off by two."""
    claims = [race.claim_of(race.send([pcn]), pcn) for pcn in ("PCN1", "PCN2", "PCN3")]
    race.alone("read", race.receipt(file_of([paid("QQ1")])), "ann")
    (payment,) = _waiting(race)
    said = refused(race.run(("match", payment, claims[0], "ann"), ("match", payment, claims[1], "bob")))
    assert said == f"{payment} is not in suspense (it is posted)"
    assert _waiting(race) == []

    said = refused(race.run(("unmatch", payment, "ann"), ("unmatch", payment, "bob")))
    assert said == f"{payment} is not posted to a claim (it is suspense)"
    said = refused(race.run(("match", payment, claims[2], "ann"), ("match", payment, claims[2], "bob")))
    assert said == f"{payment} is not in suspense (it is posted)"

    race.alone("read", race.receipt(file_of([paid("PCN9", trace="T9")], number=9)), "ann")
    (late,) = _waiting(race)
    known = race.claim_of(race.send(["PCN9"]), "PCN9")
    race.run(("late",), ("late",))
    said = race.run(("late",), ("match", late, known, "bob"))
    assert _waiting(race) == []
    assert race.balance("suspense") == 0
    with race.store.read() as tx:
        assert ledger.claim_account(tx, known).paid == 100


def _waiting(race: Race) -> list[str]:
    with race.store.read() as tx:
        return [one.id for one in claim_payments.in_suspense(tx)]


def test_depositing(race: Race) -> None:
    """One bank's file loaded by two; one deposit entered by two; one deposit let pay by two, and two deposits one payment."""
    race.send(["PCN1"], ["PCN2"], ["PCN3"])
    eras = [paid(f"PCN{n}", trace=f"T{n}") for n in (1, 2, 3)]
    race.alone("read", race.receipt(file_of(eras)), "ann")
    bank = "date,amount,reference\n2024-01-26,100.00,TRN*1*T1*1512345678\\\n2024-01-26,70.00,CARDS\n2024-01-26,80.00,CARDS\n"
    said = race.run(("bank", bank, "ann"), ("bank", bank, "bob"))
    assert sorted(said) == [["done", 0], ["done", 3]]
    assert race.balance("cash:") == 250

    with race.store.read() as tx:
        amounts = {row.amount: row.id for row in tx.execute(select(deposit.c.id, deposit.c.amount))}
        traces = {
            row.trace_number: row.id for row in tx.execute(select(remittance.c.id, remittance.c.trace_number))
        }
    both = (amounts[Decimal("70.00")], amounts[Decimal("80.00")])
    said = race.run(("pay", both[0], traces["T2"], "ann"), ("pay", both[1], traces["T2"], "bob"))
    assert [one[0] for one in said] == ["done", "done"]
    assert (race.balance("clearing:"), race.balance("deposits:unapplied")) == (100, -50)

    said = race.run(("deposit", "X9", "33.00", "ann"), ("deposit", "X9", "33.00", "bob"))
    assert "is this deposit already" in refused(said)
    entered = next(one[1] for one in said if one[0] == "done")
    said = race.run(("pay", entered, traces["T3"], "ann"), ("pay", entered, traces["T3"], "bob"))
    assert refused(said).startswith(f"all of {entered} is explained")
    assert (race.balance("clearing:"), race.balance("cash:")) == (67, 283)
