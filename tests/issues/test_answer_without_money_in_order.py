"""An answer that moved no money was taken for the first that came: it has no entry in the journal to tell when.

So a second payer's could not be taken off its claim, the first payer's could be taken off below it, and an explanation told a
denial after the payment that overtook it.
"""

from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.model.remittance import Party, RemittanceReference
from gateway.ops.reports import eob
from gateway.settings import Settings
from gateway.store import claim_payments, claims
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance

SECOND = {
    "payer": Party(name="SECOND PLAN", references=(RemittanceReference(qualifier="2U", id="70070"),)),
    "originator": "1999999999",
}


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(any_store, settings, archive, tmp_path)


def post(desk: Desk, *answers, trace: str, **more) -> list[str]:
    """Post a remittance of *answers* and return their claim payments."""
    posted = desk.post(remittance(*answers, trace_number=trace, **more))
    with desk.store.read() as tx:
        return claim_payments.of_remittance(tx, posted.remittance_id)


def order(desk: Desk, claim: str) -> list[str]:
    with desk.store.read() as tx:
        return [p.id for p in claim_payments.posted(tx, [claim])[claim]]


def told(desk: Desk, identifier: str) -> list[str]:
    """Return the answers in the order in which an explanation tells them."""
    with desk.store.read() as tx:
        (found,) = eob.explain(desk.site, tx, identifier, reveal=False).explanations
    return [answer.payment for answer in found.answers]


def test_what_a_second_payer_denied_comes_off_before_what_it_counts_on(desk: Desk):
    claim = desk.claim("PCN1", 100)
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    desk.submit(claim, version, payer="70070", sequence="S")
    (first,) = post(desk, clp("PCN1", 100, 70, "CO-45 10, PR-2 20"), trace="T1")
    denied = clp("PCN1", 100, 0, "OA-23 80, CO-96 20", status="2", control="S1")
    (second,) = post(desk, denied, trace="T2", **SECOND)
    assert order(desk, claim) == [first, second]
    with pytest.raises(Refused, match=f"{second} was posted .* gateway unmatch {second} "):
        desk.unmatch(first)
    desk.unmatch(second)
    desk.unmatch(first)
    desk.match(first, claim)
    desk.match(second, claim)
    assert order(desk, claim) == [first, second]


def test_a_denial_and_the_payment_that_overtook_it_are_told_in_their_order(desk: Desk):
    claim = desk.claim("PCN1", 100)
    (denied,) = post(desk, clp("PCN1", 100, 0, "CO-16 100", status="4"), trace="T1")
    (forwarded,) = post(desk, clp("PCN1", 100, 0, "OA-109 100", status="23", control="I2"), trace="T2")
    (paid,) = post(desk, clp("PCN1", 100, 80, "CO-45 20", control="I3"), trace="T3")
    assert told(desk, claim) == [denied, forwarded, paid]


def test_a_reversal_is_told_before_the_denial_that_stands_in_its_place(desk: Desk):
    claim = desk.claim("PCN1", 100)
    (paid,) = post(desk, clp("PCN1", 100, 80, "CO-45 20"), trace="T1")
    denied = clp("PCN1", 100, 0, "CO-16 100", status="4")
    reversal = clp("PCN1", -100, -80, "CO-45 -20", status="22")
    anew, back, _ = post(desk, denied, reversal, clp("ALIEN", 90, 90, control="X"), trace="T2")
    assert told(desk, claim) == [paid, back, anew]
