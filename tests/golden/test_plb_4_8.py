"""The worked provider adjustments of domain.md 4.8, as a biller sees them: what she gets, and where each account stands."""

from pathlib import Path

import pytest

from gateway.model.money import plain
from gateway.responses.plb import standing
from gateway.settings import Settings
from gateway.store import ledger, plb
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance
from tests.desk import plb as pair

CASES = {
    "carried forward, and taken from a payment that is large enough": (
        [
            ("T1", [600, -800], ["FB:T1 -200"]),
            ("T2", [550], ["FB:T1 200"]),
        ],
        """
        T1 pays 0.00
        T2 pays 350.00
        FB T1     200.00 -200.00 =    0.00   nothing: it is cleared
        """,
    ),
    "carried forward twice": (
        [
            ("T1", [600, -800], ["FB:T1 -200"]),
            ("T2", [50], ["FB:T1 200", "FB:T2 -150"]),
            ("T3", [400], ["FB:T2 150"]),
        ],
        """
        T1 pays 0.00
        T2 pays 0.00
        T3 pays 250.00
        FB T1     200.00 -200.00 =    0.00   nothing: it is cleared
        FB T2     150.00 -150.00 =    0.00   nothing: it is cleared
        """,
    ),
    "still carried": (
        [
            ("T1", [600, -800], ["FB:T1 -200"]),
            ("T2", [50], ["FB:T1 200", "FB:T2 -150"]),
        ],
        """
        T1 pays 0.00
        T2 pays 0.00
        FB T2     150.00         =  150.00   the payer takes it back from a later payment, under this reference
        FB T1     200.00 -200.00 =    0.00   nothing: it is cleared
        """,
    ),
    "withheld later than reversed": (
        [
            ("T1", [500, -100, 60], ["WO:ICN1 -40"]),
            ("T2", [200], ["WO:ICN1 40"]),
        ],
        """
        T1 pays 500.00
        T2 pays 160.00
        WO ICN1   40.00 -40.00   =    0.00   nothing: it is cleared
        """,
    ),
    "a refund that the payer acknowledges": (
        [
            ("T1", [500, -100, 60], ["WO:ICN1 -40"]),
            ("T2", [200], ["WO:ICN1 40", "72:CHECK9 -40"]),
        ],
        """
        T1 pays 500.00
        T2 pays 200.00
        72 CHECK9 40.00          =   40.00   compare it with the refund that you sent, then close it
        WO ICN1   40.00 -40.00   =    0.00   nothing: it is cleared
        """,
    ),
    "capitation, no claims at all": (
        [("T1", [], ["CT:2024-01 -12500"])],
        """
        T1 pays 12500.00
        CT 2024-01 12500.00      = 12500.00   nothing more comes of it; book it as capitation
        """,
    ),
    "interest": (
        [("T1", [100], ["L6 -2.5"])],
        """
        T1 pays 102.50
        L6 -      2.50           =    2.50   nothing more comes of it; book it as interest
        """,
    ),
    "the worked remittance: interest paid, an older overpayment withheld": (
        [("T1", [115, 240, -100, 60], ["L6 -2.5", "WO:ICN3999 42.5"])],
        """
        T1 pays 275.00
        WO ICN3999 -42.50        =  -42.50   the payer withheld it for this claim: find the reversal, or ask for it; then close it; its reference leads to nothing here
        L6 -      2.50           =    2.50   nothing more comes of it; book it as interest
        """,
    ),
    "an offset that leaves no payment": (
        [("T1", [-20.16], ["CS:RETRO -20.16"])],
        """
        T1 pays 0.00
        CS RETRO  20.16          =   20.16   read its reference, compare it with your own books or ask the payer, then close it
        """,
    ),
}  # fmt: skip
"""What comes (trace number, what claims pay, PLB code:reference amount), and the page that follows from it."""


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def claims_of(trace: str, amounts: list[float]) -> list:
    """Return claims nobody here knows, so that only the provider adjustments are looked at."""
    return [
        clp(f"{trace}N{n}", amount, amount, status="1" if amount > 0 else "22", control=f"{trace}-{n}")
        for n, amount in enumerate(amounts)
    ]


def pair_of(text: str):
    """Read ``WO:ICN1 -40``."""
    what, amount = text.split()
    code, _, reference = what.partition(":")
    return pair(code, amount, reference or None)


def page(text: str) -> list[str]:
    """Return the words of each line; how far apart they stand does not matter."""
    return [" ".join(row.split()) for row in text.strip().splitlines()]


@pytest.mark.parametrize("case", CASES)
def test_worked_cases(desk: Desk, case: str) -> None:
    comes, expected = CASES[case]
    seen = []
    for trace, amounts, plbs in comes:
        item = remittance(
            *claims_of(trace, amounts),
            plbs=[pair_of(text) for text in plbs],
            trace_number=trace,
        )
        result = desk.post(item)
        assert result.state == "posted", result.findings
        seen.append(f"{trace} pays {plain(item.payment_amount)}")
    with desk.store.read() as tx:
        accounts = plb.accounts(tx)
        for one in standing(tx, accounts):
            moves = " ".join(plain(m.amount) for m in one.account.movements)
            seen.append(
                f"{one.account.code} {one.account.reference or '-'} {moves} = {plain(one.account.balance)} {one.next}"
            )
        balances = ledger.trial_balance(tx)
    assert sorted(page("\n".join(seen))) == sorted(page(expected))
    assert seen[: len(comes)] == page(expected)[: len(comes)]
    for account in accounts:
        assert balances.get(account.account, money(0)) == -account.balance
