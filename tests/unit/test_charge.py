"""What a claim's account shows as charged, by what was sealed and what became of it (law 7)."""

from decimal import Decimal

import pytest

from gateway.model.charge import Sealed, charge_of, is_over
from gateway.model.lifecycle import SubmissionState as S


def sealed(charge: int, frequency: str = "1", sequence: str = "P", state: S = S.SENT) -> Sealed:
    return Sealed(frequency=frequency, payer_sequence=sequence, state=state, charge=Decimal(charge))


TAKEN = sealed(100)
REPLACED = sealed(120, "7")
VOID = sealed(120, "8")


@pytest.mark.parametrize(
    ("history", "shown"),
    [
        ([], 0),
        ([TAKEN], 100),
        ([TAKEN, REPLACED], 120),
        ([TAKEN, sealed(80, "7")], 80),
        ([TAKEN, VOID], 0),
        ([TAKEN, VOID, sealed(90)], 90),
        # A void that was turned away, or taken back by us, voided nothing.
        ([TAKEN, sealed(100, "8", state=S.PAYER_REJECTED)], 100),
        ([TAKEN, sealed(100, "8", state=S.WITHDRAWN)], 100),
        # A rejected replacement keeps its charge: it is mended and goes again.
        ([TAKEN, sealed(120, "7", state=S.CLEARINGHOUSE_REJECTED)], 120),
        ([sealed(100, state=S.SET_REJECTED)], 100),
        # The next payer is billed the same services once more, which is no charge of its own ...
        ([TAKEN, sealed(70, sequence="S")], 100),
        ([TAKEN, sealed(70, sequence="S"), sealed(60, sequence="T")], 100),
        ([TAKEN, sealed(70, sequence="S"), REPLACED], 120),
        ([TAKEN, sealed(70, "8", sequence="S")], 100),
        # ... unless nobody before it was ever asked, or nothing came of that.
        ([sealed(70, sequence="S")], 70),
        ([sealed(70, sequence="S"), sealed(60, sequence="T")], 70),
        ([sealed(70, sequence="S"), sealed(90, "7", sequence="S")], 90),
        ([sealed(100, state=S.PAYER_REJECTED), sealed(70, sequence="S")], 70),
        ([sealed(100, state=S.WITHDRAWN), sealed(70, sequence="T")], 70),
        ([sealed(70, sequence="H"), sealed(60, sequence="S"), sealed(50, sequence="A")], 60),
        # A place that nobody defined is the first.
        ([sealed(70, sequence="S"), sealed(55, sequence="?")], 55),
    ],
)
def test_the_account_shows_what_was_asked_for_last(history: list[Sealed], shown: int):
    assert charge_of(history) == shown


@pytest.mark.parametrize(
    ("state", "over"),
    [
        (S.SENT, False),
        (S.PAID, False),
        (S.DENIED, False),
        (S.REVERSED, False),
        (S.SET_REJECTED, True),
        (S.CLEARINGHOUSE_REJECTED, True),
        (S.PAYER_REJECTED, True),
        (S.WITHDRAWN, True),
    ],
)
def test_nothing_more_comes_of_what_was_rejected_or_taken_back(state: S, over: bool):
    assert is_over(state) is over
