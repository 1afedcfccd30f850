"""A reversal that a person places: it undoes what it mirrors, whatever number the payer gave it, and never before it stands."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.model.remittance import RemittanceClaim
from gateway.responses import denials
from gateway.responses.denials import Wanted
from gateway.settings import Settings
from gateway.store import claim_payments
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, money, remittance

FIRST = clp("OLD1", 150, 100, "CO-45 30, PR-2 20", control="ICN1")
OTHER = clp("NOBODY", 200, 200, control="ICN9")
UNTOUCHED = {
    "charge": money(150),
    "paid": money(0),
    "adjusted": money(0),
    "patient": money(0),
    "open": money(150),
}


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(store, settings, archive, tmp_path)


def reversal(of: RemittanceClaim, **more: str) -> RemittanceClaim:
    """Return what takes an answer back."""
    back = tuple(replace(a, amount=-a.amount) for a in of.adjustments)
    return replace(of, status_code="22", charge=-of.charge, paid=-of.paid, adjustments=back, **more)


def payments(desk: Desk, *said: RemittanceClaim, trace: str) -> list[str]:
    """Post a remittance and return its claim payments."""
    posted = desk.post(remittance(*said, trace_number=trace))
    with desk.store.read() as tx:
        return claim_payments.of_remittance(tx, posted.remittance_id)


def test_it_is_not_placed_before_what_it_takes_back(desk: Desk) -> None:
    (paid,) = payments(desk, FIRST, trace="T1")
    back, _ = payments(desk, reversal(FIRST), OTHER, trace="T2")
    claim = desk.claim("PCN1", 150)
    with pytest.raises(Refused, match=f"gateway match {paid} {claim}"):
        desk.match(back, claim)
    desk.match(paid, claim)
    desk.match(back, claim)
    assert desk.account(claim) == UNTOUCHED


def test_it_is_known_by_its_amounts_where_the_payer_gave_it_another_number(desk: Desk) -> None:
    claim = desk.claim("OLD1", 150)
    payments(desk, FIRST, trace="T1")
    back, _ = payments(desk, reversal(FIRST, payer_control_number="ICN2"), OTHER, trace="T2")
    assert desk.totals()["suspense"] == money(100)
    desk.match(back, claim)
    assert desk.account(claim) == UNTOUCHED
    corrected = clp("OLD1", 150, 90, "CO-45 40, PR-2 20", control="ICN3")
    payments(desk, corrected, trace="T3")
    assert desk.account(claim)["adjusted"] == money(40)


def test_one_that_mirrors_nothing_moves_the_money_and_stands_among_the_denials(desk: Desk) -> None:
    claim = desk.claim("OLD1", 150)
    payments(desk, FIRST, trace="T1")
    part = clp("OLD1", -150, -40, "CO-45 -90, PR-2 -20", control="ICN1", status="22")
    back, _ = payments(desk, part, OTHER, trace="T2")
    desk.match(back, claim)
    assert desk.account(claim) == {
        "charge": money(150), "paid": money(60), "adjusted": money(30), "patient": money(20), "open": money(40),
    }  # fmt: skip
    with desk.store.read() as tx:
        (one,) = denials.denials(tx, desk.site.settings, Wanted())
    assert (one.claim_payment, one.class_, one.amount) == (back, "review", money(40))
    denials.close(desk.site, back, reason="booked by hand", actor="pat")
    with desk.store.read() as tx:
        assert not list(denials.denials(tx, desk.site.settings, Wanted()))
