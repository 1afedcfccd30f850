"""A claim that its payer sent on as not its own (CLP02 23): who is asked, from when on, and when nobody is any more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.model.remittance import Party, RemittanceReference
from gateway.responses import denials
from gateway.settings import Settings
from gateway.store import claims, exports, queue, remittances
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, export_row
from tests.desk import Desk, clp, money, remittance
from tests.sites import settings_of
from tests.wires import partner

SENT_ON = clp("A", 100, 0, "OA-B11 100", status="23", crossover_payer="POE MUTUAL")
OTHER = {
    "originator": "1998877665",
    "payer": Party(name="POE MUTUAL", references=(RemittanceReference(qualifier="2U", id="77001"),)),
}


@pytest.fixture
def settings() -> Settings:
    """An office that promises itself remittances, and no acknowledgements."""
    replies = {"ack_999": False, "clearinghouse_277ca": False, "payer_277ca": False}
    return settings_of(partner={"north": partner(replies=replies, folder={"path": "/nowhere"}).model_dump()})


@pytest.fixture
def desk(any_store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Iterator[Desk]:
    yield Desk(any_store, settings, archive, tmp_path)


def waiting(desk: Desk) -> list[queue.QueueItem]:
    with desk.store.read() as tx:
        return queue.items(tx, desk.site.settings, desk.store.clock.now())


def after(desk: Desk, days: int) -> None:
    clock = desk.store.clock
    assert isinstance(clock, MovableClock)
    clock.advance(timedelta(days=days))


def forwarded(desk: Desk) -> str:
    claim = desk.claim("A", 100)
    after(desk, 40)
    desk.post(remittance(SENT_ON, handling="H", payment_method="NON"))
    return claim


def test_the_clock_begins_anew_with_the_other_payer(desk: Desk):
    claim = forwarded(desk)
    after(desk, 10)
    assert waiting(desk) == [], (
        "the first payer is not asked for its remittance, 50 days after the claim went to it"
    )
    after(desk, 21)
    (item,) = waiting(desk)
    assert (item.kind, item.partner) == ("silent", "north")
    assert item.why.startswith(f"the payer sent {claim} on to POE MUTUAL as not its own")
    denials.close(desk.site, item.id, reason="billed on paper", actor="pat")
    assert waiting(desk) == []
    assert desk.account(claim)["open"] == money(100)


def test_the_other_payer_answers(desk: Desk):
    claim = forwarded(desk)
    desk.post(remittance(clp("A", 100, 80, "CO-45 20", control="PM1"), trace_number="P1", **OTHER))
    after(desk, 100)
    assert waiting(desk) == []
    assert desk.account(claim)["open"] == 0


def test_we_bill_the_other_payer_ourselves(desk: Desk):
    claim = forwarded(desk)
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    after(desk, 1)
    desk.submit(claim, version, payer="77001")
    after(desk, 35)
    assert waiting(desk) == []


def test_the_billing_system_is_told_to_whom(desk: Desk):
    forwarded(desk)
    query = select(export_row.c.content_sealed).where(export_row.c.kind == exports.CLAIM_STATUS)
    with desk.store.read() as tx:
        (row,) = [tx.unseal_json(one) for one in tx.execute(query).scalars()]
    assert (row["outcome"], row["state"], row["message"]) == ("forwarded", "sent", "forwarded to POE MUTUAL")


@pytest.mark.parametrize("status", ["23", "25"])
def test_an_answer_without_money_is_put_to_no_claim_in_doubt(desk: Desk, status: str):
    """Another patient's claim under our number: the answer is noted, and shown with nobody's claim."""
    desk.claim("A", 100)
    said: dict[str, Any] = {"member_id": "MBR9", "patient_last_name": "NOE", "patient_first_name": "NINA"}
    result = desk.post(remittance(clp("A", 100, 0, "OA-101 100", status=status, **said), handling="H"))
    assert result.claims == {remittances.NOTED: 1}
    with desk.store.read() as tx:
        (row,) = tx.execute(select(claim_payment.c.claim, claim_payment.c.submission)).all()
    assert tuple(row) == (None, None)
