"""Corrected and void claims and duplicates, from upload to payment; pyx12 and sums of the tests' own are the judges."""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.model.claim import Claim
from gateway.sandbox.settings import SandboxSettings
from tests.unit.sandbox.mail import DAY, Office, everything, records
from tests.unit.sandbox.office import OAK, SECOND, claim_file, make_claim, payments, segments

FIRST, SECOND_ICN = "SB00000100100001", "SB00000100100002"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def sent(office: Office, *claims: Claim, number: int) -> dict[str, list[bytes]]:
    """Send one file and fetch all that comes of it."""
    office.send(claim_file(claims, number=number))
    return everything(office)


def replacement(member: str, *charges: str, of: str | None, pcn: str | None = None) -> Claim:
    return make_claim(member, *charges, pcn=pcn, frequency="7", payer_control_number=of)


def void(member: str, *charges: str, of: str | None, pcn: str | None = None) -> Claim:
    return make_claim(member, *charges, pcn=pcn, frequency="8", payer_control_number=of)


def decided(files: list[bytes]) -> list[tuple[str, str, Decimal, str]]:
    """Return account number, status, payment and payer's number of every claim, in order; all must balance."""
    for data in files:
        assert [(p.off_by, p.misfits) for p in payments(data)] == [(0, [])] * data.count(b"~ST*835*")
    return [
        (c.patient_control_number, c.status_code, c.paid, c.payer_control_number)
        for data in files
        for r in records(data)
        for c in r.claims
    ]


def verdicts(mail: dict[str, list[bytes]], role: str) -> dict[str, tuple[str, str, str | None]]:
    """Return each claim's outcome, status and payer's number by account number, as *role* answered."""
    return {
        c.patient_control_number: (
            c.outcome.value,
            ":".join(str(each) for each in (c.statuses[0].category, c.statuses[0].code)),
            c.payer_control_number,
        )
        for data in mail.get("277ca", [])
        for r in records(data)
        if r.responder.role == role
        for c in r.claims
    }


def test_a_replacement_gets_a_new_number_and_its_reversal_beside_the_new_payment(office: Office) -> None:
    sent(office, make_claim("PAY0001"), number=101)
    mail = sent(office, replacement("PAY0001", "125.50", of=FIRST), number=102)
    assert verdicts(mail, "clearinghouse") == {"PCNPAY0001": ("received", "A1:19", None)}
    assert verdicts(mail, "payer") == {"PCNPAY0001": ("accepted", "A2:20", "SB00000200100001")}
    assert decided(mail["835"]) == [
        ("PCNPAY0001", "22", Decimal("-123.60"), FIRST),
        ("PCNPAY0001", "1", Decimal("80.40"), "SB00000200100001"),
    ]
    [data] = mail["835"]
    body = segments(data)
    assert next(s for s in body if s[0] == "CLP")[3:6] == ["-185.5", "-123.6", ""]
    negated = [s for s in body if s[0] == "CAS"][:4]
    assert negated == [
        ["CAS", "CO", "45", "-25.1"], ["CAS", "PR", "3", "-20"], ["CAS", "CO", "45", "-12"], ["CAS", "PR", "2", "-4.8"]
    ]  # fmt: skip
    [remittance] = records(data)
    assert (remittance.handling, remittance.payment_amount, remittance.payment_method) == ("H", 0, "NON")
    assert [(p.reason, p.reference, p.amount) for p in remittance.provider_adjustments] == [
        ("FB", remittance.trace_number, Decimal("-43.20"))
    ]


def test_a_void_is_a_reversal_alone_and_the_debt_is_brought_back_until_it_is_gone(office: Office) -> None:
    sent(office, make_claim("FULL1", "100.00"), make_claim("PAY2", "100.00"), number=101)
    [first] = records(sent(office, void("FULL1", "100.00", of=FIRST), number=102)["835"][0])
    assert [(c.status_code, c.charge, c.paid) for c in first.claims] == [("22", Decimal(-100), Decimal(-100))]
    assert first.payment_amount == 0
    [second] = records(sent(office, make_claim("FULL3", "30.00"), number=103)["835"][0])
    assert (second.payment_amount, [(p.reference, p.amount) for p in second.provider_adjustments]) == (
        0,
        [(first.trace_number, Decimal(100)), (second.trace_number, Decimal(-70))],
    )
    [third] = records(sent(office, make_claim("FULL4", "250.00"), number=104)["835"][0])
    assert (third.payment_amount, [(p.reference, p.amount) for p in third.provider_adjustments]) == (
        Decimal(180),
        [(second.trace_number, Decimal(70))],
    )


def test_what_a_correction_must_name(office: Office) -> None:
    sent(
        office,
        make_claim("PAY1"),
        make_claim("PAY2", payer=SECOND),
        make_claim("PAY3", provider=OAK),
        make_claim("RPAY4"),
        make_claim("RCHA5"),
        number=101,
    )
    number = "SB0000010010000{}".format
    mail = sent(
        office,
        replacement("PAY1", of=None, pcn="NONE7"),
        void("PAY1", of=None, pcn="NONE8"),
        replacement("PAY1", of="SB99999900100001", pcn="NEVER"),
        replacement("PAY1", of="X", pcn="ODD"),
        replacement("PAY1", of=number(2), pcn="OTHERPAYER"),
        void("PAY1", of=number(3), pcn="OTHERPAYEE"),
        replacement("PAY4", of=number(4), pcn="REJECTED"),
        replacement("PAY5", of=number(5), pcn="REJECTED2"),
        number=102,
    )
    assert {
        pcn: said
        for pcn, (outcome, said, _) in verdicts(mail, "clearinghouse").items()
        if outcome == "rejected"
    } == {"NONE7": "A6:464", "NONE8": "A6:464"}
    assert {pcn: said[:2] for pcn, said in verdicts(mail, "payer").items()} == dict.fromkeys(
        ("NEVER", "ODD", "OTHERPAYER", "OTHERPAYEE", "REJECTED", "REJECTED2"), ("rejected", "A7:464")
    )
    assert "835" not in mail


def test_a_number_is_spent_once_and_the_next_correction_names_the_newest(tmp_path: Path) -> None:
    office = Office(tmp_path)
    sent(office, make_claim("PAY1", "100.00"), number=101)
    mail = sent(
        office,
        replacement("PAY1", "50.00", of=FIRST, pcn="A"),
        replacement("PAY1", "60.00", of=FIRST, pcn="B"),
        number=102,
    )
    assert [pcn for pcn, (outcome, _, _) in verdicts(mail, "payer").items() if outcome == "accepted"] == ["A"]
    assert [paid for _, _, paid, _ in decided(mail["835"])] == [Decimal(-60), Decimal(20)]
    again = Office(tmp_path)  # a restart: what it knows is in the folder
    again.clock.advance(60 * DAY)
    newest = "SB00000200100001"
    mail = sent(
        again, void("PAY1", "50.00", of=newest, pcn="C"), void("PAY1", "50.00", of=FIRST, pcn="D"), number=103
    )
    assert {pcn: said[0] for pcn, said in verdicts(mail, "payer").items()} == {
        "C": "accepted",
        "D": "rejected",
    }
    assert decided(mail["835"]) == [("A", "22", Decimal(-20), newest)]
    mail = sent(
        again, void("PAY1", "50.00", of="SB00000300100001", pcn="E"), number=104
    )  # a void cannot be voided
    assert verdicts(mail, "payer")["E"][:2] == ("rejected", "A7:464")


@pytest.mark.parametrize("word", ["FULL", "PART", "ZERO", "DENY", "DENC", "LUMP", "INTR", "RECO"])
def test_a_void_takes_back_to_the_cent_what_was_decided(office: Office, word: str) -> None:
    first = decided(sent(office, make_claim(f"{word}1", "33.33", "0.01"), number=101)["835"])
    second = decided(sent(office, void(f"{word}1", "33.33", "0.01", of=FIRST), number=102)["835"])
    assert [(status, paid, icn) for _, status, paid, icn in second] == [("22", -first[0][2], FIRST)]


def test_the_payers_own_correction_is_what_a_later_void_takes_back(office: Office) -> None:
    sent(office, make_claim("REVR1", "100.00"), number=101)
    mail = sent(
        office,
        void("REVR1", "100.00", of=FIRST, pcn="OLD"),
        void("REVR1", "100.00", of=f"{FIRST}A"),
        number=102,
    )
    assert {pcn: said[0] for pcn, said in verdicts(mail, "payer").items()} == {
        "OLD": "rejected",
        "PCNREVR1": "accepted",
    }
    assert decided(mail["835"]) == [("PCNREVR1", "22", Decimal(-60), f"{FIRST}A")]


def test_a_payment_that_was_replaced_in_time_is_not_corrected_once_more(office: Office) -> None:
    office.send(claim_file([make_claim("REVR1", "100.00")]))
    office.fetch()
    office.fetch(after=14 * DAY)
    office.send(claim_file([replacement("PAY1", "100.00", of=FIRST)], number=102), name="second.837")
    mail = everything(office)
    assert [paid for _, _, paid, _ in decided(mail["835"])] == [Decimal(-100), Decimal(60)]


def test_reversal_and_new_payment_apart(office: Office) -> None:
    sent(office, make_claim("APRT1", "100.00"), number=101)
    mail = sent(office, replacement("APRT1", "200.00", of=FIRST), number=102)
    first, second = mail["835"]
    assert decided([first]) == [("PCNAPRT1", "22", Decimal(-60), FIRST)]
    assert decided([second]) == [("PCNAPRT1", "1", Decimal(140), "SB00000200100001")]
    [later] = records(second)
    assert later.payment_amount == Decimal(80)


@pytest.mark.parametrize(("word", "frequency"), [("NREP", "7"), ("NVOD", "8")])
def test_the_payer_may_refuse(office: Office, word: str, frequency: str) -> None:
    sent(office, make_claim(f"{word}1", "100.00"), number=101)
    refused = make_claim(f"{word}1", "100.00", frequency=frequency, payer_control_number=FIRST)
    mail = sent(office, refused, number=102)
    assert verdicts(mail, "payer") == {f"PCN{word}1": ("rejected", "A3:535", None)}
    assert "835" not in mail
    taken = (
        void(f"{word}1", "100.00", of=FIRST)
        if frequency == "7"
        else replacement(f"{word}1", "100.00", of=FIRST)
    )
    assert decided(sent(office, taken, number=103)["835"])[0][1:] == ("22", Decimal(-60), FIRST)


def test_a_claim_replaced_before_it_is_paid(office: Office) -> None:
    """The payment comes on its day, the reversal on the replacement's; in one run, the reversal in a later ST."""
    office.send(claim_file([make_claim("PAY1", "100.00"), make_claim("LOST2", "100.00")]))
    office.fetch()
    office.fetch(after=2 * DAY)
    office.send(
        claim_file(
            [replacement("PAY1", "200.00", of=FIRST), replacement("PAY2", "100.00", of=SECOND_ICN)],
            number=102,
        )
    )
    office.fetch()
    office.fetch(after=2 * DAY)
    [data] = office.fetch(after=30 * DAY)["835"]
    assert [[(c.patient_control_number, c.status_code) for c in r.claims] for r in records(data)] == [
        [("PCNPAY1", "1"), ("PCNPAY2", "1")],
        [("PCNPAY1", "22"), ("PCNPAY1", "1")],
    ]
    assert sum(paid for _, _, paid, _ in decided([data])) == Decimal(140) + Decimal(60)
    assert sum(p.amount for p in payments(data)) == Decimal(200)


def test_a_duplicate_is_denied_and_a_resent_claim_is_none(office: Office) -> None:
    sent(office, make_claim("PAY1"), make_claim("DENY2"), make_claim("RPAY3"), make_claim("PAY4"), number=101)
    mail = sent(
        office,
        make_claim("PAY1", pcn="AGAIN1"),
        make_claim("DENY2", pcn="AGAIN2"),
        make_claim("PAY4", "125.50", pcn="LESS"),
        make_claim("PAY5"),
        make_claim("PAY5", pcn="TWICE"),
        number=102,
    )
    assert {said[0] for said in verdicts(mail, "payer").values()} == {"accepted"}
    assert {pcn: (status, paid) for pcn, status, paid, _ in decided(mail["835"])} == {
        "AGAIN1": ("1", Decimal(0)),
        "AGAIN2": ("1", Decimal(0)),
        "LESS": ("1", Decimal("80.40")),
        "PCNPAY5": ("1", Decimal("123.60")),
        "TWICE": ("1", Decimal(0)),
    }
    [data] = mail["835"]
    assert {tuple(s[:3]) for s in segments(data) if s[0] == "CAS" and s[1] == "OA"} == {("CAS", "OA", "18")}
    sent(office, void("PAY1", of=FIRST), number=103)
    anew = decided(sent(office, make_claim("PAY1", pcn="ANEW"), number=104)["835"])
    assert anew == [("ANEW", "1", Decimal("123.60"), "SB00000400100001")]


def test_answers_in_any_order_of_the_delays(tmp_path: Path) -> None:
    """The payer pays before its 277CA: what a claim may name is the same."""
    office = Office(tmp_path, SandboxSettings(payer_hours=24 * 20))
    sent(office, make_claim("PAY1", "100.00"), number=101)
    office.fetch(after=20 * DAY)
    office.send(claim_file([replacement("PAY1", "200.00", of=FIRST)], number=102))
    office.fetch()
    paid = office.fetch(after=15 * DAY)["835"]
    assert [status for _, status, _, _ in decided(paid)] == ["22", "1"]
    assert verdicts(office.fetch(after=10 * DAY), "payer")["PCNPAY1"][0] == "accepted"
