"""The traps of acknowledgements (domain.md 9.3), one test each: a file that came in, and what it does to the claims."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.clock import MovableClock
from gateway.model.lifecycle import TransmissionState
from gateway.responses import sort
from gateway.settings import Settings
from gateway.store import findings, queue, transmissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.mailroom import Mailroom, envelope, group

CA = "005010X214"
ACCEPTED, REJECTED = "A2:20:PR*20240115*WQ*125.5", "A7:562:82*20240115*U*125.5"


class Post:
    """A mail room and its partner's files: each is put into the archive, sorted and applied."""

    def __init__(self, room: Mailroom, clock: MovableClock) -> None:
        self.room, self.clock = room, clock
        self.send = room.send
        self._files = 0

    def file(self, *groups: str, ta1: tuple[str, ...] = (), partner: str = "north") -> str:
        """Apply a file of these groups and return its receipt's id."""
        self._files += 1
        data = envelope(*groups, number=self._files, ta1=ta1)
        if partner == "south":
            data = data.replace("NORTH01", "SOUTH01")
        identifier = self.room.receipt(data.encode(), partner=partner)
        sort.process(self.room.site)
        return identifier

    def said_999(self, sent: str, *segments: str, partner: str = "north") -> str:
        """Apply a 999 on *sent*: what stands between AK1 and SE."""
        number = self.room.number(sent)
        return self.file(
            group("FA", "005010X231A1", [f"AK1*HC*{number}*005010X222A1", *segments]), partner=partner
        )

    def said_277ca(
        self, sent: str, *claims: list[str], who: str = "PR*2*EXAMPLE HEALTH PLAN", guide: str = CA
    ) -> str:
        """Apply a 277CA on the first set of *sent*: *claims* see `verdict`."""
        return self.file(group("HN", guide, answer(f"B{self.room.number(sent)}-0001", *claims, who=who)))

    def ta1(self, sent: str, status: str, note: str = "000") -> str:
        """Apply a TA1 on *sent*."""
        number = self.room.number(sent).zfill(9)
        return self.file(ta1=(f"TA1*{number}*240115*0930*{status}*{note}",))

    def waiting(self) -> list[tuple[str, str]]:
        """Return kind and reason of what waits for a person."""
        with self.room.store.read() as tx:
            return [(item.kind, item.why) for item in queue.items(tx, self.room.settings, self.clock.now())]


def answer(
    batch: str, *claims: list[str], who: str, batch_stc: str = "A1:19:PR*20240115*WQ*125.5"
) -> list[str]:
    heads = [
        "BHT*0085*08*277X1*20240115*1015*TH", "HL*1**20*1", f"NM1*{who}*****PI*EXH01", "TRN*1*RCPT1",
        "DTP*050*D8*20240115", "DTP*009*D8*20240115", "HL*2*1*21*1", "NM1*41*2*ROE CLINIC*****46*SUB100",
        f"TRN*2*{batch}", f"STC*{batch_stc}",
    ]  # fmt: skip
    if not claims:
        return heads
    heads += ["HL*3*2*19*1", "NM1*85*2*ROE CLINIC*****XX*1098765435", "TRN*1*0", "STC*A1:19:PR**WQ*125.5"]
    for number, claim in enumerate(claims, start=4):
        heads += [f"HL*{number}*3*PT", "NM1*QC*1*ROE*RICHARD****MI*MBR000111", *claim]
    return heads


def verdict(pcn: str, *stc: str) -> list[str]:
    return [f"TRN*2*{pcn}", *(f"STC*{one}" for one in stc), "DTP*472*D8*20240110"]


@pytest.fixture
def post(store: Store, settings: Settings, archive: Archive, tmp_path: Path, clock: MovableClock) -> Post:
    return Post(Mailroom(store, settings, archive, tmp_path), clock)


@pytest.mark.parametrize(("code", "state"), [("A", "set_accepted"), ("R", "set_rejected")])
def test_trap_51_a_999_that_lists_no_set_is_decided_by_its_group(post: Post, code: str, state: str) -> None:
    sent = post.send(["PCN1"], ["PCN2"])
    post.said_999(sent, f"AK9*{code}*2*2*{2 if code == 'A' else 0}")
    assert post.room.states(sent) == {"PCN1": state, "PCN2": state}


@pytest.mark.parametrize(("accepted", "state"), [(2, "set_accepted"), (1, "sent")])
def test_trap_52_counts_that_do_not_come_out_are_for_a_person(post: Post, accepted: int, state: str) -> None:
    """Three sets, one listed and rejected: with 2 accepted the others are, with 1 nobody knows which (3.3)."""
    sent = post.send(["PCN1"], ["PCN2"], ["PCN3"])
    post.said_999(sent, "AK2*837*0002*005010X222A1", "IK5*R*5", f"AK9*P*3*3*{accepted}")
    assert post.room.states(sent) == {"PCN1": state, "PCN2": "set_rejected", "PCN3": state}
    unknown = [why for kind, why in post.waiting() if kind == "unmatched"]
    assert bool(unknown) == (accepted == 1)


def test_trap_53_one_group_number_at_two_partners_and_never_twice_at_one(post: Post) -> None:
    sent = post.send(["PCN1"], ["PCN2"])
    number = int(post.room.number(sent))
    post.room.next_number(number)
    other = post.send(["PCN3"], partner="south")
    assert post.room.number(other) == str(number)
    post.said_999(sent, "AK2*837*0001*005010X222A1", "IK5*A", "AK9*A*1*1*1", partner="south")
    assert post.room.states(other) == {"PCN3": "set_accepted"}
    assert set(post.room.states(sent).values()) == {"sent"}
    post.room.next_number(number)
    with pytest.raises(IntegrityError, match=r"gs06|isa13"):
        post.send(["PCN4"])


def test_trap_54_answers_in_any_order_and_twice_move_nothing_back(post: Post) -> None:
    sent = post.send(["PCN1"])
    for _ in range(2):
        post.said_277ca(sent, verdict("PCN1", ACCEPTED))
        assert post.room.states(sent) == {"PCN1": "payer_accepted"}
        post.said_999(sent, "AK2*837*0001*005010X222A1", "IK5*A", "AK9*A*1*1*1")
        post.ta1(sent, "A")
        assert post.room.states(sent) == {"PCN1": "payer_accepted"}
    assert post.room.transmission(sent).state is TransmissionState.ACCEPTED
    assert [row["state"] for row in post.room.told()].count("accepted") == 1
    # A late refusal of a lower layer contradicts what is known: a person looks, nothing moves.
    post.ta1(sent, "R", "006")
    assert post.room.states(sent) == {"PCN1": "payer_accepted"}
    assert [kind for kind, _ in post.waiting()] == ["unmatched"]


def test_trap_55_the_category_decides_against_the_action(post: Post) -> None:
    sent = post.send(["PCN1"])
    receipt = post.said_277ca(sent, verdict("PCN1", "A7:562:82*20240115*WQ*125.5"))
    assert post.room.states(sent) == {"PCN1": "payer_rejected"}
    kept = post.room.findings(receipt) + post.room.findings(post.room.claim_of(sent, "PCN1"))
    assert "ACK-STC-CONFLICT" in kept


def test_trap_56_a_batch_rejected_without_its_patients_is_rejected_whole(post: Post) -> None:
    sent = post.send(["PCN1", "PCN2"])
    batch = f"B{post.room.number(sent)}-0001"
    said = answer(batch, who="AY*2*NORTH CLEARING", batch_stc="A3:496:41*20240115*U*251")
    post.file(group("HN", CA, said))
    assert set(post.room.states(sent).values()) == {"clearinghouse_rejected"}


@pytest.mark.parametrize(
    "stc",
    [
        (ACCEPTED, REJECTED),
        (REJECTED, ACCEPTED),
        ("A2:20:PR*20240115*WQ*125.5******A7:562:82",),
        ("A1:19:PR*20240115*WQ*125.5******A2:20:PR*A6:178",),
    ],
    ids=["two, the last", "two, the first", "STC10", "STC11"],
)
def test_trap_57_one_rejecting_status_among_others_rejects(post: Post, stc: tuple[str, ...]) -> None:
    sent = post.send(["PCN1"])
    post.said_277ca(sent, verdict("PCN1", *stc))
    assert post.room.states(sent) == {"PCN1": "payer_rejected"}


def test_trap_58_the_payer_refuses_what_the_clearinghouse_took(post: Post) -> None:
    sent = post.send(["PCN1"])
    post.said_999(sent, "AK2*837*0001*005010X222A1", "IK5*A", "AK9*A*1*1*1")
    post.said_277ca(sent, verdict("PCN1", ACCEPTED), who="AY*2*NORTH CLEARING")
    assert post.room.states(sent) == {"PCN1": "clearinghouse_accepted"}
    post.clock.advance(timedelta(days=2))
    post.said_277ca(sent, verdict("PCN1", REJECTED))
    assert post.room.states(sent) == {"PCN1": "payer_rejected"}
    assert post.room.holds(post.room.claim_of(sent, "PCN1")) == ["rejected"]
    assert [row["state"] for row in post.room.told()][-1] == "rejected"
    assert [kind for kind, _ in post.waiting()] == ["rejected"]


def test_trap_59_claims_that_a_payer_does_not_mention_wait_until_it_is_late(post: Post) -> None:
    sent = post.send(["PCN1", "PCN2"])
    post.said_999(sent, "AK2*837*0001*005010X222A1", "IK5*A", "AK9*A*1*1*1")
    post.said_277ca(sent, verdict("PCN2", REJECTED))
    assert post.room.states(sent) == {"PCN1": "set_accepted", "PCN2": "payer_rejected"}
    assert [kind for kind, _ in post.waiting()] == ["rejected"]
    post.clock.advance(timedelta(days=10))
    assert sorted(kind for kind, _ in post.waiting()) == ["rejected", "silent"]


def test_trap_60_the_batch_number_in_place_of_the_claims(post: Post) -> None:
    sent = post.send(["PCN1"])
    batch = f"B{post.room.number(sent)}-0001"
    by_facts = verdict(batch, ACCEPTED)
    post.said_277ca(sent, by_facts)
    assert post.room.states(sent) == {"PCN1": "payer_accepted"}
    second = post.send(["PCN2"])
    claim = post.room.claim_of(second, "PCN2")
    by_key = [f"TRN*2*B{post.room.number(second)}-0001", f"STC*{ACCEPTED}", f"REF*D9*{claim}"]
    post.said_277ca(second, by_key)
    assert post.room.states(second) == {"PCN2": "payer_accepted"}


def test_trap_61_a_status_response_is_no_claim_acknowledgement(post: Post) -> None:
    sent = post.send(["PCN1"])
    batch = f"B{post.room.number(sent)}-0001"
    rejecting = answer(batch, verdict("PCN1", REJECTED), who="PR*2*EXAMPLE HEALTH PLAN")
    other = [one.replace("BHT*0085", "BHT*0010") for one in rejecting]
    post.file(group("HN", "005010X212", other))
    assert post.room.states(sent) == {"PCN1": "sent"}
    crossed = post.file(group("HN", CA, other))
    assert post.room.states(sent) == {"PCN1": "payer_rejected"}
    assert "ACK-277-KIND" in post.room.findings(crossed)


def test_trap_62_what_a_payer_quotes_of_a_claim_reaches_no_log(
    post: Post, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = post.send(["PCN1"], ["PCN2"])
    canary = "ZZCANARY"
    post.said_999(
        sent, "AK2*837*0001*005010X222A1", "IK3*NM1*12**8", f"CTX*CLM01:{canary}", f"IK4*3*1035*7*{canary}", "IK5*R*5",
        "AK2*837*0002*005010X222A1", "IK5*A", "AK9*P*2*2*1",
    )  # fmt: skip
    quoting = f"{REJECTED}********PATIENT {canary} NOT KNOWN"
    batch = f"B{post.room.number(sent)}-0002"
    post.file(group("HN", CA, answer(batch, verdict("PCN2", quoting), who="PR*2*EXAMPLE HEALTH PLAN")))
    assert post.room.states(sent) == {"PCN1": "set_rejected", "PCN2": "payer_rejected"}
    said = [why for _, why in post.waiting()]
    shown = capsys.readouterr()
    assert canary not in f"{shown.out}{shown.err}{said}"
    with post.room.store.read() as tx:
        kept = [f.message for pcn in ("PCN1", "PCN2") for f in findings.of(tx, post.room.claim_of(sent, pcn))]
    assert canary in " ".join(kept), "who may see the claim may see what was said of it"
    post.room.store.close()
    for path in tmp_path.rglob("*"):
        assert canary not in path.name
        assert not path.is_file() or canary.encode() not in path.read_bytes(), path.name


def test_trap_63_a_number_used_before_after_a_retry_is_the_first_copy(post: Post) -> None:
    sent = post.send(["PCN1"], state=TransmissionState.UNCERTAIN, tries=2)
    post.ta1(sent, "R", "025")
    assert post.room.states(sent) == {"PCN1": "interchange_accepted"}
    assert post.room.transmission(sent).state is TransmissionState.RECEIVED
    with post.room.store.read() as tx:
        assert [one.id for one in transmissions.in_state(tx, TransmissionState.RECEIVED)] == [sent]


def test_every_trap_from_51_to_63_has_its_test() -> None:
    named = re.findall(r"^def test_trap_(\d+)_", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert {int(n) for n in named} == set(range(51, 64))
