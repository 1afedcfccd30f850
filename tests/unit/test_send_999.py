"""Our 999 on 835s that came in: where the profile wants it, once, through the normal exchange, and never confused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import failpoints
from gateway.exchange import deliver
from gateway.mapping.read import read_record
from gateway.model.acknowledgement import GroupAcknowledgement
from gateway.model.lifecycle import TransmissionState
from gateway.responses import recognise, send_999, sort
from gateway.store import alarms, queue, transmissions
from gateway.store.transmissions import Transmission
from gateway.x12.acknowledgment import FORMS, answers_to
from gateway.x12.check import check_x12
from gateway.x12.reader import ReadLimits
from tests.mailroom import envelope, group
from tests.trade import PARTNER, Trade
from tests.x12files import Read

GUIDE = "005010X221A1"


def era(trace: str = "EFT1") -> list[str]:
    return [
        "BPR*H*0*C*NON************20240126", f"TRN*1*{trace}*1512345678", "DTM*405*20240126",
        "N1*PR*EXAMPLE HEALTH PLAN", "N3*PO BOX 1", "N4*CHICAGO*IL*60601", "REF*2U*60054", "PER*BL*EDI*TE*8005550100",
        "N1*PE*ROE CLINIC*XX*1098765435", "REF*TJ*123456789", "LX*1",
        "CLP*PCN1*4*125.5*0**12*ICN1*11*1", "NM1*QC*1*ROE*RICHARD****MI*MBR000111",
        "SVC*HC:99213*125.5*0**1", "DTM*472*20240110", "CAS*CO*45*125.5",
    ]  # fmt: skip


def answers(file: str) -> list[tuple[str, ...]]:
    return [tuple(body.segments) for body in answers_to([file.encode()], limits=ReadLimits())]


def test_clean_file_without_st03_is_accepted():
    assert answers(envelope(group("HP", GUIDE, era("A"), era("B"), number=7))) == [
        (f"AK1*HP*7*{GUIDE}", "AK2*835*0001", "IK5*A", "AK2*835*0002", "IK5*A", "AK9*A*2*2*2")
    ]


def test_faults_against_the_guide_are_noted_and_quote_nothing():
    file = envelope(group("HP", GUIDE, [s.replace("NM1*QC*1", "NM1*QC*9") for s in era()]))
    (said,) = answers(file)
    assert said[2:] == ("IK3*NM1*14*2100*8", "IK4*2**7", "IK5*E*5", "AK9*E*1*1*1")


def test_what_is_not_whole_is_rejected():
    file = envelope(group("HP", GUIDE, era("A"), era("B"))).replace("SE*18*0002", "SE*17*0002")
    (said,) = answers(file)
    assert said[-1] == "AK9*P*2*2*1"
    assert [s for s in said if s.startswith("IK5")] == ["IK5*A", "IK5*R*4"]


def test_only_835s_are_answered_each_by_the_form_of_its_version():
    assert answers(envelope(group("HP", "004010X091A1", era()))) == []
    assert (
        answers_to([envelope(group("HP", GUIDE, era())).encode()], limits=ReadLimits(), form=FORMS[1]) == []
    )
    assert answers(envelope(group("FA", "005010X231A1", ["AK1*HC*1", "AK9*A*1*1*1"]))) == []
    assert answers("no X12") == []


def test_a_997_has_segments_and_codes_of_its_own():
    file = (
        envelope(
            group(
                "HP", "004010X091A1", [s.replace("NM1*QC*1", "NM1*QC*9") for s in era()], era("B"), number=7
            )
        )
        .replace("SE*18*0002", "SE*17*0002")
        .replace("*^*00501*", "*U*00401*")
    )
    (body,) = answers_to([file.encode()], limits=ReadLimits(), form=FORMS[1])
    said = body.segments
    assert said[:2] == ("AK1*HP*7", "AK2*835*0001")
    assert "AK3*NM1*14*2100*8" in said
    assert "AK4*2**7" in said
    assert [s for s in said if s.startswith("AK5")] == ["AK5*E*5", "AK5*R*4*5"]
    assert said[-1] == "AK9*P*2*2*1"
    assert not [s for s in said if s.startswith("IK")]


@pytest.fixture
def trade(tmp_path: Path) -> Any:
    made = Trade(tmp_path, replies={"send_999": True})
    yield made
    made.close()


def sent(trade: Trade) -> list[Transmission]:
    with trade.site.store.read() as tx:
        return [t for t in transmissions.in_state(tx, *TransmissionState) if t.kind == transmissions.ANSWER]


def answer(trade: Trade) -> None:
    trade.fetch()
    send_999.seal_pending(trade.site)
    deliver.deliver_due(trade.site, PARTNER)


def arrived(trade: Trade) -> list[bytes]:
    return [path.read_bytes() for path in sorted((trade.partner / "in").iterdir())]


def test_answer_goes_out_once_and_reads_back(trade: Trade):
    trade.put_out(envelope(group("HP", GUIDE, era(), number=7)))
    answer(trade)
    (one,) = sent(trade)
    assert (one.state, one.claims, one.environment) == (TransmissionState.DELIVERED, 0, "test")
    (data,) = arrived(trade)
    read = Read(data)
    assert (read.intact, read.codes, read.interchanges[0].header.usage) == ([True], [], "T")
    assert read.interchanges[0].header.ack_requested is False
    assert check_x12(data).findings == ()
    said = read_record(
        recognise.shipped_map("999"), read.segments[0], read.interchanges[0].header.separators
    ).record
    assert isinstance(said, GroupAcknowledgement)
    assert (said.group_control_number, said.functional_id, said.group_status) == ("7", "HP", "A")
    with trade.site.store.read() as tx:
        receipt_id = transmissions.sets(tx, one.id)[0]["reference"].split("-", 1)[1].removesuffix("-0001")
    sort.reread(trade.site, receipt_id, "pat")
    trade.put_out(envelope(group("HP", GUIDE, era(), number=7)), "the same again.x12")
    answer(trade)
    assert len(sent(trade)) == len(arrived(trade)) == 1


def test_835s_of_4010_get_a_997_beside_the_999(trade: Trade):
    old = group("HP", "004010X091A1", era("OLD"), number=8)
    trade.put_out(envelope(group("HP", GUIDE, era(), number=7), old))
    answer(trade)
    answer(trade)
    assert sorted(one.version for one in sent(trade)) == ["004010", "005010X231A1"]
    assert len(arrived(trade)) == 2
    (data,) = [one for one in arrived(trade) if b"*00401*" in one]
    assert (Read(data).intact, Read(data).codes) == ([True], [])
    assert b"*U*00401*" in data
    assert b"ST*997*0001~AK1*HP*8~AK2*835*0001~" in data


def test_silence_about_it_is_no_alarm_and_answers_to_it_move_nothing(trade: Trade):
    trade.put_out(envelope(group("HP", GUIDE, era())))
    answer(trade)
    (one,) = sent(trade)
    trade.put_out(envelope(number=60, ta1=[f"TA1*{one.isa13:09d}*240115*0930*A*000"]))
    assert trade.fetch().waiting == 0
    trade.clock.advance(timedelta(days=9))
    with trade.site.store.read() as tx:
        profile = trade.site.partner(PARTNER)
        assert [s for s in alarms.silent(tx, PARTNER, profile, trade.clock.now()) if s.id == one.id] == []
        assert one.id not in [item.id for item in queue.items(tx, trade.site.settings, trade.clock.now())]
    before = sent(trade)
    said = [f"AK1*FA*{one.gs06}*005010X231A1", "AK2*999*0001*005010X231A1", "IK5*R", "AK9*R*1*1*0"]
    trade.put_out(envelope(group("FA", "005010X231A1", said, number=51), number=51))
    assert trade.fetch().waiting == 1
    assert sent(trade) == before


def test_999_on_claims_under_the_number_of_an_answer_is_not_taken_for_one(trade: Trade):
    trade.put_out(envelope(group("HP", GUIDE, era())))
    answer(trade)
    (one,) = sent(trade)
    said = [f"AK1*HC*{one.gs06}*005010X222A1", "AK2*837*0001*005010X222A1", "IK5*A", "AK9*A*1*1*1"]
    trade.put_out(envelope(group("FA", "005010X231A1", said, number=9), number=9))
    assert trade.fetch().waiting == 1


@pytest.mark.parametrize("where", ["send_999.before_seal", "send_999.after_seal"])
def test_crash_neither_loses_nor_doubles_it(trade: Trade, where: str):
    trade.put_out(envelope(group("HP", GUIDE, era())))
    trade.fetch()
    failpoints.arm(where, "raise")
    with pytest.raises(OSError, match=where):
        send_999.seal_pending(trade.site)
    trade.close()
    trade.open()
    answer(trade)
    assert len(sent(trade)) == len(arrived(trade)) == 1


def test_none_where_the_profile_does_not_want_it(tmp_path: Path):
    trade = Trade(tmp_path)
    trade.put_out(envelope(group("HP", GUIDE, era())))
    answer(trade)
    assert (sent(trade), arrived(trade)) == ([], [])
    trade.close()
