import json
import shutil
import threading

import pytest
from sqlalchemy import insert, select, update

from gateway.errors import IntegrityError, Refused, StoreUnavailable
from gateway.store import anchors, schema
from gateway.store.archive import Archive
from gateway.store.backup import backup, verify
from gateway.store.installation import open_store


def receive(store, archive, number):
    blob = archive.put(f"receipt {number}".encode(), "receipt")
    with store.write("collect") as tx:
        tx.execute(
            insert(schema.receipt).values(
                id=f"R-{number:010}", partner="north", name_sealed=tx.seal("a"), sha256=blob, size=9, blob=blob,
                state="received", received_at=tx.now(),
            )
        )  # fmt: skip
        tx.audit(facts={"count": 1})


@pytest.fixture
def root(tmp_path, store, archive):
    (tmp_path / "config.toml").write_text('key = "env:K"\n')
    overlay = tmp_path / "maps" / "partners" / "north"
    overlay.mkdir(parents=True)
    (overlay / "837p.toml").write_text("")
    for number in range(3):
        receive(store, archive, number)
    anchors.anchor(store, tmp_path / "state")
    return tmp_path


@pytest.fixture
def target(tmp_path_factory):
    return tmp_path_factory.mktemp("backups") / "one"


def test_a_backup_is_an_installation_again(store, root, target, settings, keys, clock):
    report = backup(store, root, target)
    assert (report.blobs, report.audit_seq) == (3, 4)
    assert verify(target) == report
    restored = open_store(target, settings, keys, clock)
    try:
        with restored.read() as tx:
            blobs = list(tx.execute(select(schema.receipt.c.blob)).scalars())
        assert sorted(Archive(target / "state/archive", keys).get(blob) for blob in blobs) == [
            f"receipt {number}".encode() for number in range(3)
        ]
        assert anchors.verify_chain(restored, target / "state").fault is None
    finally:
        restored.close()
    assert (target / "maps/partners/north/837p.toml").exists()


def test_a_backup_is_private_and_has_no_key(store, root, target):
    (root / "state" / "daemon.lock").write_text("1")
    backup(store, root, target)
    for path in [target, *target.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    names = {path.name for path in target.rglob("*")}
    assert "daemon.lock" not in names
    assert not any(name.endswith(("-wal", "-shm", ".key")) for name in names)


def test_a_backup_is_consistent_while_the_gateway_works(store, root, target, archive):
    stop = threading.Event()
    numbers = iter(range(100, 100_000))

    def work():
        while not stop.is_set():
            receive(store, archive, next(numbers))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        reports = [backup(store, root, target / str(n)) for n in range(3)]
    finally:
        stop.set()
        thread.join()
    assert [report.audit_seq for report in reports] == sorted(report.audit_seq for report in reports)
    assert next(numbers) > 103


def test_a_target_in_use_or_inside_is_refused(store, root, target):
    with pytest.raises(Refused, match="outside"):
        backup(store, root, root / "backup")
    target.mkdir()
    (target / "x").touch()
    with pytest.raises(Refused, match="not empty"):
        backup(store, root, target)


def test_postgresql_says_how(any_store, tmp_path, target):
    if any_store.engine.dialect.name == "sqlite":
        assert backup(any_store, tmp_path, target).blobs == 0
        return
    with pytest.raises(Refused, match="pg_dump"):
        backup(any_store, tmp_path, target)


@pytest.mark.parametrize("name", ["state/gateway.db", "config.toml", "archive"])
@pytest.mark.parametrize("harm", ["alter", "remove"])
def test_a_harmed_backup_is_named(store, root, target, name, harm):
    backup(store, root, target)
    path = next((target / "state/archive").glob("??/*")) if name == "archive" else target / name
    if harm == "remove":
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(IntegrityError, match="missing or altered"):
        verify(target)


def test_a_blob_left_out_is_named(store, root, target):
    backup(store, root, target)
    manifest = json.loads((target / "manifest.json").read_text())
    gone = next(name for name in manifest["files"] if name.startswith("state/archive/"))
    del manifest["files"][gone]
    (target / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IntegrityError, match="1 files of the archive"):
        verify(target)


def test_what_is_no_backup_is_named(tmp_path):
    with pytest.raises(IntegrityError, match="not a backup"):
        verify(tmp_path)


def test_a_missing_blob_shows_in_the_backup_of_it(store, root, target):
    shutil.rmtree(root / "state" / "archive")
    with pytest.raises(IntegrityError, match="3 files of the archive are not in it"):
        backup(store, root, target)


def test_a_disk_that_refuses_says_try_later(store, root, target, monkeypatch):
    def full(source, destination):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        backup(store, root, target)


def test_a_damaged_database_is_damage(store, root):
    with store.write("x") as tx:
        tx.execute(update(schema.receipt).values(state="processed"))
        tx.audit()
    store.close()
    path = root / "state" / "gateway.db"
    for name in ("gateway.db-wal", "gateway.db-shm"):
        (root / "state" / name).unlink(missing_ok=True)
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(IntegrityError, match="restore a backup"), store.read() as tx:
        tx.execute(select(schema.receipt)).all()
