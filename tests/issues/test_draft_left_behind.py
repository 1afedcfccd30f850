"""A draft that could not even be abandoned must not keep its claims until the next start."""

from pathlib import Path

import pytest

from gateway import failpoints
from gateway.errors import StoreUnavailable
from gateway.exchange import reconcile, seal
from gateway.exchange.seal import AFTER_CHECK
from gateway.model.lifecycle import ClaimState
from tests.office import record
from tests.trade import PARTNER, Trade


def test_its_claims_go_at_the_next_cutoff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trade = Trade(tmp_path)
    trade.drop(record(1))

    def busy(*_: object) -> None:
        raise StoreUnavailable("the database is busy")

    with monkeypatch.context() as broken:
        broken.setattr(seal, "_give_up", busy)
        failpoints.arm(AFTER_CHECK, "raise")
        with pytest.raises(OSError, match="failpoint"):
            trade.send()
    assert trade.claim("ACC-1").state is ClaimState.IN_TRANSIT

    reconcile.reconcile(trade.site, PARTNER)
    trade.send()

    assert trade.numbers_arrived() == ["ACC-1"]
