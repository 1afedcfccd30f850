"""However often remittances come, in whatever order, alone or together in a file: the books are the same (4.13)."""

import shutil
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.clock import MovableClock
from gateway.model.remittance import Remittance
from gateway.store import ledger, plb
from gateway.store.archive import Archive
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from gateway.store.schema import journal_entry
from tests.desk import Desk, clp, remittance
from tests.desk import plb as pair
from tests.sites import settings_of

KEYS = Keys(bytes(range(32)))
ADJUSTMENTS = ("", "CO-45", "CO-50", "PR-1", "PI-9999", "CO-18")

cents = st.integers(1, 50_000).map(lambda n: Decimal(n).scaleb(-2))


@dataclass
class Delivery:
    """Remittances, and how they come: the files as lists of their numbers, some more than once, some together."""

    remittances: list[Remittance]
    files: list[list[int]]


@st.composite
def deliveries(draw) -> Delivery:
    items = []
    for number in range(draw(st.integers(1, 4))):
        answers = []
        for n in range(draw(st.integers(0, 3))):
            charge = draw(cents)
            why = draw(st.sampled_from(ADJUSTMENTS))
            taken = (
                draw(st.sampled_from([charge, charge / 2])).quantize(Decimal("0.01")) if why else Decimal(0)
            )
            pcn = f"{draw(st.sampled_from(['OURS', 'ALIEN']))}{number}{n}"
            answers.append(
                clp(pcn, charge, charge - taken, f"{why} {taken}" if why else "", control=f"I{number}{n}")
            )
        pairs = [pair("FB", -draw(cents), "T")] if draw(st.booleans()) else []
        paid = sum((a.paid for a in answers), Decimal(0)) - sum((p.amount for p in pairs), Decimal(0))
        # Notices without money come under one and the same trace number (TRAP-92).
        items.append(remittance(*answers, plbs=pairs, trace_number=f"T{number}" if paid else "0"))
    once = draw(st.permutations(range(len(items))))
    again = draw(st.lists(st.sampled_from(range(len(items))), max_size=4))
    files: list[list[int]] = []
    for number in draw(st.permutations([*once, *again])):
        if files and draw(st.booleans()):
            files[-1].append(number)
        else:
            files.append([number])
    return Delivery(items, files)


def _books(items: list[Remittance], files: list[list[int]]) -> object:
    """Post *files* at a new desk, each receipt read twice, and return the books."""
    root = Path(tempfile.mkdtemp())
    config = settings_of()
    store = open_store(root, config, KEYS, MovableClock())
    try:
        desk = Desk(store, config, Archive(root / "archive", KEYS), root)
        for item in items:
            for answer in item.claims:
                if answer.patient_control_number.startswith("OURS"):
                    desk.claim(answer.patient_control_number, answer.charge)
        for numbers in files:
            receipt_id = desk.receipt()
            for _ in range(2):
                for place, number in enumerate(numbers, start=1):
                    desk.post(items[number], receipt_id=receipt_id, place=f"1/1/{place}")
        with store.read() as tx:
            entries = tx.execute(select(func.count(journal_entry.c.id))).scalar_one()
            accounts = sorted((a.id, a.balance, len(a.movements)) for a in plb.accounts(tx))
            return ledger.trial_balance(tx), ledger.totals(tx), entries, accounts
    finally:
        store.close()
        shutil.rmtree(root)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(deliveries())
def test_every_remittance_posts_once(delivery: Delivery):
    items = delivery.remittances
    different = {repr(item) for item in items}
    if len(different) < len(items):
        items = [item for n, item in enumerate(items) if repr(item) not in map(repr, items[:n])]
        files = [[n for n in numbers if n < len(items)] for numbers in delivery.files]
        files = [*files, list(range(len(items)))]
    else:
        files = delivery.files
    assert _books(items, files) == _books(items, [[n] for n in range(len(items))])
