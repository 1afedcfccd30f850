"""The failing examples of the trade's table of edit types, each in a file as a billing system drops it.

Types 1 and 2 are for the check of the written file (pyx12), all others for our edits on the claims read from the file; what
pyx12 does not see is said to be unseen, so that a row moves when the checker learns it. Places of types 1 and 2 are tested
in tests/unit/x12/test_check.py.
"""

from datetime import date

import pytest

from gateway.claims.edits import EditContext, prepare
from gateway.claims.intake.reading import read_records
from gateway.model.findings import Severity
from gateway.settings import Limits
from gateway.x12.check import check_x12
from tests.x12files import SEGMENTS_837P, file_837p, replaced

CONTEXT = EditContext(today=date(2026, 11, 2))
FIRST, SECOND = "PCN0001", "PCN0002"

COB = (
    "SBR*P*19*GRP300******CI",
    "CAS*PR*3*20",
    "AMT*D*100",
    "OI***Y***Y",
    "NM1*IL*1*POE*PAUL****MI*OTH333",
    "NM1*PR*2*FIRST PLAN*****PI*FP001",
    "REF*F8*FPICN77",
)
LINE_1 = ("SVD*FP001*90*HC:99214**1", "CAS*CO*45*35", "CAS*PR*2*25", "DTP*573*D8*20260120")
LINE_2 = ("SVD*FP001*30*HC:73110:RT**1", "CAS*CO*45*20", "DTP*573*D8*20260120")


def secondary(*changes: tuple[str, str]) -> tuple[str, ...]:
    """Return the set with its second claim on its way to a second payer; the first one's decisions as 2.11 works them."""
    body: list[str] = []
    for segment in replaced(("SBR*P**GRP200", "SBR*S**GRP200******CI")):
        if segment == "LX*1" and body[-1].startswith("NM1*82") and any("PCN0002*200" in one for one in body):
            body += COB
        body.append(segment)
        if segment == "REF*6R*PCN0002L1":
            body += LINE_1
        elif segment == "REF*6R*PCN0002L2":
            body += LINE_2
    for old, new in changes:
        at = next(n for n, segment in enumerate(body) if segment.startswith(old))
        body[at] = new
    return tuple(body)


def ours(body: tuple[str, ...]) -> set[tuple[str, str | None]]:
    """Return (rule, claim) of every error of the edits, the file read as it is read when it is dropped."""
    found: set[tuple[str, str | None]] = set()
    for one in read_records(file_837p(body), name="week.837", limits=Limits()):
        said = list(one.findings)
        if one.claim is not None:
            said += prepare(one.claim, context=CONTEXT)[1]
        found |= {(f.code, f.claim) for f in said if f.severity is Severity.ERROR}
    return found


def checked(body: tuple[str, ...]) -> set[tuple[str, str | None]]:
    """Return (code, claim) of every error of the check of the written file."""
    findings = check_x12(file_837p(body)).findings
    return {(f.code, f.claim) for f in findings if f.severity is Severity.ERROR}


def test_the_sound_files_have_no_finding() -> None:
    for body in (SEGMENTS_837P, secondary()):
        assert ours(body) == checked(body) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("DTP*472", "DTP*472*D8*20261310"), ("999-IK4-8", FIRST)),
        (("REF*D9", "ZZZ*1"), ("999-IK3-1", FIRST)),
        (("NM1*85", "NM1*85*2*ELM STREET CLINIC*****XX"), ("999-IK4-2", None)),
        (("N3*100", None), ("999-IK3-3", None)),
        (("CLM*PCN0001", "CLM*PCN0001*185.5***11:C:1*Y*A*Y*Y"), ("999-IK4-7", FIRST)),
    ],
)
def test_syntax_and_guide_are_for_the_check_of_the_file(
    change: tuple[str, str], expected: tuple[str, str]
) -> None:
    assert checked(replaced(change)) == {expected}


def test_a_wrong_count_refuses_the_set() -> None:
    count = len(SEGMENTS_837P) + 2
    wrong = file_837p().replace(b"SE*%d*0001" % count, b"SE*%d*0001" % (count - 1))
    assert {f.code for f in check_x12(wrong).findings} == {"ENV-SE-COUNT"}


DIAGNOSIS = ("HI*ABK:J0190", "HI*ABK:ZZZ99*ABF:R509")

OURS: list[tuple[str, tuple[str, ...], tuple[str, str]]] = [
    ("2: billing ZIP of five digits", replaced(("N4*SPRINGFIELD*IL*627011234", "N4*SPRINGFIELD*IL*62701")), ("P-BP-04", "*")),
    ("3: what another payer paid is a dollar off", secondary(("AMT*D", "AMT*D*101")), ("COB-2", SECOND)),
    ("3: a line's adjustment is a cent off", secondary(("CAS*CO*45*35", "CAS*CO*45*35.01")), ("COB-1", SECOND)),
    ("4: replacement without the payer's number", replaced(("CLM*PCN0001", "CLM*PCN0001*185.5***11:B:7*Y*A*Y*Y")), ("P-FREQ", FIRST)),
    ("4: auto accident without day and state", replaced(("CLM*PCN0002", "CLM*PCN0002*200***11:B:1*Y*A*Y*Y**AA")), ("P-DATE-ACCIDENT", SECOND)),
    ("4: pointer 3 with two diagnoses", replaced(("SV1*HC:99213", "SV1*HC:99213:25*125.5*UN*1***1:3")), ("P-PTR", FIRST)),
    ("5: NPI with a wrong check digit", replaced(("NM1*85", "NM1*85*2*ELM STREET CLINIC*****XX*1098765434")), ("P-NPI", "*")),
    ("5: diagnosis of no shape", replaced(DIAGNOSIS), ("P-DX-SHAPE", FIRST)),
    ("5: place of service 00", replaced(("CLM*PCN0002", "CLM*PCN0002*200***00:B:1*Y*A*Y*Y")), ("P-POS", SECOND)),
    ("6: anesthesia in units", replaced(("SV1*HC:99214", "SV1*HC:00142*150*UN*1***1")), ("P-LINE-MJ", SECOND)),
    ("6: ambulance without why, how far and where", replaced(("SV1*HC:99214", "SV1*HC:A0428:RH*150*UN*1*41**1")), ("P-AMBULANCE", SECOND)),
    ("7: post office box", replaced(("N3*100", "N3*PO BOX 7")), ("P-BP-03", "*")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in OURS], ids=[row[0] for row in OURS])
def test_what_pyx12_misses_is_for_the_edits(body: tuple[str, ...], expected: tuple[str, str]) -> None:
    rule, claim = expected
    assert ours(body) == ({(rule, FIRST), (rule, SECOND)} if claim == "*" else {expected})
    assert checked(body) == set()


def test_equipment_that_nobody_ordered_is_remarked() -> None:
    body = replaced(("SV1*HC:99214", "SV1*HC:K0001:RR*150*UN*1***1"))
    said = [
        prepare(one.claim, context=CONTEXT)[1]
        for one in read_records(file_837p(body), name="w", limits=Limits())
        if one.claim
    ]
    assert [[f.code for f in of_one] for of_one in said] == [[], ["P-DME-ORDER"]]
    assert checked(body) == set()


def test_a_charge_that_is_not_the_sum_is_told_by_both_passes_of_ours() -> None:
    body = replaced(("CLM*PCN0001", "CLM*PCN0001*186.5***11:B:1*Y*A*Y*Y"))
    assert ours(body) == checked(body) == {("P-SUM", FIRST)}


def test_a_level_that_denies_its_child_is_told_by_the_check() -> None:
    assert checked(replaced(("HL*3*1*22*1", "HL*3*1*22*0"))) == {("P-HL04", SECOND)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("SBR*P**GRP200", "SBR*P*18*GRP200******CI"), SECOND),
        (("SBR*P*18*GRP100", "SBR*P**GRP100******CI"), FIRST),
    ],
)
def test_self_or_dependent_by_level_and_by_code_agree(change: tuple[str, str], said: str) -> None:  # TRAP-32
    body = replaced(change)
    assert ours(body) == {("P-SBR02", said)}
    assert checked(body) == set()


def test_a_dot_blanks_and_small_letters_are_put_right_and_told() -> None:  # TRAP-34, TRAP-50
    body = replaced(
        ("HI*ABK:J0190", "HI*ABK:J01.90*ABF:R509"), ("NM1*IL*1*ROE", "NM1*IL*1*ROE*RICHARD****MI*mbr 000111")
    )
    assert ours(body) == set()
    (first, _) = read_records(file_837p(body), name="week.837", limits=Limits())
    assert first.claim is not None
    claim, said = prepare(first.claim, context=CONTEXT)
    assert (claim.diagnoses[0], claim.subscriber.member_id) == ("J0190", "MBR000111")
    assert {f.code for f in said} == {"IN-SPELLING"}
