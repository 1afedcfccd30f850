"""Whatever the bank and the payers send, in whatever order and however often: cash and clearing add up, nothing counts twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.responses import deposits as acts
from gateway.store import deposits, ledger
from tests.desk import Desk, clp, money, remittance
from tests.property.test_posting_laws import Office

PAYERS = ("1512345678", "1999999999")
TRACES = ("T1", "T2", "T3")


@dataclass(frozen=True)
class Paid:
    """One remittance: who pays, under which trace number, how much."""

    payer: str
    trace: str
    amount: Decimal


@dataclass(frozen=True)
class Story:
    """Remittances, the lines of the bank, and what is done with them, in order."""

    payments: Sequence[Paid]
    lines: Sequence[str]
    steps: Sequence[tuple[str, int, int]]


cents = st.integers(1, 900).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def stories(draw) -> Story:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(PAYERS), st.sampled_from(TRACES)), min_size=1, max_size=4, unique=True
        )
    )
    payments = [Paid(payer, trace, draw(cents)) for payer, trace in keys]
    lines = []
    for one in payments:
        parts = draw(st.sampled_from(["whole", "split", "off", "twice", "none"]))
        named = f"TRN*1*{one.trace}*{one.payer}\\"
        amounts = {
            "whole": [one.amount], "split": [one.amount / 2, one.amount - one.amount / 2],
            "off": [one.amount + Decimal("0.01")], "twice": [one.amount] * 2, "none": [],
        }[parts]  # fmt: skip
        lines += [f"2024-01-26,{amount.quantize(Decimal('0.01'))},{named}" for amount in amounts]
    lines += [f"2024-01-25,{draw(cents)},CARD" for _ in range(draw(st.integers(0, 2)))]
    lines = [line for line in lines if ",0.00," not in line]
    act = st.tuples(
        st.sampled_from(["load", "load", "post", "post", "match", "unmatch", "aside", "withdraw"]),
        st.integers(0, 5),
        st.integers(0, 5),
    )
    return Story(payments, draw(st.permutations(lines)), draw(st.lists(act, min_size=3, max_size=12)))


def act(desk: Desk, story: Story, step: tuple[str, int, int], receipts: Sequence[str]) -> None:
    """Do one step; what is refused changes nothing."""
    what, first, second = step
    if what == "load":
        chosen = story.lines[: max(1, first)] if second % 2 else story.lines
        data = "\n".join(["date,amount,reference", *chosen]).encode()
        acts.load_bank_file(desk.site, data, name="bank.csv", actor="pat")
        return
    if what == "post":
        number = first % len(story.payments)
        desk.post(posted(story.payments[number]), receipt_id=receipts[number])
        return
    with desk.store.read() as tx:
        known = deposits.every(tx)
        unpaid = deposits.open_remittances(tx)
    if not known:
        return
    one = known[first % len(known)].id
    try:
        if what == "match" and unpaid:
            acts.match_deposit(desk.site, one, unpaid[second % len(unpaid)].id, actor="pat")
        elif what == "unmatch":
            acts.unmatch_deposit(desk.site, one, reason="a mistake", actor="pat")
        elif what == "aside":
            acts.set_aside(desk.site, one, reason="cards", actor="pat")
        elif what == "withdraw":
            acts.withdraw(desk.site, one, reason="returned", actor="pat")
    except Refused:
        return


def posted(one: Paid):
    """Return the remittance of one payment, of a claim that nobody knows."""
    number = f"X{one.payer}{one.trace}"
    item = clp(number, one.amount, one.amount, control=number)
    return remittance(item, trace_number=one.trace, originator=one.payer, payment_date=date(2024, 1, 26))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_cash_and_clearing_add_up_after_every_step(story: Story):
    with Office() as desk:
        receipts = [desk.receipt() for _ in story.payments]
        for step in story.steps:
            act(desk, story, step, receipts)
            desk.check()
            proves(desk, story)


def proves(desk: Desk, story: Story) -> None:
    """Count it all from the movements by hand: cash, what is open, and each clearing account."""
    with desk.store.read() as tx:
        known = deposits.every(tx)
        moved = [m for one in known for m in deposits.movements(tx, one.id)]
        balances = ledger.trial_balance(tx)
        totals = ledger.totals(tx)
        unpaid = {one.id: one.open for one in deposits.open_remittances(tx)}
    withdrawn = sum((m.amount for m in moved if m.target == "withdrawn"), money(0))
    assert len({one.id for one in known}) == len(known) <= len(story.lines)
    assert balances.get("cash:bank", money(0)) == sum((one.amount for one in known), money(0)) - withdrawn
    assert -balances.get("deposits:unapplied", money(0)) == sum((one.open for one in known), money(0))
    cleared = sum((v for k, v in balances.items() if k.startswith("clearing:")), money(0))
    assert cleared == sum(unpaid.values(), money(0)) == totals["not_deposited"]
    assert all(money(0) <= one.open <= one.amount for one in known)
    assert (
        totals["deposited"] + totals["not_deposited"]
        == totals["received"] + totals["deposits_open"] + totals["deposits_elsewhere"]
    )
    assert totals["received"] == totals["paid"] + totals["suspense"] + totals["provider_adjustments"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories(), st.data())
def test_the_order_of_bank_and_payers_does_not_matter(story: Story, data: st.DataObject):
    """However posting and loading take turns, and though all of it comes again, the same money finds the same payment."""
    steps = [("load", n, 1) for n in range(1, len(story.lines))] + [
        ("post", n, 0) for n in range(len(story.payments))
    ]
    books = []
    for order in (steps, data.draw(st.permutations(steps))):
        with Office() as desk:
            receipts = [desk.receipt() for _ in story.payments]
            for step in (*order, ("load", 0, 0), *order, ("load", 0, 0)):
                act(desk, story, step, receipts)
            desk.check()
            with desk.store.read() as tx:
                books.append({name: value for name, value in ledger.trial_balance(tx).items() if value})
    assert books[0] == books[1]
