"""A claim that was crossed over keeps the number of the payer we sent it to, whoever else answers."""

from pathlib import Path

from gateway.model.remittance import Party
from gateway.settings import Settings
from gateway.store import submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, clp, remittance


def test_the_next_payers_number_does_not_take_its_place(
    any_store: Store, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    desk = Desk(any_store, settings, archive, tmp_path)
    claim = desk.claim("PCN1", "100")
    desk.post(remittance(clp("PCN1", "100", "60", "CO-45 20, PR-3 20", status="19", control="FIRST1")))
    second = Party(name="SECOND HEALTH PLAN", id_type="XV", id="SHP02")
    told = clp("PCN1", "100", "10", "OA-23 80, PR-3 10", status="2", control="SECOND1")
    result = desk.post(remittance(told, payer=second, originator="1999999999", trace_number="EFT2"))
    assert result.state == "posted"
    with any_store.read() as tx:
        assert submissions.told_number(tx, claim, "60054") == "FIRST1"
    assert desk.account(claim)["open"] == 0
