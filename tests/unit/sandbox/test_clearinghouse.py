"""The clearinghouse from upload to payment; pyx12 and sums of the tests' own are the judges."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.errors import NotFound
from gateway.model.acknowledgement import ClaimAcknowledgement, GroupAcknowledgement, Outcome
from gateway.model.remittance import Remittance
from gateway.sandbox.accounts import create_account
from gateway.sandbox.scripts import Script
from gateway.sandbox.settings import SandboxSettings
from gateway.x12.check import check_x12
from tests.unit.sandbox.mail import DAY, Office, everything, records
from tests.unit.sandbox.office import (
    OAK,
    SECOND,
    claim_file,
    make_claim,
    payments,
    segments,
    sets_of,
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_claim_is_taken_accepted_and_paid(office: Office) -> None:
    office.send(claim_file([make_claim("PAY0001"), make_claim("PAY0002", dependent=True)], ask_ta1=True))
    first = office.fetch()
    assert sorted(first) == ["999", "ta1"]
    assert list((office.home / "inbound").iterdir()) == []
    [ta1] = records(first["ta1"][0])
    assert (ta1.interchange_control_number, ta1.status, ta1.note_code) == ("000000101", "A", "000")
    [functional] = records(first["999"][0])
    assert isinstance(functional, GroupAcknowledgement)
    assert (functional.group_control_number, functional.group_status) == ("101", "A")
    assert [(s.set_control_number, s.status) for s in functional.sets] == [("0001", "A")]

    assert office.sandbox.next_due() is not None
    [house] = records(office.fetch(after=timedelta(minutes=16))["277ca"][0])
    assert isinstance(house, ClaimAcknowledgement)
    assert (house.responder.role, house.batch_reference) == ("clearinghouse", "BATCH10101")
    assert [(c.patient_control_number, c.outcome, c.claim_reference) for c in house.claims] == [
        ("PCNPAY0001", Outcome.RECEIVED, "C-PCNPAY0001"),
        ("PCNPAY0002", Outcome.RECEIVED, "C-PCNPAY0002"),
    ]
    assert (house.accepted_count, house.rejected_count) == (2, 0)
    assert house.accepted_charge == Decimal("371.00")

    [payer] = records(office.fetch(after=DAY)["277ca"][0])
    assert (payer.responder.role, payer.responder.id) == ("payer", "EXH01")
    assert [c.outcome for c in payer.claims] == [Outcome.ACCEPTED] * 2
    assert payer.claims[0].payer_control_number == "SB00000100100001"

    [data] = office.fetch(after=13 * DAY)["835"]
    [remittance] = records(data)
    assert isinstance(remittance, Remittance)
    assert remittance.payment_amount == Decimal("247.20")
    assert remittance.payee.id == "1098765435"
    assert [(c.patient_control_number, c.paid, c.payer_control_number) for c in remittance.claims] == [
        ("PCNPAY0001", Decimal("123.60"), "SB00000100100001"),
        ("PCNPAY0002", Decimal("123.60"), "SB00000100100002"),
    ]
    assert [line.line_control_number for line in remittance.claims[0].service_lines] == [
        "PCNPAY0001L1",
        "PCNPAY0001L2",
    ]
    [payment] = payments(data)
    assert (payment.amount, payment.off_by, payment.claims, payment.misfits) == (Decimal("247.20"), 0, 2, [])
    assert office.sandbox.next_due() is None
    assert not office.sandbox.work_off().moved


SPOKEN = {
    # script: (clearinghouse's 277CA, payer's 277CA, claim statuses in 835s)
    Script.PAY: ("received", "accepted", ["1"]),
    Script.FULL: ("received", "accepted", ["1"]),
    Script.PART: ("received", "accepted", ["1"]),
    Script.ZERO: ("received", "accepted", ["1"]),
    Script.DENY: ("received", "accepted", ["4"]),
    Script.DENC: ("received", "accepted", ["1"]),
    Script.LUMP: ("received", "accepted", ["1"]),
    Script.INTR: ("received", "accepted", ["1"]),
    Script.RECO: ("received", "accepted", ["1"]),
    Script.REVR: ("received", "accepted", ["1", "22", "1"]),
    Script.UNKN: ("received", "accepted", ["1"]),
    Script.OFFC: ("received", "accepted", ["1"]),
    Script.RCHA: ("rejected", None, []),
    Script.RPAY: ("received", "rejected", []),
    Script.DUPL: ("received", "accepted", ["1"]),
    Script.APRT: ("received", "accepted", ["1"]),
    Script.NREP: ("received", "accepted", ["1"]),
    Script.NVOD: ("received", "accepted", ["1"]),
    Script.MUTE: (None, None, []),
    Script.LOST: ("received", "accepted", []),
}


def test_every_script_in_one_file(office: Office) -> None:
    office.send(claim_file([make_claim(f"{script.value}01", pcn=script.value) for script in SPOKEN]))
    mail = everything(office)
    house, payer = (
        {
            c.patient_control_number: c.outcome.value
            for f in mail["277ca"]
            for r in records(f)
            if r.responder.role == role
            for c in r.claims
        }
        for role in ("clearinghouse", "payer")
    )
    statuses: dict[str, list[str]] = {}
    wrong = []
    for data in mail["835"]:
        for remittance, payment in zip(records(data), payments(data), strict=True):
            assert payment.misfits == []
            if payment.off_by:
                wrong.append((payment.off_by, [c.patient_control_number for c in remittance.claims]))
            for c in remittance.claims:
                statuses.setdefault(c.patient_control_number, []).append(c.status_code)
    assert wrong == [(Decimal("0.01"), ["OFFC"])]
    strangers = [pcn for pcn in statuses if pcn.startswith("NOBODY")]
    assert len(strangers) == 1
    for script, (at_house, at_payer, paid) in SPOKEN.items():
        assert (house.get(script.value), payer.get(script.value), statuses.get(script.value, [])) == (
            at_house,
            at_payer,
            paid,
        ), script


def test_r999_rejects_its_set_and_names_the_claim(office: Office) -> None:
    office.send(
        claim_file([make_claim("PAY1"), make_claim("R9991"), make_claim("PAY2")], [make_claim("PAY3")])
    )
    [data] = office.fetch()["999"]
    [functional] = records(data)
    assert (functional.group_status, functional.sets_received, functional.sets_accepted) == ("P", 2, 1)
    guilty, innocent = functional.sets
    assert (guilty.status, innocent.status) == ("R", "A")
    [error] = guilty.segments
    assert error.segment == "CLM"
    assert ["CTX", "CLM01:PCNR9991"] in segments(data)
    sent = claim_file([make_claim("PAY1"), make_claim("R9991"), make_claim("PAY2")], [make_claim("PAY3")])
    assert next(sets_of(sent))[error.position - 1][:2] == ["CLM", "PCNR9991"]
    mail = everything(office)
    named = [c.patient_control_number for f in mail["277ca"] for r in records(f) for c in r.claims]
    assert set(named) == {"PCNPAY3"}
    assert len(mail["835"]) == 1


def test_pyx12_rejects_what_is_wrong(office: Office) -> None:
    data = claim_file([make_claim("PAY1")]).replace(b"HL*2*1*22*0~", b"HL*2*7*22*0~")
    office.send(data)
    [functional] = records(office.fetch()["999"][0])
    assert (functional.group_status, functional.sets[0].status) == ("R", "R")
    assert office.sandbox.next_due() is None


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (lambda d: d.replace(b"IEA*1*000000101", b"IEA*1*000000102"), "001"),
        (lambda d: d.replace(b"IEA*1*000000101", b"IEA*2*000000101"), "021"),
        (lambda d: d[: len(d) * 2 // 3], "023"),
    ],
)
def test_a_damaged_envelope_gets_a_ta1(tmp_path: Path, damage: Callable[[bytes], bytes], note: str) -> None:
    office = Office(tmp_path, SandboxSettings(quiet_seconds=0))
    office.send(damage(claim_file([make_claim("PAY1")])))
    mail = office.fetch()
    [ta1] = records(mail["ta1"][0])
    assert (ta1.status, ta1.note_code) == ("R", note)
    assert list(mail) == ["ta1"]
    assert office.sandbox.next_due() is None


def test_a_repeated_interchange_is_refused_and_pays_nothing_twice(office: Office) -> None:
    office.send(claim_file([make_claim("PAY1")]))
    office.fetch()
    office.send(claim_file([make_claim("PAY1")]), name="again.837")
    mail = office.fetch()
    [ta1] = records(mail["ta1"][0])
    assert (ta1.status, ta1.note_code, list(mail)) == ("R", "025", ["ta1"])
    assert len(everything(office)["835"]) == 1


def test_usage_that_is_not_taken(tmp_path: Path) -> None:
    office = Office(tmp_path, SandboxSettings(usage="T"))
    office.send(claim_file([make_claim("PAY1")], usage="P"))
    [ta1] = records(office.fetch()["ta1"][0])
    assert (ta1.status, ta1.note_code) == ("R", "020")


def test_answers_say_production_to_production(office: Office) -> None:
    office.send(claim_file([make_claim("PAY1")], usage="P"))
    assert {segments(f)[0][15] for files in everything(office).values() for f in files} == {"P"}


def test_one_835_per_payer_and_payee_in_a_run(office: Office) -> None:
    office.send(
        claim_file([make_claim("PAY1"), make_claim("PAY2", provider=OAK), make_claim("PAY3", payer=SECOND)])
    )
    office.send(claim_file([make_claim("PAY4")], number=102), name="second.837")
    mail = everything(office)
    paid = {
        (r.originator, r.payee.id): [c.patient_control_number for c in r.claims]
        for f in mail["835"]
        for r in records(f)
    }
    assert len(mail["835"]) == 2
    assert sorted(map(sorted, paid.values())) == [["PCNPAY1", "PCNPAY4"], ["PCNPAY2"], ["PCNPAY3"]]
    traces = [s[2] for f in mail["835"] for s in segments(f) if s[0] == "TRN"]
    assert len(set(traces)) == 3
    payers = [r for f in mail["277ca"] for r in records(f) if r.responder.role == "payer"]
    assert sorted(r.responder.id for r in payers) == ["EXH01", "EXH01", "SHP02"]


def test_same_claims_same_amounts(tmp_path: Path) -> None:
    def run(folder: Path) -> list[list[str]]:
        office = Office(folder)
        office.send(
            claim_file([make_claim("PAY1"), make_claim("PART2"), make_claim("INTR3", "33.33", "0.01")])
        )
        return [
            s for f in everything(office)["835"] for s in segments(f) if s[0] in {"BPR", "CLP", "SVC", "CAS"}
        ]

    assert run(tmp_path / "a") == run(tmp_path / "b") != []


@pytest.mark.parametrize(
    "data", [b"", b"hello\n", b"ISA*00*", b"\x00" * 300, b"ISA" + b"*" * 200, "Größe".encode("utf-16")]
)
def test_garbage_is_noted_and_stops_nothing(tmp_path: Path, data: bytes) -> None:
    office = Office(tmp_path, SandboxSettings(quiet_seconds=0))
    office.send(data, name="a.837")
    office.send(claim_file([make_claim("PAY1")]), name="b.837")
    report = office.sandbox.work_off()
    assert len(report.problems) == 1
    assert report.answers == {"999": 1}
    assert not office.sandbox.work_off().problems


def test_two_accounts_do_not_meet(tmp_path: Path) -> None:
    office = Office(tmp_path)
    other = create_account(tmp_path, "other")
    (other / ".sandbox/state.json").write_text("{")
    office.send(claim_file([make_claim("PAY1")]))
    report = office.sandbox.work_off()
    assert report.answers == {"999": 1}
    assert [p.split(":")[0] for p in report.problems] == ["other"]
    assert list((other / "outbound").iterdir()) == []
    due = office.sandbox.next_due()
    assert due is not None
    assert due > office.clock.now(), "what the other one has planned is known"


def test_files_nobody_should_send(office: Office) -> None:
    assert office.sandbox.repeat_last("acme") is None
    office.sandbox.drop_garbage("acme")
    office.sandbox.drop_empty("acme")
    office.send(claim_file([make_claim("PAY1")]))
    office.sandbox.work_off()
    again, cut, foreign = (
        office.sandbox.repeat_last("acme"),
        office.sandbox.truncate_last("acme"),
        office.sandbox.drop_foreign("acme"),
    )
    box = office.home / "outbound"
    [answer] = [p for p in box.iterdir() if p.name.startswith("SB")]
    assert (box / again).read_bytes() == answer.read_bytes()
    assert answer.read_bytes().startswith((box / cut).read_bytes())
    data = (box / foreign).read_bytes()
    assert check_x12(data).findings == ()
    [remittance] = records(data)
    assert remittance.payee.id == "1444987659"
    assert [(p.amount, p.off_by, p.misfits) for p in payments(data)] == [(64, 0, [])]
    with pytest.raises(NotFound, match="no account"):
        office.sandbox.drop_garbage("nobody")


def test_killed_between_taking_and_judging(office: Office) -> None:
    office.sandbox.work_off()
    office.send(claim_file([make_claim("PAY1")]))
    inbound = next((office.home / "inbound").iterdir())
    inbound.rename(office.home / ".sandbox/received/000001 claims.837")
    due = office.sandbox.next_due()
    assert due is not None
    assert abs(due - office.clock.now()) < timedelta(seconds=5)
    assert list(office.fetch()) == ["999"]


def test_several_interchanges_in_one_file(office: Office) -> None:
    office.send(claim_file([make_claim("PAY1")], number=1) + claim_file([make_claim("PAY2")], number=2))
    mail = everything(office)
    assert [records(f)[0].group_control_number for f in mail["999"]] == ["1", "2"]
    [data] = mail["835"]
    assert [c.patient_control_number for r in records(data) for c in r.claims] == ["PCNPAY1", "PCNPAY2"]


def test_answers_sent_back_are_not_taken_for_claims(office: Office) -> None:
    office.send(claim_file([make_claim("PAY1")], ask_ta1=True))
    for kind, files in everything(office).items():
        for index, data in enumerate(files):
            office.send(data, name=f"{index}.{kind}")
    report = office.sandbox.work_off()
    assert report.problems == ()
    assert report.claims == 0
    # an 835 or 277CA is acknowledged in form; a 999 or TA1 never is
    assert report.answers == {"999": 3}
    assert office.sandbox.next_due() is None
