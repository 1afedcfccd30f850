"""The audit chain tells on every way of changing it, on both databases (P8, reliability.md 7)."""

import pytest
from sqlalchemy import text

from gateway.store import anchors
from gateway.store.audit import GENESIS

EVENTS = 8


@pytest.fixture
def chained(any_store, tmp_path):
    """A store with some events, the triggers gone: an attacker who owns the database, but not the key."""
    for number in range(EVENTS - 1):
        with any_store.write("intake", actor="user:roe") as tx:
            tx.audit(subject="F-7K3F9Q2MXR", facts={"claims": number})
    anchors.anchor(any_store, tmp_path)
    with any_store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_event_no_update"))
            connection.execute(text("DROP TRIGGER audit_event_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))
    return any_store


def tamper(store, *statements):
    with store.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def verified(store, state):
    report = anchors.verify_chain(store, state)
    return report.fault, report.seq


def test_an_untouched_chain_holds(chained, tmp_path):
    report = anchors.verify_chain(chained, tmp_path)
    assert report.fault is None
    assert report.events == EVENTS
    assert report.head != GENESIS


@pytest.mark.parametrize(
    "change",
    [
        "at = '2020-01-01T00:00:00.000000Z'", "actor = 'daemon'", "kind = 'post'", "subject = NULL",
        "subject = 'F-7K3F9Q2MXS'", "facts = '{}'", f"changes = '{GENESIS}'", f"hash = '{GENESIS}'",
    ],
)  # fmt: skip
def test_an_edited_event_is_named(chained, tmp_path, change):
    tamper(chained, f"UPDATE audit_event SET {change} WHERE seq = 4")
    assert verified(chained, tmp_path) == ("event 4 was altered", 4)


def test_a_relinked_event_is_named(chained, tmp_path):
    tamper(chained, f"UPDATE audit_event SET prev_hash = '{GENESIS}' WHERE seq = 4")
    assert verified(chained, tmp_path) == ("event 4 does not follow its predecessor", 4)


def test_a_deleted_event_is_named(chained, tmp_path):
    tamper(chained, "DELETE FROM audit_event WHERE seq = 3")
    assert verified(chained, tmp_path) == ("event 3 is missing", 3)


def test_a_deleted_event_is_named_when_the_rest_moves_up(chained, tmp_path):
    tamper(
        chained,
        "DELETE FROM audit_event WHERE seq = 3",
        *[f"UPDATE audit_event SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(4, EVENTS + 1)],
    )
    assert verified(chained, tmp_path) == ("event 3 does not follow its predecessor", 3)


def test_a_deleted_first_event_is_named(chained, tmp_path):
    tamper(chained, "DELETE FROM audit_event WHERE seq = 1")
    assert verified(chained, tmp_path) == ("event 1 is missing", 1)


def test_swapped_events_are_named(chained, tmp_path):
    tamper(
        chained,
        "UPDATE audit_event SET seq = 99 WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 4",
        "UPDATE audit_event SET seq = 4 WHERE seq = 99",
    )
    assert verified(chained, tmp_path) == ("event 3 does not follow its predecessor", 3)


def test_a_cut_off_tail_is_named_by_the_anchor(chained, tmp_path):
    tamper(chained, f"DELETE FROM audit_event WHERE seq > {EVENTS - 2}")
    fault, seq = verified(chained, tmp_path)
    assert fault == (
        f"the tail was cut off: the chain ends at event {EVENTS - 2}, but event {EVENTS} was anchored"
    )
    assert seq == EVENTS - 1


def test_a_tail_written_anew_is_named_by_the_anchor(chained, tmp_path):
    """Somebody who holds the key too can write a chain that fits; not the one that was anchored."""
    tamper(chained, f"DELETE FROM audit_event WHERE seq = {EVENTS}")
    with chained.write("intake") as tx:
        tx.audit(facts={"claims": 0})
    assert verified(chained, tmp_path) == (f"event {EVENTS} is not the one that was anchored", EVENTS)


def test_a_chain_grows_on_from_its_anchors(chained, tmp_path):
    path = tmp_path / "audit.anchor"
    assert anchors.anchor(chained, tmp_path) == EVENTS
    assert len(path.read_text().splitlines()) == 1
    with chained.write("intake") as tx:
        tx.audit()
    assert anchors.anchor(chained, tmp_path) == EVENTS + 1
    assert sorted(anchors.read_anchors(path)) == [EVENTS, EVENTS + 1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert verified(chained, tmp_path) == (None, None)


def test_a_torn_anchor_line_is_left_aside_and_dropped(chained, tmp_path):
    path = tmp_path / "audit.anchor"
    whole = path.read_text()
    path.write_text(whole + whole[:30])
    assert verified(chained, tmp_path) == (None, None)
    with chained.write("intake") as tx:
        tx.audit()
    anchors.anchor(chained, tmp_path)
    assert sorted(anchors.read_anchors(path)) == [EVENTS, EVENTS + 1]


@pytest.mark.parametrize("content", ["no anchor\n", '{"seq": 1}\n', "[]\n", "\xff\n"])
def test_a_damaged_anchor_file_is_a_fault_that_is_named(chained, tmp_path, content):
    (tmp_path / "audit.anchor").write_text(content, encoding="latin-1")
    fault, _ = verified(chained, tmp_path)
    assert "audit.anchor" in fault


def test_contradicting_anchors_are_named(chained, tmp_path):
    path = tmp_path / "audit.anchor"
    path.write_text(path.read_text() + f'{{"seq": {EVENTS}, "hash": "{GENESIS}", "at": ""}}\n')
    assert "contradicts" in verified(chained, tmp_path)[0]
