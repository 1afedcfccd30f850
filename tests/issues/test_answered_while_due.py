"""A transmission that is answered between being found due and being sent is left alone, and the others go."""

from pathlib import Path

import pytest

from gateway.exchange import deliver, retrying
from gateway.model.lifecycle import TransmissionState
from gateway.responses import sort
from gateway.responses.reading import ProcessReport
from gateway.site import Site
from gateway.store import transmissions
from tests.office import record
from tests.trade import Trade


def test_the_others_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trade = Trade(tmp_path)
    trade.drop(record(1))
    (first,) = trade.send().ids
    trade.put_out_999(trade.arrived()[0], "A")
    with monkeypatch.context() as unprocessed:
        unprocessed.setattr(sort, "process", lambda _site: ProcessReport())
        trade.fetch()
    deliver.retransmit(trade.site, first, actor="pat")
    trade.drop(record(2))
    may_contact = retrying.may_contact

    def answered_meanwhile(site: Site, partner: str) -> bool:
        sort.process(site)
        return may_contact(site, partner)

    monkeypatch.setattr(retrying, "may_contact", answered_meanwhile)
    trade.send()

    assert sorted(trade.numbers_arrived()) == ["ACC-1", "ACC-2"]
    with trade.site.store.read() as tx:
        assert transmissions.get(tx, first).state is TransmissionState.ACCEPTED
