import os
import secrets

import pytest

from gateway import failpoints
from gateway.errors import ArchiveDamaged, StoreUnavailable
from gateway.store import archive as module
from gateway.store.archive import Archive
from gateway.store.keys import Keys, new_key, parse_key

CONTENT = b"ISA*00*ROE^JANE~"


def file_of(archive, blob):
    return archive.root / blob[:2] / blob


@pytest.mark.parametrize(
    "size", [0, 1, module.CHUNK_BYTES - 1, module.CHUNK_BYTES, module.CHUNK_BYTES + 1, 5_000_000]
)
def test_what_is_put_comes_back_and_is_not_there_in_clear(archive, size):
    data = secrets.token_bytes(size)
    blob = archive.put(data, "receipt")
    assert archive.exists(blob)
    assert archive.get(blob) == data
    stored = file_of(archive, blob).read_bytes()
    assert size < 16 or data[:16] not in stored
    assert len(stored) == size + len("receipt") + 4 + 1 + module.WRAPPED_BYTES + 12 + 16


def test_everything_is_private(archive):
    blob = archive.put(CONTENT, "receipt")
    for path in (archive.root, archive.root / "tmp", archive.root / blob[:2]):
        assert path.stat().st_mode & 0o777 == 0o700
    assert file_of(archive, blob).stat().st_mode & 0o777 == 0o600


def test_the_same_bytes_twice_are_one_file_that_is_not_touched(archive):
    blob = archive.put(CONTENT, "receipt")
    before = file_of(archive, blob).read_bytes()
    assert archive.put(CONTENT, "transmission") == blob
    assert file_of(archive, blob).read_bytes() == before
    assert list(archive.blobs()) == [blob]


def test_two_blobs_with_one_content_never_share_a_key(archive, tmp_path, keys):
    other = Archive(tmp_path / "other", keys)
    blob = archive.put(CONTENT, "receipt")
    assert other.put(CONTENT, "receipt") == blob
    assert file_of(archive, blob).read_bytes() != file_of(other, blob).read_bytes()


def test_every_altered_byte_is_noticed(archive):
    blob = archive.put(CONTENT, "receipt")
    path = file_of(archive, blob)
    stored = path.read_bytes()
    for place in range(len(stored)):
        path.write_bytes(stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :])
        with pytest.raises(ArchiveDamaged):
            archive.get(blob)
    for length in range(len(stored)):
        path.write_bytes(stored[:length])
        with pytest.raises(ArchiveDamaged):
            archive.get(blob)


def test_a_file_under_another_name_is_noticed(archive):
    one, other = archive.put(b"one", "receipt"), archive.put(b"two", "receipt")
    file_of(archive, other).write_bytes(file_of(archive, one).read_bytes())
    with pytest.raises(ArchiveDamaged):
        archive.get(other)


def test_a_missing_file_says_what_to_do(archive):
    with pytest.raises(ArchiveDamaged, match="restore state/archive from a backup"):
        archive.get("0" * 64)
    assert not archive.exists("0" * 64)


@pytest.mark.parametrize("blob", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_blob_id_never_becomes_a_path(archive, blob):
    with pytest.raises(ValueError, match="64 hex digits"):
        archive.get(blob)


def test_another_key_reads_nothing(archive):
    blob = archive.put(CONTENT, "receipt")
    with pytest.raises(ArchiveDamaged, match="another installation"):
        Archive(archive.root, Keys(b"x" * 32)).get(blob)


def test_a_damaged_blob_heals_when_its_bytes_come_by_again(archive):
    blob = archive.put(CONTENT, "receipt")
    file_of(archive, blob).write_bytes(b"")
    assert archive.put(CONTENT, "receipt") == blob
    assert archive.get(blob) == CONTENT


@pytest.mark.parametrize("name", [module.BEFORE_RENAME, module.AFTER_RENAME])
def test_a_break_in_the_middle_leaves_all_or_nothing(archive, name):
    failpoints.arm(name, "raise")
    with pytest.raises((OSError, StoreUnavailable)):
        archive.put(CONTENT, "receipt")
    assert list((archive.root / "tmp").iterdir()) == []
    assert list(archive.blobs()) == (
        [] if name == module.BEFORE_RENAME else [archive.put(CONTENT, "receipt")]
    )


def test_a_disk_that_refuses_says_try_later(archive, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left on device"):
        archive.put(CONTENT, "receipt")
    assert list((archive.root / "tmp").iterdir()) == []


def test_only_old_leftovers_are_swept(archive, keys):
    old, young = archive.root / "tmp" / "old", archive.root / "tmp" / "young"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (1, 1))
    Archive(archive.root, keys)
    assert not old.exists()
    assert young.exists()


def test_keys_are_made_read_and_never_shown():
    made = parse_key(new_key().encode() + b"\n")
    assert repr(made) == "Keys(***)"
    assert made.check != parse_key(new_key().encode()).check
    assert len({made.archive_key, made.audit_key}) == 2
