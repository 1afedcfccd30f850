"""Every script that is paid or answered otherwise: what comes, whether it adds up, and whether pyx12 likes it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.model.claim import Claim
from gateway.sandbox.adjudicate import ZERO
from gateway.sandbox.scripts import UNPAID, Script
from gateway.x12.check import check_x12
from tests.unit.sandbox.mail import DAY, Office, everything, records
from tests.unit.sandbox.office import SECOND, claim_file, make_claim, payments, segments

D = Decimal
FIRST = "SB00000100100001"

NOT_CLEAN = {Script.USTA: {"CLP02"}, Script.ST03: {"ST03"}, Script.V401: {None}, Script.CUTF: {None}}
"""Scripts whose file pyx12 or our reader finds something in, and in which element."""

WRAPPED = {Script.WRAP: "ENV-WRAP"}

UNBALANCED = {
    Script.INTA: (D("1.24"), []),
    Script.OFFC: (D("0.01"), []),
    Script.OFCL: (ZERO, ["B2"]),
    Script.OFLN: (ZERO, ["B1"]),
    Script.OMIT: (ZERO, ["B3"]),
    Script.BARE: (ZERO, ["B2"]),
    Script.NEGA: (D("9875.40"), []),
}
"""How far BPR02 is off, and which equations of its claims fail, where the fault is the point."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def all_mail(office: Office, *claims: Claim, number: int = 101) -> dict[str, list[bytes]]:
    """Send one file and fetch all that comes of it, whether it is sound or not."""
    office.send(claim_file(claims, number=number))
    mail: dict[str, list[bytes]] = {}
    for wait in (timedelta(), timedelta(minutes=16), DAY, 13 * DAY, 7 * DAY):
        for kind, files in office.fetch(after=wait, checked=False).items():
            mail.setdefault(kind, []).extend(files)
    return mail


def plbs(data: bytes) -> list[list[tuple[str, str | None, Decimal]]]:
    """Return the provider adjustments of each ST."""
    return [[(p.reason, p.reference, p.amount) for p in r.provider_adjustments] for r in records(data)]


def paid(data: bytes) -> list[Decimal]:
    return [r.payment_amount for r in records(data)]


@pytest.mark.parametrize("script", sorted(set(Script) - UNPAID))
def test_what_is_sent_adds_up_and_is_clean_unless_the_fault_is_the_point(
    office: Office, script: Script
) -> None:
    mail = all_mail(office, make_claim(f"{script.value}01", pcn="00PCN0001"))
    for data in mail["835"]:
        found = {f.element for f in check_x12(data).findings if f.code != WRAPPED.get(script)}
        assert found <= NOT_CLEAN.get(script, set())
        if script in {Script.WRAP, Script.CUTF}:
            continue
        off_by, misfits = UNBALANCED.get(script, (ZERO, []))
        assert [(p.off_by, p.misfits) for p in payments(data)] == [(off_by, misfits)] * data.count(
            b"~ST*835*"
        )
    if script in NOT_CLEAN:
        assert any(check_x12(data).findings for data in mail["835"])
    for data in mail["277ca"]:
        assert check_x12(data).findings == ()


def test_the_same_claims_get_the_same_answers(tmp_path: Path) -> None:
    claims = [make_claim(f"{s.value}01", pcn=f"0{s.value}x1") for s in sorted(Script) if s is not Script.R999]
    both = [all_mail(Office(tmp_path / name), *claims) for name in ("one", "two")]
    assert both[0] == both[1]
    odd_and_plain = len(both[0]["835"])
    # the plain file; seven with a file of their own, three of them in two; the later run's plain file and the second payer's
    assert odd_and_plain == 1 + 8 + 3 + 2


def test_a_split_claim_adds_up_and_has_numbers_of_its_own(office: Office) -> None:
    [data] = everything_of(office, make_claim("SPLT1", "125.51", pcn="P1"))["835"]
    [remittance] = records(data)
    assert [
        (c.patient_control_number, c.payer_control_number, c.charge, c.paid) for c in remittance.claims
    ] == [
        ("P1", FIRST, D("62.76"), D("40.21")),
        ("P1", f"{FIRST}S2", D("62.75"), D("40.20")),
    ]


def everything_of(office: Office, *claims: Claim, number: int = 101) -> dict[str, list[bytes]]:
    office.send(claim_file(claims, number=number))
    return everything(office)


def test_lines_bundled_unbundled_and_halved(office: Office) -> None:
    [data] = everything_of(
        office, make_claim("BNDL1", "100", "100"), make_claim("UNBN1", "100"), make_claim("UNIT1", "100")
    )["835"]
    said = [s for s in segments(data) if s[0] in {"SVC", "CAS", "REF"} and s[1] not in {"EV", "2U", "TJ"}]
    assert ["*".join(s) for s in said] == [
        "SVC*HC:99499*100*132**1*HC:99213", "CAS*OA*94*-100", "CAS*CO*45*40", "CAS*PR*3*28",
        "REF*6R*PCNBNDL1L1",
        "SVC*HC:99499*100*0**1*HC:99213", "CAS*CO*97*100", "REF*6R*PCNBNDL1L2",
        "SVC*HC:99498*100*30**1*HC:99213", "CAS*CO*45*50", "CAS*PR*3*20", "REF*6R*PCNUNBN1L1",
        "SVC*HC:99499*0*30**1*HC:99213", "CAS*OA*94*-30", "REF*6R*PCNUNBN1L1",
        "SVC*HC:99213*50*30**0.5", "CAS*CO*45*10", "CAS*PR*3*10", "REF*6R*PCNUNIT1L1",
        "SVC*HC:99213*50*30**0.5", "CAS*CO*45*10", "CAS*PR*3*10", "REF*6R*PCNUNIT1L1",
    ]  # fmt: skip


def test_what_is_left_for_now_is_collected_or_refunded_by_the_next_payment(office: Office) -> None:
    first = everything_of(office, make_claim("WODL1", "100"), make_claim("REFD2", "200"))["835"]
    assert [paid(data) for data in first] == [[D("300.00")], [D("0")]]
    second = f"{FIRST[:-1]}2"
    # 100 was paid and 60 is right, 200 was paid and 140 is right: nothing is taken yet
    assert plbs(first[1]) == [[("WO", FIRST, D("-40.00")), ("WO", second, D("-60.00"))]]
    [later] = everything_of(office, make_claim("FULL3", "500"), number=102)["835"]
    assert plbs(later) == [
        [("WO", FIRST, D("40.00")), ("WO", second, D("60.00")), ("72", second, D("-60.00"))]
    ]
    assert paid(later) == [D("460.00")]
    assert office.sandbox._mailbox("acme").state["debts"] == {}


def test_a_debt_is_carried_forward_until_it_is_gone(office: Office) -> None:
    [first] = everything_of(office, make_claim("DEBT1", "100"))["835"]
    [said] = plbs(first)
    trace = records(first)[0].trace_number
    assert said == [("WO", f"OLD{trace}D", D("500.00")), ("FB", trace, D("-440.00"))]
    [second] = everything_of(office, make_claim("FULL2", "400"), number=102)["835"]
    assert [amount for _, _, amount in plbs(second)[0]] == [D("440.00"), D("-40.00")]
    assert plbs(second)[0][0][1] == trace
    [third] = everything_of(office, make_claim("FULL3", "50"), number=103)["835"]
    assert (paid(third), len(plbs(third)[0])) == ([D("10.00")], 1)


def test_what_stands_alone_keeps_no_debt_and_loses_none(office: Office) -> None:
    everything_of(office, make_claim("DEBT1", "100"))
    all_mail(office, make_claim("OFFC2", "1000"), number=102)
    [third] = everything_of(office, make_claim("FULL3", "1000"), number=103)["835"]
    assert paid(third) == [D("560.00")]


def test_two_payers(office: Office) -> None:
    first, second = everything_of(office, make_claim("XOVR1", "100.00"))["835"]
    [one], [other] = records(first), records(second)
    assert (one.claims[0].status_code, one.claims[0].paid) == ("19", D("60.00"))
    assert one.claims[0].crossover_payer == SECOND.name
    assert (other.payer.name, other.claims[0].status_code, other.claims[0].paid) == (
        SECOND.name,
        "2",
        D("10.00"),
    )
    assert other.originator != one.originator
    by_style = everything_of(office, make_claim("SECA2", "100"), make_claim("SECB3", "100"), number=102)[
        "835"
    ]
    said = [
        [(a.group, a.reason, a.amount) for line in c.service_lines for a in line.adjustments]
        for c in records(by_style[0])[0].claims
    ]
    assert said == [
        [("OA", "23", D("80.00")), ("PR", "3", D("10.00"))],
        [("OA", "23", D("60.00")), ("CO", "45", D("20.00")), ("PR", "3", D("10.00"))],
    ]


def test_reversals_of_every_kind(office: Office) -> None:
    claims = [make_claim(f"{word}1", "100", pcn=word) for word in ("REVR", "REVX", "REVD", "REV2", "REVU")]
    first, later = everything_of(office, *claims)["835"]
    assert [c.paid for c in records(first)[0].claims if c.patient_control_number.startswith("NEVER")] == [
        D("-64.00")
    ]
    said = [(c.patient_control_number, c.status_code, c.paid) for r in records(later) for c in r.claims]
    assert said == [
        ("REVR", "22", D("-100.00")), ("REVR", "1", D("60.00")),
        ("REVX", "1", D("60.00")), ("REVX", "22", D("-100.00")),
        ("REVD", "22", D("-99.00")), ("REVD", "1", D("60.00")),
        ("REV2", "22", D("-100.00")), ("REV2", "22", D("-100.00")), ("REV2", "1", D("60.00")),
    ]  # fmt: skip


def test_interest_is_taken_back_with_its_claim(office: Office) -> None:
    everything_of(office, make_claim("INTR1", "1000.00"))
    void = make_claim("INTR1", "1000.00", frequency="8", payer_control_number=FIRST)
    [data] = everything_of(office, void, number=102)["835"]
    [remittance] = records(data)
    [claim] = remittance.claims
    assert [(a.qualifier, a.amount) for a in claim.amounts] == [("I", D("-7.80"))]
    assert plbs(data)[0][0] == ("L6", None, D("7.80"))
    assert remittance.payment_amount == 0
    assert plbs(data)[0][1][2] == D("-787.80")


def test_an_original_that_names_an_earlier_claim_is_refused(office: Office) -> None:
    everything_of(office, make_claim("PAY1"))
    mail = everything_of(office, make_claim("PAY1", pcn="IDLE", payer_control_number=FIRST), number=102)
    [answer] = [r for data in mail["277ca"] for r in records(data)]
    assert (answer.responder.role, answer.rejected_count) == ("clearinghouse", 1)
    [status] = answer.claims[0].statuses
    assert (status.category, status.code) == ("A7", "464")
    assert "835" not in mail


def test_answers_in_the_wrong_order_and_too_late(office: Office) -> None:
    office.send(claim_file([make_claim("SWAP1"), make_claim("LATE2")]))
    roles = []
    for wait in (timedelta(), timedelta(minutes=16), DAY, 13 * DAY, 7 * DAY):
        mail = office.fetch(after=wait)
        roles.append(
            [
                (r.responder.role, [c.patient_control_number for c in r.claims])
                for data in mail.get("277ca", [])
                for r in records(data)
            ]
        )
        roles[-1] += ["835"] * len(mail.get("835", []))
    assert roles == [
        [],
        [("clearinghouse", ["PCNLATE2"]), ("payer", ["PCNSWAP1"])],
        [("clearinghouse", ["PCNSWAP1"])],
        ["835"],
        [("payer", ["PCNLATE2"])],
    ]


def test_zero_notices_have_one_trace_number(office: Office) -> None:
    [data] = everything_of(office, make_claim("ZTRC1"), make_claim("ZTRC2"))["835"]
    assert [(r.trace_number, r.payment_amount) for r in records(data)] == [("NOPAYMENT", 0)] * 2


def test_what_comes_beside_the_payment(office: Office) -> None:
    [data] = everything_of(office, make_claim("CAPI1"), make_claim("PREN2"), make_claim("MISR3"))["835"]
    said = [(r.handling, r.payment_amount, r.payee.id, len(r.claims)) for r in records(data)]
    assert said == [
        ("I", D("247.20"), "1098765435", 3),
        ("I", D("100"), "1098765435", 0),
        ("P", D("0"), "1098765435", 0),
        ("I", D("64.00"), "1444987659", 1),
    ]


@pytest.mark.parametrize("usage", ["T", "P"])
def test_files_that_are_odd(office: Office, usage: str) -> None:
    office.send(
        claim_file([make_claim(f"{word}1") for word in ("TWIN", "ALTR", "FLIP", "ST03", "V401")], usage=usage)
    )
    mail: dict[str, list[bytes]] = {}
    for wait in (timedelta(), 15 * DAY):
        for kind, files in office.fetch(after=wait, checked=False).items():
            mail.setdefault(kind, []).extend(files)
    twin, twice, one, other, flipped, third, old = mail["835"]
    assert [s for s in segments(twin) if s[0] not in {"ISA", "GS", "GE", "IEA"}] == [
        s for s in segments(twice) if s[0] not in {"ISA", "GS", "GE", "IEA"}
    ]
    assert segments(twin)[0][13] != segments(twice)[0][13]
    assert one.count(b"CAS*CO*45*") == other.count(b"CAS*CO*253*") == 2
    assert segments(flipped)[0][15] == {"T": "P", "P": "T"}[usage]
    assert b"~ST*835*0001*005010X221A1~" in third
    assert (segments(old)[0][11:13], segments(old)[1][8]) == (["U", "00401"], "004010X091A1")


def test_a_void_adds_nothing_but_the_reversal(office: Office) -> None:
    everything_of(office, make_claim("CAPI1", "100"), make_claim("RECO2", "100"), make_claim("TWIN3", "100"))
    voids = [
        make_claim(f"{word}{n}", "100", frequency="8", payer_control_number=f"{FIRST[:-1]}{n}")
        for n, word in enumerate(("CAPI", "RECO", "TWIN"), start=1)
    ]
    [data] = everything_of(office, *voids, number=102)["835"]
    said = records(data)
    assert [[c.status_code for c in r.claims] for r in said] == [["22", "22"], ["22"]]
    assert {reason for one in plbs(data) for reason, _, _ in one} == {"FB"}
