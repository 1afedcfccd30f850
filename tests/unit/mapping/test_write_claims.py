"""Writing is strict: what is required and missing is a finding, never a shorter segment."""

from dataclasses import replace
from decimal import Decimal

from gateway.mapping.compile import load_map
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim, Reference, Residue
from gateway.model.findings import Severity
from tests.strategies import HEADER
from tests.unit.mapping.people import CLINIC, child, claim, line

MAP = load_map("837p")


def said(*claims: Claim) -> tuple[str, ...]:
    return write_claims(MAP, HEADER, claims).segments


def faults(one: Claim) -> list[tuple[str, str | None, str | None]]:
    [found] = write_claims(MAP, HEADER, [one]).findings
    assert all(item.severity is Severity.ERROR and item.claim == "PCN0001" for item in found)
    return [(item.code, item.loop, item.element or item.segment) for item in found]


def levels(segments: tuple[str, ...]) -> list[str]:
    return [segment for segment in segments if segment.startswith("HL*")]


def test_one_level_a_claim_and_a_new_provider_level_when_it_changes() -> None:
    other = replace(CLINIC, name="OAK STREET CLINIC", npi="1444987659")
    segments = said(claim(), claim(patient=child()), claim(billing_provider=other))
    assert levels(segments) == [
        "HL*1**20*1",
        "HL*2*1*22*0",
        "HL*3*1*22*1",
        "HL*4*3*23*0",
        "HL*5**20*1",
        "HL*6*5*22*0",
    ]
    assert [s for s in segments if s.startswith("SBR")] == [
        "SBR*P*18*******CI",
        "SBR*P********CI",
        "SBR*P*18*******CI",
    ]


def test_lines_are_numbered_within_their_claim() -> None:
    two = claim(service_lines=(line(1), line(2)))
    assert [s for s in said(two, claim()) if s.startswith("LX")] == ["LX*1", "LX*2", "LX*1"]


def test_missing_required_values_are_named() -> None:
    assert faults(claim(billing_provider=replace(CLINIC, tax_id=None))) == [
        ("MAP-REQUIRED", "2010AA", "REF02")
    ]
    assert faults(claim(diagnoses=())) == [("MAP-REQUIRED", "2300", "HI")]
    assert faults(claim(service_lines=(line(diagnosis_pointers=()),))) == [
        ("MAP-REQUIRED", "2400", "SV107-1")
    ]
    assert ("MAP-REQUIRED", "2010AA", "N3") in faults(claim(billing_provider=replace(CLINIC, address=None)))


def test_a_value_that_folding_empties_is_missing() -> None:
    assert faults(claim(billing_provider=replace(CLINIC, name="**"))) == [("MAP-REQUIRED", "2010AA", "NM103")]


def test_codes_lists_and_amounts_that_do_not_fit_are_named() -> None:
    assert faults(claim(billing_provider=replace(CLINIC, tax_id_type="XX"))) == [
        ("MAP-CODE", "2010AA", "REF01")
    ]
    strange = replace(CLINIC, references=(Reference(qualifier="G5", id="1"),))
    assert faults(claim(billing_provider=strange)) == [("MAP-CODE", "2010AA", "REF01")]
    assert faults(claim(service_lines=(line(modifiers=("A1", "A2", "A3", "A4", "A5")),))) == [
        ("MAP-TOO-MANY", "2400", "SV101-3")
    ]
    assert faults(claim(charge=Decimal("100.005"))) == [("MAP-DECIMALS", "2300", "CLM02")]
    assert faults(claim(file_information=tuple("ABCDEFGHIJK"))) == [("MAP-TOO-MANY", "2300", "K3")]
    assert faults(claim(service_lines=(line(),) * 51)) == [("MAP-TOO-MANY", "2400", "LX")]


def test_nothing_of_the_provider_is_said_twice_but_its_faults_are() -> None:
    bad = replace(CLINIC, tax_id=None)
    written = write_claims(MAP, HEADER, [claim(billing_provider=bad), claim(billing_provider=bad)])
    assert len(levels(written.segments)) == 3
    assert [[f.element for f in found] for found in written.findings] == [["REF02"], ["REF02"]]


def test_residue_goes_to_its_place() -> None:
    kept = (
        Residue(loop="2300", segments=("PWK*OZ*AA",)),
        Residue(loop="2320", segments=("SBR*S*18*******CI", "OI***Y***Y", "NM1*IL*1*ROE*R****MI*1")),
        Residue(loop="2400", service_line=1, segments=("QTY*PT*2",)),
        Residue(loop="2000A", segments=("CUR*85*USD",)),
        Residue(loop="2300", segments=("K3*  SPECIAL",)),
    )
    segments = said(claim(residue=kept))
    tags = [segment.split("*")[0] for segment in segments]
    assert tags[tags.index("HL") : tags.index("NM1", tags.index("HL"))] == ["HL", "PRV", "CUR"]
    clm = tags.index("CLM")
    assert tags[clm : clm + 5] == [
        "CLM",
        "PWK",
        "REF",
        "K3",
        "HI",
    ]  # also residue of before a field was there
    assert segments.index("SBR*S*18*******CI") > segments.index("NM1*82*1*SMITH*JANE****XX*1555123458")
    assert tags.index("QTY") < tags.index("REF", tags.index("LX"))


def test_residue_cannot_smuggle_separators_or_envelopes() -> None:
    kept = (Residue(loop="2300", segments=("K3*A~B", "SE*1*0001")), Residue(loop="9999", segments=("K3*A",)))
    written = write_claims(MAP, HEADER, [claim(residue=kept)])
    assert not any("~" in segment or segment.startswith("SE") for segment in written.segments)
    assert [finding.code for finding in written.findings[0]] == ["MAP-RESIDUE", "MAP-RESIDUE"]


def test_a_replacement_holds_only_while_the_record_says_the_same() -> None:
    kept = Residue(loop="2300", segments=("REF*D9*OTHER*MORE",), replaces="REF*D9*GWCLM0001")
    assert "REF*D9*OTHER*MORE" in said(claim(residue=(kept,)))
    changed = said(claim(residue=(kept,), claim_key="NEW"))
    assert "REF*D9*NEW" in changed
    assert "REF*D9*OTHER*MORE" not in changed
    gone = replace(kept, segments=())
    assert not any(s.startswith("REF*D9") for s in said(claim(residue=(gone,))))
