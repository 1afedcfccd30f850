"""Collecting: whole files only, archived before anything else, once, whatever the partner's folder looks like."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway import failpoints
from gateway.clock import MovableClock
from gateway.errors import ConnectionLost, RemoteDenied, RemoteFailure, StoreUnavailable, Unreachable
from gateway.exchange import collect, retrying
from gateway.exchange.collect import CollectResult
from gateway.site import Site
from gateway.store import findings, inbox, partners
from gateway.store.schema import audit_event, receipt
from tests.wires import Faulty, folder_partner, site_of


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


class Bench:
    """An installation with one partner that puts files out."""

    def __init__(self, tmp_path: Path, clock: MovableClock, **download: Any) -> None:
        self.out = tmp_path / "partner" / "out"
        profile = folder_partner(
            tmp_path / "partner", download={"folders": ["out"], "quiet_polls": 1, **download}
        )
        (tmp_path / "partner/done").mkdir()
        self.wire = Faulty(profile)
        self.site: Site = site_of(tmp_path / "gateway", clock, lambda _name: self.wire, north=profile)

    def put(self, name: str, data: bytes) -> Path:
        path = self.out / name
        path.write_bytes(data)
        return path

    def collect(self) -> CollectResult:
        return collect.collect(self.site, "north")

    def receipts(self) -> list[inbox.Receipt]:
        with self.site.store.read() as tx:
            return inbox.pending(tx)

    def raw(self) -> dict[str, bytes]:
        folder = self.site.inbound / "raw/north"
        return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.is_dir() else {}

    def staged(self) -> list[Path]:
        return [p for p in (self.site.state / "staging").rglob("*") if p.is_file()]


@pytest.fixture
def bench(tmp_path: Path, clock: MovableClock) -> Callable[..., Bench]:
    return lambda **download: Bench(tmp_path, clock, **download)


def test_a_file_is_archived_received_copied_and_left(bench: Callable[..., Bench]) -> None:
    b = bench()
    there = b.put("ROE-JANE 835.txt", b"ISA*whatever\r\n\xff")
    assert b.collect().received == 1
    (got,) = b.receipts()
    assert b.site.archive.get(got.blob) == there.read_bytes()
    assert b.raw() == {f"{got.id}.x12": there.read_bytes()}
    assert there.exists(), "leave is the default"
    assert b.staged() == []
    again = b.collect()
    assert (again.received, again.duplicates) == (0, 0)
    assert b.wire.calls.count("download") == 1
    with b.site.store.read() as tx:
        assert inbox.remote_name(tx, got.id) == "ROE-JANE 835.txt"


def test_the_remote_name_is_nowhere_in_the_clear(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.put("ZZCANARY.835", b"content")
    b.collect()
    b.site.store.close()
    for path in (tmp_path / "gateway").rglob("*"):
        assert "ZZCANARY" not in path.name
        assert not path.is_file() or b"ZZCANARY" not in path.read_bytes()


def test_a_file_counts_as_whole_after_quiet_looks(bench: Callable[..., Bench]) -> None:
    b = bench(quiet_polls=3)
    there = b.put("a", b"x")
    assert [b.collect().waiting for _ in range(2)] == [1, 1]
    there.write_bytes(b"xy")
    assert [b.collect().waiting for _ in range(2)] == [1, 1]
    assert b.collect().received == 1
    assert b.site.archive.get(b.receipts()[0].blob) == b"xy"


def test_a_file_that_grew_since_the_listing_waits(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench()
    b.put("a", b"half")
    monkeypatch.setattr(b.wire, "download", lambda _path, into, limit: into.write(b"half and more"))
    assert (r := b.collect()).waiting == 1
    assert r.received == 0
    assert b.receipts() == []
    assert b.staged() == []
    monkeypatch.undo()
    assert b.collect().received == 1


def test_same_content_under_another_name_is_linked(bench: Callable[..., Bench]) -> None:
    b = bench(after="delete")
    b.put("a", b"same")
    b.put("b", b"same")
    result = b.collect()
    assert (result.received, result.duplicates) == (1, 1)
    assert len(b.receipts()) == len(b.raw()) == 1
    assert list(b.out.iterdir()) == []


def test_same_name_with_new_content_is_new(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put("R5.AA", b"january")
    b.collect()
    b.put("R5.AA", b"february!")
    assert b.collect().received == 1
    assert len(b.receipts()) == 2


def test_the_same_file_put_out_again_after_removal(bench: Callable[..., Bench]) -> None:
    b = bench(after="delete")
    import os

    there = b.put("a", b"x")
    os.utime(there, (10**9, 10**9))
    b.collect()
    os.utime(b.put("a", b"x"), (10**9, 10**9))
    result = b.collect()
    assert (result.received, result.duplicates) == (0, 1)
    assert not there.exists()


@pytest.mark.parametrize("after", ["delete", "move"])
def test_remote_copy_goes_only_after_ours_is_safe(bench: Callable[..., Bench], after: str) -> None:
    b = bench(after=after, move_to="done")
    there = b.put("a", b"x")
    for name in (
        collect.AFTER_DOWNLOAD,
        collect.AFTER_ARCHIVE,
        collect.AFTER_COMMIT,
        collect.AFTER_COPY,
        collect.BEFORE_REMOVE,
    ):
        failpoints.arm(name, "raise")
        with pytest.raises((OSError, StoreUnavailable)):
            b.collect()
        assert there.exists(), name
    b.collect()
    assert not there.exists()
    assert (b.out.parent / "done/a").exists() is (after == "move")
    assert len(b.receipts()) == 1
    assert list(b.raw().values()) == [b"x"]


def test_moving_onto_a_taken_name_keeps_both(bench: Callable[..., Bench]) -> None:
    b = bench(after="move", move_to="done")
    (b.out.parent / "done/a").write_bytes(b"older")
    b.put("a", b"newer")
    b.collect()
    assert sorted(p.read_bytes() for p in (b.out.parent / "done").iterdir()) == [b"newer", b"older"]


def test_removal_that_fails_is_tried_again_without_another_download(bench: Callable[..., Bench]) -> None:
    b = bench(after="delete")
    there = b.put("a", b"x")
    b.wire.before["remove"] = [RemoteDenied("remove", "no")]
    assert (r := b.collect()).troubles == 1
    assert r.received == 1
    b.collect()
    assert not there.exists()
    assert b.wire.calls.count("download") == 1


def test_empty_and_too_large_files_are_left_with_a_finding_once(bench: Callable[..., Bench]) -> None:
    b = bench(after="delete")
    limits = b.site.settings.limits.model_copy(update={"receipt_bytes": 10})
    object.__setattr__(b.site, "settings", b.site.settings.model_copy(update={"limits": limits}))
    empty, large = b.put("empty", b""), b.put("large", b"x" * 11)
    b.put("good", b"x")
    result = b.collect()
    assert (result.received, result.left) == (1, 2)
    assert sorted(f.code for f in result.findings) == ["RCV-EMPTY", "RCV-SIZE"]
    assert empty.exists()
    assert large.exists()
    calls = b.wire.calls.count("download")
    again = b.collect()
    assert again.findings == []
    assert again.left == 2
    assert b.wire.calls.count("download") == calls
    empty.write_bytes(b"now full")
    assert b.collect().received == 1


def test_a_size_that_lies_is_cut_off_at_the_limit(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench()
    b.put("bomb", b"x" * 5)
    limits = b.site.settings.limits.model_copy(update={"receipt_bytes": 10})
    object.__setattr__(b.site, "settings", b.site.settings.model_copy(update={"limits": limits}))

    def bomb(_path: str, into: io.BytesIO, limit: int) -> int:
        into.write(b"x" * limit)
        raise RemoteFailure("too_large", "larger")

    monkeypatch.setattr(b.wire, "download", bomb)
    assert [f.code for f in b.collect().findings] == ["RCV-SIZE"]
    assert b.collect().findings == []


def test_ignored_names_are_never_fetched(bench: Callable[..., Bench]) -> None:
    b = bench(ignore=["*.txt", "bcast*"])
    b.put("user0706.TXT", b"x")
    b.put("bcast", b"x")
    b.put("a.835", b"x")
    assert b.collect().received == 1


def test_one_bad_file_keeps_no_other_back(bench: Callable[..., Bench]) -> None:
    b = bench()
    for name in "abc":
        b.put(name, name.encode())
    b.wire.before["download"] = [RemoteDenied("download", "no")]
    result = b.collect()
    assert (result.received, result.troubles) == (2, 1)
    assert b.collect().received == 1


def test_one_missing_folder_keeps_no_other_back(bench: Callable[..., Bench]) -> None:
    b = bench(folders=["nowhere", "out"])
    b.put("a", b"x")
    result = b.collect()
    assert (result.received, result.troubles) == (1, 1)


def test_a_lost_session_keeps_what_was_fetched(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put("a", b"1")
    b.put("b", b"2")
    b.wire.after["download"] = [ConnectionLost("download", "cut")]
    with pytest.raises(ConnectionLost):
        b.collect()
    assert b.staged() == []
    assert b.collect().received == 2
    with b.site.store.read() as tx:
        assert partners.get(tx, "north").failures == 0


def test_a_paused_partner_is_not_contacted(bench: Callable[..., Bench]) -> None:
    b = bench()
    with b.site.store.write("pause", actor="user:poe") as tx:
        partners.pause(tx, "north", "maintenance")
        tx.audit("north", {})
    assert b.collect() == CollectResult()
    assert b.wire.calls == []


def test_an_unreachable_partner_says_so(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.wire.before["connect"] = [Unreachable("connect", "down")] * 3
    with pytest.raises(Unreachable):
        b.collect()


def test_our_own_full_disk_is_not_the_partners_failure(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench(after="delete")
    there = b.put("a", b"x" * 100)

    class Full(io.RawIOBase):
        def write(self, _data: Any) -> int:
            raise OSError(28, "No space left on device")

    with b.wire.connect() as session, pytest.raises(OSError, match="No space"):
        session.download("out/a", Full(), limit=1000)

    def full(_path: str, into: io.BytesIO, limit: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(b.wire, "download", full)
    with pytest.raises(StoreUnavailable, match="staging"):
        b.collect()
    assert there.exists()
    with b.site.store.read() as tx:
        assert partners.get(tx, "north").failures == 0


def test_hostile_names_and_many_files(bench: Callable[..., Bench]) -> None:
    import os

    b = bench()
    for name in (b"\xff\xfe", b"new\nline", b"n" * 255, b"-rf", b"a b"):
        Path(os.fsdecode(os.fsencode(b.out) + b"/" + name)).write_bytes(name)
    for index in range(100):
        b.put(f"{index}.x12", str(index).encode())
    assert b.collect().received == 105
    assert len(b.raw()) == 105
    assert {name.partition(".")[0] for name in b.raw()} == {r.id for r in b.receipts()}


def test_a_folder_beyond_the_limit_says_so(bench: Callable[..., Bench]) -> None:
    b = bench(after="delete")
    limits = b.site.settings.limits.model_copy(update={"listing_entries": 3})
    object.__setattr__(b.site, "settings", b.site.settings.model_copy(update={"limits": limits}))
    for name in "abcde":
        b.put(name, name.encode())
    first = b.collect()
    assert first.received == 3
    assert [f.code for f in first.findings] == ["RCV-MANY"]
    assert b.collect().received == 2


def test_every_step_is_audited_and_quiet_polls_are_not(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put("a", b"x")
    b.collect()
    with b.site.store.read() as tx:
        kinds = tx.execute(select(audit_event.c.kind).order_by(audit_event.c.seq)).scalars().all()
        assert kinds[-4:] == ["looked", "received", "raw_copied", "contact"]
    b.collect()
    with b.site.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(audit_event)).scalar() == len(kinds) + 1
        assert tx.execute(select(func.count()).select_from(receipt)).scalar() == 1


def test_findings_of_left_entries_are_kept(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put("empty", b"")
    b.collect()
    with b.site.store.read() as tx:
        (kept,) = findings.of(tx, "L-1")
    assert kept.code == "RCV-EMPTY"


def test_the_first_listing_time_does_not_matter(bench: Callable[..., Bench], clock: MovableClock) -> None:
    b = bench(quiet_polls=2)
    b.put("a", b"x")
    b.collect()
    clock.advance(timedelta(days=400))
    assert b.collect().received == 1
