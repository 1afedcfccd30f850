"""Envelopes exact to the byte (domain.md 1.2, 1.11), and what cannot be put into one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.model.submission import Environment
from gateway.x12.envelope import SetBody, write_interchange, write_ta1
from tests.x12files import CREATED, IDS, Read

ISA = b"ISA*00*          *00*          *ZZ*SUBMITTER1     *ZZ*PAYERHUB       *260115*0930*^*00501*000000101*1*T*:~"


def write(**changes):
    arguments = {
        "ids": IDS,
        "isa13": 101,
        "gs06": 7,
        "functional_id": "HC",
        "set_id": "837",
        "version": "005010X222A1",
        "environment": Environment.TEST,
        "created": CREATED,
        "sets": [SetBody("0001", ["BHT*0019", "LX*1"])],
    } | changes
    return write_interchange(arguments.pop("ids"), **arguments)


def test_every_byte():
    assert len(ISA) == 106
    assert write() == ISA + (
        b"GS*HC*SUBMITTER1*PAYERHUB*20260115*0930*7*X*005010X222A1~"
        b"ST*837*0001*005010X222A1~BHT*0019~LX*1~SE*4*0001~GE*1*7~IEA*1*000000101~"
    )


def test_line_breaks_are_lf_after_the_terminator():
    assert write(line_breaks=True) == write().replace(b"~", b"~\n")


def test_835_goes_without_st03():
    data = write(functional_id="HP", set_id="835", version="005010X221A1", st03=False)
    assert b"~ST*835*0001~" in data
    assert b"*X*005010X221A1~" in data


def test_empty_set_counts_st_and_se():
    assert b"ST*837*0001*005010X222A1~SE*2*0001~" in write(sets=[SetBody("0001", [])])


def test_production_and_no_ta1():
    data = write(environment=Environment.PRODUCTION, ids=replace(IDS, request_ta1=False))
    assert data[99:106] == b"*0*P*:~"


def test_early_years_keep_their_width():
    data = write(created=datetime(905, 3, 4, 1, 2, tzinfo=UTC))
    assert data[70:81] == b"050304*0102"
    assert b"*09050304*0102*" in data


def test_ta1_interchange():
    data = write_ta1(
        IDS,
        isa13=101,
        environment=Environment.TEST,
        created=CREATED,
        answers=[("000000007", "260115", "0930", "A", "000"), ("000000008", "260115", "0930", "R", "025")],
    )
    assert data == ISA + b"TA1*000000007*260115*0930*A*000~TA1*000000008*260115*0930*R*025~IEA*0*000000101~"
    read = Read(data)
    assert (read.codes, read.intact, len(read.ta1)) == ([], [True], 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"isa13": 0},
        {"isa13": 1_000_000_000},
        {"isa13": -1},
        {"gs06": 0},
        {"gs06": 1_000_000_000},
        {"functional_id": "H"},
        {"set_id": "83"},
        {"version": "5010"},
        {"version": "005010X222A1~"},
        {"sets": []},
        {"sets": [SetBody("1", [])]},
        {"sets": [SetBody("0000000001", [])]},
        {"sets": [SetBody("00*1", [])]},
        {"sets": [SetBody("0001", []), SetBody("0001", [])]},
        {"ids": replace(IDS, sender_id="SIXTEEN CHARS XX")},
        {"ids": replace(IDS, sender_id="")},
        {"ids": replace(IDS, sender_id=" A")},
        {"ids": replace(IDS, receiver_id="A ")},
        {"ids": replace(IDS, receiver_id="A*B")},
        {"ids": replace(IDS, receiver_id="A\n")},
        {"ids": replace(IDS, receiver_id="Ä")},
        {"ids": replace(IDS, sender_qualifier="Z")},
        {"ids": replace(IDS, receiver_qualifier="ZZZ")},
        {"ids": replace(IDS, group_sender="A")},
        {"ids": replace(IDS, group_receiver="SIXTEENCHARACTER")},
        {"ids": replace(IDS, group_receiver="A~B")},
    ],
)
def test_what_does_not_fit_is_refused(changes):
    with pytest.raises(ValueError, match=r"must|need|differ"):
        write(**changes)


@pytest.mark.parametrize(
    "segment",
    [
        "",
        "*",
        "N",
        "NM1~",
        "NM1*A~B",
        "NM1*A\nB",
        "NM1*A\n",
        "NM1*Ä",
        "nm1*A",
        "SE*1*0001",
        "ISA*",
        "ST",
        "TA1*1",
        " NM1",
        "NAME*A",
    ],
)
def test_a_segment_that_would_not_read_back_is_refused(segment):
    with pytest.raises(ValueError, match="a segment must"):
        write(sets=[SetBody("0001", [segment])])


@pytest.mark.parametrize(
    "answer",
    [
        ("7", "260115", "0930", "A", "000"),
        ("000000007", "20260115", "0930", "A", "000"),
        ("000000007", "260115", "09", "A", "000"),
        ("000000007", "260115", "0930", "Z", "000"),
        ("000000007", "260115", "0930", "A", "0"),
        ("000000007", "260115", "0930", "A"),
    ],
)
def test_ta1_elements_are_checked(answer):
    with pytest.raises(ValueError, match="TA1"):
        write_ta1(IDS, isa13=1, environment=Environment.TEST, created=CREATED, answers=[answer])


def test_the_message_never_quotes_the_value():
    with pytest.raises(ValueError, match="a segment must") as refused:
        write(sets=[SetBody("0001", ["NM1*IL*1*ROE~RICHARD"])])
    assert "ROE" not in str(refused.value)
