"""835, 277CA, 999 and TA1 as they really come: the traps of domain.md 9.3 and 9.4."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.mapping.compile import load_map
from gateway.mapping.read import ReadRecord, read_record, read_ta1
from gateway.mapping.status import roll_up
from gateway.mapping.write import write_record
from gateway.model.acknowledgement import Outcome, Status
from gateway.model.findings import Severity
from gateway.model.remittance import Remittance
from gateway.x12.separators import Separators

SEPARATORS = Separators("*", ":", "~", "^")

PAYMENT = """
BPR*I*275*C*ACH*CCP*01*111000025*DA*123456789*1512345678**01*222000111*DA*987654321*20240126
TRN*1*EFT0009876*1512345678
DTM*405*20240125
N1*PR*EXAMPLE HEALTH PLAN
N3*PO BOX 100
N4*SPRINGFIELD*IL*62701
REF*2U*EXH01
PER*BL*EDI DESK*TE*8005550100
N1*PE*ELM STREET CLINIC*XX*1098765435
REF*TJ*371234567
LX*1
CLP*PCN0001*1*185.5*115*25*12*ICN5001*11*1
NM1*QC*1*ROE*RICHARD****MI*MBR000111
DTM*232*20240110
SVC*HC:99213:25*125.5*75**1
DTM*472*20240110
CAS*CO*45*25.5
CAS*PR*2*25
REF*6R*PCN0001L1
AMT*B6*100
SVC*HC:87880*60*40**1
CAS*CO*45*20
LQ*HE*N130
PLB*1098765435*20241231*L6*-2.5*WO:ICN3999*42.5
"""


def read(name: str, text: str, separators: Separators = SEPARATORS) -> ReadRecord:
    segments = [line.split("*") for line in text.strip().splitlines()]
    return read_record(load_map(name), segments, separators)


def remittance(text: str = PAYMENT) -> Remittance:
    found = read("835", text).record
    assert isinstance(found, Remittance)
    return found


def with_line(old: str, new: str) -> str:
    assert old in PAYMENT
    return PAYMENT.replace(old, new)


def test_a_payment_is_read_whole() -> None:
    item = read("835", PAYMENT)
    paid = item.record
    assert (item.findings, item.residue) == ((), 0)
    assert (paid.payment_amount, paid.payment_method, paid.payment_date) == (275, "ACH", date(2024, 1, 26))
    assert (paid.trace_number, paid.originator) == ("EFT0009876", "1512345678")
    assert (paid.payer.name, paid.payer.references[0].id, paid.payee.id) == (
        "EXAMPLE HEALTH PLAN",
        "EXH01",
        "1098765435",
    )
    [claim] = paid.claims
    assert (claim.charge, claim.paid, claim.patient_responsibility, claim.position) == (
        Decimal("185.5"),
        115,
        25,
        13,
    )
    first, second = claim.service_lines
    assert (first.modifiers, first.line_control_number, first.service_date) == (
        ("25",),
        "PCN0001L1",
        date(2024, 1, 10),
    )
    assert [(a.group, a.reason, a.amount) for a in first.adjustments] == [
        ("CO", "45", Decimal("25.5")),
        ("PR", "2", Decimal(25)),
    ]
    assert second.remarks == ("N130",)
    assert [(a.reason, a.reference, a.amount) for a in paid.provider_adjustments] == [
        ("L6", None, Decimal("-2.5")),
        ("WO", "ICN3999", Decimal("42.5")),
    ]


def test_what_is_read_can_be_written_and_read_again() -> None:
    paid = remittance()
    written = write_record(load_map("835"), paid)
    assert written.findings == ((),)
    assert read("835", "\n".join(written.segments)).record == paid


@pytest.mark.parametrize(
    ("cas", "triplets"),
    [
        ("CAS*PR*2*5.13**1*110", [("2", "5.13"), ("1", "110")]),
        ("CAS*CO*45*-10", [("45", "-10")]),
        (
            "CAS*CO*1*1*1*2*2*2*3*3*3*4*4*4*5*5*5*6*6*6",
            [("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5"), ("6", "6")],
        ),
        ("CAS*CR*045*7", [("045", "7")]),
    ],
)
def test_adjustments_in_every_shape(cas: str, triplets: list[tuple[str, str]]) -> None:
    """TRAP-65, 67, 68, 85, 87."""
    item = read("835", with_line("CAS*CO*45*25.5", cas))
    line = item.record.claims[0].service_lines[0]
    assert [(a.reason, a.amount) for a in line.adjustments[:-1]] == [(r, Decimal(a)) for r, a in triplets]
    assert item.residue == 0


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        ("CAS*CO*45*25.5", "CAS*CO*45", "CAS03"),
        ("SVC*HC:99213:25*125.5*75**1", "SVC*HC*24599.00*125.5*75**1x", None),
        ("CLP*PCN0001*1*185.5*115*25", "CLP*PCN0001*1", "CLP04"),
        ("CLP*PCN0001*1*185.5*115*25", "CLP*PCN0001*1*185.5*1,15", "CLP04"),
        ("BPR*I*275*C", "BPR*I*x*C", "BPR02"),
        ("WO:ICN3999*42.5", "WO:ICN3999", "PLB06"),
    ],
)
def test_an_amount_that_cannot_be_read_is_an_error(old: str, new: str, element: str | None) -> None:
    """TRAP-66, 69: such a payment is never posted."""
    item = read("835", with_line(old, new))
    if element is None:
        # Shifted by a missing component separator: the amounts no longer add up, and balancing catches it.
        assert item.record.claims[0].service_lines[0].charge == Decimal("24599.00")
        return
    wrong = [f for f in item.findings if f.severity is Severity.ERROR]
    assert ("READ-AMOUNT", element) in [(f.code, f.element) for f in wrong]


def test_a_payment_without_bpr_is_an_error() -> None:
    item = read("835", "TRN*1*X*1512345678")
    assert [(f.code, f.severity) for f in item.findings] == [("READ-AMOUNT", Severity.ERROR)]
    assert item.record.payment_amount == 0


def test_claims_without_lx_and_payees_in_odd_places() -> None:
    """TRAP-78, 81: no LX, PLB before a claim, N1*PE after the claims."""
    lines = PAYMENT.strip().splitlines()
    payee = [s for s in lines if s.startswith(("N1*PE", "REF*TJ"))]
    plb = lines[-1]
    rest = [s for s in lines[:-1] if s not in payee and s != "LX*1"]
    at = next(i for i, s in enumerate(rest) if s.startswith("CLP"))
    other = "CLP*PCN0002*4*10*0**12*ICN2"
    item = read("835", "\n".join([*rest[:at], plb, *rest[at:], other, *payee]))
    paid = item.record
    assert [c.patient_control_number for c in paid.claims] == ["PCN0001", "PCN0002"]
    assert (paid.claims[1].patient_responsibility, paid.payee.id) == (None, "1098765435")
    assert len(paid.provider_adjustments) == 2
    assert [(f.code, f.severity, f.loop) for f in item.findings] == [
        ("READ-ORDER", Severity.WARNING, "2000"),
        ("READ-ORDER", Severity.WARNING, "1000B"),
    ]


def test_unknown_qualifiers_and_segments_are_kept_or_told() -> None:
    """TRAP-70, 84: ZZ in SVC01, CI in CLP06; a REF of an unknown kind is a reference all the same."""
    text = with_line("SVC*HC:87880*60*40**1", "SVC*ZZ:87880*60*40\nREF*QQ*ABC\nXYZ*1")
    item = read("835", text.replace("*25*12*", "*25*CI*"))
    [claim] = item.record.claims
    assert claim.claim_filing_indicator == "CI"
    assert (claim.service_lines[1].procedure_type, claim.service_lines[1].units) == ("ZZ", None)
    assert [(r.qualifier, r.id) for r in claim.service_lines[1].references] == [("QQ", "ABC")]
    assert item.residue == 1
    [finding] = item.findings
    assert (finding.code, finding.segment, finding.severity) == ("READ-RESIDUE", "XYZ", Severity.WARNING)


def test_a_claims_own_segment_amid_its_lines_leaves_the_line_open() -> None:
    """What follows it is the line's: its adjustment would else be the claim's, and its remark nobody's."""
    late = "DTM*050*20240115\nAMT*AU*140\nCAS*CO*45*20\nLQ*HE*N130\nNM1*82*1*LOE*LARA****XX*1444987659"
    text = with_line("CAS*CO*45*20\nLQ*HE*N130", late)
    item = read("835", text)
    [claim] = item.record.claims
    assert (claim.received_date, claim.adjustments, claim.rendering_npi) == (
        date(2024, 1, 15),
        (),
        "1444987659",
    )
    assert [(a.qualifier, a.amount) for a in (*claim.amounts, *claim.service_lines[1].amounts)] == [
        ("AU", 140)
    ]
    assert [a.amount for a in claim.service_lines[1].adjustments] == [20]
    assert claim.service_lines[1].remarks == ("N130",)
    assert item.residue == 0


def test_a_date_of_another_kind_is_no_day_of_service() -> None:
    item = read("835", with_line("DTM*472*20240110", "DTM*484*20240110"))
    line = item.record.claims[0].service_lines[0]
    assert (line.service_date, line.residue, item.residue) == (None, ("DTM*484*20240110",), 1)


@pytest.mark.parametrize("code", ["", "Z"])
def test_the_money_is_read_whatever_its_first_code(code: str) -> None:
    item = read("835", with_line("BPR*I*", f"BPR*{code}*"))
    assert (item.record.payment_amount, item.record.handling, item.findings) == (275, code or None, ())


def test_only_service_dates_are_dates_of_service() -> None:
    """TRAP-75, 76; 150 and 151 are a span."""
    text = with_line("DTM*472*20240110", "DTM*150*20240110\nDTM*151*20240112")
    text = text.replace("DTM*232*20240110", "DTM*232*20240109\nDTM*050*20240115")
    [claim] = remittance(text).claims
    assert (claim.statement_from, claim.received_date) == (date(2024, 1, 9), date(2024, 1, 15))
    assert claim.service_lines[0].service_date_to == date(2024, 1, 12)
    assert claim.service_lines[1].service_date is None


def test_remarks_of_every_place_are_collected() -> None:
    """TRAP-86."""
    mia = "MIA*0****MA01" + "*" * 15 + "MA02*MA03"
    text = with_line("DTM*232*20240110", f"{mia}\nMOA***N1*N2\nDTM*232*20240110")
    assert remittance(text).claims[0].remarks == ("MA01", "MA02", "MA03", "N1", "N2")


def test_other_component_separators() -> None:
    text = PAYMENT.replace(":", ">")
    assert read("835", text, Separators("*", ">", "~", None)).record == remittance()


STATUS = """
BHT*0085*08*277X1*20240115*1015*TH
HL*1**20*1
NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EXH01
TRN*1*RCPT1
DTP*050*D8*20240115
DTP*009*D8*20240115
HL*2*1*21*1
NM1*41*2*ACME BILLING LLC*****46*SUBMITTER1
TRN*2*BATCH0001
STC*A1:19:PR*20240115*WQ*385.5
QTY*90*1
QTY*AA*1
AMT*YU*185.5
AMT*YY*200
HL*3*2*19*1
NM1*85*2*ELM STREET CLINIC*****XX*1098765435
TRN*1*0
STC*A1:19:PR**WQ*385.5
HL*4*3*PT
NM1*QC*1*ROE*RICHARD****MI*MBR000111
TRN*2*PCN0001
STC*A2:20:PR*20240115*WQ*185.5
REF*1K*ICN5001
REF*D9*GWCLM0001
DTP*472*D8*20240110
HL*5*3*PT
NM1*QC*1*POE*PETER****MI*MBR000222
TRN*2*PCN0002
STC*A2:20:PR*20240115*WQ*200
DTP*472*D8*20240111
SVC*HC:99213*200
STC*A7:562:82*20240115*U
REF*FJ*PCN0002L1
"""


def test_a_277ca_is_rolled_up_over_claim_and_lines() -> None:
    item = read("277ca", STATUS)
    said = item.record
    assert (item.residue, said.batch_reference, said.responder.role) == (0, "BATCH0001", "payer")
    assert (said.accepted_count, said.rejected_charge, said.receipt_date) == (1, 200, date(2024, 1, 15))
    first, second = said.claims
    assert (first.outcome, first.payer_control_number, first.claim_reference) == (
        Outcome.ACCEPTED,
        "ICN5001",
        "GWCLM0001",
    )
    assert (second.outcome, second.statuses[-1].service_line) == (Outcome.REJECTED, "PCN0002L1")
    assert {claim.provider_npi for claim in said.claims} == {"1098765435"}
    assert [verdict.level for verdict in said.batch_verdicts] == ["receiver", "provider"]
    assert all(verdict.outcome is Outcome.RECEIVED for verdict in said.batch_verdicts)


def test_a_batch_rejected_above_its_patients() -> None:
    """TRAP-56."""
    text = STATUS[: STATUS.index("HL*3")].replace("A1:19:PR", "A3:24:41")
    said = read("277ca", text).record
    assert said.claims == ()
    assert [(v.level, v.outcome) for v in said.batch_verdicts] == [("receiver", Outcome.REJECTED)]


def test_a_clearinghouse_says_who_it_is_and_further_categories_count() -> None:
    """TRAP-55, 57."""
    text = STATUS.replace("NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EXH01", "NM1*AY*2*PAYER HUB*****46*PAYERHUB")
    text = text.replace("STC*A2:20:PR*20240115*WQ*185.5", "STC*A2:20:PR*20240115*WQ*185.5******A8:21")
    said = read("277ca", text).record
    assert (said.responder.role, said.responder.id) == ("clearinghouse", "PAYERHUB")
    assert (said.claims[0].outcome, said.claims[0].statuses[0].action) == (Outcome.REJECTED, "WQ")


@pytest.mark.parametrize(
    ("categories", "outcome"),
    [
        ("A2", Outcome.ACCEPTED),
        ("A1 A2", Outcome.ACCEPTED),
        ("A1 A0", Outcome.FORWARDED),
        ("A5 A1", Outcome.SPLIT),
        ("A1", Outcome.RECEIVED),
        ("A2 A7", Outcome.REJECTED),
        ("F1", Outcome.ACCEPTED),
        ("R3", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
    ],
)
def test_the_roll_up(categories: str, outcome: Outcome) -> None:
    statuses = [Status(category=category, code="20", entity=None) for category in categories.split()]
    assert roll_up(statuses) is outcome


FUNCTIONAL = """
AK1*HC*101*005010X222A1
AK2*837*0001*005010X222A1
IK3*CLM*19**8
CTX*CLM01:PCN0001
CTX*SITUATIONAL TRIGGER*CLM*19**5:3*C023
IK4*2*782*1
IK4*5:3*1325*7*9
IK5*R*5*I5
AK2*837*0002*005010X222A1
IK5*A
AK9*P*2*2*1
"""


def test_a_999() -> None:
    said = read("999", FUNCTIONAL).record
    assert (said.group_control_number, said.group_status, said.sets_accepted) == ("101", "P", 1)
    first, second = said.sets
    assert (first.status, first.error_codes, second.status) == ("R", ("5", "I5"), "A")
    [wrong] = first.segments
    assert (wrong.segment, wrong.position, wrong.error, wrong.patient_control_number) == (
        "CLM",
        19,
        "8",
        "PCN0001",
    )
    assert [(e.position, e.component, e.error) for e in wrong.elements] == [(2, None, "1"), (5, 3, "7")]


def test_a_997_says_the_same_in_older_words() -> None:
    text = FUNCTIONAL.replace("IK", "AK").replace("*005010X222A1", "").replace("CTX*CLM01:PCN0001\n", "")
    said = read("999", text).record
    assert (said.version, said.group_status, [item.status for item in said.sets]) == (None, "P", ["R", "A"])
    assert said.sets[0].segments[0].elements[0].error == "1"


def test_a_999_without_sets() -> None:
    """TRAP-51."""
    said = read("999", "AK1*HC*101\nAK9*A*3*3*3*1*2").record
    assert (said.sets, said.sets_included, said.error_codes) == ((), 3, ("1", "2"))


def test_a_ta1() -> None:
    said = read_ta1(["TA1", "000000101", "240115", "0930", "R", "025"])
    assert (said.interchange_control_number, said.status, said.note_code) == ("000000101", "R", "025")
    assert read_ta1(["TA1"]).status == ""
