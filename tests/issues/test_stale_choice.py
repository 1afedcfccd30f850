"""What was chosen to go out is minutes old when it is sealed; a mended version in between must win."""

from pathlib import Path

from gateway.claims import batch
from gateway.exchange import deliver
from gateway.exchange.seal import seal
from gateway.store import claims
from tests.office import record
from tests.trade import PARTNER, Trade


def test_a_version_that_was_mended_after_it_was_chosen_is_not_sent(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    trade.drop(record(1), record(2))
    with trade.site.store.read() as tx:
        ready = claims.ready_for(tx, PARTNER)
    mended = trade.claim("ACC-1")
    batch.hold_claim(trade.site, mended.id, reason="wrong diagnosis", actor="pat")
    trade.drop(record(1, diagnoses=["J02.9", "R50.9"]))
    batch.release_claim(trade.site, mended.id, reason="mended", actor="pat")

    (chosen,) = batch.chunks(ready, trade.site.partner(PARTNER).batching)
    result = seal(trade.site, PARTNER, chosen)

    assert (result.sent, result.deferred) == (1, 1)
    deliver.deliver_due(trade.site, PARTNER)
    assert trade.numbers_arrived() == ["ACC-2"]
    trade.send()
    assert "HI*ABK:J029" in trade.arrived()[1], "the mended version goes at the next cutoff"
    assert sorted(trade.numbers_arrived()) == ["ACC-1", "ACC-2"]
