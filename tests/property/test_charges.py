"""However a claim is mended, replaced, voided, rejected and billed to the next payer, its account shows one charge (law 7).

What is expected is kept by hand, step by step, in the words of a biller; the journal must say the same, and the books
must hold, after every step.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.model.lifecycle import SubmissionState
from gateway.store import charges, claims, holds, submissions
from gateway.store.schema import journal_entry
from tests.desk import Desk
from tests.property.test_posting_laws import Office

S = SubmissionState
REJECTIONS = (S.SET_REJECTED, S.CLEARINGHOUSE_REJECTED, S.PAYER_REJECTED)

amounts = st.integers(0, 4).map(lambda n: Decimal(n * 2500).scaleb(-2))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("mend"), amounts),
        st.tuples(st.just("send"), st.sampled_from(("taken", "rejected", "withdrawn", "given up"))),
        st.tuples(st.just("void"), st.sampled_from(("taken", "rejected", "withdrawn", "given up"))),
        st.tuples(st.just("next payer"), amounts),
        st.tuples(st.sampled_from(("hold", "release")), st.none()),
    ),
    min_size=1,
    max_size=8,
)


@dataclass
class Biller:
    """What a biller would write down: what is said now, and what the payer was last asked for."""

    desk: Desk
    claim: str
    said: Decimal
    asked: Decimal = Decimal("0.00")
    out: bool = False
    next_billed: bool = False

    def write(self, **changes: object) -> str:
        """Add a version."""
        with self.desk.store.write("mend") as tx:
            newest = claims.get(tx, self.claim).version_id
            version = claims.new_version(tx, self.claim, replace(claims.content(tx, newest), **changes))
            tx.audit(self.claim)
        return version

    def send(self, frequency: str, fate: str, *, sequence: str = "P") -> None:
        """Seal what is said now and tell what becomes of it; what is given up never was sealed."""
        with self.desk.store.read() as tx:
            version = claims.get(tx, self.claim).version_id
        sealed = fate != "given up"
        sent = self.desk.submit(
            self.claim, version, state="reserved" if not sealed else "sealed", frequency=frequency,
            billed=sealed, sequence=sequence, payer="60054" if sequence == "P" else "87726",
        )  # fmt: skip
        self.books()
        with self.desk.store.write("answer") as tx:
            charges.book(tx, [sent])  # a second time changes nothing
            if fate in ("withdrawn", "given up"):
                submissions.move(tx, sent, S.WITHDRAWN, "taken out")
            else:
                submissions.move(tx, sent, S.SENT)
                submissions.move(tx, sent, REJECTIONS[len(version) % 3] if fate == "rejected" else S.PAID)
            tx.audit(sent)

    def books(self) -> None:
        """Prove the books by the second count."""
        self.desk.check()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(amounts, steps)
def test_the_account_shows_what_was_asked_for_last(first: Decimal, story: list[tuple[str, object]]) -> None:
    with Office() as desk:
        me = Biller(desk, desk.claim("PCN1", first, billed=False, state="withdrawn"), first)
        for verb, detail in story:
            _step(me, verb, detail)
            me.books()
            assert desk.account(me.claim)["charge"] == me.asked, (verb, detail)
        with desk.store.read() as tx:
            entries = tx.execute(select(func.count()).select_from(journal_entry)).scalar_one()
            assert bool(entries) == bool(charges.billed(tx, [me.claim]))


def _step(me: Biller, verb: str, detail: object) -> None:
    if verb in {"hold", "release"}:
        with me.desk.store.write(verb) as tx:
            (holds.place if verb == "hold" else holds.release)(tx, me.claim, kind="user", reason="x")
            tx.audit(me.claim)
    elif verb == "mend":
        me.said = Decimal(str(detail))
        me.write(charge=me.said, payer_sequence="P")
    elif verb == "send":
        me.write(charge=me.said, frequency="7" if me.out else "1", payer_sequence="P")
        me.send("7" if me.out else "1", str(detail))
        if detail != "given up":
            me.asked = me.said
        me.out = me.out or detail == "taken"
    elif verb == "void" and me.out:
        me.write(frequency="8", payer_sequence="P")
        me.send("8", str(detail))
        if detail == "taken":
            me.asked = Decimal("0.00")
    elif verb == "next payer" and me.out and not me.next_billed:
        me.next_billed = True
        me.write(charge=Decimal(str(detail)), payer_sequence="S", frequency="1")
        me.send("1", "taken", sequence="S")


def test_a_story_with_everything_in_it() -> None:
    with Office() as desk:
        me = Biller(desk, desk.claim("PCN1", 100, billed=False, state="withdrawn"), Decimal("100.00"))
        for verb, detail, expected in (
            ("send", "rejected", 100), ("mend", 80, 100), ("send", "taken", 80), ("next payer", 90, 80),
            ("mend", 60, 80), ("send", "given up", 80), ("send", "rejected", 60), ("void", "rejected", 60),
            ("void", "withdrawn", 60), ("void", "taken", 0), ("mend", 70, 0), ("send", "taken", 70),
        ):  # fmt: skip
            _step(me, verb, detail)
            me.books()
            assert (verb, desk.account(me.claim)["charge"]) == (verb, Decimal(expected))
        with desk.store.read() as tx:
            ids = list(tx.execute(select(journal_entry.c.posting_id).order_by(journal_entry.c.id)).scalars())
    assert ids[0] == f"charge:{me.claim}"
    assert [one.count(":") for one in ids] == [1, 2, 2, 2, 3, 2, 3, 2, 2]
    assert len(set(ids)) == len(ids)
