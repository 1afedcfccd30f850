"""Transmissions, attempts and the inbox on both databases."""

from typing import Any

import pytest

from gateway.errors import NotFound, Refused
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.store import attempts, claims, holds, inbox, submissions, transmissions
from gateway.store.attempts import AttemptState
from gateway.store.db import Store, Tx
from tests.claims import claim

T, S = TransmissionState, SubmissionState


def draft(tx: Tx, number: int = 1, **changes: Any) -> str:
    values: dict[str, Any] = {
        "partner": "north", "environment": "test", "kind": "837P", "sender": "ZZ:A", "receiver": "ZZ:B", "isa13": number,
        "gs06": number, "version": "005010X222A1",
    }  # fmt: skip
    identifier = transmissions.new_draft(tx, **{**values, **changes})
    transmissions.add_set(tx, identifier, "0001", f"{identifier}0001")
    return identifier


def seal(tx: Tx, identifier: str) -> None:
    transmissions.seal(
        tx,
        identifier,
        segments={"0001": 12},
        blob="b" * 64,
        sha256="b" * 64,
        size=3,
        remote_name=f"{identifier}.837",
    )


def reserve(tx: Tx, identifier: str, ids: tuple[str, str], **changes: Any) -> str | None:
    values: dict[str, Any] = {"payer": "66001", "payer_sequence": "P", "frequency": "1"}
    return transmissions.reserve(
        tx, identifier, "0001", claim_id=ids[0], version_id=ids[1], **{**values, **changes}
    )


def test_a_live_claim_is_reserved_once_whatever_asks(any_store: Store) -> None:
    with any_store.write("test") as tx:
        ids = claims.new_claim(tx, claim(1), partner="north")
        first, second = draft(tx, 1), draft(tx, 2)
        reserved = reserve(tx, first, ids)
        assert reserved is not None
        assert reserve(tx, second, ids) is None
        assert reserve(tx, second, ids, frequency="7") is None, "the original has not even left"
        assert reserve(tx, second, ids, payer="other") is not None
        submissions.move(tx, reserved, S.SEALED)
        submissions.move(tx, reserved, S.SENT)
        assert reserve(tx, second, ids) is None, "the database's own guard"
        submissions.move(tx, reserved, S.SET_REJECTED)
        assert reserve(tx, second, ids) is not None
        tx.audit()


def test_the_life_of_a_transmission(any_store: Store) -> None:
    with any_store.write("test") as tx:
        identifier = draft(tx)
        transmissions.add_set(tx, identifier, "0002", "REF1B")
        reserved = reserve(tx, identifier, claims.new_claim(tx, claim(1), partner="north"))
        assert reserved is not None
        with pytest.raises(Refused):
            transmissions.move(tx, identifier, T.SENDING)
        assert transmissions.due(tx, "north") == []
        seal(tx, identifier)
        submissions.move(tx, reserved, S.SEALED)
        assert [row["st02"] for row in transmissions.sets(tx, identifier)] == ["0001"]
        assert [one.id for one in transmissions.due(tx, "north")] == [identifier]
        assert transmissions.due(tx, "south") == []
        transmissions.move(tx, identifier, T.SENDING)
        n = attempts.begin(tx, identifier, final_name="in/x", temp_name="in/x.{n}.part")
        attempts.make_visible(tx, identifier, n)
        transmissions.move(tx, identifier, T.UNCERTAIN, "no answer", due_at=tx.now())
        assert [one.id for one in transmissions.due_uncertain(tx, "north")] == [identifier]
        holds.place(tx, identifier, "uncertain", "ask them")
        transmissions.move(tx, identifier, T.RECEIVED, "answered in R-1")
        (made,) = attempts.of(tx, identifier)
        assert (made.state, made.temp_name, made.evidence) == (
            AttemptState.OK,
            "in/x.1.part",
            "answered in R-1",
        )
        assert holds.open_kinds(tx, identifier) == []
        (carried,) = transmissions.submissions_of(tx, identifier)
        assert carried.state is S.SENT
        one = transmissions.get(tx, identifier)
        assert (one.state, one.due_at, one.evidence) == (T.RECEIVED, None, "answered in R-1")
        first = one.delivered_at
        assert first is not None
        transmissions.move(tx, identifier, T.ACCEPTED)
        assert transmissions.get(tx, identifier).delivered_at == first
        tx.audit()


def test_answers_find_their_transmission(any_store: Store) -> None:
    with any_store.write("test") as tx:
        identifier = draft(tx, 7)
        other = draft(tx, 7, sender="ZZ:C", gs06=8)
        assert getattr(transmissions.by_group(tx, "north", "7"), "id", None) == identifier
        assert getattr(transmissions.by_group(tx, "north", "0008"), "id", None) == other
        assert transmissions.by_group(tx, "south", 7) is None
        for odd in ("", "x", "7" * 12, "٧"):
            assert transmissions.by_group(tx, "north", odd) is None
            assert transmissions.by_interchange(tx, "north", odd) is None
        found = transmissions.by_interchange(tx, "north", "000000007", sender="ZZ:A", receiver="ZZ:B")
        assert getattr(found, "id", None) == identifier
        assert transmissions.by_interchange(tx, "north", 7, sender="ZZ:X") is None
        with pytest.raises(NotFound):
            transmissions.get(tx, "T-NONE")
        with pytest.raises(NotFound):
            transmissions.move(tx, "T-NONE", T.SEALED)
        tx.audit()


def test_failures_count_from_the_last_that_was_none(any_store: Store) -> None:
    with any_store.write("test") as tx:
        identifier = draft(tx)
        for state in (AttemptState.FAILED, AttemptState.UNCERTAIN, AttemptState.FAILED, AttemptState.FAILED):
            n = attempts.begin(tx, identifier, final_name="x", temp_name=None)
            attempts.end(tx, identifier, n, state)
        assert attempts.failures(tx, identifier) == 2
        tx.audit()


def test_looks_are_counted_also_where_the_server_hides_size_and_time(any_store: Store) -> None:
    for entry in (("a", 5, 100), ("b", None, None), ("c", 5, None), ("\udcff\udcfe", 1, 1)):
        with any_store.write("test") as tx:
            looks = [inbox.look(tx, "north", "out", [entry])[0].looks for _ in range(3)]
            assert looks == [1, 2, 3]
            tx.audit()


def test_receipts(any_store: Store) -> None:
    with any_store.write("test") as tx:
        one, two = inbox.look(tx, "north", "out", [("a\udcff", 5, 100), ("b", 5, 100)])
        made = {"partner": "north", "sha256": "a" * 64, "size": 5, "blob": "a" * 64}
        first, new = inbox.receive(tx, one.id, name="a\udcff", **made)
        again, known = inbox.receive(tx, two.id, name="b", **made)
        assert (first, new, known) == (again, True, False)
        assert inbox.remote_name(tx, first) == "a\\xff"
        assert [r.id for r in inbox.uncopied(tx, "north")] == [r.id for r in inbox.pending(tx)] == [first]
        inbox.mark_copied(tx, first)
        inbox.finish(tx, first, "processed")
        assert inbox.uncopied(tx) == inbox.pending(tx) == []
        assert inbox.get(tx, first).processed_at is not None
        assert [s.receipt for s in inbox.look(tx, "north", "out", [("b", 5, 100)])] == [first]
        assert transmissions.stored_blobs(tx, limit=5) == ["a" * 64]
        tx.audit()
