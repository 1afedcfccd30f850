"""Reading is forgiving and total: whatever comes, it is in the record, in the residue, or told."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from gateway.mapping.compile import load_map
from gateway.mapping.read import ReadRecord, read_claims
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim
from gateway.x12.separators import Separators
from tests.strategies import HEADER
from tests.unit.mapping.people import child, claim, line
from tests.x12files import SEGMENTS_837P

MAP = load_map("837p")
SEPARATORS = Separators("*", ":", "~", "^")


def read(segments: list[str] | tuple[str, ...], separators: Separators = SEPARATORS) -> list[ReadRecord]:
    return list(read_claims(MAP, (text.split(separators.element) for text in segments), separators))


def written(*claims: Claim, verbatim: bool = True) -> list[str]:
    return list(write_claims(MAP, HEADER, claims, verbatim=verbatim).segments)


def body(segments: list[str] | tuple[str, ...]) -> list[str]:
    return [s for s in segments if not s.startswith(("BHT", "HL*", "LX*", "NM1*41", "PER*IC", "NM1*40"))]


def again(segments: list[str] | tuple[str, ...]) -> list[str]:
    return written(*(item.record for item in read(segments) if item.record is not None))


COB = [
    "SBR*P*19*GRP300******CI",
    "CAS*PR*3*20",
    "AMT*D*100",
    "OI***Y***Y",
    "NM1*IL*1*POE*PAUL****MI*OTH333",
    "NM1*PR*2*FIRST PLAN*****PI*FP001",
    "REF*F8*FPICN77",
]
SVD = ["SVD*FP001*90*HC:99213**1", "CAS*CO*45*10", "DTP*573*D8*20240120"]


def with_cob() -> list[str]:
    segments = written(claim(patient=child(), service_lines=(line(1), line(2))))
    first = segments.index("LX*1")
    second = segments.index("LX*2")
    return [*segments[:first], *COB, *segments[first:second], *SVD, *segments[second:], *SVD]


def test_a_set_that_the_record_knows_leaves_no_residue() -> None:
    assert [item.residue for item in read(SEGMENTS_837P)] == [0, 0]
    assert body(again(SEGMENTS_837P)) == body(SEGMENTS_837P)


def test_other_payers_have_their_place() -> None:
    [one] = read(with_cob())
    assert one.residue == 0
    [other] = one.record.other_payers
    assert (other.paid, other.payer.name, other.payer_control_number) == (100, "FIRST PLAN", "FPICN77")
    assert [line.adjudications[0].paid for line in one.record.service_lines] == [90, 90]
    assert again(with_cob())[4:] == with_cob()[4:]


def test_what_a_repeated_loop_cannot_say_goes_back_into_that_repetition() -> None:
    segments = with_cob()
    first = segments.index(COB[0])
    last = first + len(COB)
    second = [*COB[:-1], "DMG*D8*19430501*F", "REF*F8*SECOND"]
    segments = [*segments[:first], *COB, *second, *segments[last:]]
    at = len(segments) - 1
    segments = [
        *segments[: at - 2],
        "SVD*FP002*0*HC:99213**1",
        "DTP*573*D8*20240121",
        "AMT*ZZ*1",
        *segments[at - 2 :],
    ]
    [one] = read(segments)
    assert [(k.loop, k.service_line, k.occurrence) for k in one.record.residue] == [
        ("2330B", None, 2),
        ("2430", 2, 1),
    ]
    assert again(segments)[4:] == [
        *segments[4 : segments.index("DMG*D8*19430501*F")],
        "REF*F8*SECOND",
        "DMG*D8*19430501*F",
        *segments[segments.index("REF*F8*SECOND") + 1 :],
    ]


def test_two_roles_in_one_loop_are_told_apart() -> None:
    primary = ["NM1*P3*1*PRIMARY*P****XX*1333111221", "REF*G2*P1"]
    referring = ["NM1*DN*1*REFERRER*R****XX*1444987659", "REF*0B*R1"]
    segments = written(claim())
    at = segments.index("NM1*82*1*SMITH*JANE****XX*1555123458")
    [one] = read([*segments[:at], *primary, *referring, *segments[at:]])
    assert one.residue == 0
    assert one.record.primary_care_provider.name == "PRIMARY"
    assert one.record.referring_provider.references[0].id == "R1"
    assert written(one.record)[at : at + 4] == [*referring, *primary]
    odd = [*segments[:at], *referring, "REF*ZZ*1", *primary, *segments[at:]]
    assert again(odd)[at : at + 5] == [*referring, *primary, "REF*ZZ*1"]
    [twice] = read([*segments[:at], *referring, *referring, *segments[at:]])
    assert [kept.segments for kept in twice.record.residue] == [tuple(referring)]


def changed(*changes: tuple[str, list[str]]) -> list[str]:
    """The claim of Richard Roe with the first segment that begins so replaced."""
    segments = written(claim())
    for start, new in changes:
        index = next(i for i, text in enumerate(segments) if text.startswith(start))
        segments[index : index + 1] = new
    return segments


def test_what_no_row_says_comes_back_as_it_came() -> None:
    odd = changed(
        ("REF*EI", ["REF*EI*371234567", "REF*G5*SITE1", "CUR*85*USD"]),
        ("CLM*", ["CLM*PCN0001*100.00***11:B:1*Y*A*Y*Y**********11*ZZ", "REF*ZZ*1"]),
        ("HI*", ["HI*ABK:J0190", "HI*BG:01", "CR1***A*DH*21", "XYZ*1*2"]),
        ("NM1*82", ["NM1*82*1*SMITH*JANE****24*371234567", "N3*SOMEWHERE"]),
        (
            "DTP*472",
            ["DTP*472*RD8*20240110-20240110", "DTP*472*D8*20241340", "NM1*DK*1*ORDERER*O", "N3*1 ST"],
        ),
    )
    [one] = read(odd)
    assert one.record.patient_control_number == "PCN0001"
    assert sorted(body(again(odd))) == sorted(body(odd))
    assert one.residue >= 9


def test_an_unreadable_date_is_told_and_kept() -> None:
    odd = changed(("DMG*", ["DMG*D8*19701399*M"]))
    [one] = read(odd)
    assert one.record.subscriber.birth_date is None
    assert [(f.code, f.element, f.loop) for f in one.findings] == [("READ-DATE", "DMG02", "2010BA")]
    assert "DMG*D8*19701399*M" in again(odd)


def test_amounts_keep_their_digits_and_are_told() -> None:
    [one] = read(changed(("SV1*", ["SV1*HC:99213*100.005*UN*1***1"])))
    assert one.record.service_lines[0].charge == Decimal("100.005")
    assert [f.code for f in one.findings] == ["READ-DECIMALS"]
    [none] = read(changed(("CLM*", ["CLM*PCN0001*abc***11:B:1*Y*A*Y*Y"])))
    assert ("READ-AMOUNT", "error", "CLM02") in [(f.code, f.severity, f.element) for f in none.findings]
    assert none.record.charge == 0


def test_a_claim_without_levels_and_line_numbers_is_still_a_claim() -> None:
    bare = [s for s in written(claim(), claim(patient=child())) if not s.startswith(("HL*", "LX*", "BHT"))]
    first, second = read(bare)
    assert (first.record.patient, second.record.patient.first_name) == (None, "PETER")
    assert first.record.service_lines[0].procedure == "99213"
    assert second.record.subscriber.last_name == "ROE"
    two = claim(service_lines=(line(1), line(2)))
    [back] = read([s for s in written(two) if not s.startswith("LX*")])
    assert [item.line_control_number for item in back.record.service_lines] == ["PCN0001L1", "PCN0001L2"]


def test_order_inside_a_loop_does_not_matter() -> None:
    segments = written(claim())
    clm = next(i for i, text in enumerate(segments) if text.startswith("CLM"))
    segments[clm + 1 : clm + 3] = reversed(segments[clm + 1 : clm + 3])
    late = [s for s in segments if not s.startswith("DMG")]
    late.append("DMG*D8*19700504*M")
    [one] = read(segments)
    assert one.residue == 0
    [other] = read(late)
    assert sorted(body(again(late))) == sorted(body(late))
    assert other.record.patient_control_number == "PCN0001"


def test_other_separators_are_carried_over() -> None:
    other = Separators("|", ">", "\n", "!")
    text = [s.replace("*", "|").replace(":", ">") for s in written(claim())]
    text.insert(next(i for i, s in enumerate(text) if s.startswith("HI|")), "XYZ|A:B*C")
    [one] = read(text, other)
    assert one.record.diagnoses == ("J0190",)
    assert one.record.residue[0].segments == ("XYZ*A B C",)


def test_one_subscriber_level_may_hold_several_claims() -> None:
    segments = written(claim())
    start = next(i for i, text in enumerate(segments) if text.startswith("CLM"))
    second = [text.replace("PCN0001", "PCN0002") for text in segments[start:]]
    first, other = read([*segments, *second])
    assert (first.record.patient_control_number, other.record.patient_control_number) == (
        "PCN0001",
        "PCN0002",
    )
    assert other.record.subscriber == first.record.subscriber
    assert other.position == len(segments) + 2


def test_segments_of_no_claim_are_told() -> None:
    segments = written(claim())
    alone = [*segments[:4], "HL*1**20*1", "PRV*BI*PXC*207Q00000X", "HL*2*1*22*0", "SBR*P*18", *segments[4:]]
    first, rest = read(alone)
    assert first.record.patient_control_number == "PCN0001"
    assert rest.record is None
    assert {(f.loop, f.segment) for f in rest.findings} >= {("2000B", "SBR"), ("2000A", "PRV")}
    assert rest.residue == len(rest.findings)
    [nothing] = read(["BHT*0019*00*X*20240101*0900*CH"])
    assert (nothing.record, nothing.header.reference) == (None, "X")


def test_an_empty_set_and_nonsense_give_no_traceback() -> None:
    assert [item.record for item in read([])] == [None]
    for nonsense in (
        ["ZZ*1"],
        ["HL"],
        ["HL*1*2*99"],
        ["CLM"],
        ["SV1"],
        ["NM1"],
        ["", "N3"],
        ["CLM*", "LX", "SV1*::*"],
    ):
        assert isinstance(read(nonsense), list)


def test_residue_can_be_left_out() -> None:
    odd = changed(("REF*D9", ["REF*D9*KEY", "XYZ*1"]))
    items = list(read_claims(MAP, (t.split("*") for t in odd), SEPARATORS, keep_residue=False))
    assert all(item.record.residue == () for item in items)
    assert items[0].residue > 0


def test_an_edited_claim_says_what_it_says_now() -> None:
    odd = changed(("CLM*", ["CLM*PCN0001*100***11:B:1*Y*A*Y*Y**********11*ZZ"]))
    [one] = read(odd)
    mended = replace(one.record, charge=Decimal(120))
    assert any(text.startswith("CLM*PCN0001*120*") for text in written(mended))


def test_dates_of_service_inherit_nothing() -> None:
    [one] = read(changed(("DTP*472", [])))
    assert one.record.service_lines[0].service_date is None
    assert one.record.subscriber.birth_date == date(1970, 5, 4)
    assert body(again(changed(("DTP*472", [])))) == body(changed(("DTP*472", [])))
