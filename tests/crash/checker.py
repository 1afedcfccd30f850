"""An independent judge of an installation after crashes: it reads folders and the database file, and none of our code."""

import hashlib
import re
import sqlite3
from collections import Counter
from itertools import pairwise
from pathlib import Path


def judge(root: Path, partner: Path, *, claims: set[str], dropped: list[bytes], knowable: bool) -> None:
    """Assert that nothing is lost and nothing doubled.

    *claims* are the patient control numbers that were ready; *dropped* the contents the partner put out; *knowable* is
    False where a look cannot prove that a file never arrived (mode direct): then it may be listed as uncertain instead.
    """
    db = sqlite3.connect(f"file:{root}/state/gateway.db?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    try:
        unsure = _sent(db, root, partner, claims)
        if knowable:
            assert not unsure, f"a person is asked although a look proves it: {unsure}"
        _received(db, root, partner, dropped)
        _books_and_log(db, len(claims))
    finally:
        db.close()


def _sent(db: sqlite3.Connection, root: Path, partner: Path, claims: set[str]) -> list[str]:
    rows = db.execute("select * from transmission order by isa13").fetchall()
    numbers = [(row["sender"], row["receiver"], row["isa13"]) for row in rows]
    assert len(set(numbers)) == len(numbers), "an ISA13 was reused"
    assert {row["state"] for row in rows} <= {"delivered", "abandoned", "uncertain"}, [
        r["state"] for r in rows
    ]
    files = {path.name: path.read_bytes() for path in (partner / "in").iterdir()}
    delivered = {row["remote_name"]: row for row in rows if row["state"] == "delivered"}
    assert set(files) == set(delivered), "exactly the delivered files stand there, and no litter"
    for name, data in files.items():
        assert hashlib.sha256(data).hexdigest() == delivered[name]["sha256"]
        assert len(data) == delivered[name]["size"]
        assert int(data[90:99]) == delivered[name]["isa13"]
        assert data.startswith(b"ISA*")
        assert data.rstrip().endswith(f"IEA*1*{delivered[name]['isa13']:09}~".encode())
    for row in rows:
        if row["blob"] is not None:
            assert (root / "state/archive" / row["blob"][:2] / row["blob"]).is_file()
    said = Counter(re.findall(rb"CLM\*(\w+)\*", b"".join(files.values())))
    assert max(said.values(), default=0) <= 1, "a claim reached the partner twice"
    unsure = [row["id"] for row in rows if row["state"] == "uncertain"]
    if not unsure:
        assert {pcn.decode() for pcn in said} == claims, "a claim was lost"
    live = db.execute(
        "select claim, count(*) n from submission where state != 'withdrawn' group by claim"
    ).fetchall()
    assert [row["n"] for row in live] == [1] * len(claims)
    sent = db.execute("select count(*) from submission where state = 'sent'").fetchone()[0]
    assert sent == sum(said.values())
    attempts = db.execute("select state, count(*) n from attempt group by state").fetchall()
    assert {row["state"] for row in attempts} <= {"ok", "failed", "uncertain"}
    return unsure


def _received(db: sqlite3.Connection, root: Path, partner: Path, dropped: list[bytes]) -> None:
    wanted = {hashlib.sha256(data).hexdigest(): data for data in dropped}
    rows = db.execute("select * from receipt").fetchall()
    assert Counter(row["sha256"] for row in rows) == Counter(list(wanted)), "each content once"
    raw = {path.name: path.read_bytes() for path in (root / "inbound/raw/north").iterdir()}
    assert raw == {f"{row['id']}.x12": wanted[row["sha256"]] for row in rows}
    assert all(row["raw_copied"] for row in rows)
    for row in rows:
        assert (root / "state/archive" / row["blob"][:2] / row["blob"]).is_file()
    assert list((partner / "out").iterdir()) == [], "the partner's copies went, after ours were safe"
    assert [path for path in (root / "state/staging").rglob("*") if path.is_file()] == []


def _books_and_log(db: sqlite3.Connection, claims: int) -> None:
    assert db.execute("select coalesce(sum(amount), 0) from journal_line").fetchone()[0] == 0
    assert db.execute("select count(*) from journal_entry where kind = 'charge'").fetchone()[0] == claims
    rows = db.execute("select seq, prev_hash, hash from audit_event order by seq").fetchall()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    for before, after in pairwise(rows):
        assert after["prev_hash"] == before["hash"]
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
