"""Files from a partner, sorted by content: each interchange and each set on its own, poison parked, nothing twice."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.errors import NotFound, StoreUnavailable
from gateway.model.lifecycle import TransmissionState
from gateway.responses import apply, sort
from gateway.settings import Settings
from gateway.store import acknowledgements, holds, inbox, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import interchange, remittance
from tests.mailroom import Mailroom, envelope, group
from tests.sites import partner_of, settings_of

CA = "005010X214"


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


def ack_999(number: str, verdict: str = "A") -> str:
    sets = [
        f"AK1*HC*{number}*005010X222A1",
        "AK2*837*0001*005010X222A1",
        f"IK5*{verdict}",
        f"AK9*{verdict}*1*1*1",
    ]
    return group("FA", "005010X231A1", sets)


def ack_277ca(batch: str, pcn: str, stc: str = "A2:20:PR") -> list[str]:
    return [
        "BHT*0085*08*277X1*20240115*1015*TH",
        "HL*1**20*1", "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EXH01", "TRN*1*RCPT1", "DTP*050*D8*20240115", "DTP*009*D8*20240115",
        "HL*2*1*21*1", "NM1*41*2*ROE CLINIC*****46*SUB100", f"TRN*2*{batch}", "STC*A1:19:PR*20240115*WQ*125.5",
        "HL*3*2*19*1", "NM1*85*2*ROE CLINIC*****XX*1098765435", "TRN*1*0", "STC*A1:19:PR**WQ*125.5",
        "HL*4*3*PT", "NM1*QC*1*ROE*RICHARD****MI*MBR000111", f"TRN*2*{pcn}", f"STC*{stc}*20240115*WQ*125.5",
        "DTP*472*D8*20240110",
    ]  # fmt: skip


def era(pcn: str, *, trace: str = "EFT1", payee: str = "1098765435") -> list[str]:
    return [
        "BPR*I*100*C*ACH************20240126", f"TRN*1*{trace}*1512345678", "DTM*405*20240126",
        "N1*PR*EXAMPLE HEALTH PLAN", "N3*PO BOX 1", "N4*CHICAGO*IL*60601", "REF*2U*60054", "PER*BL*EDI*TE*8005550100",
        f"N1*PE*ROE CLINIC*XX*{payee}", "REF*TJ*123456789",
        f"CLP*{pcn}*1*125.5*100*0*12*ICN1*11*1",  "NM1*QC*1*ROE*RICHARD****MI*MBR000111",
        "SVC*HC:99213*125.5*100**1", "CAS*CO*45*25.5", "DTM*472*20240110",
    ]  # fmt: skip


def interchanges(room: Mailroom, receipt_id: str) -> list[tuple[int, str, str]]:
    with room.store.read() as tx:
        rows = tx.execute(
            select(interchange.c.ordinal, interchange.c.kinds, interchange.c.state)
            .where(interchange.c.receipt == receipt_id)
            .order_by(interchange.c.ordinal)
        )
        return [(row.ordinal, row.kinds, row.state) for row in rows]


def state_of(room: Mailroom, receipt_id: str) -> str:
    with room.store.read() as tx:
        return inbox.get(tx, receipt_id).state


def remittances(room: Mailroom) -> list[tuple[str, str | None]]:
    with room.store.read() as tx:
        return [
            (row.state, row.reason) for row in tx.execute(select(remittance.c.state, remittance.c.reason))
        ]


def test_one_file_with_ta1_999_and_277ca(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    number = room.number(sent)
    data = envelope(
        ack_999(number),
        group("HN", CA, ack_277ca(f"B{number}-0001", "PCN1")),
        ta1=[f"TA1*{number.zfill(9)}*240115*0930*A*000"],
    )
    receipt_id = room.receipt(data.encode())
    report = sort.process(room.site)
    assert (report.receipts, report.acknowledgements, report.waiting, report.quarantined) == (1, 3, 0, 0)
    assert room.states(sent) == {"PCN1": "payer_accepted"}
    assert room.transmission(sent).state is TransmissionState.ACCEPTED
    assert interchanges(room, receipt_id) == [(1, "TA1 999 277CA", "processed")]
    assert state_of(room, receipt_id) == "processed"
    assert sort.process(room.site).receipts == 0


def test_every_interchange_on_its_own(room: Mailroom) -> None:
    first, second = room.send(["PCN1"]), room.send(["PCN2"])
    good = envelope(ack_999(room.number(first)), number=1)
    broken = envelope(ack_999(room.number(second)), number=2).replace("SE*6*0001", "SE*7*0001")
    receipt_id = room.receipt((good + broken).encode())
    sort.process(room.site)
    assert (room.states(first), room.states(second)) == ({"PCN1": "set_accepted"}, {"PCN2": "sent"})
    assert [state for _, _, state in interchanges(room, receipt_id)] == ["processed", "quarantined"]
    assert state_of(room, receipt_id) == "processed"
    assert room.holds(receipt_id) == ["quarantine"]


def test_what_follows_is_garbage(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    receipt_id = room.receipt((envelope(ack_999(room.number(sent))) + "and then some").encode())
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "set_accepted"}
    assert room.holds(receipt_id) == ["quarantine"]
    assert "ENV-TRAILING" in room.findings(receipt_id)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE html><html><body>Service unavailable</body></html>", "ENV-HTML"),
        (b"PK\x03\x04" + bytes(100), "ENV-ZIP"),
        (b"   \r\n", "ENV-EMPTY"),
        (bytes(range(32)) * 40, "ENV-BINARY"),
        (b"ST*999*0001~SE*2*0001~", "ENV-NO-ISA"),
        (b"SA*00*  ~GS*FA*A*B~ST*999*0001~", "ENV-NOT-X12"),
        (b"TA1*000000101*240115*0930*A*000~", "ENV-NO-ISA"),
    ],
    ids=["html", "zip", "blank", "binary", "no isa", "cut head", "bare ta1"],
)
def test_unusable_files_are_quarantined_with_a_reason(room: Mailroom, data: bytes, code: str) -> None:
    receipt_id = room.receipt(data)
    sent = room.send(["PCN1"])
    good = room.receipt(envelope(ack_999(room.number(sent))).encode())
    report = sort.process(room.site)
    assert report.receipts == 2
    assert state_of(room, receipt_id) == "quarantined"
    assert room.findings(receipt_id) == [code]
    assert state_of(room, good) == "processed"
    with room.store.read() as tx:
        [item] = queue.items(tx, room.settings, room.store.clock.now())
    assert (item.kind, item.id, item.partner) == ("quarantined", receipt_id, "north")
    assert code in item.why


def test_a_text_report_is_kept_and_passed_on(room: Mailroom) -> None:
    receipt_id = room.receipt(b"NORTH CLEARING\nReceipt notice\nYour file was received on 2024-01-15.\n")
    report = sort.process(room.site)
    assert (report.others, report.quarantined) == (1, 0)
    assert state_of(room, receipt_id) == "processed"
    assert room.findings(receipt_id) == ["RCV-REPORT"]
    assert room.holds(receipt_id) == []


def test_what_is_none_of_our_business_is_noted(room: Mailroom) -> None:
    receipt_id = room.receipt(
        envelope(
            group("HB", "005010X279A1", ["BHT*0022*11*1*20240115*0930"]),
            group("HN", "005010X212", ["BHT*0010*08*1*20240115*0930*DG"], number=2),
        ).encode()
    )
    report = sort.process(room.site)
    assert report.others == 2
    assert interchanges(room, receipt_id) == [(1, "271 277", "processed")]
    assert room.findings(receipt_id) == ["RCV-OTHER", "RCV-OTHER"]


def test_277_is_told_by_its_guide_and_cross_checked(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    body = ack_277ca(f"B{room.number(sent)}-0001", "PCN1")
    odd = room.receipt(
        envelope(group("HN", "005010X214E1", ["BHT*0010*08*1*20240115*1*TH", *body[1:]])).encode()
    )
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "payer_accepted"}
    assert "ACK-277-KIND" in room.findings(odd)


def test_997_is_a_999(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    body = [f"AK1*HC*{room.number(sent)}", "AK2*837*0001", "AK5*A", "AK9*A*1*1*1"]
    room.receipt(envelope(group("FA", "005010", body, set_id="997")).encode())
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "set_accepted"}


def test_999_by_errata_variant(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    room.receipt(envelope(ack_999(room.number(sent)).replace("X231A1", "X231")).encode())
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "set_accepted"}


def test_wrong_envelope_numbers_warn_for_answers(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    data = envelope(ack_999(room.number(sent))).replace("IEA*1*000000001", "IEA*1*000000007")
    receipt_id = room.receipt(data.encode())
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "set_accepted"}
    assert room.findings(receipt_id) == ["ENV-IEA-CONTROL"]
    assert room.holds(receipt_id) == []


def test_a_cut_file_applies_what_is_whole_and_calls_a_person(room: Mailroom) -> None:
    first, second = room.send(["PCN1"]), room.send(["PCN2"])
    data = envelope(ack_999(room.number(first)), ack_999(room.number(second)))
    cut = data[: data.rindex("IK5")]
    receipt_id = room.receipt(cut.encode())
    sort.process(room.site)
    assert (room.states(first), room.states(second)) == ({"PCN1": "set_accepted"}, {"PCN2": "sent"})
    assert interchanges(room, receipt_id) == [(1, "999", "partly")]
    assert room.holds(receipt_id) == ["quarantine"]


def test_an_answer_for_somebody_else_is_parked(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    data = envelope(ack_999(room.number(sent)).replace("*SUB100*", "*OTHER*"), receiver="OTHER")
    receipt_id = room.receipt(data.encode())
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "sent"}
    assert room.findings(receipt_id) == ["RCV-NOT-OURS"]
    assert state_of(room, receipt_id) == "quarantined"


def test_a_profile_may_name_further_ids_of_ours(store: Store, archive: Archive, tmp_path: Path) -> None:
    settings = settings_of(partner={"north": partner_of(replies={"receiver_ids": ["OTHER"]})})
    room = Mailroom(store, settings, archive, tmp_path)
    sent = room.send(["PCN1"])
    room.receipt(
        envelope(ack_999(room.number(sent)).replace("*SUB100*", "*OTHER*"), receiver="OTHER").encode()
    )
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "set_accepted"}


def test_remittance_is_posted(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    receipt_id = room.receipt(envelope(group("HP", "005010X221A1", era("PCN1"))).encode())
    report = sort.process(room.site)
    assert (report.remittances, report.quarantined) == (1, 0)
    assert remittances(room) == [("posted", None)]
    assert interchanges(room, receipt_id) == [(1, "835", "processed")]
    assert room.states(sent) == {"PCN1": "paid"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("IEA*1*000000001", "IEA*1*000000009"), "ENV-IEA-CONTROL, ERA-INCOMPLETE"),
        (("SE*17*0001", "SE*18*0001"), "ENV-SE-COUNT"),
        (("IEA*1*000000001~", ""), "ENV-TRUNCATED, ERA-INCOMPLETE"),
        (("*100*C*ACH", "*101*C*ACH"), "ERA-B4"),
    ],
)
def test_remittance_from_a_broken_envelope_posts_nothing(
    room: Mailroom, change: tuple[str, str], reason: str
) -> None:
    room.send(["PCN1"])
    whole = envelope(group("HP", "005010X221A1", era("PCN1")))
    assert change[0] in whole
    room.receipt(whole.replace(*change).encode())
    sort.process(room.site)
    assert remittances(room) == [("quarantined", reason)]
    with room.store.read() as tx:
        assert "quarantined" in {i.kind for i in queue.items(tx, room.settings, room.store.clock.now())}


def test_a_whole_set_before_a_cut_one_is_held_too(room: Mailroom) -> None:
    room.send(["PCN1"])
    data = envelope(group("HP", "005010X221A1", era("PCN1"), era("PCN1", trace="EFT2")))
    room.receipt(data[: data.rindex("SVC")].encode())
    sort.process(room.site)
    assert [state for state, _ in remittances(room)] == ["quarantined", "quarantined"]


def test_reread_changes_nothing(room: Mailroom) -> None:
    sent = room.send(["PCN1"])
    number = room.number(sent)
    data = envelope(
        ack_999(number),
        group("HN", CA, ack_277ca(f"B{number}-0001", "PCN1"), number=2),
        group("HP", "005010X221A1", era("PCN1"), number=3),
    )
    receipt_id = room.receipt(data.encode())
    sort.process(room.site)
    before = (room.states(sent), room.told(), remittances(room), interchanges(room, receipt_id))
    findings = room.findings(receipt_id)
    sort.reread(room.site, receipt_id, actor="user:pat")
    assert before == (room.states(sent), room.told(), remittances(room), interchanges(room, receipt_id))
    assert room.findings(receipt_id) == findings


def test_reread_of_what_is_not_there(room: Mailroom) -> None:
    with pytest.raises(NotFound):
        sort.reread(room.site, "R-2222222222", actor="user:pat")


def test_dismiss_empties_the_queue(room: Mailroom) -> None:
    receipt_id = room.receipt(envelope(ack_999("4711"), number=1).encode() + b"and then some")
    sort.process(room.site)
    with room.store.read() as tx:
        assert len(acknowledgements.waiting(tx)) == 1
    assert sort.dismiss(room.site, receipt_id, reason="old system", actor="user:pat") == 2
    with room.store.read() as tx:
        assert acknowledgements.waiting(tx) == []
        assert holds.open_kinds(tx, receipt_id) == []
    sort.reread(room.site, receipt_id, actor="user:pat")
    with room.store.read() as tx:
        assert acknowledgements.waiting(tx) == []


def test_a_poisonous_set_is_parked_and_the_rest_goes_on(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = room.send(["PCN1"]), room.send(["PCN2"])
    real, calls = apply.apply_999, []

    def poisoned(*args: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("SECRET CLAIM CONTENT")
        return real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(apply, "apply_999", poisoned)
    receipt_id = room.receipt(envelope(ack_999(room.number(first)), ack_999(room.number(second))).encode())
    sort.process(room.site)
    assert (room.states(first), room.states(second)) == ({"PCN1": "sent"}, {"PCN2": "set_accepted"})
    assert interchanges(room, receipt_id) == [(1, "999", "partly")]
    with room.store.read() as tx:
        [item] = queue.items(tx, room.settings, room.store.clock.now())
    assert "RCV-DEFECT" in item.why
    assert "SECRET" not in item.why
    monkeypatch.setattr(apply, "apply_999", real)
    sort.reread(room.site, receipt_id, actor="user:pat")
    assert room.states(first) == {"PCN1": "set_accepted"}
    assert room.holds(receipt_id) == []


def test_a_busy_database_leaves_the_receipt_for_next_time(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = room.send(["PCN1"])
    receipt_id = room.receipt(envelope(ack_999(room.number(sent))).encode())

    def busy(*_args: object, **_named: object) -> None:
        raise StoreUnavailable("busy")

    with monkeypatch.context() as patch:
        patch.setattr(apply, "apply_999", busy)
        with pytest.raises(StoreUnavailable):
            sort.process(room.site)
    assert state_of(room, receipt_id) == "received"
    sort.process(room.site)
    assert room.states(sent) == {"PCN1": "set_accepted"}


def test_a_crash_between_sets_changes_nothing_twice(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = room.send(["PCN1"]), room.send(["PCN2"])
    receipt_id = room.receipt(envelope(ack_999(room.number(first)), ack_999(room.number(second))).encode())
    real, calls = apply.apply_999, []

    def crashing(*args: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(apply, "apply_999", crashing)
        with pytest.raises(KeyboardInterrupt):
            sort.process(room.site)
    assert (room.states(first), state_of(room, receipt_id)) == ({"PCN1": "set_accepted"}, "received")
    sort.process(room.site)
    assert room.states(second) == {"PCN2": "set_accepted"}
    assert [row["patient_control_number"] for row in room.told()] == ["PCN1", "PCN2"]


def test_money_is_decimal_in_what_is_told(room: Mailroom) -> None:
    sent = room.send(["PCN1"], charge="99.9")
    room.receipt(envelope(ack_999(room.number(sent))).encode())
    sort.process(room.site)
    assert Decimal(room.told()[0]["charge"]) == Decimal("99.90")
    assert room.told()[0]["charge"] == "99.90"
