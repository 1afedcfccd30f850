"""Whatever balanced remittances come, in whatever order and however often, the books are the same and add up (law 8)."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.model.remittance import Adjustment, Remittance, RemittanceClaim, RemittanceLine
from gateway.store import claim_payments, ledger
from gateway.store.archive import Archive
from gateway.store.claim_payments import StoredPayment
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from gateway.store.schema import export_row, journal_entry, journal_line
from tests.desk import Desk, clp, money, plb, remittance
from tests.sites import settings_of

CENT = Decimal("0.01")
CODES = [("CO", "45"), ("PR", "1"), ("PR", "3"), ("CO", "50"), ("OA", "23"), ("PI", "9999"), ("OA", "94")]

cents = st.integers(0, 50_000).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def split(draw, total: Decimal) -> tuple[Decimal, tuple[Adjustment, ...]]:
    """Divide *total* into what is paid and what is not: any codes, now and then a negative amount."""
    paid, adjustments = total, []
    for group, reason in draw(st.lists(st.sampled_from(CODES), max_size=3)):
        part = draw(st.integers(-500, max(int(paid * 100), 0))) * CENT
        if part and part <= paid:
            adjustments.append(Adjustment(group=group, reason=reason, amount=part))
            paid -= part
    return paid, tuple(adjustments)


@st.composite
def answer(draw, pcn: str, charge: Decimal) -> RemittanceClaim:
    """Answer a claim: by lines or whole, with adjustments at either level."""
    parts = draw(st.lists(st.integers(1, 9), min_size=0, max_size=3))
    lines: list[RemittanceLine] = []
    rest = charge
    for number, share in enumerate(parts):
        part = rest if number == len(parts) - 1 else (charge * share / 30).quantize(CENT)
        rest -= part
        paid, adjustments = draw(split(part))
        lines.append(
            RemittanceLine(procedure="99213", modifiers=(), charge=part, paid=paid, adjustments=adjustments)
        )
    paid, adjustments = draw(split(sum((x.paid for x in lines), money(0)) if lines else charge))
    status = draw(st.sampled_from(["1", "2", "3", "4", "19"]))
    whole = clp(pcn, charge, paid, service_lines=tuple(lines), control=f"ICN-{pcn}", status=status)
    return replace(whole, adjustments=adjustments)


def negated(item: RemittanceClaim) -> RemittanceClaim:
    """Return the reversal of an answer."""

    def turn(adjustments: Sequence[Adjustment]) -> tuple[Adjustment, ...]:
        return tuple(replace(a, amount=-a.amount) for a in adjustments)

    lines = tuple(
        replace(x, charge=-x.charge, paid=-x.paid, adjustments=turn(x.adjustments))
        for x in item.service_lines
    )
    return replace(
        item,
        status_code="22",
        charge=-item.charge,
        paid=-item.paid,
        adjustments=turn(item.adjustments),
        service_lines=lines,
    )


@dataclass
class Story:
    """Claims sent (number and charge) and the remittances that came."""

    claims: list[tuple[str, Decimal]]
    remittances: list[Remittance]


@st.composite
def stories(draw) -> Story:
    charges = draw(st.lists(cents.filter(bool), min_size=1, max_size=4))
    known = [(f"PCN{n}", charge) for n, charge in enumerate(charges)]
    answers = [draw(answer(pcn, charge)) for pcn, charge in known]
    answers += [draw(answer(f"ALIEN{n}", draw(cents))) for n in range(draw(st.integers(0, 2)))]
    again = [a for a in answers if draw(st.booleans())]
    later = [negated(a) for a in again]
    later += [
        replace(draw(answer(a.patient_control_number, a.charge)), payer_control_number="NEW") for a in again
    ]
    later = draw(st.permutations(later))
    items = []
    for number, part in enumerate((answers, later)):
        adjustments = [
            plb(code, draw(st.integers(-2000, 2000)) * CENT, f"R{code}")
            for code in draw(st.lists(st.sampled_from(["WO", "L6", "CS"]), max_size=2))
        ]
        item = remittance(*part, plbs=adjustments, trace_number=f"T{number}")
        if item.payment_amount < 0:
            item = remittance(
                *part, plbs=[*adjustments, plb("FB", item.payment_amount, "T")], trace_number=f"T{number}"
            )
        items.append(item)
    return Story(known, items)


class Office:
    """A desk on a store of its own, gone when left."""

    def __enter__(self) -> Desk:
        self.root = Path(tempfile.mkdtemp())
        keys, clock, config = Keys(bytes(range(32))), MovableClock(), settings_of()
        self.store = open_store(self.root, config, keys, clock)
        return Desk(self.store, config, Archive(self.root / "archive", keys), self.root)

    def __exit__(self, *_: object) -> None:
        self.store.close()
        shutil.rmtree(self.root)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(stories())
def test_books_hold_and_nothing_posts_twice(story: Story):
    with Office() as desk:
        owners = {pcn: desk.claim(pcn, charge) for pcn, charge in story.claims}
        receipts = [desk.receipt() for _ in story.remittances]
        for receipt_id, item in zip(receipts, story.remittances, strict=True):
            result = desk.post(item, receipt_id=receipt_id)
            assert result.state == "posted", result.findings
            assert sum(result.claims.values()) == len(item.claims)
            _cash(desk, item, result.remittance_id)
        books = _books(desk)
        for receipt_id, item in zip(receipts, story.remittances, strict=True):
            assert desk.post(item, receipt_id=receipt_id).again
            assert desk.post(item).state == "duplicate"
        assert _books(desk) == books
        for claim_id in owners.values():
            account = desk.account(claim_id)
            assert (
                account["charge"]
                == account["paid"] + account["adjusted"] + account["patient"] + account["open"]
            )
        totals = desk.totals()
        assert totals["received"] == sum((r.payment_amount for r in story.remittances), money(0))
        assert totals["received"] == totals["paid"] + totals["suspense"] + totals["provider_adjustments"]
        assert totals["billed"] == sum((charge for _, charge in story.claims), money(0))
        _exported(desk, totals)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(stories(), st.data())
def test_whatever_is_taken_off_a_claim_stands_in_suspense(story: Story, data: st.DataObject):
    with Office() as desk:
        owners = [desk.claim(pcn, charge) for pcn, charge in story.claims]
        for item in story.remittances:
            desk.post(item)
        received = desk.totals()["received"]
        with desk.store.read() as tx:
            posted = [
                p for of_claim in claim_payments.posted(tx, owners).values() for p in reversed(of_claim)
            ]
        for payment in posted:
            desk.unmatch(payment.id)
        for claim_id in owners:
            account = desk.account(claim_id)
            assert (account["paid"], account["adjusted"], account["patient"]) == (0, 0, 0)
        totals = desk.totals()
        assert totals["received"] == received == totals["suspense"] + totals["provider_adjustments"]
        _exported(desk, totals)
        _place_all(desk, data.draw(st.permutations(posted)) if posted else ())
        totals = desk.totals()
        assert totals["received"] == received
        _exported(desk, totals)


def _place_all(desk: Desk, payments: Sequence[StoredPayment]) -> None:
    """Match in the order given; what is refused because another has to come first is matched after it."""
    left = list(payments)
    while left:
        refused = []
        for payment in left:
            try:
                desk.match(payment.id, str(payment.claim))
            except Refused:
                refused.append(payment)
        assert len(refused) < len(left)
        left = refused


def _cash(desk: Desk, item: Remittance, remittance_id: str) -> None:
    """sum(CLP04) - sum(PLB) = BPR02 = what the clearing account got, added up without the gateway's help."""
    expected = sum((c.paid for c in item.claims), money(0)) - sum(
        (p.amount for p in item.provider_adjustments), money(0)
    )
    with desk.store.read() as tx:
        got = tx.execute(
            select(func.sum(journal_line.c.amount))
            .join(journal_entry, journal_entry.c.id == journal_line.c.entry)
            .where(
                journal_entry.c.remittance == remittance_id, journal_line.c.account.startswith("clearing:")
            )
        ).scalar()
    assert (got or money(0)) == expected == item.payment_amount


def _books(desk: Desk) -> tuple[dict[str, Decimal], int]:
    with desk.store.read() as tx:
        return ledger.trial_balance(tx), tx.execute(select(func.count(journal_entry.c.id))).scalar_one()


def _exported(desk: Desk, totals: dict[str, Decimal]) -> None:
    """The rows for the billing system add up to the journal, disposition by disposition, in all and for each claim."""
    rows = _rows(desk, "payment")
    for disposition, total in (
        ("money", totals["received"]),
        ("contractual", totals["contractual"]),
        ("patient", totals["patient"]),
    ):
        assert sum((Decimal(r["amount"]) for r in rows if r["disposition"] == disposition), money(0)) == total
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        key = (row.get("claim") or "", row["disposition"])
        sums[key] = sums.get(key, money(0)) + Decimal(row["amount"])
    last = {row["claim"]: row for row in _rows(desk, "claim_status")}
    for claim_id in {claim for claim, _ in sums if claim} | last.keys():
        account, told = desk.account(claim_id), last[claim_id]
        for disposition, name in (("money", "paid"), ("contractual", "adjusted"), ("patient", "patient")):
            assert sums.get((claim_id, disposition), money(0)) == account[name]
        named = {"paid": "paid", "contractual": "adjusted", "patient": "patient", "open": "open"}
        assert {column: Decimal(told[column]) for column in named} == {
            c: account[n] for c, n in named.items()
        }
    no_claim = totals["suspense"] + totals["provider_adjustments"]
    assert sums.get(("", "money"), money(0)) == no_claim


def _rows(desk: Desk, kind: str) -> list[dict[str, Any]]:
    with desk.store.read() as tx:
        query = select(export_row.c.content_sealed).where(export_row.c.kind == kind).order_by(export_row.c.id)
        return [tx.unseal_json(one) for one in tx.execute(query).scalars()]
