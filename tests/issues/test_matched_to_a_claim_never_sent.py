"""A person names a claim that was never sent, or that is none: said, whatever the payment is, and nothing moves."""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.model.identifiers import Kind, new_id
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("status", "sign"), [("1", 1), ("22", -1)])
def test_a_payment_and_a_reversal_are_refused_alike(desk: Desk, status: str, sign: int, known: bool) -> None:
    claim = desk.claim("PCN1", 100, state="reserved", billed=False) if known else new_id(Kind.CLAIM)
    answer = clp("ZZZ8", sign * 100, sign * 60, f"CO-45 {sign * 40}", status=status)
    posted = desk.post(remittance(answer, clp("ZZZ9", 500, 500, control="ICN9")))
    with desk.store.read() as tx:
        named, other = claim_payments.of_remittance(tx, posted.remittance_id)
    with pytest.raises(Refused, match=f"{claim} is no claim that was sent"):
        desk.match(named, claim)
    with desk.store.read() as tx:
        assert {one.id for one in claim_payments.in_suspense(tx)} == {named, other}
