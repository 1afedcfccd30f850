"""Where the server hides sizes and times, another file under an old name is not taken for the old one and removed."""

from pathlib import Path
from typing import Any

import pytest

from gateway import failpoints
from gateway.exchange.collect import AFTER_REMOVE, collect
from gateway.exchange.folder import FolderSession
from gateway.exchange.transport import RemoteFile
from gateway.store import inbox
from tests.trade import PARTNER, Trade


def test_a_crash_after_removal_does_not_lose_the_next_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = FolderSession.list

    def hiding(self: FolderSession, folder: str, *, limit: int) -> list[RemoteFile]:
        return [RemoteFile(one.name, None, None) for one in listed(self, folder, limit=limit)]

    monkeypatch.setattr(FolderSession, "list", hiding)
    download: dict[str, Any] = {"folders": ["out"], "quiet_polls": 1, "after": "delete"}
    trade = Trade(tmp_path, download=download)
    trade.put_out("ISA*monday~", "835.txt")
    failpoints.arm(AFTER_REMOVE, "raise")
    with pytest.raises(OSError, match="failpoint"):
        collect(trade.site, PARTNER)

    trade.put_out("ISA*tuesday~", "835.txt")
    collect(trade.site, PARTNER)

    with trade.site.store.read() as tx:
        kept = [trade.site.archive.get(one.blob) for one in inbox.pending(tx)]
    assert sorted(kept) == [b"ISA*monday~", b"ISA*tuesday~"]
    assert list((trade.partner / "out").iterdir()) == []
