"""A paper remittance of 1e30000000 was archived, could not be worked out, and kept the daemon from every file after it."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Refused
from gateway.responses import apply, enter, paper, sort
from gateway.settings import Settings
from gateway.store import inbox, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk

CLAIM = {"patient_control_number": "PCN0100", "status_code": "1", "charge": "@", "paid": "50"}
CHECK = {
    "entered_from": "check image 2024-01-26/0017",
    "payer": {"name": "EXAMPLE HEALTH PLAN"},
    "payee": {"name": "ROE CLINIC", "id_type": "XX", "id": "1098765435"},
    "payment_method": "CHK", "payment_amount": "50", "payment_date": "2024-01-26", "trace_number": "0017",
    "claims": [CLAIM],
}  # fmt: skip


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def written(charge: str) -> bytes:
    return json.dumps(CHECK).replace('"@"', charge).encode()


@pytest.mark.parametrize("number", ["1e30000000", "1e-30000000", "1e99999999999999999999", "1e400"])
def test_it_is_told_with_its_place(number: str):
    for charge in (number, f'"{number}"'):
        said, faults = paper.parse(written(charge))
        assert said is None
        assert [(f.code, f.element) for f in faults] == [("HAND-FIELD", "claims[0].charge")]


def test_what_cannot_be_worked_out_keeps_nothing_back(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    data = written('"50"')
    said, _ = paper.parse(data)
    assert said is not None

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(apply, "post_set", broken)
    with pytest.raises(Refused, match="is held"):
        enter.enter(desk.site, said, data, actor="user:pat")
    assert sort.process(desk.site).receipts == 0
    with desk.store.read() as tx:
        assert inbox.pending(tx) == []
        (held,) = queue.items(tx, desk.site.settings, tx.now())
    assert "RCV-DEFECT" in held.why
    monkeypatch.undo()
    report = sort.reread(desk.site, held.id, "user:pat")
    assert (report.remittances, report.quarantined) == (1, 0)
    assert desk.totals()["suspense"] == 50
    with desk.store.read() as tx:
        assert [item.kind for item in queue.items(tx, desk.site.settings, tx.now())] == ["unmatched"]
